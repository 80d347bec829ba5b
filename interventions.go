package engage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/engage-interactions/engage/interaction"
)

// Interventions is how agents and bots answer customers: each takes a matter of one
// customer in one thread upon itself (seed 000, "Core Concepts": "in many ways
// synonymous with a ticket or case").
type Interventions struct{ scope }

// EngagedError says that somebody else has an open or deferred intervention with the
// customer. It wraps ErrRefused.
type EngagedError struct {
	Intervention interaction.Intervention // as it is; its Owner is who has it
	Err          error                    // the rule, such as a [*RefusedError]
}

// Error names the intervention and its owner.
func (e *EngagedError) Error() string {
	text := fmt.Sprintf("%v: %v: it is %s, with %v", interventionResource(e.Intervention.ID), ErrRefused, e.Intervention.Status, e.Intervention.Owner)
	if rule, ok := errors.AsType[*RefusedError](e.Err); ok && rule.Remedy != "" {
		text += "; " + rule.Remedy
	}
	return text
}

// Unwrap returns ErrRefused and the rule.
func (e *EngagedError) Unwrap() []error { return []error{ErrRefused, e.Err} }

// Engagement is what somebody engages in.
type Engagement struct {
	// ThreadID is the thread. It may be left out if ContentID says it.
	ThreadID string
	// IdentityID is the customer. It may be left out where the thread has one, or
	// ContentID says it.
	IdentityID string
	// ContentID is the content that the intervention is opened on. Empty: the latest
	// of the thread.
	ContentID string
	// Owner is who is to own the intervention. Nobody: who acts.
	Owner Actor
}

// Engage opens an intervention with a customer in a thread, or opens the closed one
// again (seed 000, "Core Concepts": "When an agent chooses to engage with a customer
// within a thread, they create an intervention"). An agent who engages where a bot has
// the intervention, or nobody has, becomes its owner. Whoever owns it already gets it
// as it is; a deferred one is resumed with Resume.
//
// If somebody else has it, the error is an [*EngagedError] that says who. Of several who
// engage at once exactly one succeeds. The error wraps ErrRefused if the thread is
// closed, and ErrNotFound if the owner does not exist.
func (s Interventions) Engage(ctx context.Context, e Engagement) (interaction.Intervention, error) {
	resource := threadResource(e.ThreadID)
	if e.ThreadID == "" {
		resource = contentResource(e.ContentID)
	}
	if err := s.allow(ctx, ActionInterventionsEngage, resource); err != nil {
		return interaction.Intervention{}, err
	}
	owner := e.Owner
	if owner.IsZero() {
		owner = s.actor
	}
	return read(ctx, s.scope, func(t *turn) (*interaction.Intervention, error) {
		if err := t.checkOwner(ctx, owner); err != nil {
			return nil, err
		}
		k, contentID, err := t.engagement(ctx, e)
		if err != nil {
			return nil, err
		}
		i := k.intervention
		if i != nil && i.Status.Live() && i.Owner == owner {
			return i, nil
		}
		if i == nil || i.Status == interaction.InterventionCanceled {
			k.intervention = &interaction.Intervention{
				ID: t.ID(), SourceID: k.source.ID, ThreadID: k.thread.ID, IdentityID: k.with.IdentityID,
				ContentID: contentID, CreatedAt: t.now,
			}
		}
		begins := k.intervention.Status == ""
		err = t.apply(ctx, k, interaction.InterventionEngages, interaction.Change{Owner: owner}, interaction.InterventionFacts{})
		if errors.Is(err, ErrRefused) && k.intervention.Status.Live() {
			return nil, &EngagedError{Intervention: *k.intervention, Err: err}
		}
		if err != nil {
			return nil, err
		}
		if begins {
			k.thread.InterventionsCount++
		}
		return k.intervention, t.keep(ctx, k)
	})
}

// engagement reads what somebody engages in.
func (t *turn) engagement(ctx context.Context, e Engagement) (k *talk, contentID string, err error) {
	var on *interaction.Content
	if e.ContentID != "" {
		if on, err = t.content(ctx, e.ContentID); err != nil {
			return nil, "", err
		}
		if e.ThreadID != "" && e.ThreadID != on.ThreadID {
			return nil, "", invalid("content_id", "is of another thread")
		}
		e.ThreadID = on.ThreadID
	}
	thread, err := t.thread(ctx, e.ThreadID)
	if err != nil {
		return nil, "", err
	}
	identityID, err := Post{IdentityID: e.IdentityID}.customer(thread, on)
	if err != nil {
		return nil, "", err
	}
	if on == nil {
		e.ContentID = thread.LastContentID
	}
	k, err = t.talk(ctx, thread, identityID)
	return k, e.ContentID, err
}

