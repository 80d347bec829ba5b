package interaction_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/engage-interactions/engage/interaction"
)

// grow adds categories to a tree.
func grow(tb testing.TB, tree interaction.CategoryTree, categories ...interaction.Category) interaction.CategoryTree {
	tb.Helper()
	for _, c := range categories {
		if c.Name == "" {
			c.Name = c.ID
		}
		next, err := tree.Add(c)
		if err != nil {
			tb.Fatal(err)
		}
		tree = next
	}
	return tree
}

// breaks compares the rule that an error is about with what is wanted.
func breaks(t *testing.T, what string, err error, id string, rule interaction.CategoryRule, others ...string) {
	t.Helper()
	broken, ok := errors.AsType[*interaction.CategoryError](err)
	if !ok || broken.ID != id || broken.Rule != rule || strings.Join(broken.Others, " ") != strings.Join(others, " ") {
		t.Errorf("%s: %v, want %q to break %q with %v", what, err, id, rule, others)
		return
	}
	for _, part := range append(others, id, string(rule)) {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%s: %q does not name %q", what, err, part)
		}
	}
	if broken.Remedy == "" {
		t.Errorf("%s: what would help?", what)
	}
}

func TestCategoryFields(t *testing.T) {
	t.Parallel()
	tree := grow(t, interaction.CategoryTree{}, interaction.Category{ID: "c"})
	long := strings.Repeat("x", interaction.MaxText+1)
	for what, test := range map[string]struct {
		category interaction.Category
		field    string
	}{
		"no ID":             {interaction.Category{Name: "n"}, "id"},
		"a long ID":         {interaction.Category{ID: long, Name: "n"}, "id"},
		"no name":           {interaction.Category{ID: "c"}, "name"},
		"no UTF-8":          {interaction.Category{ID: "c", Name: "\xff"}, "name"},
		"a long parent":     {interaction.Category{ID: "c", Name: "n", ParentID: long}, "parent_id"},
		"no color":          {interaction.Category{ID: "c", Name: "n", Color: -1}, "color"},
		"a color too many":  {interaction.Category{ID: "c", Name: "n", Color: interaction.MaxColor + 1}, "color"},
		"removed":           {interaction.Category{ID: "c", Name: "n", Deleted: true}, "deleted"},
		"taken over":        {interaction.Category{ID: "c", Name: "n", TakenOverBy: "x"}, "taken_over_by"},
		"too many sources":  {interaction.Category{ID: "c", Name: "n", SourceIDs: make([]string, interaction.MaxCategorySources+1)}, "source_ids"},
		"an empty source":   {interaction.Category{ID: "c", Name: "n", SourceIDs: []string{""}}, "source_ids"},
		"a source too long": {interaction.Category{ID: "c", Name: "n", SourceIDs: []string{long}}, "source_ids"},
	} {
		_, err := tree.Add(test.category)
		refuses(t, what+", added", err, test.field)
		_, err = tree.Update(test.category)
		refuses(t, what+", updated", err, test.field)
	}
}

func TestCategoriesHaveLimits(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 23, 11, 0, 0, 0, time.UTC)
	tree := grow(t, interaction.CategoryTree{}, interaction.Category{ID: "root"})
	for n := range interaction.MaxCategories - 1 {
		tree = grow(t, tree, interaction.Category{ID: fmt.Sprint("c", n), ParentID: "root"})
	}
	_, err := tree.Add(interaction.Category{ID: "more", Name: "n"})
	breaks(t, "one more", err, "more", interaction.CategoryHasRoom)
	tree, err = tree.Remove("c0", "c1", now)
	if err != nil {
		t.Fatal(err)
	}
	tree = grow(t, tree, interaction.Category{ID: "more"}) // a removed one makes room
	if got := tree.Resolve([]string{"more", "c0", "c1"}); strings.Join(got, " ") != "more c1" {
		t.Error(got)
	}

	chain := interaction.CategoryTree{}
	parent := ""
	for n := range interaction.MaxCategoryDepth {
		id := fmt.Sprint("level", n+1)
		chain = grow(t, chain, interaction.Category{ID: id, ParentID: parent})
		parent = id
	}
	_, err = chain.Add(interaction.Category{ID: "deep", Name: "n", ParentID: parent})
	breaks(t, "a seventh level", err, "deep", interaction.CategoryIsNotTooDeep, parent)
	chain = grow(t, chain, interaction.Category{ID: "other"})
	_, err = chain.Update(interaction.Category{ID: "level1", Name: "n", ParentID: "other"})
	breaks(t, "moved with all below it", err, "level1", interaction.CategoryIsNotTooDeep, "other")
	_, err = chain.Update(interaction.Category{ID: "level2", Name: "n", ParentID: "level6"})
	breaks(t, "moved below itself", err, "level2", interaction.CategoryIsNotBelow, "level6")
	if _, err = chain.Update(interaction.Category{ID: "level2", Name: "n", ParentID: "other"}); err != nil {
		t.Error(err)
	}
}

