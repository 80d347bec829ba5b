package engage_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store"
)

// goneDesk is a desk whose host knows everybody, forgets somebody, or cannot say.
type goneDesk struct {
	*desk

	gone  engage.Actor
	fails error
	asked []engage.Actor
	log   bytes.Buffer
}

func newGoneDesk(t *testing.T) *goneDesk {
	t.Helper()
	d := &goneDesk{}
	d.desk = newDesk(t, func(o *engage.Options) {
		o.Jobs.Concurrency = 1
		o.Logger = slog.New(slog.NewTextHandler(&d.log, nil))
		o.OwnerExists = func(_ context.Context, who engage.Actor) (bool, error) {
			d.asked = append(d.asked, who)
			return who != d.gone, d.fails
		}
	})
	return d
}

// leaving is how a customer is left to the owner of an intervention.
type leaving struct {
	name  string
	rests func(d *goneDesk, owner engage.Actor, id string) // before the owner goes
	does  func(d *goneDesk, owner engage.Actor, id string)
	event engage.EventType // what is told in any case
	by    engage.Actor
}

func leavings() []leaving {
	stays := func(*goneDesk, engage.Actor, string) {}
	defers := func(d *goneDesk, owner engage.Actor, id string) {
		must(d.As(owner).Interventions.Defer(d.t.Context(), id, d.clock.read().Add(time.Hour)))(d.t)
	}
	closes := func(d *goneDesk, owner engage.Actor, id string) {
		must(d.As(owner).Interventions.Close(d.t.Context(), id, engage.Closing{}))(d.t)
	}
	writes := func(d *goneDesk, _ engage.Actor, _ string) { d.writes("eve", "anybody?") }
	falls := func(d *goneDesk, _ engage.Actor, _ string) {
		d.clock.pass(time.Hour)
		d.runs()
	}
	resumes := func(d *goneDesk, owner engage.Actor, id string) {
		must(d.As(owner).Interventions.Resume(d.t.Context(), id))(d.t)
	}
	reopens := func(by engage.Actor) func(d *goneDesk, _ engage.Actor, id string) {
		return func(d *goneDesk, _ engage.Actor, id string) {
			must(d.As(by).Interventions.Reopen(d.t.Context(), id))(d.t)
		}
	}
	threadOf := func(d *goneDesk, id string) string { return must(d.Interventions.Get(d.t.Context(), id))(d.t).ThreadID }
	closesThread := func(d *goneDesk, _ engage.Actor, id string) { d.closes(threadOf(d, id)) }
	reopensThread := func(d *goneDesk, _ engage.Actor, id string) {
		must(d.As(bob).Threads.Reopen(d.t.Context(), threadOf(d, id)))(d.t)
	}
	reactivated, reopened := engage.EventInterventionReactivated, engage.EventInterventionReopened
	return []leaving{
		{"the customer writes while it is open", stays, writes, "", engage.System()},
		{"the customer writes while it is deferred", defers, writes, reactivated, engage.System()},
		{"the customer writes after it was closed", closes, writes, reopened, engage.System()},
		{"it falls due", defers, falls, reactivated, engage.System()},
		{"it is resumed", defers, resumes, reactivated, engage.Actor{}},
		{"the host reopens it", closes, reopens(engage.System()), reopened, engage.System()},
		{"a colleague reopens it", closes, reopens(bob), reopened, bob},
		{"a colleague reopens its thread", closesThread, reopensThread, engage.EventThreadOpened, bob},
	}
}

// TestNobodyIsLeftToAnOwnerWhoIsGone: however an intervention comes back to its owner, or
// stays with them, an owner who is gone loses it, and whoever engages next has it; one of
// whom the host cannot say is there, which is logged.
func TestNobodyIsLeftToAnOwnerWhoIsGone(t *testing.T) {
	t.Parallel()
	for _, c := range leavings() {
		for _, owner := range []engage.Actor{ann, robot} {
			for _, host := range []string{"there", "gone", "unknown"} {
				t.Run(fmt.Sprintf("%s, %v is %s", c.name, owner, host), func(t *testing.T) {
					t.Parallel()
					checkLeaving(t, newGoneDesk(t), c, owner, host)
				})
			}
		}
	}
}

