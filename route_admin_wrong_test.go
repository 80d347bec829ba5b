package engage_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/routing"
	"github.com/engage-interactions/engage/store"
)

// paths returns where an error says that something is wrong.
func paths(err error) (list []string) {
	if wrong, ok := errors.AsType[*routing.ProblemsError](err); ok {
		for _, p := range wrong.Problems {
			list = append(list, p.Path)
		}
	}
	return list
}

// TestAllThatIsWrongIsSaid makes and changes things with all kinds of wrong fields.
func TestAllThatIsWrongIsSaid(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	other := must(f.Workspaces.Create(t.Context(), engage.NewWorkspace{FriendlyName: "Elsewhere"}))(t)
	elsewhere := must(f.Queues.Create(t.Context(), other.SID, engage.NewQueue{FriendlyName: "Elsewhere"}))(t)
	w := f.hires("ann", 1)
	long, empty, no := strings.Repeat("n", 65), "", "no"
	nowhere := routing.PrefixActivity.Of([16]byte{1})
	far := must(f.Activities.List(t.Context(), other.SID, 0, ""))(t).Items[0].SID
	minus, many := -1, 10_001
	order := routing.TaskOrder("XIFO")
	attributes := routing.Attributes{"text": strings.Repeat("a", 5000)}
	for _, row := range []struct {
		name string
		call func(ctx context.Context) error
		want []string
	}{
		{"a workspace", func(ctx context.Context) error {
			_, err := f.Workspaces.Create(ctx, engage.NewWorkspace{PrioritizeQueueOrder: order, EventCallbackURL: "\xff", EventsFilter: strings.Repeat("e", 5000)})
			return err
		}, []string{"friendly_name", "prioritize_queue_order", "event_callback_url", "events_filter"}},
		{"a workspace's update", func(ctx context.Context) error {
			_, err := f.Workspaces.Update(ctx, f.workspace.SID, engage.WorkspaceUpdate{FriendlyName: &long, PrioritizeQueueOrder: &order, DefaultActivitySID: &nowhere, TimeoutActivitySID: &far})
			return err
		}, []string{"friendly_name", "prioritize_queue_order", "default_activity_sid", "timeout_activity_sid"}},
		{"a workspace without activities", func(ctx context.Context) error {
			_, err := f.Workspaces.Update(ctx, f.workspace.SID, engage.WorkspaceUpdate{DefaultActivitySID: &empty, TimeoutActivitySID: &empty})
			return err
		}, []string{"default_activity_sid", "timeout_activity_sid"}},
		{"an activity", func(ctx context.Context) error {
			_, err := f.Activities.Create(ctx, f.workspace.SID, engage.NewActivity{FriendlyName: "a\nb"})
			return err
		}, []string{"friendly_name"}},
		{"an activity's update", func(ctx context.Context) error {
			_, err := f.Activities.Update(ctx, f.activities["Break"].SID, engage.ActivityUpdate{FriendlyName: &empty})
			return err
		}, []string{"friendly_name"}},
		{"a task channel", func(ctx context.Context) error {
			_, err := f.TaskChannels.Create(ctx, f.workspace.SID, engage.NewTaskChannel{FriendlyName: long, UniqueName: "1-x"})
			return err
		}, []string{"friendly_name", "unique_name"}},
		{"a task channel's update", func(ctx context.Context) error {
			_, err := f.TaskChannels.Update(ctx, f.channels["sms"].SID, engage.TaskChannelUpdate{FriendlyName: &long})
			return err
		}, []string{"friendly_name"}},
		{"a queue", func(ctx context.Context) error {
			_, err := f.Queues.Create(ctx, f.workspace.SID, engage.NewQueue{
				TargetWorkers: "level >", MaxReservedWorkers: 51, TaskOrder: order, ReservationActivitySID: nowhere, AssignmentActivitySID: no,
				Matching: routing.Matching{PriorityAgeing: -1, RejectCoolDown: 2_000_000},
			})
			return err
		}, []string{
			"friendly_name", "max_reserved_workers", "task_order", "matching.priority_ageing", "matching.reject_cool_down", "assignment_activity_sid", "target_workers",
			"reservation_activity_sid",
		}},
		{"a queue's expression of 1 MB", func(ctx context.Context) error {
			huge := strings.Repeat("level == 1 OR ", 1<<16) + "level == 1"
			_, err := f.Queues.Update(ctx, f.queue.SID, engage.QueueUpdate{TargetWorkers: &huge})
			return err
		}, []string{"target_workers"}},
		{"a queue's update", func(ctx context.Context) error {
			_, err := f.Queues.Update(ctx, f.queue.SID, engage.QueueUpdate{FriendlyName: &empty, MaxReservedWorkers: &minus, AssignmentActivitySID: &far})
			return err
		}, []string{"friendly_name", "max_reserved_workers", "assignment_activity_sid"}},
		{"a workflow", func(ctx context.Context) error {
			_, err := f.Workflows.Create(ctx, f.workspace.SID, engage.NewWorkflow{ReservationTimeout: 86_401, AssignmentCallbackURL: " ", Configuration: `{"task_routing":{
				"filters":[{"expression":"a ==","targets":[{"queue":"` + elsewhere.SID + `","timeout":-1},{"queue":"no"}]}],"default_filter":{"queue":"` + routing.PrefixQueue.Of([16]byte{1}) + `"}}}`})
			return err
		}, []string{
			"friendly_name", "task_reservation_timeout", "assignment_callback_url", "task_routing.filters[0].expression",
			"task_routing.filters[0].targets[0].timeout", "task_routing.filters[0].targets[1].queue",
		}},
		{"a workflow of queues that are not there", func(ctx context.Context) error {
			_, err := f.Workflows.Create(ctx, f.workspace.SID, engage.NewWorkflow{FriendlyName: "New", Configuration: `{"task_routing":{
				"filters":[{"expression":"a == 1","targets":[{"queue":"` + elsewhere.SID + `"},{"queue":"` + f.queue.SID + `"}]}],"default_filter":{"queue":"` + routing.PrefixQueue.Of([16]byte{1}) + `"}}}`})
			return err
		}, []string{"task_routing.filters[0].targets[0].queue", "task_routing.default_filter.queue"}},
		{"a workflow without configuration", func(ctx context.Context) error {
			_, err := f.Workflows.Create(ctx, f.workspace.SID, engage.NewWorkflow{FriendlyName: "New"})
			return err
		}, []string{"configuration"}},
		{"a workflow's update", func(ctx context.Context) error {
			_, err := f.Workflows.Update(ctx, f.workflow.SID, engage.WorkflowUpdate{FriendlyName: &empty, ReservationTimeout: &minus, Configuration: &no})
			return err
		}, []string{"friendly_name", "task_reservation_timeout", "configuration"}},
		{"a worker", func(ctx context.Context) error {
			_, err := f.Workers.Create(ctx, f.workspace.SID, engage.NewWorker{
				FriendlyName: long, AgentID: "\x00", Attributes: attributes, ActivitySID: far, Capacities: map[string]int{"fax": 1, "sms": 10_001, "chat": -1, "voice": 0, "Voice": 0},
			})
			return err
		}, []string{"friendly_name", "attributes", "agent_id", "activity_sid", "capacities.chat", "capacities.fax", "capacities.sms", "capacities.voice"}},
		{"a worker's update", func(ctx context.Context) error {
			_, err := f.Workers.Update(ctx, w.SID, engage.WorkerUpdate{FriendlyName: &empty, Attributes: &attributes, ActivitySID: &nowhere})
			return err
		}, []string{"friendly_name", "attributes", "activity_sid"}},
		{"to reject what is offered, and go on", func(ctx context.Context) error {
			_, err := f.Workers.Update(ctx, w.SID, engage.WorkerUpdate{RejectPendingReservations: true})
			return err
		}, []string{"reject_pending_reservations"}},
		{"a capacity", func(ctx context.Context) error {
			_, err := f.Workers.SetChannel(ctx, w.SID, "sms", engage.WorkerChannelUpdate{Capacity: &many})
			return err
		}, []string{"capacities.sms"}},
	} {
		unchanged(t, f.st, func() {
			err := row.call(t.Context())
			if !errors.Is(err, engage.ErrInvalid) || !slices.Equal(paths(err), row.want) {
				t.Errorf("%s: %v\nis about %q, want %q", row.name, err, paths(err), row.want)
			}
			if wrong, ok := errors.AsType[*engage.InvalidError](err); !ok || wrong.Field != row.want[0] {
				t.Errorf("%s: the field is %+v", row.name, wrong)
			}
		})
	}
}