// TestRemovedCategoriesAreForgotten removes more than are remembered: those that were
// removed first go, but what has been taken over stays longest.
func TestRemovedCategoriesAreForgotten(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 5, 23, 11, 0, 0, 0, time.UTC)
	// A list as it would be after years, for adding them one by one takes long.
	tree := interaction.CategoryTree{Categories: []interaction.Category{{ID: "heir", Name: "n"}}}
	for n := interaction.MaxRemovedCategories - 1; n >= 0; n-- { // not in the order in which they were removed
		c := interaction.Category{ID: fmt.Sprint("c", n), Name: "n", Deleted: true, UpdatedAt: at.Add(time.Duration(n) * time.Second)}
		if n == 0 {
			c.TakenOverBy = "heir"
		}
		tree.Categories = append(tree.Categories, c)
	}
	tree = grow(t, tree, interaction.Category{ID: "last"})
	tree, err := tree.Remove("last", "", at.Add(24*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if got := len(tree.Categories); got != interaction.MaxRemovedCategories+1 {
		t.Errorf("%d are kept", got)
	}
	for id, want := range map[string]bool{"heir": true, "c0": true, "c1": false, "c2": true, "last": true} {
		if _, kept := tree.Get(id); kept != want {
			t.Errorf("%s is kept: %t", id, kept)
		}
	}
	if got := tree.Resolve([]string{"c1", "c0", "last"}); strings.Join(got, " ") != "heir" {
		t.Error(got)
	}
}

// TestWhatTakesOverIsTakenOver removes the heir of a category: what takes that over
// stands for both.
func TestWhatTakesOverIsTakenOver(t *testing.T) {
	t.Parallel()
	tree := grow(t, interaction.CategoryTree{},
		interaction.Category{ID: "a"}, interaction.Category{ID: "b"},
		interaction.Category{ID: "group", Unselectable: true}, interaction.Category{ID: "c", ParentID: "group"},
		interaction.Category{ID: "outcome", PostQualification: true},
	)
	for _, step := range []struct{ gone, heir, now string }{{"a", "b", "b"}, {"b", "c", "c"}, {"c", "", ""}} {
		var err error
		if tree, err = tree.Remove(step.gone, step.heir, time.Time{}); err != nil {
			t.Fatal(err)
		}
		for _, id := range []string{"a", step.gone} {
			if got := tree.Resolve([]string{id}); strings.Join(got, " ") != step.now {
				t.Errorf("%s is removed, and for %s stands %v, want %q", step.gone, id, got, step.now)
			}
		}
	}
	_, err := tree.Remove("group", "group", time.Time{})
	breaks(t, "its own heir", err, "group", interaction.CategoryOutlivesOther, "group")
	_, err = tree.Remove("outcome", "group", time.Time{})
	breaks(t, "a group", err, "group", interaction.CategoryIsSelectable, "outcome")
	_, err = tree.Remove("group", "outcome", time.Time{})
	breaks(t, "another purpose", err, "outcome", interaction.CategoryIsForPurpose, "group")
	_, err = tree.Remove("group", "a", time.Time{})
	breaks(t, "a removed one", err, "a", interaction.CategoryIsNotDeleted)
}

func TestCategoryTreesKnowTheirOwnIndex(t *testing.T) {
	t.Parallel()
	tree := grow(t, interaction.CategoryTree{}, interaction.Category{ID: "a"})
	tree.Categories = []interaction.Category{{ID: "b", Name: "b"}} // as when it is decoded anew
	if _, ok := tree.Get("a"); ok {
		t.Error("the index is that of another list")
	}
}

func TestCategoryErrorsSayWhoStandsInTheWay(t *testing.T) {
	t.Parallel()
	tree := grow(t, interaction.CategoryTree{},
		interaction.Category{ID: "topic", Mandatory: true, Unselectable: true},
		interaction.Category{ID: "billing", ParentID: "topic"},
		interaction.Category{ID: "invoice", ParentID: "billing"},
		interaction.Category{ID: "outcome", Mandatory: true, PostQualification: true},
		interaction.Category{ID: "empty", Mandatory: true, Unselectable: true}, // nothing of it can be chosen
		interaction.Category{ID: "elsewhere", Mandatory: true, SourceIDs: []string{"s2"}},
	)
	check := func(ids ...string) error {
		_, err := tree.Check("s1", ids, interaction.AsCategory)
		return err
	}
	breaks(t, "a group", check("topic"), "topic", interaction.CategoryIsSelectable)
	breaks(t, "two of a tree", check("invoice", "invoice", "billing"), "billing", interaction.CategoryIsOnlyOne, "invoice")
	breaks(t, "a disposition too early", check("outcome"), "outcome", interaction.CategoryIsForPurpose)
	breaks(t, "of another source", check("elsewhere"), "elsewhere", interaction.CategoryIsForSource)
	_, err := tree.Check("s1", []string{"invoice"}, interaction.AsDisposition)
	breaks(t, "a category too late", err, "invoice", interaction.CategoryIsForPurpose)

	breaks(t, "nothing", tree.CheckClosing("s1", nil, nil), "topic", interaction.CategoryIsDemanded, "outcome")
	breaks(t, "in the wrong place", tree.CheckClosing("s1", []string{"outcome"}, []string{"invoice"}), "topic", interaction.CategoryIsDemanded, "outcome")
	breaks(t, "no disposition", tree.CheckClosing("s1", []string{"invoice"}, nil), "outcome", interaction.CategoryIsDemanded)
	if err := tree.CheckClosing("s1", []string{"invoice"}, []string{"outcome"}); err != nil {
		t.Error(err)
	}
	breaks(t, "another source", tree.CheckClosing("s2", []string{"invoice"}, []string{"outcome"}), "elsewhere", interaction.CategoryIsDemanded)

	gone, err := tree.Remove("billing", "", time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	if err := gone.CheckClosing("s1", nil, []string{"outcome"}); err != nil {
		t.Errorf("a tree of which nothing is left demands something: %v", err)
	}
}

func TestCategoryTreeAsJSON(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 5, 23, 11, 0, 0, 0, time.UTC)
	tree := grow(t, interaction.CategoryTree{}, interaction.Category{
		ID: "c", Name: "Billing", Color: 3, Mandatory: true, Multiple: true, PostQualification: true, Unselectable: true, SourceIDs: []string{"s"}, CreatedAt: at,
	})
	text, err := json.Marshal(tree)
	const want = `{"categories":[{"id":"c","name":"Billing","color":3,"mandatory":true,"multiple":true,"post_qualification":true,` +
		`"unselectable":true,"source_ids":["s"],"created_at":"2026-05-23T11:00:00Z","updated_at":"2026-05-23T11:00:00Z"}]}`
	if err != nil || string(text) != want {
		t.Errorf("%s (%v)", text, err)
	}
}

// TestCategoryTreesWithCirclesEnd asks trees that no call can make, but a hand can.
func TestCategoryTreesWithCirclesEnd(t *testing.T) {
	t.Parallel()
	tree := interaction.CategoryTree{Categories: []interaction.Category{
		{ID: "a", Name: "a", ParentID: "b"},
		{ID: "b", Name: "b", ParentID: "a"},
		{ID: "c", Name: "c", Deleted: true, TakenOverBy: "d"},
		{ID: "d", Name: "d", Deleted: true, TakenOverBy: "c"},
		{ID: "e", Name: "e", ParentID: "nowhere"},
	}}
	all := []string{"a", "b", "c", "d", "e"}
	for _, id := range all {
		tree.Root(id)
	}
	tree.Resolve(all)
	for _, ids := range [][]string{all[:2], all[2:], all[4:]} {
		tree.Check("s", ids, interaction.AsCategory) //nolint:errcheck // whether it ends is the question
	}
	if err := tree.CheckClosing("s", all, all); err != nil {
		t.Error(err)
	}
	if _, err := tree.Update(interaction.Category{ID: "a", Name: "a"}); err != nil { // and can be mended
		t.Error(err)
	}
}

func BenchmarkCategoryTreeCheck(b *testing.B) {
	var tree interaction.CategoryTree
	for n := range interaction.MaxCategories {
		c := interaction.Category{ID: fmt.Sprintf("01KSXM3Q2W%016d", n), Name: "n"}
		if n%100 == 0 {
			c.Mandatory, c.Multiple = true, true
		} else {
			c.ParentID = fmt.Sprintf("01KSXM3Q2W%016d", n-n%100)
		}
		tree.Categories = append(tree.Categories, c)
	}
	chosen := []string{tree.Categories[7].ID, tree.Categories[507].ID, tree.Categories[999].ID}
	for name, tree := range map[string]interaction.CategoryTree{"indexed": tree.Index(), "decoded": tree} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := tree.Check("s", chosen, interaction.AsCategory); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
