package engage_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
)

// TestThreadsBeginWithTheCategoriesTheyCanHave: the trees have changed since the source
// was declared with its default categories. A new thread gets those of them that could
// still be chosen for it, whoever opens it.
func TestThreadsBeginWithTheCategoriesTheyCanHave(t *testing.T) {
	t.Parallel()
	update := func(c interaction.Category) func(context.Context, engage.Categories) error {
		return func(ctx context.Context, s engage.Categories) error {
			c.Name = c.ID
			return second(s.Update(ctx, c))
		}
	}
	for name, c := range map[string]struct {
		change func(context.Context, engage.Categories) error
		want   []string
	}{
		"nothing":                   {nil, []string{"a", "b1"}},
		"a removed one":             {func(ctx context.Context, s engage.Categories) error { return s.Delete(ctx, "a", "") }, []string{"b1"}},
		"one taken over":            {func(ctx context.Context, s engage.Categories) error { return s.Delete(ctx, "b1", "b2") }, []string{"a", "b2"}},
		"one for other sources":     {update(interaction.Category{ID: "a", SourceIDs: []string{"fax"}}), []string{"b1"}},
		"one for post-qualified":    {update(interaction.Category{ID: "b", PostQualification: true}), []string{"a"}},
		"one that none can choose":  {update(interaction.Category{ID: "a", Unselectable: true}), []string{"b1"}},
		"two of a tree that is one": {update(interaction.Category{ID: "b1", ParentID: "a"}), []string{"a"}},
		"all of them": {func(ctx context.Context, s engage.Categories) error {
			if err := s.Delete(ctx, "a", ""); err != nil {
				return err
			}
			return s.Delete(ctx, "b", "")
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			ctx := t.Context()
			for _, c := range []interaction.Category{{ID: "a"}, {ID: "b"}, {ID: "b1", ParentID: "b"}, {ID: "b2", ParentID: "b"}} {
				c.Name = c.ID
				must(d.Categories.Create(ctx, c))(t)
			}
			must(d.Sources.Create(ctx, interaction.Source{ID: "mail", Type: "messenger", Active: true, DefaultCategoryIDs: []string{"a", "b1"}}))(t)
			if c.change != nil {
				if err := c.change(ctx, d.Categories); err != nil {
					t.Fatal(err)
				}
			}
			in := d.says("eve", "hello")
			in.SourceID = "mail"
			came := must(d.Threads.Get(ctx, must(d.Threads.Receive(ctx, in))(t).ThreadID))(t)
			opened := must(d.Threads.Open(ctx, engage.NewThread{SourceID: "mail", Customer: engage.Account{ForeignID: "fay"}}))(t)
			if !slices.Equal(came.ThreadCategoryIDs, c.want) || !slices.Equal(opened.ThreadCategoryIDs, c.want) {
				t.Errorf("%v and %v, want %v", came.ThreadCategoryIDs, opened.ThreadCategoryIDs, c.want)
			}
			again := must(d.Threads.Categorize(ctx, came.ID, came.ThreadCategoryIDs))(t) // nobody has to mend them first
			if !slices.Equal(again.ThreadCategoryIDs, c.want) {
				t.Errorf("chosen anew %v, want %v", again.ThreadCategoryIDs, c.want)
			}
		})
	}
}

// TestASourceThatWasReadIsTheReaders: the Engine keeps sources at hand, and what a caller does
// with the one that it got is nobody else's.
func TestASourceThatWasReadIsTheReaders(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	must(d.Categories.Create(ctx, interaction.Category{ID: "a", Name: "a"}))(t)
	must(d.Sources.Create(ctx, interaction.Source{ID: "mail", Type: "messenger", Active: true, DefaultCategoryIDs: []string{"a"}}))(t)
	for range 3 {
		got := must(d.Sources.Get(ctx, "mail"))(t)
		if !slices.Equal(got.DefaultCategoryIDs, []string{"a"}) || got.Type != "messenger" {
			t.Fatalf("%+v", got)
		}
		got.DefaultCategoryIDs[0], got.Type = "b", "fax"
	}
}

// TestTreesThatAreTooLargeAreRefused before they cannot be kept in one record any more.
func TestTreesThatAreTooLargeAreRefused(t *testing.T) {
	t.Parallel()
	large(t)
	d := newDesk(t)
	ctx := t.Context()
	var sources []string
	for n := range interaction.MaxCategorySources {
		sources = append(sources, fmt.Sprintf("%03d%s", n, strings.Repeat("\x01", interaction.MaxText-3))) // six bytes each, in JSON
	}
	must(d.Categories.Create(ctx, interaction.Category{ID: "a", Name: "a", SourceIDs: sources}))(t)
	must(d.Categories.Create(ctx, interaction.Category{ID: "b", Name: "b"}))(t)
	unchanged(t, d.st, func() {
		isInvalid("category", "too large")(t, second(d.Categories.Create(ctx, interaction.Category{ID: "c", Name: "c", SourceIDs: sources})))
		isInvalid("category", "too large")(t, second(d.Categories.Update(ctx, interaction.Category{ID: "b", Name: "b", SourceIDs: sources})))
	})
	if err := d.Categories.Delete(ctx, "a", "b"); err != nil {
		t.Error(err)
	}
}
