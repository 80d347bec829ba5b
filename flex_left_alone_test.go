package engage_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/routing"
)

// TestWhoWasRoutedByTheOnlyWorkflowIsRoutedByItStill: a request that named no workflow, because
// there was one only, goes on with that one when there are two.
func TestWhoWasRoutedByTheOnlyWorkflowIsRoutedByItStill(t *testing.T) {
	t.Parallel()
	for _, way := range []string{"inactive", "paused", "declined", "deleted"} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			l := newLobby(t)
			ada := l.hires("Ada", 5)
			r := l.request(1)
			r.Routing.Properties.WorkflowSID = ""
			if way == "declined" {
				r.Routing.Properties.WorkerSID = ada.SID
			}
			i := l.creates(r)
			l.runs()
			l.newWorkflow("Second", leadingTo(l.queue.SID))
			if way != "declined" {
				l.accepts(ada)
			}
			switch way {
			case "inactive":
				must(l.Flex.UpdateChannel(t.Context(), i.ChannelSID, routing.ChannelUpdate{By: routing.ChannelInactivates, Change: routing.ChannelChange{Complete: true}}))(t)
				l.runs()
				l.writes(1)
			case "paused":
				must(l.Flex.Pause(t.Context(), i.ChannelSID))(t)
				l.passes(15 * 24 * time.Hour)
			case "declined":
				l.rejects(ada)
			case "deleted":
				fine(t, l.Workers.Delete(t.Context(), ada.SID))
			}
			l.hires("Bob", 5)
			l.runs()
			if got := l.channel(i); got != routing.ChannelActive {
				t.Errorf("the channel is %s with %s", got, l.tasks(i))
			}
		})
	}
}

// TestATransferThatIsGivenUpLeavesNobodyAlone: who wanted to hand over was deleted meanwhile, so
// that nobody would have the customer when the transfer comes to nothing, in whatever way.
func TestATransferThatIsGivenUpLeavesNobodyAlone(t *testing.T) {
	t.Parallel()
	for _, way := range []string{"given up", "task canceled", "expired"} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			l := newLobby(t)
			ada := l.hires("Ada", 5)
			i := l.begins()
			l.accepts(ada)
			nobody := l.newQueue("Nobody", "1==2")
			x := must(l.Flex.Transfer(t.Context(), i.ChannelSID, routing.TransferRequest{Type: routing.TransferCold, To: nobody.SID}))(t)
			l.runs()
			fine(t, l.Workers.Delete(t.Context(), ada.SID))
			l.runs()
			switch way {
			case "given up":
				must(l.Flex.CancelTransfer(t.Context(), x.SID))(t)
			case "task canceled":
				must(l.Tasks.Cancel(t.Context(), x.TaskSID, engage.Ending{Reason: "no"}))(t)
			case "expired":
				l.passes(25 * time.Hour)
			}
			l.hires("Bob", 5)
			l.runs()
			if got := l.channel(i); got != routing.ChannelActive {
				t.Errorf("the channel is %s with %s", got, l.tasks(i))
			}
		})
	}
}

// TestAWorkspaceWithAChannelThatRestsStays: its conversation could be ended by nobody.
func TestAWorkspaceWithAChannelThatRestsStays(t *testing.T) {
	t.Parallel()
	for _, status := range []routing.ChannelStatus{routing.ChannelInactive, routing.ChannelPause} {
		l := newLobby(t)
		ada := l.hires("Ada", 5)
		i := l.begins()
		l.accepts(ada)
		if status == routing.ChannelPause {
			must(l.Flex.Pause(t.Context(), i.ChannelSID))(t)
		} else {
			must(l.Flex.UpdateChannel(t.Context(), i.ChannelSID, routing.ChannelUpdate{By: routing.ChannelInactivates, Change: routing.ChannelChange{Complete: true}}))(t)
		}
		fine(t, l.Workers.Delete(t.Context(), ada.SID))
		l.runs()
		fine(t, l.Workflows.Delete(t.Context(), l.workflow.SID))
		fine(t, l.Queues.Delete(t.Context(), l.queue.SID))
		l.runs()
		if err := l.Workspaces.Delete(t.Context(), l.workspace.SID); !errors.Is(err, engage.ErrRefused) {
			t.Errorf("%s: %v", status, err)
		}
		must(l.Flex.UpdateChannel(t.Context(), i.ChannelSID, routing.ChannelUpdate{By: routing.ChannelCloses}))(t)
		if err := l.Workspaces.Delete(t.Context(), l.workspace.SID); err != nil {
			t.Errorf("%s, and closed: %v", status, err)
		}
	}
}

