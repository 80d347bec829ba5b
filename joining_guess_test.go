package engage_test

import (
	"testing"
	"time"

	"github.com/engage-interactions/engage"
)

// TestAnEchoThatIsTakenForAPostAnswersNothing: if it is that post, that has answered; if it is
// not, the customer waits once too much, and never once too little.
func TestAnEchoThatIsTakenForAPostAnswersNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	talk := d.writes("eve", "hello?")
	d.engages(ann, talk.ThreadID)
	posted := d.replies(ann, talk.ThreadID, "a moment") // and on its way
	d.clock.pass(time.Second)
	asked := d.writes("eve", "are you there?")
	d.clock.pass(time.Second)
	in := d.says("eve", "we are open at nine")
	in.Echo, in.CreatedAt = &engage.Echo{Creator: robot}, d.clock.read()
	echo := must(d.Threads.Receive(ctx, in))(t)
	expect(t, "thread", echo.ThreadID, talk.ThreadID)
	waits := func(where string) {
		t.Helper()
		waiting := must(d.Interventions.ListWaiting(ctx, engage.WaitingFilter{Owner: ann}))(t).Items
		if len(waiting) != 1 || waiting[0].With.Unanswered != 1 || waiting[0].With.UnansweredSince != must(d.Contents.Get(ctx, asked.ContentID))(t).CreatedAt {
			t.Errorf("%s: %+v wait for ann", where, waiting)
		}
	}
	waits("after the echo")
	d.runs()
	expect(t, "status", d.state(posted.ID), "success")
	waits("after the delivery")
	d.replies(ann, talk.ThreadID, "here I am")
	if waiting := must(d.Interventions.ListWaiting(ctx, engage.WaitingFilter{Owner: ann}))(t).Items; len(waiting) != 0 {
		t.Errorf("after the answer %+v wait for ann", waiting)
	}
}
