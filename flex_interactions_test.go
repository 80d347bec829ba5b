package engage_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/routing"
)

func TestInteractionsAreFoundAndListed(t *testing.T) {
	t.Parallel()
	l := newLobby(t)
	hq := routing.PrefixContext.Alike(l.workspace.SID)
	var all []string
	for n := range 3 {
		r := l.request(n)
		if n > 0 {
			r.ContextSID = hq
		}
		all = append(all, l.creates(r).SID)
	}
	l.runs()
	i := must(l.Flex.Get(t.Context(), all[0]))(t)
	must(l.Flex.UpdateChannel(t.Context(), i.ChannelSID, routing.ChannelUpdate{By: routing.ChannelCloses}))(t)
	sids := func(filter engage.FlexFilter) (sids []string) {
		filter.Limit = 2
		for {
			page := must(l.Flex.List(t.Context(), filter))(t)
			for _, i := range page.Items {
				sids = append(sids, i.SID)
			}
			if filter.Continuation = page.Continuation; page.Continuation == "" {
				return sids
			}
		}
	}
	for _, c := range []struct {
		filter engage.FlexFilter
		want   []string
	}{
		{engage.FlexFilter{}, all},
		{engage.FlexFilter{ContextSID: hq}, all[1:]},
		{engage.FlexFilter{WorkspaceSID: l.workspace.SID, ChannelStatus: routing.ChannelClosed}, all[:1]},
		{engage.FlexFilter{WorkspaceSID: l.workspace.SID, ChannelStatus: routing.ChannelActive}, all[1:]},
		{engage.FlexFilter{WorkspaceSID: l.workspace.SID}, []string{all[1], all[2], all[0]}},
		{engage.FlexFilter{WorkspaceSID: "WS"}, nil},
	} {
		if got := sids(c.filter); fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%+v: %v, want %v", c.filter, got, c.want)
		}
	}
	if page := must(l.Flex.FindByContext(t.Context(), hq, 0, ""))(t); len(page.Items) != 2 || page.Items[0].ContextSID != hq {
		t.Errorf("by its context: %+v", page)
	}
	if page := must(l.Flex.FindByContext(t.Context(), "", 0, ""))(t); len(page.Items) != 0 {
		t.Errorf("by no context: %+v", page)
	}
	for _, filter := range []engage.FlexFilter{
		{ChannelStatus: routing.ChannelActive}, {WorkspaceSID: l.workspace.SID, ChannelStatus: "x"}, {ContextSID: hq, WorkspaceSID: l.workspace.SID}, {Limit: -1},
	} {
		if _, err := l.Flex.List(t.Context(), filter); !errors.Is(err, engage.ErrInvalid) {
			t.Errorf("%+v: %v", filter, err)
		}
	}
	ttid := "flex_interactionwebhook_01"
	updated := must(l.Flex.Update(t.Context(), all[0], engage.FlexUpdate{WebhookTTID: &ttid}))(t)
	if updated.WebhookTTID != ttid || l.again(updated).WebhookTTID != ttid {
		t.Errorf("updated: %+v", updated)
	}
}

// TestContextsComeBackAsTheyWereWritten, and are found however they are.
func TestContextsComeBackAsTheyWereWritten(t *testing.T) {
	t.Parallel()
	l := newLobby(t)
	r := l.request(1)
	r.ContextSID = "HQABCDEFabcdefABCDEFabcdefABCDEFab"
	i := l.creates(r)
	if i.ContextSID != r.ContextSID {
		t.Errorf("it is %s, was %s", i.ContextSID, r.ContextSID)
	}
	for _, sid := range []string{r.ContextSID, "HQ" + strings.ToUpper(r.ContextSID[2:]), "HQ" + strings.ToLower(r.ContextSID[2:])} {
		if found := must(l.Flex.FindByContext(t.Context(), sid, 0, ""))(t).Items; len(found) != 1 || found[0].ContextSID != r.ContextSID {
			t.Errorf("%s finds %+v", sid, found)
		}
		more := l.request(2)
		more.Channel.SID, more.ContextSID = i.ChannelSID, sid
		more.Channel.Participants[0].Address += sid[30:] + "1"
		more.Routing = nil
		if again, err := l.Flex.Create(t.Context(), engage.NewInteraction{Request: more}); errors.Is(err, engage.ErrInvalid) && strings.Contains(err.Error(), "context") {
			t.Errorf("%s: %v %+v", sid, err, again)
		}
	}
}

// TestANewInteractionShowsItsQueue, though its task goes there when the channel is set up.
func TestANewInteractionShowsItsQueue(t *testing.T) {
	t.Parallel()
	l := newLobby(t)
	i := l.creates(l.request(1))
	p := i.View(routing.Base{}).Routing.Properties
	if p.QueueSID == nil || *p.QueueSID != l.queue.SID || p.QueueName == nil || *p.QueueName != l.queue.FriendlyName || p.TaskQueueEnteredDate == nil {
		t.Errorf("it is shown as %+v", p)
	}
	if k := must(l.Tasks.Get(t.Context(), i.TaskSID))(t); k.QueueSID != "" {
		t.Error("it is there already: ", k.QueueSID)
	}
}

func TestWhatIsToldOfAnInteraction(t *testing.T) {
	t.Parallel()
	l := newLobby(t)
	ada := l.hires("Ada", 1)
	l.runs()
	before := int64(0)
	for e, err := range l.Events.After(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		before = e.Position
	}
	i := l.begins()
	l.accepts(ada)
	must(l.Flex.UpdateChannel(t.Context(), i.ChannelSID, routing.ChannelUpdate{By: routing.ChannelCloses, Change: routing.ChannelChange{Complete: true}}))(t)
	var told []string
	for e, err := range l.Events.After(t.Context(), before) {
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(string(e.Type), "flex.") {
			continue
		}
		told = append(told, string(e.Type))
		var data engage.FlexEvent
		if err := e.Decode(&data); err != nil {
			t.Fatal(err)
		}
		if data.InteractionSID != i.SID || data.ChannelSID != i.ChannelSID || data.ThreadID != i.Channel.ThreadID || data.ChannelType != routing.ChannelSMS {
			t.Errorf("%s says %+v", e.Type, data)
		}
	}
	want := "[flex.interaction.created flex.channel.created flex.participant.joined flex.invite.created flex.channel.status_updated" +
		" flex.invite.accepted flex.participant.joined flex.channel.status_updated flex.participant.left flex.participant.left]"
	if got := fmt.Sprint(told); got != want {
		t.Errorf("told of %s, want %s", got, want)
	}
}
