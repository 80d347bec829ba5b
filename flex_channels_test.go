package engage_test

import (
	"errors"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/routing"
)

func TestAChannelIsClosedWithItsTasks(t *testing.T) {
	t.Parallel()
	closed := routing.ChannelUpdate{By: routing.ChannelCloses}
	completed := routing.ChannelUpdate{By: routing.ChannelCloses, Change: routing.ChannelChange{Complete: true}}
	for _, c := range []struct {
		name           string
		setUp, accepts bool
		update         routing.ChannelUpdate
		want           string
	}{
		{"in setup", false, false, closed, "canceled"},
		{"while it is offered", true, false, closed, "canceled"},
		{"with an agent", true, true, closed, "wrapping"},
		{"with an agent who is done", true, true, completed, "completed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := newLobby(t)
			ada := l.hires("Ada", 1)
			i := l.creates(l.request(1))
			if c.setUp {
				l.runs()
			}
			if c.accepts {
				l.accepts(ada)
			}
			channel := must(l.Flex.UpdateChannel(t.Context(), i.ChannelSID, c.update))(t)
			if channel.Status != routing.ChannelClosed {
				t.Errorf("the channel is %s", channel.Status)
			}
			l.runs()
			l.is(i, routing.ChannelClosed, c.want)
			if c.setUp {
				if thread := l.thread(i.Channel.ThreadID); thread.ChannelSID != "" || thread.ChannelResting {
					t.Errorf("its thread is bound still: %+v", thread)
				}
			}
			_, err := l.Flex.Invite(t.Context(), i.ChannelSID, l.place())
			wantCode(t, err, routing.CodeInteractionEnded)
			if c.want != "wrapping" {
				return
			}
			must(l.Reservations.Complete(t.Context(), l.agents(i)[0].ReservationSID, engage.Completion{Reason: "done"}))(t)
			l.is(i, routing.ChannelClosed, "completed")
		})
	}
}

func TestAChannelSettlesWithItsLastTask(t *testing.T) {
	t.Parallel()
	l := newLobby(t)
	ada := l.hires("Ada", 1)
	i := l.begins()
	r := l.accepts(ada)
	must(l.Reservations.WrapUp(t.Context(), r.SID, engage.Answer{}))(t)
	l.is(i, routing.ChannelActive, "wrapping")
	must(l.Reservations.Complete(t.Context(), r.SID, engage.Completion{Reason: "done"}))(t)
	l.is(i, routing.ChannelClosed, "completed")
	if thread := l.thread(i.Channel.ThreadID); thread.ChannelSID != "" {
		t.Errorf("the thread is bound still: %+v", thread)
	}
}

func TestNobodyToRouteToSettlesTheChannel(t *testing.T) {
	t.Parallel()
	l := newLobby(t)
	i := l.begins()
	l.is(i, routing.ChannelActive, "pending")
	l.passes(25 * time.Hour)
	l.is(i, routing.ChannelClosed, "canceled")
}

func TestAnInactiveChannelComesBackWhenTheCustomerWrites(t *testing.T) {
	t.Parallel()
	l := newLobby(t)
	ada := l.hires("Ada", 1)
	i := l.begins()
	l.accepts(ada)
	inactive := routing.ChannelUpdate{By: routing.ChannelInactivates, Change: routing.ChannelChange{Complete: true}}
	_, err := l.Flex.UpdateChannel(t.Context(), i.ChannelSID, routing.ChannelUpdate{By: routing.ChannelInactivates})
	wantCode(t, err, routing.CodeNotInactivated)
	must(l.Flex.UpdateChannel(t.Context(), i.ChannelSID, inactive))(t)
	l.is(i, routing.ChannelInactive, "completed")
	thread := l.thread(i.Channel.ThreadID)
	if thread.ChannelSID != i.ChannelSID || !thread.ChannelResting {
		t.Errorf("the thread is %+v", thread)
	}
	_, err = l.Flex.Resume(t.Context(), i.ChannelSID)
	wantCode(t, err, 0)
	_, err = l.Flex.Invite(t.Context(), i.ChannelSID, l.place())
	wantCode(t, err, 0)
	engage.CustomerWrote(t, l.Engine, thread.ID) // twice, at once
	engage.CustomerWrote(t, l.Engine, thread.ID)
	l.runs()
	l.is(i, routing.ChannelActive, "completed+reserved")
	if l.thread(thread.ID).ChannelResting {
		t.Error("it rests still")
	}
	l.accepts(ada)
	l.is(i, routing.ChannelActive, "completed+assigned")
}