// TestTheReasonOfATaskSparesNoDisposition: that a channel was closed is seen by what has happened
// to it, whatever somebody says.
func TestTheReasonOfATaskSparesNoDisposition(t *testing.T) {
	t.Parallel()
	inBothStores(t, func(t *testing.T, j *joined) {
		j.demands()
		j.routed().accepts(ann, j.first)
		j.replies(ann, j.eve.ThreadID, "yes")
		_, err := j.As(ann).Reservations.Complete(t.Context(), j.offer(j.first), engage.Completion{Reason: routing.ReasonChannelClosed})
		if !lacks(err) {
			t.Errorf("%v; %s", err, j.state())
		}
	})
}

// TestWhoIsHandedTheChannelOwnsIt, also where they were on it before, and others for longer.
func TestWhoIsHandedTheChannelOwnsIt(t *testing.T) {
	t.Parallel()
	inBothStores(t, func(_ *testing.T, j *joined) {
		j.routed().accepts(ann, j.first)
		j.clock.pass(time.Second)
		j.accepts(bob, j.asks(bob))
		j.clock.pass(time.Second)
		j.accepts(cid, j.asks(cid))
		j.handsOver(j.first, routing.TransferCold, cid)
		j.is("open cid +bob")
	})
}

// TestNobodyElseIsSoughtWhereAnAgentHasEngaged by hand, while the channel rests.
func TestNobodyElseIsSoughtWhereAnAgentHasEngaged(t *testing.T) {
	t.Parallel()
	inBothStores(t, func(t *testing.T, j *joined) {
		j.routed().accepts(ann, j.first)
		j.replies(ann, j.eve.ThreadID, "yes")
		j.leaves(ann)
		must(j.As(bob).Interventions.Engage(t.Context(), engage.Engagement{ThreadID: j.eve.ThreadID}))(t)
		j.is("open bob thread resting")
		j.writes("eve", "thanks, bob")
		j.runs()
		for _, k := range must(j.Tasks.List(t.Context(), engage.TaskFilter{ChannelSID: j.channel}))(t).Items {
			if k.Status.Live() {
				t.Errorf("task %s seeks somebody; %s", k.SID, j.state())
			}
		}
	})
}

// TestAPausedChannelLeavesNothingOpen, not even what nobody owns.
func TestAPausedChannelLeavesNothingOpen(t *testing.T) {
	t.Parallel()
	inBothStores(t, func(t *testing.T, j *joined) {
		j.routed().accepts(ann, j.first)
		j.asks(bob)
		j.completes(ann, j.first)
		j.pauses(engage.System())
		for _, i := range must(j.Interventions.List(t.Context(), engage.InterventionFilter{ThreadID: j.eve.ThreadID}))(t).Items {
			if i.Status == interaction.InterventionOpen {
				t.Errorf("%+v; %s", i, j.state())
			}
		}
	})
}

// fine ends a test that meets an error.
func fine(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// TestNobodyIsAskedInPlaceOfWhoWasNotAlone: another agent has the customer still.
func TestNobodyIsAskedInPlaceOfWhoWasNotAlone(t *testing.T) {
	t.Parallel()
	l := newLobby(t)
	ada := l.hires("Ada", 1)
	i := l.begins()
	l.accepts(ada)
	bob := l.hires("Bob", 5)
	must(l.Flex.Invite(t.Context(), i.ChannelSID, l.place()))(t)
	l.runs()
	l.accepts(bob)
	fine(t, l.Workers.Delete(t.Context(), ada.SID))
	l.runs()
	l.is(i, routing.ChannelActive, "completed+assigned")
}

// TestATransferThatLeadsNowhereLeavesNobodyAlone: who wanted to hand over was deleted, who was to
// take over does not want it, and the workflow has nobody for the attributes of the transfer.
func TestATransferThatLeadsNowhereLeavesNobodyAlone(t *testing.T) {
	t.Parallel()
	l := newLobby(t)
	l.workflow = l.newWorkflow("Some", fmt.Sprintf(`{"task_routing":{"filters":[{"expression":"nowhere == null","targets":[{"queue":%q}]}]}}`, l.queue.SID))
	ada := l.hires("Ada", 1)
	i := l.begins()
	l.accepts(ada)
	bob, eve := l.hires("Bob", 1), l.hires("Eve", 1)
	must(l.Flex.Transfer(t.Context(), i.ChannelSID, routing.TransferRequest{
		Type: routing.TransferCold, To: bob.SID, Attributes: routing.Attributes{"nowhere": true},
	}))(t)
	l.runs()
	fine(t, l.Workers.Delete(t.Context(), ada.SID))
	l.runs()
	l.puts(eve.SID, "Available")
	l.rejects(bob)
	l.passes(time.Second)
	if got := l.channel(i); got != routing.ChannelActive || !strings.HasSuffix(l.tasks(i), "+reserved") {
		t.Errorf("the channel is %s with %s", got, l.tasks(i))
	}
}
