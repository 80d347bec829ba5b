package engage

import (
	"context"
	"errors"
	"slices"

	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
)

// What follows for interventions when control has gone over. It is done once the call has
// written what it does itself, on what stands then.

// maxPostponed is in how many threads what the customer writes while a pass is under way
// is remembered, to be decided when it is settled.
const maxPostponed = 100

// followUp sees to what follows from a decision for interventions.
func (t *turn) followUp(s *steering, d handover.Decision) {
	source, identityID := s.source.ID, s.identity
	if d.Returned {
		t.afterwards = append(t.afterwards, func(ctx context.Context) error { return t.freeFromBots(ctx, source, identityID) })
	}
	if d.Goes != "" {
		to := interaction.Actor{Type: ActorBot, ID: d.Control.App}
		t.afterwards = append(t.afterwards, func(ctx context.Context) error { return t.goes(ctx, d.Goes, to) })
	}
	if d.Postponed {
		threads := s.control.Threads
		s.control.Threads = nil
		if d.Side == handover.Agent {
			t.afterwards = append(t.afterwards, func(ctx context.Context) error { return t.wakePostponed(ctx, identityID, threads) })
		}
	}
}

// freeFromBots leaves the interventions that bots own with an identity on a source without
// owner, until an agent engages: a bot has given the conversation to the agents.
func (t *turn) freeFromBots(ctx context.Context, sourceID, identityID string) error {
	list, err := engagedLists.Get(ctx, t.Work, identityID)
	if err != nil || list == nil {
		return err
	}
	for _, e := range slices.Clone(list.Interventions) {
		if e.SourceID != sourceID || e.Owner.Type != ActorBot {
			continue
		}
		if err := t.handOn(ctx, e.ID, interaction.InterventionTransfers, Actor{}); err != nil {
			return err
		}
	}
	return nil
}

// goes gives an intervention to the virtual bot that got control.
func (t *turn) goes(ctx context.Context, interventionID string, to Actor) error {
	i, err := t.intervention(ctx, interventionID)
	if err != nil || !i.Status.Live() || i.Owner == to {
		return err
	}
	return t.handOn(ctx, interventionID, interaction.InterventionAssigns, to)
}

// handOn gives an intervention to somebody, or to nobody, as the system does.
func (t *turn) handOn(ctx context.Context, interventionID string, by interaction.InterventionVerb, to Actor) error {
	k, err := t.talkOf(ctx, interventionID)
	if err != nil {
		return err
	}
	if err := t.apply(ctx, k, by, interaction.Change{Owner: to}, interaction.InterventionFacts{MayManage: true}); err != nil {
		return err
	}
	return t.keep(ctx, k)
}

// wakePostponed lets what the customer wrote in threads while a pass was under way do
// what it would have done: the agents have control after all.
func (t *turn) wakePostponed(ctx context.Context, identityID string, threadIDs []string) error {
	for _, id := range threadIDs {
		thread, err := t.thread(ctx, id)
		if err != nil {
			return err
		}
		k, err := t.talk(ctx, thread, identityID)
		if err != nil {
			return err
		}
		i := k.intervention
		if i == nil || thread.Status != interaction.ThreadOpen || i.Status == interaction.InterventionOpen || k.with.UnansweredSince.IsZero() ||
			!interaction.InterventionLifecycle.Possible(i.Status, interaction.InterventionWritten) {
			continue
		}
		if err := errors.Join(t.apply(ctx, k, interaction.InterventionWritten, interaction.Change{}, interaction.InterventionFacts{}), t.keep(ctx, k)); err != nil {
			return err
		}
	}
	return nil
}
