package engage_test

import (
	"context"
	"errors"
	"reflect"
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

// TestABotWithoutControlIsToldSo: unless somebody has the intervention, a bot that posts is told of
// control, and not to engage, which would not help it. Nothing comes of it.
func TestABotWithoutControlIsToldSo(t *testing.T) {
	t.Parallel()
	c := newControlled(t, handover.Settings{Primary: handover.Agent})
	bot := c.As(robot)
	tells := func(where string, told func(err error) bool) {
		t.Helper()
		before := c.control()
		_, err := bot.Contents.Post(t.Context(), engage.Post{ThreadID: c.eve.ThreadID, Message: interaction.Message{Body: "hi"}})
		if !errors.Is(err, engage.ErrRefused) || !told(err) {
			t.Errorf("%s: %v", where, err)
		}
		if after := c.control(); !reflect.DeepEqual(after, before) {
			t.Errorf("%s: control is %+v, was %+v", where, after, before)
		}
	}
	ofControl := func(err error) bool {
		refused, is := errors.AsType[*handover.RefusedError](err)
		return is && refused.Code == handover.CodeNotInControl
	}
	ofWhoHasIt := func(err error) bool { _, is := errors.AsType[*engage.EngagedError](err); return is }
	ofTheState := func(err error) bool { _, is := errors.AsType[*interaction.TransitionError](err); return is }

	tells("nobody has ever engaged", ofControl)
	must(c.Threads.Close(t.Context(), c.eve.ThreadID))(t)
	tells("the thread is closed", ofTheState)
	must(c.Threads.Reopen(t.Context(), c.eve.ThreadID))(t)
	i := must(c.As(ann).Interventions.Engage(t.Context(), engage.Engagement{ThreadID: c.eve.ThreadID}))(t)
	tells("an agent is engaged", ofWhoHasIt)
	must(c.As(ann).Interventions.Transfer(t.Context(), i.ID, engage.Actor{}))(t)
	tells("an agent has passed it on", ofControl)
	must(c.As(ann).Interventions.Engage(t.Context(), engage.Engagement{ThreadID: c.eve.ThreadID}))(t)
	must(c.As(ann).Interventions.Cancel(t.Context(), i.ID))(t)
	c.writes("eve", "hello?")
	tells("an agent has canceled it", ofControl)
	if err := c.toBot(false); err != nil {
		t.Fatal(err)
	}
	tells("it has control, and is not engaged", func(err error) bool { return !ofControl(err) && ofTheState(err) })

	// Who is engaged while nobody has control would claim it; who is not claims nothing.
	c = newControlled(t, handover.Settings{})
	bot = c.As(robot)
	tells("nobody has control", func(err error) bool { return !ofControl(err) && ofTheState(err) })
}
