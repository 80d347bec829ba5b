package interaction

import "slices"

// Resolve returns the categories that those with these IDs are now: one that was
// removed is replaced by what has taken it over, or dropped, as are unknown ones and
// duplicates. The order stays.
func (t CategoryTree) Resolve(ids []string) []string {
	if len(ids) == 0 {
		return nil
	}
	return t.indexed().resolve(ids)
}

func (x *categoryIndex) resolve(ids []string) []string {
	var resolved []string
	seen := make(map[string]bool, len(ids))
	for _, id := range ids {
		if c := x.heir(id); c != nil && !c.Deleted && !seen[c.ID] {
			seen[c.ID] = true
			resolved = append(resolved, c.ID)
		}
	}
	return resolved
}

// heir returns what stands for a category: itself, or what took it over. It is one
// that was removed if nothing has, and nil if it is not known. What takes over is
// never itself one that was taken over: Remove sees to that.
func (x *categoryIndex) heir(id string) *Category {
	c := x.get(id)
	if c != nil && c.Deleted && c.TakenOverBy != "" {
		return x.get(c.TakenOverBy)
	}
	return c
}

// Check returns the categories that a thread, an intervention or a content of a source
// gets if somebody chooses those with these IDs: what was taken over is replaced, and
// duplicates are dropped. The error is a [*CategoryError]: one is unknown, or was
// removed and nothing stands for it; its tree is for other sources, or another
// purpose; it cannot be selected; or a tree that is not multiple has several.
func (t CategoryTree) Check(sourceID string, ids []string, purpose CategoryPurpose) ([]string, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	x := t.indexed()
	chosen := make([]string, 0, len(ids))
	seen := make(map[string]bool, len(ids))
	ofTree := make(map[string]string) // the first that was chosen, by root
	for _, id := range ids {
		c := x.heir(id)
		switch {
		case c == nil:
			return nil, &CategoryError{ID: id, Rule: CategoryIsKnown, Remedy: "add it, or use another"}
		case c.Deleted:
			return nil, &CategoryError{ID: id, Rule: CategoryIsNotDeleted, Remedy: "leave it out, or use another"}
		case seen[c.ID]:
			continue
		}
		root := x.root(c)
		first, another := ofTree[root.ID]
		switch {
		case !root.isFor(sourceID):
			return nil, &CategoryError{ID: c.ID, Rule: CategoryIsForSource, Remedy: "use another, or add the source to its root"}
		case root.PostQualification != (purpose == AsDisposition):
			remedy := "name it when the intervention is closed"
			if !root.PostQualification {
				remedy = "name one of a tree for post-qualification"
			}
			return nil, &CategoryError{ID: c.ID, Rule: CategoryIsForPurpose, Remedy: remedy}
		case c == root && root.Unselectable:
			return nil, &CategoryError{ID: c.ID, Rule: CategoryIsSelectable, Remedy: "choose one below it"}
		case another && !root.Multiple:
			return nil, &CategoryError{ID: c.ID, Rule: CategoryIsOnlyOne, Remedy: "leave out all but one", Others: []string{first}}
		case !another:
			ofTree[root.ID] = c.ID
		}
		seen[c.ID] = true
		chosen = append(chosen, c.ID)
	}
	return chosen, nil
}

// CheckClosing refuses to let an intervention of a source be closed that lacks a
// category of a mandatory tree for it: among its dispositions if the tree is for
// post-qualification, else among its categories, to which those of its thread are to be
// added. A tree of which nothing can be selected demands nothing. The error is a
// [*CategoryError] that names the roots of all trees that are lacking.
func (t CategoryTree) CheckClosing(sourceID string, categoryIDs, dispositionIDs []string) error {
	x := t.indexed()
	chosen := make(map[string]bool)
	for _, given := range []struct {
		ids         []string
		disposition bool
	}{{categoryIDs, false}, {dispositionIDs, true}} {
		for _, id := range x.resolve(given.ids) {
			if root := x.root(x.get(id)); root.PostQualification == given.disposition {
				chosen[root.ID] = true
			}
		}
	}
	var lacking *CategoryError
	for _, id := range x.children[""] {
		root := x.get(id)
		selectable := !root.Unselectable || len(x.children[id]) > 0
		switch {
		case !root.Mandatory || !root.isFor(sourceID) || !selectable || chosen[id]:
		case lacking == nil:
			lacking = &CategoryError{ID: id, Rule: CategoryIsDemanded, Remedy: "categorise it, and close it with a disposition"}
		default:
			lacking.Others = append(lacking.Others, id)
		}
	}
	if lacking != nil {
		return lacking
	}
	return nil
}

// isFor reports whether a root's tree is for a source.
func (c Category) isFor(sourceID string) bool {
	return len(c.SourceIDs) == 0 || slices.Contains(c.SourceIDs, sourceID)
}

// ClosingCategoryIDs returns the categories that count when the intervention is closed: its
// own, and those of its thread.
func (i Intervention) ClosingCategoryIDs(in Thread) []string {
	return slices.Concat(i.CategoryIDs, in.ThreadCategoryIDs)
}

// ContentCategoryIDs returns the categories of a content that belongs to the intervention:
// those of the intervention if it has some, else those of the thread (Engage Digital API,
// contents). That of none, the zero Intervention, has none.
func (i Intervention) ContentCategoryIDs(in Thread) []string {
	if len(i.CategoryIDs) > 0 {
		return slices.Clone(i.CategoryIDs)
	}
	return slices.Clone(in.ThreadCategoryIDs)
}
