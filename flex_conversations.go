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
	if request.Channel.InitiatedBy != routing.ByCustomer || len(people) == 0 {
		return nil
	}
	n := max(0, slices.IndexFunc(people, func(p routing.ParticipantRequest) bool { return p.Level == routing.EmailTo }))
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
