package engage_test

import (
	"testing"

	"github.com/engage-interactions/engage/routing"
)

func TestAnInteractionIsSetUpAndRouted(t *testing.T) {
	t.Parallel()
	l := newLobby(t)
	ada := l.hires("Ada", 2)
	i := l.creates(l.request(1))
	if i.Channel.Status != routing.ChannelSetup || i.Routed.Task.Status != routing.TaskPending || i.Routed.Task.SID != i.TaskSID {
		t.Errorf("it begins as %+v", i)
	}
	if i.Channel.MediaChannelSID == "" || i.Channel.ThreadID == "" {
		t.Errorf("it has no conversation: %+v", i.Channel)
	}
	l.runs()
	i = l.again(i)
	l.is(i, routing.ChannelActive, "reserved")
	thread := l.thread(i.Channel.ThreadID)
	if thread.ChannelSID != i.ChannelSID || thread.SourceID != l.sms.ID {
		t.Errorf("the thread is %+v", thread)
	}
	r := l.accepts(ada)
	if r.TaskSID != i.TaskSID {
		t.Errorf("%s was offered, want %s", r.TaskSID, i.TaskSID)
	}
	l.is(i, routing.ChannelActive, "assigned")
	if agents := l.agents(i); len(agents) != 1 || agents[0].WorkerSID != ada.SID {
		t.Errorf("agents are %+v", agents)
	}
}
