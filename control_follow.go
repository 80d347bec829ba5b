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

// What follows fits into the commit of the decision, however many threads there are with a
// customer on a source.
const (
	// maxPostponed is in how many threads what the customer writes while a pass is under way
	// is remembered, to be decided when it is settled. In those beyond, interventions stay as
	// they are: the threads of closed ones are engageable, and deferred ones are reactivated
	// when they are due.
	maxPostponed = 100
	// maxFreed is how many interventions of bots lose their owner when a bot gives control
	// away. Those beyond keep it until an agent engages, who may at any time.
	maxFreed = 100
	// maxUncontested is of how many interventions the mark is taken when control is certain
	// again. Those beyond keep it until they end, or control is certain once more.
	maxUncontested = 1000
)

// followUp sees to what follows from a decision for interventions.
func (t *turn) followUp(s *steering, d handover.Decision) {
	about := conversation{SourceID: s.source.ID, IdentityID: s.identity}
	if d.Returned {
		t.ensues(consequence{conversation: about, Freed: true})
	}
	if d.Certain {
		t.ensues(consequence{conversation: about, Certain: true})
	}
	if d.Goes != "" {
		to := interaction.Actor{Type: ActorBot, ID: d.Control.App}
		t.ensues(consequence{conversation: about, Goes: d.Goes, To: to})
	}
	if len(d.Changes) > 0 && d.Control.Owner == handover.Agent && len(s.control.Resting) > 0 {
		t.ensues(consequence{conversation: about, Resting: s.control.Resting})
		s.control.Resting = nil
	}
	if d.Postponed {
		waiting := s.control.Elsewhere
		if d.Side == handover.Agent {
			for _, id := range s.control.Threads {
				waiting = append(waiting, postponedTalk{ThreadID: id, IdentityID: s.identity})
			}
		}
		s.control.Threads, s.control.Elsewhere = nil, nil
		t.ensues(consequence{conversation: about, Written: waiting})
	}
}

// freeFromBots leaves the interventions that bots own with an identity on a source without
// owner, until an agent engages: a bot has given the conversation to the agents.
func (t *turn) freeFromBots(ctx context.Context, about conversation) error {
	list, err := engagedLists.Get(ctx, t.Work, about.IdentityID)
	if err != nil || list == nil {
		return err
	}
	freed := 0
	for _, e := range slices.Clone(list.Interventions) {
		if e.SourceID != about.SourceID || e.Owner.Type != ActorBot {
			continue
		}
		if freed == maxFreed {
			break
		}
		freed++
		if err := t.handOn(ctx, e.ID, interaction.InterventionTransfers, Actor{}); err != nil {
			return err
		}
	}
	return nil
}

// uncontest takes the mark from the interventions with an identity on a source that are
// contested: it is known again who has control. EventControlCertain tells of it.
func (t *turn) uncontest(ctx context.Context, sourceID, identityID string) error {
	list, err := engagedLists.Get(ctx, t.Work, identityID)
	if err != nil || list == nil {
		return err
	}
	var marked []string
	for _, e := range list.Interventions {
		if e.SourceID == sourceID && e.Contested && len(marked) < maxUncontested {
			marked = append(marked, e.ID)
		}
	}
	found, err := interventions.All(ctx, t.Work, marked...)
	if err != nil || len(marked) == 0 {
		return err
	}
	for _, i := range found {
		i.Contested, i.UpdatedAt = false, t.now
		list.contest(i.ID, false)
		if err := interventions.Put(t.Work, i); err != nil {
			return err
		}
	}
	list.Changes++
	return engagedLists.Put(t.Work, list)
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

// mayWake reports whether what the customer has written may engage somebody: not while
// control is on its way to a bot in another conversation for which that counts. Then it is
// remembered there, to be done when that is settled: receiving is never refused.
func (t *turn) mayWake(ctx context.Context, k *talk) (bool, error) {
	before := k.intervention
	if before.Status == interaction.InterventionOpen { // it counts as it did before
		return true, nil
	}
	if err := t.Load(ctx, engagedLists.Key(t.Work, before.IdentityID), controlWatches.Key(t.Work, before.IdentityID)); err != nil {
		return false, err
	}
	woken := engagedIn(before)
	woken.Status = interaction.InterventionOpen
	others, err := t.watching(ctx, before.SourceID, before.IdentityID)
	if err != nil {
		return false, err
	}
	for _, s := range others {
		v := s.control.Verb
		if v == nil || v.Kind != handover.VerbPass || !v.Deadline.IsZero() && !t.now.Before(v.Deadline) ||
			s.settings.EngagementElsewhere(engagedIn(before), woken) != handover.OthersEngage {
			continue
		}
		waits := postponedTalk{ThreadID: before.ThreadID, IdentityID: before.IdentityID}
		if !slices.Contains(s.control.Elsewhere, waits) && len(s.control.Elsewhere) < maxPostponed {
			s.control.Elsewhere = append(s.control.Elsewhere, waits)
		}
		_, err := t.decide(ctx, s, handover.Input{Trigger: handover.CustomerWrites})
		return false, err
	}
	return true, nil
}

// wakePostponed lets what customers wrote in threads while a pass was under way do what it
// would have done.
func (t *turn) wakePostponed(ctx context.Context, waiting []postponedTalk) error {
	for _, w := range waiting {
		thread, err := t.thread(ctx, w.ThreadID)
		if err != nil {
			return err
		}
		k, err := t.talk(ctx, thread, w.IdentityID)
		if err != nil {
			return err
		}
		if thread.Status != interaction.ThreadOpen || k.with.UnansweredSince.IsZero() {
			continue
		}
		if i := k.intervention; i != nil && i.Status != interaction.InterventionOpen && interaction.InterventionLifecycle.Possible(i.Status, interaction.InterventionWritten) {
			if may, err := t.mayWake(ctx, k); err != nil || !may {
				if err != nil {
					return err
				}
				continue
			}
			if err := errors.Join(t.wake(ctx, k), t.keep(ctx, k)); err != nil {
				return err
			}
		}
		if err := t.comesBack(ctx, thread); err != nil {
			return err
		}
	}
	return nil
}
