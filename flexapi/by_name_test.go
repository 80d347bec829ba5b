package flexapi_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/engage-interactions/engage"
)

// Who is asked for by name, or by what they are doing, is on the first page, however many others
// there are before: a program that seeks one looks at no other page.
func TestWhatHasANameIsOnTheFirstPage(t *testing.T) {
	t.Parallel()
	c := newCentre(t)
	ctx := t.Context()
	lunch := must(c.eng.Activities.Create(ctx, c.workspace.SID, engage.NewActivity{FriendlyName: "Lunch"}))(t)
	for n := range 30 {
		must(c.eng.Workers.Create(ctx, c.workspace.SID, engage.NewWorker{FriendlyName: fmt.Sprint("worker ", n)}))(t)
		must(c.eng.Queues.Create(ctx, c.workspace.SID, engage.NewQueue{FriendlyName: fmt.Sprint("queue ", n)}))(t)
		must(c.eng.Workflows.Create(ctx, c.workspace.SID, engage.NewWorkflow{
			FriendlyName: fmt.Sprint("workflow ", n), Configuration: c.workflow.Configuration.String(),
		}))(t)
		must(c.eng.Workspaces.Create(ctx, engage.NewWorkspace{FriendlyName: fmt.Sprint("workspace ", n)}))(t)
	}
	must(c.eng.Workers.Create(ctx, c.workspace.SID, engage.NewWorker{FriendlyName: "zoe", ActivitySID: lunch.SID}))(t)
	for _, of := range []struct{ path, key, parameter, value, want string }{
		{c.below("Workers"), "workers", "FriendlyName", "ZOE", `[{"friendly_name":"zoe"}]`},
		{c.below("Workers"), "workers", "ActivityName", "lunch", `[{"friendly_name":"zoe"}]`},
		{c.below("Workers"), "workers", "FriendlyName", "worker 29", `[{"friendly_name":"worker 29"}]`},
		{c.below("Workers"), "workers", "FriendlyName", "nobody", `[]`},
		{c.below("Workers"), "workers", "ActivityName", "nothing", `[]`},
		{c.below("TaskQueues"), "task_queues", "FriendlyName", "queue 29", `[{"friendly_name":"queue 29"}]`},
		{c.below("Workflows"), "workflows", "FriendlyName", "workflow 29", `[{"friendly_name":"workflow 29"}]`},
		{"/v1/Workspaces", "workspaces", "FriendlyName", "workspace 29", `[{"friendly_name":"workspace 29"}]`},
	} {
		c.get(of.path, of.parameter, of.value, "PageSize", "1").is(http.StatusOK).shows(fmt.Sprintf(`{%q: %s}`, of.key, of.want))
	}
	c.get(c.below("Workers"), "FriendlyName", "zoe", "ActivitySid", lunch.SID).is(http.StatusOK).shows(`{"workers":[{"friendly_name":"zoe"}]}`)
	c.get(c.below("Workers"), "FriendlyName", "worker 1", "ActivitySid", lunch.SID).is(http.StatusOK).shows(`{"workers":[]}`)
}
