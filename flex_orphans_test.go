package engage_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/routing"
	"github.com/engage-interactions/engage/store/memory"
)

// TestNoConversationIsLeftOver does anything in any order with interactions, and holds them all
// the time against what must be so: no channel is live that nobody looks after.
func TestNoConversationIsLeftOver(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		st := memory.New()
		defer func() { _ = st.Close() }()
		l := newLobbyOn(t, st)
		h := house{lobby: l, workers: []routing.Worker{l.hires("Ada", 2), l.hires("Bob", 1), l.hires("Eve", 2)}}
		steps := rapid.IntRange(5, 60).Draw(rt, "steps")
		for range steps {
			what := h.does(rt)
			if rapid.IntRange(0, 3).Draw(rt, "run") > 0 {
				h.runs()
			}
			if err := h.check(); err != nil {
				rt.Fatalf("after %s: %v", what, err)
			}
		}
		l.runs()
		if err := h.check(); err != nil {
			rt.Fatalf("at the end: %v", err)
		}
		// Left to itself, everything that waits for nobody outside ends.
		for range 4 {
			l.passes(8 * 24 * time.Hour)
		}
		if err := h.check(); err != nil {
			rt.Fatalf("weeks later: %v", err)
		}
	})
}

// house is a lobby in which anything can happen.
type house struct {
	*lobby

	workers      []routing.Worker
	interactions []engage.FlexInteraction
}

// does lets something happen that may be refused, and says what.
func (h *house) does(rt *rapid.T) string {
	ctx := h.t.Context()
	w := rapid.SampledFrom(h.workers).Draw(rt, "worker")
	verbs := []string{"create", "run", "accept", "accept", "reject", "wrap up", "complete", "worker", "time"}
	var i engage.FlexInteraction
	if len(h.interactions) > 0 {
		i = rapid.SampledFrom(h.interactions).Draw(rt, "interaction")
		verbs = append(verbs, "close", "close", "inactivate", "pause", "resume", "write", "invite", "invite by name", "transfer", "transfer", "give up", "leave", "cancel", "again")
	}
	verb := rapid.SampledFrom(verbs).Draw(rt, "verb")
	var err error
	switch verb {
	case "create":
		if len(h.interactions) >= 3 {
			return verb
		}
		h.n++
		r := h.request(h.n)
		switch rapid.IntRange(0, 3).Draw(rt, "how") {
		case 0:
			r.Routing.Properties.WorkerSID = w.SID
		case 1:
			r.Channel.InitiatedBy, r.Routing.Properties.WorkerSID, r.Routing.Properties.QueueSID = routing.ByAgent, w.SID, h.queue.SID
		}
		var created engage.FlexInteraction
		if created, err = h.Flex.Create(ctx, engage.NewInteraction{Request: r}); err == nil {
			h.interactions = append(h.interactions, created)
		}
	case "run":
		h.runs()
	case "accept", "reject", "wrap up", "complete":
		var all []routing.Reservation
		for _, w := range h.workers {
			all = append(all, must(h.Reservations.List(ctx, engage.ReservationFilter{WorkerSID: w.SID, Live: true}))(h.t).Items...)
		}
		if len(all) == 0 {
			return verb
		}
		r := rapid.SampledFrom(all).Draw(rt, "reservation")
		switch verb {
		case "accept":
			_, err = h.Reservations.Accept(ctx, r.SID, engage.Answer{})
		case "reject":
			_, err = h.Reservations.Reject(ctx, r.SID, engage.Rejection{ActivitySID: h.activities["Break"].SID})
		case "wrap up":
			_, err = h.Reservations.WrapUp(ctx, r.SID, engage.Answer{})
		case "complete":
			_, err = h.Reservations.Complete(ctx, r.SID, engage.Completion{Reason: "done"})
		}
	case "worker":
		h.puts(w.SID, rapid.SampledFrom([]string{"Available", "Available", "Break"}).Draw(rt, "activity"))
	case "time":
		h.clock.pass(rapid.SampledFrom([]time.Duration{time.Second, time.Second, time.Minute, time.Hour, 30 * time.Hour}).Draw(rt, "time"))
	case "close":
		_, err = h.Flex.UpdateChannel(ctx, i.ChannelSID, routing.ChannelUpdate{By: routing.ChannelCloses, Change: routing.ChannelChange{Complete: rapid.Bool().Draw(rt, "complete")}})
	case "inactivate":
		_, err = h.Flex.UpdateChannel(ctx, i.ChannelSID, routing.ChannelUpdate{By: routing.ChannelInactivates, Change: routing.ChannelChange{Complete: true}})
	case "pause":
		_, err = h.Flex.Pause(ctx, i.ChannelSID)
	case "resume":
		_, err = h.Flex.Resume(ctx, i.ChannelSID)
	case "write":
		if _, unknown := h.Threads.Get(ctx, i.Channel.ThreadID); unknown == nil {
			engage.CustomerWrote(h.t, h.Engine, i.Channel.ThreadID)
		}
	case "invite":
		_, err = h.Flex.Invite(ctx, i.ChannelSID, h.place())
	case "invite by name":
		r := h.place()
		r.WorkerSID = w.SID
		_, err = h.Flex.Invite(ctx, i.ChannelSID, r)
	case "transfer":
		typ := rapid.SampledFrom([]routing.TransferType{routing.TransferCold, routing.TransferWarm}).Draw(rt, "type")
		_, err = h.Flex.Transfer(ctx, i.ChannelSID, routing.TransferRequest{Type: typ, To: rapid.SampledFrom([]string{w.SID, h.queue.SID, h.workflow.SID}).Draw(rt, "to")})
		if errors.Is(err, engage.ErrInvalid) { // to who hands it over
			err = nil
		}
	case "give up":
		for _, x := range must(h.Flex.Transfers(ctx, i.ChannelSID, 0, ""))(h.t).Items {
			if x.Status == routing.TransferActive {
				_, err = h.Flex.CancelTransfer(ctx, x.SID)
			}
		}
	case "leave":
		if agents := h.agents(i); len(agents) > 0 {
			_, err = h.Flex.UpdateParticipant(ctx, agents[0].SID, routing.ParticipantCloses, engage.Completion{})
		}
	case "cancel":
		tasks := must(h.Tasks.List(ctx, engage.TaskFilter{ChannelSID: i.ChannelSID}))(h.t).Items
		_, err = h.Tasks.Cancel(ctx, rapid.SampledFrom(tasks).Draw(rt, "task").SID, engage.Ending{Reason: "x"})
	case "again":
		r := h.request(1)
		r.Channel.SID, r.Channel.Participants = i.ChannelSID, nil
		_, err = h.Flex.Create(ctx, engage.NewInteraction{Request: r})
	}
	if err != nil && !errors.Is(err, engage.ErrRefused) {
		rt.Fatalf("%s: %v", verb, err)
	}
	return verb
}

