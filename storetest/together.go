package storetest

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// group is several goroutines of a check. One that panics is reported, and ends;
// whoever waits for it must not wait for anything that it was still to do.
type group struct {
	trial *trial
	all   sync.WaitGroup
}

func (t *trial) group() *group { return &group{trial: t} }

// Go runs f on a goroutine of its own.
func (g *group) Go(f func()) {
	g.all.Go(func() {
		defer g.trial.recovered()
		f()
	})
}

// Wait waits until all have ended.
func (g *group) Wait() { g.all.Wait() }

// actor is one of several that work at the same time. It does its round at
// least so many times, and until it has had enough if it can say so, and goes on
// until all others are done too, so that the fast ones trouble the slow ones to
// the end. A round returns false to stop them all.
type actor struct {
	least  int
	enough func() bool
	round  func(i int) bool
}

// maxRounds bounds how often an actor does what it must do once, for the sake of
// the others or because it has not had enough.
const maxRounds = 25

// together lets actors work at the same time until all have done their part.
func (t *trial) together(actors ...actor) {
	t.Helper()
	var (
		wg      = t.group()
		stop    atomic.Bool
		waiting atomic.Int64
		start   = make(chan struct{})
	)
	waiting.Store(int64(len(actors)))
	for _, a := range actors {
		wg.Go(func() {
			<-start
			for i, done := 0, false; i < maxRounds*a.least && !stop.Load(); i++ {
				if !done && i >= a.least && (a.enough == nil || a.enough()) {
					done = true
					waiting.Add(-1)
				}
				if done {
					if waiting.Load() == 0 {
						return
					}
					runtime.Gosched()
				}
				if !t.round(a, i) {
					stop.Store(true)
				}
			}
		})
	}
	close(start)
	wg.Wait()
}

// round is false, too, if it panics.
func (t *trial) round(a actor, i int) (ok bool) {
	defer t.recovered()
	return a.round(i)
}

// traffic knows when reads and commits meet. On a machine that is busy with
// other tests most do not, and a reader that has met no writer has seen nothing.
type traffic struct {
	begun, ended atomic.Int64
}

// enoughMeetings is after how many of them a reader may say that all is well.
const enoughMeetings = 20

func (f *traffic) commit(do func() error) error {
	f.begun.Add(1)
	defer f.ended.Add(1)
	return do()
}

// reader returns an actor that reads until it has met enough commits.
func (f *traffic) reader(least int, round func(i int) bool) actor {
	meetings, last := 0, int64(0)
	return actor{
		least:  least,
		enough: func() bool { return meetings >= enoughMeetings },
		round: func(i int) bool {
			ended := f.ended.Load()
			ok := round(i)
			// A commit that is held up meets many rounds, and counts once.
			if begun := f.begun.Load(); begun > max(ended, last) {
				last = begun
				meetings++
			}
			return ok
		},
	}
}
