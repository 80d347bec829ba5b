package engage_test

import (
	"testing"
	"time"

	"github.com/engage-interactions/engage"
)

// Each event of a reservation says whose it is, as worker and as agent. Each event of a task says since when there is the task, since when it is in its queue and when it
// was accepted: who reads the log from somewhere on need not have seen what was before.
func TestEventsOfATaskSaySinceWhenItWaits(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	ctx := t.Context()
	began := f.clock.read()
	second := f.newQueue("Second", "")
	f.newWorkflow("Through", `{"task_routing":{"filters":[{"expression":"1==1","targets":[
		{"queue":"`+f.queue.SID+`","timeout":10},{"queue":"`+second.SID+`"}]}]}}`)
	through := must(f.Workflows.FindByName(ctx, f.workspace.SID, "Through"))(t)
	task := must(f.Tasks.Create(ctx, f.workspace.SID, engage.NewTask{WorkflowSID: through.SID}))(t)
	f.passes(10 * time.Second)
	moved := f.clock.read()
	ann := f.hires("ann", 1)
	agent := "a-17"
	must(f.Workers.Update(ctx, ann.SID, engage.WorkerUpdate{AgentID: &agent}))(t)
	f.passes(time.Second)
	offer := must(f.Reservations.List(ctx, engage.ReservationFilter{WorkerSID: ann.SID}))(t).Items[0]
	f.clock.pass(time.Second)
	accepted := f.clock.read()
	must(f.Reservations.Accept(ctx, offer.SID, engage.Answer{}))(t)
	f.clock.pass(time.Second)
	must(f.Reservations.Complete(ctx, offer.SID, engage.Completion{}))(t)

	type times struct{ entered, assigned time.Time }
	want := map[engage.EventType]times{
		engage.EventTaskCreated:         {entered: began},
		engage.EventTaskQueueEntered:    {entered: began},
		engage.EventTaskQueueTimeout:    {entered: moved},
		engage.EventTaskQueueMoved:      {entered: moved},
		engage.EventReservationCreated:  {entered: moved},
		engage.EventReservationAccepted: {entered: moved, assigned: accepted},
		engage.EventTaskCompleted:       {entered: moved, assigned: accepted},
	}
	of := map[engage.EventType]string{engage.EventTaskQueueTimeout: f.queue.SID, engage.EventTaskQueueMoved: second.SID}
	for event, err := range f.Events.After(ctx, 0) {
		if err != nil {
			t.Fatal(err)
		}
		is, ok := want[event.Type]
		if !ok {
			continue
		}
		delete(want, event.Type)
		var told engage.ReservationEvent
		if err := event.Decode(&told); err != nil {
			t.Fatal(err)
		}
		if told.ReservationSID != "" && told.AgentID != agent {
			t.Errorf("%s is for %q, want %q", event.Type, told.AgentID, agent)
		}
		if told.TaskSID != task.SID || !told.TaskCreatedAt.Equal(began) || !told.QueueEnteredAt.Equal(is.entered) || !told.AssignedAt.Equal(is.assigned) {
			t.Errorf("%s: %+v, want %+v", event.Type, told, is)
		}
		if queue, ok := of[event.Type]; ok && event.Resource.ID != queue {
			t.Errorf("%s is of %v, want %s", event.Type, event.Resource, queue)
		}
	}
	if len(want) > 0 {
		t.Errorf("nothing was told of %v", want)
	}
}
