package jobs

import (
	"sync"

	"github.com/engage-interactions/engage/internal/work"
)

// stirred counts, for each sort of jobs, how often this process has made some due. Every
// commit rings the bell, and most of them have to do with no job: who looks for jobs of a
// sort does so when it was stirred, and else when it is time to poll.
type stirred struct {
	mu    sync.Mutex
	times map[sort]int
}

// stir notes that a job of a sort is, or will soon be, due.
func (s *stirred) stir(of sort) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.times[of]++
}

// count returns how often a sort was stirred. Who asks before looking for jobs, and finds
// another number later, has to look again.
func (s *stirred) count(of sort) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.times[of]
}

// tell wakes those who look for jobs of r's sort when w, which has made it what it is, is
// committed: not before, for they would not find it, however long that takes. A job that
// is not due before they look by themselves wakes nobody.
func (q *Jobs) tell(w *work.Work, r *record) {
	at, ever := r.look()
	if !ever {
		return
	}
	of := r.sort()
	w.Then(func() {
		if !at.After(q.now().Add(q.opts.Poll)) {
			q.stirred.stir(of)
			q.bell.Ring()
		}
	})
}
