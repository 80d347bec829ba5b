package engage

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"

	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store"
)

// Categories keeps the trees of categories that threads and interventions are sorted
// into. A tree whose root is mandatory demands a choice before an intervention is
// closed; one for post-qualification is where its disposition comes from.
type Categories struct{ scope }

// Create adds a category. Its ID is the caller's, or minted if it is empty.
//
// The error wraps ErrInvalid with a [*interaction.CategoryError] for what its tree
// cannot have, ErrInvalid if all trees together were larger than 8 MiB, and ErrConflict if there is a category with this ID, or was one.
func (s Categories) Create(ctx context.Context, c interaction.Category) (interaction.Category, error) {
	if err := s.allow(ctx, ActionCategoriesManage, categoryResource(c.ID)); err != nil {
		return interaction.Category{}, err
	}
	return s.change(ctx, EventCategoryCreated, func(t *turn, tree interaction.CategoryTree) (string, interaction.CategoryTree, error) {
		if c.ID == "" {
			c.ID = t.ID()
		}
		c.CreatedAt, c.UpdatedAt = t.now, t.now
		tree, err := tree.Add(c)
		return c.ID, tree, err
	})
}

// Update replaces a category; another ParentID moves it with all below it.
func (s Categories) Update(ctx context.Context, c interaction.Category) (interaction.Category, error) {
	if err := s.allow(ctx, ActionCategoriesManage, categoryResource(c.ID)); err != nil {
		return interaction.Category{}, err
	}
	return s.change(ctx, EventCategoryUpdated, func(t *turn, tree interaction.CategoryTree) (string, interaction.CategoryTree, error) {
		c.UpdatedAt = t.now
		tree, err := tree.Update(c)
		return c.ID, tree, err
	})
}

// Delete removes a category, with those below it. What is sorted into them counts as
// sorted into the one that takes over, if one does.
func (s Categories) Delete(ctx context.Context, id, takeOverID string) error {
	if err := s.allow(ctx, ActionCategoriesManage, categoryResource(id)); err != nil {
		return err
	}
	return s.do(ctx, func(t *turn) error {
		stored, err := t.categoryTree(ctx)
		if err != nil {
			return err
		}
		gone, ok := stored.Get(id)
		if !ok {
			return &NotFoundError{Resource: categoryResource(id)}
		}
		tree, err := stored.Remove(id, takeOverID, t.now)
		if err != nil {
			return categoryRefusal(err, id)
		}
		return errors.Join(
			categories.Put(t.Work, &storedCategories{tree}),
			t.emit(EventCategoryDeleted, categoryResource(id), CategoryEvent{Name: gone.Name, TakeOverCategoryID: takeOverID}),
		)
	})
}

// Tree returns all categories.
func (s Categories) Tree(ctx context.Context) (interaction.CategoryTree, error) {
	if err := s.allow(ctx, ActionCategoriesRead, Resource{Type: ResourceCategory}); err != nil {
		return interaction.CategoryTree{}, err
	}
	return read(ctx, s.scope, func(t *turn) (*interaction.CategoryTree, error) {
		stored, err := categories.Get(ctx, t.Work, categoriesID) // a copy of the caller's own
		if err != nil || stored == nil {
			return &interaction.CategoryTree{}, err
		}
		tree := stored.Index()
		return &tree, nil
	})
}

func (s Categories) change(ctx context.Context, typ EventType, do func(*turn, interaction.CategoryTree) (string, interaction.CategoryTree, error)) (interaction.Category, error) {
	var changed interaction.Category
	err := s.do(ctx, func(t *turn) error {
		tree, err := t.categoryTree(ctx)
		if err != nil {
			return err
		}
		id, tree, err := do(t, tree)
		if err != nil {
			return categoryRefusal(err, id)
		}
		stored := &storedCategories{tree}
		if data, err := json.Marshal(stored); err != nil || len(data) > maxCategories {
			return cmp.Or(err, invalid("category", "makes all trees together too large"))
		}
		changed, _ = tree.Get(id)
		return errors.Join(
			categories.Put(t.Work, stored),
			t.emit(typ, categoryResource(id), CategoryEvent{Name: changed.Name}),
		)
	})
	if err != nil {
		return interaction.Category{}, err
	}
	return changed, nil
}

// maxCategories is how large all trees may be together, as JSON, in bytes: they are one
// record. Removals, which make them a little larger, stay possible.
const maxCategories = store.MaxValue / 2

// categoryRefusal gives an error of package interaction about a tree its class.
func categoryRefusal(err error, id string) error {
	broken, ok := errors.AsType[*interaction.CategoryError](err)
	switch {
	case !ok:
		return invalidField(err)
	case broken.Rule == interaction.CategoryIsNew:
		return &ConflictError{Resource: categoryResource(id), Reason: "exists, or did"}
	case broken.ID == id && (broken.Rule == interaction.CategoryIsKnown || broken.Rule == interaction.CategoryIsNotDeleted):
		return &NotFoundError{Resource: categoryResource(id)}
	default:
		return &InvalidError{Field: "category", Err: err}
	}
}

// checkCategories returns the categories that something of a source is to have, each
// once, and refuses those that it cannot have.
func (t *turn) checkCategories(ctx context.Context, sourceID string, ids []string, purpose interaction.CategoryPurpose) ([]string, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	tree, err := t.categoryTree(ctx)
	if err != nil {
		return nil, err
	}
	field := "category_ids"
	if purpose == interaction.AsDisposition {
		field = "disposition_ids"
	}
	chosen, err := tree.Check(sourceID, ids, purpose)
	if err != nil {
		return nil, &InvalidError{Field: field, Err: err}
	}
	return chosen, nil
}

// defaultCategories returns the categories that a new thread of a source begins with:
// those of its default ones that it can have, as the trees are now.
func defaultCategories(tree interaction.CategoryTree, source *interaction.Source) (chosen []string) {
	for _, id := range source.DefaultCategoryIDs {
		if more, err := tree.Check(source.ID, append(slices.Clone(chosen), id), interaction.AsCategory); err == nil {
			chosen = more
		}
	}
	return chosen
}

// categoryTree returns all categories as they are now.
func (t *turn) categoryTree(ctx context.Context) (interaction.CategoryTree, error) {
	version, kept, err := categories.Peek(ctx, t.Work, categoriesID)
	if err != nil {
		return interaction.CategoryTree{}, err
	}
	if tree, ok := t.core.categories.get(version); ok && kept {
		return tree, nil
	}
	stored, err := categories.Get(ctx, t.Work, categoriesID)
	if err != nil || stored == nil {
		return interaction.CategoryTree{}, err
	}
	tree := stored.Index()
	if kept {
		t.core.categories.set(version, tree)
	}
	return tree, nil
}

// latestCategories remembers the tree of one version, so that it is not decoded for
// each call that looks at it. Trees are not changed in place.
type latestCategories struct {
	mu      sync.Mutex
	version store.Version
	tree    interaction.CategoryTree
}

func (l *latestCategories) get(version store.Version) (interaction.CategoryTree, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.tree, version != "" && l.version == version
}

func (l *latestCategories) set(version store.Version, tree interaction.CategoryTree) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.version, l.tree = version, tree
}

func categoryResource(id string) Resource { return Resource{Type: ResourceCategory, ID: id} }
