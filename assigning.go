package engage

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/engage-interactions/engage/interaction"
)

// Assign makes somebody else the owner of an intervention. The one before takes part no
// longer.
//
// What an agent owns, its owner assigns: somebody else needs ActionInterventionsManage of
// Options.Authorize, the system does not, and without Authorize nobody else may. The
// same goes for all else that takes it away: Transfer, Defer, Resume, Cancel, and to let
// others than oneself Join or Leave. (The Engage Digital API lets those reassign who may
// update interventions.) With what a bot or nobody owns, or an agent who does not exist
// any more (Options.OwnerExists), anybody may do so but a customer. The refusal is a
// [*RefusedError]; it wraps what Authorize said, too.
func (s Interventions) Assign(ctx context.Context, id string, owner Actor) (interaction.Intervention, error) {
	return s.change(ctx, ActionInterventionsAssign, id, func(t *turn, k *talk) error {
		if err := t.checkOwner(ctx, owner); err != nil {
			return err
		}
		return t.take(ctx, k, interaction.InterventionAssigns, interaction.Change{Owner: owner})
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
		return t.take(ctx, k, interaction.InterventionTransfers, interaction.Change{Owner: to})
	})
}

// Join lets somebody beside the owner reply within an intervention, until they leave or
// it ends. Whoever takes part already goes on to. Agents and bots join by themselves, or
// are let in by those who may assign it.
func (s Interventions) Join(ctx context.Context, id string, who Actor) (interaction.Intervention, error) {
	return s.change(ctx, ActionInterventionsAssign, id, func(t *turn, k *talk) error {
		if err := interaction.CheckParticipant(who); err != nil {
			return invalidField(err)
		}
		if err := t.mustExist(ctx, who); err != nil {
			return err
		}
		return t.takePart(ctx, k, interaction.InterventionJoins, interaction.Intervention.Join, who)
	})
}

// Leave ends that, in person or by those who may assign the intervention. Of an agent or
// a bot who takes no part nothing changes. It is refused for the owner, who assigns or
// transfers it instead, and for one that has ended, in which nobody takes part any more;
// the error wraps ErrInvalid for who is neither an agent nor a bot, such as the zero
// Actor.
func (s Interventions) Leave(ctx context.Context, id string, who Actor) (interaction.Intervention, error) {
	return s.change(ctx, ActionInterventionsAssign, id, func(t *turn, k *talk) error {
		return t.takePart(ctx, k, interaction.InterventionLeaves, interaction.Intervention.Leave, who)
	})
}

// takePart lets somebody join an intervention, or leave it: those do so by themselves who
// act for themselves.
func (t *turn) takePart(
	ctx context.Context, k *talk, by interaction.InterventionVerb,
	do func(interaction.Intervention, Actor, interaction.InterventionFacts, time.Time) (interaction.Intervention, []string, error), who Actor,
) error {
	may, err := t.mayTake(ctx, k.intervention, by, who)
	if err != nil {
		return err
	}
	return may.explain(t.partake(k, do, who, may.facts))
}

// partake lets somebody join the intervention of a talk, or leave it.
func (t *turn) partake(
	k *talk, do func(interaction.Intervention, Actor, interaction.InterventionFacts, time.Time) (interaction.Intervention, []string, error),
	who Actor, facts interaction.InterventionFacts,
) error {
	after, events, err := do(*k.intervention, who, facts, t.now)
	if err != nil {
		return refusal(err, interventionResource(k.intervention.ID))
	}
	if len(events) == 0 {
		return nil
	}
	k.intervention = &after
	return errors.Join(interventions.Put(t.Work, &after), t.tellIntervention(&after, Actor{}, who, events...))
}

// take applies what nobody does to an intervention that an agent owns but those who may
// take it away.
func (t *turn) take(ctx context.Context, k *talk, by interaction.InterventionVerb, change interaction.Change) error {
	may, err := t.mayTake(ctx, k.intervention, by)
	if err != nil {
		return err
	}
	return may.explain(t.apply(ctx, k, by, change, may.facts))
}

// authority is whether the actor may do what is the owner's to do.
type authority struct {
	facts  interaction.InterventionFacts
	denied error // what the host says of ActionInterventionsManage, if the actor lacks that
}

// explain adds to a refusal what the host said: whether it denies something or cannot
// answer is not told apart, and must not be lost.
func (s authority) explain(err error) error {
	if refused, ok := errors.AsType[*RefusedError](err); ok && s.denied != nil {
		refused.Err = &beside{error: s.denied, other: refused.Err}
	}
	return err
}

// mayTake finds out whether the actor may take away what somebody owns by a verb, as far
// as that needs to be known: who acts for themselves may.
func (t *turn) mayTake(ctx context.Context, i *interaction.Intervention, by interaction.InterventionVerb, themselves ...Actor) (authority, error) {
	if i.Owner.Type != ActorAgent || slices.Contains(themselves, t.actor) {
		return authority{facts: interaction.InterventionFacts{MayManage: true}}, nil
	}
	return t.mayManage(ctx, i, by)
}

// mayManage finds out whether the actor owns the intervention, or may manage those of
// others, or its owner is gone; each only if those before are not so, and none if the verb
// is not possible anyway, or nobody owns it, with which anybody may do so.
func (t *turn) mayManage(ctx context.Context, i *interaction.Intervention, by interaction.InterventionVerb) (may authority, err error) {
	if t.actor == i.Owner || t.actor.Type == ActorSystem {
		may.facts.MayManage = true
		return may, nil
	}
	if i.Owner.IsZero() || !interaction.InterventionLifecycle.Possible(i.Status, by) {
		return may, nil
	}
	if t.core.opts.Authorize != nil {
		if may.denied = t.allow(ctx, ActionInterventionsManage, interventionResource(i.ID)); may.denied == nil {
			may.facts.MayManage = true
			return may, nil
		}
	}
	exists, err := t.ownerExists(ctx, i.Owner)
	if err != nil {
		return authority{}, err
	}
	if may.facts.OwnerGone = !exists; may.facts.OwnerGone {
		may.denied = nil
	}
	return may, nil
}
