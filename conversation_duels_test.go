package engage_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/storetest/faults"
)

// matter is a conversation that two calls are about.
type matter struct {
	engage.Received

	intervention string         // ann's
	again, other engage.Inbound // what the customer writes next, and somebody else in the same thread
	until        time.Time
}

// move is one of the calls that may meet.
type move struct {
	name string
	call func(ctx context.Context, eng *engage.Engine, of matter) error
	ends bool // it ends the intervention, if there was a reply, or if there was none
}

func moves() []move {
	return []move{
		{name: "reply", call: func(ctx context.Context, eng *engage.Engine, of matter) error {
			return second(eng.As(ann).Contents.Post(ctx, engage.Post{ThreadID: of.ThreadID, IdentityID: of.IdentityID, Message: interaction.Message{Body: "yes"}}))
		}},
		{name: "post as the host", call: func(ctx context.Context, eng *engage.Engine, of matter) error {
			return second(eng.Contents.Post(ctx, engage.Post{ThreadID: of.ThreadID, IdentityID: of.IdentityID, Message: interaction.Message{Body: "note"}}))
		}},
		{name: "customer writes", call: func(ctx context.Context, eng *engage.Engine, of matter) error {
			return second(eng.Threads.Receive(ctx, of.again))
		}},
		{name: "another customer writes", call: func(ctx context.Context, eng *engage.Engine, of matter) error {
			return second(eng.Threads.Receive(ctx, of.other))
		}},
		{name: "engage", call: func(ctx context.Context, eng *engage.Engine, of matter) error {
			return second(eng.As(bob).Interventions.Engage(ctx, engage.Engagement{ThreadID: of.ThreadID, IdentityID: of.IdentityID}))
		}},
		{name: "assign", call: func(ctx context.Context, eng *engage.Engine, of matter) error {
			return second(eng.Interventions.Assign(ctx, of.intervention, bob))
		}},
		{name: "transfer", call: func(ctx context.Context, eng *engage.Engine, of matter) error {
			return second(eng.Interventions.Transfer(ctx, of.intervention, engage.Actor{}))
		}},
		{name: "defer", call: func(ctx context.Context, eng *engage.Engine, of matter) error {
			return second(eng.Interventions.Defer(ctx, of.intervention, of.until))
		}},
		{name: "close", call: func(ctx context.Context, eng *engage.Engine, of matter) error {
			return second(eng.As(ann).Interventions.Close(ctx, of.intervention, engage.Closing{}))
		}, ends: true},
		{name: "cancel", call: func(ctx context.Context, eng *engage.Engine, of matter) error {
			return second(eng.Interventions.Cancel(ctx, of.intervention))
		}, ends: true},
		{name: "close the thread", call: func(ctx context.Context, eng *engage.Engine, of matter) error {
			return second(eng.Threads.Close(ctx, of.ThreadID))
		}},
		{name: "ignore", call: func(ctx context.Context, eng *engage.Engine, of matter) error {
			return second(eng.Contents.Ignore(ctx, of.ContentID))
		}},
	}
}

// matter begins a conversation in which ann has an intervention.
func (d *desk) matter(replied bool) matter {
	d.t.Helper()
	name := fmt.Sprint("customer", d.written)
	in := d.says(name, "hello")
	in.ThreadForeignID = name
	of := matter{
		Received: must(d.Threads.Receive(d.t.Context(), in))(d.t), again: d.says(name, "again"), other: d.says("else "+name, "me too"),
		until: d.clock.read().Add(time.Hour),
	}
	of.again.ThreadForeignID, of.other.ThreadForeignID = name, name
	of.intervention = d.engages(ann, of.ThreadID).ID
	if replied {
		d.replies(ann, of.ThreadID, "yes")
	}
	return of
}

