package engage_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store"
)

// happening is an interaction as the model knows it.
type happening struct {
	id, contact, schema string
	created, received   time.Time
	values              map[string]string // by property, equal ones spelled alike
}

// history is the model of what an Engine knows.
type history struct {
	all    []happening // in the order of IDs
	known  map[string]bool
	ever   map[[2]string]int64 // by contact and schema, "" for all schemas
	firsts map[string][2]bool  // by ID: first of the contact, first of the schema
}

// world is an Engine, its model, and what moves them.
type world struct {
	ctx   context.Context //nolint:containedctx // that of the test, for all calls of one run
	eng   *engage.Engine
	clock *clock
	model history
	gone  map[string]bool // schemas that are deleted
}

var (
	worldContacts = []string{"ann", "bob", "sha256:ann", "a\x00b", strings.Repeat("x", 200)}
	worldSchemas  = []string{"A", "B"}
	worldTimes    = []string{"", "2024-01-01T00:00:00Z", "2024-01-01T02:00:00+02:00", "2024-01-01T00:00:00.000000001Z", "2024-03-01T00:00:00Z", "2023-12-31T23:59:59-05:00"}
	// worldValues are the values of each property, and what equal ones share.
	worldValues = map[string][][2]string{
		"n": {{`1`, "1"}, {`1.0`, "1"}, {`1e0`, "1"}, {`1.5`, "1.5"}, {`-2`, "-2"}, {`10`, "10"}, {`1e1`, "10"}, {`-0.0`, "0"}, {`0`, "0"}},
		"i": {{`1`, "1"}, {`1.0`, "1"}, {`2`, "2"}},
		"s": {{`"a"`, "a"}, {`"\u0061"`, "a"}, {`""`, ""}, {`"1"`, "1"}, {`"` + strings.Repeat("y", 300) + `"`, strings.Repeat("y", 300)}},
		"b": {{`true`, "true"}, {`false`, "false"}},
	}
)

const worldProperties = `"n":{"type":"number","addToSegmentation":true},"i":{"type":"integer","addToSegmentation":"true"},"s":{"type":"string","addToSegmentation":true},"b":{"type":"boolean","addToSegmentation":true},"u":{"type":"string"}`

func newWorld(ctx context.Context, rt *rapid.T, st store.Store, tenant string) *world {
	w := &world{ctx: ctx, clock: newClock(), gone: map[string]bool{}, model: history{
		known: map[string]bool{}, ever: map[[2]string]int64{}, firsts: map[string][2]bool{},
	}}
	eng, err := engage.New(ctx, st, &engage.Options{Tenant: tenant, Clock: w.clock.Now})
	if err != nil {
		rt.Fatal(err)
	}
	w.eng = eng
	for _, id := range worldSchemas {
		w.create(rt, id)
	}
	return w
}

func (w *world) create(rt *rapid.T, id string) {
	def := engage.Schema{}
	def.ID, def.DisplayName = id, id
	def.JSONSchema = []byte(`{"type":"object","properties":{` + worldProperties + `}}`)
	if _, err := w.eng.Schemas.Create(w.ctx, def.Definition); err != nil {
		rt.Fatalf("creating %s: %v", id, err)
	}
	w.gone[id] = false
}

// draw draws a submission, and what the model will know of it.
func (w *world) draw(rt *rapid.T) (interaction.Submission, happening) {
	h := happening{
		contact: rapid.SampledFrom(worldContacts).Draw(rt, "contact"),
		schema:  rapid.SampledFrom(worldSchemas).Draw(rt, "schema"),
		values:  map[string]string{},
	}
	var members []string
	for _, name := range []string{"n", "i", "s", "b"} {
		if rapid.Bool().Draw(rt, name) {
			v := rapid.SampledFrom(worldValues[name]).Draw(rt, "value")
			members = append(members, fmt.Sprintf("%q:%s", name, v[0]))
			h.values[name] = v[1]
		}
	}
	s := submission(h.contact, h.schema, "{"+strings.Join(members, ",")+"}")
	s.CreatedDate = rapid.SampledFrom(worldTimes).Draw(rt, "created")
	h.received = w.clock.Now()
	if h.created = h.received; s.CreatedDate != "" {
		h.created, _ = time.Parse(time.RFC3339Nano, s.CreatedDate)
	}
	return s, h
}

