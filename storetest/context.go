package storetest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/engage-interactions/engage/store"
)

// call is one call of one method with arguments that are in order.
type call struct {
	name string
	do   func(ctx context.Context, s store.Store) error
}

// calls returns one call for each method but Close. What they would change shows
// in a dump.
func (t *trial) calls(version store.Version, position int64) []call {
	b := t.batch(doc("a", version, `"changed"`, terms{owner: "changed"}), doc("new", none, `1`, nil))
	b.Events = []store.Event{event(b.ID)}
	return []call{
		{"Prepare", func(ctx context.Context, s store.Store) error { return s.Prepare(ctx, store.Kind{Name: "later"}) }},
		{"Prepare without kinds", func(ctx context.Context, s store.Store) error { return s.Prepare(ctx) }},
		{"Get", func(ctx context.Context, s store.Store) error { _, err := s.Get(ctx, key("a")); return err }},
		{"Get without keys", func(ctx context.Context, s store.Store) error { _, err := s.Get(ctx); return err }},
		{"Find", func(ctx context.Context, s store.Store) error {
			_, err := s.Find(ctx, store.Query{Tenant: acme, Kind: "doc", Index: owner})
			return err
		}},
		{"Find of an empty range", func(ctx context.Context, s store.Store) error {
			_, err := s.Find(ctx, store.Query{Tenant: acme, Kind: "doc", From: "b", To: "a"})
			return err
		}},
		{"Commit", func(ctx context.Context, s store.Store) error { return s.Commit(ctx, b) }},
		{"Events", func(ctx context.Context, s store.Store) error { _, err := s.Events(ctx, acme, 0, 0); return err }},
		{"Trim", func(ctx context.Context, s store.Store) error { return s.Trim(ctx, acme, position) }},
		{"Trim of nothing", func(ctx context.Context, s store.Store) error { return s.Trim(ctx, acme, 0) }},
	}
}

func checkContextDone(t *trial) {
	s := t.open()
	b := t.batch(doc("a", none, `1`, terms{owner: "o"}))
	b.Events = []store.Event{event("e1"), event("e2")}
	version := t.commit(s, b)
	position := t.logged(s, 2)[1].Position
	handles := t.handles(s)
	before := t.dump(s)

	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	expired, cancel := context.WithDeadline(t.Context(), time.Unix(1, 0))
	defer cancel()
	parent, cancelParent := context.WithCancelCause(t.Context())
	cancelParent(errors.New("a cause of the caller's own"))
	child, cancelChild := context.WithTimeout(parent, time.Hour)
	defer cancelChild()
	for what, done := range map[string]context.Context{
		"cancelled": cancelled, "past its deadline": expired, "the child of one that was cancelled": child,
	} {
		for _, c := range t.calls(version, position) {
			ok := true
			for i := 0; i < 20 && ok; i++ { // a select takes what it likes of all that is ready
				ok = t.wasDone(c.do(done, s), done.Err(), "%s with a context that is %s", c.name, what)
			}
			t.unchanged(handles, before, "%s with a context that is %s", c.name, what)
		}
	}
	_, err := s.Get(t.Context(), store.Key{Tenant: acme, Kind: "later", ID: "a"})
	t.invalid(err, "Get of a kind whose Prepare had a context that was done")
	t.unchanged(t.handles(t.reopen(s)), before, "all methods with contexts that were done, and opening the store again if the harness can")
}

// wasDone reports an answer that is not the error of a context that was done before
// the call.
func (t *trial) wasDone(err, done error, did string, args ...any) bool {
	t.Helper()
	if !errors.Is(err, done) {
		return t.broken(err, fmt.Sprintf("an error that wraps %q", done), did, args...)
	}
	for _, class := range classes() {
		if errors.Is(err, class) {
			return t.broken(err, fmt.Sprintf("the context's error and not %q", class), did, args...)
		}
	}
	return true
}

// outcome is what Commit said of a batch.
type outcome int

const (
	applied outcome = iota
	nothing
	unknown
)

func checkCommitContext(t *trial) {
	s := t.open()
	outcomes := t.commitLooked(s)
	t.commitCancelled(s, outcomes)
	t.compareOutcomes(s, outcomes, "right after the calls")
	t.patiently(func() { checkBystanders(t) })

	// What was said must still hold when all is settled.
	for i := range 20 { // whoever waits in a queue is behind these then
		t.write(s, doc("later"+strconv.Itoa(i), none, `1`, nil))
	}
	s = t.reopen(s)
	t.compareOutcomes(s, outcomes, "after more commits, and opening the store again if the harness can")
}

// commitCancelled commits batches whose contexts are cancelled by somebody else, and
// takes down what Commit said of each.
func (t *trial) commitCancelled(s store.Store, outcomes map[string]outcome) {
	t.Helper()
	const workers, rounds = 4, 25
	var (
		wg      = t.group()
		mu      sync.Mutex
		cancels [workers]atomic.Pointer[context.CancelFunc] // of the batch that each has under way
	)
	for w := range workers {
		wg.Go(func() {
			for i := range rounds {
				id := fmt.Sprintf("w%d-%02d", w, i)
				b := t.batch(doc(id+"a", none, `1`, terms{owner: id}), doc(id+"b", none, `2`, nil))
				b.Events = []store.Event{event(id), event(id)}
				ctx, cancel := context.WithCancel(t.Context())
				cancels[w].Store(&cancel)
				var canceller sync.WaitGroup
				if i%2 == 0 {
					canceller.Go(func() {
						for range (w + 1) * i { // sooner in some rounds, later in others
							runtime.Gosched()
						}
						cancel()
					})
				}
				err := s.Commit(ctx, b)
				canceller.Wait()
				cancel()
				// The next one's batch is cancelled now, which in a store that
				// commits several together is while it is under way or done.
				if next := cancels[(w+1)%workers].Load(); next != nil {
					(*next)()
				}
				o := t.classify(err)
				mu.Lock()
				outcomes[id] = o
				mu.Unlock()
			}
		})
	}
	wg.Wait()
}

