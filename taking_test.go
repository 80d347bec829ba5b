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
)

// taking is an attempt to do with an intervention what takes it away from its owner, or
// says who takes part in it.
type taking struct {
	verb      string
	owner, by engage.Actor
	who       engage.Actor // assign, transfer, join and leave
	host      string       // what Authorize says about managing; empty: there is none
	gone      bool         // the owner does not exist any more
}

func (c taking) call(ctx context.Context, s engage.Interventions, id string, now time.Time) error {
	switch c.verb {
	case "assign":
		return second(s.Assign(ctx, id, c.who))
	case "transfer":
		return second(s.Transfer(ctx, id, c.who))
	case "join":
		return second(s.Join(ctx, id, c.who))
	case "leave":
		return second(s.Leave(ctx, id, c.who))
	case "defer":
		return second(s.Defer(ctx, id, now.Add(time.Hour)))
	case "resume":
		return second(s.Resume(ctx, id))
	default:
		return second(s.Cancel(ctx, id))
	}
}

// takes reports whether it takes something away from an agent.
func (c taking) takes() bool {
	inPerson := c.who == c.by && (c.verb == "join" || c.verb == "leave")
	return c.owner == ann && c.by != ann && c.by != engage.System() && !inPerson
}

// takings are all attempts that make sense.
func takings() (all []taking) {
	third := engage.Agent("third")
	for _, verb := range []string{"assign", "transfer", "join", "leave", "defer", "resume", "cancel"} {
		for _, owner := range []engage.Actor{ann, robot, {}} {
			for _, by := range []engage.Actor{ann, bob, robot, engage.System()} {
				for _, who := range []engage.Actor{third, by, {}} {
					names := slices.Contains([]string{"assign", "transfer", "join", "leave"}, verb)
					if who == owner && names || who == engage.System() || who.IsZero() == names && verb != "transfer" || !names && !who.IsZero() {
						continue // is refused, whoever does it, or says nothing more
					}
					for _, host := range []string{"", "allows it", "denies it"} {
						all = append(all, taking{verb, owner, by, who, host, false})
						if !owner.IsZero() && who != owner {
							all = append(all, taking{verb, owner, by, who, host, true})
						}
					}
				}
			}
		}
	}
	return all
}

// TestTakingAsksAboutManaging: what another agent owns nobody passes on, defers, resumes
// or cancels, nor lets others join or leave, but its owner, the system, and who may manage
// it; only of them it is asked whether they may, and what the host says is not lost. One
// whose owner is gone is as one that nobody owns.
func TestTakingAsksAboutManaging(t *testing.T) {
	t.Parallel()
	denied := errors.New("the directory does not answer")
	for _, c := range takings() {
		t.Run(fmt.Sprintf("%v: %s of %v, owned by %v, gone %v, host %s", c.by, c.verb, c.who, c.owner, c.gone, c.host), func(t *testing.T) {
			t.Parallel()
			asked, gone := false, false
			d := newDesk(t, func(o *engage.Options) {
				o.OwnerExists = func(_ context.Context, who engage.Actor) (bool, error) { return !gone || who != c.owner, nil }
				if c.host == "" {
					return
				}
				o.Authorize = func(_ context.Context, _ engage.Actor, action engage.Action, _ engage.Resource) error {
					manages := action == engage.ActionInterventionsManage
					asked = asked || manages
					if manages && c.host == "denies it" {
						return denied
					}
					return nil
				}
			})
			begins := c.owner
			if begins.IsZero() {
				begins = robot
			}
			i := d.engages(begins, d.writes("eve", "hello").ThreadID)
			if c.owner.IsZero() {
				must(d.As(robot).Interventions.Transfer(t.Context(), i.ID, engage.Actor{}))(t)
			}
			if c.verb == "resume" {
				must(d.Interventions.Defer(t.Context(), i.ID, d.clock.read().Add(time.Minute)))(t)
			}
			gone = c.gone
			err := c.call(t.Context(), d.As(c.by).Interventions, i.ID, d.clock.read())
			if refused := c.takes() && c.host != "allows it" && !c.gone; refused != errors.Is(err, engage.ErrRefused) || !refused && err != nil {
				t.Errorf("%v, want it refused: %v", err, refused)
			}
			if want := c.takes() && c.host != ""; asked != want {
				t.Errorf("it was asked whether it may be managed: %v, want %v", asked, want)
			}
			says := err != nil && c.host == "denies it"
			if errors.Is(err, denied) != says || errors.Is(err, engage.ErrForbidden) != says || says && !strings.Contains(err.Error(), denied.Error()) {
				t.Errorf("%v, want to be told what the host says: %v", err, says)
			}
		})
	}
}

