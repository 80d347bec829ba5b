package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/engage-interactions/engage/internal/bell"
	"github.com/engage-interactions/engage/internal/work"
	"github.com/engage-interactions/engage/store"
)

// Run does the jobs that are due, as they become due, until ctx ends, and returns
// its error. Any number of processes may run at the same time.
//
// When ctx ends, nothing new is claimed, the contexts of the attempts under way
// end, and Run waits for their answers, at most until their deadlines. A Do that
// ignores its context even then is left alone; if it answers after all, the answer
// is settled.
//
// While the store is not available, Run pauses and goes on. It gives up on errors
// that no waiting mends, such as work.ErrOutdated or store.ErrClosed.
func (q *Jobs) Run(ctx context.Context) error {
	p, stop := q.newPool(ctx, true)
	defer stop(nil)
	err := p.run()
	p.doing.Wait()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// RunDue does all that is due now, also what becomes due through it, such as the
// next job of a lane, and returns how many jobs it worked on. It waits for their
// attempts. A job that fails is none of its errors: those are the store's, the first
// of which ends it, and the context's.
func (q *Jobs) RunDue(ctx context.Context) (n int, err error) {
	p, stop := q.newPool(ctx, false)
	defer stop(nil)
	err = p.runDue()
	p.doing.Wait()
	return int(p.did.Load()), errors.Join(err, p.failure())
}

// pool does jobs, so many at a time.
type pool struct {
	*Jobs

	patient bool // it waits for the store to come back

	// The attempts' context is the caller's; that of those who look for jobs ends
	// also when the pool fails.
	attempts, looking context.Context //nolint:containedctx // they are those of one Run, and end with it
	stop              context.CancelCauseFunc

	slots    chan struct{}
	doing    sync.WaitGroup
	did      atomic.Int64
	failures atomic.Int64 // of the store, in a row

	mu   sync.Mutex
	busy map[string]bool
}

func (q *Jobs) newPool(ctx context.Context, patient bool) (p *pool, stop context.CancelCauseFunc) {
	p = &pool{Jobs: q, patient: patient, attempts: ctx, slots: make(chan struct{}, q.opts.Concurrency), busy: make(map[string]bool)}
	p.looking, p.stop = context.WithCancelCause(ctx)
	return p, p.stop
}

func (p *pool) run() error {
	for failures := 0; ; {
		rung := p.bell.Rung()
		began, err := p.round()
		next := time.Time{}
		if began == 0 && err == nil {
			next, err = p.next()
		}
		if p.looking.Err() != nil {
			return context.Cause(p.looking)
		}
		wait := p.opts.Poll
		switch {
		case err == nil:
			failures = 0
		case passes(err):
			p.opts.Logger.WarnContext(p.looking, "jobs pause", slog.Any("error", err))
			rung, wait, next = nil, pause(failures), time.Time{}
			failures++
		default:
			return err
		}
		if began > 0 && err == nil {
			continue
		}
		if !next.IsZero() {
			wait = min(wait, max(next.Sub(p.now()), 0))
		}
		if bell.Wait(p.looking, rung, wait) != nil {
			return context.Cause(p.looking)
		}
	}
}

func (p *pool) runDue() error {
	for p.looking.Err() == nil {
		rung, idle := p.bell.Rung(), p.idle()
		began, err := p.round()
		switch {
		case p.looking.Err() != nil:
		case err != nil:
			return err
		case began == 0 && idle:
			return nil
		case began == 0:
			_ = bell.Wait(p.looking, rung, p.opts.Poll) // its end is seen above
		}
	}
	return p.attempts.Err()
}

// failure returns what ended the pool, if it was not its caller.
func (p *pool) failure() error {
	if cause := context.Cause(p.looking); p.attempts.Err() == nil {
		return cause
	}
	return nil
}

// The sizes of the pages in which to look for jobs: small to see whether there are
// any, and then larger.
const (
	firstPage = 16
	laterPage = 100
)

// round goes through the jobs that are due, and begins those that nobody is at. It
// returns how many it began.
func (p *pool) round() (began int, err error) {
	ctx, now := p.looking, p.now()
	p.elsewhere.sweep(now)
	q := store.Query{Index: byDue, To: after(now), Limit: firstPage}
	for {
		page, cursor, err := p.find(ctx, q)
		if err != nil {
			return began, err
		}
		var aside []string
		for _, r := range page {
			h := p.handlers[r.Type]
			if !h.known() {
				p.elsewhere.note(r.ID, fmt.Errorf("%w: type %q has no handler", ErrNotHere, r.Type), now)
			}
			if met, long := p.elsewhere.met(r.ID, now); met {
				if long {
					aside = append(aside, r.ID)
				}
				continue
			}
			if p.begin(r.ID, h) {
				began++
			}
			if ctx.Err() != nil {
				return began, ctx.Err()
			}
		}
		if err := p.setAside(ctx, aside); err != nil || cursor == "" {
			return began, err
		}
		q.Cursor, q.Limit = cursor, laterPage
	}
}

// next returns when the next job will be due, or lost, zero if none will.
func (p *pool) next() (time.Time, error) {
	page, _, err := p.find(p.looking, store.Query{Index: byDue, From: after(p.now()), Limit: 1})
	if err != nil || len(page) == 0 {
		return time.Time{}, err
	}
	at, _ := page[0].look()
	return at, nil
}

// after returns the term in the index of what is due that comes right after now.
func after(now time.Time) string { return store.Tuple{}.Time(now.Add(1)).String() }

func (q *Jobs) find(ctx context.Context, query store.Query) (page []*record, cursor string, err error) {
	err = q.runner.Do(ctx, func(w *work.Work) (err error) {
		page, cursor, err = jobTable.Find(ctx, w, query)
		return err
	})
	return page, cursor, err
}

// begin does a job in a goroutine of its own, as soon as there is room. It returns
// false if the job is being done already, or the pool stops.
func (p *pool) begin(id string, h handler) bool {
	p.mu.Lock()
	if p.busy[id] {
		p.mu.Unlock()
		return false
	}
	p.busy[id] = true
	p.mu.Unlock()
	select {
	case p.slots <- struct{}{}:
	case <-p.looking.Done():
		p.end(id)
		return false
	}
	p.doing.Go(func() {
		p.one(id, h)
		<-p.slots
		p.end(id)
	})
	return true
}

func (p *pool) end(id string) {
	p.mu.Lock()
	delete(p.busy, id)
	p.mu.Unlock()
	p.bell.Ring()
}

func (p *pool) idle() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.busy) == 0
}

// one does one job.
func (p *pool) one(id string, h handler) {
	var did bool
	var err error
	if h.within != nil {
		did, err = p.doWithin(p.attempts, id, h)
	} else {
		did, err = p.doOutside(p.attempts, id, h, p.patient)
	}
	if did {
		p.did.Add(1)
	}
	switch {
	case err == nil:
		p.failures.Store(0)
	case p.attempts.Err() != nil: // it stops anyway
	case !p.patient || !passes(err) && !errors.Is(err, context.DeadlineExceeded):
		p.stop(err)
	default:
		p.opts.Logger.WarnContext(p.attempts, "a job pauses", slog.String("job", id), slog.Any("error", err))
		if bell.Wait(p.looking, nil, pause(int(p.failures.Add(1)-1))) != nil {
			return
		}
	}
}
