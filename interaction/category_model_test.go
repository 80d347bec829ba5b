package interaction_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/engage-interactions/engage/interaction"
)

// forest is a naive model of a CategoryTree: it has no index, and every question walks
// over all categories.
type forest []interaction.Category

func (f forest) find(id string) *interaction.Category {
	for n := range f {
		if f[n].ID == id {
			return &f[n]
		}
	}
	return nil
}

// there returns a category that is not removed.
func (f forest) there(id string) *interaction.Category {
	if c := f.find(id); c != nil && !c.Deleted {
		return c
	}
	return nil
}

func (f forest) root(id string) *interaction.Category {
	c := f.find(id)
	if c.ParentID != "" {
		return f.root(c.ParentID)
	}
	return c
}

func (f forest) isUnder(id, top string) bool {
	return id == top || id != "" && f.find(id).ParentID != "" && f.isUnder(f.find(id).ParentID, top)
}

func (f forest) depth(id string) int {
	if id == "" {
		return 0
	}
	return 1 + f.depth(f.find(id).ParentID)
}

// rule returns the rule that keeps a category from being where it is to be; "" if none
// does. It judges the forest as it would be.
func (f forest) rule(c interaction.Category) interaction.CategoryRule {
	decides := c.Mandatory || c.Multiple || c.PostQualification || c.Unselectable || len(c.SourceIDs) > 0
	switch {
	case c.ParentID == "":
		return ""
	case decides:
		return interaction.CategoryRootDecides
	case c.ParentID == c.ID:
		return interaction.CategoryIsNotBelow
	case f.find(c.ParentID) == nil:
		return interaction.CategoryIsKnown
	case f.there(c.ParentID) == nil:
		return interaction.CategoryIsNotDeleted
	case f.find(c.ID) != nil && f.isUnder(c.ParentID, c.ID):
		return interaction.CategoryIsNotBelow
	}
	moved := slices.Clone(f)
	if old := moved.find(c.ID); old != nil {
		*old = c
	} else {
		moved = append(moved, c)
	}
	for _, other := range moved {
		if !other.Deleted && moved.depth(other.ID) > 6 {
			return interaction.CategoryIsNotTooDeep
		}
	}
	return ""
}

func (f forest) resolve(ids []string) []string {
	var resolved []string
	for _, id := range ids {
		c := f.find(id)
		for c != nil && c.Deleted {
			c = f.find(c.TakenOverBy)
		}
		if c != nil && !slices.Contains(resolved, c.ID) {
			resolved = append(resolved, c.ID)
		}
	}
	return resolved
}

// check states what may be chosen, one choice after the other.
func (f forest) check(source string, ids []string, disposition bool) ([]string, interaction.CategoryRule) {
	for n, id := range ids {
		now, earlier := f.resolve([]string{id}), f.resolve(ids[:n])
		if len(now) == 0 {
			if f.find(id) == nil {
				return nil, interaction.CategoryIsKnown
			}
			return nil, interaction.CategoryIsNotDeleted
		}
		root := f.root(now[0])
		ofTree := slices.ContainsFunc(earlier, func(id string) bool { return id != now[0] && f.root(id).ID == root.ID })
		switch {
		case len(root.SourceIDs) > 0 && !slices.Contains(root.SourceIDs, source):
			return nil, interaction.CategoryIsForSource
		case root.PostQualification != disposition:
			return nil, interaction.CategoryIsForPurpose
		case root.ID == now[0] && root.Unselectable:
			return nil, interaction.CategoryIsSelectable
		case ofTree && !root.Multiple:
			return nil, interaction.CategoryIsOnlyOne
		}
	}
	return f.resolve(ids), ""
}

// lacking returns the roots of mandatory trees that nothing was chosen of.
func (f forest) lacking(source string, categories, dispositions []string) []string {
	var roots []string
	for _, root := range f {
		if root.Deleted || root.ParentID != "" || !root.Mandatory || len(root.SourceIDs) > 0 && !slices.Contains(root.SourceIDs, source) {
			continue
		}
		given, selectable := categories, !root.Unselectable
		if root.PostQualification {
			given = dispositions
		}
		for _, c := range f {
			selectable = selectable || c.ParentID == root.ID && !c.Deleted
		}
		has := slices.ContainsFunc(f.resolve(given), func(id string) bool { return f.root(id).ID == root.ID })
		if selectable && !has {
			roots = append(roots, root.ID)
		}
	}
	return roots
}