func TestAPausedChannelComesBackToItsAgent(t *testing.T) {
	t.Parallel()
	l := newLobby(t)
	ada, bob := l.hires("Ada", 1), l.hires("Bob", 1)
	i := l.begins()
	l.accepts(ada)
	must(l.Flex.Pause(t.Context(), i.ChannelSID))(t)
	l.runs()
	l.is(i, routing.ChannelPause, "completed")
	if !l.thread(i.Channel.ThreadID).ChannelResting {
		t.Error("the thread does not rest")
	}
	_, err := l.Flex.Pause(t.Context(), i.ChannelSID)
	wantCode(t, err, 0)

	must(l.Flex.Resume(t.Context(), i.ChannelSID))(t)
	l.runs()
	l.is(i, routing.ChannelActive, "completed+assigned")
	if agents := l.agents(i); len(agents) != 1 || agents[0].WorkerSID != ada.SID {
		t.Errorf("agents are %+v", agents)
	}
	if len(l.offered(bob)) != 0 {
		t.Error("it was offered to somebody else")
	}
	tasks := must(l.Tasks.List(t.Context(), engage.TaskFilter{ChannelSID: i.ChannelSID}))(t).Items
	if got, want := tasks[1].Attributes["flexInteractionSid"], i.SID; got != want {
		t.Errorf("its attributes name %v, want %s", got, want)
	}
}

func TestAPausedChannelWaitsForItsAgentToHaveRoom(t *testing.T) {
	t.Parallel()
	l := newLobby(t)
	ada := l.hires("Ada", 1)
	first := l.begins()
	l.accepts(ada)
	must(l.Flex.Pause(t.Context(), first.ChannelSID))(t)
	second := l.begins()
	other := l.accepts(ada)
	must(l.Flex.Resume(t.Context(), first.ChannelSID))(t)
	l.runs()
	l.is(first, routing.ChannelActive, "completed+pending")
	must(l.Reservations.Complete(t.Context(), other.SID, engage.Completion{Reason: "done"}))(t)
	l.runs()
	l.is(first, routing.ChannelActive, "completed+assigned")
	l.is(second, routing.ChannelClosed, "completed")
}

func TestAChannelThatIsPausedForTooLongIsRoutedAnew(t *testing.T) {
	t.Parallel()
	l := newLobby(t)
	ada := l.hires("Ada", 1)
	i := l.begins()
	l.accepts(ada)
	must(l.Flex.Pause(t.Context(), i.ChannelSID))(t)
	l.puts(ada.SID, "Offline")
	bob := l.hires("Bob", 1)
	l.passes(routing.MaxPause - time.Second)
	l.is(i, routing.ChannelPause, "completed")
	l.passes(time.Second)
	l.is(i, routing.ChannelActive, "completed+reserved")
	l.accepts(bob)
	l.is(i, routing.ChannelActive, "completed+assigned")
}

func TestWhoWritesOnAPausedChannelComesToItsAgentIfTheyHaveRoom(t *testing.T) {
	t.Parallel()
	for _, busy := range []bool{false, true} {
		l := newLobby(t)
		ada := l.hires("Ada", 1)
		i := l.begins()
		l.accepts(ada)
		must(l.Flex.Pause(t.Context(), i.ChannelSID))(t)
		bob := l.hires("Bob", 1)
		if busy {
			l.puts(ada.SID, "Break")
		}
		engage.CustomerWrote(t, l.Engine, i.Channel.ThreadID)
		l.runs()
		l.is(i, routing.ChannelActive, "completed+reserved")
		if busy {
			l.accepts(bob)
			continue
		}
		// Ada does not want it: then somebody else has to.
		l.rejects(ada)
		l.is(i, routing.ChannelActive, "completed+canceled+reserved")
		l.accepts(bob)
	}
}