// learn adds what was recorded to the model.
func (w *world) learn(rt *rapid.T, h happening, recorded engage.Recorded, err error) {
	if w.gone[h.schema] {
		if !errors.Is(err, engage.ErrNotFound) {
			rt.Fatalf("recorded under a deleted schema: %+v, %v", recorded, err)
		}
		return
	}
	if err != nil || !recorded.Accepted || recorded.Repeated {
		rt.Fatalf("recording: %+v, %v", recorded, err)
	}
	h.id = recorded.ID
	m := &w.model
	m.known[h.contact] = true
	all, ofSchema := [2]string{h.contact, ""}, [2]string{h.contact, h.schema}
	m.firsts[h.id] = [2]bool{m.ever[all] == 0, m.ever[ofSchema] == 0}
	m.ever[all]++
	m.ever[ofSchema]++
	m.all = append(m.all, h)
}

// act does something at random.
func (w *world) act(rt *rapid.T) {
	w.clock.Advance(rapid.SampledFrom([]time.Duration{0, 0, 1, time.Second, -time.Second}).Draw(rt, "advance"))
	switch action := rapid.SampledFrom([]string{"record", "record", "record", "record many", "delete", "delete", "delete schema", "erase", "create"}).Draw(rt, "action"); action {
	case "record":
		s, h := w.draw(rt)
		recorded, err := w.eng.Interactions.Record(w.ctx, s)
		w.learn(rt, h, recorded, err)
	case "record many":
		var all []interaction.Submission
		var what []happening
		for range rapid.IntRange(1, 12).Draw(rt, "how many") {
			s, h := w.draw(rt)
			all, what = append(all, s), append(what, h)
		}
		for i, outcome := range w.eng.Interactions.RecordMany(w.ctx, all) {
			w.learn(rt, what[i], outcome.Recorded, outcome.Err)
		}
	case "delete":
		if len(w.model.all) == 0 {
			return
		}
		n := rapid.IntRange(0, len(w.model.all)-1).Draw(rt, "which")
		id := w.model.all[n].id
		if err := w.eng.Interactions.Delete(w.ctx, id); err != nil {
			rt.Fatalf("deleting: %v", err)
		}
		if err := w.eng.Interactions.Delete(w.ctx, id); !errors.Is(err, engage.ErrNotFound) {
			rt.Fatalf("deleting again: %v", err)
		}
		w.model.all = slices.Delete(w.model.all, n, n+1)
	case "delete schema", "erase":
		if rapid.Bool().Draw(rt, "rather not") {
			return
		}
		id := rapid.SampledFrom(worldSchemas).Draw(rt, "schema")
		if err := w.eng.Schemas.Delete(w.ctx, id, &engage.DeleteOptions{Erase: action == "erase"}); err != nil {
			rt.Fatalf("%s: %v", action, err)
		}
		w.gone[id] = true
		if action == "erase" {
			w.model.all = slices.DeleteFunc(w.model.all, func(h happening) bool { return h.schema == id })
		}
	case "create":
		for _, id := range worldSchemas {
			if w.gone[id] {
				w.create(rt, id)
			}
		}
	}
}

// where returns what the model knows and a test selects.
func (m *history) where(keep func(h happening) bool) []happening {
	var out []happening
	for _, h := range m.all {
		if keep(h) {
			out = append(out, h)
		}
	}
	return out
}

func (w *world) checkTallies(rt *rapid.T) {
	for _, contact := range worldContacts {
		for _, id := range append([]string{""}, worldSchemas...) {
			got, err := w.eng.Interactions.Tally(w.ctx, contact, id)
			if err != nil {
				rt.Fatal(err)
			}
			those := w.model.where(func(h happening) bool { return h.contact == contact && (id == "" || h.schema == id) })
			var first, last time.Time
			for n, h := range those {
				if n == 0 || h.created.Before(first) {
					first = h.created
				}
				if n == 0 || h.created.After(last) {
					last = h.created
				}
			}
			if got.Count != int64(len(those)) || got.Ever != w.model.ever[[2]string{contact, id}] || !got.First.Equal(first) || !got.Last.Equal(last) {
				rt.Fatalf("%.20q, schema %q: %+v, want %d, first %v, last %v", contact, id, got, len(those), first, last)
			}
		}
	}
}

