package engage_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/routing"
)

// hall is a floor on which tasks, workers and time do what they like.
type hall struct {
	*floor
	*rapid.T

	queues  []routing.Queue
	workers []routing.Worker
	tasks   []string
}

// hallConfiguration has a target of every kind. Its queues are those of newHall.
const hallConfiguration = `{"task_routing":{"filters":[
	{"expression":"kind == 'steps'","targets":[
		{"queue":"%[1]s","expression":"task.lang IN worker.langs","timeout":30},
		{"queue":"%[1]s","priority":5,"timeout":60,"skip_if":"workers.available == 0"},
		{"queue":"%[2]s","timeout":300}]},
	{"expression":"kind == 'known'","targets":[
		{"queue":"%[1]s","known_worker_friendly_name":"task.agent","timeout":90},
		{"queue":"%[3]s"}]},
	{"expression":"kind == 'fallback'","targets":[{"queue":"%[4]s","known_worker_friendly_name":"task.agent"}]},
	{"expression":"kind == 'order'","targets":[{"queue":"%[2]s","order_by":"worker.level DESC","skip_if":"1==1","timeout":20},{"queue":"%[5]s"}]},
	{"expression":"kind == 'load'","targets":[{"queue":"%[1]s","expression":"worker.channel.chat.assigned_tasks < 1"}]}
],"default_filter":{"queue":"%[3]s"}}}`

func newHall(tb testing.TB, t *rapid.T) *hall {
	h := &hall{floor: newFloor(tb, func(o *engage.Options) { o.Jobs.Concurrency = rapid.SampledFrom([]int{1, 4}).Draw(t, "concurrency") }), T: t}
	if rapid.Bool().Draw(t, "single task") {
		yes := true
		h.workspace = must(h.Workspaces.Update(tb.Context(), h.workspace.SID, engage.WorkspaceUpdate{SingleTask: &yes}))(tb)
	}
	for n, q := range []engage.NewQueue{
		{TargetWorkers: "level >= 1", Matching: routing.Matching{RejectCoolDown: 45}},
		{TargetWorkers: "level >= 2", MaxReservedWorkers: 2},
		{TaskOrder: routing.LIFO},
		{TargetWorkers: "level >= 1", Matching: routing.Matching{KnownWorkerFallback: true, RejectCoolDown: 20}},
		{Matching: routing.Matching{PriorityAgeing: 10}},
	} {
		q.FriendlyName = fmt.Sprint("queue ", n)
		h.queues = append(h.queues, must(h.Queues.Create(tb.Context(), h.workspace.SID, q))(tb))
	}
	h.workflow = h.newWorkflow("Hall", fmt.Sprintf(hallConfiguration, h.queues[0].SID, h.queues[1].SID, h.queues[2].SID, h.queues[3].SID, h.queues[4].SID))
	for n := range rapid.IntRange(1, 4).Draw(t, "workers") {
		langs := rapid.SampledFrom([]string{`["en"]`, `["de"]`, `["de","en"]`}).Draw(t, "langs")
		h.workers = append(h.workers, h.hires(fmt.Sprint("w", n), rapid.IntRange(1, 2).Draw(t, "capacity"),
			fmt.Sprintf(`{"level":%d,"langs":%s}`, rapid.IntRange(0, 3).Draw(t, "level"), langs)))
	}
	h.runs()
	return h
}

func (h *hall) attributes() routing.Attributes {
	return routing.Attributes{
		"kind":  rapid.SampledFrom([]string{"steps", "steps", "known", "fallback", "order", "load", "else"}).Draw(h.T, "kind"),
		"lang":  rapid.SampledFrom([]string{"en", "de"}).Draw(h.T, "lang"),
		"agent": rapid.SampledFrom([]string{"w0", "w1", "w2", "nobody"}).Draw(h.T, "agent"),
	}
}

func (h *hall) aTask() (sid string, ok bool) {
	if len(h.tasks) == 0 {
		return "", false
	}
	return rapid.SampledFrom(h.tasks).Draw(h.T, "task"), true
}

// anOffer returns a reservation that has not ended.
func (h *hall) anOffer() (r routing.Reservation, ok bool) {
	var live []routing.Reservation
	for _, w := range h.workers {
		live = append(live, must(h.Reservations.List(h.t.Context(), engage.ReservationFilter{WorkerSID: w.SID, Live: true}))(h.t).Items...)
	}
	if len(live) == 0 {
		return r, false
	}
	return live[rapid.IntRange(0, len(live)-1).Draw(h.T, "reservation")], true
}

