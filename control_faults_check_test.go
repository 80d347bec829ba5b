package engage_test

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
)

// check checks what holds at any time, whatever has happened.
func (u *unlucky) check() {
	u.t.Helper()
	passesChecked(u.wire.t, u.Engine)
	c := u.control()
	u.spansChecked(c)
	pending := 0
	for _, id := range u.posted {
		content := must(u.Contents.Get(u.t.Context(), id))(u.t)
		times := len(slices.DeleteFunc(slices.Clone(u.wire.seen()), func(sent string) bool { return sent != id }))
		switch status := content.Synchronization.Status; {
		case status == interaction.SyncPending:
			pending++
			if _, err := u.Jobs.Get(u.t.Context(), content.JobID); err != nil {
				u.t.Errorf("content %s waits, and its job: %v", id, err)
			}
		case status == interaction.SyncSuccess && times != 1, status != interaction.SyncSuccess && times != 0:
			u.t.Errorf("content %s is %s, and was sent %d times", id, status, times)
		case status != interaction.SyncSuccess && content.Synchronization.Error == "":
			u.t.Errorf("content %s is %s, and nobody says why", id, status)
		}
	}
	if c.Held+c.Sending != pending {
		u.t.Errorf("%d contents are held and %d on their way, and %d have not been delivered", c.Held, c.Sending, pending)
	}
}

// seen returns the contents that were sent.
func (w *wire) seen() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.sent)
}

// spansChecked checks that somebody has control at any time, and who that is now.
func (u *unlucky) spansChecked(c handover.Control) {
	u.t.Helper()
	spans := must(u.Control.Timeline(u.t.Context(), engage.ControlFilter{SourceID: "page", IdentityID: u.ada.IdentityID, OldestFirst: true, Limit: 1000}))(u.t).Items
	for n, s := range spans {
		last := n == len(spans)-1
		if s.Epoch != int64(n+1) || last != s.Until.IsZero() || !last && (!s.Until.Equal(spans[n+1].Since) || s.Party == spans[n+1].Party) {
			u.t.Errorf("span %d of %d: %+v", n, len(spans), s)
		}
	}
	if len(spans) > 0 && spans[len(spans)-1].Party != c.Party || c.Epoch != int64(len(spans)) {
		u.t.Errorf("%+v has control in epoch %d, and of the %d spans the last is %+v", c.Party, c.Epoch, len(spans), spans[len(spans)-1])
	}
}

// rests checks that nothing is under way any more, and nobody waits for anything.
func (u *unlucky) rests() {
	u.t.Helper()
	u.check()
	c := u.control()
	if c.Verb != nil || c.Held != 0 || c.Sending != 0 || c.Postponed {
		u.t.Errorf("it does not come to rest: %+v, under way: %+v", c, c.Verb)
	}
	u.jobsChecked()
}

// jobsChecked checks that of jobs there is but the one that looks whether the owner has
// been inactive.
func (u *unlucky) jobsChecked() {
	u.t.Helper()
	looks := 0
	for _, j := range must(u.Jobs.List(u.t.Context(), engage.JobFilter{Limit: 1000}))(u.t).Items {
		switch {
		case j.Type == "control.inactive":
			looks++
		case strings.HasPrefix(j.Type, "control."), j.State != engage.JobFailed && j.Type != "thread.time_out":
			u.t.Errorf("a job is left: %s, %s, due %v: %s %s", j.Type, j.State, j.Due, j.Data, j.Error)
		}
	}
	if looks > 1 {
		u.t.Errorf("%d jobs look whether the owner has been inactive", looks)
	}
}

// agrees checks that we take the one for the owner who is it on the platform.
func (u *unlucky) agrees() {
	u.t.Helper()
	c := u.control()
	u.wire.mu.Lock()
	owner := u.wire.owner
	u.wire.mu.Unlock()
	party := c.Party
	if party.Owner == handover.Bot {
		party.Owner = handover.Other
	}
	if party != owner || c.Uncertain {
		u.t.Errorf("%v has control here, uncertain: %v, and on the platform %v", c.Party, c.Uncertain, owner)
	}
}

// heal lets the platform be well from now on.
func (w *wire) heal() {
	w.mu.Lock()
	defer w.mu.Unlock()
	clear(w.plan)
	w.asked, w.bot, w.reports = nil, time.Second, 0
}

// goesOn checks that the conversation is not stuck: on a platform that is well, what is
// usual brings control to either side.
func (u *unlucky) goesOn() {
	u.t.Helper()
	u.wire.heal()
	u.ends()
	u.after(2 * time.Hour)
	u.customerWrites()
	u.after(time.Minute)
	for n := range 3 { // the first may fail for all to see, but not all
		if err := u.engage(); err != nil && !(errors.Is(err, engage.ErrRefused) && len(u.live()) == 1) {
			u.t.Fatalf("ann engages, at try %d: %v; %+v", n, err, u.control())
		}
		if err := u.post("goes on"); err != nil {
			u.t.Fatalf("ann posts: %v", err)
		}
		u.after(2 * time.Hour)
		if c := u.control(); c.Owner == handover.Agent && u.state(u.posted[len(u.posted)-1]) == string(interaction.SyncSuccess) {
			break
		}
	}
	u.has(handover.Agent)
	expect(u.t, "ann's content", u.state(u.posted[len(u.posted)-1]), string(interaction.SyncSuccess))
	u.ends()
	u.after(time.Minute)
	u.agrees()
	if err := u.handsOver(handover.Bot, false); err != nil {
		u.t.Fatalf("control for the bot: %v; %+v", err, u.control())
	}
	u.after(time.Minute)
	u.has(handover.Bot)
	u.agrees()
	u.rests()
}