// outcome is what two calls said, and what they led to: everything but IDs.
func (d *desk) outcome(of matter, first, second error, after int64) string {
	d.t.Helper()
	ctx := d.t.Context()
	var b strings.Builder
	for _, err := range []error{first, second} {
		taken, isTaken := errors.AsType[*engage.EngagedError](err)
		switch {
		case isTaken:
			fmt.Fprintln(&b, "taken by", taken.Intervention.Owner)
		case errors.Is(err, engage.ErrRefused):
			fmt.Fprintln(&b, "refused")
		default:
			fmt.Fprintln(&b, err)
		}
	}
	var parts []string // the order of what happened at the same time is that of the IDs, which two processes mint
	for _, thread := range must(d.Threads.List(ctx, engage.ThreadFilter{IdentityID: of.IdentityID}))(d.t).Items {
		var part strings.Builder
		fmt.Fprintln(&part, "thread", thread.Status, thread.ContentsCount, thread.InterventionsCount, thread.CustomersCount, thread.Live, thread.WaitingSince)
		for _, c := range must(d.Contents.List(ctx, engage.ContentFilter{ThreadID: thread.ID}))(d.t).Items {
			fmt.Fprintln(&part, "content", c.Position, c.Body, c.Status, c.InterventionID == of.intervention)
		}
		parts = append(parts, part.String())
	}
	for _, i := range must(d.Interventions.List(ctx, engage.InterventionFilter{IdentityID: of.IdentityID}))(d.t).Items {
		parts = append(parts, fmt.Sprintln("intervention", i.Status, i.Owner, i.UserRepliesCount, i.Reopened, i.DeferredAt))
	}
	slices.Sort(parts)
	fmt.Fprint(&b, parts)
	fmt.Fprintln(&b, types(d.t, d.Engine, after))
	return b.String()
}

// lastEvent is the position of the last event.
func (d *desk) lastEvent(after int64) int64 {
	d.t.Helper()
	for e, err := range d.Events.After(d.t.Context(), after) {
		if err != nil {
			d.t.Fatal(err)
		}
		after = e.Position
	}
	return after
}

// TestWhatHappensAtOnceHappensInSomeOrder: while a call is under way, before each call
// that it makes of its store, another process makes another call. What both say, and all
// that they lead to, is what one of the two orders, one after the other, leads to.
func TestWhatHappensAtOnceHappensInSomeOrder(t *testing.T) {
	t.Parallel()
	all := moves()
	twoDesks(t, func(t *testing.T, d *desk, engines []*engage.Engine) {
		pairs, stands := 0, int64(0)
		first, step := stride(t)
		for _, replied := range []bool{false, true} {
			for _, outer := range all {
				for _, inner := range all {
					if replied && !outer.ends && !inner.ends {
						continue // whether there was a reply makes no difference to them
					}
					pairs++
					if strings.HasSuffix(t.Name(), "sqlite") && pairs%11 != 0 {
						continue // they differ little from one store to the other, and take their time there
					}
					if pairs%step != first%step {
						continue
					}
					serial := map[string]bool{}
					for _, outerFirst := range []bool{true, false} {
						of := d.matter(replied)
						stands = d.lastEvent(stands)
						var a, b error
						if outerFirst {
							a = outer.call(t.Context(), d.Engine, of)
						}
						b = inner.call(t.Context(), d.Engine, of)
						if !outerFirst {
							a = outer.call(t.Context(), d.Engine, of)
						}
						serial[d.outcome(of, a, b, stands)] = true
					}
					var of matter
					var within error
					breaksIn := faults.Before(inner.name, func(ctx context.Context, _ faults.Call) { within = inner.call(ctx, engines[1], of) })
					for trial := range faults.Sweep(breaksIn) {
						of = d.matter(replied)
						stands = d.lastEvent(stands)
						eng := must(engage.New(t.Context(), trial.Wrap(d.st), &d.opts))(t)
						trial.Start()
						around := outer.call(t.Context(), eng, of)
						trial.End()
						if got := d.outcome(of, around, within, stands); trial.Struck() && !serial[got] {
							t.Errorf("%s, replied %v: %v:\n%s\nIn order it is one of\n%v", outer.name, replied, trial, got, serial)
						}
					}
				}
			}
		}
		d.runs()
		d.platform.Check(t)
	})
}
