package jobs

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/engage-interactions/engage/internal/work"
)

// asideFor is for how long a job is left alone that a process cannot do.
const asideFor = time.Minute

// elsewhere are the jobs that this process has met and cannot do. Other processes
// perhaps can, and get the time to: only a job that is still there after that is set
// aside for a while, so that it is not in the way of those behind it.
type elsewhere struct {
	grace time.Duration

	mu    sync.Mutex
	first map[string]time.Time // when they were met
	why   map[string]error
	swept time.Time
}

// note remembers that a job was met which cannot be done here.
func (e *elsewhere) note(id string, why error, now time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if _, known := e.first[id]; known {
		return
	}
	if e.why == nil {
		e.why = make(map[string]error)
	}
	e.first[id], e.why[id] = now, why
}

// met reports whether a job was met, and whether it has been there for long enough.
func (e *elsewhere) met(id string, now time.Time) (met, long bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	first, met := e.first[id]
	return met, met && (now.Sub(first) >= e.grace || now.Before(first))
}

// forget returns why a job cannot be done here, and begins anew with it.
func (e *elsewhere) forget(id string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	why := e.why[id]
	delete(e.first, id)
	delete(e.why, id)
	return why
}

// sweep forgets, once in a while, those that others have done.
func (e *elsewhere) sweep(now time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if since := now.Sub(e.swept); since >= 0 && since < asideFor {
		return
	}
	e.swept = now
	for id, first := range e.first {
		if age := now.Sub(first); age < 0 || age > 10*asideFor {
			delete(e.first, id)
			delete(e.why, id)
		}
	}
}

// setAside leaves jobs alone for a while, and says so in them.
func (q *Jobs) setAside(ctx context.Context, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	why := make(map[string]error, len(ids))
	for _, id := range ids {
		why[id] = q.elsewhere.forget(id)
	}
	var types map[string]int
	err := q.runner.Do(ctx, func(w *work.Work) error {
		types = make(map[string]int)
		found, err := jobTable.All(ctx, w, ids...)
		if err != nil {
			return err
		}
		now := q.now()
		for _, r := range found {
			if r == nil || !r.ripe(now) {
				continue
			}
			until := now.Add(asideFor)
			if r.State == Running {
				r.Over = until
			} else {
				r.Aside = until
			}
			r.Error, r.Updated = say(why[r.ID]), now
			types[r.Type]++
			if err := jobTable.Put(w, r); err != nil {
				return err
			}
		}
		return nil
	})
	for typ, n := range types {
		q.opts.Logger.WarnContext(ctx, "jobs cannot be done in this process, and wait for another",
			slog.String("type", typ), slog.Int("jobs", n))
	}
	return err
}
