package engage

import (
	"context"
	"errors"
	"fmt"

	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store"
)

// Sources declares where conversations come from: accounts, pages and mailboxes of
// the company on third-party platforms (seed 000, "Core Concepts").
type Sources struct{ scope }

// Create declares a source. Its ID is the caller's, or minted if it is empty.
//
// The error wraps ErrConflict if there is a source with this ID, or its community has
// sources of another type; ErrInvalid for what a source cannot have.
func (s Sources) Create(ctx context.Context, source interaction.Source) (interaction.Source, error) {
	if err := s.allow(ctx, ActionSourcesCreate, sourceResource(source.ID)); err != nil {
		return interaction.Source{}, err
	}
	var created interaction.Source
	err := s.do(ctx, func(t *turn) error {
		created = source
		if created.ID == "" {
			created.ID = t.ID()
		}
		created.CommunityID, created.ThreadControl = created.Community(), false
		created.CreatedAt, created.UpdatedAt = t.now, t.now
		if err := t.checkSource(ctx, &created); err != nil {
			return err
		}
		there, err := sources.Get(ctx, t.Work, plain(created.ID))
		if err != nil {
			return err
		}
		if there != nil {
			return &ConflictError{Resource: sourceResource(created.ID), Reason: "exists"}
		}
		shared, err := communities.Get(ctx, t.Work, plain(created.CommunityID))
		switch {
		case err != nil:
			return err
		case shared != nil && source.CommunityID == "":
			err = &ConflictError{
				Resource: sourceResource(created.ID),
				Reason:   "would have a community of its own, but others have one by that name: name it in CommunityID to belong to it",
			}
		case shared == nil:
			err = communities.Put(t.Work, &community{ID: created.CommunityID, Type: created.Type})
		case shared.Type != created.Type:
			err = &ConflictError{Resource: sourceResource(created.ID), Reason: fmt.Sprintf("cannot be of another type than its community, whose sources are of type %q", shared.Type)}
		}
		return errors.Join(err, sources.Put(t.Work, &created),
			t.emit(EventSourceCreated, sourceResource(created.ID), SourceEvent{SourceType: created.Type}))
	})
	if err != nil {
		return interaction.Source{}, err
	}
	return created, nil
}

// Get returns a source.
func (s Sources) Get(ctx context.Context, id string) (interaction.Source, error) {
	if err := s.allow(ctx, ActionSourcesRead, sourceResource(id)); err != nil {
		return interaction.Source{}, err
	}
	return read(ctx, s.scope, func(t *turn) (*interaction.Source, error) { return t.source(ctx, id) })
}

// List returns one page of sources, in the order of their IDs.
func (s Sources) List(ctx context.Context, limit int, continuation string) (Page[interaction.Source], error) {
	if err := s.allow(ctx, ActionSourcesRead, Resource{Type: ResourceSource}); err != nil {
		return Page[interaction.Source]{}, err
	}
	return listPage(ctx, s.scope, &sources, store.Query{Limit: limit, Cursor: continuation}, everything)
}

// Update replaces a source. Its type and community stay what they are: another one
// is refused.
func (s Sources) Update(ctx context.Context, source interaction.Source) (interaction.Source, error) {
	if err := s.allow(ctx, ActionSourcesUpdate, sourceResource(source.ID)); err != nil {
		return interaction.Source{}, err
	}
	var updated interaction.Source
	err := s.do(ctx, func(t *turn) error {
		old, err := t.source(ctx, source.ID)
		if err != nil {
			return err
		}
		updated = source
		if updated.CommunityID == "" {
			updated.CommunityID = old.CommunityID
		}
		if updated.Type != old.Type || updated.CommunityID != old.CommunityID {
			return &RefusedError{
				Rule: "a source keeps its type and community", Resource: sourceResource(source.ID), Remedy: "create another one",
			}
		}
		updated.CreatedAt, updated.UpdatedAt, updated.ThreadControl = old.CreatedAt, t.now, old.ThreadControl
		return errors.Join(t.checkSource(ctx, &updated), sources.Put(t.Work, &updated), t.retime(ctx, old, &updated),
			t.emit(EventSourceUpdated, sourceResource(updated.ID), SourceEvent{SourceType: updated.Type}))
	})
	if err != nil {
		return interaction.Source{}, err
	}
	return updated, nil
}

func (t *turn) checkSource(ctx context.Context, s *interaction.Source) error {
	if err := s.Check(); err != nil {
		return invalidField(err)
	}
	ids, err := t.checkCategories(ctx, s.ID, s.DefaultCategoryIDs, interaction.AsCategory)
	if wrong, ok := errors.AsType[*InvalidError](err); ok {
		wrong.Field = "default_category_ids"
	}
	s.DefaultCategoryIDs = ids
	return err
}

// source reads a source that must be there.
func (t *turn) source(ctx context.Context, id string) (*interaction.Source, error) {
	return need(sources.Get(ctx, t.Work, plain(id)))(sourceResource(id))
}

// need makes the absence of a value an error.
func need[T any](v *T, err error) func(Resource) (*T, error) {
	return func(r Resource) (*T, error) {
		if err == nil && v == nil {
			return nil, &NotFoundError{Resource: r}
		}
		return v, err
	}
}

// read returns one value that a call reads.
func read[T any](ctx context.Context, s scope, get func(*turn) (*T, error)) (T, error) {
	var found T
	err := s.do(ctx, func(t *turn) error {
		v, err := get(t)
		if err == nil {
			found = *v
		}
		return err
	})
	return found, err
}

// everything keeps all of a list.
func everything[T any](*T) bool { return true }

// invalidField gives an error of package interaction about a field its class.
func invalidField(err error) error {
	if field, ok := errors.AsType[*interaction.FieldError](err); ok {
		return &InvalidError{Field: field.Field, Err: field.Err}
	}
	return err
}

// refusal gives an error of package interaction about a state its class.
func refusal(err error, resource Resource) error {
	transition, ok := errors.AsType[*interaction.TransitionError](err)
	if !ok {
		return invalidField(err)
	}
	remedy := transition.Remedy
	if transition.Rule == "" {
		remedy = wayOut(transition)
	}
	rule := fmt.Sprintf("%s is not possible while it is %s", transition.By, transition.From)
	switch {
	case transition.Rule != "":
		rule = fmt.Sprintf("%s needs that %s", transition.By, transition.Rule)
	case transition.From == "":
		rule = fmt.Sprintf("%s needs an %s", transition.By, transition.Of)
	}
	return &RefusedError{Rule: rule, Resource: resource, Remedy: remedy, Err: err}
}

// wayOut says what would make possible what a state does not allow; nothing where
// there is nothing left to do, such as to close or leave what is closed.
func wayOut(e *interaction.TransitionError) string {
	ends := e.By == string(interaction.InterventionCloses) || e.By == string(interaction.InterventionCancels) || e.By == string(interaction.InterventionLeaves)
	switch {
	case e.Of == interaction.ThreadLifecycle.Of && e.By == string(interaction.ThreadContinues):
		return "reopen the thread"
	case e.Of != interaction.InterventionLifecycle.Of, ends:
		return ""
	}
	switch interaction.InterventionStatus(e.From) {
	case "", interaction.InterventionCanceled:
		return "engage in the thread"
	case interaction.InterventionClosed:
		return "engage in the thread, or reopen it"
	case interaction.InterventionDeferred:
		return "resume it"
	case interaction.InterventionOpen:
	}
	return ""
}
