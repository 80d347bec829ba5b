package flexapi

import (
	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/routing"
)

// channel finds the channel that the path names, of the interaction that it names.
func (c *call) channel() (engage.FlexChannel, error) { return c.channelBy(c.eng) }

// onChannel finds it for what is below it.
func (c *call) onChannel() (engage.FlexChannel, error) { return c.channelBy(c.own) }

func (c *call) channelBy(eng *engage.Engine) (engage.FlexChannel, error) {
	ch, err := eng.Flex.Channel(c.Context(), c.PathValue("channel"))
	if err == nil && !sameSID(c.PathValue("interaction"), ch.InteractionSID) {
		err = notFound(c.Request)
	}
	return ch, err
}

func listChannels(c *call) (answer, error) {
	all, err := c.eng.Flex.Channels(c.Context(), c.PathValue("interaction"))
	if err != nil {
		return answer{}, err
	}
	return list(c, c.base.Flex, "channels", whole(all), func(ch engage.FlexChannel) (routing.ChannelView, error) { return ch.View(c.base), nil })
}

func getChannel(c *call) (answer, error) {
	ch, err := c.channel()
	if err != nil {
		return answer{}, err
	}
	return ok(ch.View(c.base))
}

// updateChannel closes a channel, or lets it rest.
func updateChannel(c *call) (answer, error) {
	f := &c.form
	status, how := f.text("Status"), f.field("Routing")
	ch, err := c.channel()
	if err := firstOf(err, f.err(), c.unversioned()); err != nil {
		return answer{}, err
	}
	u, _, err := routing.ParseChannelUpdate(status, how)
	if err != nil {
		return answer{}, err
	}
	u.DispositionIDs = f.values["DispositionId"]
	if ch, err = c.eng.Flex.UpdateChannel(c.Context(), ch.SID, u); err != nil {
		return answer{}, err
	}
	return ok(ch.View(c.base))
}
