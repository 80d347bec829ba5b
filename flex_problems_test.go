package engage_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/routing"
)

// TestWhatIsWrongByItselfAndWhatIsNotThereAreSaidAtOnce of a request for an interaction.
func TestWhatIsWrongByItselfAndWhatIsNotThereAreSaidAtOnce(t *testing.T) {
	t.Parallel()
	l := newLobby(t)
	nothing := func(p routing.Prefix) string { return p.Of([16]byte{7}) }
	const at = "routing.properties."
	for name, c := range map[string]struct {
		change func(r *routing.CreateRequest)
		want   []string
	}{
		"an unknown workspace": {
			func(r *routing.CreateRequest) { r.Routing.Properties.WorkspaceSID = nothing(routing.PrefixWorkspace) },
			[]string{at + "workspace_sid"},
		},
		"whose workflow nobody can say": {
			func(r *routing.CreateRequest) {
				r.Routing.Properties = routing.TaskRequest{WorkspaceSID: nothing(routing.PrefixWorkspace)}
			},
			[]string{at + "workspace_sid"},
		},
		"an unknown workspace, and more": {
			func(r *routing.CreateRequest) {
				r.Channel.InitiatedBy, r.Channel.Properties.MediaChannelSID = routing.ByCustomer, nothing(routing.PrefixConversation)
				r.Routing.Properties.WorkspaceSID, r.Routing.Properties.Priority = nothing(routing.PrefixWorkspace), -1
			},
			[]string{"channel.properties.media_channel_sid", at + "priority", at + "workspace_sid"},
		},
		"a workspace, but nothing that is in it": {
			func(r *routing.CreateRequest) {
				r.Channel.Type = "voice"
				r.Routing.Properties = routing.TaskRequest{
					WorkspaceSID: l.workspace.SID, WorkflowSID: nothing(routing.PrefixWorkflow), QueueSID: nothing(routing.PrefixQueue),
					WorkerSID: nothing(routing.PrefixWorker), TaskChannelSID: nothing(routing.PrefixTaskChannel),
				}
			},
			[]string{"channel.type", at + "queue_sid", at + "task_channel_sid", at + "worker_sid", at + "workflow_sid"},
		},
		"what is no SID is said once": {
			func(r *routing.CreateRequest) { r.Routing.Properties.WorkspaceSID, r.ContextSID = "WSx", "HQx" },
			[]string{"interaction_context_sid", at + "workspace_sid"},
		},
	} {
		r := l.request(1)
		c.change(&r)
		unchanged(t, l.st, func() {
			_, err := l.Flex.Create(t.Context(), engage.NewInteraction{Request: r})
			got := paths(err)
			slices.Sort(got)
			if !errors.Is(err, engage.ErrInvalid) || !slices.Equal(got, c.want) {
				t.Errorf("%s: %v\nis about %q, want %q", name, err, got, c.want)
			}
		})
	}
}
