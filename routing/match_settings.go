package routing

// Matching is how the tasks of a queue are matched, beyond what the platform has. The zero
// Matching is what the platform does.
type Matching struct {
	// PriorityAgeing is after how many seconds of waiting a task counts as one priority
	// higher than it is; 0: never. It is without effect where LIFO ignores priorities.
	PriorityAgeing int `json:"priority_ageing,omitempty"`
	// RejectCoolDown is for how many seconds a task is not offered again to a worker who
	// has rejected it; 0: it may be at once, as the platform does.
	RejectCoolDown int `json:"reject_cool_down,omitempty"`
	// KnownWorkerFallback lets others take a task as soon as its known worker cannot. The
	// platform's documentation ("Known Agent Routing") has the task wait for the known
	// worker until its target times out or is skipped, and the next target be the fallback.
	KnownWorkerFallback bool `json:"known_worker_fallback,omitempty"`
}

// Check says what is out of bounds: both times are at most as long as a task can live. The
// error is a [*ProblemsError].
func (m Matching) Check() error {
	var f findings
	m.find(&f)
	return f.err()
}

func (m Matching) find(f *findings) {
	f.between("matching.priority_ageing", m.PriorityAgeing, 0, MaxTaskTimeout)
	f.between("matching.reject_cool_down", m.RejectCoolDown, 0, MaxTaskTimeout)
}

// ageing returns PriorityAgeing in milliseconds, within its bounds.
func (m Matching) ageing() int64 { return int64(min(max(m.PriorityAgeing, 0), MaxTaskTimeout)) * 1000 }