// TestTheReasonOfARefusalIsItsOwn: what the host says of managing stands only in a
// refusal that it is the reason of.
func TestTheReasonOfARefusalIsItsOwn(t *testing.T) {
	t.Parallel()
	denied := errors.New("the directory does not answer")
	gone := engage.Actor{}
	d := newDesk(t, func(o *engage.Options) {
		o.OwnerExists = func(_ context.Context, who engage.Actor) (bool, error) { return who != gone, nil }
		o.Authorize = func(_ context.Context, _ engage.Actor, action engage.Action, _ engage.Resource) error {
			if action == engage.ActionInterventionsManage {
				return denied
			}
			return nil
		}
	})
	ctx, s := t.Context(), d.As(bob).Interventions
	thread := d.writes("eve", "hello").ThreadID
	i := d.engages(ann, thread)
	d.replies(ann, thread, "yes")
	says := func(what string, err error, want bool) {
		t.Helper()
		_, transition := errors.AsType[*interaction.TransitionError](err)
		if !errors.Is(err, engage.ErrRefused) || !transition || errors.Is(err, denied) != want || strings.Contains(err.Error(), denied.Error()) != want {
			t.Errorf("%s: %v, want to be told what the host says: %v", what, err, want)
		}
	}
	says("resume what is open", second(s.Resume(ctx, i.ID)), false)
	says("close", second(s.Close(ctx, i.ID, engage.Closing{})), true)
	says("cancel what has a reply", second(s.Cancel(ctx, i.ID)), true)
	gone = ann // whose it was is in nobody's way
	says("cancel what has a reply, and no owner any more", second(s.Cancel(ctx, i.ID)), false)
	gone = engage.Actor{}
	must(d.Interventions.Close(ctx, i.ID, engage.Closing{}))(t)
	says("close what is closed", second(s.Close(ctx, i.ID, engage.Closing{})), false)
	says("assign what is closed", second(s.Assign(ctx, i.ID, bob)), false)
}

// TestAHostThatCannotSayWhetherAnOwnerExists: where that decides on what is to become of
// an intervention that somebody else has, its error comes back.
func TestAHostThatCannotSayWhetherAnOwnerExists(t *testing.T) {
	t.Parallel()
	down := errors.New("no connection")
	fails := false
	d := newDesk(t, func(o *engage.Options) {
		o.OwnerExists = func(_ context.Context, who engage.Actor) (bool, error) {
			if fails && who == ann {
				return false, down
			}
			return true, nil
		}
	})
	ctx, s := t.Context(), d.As(bob).Interventions
	thread := d.writes("eve", "hello").ThreadID
	i := d.engages(ann, thread)
	fails = true
	unchanged(t, d.st, func() {
		for what, err := range map[string]error{
			"engage":   second(s.Engage(ctx, engage.Engagement{ThreadID: thread})),
			"assign":   second(s.Assign(ctx, i.ID, bob)),
			"transfer": second(s.Transfer(ctx, i.ID, engage.Actor{})),
			"join":     second(s.Join(ctx, i.ID, robot)),
			"leave":    second(s.Leave(ctx, i.ID, robot)),
			"defer":    second(s.Defer(ctx, i.ID, d.clock.read().Add(time.Hour))),
			"cancel":   second(s.Cancel(ctx, i.ID)),
			"close":    second(s.Close(ctx, i.ID, engage.Closing{})),
		} {
			if !errors.Is(err, down) || errors.Is(err, engage.ErrRefused) {
				t.Errorf("%s: %v, want what the host says", what, err)
			}
		}
	})
	must(d.As(ann).Interventions.Defer(ctx, i.ID, d.clock.read().Add(time.Hour)))(t) // it is her own
	if got := must(d.As(ann).Interventions.Resume(ctx, i.ID))(t); got.Owner != ann {
		t.Errorf("%+v, want it ann's", got)
	}
}
