package engage_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/platformtest"
)

// When deliveries are due, and who does them.

func TestAPlatformThatHangsHoldsUpNothingElse(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, d *desk) {
		d.opts.Platforms["chat"] = engage.InApp{}
		d.restart()
		chat := must(d.Sources.Create(t.Context(), interaction.Source{ID: "in-app", Type: "chat", Name: "in-app", Active: true}))(t)
		d.platform.Will(platformtest.Hang())
		for customer := range strings.SplitSeq("abcdefghijklmnopqrstuvwxyz", "") { // more than are done at a time
			d.replies(ann, d.talkWith(customer).ThreadID, "a")
		}
		stop := starts(t, d.Engine)
		elapses(time.Second)
		talk := must(d.Threads.Receive(t.Context(), engage.Inbound{
			SourceID: chat.ID, Customer: engage.Account{ForeignID: "eve"}, Message: interaction.Message{Body: "hello"},
		}))(t)
		i := must(d.As(ann).Interventions.Engage(t.Context(), engage.Engagement{ThreadID: talk.ThreadID}))(t)
		a := must(d.As(ann).Contents.Post(t.Context(), engage.Post{ThreadID: talk.ThreadID, Message: interaction.Message{Body: "a"}}))(t)
		must(d.As(ann).Interventions.Defer(t.Context(), i.ID, bubbleTime().Add(time.Second)))(t)
		synctest.Wait()
		expect(t, "a", d.state(a.ID), "success")
		elapses(time.Second)
		expect(t, "intervention", must(d.Interventions.Get(t.Context(), i.ID))(t).Status, interaction.InterventionOpen)
		_ = stop()
	})
}

func TestAPostIsDueWhateverTheClockSaysLater(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	talk := d.talkWith("eve")
	d.clock.pass(2 * time.Hour)
	a := d.replies(ann, talk.ThreadID, "a")
	d.clock.pass(-2 * time.Hour)
	b := d.replies(ann, talk.ThreadID, "b")
	d.runs()
	expect(t, "a", d.state(a.ID), "success")
	expect(t, "b", d.state(b.ID), "success")
	expect(t, "seen", d.platform.Seen(talk.IdentityID), []string{"a", "b"})
	d.platform.Check(t)
}

func TestADeliveryThatWaitsForItsNextTryCanBeHurried(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	talk := d.talkWith("eve")
	d.platform.Will(platformtest.Fail(errNoLine), platformtest.Next(1))
	a, b := d.replies(ann, talk.ThreadID, "a"), d.replies(ann, talk.ThreadID, "b")
	d.runs()
	expect(t, "a", d.state(a.ID), "export_pending")
	d.platform.TakenUp(a.ID)
	for _, id := range []string{b.JobID, a.JobID} { // b stays behind a
		if err := d.Jobs.Retry(t.Context(), id); err != nil {
			t.Error(err)
		}
	}
	expect(t, "attempts", must(d.Jobs.Get(t.Context(), a.JobID))(t).Attempts, 0)
	d.runs()
	expect(t, "a", d.state(a.ID), "success")
	expect(t, "seen", d.platform.Seen(talk.IdentityID), []string{"a", "b"})
	d.platform.Check(t)
}

func TestRunDueSaysWhichPlatformItLacks(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	a := d.replies(ann, d.talkWith("eve").ThreadID, "a")
	without := d.opts
	without.Platforms = map[string]engage.Platform{"messenger": nil}
	eng := must(engage.New(t.Context(), d.st, &without))(t)
	expect(t, "done", must(eng.RunDue(t.Context()))(t), 0)
	j := must(d.Jobs.Get(t.Context(), a.JobID))(t)
	if j.State != engage.JobPending || j.Attempts != 0 || !strings.Contains(j.Error, `Options.Platforms has none for sources of type "messenger"`) {
		t.Errorf("the job says %+v", j)
	}
	d.runs() // the other process may do it at once
	expect(t, "a", d.state(a.ID), "success")
}
