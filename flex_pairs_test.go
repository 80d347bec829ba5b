package engage_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/routing"
	"github.com/engage-interactions/engage/store"
)

// TestTwoAddressesHaveOneConversation: of a second one the answers would come into either.
func TestTwoAddressesHaveOneConversation(t *testing.T) {
	t.Parallel()
	for name, before := range map[string]func(l *lobby) engage.FlexInteraction{
		"that the company has begun": func(l *lobby) engage.FlexInteraction { return l.creates(l.request(1)) },
		"that the customer has begun": func(l *lobby) engage.FlexInteraction {
			r := l.request(1)
			r.Channel.InitiatedBy, r.Channel.Participants = routing.ByCustomer, nil
			r.Channel.Properties.MediaChannelSID = engage.ConversationSID(l.writes(1).ID)
			return l.creates(r)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLobby(t)
			i := before(l)
			l.runs()
			_, err := l.Flex.Create(t.Context(), engage.NewInteraction{Request: l.request(1)})
			wantCode(t, err, routing.CodePairInUse)
			channel := must(l.Flex.Channel(t.Context(), i.ChannelSID))(t)
			if !strings.Contains(err.Error(), channel.MediaChannelSID) {
				t.Errorf("%v does not name %s", err, channel.MediaChannelSID)
			}
			// Somebody else, and, if it is known from which, another address of the company.
			other := l.creates(l.request(2))
			r := l.request(1)
			r.Channel.Participants[0].ProxyAddress = "+19990001111"
			elsewhere, err := l.Flex.Create(t.Context(), engage.NewInteraction{Request: r})
			l.runs()
			l.is(other, routing.ChannelActive, "pending")
			if strings.Contains(name, "company") {
				if err != nil {
					t.Fatal(err)
				}
				l.is(elsewhere, routing.ChannelActive, "pending")
			} else {
				wantCode(t, err, routing.CodePairInUse)
			}
			// It rests, and then it is over.
			if channel.Status != routing.ChannelActive {
				t.Errorf("it is %s", channel.Status)
			}
			must(l.Flex.UpdateChannel(t.Context(), i.ChannelSID, routing.ChannelUpdate{By: routing.ChannelInactivates, Change: routing.ChannelChange{Complete: true}}))(t)
			_, err = l.Flex.Create(t.Context(), engage.NewInteraction{Request: l.request(1)})
			wantCode(t, err, routing.CodePairInUse)
			must(l.Flex.UpdateChannel(t.Context(), i.ChannelSID, routing.ChannelUpdate{By: routing.ChannelCloses}))(t)
			again := l.creates(l.request(1))
			l.runs()
			l.is(again, routing.ChannelActive, "pending")
		})
	}
}

// meddler is a store that lets somebody else come first, once, who keeps something of a kind.
type meddler struct {
	store.Store

	kind   string
	before func()
}

func (m *meddler) Commit(ctx context.Context, batch store.Batch) error {
	if before := m.before; before != nil && slices.ContainsFunc(batch.Puts, func(r store.Record) bool { return r.Kind == m.kind }) {
		m.before = nil
		before()
	}
	return m.Store.Commit(ctx, batch)
}

// TestOfTwoConversationsBegunAtOnceOneIsSetUp between the same addresses, and the other has failed:
// also if the customer has an open thread without a channel, which stays their current one.
func TestOfTwoConversationsBegunAtOnceOneIsSetUp(t *testing.T) {
	t.Parallel()
	for name, wrote := range map[string]bool{"a new customer": false, "who has written": true} {
		t.Run(name+", one after the other", func(t *testing.T) {
			t.Parallel()
			beginsTwice(t, wrote, false)
		})
		t.Run(name+", at the same time", func(t *testing.T) {
			t.Parallel()
			for range 30 { // the other Engine may set up both
				if beginsTwice(t, wrote, true) {
					return
				}
			}
			t.Error("never at the same time")
		})
	}
}

// beginsTwice has two conversations begin with a customer, the second by another Engine just before
// the first is kept, or not, and reports whether that one was set up first then.
func beginsTwice(t *testing.T, wrote, meddles bool) (between bool) {
	t.Helper()
	plain := newMemory(t)
	m := &meddler{Store: plain, kind: "content_thread"}
	l := newLobbyOn(t, m)
	if wrote { // and is known in full: nothing of them changes
		i := l.creates(l.request(1))
		l.runs()
		must(l.Flex.UpdateChannel(t.Context(), i.ChannelSID, routing.ChannelUpdate{By: routing.ChannelCloses}))(t)
		l.writes(1)
		l.runs()
	}
	first := l.creates(l.request(1))
	var another engage.FlexInteraction
	if meddles {
		other := must(engage.New(t.Context(), plain, &l.opts))(t)
		m.before = func() {
			another = must(other.Flex.Create(t.Context(), engage.NewInteraction{Request: l.request(1)}))(t)
			must(other.RunDue(t.Context()))(t)
			between = must(other.Flex.Channel(t.Context(), another.ChannelSID))(t).Status == routing.ChannelActive
		}
	} else {
		another = l.creates(l.request(1))
	}
	l.runs()
	made := []engage.FlexInteraction{l.again(first), l.again(another)}
	slices.SortFunc(made, func(a, b engage.FlexInteraction) int {
		return strings.Compare(string(a.Channel.Status), string(b.Channel.Status))
	})
	l.is(made[0], routing.ChannelActive, "pending")
	l.is(made[1], routing.ChannelFailed, "canceled")
	if c := made[1].Channel; c.ErrorCode != routing.CodePairInUse || !strings.Contains(c.ErrorMessage, "already exists in Conversation "+made[0].Channel.MediaChannelSID) {
		t.Errorf("it has failed with %d: %s", c.ErrorCode, c.ErrorMessage)
	}
	return between
}
