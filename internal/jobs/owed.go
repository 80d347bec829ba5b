package jobs

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/engage-interactions/engage/internal/bell"
)

// owed are the answers of attempts that the store did not take in time. The process lives,
// and knows what became of them, so they are kept, and brought again as soon as it runs:
// nothing is in doubt that somebody knows.
type owed struct {
	mu  sync.Mutex
	all []debt
}

// debt is one answer that is owed to the store.
type debt struct {
	attempt *attempt
	answer  answer
}

func (o *owed) add(d debt) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.all = append(o.all, d)
}

// take takes the answer out that has waited longest.
func (o *owed) take() (d debt, some bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.all) == 0 {
		return debt{}, false
	}
	d = o.all[0]
	o.all = o.all[1:]
	return d, true
}

// owe keeps an answer for later.
func (q *Jobs) owe(a *attempt, got answer) {
	q.owed.add(debt{attempt: a, answer: got})
	q.bell.Ring()
}

// bring settles the answers that are owed, and returns how many. It ends at the first that
// the store still does not take, which then waits behind the others: none keeps them from
// being settled.
func (q *Jobs) bring(ctx context.Context) (n int, err error) {
	for {
		d, some := q.owed.take()
		if !some {
			return n, nil
		}
		err := q.settle(ctx, d.attempt, d.answer)
		switch {
		case err == nil:
			n++
		case untaken(err) || ctx.Err() != nil:
			q.owe(d.attempt, d.answer)
			return n, err
		default:
			q.opts.Logger.ErrorContext(ctx, "the answer of an attempt is lost", slog.String("job", d.attempt.job.ID),
				slog.String("type", d.attempt.job.Type), slog.Any("error", err))
		}
	}
}

// untaken reports whether the store may take later what it has refused with err.
func untaken(err error) bool { return passes(err) || errors.Is(err, context.DeadlineExceeded) }

// pays brings what is owed until the pool ends, and for a farewell then.
func (p *pool) pays() {
	for n := 0; p.looking.Err() == nil; {
		rung := p.bell.Rung()
		if _, err := p.bring(p.looking); err == nil {
			n = 0
			_ = bell.Wait(p.looking, rung, ages)
			continue
		}
		_ = bell.Wait(p.looking, nil, pause(n))
		n++
	}
	whole, cancel := context.WithTimeout(context.WithoutCancel(p.looking), farewell)
	defer cancel()
	for n := 0; whole.Err() == nil; n++ {
		if _, err := p.bring(whole); err == nil {
			return
		}
		_ = bell.Wait(whole, nil, soon(n))
	}
}

// soon is how long to wait before the n-th new try of those who will not wait for long.
func soon(n int) time.Duration { return min(pause(n), time.Second) }
