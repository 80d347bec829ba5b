package engage_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
)

// TestSourcesAreCreatedWithoutControl: Control.Configure sets it, and nothing else.
func TestSourcesAreCreatedWithoutControl(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	got := must(d.Sources.Create(t.Context(), interaction.Source{ID: "s2", Type: "messenger", Active: true, ThreadControl: true}))(t)
	if got.ThreadControl {
		t.Error("it has thread control")
	}
	in := d.says("eve", "hi")
	in.SourceID = "s2"
	if _, err := d.Threads.Receive(t.Context(), in); err != nil {
		t.Fatalf("receive: %v", err)
	}
}

// TestControlOfAnotherCommunity: there is no conversation with an identity on a source of
// another community.
func TestControlOfAnotherCommunity(t *testing.T) {
	t.Parallel()
	c := newControlled(t, handover.Settings{Primary: handover.Agent})
	must(c.Sources.Create(t.Context(), interaction.Source{ID: "mail", Type: "mail", Active: true}))(t)
	in := c.says("bob", "x")
	in.SourceID = "mail"
	r := must(c.Threads.Receive(t.Context(), in))(t)
	_, err := c.Control.Settle(t.Context(), "chat", r.IdentityID, handover.Party{Owner: handover.Bot, App: "x"})
	if !errors.Is(err, engage.ErrNotFound) {
		t.Errorf("settled: %v", err)
	}
	if _, err = c.Control.Get(t.Context(), "chat", r.IdentityID); !errors.Is(err, engage.ErrNotFound) {
		t.Errorf("got: %v", err)
	}
}

// TestNobodyIsHandedToABotThatIsNone: where the bot posts through the Engine, the host says
// whether it exists.
func TestNobodyIsHandedToABotThatIsNone(t *testing.T) {
	t.Parallel()
	d := newDesk(t, func(o *engage.Options) {
		o.OwnerExists = func(_ context.Context, who engage.Actor) (bool, error) { return who.ID != "robto", nil }
	})
	if err := d.Control.Configure(t.Context(), "chat", handover.Settings{Primary: handover.Agent}); err != nil {
		t.Fatal(err)
	}
	d.writes("eve", "hello")
	r := handover.Request{IdentityForeignID: "eve", SourceID: "chat", From: handover.Agent, To: handover.Bot, Type: "messenger", AppID: "robto"}
	_, err := d.Control.Handover(t.Context(), r)
	if wrong, ok := errors.AsType[*handover.UnknownValueError](err); !ok || wrong.Parameter != "app_id" || !errors.Is(err, engage.ErrInvalid) {
		t.Errorf("handed over: %v", err)
	}
	r.AppID = robot.ID
	must(d.Control.Handover(t.Context(), r))(t)
}

// TestWhereThereIsNoControl: a request says that it is the host who has not configured it.
func TestWhereThereIsNoControl(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.writes("eve", "hello")
	for _, source := range []string{"", "chat"} {
		r := handover.Request{IdentityForeignID: "eve", SourceID: source, From: handover.Bot, To: handover.Agent, Type: "messenger"}
		_, err := d.Control.Handover(t.Context(), r)
		if unknown, ok := errors.AsType[*handover.UnknownIdentityError](err); !ok || !unknown.NoControl || !strings.Contains(err.Error(), "Control.Configure") {
			t.Errorf("source %q: %v", source, err)
		}
	}
}

// TestABotWithoutControlIsToldSo: where nobody is in its way but control, it is not sent to engage,
// which it cannot.
func TestABotWithoutControlIsToldSo(t *testing.T) {
	t.Parallel()
	c := newControlled(t, handover.Settings{Primary: handover.Agent})
	bot := c.As(robot)
	post := engage.Post{ThreadID: c.eve.ThreadID, Message: interaction.Message{Body: "hi"}}
	_, err := bot.Contents.Post(t.Context(), post)
	if refused, is := errors.AsType[*handover.RefusedError](err); !is || refused.Code != handover.CodeNotInControl || !errors.Is(err, engage.ErrRefused) {
		t.Errorf("with control at the agents: %v", err)
	}
	must(c.Threads.Close(t.Context(), c.eve.ThreadID))(t)
	_, err = bot.Contents.Post(t.Context(), post)
	if _, is := errors.AsType[*interaction.TransitionError](err); !is {
		t.Errorf("in a closed thread: %v", err)
	}
	must(c.Threads.Reopen(t.Context(), c.eve.ThreadID))(t)
	if err := c.toBot(false); err != nil {
		t.Fatal(err)
	}
	_, err = bot.Contents.Post(t.Context(), post)
	if _, is := errors.AsType[*handover.RefusedError](err); is || !errors.Is(err, engage.ErrRefused) {
		t.Errorf("with control, and not engaged: %v", err)
	}
	c.has(handover.Bot)
}
