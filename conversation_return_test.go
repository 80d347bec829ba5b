package engage_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
)

// TestACustomerWhoComesBackWaitsForSomebody: when a customer's content opens an
// intervention again, its owner finds it among those that wait, and, if there is no
// such owner any more, everybody among the engageable threads.
func TestACustomerWhoComesBackWaitsForSomebody(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		rests func(t *testing.T, d *desk, i interaction.Intervention)
		event engage.EventType
	}{
		{"closed", func(t *testing.T, d *desk, i interaction.Intervention) {
			must(d.As(ann).Interventions.Close(t.Context(), i.ID, engage.Closing{}))(t)
		}, engage.EventInterventionReopened},
		{"deferred", func(t *testing.T, d *desk, i interaction.Intervention) {
			must(d.As(ann).Interventions.Defer(t.Context(), i.ID, d.clock.read().Add(time.Hour)))(t)
		}, engage.EventInterventionReactivated},
	} {
		for name, owner := range map[string]struct {
			exists bool
			err    error
		}{"there": {true, nil}, "gone": {false, nil}, "unknown": {false, errors.New("no connection")}} {
			t.Run(c.name+", "+name, func(t *testing.T) {
				t.Parallel()
				exists, fails := true, error(nil)
				d := newDesk(t, func(o *engage.Options) {
					o.OwnerExists = func(context.Context, engage.Actor) (bool, error) { return exists, fails }
				})
				ctx := t.Context()
				thread := d.writes("eve", "hello").ThreadID
				i := d.engages(ann, thread)
				d.replies(ann, thread, "yes")
				if page := must(d.As(ann).Interventions.ListWaiting(ctx, engage.WaitingFilter{}))(t); len(page.Items) != 0 {
					t.Errorf("answered, and yet: %+v", page.Items)
				}
				c.rests(t, d, i)
				exists, fails = owner.exists, owner.err
				var before int64
				for e, err := range d.Events.After(ctx, 0) {
					if err != nil {
						t.Fatal(err)
					}
					before = e.Position
				}
				written := d.clock.read().Add(-time.Minute)
				in := d.says("eve", "once more")
				in.CreatedAt = written
				back := must(d.Threads.Receive(ctx, in))(t)

				gone := name == "gone"
				wantTypes := []engage.EventType{engage.EventContentImported, c.event}
				if gone {
					wantTypes = append(wantTypes, engage.EventInterventionUserUpdated)
				}
				var got []engage.EventType
				for e, err := range d.Events.After(ctx, before) {
					if err != nil {
						t.Fatal(err)
					}
					got = append(got, e.Type)
					var data engage.InterventionLifeEvent
					if err := json.Unmarshal(e.Data, &data); err != nil {
						t.Fatal(err)
					}
					if e.Type != engage.EventContentImported && (data.PreviousOwner == ann) != gone {
						t.Errorf("%s: %+v", e.Type, data)
					}
				}
				if !slices.Equal(got, wantTypes) {
					t.Errorf("the events are %v, want %v", got, wantTypes)
				}
				mine := must(d.Interventions.ListWaiting(ctx, engage.WaitingFilter{Owner: ann}))(t).Items
				free := must(d.Threads.ListEngageable(ctx, engage.EngageableFilter{}))(t).Items
				if gone {
					if len(mine) != 0 || len(free) != 1 || free[0].ID != thread || !free[0].WaitingSince.Equal(written) {
						t.Errorf("of one who is gone wait %+v; engageable: %+v", mine, free)
					}
					must(d.Contents.Ignore(ctx, back.ContentID))(t)
					if free = must(d.Threads.ListEngageable(ctx, engage.EngageableFilter{}))(t).Items; len(free) != 1 {
						t.Errorf("what nobody owns, and is open, is engageable: %+v", free)
					}
					exists = true
					if again := d.engages(bob, thread); again.ID != i.ID || again.Owner != bob {
						t.Errorf("bob engages in %+v, want %s", again, i.ID)
					}
					return
				}
				if len(free) != 0 || len(mine) != 1 || mine[0].ID != i.ID || mine[0].Owner != ann || !mine[0].With.UnansweredSince.Equal(written) {
					t.Errorf("wait %+v; engageable: %+v", mine, free)
				}
			})
		}
	}
}

// TestListWaitingIsOfSomebody who can own interventions: one who is named, or who acts.
func TestListWaitingIsOfSomebody(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	i := d.engages(robot, d.writes("eve", "hello").ThreadID)
	for _, c := range []struct {
		by, owner engage.Actor
		want      error
		waits     bool
	}{
		{robot, engage.Actor{}, nil, true},
		{ann, robot, nil, true},
		{ann, engage.Actor{}, nil, false},
		{engage.System(), engage.Actor{}, engage.ErrInvalid, false},
		{ann, engage.Customer("eve"), engage.ErrInvalid, false},
		{ann, engage.Agent(""), engage.ErrInvalid, false},
	} {
		page, err := d.As(c.by).Interventions.ListWaiting(t.Context(), engage.WaitingFilter{Owner: c.owner})
		if !errors.Is(err, c.want) || c.waits != (len(page.Items) == 1) || c.waits && page.Items[0].ID != i.ID {
			t.Errorf("%v lists those of %v: %+v, %v", c.by, c.owner, page.Items, err)
		}
	}
}
