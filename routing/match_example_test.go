package routing_test

import (
	"fmt"
	"slices"
	"time"

	"github.com/engage-interactions/engage/routing"
)

// A task enters its workflow, and is offered to the worker who fits best. The trace says why.
func ExampleChoose() {
	now := time.Date(2026, 5, 23, 11, 0, 0, 0, time.UTC)
	queue := routing.Queue{SID: "WQ00000000000000000000000000000001", MaxReservedWorkers: 1}
	workflow, err := routing.ParseConfiguration(`{"task_routing": {"filters": [{
		"filter_friendly_name": "Sales", "expression": "type == 'sales'",
		"targets": [{"queue": "WQ00000000000000000000000000000001", "expression": "task.lang IN worker.langs", "order_by": "worker.level DESC"}]
	}]}}`)
	if err != nil {
		fmt.Println(err)
		return
	}
	task := routing.Assignment{Task: routing.Task{
		SID: "WT00000000000000000000000000000001", TaskChannelSID: "TC00000000000000000000000000000001",
		Attributes: routing.Attributes{"type": "sales", "lang": "es"},
	}}
	task, err = task.Happen(routing.TaskStarts, routing.TaskChange{}, now)
	if err != nil {
		fmt.Println(err)
		return
	}
	outcome := workflow.Advance(task.Task, routing.Tried{}, now)
	if task, err = task.Follow(outcome, now); err != nil {
		fmt.Println(err)
		return
	}
	for _, look := range outcome.Trace {
		fmt.Println(look)
	}

	chat := []routing.WorkerChannel{{TaskChannelSID: task.Task.TaskChannelSID, Capacity: 1, Available: true}}
	workers := []routing.Candidate{ // as they come from an index by IdleKey
		{InQueue: true, Worker: routing.Worker{
			SID: "WK00000000000000000000000000000001", Available: true, Channels: chat,
			Attributes: routing.Attributes{"langs": []string{"en"}, "level": 9},
		}},
		{InQueue: true, Worker: routing.Worker{
			SID: "WK00000000000000000000000000000002", Available: true, Channels: chat,
			Attributes: routing.Attributes{"langs": []string{"en", "es"}, "level": 3},
		}},
		{InQueue: true, Worker: routing.Worker{
			SID: "WK00000000000000000000000000000003", Available: true, Channels: chat,
			Attributes: routing.Attributes{"langs": []string{"es"}, "level": 5},
		}},
	}
	target, _ := workflow.TargetOf(task.Task)
	demand := routing.DemandOf(task.Task, target, queue, routing.Workspace{MultiTask: true}, nil)
	choice := routing.Choose(demand, nil, slices.Values(workers), now)
	fmt.Println(choice.Trace)
	// Output:
	// Sales, task_routing.filters[0]: matched
	// Sales, task_routing.filters[0].targets[0]: entered
	// queue WQ00000000000000000000000000000001, task channel TC00000000000000000000000000000001, worker.langs HAS 'es', by worker.level DESC
	//   WK00000000000000000000000000000001: expression: worker.langs HAS 'es', worker.langs is ['en']
	//   WK00000000000000000000000000000002: later
	//   WK00000000000000000000000000000003: chosen
}
