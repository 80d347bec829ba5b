package engage

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store"
)

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
	// ContentID is the content that the intervention is opened on. Empty: the latest of
	// the customer's own that is not ignored, if there is one.
	ContentID string
	// Owner is who is to own the intervention. Nobody: who acts. Somebody else is
	// assigned: ActionInterventionsAssign is asked about beside.
	Owner Actor
}

// Engage opens an intervention with a customer in a thread, or opens the closed one
// again (seed 000, "Core Concepts": "When an agent chooses to engage with a customer
// within a thread, they create an intervention"). A closed one is then theirs, whoever
// had it; Reopen leaves it to its owner. An agent who engages where a bot has the
// intervention, or nobody has, or an agent who does not exist any more
// (Options.OwnerExists), becomes its owner. A bot does not, nor is one made so: Assign does
// that. Whoever owns it already gets it as it is; a deferred one is resumed with Resume.
//
// If somebody else has it, the error is an [*EngagedError] that says who. Of several who
// engage at once exactly one succeeds. The error wraps ErrRefused if the thread is
// closed, unless the agent becomes the owner of what is open or deferred there, as above; or
// if the customer takes no part in it: a customer takes part in the threads that they wrote
// in, or that were opened with them. It wraps ErrNotFound if the owner does not exist.
//
// On a source with thread control (see [Control]) an agent who engages while a bot or
// another app has control is engaged at once, and control is requested or taken for them:
// their contents wait for it. Only while the platform is passing control to a bot, nobody
// can become engaged whom the rule counts, by this call or by Reopen, Resume or Assign:
// the [*RefusedError] is refused by [handover.CodeInProgress], and the
// [*handover.RefusedError] behind it says in RetryAt until when at the latest. A pass takes
// moments, so trying again before is worth it. After that time anybody engages; as long as
// nobody can tell who has control, the bot is taken for who has it, and the intervention is
// Contested.
func (s Interventions) Engage(ctx context.Context, e Engagement) (interaction.Intervention, error) {
	owner := e.Owner
	if owner.IsZero() {
		owner = s.actor
	}
	resource := threadResource(e.ThreadID)
	if e.ThreadID == "" {
		resource = contentResource(e.ContentID)
	}
	if err := s.allowEngaging(ctx, owner, resource); err != nil {
		return interaction.Intervention{}, err
	}
	return read(ctx, s.scope, func(t *turn) (*interaction.Intervention, error) {
		if owner.Type == ActorSystem {
			return nil, invalid("owner", `is the system, which engages nowhere: act for an agent or a bot, such as Engine.As(engage.Agent("ann"))`)
		}
		if err := t.checkOwner(ctx, owner); err != nil {
			return nil, err
		}
		k, on, err := t.engagement(ctx, e, owner)
		if err != nil {
			return nil, err
		}
		i := k.intervention
		if i != nil && i.Status.Live() && i.Owner == owner {
			return i, nil
		}
		if err := t.undertake(ctx, k, on, owner); err != nil {
			return nil, err
		}
		return k.intervention, t.keep(ctx, k)
	})
}

// undertake makes somebody the owner of the intervention of a talk: of a new one, of the
// closed one, or of one that no agent has who still exists. It is opened on a content, if one
// is named. The talk must be kept afterwards.
func (t *turn) undertake(ctx context.Context, k *talk, on *interaction.Content, owner Actor) (err error) {
	if i := k.intervention; i == nil || i.Status == interaction.InterventionCanceled {
		k.intervention = &interaction.Intervention{
			ID: t.ID(), SourceID: k.source.ID, ThreadID: k.thread.ID, IdentityID: k.with.IdentityID, CreatedAt: t.now,
		}
		if k.intervention.ContentID, err = t.opensOn(ctx, k, on); err != nil {
			return err
		}
	}
	begins := k.intervention.Status == ""
	facts := interaction.InterventionFacts{}
	if k.intervention.Status.Live() && k.intervention.Owner.Type == ActorAgent { // somebody else has it
		exists, err := t.ownerExists(ctx, k.intervention.Owner)
		if err != nil {
			return err
		}
		facts.OwnerGone = !exists
	}
	err = t.apply(ctx, k, interaction.InterventionEngages, interaction.Change{Owner: owner}, facts)
	if errors.Is(err, ErrRefused) && k.intervention.Status.Live() && handover.RefusedBy(err) == "" { // else it is not the owner who is in the way
		return &EngagedError{Intervention: *k.intervention, Err: err}
	}
	if err == nil && begins {
		k.thread.InterventionsCount++
	}
	return err
}

// allowEngaging asks whether the actor may engage, and assign it to an owner.
func (s scope) allowEngaging(ctx context.Context, owner Actor, resource Resource) error {
	if err := s.allow(ctx, ActionInterventionsEngage, resource); err != nil || owner == s.actor {
		return err
	}
	return s.allow(ctx, ActionInterventionsAssign, resource)
}

