package engage

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/engage-interactions/engage/interaction"
)

// Interventions is how agents and bots answer customers: each takes a matter of one
// customer in one thread upon itself (seed 000, "Core Concepts": "in many ways
// synonymous with a ticket or case").
//
// What takes an intervention away from the agent who owns it, be it that it passes to
// somebody else, ends, rests, or its rest ends, is for the owner to do, the system, and
// those who may manage those of others: see Assign, and for its end Close. All else is
// open to colleagues, for it takes nothing away that is under way: to comment, categorise,
// set custom fields, and to go on with what is closed. Whoever reopens that leaves it to
// its owner; whoever engages in it becomes its owner. Customers only read them.
//
// An owner who does not exist any more, as Options.OwnerExists says, keeps nobody from
// anything, and loses what would be left to them: when the customer writes, and when it is
// reopened or reactivated, or its thread is. Then nobody owns it, and its thread is engageable.
type Interventions struct{ scope }

// Get returns an intervention.
func (s Interventions) Get(ctx context.Context, id string) (interaction.Intervention, error) {
	if err := s.allow(ctx, ActionInterventionsRead, interventionResource(id)); err != nil {
		return interaction.Intervention{}, err
	}
	return read(ctx, s.scope, func(t *turn) (*interaction.Intervention, error) { return t.intervention(ctx, id) })
}

// Categorize gives an intervention other categories in place of those that it has.
func (s Interventions) Categorize(ctx context.Context, id string, categoryIDs []string) (interaction.Intervention, error) {
	return s.change(ctx, ActionInterventionsCategorize, id, func(t *turn, k *talk) error {
		chosen, err := t.checkCategories(ctx, k.source.ID, categoryIDs, interaction.AsCategory)
		if err != nil {
			return err
		}
		after := *k.intervention
		after.CategoryIDs, after.UpdatedAt = chosen, t.now
		k.intervention = &after
		return errors.Join(interventions.Put(t.Work, &after), t.tellIntervention(&after, Actor{}, Actor{}, string(EventInterventionRecategorized)))
	})
}

// SetCustomFields sets custom fields of an intervention, each a JSON value; null removes
// one. Of none nothing is told.
func (s Interventions) SetCustomFields(ctx context.Context, id string, values map[string]json.RawMessage) (interaction.Intervention, error) {
	return s.change(ctx, ActionInterventionsUpdate, id, func(t *turn, k *talk) error {
		after, err := k.intervention.SetCustomFields(values, t.now)
		if err != nil || len(values) == 0 {
			return invalidField(err)
		}
		k.intervention = &after
		return errors.Join(interventions.Put(t.Work, &after), t.tellOfIntervention(
			&after, Then{Set: setValues(values, after.CustomFieldValues)}, string(EventInterventionCustomFieldsUpdated),
		))
	})
}

// Defer lets an intervention rest until a time, which must be in the future; then Run
// reactivates it. Before that Resume does, or a content of the customer. Who may do so is
// said at Assign.
func (s Interventions) Defer(ctx context.Context, id string, until time.Time) (interaction.Intervention, error) {
	until = until.UTC().Round(0)
	return s.change(ctx, ActionInterventionsDefer, id, func(t *turn, k *talk) error {
		if err := checkMoment("until", until); err != nil {
			return err
		}
		return t.take(ctx, k, interaction.InterventionDefers, interaction.Change{Until: until})
	})
}

// Resume reactivates a deferred intervention. Who may do so is said at Assign. An owner
// who is gone loses it.
func (s Interventions) Resume(ctx context.Context, id string) (interaction.Intervention, error) {
	return s.change(ctx, ActionInterventionsDefer, id, func(t *turn, k *talk) error {
		return t.take(ctx, k, interaction.InterventionResumes, interaction.Change{})
	})
}

// Closing is how an intervention ends.
type Closing struct {
	// DispositionIDs are categories for post-qualification that say how it ended.
	DispositionIDs []string
	// CloseThread closes its thread in the same step.
	CloseThread bool
	// Cause says that it ends by itself, and why. Only the system may say so; then
	// categories and a disposition that would be demanded are not, and
	// DispositionMissing says that they are missing.
	Cause interaction.CloseCause
}

