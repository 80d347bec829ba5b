package engage_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/routing"
)

// What an error says is read in logs: it says each thing once, where it is, and what would help.
func TestErrorsOfRoutingSayEachThingOnce(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	ann := f.hires("ann", 1)
	f.learn()
	must(f.Tasks.Create(t.Context(), f.workspace.SID, engage.NewTask{}))(t)
	f.runs()
	offer := must(f.Reservations.List(t.Context(), engage.ReservationFilter{WorkerSID: ann.SID}))(t).Items[0]
	must(f.Reservations.Accept(t.Context(), offer.SID, engage.Answer{}))(t)
	for name, of := range map[string]struct {
		call func() error
		want string
	}{
		"one problem": {
			func() error {
				_, err := f.TaskChannels.Create(t.Context(), f.workspace.SID, engage.NewTaskChannel{UniqueName: "pa-per"})
				return err
			},
			"invalid unique_name: must be at most 64 letters, digits, _ and $, and not begin with a digit (20001)",
		},
		"two problems": {
			func() error {
				_, err := f.Tasks.Create(t.Context(), f.workspace.SID, engage.NewTask{Priority: -1, Timeout: -1})
				return err
			},
			"invalid priority: must be 0 to 2147483647 (20001); timeout: must be 1 to 1209600, or 0 for the default of 86400 (20001)",
		},
		"no configuration": {
			func() error {
				_, err := f.Workflows.Create(t.Context(), f.workspace.SID, engage.NewWorkflow{FriendlyName: "W"})
				return err
			},
			"invalid configuration: is missing: it is needed always (20001)",
		},
		"no configuration any more": {
			func() error {
				_, err := f.Workflows.Update(t.Context(), f.workflow.SID, engage.WorkflowUpdate{Configuration: new(string)})
				return err
			},
			"invalid configuration: is missing: it is needed always (20001)",
		},
		"a configuration that is no JSON": {
			func() error {
				_, err := f.Workflows.Create(t.Context(), f.workspace.SID, engage.NewWorkflow{FriendlyName: "W", Configuration: "{"})
				return err
			},
			"invalid configuration: is not JSON: at offset 1: unexpected end of JSON input",
		},
		"a refusal in the platform's words": {
			func() error {
				_, err := f.Reservations.Accept(t.Context(), offer.SID, engage.Answer{})
				return err
			},
			"reservation " + offer.SID + ": refused: accept is not possible while it is accepted (Reservation " + offer.SID +
				" is already in state [accepted] and cannot be updated to [accepted])",
		},
	} {
		if err := of.call(); err == nil || err.Error() != of.want {
			t.Errorf("%s:\n got %v\nwant %s", name, err, of.want)
		}
	}
}

// A host in Go is told what to set, and a client over HTTP what to send.
func TestToInactivateAChannelSaysHowItsTasksEnd(t *testing.T) {
	t.Parallel()
	l := newLobby(t)
	_, err := l.Flex.UpdateChannel(t.Context(), l.begins().ChannelSID, routing.ChannelUpdate{By: routing.ChannelInactivates})
	refused, ok := errors.AsType[*engage.RefusedError](err)
	if !ok || !strings.Contains(refused.Remedy, "ChannelChange.Complete") || !strings.Contains(refused.Remedy, `{"status":"closed"}`) {
		t.Errorf("%v", err)
	}
}
