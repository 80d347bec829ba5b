package engage_test

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store/memory"
)

// people is what a naive model knows of contacts: who is a name for whom, and all that
// was ever recorded, in lists that it goes through again for every question.
type people struct {
	*rapid.T

	eng   *engage.Engine
	st    *counting
	clock *clock

	known   map[string]bool
	into    map[string]string   // of names
	brought map[string][]string // the identities that names brought along
	links   map[string]string   // the contacts of identities
	done    []deed
	refused []deed
	ever    map[[2]string]int64 // by the name it was recorded for, and schema or ""
	fired   map[string]bool
	heard   int64 // position in the log

	interrupted bool // a merge or unmerge is not complete
}

// deed is something that was submitted.
type deed struct {
	id, name, schema, value string
	at                      time.Time
}

var peopleNames = []string{"ann", "bob", "cid", "dan", "eve"}

func (p *people) root(name string) string { return cmp.Or(p.into[name], name) }

// everOf is how many interactions of a schema were ever recorded for a contact, under
// any of its names.
func (p *people) everOf(contact, schema string) (n int64) {
	for key, count := range p.ever {
		if p.root(key[0]) == contact && key[1] == schema {
			n += count
		}
	}
	return n
}

func (p *people) of(contact string, all []deed) (own []deed) {
	for _, d := range all {
		if p.root(d.name) == contact {
			own = append(own, d)
		}
	}
	slices.SortFunc(own, func(a, b deed) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.id, b.id)) })
	return own
}

func (p *people) name() string { return rapid.SampledFrom(peopleNames).Draw(p.T, "name") }

func (p *people) record(rt *rapid.T) {
	p.T = rt
	d := deed{
		name:   p.name(),
		schema: rapid.SampledFrom([]string{"a", "b"}).Draw(rt, "schema"),
		value:  rapid.SampledFrom([]string{"x", "y"}).Draw(rt, "value"),
		at:     p.clock.Now().UTC().Add(time.Duration(rapid.IntRange(-2, 2).Draw(rt, "hours")) * time.Hour),
	}
	root := p.root(d.name)
	s := submission(d.name, d.schema, fmt.Sprintf(`{"p":%q,"q":1}`, d.value))
	s.CreatedDate = d.at.Format(time.RFC3339Nano)
	if rapid.IntRange(0, 4).Draw(rt, "reject") == 0 {
		s.Payload = []byte(`{}`)
	}
	got, err := p.eng.Interactions.Record(p.Context(), s)
	if err != nil || got.ContactID != root {
		p.Fatalf("recording for %s, who is %s: %+v, %v", d.name, root, got, err)
	}
	if d.id = got.ID; !got.Accepted {
		d.id, d.at = got.QuarantineID, p.clock.Now()
		p.refused = append(p.refused, d)
		return
	}
	first, firstOfSchema := p.everOf(root, "") == 0, p.everOf(root, d.schema) == 0
	p.known[d.name] = true
	p.ever[[2]string{d.name, ""}]++
	p.ever[[2]string{d.name, d.schema}]++
	p.done = append(p.done, d)
	fires := d.schema == "a" && d.value == "x" && !p.fired[root]
	if fires {
		p.fired[root], p.fired[d.name] = true, true
	}
	for _, e := range p.news() {
		if e.Type == engage.EventInteractionCreated {
			var data engage.InteractionEvent
			if err := e.Decode(&data); err != nil || data.First != first || data.FirstOfSchema != firstOfSchema {
				p.Fatalf("recording for %s, who is %s: %+v, want %t, %t", d.name, root, data, first, firstOfSchema)
			}
		}
		if e.Type == engage.EventTriggerFired {
			if !fires {
				p.Fatalf("a trigger fires for %s, who is %s", d.name, root)
			}
			fires = false
		}
	}
	if fires {
		p.Fatalf("no trigger fires for %s, who is %s", d.name, root)
	}
}

