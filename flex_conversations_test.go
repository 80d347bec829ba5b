package engage_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/routing"
	"github.com/engage-interactions/engage/store"
)

func TestAConversationThatIsThereIsBound(t *testing.T) {
	t.Parallel()
	l := newLobby(t)
	thread := l.writes(1)
	r := l.request(1)
	r.Channel.InitiatedBy, r.Channel.Participants = routing.ByCustomer, nil
	r.Channel.Properties.MediaChannelSID = strings.ToUpper(engage.ConversationSID(thread.ID))
	i := l.creates(r)
	if i.Channel.ThreadID != thread.ID || l.thread(thread.ID).ChannelSID != i.ChannelSID {
		t.Errorf("it is %+v", i.Channel)
	}
	if a := i.Routed.Task.Attributes; a["customerAddress"] != customer(1).Address || a["customerName"] != customer(1).Name {
		t.Errorf("its attributes are %s", a)
	}
	people := must(l.Flex.Participants(t.Context(), i.ChannelSID, 0, ""))(t).Items
	if len(people) != 1 || people[0].Type != routing.ParticipantCustomer || people[0].Media.Address != customer(1).Address {
		t.Errorf("participants are %+v", people)
	}
	_, err := l.Flex.Create(t.Context(), engage.NewInteraction{Request: r})
	wantCode(t, err, routing.CodeDuplicate)
	l.runs()
	l.is(i, routing.ChannelActive, "pending")
	must(l.Flex.UpdateChannel(t.Context(), i.ChannelSID, routing.ChannelUpdate{By: routing.ChannelCloses}))(t)
	if l.thread(thread.ID).ChannelSID != "" {
		t.Error("the thread is bound still")
	}
	if l.thread(thread.ID).Status == interaction.ThreadOpen {
		must(l.Threads.Close(t.Context(), thread.ID))(t)
	}
	_, err = l.Flex.Create(t.Context(), engage.NewInteraction{Request: r})
	wantCode(t, err, routing.CodeConversationClosed)
	r.Channel.Properties.MediaChannelSID = routing.PrefixConversation.Alike(i.SID)
	_, err = l.Flex.Create(t.Context(), engage.NewInteraction{Request: r})
	wantProblem(t, err, "channel.properties.media_channel_sid", routing.CodeChannelInvalid)
}

func TestAConversationHasOneLiveChannel(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, st store.Store) {
		l := newLobbyOn(t, st)
		other := must(engage.New(t.Context(), st, &l.opts))(t)
		thread := l.writes(1)
		r := l.request(1)
		r.Channel.InitiatedBy, r.Channel.Participants, r.Channel.Properties.MediaChannelSID = routing.ByCustomer, nil, engage.ConversationSID(thread.ID)
		created := make([]error, 6)
		var wait sync.WaitGroup
		for n := range created {
			wait.Go(func() {
				eng := l.Engine
				if n%2 == 1 {
					eng = other
				}
				_, created[n] = eng.Flex.Create(t.Context(), engage.NewInteraction{Request: r})
			})
		}
		wait.Wait()
		n := 0
		for _, err := range created {
			if err == nil {
				n++
			} else {
				wantCode(t, err, routing.CodeDuplicate)
			}
		}
		if n != 1 {
			t.Errorf("%d were created", n)
		}
	})
}

// TestWhatIsSaidOfAConversationFitsIt: its type, and the customer who begins.
func TestWhatIsSaidOfAConversationFitsIt(t *testing.T) {
	t.Parallel()
	l := newLobby(t)
	thread := l.writes(1)
	request := func(n int) routing.CreateRequest {
		r := l.request(n)
		r.Channel.InitiatedBy, r.Channel.Properties.MediaChannelSID = routing.ByCustomer, engage.ConversationSID(thread.ID)
		return r
	}
	_, err := l.Flex.Create(t.Context(), engage.NewInteraction{Request: request(2)}) // somebody else
	wantProblem(t, err, "channel.participants[0]", routing.CodeChannelInvalid)
	r := request(1)
	r.Channel.Type, r.Channel.Participants = routing.ChannelWhatsApp, nil
	_, err = l.Flex.Create(t.Context(), engage.NewInteraction{Request: r})
	wantProblem(t, err, "channel.type", routing.CodeChannelInvalid)

	// One source may be for both.
	if err := l.Flex.SetAddress(t.Context(), engage.Address{Type: routing.ChannelWhatsApp, SourceID: l.sms.ID}); err != nil {
		t.Fatal(err)
	}
	i := l.creates(r)
	must(l.Flex.UpdateChannel(t.Context(), i.ChannelSID, routing.ChannelUpdate{By: routing.ChannelCloses}))(t)

	thread = l.writes(3)
	r = request(3)
	r.Channel.Participants = append(r.Channel.Participants, customer(4)) // who joins the channel
	i = l.creates(r)
	if a := i.Routed.Task.Attributes; a["customerAddress"] != customer(3).Address {
		t.Errorf("its attributes are %s", a)
	}
}

func TestIDsThatAreNoULIDsMakeNoConversations(t *testing.T) {
	t.Parallel()
	l := newLobby(t, func(o *engage.Options) { o.NewID = counted("minted") })
	_, err := l.Flex.Create(t.Context(), engage.NewInteraction{Request: l.request(1)})
	if !errors.Is(err, engage.ErrInvalid) || !strings.Contains(err.Error(), "NewID") {
		t.Error(err)
	}
}
