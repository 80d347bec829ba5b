package storetest

import (
	"context"
	"fmt"
	"math"

	"github.com/engage-interactions/engage/store"
)

// checkArgumentsInvalid is about the methods that read, and Trim. Kinds have a
// clause of their own, prepare-invalid, and so have batches, commit-invalid.
func checkArgumentsInvalid(t *trial) {
	s := t.open()
	b := t.batch(doc("a", none, `1`, terms{owner: "o", state: "s"}), doc("b", none, `1`, terms{owner: "o"}), doc("c", none, `1`, nil))
	b.Events = []store.Event{event("e1"), event("e2"), event("e3")}
	t.commit(s, b)
	t.trim(s, acme, t.logged(s, 3)[0].Position)
	handles := t.handles(s)
	before := t.dump(s)
	for i, h := range handles {
		for what, call := range invalidCalls() {
			if !t.invalid(call(t.Context(), h), "%s, through handle %d", what, i+1) {
				t.unchanged(handles, before, "%s, through handle %d", what, i+1)
			}
		}
		t.unchanged(handles, before, "all sorts of calls that break a rule, through handle %d", i+1)
	}
	t.write(s, doc("after", none, `1`, terms{owner: "o"})) // none of them is in the way of what comes next
}

// invalidCalls returns calls of which each breaks one rule, by what they do. That
// there is nothing to find, read or forget does not put them in order.
func invalidCalls() map[string]func(ctx context.Context, s store.Store) error {
	calls := map[string]func(ctx context.Context, s store.Store) error{}
	get := func(what string, keys ...store.Key) {
		calls["Get with "+what] = func(ctx context.Context, s store.Store) error { _, err := s.Get(ctx, keys...); return err }
	}
	find := func(what string, spoil func(q *store.Query)) {
		for name, q := range map[string]store.Query{
			"a query":                             {Tenant: acme, Kind: "doc", Index: owner},
			"a query in the order of ID":          {Tenant: acme, Kind: "doc", Reverse: true},
			"a query of an empty range":           {Tenant: acme, Kind: "doc", Index: owner, From: "b", To: "a"},
			"a query of a tenant without records": {Tenant: "empty", Kind: "doc", Index: owner},
		} {
			spoil(&q)
			calls[fmt.Sprintf("Find, %s with %s", name, what)] = func(ctx context.Context, s store.Store) error { _, err := s.Find(ctx, q); return err }
		}
	}
	events := func(what, tenant string, after int64, limit int) {
		calls["Events of "+what] = func(ctx context.Context, s store.Store) error {
			_, err := s.Events(ctx, tenant, after, limit)
			return err
		}
	}
	trim := func(what, tenant string, upTo int64) {
		calls["Trim of "+what] = func(ctx context.Context, s store.Store) error { return s.Trim(ctx, tenant, upTo) }
	}

	for _, text := range append(badTexts(), "") {
		bad := fmt.Sprintf("%.20q", text)
		foreign := store.Key{Tenant: text, Kind: "doc", ID: "a"}
		get("the ID "+bad, key(text))
		get("the ID "+bad+" behind good ones", key("a"), key("b"), key(text))
		get("the ID "+bad+" before good ones", key(text), key("a"))
		get("the tenant "+bad, foreign)
		get("the tenant "+bad+" among good ones", key("a"), foreign, key("b"))
		find("the tenant "+bad, func(q *store.Query) { q.Tenant = text })
		events("the tenant "+bad, text, 0, 0)
		trim("the tenant "+bad, text, 1)
		if text != "" { // which stands for an open bound, and for no cursor
			find("the prefix "+bad, func(q *store.Query) { q.Prefix = text })
			find("the start "+bad, func(q *store.Query) { q.From = text })
			find("the end "+bad, func(q *store.Query) { q.To = text })
			find("the cursor "+bad, func(q *store.Query) { q.Cursor = text })
		}
	}
	for _, name := range []string{"", "other", "Doc", "doc ", "do", "docs", "d\x00oc", "\xff", "doc.owner", "*"} {
		get(fmt.Sprintf("the kind %q", name), store.Key{Tenant: acme, Kind: name, ID: "a"})
		get(fmt.Sprintf("the kind %q behind a good one", name), key("a"), store.Key{Tenant: acme, Kind: name, ID: "a"})
		find(fmt.Sprintf("the kind %q", name), func(q *store.Query) { q.Kind, q.Index = name, "" })
		if name != "" { // the order of ID
			find(fmt.Sprintf("the index %q", name), func(q *store.Query) { q.Index = name })
		}
	}
	find("an index of another kind", func(q *store.Query) { q.Kind, q.Index = "note", owner })
	for _, limit := range []int{-1, -store.MaxLimit, math.MinInt32, store.MaxLimit + 1, math.MaxInt32} {
		find(fmt.Sprintf("the limit %d", limit), func(q *store.Query) { q.Limit = limit })
		for _, after := range []int64{1, 2, 1 << 40} { // some of which may lie below the mark: see Store
			if after == 1<<40 {
				events(fmt.Sprintf("the limit %d beyond the last event", limit), acme, after, limit)
			}
			events(fmt.Sprintf("the limit %d in an empty log after %d", limit, after), "empty", after, limit)
		}
	}
	for _, position := range []int64{-1, -1 << 31, math.MinInt64} {
		events(fmt.Sprintf("positions after %d of an empty log", position), "empty", position, 0)
		trim(fmt.Sprintf("a log up to %d", position), acme, position)
		trim(fmt.Sprintf("an empty log up to %d", position), "empty", position)
	}
	for _, cursor := range []string{"x", " ", "AAAA", "-", "0", "null", "{}", "\n"} {
		find(fmt.Sprintf("the cursor %q", cursor), func(q *store.Query) { q.Cursor = cursor })
	}
	return calls
}