// checkOwner refuses somebody who cannot own an intervention, or whom the host does not
// know.
func (t *turn) checkOwner(ctx context.Context, owner Actor) error {
	if err := interaction.CheckOwner(owner); err != nil {
		return invalidField(err)
	}
	exists, err := t.ownerExists(ctx, owner)
	if err == nil && !exists {
		err = &NotFoundError{Resource: Resource{Type: string(owner.Type), ID: owner.ID}}
	}
	return err
}

// ownerExists asks the host whether it knows somebody. Nobody need not be known.
func (t *turn) ownerExists(ctx context.Context, owner Actor) (bool, error) {
	if owner.IsZero() || t.core.opts.OwnerExists == nil {
		return true, nil
	}
	return t.core.opts.OwnerExists(ctx, owner)
}

// Get returns an intervention.
func (s Interventions) Get(ctx context.Context, id string) (interaction.Intervention, error) {
	if err := s.allow(ctx, ActionInterventionsRead, interventionResource(id)); err != nil {
		return interaction.Intervention{}, err
	}
	return read(ctx, s.scope, func(t *turn) (*interaction.Intervention, error) { return t.intervention(ctx, id) })
}

// Assign makes somebody else the owner of an intervention. The one before takes part no
// longer.
func (s Interventions) Assign(ctx context.Context, id string, owner Actor) (interaction.Intervention, error) {
	return s.change(ctx, ActionInterventionsAssign, id, func(t *turn, k *talk) error {
		if err := t.checkOwner(ctx, owner); err != nil {
			return err
		}
		return t.apply(ctx, k, interaction.InterventionAssigns, interaction.Change{Owner: owner}, interaction.InterventionFacts{})
	})
}

// Transfer passes an intervention on (seed 000, "Engage Bots": "Transfer the
// intervention to a human agent for resolution"): to an agent or bot, or, with the zero
// Actor, to whoever engages next. The thread is engageable then, answered or not.
func (s Interventions) Transfer(ctx context.Context, id string, to Actor) (interaction.Intervention, error) {
	return s.change(ctx, ActionInterventionsAssign, id, func(t *turn, k *talk) error {
		if !to.IsZero() {
			if err := t.checkOwner(ctx, to); err != nil {
				return err
			}
		}
		if err := t.apply(ctx, k, interaction.InterventionTransfers, interaction.Change{Owner: to}, interaction.InterventionFacts{}); err != nil {
			return err
		}
		if to.IsZero() {
			k.with.TransferredAt = t.now
		}
		return nil
	})
}

// Join lets somebody beside the owner reply within an intervention. Whoever takes part
// already goes on to.
func (s Interventions) Join(ctx context.Context, id string, who Actor) (interaction.Intervention, error) {
	return s.change(ctx, ActionInterventionsAssign, id, func(t *turn, k *talk) error {
		if err := t.checkOwner(ctx, who); err != nil {
			return err
		}
		after, err := k.intervention.Join(who, t.now)
		return t.took(k, after, err, who, EventInterventionJoined)
	})
}

// Leave ends that. The owner cannot leave: the intervention is assigned or transferred.
func (s Interventions) Leave(ctx context.Context, id string, who Actor) (interaction.Intervention, error) {
	return s.change(ctx, ActionInterventionsAssign, id, func(t *turn, k *talk) error {
		after, err := k.intervention.Leave(who, t.now)
		return t.took(k, after, err, who, EventInterventionLeft)
	})
}

