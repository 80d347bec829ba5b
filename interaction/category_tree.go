package interaction

import (
	"slices"
	"time"
)

// CategoryTree is all categories of a tenant: every tree. It is a value: what changes
// it returns another one, and shares nothing with that which anybody changes. Do not
// change Categories in place.
type CategoryTree struct {
	// Categories are in the order in which they were added, the removed included.
	Categories []Category `json:"categories"`
	index      *categoryIndex
}

// categoryIndex finds the categories of one list.
type categoryIndex struct {
	of       []Category
	at       map[string]int      // where they are in the list, by ID
	children map[string][]string // by ID of the parent, without the removed
	live     int
}

// Index returns the same tree with its index, which a tree that was decoded lacks.
// Without it every call makes the index anew.
func (t CategoryTree) Index() CategoryTree {
	t.index = t.indexed()
	return t
}

// indexed returns the index of the tree, made anew if it is not that of its list.
func (t CategoryTree) indexed() *categoryIndex {
	list := t.Categories
	if x := t.index; x != nil && len(x.of) == len(list) && (len(list) == 0 || &x.of[0] == &list[0]) {
		return x
	}
	x := &categoryIndex{of: list, at: make(map[string]int, len(list)), children: make(map[string][]string)}
	for i := range list {
		c := &list[i]
		x.at[c.ID] = i
		if !c.Deleted {
			x.live++
			x.children[c.ParentID] = append(x.children[c.ParentID], c.ID)
		}
	}
	return x
}

// get returns a category of the list; nil if it has none of the ID.
func (x *categoryIndex) get(id string) *Category {
	if i, ok := x.at[id]; ok {
		return &x.of[i]
	}
	return nil
}

// known returns a category that is there and not removed.
func (x *categoryIndex) known(id string) (*Category, error) {
	c := x.get(id)
	switch {
	case c == nil:
		return nil, &CategoryError{ID: id, Rule: CategoryIsKnown, Remedy: "add it, or use another"}
	case c.Deleted:
		return nil, &CategoryError{ID: id, Rule: CategoryIsNotDeleted, Remedy: "leave it out, or use another"}
	}
	return c, nil
}

// above returns the category and all those above it, the root last.
func (x *categoryIndex) above(c *Category) []*Category {
	line := make([]*Category, 0, MaxCategoryDepth)
	// A list from elsewhere may have circles: nothing goes round in them.
	for ; c != nil && len(line) < MaxCategoryDepth; c = x.get(c.ParentID) {
		line = append(line, c)
	}
	return line
}

// root returns the root of the category's tree.
func (x *categoryIndex) root(c *Category) *Category {
	line := x.above(c)
	return line[len(line)-1]
}

// levels returns how many levels there are from a category down, itself included.
func (x *categoryIndex) levels(id string) int {
	level, levels := []string{id}, 0
	for len(level) > 0 && levels <= MaxCategoryDepth {
		levels++
		var below []string
		for _, id := range level {
			below = append(below, x.children[id]...)
		}
		level = below
	}
	return levels
}

// Get returns a category, also one that was removed.
func (t CategoryTree) Get(id string) (Category, bool) {
	c := t.indexed().get(id)
	if c == nil {
		return Category{}, false
	}
	return clone(*c), true
}

// Children returns the categories right below one, in the order in which they were
// added. Those below "" are the roots.
func (t CategoryTree) Children(id string) []Category {
	x := t.indexed()
	children := make([]Category, 0, len(x.children[id]))
	for _, child := range x.children[id] {
		children = append(children, clone(*x.get(child)))
	}
	return children
}

// Root returns the root of a category's tree, which may be itself. It has what holds
// for the whole tree. False: there is no such category, or it was removed.
func (t CategoryTree) Root(id string) (Category, bool) {
	x := t.indexed()
	c := x.get(id)
	if c == nil || c.Deleted {
		return Category{}, false
	}
	return clone(*x.root(c)), true
}

// Add returns the tree with one more category. The error is a [*FieldError] if it has
// what no category can have, else a [*CategoryError].
func (t CategoryTree) Add(c Category) (CategoryTree, error) {
	x := t.indexed()
	if err := c.check(); err != nil {
		return t, err
	}
	switch {
	case x.get(c.ID) != nil:
		return t, &CategoryError{ID: c.ID, Rule: CategoryIsNew, Remedy: "use another ID"}
	case x.live >= MaxCategories:
		return t, &CategoryError{ID: c.ID, Rule: CategoryHasRoom, Remedy: "remove others first"}
	}
	if err := x.place(c, 1); err != nil {
		return t, err
	}
	if c.UpdatedAt.IsZero() {
		c.UpdatedAt = c.CreatedAt
	}
	return CategoryTree{Categories: append(slices.Clone(t.Categories), clone(c))}.Index(), nil
}