// TestWhoCanHaveOneTaskOnlyIsNotWaitedFor: there is room on the task channel of the agent who has
// paused it, but the workspace lets nobody have two tasks at a time.
func TestWhoCanHaveOneTaskOnlyIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	l := newLobby(t)
	single := true
	must(l.Workspaces.Update(t.Context(), l.workspace.SID, engage.WorkspaceUpdate{SingleTask: &single}))(t)
	ada := l.hires("Ada", 5)
	i := l.begins()
	l.accepts(ada)
	must(l.Flex.Pause(t.Context(), i.ChannelSID))(t)
	l.begins()
	l.accepts(ada)
	bob := l.hires("Bob", 5)
	engage.CustomerWrote(t, l.Engine, i.Channel.ThreadID)
	l.runs()
	l.accepts(bob)
	l.is(i, routing.ChannelActive, "completed+assigned")
}

func TestWhatIsNoUpdateOfAChannel(t *testing.T) {
	t.Parallel()
	l := newLobby(t)
	i := l.begins()
	_, err := l.Flex.UpdateChannel(t.Context(), i.ChannelSID, routing.ChannelUpdate{By: routing.ChannelSettles})
	wantProblem(t, err, "status", routing.CodeInvalidStatus)
	_, err = l.Flex.UpdateChannel(t.Context(), "UO1", routing.ChannelUpdate{By: routing.ChannelCloses})
	if !errors.Is(err, engage.ErrNotFound) {
		t.Errorf("%v, want it not found", err)
	}
	channels := must(l.Flex.Channels(t.Context(), i.SID))(t)
	if len(channels) != 1 || channels[0].SID != i.ChannelSID {
		t.Errorf("channels are %+v", channels)
	}
}

// TestAPausedChannelComesBackToItsAgentWhateverIsGone of what their task was like.
func TestAPausedChannelComesBackToItsAgentWhateverIsGone(t *testing.T) {
	t.Parallel()
	for _, what := range []string{"queue", "task channel", "workflow"} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			l := newLobby(t)
			ada := l.hires("Ada", 5)
			r, remove := l.request(1), func() error { return nil }
			place := &r.Routing.Properties
			switch what {
			case "queue":
				place.QueueSID = l.newQueue("Second", "").SID
				remove = func() error { return l.Queues.Delete(t.Context(), place.QueueSID) }
			case "task channel":
				place.TaskChannelSID = must(l.TaskChannels.Create(t.Context(), l.workspace.SID, engage.NewTaskChannel{FriendlyName: "Second", UniqueName: "second"}))(t).SID
				remove = func() error { return l.TaskChannels.Delete(t.Context(), place.TaskChannelSID) }
			case "workflow":
				place.WorkflowSID = l.newWorkflow("Second", leadingTo(l.queue.SID)).SID
				remove = func() error { return l.Workflows.Delete(t.Context(), place.WorkflowSID) }
			}
			i := l.creates(r)
			l.runs()
			l.accepts(ada)
			must(l.Flex.Pause(t.Context(), i.ChannelSID))(t)
			l.runs()
			if err := remove(); err != nil {
				t.Fatal(err)
			}
			l.hires("Bob", 5) // who has never had a task, and would be first
			l.runs()
			must(l.Flex.Resume(t.Context(), i.ChannelSID))(t)
			l.runs()
			l.is(i, routing.ChannelActive, "completed+assigned")
			if agents := l.agents(i); len(agents) != 1 || agents[0].WorkerSID != ada.SID {
				t.Errorf("it came back to %+v", agents)
			}
		})
	}
}

// TestToCloseAChannelTwiceDoesNoHarm, and completes what is wrapped up still.
func TestToCloseAChannelTwiceDoesNoHarm(t *testing.T) {
	t.Parallel()
	l := newLobby(t)
	ada := l.hires("Ada", 5)
	closes, completes := routing.ChannelUpdate{By: routing.ChannelCloses}, routing.ChannelUpdate{By: routing.ChannelCloses, Change: routing.ChannelChange{Complete: true}}
	inactivates := routing.ChannelUpdate{By: routing.ChannelInactivates, Change: completes.Change}

	i := l.begins()
	l.accepts(ada)
	first := must(l.Flex.UpdateChannel(t.Context(), i.ChannelSID, closes))(t)
	l.clock.pass(time.Minute)
	if again := must(l.Flex.UpdateChannel(t.Context(), i.ChannelSID, closes))(t); again.Channel != first.Channel {
		t.Errorf("it is %+v, was %+v", again, first)
	}
	l.is(i, routing.ChannelClosed, "wrapping")
	_, err := l.Flex.UpdateChannel(t.Context(), i.ChannelSID, inactivates)
	wantCode(t, err, routing.CodeInteractionEnded)
	for range 2 {
		must(l.Flex.UpdateChannel(t.Context(), i.ChannelSID, completes))(t)
		l.is(i, routing.ChannelClosed, "completed")
	}

	i = l.begins()
	l.accepts(ada)
	first = must(l.Flex.UpdateChannel(t.Context(), i.ChannelSID, inactivates))(t)
	l.clock.pass(time.Minute)
	if again := must(l.Flex.UpdateChannel(t.Context(), i.ChannelSID, inactivates))(t); again.Channel != first.Channel {
		t.Errorf("it is %+v, was %+v", again, first)
	}
	inactivates.Change.Complete = false
	_, err = l.Flex.UpdateChannel(t.Context(), i.ChannelSID, inactivates)
	wantCode(t, err, 0)
}

