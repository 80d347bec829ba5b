package engage

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/engage-interactions/engage/internal/work"
	"github.com/engage-interactions/engage/store"
)

// sortedList is one of several lists that are read as one: the records of an index
// whose terms begin with a tuple.
type sortedList[T any] struct {
	// name tells it from the others, and is the same from page to page: the ID of an
	// identity, say.
	name   string
	index  string
	within store.Tuple
	// find reads the table; that of a work.Table will do.
	find func(ctx context.Context, w *work.Work, q store.Query) ([]T, string, error)
	// key is what follows within in the term of a value: a time first, an ID last, where
	// the list has bounds in time. It is never empty, nor that of two values.
	key func(T) store.Tuple
	// emptied says that records may go over from this list to the next one, which has
	// the same name, while both are read.
	emptied bool
}

// span says which part of a merged list to read.
type span struct {
	of           []string  // what tells the list from all others
	from, to     time.Time // from <= time < to; zero is open
	oldestFirst  bool
	limit        int    // 0: DefaultPage
	continuation string // of the page before
}

// readMerged reads one page of what lists come to when they are merged in the order of
// their keys, and, where these are equal, of their names. It goes on behind the last
// entry of the page before, wherever that is in its list. Of every list it reads few
// records that are not in the page.
//
// Each list is read at moments of its own. What goes over from one to another meanwhile
// could be in neither when that is read: lists are merged that records do not change
// between, like those of several identities. Only from a list that is emptied they may
// go over to the next one. Of that, and of the next one after it, as much is read at once
// as there is room for in the page; so an entry that is not in the first any more has
// its place in the second when this is read. One that is in both is taken once.
func readMerged[T any](ctx context.Context, t *turn, lists []sortedList[T], s span) (Page[T], error) {
	page := Page[T]{Items: []T{}}
	if s.limit == 0 {
		s.limit = DefaultPage
	}
	if s.limit < 0 || s.limit > store.MaxLimit {
		return page, invalid("Limit", "is not 0 to 1,000")
	}
	after, err := s.unseal(t.Tenant())
	if err != nil {
		return page, err
	}
	if len(lists) == 1 {
		return readOne(ctx, t, &run[T]{sortedList: lists[0], span: s, after: after})
	}
	runs := make([]*run[T], len(lists))
	for n, list := range lists {
		// A little more than its share, so that most are read once.
		runs[n] = &run[T]{sortedList: list, span: s, after: after, chunk: s.limit/len(lists) + 2}
		if list.emptied || n > 0 && lists[n-1].emptied {
			runs[n].chunk = s.limit
		}
	}
	var last place
	for len(page.Items) < s.limit {
		first, err := firstOf(ctx, t, runs, !s.oldestFirst)
		if err != nil || first == nil {
			return page, err
		}
		last = first.head
		page.Items = append(page.Items, first.ahead[0])
		for _, r := range runs {
			r.pass(last)
		}
	}
	// What there was more when a list was read may have gone over since.
	if slices.ContainsFunc(runs, func(r *run[T]) bool { return len(r.ahead) > 0 || !r.ended }) {
		page.Continuation = s.seal(t.Tenant(), last)
	}
	return page, nil
}

// readOne is readMerged of a single list.
func readOne[T any](ctx context.Context, t *turn, r *run[T]) (Page[T], error) {
	page := Page[T]{Items: []T{}}
	for len(page.Items) < r.limit && !r.ended {
		r.ahead, r.chunk = nil, r.limit-len(page.Items)
		if err := r.fill(ctx, t); err != nil {
			return page, err
		}
		page.Items = append(page.Items, r.ahead...)
	}
	if !r.ended {
		page.Continuation = r.seal(t.Tenant(), r.after)
	}
	return page, nil
}

// firstOf returns the run whose head comes first, nil if all are at their ends.
func firstOf[T any](ctx context.Context, t *turn, runs []*run[T], reverse bool) (first *run[T], err error) {
	for _, r := range runs {
		if err := r.fill(ctx, t); err != nil {
			return nil, err
		}
		if len(r.ahead) == 0 {
			continue
		}
		if first == nil || (r.head.compare(first.head) < 0) != reverse {
			first = r
		}
	}
	return first, nil
}

// run is a sortedList that is being read.
type run[T any] struct {
	sortedList[T]
	span

	after place // what it goes on behind
	ahead []T   // read, and not taken yet
	head  place // of the first that is ahead
	chunk int   // how many to read next
	ended bool
}

// pass goes on behind a place if it stands there.
func (r *run[T]) pass(taken place) {
	if len(r.ahead) > 0 && r.head == taken {
		r.ahead = r.ahead[1:]
		r.look()
	}
}