// drawCategory draws one of a few categories, most of which can be.
func drawCategory(t *rapid.T, ids *rapid.Generator[string], now time.Time) interaction.Category {
	c := interaction.Category{
		ID: ids.Draw(t, "id"), Name: "n", Color: rapid.IntRange(0, 9).Draw(t, "color"), CreatedAt: now, UpdatedAt: now,
	}
	if rapid.IntRange(0, 3).Draw(t, "below") > 0 {
		c.ParentID = ids.Draw(t, "parent")
	}
	if c.ParentID == "" || rapid.IntRange(0, 9).Draw(t, "decides") == 0 {
		c.Mandatory, c.Multiple = rapid.Bool().Draw(t, "mandatory"), rapid.Bool().Draw(t, "multiple")
		c.PostQualification, c.Unselectable = rapid.IntRange(0, 2).Draw(t, "post") == 0, rapid.Bool().Draw(t, "unselectable")
		c.SourceIDs = rapid.SliceOfN(rapid.SampledFrom([]string{"s1", "s2"}), 0, 2).Draw(t, "sources")
	}
	return c
}

// ruleOf is the rule that a CategoryError is about.
func ruleOf(t *rapid.T, err error) interaction.CategoryRule {
	if err == nil {
		return ""
	}
	broken, ok := errors.AsType[*interaction.CategoryError](err)
	if !ok || broken.Remedy == "" || broken.ID == "" {
		t.Fatalf("%#v", err)
	}
	return broken.Rule
}

func marshalled(t *rapid.T, v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestCategoryTree changes trees at random, and holds every answer against the model.
func TestCategoryTree(t *testing.T) {
	t.Parallel()
	var pool []string
	for n := range 9 {
		pool = append(pool, fmt.Sprintf("c%d", n))
	}
	ids := rapid.SampledFrom(pool)
	rapid.Check(t, func(t *rapid.T) {
		now := time.Date(2026, 5, 23, 11, 0, 0, 0, time.UTC)
		var tree interaction.CategoryTree
		var model forest
		if rapid.Bool().Draw(t, "begins with a chain") { // else few trees grow deep
			for n := range 6 {
				c := interaction.Category{ID: pool[n], Name: "n", CreatedAt: now, UpdatedAt: now}
				if n > 0 {
					c.ParentID = pool[n-1]
				}
				model = append(model, c)
				var err error
				if tree, err = tree.Add(c); err != nil {
					t.Fatal(err)
				}
			}
		}
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			now = now.Add(time.Minute)
			before, copied := tree, marshalled(t, tree)
			var (
				next interaction.CategoryTree
				err  error
				want interaction.CategoryRule
			)
			after := slices.Clone(model)
			switch rapid.IntRange(0, 5).Draw(t, "what") {
			case 0, 1, 2:
				c := drawCategory(t, ids, now)
				next, err = tree.Add(c)
				if want = interaction.CategoryIsNew; model.find(c.ID) == nil {
					want = model.rule(c)
				}
				after = append(after, c)
			case 3, 4:
				c := drawCategory(t, ids, now)
				next, err = tree.Update(c)
				switch old := after.find(c.ID); {
				case old == nil:
					want = interaction.CategoryIsKnown
				case old.Deleted:
					want = interaction.CategoryIsNotDeleted
				default:
					want = model.rule(c)
					c.CreatedAt = old.CreatedAt
					*old = c
				}
			case 5:
				id, heir := ids.Draw(t, "removed"), rapid.OneOf(rapid.Just(""), ids).Draw(t, "heir")
				next, err = tree.Remove(id, heir, now)
				want = removed(model, after, id, heir, now)
			}
			if rule := ruleOf(t, err); rule != want {
				t.Fatalf("refused because of %q, want %q", rule, want)
			}
			_, _ = before.Add(interaction.Category{ID: "another", Name: "must not get into next"})
			if marshalled(t, before) != copied {
				t.Fatal("the tree was changed in place")
			}
			if want == "" {
				model = after
			} else if marshalled(t, next) != copied {
				t.Fatal("a refusal has changed the tree")
			}
			tree = next
			checkTree(t, tree, model, pool)
		}
	})
}

