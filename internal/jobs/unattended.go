package jobs

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/engage-interactions/engage/internal/work"
	"github.com/engage-interactions/engage/store"
)

// A host that forgets Run sees nothing go wrong: what it posts is accepted, and waits. So who
// adds jobs and never does any looks, once in a while, whether anybody else does them.

// unattendedFor is for how long a job must have been due before that is said. Whoever runs does
// what it can within moments.
const unattendedFor = 30 * time.Second

// unattended is what a process knows that adds jobs.
type unattended struct {
	runs atomic.Bool // Run or RunDue was called: it is not forgotten

	mu   sync.Mutex
	next time.Time // when to look, if jobs are added still; zero: none was
}

// looks reports whether it is time to look, after a job was added.
func (u *unattended) looks(now time.Time) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	switch {
	case u.next.IsZero():
		u.next = now.Add(unattendedFor)
		return false
	case now.Before(u.next):
		return false
	}
	u.next = now.Add(hintEvery)
	return true
}

// attend looks, after w, whether anybody does jobs, and says so if nobody seems to.
func (q *Jobs) attend(ctx context.Context, w *work.Work) {
	if q.unattended.runs.Load() {
		return
	}
	w.Then(func() {
		if !q.unattended.looks(q.now()) {
			return
		}
		query := store.Query{Index: byDue, Limit: 1}
		for {
			page, _, err := q.find(ctx, query)
			if err != nil || len(page) == 0 {
				return // the call that added the job has succeeded, whatever comes of this
			}
			if page[0].waiting(q.now().Add(-unattendedFor)) {
				q.opts.Logger.WarnContext(ctx, "jobs are due and nobody does them: have Engine.Run running, in this process or another",
					slog.String("type", page[0].Type), slog.String("job", page[0].ID))
				return
			}
			query.From = page[0].sort().behind()
		}
	})
}
