package jobs

import (
	"sync"
	"time"
)

// stirLasts is how long a sort of jobs counts as stirred: the commit that a stir belongs
// to comes a little after it.
const stirLasts = time.Second

// stirred are the sorts of which this process has made jobs due lately. Every commit
// rings the bell, and most of them have to do with no job: who looks for jobs of a sort
// does so when it was stirred, and else when it is time to poll.
type stirred struct {
	mu sync.Mutex
	at map[sort]time.Time
}

// stir notes that a job of a sort is, or is about to become, due.
func (s *stirred) stir(of sort, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at[of] = now
}

// lately reports whether a sort was stirred, or the clock does not say.
func (s *stirred) lately(of sort, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, ever := s.at[of]
	return ever && now.Sub(at) < stirLasts
}
