package storetest

import (
	"fmt"
	"math"
	"slices"

	"github.com/engage-interactions/engage/store"
)

func checkFindLimit(t *trial) {
	s := t.open()
	const n = store.MaxLimit + 5
	var puts []store.Record
	for _, id := range numbered("r", n) {
		puts = append(puts, doc(id, none, `1`, terms{owner: "o" + id}))
	}
	t.write(s, puts...)

	// A page has at most so many records, and a Next if and only if more follow.
	for _, c := range []struct{ limit, records, most int }{
		{1, 3, 1},
		{2, 3, 2},
		{3, 3, 3},
		{4, 3, 4},
		{1, 0, 1},
		{0, 99, 100},
		{0, 100, 100},
		{0, 101, 100},
		{0, n, 100},
		{999, n, 999},
		{1000, 1000, 1000},
		{1000, 999, 1000},
		{1000, n, 1000},
		{5, 1000, 5},
	} {
		for _, reverse := range []bool{false, true} {
			for _, index := range []string{"", owner} {
				q := store.Query{Tenant: acme, Kind: "doc", Index: index, Limit: c.limit, Reverse: reverse, Prefix: "r", To: fmt.Sprintf("r%05d", c.records)}
				if index != "" {
					q.Prefix, q.To = "o"+q.Prefix, "o"+q.To
				}
				for seen := 0; ; {
					page := t.find(s, q)
					seen += len(page.Records)
					if len(page.Records) > c.most {
						t.fatal(fmt.Sprintf("%d records", len(page.Records)), fmt.Sprintf("at most %d", c.most), "Find with limit %d", c.limit)
					}
					if more := seen < c.records; more != (page.Next != "") {
						t.fatal(fmt.Sprintf("%d records and Next %q", len(page.Records), page.Next), fmt.Sprintf("a Next: %v", more),
							"Find of %#v, after %d of %d records", q, seen, c.records)
					}
					if page.Next == "" {
						break
					}
					if len(page.Records) == 0 {
						t.fatal("no record and a Next", "records, for some follow", "Find of %#v", q)
					}
					q.Cursor = page.Next
				}
			}
		}
	}
	checkLimitAfterChanges(t)
	for _, limit := range []int{-1, store.MaxLimit + 1, math.MinInt32, math.MaxInt32} {
		_, err := s.Find(t.Context(), store.Query{Tenant: acme, Kind: "doc", Limit: limit})
		t.invalid(err, "Find with limit %d", limit)
	}
}

// checkLimitAfterChanges deletes and moves records, so that nothing stands where
// something stood: behind a page, before it, and in a row longer than it.
func checkLimitAfterChanges(t *trial) {
	t.Helper()
	s := t.open()
	const n = 12
	var puts []store.Record
	for i, id := range numbered("r", n) {
		puts = append(puts, doc(id, none, `1`, terms{owner: fmt.Sprintf("o%02d", i)}))
	}
	version := t.write(s, puts...)
	b := t.batch()
	var left []store.Record
	for i, r := range puts {
		r.Version = version
		switch {
		case i == 1 || i >= 3 && i <= 6:
			remove(&b, []store.Record{r})
		case i == 8 || i >= 10: // to the beginning
			r.Terms = terms{owner: fmt.Sprintf("m%02d", i)}
			b.Puts = append(b.Puts, r)
			left = append(left, r)
		default:
			left = append(left, r)
		}
	}
	t.commit(s, b)
	for limit := 1; limit <= n; limit++ {
		for _, q := range []store.Query{{}, {Index: owner}, {Index: owner, Prefix: "o"}, {Index: owner, Prefix: "m"}, {To: "r00007"}} {
			for _, q.Reverse = range []bool{false, true} {
				q.Tenant, q.Kind, q.Limit = acme, "doc", limit
				want := selected(q, left)
				var got []string
				for {
					page := t.find(s, q)
					got = append(got, ids(page.Records)...)
					if more := len(got) < len(want); len(page.Records) > limit || more != (page.Next != "") || (more && len(page.Records) == 0) {
						t.fatal(fmt.Sprintf("%d records and Next %q", len(page.Records), page.Next), fmt.Sprintf("at most %d records, and a Next: %v", limit, more),
							"Find of %#v, after %d of %d records, when others were deleted or moved", q, len(got), len(want))
					}
					if page.Next == "" {
						break
					}
					q.Cursor = page.Next
				}
				if q.Cursor = ""; !slices.Equal(got, want) {
					t.fatal(got, want, "Find, over all pages, of %#v, when others were deleted or moved", q)
				}
			}
		}
	}
}
