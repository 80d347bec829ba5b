package feed

import (
	"sync"
	"time"

	"github.com/engage-interactions/engage/store"
)

// watch is what was seen of the leases of others. If a clock was wrong, or was put back,
// no clock says when a lease ends. But one that has not been renewed for the whole of its
// length, counted by timers from when it was first seen, has ended.
type watch struct {
	patience time.Duration
	then     func() // is called when a lease has ended so

	mu   sync.Mutex
	seen map[string]*sight // by the name of the consumer
}

// sight is a lease that was seen. A renewal writes the record, and so changes its version,
// also if the clock stands still.
type sight struct {
	version store.Version
	timer   *time.Timer
	over    bool
}

// over reports whether the lease of a consumer, as it was read, has ended. From its first
// sight on, its time goes by.
func (s *watch) over(c *Consumer) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	known := s.seen[c.Name]
	if known != nil && known.version == c.version {
		return known.over
	}
	if known != nil {
		known.timer.Stop()
	}
	one := &sight{version: c.version}
	one.timer = time.AfterFunc(s.patience, func() {
		s.mu.Lock()
		one.over = true
		s.mu.Unlock()
		s.then()
	})
	if s.seen == nil {
		s.seen = make(map[string]*sight)
	}
	s.seen[c.Name] = one
	return false
}

// keep forgets what was seen of all consumers that keep does not want.
func (s *watch) keep(wanted func(name string) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, one := range s.seen {
		if !wanted(name) {
			one.timer.Stop()
			delete(s.seen, name)
		}
	}
}
