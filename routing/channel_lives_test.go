package routing_test

import (
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/engage-interactions/engage/routing"
)

// TestLivesOfChannels lives random lives: the counts are right, what is over keeps nobody,
// and a channel on which nothing is left to be done is over.
func TestLivesOfChannels(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		w, now, next := contact(t), someday, 2
		for n := range rapid.IntRange(1, 50).Draw(rt, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 100).Draw(rt, "hours")) * time.Hour)
			before := fmt.Sprintf("%+v", w)
			var after routing.ChannelWork
			var err error
			switch rapid.IntRange(0, 6).Draw(rt, "what") {
			case 0:
				by := rapid.SampledFrom(routing.ChannelVerbs()).Draw(rt, "verb")
				if !w.Channel.Status.Live() || by == routing.ChannelFails && rapid.IntRange(0, 5).Draw(rt, "fails") > 0 {
					continue // nothing comes after that
				}
				if by == routing.ChannelTransfers || by == routing.ChannelTransferred {
					continue // they come with a transfer
				}
				if s := w.Channel.Status; (s == routing.ChannelInactive || s == routing.ChannelPause) && rapid.Bool().Draw(rt, "comes back") {
					after, err = w.Return(by, routing.Invite{SID: numbered(routing.PrefixInvite, next), TaskSID: numbered(routing.PrefixTask, next)}, now)
					if err == nil {
						after, err = after.With(waiting(t, next), now)
					}
					next++
					break
				}
				after, err = w.Happen(by, routing.ChannelChange{Complete: rapid.Bool().Draw(rt, "complete")}, now)
			case 1:
				after, err = w.Invite(routing.Invite{SID: numbered(routing.PrefixInvite, next), TaskSID: numbered(routing.PrefixTask, next)}, now)
				if err == nil {
					after, err = after.With(waiting(t, next), now)
				}
				next++
			case 5:
				who := numbered(routing.PrefixParticipant, rapid.IntRange(1, 3).Draw(rt, "who"))
				after, err = w.Leave(who, rapid.SampledFrom(routing.ParticipantVerbs()).Draw(rt, "leaves"), "done", now)
			case 6:
				var anew bool
				sid := numbered(routing.PrefixInvite, rapid.IntRange(1, next).Draw(rt, "invite"))
				after, anew, err = w.Decline(sid, routing.Invite{SID: numbered(routing.PrefixInvite, next), TaskSID: numbered(routing.PrefixTask, next)}, now)
				if err == nil && anew {
					after, err = after.With(waiting(t, next), now)
				}
				next++
			case 2:
				after, err = w.Transfer(routing.Transfer{
					SID: numbered(routing.PrefixTransfer, next), Type: rapid.SampledFrom(routing.TransferTypes()).Draw(rt, "type"),
					FromTaskSID: numbered(routing.PrefixTask, rapid.IntRange(1, next).Draw(rt, "from")), TaskSID: numbered(routing.PrefixTask, next),
				}, now)
				if err == nil {
					after, err = after.With(waiting(t, next), now)
				}
				next++
			default:
				a := rapid.SampledFrom(w.Assignments).Draw(rt, "task")
				switch rapid.IntRange(0, 3).Draw(rt, "what with it") {
				case 0:
					r := offer(1000 + n)
					r.DueAt = now.Add(time.Minute)
					a, err = a.Offer(r, now)
				case 1, 2:
					sid := "nobody"
					if len(a.Task.ReservationSIDs) > 0 {
						sid = a.Task.ReservationSIDs[0]
					}
					a, err = a.Answer(sid, rapid.SampledFrom(routing.ReservationVerbs()).Draw(rt, "answer"), "done", now)
				default:
					a, err = a.Happen(rapid.SampledFrom(routing.TaskVerbs()).Draw(rt, "verb"), routing.TaskChange{Reason: "done"}, now)
				}
				if err == nil {
					after, err = w.With(a, now)
				}
			}
			if got := fmt.Sprintf("%+v", w); got != before {
				rt.Fatalf("changed in place:\n%s\n%s", before, got)
			}
			if err != nil {
				if _, ok := errors.AsType[*routing.RefusedError](err); !ok {
					rt.Fatal(err)
				}
				continue
			}
			checkChannelWork(rt, after)
			w = after
		}
	})
}

func checkChannelWork(t *rapid.T, w routing.ChannelWork) {
	t.Helper()
	var live, open, invites, transfers, people int
	for _, a := range w.Assignments {
		checkAssignment(t, a)
		switch a.Task.Status {
		case routing.TaskPending, routing.TaskReserved, routing.TaskAssigned:
			live, open = live+1, open+1
		case routing.TaskWrapping:
			live++
		case routing.TaskCompleted, routing.TaskCanceled:
		}
	}
	for _, i := range w.Invites {
		if i.Status == routing.InvitePending {
			invites++
		}
	}
	for _, i := range w.Transfers {
		if i.Status == routing.TransferActive {
			transfers++
		}
	}
	for _, p := range w.Participants {
		if p.Status == routing.ParticipantActive {
			people++
		}
	}
	c := w.Channel
	if got, want := [3]int{c.LiveTasks, c.OpenInvites, c.OpenTransfers}, [3]int{live, invites, transfers}; !reflect.DeepEqual(got, want) {
		t.Fatalf("%s counts %v, there are %v", c.Status, got, want)
	}
	ok := true
	switch c.Status {
	case routing.ChannelSetup, routing.ChannelActive:
		ok = transfers == 0
	case routing.ChannelTransfer:
		ok = transfers > 0
	case routing.ChannelInactive, routing.ChannelPause:
		ok = live+invites+transfers == 0 && people <= 1
	case routing.ChannelClosed, routing.ChannelFailed:
		ok = open+invites+transfers+people == 0
	}
	if !ok || c.Settled() {
		t.Fatalf("settled: %v, %s", c.Settled(), shown(w))
	}
}
