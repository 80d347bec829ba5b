package work_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/engage-interactions/engage/internal/work"
)

type crew struct {
	Name string   `json:"name"`
	Of   []string `json:"of"`
}

// crews is a table whose values are kept decoded.
var crews = work.Table[crew]{
	Kind: kind, Format: 1,
	ID:   func(c *crew) string { return c.Name },
	Copy: func(c *crew) *crew { return &crew{Name: c.Name, Of: slices.Clone(c.Of)} },
}

func TestKeptValuesAreOfTheirVersionAndNobodys(t *testing.T) {
	t.Parallel()
	st := open(t)
	r, elsewhere := runner(st), runner(st)
	put := func(r *work.Runner, of ...string) {
		t.Helper()
		must(t, r.Do(t.Context(), func(w *work.Work) error {
			if _, err := crews.Get(t.Context(), w, "night"); err != nil {
				return err
			}
			return crews.Put(w, &crew{"night", of})
		}))
	}
	want := func(r *work.Runner, of ...string) {
		t.Helper()
		must(t, r.Do(t.Context(), func(w *work.Work) error {
			for range 3 { // decoded, and kept
				c, err := crews.Get(t.Context(), w, "night")
				if err != nil {
					return err
				}
				if c.Name != "night" || !slices.Equal(c.Of, of) {
					t.Errorf("%+v, want %v", c, of)
				}
				c.Name, c.Of[0] = "day", "nobody" // which is not written
				c.Of = append(c.Of[:1], "either")
			}
			return nil
		}))
	}
	put(r, "ann", "bob")
	want(r, "ann", "bob")
	want(r, "ann", "bob")
	put(elsewhere, "cid", "dee", "eve")
	want(r, "cid", "dee", "eve")
	want(elsewhere, "cid", "dee", "eve")

	// What a work has written, it alone sees, until it is committed.
	must(t, r.Do(t.Context(), func(w *work.Work) error {
		c, err := crews.Get(t.Context(), w, "night")
		if err != nil {
			return err
		}
		c.Of[0] = "fay"
		if err := crews.Put(w, c); err != nil {
			return err
		}
		c.Of[0] = "gus"
		if again, err := crews.Get(t.Context(), w, "night"); err != nil || again.Of[0] != "fay" {
			t.Errorf("%+v, %v", again, err)
		}
		want(r, "cid", "dee", "eve")
		return nil
	}))
	want(r, "fay", "dee", "eve")

	must(t, r.Do(t.Context(), func(w *work.Work) error {
		c, err := crews.Get(t.Context(), w, "night")
		if err != nil {
			return err
		}
		return crews.Delete(w, c)
	}))
	must(t, r.Do(t.Context(), func(w *work.Work) error {
		c, err := crews.Get(t.Context(), w, "night")
		if c != nil {
			t.Errorf("%+v is there", c)
		}
		return err
	}))
}

// TestManyValuesAreKept and some of them forgotten, which nobody notices.
func TestManyValuesAreKept(t *testing.T) {
	t.Parallel()
	r := runner(open(t))
	name := func(n int) string { return fmt.Sprintf("%04d", n) }
	const many = 3_000
	must(t, r.Do(t.Context(), func(w *work.Work) error {
		for n := range many {
			if err := crews.Insert(w, &crew{Name: name(n), Of: []string{name(n)}}); err != nil {
				return err
			}
		}
		return nil
	}))
	for range 2 {
		must(t, r.Look(t.Context(), func(w *work.Work) error {
			for n := range many {
				if c, err := crews.Get(t.Context(), w, name(n)); err != nil || c.Name != name(n) || !slices.Equal(c.Of, []string{name(n)}) {
					t.Errorf("%d: %+v, %v", n, c, err)
				}
			}
			return nil
		}))
	}
}