// acts does something; that it is refused is as good.
func (h *hall) acts() {
	ctx := h.t.Context()
	switch rapid.SampledFrom([]string{"create", "create", "create", "create", "accept", "accept", "reject", "end", "end", "end", "cancel", "update", "activity", "activity", "worker", "target"}).Draw(h.T, "act") {
	case "create":
		h.creates(engage.NewTask{})
	case "target":
		n := engage.NewTask{RoutingTarget: rapid.SampledFrom(h.workers).Draw(h.T, "for").SID}
		if rapid.Bool().Draw(h.T, "capacity counts") {
			n.IgnoreCapacity = new(bool)
		}
		if rapid.Bool().Draw(h.T, "queue") {
			n.RoutingTarget = rapid.SampledFrom(h.queues).Draw(h.T, "in").SID
		}
		h.creates(n)
	case "accept":
		if r, ok := h.anOffer(); ok {
			_, _ = h.Reservations.Accept(ctx, r.SID, engage.Answer{})
		}
	case "reject":
		if r, ok := h.anOffer(); ok {
			_, _ = h.Reservations.Reject(ctx, r.SID, engage.Rejection{})
		}
	case "end":
		if r, ok := h.anOffer(); ok {
			if rapid.Bool().Draw(h.T, "wrap up") {
				_, _ = h.Reservations.WrapUp(ctx, r.SID, engage.Answer{})
			}
			_, _ = h.Reservations.Complete(ctx, r.SID, engage.Completion{Reason: "done"})
		}
	case "cancel":
		if sid, ok := h.aTask(); ok {
			_, _ = h.Tasks.Cancel(ctx, sid, engage.Ending{Reason: "enough"})
		}
	case "update":
		if sid, ok := h.aTask(); ok {
			u := engage.TaskUpdate{}
			if rapid.Bool().Draw(h.T, "attributes") {
				attributes := h.attributes()
				u.Attributes = &attributes
			} else {
				priority := rapid.IntRange(0, 9).Draw(h.T, "priority")
				u.Priority = &priority
			}
			must(h.Tasks.Update(ctx, sid, u))(h.t)
		}
	case "activity":
		h.puts(rapid.SampledFrom(h.workers).Draw(h.T, "worker").SID, rapid.SampledFrom([]string{"Available", "Available", "Break"}).Draw(h.T, "activity"))
	case "worker":
		attributes := routing.Attributes{"level": rapid.IntRange(0, 3).Draw(h.T, "level"), "langs": []string{rapid.SampledFrom([]string{"en", "de"}).Draw(h.T, "lang")}}
		must(h.Workers.Update(ctx, rapid.SampledFrom(h.workers).Draw(h.T, "worker").SID, engage.WorkerUpdate{Attributes: &attributes}))(h.t)
	}
}

func (h *hall) creates(n engage.NewTask) {
	n.WorkflowSID, n.Attributes = h.workflow.SID, h.attributes()
	n.Priority = rapid.IntRange(0, 3).Draw(h.T, "priority")
	n.Timeout = rapid.SampledFrom([]int{0, 40, 200}).Draw(h.T, "timeout")
	n.TaskChannel = rapid.SampledFrom([]string{"", "chat"}).Draw(h.T, "channel")
	h.tasks = append(h.tasks, must(h.Tasks.Create(h.t.Context(), h.workspace.SID, n))(h.t).SID)
}

func TestNoTaskWaitsThatSomebodyCouldTake(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		h := newHall(drawn{TB: t, rt: rt}, rt)
		for range rapid.IntRange(5, 40).Draw(rt, "rounds") {
			for range rapid.IntRange(1, 4).Draw(rt, "acts") {
				h.acts()
			}
			if rapid.Bool().Draw(rt, "time passes") {
				h.clock.pass(time.Duration(rapid.SampledFrom([]int{1, 5, 20, 30, 45, 120, 300}).Draw(rt, "seconds")) * time.Second)
			}
			h.runs()
			atPeace(h.t, h.Engine, h.st, h.workspace.SID, h.clock.read())
		}
	})
}

// drawn is a test whose failures are those of one of rapid's, which it then makes smaller.
type drawn struct {
	testing.TB

	rt *rapid.T
}

func (d drawn) Fatal(args ...any)                 { d.rt.Fatal(args...) }
func (d drawn) Fatalf(format string, args ...any) { d.rt.Fatalf(format, args...) }
func (d drawn) Error(args ...any)                 { d.rt.Error(args...) }
func (d drawn) Errorf(format string, args ...any) { d.rt.Errorf(format, args...) }
