package engage

import (
	"context"

	"github.com/engage-interactions/engage/interaction"
)

// comesBack has an agent sought for a thread whose channel rests, because it is for the
// agents to deal with the customer now.
func (t *turn) comesBack(ctx context.Context, thread *interaction.Thread) error {
	if !thread.ChannelResting || thread.Status != interaction.ThreadOpen {
		return nil
	}
	channel, err := t.flexChannel(ctx, thread.ChannelSID)
	if err != nil {
		return gone(err)
	}
	workspace, err := t.workspace(ctx, channel.WorkspaceSID)
	if err != nil || workspace.Joins.NoReturning {
		return gone(err)
	}
	return t.customerWrote(ctx, thread)
}

// answered reports whether an agent has the customer of a talk, and is not gone: though the
// channel rests, because they engaged by hand.
func answered(k *talk) bool {
	return k.with.Status == interaction.InterventionOpen && k.with.Owner.Type == ActorAgent
}

// backToAgents has agents sought for threads in which the customer has written while the
// agents did not deal with them, and that are theirs now: for each whose channel rests still,
// unless an agent answers there already.
func (t *turn) backToAgents(ctx context.Context, about conversation, threadIDs []string) error {
	for _, id := range threadIDs {
		thread, err := t.thread(ctx, id)
		if err != nil {
			return err
		}
		with, err := correspondents.Get(ctx, t.Work, correspondentID(id, about.IdentityID))
		if err != nil {
			return err
		}
		if with != nil && with.Status == interaction.InterventionOpen && with.Owner.Type == ActorAgent {
			continue
		}
		if err := t.comesBack(ctx, thread); err != nil {
			return err
		}
	}
	return nil
}
