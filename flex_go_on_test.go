package engage_test

import (
	"strings"
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/routing"
)

func TestAChannelThatIsThereGoesOn(t *testing.T) {
	t.Parallel()
	l := newLobby(t)
	ada := l.hires("Ada", 5)
	i := l.begins()
	l.accepts(ada)
	hq := routing.PrefixContext.Alike(l.workspace.SID)
	r := routing.CreateRequest{
		Channel:    routing.ChannelRequest{SID: strings.ToUpper(i.ChannelSID), Type: routing.ChannelSMS, InitiatedBy: routing.ByAPI},
		ContextSID: hq,
	}
	again := l.creates(r) // without routing
	if again.SID != i.SID || again.ContextSID != hq {
		t.Errorf("%+v, want that of %s", again, i.SID)
	}
	l.is(i, routing.ChannelActive, "assigned")
	if found := must(l.Flex.FindByContext(t.Context(), hq, 0, ""))(t).Items; len(found) != 1 {
		t.Errorf("by its context: %+v", found)
	}
	bob := l.hires("Bob", 1)
	r.Routing = &routing.CreateRouting{Properties: l.place()}
	r.Channel.InitiatedBy, r.Routing.Properties.WorkerSID, r.Routing.Properties.QueueSID = routing.ByAgent, bob.SID, l.queue.SID
	r.Channel.Participants = []routing.ParticipantRequest{customer(55)}
	l.creates(r)
	l.runs()
	l.accepts(bob)
	l.is(i, routing.ChannelActive, "assigned+assigned")
	if all := must(l.Flex.Participants(t.Context(), i.ChannelSID, 0, ""))(t).Items; len(all) != 4 {
		t.Errorf("participants are %+v", all)
	}

	r.Channel.Type, r.Channel.Participants = routing.ChannelWhatsApp, nil
	r.Channel.Properties.MediaChannelSID = routing.PrefixConversation.Alike(i.SID)
	r.ContextSID = routing.PrefixContext.Alike(i.SID)
	_, err := l.Flex.Create(t.Context(), engage.NewInteraction{Request: r})
	wantProblem(t, err, "channel.type", routing.CodeChannelInvalid)
	wantProblem(t, err, "channel.properties.media_channel_sid", routing.CodeChannelInvalid)
	wantProblem(t, err, "interaction_context_sid", routing.CodeInvalid)

	must(l.Flex.UpdateChannel(t.Context(), i.ChannelSID, routing.ChannelUpdate{By: routing.ChannelCloses}))(t)
	r = routing.CreateRequest{Channel: routing.ChannelRequest{
		SID: i.ChannelSID, Type: routing.ChannelSMS, InitiatedBy: routing.ByAPI, Participants: []routing.ParticipantRequest{customer(56)},
	}}
	_, err = l.Flex.Create(t.Context(), engage.NewInteraction{Request: r})
	wantCode(t, err, routing.CodeInteractionEnded)
}

func TestWhoIsThereIsNotAskedByARequestForTheirChannel(t *testing.T) {
	t.Parallel()
	l := newLobby(t)
	ada := l.hires("Ada", 5)
	i := l.begins()
	l.accepts(ada)
	r := l.request(2)
	r.Channel.SID, r.Channel.Participants = i.ChannelSID, nil
	r.Routing.Properties.WorkerSID = ada.SID
	_, err := l.Flex.Create(t.Context(), engage.NewInteraction{Request: r})
	wantCode(t, err, routing.CodeParticipantThere)
	l.is(i, routing.ChannelActive, "assigned")
}
