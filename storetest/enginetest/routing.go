package enginetest

import (
	"context"
	"fmt"
	"slices"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/routing"
)

// desk is the source on whose conversations agents work who get them by routing.
const desk = "desk"

// office is what tasks were prepared to be routed by.
type office struct {
	workspace, available, queue, workflow string

	sue     string // a worker who could take ten tasks, and is not available
	task    string // waits for anybody
	channel string // of a conversation with sid, is to be set up
	first   string // its task
	talk    talk   // with tam, who has no channel
}

// routingRoom is what routes tasks to workers, and the interactions of Flex.
func routingRoom() room {
	return room{
		name:    "routing",
		prepare: prepareOffice,
		invariants: []Invariant{
			{ID: "routing-one", Text: "A task must have the live reservations that its state asks for: one that is accepted or wrapping if it is, and else none.", check: checkRoutingOne},
			{ID: "routing-capacity", Text: "A worker must be counted for the live reservations that there are, no more and no less.", check: checkRoutingCapacity},
			{ID: "routing-counts", Text: "A queue must count the tasks that are in it, by their states.", check: checkRoutingCounts},
			{ID: "routing-told", Text: "What is told of a reservation must be a way through its lifecycle, which ends in the state that it is in.", check: checkRoutingTold},
			{ID: "routing-job", Text: "Every task that waits must have a job that looks after it, and every offer one that ends its time.", check: checkRoutingJob},
			{ID: "routing-orphan", Text: "A channel that is active must have a task that has not ended, or an invite or a transfer that is open; its conversation knows it.", check: checkRoutingOrphan},
		},
		// When what waits is looked at, which depends on when it was offered; and in which
		// part tasks and workers are counted, which depends on their SIDs.
		fleeting: fleeting(
			`,?"(?:due_at|route_at|ended_at|assigned_at|idle_since|updated_at|idle_key|status_changed_at)":"[^"]*"`,
			`^job .*"(?:task\.route|reservation\.time_out|worker\.route)".*`, `^(?:task_count|worker_count|ready_worker) .*`,
		),
		scenarios: routingScenarios(),
	}
}

func prepareOffice(ctx context.Context, s engage.Services, at *place) (err error) {
	o := &at.office
	workspace, err := s.Workspaces.Create(ctx, engage.NewWorkspace{FriendlyName: "Support"})
	if err != nil {
		return err
	}
	o.workspace = workspace.SID
	activities, err := s.Activities.List(ctx, o.workspace, 0, "")
	if err != nil {
		return err
	}
	for _, a := range activities.Items {
		if a.Available {
			o.available = a.SID
		}
	}
	queue, err := s.Queues.Create(ctx, o.workspace, engage.NewQueue{FriendlyName: "Everybody"})
	if err != nil {
		return err
	}
	o.queue = queue.SID
	workflow, err := s.Workflows.Create(ctx, o.workspace, engage.NewWorkflow{
		FriendlyName: "Support", ReservationTimeout: routing.MaxReservationTimeout,
		Configuration: fmt.Sprintf(`{"task_routing":{"default_filter":{"queue":%q}}}`, o.queue),
	})
	if err != nil {
		return err
	}
	o.workflow = workflow.SID
	sue, err := s.Workers.Create(ctx, o.workspace, engage.NewWorker{FriendlyName: "sue", Capacities: map[string]int{"default": 10}})
	if err != nil {
		return err
	}
	o.sue = sue.SID
	task, err := s.Tasks.Create(ctx, o.workspace, engage.NewTask{Timeout: routing.MaxTaskTimeout})
	if err != nil {
		return err
	}
	o.task = task.SID
	if _, err := s.Sources.Create(ctx, interaction.Source{ID: desk, Type: chat, Name: desk, Active: true, TimeForThreadClosing: -1}); err != nil {
		return err
	}
	sid, err := hears(ctx, s, says(desk, "sid", "sid 1"))
	if err != nil {
		return err
	}
	if o.talk, err = hears(ctx, s, says(desk, "tam", "tam 1")); err != nil {
		return err
	}
	i, err := s.Flex.Create(ctx, o.about(sid, "key of sid"))
	o.channel, o.first = i.ChannelSID, i.TaskSID
	return err
}

// about is an interaction in a conversation that was begun.
func (o office) about(with talk, key string) engage.NewInteraction {
	return engage.NewInteraction{
		IdempotencyKey: key,
		Request: routing.CreateRequest{
			Channel: routing.ChannelRequest{
				Type: routing.ChannelChat, InitiatedBy: routing.ByCustomer,
				Properties: routing.MediaRequest{MediaChannelSID: conversationSID(with.thread)},
			},
			Routing: &routing.CreateRouting{Properties: routing.TaskRequest{
				WorkspaceSID: o.workspace, WorkflowSID: o.workflow, Timeout: routing.MaxTaskTimeout,
			}},
		},
	}
}