// removed removes a category from a forest, unless a rule forbids it.
func removed(model, after forest, id, heir string, now time.Time) interaction.CategoryRule {
	for _, named := range []string{id, heir} {
		switch {
		case named == "":
		case model.find(named) == nil:
			return interaction.CategoryIsKnown
		case model.there(named) == nil:
			return interaction.CategoryIsNotDeleted
		}
	}
	if heir != "" {
		switch root := model.root(heir); {
		case model.isUnder(heir, id):
			return interaction.CategoryOutlivesOther
		case root.ID == heir && root.Unselectable:
			return interaction.CategoryIsSelectable
		case root.PostQualification != model.root(id).PostQualification:
			return interaction.CategoryIsForPurpose
		}
	}
	for n := range after {
		if c := &after[n]; !c.Deleted && model.isUnder(c.ID, id) {
			c.Deleted, c.TakenOverBy, c.UpdatedAt = true, heir, now
		}
	}
	return ""
}

// checkTree compares all that a tree answers with what the model does. Trees that were
// decoded, with and without an index, answer the same.
func checkTree(t *rapid.T, tree interaction.CategoryTree, model forest, pool []string) {
	var decoded interaction.CategoryTree
	if err := json.Unmarshal([]byte(marshalled(t, tree)), &decoded); err != nil {
		t.Fatal(err)
	}
	if rapid.Bool().Draw(t, "decoded") {
		tree = decoded
	}
	if rapid.Bool().Draw(t, "indexed") {
		tree = tree.Index()
	}
	for _, id := range append([]string{""}, pool...) {
		c := model.find(id)
		got, ok := tree.Get(id)
		if ok != (c != nil) || ok && (got.ParentID != c.ParentID || got.Deleted != c.Deleted || !got.CreatedAt.Equal(c.CreatedAt) ||
			!got.UpdatedAt.Equal(c.UpdatedAt) || got.Multiple != c.Multiple || !slices.Equal(got.SourceIDs, c.SourceIDs)) {
			t.Fatalf("%s is %+v (%t), want %+v", id, got, ok, c)
		}
		if root, ok := tree.Root(id); ok != (model.there(id) != nil) || ok && root.ID != model.root(id).ID {
			t.Fatalf("the root of %s is %+v (%t)", id, root, ok)
		}
		var children []string
		for _, child := range tree.Children(id) {
			children = append(children, child.ID)
		}
		var want []string
		for _, child := range model {
			if child.ParentID == id && !child.Deleted {
				want = append(want, child.ID)
			}
		}
		if !slices.Equal(children, want) {
			t.Fatalf("below %q are %v, want %v", id, children, want)
		}
	}
	chosen := rapid.SliceOfN(rapid.SampledFrom(append(pool, "unknown")), 0, 4).Draw(t, "chosen")
	more := rapid.SliceOfN(rapid.SampledFrom(pool), 0, 4).Draw(t, "more")
	source := rapid.SampledFrom([]string{"s1", "s2", "s3"}).Draw(t, "source")
	if got, want := tree.Resolve(chosen), model.resolve(chosen); !slices.Equal(got, want) {
		t.Fatalf("%v are now %v, want %v", chosen, got, want)
	}
	for _, purpose := range []interaction.CategoryPurpose{interaction.AsCategory, interaction.AsDisposition} {
		got, err := tree.Check(source, chosen, purpose)
		want, rule := model.check(source, chosen, purpose == interaction.AsDisposition)
		if !slices.Equal(got, want) || ruleOf(t, err) != rule {
			t.Fatalf("%v as %s for %s are %v (%v), want %v (%s)", chosen, purpose, source, got, err, want, rule)
		}
	}
	lacking := model.lacking(source, chosen, more)
	err := tree.CheckClosing(source, chosen, more)
	if (ruleOf(t, err) != "") != (len(lacking) > 0) {
		t.Fatalf("%v, want %v", err, lacking)
	}
	if broken, ok := errors.AsType[*interaction.CategoryError](err); ok {
		if got := append([]string{broken.ID}, broken.Others...); broken.Rule != interaction.CategoryIsDemanded || !slices.Equal(got, lacking) {
			t.Fatalf("lacking are %v, want %v", got, lacking)
		}
	}
}
