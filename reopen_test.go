package engage_test

import (
	"testing"

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
