package engage_test

import (
	"errors"
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
