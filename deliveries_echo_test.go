package engage_test

import (
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/platformtest"
)

// TestEchoBeforeTheAnswerAnswersNothingElse: a customer writes between our post and its
// echo, which the platform tells of before it answers Send. When the echo turns out to
// be what we posted, the customer is still waiting.
func TestEchoBeforeTheAnswerAnswersNothingElse(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	talk := d.writes("eve", "hello?")
	d.engages(ann, talk.ThreadID)
	posted := d.replies(ann, talk.ThreadID, "hi")
	d.platform.OnDeliver(func(on platformtest.Delivered) {
		d.writes("eve", "one more thing")
		d.writes("eve", "and another")
		echo := d.says("eve", "hi")
		echo.ForeignID, echo.Echo = on.ForeignID, &engage.Echo{}
		if _, err := d.Threads.Receive(t.Context(), echo); err != nil {
			t.Error(err)
		}
		d.writes("eve", "and the last")
	})
	d.runs()
	list := must(d.Contents.List(t.Context(), engage.ContentFilter{ThreadID: talk.ThreadID}))(t)
	want := []interaction.ContentStatus{
		interaction.StatusReplied, interaction.StatusUserReply,
		interaction.StatusAssigned, interaction.StatusAssigned, interaction.StatusAssigned,
	}
	if len(list.Items) != len(want) {
		t.Fatalf("%d contents", len(list.Items))
	}
	for i, c := range list.Items {
		if c.Status != want[i] {
			t.Errorf("%q is %s, want %s", c.Body, c.Status, want[i])
		}
	}
	if list.Items[1].ID != posted.ID {
		t.Errorf("the second is %q", list.Items[1].Body)
	}
	must(d.As(ann).Interventions.Transfer(t.Context(), list.Items[1].InterventionID, engage.Actor{}))(t)
	waiting := must(d.Threads.ListEngageable(t.Context(), engage.EngageableFilter{}))(t)
	if len(waiting.Items) != 1 || waiting.Items[0].Waiting.Unanswered != 3 || waiting.Items[0].Waiting.UnansweredFrom != list.Items[2].Position {
		t.Errorf("waiting: %+v", waiting.Items)
	}
	if thread := must(d.Threads.Get(t.Context(), talk.ThreadID))(t); thread.LastContentID != list.Items[4].ID || thread.ContentsCount != 5 {
		t.Errorf("last content %s, %d contents", thread.LastContentID, thread.ContentsCount)
	}
}