// Update returns the tree with a category changed to what is given, and moved with
// all that is below it if its parent is another. When it was created stays. The
// errors are those of Add.
func (t CategoryTree) Update(c Category) (CategoryTree, error) {
	x := t.indexed()
	if err := c.check(); err != nil {
		return t, err
	}
	old, err := x.known(c.ID)
	if err != nil {
		return t, err
	}
	if err := x.place(c, x.levels(c.ID)); err != nil {
		return t, err
	}
	c.CreatedAt = old.CreatedAt
	list := slices.Clone(t.Categories)
	list[x.at[c.ID]] = clone(c)
	return CategoryTree{Categories: list}.Index(), nil
}

// place refuses a category that cannot be where it is to be, with so many levels from
// it down.
func (x *categoryIndex) place(c Category, levels int) error {
	if c.ParentID == "" {
		return nil
	}
	if c.decides() {
		return &CategoryError{ID: c.ID, Rule: CategoryRootDecides, Remedy: "set them on the root of its tree"}
	}
	if c.ParentID == c.ID {
		return &CategoryError{ID: c.ID, Rule: CategoryIsNotBelow, Remedy: "name another parent"}
	}
	parent, err := x.known(c.ParentID)
	if err != nil {
		return err
	}
	above := x.above(parent)
	if slices.ContainsFunc(above, func(a *Category) bool { return a.ID == c.ID }) {
		return &CategoryError{ID: c.ID, Rule: CategoryIsNotBelow, Remedy: "name a parent that is not below it", Others: []string{c.ParentID}}
	}
	if len(above)+levels > MaxCategoryDepth {
		return &CategoryError{ID: c.ID, Rule: CategoryIsNotTooDeep, Remedy: "name a parent that is higher up", Others: []string{c.ParentID}}
	}
	return nil
}

// Remove returns the tree without a category and all that is below it. What was
// categorised with one of them keeps the ID, for which takeOver stands from then on,
// or nothing if that is empty. What takes over can be chosen itself, is not one of
// those that are removed, and is a disposition if they are. The error is a
// [*CategoryError].
func (t CategoryTree) Remove(id, takeOver string, now time.Time) (CategoryTree, error) {
	x := t.indexed()
	gone, err := x.known(id)
	if err != nil {
		return t, err
	}
	if takeOver != "" {
		heir, err := x.known(takeOver)
		if err != nil {
			return t, err
		}
		root := x.root(heir)
		switch {
		case slices.Contains(x.above(heir), gone):
			return t, &CategoryError{ID: takeOver, Rule: CategoryOutlivesOther, Remedy: "name one that is not below what is removed", Others: []string{id}}
		case heir == root && root.Unselectable:
			return t, &CategoryError{ID: takeOver, Rule: CategoryIsSelectable, Remedy: "name one below it", Others: []string{id}}
		case root.PostQualification != x.root(gone).PostQualification:
			return t, &CategoryError{ID: takeOver, Rule: CategoryIsForPurpose, Remedy: "name one of the same purpose", Others: []string{id}}
		}
	}
	removed := make(map[string]bool)
	for i := range x.of {
		if c := &x.of[i]; !c.Deleted && slices.Contains(x.above(c), gone) {
			removed[c.ID] = true
		}
	}
	list := slices.Clone(t.Categories)
	for i := range list {
		switch c := &list[i]; {
		case removed[c.ID]:
			c.Deleted, c.TakenOverBy, c.UpdatedAt = true, takeOver, now
		case removed[c.TakenOverBy]: // what stood for it stands no more
			c.TakenOverBy = takeOver
		}
	}
	return CategoryTree{Categories: forget(list)}.Index(), nil
}

// forget returns the list with at most MaxRemovedCategories that were removed.
func forget(list []Category) []Category {
	var removed []Category
	for _, c := range list {
		if c.Deleted {
			removed = append(removed, c)
		}
	}
	surplus := len(removed) - MaxRemovedCategories
	if surplus <= 0 {
		return list
	}
	slices.SortStableFunc(removed, func(a, b Category) int {
		if a, b := a.TakenOverBy == "", b.TakenOverBy == ""; a != b {
			if a {
				return -1
			}
			return 1
		}
		return a.UpdatedAt.Compare(b.UpdatedAt)
	})
	forgotten := make(map[string]bool, surplus)
	for _, c := range removed[:surplus] {
		forgotten[c.ID] = true
	}
	return slices.DeleteFunc(list, func(c Category) bool { return forgotten[c.ID] })
}

// clone returns a category that shares nothing with another.
func clone(c Category) Category {
	c.SourceIDs = slices.Clone(c.SourceIDs)
	return c
}
