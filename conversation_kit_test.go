package engage_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/platformtest"
	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/memory"
)

// desk is a company with one source, whose customers write and whose agents and bots
// answer, with a clock that the test moves.
type desk struct {
	*engage.Engine

	t        testing.TB
	platform *platformtest.Platform
	st       store.Store
	opts     engage.Options
	clock    *handClock
	written  int
}

// handClock stands still unless the test moves it.
type handClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *handClock) read() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *handClock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

var (
	ann   = engage.Agent("ann")
	bob   = engage.Agent("bob")
	robot = engage.Bot("robot")
)

// newDesk returns a desk on a memory store, with the source "chat".
func newDesk(tb testing.TB, options ...func(*engage.Options)) *desk {
	tb.Helper()
	st := memory.New()
	tb.Cleanup(func() { _ = st.Close() })
	return newDeskOn(tb, st, options...)
}

// newDeskOn returns a desk on a store.
func newDeskOn(tb testing.TB, st store.Store, options ...func(*engage.Options)) *desk {
	tb.Helper()
	d := &desk{
		t: tb, st: st, platform: platformtest.New(),
		clock: &handClock{now: time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC)},
	}
	tb.Cleanup(d.platform.Close)
	d.opts = engage.Options{Clock: d.clock.read, Platforms: map[string]engage.Platform{"messenger": d.platform}}
	for _, option := range options {
		option(&d.opts)
	}
	d.restart()
	_, err := d.Sources.Create(tb.Context(), interaction.Source{ID: "chat", Type: "messenger", Name: "Chat", Active: true})
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

// restart gives the desk a new Engine on its store.
func (d *desk) restart() {
	d.t.Helper()
	eng, err := engage.New(d.t.Context(), d.st, &d.opts)
	if err != nil {
		d.t.Fatal(err)
	}
	d.Engine = eng
}

// says is what a customer writes, as the platform tells of it.
func (d *desk) says(customer, body string) engage.Inbound {
	d.written++
	return engage.Inbound{
		SourceID: "chat", ForeignID: fmt.Sprintf("mid.%d", d.written), Customer: engage.Account{ForeignID: customer},
		Message: interaction.Message{Body: body},
	}
}

// writes receives what a customer writes.
func (d *desk) writes(customer, body string) engage.Received {
	d.t.Helper()
	return must(d.Threads.Receive(d.t.Context(), d.says(customer, body)))(d.t)
}

// replies posts a reply of somebody.
func (d *desk) replies(by engage.Actor, threadID, body string) engage.Posted {
	d.t.Helper()
	return must(d.As(by).Contents.Post(d.t.Context(), engage.Post{ThreadID: threadID, Message: interaction.Message{Body: body}}))(d.t)
}

// engages makes somebody engage in a thread.
func (d *desk) engages(by engage.Actor, threadID string) interaction.Intervention {
	d.t.Helper()
	return must(d.As(by).Interventions.Engage(d.t.Context(), engage.Engagement{ThreadID: threadID}))(d.t)
}

// runs does all jobs that are due.
func (d *desk) runs() {
	d.t.Helper()
	if _, err := d.RunDue(d.t.Context()); err != nil {
		d.t.Fatal(err)
	}
}

// must returns a value whose error must be nil.
func must[T any](v T, err error) func(testing.TB) T {
	return func(tb testing.TB) T {
		tb.Helper()
		if err != nil {
			tb.Fatal(err)
		}
		return v
	}
}

// types returns the types of the events behind a position.
func types(tb testing.TB, eng *engage.Engine, after int64) (list []engage.EventType) {
	tb.Helper()
	for e, err := range eng.Events.After(tb.Context(), after) {
		if err != nil {
			tb.Fatal(err)
		}
		list = append(list, e.Type)
	}
	return list
}
