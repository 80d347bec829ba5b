package engage

import (
	"context"
	"errors"
	"fmt"

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
	return st, in, err
}

// maxCandidates is among how many identities and sources a request is looked for.
const maxCandidates = 100

// conversationOf finds the identity and the source that a request names.
func (t *turn) conversationOf(ctx context.Context, r handover.Request) (conversation, error) {
	if r.InterventionID != "" {
		i, err := t.intervention(ctx, r.InterventionID)
		if err != nil {
			return conversation{}, err
		}
		return conversation{i.SourceID, i.IdentityID}, nil
	}
	unknown := fmt.Errorf("%w: %w", ErrNotFound, &handover.UnknownIdentityError{Type: r.Type, SourceID: r.SourceID})
	if r.SourceID != "" {
		source, err := sources.Get(ctx, t.Work, plain(r.SourceID))
		if err != nil {
			return conversation{}, err
		}
		if source == nil || !source.ThreadControl || r.Type != handover.TypeVirtualAgent && source.Type != r.Type {
			return conversation{}, unknown
		}
		id, err := t.lookup(ctx, &identityKeys, source.Community(), r.IdentityForeignID)
		if err != nil || id == "" {
			return conversation{}, errors.Join(err, unknown)
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
		return conversation{}, unknown
	case 1:
		return candidates[0], nil
	}
	ambiguous := &handover.AmbiguousIdentityError{Type: r.Type}
	for _, c := range candidates {
		ambiguous.SourceIDs = append(ambiguous.SourceIDs, c.SourceID)
	}
	return conversation{}, fmt.Errorf("%w: %w", ErrConflict, ambiguous)
}

// recategorize gives the thread in which the conversation goes on other categories, if
// there are any.
func (t *turn) recategorize(ctx context.Context, st *steering, categoryIDs []string) error {
	if len(categoryIDs) == 0 {
		return nil
	}
	chosen, err := t.checkCategories(ctx, st.source.ID, categoryIDs, interaction.AsCategory)
	if err != nil {
		return err
	}
	current, err := currentThreads.Get(ctx, t.Work, currentThreadID(st.source.ID, st.identity))
	if err != nil || current == nil {
		return err
	}
	thread, err := t.thread(ctx, current.ThreadID)
	if err != nil {
		return err
	}
	thread.ThreadCategoryIDs, thread.UpdatedAt = chosen, t.now
	return errors.Join(threads.Put(t.Work, thread), t.tellThread(EventThreadRecategorized, thread))
}