// comes lets sue take tasks, and has them offered to her.
func (o office) comes(ctx context.Context, eng *engage.Engine, at place) error {
	err := eng.Atomically(ctx, func(w *engage.Work) error {
		sue, err := w.Workers.Get(ctx, o.sue)
		if err != nil || sue.Available {
			return err
		}
		_, err = w.Workers.Update(ctx, o.sue, engage.WorkerUpdate{ActivitySID: &o.available})
		return err
	})
	if err != nil {
		return err
	}
	return runDue(ctx, eng, at)
}

// has returns what sue has of a task, if she has something.
func (o office) has(ctx context.Context, eng *engage.Engine, task string) (sid string, err error) {
	page, err := eng.Reservations.List(ctx, engage.ReservationFilter{TaskSID: task})
	for _, r := range page.Items {
		if r.WorkerSID == o.sue && r.Status.Live() {
			sid = r.SID
		}
	}
	return sid, err
}

func routingScenarios() []scenario {
	return []scenario{
		{
			name: "an interaction is created",
			call: func(ctx context.Context, eng *engage.Engine, at place) error {
				_, err := eng.Flex.Create(ctx, at.office.about(at.office.talk, at.name("key of tam")))
				return err
			},
		},
		{
			name: "what waits is offered", several: true,
			call: func(ctx context.Context, eng *engage.Engine, at place) error { return at.office.comes(ctx, eng, at) },
		},
		{
			name: "a task is accepted and completed", several: true,
			call: func(ctx context.Context, eng *engage.Engine, at place) error {
				return at.office.accepts(ctx, eng, at, at.office.task)
			},
		},
		{
			name: "a conversation is accepted and completed", several: true,
			call: func(ctx context.Context, eng *engage.Engine, at place) error {
				return at.office.accepts(ctx, eng, at, at.office.first)
			},
		},
		{
			name: "a task is canceled", repeated: engage.ErrRefused,
			call: func(ctx context.Context, eng *engage.Engine, at place) error {
				_, err := eng.Tasks.Cancel(ctx, at.office.task, engage.Ending{Reason: "enough"})
				return err
			},
		},
		{
			name: "a channel is closed", repeated: engage.ErrRefused, drastic: true,
			call: func(ctx context.Context, eng *engage.Engine, at place) error {
				_, err := eng.Flex.UpdateChannel(ctx, at.office.channel, routing.ChannelUpdate{By: routing.ChannelCloses})
				return err
			},
		},
		{
			name: "a worker is hired", repeated: engage.ErrConflict,
			call: func(ctx context.Context, eng *engage.Engine, at place) error {
				_, err := eng.Workers.Create(ctx, at.office.workspace, engage.NewWorker{FriendlyName: at.name("liv")})
				return err
			},
		},
		{
			name: "a worker is deleted", drastic: true,
			call: func(ctx context.Context, eng *engage.Engine, at place) error {
				return done(eng.Workers.Delete(ctx, at.office.sue))
			},
		},
		{
			name: "a queue is opened", repeated: engage.ErrConflict,
			call: func(ctx context.Context, eng *engage.Engine, at place) error {
				_, err := eng.Queues.Create(ctx, at.office.workspace, engage.NewQueue{FriendlyName: at.name("tea"), TargetWorkers: `tea == true`})
				return err
			},
		},
		{
			name: "a queue that is needed is not deleted", refused: engage.ErrRefused,
			call: func(ctx context.Context, eng *engage.Engine, at place) error {
				return eng.Queues.Delete(ctx, at.office.queue)
			},
		},
		{
			name: "a task for nobody is refused", refused: engage.ErrInvalid,
			call: func(ctx context.Context, eng *engage.Engine, at place) error {
				nobody := routing.PrefixWorker.Of([16]byte{})
				_, err := eng.Tasks.Create(ctx, at.office.workspace, engage.NewTask{RoutingTarget: nobody})
				return err
			},
		},
	}
}

// accepts has sue accept a task and complete it.
func (o office) accepts(ctx context.Context, eng *engage.Engine, at place, task string) error {
	if err := o.comes(ctx, eng, at); err != nil {
		return err
	}
	sid, err := o.has(ctx, eng, task)
	if err != nil || sid == "" {
		return err
	}
	if _, err := eng.Reservations.Accept(ctx, sid, engage.Answer{}); err != nil && !o.was(ctx, eng, sid, routing.ReservationAccepted, routing.ReservationCompleted) {
		return err
	}
	_, err = eng.Reservations.Complete(ctx, sid, engage.Completion{Reason: "done"})
	return err
}

// was reports whether a reservation is in one of some states: then somebody has answered before.
func (o office) was(ctx context.Context, eng *engage.Engine, sid string, states ...routing.ReservationStatus) bool {
	r, err := eng.Reservations.Get(ctx, sid)
	return err == nil && slices.Contains(states, r.Status)
}
