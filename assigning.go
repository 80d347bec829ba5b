package engage

import (
	"context"
	"errors"
	"slices"

	"github.com/engage-interactions/engage/interaction"
)

// Assign makes somebody else the owner of an intervention. The one before takes part no
// longer.
//
// What an agent owns, its owner assigns: somebody else needs ActionInterventionsManage of
// Options.Authorize, the system does not, and without Authorize nobody else may. The
// same goes for Transfer, and to let others than oneself Join or Leave. (The Engage
// Digital API lets those reassign who may update interventions.) What a bot or nobody
// owns, anybody may pass on but a customer. The refusal is a [*RefusedError].
func (s Interventions) Assign(ctx context.Context, id string, owner Actor) (interaction.Intervention, error) {
	return s.change(ctx, ActionInterventionsAssign, id, func(t *turn, k *talk) error {
		if err := t.checkOwner(ctx, owner); err != nil {
			return err
		}
		return t.apply(ctx, k, interaction.InterventionAssigns, interaction.Change{Owner: owner}, t.mayTake(ctx, k.intervention))
	})
}

// Transfer passes an intervention on (seed 000, "Engage Bots": "Transfer the
// intervention to a human agent for resolution"): to an agent or bot, or, with the zero
// Actor, to whoever engages next. The thread is engageable then, answered or not. Who may
// do so is said at Assign.
func (s Interventions) Transfer(ctx context.Context, id string, to Actor) (interaction.Intervention, error) {
	return s.change(ctx, ActionInterventionsAssign, id, func(t *turn, k *talk) error {
		if !to.IsZero() {
			if err := t.checkOwner(ctx, to); err != nil {
				return err
			}
		}
		if err := t.apply(ctx, k, interaction.InterventionTransfers, interaction.Change{Owner: to}, t.mayTake(ctx, k.intervention)); err != nil {
			return err
		}
		if to.IsZero() {
			k.with.TransferredAt = t.now
		}
		return nil
	})
}

// Join lets somebody beside the owner reply within an intervention, until they leave or
// it ends. Whoever takes part already goes on to. Agents and bots join by themselves, or
// are let in by those who may assign it.
func (s Interventions) Join(ctx context.Context, id string, who Actor) (interaction.Intervention, error) {
	return s.change(ctx, ActionInterventionsAssign, id, func(t *turn, k *talk) error {
		if err := t.checkOwner(ctx, who); err != nil {
			return err
		}
		after, events, err := k.intervention.Join(who, t.mayTake(ctx, k.intervention, who), t.now)
		return t.took(k, after, events, err, who)
	})
}

// Leave ends that, in person or by those who may assign the intervention. Of an agent or
// a bot who takes no part nothing changes. It is refused for the owner, who assigns or
// transfers it instead, and for one that has ended, in which nobody takes part any more;
// the error wraps ErrInvalid for who is neither an agent nor a bot, such as the zero
// Actor.
func (s Interventions) Leave(ctx context.Context, id string, who Actor) (interaction.Intervention, error) {
	return s.change(ctx, ActionInterventionsAssign, id, func(t *turn, k *talk) error {
		after, events, err := k.intervention.Leave(who, t.mayTake(ctx, k.intervention, who), t.now)
		return t.took(k, after, events, err, who)
	})
}

// took keeps an intervention that somebody takes part in, or no longer.
func (t *turn) took(k *talk, after interaction.Intervention, events []string, err error, who Actor) error {
	if err != nil {
		return refusal(err, interventionResource(k.intervention.ID))
	}
	if len(events) == 0 {
		return nil
	}
	k.intervention = &after
	return errors.Join(interventions.Put(t.Work, &after), t.tellIntervention(&after, Actor{}, who, events...))
}

// mayManage reports whether the actor owns the intervention, or may manage those of
// others.
func (t *turn) mayManage(ctx context.Context, i *interaction.Intervention) bool {
	return t.actor == i.Owner || t.actor.Type == ActorSystem ||
		t.core.opts.Authorize != nil && t.allow(ctx, ActionInterventionsManage, interventionResource(i.ID)) == nil
}

// mayTake finds out whether the actor may take away what somebody owns, if that needs to
// be known: who acts for themselves may.
func (t *turn) mayTake(ctx context.Context, i *interaction.Intervention, themselves ...Actor) interaction.InterventionFacts {
	asks := i.Owner.Type == ActorAgent && i.Status.Live() && !slices.Contains(themselves, t.actor)
	return interaction.InterventionFacts{MayManage: !asks || t.mayManage(ctx, i)}
}
