package engage

import (
	"cmp"
	"context"
	"errors"

	"github.com/engage-interactions/engage/routing"
)

// goOnWith goes on with an interaction whose channel a request names: one more agent is asked
// for, if it has routing, and its participants join.
func (t *turn) goOnWith(ctx context.Context, request routing.CreateRequest) (*routing.Interaction, error) {
	var wrong problems
	r, err := t.routedChannel(ctx, routing.PrefixChannel.Alike(request.Channel.SID))
	if err != nil {
		if errors.Is(err, ErrNotFound) {
			wrong.addCoded("channel.sid", "is not known", routing.CodeChannelInvalid)
			err = wrong.err()
		}
		return nil, err
	}
	i, err := t.flexInteraction(ctx, r.channel.InteractionSID)
	if err != nil {
		return nil, err
	}
	t.compare(i, r.channel, request, &wrong)
	if !r.work.Channel.Status.Live() {
		_, err := r.work.Invite(routing.Invite{}, t.now) // for its refusal
		return nil, refusal(err, channelResource(r.channel.SID))
	}
	if err := t.join(r, request.Channel.Participants, "is on the channel already", &wrong); err != nil {
		return nil, err
	}
	var there error
	if request.Routing != nil {
		there = r.alreadyThere(request.Routing.Properties.WorkerSID)
		err = t.ask(ctx, r, newTask{TaskRequest: request.Routing.Properties, Path: "routing.properties"})
	}
	if err := wrong.join(err); err != nil {
		return nil, err
	}
	refused, err := t.beginsNow(ctx, request)
	if err := cmp.Or(err, refused, there); err != nil {
		return nil, err
	}
	if i.ContextSID == "" && request.ContextSID != "" {
		i.ContextSID, i.UpdatedAt = request.ContextSID, t.now
		r.channel.Request.ContextSID = i.ContextSID
		if err := flexInteractions.Put(t.Work, i); err != nil {
			return nil, err
		}
	}
	return i, t.keepRouted(ctx, r)
}

// compare finds what a request says otherwise of a channel than it is.
func (t *turn) compare(i *routing.Interaction, c *storedChannel, request routing.CreateRequest, wrong *problems) {
	add := func(path, message string) {
		wrong.addCoded(path, message, routing.CodeChannelInvalid)
	}
	if request.Channel.Type != c.Type {
		add("channel.type", "is not that of the channel, which is "+string(c.Type))
	}
	if sid := request.Channel.Properties.MediaChannelSID; sid != "" && routing.PrefixConversation.Alike(sid) != c.MediaChannelSID {
		add("channel.properties.media_channel_sid", "is not the conversation of the channel, which is "+c.MediaChannelSID)
	}
	if sid := request.ContextSID; sid != "" && i.ContextSID != "" && routing.PrefixContext.Alike(sid) != routing.PrefixContext.Alike(i.ContextSID) {
		wrong.add("interaction_context_sid", "is not that of the channel's interaction, which is "+i.ContextSID)
	}
	if request.Routing != nil && routing.PrefixWorkspace.Alike(request.Routing.Properties.WorkspaceSID) != c.WorkspaceSID {
		wrong.add("routing.properties.workspace_sid", "is not that of the channel, which is "+c.WorkspaceSID)
	}
}
