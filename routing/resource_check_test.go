package routing_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/engage-interactions/engage/routing"
)

func TestResourcesAreChecked(t *testing.T) {
	t.Parallel()
	configuration, err := routing.ParseConfiguration(`{"task_routing":{"default_filter":{"queue":"` + numbered("WQ", 1) + `"}}}`)
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("ä", 65)
	type checked interface{ Check() error }
	workspace := func(change func(*routing.Workspace)) checked {
		w := routing.Workspace{FriendlyName: strings.Repeat("ä", 64), PrioritizeQueueOrder: routing.LIFO, DefaultActivitySID: numbered("WA", 1)}
		change(&w)
		return w
	}
	worker := func(change func(*routing.Worker)) checked {
		w := routing.Worker{FriendlyName: "Jane", ActivitySID: numbered("WA", 1), Channels: []routing.WorkerChannel{{TaskChannel: "chat", Capacity: 3}}}
		change(&w)
		return w
	}
	queue := func(change func(*routing.Queue)) checked {
		q := routing.Queue{FriendlyName: "Sales", TargetWorkers: routing.EveryWorker, MaxReservedWorkers: 50, TaskOrder: routing.FIFO}
		change(&q)
		return q
	}
	workflow := func(change func(*routing.Workflow)) checked {
		w := routing.Workflow{FriendlyName: "Default", Configuration: configuration, ReservationTimeout: 86_400}
		change(&w)
		return w
	}
	for n, c := range []struct {
		value checked
		want  string
	}{
		{workspace(func(*routing.Workspace) {}), ""},
		{workspace(func(w *routing.Workspace) { w.FriendlyName = "" }), "friendly_name"},
		{workspace(func(w *routing.Workspace) { w.FriendlyName = long }), "friendly_name"},
		{workspace(func(w *routing.Workspace) { w.PrioritizeQueueOrder = "" }), "prioritize_queue_order"},
		{workspace(func(w *routing.Workspace) { w.DefaultActivitySID = "x" }), "default_activity_sid"},
		{workspace(func(w *routing.Workspace) { w.TimeoutActivitySID = "x" }), "timeout_activity_sid"},
		{routing.Activity{FriendlyName: "Break"}, ""},
		{routing.Activity{FriendlyName: "\x00"}, "friendly_name"},
		{routing.TaskChannel{FriendlyName: "Chat", UniqueName: "chat"}, ""},
		{routing.TaskChannel{FriendlyName: "Chat", UniqueName: "7"}, "unique_name"},
		{worker(func(*routing.Worker) {}), ""},
		{worker(func(w *routing.Worker) { w.FriendlyName = "\xff" }), "friendly_name"},
		{worker(func(w *routing.Worker) { w.Attributes = routing.Attributes{"x": long + strings.Repeat("x", 4096)} }), "attributes"},
		{worker(func(w *routing.Worker) { w.Attributes = routing.Attributes{"x": make(chan int)} }), "attributes"},
		{worker(func(w *routing.Worker) { w.ActivitySID = numbered("WK", 1) }), "activity_sid"},
		{worker(func(w *routing.Worker) { w.Channels[0].Capacity = -1 }), "channels.chat.configured_capacity"},
		{worker(func(w *routing.Worker) { w.Channels[0].Capacity = routing.MaxCapacity + 1 }), "channels.chat.configured_capacity"},
		{queue(func(*routing.Queue) {}), ""},
		{queue(func(q *routing.Queue) { q.MaxReservedWorkers = 0 }), "max_reserved_workers"},
		{queue(func(q *routing.Queue) { q.MaxReservedWorkers = 51 }), "max_reserved_workers"},
		{queue(func(q *routing.Queue) { q.TaskOrder = "fifo" }), "task_order"},
		{queue(func(q *routing.Queue) { q.TargetWorkers = "skills HAS" }), "target_workers"},
		{queue(func(q *routing.Queue) { q.AssignmentActivitySID = "x" }), "assignment_activity_sid"},
		{queue(func(q *routing.Queue) { q.ReservationActivitySID = "x" }), "reservation_activity_sid"},
		{workflow(func(*routing.Workflow) {}), ""},
		{workflow(func(w *routing.Workflow) { w.ReservationTimeout = 0 }), "task_reservation_timeout"},
		{workflow(func(w *routing.Workflow) { w.ReservationTimeout = 86_401 }), "task_reservation_timeout"},
		{workflow(func(w *routing.Workflow) { w.AssignmentCallbackURL = "\n" }), "assignment_callback_url"},
		{workflow(func(w *routing.Workflow) { w.FallbackAssignmentCallbackURL = "\n" }), "fallback_assignment_callback_url"},
		{workflow(func(w *routing.Workflow) { w.Configuration = routing.Configuration{} }), "configuration"},
	} {
		var want []string
		if c.want != "" {
			want = []string{c.want}
		}
		if got := found(t, c.value.Check()); !slices.Equal(got, want) {
			t.Errorf("%d, %T: %v, want %v", n, c.value, got, want)
		}
	}
	if !routing.SameName("Jane", "jANE") || routing.SameName("Jane", "Jan") {
		t.Error("the case of names matters")
	}
}
