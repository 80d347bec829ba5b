package storetest

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/engage-interactions/engage/store"
)

// pager reads the pages of a query and watches what appears.
type pager struct {
	seen []store.Record
}

// page adds the records of a page. It reports what appears out of order, or
// twice at the same place, and a page that does not get on.
func (p *pager) page(t *trial, q store.Query, page store.Page) bool {
	t.Helper()
	if len(page.Records) == 0 && page.Next != "" {
		return t.broken("no record and a Next", "a record, or no Next", "paging through %#v while records change", q)
	}
	for _, r := range page.Records {
		at, _ := term(q, r)
		here := store.Position{Term: at, ID: r.ID}
		if n := len(p.seen); n > 0 {
			before, _ := term(q, p.seen[n-1])
			c := here.Compare(store.Position{Term: before, ID: p.seen[n-1].ID})
			if q.Reverse {
				c = -c
			}
			if c <= 0 {
				return t.broken(fmt.Sprintf("(%q, %q) behind (%q, %q)", at, r.ID, before, p.seen[n-1].ID), "each record behind the one before",
					"paging through %#v while records change", q)
			}
		}
		p.seen = append(p.seen, r)
	}
	return true
}

// complete reports a record that stayed where it was and did not appear exactly
// once.
func (p *pager) complete(t *trial, q store.Query, steady []string) bool {
	t.Helper()
	var got []string
	for _, r := range p.seen {
		if strings.HasPrefix(r.ID, "steady") {
			got = append(got, r.ID)
		}
	}
	slices.Sort(got)
	if !slices.Equal(got, steady) {
		gotFrom, wantFrom := apart(got, steady)
		return t.broken(gotFrom, wantFrom, "paging through %#v: the records that stay where they are, while others come, go and move", q)
	}
	return true
}

func checkFindPaging(t *trial) {
	checkPagingAlone(t)
	t.patiently(func() { checkPagingBeside(t) })
}

// checkPagingAlone changes records around the cursor after every page, for pages
// of every length.
func checkPagingAlone(t *trial) {
	t.Helper()
	const n = 6
	for _, limit := range []int{1, 2, 3, n, n + 1} {
		for _, q := range []store.Query{{Index: owner}, {Index: owner, Reverse: true}, {}, {Reverse: true}} {
			s := t.open()
			q.Tenant, q.Kind, q.Limit = acme, "doc", limit
			steady := numbered("steady", n)
			var puts []store.Record
			for i, id := range steady {
				at := terms{owner: fmt.Sprintf("t%d", i/2)} // pages cut within a term, too
				puts = append(puts, doc(id, none, `1`, at), doc("goes"+id, none, `1`, at))
			}
			puts = append(puts, doc("moves", none, `1`, terms{owner: "t1"}), doc("back", none, `1`, terms{owner: "t2"}))
			versions := map[string]store.Version{}
			version := t.write(s, puts...)
			for _, r := range puts {
				versions[r.ID] = version
			}

			var p pager
			for pages := 0; ; pages++ {
				page := t.find(s, q)
				if !p.page(t, q, page) {
					return
				}
				if page.Next == "" {
					break
				}
				if pages > 50*n {
					t.fatal(page, "records, or no Next", "paging through %#v, after %d pages", q, pages)
				}
				q.Cursor = page.Next
				last := page.Records[len(page.Records)-1]
				if strings.HasPrefix(last.ID, "comes") {
					continue // else there would always come more behind the cursor
				}
				b := t.batch()
				for i, at := range []string{"", "t0", last.Terms[owner], last.Terms[owner] + "\x01", "t9"} { // before, at and behind the cursor
					b.Puts = append(b.Puts, doc(fmt.Sprintf("comes%d-%d", pages, i), none, `1`, terms{owner: at}))
				}
				b.Puts = append(b.Puts,
					doc("moves", versions["moves"], `2`, terms{owner: fmt.Sprintf("t%d", (pages*3)%7)}),
					doc("back", versions["back"], `2`, terms{owner: fmt.Sprintf("t%d", 6-pages%7)}))
				for _, r := range page.Records { // a steady one is put again, with its term
					if strings.HasPrefix(r.ID, "steady") {
						b.Puts = append(b.Puts, doc(r.ID, versions[r.ID], `2`, r.Terms))
					}
					if strings.HasPrefix(r.ID, "goes") {
						b.Deletes = append(b.Deletes, store.Check{Key: r.Key, Version: versions[r.ID]})
					}
				}
				version := t.commit(s, b)
				for _, r := range b.Puts {
					versions[r.ID] = version
				}
			}
			if !p.complete(t, q, steady) {
				return
			}
			for id, times := range p.count("goes") {
				if times > 1 {
					t.fatal(fmt.Sprintf("%q %d times", id, times), "at most once", "paging through %#v", q)
				}
			}
			t.done(s)
		}
	}
}

func (p *pager) count(begin string) map[string]int {
	n := map[string]int{}
	for _, r := range p.seen {
		if strings.HasPrefix(r.ID, begin) {
			n[r.ID]++
		}
	}
	return n
}

// checkPagingBeside pages while others write.
func checkPagingBeside(t *trial) {
	t.Helper()
	s := t.open()
	const n = 12
	steady := numbered("steady", n)
	var puts []store.Record
	for i, id := range steady {
		puts = append(puts, doc(id, none, `1`, terms{owner: fmt.Sprintf("t%02d", i)}))
	}
	t.write(s, puts...)
	handles := t.handles(s)

	var mu sync.Mutex // the records that move belong to one writer after the other
	versions := map[string]store.Version{}
	actors := t.crowd(handles)
	for w := range 2 {
		actors = append(actors, actor{least: 25, round: func(i int) bool {
			mu.Lock()
			defer mu.Unlock()
			b := t.batch()
			for m := range 6 { // each moves between all the places, or is deleted
				id := fmt.Sprintf("moves%d", m)
				if (i+m+w)%4 == 0 && versions[id] != none {
					b.Deletes = append(b.Deletes, store.Check{Key: key(id), Version: versions[id]})
					versions[id] = none
					continue
				}
				b.Puts = append(b.Puts, doc(id, versions[id], `1`, terms{owner: fmt.Sprintf("t%02d", (i*5+m*7+w*3)%n)}))
				versions[id] = store.Version(b.ID)
			}
			return t.worked("Commit", handles[w%len(handles)].Commit(t.Context(), b), "Commit of the only one who writes these records")
		}})
	}
	for i, q := range []store.Query{{Index: owner}, {Index: owner, Reverse: true}, {}, {Reverse: true}} {
		h := handles[i%len(handles)]
		q.Tenant, q.Kind = acme, "doc"
		actors = append(actors, actor{least: 30, round: func(i int) bool {
			q, p := q, pager{}
			q.Limit = 1 + i%5
			for {
				page, err := h.Find(t.Context(), q)
				if !t.worked("Find", err, "Find of %#v beside writers", q) {
					return false
				}
				if !p.page(t, q, page) {
					return false
				}
				if page.Next == "" {
					return p.complete(t, q, steady)
				}
				q.Cursor = page.Next
			}
		}})
	}
	t.together(actors...)
}
