package weak

import (
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"

	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/memory"
)

// followers is how many moments at most can be read at once.
const followers = 3

// Store is a handle on data. It is safe for concurrent use.
type Store struct {
	data   *data
	leader *memory.Store
	behind []*memory.Store // handles on the followers

	calls  sync.RWMutex // held for reading by every call under way, for writing by Close
	closed bool
}

var _ store.Store = (*Store)(nil)

// data is what the handles of one store share: one copy to which commits are made, and
// some that follow it, from which is read.
type data struct {
	leader    *memory.Store
	followers []*follower

	mu       sync.Mutex // held while something is committed
	luck     *rand.Rand
	log      []step
	answered int // how many steps of the log each read from now on sees at least
}

// step is a change of the data.
type step struct {
	batch  store.Batch
	tenant string // of a Trim
	upTo   int64
}

// follower is a copy of the data as it was at some moment.
type follower struct {
	mu sync.Mutex
	st *memory.Store
	at int // how many steps it has made
}

// New returns an empty store. What it does is up to luck, which it has from rng alone, and
// to who calls when; nobody else may use rng from then on.
func New(rng *rand.Rand) *Store {
	d := &data{leader: memory.New(), luck: rng}
	for range followers {
		d.followers = append(d.followers, &follower{st: memory.New()})
	}
	return d.handle()
}

// Peer returns another handle on the same data, as another process would have one.
func (s *Store) Peer() *Store { return s.data.handle() }

func (d *data) handle() *Store {
	s := &Store{data: d, leader: d.leader.Peer()}
	for _, f := range d.followers {
		s.behind = append(s.behind, f.st.Peer())
	}
	return s
}

// enter begins a call, which ends with leave.
func (s *Store) enter() (leave func(), err error) {
	s.calls.RLock()
	if s.closed {
		s.calls.RUnlock()
		return nil, store.ErrClosed
	}
	return s.calls.RUnlock, nil
}

// chance returns a number below n.
func (d *data) chance(n int) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.luck.IntN(n)
}

// linger lets others do something, mostly little and now and then much.
func (d *data) linger() {
	turns := d.chance(4)
	if d.chance(4) == 0 {
		turns = d.chance(100)
	}
	for range turns {
		runtime.Gosched()
	}
}

// Prepare implements [store.Store].
func (s *Store) Prepare(ctx context.Context, kinds ...store.Kind) error {
	leave, err := s.enter()
	if err != nil {
		return err
	}
	defer leave()
	if err := s.leader.Prepare(ctx, kinds...); err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx)
	all := append(slices.Clone(s.behind), s.data.leader)
	for _, f := range s.data.followers {
		all = append(all, f.st)
	}
	for _, st := range all {
		err = errors.Join(err, st.Prepare(ctx, kinds...))
	}
	return err
}

// Commit implements [store.Store].
func (s *Store) Commit(ctx context.Context, b store.Batch) error {
	leave, err := s.enter()
	if err != nil {
		return err
	}
	defer leave()
	if err := ctx.Err(); err != nil {
		return err
	}
	s.data.linger()
	return s.data.change(step{batch: own(b)}, func() error {
		err := s.leader.Commit(context.WithoutCancel(ctx), b)
		if errors.Is(err, store.ErrConflict) {
			return s.another(ctx, err, b)
		}
		return err
	})
}

// another returns a conflict of any one of the expectations that do not hold.
func (s *Store) another(ctx context.Context, conflict error, b store.Batch) error {
	expected := b.Expected()
	s.data.luck.Shuffle(len(expected), func(i, j int) { expected[i], expected[j] = expected[j], expected[i] })
	for _, c := range expected {
		now, err := s.leader.Get(context.WithoutCancel(ctx), c.Key)
		if err == nil && now[0].Version != c.Version {
			return &store.ConflictError{Key: c.Key, Expected: c.Version}
		}
	}
	return conflict
}

