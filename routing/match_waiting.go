package routing

import (
	"slices"
	"time"
)

// Waiting is what is kept of a task while it is being routed.
type Waiting struct {
	// Step is where it is in its workflow. Zero: it has not entered it.
	Step Step `json:"step,omitzero"`
	// Settled says that nobody could take it at once when it came to the step, and that it
	// stays nevertheless: skip_if is not asked again.
	Settled bool `json:"settled,omitempty"`
	// CoolDowns keep it from workers who have rejected it, or are on its channel.
	CoolDowns []CoolDown `json:"cool_downs,omitempty"`
}

// Again returns the task as it is when it has to go through its workflow again from the
// beginning, after the workflow or the task's attributes were changed. It keeps its priority,
// also if a target gave it, and the cool-downs. (TaskRouter's documentation, "Workflow
// Resource", ReEvaluateTasks.)
func (t Task) Again() Task {
	t.Waiting = Waiting{CoolDowns: t.Waiting.CoolDowns}
	return t
}

// MaxCoolDowns is how many workers a task remembers to have been rejected by, and how many it
// remembers to be kept from otherwise. The first ones are forgotten for later ones of their kind.
const MaxCoolDowns = 100

// CoolDown keeps a task from being offered to a worker until a time: because they have rejected
// it, or are on its channel already.
type CoolDown struct {
	WorkerSID string    `json:"worker_sid"`
	Until     time.Time `json:"until"`
	// Kept says that it is no rejection: none makes it forgotten, or shorter.
	Kept bool `json:"kept,omitempty"`
}

// Cool returns the task after a worker has rejected it, with the cool-down that its queue
// has for that. Cool-downs that have ended are forgotten.
func (t Task) Cool(workerSID string, m Matching, now time.Time) Task {
	var left []CoolDown
	for _, c := range t.Waiting.CoolDowns {
		if now.Before(c.Until) && (c.WorkerSID != workerSID || c.Kept) {
			left = append(left, c)
		}
	}
	if m.RejectCoolDown > 0 {
		left = append(left, CoolDown{WorkerSID: workerSID, Until: now.Add(time.Duration(m.RejectCoolDown) * time.Second)})
	}
	t.Waiting.CoolDowns = bounded(left)
	return t
}

// KeepFrom returns the task as it is when it is not to be offered to a worker as long as it
// waits: to an agent who is on its channel already, or hands it over.
func (t Task) KeepFrom(workerSID string) Task {
	return t.KeepFromUntil(workerSID, t.ExpiresAt())
}

// DeclinedFor is how long a task is kept from a worker who has declined an invite in whose
// place it was made: as long as others have by default to accept it. Then they may be asked
// again, if nobody has it.
const DeclinedFor = DefaultReservationTimeout * time.Second

// KeepFromUntil returns the task as it is when it is not to be offered to a worker until a
// time.
func (t Task) KeepFromUntil(workerSID string, until time.Time) Task {
	left := slices.DeleteFunc(slices.Clone(t.Waiting.CoolDowns), func(c CoolDown) bool { return c.WorkerSID == workerSID })
	t.Waiting.CoolDowns = bounded(append(left, CoolDown{WorkerSID: workerSID, Until: until, Kept: true}))
	return t
}

// bounded forgets the first of too many cool-downs of each kind. They were added one after the
// other: the first rejection ends first, as long as the setting stays, and who came to the
// channel first is most likely to have left.
func bounded(left []CoolDown) []CoolDown {
	for _, kept := range []bool{false, true} {
		over := -MaxCoolDowns
		for _, c := range left {
			if c.Kept == kept {
				over++
			}
		}
		left = slices.DeleteFunc(left, func(c CoolDown) bool {
			if c.Kept != kept || over <= 0 {
				return false
			}
			over--
			return true
		})
	}
	return left
}