// TestNamesAreUnique gives each kind of thing the name of another one.
func TestNamesAreUnique(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	f.hires("Ann", 1)
	bob := f.hires("Bob", 1)
	taken, queue := "aNN", f.newQueue("Second", "")
	workflow := f.newWorkflow("Second", leadingTo(queue.SID))
	elsewhere := must(f.Workspaces.Create(t.Context(), engage.NewWorkspace{FriendlyName: "Elsewhere"}))(t)
	name := func(s string) *string { return &s }
	for what, call := range map[string]func(ctx context.Context) error{
		"workspace": func(ctx context.Context) error {
			_, err := f.Workspaces.Create(ctx, engage.NewWorkspace{FriendlyName: "SUPPORT"})
			return err
		},
		"workspace renamed": func(ctx context.Context) error {
			_, err := f.Workspaces.Update(ctx, elsewhere.SID, engage.WorkspaceUpdate{FriendlyName: name("support")})
			return err
		},
		"activity": func(ctx context.Context) error {
			_, err := f.Activities.Create(ctx, f.workspace.SID, engage.NewActivity{FriendlyName: "break"})
			return err
		},
		"activity renamed": func(ctx context.Context) error {
			_, err := f.Activities.Update(ctx, f.activities["Offline"].SID, engage.ActivityUpdate{FriendlyName: name("break")})
			return err
		},
		"task channel": func(ctx context.Context) error {
			_, err := f.TaskChannels.Create(ctx, f.workspace.SID, engage.NewTaskChannel{UniqueName: "SMS", FriendlyName: "Other"})
			return err
		},
		"task channel renamed": func(ctx context.Context) error {
			_, err := f.TaskChannels.Update(ctx, f.channels["chat"].SID, engage.TaskChannelUpdate{FriendlyName: name("SMS")})
			return err
		},
		"queue": func(ctx context.Context) error {
			_, err := f.Queues.Create(ctx, f.workspace.SID, engage.NewQueue{FriendlyName: "everybody"})
			return err
		},
		"queue renamed": func(ctx context.Context) error {
			_, err := f.Queues.Update(ctx, queue.SID, engage.QueueUpdate{FriendlyName: name("everybody")})
			return err
		},
		"workflow": func(ctx context.Context) error {
			_, err := f.Workflows.Create(ctx, f.workspace.SID, engage.NewWorkflow{FriendlyName: "support", Configuration: leadingTo(queue.SID)})
			return err
		},
		"workflow renamed": func(ctx context.Context) error {
			_, err := f.Workflows.Update(ctx, workflow.SID, engage.WorkflowUpdate{FriendlyName: name("support")})
			return err
		},
		"worker": func(ctx context.Context) error {
			_, err := f.Workers.Create(ctx, f.workspace.SID, engage.NewWorker{FriendlyName: taken})
			return err
		},
		"worker renamed": func(ctx context.Context) error {
			_, err := f.Workers.Update(ctx, bob.SID, engage.WorkerUpdate{FriendlyName: &taken})
			return err
		},
	} {
		unchanged(t, f.st, func() {
			if err := call(t.Context()); !errors.Is(err, engage.ErrConflict) {
				t.Errorf("%s: %v, want a conflict", what, err)
			}
		})
	}
	// Elsewhere they are free, and whoever goes leaves theirs.
	must(f.Workers.Create(t.Context(), elsewhere.SID, engage.NewWorker{FriendlyName: taken}))(t)
	if err := f.Workers.Delete(t.Context(), bob.SID); err != nil {
		t.Fatal(err)
	}
	f.hires("BOB", 1)
	f.runs()
	reckoned(t, f)
}

