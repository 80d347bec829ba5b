package engage_test

import (
	"maps"
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
)

// check compares all that can be asked with what the model says.
func (p *people) check(rt *rapid.T) {
	p.T = rt
	for _, name := range peopleNames {
		root := p.root(name)
		identities := sure(p.eng.Contacts.Identities(p.Context(), name))(rt)
		var ids []string
		for _, i := range identities {
			ids = append(ids, i.ID)
		}
		slices.Sort(ids)
		if !slices.Equal(ids, p.identities(root)) {
			p.Fatalf("%s has the identities %v, want %v", name, ids, p.identities(root))
		}
		if p.interrupted {
			continue
		}
		p.checkDone(name, root)
	}
	if !p.interrupted {
		p.checkSegments()
	}
}

func (p *people) checkDone(name, root string) {
	own := p.of(root, p.done)
	got := sure(p.eng.Interactions.List(p.Context(), engage.InteractionFilter{ContactID: name, OldestFirst: true, Limit: 1000}))(p.T)
	if len(got.Items) != len(own) {
		p.Fatalf("%s, who is %s, did %d, want %d", name, root, len(got.Items), len(own))
	}
	want := map[string]*interaction.Tally{}
	for _, schema := range []string{"", "a", "b"} {
		want[schema] = &interaction.Tally{ContactID: root, SchemaID: schema, Ever: p.everOf(root, schema)}
	}
	for n, d := range own {
		formerly := ""
		if d.name != root {
			formerly = d.name
		}
		if i := got.Items[n]; i.ID != d.id || i.ContactID != root || i.RecordedFor != formerly {
			p.Fatalf("%s, who is %s, did %+v, want %+v", name, root, i, d)
		}
		for _, schema := range []string{"", d.schema} {
			ever := want[schema].Ever
			*want[schema], _ = want[schema].Add(d.at)
			want[schema].Ever = ever
		}
	}
	for schema, tally := range want {
		if got := sure(p.eng.Interactions.Tally(p.Context(), name, schema))(p.T); got != *tally {
			p.Fatalf("%s, who is %s, has of %q %+v, want %+v", name, root, schema, got, *tally)
		}
	}
	rejects := sure(p.eng.Quarantine.List(p.Context(), engage.QuarantineFilter{ContactID: name, OldestFirst: true, Limit: 1000}))(p.T)
	var ids []string
	for _, q := range rejects.Items {
		ids = append(ids, q.ID)
	}
	var wanted []string
	for _, d := range p.of(root, p.refused) {
		wanted = append(wanted, d.id)
	}
	if !slices.Equal(ids, wanted) {
		p.Fatalf("%s, who is %s, was refused %v, want %v", name, root, ids, wanted)
	}
}

func (p *people) checkSegments() {
	active, none, valued := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for name := range p.known {
		if p.into[name] == "" {
			none[name] = len(p.of(name, p.done)) == 0
			active[name] = !none[name]
		}
	}
	for _, d := range p.done {
		if d.schema == "a" && d.value == "y" {
			valued[p.root(d.name)] = true
		}
	}
	nobody := int64(0)
	for what, segment := range map[string]struct {
		got  map[string]bool
		want map[string]bool
	}{
		"at least one": {membersOf(p.T, p.eng.Segments.ByCount(p.Context(), engage.CountSegment{AtLeast: 1})), active},
		"none":         {membersOf(p.T, p.eng.Segments.ByCount(p.Context(), engage.CountSegment{AtMost: &nobody})), none},
		"in a window": {membersOf(p.T, p.eng.Segments.ByCount(p.Context(), engage.CountSegment{
			AtLeast: 1, From: p.clock.Now().Add(-1000 * time.Hour),
		})), active},
		"y": {membersOf(p.T, p.eng.Segments.ByValue(p.Context(), engage.ValueSegment{
			SchemaID: "a", Property: "p", Equals: []byte(`"y"`),
		})), valued},
	} {
		maps.DeleteFunc(segment.want, func(_ string, in bool) bool { return !in })
		if !maps.Equal(segment.got, segment.want) {
			p.Fatalf("segment %s: %v, want %v", what, segment.got, segment.want)
		}
	}
}

func membersOf(t *rapid.T, segment func(func(string, error) bool)) map[string]bool {
	all := map[string]bool{}
	for id, err := range segment {
		if err != nil {
			t.Fatal(err)
		}
		all[id] = true
	}
	return all
}
