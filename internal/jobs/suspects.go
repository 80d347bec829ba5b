package jobs

import (
	"sync"
	"time"
)

// suspects are attempts that were claimed later than any clock can show now: one was
// wrong, or was put back meanwhile. No clock says when their leases end. So each is given
// the whole of its lease, and the skew, from when it was first seen here, by timers, which
// go on whatever a clock shows: then it has ended, or is lost.
type suspects struct {
	mu   sync.Mutex
	seen map[string]*suspect // by the ID of the attempt
	over int                 // for how many the time was over, ever
}

type suspect struct {
	typ   string // of the job
	lost  bool
	timer *time.Timer
}

// see reports whether the time of an attempt is over. From its first sight on, it goes by;
// then is called when it is over.
func (s *suspects) see(r *record, then func()) (lost bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if known := s.seen[r.Lease.Holder]; known != nil {
		return known.lost
	}
	one := &suspect{typ: r.Type}
	one.timer = time.AfterFunc(r.Over.Sub(r.Taken), func() {
		s.mu.Lock()
		one.lost = true
		s.over++
		s.mu.Unlock()
		then()
	})
	s.seen[r.Lease.Holder] = one
	return false
}

// lost reports whether the attempt that is under way is one whose time is over.
func (s *suspects) lost(r *record) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	known := s.seen[r.Lease.Holder]
	return r.State == Running && known != nil && known.lost
}

// keep forgets those of jobs of a type that are not there any more.
func (s *suspects) keep(there map[string]bool, typ string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for attempt, one := range s.seen {
		if one.typ == typ && !there[attempt] {
			one.timer.Stop()
			delete(s.seen, attempt)
		}
	}
}

// count returns for how many the time was over, ever.
func (s *suspects) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.over
}
