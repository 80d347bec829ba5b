package engage

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/routing"
	"github.com/engage-interactions/engage/store"
)

// conversationFor reads the conversation that a request names; nil, if it names none, or none
// that is known. That it cannot have a channel is refused, which is returned: what is wrong
// with the request comes first.
func (t *turn) conversationFor(ctx context.Context, request routing.CreateRequest, wrong *problems) (thread *interaction.Thread, refused, err error) {
	const path = "channel.properties.media_channel_sid"
	sid := request.Channel.Properties.MediaChannelSID
	if sid == "" {
		return nil, nil, nil
	}
	if id := threadIDOf(sid); id != "" {
		thread, err = t.thread(ctx, id)
	}
	switch {
	case gone(err) != nil:
		return nil, nil, err
	case thread == nil:
		wrong.addCoded(path, "is not known", routing.CodeChannelInvalid)
		return nil, nil, nil
	case thread.Status != interaction.ThreadOpen:
		return thread, conversationRefused(thread, routing.CodeConversationClosed, "its conversation is open", "reopen it: Threads.Reopen"), nil
	case thread.ChannelSID != "":
		return thread, conversationRefused(thread, routing.CodeDuplicate, "its conversation has no live channel",
			fmt.Sprintf("invite an agent to channel %s, or close that", thread.ChannelSID)), nil
	case thread.CustomersCount == 0:
		return thread, conversationRefused(thread, routing.CodeNoParticipants, "a customer takes part in its conversation", "let them write first"), nil
	}
	return thread, nil, t.fits(ctx, request, thread, wrong)
}

// conversationRefused says why a conversation cannot have a channel.
func conversationRefused(thread *interaction.Thread, code int, rule, remedy string) error {
	return refusal(&routing.RefusedError{Code: code, Err: &interaction.TransitionError{
		Of: routing.ChannelLifecycle.Of, By: string(routing.ChannelStarts), Rule: rule, Remedy: remedy,
	}}, threadResource(thread.ID))
}

// fits holds a request against the conversation that it names: its type is that of the source
// there, if that is one of the seven, or SetAddress has said that it goes there; and a customer who
// begins is in it (seed 003, "the customer participant must already be in that given
// media_channel_sid"). That is the one whom the task is of; the others only join the channel.
func (t *turn) fits(ctx context.Context, request routing.CreateRequest, thread *interaction.Thread, wrong *problems) error {
	source, err := t.source(ctx, thread.SourceID)
	if err != nil {
		return gone(err)
	}
	on, people := request.Channel.Type, request.Channel.Participants
	if is := routing.ChannelType(source.Type); is != on && slices.Contains(routing.ChannelTypes(), is) {
		from := request.Channel.Properties.From
		if len(people) > 0 {
			from = cmp.Or(people[0].ProxyAddress, from)
		}
		said, err := t.sourceFor(ctx, on, from)
		if err != nil {
			return err
		}
		if said == nil || said.ID != source.ID {
			wrong.addCoded("channel.type", "is not that of the conversation, which is "+source.Type, routing.CodeChannelInvalid)
		}
	}
	n := request.Channel.Customer()
	if request.Channel.InitiatedBy != routing.ByCustomer || n < 0 {
		return nil
	}
	is, err := t.takesPart(ctx, thread, accountOf(on, people[n]))
	if err == nil && !is {
		wrong.addCoded(fmt.Sprintf("channel.participants[%d]", n), "is not in the conversation", routing.CodeChannelInvalid)
	}
	return err
}

// maxNamesakes is how many accounts with the same ID on platforms of a type are looked at.
const maxNamesakes = 100

// takesPart reports whether an account is one of the customers of a thread. Who begins to write
// there at this moment counts as having come afterwards.
func (t *turn) takesPart(ctx context.Context, thread *interaction.Thread, who Account) (bool, error) {
	first, err := t.identity(ctx, thread.IdentityID)
	if err != nil {
		return false, gone(err)
	}
	address := strings.TrimPrefix(who.ForeignID, "whatsapp:")
	for _, is := range []string{first.ForeignID, first.Email, first.MobilePhone} {
		if strings.EqualFold(strings.TrimPrefix(is, "whatsapp:"), address) {
			return true, nil
		}
	}
	if thread.CustomersCount < 2 {
		return false, nil
	}
	found, _, err := identities.Find(ctx, t.Work, store.Query{Index: byTypeForeign, Prefix: typeForeignTerm(first.Type, who.ForeignID).String(), Limit: maxNamesakes})
	if err != nil {
		return false, err
	}
	for _, i := range found {
		if with, err := correspondents.Get(ctx, t.Work, correspondentID(thread.ID, i.ID)); err != nil || with != nil {
			return err == nil, err
		}
	}
	return false, nil
}

// customerOf returns an account as a participant of a channel.
func customerOf(on routing.ChannelType, i *interaction.Identity) routing.ParticipantRequest {
	p := routing.ParticipantRequest{Name: cmp.Or(i.DisplayName, strings.TrimSpace(i.Firstname+" "+i.Lastname), i.Screenname)}
	switch on {
	case routing.ChannelSMS, routing.ChannelWhatsApp:
		p.Address = i.ForeignID
	case routing.ChannelEmail:
		p.Address, p.Level = cmp.Or(i.Email, i.ForeignID), routing.EmailTo
	case routing.ChannelWeb, routing.ChannelChat, routing.ChannelMessenger, routing.ChannelGBM:
		p.Identity = i.ForeignID
	}
	return p
}

// accountOf returns a participant as an account of a customer on a platform.
func accountOf(on routing.ChannelType, p routing.ParticipantRequest) Account {
	a := Account{ForeignID: cmp.Or(p.Address, p.Identity), Profile: interaction.Profile{DisplayName: p.Name}}
	switch on {
	case routing.ChannelSMS, routing.ChannelWhatsApp:
		a.MobilePhone = strings.TrimPrefix(p.Address, "whatsapp:")
	case routing.ChannelEmail:
		a.Email = p.Address
	case routing.ChannelWeb, routing.ChannelChat, routing.ChannelMessenger, routing.ChannelGBM:
	}
	return a
}