func checkLeaving(t *testing.T, d *goneDesk, c leaving, owner engage.Actor, host string) {
	ctx := t.Context()
	thread := d.writes("eve", "hello").ThreadID
	i := d.engages(owner, thread)
	d.replies(owner, thread, "one moment")
	d.runs()
	if c.by.IsZero() {
		c.by = owner
	}
	c.rests(d, owner, i.ID)
	var before int64
	for e, err := range d.Events.After(ctx, 0) {
		if err != nil {
			t.Fatal(err)
		}
		before = e.Position
	}
	gone := host == "gone"
	switch host {
	case "gone":
		d.gone = owner
	case "unknown":
		d.fails = errors.New("no connection")
	}
	d.asked = nil
	d.clock.pass(time.Minute)
	c.does(d, owner, i.ID)
	if !slices.Equal(d.asked, []engage.Actor{owner}) {
		t.Errorf("the host was asked about %v, want once about the owner", d.asked)
	}
	if logged := strings.Contains(d.log.String(), "no connection"); logged != (host == "unknown") {
		t.Errorf("logged: %s", d.log.String())
	}

	var got, want []engage.EventType
	for e, err := range d.Events.After(ctx, before) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Type == engage.EventContentImported {
			continue
		}
		got = append(got, e.Type)
		var told engage.InterventionLifeEvent
		if err := json.Unmarshal(e.Data, &told); err != nil {
			t.Fatal(err)
		}
		takes := gone && e.Type != engage.EventThreadOpened // that is not about it
		if e.Actor != c.by || takes != (told.PreviousOwner == owner) {
			t.Errorf("%s by %v: %+v", e.Type, e.Actor, told)
		}
	}
	if c.event != "" {
		want = append(want, c.event)
	}
	if gone {
		want = append(want, engage.EventInterventionUserUpdated)
	}
	if !slices.Equal(got, want) {
		t.Errorf("the events are %v, want %v", got, want)
	}

	is := must(d.Interventions.Get(ctx, i.ID))(t)
	if is.Status != interaction.InterventionOpen || is.Owner.IsZero() != gone || !gone && is.Owner != owner {
		t.Errorf("%+v", is)
	}
	free := must(d.Threads.ListEngageable(ctx, engage.EngageableFilter{}))(t).Items
	if (len(free) == 1) != (gone || owner == robot && strings.Contains(c.name, "writes")) {
		t.Errorf("engageable: %+v", free)
	}
	if gone && (len(free) != 1 || !free[0].Waiting.TransferredAt.Equal(d.clock.read())) {
		t.Errorf("engageable: %+v", free)
	}
	d.fails = nil
	taken, err := d.As(bob).Interventions.Engage(ctx, engage.Engagement{ThreadID: thread})
	if frees := gone || owner == robot; (err == nil) != frees || frees && (taken.ID != i.ID || taken.Owner != bob) {
		t.Errorf("bob engages: %+v, %v", taken, err)
	}
}