func (w *world) checkFirsts(rt *rapid.T) {
	seen := 0
	for event, err := range w.eng.Events.After(w.ctx, 0) {
		if err != nil {
			rt.Fatal(err)
		}
		if event.Type != engage.EventInteractionCreated {
			continue
		}
		seen++
		var data engage.InteractionEvent
		if err := event.Decode(&data); err != nil {
			rt.Fatal(err)
		}
		if want, ok := w.model.firsts[event.Resource.ID]; !ok || data.First != want[0] || data.FirstOfSchema != want[1] {
			rt.Fatalf("%+v, want %v", data, want)
		}
	}
	if seen != len(w.model.firsts) {
		rt.Fatalf("%d events for %d recorded", seen, len(w.model.firsts))
	}
}

func (w *world) segment(rt *rapid.T, what string, segment func(yield func(string, error) bool), want map[string]bool) {
	got := map[string]bool{}
	for id, err := range segment {
		if err != nil {
			rt.Fatalf("%s: %v", what, err)
		}
		if got[id] {
			rt.Fatalf("%s: %.20q is twice in it", what, id)
		}
		got[id] = true
	}
	for _, id := range worldContacts {
		if got[id] != want[id] {
			rt.Fatalf("%s: %.20q is %t, want %t", what, id, got[id], want[id])
		}
	}
	if len(got) != len(want) {
		rt.Fatalf("%s: %v", what, got)
	}
}

// checkCounts compares one segment by count.
func (w *world) checkCounts(rt *rapid.T) {
	seg := engage.CountSegment{
		SchemaID:   rapid.SampledFrom([]string{"", "A", "B"}).Draw(rt, "segment of"),
		AtLeast:    int64(rapid.IntRange(0, 3).Draw(rt, "at least")),
		ByReceived: rapid.Bool().Draw(rt, "by received"),
	}
	if rapid.Bool().Draw(rt, "bounded") {
		most := seg.AtLeast + int64(rapid.IntRange(0, 2).Draw(rt, "at most"))
		seg.AtMost = &most
	}
	seg.From, seg.To = w.drawWindow(rt)
	counts := map[string]int64{}
	for _, h := range w.model.where(func(h happening) bool { return seg.SchemaID == "" || h.schema == seg.SchemaID }) {
		if within(seg.ByReceived, seg.From, seg.To, h) {
			counts[h.contact]++
		}
	}
	want := map[string]bool{}
	for id := range w.model.known {
		if n := counts[id]; n >= seg.AtLeast && (seg.AtMost == nil || n <= *seg.AtMost) {
			want[id] = true
		}
	}
	w.segment(rt, fmt.Sprintf("%+v", seg), w.eng.Segments.ByCount(w.ctx, seg), want)
}

// checkValues compares one segment by value.
func (w *world) checkValues(rt *rapid.T) {
	seg := engage.ValueSegment{
		SchemaID: rapid.SampledFrom(worldSchemas).Draw(rt, "segment of"),
		Property: rapid.SampledFrom([]string{"n", "i", "s", "b"}).Draw(rt, "property"),
	}
	fits := func(string) bool { return true }
	switch kind := rapid.SampledFrom([]string{"any", "equals", "bounds"}).Draw(rt, "kind"); {
	case kind == "equals":
		v := rapid.SampledFrom(worldValues[seg.Property]).Draw(rt, "equals")
		seg.Equals = []byte(v[0])
		fits = func(got string) bool { return got == v[1] }
	case kind == "bounds" && (seg.Property == "n" || seg.Property == "i"):
		bounds := rapid.SampledFrom([]float64{math.Inf(-1), -math.MaxFloat64, -2, 0, math.Copysign(0, -1), 1, 1.5, math.Nextafter(1.5, 2), 10, math.MaxFloat64, math.Inf(1)})
		least, most := math.Inf(-1), math.Inf(1)
		if rapid.Bool().Draw(rt, "bounded below") {
			least = bounds.Draw(rt, "at least")
			seg.AtLeast = &least
		}
		if rapid.Bool().Draw(rt, "bounded above") {
			most = bounds.Draw(rt, "at most")
			seg.AtMost = &most
		}
		fits = func(got string) bool {
			f, err := strconv.ParseFloat(got, 64)
			return err == nil && f >= least && f <= most
		}
	}
	want := map[string]bool{}
	for _, h := range w.model.where(func(h happening) bool { return h.schema == seg.SchemaID }) {
		if v, ok := h.values[seg.Property]; ok && fits(v) {
			want[h.contact] = true
		}
	}
	w.segment(rt, fmt.Sprintf("%+v, equals %s", seg, seg.Equals), w.eng.Segments.ByValue(w.ctx, seg), want)
}