// news are the events since it was last asked.
func (p *people) news() (list []engage.Event) {
	for e, err := range p.eng.Events.After(p.Context(), p.heard) {
		if err != nil {
			p.Fatal(err)
		}
		p.heard = e.Position
		list = append(list, e)
	}
	return list
}

func (p *people) remove(rt *rapid.T) {
	p.T = rt
	if len(p.done) == 0 {
		rt.Skip("there is nothing to take back: another act is drawn")
	}
	n := rapid.IntRange(0, len(p.done)-1).Draw(rt, "which")
	if err := p.eng.Interactions.Delete(p.Context(), p.done[n].id); err != nil {
		p.Fatal(err)
	}
	p.done = slices.Delete(p.done, n, n+1)
}

func (p *people) receive(rt *rapid.T) {
	p.T = rt
	in := engage.Inbound{SourceID: "chat", Message: interaction.Message{Body: "hello"}}
	in.Customer.ForeignID = "account " + strconv.Itoa(len(p.links))
	if rapid.Bool().Draw(rt, "named") {
		in.Customer.ContactID = p.name()
	}
	got, err := p.eng.Threads.Receive(p.Context(), in)
	if err != nil || in.Customer.ContactID != "" && got.ContactID != p.root(in.Customer.ContactID) {
		p.Fatalf("%+v, %v", got, err)
	}
	p.known[got.ContactID] = true
	p.links[got.IdentityID] = got.ContactID
	if name := in.Customer.ContactID; p.into[name] != "" {
		p.brought[name] = append(p.brought[name], got.IdentityID)
	}
}

func (p *people) move(rt *rapid.T) {
	p.T = rt
	if len(p.links) == 0 {
		rt.Skip("there is no identity yet: another act is drawn")
	}
	id := rapid.SampledFrom(slices.Sorted(maps.Keys(p.links))).Draw(rt, "identity")
	old, to := p.links[id], ""
	if rapid.Bool().Draw(rt, "named") {
		to = p.name()
	}
	got, err := p.eng.Contacts.Move(p.Context(), id, to)
	if err != nil {
		p.Fatal(err)
	}
	minted := !slices.Contains(peopleNames, old)
	alone := minted && len(p.identities(old)) == 1
	switch {
	case to != "" && got.ContactID != p.root(to),
		to == "" && alone && got.ContactID != old,
		to == "" && !alone && p.known[got.ContactID]:
		p.Fatalf("%s of %s (alone: %t) goes to %q: %+v", id, old, alone, to, got)
	}
	p.known[got.ContactID] = true
	p.links[id] = got.ContactID
	for name, ids := range p.brought {
		p.brought[name] = slices.DeleteFunc(ids, func(brought string) bool { return brought == id })
	}
	if p.into[to] != "" {
		p.brought[to] = append(p.brought[to], id)
	}
	if minted && len(p.identities(old)) == 0 { // nobody knows of it any more
		delete(p.known, old)
		if _, err := p.eng.Contacts.Get(p.Context(), old); !errors.Is(err, engage.ErrNotFound) {
			p.Fatalf("%s is left with nothing: %v", old, err)
		}
	}
}

