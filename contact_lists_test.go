package engage_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store"
)

// pager reads a list page by page.
type pager struct {
	what string
	read func(limit int, continuation string) (ids []string, next string, err error)
	want []string // all that was in it at the beginning

	seen  []string
	next  string
	ended bool
}

// turnOver reads a page.
func (p *pager) turnOver(tb testing.TB, limit int) {
	tb.Helper()
	if p.ended {
		return
	}
	ids, next, err := p.read(limit, p.next)
	if err != nil {
		tb.Fatalf("%s: %v", p.what, err)
	}
	p.seen, p.next, p.ended = append(p.seen, ids...), next, next == ""
}

// pagersOf are all the lists of what belongs to a contact.
func pagersOf(ctx context.Context, eng *engage.Engine, contactID string) (all []*pager) {
	for _, oldest := range []bool{false, true} {
		for _, schemaID := range []string{"", "one"} {
			for _, received := range []bool{false, true} {
				f := engage.InteractionFilter{ContactID: contactID, SchemaID: schemaID, ByReceived: received, OldestFirst: oldest}
				all = append(all, &pager{what: fmt.Sprintf("%+v", f), read: func(limit int, continuation string) ([]string, string, error) {
					f.Limit, f.Continuation = limit, continuation
					page, err := eng.Interactions.List(ctx, f)
					return named(page.Items, func(i interaction.Interaction) string { return i.ID }), page.Continuation, err
				}})
			}
			f := engage.QuarantineFilter{ContactID: contactID, SchemaID: schemaID, OldestFirst: oldest}
			all = append(all, &pager{what: fmt.Sprintf("%+v", f), read: func(limit int, continuation string) ([]string, string, error) {
				f.Limit, f.Continuation = limit, continuation
				page, err := eng.Quarantine.List(ctx, f)
				return named(page.Items, func(q interaction.Quarantined) string { return q.ID }), page.Continuation, err
			}})
		}
	}
	return all
}

func named[T any](items []T, id func(T) string) (ids []string) {
	for _, item := range items {
		ids = append(ids, id(item))
	}
	return ids
}

// TestPagingGoesOnWhileContactsAreMerged and unmerged, wherever the merge is when a page
// is read: all that a contact had comes once, in order.
func TestPagingGoesOnWhileContactsAreMerged(t *testing.T) {
	t.Parallel()
	for n := int64(1); n <= 6; n++ {
		t.Run(fmt.Sprintf("interrupted at commit %d", n), func(t *testing.T) {
			t.Parallel()
			st := &counting{Store: newMemory(t)}
			eng := newEngine(t, st, nil)
			fillForMerging(t, eng)
			var pagers []*pager
			for _, contactID := range []string{"old", "new"} {
				for _, p := range pagersOf(t.Context(), eng, contactID) {
					var err error
					if p.want, _, err = p.read(1000, ""); err != nil || len(p.want) == 0 && contactID == "old" {
						t.Fatal(p.what, p.want, err)
					}
					pagers = append(pagers, p)
				}
			}
			next := func(limit int) {
				for _, p := range pagers {
					p.turnOver(t, limit)
				}
			}
			next(2)
			st.on(func(commit int64) error {
				if commit >= n {
					return engage.ErrUnavailable
				}
				return nil
			}, nil)
			_, _ = eng.Contacts.Merge(t.Context(), "new", "old")
			st.on(nil, nil)
			next(20)
			must(eng.Contacts.Merge(t.Context(), "new", "old"))(t)
			next(20)
			must(eng.Contacts.Unmerge(t.Context(), "old"))(t)
			next(20)
			must(eng.Contacts.Merge(t.Context(), "new", "old"))(t)
			for range 40 {
				next(20)
			}
			for _, p := range pagers {
				got := slices.DeleteFunc(p.seen, func(id string) bool { return !slices.Contains(p.want, id) })
				if !p.ended || !slices.Equal(got, p.want) {
					t.Errorf("%s (at its end: %t): %d, want %d", p.what, p.ended, len(got), len(p.want))
				}
			}
		})
	}
}

// TestTheListOfANameIsThatOfItsContact on every page.
func TestTheListOfANameIsThatOfItsContact(t *testing.T) {
	t.Parallel()
	st := &counting{Store: newMemory(t)}
	eng := newEngine(t, st, nil)
	fillForMerging(t, eng)
	must(eng.Contacts.Merge(t.Context(), "new", "old"))(t)
	byName, whole := pagersOf(t.Context(), eng, "old"), pagersOf(t.Context(), eng, "new")
	for n, p := range byName {
		for range 1000 {
			st.finds.Store(0)
			p.turnOver(t, 25)
			if p.ended {
				break
			}
			if finds := st.finds.Load(); finds > 1 && !strings.Contains(p.what, "SchemaID:one") {
				t.Errorf("%s: a page takes %d finds", p.what, finds)
			}
		}
		want, _, err := whole[n].read(1000, "")
		if err != nil || !p.ended || !slices.Equal(p.seen, want) {
			t.Errorf("%s: %d of %d, %v", p.what, len(p.seen), len(want), err)
		}
	}
}

// TestAContinuationOfContactsIsGoodForItsFilter only, and for any limit.
func TestAContinuationOfContactsIsGoodForItsFilter(t *testing.T) {
	t.Parallel()
	c := newCrowd(t)
	for _, merged := range []bool{false, true} {
		filter := engage.ContactFilter{Merged: merged, Limit: 1}
		first := must(c.Contacts.List(t.Context(), filter))(t)
		filter.Continuation, filter.Limit = first.Continuation, 100
		rest := must(c.Contacts.List(t.Context(), filter))(t)
		all := must(c.Contacts.List(t.Context(), engage.ContactFilter{Merged: merged}))(t)
		if got := slices.Concat(first.Items, rest.Items); !reflect.DeepEqual(got, all.Items) || rest.Continuation != "" {
			t.Errorf("merged %t: %v, want %v", merged, got, all.Items)
		}
		filter.Merged = !merged
		if _, err := c.Contacts.List(t.Context(), filter); !errors.Is(err, engage.ErrInvalid) {
			t.Errorf("a continuation of those with Merged %t for the others: %v", merged, err)
		}
	}
}

// TestANameThatIsGoneIsNobody: of one whose record does not count how often it turned,
// because it was merged by a version that did not count, and whose record is removed while
// a list of it is read.
func TestANameThatIsGoneIsNobody(t *testing.T) {
	t.Parallel()
	start := newCrowd(t)
	for _, l := range personLists(false) {
		for n, reads := 1, 1; n <= reads; n++ {
			c := start.again(t)
			var name store.Record
			for _, r := range find(t, c.below, "contact") {
				if r.ID == "fay" {
					name = r
				}
			}
			name.Value = bytes.Replace(name.Value, []byte(`,"turned":1`), nil, 1)
			if err := c.below.Commit(t.Context(), store.Batch{ID: "as before", Tenant: name.Tenant, Puts: []store.Record{name}}); err != nil {
				t.Fatal(err)
			}
			gone := store.Batch{ID: "gone", Tenant: name.Tenant, Deletes: []store.Check{{Key: name.Key, Version: "as before"}}}
			count := c.before(map[int]func(){n: func() {
				if err := c.below.Commit(t.Context(), gone); err != nil {
					t.Fatal(err)
				}
			}})
			if _, _, err := l.read(t.Context(), c.reader, "fay", 10, ""); err != nil {
				t.Errorf("%s, gone before read %d: %v", l.name, n, err)
			}
			reads = *count
		}
	}
}
