package engage

import (
	"context"
	"errors"
	"slices"

	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/routing"
)

// What routing does to the intervention with a channel's customer, as [Joins] says.

// managing are the facts for what routing does: whoever may do that may manage the
// intervention, too.
var managing = interaction.InterventionFacts{MayManage: true}

// live returns the intervention if it is open or deferred, else nil.
func (j *joint) live() *interaction.Intervention {
	if i := j.k.intervention; i != nil && i.Status.Live() {
		return i
	}
	return nil
}

// arrive engages those who have accepted.
func (j *joint) arrive(ctx context.Context) error {
	if j.r.workspace.Joins.NoEngaging || j.k.thread.Status != interaction.ThreadOpen {
		return nil
	}
	for _, who := range j.came {
		if err := j.mustExist(ctx, who); err != nil {
			return err
		}
		if err := j.engages(ctx, who); err != nil {
			return err
		}
		i := j.live()
		if i.Owner == who {
			j.r.channel.Owner = who
		}
		if i.Status == interaction.InterventionDeferred { // they are to answer now
			if err := j.apply(ctx, j.k, interaction.InterventionResumes, interaction.Change{}, managing); err != nil {
				return err
			}
		}
	}
	return nil
}

// engages makes somebody the owner of the intervention, or lets them join the one who is.
func (j *joint) engages(ctx context.Context, who Actor) error {
	i := j.live()
	switch {
	case i == nil, i.Owner.Type != ActorAgent:
		return j.undertake(ctx, j.k, nil, who)
	case i.Owner == who:
		return nil
	}
	if err := j.stays(ctx, i); err != nil {
		return err
	}
	if j.leaves(i.Owner) {
		return j.apply(ctx, j.k, interaction.InterventionAssigns, interaction.Change{Owner: who}, managing)
	}
	exists, err := j.ownerExists(ctx, i.Owner)
	if err != nil {
		return err
	}
	if !exists {
		return j.undertake(ctx, j.k, nil, who)
	}
	return j.partake(j.k, interaction.Intervention.Join, who, managing)
}

// stays sees to it that an intervention of an agent to which somebody comes does not go to a bot in
// this moment, with control: it is the only one that may be engaged meanwhile. As when somebody
// engages, what the platform was not told yet is withdrawn, and else this is refused.
func (j *joint) stays(ctx context.Context, i *interaction.Intervention) error {
	s, err := j.steer(ctx, j.k.source, i.IdentityID)
	if err != nil || s == nil {
		return err
	}
	if v := s.control.Verb; v == nil || v.Kind != handover.VerbPass || v.InterventionID != i.ID || !v.Deadline.IsZero() && !j.now.Before(v.Deadline) {
		return nil
	}
	_, err = j.decide(ctx, s, handover.Input{Trigger: handover.AgentEngages, Engages: engagedIn(i)})
	return err
}

// leaves reports whether somebody leaves the channel, or was on it before it was inactive or
// paused, and has the intervention still.
func (j *joint) leaves(who Actor) bool {
	return !who.IsZero() && !slices.Contains(j.on, who) && (slices.Contains(j.went, who) || who == j.r.channel.Owner)
}

// leave takes those off the intervention whose tasks have ended. Its owner is replaced by who
// has been on the channel for longest, or by nobody, if somebody is sought; of the last one
// it is for end to say.
func (j *joint) leave(ctx context.Context) error {
	if j.r.workspace.Joins.NoLeaving {
		return nil
	}
	for _, who := range j.went {
		if i := j.live(); i != nil && i.Owner != who && !who.IsZero() && !slices.Contains(j.on, who) {
			if err := j.partake(j.k, interaction.Intervention.Leave, who, managing); err != nil {
				return err
			}
		}
	}
	i := j.live()
	if i == nil || !slices.Contains(j.went, i.Owner) || slices.Contains(j.on, i.Owner) {
		return nil
	}
	for _, next := range j.on {
		if !j.ownerGone(ctx, next) {
			j.r.channel.Owner = next
			return j.apply(ctx, j.k, interaction.InterventionAssigns, interaction.Change{Owner: next}, managing)
		}
	}
	if j.ends() || j.rests() {
		return nil
	}
	j.r.channel.Owner = Actor{}
	return j.apply(ctx, j.k, interaction.InterventionTransfers, interaction.Change{}, managing)
}

// ends reports whether nobody is on the channel any more, nor will be. If the thread has
// another channel by now, it is for that to end the intervention.
func (j *joint) ends() bool {
	switch bound := j.k.thread.ChannelSID; {
	case j.busy(), bound != "" && bound != j.r.channel.SID:
		return false
	}
	s := j.r.work.Channel.Status
	return s == routing.ChannelClosed || s == routing.ChannelInactive
}

// end ends the intervention, or lets it rest, when nobody is on the channel any more.
func (j *joint) end(ctx context.Context) error {
	i, off := j.live(), j.r.workspace.Joins
	switch {
	case i == nil:
		return nil
	case j.rests() && j.r.work.Channel.Status == routing.ChannelPause:
		if off.NoPausing || i.Status != interaction.InterventionOpen || !i.Owner.IsZero() && !j.leaves(i.Owner) {
			return nil
		}
		return j.apply(ctx, j.k, interaction.InterventionDefers, interaction.Change{Until: j.now.Add(routing.MaxPause)}, managing)
	case !j.ends(), off.NoEnding:
		return nil
	case i.Owner.Type == ActorAgent && !j.leaves(i.Owner) && !j.ownerGone(ctx, i.Owner): // it is not routing that gave it to them
		return nil
	case i.Owner.Type == ActorBot && j.r.work.Channel.Status == routing.ChannelInactive: // it goes on with the bot
		return nil
	}
	c := Closing{Cause: j.cause(i), DispositionIDs: slices.Clone(j.r.outcome)}
	for _, sid := range j.ended {
		c.DispositionIDs = append(c.DispositionIDs, j.r.dispositions[sid]...)
	}
	change, missing, err := j.closingWith(ctx, j.k, c)
	if err != nil {
		return err
	}
	if i.UserRepliesCount == 0 {
		return j.apply(ctx, j.k, interaction.InterventionCancels, interaction.Change{Cause: c.Cause}, managing)
	}
	if missing == nil || !j.r.closes || j.actor.Type != ActorAgent || i.Owner.Type == ActorBot {
		return j.applyClosing(ctx, j.k, change, missing, authority{facts: managing})
	}
	change.Cause = "" // an agent who ends the conversation says what came of it
	err = j.applyClosing(ctx, j.k, change, missing, authority{facts: managing})
	if refused, ok := errors.AsType[*RefusedError](err); ok {
		refused.Remedy = "give it: Flex.UpdateChannel takes it in DispositionIDs, or close the intervention before"
	}
	return err
}

// cause says why an intervention ends by itself; empty: who has completed the last task ends
// it.
func (j *joint) cause(i *interaction.Intervention) interaction.CloseCause {
	switch {
	case j.r.work.Channel.Status == routing.ChannelInactive:
		return interaction.CauseChannelInactive
	case len(j.ended) == 0, i.Owner.Type == ActorBot, j.r.closes:
		return j.overBecause()
	case j.actor.Type == ActorSystem:
		return interaction.CauseTaskCompleted
	}
	return ""
}