// Close ends an intervention that is solved (seed 000, "Core Concepts": "until the agent
// has successfully resolved the issue and set the disposition accordingly").
//
// It needs a reply, the categories and the disposition that mandatory trees demand, and
// its owner: somebody else needs ActionInterventionsManage of Options.Authorize, unless
// nobody owns it, or an owner who does not exist any more; the system does not. The
// categories are its own and those of its thread, with which Source.DefaultCategoryIDs
// count. What lacks is said by the
// [*RefusedError]; of categories the [*interaction.CategoryError] behind it says which, and
// what Authorize said is behind it, too. A reply is what an agent or a bot
// posted within it: what the company said on the platform itself, an echo, and what the
// system posted are none. An intervention without any reply is canceled instead.
//
// Whoever took part beside the owner does no longer, if it is opened again.
//
// On a source with thread control, when the last one that was engaged ends and what the agents
// posted is delivered, the bot gets control that waits for it (handover.Request.WhenFree); else
// control is released.
func (s Interventions) Close(ctx context.Context, id string, c Closing) (interaction.Intervention, error) {
	return s.change(ctx, ActionInterventionsClose, id, func(t *turn, k *talk) error {
		if err := checkHostText("cause", string(c.Cause)); err != nil {
			return err
		}
		if c.Cause != "" && t.actor.Type != ActorSystem {
			return invalid("cause", "is for the system to say")
		}
		change, missing, err := t.closingWith(ctx, k, c)
		if err != nil {
			return err
		}
		may, err := t.mayManage(ctx, k.intervention, interaction.InterventionCloses)
		if err != nil {
			return err
		}
		err = t.applyClosing(ctx, k, change, missing, may)
		if err != nil || !c.CloseThread || k.thread.Status == interaction.ThreadClosed {
			return err
		}
		if err := t.allow(ctx, ActionThreadsClose, threadResource(k.thread.ID)); err != nil {
			return err
		}
		if err := t.closeThread(k.thread, ""); err != nil {
			return err
		}
		return t.closeChannelIn(ctx, k)
	})
}

// closingWith returns what comes with the end of the intervention of a talk, and what of
// that is demanded and missing.
func (t *turn) closingWith(ctx context.Context, k *talk, c Closing) (change interaction.Change, missing, err error) {
	dispositions, err := t.checkCategories(ctx, k.source.ID, c.DispositionIDs, interaction.AsDisposition)
	if err != nil {
		return interaction.Change{}, nil, err
	}
	tree, err := t.categoryTree(ctx)
	if err != nil {
		return interaction.Change{}, nil, err
	}
	missing = tree.CheckClosing(k.source.ID, k.intervention.ClosingCategoryIDs(*k.thread), dispositions)
	return interaction.Change{DispositionIDs: dispositions, Cause: c.Cause, DispositionMissing: missing != nil}, missing, nil
}

// applyClosing closes the intervention of a talk, which must be kept afterwards. A refusal
// says what is missing, if that is in the way.
func (t *turn) applyClosing(ctx context.Context, k *talk, change interaction.Change, missing error, may authority) error {
	facts := may.facts
	facts.Disposition = missing == nil
	err := may.explain(t.apply(ctx, k, interaction.InterventionCloses, change, facts))
	mayClose := facts.MayManage || facts.OwnerGone || k.intervention.Owner.IsZero()
	if refused, ok := errors.AsType[*RefusedError](err); ok && missing != nil && mayClose && k.intervention.UserRepliesCount > 0 && k.intervention.Status.Live() {
		refused.Err = &beside{error: missing, other: refused.Err}
	}
	return err
}

// closeThread closes a thread, which must be kept afterwards, and tells of it.
func (t *turn) closeThread(thread *interaction.Thread, cause interaction.CloseCause) error {
	closed, events, err := thread.Close(cause, t.now)
	if err != nil {
		return refusal(err, threadResource(thread.ID))
	}
	*thread = closed
	for _, typ := range events {
		if err := t.tellThread(EventType(typ), thread); err != nil {
			return err
		}
	}
	return nil
}

// Cancel ends an intervention without any reply: it needed none. One with replies, as
// Close counts them, is closed instead. Who may do so is said at Assign.
func (s Interventions) Cancel(ctx context.Context, id string) (interaction.Intervention, error) {
	return s.change(ctx, ActionInterventionsCancel, id, func(t *turn, k *talk) error {
		return t.take(ctx, k, interaction.InterventionCancels, interaction.Change{})
	})
}

// Reopen opens a closed intervention again. Its owner stays who it was, unless they are
// gone, and nobody else takes part.
func (s Interventions) Reopen(ctx context.Context, id string) (interaction.Intervention, error) {
	return s.change(ctx, ActionInterventionsReopen, id, func(t *turn, k *talk) error {
		return t.apply(ctx, k, interaction.InterventionReopens, interaction.Change{}, interaction.InterventionFacts{})
	})
}

// change changes one intervention.
func (s Interventions) change(ctx context.Context, action Action, id string, do func(*turn, *talk) error) (interaction.Intervention, error) {
	if err := s.allow(ctx, action, interventionResource(id)); err != nil {
		return interaction.Intervention{}, err
	}
	return read(ctx, s.scope, func(t *turn) (*interaction.Intervention, error) {
		k, err := t.talkOf(ctx, id)
		if err != nil {
			return nil, err
		}
		before := k.intervention
		if err := do(t, k); err != nil || k.intervention == before {
			return before, err
		}
		return k.intervention, t.keep(ctx, k)
	})
}

// InterventionFilter says which interventions to list, in the order in which they were
// opened: those of one thread, identity, contact, source or owner; all if none is named.
type InterventionFilter struct {
	ThreadID   string
	IdentityID string
	ContactID  string
	SourceID   string
	Owner      Actor // an agent or a bot
	// Status lists those in one state only. Of a thread it costs what it leaves out: a page
	// has less then, perhaps nothing, and yet a next one.
	Status interaction.InterventionStatus
	// OldestFirst turns the order around. The latest first is the default.
	OldestFirst bool
	// Limit is the length of a page; 0 means DefaultPage.
	Limit int
	// Continuation is that of the page before.
	Continuation string
}
