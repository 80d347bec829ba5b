package enginetest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/oklog/ulid/v2"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/routing"
	"github.com/engage-interactions/engage/store"
)

// conversationSID is the SID of a thread.
func conversationSID(threadID string) string {
	id, err := ulid.ParseStrict(threadID)
	if err != nil {
		return ""
	}
	return routing.PrefixConversation.Of(id)
}

// tasksIn returns the tasks of all workspaces, with their reservations.
func (b *books) tasksIn() (tasks []routing.Task, reservations map[string][]routing.Reservation) {
	b.Helper()
	ctx := b.Context()
	reservations = map[string][]routing.Reservation{}
	workspaces := list(b, "workspaces", func(next string) (engage.Page[routing.Workspace], error) {
		return b.eng.Workspaces.List(ctx, store.MaxLimit, next)
	})
	for _, w := range workspaces {
		tasks = append(tasks, list(b, "tasks", func(next string) (engage.Page[routing.Task], error) {
			return b.eng.Tasks.List(ctx, engage.TaskFilter{WorkspaceSID: w.SID, Limit: store.MaxLimit, Continuation: next})
		})...)
	}
	for _, k := range tasks {
		reservations[k.SID] = list(b, "reservations", func(next string) (engage.Page[routing.Reservation], error) {
			return b.eng.Reservations.List(ctx, engage.ReservationFilter{TaskSID: k.SID, Limit: store.MaxLimit, Continuation: next})
		})
	}
	return tasks, reservations
}

func checkRoutingOne(b *books) {
	tasks, reservations := b.tasksIn()
	for _, k := range tasks {
		states := map[routing.ReservationStatus]int{}
		for _, r := range reservations[k.SID] {
			if r.Status.Live() {
				states[r.Status]++
			}
		}
		want := map[routing.ReservationStatus]int{}
		switch k.Status {
		case routing.TaskReserved:
			want[routing.ReservationPending] = max(1, states[routing.ReservationPending])
		case routing.TaskAssigned:
			want[routing.ReservationAccepted] = 1
		case routing.TaskWrapping:
			want[routing.ReservationWrapping] = 1
		case routing.TaskPending, routing.TaskCompleted, routing.TaskCanceled:
		}
		if !maps.Equal(states, want) {
			b.broken(fmt.Sprintf("task %s is %s with %v", k.SID, k.Status, states), want)
		}
	}
}

func checkRoutingCapacity(b *books) {
	_, reservations := b.tasksIn()
	type at struct{ worker, channel string }
	want, got := map[at]int{}, map[at]int{}
	for _, all := range reservations {
		for _, r := range all {
			if r.Status.Live() {
				want[at{r.WorkerSID, r.TaskChannelSID}]++
			}
		}
	}
	workers := list(b, "workers", func(next string) (engage.Page[routing.Worker], error) {
		return b.eng.Workers.List(b.Context(), engage.WorkerFilter{Limit: store.MaxLimit, Continuation: next})
	})
	there := map[string]bool{}
	for _, w := range workers {
		there[w.SID] = true
		for _, c := range w.Channels {
			if n := c.Reservations(); n > 0 {
				got[at{w.SID, c.TaskChannelSID}] = n
			}
		}
	}
	maps.DeleteFunc(want, func(a at, _ int) bool { return !there[a.worker] }) // who was deleted is seen to later
	if !maps.Equal(got, want) {
		b.broken(fmt.Sprintf("workers are counted for %v", got), want)
	}
}

func checkRoutingCounts(b *books) {
	tasks, _ := b.tasksIn()
	want := map[string]map[routing.TaskStatus]int64{}
	for _, k := range tasks {
		if want[k.QueueSID] == nil {
			want[k.QueueSID] = map[routing.TaskStatus]int64{}
		}
		if k.Status.Live() {
			want[k.QueueSID][k.Status]++
		}
	}
	for sid, want := range want {
		if sid == "" {
			continue
		}
		counts, err := b.eng.Queues.Counts(b.Context(), sid)
		if err != nil {
			b.Fatalf("enginetest: counting what waits: %v", err)
		}
		got := maps.Clone(counts.Tasks)
		maps.DeleteFunc(got, func(_ routing.TaskStatus, n int64) bool { return n == 0 })
		if !maps.Equal(got, want) && len(got)+len(want) > 0 {
			b.broken(fmt.Sprintf("queue %s counts %v", sid, got), want)
		}
	}
}

