package engage

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store"
)

// requestResource is what is asked about before anything is read: the source that a
// request names, or all control.
func requestResource(r handover.Request) Resource {
	if r.SourceID != "" {
		return sourceResource(r.SourceID)
	}
	return Resource{Type: ResourceControl}
}

// requested finds the conversation that a request is about.
func (t *turn) requested(ctx context.Context, r handover.Request, action Action) (*steering, handover.Input, error) {
	in := handover.Input{
		Trigger: r.HandoverTrigger(), App: r.AppID, Virtual: r.Type == handover.TypeVirtualAgent, InterventionID: r.InterventionID, WhenFree: r.WhenFree,
	}
	if err := r.Check(); err != nil {
		return nil, in, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	about, err := t.conversationOf(ctx, r)
	if err != nil {
		return nil, in, err
	}
	if err := t.allow(ctx, action, controlResource(about.SourceID, about.IdentityID)); err != nil {
		return nil, in, err
	}
	st, err := t.steeringOf(ctx, about)
	if err == nil && r.To == handover.Bot && r.AppID != "" && (!st.settings.Platform || in.Virtual) &&
		t.ownerGone(ctx, Actor{Type: ActorBot, ID: r.AppID}) { // it posts through us: control would be nobody's
		err = fmt.Errorf("%w: %w", ErrInvalid, &handover.UnknownValueError{Parameter: "app_id", Value: r.AppID})
	}
	return st, in, err
}

// maxCandidates is among how many identities and sources a request is looked for.
const maxCandidates = 100

// conversationOf finds the identity and the source that a request names.
func (t *turn) conversationOf(ctx context.Context, r handover.Request) (conversation, error) {
	if r.InterventionID != "" {
		return t.conversationIn(ctx, r)
	}
	unknown := func(noControl bool) error {
		return fmt.Errorf("%w: %w", ErrNotFound, &handover.UnknownIdentityError{Type: r.Type, SourceID: r.SourceID, NoControl: noControl})
	}
	if r.SourceID != "" {
		source, err := sources.Get(ctx, t.Work, plain(r.SourceID))
		if err != nil {
			return conversation{}, err
		}
		if source == nil || !source.ThreadControl || r.Type != handover.TypeVirtualAgent && source.Type != r.Type {
			return conversation{}, t.unknownType(ctx, r.Type, unknown(source != nil && !source.ThreadControl))
		}
		id, err := t.lookup(ctx, &identityKeys, source.Community(), r.IdentityForeignID)
		if err != nil || id == "" {
			return conversation{}, errors.Join(err, unknown(false))
		}
		return conversation{source.ID, id}, nil
	}
	if r.Type == handover.TypeVirtualAgent {
		return conversation{}, fmt.Errorf("%w: %w", ErrInvalid, &handover.MissingParameterError{Parameter: "source_id"})
	}
	found, _, err := identities.Find(ctx, t.Work, store.Query{Index: byTypeForeign, Prefix: typeForeignTerm(r.Type, r.IdentityForeignID).String(), Limit: maxCandidates})
	if err != nil {
		return conversation{}, err
	}
	var candidates []conversation
	for _, identity := range found {
		controlled, _, err := sources.Find(ctx, t.Work, store.Query{Index: byControlledCommunity, Prefix: idTerm(plain(identity.CommunityID)).String(), Limit: maxCandidates})
		if err != nil {
			return conversation{}, err
		}
		for _, source := range controlled {
			candidates = append(candidates, conversation{source.ID, identity.ID})
		}
	}
	switch len(candidates) {
	case 0:
		return conversation{}, t.unknownType(ctx, r.Type, unknown(len(found) > 0))
	case 1:
		return candidates[0], nil
	}
	ambiguous := &handover.AmbiguousIdentityError{Type: r.Type}
	for _, c := range candidates {
		ambiguous.SourceIDs = append(ambiguous.SourceIDs, c.SourceID)
	}
	return conversation{}, fmt.Errorf("%w: %w", ErrConflict, ambiguous)
}

// unknownType returns what is wrong with a request in which nobody is found: that no source
// is of its type, or else another error.
func (t *turn) unknownType(ctx context.Context, typ string, otherwise error) error {
	if typ == handover.TypeVirtualAgent {
		return otherwise
	}
	found, _, err := sources.Find(ctx, t.Work, store.Query{Index: byType, Prefix: idTerm(plain(typ)).String(), Limit: 1})
	switch {
	case err != nil:
		return err
	case len(found) > 0:
		return otherwise
	}
	some, _, err := sources.Find(ctx, t.Work, store.Query{Index: byType, Limit: maxCandidates})
	if err != nil {
		return err
	}
	known := []string{handover.TypeVirtualAgent}
	for _, source := range some {
		known = append(known, source.Type)
	}
	slices.Sort(known)
	return fmt.Errorf("%w: %w", ErrInvalid, &handover.UnknownValueError{Parameter: "type", Value: typ, Known: slices.Compact(known)})
}

// conversationIn finds those of the intervention that a request names. What else it names
// must be so.
func (t *turn) conversationIn(ctx context.Context, r handover.Request) (conversation, error) {
	i, err := t.intervention(ctx, r.InterventionID)
	if err != nil {
		return conversation{}, err
	}
	contradicts := r.SourceID != "" && r.SourceID != i.SourceID
	if r.IdentityForeignID != "" {
		identity, err := t.identity(ctx, i.IdentityID)
		if err != nil {
			return conversation{}, err
		}
		contradicts = contradicts || identity.ForeignID != r.IdentityForeignID
	}
	switch {
	case contradicts:
		return conversation{}, fmt.Errorf("%w: %w", ErrInvalid, &handover.UnknownValueError{Parameter: "intervention_id", Value: i.ID})
	case r.To == handover.Bot && !i.Status.Live():
		return conversation{}, &RefusedError{
			Rule: "the intervention that goes to the bot is open or deferred", Resource: interventionResource(i.ID),
			Remedy: "leave out intervention_id, and name identity_foreign_id and source_id",
		}
	}
	return conversation{i.SourceID, i.IdentityID}, nil
}

// recategorize gives the thread of the intervention that a request names, or else the one
// in which the conversation goes on, the categories that it names, if there are any.
func (t *turn) recategorize(ctx context.Context, st *steering, r handover.Request) error {
	if len(r.ThreadCategoryIDs) == 0 {
		return nil
	}
	chosen, err := t.chosen(ctx, st, r)
	if err != nil {
		return err
	}
	thread, err := t.threadOf(ctx, st, r.InterventionID)
	if err != nil || thread == nil || slices.Equal(thread.ThreadCategoryIDs, chosen) {
		return err
	}
	thread.ThreadCategoryIDs, thread.UpdatedAt = chosen, t.now
	return errors.Join(threads.Put(t.Work, thread), t.tellThread(EventThreadRecategorized, thread))
}

// chosen returns the categories that a request names, if the thread can have them.
func (t *turn) chosen(ctx context.Context, st *steering, r handover.Request) ([]string, error) {
	if len(r.ThreadCategoryIDs) == 0 {
		return nil, nil
	}
	chosen, err := t.checkCategories(ctx, st.source.ID, r.ThreadCategoryIDs, interaction.AsCategory)
	if wrong, ok := errors.AsType[*InvalidError](err); ok {
		wrong.Field = "thread_category_ids[]"
	}
	return chosen, err
}

// threadOf returns the thread of an intervention that is named, or else that in which a
// conversation goes on; nil if there is none.
func (t *turn) threadOf(ctx context.Context, st *steering, interventionID string) (*interaction.Thread, error) {
	if interventionID != "" {
		i, err := t.intervention(ctx, interventionID)
		if err != nil {
			return nil, err
		}
		return t.thread(ctx, i.ThreadID)
	}
	current, err := currentThreads.Get(ctx, t.Work, currentThreadID(st.source.ID, st.identity))
	if err != nil || current == nil {
		return nil, err
	}
	return t.thread(ctx, current.ThreadID)
}