// TestWhatIsNotThereIsNotFound asks for what is of another kind, was deleted, or is no SID.
func TestWhatIsNotThereIsNotFound(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	for _, sid := range []string{"", "no", f.queue.SID[:33], strings.Replace(f.queue.SID, "WQ", "XX", 1), store.Tuple{}.Text("a").String()} {
		for what, call := range map[string]func(ctx context.Context) error{
			"workspace":    func(ctx context.Context) error { _, err := f.Workspaces.Get(ctx, sid); return err },
			"activity":     func(ctx context.Context) error { _, err := f.Activities.Get(ctx, sid); return err },
			"task channel": func(ctx context.Context) error { _, err := f.TaskChannels.Get(ctx, sid); return err },
			"queue":        func(ctx context.Context) error { _, err := f.Queues.Get(ctx, sid); return err },
			"counts":       func(ctx context.Context) error { _, err := f.Queues.Counts(ctx, sid); return err },
			"workflow":     func(ctx context.Context) error { _, err := f.Workflows.Get(ctx, sid); return err },
			"worker":       func(ctx context.Context) error { _, err := f.Workers.Get(ctx, sid); return err },
			"a worker's update": func(ctx context.Context) error {
				_, err := f.Workers.Update(ctx, sid, engage.WorkerUpdate{})
				return err
			},
			"a worker's channel": func(ctx context.Context) error {
				_, err := f.Workers.SetChannel(ctx, sid, "sms", engage.WorkerChannelUpdate{})
				return err
			},
			"a queue in no workspace": func(ctx context.Context) error {
				_, err := f.Queues.Create(ctx, sid, engage.NewQueue{FriendlyName: "q"})
				return err
			},
			"a worker in no workspace": func(ctx context.Context) error {
				_, err := f.Workers.Create(ctx, sid, engage.NewWorker{FriendlyName: "w"})
				return err
			},
		} {
			if err := call(t.Context()); !errors.Is(err, engage.ErrNotFound) {
				t.Errorf("%s %q: %v", what, sid, err)
			}
		}
		if page := must(f.Queues.List(t.Context(), sid, 0, ""))(t); len(page.Items) > 0 {
			t.Errorf("%q has queues", sid)
		}
	}
	if q := must(f.Queues.Get(t.Context(), "WQ"+strings.ToUpper(f.queue.SID[2:])))(t); q.SID != f.queue.SID {
		t.Errorf("in upper case it is %s", q.SID)
	}
	if page := must(f.Queues.List(t.Context(), "WS"+strings.ToUpper(f.workspace.SID[2:]), 0, ""))(t); len(page.Items) != 1 {
		t.Errorf("in upper case, the workspace has %d queues", len(page.Items))
	}
}