// TestNobodyHasPausedItAmongSeveral: if nobody says which of the agents it is, the workflow finds
// somebody when it comes back.
func TestNobodyHasPausedItAmongSeveral(t *testing.T) {
	t.Parallel()
	l := newLobby(t)
	ada := l.hires("Ada", 1)
	i := l.begins()
	l.accepts(ada)
	bob := l.hires("Bob", 1)
	must(l.Flex.Invite(t.Context(), i.ChannelSID, l.place()))(t)
	l.runs()
	l.accepts(bob)
	must(l.Flex.Pause(t.Context(), i.ChannelSID))(t)
	must(l.Flex.Resume(t.Context(), i.ChannelSID))(t)
	l.runs()
	l.is(i, routing.ChannelActive, "completed+completed+reserved")
}

// TestABusyAgentIsNotWaitedForByWhoWrites: on a paused channel, another one is asked if the one who
// has paused it has no room.
func TestABusyAgentIsNotWaitedForByWhoWrites(t *testing.T) {
	t.Parallel()
	l := newLobby(t)
	ada := l.hires("Ada", 1)
	i := l.begins()
	l.accepts(ada)
	must(l.Flex.Pause(t.Context(), i.ChannelSID))(t)
	l.begins()
	l.accepts(ada)
	bob := l.hires("Bob", 1)
	engage.CustomerWrote(t, l.Engine, i.Channel.ThreadID)
	l.runs()
	l.accepts(bob)
	l.is(i, routing.ChannelActive, "completed+assigned")
}

// TestWhoAnswersAnOutboundInteractionIsForTheWorkflow: the queue in its request was that of the
// agent who began it.
func TestWhoAnswersAnOutboundInteractionIsForTheWorkflow(t *testing.T) {
	t.Parallel()
	l := newLobby(t)
	ada := l.hires("Ada", 1)
	outbound := l.newQueue("Outbound", "")
	r := l.request(1)
	r.Channel.InitiatedBy, r.Routing.Properties.QueueSID, r.Routing.Properties.WorkerSID = routing.ByAgent, outbound.SID, ada.SID
	i := l.creates(r)
	l.runs()
	l.accepts(ada)
	inactive := routing.ChannelUpdate{By: routing.ChannelInactivates, Change: routing.ChannelChange{Complete: true}}
	must(l.Flex.UpdateChannel(t.Context(), i.ChannelSID, inactive))(t)
	engage.CustomerWrote(t, l.Engine, l.again(i).Channel.ThreadID)
	l.runs()
	l.is(i, routing.ChannelActive, "completed+reserved")
	if k := l.task(l.accepts(ada).TaskSID); k.QueueSID != l.queue.SID || k.RoutingTarget != "" {
		t.Errorf("it is in %s, for %q", k.QueueSID, k.RoutingTarget)
	}
}

// TestNothingIsLeftOfAPause when it is over, and the channel closed.
func TestNothingIsLeftOfAPause(t *testing.T) {
	t.Parallel()
	l := newLobby(t)
	ada := l.hires("Ada", 1)
	i := l.begins()
	l.accepts(ada)
	must(l.As(engage.Agent("Ada")).Flex.Pause(t.Context(), i.ChannelSID))(t)
	must(l.As(engage.Agent("Ada")).Flex.Resume(t.Context(), i.ChannelSID))(t)
	l.runs()
	l.is(i, routing.ChannelActive, "completed+assigned")
	for _, j := range must(l.Jobs.List(t.Context(), engage.JobFilter{}))(t).Items {
		if j.Type == "channel.reroute" {
			t.Errorf("%+v", j)
		}
	}
}
