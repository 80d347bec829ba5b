package engage

import (
	"context"
	"fmt"
	"slices"

	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/routing"
)

// A customer who is written to from an address of the company answers to that: of two
// conversations between the same two addresses, the answers would all come into one.

// pairInUse returns the conversation of a live channel between the two addresses between which a
// request begins one; nil: there is none. It reads what [turn.begins] rewrites for a channel: of
// two that begin at the same time, one sees the other.
//
// Only what has a proxy_address is such a pair: one account of a chat, or one who writes emails,
// can have several conversations.
func (t *turn) pairInUse(ctx context.Context, on routing.ChannelType, customer routing.ParticipantRequest, source *interaction.Source) (*interaction.Thread, error) {
	if customer.ProxyAddress == "" || source == nil {
		return nil, nil
	}
	who := accountOf(on, customer).ForeignID
	identityID, err := t.lookup(ctx, &identityKeys, source.Community(), who)
	if err != nil || identityID == "" {
		return nil, err
	}
	if _, err := currentThreads.Get(ctx, t.Work, currentThreadID(source.ID, identityID)); err != nil {
		return nil, err
	}
	open, err := t.open(ctx, byIdentityOpen, openOfTerm(source.ID, identityID))
	if err != nil {
		return nil, err
	}
	for _, found := range open {
		thread, err := t.thread(ctx, found.ID)
		if err != nil {
			return nil, err
		}
		if thread.ChannelSID == "" {
			continue
		}
		c, err := t.flexChannel(ctx, thread.ChannelSID)
		if err != nil {
			return nil, err
		}
		if proxy := c.proxyOf(who); proxy == "" || proxy == customer.ProxyAddress {
			return thread, nil
		}
	}
	return nil, nil
}

// proxyOf returns the address from which a channel talks to somebody; empty: it was not said.
func (c *storedChannel) proxyOf(foreignID string) string {
	people := c.Request.Channel.Participants
	n := slices.IndexFunc(people, func(p routing.ParticipantRequest) bool { return accountOf(c.Type, p).ForeignID == foreignID })
	if n < 0 {
		return ""
	}
	return people[n].ProxyAddress
}

// pairText is what the platform says of a pair of addresses that is in use.
func pairText(thread *interaction.Thread) string {
	return "A binding for this participant and proxy address already exists in Conversation " + ConversationSID(thread.ID)
}

// pairRefused refuses to begin a conversation between two addresses that have one.
func (t *turn) pairRefused(ctx context.Context, request routing.CreateRequest) (refused, err error) {
	people := request.Channel.Participants
	if request.Channel.Properties.MediaChannelSID != "" || len(people) == 0 {
		return nil, nil
	}
	source, err := t.sourceFor(ctx, request.Channel.Type, people[0].ProxyAddress)
	if err != nil {
		return nil, gone(err)
	}
	thread, err := t.pairInUse(ctx, request.Channel.Type, people[0], source)
	if err != nil || thread == nil {
		return nil, err
	}
	return refusal(&routing.RefusedError{Code: routing.CodePairInUse, Text: pairText(thread), Err: &interaction.TransitionError{
		Of: routing.ChannelLifecycle.Of, By: string(routing.ChannelStarts), Rule: "no live channel is between the same two addresses",
		Remedy: fmt.Sprintf("invite an agent to channel %s, or close that", thread.ChannelSID),
	}}, threadResource(thread.ID)), nil
}
