package stress

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/storetest"
)

// machine takes one store and the model through one sequence of calls.
type machine struct {
	t       *rapid.T
	tb      *iteration
	harness storetest.Harness

	alphabet alphabet

	handles []*handle // all that were ever opened
	worlds  []*world  // which may be the true one
	steps   int

	transcript []string // what was done, for a sequence that fails
	quiet      bool     // what is done is not worth a line

	batches  int             // how many IDs of batches were given away
	sent     []store.Batch   // all that were applied, or may have been
	versions []store.Version // all that were ever given away
	cursors  cursors
	pages    []string // the cursors, in the order in which they were given
	touched  map[store.Key]bool
}

// handle is one handle on the store, which stays in use after Close.
type handle struct {
	store.Store

	closed bool
}

// call is one call of a method. It is drawn before it is made, so that it can be
// shown whatever happens then.
type call interface {
	fmt.GoStringer // how rapid shows what it has drawn

	// run makes the call. It returns the answer in a few words, and what the
	// model says of it.
	run(m *machine) (answer string, judge func(w *world) error)
}

// mostWorlds is how many are kept in mind. A sequence of more ends: it would
// take a store that leaves open how most of its calls have ended.
const mostWorlds = 64

// full reports whether the sequence must end.
func (m *machine) full() bool { return len(m.worlds) > mostWorlds }

// drawn makes a call that is drawn, which rapid shows, and so do we.
func (m *machine) drawn(g *rapid.Generator[call]) {
	c := g.Draw(m.t, "call")
	m.transcript = append(m.transcript, fmt.Sprintf("\t%#v", c))
	m.do(c)
}

// then makes a call that was not drawn but follows from one that was.
func (m *machine) then(c call) {
	m.log("then %#v", c)
	m.do(c)
}

// do makes a call and compares the answer with the model.
func (m *machine) do(c call) {
	m.steps++
	answer, judge := c.run(m)
	m.log("\t= %s", answer)
	var left []*world
	var wrong []string
	for _, w := range m.worlds {
		for _, now := range w.landed() {
			if err := judge(now); err == nil {
				left = append(left, now)
			} else if !slices.Contains(wrong, err.Error()) {
				wrong = append(wrong, err.Error())
			}
		}
	}
	if len(left) == 0 {
		reason := strings.Join(wrong, "\n\tor, if a call of unknown outcome ended the other way: ")
		m.transcript = append(m.transcript, fmt.Sprintf("\t%#v\n\t\t= %s\n\t%s", c, answer, reason))
		m.t.Fatalf("%#v\n\t= %s\n\t%s", c, answer, reason)
	}
	m.worlds = distinct(left)
}

// log adds a line to what is shown of a sequence that fails.
func (m *machine) log(format string, args ...any) {
	if m.quiet {
		return
	}
	line := fmt.Sprintf(format, args...)
	m.t.Log(line)
	m.transcript = append(m.transcript, "\t"+line)
}

// open returns the numbers of the handles that are not closed.
func (m *machine) open() []int {
	var all []int
	for i, h := range m.handles {
		if !h.closed {
			all = append(all, i)
		}
	}
	return all
}

// unsettled reports whether something may still happen, or has perhaps happened.
func (m *machine) unsettled() bool {
	return len(m.worlds) > 1 || len(m.worlds[0].late) > 0
}

// through is the handle that a call goes through, and its context.
type through struct {
	handle int
	ends   deadline
}

func (c through) String() string { return fmt.Sprintf("handle %d", c.handle) }

// make makes a call with the context that it is to have, and ends the context
// when the call is over: that must make no difference any more.
func (c through) make(m *machine, method func(ctx context.Context, s store.Store) error) answer {
	h := m.handles[c.handle]
	ctx, cancel := c.ends.context(m.tb.Context())
	a := answer{handle: c.handle, closed: h.closed, done: c.ends.before}
	a.err = method(ctx, h.Store)
	a.ended = ended(ctx)
	cancel()
	return a
}

// shown returns the classes of an error and, for a person, its text, or else
// what came back.
func shown(err error, otherwise string) string {
	if err != nil {
		return classOf(err)
	}
	return otherwise
}
