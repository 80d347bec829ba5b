package jobs

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/engage-interactions/engage/internal/bell"
	"github.com/engage-interactions/engage/internal/work"
	"github.com/engage-interactions/engage/store"
)

// Run does the jobs that are due, as they become due, until ctx ends, and returns
// its error. Any number of processes may run at the same time.
//
// When ctx ends, nothing new is begun. Attempts under way are not cut short: who can
// tell what they have done by then? Run waits for their answers, at most until their
// deadlines, and, if the store does not answer, for 20 s more at most. An answer that the
// store does not take by then is kept for the next Run or RunDue of these Jobs. A Do that
// ignores even its deadline is left alone; if it answers after all, the answer is settled.
// What is done within the store ends with ctx, and is done or not.
//
// While the store is not available, Run pauses and goes on. It gives up on errors
// that no waiting mends, such as work.ErrOutdated or store.ErrClosed.
//
// Jobs that this process cannot do are left to others. Once in a while the log, and
// Job.Error of the first of them, say what it would need.
func (q *Jobs) Run(ctx context.Context) error {
	p, stop := q.newPool(ctx, true)
	defer stop(nil)
	p.run()
	p.doing.Wait()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return p.failure()
}

// RunDue does all that is due now, also what becomes due through it, such as the
// next job of a lane, and returns how many jobs it worked on. It waits for their
// attempts, also when ctx ends, as Run does. A job that fails is none of its errors:
// those are the store's, the first of which ends it, and the context's. Where the store does
// not take an answer, it goes on trying for ten seconds; then the answer is kept, and what
// calls Run or RunDue next brings it, first of all.
//
// Jobs that are due, and this process cannot do, say so in Job.Error when it returns.
func (q *Jobs) RunDue(ctx context.Context) (n int, err error) {
	p, stop := q.newPool(ctx, false)
	defer stop(nil)
	brought, untaken := q.bring(ctx)
	p.runDue()
	p.doing.Wait()
	n = brought + int(p.did.Load())
	switch err := p.failure(); {
	case err != nil:
		return n, err
	case untaken != nil:
		return n, untaken
	case !p.over: // its caller has ended it
		return n, ctx.Err()
	}
	return n, q.survey(ctx, 0)
}

// pool does jobs. Those of each sort have a desk of their own.
type pool struct {
	*Jobs

	patient bool // it waits for the store to come back
	alone   bool // one job is done after another

	// The context of those who look for jobs ends with the caller's, and when the pool
	// fails.
	caller, looking context.Context //nolint:containedctx // they are those of one Run, and end with it
	stop            context.CancelCauseFunc

	turn  chan struct{} // to look for jobs: one desk does at a time
	doing sync.WaitGroup
	did   atomic.Int64

	mu    sync.Mutex
	desks map[sort]*desk
	busy  map[string]bool // the jobs that are at a desk
	ended int             // how many were
	over  bool            // nothing is due any more
}

func (q *Jobs) newPool(ctx context.Context, patient bool) (p *pool, stop context.CancelCauseFunc) {
	p = &pool{
		Jobs: q, patient: patient, caller: ctx, turn: make(chan struct{}, 1),
		desks: make(map[sort]*desk), busy: make(map[string]bool),
	}
	p.looking, p.stop = context.WithCancelCause(ctx)
	q.unattended.runs.Store(true)
	return p, p.stop
}

// run keeps the desks until the pool ends.
func (p *pool) run() {
	var staff sync.WaitGroup
	staff.Go(p.surveys)
	staff.Go(p.pays)
	for p.looking.Err() == nil {
		for _, d := range p.open() {
			staff.Go(d.keep)
		}
		_ = bell.Wait(p.looking, nil, p.opts.Poll)
	}
	staff.Wait()
}

// runDue keeps the desks until nothing is due at any of them.
func (p *pool) runDue() {
	desks := p.open()
	if p.opts.Concurrency == 1 || len(desks) == 0 {
		p.oneByOne(desks)
		return
	}
	var staff sync.WaitGroup
	for _, d := range desks {
		staff.Go(d.clear)
	}
	staff.Wait()
}

// oneByOne does what is due at the desks, one job after another, in always the same order.
func (p *pool) oneByOne(desks []*desk) {
	for p.alone = true; p.looking.Err() == nil; {
		found := 0
		for _, d := range desks {
			found += d.some()
		}
		if p.looking.Err() == nil && found == 0 {
			p.over = true
			return
		}
	}
}

// some does jobs of a desk until there are none, or it is another desk's turn. It returns
// how many.
func (d *desk) some() (did int) {
	for did < laterPage && d.room() {
		began, _, err := d.round()
		if err != nil && d.looking.Err() == nil {
			d.stop(err)
		}
		if began == 0 {
			break
		}
		did += began
	}
	return did
}

// open opens the desks that are missing, and returns them in the order of their sorts.
func (p *pool) open() (opened []*desk) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for of, h := range p.here() {
		if p.desks[of] == nil {
			p.desks[of] = &desk{pool: p, of: of, handler: h, slots: make(chan struct{}, p.opts.Concurrency), empty: -1}
			opened = append(opened, p.desks[of])
		}
	}
	slices.SortFunc(opened, func(a, b *desk) int { return strings.Compare(a.of.term().String(), b.of.term().String()) })
	return opened
}

// close closes a desk if what it does can no longer be done here.
func (p *pool) close(d *desk) (closed bool) {
	if d.of.lost || slices.Contains(d.handler.classes(), d.of.class) {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.desks, d.of)
	return true
}

// failure returns what ended the pool, if it was not its caller.
func (p *pool) failure() error {
	if cause := context.Cause(p.looking); p.caller.Err() == nil {
		return cause
	}
	return nil
}

// enter notes that a job is at a desk. It returns false if it is already.
func (p *pool) enter(id string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.busy[id] {
		return false
	}
	p.busy[id] = true
	return true
}

func (p *pool) quit(id string, of sort) {
	p.stirred.stir(of) // whatever came of it: more may wait there
	p.mu.Lock()
	delete(p.busy, id)
	p.ended++
	p.mu.Unlock()
	p.bell.Ring()
}

// endings returns how many jobs have been at a desk.
func (p *pool) endings() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ended
}

// idle reports whether no job is at a desk.
func (p *pool) idle() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.busy) == 0
}

// finished reports whether nothing is due any more. d says that there was nothing at
// its desk, and that it has looked since so many jobs have ended.
func (p *pool) finished(d *desk, ended int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	d.empty = ended
	over := len(p.busy) == 0
	for _, other := range p.desks {
		over = over && other.empty == p.ended
	}
	if over && !p.over {
		p.over = true
		p.bell.Ring()
	}
	return p.over
}

// find looks for jobs, after all who began to before.
func (p *pool) find(ctx context.Context, query store.Query) (page []*record, cursor string, err error) {
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	case <-ctx.Done():
		return nil, "", ctx.Err()
	}
	return p.Jobs.find(ctx, query)
}

func (q *Jobs) find(ctx context.Context, query store.Query) (page []*record, cursor string, err error) {
	err = q.runner.Do(ctx, func(w *work.Work) (err error) {
		page, cursor, err = jobTable.Find(ctx, w, query)
		return err
	})
	return page, cursor, err
}

// bears reports whether the store's error is one that the pool waits for to pass.
func (p *pool) bears(err error) bool {
	return p.patient && (passes(err) || errors.Is(err, context.DeadlineExceeded))
}
