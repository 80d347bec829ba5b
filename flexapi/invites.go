package flexapi

import (
	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/routing"
)

func listInvites(c *call) (answer, error) {
	ch, err := c.onChannel()
	if err != nil {
		return answer{}, err
	}
	return list(c, c.base.Flex, "invites", func(limit int, continuation string) (engage.Page[engage.FlexInvite], error) {
		return c.eng.Flex.Invites(c.Context(), ch.SID, limit, continuation)
	}, func(i engage.FlexInvite) (routing.InviteView, error) { return i.View(c.base), nil })
}

// createInvite asks for one more agent.
func createInvite(c *call) (answer, error) {
	f := &c.form
	how := f.field("Routing")
	ch, err := c.onChannel()
	if err := firstOf(err, f.err()); err != nil {
		return answer{}, err
	}
	request, _, err := routing.ParseInvite(how, left)
	if err != nil {
		return answer{}, err
	}
	made, err := c.eng.Flex.Invite(c.Context(), ch.SID, request)
	if err != nil {
		return answer{}, err
	}
	return ok(made.View(c.base))
}

// left leaves it to the Engine whether a workspace has one workflow only.
func left(workspaceSID string) string { return workspaceSID }
