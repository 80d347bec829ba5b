package day

import (
	"errors"
	"time"
)

// Options say what kind of day it is.
type Options struct {
	// Seed is where all that is random comes from: the same day twice, event by event, and
	// the same report.
	Seed uint64
	// Workers is how many there are in all shifts, Tasks how many requests come in. Beyond
	// these, there are tasks for transfers, invites and customers who come back.
	Workers, Tasks int
	// Crashes is how often the process dies, and is made anew on the same store. With any,
	// the answers of some commits are lost, too, whether these have landed or not.
	Crashes int
	// Within are the two times in which a request should be answered, for the service
	// levels. Zero: 20 s and 60 s.
	Within [2]time.Duration
	// Progress is told how far it is, after each hour. Nil: nobody is.
	Progress func(at time.Time, tasks int)
}

// Defaults of the day that is described in docs/contact-centre.md.
const (
	DefaultWorkers = 200
	DefaultTasks   = 50_000
	DefaultCrashes = 40
)

func (o Options) resolve() (Options, error) {
	if o.Workers < MinWorkers || o.Tasks < 1 || o.Crashes < 0 {
		return o, errors.New("a day needs at least 8 workers and a task")
	}
	for n, within := range []time.Duration{20 * time.Second, time.Minute} {
		if o.Within[n] <= 0 {
			o.Within[n] = within
		}
	}
	return o, nil
}

// MinWorkers is how many there must be, so that each shift has somebody who can do anything.
const MinWorkers = 8

// tenant is whose data the day is.
const tenant = "contact-centre"

// midnight is when it begins.
var midnight = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