// look finds out where the first value that is ahead stands.
func (r *run[T]) look() {
	if len(r.ahead) > 0 {
		r.head = place{key: r.key(r.ahead[0]).String(), name: r.name}
	}
}

// fill reads on if nothing is ahead.
func (r *run[T]) fill(ctx context.Context, t *turn) error {
	if len(r.ahead) > 0 || r.ended {
		return nil
	}
	q := window(store.Query{Index: r.index, Reverse: !r.oldestFirst, Limit: min(r.chunk, store.MaxLimit)}, slices.Clone(r.within), r.from, r.to)
	if r.after.key != "" {
		// From is the first text that is selected, To the first that is not, and
		// behind a text the first one is that with the lowest character appended.
		term := r.within.String() + r.after.key
		if behind := term + "\x01"; r.oldestFirst {
			if r.name <= r.after.name {
				term = behind
			}
			q.From = max(q.From, term)
		} else {
			if r.name < r.after.name {
				term = behind
			}
			if q.To == "" || term < q.To {
				q.To = term
			}
		}
	}
	values, next, err := r.find(ctx, t.Work, q)
	if wrong, ok := errors.AsType[*store.InvalidError](err); ok && (wrong.Field == "From" || wrong.Field == "To") {
		return &InvalidError{Field: "Continuation", Err: errors.New(wrong.Reason)}
	}
	if err != nil {
		return err
	}
	r.ahead, r.ended = values, next == ""
	if len(values) > 0 {
		r.after = place{key: r.key(values[len(values)-1]).String(), name: r.name}
	}
	r.chunk *= 2
	r.look()
	return nil
}

// place is where an entry stands in a merged list.
type place struct {
	key  string
	name string // of its list
}

func (p place) compare(other place) int {
	return cmp.Or(strings.Compare(p.key, other.key), strings.Compare(p.name, other.name))
}

// seal returns a place as a continuation, which is good for this list only, in the same
// direction and within the same bounds.
func (s span) seal(tenant string, p place) string {
	return base64.RawURLEncoding.EncodeToString(store.Tuple{}.Text(p.key).Text(p.name).Text(s.mark(tenant, p)))
}

// here returns the continuation that leads to this very page again.
func (s span) here(tenant string) string {
	return cmp.Or(s.continuation, s.seal(tenant, place{}))
}

// unseal reads the continuation; an empty one is no place.
func (s span) unseal(tenant string) (p place, err error) {
	if s.continuation == "" {
		return p, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(s.continuation)
	if parts, ok := splitTuple(string(raw)); err == nil && ok && len(parts) == 3 {
		p = place{key: parts[0], name: parts[1]}
		if parts[2] == s.mark(tenant, p) {
			return p, nil
		}
	}
	return place{}, &InvalidError{Field: "Continuation", Err: errors.New("is not one of this list")}
}

// mark tells a place in this list from one in any other.
func (s span) mark(tenant string, p place) string {
	bound := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return store.Tuple{}.Time(t).String()
	}
	parts := append([]string{p.key, p.name, tenant, bound(s.from), bound(s.to), strconv.FormatBool(s.oldestFirst)}, s.of...)
	return hashOf(parts...)[:16]
}

// errOvertaken says that what a list is of was not the same all the time that its page
// was read: the contact was merged or unmerged, say, and part of it was looked for with
// somebody else.
var errOvertaken = errors.New("what the list is of changed meanwhile")

// maxTurns is how often a page is read again because it was overtaken.
const maxTurns = 10

// undisturbed reads a page of a list for a caller, until read is not overtaken by a change
// of what the list is of. If it always is, the page is empty, and goes on where it began.
func undisturbed[T any](ctx context.Context, s scope, part span, read func(*turn) (Page[T], error)) (Page[T], error) {
	for range maxTurns {
		var page Page[T]
		err := s.look(ctx, func(t *turn) (err error) {
			page, err = read(t)
			return err
		})
		if err == nil {
			return page, nil
		}
		if !errors.Is(err, errOvertaken) {
			return Page[T]{}, err
		}
	}
	return Page[T]{Items: []T{}, Continuation: part.here(s.core.runner.Tenant())}, nil
}

// splitTuple takes a tuple of texts apart.
func splitTuple(tuple string) (parts []string, ok bool) {
	var part []byte
	for i := 0; i < len(tuple); i++ {
		switch c := tuple[i]; {
		case c == 0x01:
			parts, part = append(parts, string(part)), nil
		case c == 0x02 && i+1 < len(tuple) && tuple[i+1] > 0x02 && tuple[i+1] <= 0x04: // a NUL is in no term
			i++
			part = append(part, tuple[i]-2)
		case c <= 0x02:
			return nil, false
		default:
			part = append(part, c)
		}
	}
	return parts, len(part) == 0 && utf8.ValidString(tuple)
}
