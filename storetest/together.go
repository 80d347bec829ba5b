package storetest

import (
	"fmt"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/engage-interactions/engage/store"
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
	least  int // 0: only for the sake of the others
	enough func() bool
	round  func(i int) bool
}

// maxRounds bounds how often an actor does what it must do once, for the sake of
// the others, for luck, or because it has not had enough. What the rounds leave
// behind must not grow without end.
const maxRounds = 100

// together lets actors work at the same time until all have done their part, and
// the time for trying more is over.
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
			done := false
			finish := func() {
				if !done {
					done = true
					waiting.Add(-1)
				}
			}
			defer finish()
			<-start
			for i := 0; (i < maxRounds*a.least || a.least == 0) && !stop.Load() && !t.hung.Load(); i++ {
				if i >= a.least && (a.enough == nil || a.enough()) && (a.least == 0 || !t.patient()) {
					finish()
				}
				if done && waiting.Load() == 0 {
					return
				}
				// On one processor, one who never waits would be done before others begin.
				runtime.Gosched()
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

// crowd returns actors who write and read what is nobody else's business. A store
// that lets go of a lock in the middle of what is to be one step has to wait for
// it among them, and what was too short to be seen becomes long.
func (t *trial) crowd(handles []store.Store) []actor {
	t.Helper()
	const tenant = "crowd"
	b := t.batch()
	b.Tenant = tenant
	own := func(i int) string { return b.ID + "-" + strconv.Itoa(i) } // there may have been a crowd before
	for i := range 50 {
		b.Puts = append(b.Puts, store.Record{Key: store.Key{Tenant: tenant, Kind: "doc", ID: own(i)}, Value: []byte(`1`), Terms: terms{owner: "o"}})
	}
	t.commit(handles[0], b)
	reader := actor{round: func(i int) bool {
		_, err := handles[i%len(handles)].Find(t.Context(), store.Query{Tenant: tenant, Kind: "doc", Index: owner})
		return t.worked("Find", err, "Find in a tenant of its own, while others commit in theirs")
	}}
	actors := []actor{reader}
	for w := range 2 {
		k, version := store.Key{Tenant: tenant, Kind: "note", ID: own(w)}, none
		actors = append(actors, actor{round: func(i int) bool {
			b := t.batch(store.Record{Key: k, Version: version, Value: []byte(`1`)})
			for j := range 8 { // which takes a moment
				b.Puts = append(b.Puts, store.Record{Key: store.Key{Tenant: tenant, Kind: "note", ID: fmt.Sprintf("%s-%d", k.ID, j)}, Version: version, Value: []byte(`1`)})
			}
			b.Tenant = tenant
			version = store.Version(b.ID)
			return t.worked("Commit", handles[(w+i)%len(handles)].Commit(t.Context(), b), "Commit in a tenant of its own, while others commit in theirs")
		}})
	}
	return actors
}
