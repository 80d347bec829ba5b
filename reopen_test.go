package engage_test

import (
	"slices"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
)

// TestReopenedWithoutAnOwnerWaits: an intervention that was transferred to whoever
// engages next, closed by the system and reopened is found by the agents again.
func TestReopenedWithoutAnOwnerWaits(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	talk := d.writes("eve", "hello?")
	mine := d.engages(robot, talk.ThreadID)
	d.replies(robot, talk.ThreadID, "somebody will look at it")
	must(d.As(robot).Interventions.Transfer(t.Context(), mine.ID, engage.Actor{}))(t)
	must(d.Interventions.Close(t.Context(), mine.ID, engage.Closing{Cause: "night"}))(t)
	if waiting := must(d.Threads.ListEngageable(t.Context(), engage.EngageableFilter{}))(t); len(waiting.Items) != 0 {
		t.Errorf("closed, and %d wait", len(waiting.Items))
	}
	must(d.Interventions.Reopen(t.Context(), mine.ID))(t)
	if waiting := must(d.Threads.ListEngageable(t.Context(), engage.EngageableFilter{}))(t); len(waiting.Items) != 1 {
		t.Errorf("reopened, and %d wait", len(waiting.Items))
	}
}

// TestImportedIsTheStatusThatCanBeRead: a content that reopens an intervention is told of
// as assigned, which is what it is.
func TestImportedIsTheStatusThatCanBeRead(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	talk := d.writes("eve", "hello?")
	mine := d.engages(ann, talk.ThreadID)
	d.replies(ann, talk.ThreadID, "yes")
	must(d.As(ann).Interventions.Close(t.Context(), mine.ID, engage.Closing{}))(t)
	d.writes("eve", "thanks, but")
	imported := events(t, d.Engine, engage.EventContentImported)
	var told engage.ContentEvent
	if err := imported[len(imported)-1].Decode(&told); err != nil {
		t.Fatal(err)
	}
	if is := must(d.Contents.Get(t.Context(), told.ID))(t); told.Status != is.Status || is.Status != interaction.StatusAssigned {
		t.Errorf("told of as %s, and is %s", told.Status, is.Status)
	}
}

// TestAReopenedThreadKeepsOwnersWhoRest: what is deferred in a thread that is reopened is
// its owner's, gone or not, until the rest ends; what another customer has there with
// somebody who is there stays with them, too.
func TestAReopenedThreadKeepsOwnersWhoRest(t *testing.T) {
	t.Parallel()
	d := newGoneDesk(t)
	ctx := t.Context()
	talk := d.writes("eve", "hello?")
	d.writes("fay", "first")
	in := d.says("fay", "me, too")
	in.InReplyTo = "mid.1"
	fay := must(d.Threads.Receive(ctx, in))(t)
	in = d.says("gil", "and me")
	in.InReplyTo = "mid.1"
	gil := must(d.Threads.Receive(ctx, in))(t)
	owns := func(owner engage.Actor, content string) string {
		return must(d.As(owner).Interventions.Engage(ctx, engage.Engagement{ContentID: content}))(t).ID
	}
	lost, rests, kept := owns(ann, talk.ContentID), owns(ann, fay.ContentID), owns(bob, gil.ContentID)
	must(d.As(ann).Interventions.Defer(ctx, rests, d.clock.read().Add(time.Hour)))(t)
	d.closes(talk.ThreadID)
	d.gone = ann
	must(d.Threads.Reopen(ctx, talk.ThreadID))(t)
	for id, want := range map[string]engage.Actor{lost: {}, rests: ann, kept: bob} {
		if got := must(d.Interventions.Get(ctx, id))(t).Owner; got != want {
			t.Errorf("%v owns it, want %v", got, want)
		}
	}
	waiting := must(d.Threads.ListEngageable(ctx, engage.EngageableFilter{}))(t).Items
	if !slices.ContainsFunc(waiting, func(w engage.Engageable) bool {
		return w.ID == talk.ThreadID && w.Waiting.IdentityID == talk.IdentityID
	}) {
		t.Errorf("%+v wait", waiting)
	}
}
