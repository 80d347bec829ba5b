package engage

import (
	"cmp"
	"context"
	"slices"

	"github.com/engage-interactions/engage/internal/work"
	"github.com/engage-interactions/engage/store"
)

// contactList is a list of what belongs to a contact, in the order of some time. Its
// continuation is a place in that order, and does not say in whose list: what is behind
// it still is when the contact was merged into another one, or parted from it, between
// two pages.
type contactList[T any] struct {
	span

	table    finder[T]
	kind     string // of the table
	schemaID string // of the filter
	index    string
	within   func(contactID string) store.Tuple
	key      func(*T) store.Tuple
	keep     func(*T) bool
}

// listOfContact reads one page of a list. Of a contact that was merged into another
// one, it is the list of that one; and what has not gone over yet is in it, too.
func listOfContact[T any](ctx context.Context, s scope, contactID string, list contactList[T]) (Page[T], error) {
	list.span.of = []string{list.kind, contactID, list.schemaID, list.index}
	return undisturbed(ctx, s, list.span, func(t *turn) (Page[T], error) { return list.page(ctx, t, contactID) })
}

func (l contactList[T]) page(ctx context.Context, t *turn, contactID string) (Page[T], error) {
	page := Page[T]{Items: []T{}}
	before, err := t.standing(ctx, contactID)
	if err != nil {
		return page, err
	}
	if page, err = readKept(ctx, t, inTurn(before.holders(), l.of), l.span, l.keep); err != nil {
		return page, err
	}
	now, err := t.again(ctx, before)
	if err != nil {
		return page, err
	}
	return page, t.stood(ctx, before, now)
}

// readKept is readMerged of what keep leaves. A page of which that is little is read on.
func readKept[T any](ctx context.Context, t *turn, lists []sortedList[*T], s span, keep func(*T) bool) (Page[T], error) {
	page := Page[T]{Items: []T{}}
	limit := cmp.Or(s.limit, DefaultPage)
	for range maxScan {
		s.limit = limit - len(page.Items)
		found, err := readMerged(ctx, t, lists, s)
		if err != nil {
			return page, err
		}
		page.Items = slices.Grow(page.Items, len(found.Items))
		for _, v := range found.Items {
			if keep(v) {
				page.Items = append(page.Items, *v)
			}
		}
		if s.continuation = found.Continuation; s.continuation == "" || len(page.Items) == limit {
			break
		}
	}
	page.Continuation = s.continuation
	return page, nil
}

// inTurn returns the lists of those who hold what was recorded for a person: each but the
// last is being merged into the next.
func inTurn[T any](holders []string, of func(contactID string) sortedList[T]) (lists []sortedList[T]) {
	for n, id := range holders {
		list := of(id)
		list.emptied = n < len(holders)-1
		lists = append(lists, list)
	}
	return lists
}

// of returns the list of one contact.
func (l contactList[T]) of(contactID string) sortedList[*T] {
	return sortedList[*T]{
		index: l.index, within: l.within(contactID), key: l.key,
		find: func(ctx context.Context, w *work.Work, q store.Query) ([]*T, string, error) {
			return l.table.Find(ctx, w, q)
		},
	}
}
