package engage_test

import (
	"errors"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/platformtest"
)

// job returns the ID of the job that delivers a content.
func (c *controlled) job(contentID string) string {
	c.t.Helper()
	return must(c.Contents.Get(c.t.Context(), contentID))(c.t).JobID
}

func (c *controlled) retries(contentID string) {
	c.t.Helper()
	if err := c.Jobs.Retry(c.t.Context(), c.job(contentID)); err != nil {
		c.t.Fatal(err)
	}
}

// checkCounts fails if the control counts other contents than these.
func (c *controlled) checkCounts(held, sending int) {
	c.t.Helper()
	if now := c.control(); now.Held != held || now.Sending != sending {
		c.t.Errorf("%d held and %d sending, want %d and %d", now.Held, now.Sending, held, sending)
	}
}

// An agent's content that failed because control did not come asks for control again when
// it is retried, as often as that happens, and is delivered once when it comes.
func TestRetriedContentsAskForControlAgain(t *testing.T) {
	t.Parallel()
	c := newControlled(t, byBot)
	c.engages(ann, c.eve.ThreadID)
	posted := c.replies(ann, c.eve.ThreadID, "one")
	c.runs()
	for range 2 {
		must(c.As(robot).Control.Decline(t.Context(), "chat", c.eve.IdentityID))(t)
		c.runs()
		expect(t, "status", c.sync(posted.ID), interaction.SyncAborted)
		c.checkCounts(0, 0)
		j := must(c.Jobs.Get(t.Context(), c.job(posted.ID)))(t)
		if j.State != engage.JobFailed || !j.Due.IsZero() || j.Error == "" {
			t.Fatalf("the job: %+v", j)
		}
		c.clock.pass(8 * time.Hour)
		c.runs()
		expect(t, "status when nobody retries", c.sync(posted.ID), interaction.SyncAborted)
		round := must(c.Contents.Get(t.Context(), posted.ID))(t).ControlRound
		c.retries(posted.ID)
		c.retries(posted.ID) // which is counted once
		c.runs()
		expect(t, "status while it waits", c.sync(posted.ID), interaction.SyncPending)
		c.checkCounts(1, 0)
		expect(t, "round", must(c.Contents.Get(t.Context(), posted.ID))(t).ControlRound, round+1)
		if v := c.control().Verb; v == nil || v.Stage != handover.StageAsked {
			t.Fatalf("under way: %+v", v)
		}
	}
	must(c.As(robot).Control.Accept(t.Context(), "chat", c.eve.IdentityID))(t)
	c.runs()
	expect(t, "status", c.sync(posted.ID), interaction.SyncSuccess)
	expect(t, "deliveries", len(c.platform.Delivered()), 1)
	c.checkCounts(0, 0)
	c.has(handover.Agent)
}

// A content that the platform had refused is delivered at once if the agents have control
// when it is retried, and counts as what is to be delivered before control passes.
func TestRetriedContentsAreDeliveredBeforeControlPasses(t *testing.T) {
	t.Parallel()
	c := newControlled(t, handover.Settings{Primary: handover.Agent})
	i := c.engages(ann, c.eve.ThreadID)
	c.platform.Will(platformtest.Fail(engage.Permanent(errors.New("no such number"))), platformtest.Next(1))
	posted := c.replies(ann, c.eve.ThreadID, "one")
	c.runs()
	expect(t, "status", c.sync(posted.ID), interaction.SyncFailure)
	c.checkCounts(0, 0)
	if err := c.toBot(true); err != nil {
		t.Fatal(err)
	}
	c.retries(posted.ID)
	c.checkCounts(0, 1)
	must(c.As(ann).Interventions.Close(t.Context(), i.ID, engage.Closing{}))(t)
	c.has(handover.Agent)
	c.runs()
	expect(t, "status", c.sync(posted.ID), interaction.SyncSuccess)
	c.has(handover.Bot)
	c.checkCounts(0, 0)
}

