package engage_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/platformtest"
)

// handing is a platform that passes control, on which something happens meanwhile.
type handing struct {
	*platformtest.Platform

	meanwhile func()
}

func (*handing) Request(context.Context, engage.Handling) (bool, error) { return false, nil }
func (*handing) Take(context.Context, engage.Handling) error            { return nil }
func (*handing) Release(context.Context, engage.Handling) error         { return nil }

func (h *handing) Pass(context.Context, engage.Handling) error {
	h.meanwhile()
	return nil
}

func (*handing) Owner(context.Context, engage.Handling) (handover.Party, error) {
	return handover.Party{}, errors.ErrUnsupported
}

// While the platform is passing control to a bot, nobody can engage: that is refused as in
// progress, and RetryAt says until when. It is no refusal because of somebody else who is
// engaged. The customer is received.
func TestNobodyEngagesWhileControlIsPassed(t *testing.T) {
	t.Parallel()
	platform := &handing{Platform: platformtest.New()}
	t.Cleanup(platform.Close)
	c := &controlled{desk: newDesk(t, func(o *engage.Options) { o.Platforms["messenger"] = platform })}
	if err := c.Control.Configure(t.Context(), "chat", handover.Settings{Primary: handover.Agent, IgnoreBots: true, VerbTimeout: 20}); err != nil {
		t.Fatal(err)
	}
	c.eve = c.writes("eve", "hello")
	robots := c.engages(robot, c.eve.ThreadID) // the rule does not count it
	second := must(c.Threads.Open(t.Context(), engage.NewThread{SourceID: "chat", Customer: engage.Account{ForeignID: "eve"}}))(t)
	if err := c.toBot(false); err != nil {
		t.Fatal(err)
	}
	asked := 0
	platform.meanwhile = func() {
		asked++
		for what, err := range map[string]error{
			"engage":               errorOf(c.As(ann).Interventions.Engage(t.Context(), engage.Engagement{ThreadID: second.ID, IdentityID: c.eve.IdentityID})),
			"take the bot's":       errorOf(c.As(ann).Interventions.Engage(t.Context(), engage.Engagement{ThreadID: c.eve.ThreadID})),
			"be assigned":          errorOf(c.Interventions.Assign(t.Context(), robots.ID, ann)),
			"hand over to another": errorOf(c.asks(func(r *handover.Request) { r.AppID = "another" })),
			"hand over to agents":  errorOf(c.asks(func(r *handover.Request) { r.From, r.To, r.AppID = handover.Bot, handover.Agent, "" })),
		} {
			refused, ok := errors.AsType[*handover.RefusedError](err)
			if !ok || !errors.Is(err, engage.ErrRefused) || refused.Code != handover.CodeInProgress || !refused.RetryAt.Equal(c.clock.read().Add(20*time.Second)) {
				t.Errorf("%s: %v; %+v", what, err, refused)
			}
			if is[*engage.EngagedError](err) {
				t.Errorf("%s: it is not because somebody is engaged: %v", what, err)
			}
		}
		c.writes("eve", "are you there?")
	}
	c.runs()
	expect(t, "passes", asked, 1)
	c.has(handover.Bot)
	if i := must(c.Interventions.Get(t.Context(), robots.ID))(t); i.Owner != robot || i.Status != interaction.InterventionOpen {
		t.Errorf("the bot's intervention is %s with %v", i.Status, i.Owner)
	}
	c.engages(ann, second.ID) // the pass is done: now she requests control
	if verb := c.control().Verb; verb == nil || verb.Kind != handover.VerbTake {
		t.Errorf("under way: %+v", verb)
	}
}

// errorOf returns the error of a call.
func errorOf[T any](_ T, err error) error { return err }
