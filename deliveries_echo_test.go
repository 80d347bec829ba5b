package engage_test

import (
	"errors"
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/platformtest"
	"github.com/engage-interactions/engage/store"
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

// tellsOf is what a desk's platform tells of something that was posted, before it answers.
func (d *desk) tellsOf(posted engage.Posted, foreignID string) engage.Received {
	d.t.Helper()
	return d.echo("eve", foreignID, "", posted.Body)
}

// delivers says that a content was delivered, and what the platform calls it.
func (d *desk) delivers(posted engage.Posted, foreignID string) {
	d.t.Helper()
	if err := d.Jobs.Settle(d.t.Context(), posted.JobID, engage.Settlement{Delivered: true, ForeignID: foreignID}); err != nil {
		d.t.Fatal(err)
	}
}

// announces lets the host post by itself, which answers nobody.
func (d *desk) announces(threadID, body string) engage.Posted {
	d.t.Helper()
	return must(d.Contents.Post(d.t.Context(), engage.Post{ThreadID: threadID, Message: interaction.Message{Body: body}}))(d.t)
}

// TestEchoesBehindThousandsOfUnansweredContents: whatever the customer wrote before and
// since, and although some of it is ignored, a delivery is settled, and all of it is still
// unanswered. No commit holds as many records.
func TestEchoesBehindThousandsOfUnansweredContents(t *testing.T) {
	t.Parallel()
	const many = store.MaxOperations + 101
	d := newDesk(t)
	ctx := t.Context()
	talk := d.writes("eve", "hello?")
	const atOnce = 100
	for range (many - 1) / atOnce { // in a few commits, which takes less time
		err := d.Atomically(ctx, func(w *engage.Work) (err error) {
			for range atOnce {
				_, e := w.Threads.Receive(ctx, d.says("eve", "hello?"))
				err = errors.Join(err, e)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	var echoes []engage.Received
	d.platform.OnDeliver(func(on platformtest.Delivered) {
		echoes = append(echoes, d.echo("eve", on.ForeignID, "", on.Content.Body))
		d.writes("eve", "is anybody there?")
		must(d.Contents.Ignore(ctx, talk.ContentID))(t)
	})
	d.platform.Will(platformtest.LoseAnswer(), platformtest.Body("by hand"))
	answered, byHand := d.announces(talk.ThreadID, "we are closed"), d.announces(talk.ThreadID, "by hand")
	d.runs()
	expect(t, "answered", d.state(answered.ID), "success")
	expect(t, "in doubt", d.state(byHand.ID), "export_pending?")
	d.delivers(byHand, d.platform.Delivered()[1].ForeignID)
	for _, echo := range echoes {
		if c := must(d.Contents.Get(ctx, echo.ContentID))(t); c.DuplicateOf == "" {
			t.Errorf("%+v is no duplicate", c)
		}
	}
	waiting := must(d.Threads.ListEngageable(ctx, engage.EngageableFilter{}))(t).Items
	if len(waiting) != 1 || waiting[0].Waiting.Unanswered != many+1 || waiting[0].Waiting.UnansweredFrom != 2 || waiting[0].Waiting.AnsweredUpTo != 0 {
		t.Errorf("waiting: %+v", waiting)
	}
}

// TestSeveralEchoesAnswerNothing: they come in before any of them is known to be ours, the
// customer writes in between, and what was written first is ignored meanwhile.
func TestSeveralEchoesAnswerNothing(t *testing.T) {
	t.Parallel()
	for _, order := range [][]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}} {
		for ignored := range 4 { // before which of them one is ignored; the last: behind all
			d := newDesk(t)
			talk := d.writes("eve", "first")
			var written []string
			var posted []engage.Posted
			for _, name := range []string{"a", "b", "c"} {
				posted = append(posted, d.announces(talk.ThreadID, name))
			}
			for _, post := range posted {
				written = append(written, d.writes("eve", "more").ContentID)
				d.tellsOf(post, "echo of "+post.Body)
			}
			ignore := func(n int) {
				if n == ignored {
					must(d.Contents.Ignore(t.Context(), written[1]))(t)
					must(d.Contents.Ignore(t.Context(), talk.ContentID))(t)
				}
			}
			for n, which := range order {
				ignore(n)
				d.delivers(posted[which], "echo of "+posted[which].Body)
			}
			ignore(3)
			waiting := must(d.Threads.ListEngageable(t.Context(), engage.EngageableFilter{}))(t).Items
			if len(waiting) != 1 || waiting[0].Waiting.Unanswered != 2 || waiting[0].Waiting.UnansweredFrom != 5 || waiting[0].Waiting.AnsweredUpTo != 0 {
				t.Errorf("%v, ignored before %d: %+v", order, ignored, waiting)
			}
			for _, id := range []string{written[0], written[2]} {
				must(d.Contents.Ignore(t.Context(), id))(t)
			}
			if waiting := must(d.Threads.ListEngageable(t.Context(), engage.EngageableFilter{}))(t).Items; len(waiting) != 0 {
				t.Errorf("%v, ignored before %d: there is nothing left, and %+v waits", order, ignored, waiting)
			}
		}
	}
}

// writesIn receives what eve writes in a thread that has a name.
func (d *desk) writesIn(thread, body string) engage.Received {
	d.t.Helper()
	in := d.says("eve", body)
	in.ThreadForeignID = thread
	return must(d.Threads.Receive(d.t.Context(), in))(d.t)
}