func (w *world) drawWindow(rt *rapid.T) (from, to time.Time) {
	bounds := rapid.SampledFrom([]time.Time{
		{},
		{},
		time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2024, 1, 1, 0, 0, 0, 1, time.UTC),
		w.clock.Now(), w.clock.Now().Add(time.Second), w.clock.Now().Add(-time.Second),
	})
	return bounds.Draw(rt, "from"), bounds.Draw(rt, "to")
}

func within(byReceived bool, from, to time.Time, h happening) bool {
	at := h.created
	if byReceived {
		at = h.received
	}
	return (from.IsZero() || !at.Before(from)) && (to.IsZero() || at.Before(to))
}

// checkList pages through one list.
func (w *world) checkList(rt *rapid.T) {
	f := engage.InteractionFilter{
		ContactID:   rapid.SampledFrom(append([]string{""}, worldContacts...)).Draw(rt, "list of contact"),
		SchemaID:    rapid.SampledFrom([]string{"", "A", "B"}).Draw(rt, "list of schema"),
		ByReceived:  rapid.Bool().Draw(rt, "by received"),
		OldestFirst: rapid.Bool().Draw(rt, "oldest first"),
		Limit:       rapid.SampledFrom([]int{0, 1, 2, 3, 1000}).Draw(rt, "limit"),
	}
	f.From, f.To = w.drawWindow(rt)
	var want []string
	{
		unordered := f.ContactID == "" && f.SchemaID == "" // then it is in the order of IDs, and has no window
		those := w.model.where(func(h happening) bool {
			return (f.ContactID == "" || h.contact == f.ContactID) && (f.SchemaID == "" || h.schema == f.SchemaID) &&
				(unordered || within(f.ByReceived, f.From, f.To, h))
		})
		slices.SortStableFunc(those, func(a, b happening) int {
			switch {
			case unordered:
				return 0
			case f.ByReceived:
				return a.received.Compare(b.received)
			default:
				return a.created.Compare(b.created)
			}
		})
		if !f.OldestFirst {
			slices.Reverse(those)
		}
		for _, h := range those {
			want = append(want, h.id)
		}
	}
	var got []string
	for pages := 0; ; pages++ {
		page, err := w.eng.Interactions.List(w.ctx, f)
		if err != nil {
			rt.Fatalf("%+v: %v", f, err)
		}
		limit := f.Limit
		if limit == 0 {
			limit = engage.DefaultPage
		}
		if len(page.Items) > limit || pages > len(w.model.all)+1 {
			rt.Fatalf("%+v: page %d of %d", f, pages, len(page.Items))
		}
		for _, i := range page.Items {
			got = append(got, i.ID)
		}
		if f.Continuation = page.Continuation; f.Continuation == "" {
			break
		}
	}
	if !slices.Equal(got, want) {
		rt.Fatalf("%+v:\n%q, want\n%q", f, got, want)
	}
}

func TestTheEngineAgreesWithItsModel(t *testing.T) {
	t.Parallel()
	most := map[string]int{"memory": 25, "sqlite": 5}
	var tenants atomic.Int64
	eachStore(t, func(t *testing.T, st store.Store) {
		steps := most[t.Name()[strings.LastIndexByte(t.Name(), '/')+1:]]
		rapid.Check(t, func(rt *rapid.T) {
			w := newWorld(t.Context(), rt, st, fmt.Sprintf("tenant %d", tenants.Add(1)))
			for range rapid.IntRange(1, steps).Draw(rt, "steps") {
				w.act(rt)
			}
			w.checkTallies(rt)
			w.checkFirsts(rt)
			for range steps {
				w.checkCounts(rt)
				w.checkValues(rt)
				w.checkList(rt)
			}
		})
	})
}