// checkBystanders lets some commit who give up at any moment, and others who do
// not, and are none the worse for it.
func checkBystanders(t *trial) {
	t.Helper()
	s := t.open()
	handles := t.handles(s)
	var (
		mu       sync.Mutex
		outcomes = map[string]outcome{}
		actors   []actor
	)
	whole := timed(func() { t.write(s, doc("first", none, `1`, nil)) })
	for w := range 4 {
		actors = append(actors, actor{least: 12, round: func(i int) bool {
			id := fmt.Sprintf("quits%d-%05d", w, i)
			b := t.batch(doc(id+"a", none, `1`, terms{owner: id}), doc(id+"b", none, `2`, nil))
			b.Events = []store.Event{event(id), event(id)}
			var err error
			if i%2 == 0 { // when it is about to do something, or to wait
				ctx := afterLooks(t.Context(), 2+i/2%6)
				err = handles[w%len(handles)].Commit(ctx, b)
				ctx.cancel()
			} else { // or at any time
				ctx, cancel := context.WithCancel(t.Context())
				g := t.group()
				g.Go(func() {
					linger(whole * time.Duration(i%16) / 12)
					cancel()
				})
				err = handles[w%len(handles)].Commit(ctx, b)
				g.Wait()
			}
			said := t.classify(err)
			mu.Lock()
			defer mu.Unlock()
			outcomes[id] = said
			return !t.Failed()
		}})
	}
	for w := range 4 {
		own, version := fmt.Sprintf("stays%d", w), none
		actors = append(actors, actor{least: 12, round: func(int) bool {
			runtime.Gosched()
			b := t.batch(doc(own, version, `1`, nil))
			version = store.Version(b.ID)
			if err := handles[w%len(handles)].Commit(t.Context(), b); err != nil {
				return t.broken(err, "no error", "Commit with a context that goes on, while others give up theirs")
			}
			return true
		}})
	}
	t.together(actors...)
	t.compareOutcomes(s, outcomes, "beside commits that went on")
}

// commitLooked commits batches whose contexts end with the first look at them, the
// second, and so on, and returns what Commit said of each.
func (t *trial) commitLooked(s store.Store) map[string]outcome {
	t.Helper()
	const most = 100
	outcomes := map[string]outcome{}
	for n := 1; n < most; n++ {
		id := fmt.Sprintf("look%03d", n)
		b := t.batch(doc(id+"a", none, `1`, terms{owner: id}), doc(id+"b", none, `2`, nil))
		b.Events = []store.Event{event(id), event(id)}
		ctx := afterLooks(t.Context(), n)
		outcomes[id] = t.classify(s.Commit(ctx, b))
		ctx.cancel()
		if ctx.left.Load() > 0 { // it was looked at less often
			break
		}
	}
	return outcomes
}

// classify says what the answer to a Commit with a context that ended means.
func (t *trial) classify(err error) outcome {
	t.Helper()
	switch {
	case err == nil:
		return applied
	case errors.Is(err, store.ErrUnknownOutcome):
		if !errors.Is(err, context.Canceled) {
			t.broken(err, "an error that wraps the context's error too", "Commit while its context is cancelled")
		}
		return unknown
	case errors.Is(err, store.ErrConflict), errors.Is(err, store.ErrInvalid), errors.Is(err, store.ErrClosed), errors.Is(err, store.ErrTrimmed):
		t.broken(err, "success, the context's error or an unknown outcome", "Commit, of a batch that is in order, while its context is cancelled")
	case !errors.Is(err, context.Canceled), errors.Is(err, store.ErrUnavailable):
		t.broken(err, "success, the context's error alone, or an unknown outcome", "Commit while its context is cancelled")
	}
	return nothing
}

// compareOutcomes compares what Commit said of batches with what is there. A
// batch of unknown outcome may land at any moment, so that one Get is all that
// can be asked of it.
func (t *trial) compareOutcomes(s store.Store, outcomes map[string]outcome, when string) {
	t.Helper()
	others := map[string]int{} // terms and events
	for _, e := range t.events(s, acme, 0) {
		others[e.ID]++
	}
	for _, r := range t.findAll(s, store.Query{Index: owner}) {
		others[r.Terms[owner]]++
	}
	for id, o := range outcomes {
		records := 0
		for _, r := range t.get(s, keys(id+"a", id+"b")...) {
			if r.Exists() {
				records++
			}
		}
		got := fmt.Sprintf("%d of the 2 records, and %d of the 3 terms and events", records, others[id])
		switch o {
		case applied:
			if records != 2 || others[id] != 3 {
				t.broken(got, "all of the batch, for Commit returned no error", "reading a batch whose context was cancelled %s", when)
			}
		case nothing:
			if records != 0 || others[id] != 0 {
				t.broken(got, "nothing of the batch, for Commit returned an error other than ErrUnknownOutcome", "reading a batch whose context was cancelled %s", when)
			}
		case unknown:
			if records == 1 {
				t.broken(got, "all of the batch or nothing", "reading a batch of unknown outcome %s", when)
			}
		}
	}
}