// check says what of all interactions is not as it must be.
func (h *house) check() error {
	for _, i := range h.interactions {
		if err := h.checkChannel(i); err != nil {
			return fmt.Errorf("channel %s: %w", i.ChannelSID, err)
		}
	}
	return nil
}

func (h *house) checkChannel(i engage.FlexInteraction) error {
	ctx := h.t.Context()
	c := must(h.Flex.Channel(ctx, i.ChannelSID))(h.t)
	live, assigned, wrapping := 0, 0, 0
	for _, k := range must(h.Tasks.List(ctx, engage.TaskFilter{ChannelSID: c.SID}))(h.t).Items {
		if k.Status.Live() {
			live++
		}
		if k.Status == routing.TaskAssigned {
			assigned++
		}
		if k.Status == routing.TaskWrapping {
			wrapping++
		}
	}
	invites, transfers := 0, 0
	for _, invite := range must(h.Flex.Invites(ctx, c.SID, 0, ""))(h.t).Items {
		if invite.Status == routing.InvitePending {
			invites++
		}
	}
	for _, x := range must(h.Flex.Transfers(ctx, c.SID, 0, ""))(h.t).Items {
		if x.Status == routing.TransferActive {
			transfers++
		}
	}
	agents := map[routing.ParticipantStatus]int{}
	for _, p := range h.agents(i) {
		agents[p.Status]++
	}
	thread, err := h.Threads.Get(ctx, c.ThreadID)
	jobs := func(typ string) bool {
		all := must(h.Jobs.List(ctx, engage.JobFilter{Type: typ, Limit: 1000}))(h.t).Items
		return slices.ContainsFunc(all, func(j engage.Job) bool { return string(j.Data) == fmt.Sprintf(`{"channel_sid":%q}`, c.SID) })
	}
	switch {
	case live != c.LiveTasks || invites != c.OpenInvites || transfers != c.OpenTransfers:
		return fmt.Errorf("%d tasks, %d invites, %d transfers: %+v", live, invites, transfers, c.Channel)
	case agents[routing.ParticipantActive] != assigned || agents[routing.ParticipantWrapup] != wrapping:
		return fmt.Errorf("%d assigned and %d wrapping tasks, agents %v", assigned, wrapping, agents)
	}
	rests := c.Status == routing.ChannelInactive || c.Status == routing.ChannelPause
	switch c.Status {
	case routing.ChannelSetup:
		if !jobs("channel.set_up") {
			return errors.New("nobody sets it up")
		}
		return nil
	case routing.ChannelActive, routing.ChannelTransfer:
		if live+invites+transfers == 0 || (c.Status == routing.ChannelTransfer) != (transfers > 0) {
			return fmt.Errorf("nobody looks after it: %+v", c.Channel)
		}
	case routing.ChannelInactive, routing.ChannelPause:
		if live+invites+transfers > 0 || jobs("channel.reroute") != (c.Status == routing.ChannelPause) {
			return fmt.Errorf("it does not rest: %+v", c.Channel)
		}
	case routing.ChannelFailed, routing.ChannelClosed:
		if live != wrapping || invites+transfers > 0 {
			return fmt.Errorf("it is over with %d tasks: %+v", live, c.Channel)
		}
		if err == nil && thread.ChannelSID != "" || jobs("channel.set_up") || jobs("channel.reroute") {
			return fmt.Errorf("it is over, and bound still: %+v", thread)
		}
		return nil
	}
	if err != nil || thread.ChannelSID != c.SID || thread.ChannelResting != rests {
		return fmt.Errorf("its thread is %+v (%w)", thread, err)
	}
	return nil
}