// Trim implements [store.Store].
func (s *Store) Trim(ctx context.Context, tenant string, upTo int64) error {
	leave, err := s.enter()
	if err != nil {
		return err
	}
	defer leave()
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.data.change(step{tenant: tenant, upTo: upTo}, func() error { return s.leader.Trim(context.WithoutCancel(ctx), tenant, upTo) })
}

// change makes a step, and answers some time after that. Whatever it answers, reads from
// then on see at least what the answer rests on.
func (d *data) change(next step, do func() error) error {
	d.mu.Lock()
	err := do()
	if err == nil {
		d.log = append(d.log, next)
	}
	known := len(d.log)
	d.mu.Unlock()
	d.linger()
	d.sees(known)
	return err
}

func (d *data) sees(known int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.answered = max(d.answered, known)
}

// read reads from one of the followers, which may lag behind as far as it may.
func (s *Store) read(ctx context.Context, do func(*memory.Store) error) error {
	leave, err := s.enter()
	if err != nil {
		return err
	}
	defer leave()
	d := s.data
	d.mu.Lock()
	from := d.answered
	d.mu.Unlock()
	d.linger()
	n := d.chance(len(d.followers))
	d.mu.Lock()
	upTo := from
	if ahead := len(d.log) - from; ahead > 0 && d.luck.IntN(2) == 0 {
		upTo += 1 + d.luck.IntN(ahead)
	}
	steps := d.log[:upTo]
	d.mu.Unlock()
	at, err := d.followers[n].read(context.WithoutCancel(ctx), steps, func() error { return do(s.behind[n]) })
	d.linger()
	d.sees(at)
	return err
}

// read reads at a moment at which some steps have been made, and perhaps more.
func (f *follower) read(ctx context.Context, steps []step, do func() error) (at int, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for ; f.at < len(steps); f.at++ {
		if next := steps[f.at]; next.tenant != "" {
			err = f.st.Trim(ctx, next.tenant, next.upTo)
		} else {
			err = f.st.Commit(ctx, next.batch)
		}
		if err != nil {
			return f.at, err
		}
	}
	return f.at, do()
}

// Get implements [store.Store].
func (s *Store) Get(ctx context.Context, keys ...store.Key) (records []store.Record, err error) {
	err = s.read(ctx, func(st *memory.Store) (err error) {
		records, err = st.Get(ctx, keys...)
		return err
	})
	return records, err
}

// Find implements [store.Store].
func (s *Store) Find(ctx context.Context, q store.Query) (page store.Page, err error) {
	err = s.read(ctx, func(st *memory.Store) (err error) {
		page, err = st.Find(ctx, q)
		if n := len(page.Records); err == nil && n > 1 && s.data.chance(4) == 0 {
			page.Records = page.Records[:n/2]
			last := page.Records[n/2-1]
			term, _ := q.Term(last)
			page.Next = store.EncodeCursor(q, store.Position{Term: term, ID: last.ID})
		}
		return err
	})
	return page, err
}

// Events implements [store.Store].
func (s *Store) Events(ctx context.Context, tenant string, after int64, limit int) (events []store.Event, err error) {
	err = s.read(ctx, func(st *memory.Store) (err error) {
		events, err = st.Events(ctx, tenant, after, limit)
		if n := len(events); n > 1 && s.data.chance(4) == 0 {
			events = events[:n/2]
		}
		return err
	})
	return events, err
}

// Close implements [store.Store].
func (s *Store) Close() error {
	s.calls.Lock()
	defer s.calls.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	err := s.leader.Close()
	for _, st := range s.behind {
		err = errors.Join(err, st.Close())
	}
	return err
}

// own returns a copy of a batch that shares nothing with it.
func own(b store.Batch) store.Batch {
	b.Checks, b.Puts, b.Deletes, b.Events = slices.Clone(b.Checks), slices.Clone(b.Puts), slices.Clone(b.Deletes), slices.Clone(b.Events)
	for n := range b.Puts {
		b.Puts[n].Terms, b.Puts[n].Value = maps.Clone(b.Puts[n].Terms), slices.Clone(b.Puts[n].Value)
	}
	for n := range b.Events {
		b.Events[n].Value = slices.Clone(b.Events[n].Value)
	}
	return b
}
