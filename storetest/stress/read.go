package stress

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/engage-interactions/engage/store"
)

// get judges an answer of Get.
func (w *world) get(a answer, keys []store.Key, got []store.Record) error {
	if refused, wrong := a.simple(w.brokenKeys(a.handle, keys)); refused {
		return wrong
	}
	if len(got) != len(keys) {
		return fmt.Errorf("there are %d records for %d keys", len(got), len(keys))
	}
	for i, key := range keys {
		if err := same(got[i], w.visible(a.handle, key)); err != nil {
			return err
		}
	}
	return nil
}

// same says how a record differs from what it must be.
func same(got, want store.Record) error {
	switch {
	case got.Key != want.Key:
		return fmt.Errorf("want a record of %s", showKey(want.Key))
	case got.Version != want.Version:
		return fmt.Errorf("the version of %s is %q", showKey(want.Key), want.Version)
	case len(got.Terms)+len(want.Terms) > 0 && !maps.Equal(got.Terms, want.Terms):
		return fmt.Errorf("the terms of %s are %q", showKey(want.Key), want.Terms)
	case !bytes.Equal(got.Value, want.Value):
		return fmt.Errorf("the value of %s is %q", showKey(want.Key), want.Value)
	default:
		return nil
	}
}

// place is where a record stands in the order of an index.
type place struct{ term, id string }

func (p place) compare(other place) int {
	return cmp.Or(strings.Compare(p.term, other.term), strings.Compare(p.id, other.id))
}

// placeOf returns where a record stands in the order of q, and whether it does.
func placeOf(q store.Query, r store.Record) (place, bool) {
	if q.Index == "" {
		return place{r.ID, r.ID}, true
	}
	term, ok := r.Terms[q.Index]
	return place{term, r.ID}, ok
}

// selects returns all that q selects behind a place, in its order.
func (w *world) selects(handle int, q store.Query, after *place) []store.Record {
	var all []store.Record
	for key := range w.records {
		if key.Tenant != q.Tenant || key.Kind != q.Kind {
			continue
		}
		r := w.visible(handle, key)
		at, ok := placeOf(q, r)
		if !ok || !strings.HasPrefix(at.term, q.Prefix) || at.term < q.From || (q.To != "" && at.term >= q.To) {
			continue
		}
		if after != nil && ((!q.Reverse && at.compare(*after) <= 0) || (q.Reverse && at.compare(*after) >= 0)) {
			continue
		}
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b store.Record) int {
		placeA, _ := placeOf(q, a)
		placeB, _ := placeOf(q, b)
		return placeA.compare(placeB)
	})
	if q.Reverse {
		slices.Reverse(all)
	}
	return all
}

// cursor is what a page has given to go on from.
type cursor struct {
	query store.Query // without limit and cursor
	after place       // the last record of the page, as it was then
}

// cursors are all that were ever given, by their text. They stay good whatever
// happens to the records.
type cursors map[string]cursor

// bare returns what a cursor belongs to.
func bare(q store.Query) store.Query {
	q.Limit, q.Cursor = 0, ""
	return q
}

// find judges an answer of Find.
func (w *world) find(a answer, q store.Query, known cursors, got store.Page) error {
	rule := w.brokenQuery(a.handle, q)
	var after *place
	if q.Cursor != "" {
		c, ok := known[q.Cursor]
		switch {
		case !ok:
			rule = first(rule, "the cursor is damaged")
		case c.query != bare(q):
			rule = first(rule, "the cursor belongs to another query")
		}
		after = &c.after
	}
	if refused, wrong := a.simple(rule); refused {
		return wrong
	}
	want := w.selects(a.handle, q, after)
	limit := cmp.Or(q.Limit, store.DefaultLimit)
	switch {
	case len(got.Records) > limit:
		return fmt.Errorf("there are %d records, and the limit is %d", len(got.Records), limit)
	case len(got.Records) > len(want):
		return fmt.Errorf("there are %d records, want %s", len(got.Records), showIDs(want))
	case len(got.Records) == 0 && len(want) > 0:
		return fmt.Errorf("there is no record, want %s", showIDs(want))
	}
	for i, r := range got.Records {
		if err := same(r, want[i]); err != nil {
			return fmt.Errorf("record %d: %w; want %s", i, err, showIDs(want))
		}
	}
	if more := len(got.Records) < len(want); more != (got.Next != "") {
		if more {
			return fmt.Errorf("there is no Next, and more follow: want %s", showIDs(want))
		}
		return errors.New("there is a Next, and nothing follows")
	}
	return nil
}

// events judges an answer of Events.
func (w *world) events(a answer, tenant string, after int64, limit int, got []store.Event) error {
	rule := first(brokenPosition(tenant, after), brokenLimit(limit))
	log := w.log(tenant)
	var others []refusal
	if after < log.mark {
		others = append(others, refusal{fmt.Sprintf("the trim mark is %d: want a TrimmedError that says so", log.mark), log.trimmed})
	}
	if refused, wrong := a.judge(rule, others...); refused {
		return wrong
	}
	if a.err != nil {
		return errNothingWrong
	}
	return log.read(after, limit, got)
}
