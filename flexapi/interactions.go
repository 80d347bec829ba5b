package flexapi

import (
	"cmp"
	"strings"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/routing"
)

// interaction finds the interaction that the path names.
func (c *call) interaction() (engage.FlexInteraction, error) {
	return c.eng.Flex.Get(c.Context(), c.PathValue("interaction"))
}

// listInteractions lists interactions, which the platform cannot: those of a context, those of
// a workspace, whose channels are in a state or in any, or all.
func listInteractions(c *call) (answer, error) {
	q := &c.query
	filter := engage.FlexFilter{
		ContextSID: q.text("InteractionContextSid"), WorkspaceSID: q.text("WorkspaceSid"), ChannelStatus: routing.ChannelStatus(q.text("ChannelStatus")),
	}
	return list(c, c.base.Flex, "interactions", func(limit int, continuation string) (engage.Page[engage.FlexInteraction], error) {
		filter.Limit, filter.Continuation = limit, continuation
		return c.eng.Flex.List(c.Context(), filter)
	}, func(i engage.FlexInteraction) (routing.InteractionView, error) { return i.View(c.base), nil })
}

func createInteraction(c *call) (answer, error) {
	f := &c.form
	form := routing.CreateForm{
		Channel: f.field("Channel"), Routing: f.field("Routing"), InteractionContextSID: f.text("InteractionContextSid"), WebhookTTID: f.text("WebhookTtid"),
	}
	if err := f.err(); err != nil {
		return answer{}, err
	}
	made, err := c.eng.Flex.CreateForm(c.Context(), form, c.idempotencyKey())
	if err != nil {
		return answer{}, err
	}
	return ok(made.View(c.base))
}

func getInteraction(c *call) (answer, error) {
	i, err := c.interaction()
	if err != nil {
		return answer{}, err
	}
	return ok(i.View(c.base))
}

func updateInteraction(c *call) (answer, error) {
	f := &c.form
	u := engage.FlexUpdate{WebhookTTID: f.textIf("WebhookTtid")}
	if err := firstOf(f.err(), c.unversioned()); err != nil {
		return answer{}, err
	}
	i, err := c.eng.Flex.Update(c.Context(), c.PathValue("interaction"), u)
	if err != nil {
		return answer{}, err
	}
	return ok(i.View(c.base))
}

// idempotencyKey is what a request is known by that may come twice: the header of that name,
// or the platform's own.
func (c *call) idempotencyKey() string {
	return strings.TrimSpace(cmp.Or(c.Header.Get("Idempotency-Key"), c.Header.Get("I-Twilio-Idempotency-Token")))
}
