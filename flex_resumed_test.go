package engage_test

import (
	"testing"

	"github.com/engage-interactions/engage"
)

// A task by which a channel comes back to its agent names the invite that it has, and not that of
// the task before, whose attributes it has otherwise.
func TestAResumedTaskNamesItsInvite(t *testing.T) {
	t.Parallel()
	l := newLobby(t)
	ada := l.hires("Ada", 5)
	i := l.begins()
	l.accepts(ada)
	must(l.Flex.Pause(t.Context(), i.ChannelSID))(t)
	must(l.Flex.Resume(t.Context(), i.ChannelSID))(t)
	l.runs()
	all := must(l.Tasks.List(t.Context(), engage.TaskFilter{ChannelSID: i.ChannelSID}))(t).Items
	if len(all) != 2 {
		t.Fatalf("there are %d tasks", len(all))
	}
	for _, k := range all {
		if k.InviteSID == "" || k.Attributes["flexChannelInviteSid"] != k.InviteSID {
			t.Errorf("the %s task names invite %v, and has %s", k.Status, k.Attributes["flexChannelInviteSid"], k.InviteSID)
		}
	}
}
