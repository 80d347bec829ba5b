package engage_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
)

// TestClosingAsksAboutManaging: an intervention is closed by its owner, be that an agent or
// a bot, by the system, and by who may manage it; only of others it is asked whether they
// may. One that nobody owns, or somebody who is gone, anybody closes.
func TestClosingAsksAboutManaging(t *testing.T) {
	t.Parallel()
	for _, owner := range []engage.Actor{ann, robot, {}} {
		for _, by := range []engage.Actor{ann, bob, robot, engage.Bot("other"), engage.System()} {
			for _, host := range []string{"", "allows it", "denies it"} {
				for _, gone := range []bool{false, true} {
					t.Run(fmt.Sprintf("%v: close of %v's, gone %v, host %s", by, owner, gone, host), func(t *testing.T) {
						t.Parallel()
						closesAs(t, owner, by, host, gone)
					})
				}
			}
		}
	}
}

func closesAs(t *testing.T, owner, by engage.Actor, host string, gone bool) {
	t.Helper()
	asked, isGone := false, false
	d := newDesk(t, func(o *engage.Options) {
		o.OwnerExists = func(_ context.Context, who engage.Actor) (bool, error) { return !isGone || who != owner, nil }
		if host == "" {
			return
		}
		o.Authorize = func(_ context.Context, _ engage.Actor, action engage.Action, _ engage.Resource) error {
			manages := action == engage.ActionInterventionsManage
			asked = asked || manages
			if manages && host == "denies it" {
				return errors.New("no")
			}
			return nil
		}
	})
	ctx, begins := t.Context(), owner
	if owner.IsZero() {
		begins = robot
	}
	thread := d.writes("eve", "hello").ThreadID
	i := d.engages(begins, thread)
	d.replies(begins, thread, "yes")
	if owner.IsZero() {
		must(d.As(robot).Interventions.Transfer(ctx, i.ID, owner))(t)
	}
	isGone = gone
	got, err := d.As(by).Interventions.Close(ctx, i.ID, engage.Closing{})
	others := !owner.IsZero() && by != owner && by != engage.System()
	if refused := others && host != "allows it" && !gone; refused != errors.Is(err, engage.ErrRefused) || !refused && (err != nil || got.Status != interaction.InterventionClosed) {
		t.Errorf("%v, %v, want it refused: %v", got.Status, err, refused)
	}
	if want := others && host != ""; asked != want {
		t.Errorf("it was asked whether it may be managed: %v, want %v", asked, want)
	}
}
