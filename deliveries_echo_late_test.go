package engage_test

import (
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
)

// Echoes that come in behind what the customer wrote since: platforms tell of things in any
// order, and a history may be imported beside what goes on.

// late lets the app tell now of what it wrote to eve at a time.
func (d *desk) late(at time.Time) {
	d.t.Helper()
	in := d.says("eve", "an answer")
	in.CreatedAt, in.Echo = at, &engage.Echo{Creator: robot}
	must(d.Threads.Receive(d.t.Context(), in))(d.t)
}

// TestALateEchoAnswersWhatWasWrittenByThen: the question that came after the answer is not
// lost.
func TestALateEchoAnswersWhatWasWrittenByThen(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	first := d.writes("eve", "first question")
	d.clock.pass(time.Minute)
	answered := d.clock.read()
	d.clock.pass(time.Minute)
	asked := d.clock.read()
	second := d.writes("eve", "second question")
	d.clock.pass(time.Second)
	d.late(answered)
	d.late(answered.Add(-30 * 24 * time.Hour)) // answers nothing
	waiting := must(d.Threads.ListEngageable(ctx, engage.EngageableFilter{}))(t).Items
	want := interaction.Standing{AnsweredUpTo: 1, Unanswered: 1, UnansweredFrom: 2, UnansweredSince: asked}
	if len(waiting) != 1 || waiting[0].Waiting.Standing != want || !waiting[0].WaitingSince.Equal(asked) {
		t.Errorf("%+v wait, want %+v", waiting, want)
	}
	for id, want := range map[string]interaction.ContentStatus{first.ContentID: interaction.StatusReplied, second.ContentID: interaction.StatusNew} {
		if got := must(d.Contents.Get(ctx, id))(t).Status; got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	d.late(asked) // is the answer to the second
	if waiting := must(d.Threads.ListEngageable(ctx, engage.EngageableFilter{}))(t).Items; len(waiting) != 0 {
		t.Errorf("%+v wait", waiting)
	}
}

// TestALateEchoLeavesTheCustomerWithTheOwner: who owns the intervention still sees that the
// customer waits, and how long a reply took is counted.
func TestALateEchoLeavesTheCustomerWithTheOwner(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	talk := d.writes("eve", "question")
	i := d.engages(ann, talk.ThreadID)
	d.late(d.clock.read().Add(-time.Minute))
	if waiting := must(d.Interventions.ListWaiting(ctx, engage.WaitingFilter{Owner: ann}))(t).Items; len(waiting) != 1 {
		t.Errorf("%+v wait for ann", waiting)
	}
	d.clock.pass(time.Hour)
	d.replies(ann, talk.ThreadID, "answer")
	if i = must(d.Interventions.Get(ctx, i.ID))(t); i.FirstUserReplyIn != 3600 || i.UserReplyInAverageCount != 1 {
		t.Errorf("%+v", i.Replies)
	}
}

// TestALateEchoReadsAPageOfTheUnanswered: of more than that it leaves the rest, and what it
// answered is unanswered again if it turns out to be a duplicate.
func TestALateEchoReadsAPageOfTheUnanswered(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	began := d.clock.read()
	talk := d.writes("eve", "hello?")
	posted := d.announces(talk.ThreadID, "we are closed")
	for range 120 {
		d.writes("eve", "hello?")
	}
	at := d.clock.read()
	d.clock.pass(time.Second)
	d.writes("eve", "still there?")
	in := d.says("eve", posted.Body)
	in.ForeignID, in.CreatedAt, in.Echo = "e", at, &engage.Echo{Key: "nobody's"} // else it is taken for what was posted
	must(d.Threads.Receive(ctx, in))(t)
	standing := func() interaction.Standing {
		return must(d.Threads.ListEngageable(ctx, engage.EngageableFilter{}))(t).Items[0].Waiting.Standing
	}
	if got, want := standing(), (interaction.Standing{AnsweredUpTo: 100, Unanswered: 23, UnansweredFrom: 101, UnansweredSince: at}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	d.delivers(posted, "e")
	if got, want := standing(), (interaction.Standing{Unanswered: 122, UnansweredFrom: 1, UnansweredSince: began}); got != want {
		t.Errorf("it was ours: %+v, want %+v", got, want)
	}
}