// engagement reads what an owner engages in, and on which content; nil if it is not said.
func (t *turn) engagement(ctx context.Context, e Engagement, owner Actor) (k *talk, on *interaction.Content, err error) {
	if e.ContentID != "" {
		if on, err = t.content(ctx, e.ContentID); err != nil {
			return nil, nil, err
		}
		if e.ThreadID != "" && e.ThreadID != on.ThreadID {
			return nil, nil, invalid("content_id", "is of another thread")
		}
		if e.ThreadID == "" { // only now it is known which one that is
			if err := t.allowEngaging(ctx, owner, threadResource(on.ThreadID)); err != nil {
				return nil, nil, err
			}
		}
		e.ThreadID = on.ThreadID
	}
	thread, err := t.thread(ctx, e.ThreadID)
	if err != nil {
		return nil, nil, err
	}
	identityID, err := Post{IdentityID: e.IdentityID}.customer(thread, on)
	if err != nil {
		return nil, nil, err
	}
	if on == nil && isID(identityID) && thread.LastContentID != "" { // what opensOn looks at first comes along
		if err := t.Load(ctx,
			sources.Key(t.Work, plain(thread.SourceID)),
			correspondents.Key(t.Work, correspondentID(thread.ID, identityID)),
			contents.Key(t.Work, thread.LastContentID),
		); err != nil {
			return nil, nil, err
		}
	}
	k, err = t.talk(ctx, thread, identityID)
	return k, on, err
}

// opensOn returns the ID of the content that an intervention is opened on: one that is
// named, or else the latest of the customer's own that is not ignored; empty if there is
// none.
func (t *turn) opensOn(ctx context.Context, k *talk, named *interaction.Content) (string, error) {
	if named != nil {
		return named.ID, nil
	}
	if k.thread.LastContentID == "" {
		return "", nil
	}
	last, err := t.content(ctx, k.thread.LastContentID)
	if err != nil {
		return "", err
	}
	if last.IdentityID == k.with.IdentityID && last.Direction == interaction.Inbound && !last.Ignored {
		return last.ID, nil
	}
	// All who write one rewrite the pair.
	found, _, err := contents.Find(ctx, t.Work, store.Query{
		Index: byCorrespondentUnanswered, Prefix: idTerm(k.thread.ID).Text(k.with.IdentityID).String(), Reverse: true, Limit: 1,
	})
	if err != nil || len(found) == 0 {
		return "", err
	}
	return found[0].ID, nil
}

// checkOwner refuses somebody who cannot own an intervention, or whom the host does not
// know.
func (t *turn) checkOwner(ctx context.Context, owner Actor) error {
	if err := interaction.CheckOwner(owner); err != nil {
		return invalidField(err)
	}
	return t.mustExist(ctx, owner)
}

// mustExist refuses somebody whom the host does not know.
func (t *turn) mustExist(ctx context.Context, who Actor) error {
	exists, err := t.ownerExists(ctx, who)
	if err == nil && !exists {
		err = &NotFoundError{Resource: Resource{Type: string(who.Type), ID: who.ID}}
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

// maxRelieved is how many interventions of a thread, those that were opened last, are looked
// at when it is opened again.
const maxRelieved = 100

// relieve takes the open interventions of a thread that was opened again from owners who
// are gone: nobody would answer there otherwise. What is deferred they lose when that ends.
func (t *turn) relieve(ctx context.Context, thread *interaction.Thread) error {
	if thread.Live == 0 || t.core.opts.OwnerExists == nil {
		return nil
	}
	// All who open or end one rewrite the thread.
	found, _, err := interventions.Find(ctx, t.Work, store.Query{
		Index: byThreadCreated, Prefix: idTerm(thread.ID).String(), Reverse: true, Limit: maxRelieved,
	})
	if err != nil {
		return err
	}
	for _, i := range found {
		if i.Status != interaction.InterventionOpen || !t.ownerGone(ctx, i.Owner) {
			continue
		}
		k, err := t.talk(ctx, thread, i.IdentityID)
		if err != nil {
			return err
		}
		facts := interaction.InterventionFacts{OwnerGone: true}
		if err := t.apply(ctx, k, interaction.InterventionTransfers, interaction.Change{}, facts); err != nil {
			return err
		}
		if err := t.keep(ctx, k); err != nil {
			return err
		}
	}
	return nil
}

// ownerGone reports whether the host says that somebody who owns an intervention does not
// exist any more. What asks for that must not fail because the host cannot answer, such as
// to receive: then they exist.
func (t *turn) ownerGone(ctx context.Context, owner Actor) bool {
	exists, err := t.ownerExists(ctx, owner)
	if err != nil {
		t.core.opts.Logger.WarnContext(ctx, "the host cannot say whether an owner exists", slog.Any("owner", owner), slog.Any("error", err))
	}
	return err == nil && !exists
}