// routingJob is what the job of something that is routed is for.
type routingJob struct {
	TaskSID        string `json:"task_sid"`
	ReservationSID string `json:"reservation_sid"`
}

// ofRouting reports whether a job is one of routing.
func ofRouting(j engage.Job) bool {
	of, _, _ := strings.Cut(j.Type, ".")
	return j.Type == "task.route" || slices.Contains([]string{"reservation", "worker", "workspace", "queue", "workflow", "channel"}, of)
}

func checkRoutingJob(b *books) {
	jobs := map[routingJob]bool{}
	for _, j := range b.jobs {
		var is routingJob
		if ofRouting(j) && json.Unmarshal(j.Data, &is) == nil {
			jobs[is] = true
		}
	}
	tasks, reservations := b.tasksIn()
	for _, k := range tasks {
		if waits := k.Status == routing.TaskPending || k.Status == routing.TaskReserved; waits && !jobs[routingJob{TaskSID: k.SID}] {
			b.broken(fmt.Sprintf("no job for task %s, which is %s", k.SID, k.Status), "one that looks after it")
		}
		for _, r := range reservations[k.SID] {
			if r.Status == routing.ReservationPending && !jobs[routingJob{ReservationSID: r.SID}] {
				b.broken("no job for reservation "+r.SID+", which is pending", "one that ends its time")
			}
		}
	}
}

func checkRoutingTold(b *books) {
	var types []engage.EventType
	for _, row := range routing.ReservationLifecycle.Rows {
		for _, e := range row.Events {
			types = append(types, engage.EventType(e))
		}
	}
	states := map[string]routing.ReservationStatus{}
	for _, e := range b.of(types...) {
		from, to := states[e.Resource.ID], routing.ReservationStatus("")
		for _, row := range routing.ReservationLifecycle.Rows {
			if slices.Contains(row.From, from) && slices.Contains(row.Events, string(e.Type)) {
				to = row.To
			}
		}
		if to == "" {
			b.broken(fmt.Sprintf("%s of reservation %s while it is %q", e.Type, e.Resource.ID, from), "what its lifecycle allows")
		}
		states[e.Resource.ID] = to
	}
	_, reservations := b.tasksIn()
	for _, all := range reservations {
		for _, r := range all {
			if states[r.SID] != r.Status {
				b.broken(fmt.Sprintf("reservation %s is %s, and it was told that it is %q", r.SID, r.Status, states[r.SID]), "what it is")
			}
		}
	}
}

func checkRoutingOrphan(b *books) {
	all := list(b, "interactions of Flex", func(next string) (engage.Page[engage.FlexInteraction], error) {
		return b.eng.Flex.List(b.Context(), engage.FlexFilter{Limit: store.MaxLimit, Continuation: next})
	})
	threads := map[string]interaction.Thread{}
	for _, t := range b.threads {
		threads[t.ID] = t
	}
	for _, i := range all {
		c := i.Channel
		if (c.Status == routing.ChannelActive || c.Status == routing.ChannelTransfer) && c.LiveTasks+c.OpenInvites+c.OpenTransfers == 0 {
			b.broken(fmt.Sprintf("channel %s is %s, and nobody is on it, nor sought", c.SID, c.Status), "a task, an invite or a transfer")
		}
		thread := threads[c.ThreadID]
		if c.Status != routing.ChannelSetup && c.Status.Live() != (thread.ChannelSID == c.SID) {
			b.broken(fmt.Sprintf("channel %s is %s, and its conversation is with %q", c.SID, c.Status, thread.ChannelSID), "that it knows it as long as it is live")
		}
	}
}