func (p *people) names(contact string) (list []string) {
	for name, into := range p.into {
		if into == contact {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return list
}

func (p *people) identities(contact string) (list []string) {
	for id, owner := range p.links {
		if owner == contact {
			list = append(list, id)
		}
	}
	slices.Sort(list)
	return list
}

// breaking makes the store fail at some commit, or not.
func (p *people) breaking() (mended func()) {
	at := int64(rapid.IntRange(0, 4).Draw(p.T, "break at"))
	p.st.on(func(n int64) error {
		if at > 0 && n >= at {
			return engage.ErrUnavailable
		}
		return nil
	}, nil)
	return func() { p.st.on(nil, nil) }
}

// sure returns a value whose error must be nil.
func sure[T any](v T, err error) func(*rapid.T) T {
	return func(t *rapid.T) T {
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func (p *people) merge(rt *rapid.T) {
	p.T = rt
	into, from := p.name(), p.name()
	mended := p.breaking()
	_, err := p.eng.Contacts.Merge(p.Context(), into, from)
	mended()
	root := p.root(into)
	want := error(nil)
	switch {
	case into == from:
		want = engage.ErrInvalid
	case !p.known[into] || !p.known[from]:
		want = engage.ErrNotFound
	case p.into[from] == root:
	case p.into[from] != "" || root == from:
		want = engage.ErrRefused
	}
	if want != nil {
		if !errors.Is(err, want) && !errors.Is(err, engage.ErrUnavailable) {
			p.Fatalf("merging %s into %s, who is %s: %v, want %v", from, into, root, err, want)
		}
		return
	}
	if err != nil && !errors.Is(err, engage.ErrUnavailable) {
		p.Fatal(err)
	}
	p.interrupted = p.interrupted || err != nil
	if err != nil && sure(p.eng.Contacts.Get(p.Context(), from))(rt).MergedInto != root {
		return // it did not begin
	}
	if p.into[from] == root {
		return
	}
	var own []string
	for _, id := range p.identities(from) {
		if !slices.ContainsFunc(p.names(from), func(name string) bool { return slices.Contains(p.brought[name], id) }) {
			own = append(own, id)
		}
		p.links[id] = root
	}
	p.brought[from] = own
	for _, name := range append(p.names(from), from) {
		p.into[name] = root
	}
	p.fired[root] = p.fired[root] || p.fired[from]
}

func (p *people) unmerge(rt *rapid.T) {
	p.T = rt
	name := p.name()
	mended := p.breaking()
	_, err := p.eng.Contacts.Unmerge(p.Context(), name)
	mended()
	switch {
	case p.into[name] == "":
		if err != nil && !errors.Is(err, engage.ErrRefused) && !errors.Is(err, engage.ErrNotFound) && !errors.Is(err, engage.ErrUnavailable) {
			p.Fatal(err)
		}
		return
	case err != nil && !errors.Is(err, engage.ErrUnavailable):
		p.Fatal(err)
	}
	p.interrupted = p.interrupted || err != nil
	if err != nil && sure(p.eng.Contacts.Get(p.Context(), name))(rt).MergedInto != "" {
		return
	}
	for _, id := range p.brought[name] {
		if p.links[id] == p.into[name] {
			p.links[id] = name
		}
	}
	delete(p.into, name)
	delete(p.brought, name)
}

// resume does what was interrupted.
func (p *people) resume(rt *rapid.T) {
	p.T = rt
	p.clock.Advance(time.Minute)
	if _, err := p.eng.RunDue(p.Context()); err != nil {
		p.Fatal(err)
	}
	p.interrupted = false
}

func TestContactsAreAsANaiveModelHasThem(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		clock := newClock()
		st := &counting{Store: memory.New()}
		defer func() { _ = st.Close() }()
		eng := sure(engage.New(t.Context(), st, &engage.Options{Clock: clock.Now}))(rt)
		p := &people{
			T: rt, eng: eng, st: st, clock: clock,
			known: map[string]bool{}, into: map[string]string{}, brought: map[string][]string{}, links: map[string]string{},
			ever: map[[2]string]int64{}, fired: map[string]bool{},
		}
		for _, id := range []string{"a", "b"} {
			declare(t, eng, declaring(id, `"p":{"type":"string","addToSegmentation":true},"q":{"type":"integer"}`, "q"))
		}
		sure(eng.Triggers.Register(t.Context(), "a", "p", []byte(`"x"`)))(rt)
		sure(eng.Sources.Create(t.Context(), interaction.Source{ID: "chat", Type: "messenger", Name: "Chat", Active: true}))(rt)
		rt.Repeat(map[string]func(*rapid.T){
			"record": p.record, "record again": p.record, "remove": p.remove, "receive": p.receive, "move": p.move,
			"merge": p.merge, "unmerge": p.unmerge, "resume": p.resume, "": p.check,
		})
	})
}
