package stress

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"

	"pgregory.net/rapid"

	"github.com/engage-interactions/engage/store"
)

// getCall is a call of Get.
type getCall struct {
	through

	keys []store.Key
}

func (c getCall) GoString() string {
	return fmt.Sprintf("%v: Get(%s)%v", c.through, list(c.keys, showKey), c.ends)
}

func (c getCall) run(m *machine) (answer string, judge func(w *world) error) {
	var records []store.Record
	a := c.make(m, func(ctx context.Context, s store.Store) (err error) {
		records, err = s.Get(ctx, c.keys...)
		return err
	})
	got := copyRecords(records)
	return shown(a.err, list(got, showRecord)), func(w *world) error { return w.get(a, c.keys, got) }
}

// copyRecords returns a copy, and overwrites what came back: it is the caller's.
func copyRecords(records []store.Record) []store.Record {
	b := store.Batch{Puts: records}
	got := copyBatch(b).Puts
	scribble(b)
	return got
}

func (m *machine) drawGet(t *rapid.T) call {
	c := getCall{through: m.through(t)}
	tenant := pick(t, m.alphabet.tenants)
	for range 2 + upTo(t, 3) {
		key := m.key(t, tenant)
		if oneIn(t, 8) {
			key.Tenant = pick(t, m.alphabet.tenants)
		}
		c.keys = append(c.keys, key)
	}
	switch upTo(t, 30) {
	case 15:
		c.keys = nil
	case 16:
		c.keys = append(c.keys, store.Key{Tenant: tenant, Kind: "doc", ID: pick(t, badTexts())})
	}
	return c
}

// findCall is a call of Find.
type findCall struct {
	through

	query store.Query
}

func (c findCall) GoString() string { return c.show(0) }

// show shows the call, with the number of its cursor: what is in it is opaque.
func (c findCall) show(page int) string {
	text := showQuery(c.query)
	switch {
	case page > 0:
		text += fmt.Sprintf(" with cursor %d", page)
	case c.query.Cursor != "":
		text += " with a cursor"
	}
	return fmt.Sprintf("%v: Find(%s)%v", c.through, text, c.ends)
}

func (c findCall) run(m *machine) (answer string, judge func(w *world) error) {
	var page store.Page
	a := c.make(m, func(ctx context.Context, s store.Store) (err error) {
		page, err = s.Find(ctx, c.query)
		return err
	})
	page.Records = copyRecords(page.Records)
	known := m.cursors
	answer = shown(a.err, list(page.Records, showRecord))
	if a.err == nil && page.Next != "" && len(page.Records) > 0 {
		at, _ := placeOf(c.query, page.Records[len(page.Records)-1])
		known = maps.Clone(m.cursors)
		m.cursors[page.Next] = cursor{query: bare(c.query), after: at}
		m.pages = append(m.pages, page.Next)
		answer += fmt.Sprintf(" and cursor %d", len(m.pages))
	}
	return answer, func(w *world) error { return w.find(a, c.query, known, page) }
}

func (m *machine) drawFind(t *rapid.T) call {
	return findCall{through: m.through(t), query: m.drawQuery(t)}
}

func (m *machine) drawQuery(t *rapid.T) store.Query {
	q := store.Query{
		Tenant: pick(t, m.alphabet.tenants), Kind: pick(t, []string{"doc", "doc", "note"}), Index: pick(t, append(indexes(), "")),
		Reverse: oneIn(t, 3), Limit: pick(t, []int{1, 2, 0, 3, store.MaxLimit}),
	}
	for _, bound := range []*string{&q.Prefix, &q.From, &q.To} {
		if oneIn(t, 6) {
			*bound = pick(t, slices.Concat(m.alphabet.terms, m.alphabet.ids, terms()))
		}
	}
	switch upTo(t, 40) {
	case 20:
		q.Tenant = pick(t, badTexts())
	case 21:
		q.Kind = pick(t, []string{unprepared, "other", ""})
	case 22:
		q.Index = pick(t, []string{"other", "Owner"})
	case 23:
		q.Limit = pick(t, []int{-1, store.MaxLimit + 1, math.MaxInt32})
	case 24:
		q.To = pick(t, badTexts()[:3])
	}
	return q
}

// pageCall is a findCall that goes on from a cursor.
type pageCall struct {
	findCall

	page int // which cursor it was, if it is used as it was given
}

func (c pageCall) GoString() string { return c.show(c.page) }

// drawPage goes on from any cursor that was ever given: most of the time with
// the query that it belongs to.
func (m *machine) drawPage(t *rapid.T) call {
	page := len(m.pages) - upTo(t, len(m.pages)-1) // the last ones rather than the first
	text := m.pages[page-1]
	q := m.cursors[text].query
	q.Cursor, q.Limit = text, pick(t, []int{0, 1, 2, 3})
	c := pageCall{findCall{m.through(t), q}, page}
	switch upTo(t, 15) {
	case 5:
		c.query = m.drawQuery(t)
		c.query.Cursor = text
	case 6:
		c.query.Reverse = !q.Reverse
	case 7:
		c.query.To = pick(t, m.alphabet.terms)
	case 8:
		c.query.Tenant = pick(t, tenants())
	case 9:
		c.page = 0
		c.query.Cursor = damage(t, text)
	}
	return c
}

func damage(t *rapid.T, text string) string {
	i := upTo(t, len(text)-1)
	switch upTo(t, 3) {
	case 0:
		return text[:i] + "!" + text[i:]
	case 1:
		return text + text
	case 2:
		return "x" + text[:i]
	default:
		swapped := []byte(text)
		swapped[i] ^= 1
		return string(swapped)
	}
}

// eventsCall is a call of Events.
type eventsCall struct {
	through

	tenant string
	after  int64
	limit  int
}

func (c eventsCall) GoString() string {
	return fmt.Sprintf("%v: Events(%s, after %d, limit %d)%v", c.through, showText(c.tenant), c.after, c.limit, c.ends)
}

func (c eventsCall) run(m *machine) (answer string, judge func(w *world) error) {
	var events []store.Event
	a := c.make(m, func(ctx context.Context, s store.Store) (err error) {
		events, err = s.Events(ctx, c.tenant, c.after, c.limit)
		return err
	})
	b := store.Batch{Events: events}
	got := copyBatch(b).Events
	scribble(b)
	return shown(a.err, list(got, showEvent)), func(w *world) error { return w.events(a, c.tenant, c.after, c.limit, got) }
}

func (m *machine) drawEvents(t *rapid.T) call {
	c := eventsCall{through: m.through(t), tenant: pick(t, m.alphabet.tenants)}
	c.after = m.drawPosition(t, c.tenant)
	c.limit = pick(t, []int{0, 1, 2, store.MaxLimit})
	switch upTo(t, 30) {
	case 15:
		c.after = -1
	case 16:
		c.limit = pick(t, []int{-1, store.MaxLimit + 1, math.MaxInt32})
	case 17:
		c.tenant = pick(t, badTexts())
	}
	return c
}

// drawPosition draws one in or beside the log of a tenant.
func (m *machine) drawPosition(t *rapid.T, tenant string) int64 {
	all := []int64{0}
	log := m.worlds[0].logs[tenant]
	if log != nil {
		for _, p := range append(log.positions(), log.mark) {
			all = append(all, p, max(p-1, 0), p+1)
		}
	}
	slices.Sort(all)
	return pick(t, append(slices.Compact(all), math.MaxInt64))
}
