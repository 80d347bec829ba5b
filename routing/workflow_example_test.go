package routing_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/engage-interactions/engage/routing"
)

// A task goes through a workflow: half a minute for those who know the customer, then
// everybody in the queue, with a higher priority.
func ExampleConfiguration_Enter() {
	c, err := routing.ParseConfiguration(`{"task_routing": {
		"filters": [
			{"filter_friendly_name": "Sales", "expression": "product == 'x'", "targets": [
				{"queue": "WQ00000000000000000000000000000001", "timeout": 30, "expression": "worker.sid IN task.preferred"},
				{"priority": 10}]},
			{"filter_friendly_name": "Support", "expression": "type == 'support'", "targets": [
				{"queue": "WQ00000000000000000000000000000002"}]}],
		"default_filter": {"queue": "WQ00000000000000000000000000000003"}}}`)
	if err != nil {
		fmt.Println(err)
		return
	}
	task, _ := routing.ParseAttributes(`{"product": "x", "preferred": ["WK1"]}`)
	now := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

	move := c.Enter(task, 0, now)
	fmt.Println(move.Step.Queue, move.Step.Priority, move.Step.Deadline.Sub(now))
	for move.Step.Due(now.Add(30 * time.Second)) {
		move = c.Next(move.Step, routing.LeftByTimeout, task, now.Add(30*time.Second))
	}
	fmt.Println(move.Step.Queue, move.Step.Priority)
	for _, look := range move.Trace {
		fmt.Println(look.Path, look.Saw)
	}
	// Output:
	// WQ00000000000000000000000000000001 0 30s
	// WQ00000000000000000000000000000001 10
	// task_routing.filters[0].targets[0] timeout
	// task_routing.filters[0].targets[1] entered
}

// All mistakes are told of at once, each with its place.
func ExampleParseConfiguration() {
	_, err := routing.ParseConfiguration(`{"task_routing": {
		"filters": [{"expression": "product = ", "targets": [{"timeout": "soon"}]}],
		"default": {"queue": "WQ1"}}}`)
	if wrong, ok := errors.AsType[*routing.ProblemsError](err); ok {
		for _, p := range wrong.Problems {
			fmt.Println(p)
		}
	}
	// Output:
	// task_routing.filters[0].expression: at offset 10: a key or a constant is missing before the end
	// task_routing.filters[0].targets[0].timeout: must be a whole number from 1 to 2147483647
	// task_routing.filters[0].targets[0].queue: is missing; the first target of a filter names a queue
	// task_routing.default: is not known here; known are default_filter, filters
}
