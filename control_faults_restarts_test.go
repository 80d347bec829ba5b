package engage_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/storetest"
	"github.com/engage-interactions/engage/storetest/faults"
)

// mortalWire is the platform as a process sees it that can die: what it has been told goes
// on, and is not answered any more.
type mortalWire struct {
	*wire

	dead *atomic.Bool
}

var errDead = fmt.Errorf("the process is dead: %w", engage.ErrUnknownOutcome)

func (m mortalWire) lives(do func() error) error {
	if m.dead.Load() {
		return errDead
	}
	err := do()
	if m.dead.Load() {
		return errDead
	}
	return err
}

func (m mortalWire) Request(ctx context.Context, h engage.Handling) (granted bool, err error) {
	err = m.lives(func() (err error) { granted, err = m.wire.Request(ctx, h); return err })
	return granted && err == nil, err
}

func (m mortalWire) Pass(ctx context.Context, h engage.Handling) error {
	return m.lives(func() error { return m.wire.Pass(ctx, h) })
}

func (m mortalWire) Take(ctx context.Context, h engage.Handling) error {
	return m.lives(func() error { return m.wire.Take(ctx, h) })
}

func (m mortalWire) Release(ctx context.Context, h engage.Handling) error {
	return m.lives(func() error { return m.wire.Release(ctx, h) })
}

func (m mortalWire) Owner(ctx context.Context, h engage.Handling) (owner handover.Party, err error) {
	err = m.lives(func() (err error) { owner, err = m.wire.Owner(ctx, h); return err })
	return owner, err
}

func (m mortalWire) Send(ctx context.Context, d engage.Delivery) (id string, err error) {
	err = m.lives(func() (err error) { id, err = m.wire.Send(ctx, d); return err })
	return id, err
}

// process has the company's work be done by a process that dies at its n-th commit, if
// that is not 0.
func (u *unlucky) process(t *testing.T, n int, at when) (dead *atomic.Bool, st *faults.Store) {
	t.Helper()
	dead, st = new(atomic.Bool), faults.New(u.st)
	st.Inject(faults.Instead("the process is dead", func(ctx context.Context, _ faults.Call, next func(context.Context) error) error {
		if dead.Load() {
			return store.ErrClosed
		}
		return next(ctx)
	}))
	opts := u.opts
	opts.Platforms = map[string]engage.Platform{"page": mortalWire{u.wire, dead}}
	u.Engine = must(engage.New(t.Context(), st, &opts))(t)
	u.wire.mu.Lock()
	u.wire.eng = u.Engine
	u.wire.mu.Unlock()
	u.works(t)
	if n > 0 {
		st.Inject(faults.Instead("the process dies", func(ctx context.Context, _ faults.Call, next func(context.Context) error) error {
			var err error
			if at != before {
				err = next(ctx)
			}
			dead.Store(true)
			if at == after {
				return err
			}
			return store.ErrClosed
		}).On(faults.Commit), n)
	}
	return dead, st
}

// controlSteps is what people do in one of the workflows, one thing after another. Each can
// be done again by somebody who does not know whether it was done.
type controlSteps struct {
	settings handover.Settings
	bot      time.Duration
	steps    []func(u *unlucky) error
}

