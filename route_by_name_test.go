package engage_test

import (
	"context"
	"errors"
	"testing"

	"github.com/engage-interactions/engage"
)

// What has a name in a workspace is found by it, whatever the case, and not by that of another
// workspace, of something else, or of what was deleted or renamed.
func TestThingsAreFoundByTheirNames(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	ctx := t.Context()
	ann := f.hires("ann", 1)
	other := must(f.Workspaces.Create(ctx, engage.NewWorkspace{FriendlyName: "Other"}))(t)
	must(f.Queues.Create(ctx, other.SID, engage.NewQueue{FriendlyName: "Theirs"}))(t)
	ours := must(f.Queues.Create(ctx, f.workspace.SID, engage.NewQueue{FriendlyName: "Ours"}))(t)
	gone := must(f.Workers.Create(ctx, f.workspace.SID, engage.NewWorker{FriendlyName: "gone"}))(t)
	if err := f.Workers.Delete(ctx, gone.SID); err != nil {
		t.Fatal(err)
	}
	named := "Renamed"
	must(f.Workflows.Update(ctx, f.workflow.SID, engage.WorkflowUpdate{FriendlyName: &named}))(t)

	sid := func(find func(ctx context.Context, workspaceSID, name string) (string, error)) func(name string) string {
		return func(name string) string {
			sid, err := find(ctx, f.workspace.SID, name)
			if err != nil && (!errors.Is(err, engage.ErrNotFound) || sid != "") {
				t.Errorf("%s: %q, %v", name, sid, err)
			}
			return sid
		}
	}
	worker := sid(func(ctx context.Context, in, name string) (string, error) {
		w, err := f.Workers.FindByName(ctx, in, name)
		return w.SID, err
	})
	queue := sid(func(ctx context.Context, in, name string) (string, error) {
		q, err := f.Queues.FindByName(ctx, in, name)
		return q.SID, err
	})
	workflow := sid(func(ctx context.Context, in, name string) (string, error) {
		w, err := f.Workflows.FindByName(ctx, in, name)
		return w.SID, err
	})
	channel := sid(func(ctx context.Context, in, name string) (string, error) {
		c, err := f.TaskChannels.FindByName(ctx, in, name)
		return c.UniqueName, err
	})
	activity := sid(func(ctx context.Context, in, name string) (string, error) {
		a, err := f.Activities.FindByName(ctx, in, name)
		return a.FriendlyName, err
	})
	workspace := sid(func(ctx context.Context, _, name string) (string, error) {
		w, err := f.Workspaces.FindByName(ctx, name)
		return w.SID, err
	})
	for what, of := range map[string]struct{ found, want string }{
		"a worker":                     {worker("ANN"), ann.SID},
		"a worker who is gone":         {worker("gone"), ""},
		"a queue":                      {queue("ours"), ours.SID},
		"a queue of another workspace": {queue("Theirs"), ""},
		"a queue by no name":           {queue(""), ""},
		"a workflow":                   {workflow("renamed"), f.workflow.SID},
		"a workflow by its old name":   {workflow(f.workflow.FriendlyName), ""},
		"a task channel":               {channel("SMS"), "sms"},
		"an activity":                  {activity("available"), "Available"},
		"an activity named like ann":   {activity("ann"), ""},
		"a workspace":                  {workspace("other"), other.SID},
		"a workspace named like ours":  {workspace("Ours"), ""},
	} {
		if of.found != of.want {
			t.Errorf("%s: %q, want %q", what, of.found, of.want)
		}
	}
	if _, err := f.Queues.FindByName(ctx, "WS0", "ours"); !errors.Is(err, engage.ErrNotFound) {
		t.Errorf("in no workspace: %v", err)
	}
	_, err := f.Activities.FindByName(ctx, f.workspace.SID, "Lunch")
	if err == nil || err.Error() != `activity: none has the name "Lunch"` {
		t.Errorf("an activity that is not there: %v", err)
	}
}
