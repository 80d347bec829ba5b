package engage_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/routing"
)

// TestWorkIsTheirsToEndWhoDoIt lets another agent end the work of one, in each of the ways that
// there are: none of them is allowed.
func TestWorkIsTheirsToEndWhoDoIt(t *testing.T) {
	t.Parallel()
	l := newLobby(t)
	ada := l.hires("Ada", 5)
	i := l.begins()
	r := l.accepts(ada)
	ctx, done := t.Context(), engage.Completion{Reason: "done"}
	ends := func(e *engage.Engine) map[string]error {
		return map[string]error{
			"the task wraps up":           second(e.Tasks.WrapUp(ctx, r.TaskSID, engage.Ending{})),
			"the task is completed":       second(e.Tasks.Complete(ctx, r.TaskSID, done)),
			"the reservation wraps up":    second(e.Reservations.WrapUp(ctx, r.SID, engage.Answer{})),
			"the reservation is complete": second(e.Reservations.Complete(ctx, r.SID, done)),
			"the participant leaves":      second(e.Flex.UpdateParticipant(ctx, l.agents(i)[0].SID, routing.ParticipantCloses, done)),
		}
	}
	for what, err := range ends(l.As(engage.Agent("Bob"))) {
		if !errors.Is(err, engage.ErrRefused) {
			t.Errorf("%s by another agent: %v", what, err)
		}
	}
	if got := l.task(r.TaskSID); got.Status != routing.TaskAssigned {
		t.Fatalf("the task is %s", got.Status)
	}
	theirs := l.As(engage.Agent("Ada"))
	must(theirs.Tasks.WrapUp(ctx, r.TaskSID, engage.Ending{}))(t)
	must(theirs.Tasks.Complete(ctx, r.TaskSID, done))(t)
}

// TestReasonsAreTexts gives reasons that nobody could read, for each end that has one.
func TestReasonsAreTexts(t *testing.T) {
	t.Parallel()
	l := newLobby(t)
	ada := l.hires("Ada", 5)
	i := l.begins()
	r := l.accepts(ada)
	waits := must(l.Tasks.Create(t.Context(), l.workspace.SID, engage.NewTask{RoutingTarget: l.newQueue("Nobody", "1==2").SID}))(t)
	ctx := t.Context()
	for what, reason := range map[string]string{"a NUL": "a\x00b", "no UTF-8": "\xff", "too much": strings.Repeat("x", routing.MaxReason+1)} {
		for end, err := range map[string]error{
			"canceled":  second(l.Tasks.Cancel(ctx, waits.SID, engage.Ending{Reason: reason})),
			"completed": second(l.Tasks.Complete(ctx, r.TaskSID, engage.Completion{Reason: reason})),
			"answered":  second(l.Reservations.Complete(ctx, r.SID, engage.Completion{Reason: reason})),
			"left":      second(l.Flex.UpdateParticipant(ctx, l.agents(i)[0].SID, routing.ParticipantCloses, engage.Completion{Reason: reason})),
		} {
			if !errors.Is(err, engage.ErrInvalid) {
				t.Errorf("%s with %s: %v", end, what, err)
			}
		}
	}
	for _, none := range []string{"", " \n"} {
		if _, err := l.Tasks.Cancel(ctx, waits.SID, engage.Ending{Reason: none}); !errors.Is(err, engage.ErrRefused) {
			t.Errorf("canceled for %q: %v", none, err)
		}
	}
	long := strings.Repeat("ä", routing.MaxReason/2-1) + "\n\t"
	if got := must(l.Tasks.Cancel(ctx, waits.SID, engage.Ending{Reason: long}))(t); got.Reason != long {
		t.Errorf("the reason is %q", got.Reason)
	}
}

// TestReservationsNeedNoReason completes a reservation as the platform's clients do, who cannot
// give a reason there.
func TestReservationsNeedNoReason(t *testing.T) {
	t.Parallel()
	l := newLobby(t)
	ada := l.hires("Ada", 5)
	l.begins()
	r := l.accepts(ada)
	must(l.Reservations.Complete(t.Context(), r.SID, engage.Completion{}))(t)
	if got := l.task(r.TaskSID); got.Status != routing.TaskCompleted || got.Reason == "" {
		t.Errorf("the task is %s, because %q", got.Status, got.Reason)
	}
}

// TestNobodyHasBeenWaitingForEver moves the start of a task to no time at all.
func TestNobodyHasBeenWaitingForEver(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	task := f.asks()
	if _, err := f.Tasks.Update(t.Context(), task.SID, engage.TaskUpdate{VirtualStart: new(time.Time{})}); !errors.Is(err, engage.ErrInvalid) {
		t.Errorf("it waits since %s: %v", f.task(task.SID).VirtualStart, err)
	}
}

// TestQueueStaysForATaskThatComesLater deletes the queue that a task is for whose channel is being
// set up: it is not in the queue yet, and not counted there.
func TestQueueStaysForATaskThatComesLater(t *testing.T) {
	t.Parallel()
	l := newLobby(t)
	second := l.newQueue("Second", "")
	r := l.request(1)
	r.Routing.Properties.QueueSID = second.SID
	i := l.creates(r)
	if err := l.Queues.Delete(t.Context(), second.SID); !errors.Is(err, engage.ErrRefused) {
		t.Errorf("the queue is deleted: %v", err)
	}
	if counts := must(l.Queues.Counts(t.Context(), second.SID))(t); len(counts.Tasks) > 0 || counts.Waiting > 0 {
		t.Errorf("it counts %+v", counts)
	}
	if wrong := must(engage.Recount(t.Context(), l.Engine))(t); len(wrong) > 0 {
		t.Error(wrong)
	}
	l.runs()
	if counts := must(l.Queues.Counts(t.Context(), second.SID))(t); counts.Waiting != 1 || len(counts.Tasks) != 1 {
		t.Errorf("then it counts %+v", counts)
	}
	must(l.Tasks.Cancel(t.Context(), i.TaskSID, engage.Ending{Reason: "enough"}))(t)
	l.runs()
	if err := l.Queues.Delete(t.Context(), second.SID); err != nil {
		t.Error(err)
	}
}

// TestChannelsAreHeardOfFirst reads the events of an interaction: nothing is of a channel, or of an
// invite, that was not told of before.
func TestChannelsAreHeardOfFirst(t *testing.T) {
	t.Parallel()
	l := newLobby(t)
	ada := l.hires("Ada", 5)
	i := l.begins()
	l.accepts(ada)
	must(l.Flex.UpdateChannel(t.Context(), i.ChannelSID, routing.ChannelUpdate{By: routing.ChannelCloses, Change: routing.ChannelChange{Complete: true}}))(t)
	at := map[engage.EventType]int{}
	n := 0
	for e, err := range l.Events.After(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		n++
		at[e.Type] = n // the last of each
		if _, told := at[engage.EventFlexChannelCreated]; !told && e.Type == engage.EventTaskCreated {
			t.Error("a task is told of before its channel")
		}
	}
	for _, two := range [][2]engage.EventType{
		{engage.EventFlexInteractionCreated, engage.EventFlexChannelCreated},
		{engage.EventFlexInviteCreated, engage.EventTaskCreated},
		{engage.EventFlexChannelUpdated, engage.EventThreadClosed},
	} {
		if at[two[0]] == 0 || at[two[0]] > at[two[1]] {
			t.Errorf("%s is %d., %s %d.", two[0], at[two[0]], two[1], at[two[1]])
		}
	}
}
