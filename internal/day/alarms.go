package day

import (
	"container/heap"
	"encoding/json"
	"time"

	"github.com/engage-interactions/engage/store"
)

// alarms are when jobs will be due, so that the Engine is asked to do what is due only when
// something is: most seconds of a day nothing is. They are heard of as jobs are written. One
// that was withdrawn rings for nothing, and each minute all is looked at anyway.
type alarms struct{ at []time.Time }

func (a *alarms) Len() int           { return len(a.at) }
func (a *alarms) Less(i, j int) bool { return a.at[i].Before(a.at[j]) }
func (a *alarms) Swap(i, j int)      { a.at[i], a.at[j] = a.at[j], a.at[i] }
func (a *alarms) Push(x any)         { a.at = append(a.at, x.(time.Time)) }
func (a *alarms) Pop() any {
	last := a.at[len(a.at)-1]
	a.at = a.at[:len(a.at)-1]
	return last
}

// hear sets alarms for the jobs in a batch.
func (a *alarms) hear(b store.Batch) {
	for _, r := range b.Puts {
		if r.Kind != "job" {
			continue
		}
		var job struct {
			State string    `json:"state"`
			Due   time.Time `json:"due"`
			Over  time.Time `json:"over"` // of an attempt under way
		}
		if json.Unmarshal(r.Value, &job) != nil {
			continue
		}
		if job.State == "running" {
			job.Due = job.Over
		}
		a.set(job.Due)
	}
}

func (a *alarms) set(at time.Time) { heap.Push(a, at) }

// rings reports whether something may be due, and forgets what is.
func (a *alarms) rings(now time.Time) (due bool) {
	for len(a.at) > 0 && !a.at[0].After(now) {
		heap.Pop(a)
		due = true
	}
	return due
}