// TestAnybodyTakesOverFromAnOwnerWhoIsGone, at once: nothing has to happen before.
func TestAnybodyTakesOverFromAnOwnerWhoIsGone(t *testing.T) {
	t.Parallel()
	for _, deferred := range []bool{false, true} {
		for verb, take := range map[string]func(d *goneDesk, i interaction.Intervention) (interaction.Intervention, error){
			"engage": func(d *goneDesk, i interaction.Intervention) (interaction.Intervention, error) {
				return d.As(bob).Interventions.Engage(d.t.Context(), engage.Engagement{ThreadID: i.ThreadID})
			},
			"assign": func(d *goneDesk, i interaction.Intervention) (interaction.Intervention, error) {
				return d.As(bob).Interventions.Assign(d.t.Context(), i.ID, bob)
			},
			"transfer": func(d *goneDesk, i interaction.Intervention) (interaction.Intervention, error) {
				return d.As(bob).Interventions.Transfer(d.t.Context(), i.ID, engage.Actor{})
			},
			"close": func(d *goneDesk, i interaction.Intervention) (interaction.Intervention, error) {
				return d.As(bob).Interventions.Close(d.t.Context(), i.ID, engage.Closing{})
			},
		} {
			t.Run(fmt.Sprintf("%s, deferred %v", verb, deferred), func(t *testing.T) {
				t.Parallel()
				d := newGoneDesk(t)
				ctx := t.Context()
				i := d.engages(ann, d.writes("eve", "hello").ThreadID)
				d.replies(ann, i.ThreadID, "one moment")
				if deferred {
					must(d.As(ann).Interventions.Defer(ctx, i.ID, d.clock.read().Add(time.Hour)))(t)
				}
				unchanged(t, d.st, func() {
					if _, err := take(d, i); !errors.Is(err, engage.ErrRefused) {
						t.Fatalf("ann is there: %v", err)
					}
				})
				d.gone = ann
				_, err := d.As(robot).Interventions.Engage(ctx, engage.Engagement{ThreadID: i.ThreadID})
				isEngaged(i.ID, ann)(t, err) // a bot takes over nothing
				got, err := take(d, i)
				want := bob
				switch verb {
				case "transfer":
					want = engage.Actor{}
				case "close":
					want = ann // it was hers to the end
				}
				if err != nil || got.ID != i.ID || got.Owner != want || (got.Status == interaction.InterventionClosed) != (verb == "close") {
					t.Errorf("%+v, %v", got, err)
				}
			})
		}
	}
}

// TestTheHostIsAskedAboutOwnersOnlyForCustomers who write where somebody has, or gets
// back, an intervention: once for each content, and for no other.
func TestTheHostIsAskedAboutOwnersOnlyForCustomers(t *testing.T) {
	t.Parallel()
	d := newGoneDesk(t)
	ctx := t.Context()
	asks := func(what string, want int, do func()) {
		t.Helper()
		d.asked = nil
		do()
		if len(d.asked) != want {
			t.Errorf("%s: asked about %v, want %d times", what, d.asked, want)
		}
	}
	var thread string
	writes := func() { thread = d.writes("eve", "hello").ThreadID }
	echoes := func() {
		in := d.says("eve", "we are closed")
		in.Echo = &engage.Echo{}
		must(d.Threads.Receive(ctx, in))(t)
	}
	asks("nobody has one", 0, writes)
	i := d.engages(ann, thread)
	version := func(kind string) store.Version { return find(t, d.st, kind)[0].Version }
	was, list := version("intervention"), version("engaged_list")
	asks("a customer writes", 1, writes)
	if version("intervention") != was || version("engaged_list") != list {
		t.Error("what stays as it is was written")
	}
	asks("the company writes on the platform", 0, echoes)
	asks("the owner replies", 0, func() { d.replies(ann, thread, "yes") })
	again := d.says("eve", "hello again")
	must(d.Threads.Receive(ctx, again))(t)
	asks("a content comes twice", 0, func() { must(d.Threads.Receive(ctx, again))(t) })
	must(d.As(ann).Interventions.Close(ctx, i.ID, engage.Closing{}))(t)
	asks("after it was closed", 1, writes)
	must(d.As(ann).Interventions.Transfer(ctx, i.ID, engage.Actor{}))(t)
	asks("nobody owns it", 0, writes)
	other := d.writes("fay", "hello")
	canceled := d.engages(ann, other.ThreadID)
	must(d.As(ann).Interventions.Cancel(ctx, canceled.ID))(t)
	asks("it was canceled", 0, func() { d.writes("fay", "hello") })
}