func controlWorkflows() map[string]controlSteps {
	engages := func(u *unlucky) error {
		if err := u.engage(); !errors.Is(err, engage.ErrRefused) || u.engagedNow() == 0 {
			return err
		}
		return nil // it was done before
	}
	posts := func(body string) func(u *unlucky) error {
		return func(u *unlucky) error {
			p, err := u.As(ann).Contents.Post(u.t.Context(), engage.Post{ThreadID: u.ada.ThreadID, Message: interaction.Message{Body: body}, IdempotencyKey: body})
			if err == nil && !p.Repeated {
				u.posted = append(u.posted, p.ID)
			}
			return err
		}
	}
	ends := func(u *unlucky) error {
		for _, i := range u.live() {
			if _, err := u.Interventions.Close(u.t.Context(), i.ID, engage.Closing{}); err != nil {
				return err
			}
		}
		return nil
	}
	hands := func(to handover.Owner, whenFree bool) func(u *unlucky) error {
		return func(u *unlucky) error { return u.handsOver(to, whenFree) }
	}
	writes := func(u *unlucky) error {
		_, err := u.Threads.Receive(u.t.Context(), engage.Inbound{
			SourceID: "page", ForeignID: "again", Customer: engage.Account{ForeignID: "ada"}, Message: interaction.Message{Body: "well?"},
		})
		return err
	}
	return map[string]controlSteps{
		"an agent interrupts the bot": {botFirst, time.Second, []func(*unlucky) error{engages, posts("one"), posts("two"), ends, writes}},
		"the bot hands over":          {botFirst, time.Second, []func(*unlucky) error{hands(handover.Agent, false), engages, posts("one"), ends}},
		"the bot does not answer":     {mayTakeIt, never, []func(*unlucky) error{engages, posts("one"), ends}},
		"the bot never answers":       {botFirst, never, []func(*unlucky) error{engages, posts("one"), ends}},
		"agents hand over and back":   {agentFirst, time.Second, []func(*unlucky) error{hands(handover.Bot, false), writes, engages, posts("one"), ends}},
		"the bot waits":               {agentFirst, time.Second, []func(*unlucky) error{engages, posts("one"), hands(handover.Bot, true), posts("two"), ends, writes}},
		"without a primary":           {handover.Settings{}, time.Second, []func(*unlucky) error{engages, posts("one"), ends, hands(handover.Bot, false)}},
	}
}

// play plays a workflow in a process that dies at its n-th commit, and in the next one. It
// returns how many commits there were.
func (c controlSteps) play(t *testing.T, n int, at when, pause, takes time.Duration) (commits int) {
	t.Helper()
	u := lucky(t, c.settings)
	u.wire.bot, u.wire.reports, u.wire.takes = c.bot, time.Second, takes
	dead, st := u.process(t, n, at)
	next := func() {
		if dead.Load() {
			u.after(time.Second)
			dead, _ = u.process(t, 0, before)
		}
	}
	for i, step := range c.steps {
		u.after(pause)
		next()
		for {
			err := step(u)
			if !dead.Load() {
				if err != nil && !errors.Is(err, engage.ErrRefused) {
					t.Fatalf("step %d: %v", i, err)
				}
				break
			}
			next()
		}
	}
	u.after(30 * time.Minute)
	next()
	u.after(6 * time.Hour)
	if !dead.Load() {
		st.Heal() // it lives on
	}
	u.found()
	for _, call := range st.Calls() {
		if call.Method == faults.Commit {
			commits++
		}
	}
	u.rests()
	u.goesOn()
	return commits
}

// found reads which contents there are: that somebody was not told of one does not mean
// that it is not there.
func (u *unlucky) found() {
	u.t.Helper()
	u.posted = nil
	for _, content := range must(u.Contents.List(u.t.Context(), engage.ContentFilter{ThreadID: u.ada.ThreadID}))(u.t).Items {
		if content.Direction == interaction.Outbound {
			u.posted = append(u.posted, content.ID)
		}
	}
}

// A process that dies at any commit of a workflow leaves what the next one brings to its
// end: who has control here has it on the platform, too, and what holds always, holds.
func TestAProcessThatDiesLeavesControlInOrder(t *testing.T) {
	t.Parallel()
	every := 12
	if testing.Short() {
		every = 48
	}
	every = max(1, every/storetest.Effort(t))
	random := storetest.Seed(t)
	for name, c := range controlWorkflows() {
		for _, pause := range []time.Duration{0, 10 * time.Second} {
			for _, takes := range []time.Duration{0, 2 * time.Second} {
				commits := 0
				t.Run(fmt.Sprintf("%s, a step every %v, verbs take %v", name, pause, takes), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) { commits = c.play(t, 0, before, pause, takes) })
				})
				for n := 1 + random.IntN(every); n <= commits; n += every {
					for _, at := range []when{before, unanswered, after} {
						t.Run(fmt.Sprintf("%s, a step every %v, verbs take %v, and it dies at commit %d, %d", name, pause, takes, n, at), func(t *testing.T) {
							t.Parallel()
							synctest.Test(t, func(t *testing.T) { c.play(t, n, at, pause, takes) })
						})
					}
				}
			}
		}
	}
}
