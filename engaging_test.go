package engage_test

import (
	"testing"
	"time"

	"github.com/engage-interactions/engage"
)

// TestInterventionsAreOpenedOnTheCustomersOwnWords, not on another customer's in the same
// thread, nor on what the company said or somebody ignored.
func TestInterventionsAreOpenedOnTheCustomersOwnWords(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	says := func(customer string) engage.Received {
		in := d.says(customer, "hello")
		in.ThreadForeignID = "post 1"
		return must(d.Threads.Receive(ctx, in))(t)
	}
	first, second, other := says("eve"), says("eve"), says("fay")
	posts := func(to engage.Received) func() {
		return func() {
			must(d.Contents.Post(ctx, engage.Post{ThreadID: to.ThreadID, IdentityID: to.IdentityID, Message: d.says("", "note").Message}))(t)
		}
	}
	ignores := func(c engage.Received) func() { return func() { must(d.Contents.Ignore(ctx, c.ContentID))(t) } }
	for _, step := range []struct {
		name     string
		do       func()
		eve, fay string
	}{
		{"fay wrote last", func() {}, second.ContentID, other.ContentID},
		{"the company posted to fay", posts(other), second.ContentID, other.ContentID},
		{"the company posted to eve", posts(second), second.ContentID, other.ContentID},
		{"eve's last was ignored", ignores(second), first.ContentID, other.ContentID},
		{"fay's was ignored", ignores(other), first.ContentID, ""},
		{"all were ignored", ignores(first), "", ""},
	} {
		step.do()
		for identity, want := range map[string]string{first.IdentityID: step.eve, other.IdentityID: step.fay} {
			i := must(d.As(ann).Interventions.Engage(ctx, engage.Engagement{ThreadID: first.ThreadID, IdentityID: identity}))(t)
			if i.ContentID != want {
				t.Errorf("%s: opened on %q, want %q", step.name, i.ContentID, want)
			}
			must(d.As(ann).Interventions.Cancel(ctx, i.ID))(t)
		}
	}
}

// TestWhatChangesNothingWritesNothing: no event, and no newer version of anything.
func TestWhatChangesNothingWritesNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	i := d.engages(ann, d.writes("eve", "hello").ThreadID)
	s := d.As(ann).Interventions
	must(s.Join(ctx, i.ID, bob))(t)
	d.clock.pass(time.Minute)
	unchanged(t, d.st, func() {
		must(s.SetCustomFields(ctx, i.ID, nil))(t)
		must(s.Join(ctx, i.ID, ann))(t)
		must(s.Join(ctx, i.ID, bob))(t)
		must(s.Leave(ctx, i.ID, robot))(t)
		must(s.Engage(ctx, engage.Engagement{ThreadID: i.ThreadID}))(t)
	})
}

// TestNobodyTakesPartInWhatHasEnded: however it is opened again, it is its owner's alone.
func TestNobodyTakesPartInWhatHasEnded(t *testing.T) {
	t.Parallel()
	for name, again := range map[string]func(d *desk, id, threadID string) error{
		"reopened": func(d *desk, id, _ string) error { return second(d.As(ann).Interventions.Reopen(d.t.Context(), id)) },
		"written to": func(d *desk, _, _ string) error {
			return second(d.Threads.Receive(d.t.Context(), d.says("eve", "again")))
		},
		"engaged in":     func(d *desk, _, thread string) error { d.engages(engage.Agent("cid"), thread); return nil },
		"still as it is": func(*desk, string, string) error { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			in := d.writes("eve", "hello")
			i := d.engages(ann, in.ThreadID)
			must(d.As(bob).Interventions.Join(t.Context(), i.ID, bob))(t)
			d.replies(bob, in.ThreadID, "yes")
			must(d.As(ann).Interventions.Close(t.Context(), i.ID, engage.Closing{}))(t)
			if err := again(d, i.ID, in.ThreadID); err != nil {
				t.Fatal(err)
			}
			if got := must(d.Interventions.Get(t.Context(), i.ID))(t); len(got.Participants) > 0 {
				t.Errorf("%v take part", got.Participants)
			}
			post := engage.Post{ThreadID: in.ThreadID, Message: d.says("", "still here").Message}
			unchanged(t, d.st, func() {
				if err := second(d.As(bob).Contents.Post(t.Context(), post)); err == nil {
					t.Error("who took part before replies")
				}
			})
		})
	}
}