// took keeps an intervention that somebody takes part in, or no longer.
func (t *turn) took(k *talk, after interaction.Intervention, err error, who Actor, typ EventType) error {
	if err != nil {
		return refusal(err, interventionResource(k.intervention.ID))
	}
	if len(after.Participants) == len(k.intervention.Participants) {
		return nil
	}
	k.intervention = &after
	return errors.Join(interventions.Put(t.Work, &after), t.tellIntervention(&after, Actor{}, who, string(typ)))
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
// one.
func (s Interventions) SetCustomFields(ctx context.Context, id string, values map[string]json.RawMessage) (interaction.Intervention, error) {
	return s.change(ctx, ActionInterventionsUpdate, id, func(t *turn, k *talk) error {
		after, err := k.intervention.SetCustomFields(values, t.now)
		if err != nil {
			return invalidField(err)
		}
		k.intervention = &after
		return errors.Join(interventions.Put(t.Work, &after), t.tellIntervention(&after, Actor{}, Actor{}, string(EventInterventionCustomFieldsUpdated)))
	})
}

// Defer lets an intervention rest until a time, which must be in the future; then Run
// reactivates it. Before that Resume does, or a content of the customer.
func (s Interventions) Defer(ctx context.Context, id string, until time.Time) (interaction.Intervention, error) {
	until = until.UTC().Round(0)
	return s.change(ctx, ActionInterventionsDefer, id, func(t *turn, k *talk) error {
		if err := checkMoment("until", until); err != nil {
			return err
		}
		return t.apply(ctx, k, interaction.InterventionDefers, interaction.Change{Until: until}, interaction.InterventionFacts{})
	})
}

// Resume reactivates a deferred intervention.
func (s Interventions) Resume(ctx context.Context, id string) (interaction.Intervention, error) {
	return s.change(ctx, ActionInterventionsDefer, id, func(t *turn, k *talk) error {
		return t.apply(ctx, k, interaction.InterventionResumes, interaction.Change{}, interaction.InterventionFacts{})
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
// its owner: somebody else needs ActionInterventionsManage of Options.Authorize, the
// system does not. What lacks is said by the [*RefusedError]; of categories the
// [*interaction.CategoryError] behind it says which. An intervention without any reply
// is canceled instead.
func (s Interventions) Close(ctx context.Context, id string, c Closing) (interaction.Intervention, error) {
	return s.change(ctx, ActionInterventionsClose, id, func(t *turn, k *talk) error {
		if err := checkHostText("cause", string(c.Cause)); err != nil {
			return err
		}
		if c.Cause != "" && t.actor.Type != ActorSystem {
			return invalid("cause", "is for the system to say")
		}
		dispositions, err := t.checkCategories(ctx, k.source.ID, c.DispositionIDs, interaction.AsDisposition)
		if err != nil {
			return err
		}
		tree, err := t.categoryTree(ctx)
		if err != nil {
			return err
		}
		facts := interaction.InterventionFacts{MayManage: t.mayManage(ctx, k.intervention)}
		missing := tree.CheckClosing(k.source.ID, k.intervention.CategoryIDs, dispositions)
		facts.Disposition = missing == nil
		change := interaction.Change{DispositionIDs: dispositions, Cause: c.Cause, DispositionMissing: missing != nil}
		err = t.apply(ctx, k, interaction.InterventionCloses, change, facts)
		if refused, ok := errors.AsType[*RefusedError](err); ok && !facts.Disposition && k.intervention.UserRepliesCount > 0 && facts.MayManage && k.intervention.Status.Live() {
			refused.Err = errors.Join(refused.Err, missing)
		}
		if err != nil || !c.CloseThread || k.thread.Status == interaction.ThreadClosed {
			return err
		}
		if err := t.allow(ctx, ActionThreadsClose, threadResource(k.thread.ID)); err != nil {
			return err
		}
		thread, events, err := k.thread.Close("", t.now)
		if err != nil {
			return refusal(err, threadResource(k.thread.ID))
		}
		*k.thread = thread
		for _, typ := range events {
			if err := t.tellThread(EventType(typ), k.thread); err != nil {
				return err
			}
		}
		return nil
	})
}

// mayManage reports whether the actor may close the intervention.
func (t *turn) mayManage(ctx context.Context, i *interaction.Intervention) bool {
	return t.actor == i.Owner || t.actor.Type == ActorSystem ||
		t.core.opts.Authorize != nil && t.allow(ctx, ActionInterventionsManage, interventionResource(i.ID)) == nil
}

// Cancel ends an intervention without any reply: it needed none. One with replies is
// closed instead.
func (s Interventions) Cancel(ctx context.Context, id string) (interaction.Intervention, error) {
	return s.change(ctx, ActionInterventionsCancel, id, func(t *turn, k *talk) error {
		return t.apply(ctx, k, interaction.InterventionCancels, interaction.Change{}, interaction.InterventionFacts{})
	})
}

// Reopen opens a closed intervention again. Its owner stays who it was.
func (s Interventions) Reopen(ctx context.Context, id string) (interaction.Intervention, error) {
	return s.change(ctx, ActionInterventionsReopen, id, func(t *turn, k *talk) error {
		err := t.apply(ctx, k, interaction.InterventionReopens, interaction.Change{}, interaction.InterventionFacts{})
		if err == nil && k.intervention.Owner.IsZero() { // it waits for whoever engages next, as it did
			k.with.TransferredAt = t.now
		}
		return err
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
		if err := do(t, k); err != nil {
			return nil, err
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
	Owner      Actor
	// Status lists those in one state only. Of a thread, an identity or a contact it
	// costs what it leaves out.
	Status interaction.InterventionStatus
	// OldestFirst turns the order around. The latest first is the default.
	OldestFirst bool
	// Limit is the length of a page; 0 means DefaultPage.
	Limit int
	// Continuation is that of the page before.
	Continuation string
}