// A content that the platform may have already, and that control does not come for, is
// not said to be withdrawn: it has failed, and may be there.
func TestContentsInDoubtThatControlDoesNotComeFor(t *testing.T) {
	t.Parallel()
	keyed := platformtest.New(platformtest.HonourKeys())
	t.Cleanup(keyed.Close)
	c := &controlled{desk: newDesk(t, func(o *engage.Options) { o.Platforms["messenger"] = keyed })}
	if err := c.Control.Configure(t.Context(), "chat", handover.Settings{Primary: handover.Agent}); err != nil {
		t.Fatal(err)
	}
	c.eve = c.writes("eve", "hello")
	c.engages(ann, c.eve.ThreadID)
	keyed.Will(platformtest.LoseAnswer(), platformtest.Next(1))
	posted := c.replies(ann, c.eve.ThreadID, "one")
	c.runs()
	expect(t, "status", c.sync(posted.ID), interaction.SyncPending)
	// Another side has control, and does not give it.
	if err := c.Control.Configure(t.Context(), "chat", byBot); err != nil {
		t.Fatal(err)
	}
	must(c.Control.Settle(t.Context(), "chat", c.eve.IdentityID, handover.Party{Owner: handover.Other, App: "inbox"}))(t)
	c.checkCounts(1, 0)
	c.clock.pass(2 * time.Minute)
	c.runs()
	c.runs()
	got := must(c.Contents.Get(t.Context(), posted.ID))(t).Synchronization
	if got.Status != interaction.SyncFailure || !got.Uncertain {
		t.Errorf("the content: %+v", got)
	}
	c.checkCounts(0, 0)
	must(c.Control.Settle(t.Context(), "chat", c.eve.IdentityID, handover.Party{Owner: handover.Agent}))(t)
	c.retries(posted.ID)
	c.runs()
	expect(t, "status", c.sync(posted.ID), interaction.SyncSuccess)
	expect(t, "deliveries", len(keyed.Delivered()), 1)
}

// A bot's content that was not delivered before the agents took over stays failed: to retry
// it is refused, and the refusal says why. So it is if the bot has control again.
func TestStaleContentsOfBotsAreNotRetried(t *testing.T) {
	t.Parallel()
	c := newControlled(t, handover.Settings{Primary: handover.Bot, BotApp: "robot", IgnoreBots: true})
	i := c.engages(robot, c.eve.ThreadID)
	posted := c.replies(robot, c.eve.ThreadID, "beep")
	must(c.As(ann).Interventions.Engage(t.Context(), engage.Engagement{ThreadID: c.eve.ThreadID}))(t)
	refused := func(code handover.Code) {
		t.Helper()
		err := c.Jobs.Retry(t.Context(), c.job(posted.ID))
		r, ok := errors.AsType[*handover.RefusedError](err)
		if !ok || !errors.Is(err, engage.ErrRefused) || r.Code != code || r.Trigger != handover.BotSends || r.Remedy == "" {
			t.Errorf("retried: %v, want %s", err, code)
		}
	}
	must(c.As(robot).Control.Accept(t.Context(), "chat", c.eve.IdentityID))(t)
	refused(handover.CodeStaleEpoch) // before it has failed, too
	c.runs()
	expect(t, "status", c.sync(posted.ID), interaction.SyncAborted)
	refused(handover.CodeStaleEpoch)
	must(c.As(ann).Interventions.Assign(t.Context(), i.ID, robot))(t)
	if err := c.toBot(false); err != nil {
		t.Fatal(err)
	}
	c.has(handover.Bot)
	refused(handover.CodeStaleEpoch)
	c.runs()
	expect(t, "status", c.sync(posted.ID), interaction.SyncAborted)
	expect(t, "state", must(c.Jobs.Get(t.Context(), c.job(posted.ID)))(t).State, engage.JobFailed)
	if err := c.Jobs.Settle(t.Context(), c.job(posted.ID), engage.Settlement{}); err != nil {
		t.Errorf("it is taken off the list: %v", err)
	}
	expect(t, "deliveries", len(c.platform.Delivered()), 0)
}
