package schema_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/engage-interactions/engage/schema"
)

// names are few, so that schemas and payloads often agree.
var names = []string{"a", "b", "c/d", "é"}

// scalars are values near the edges of the keywords below.
var scalars = []string{`""`, `"a"`, `"ab"`, `"\u0061"`, `"a@b"`, `"é@b"`, `"http://a"`, `"x:é"`, `"/r"`, `"2020-01-01"`, `0`, `-0.0`, `1`, `1.0`, `1.5`, `2`, `3`, `4`, `1e1`, `9223372036854775808`, `true`, `false`, `null`, `[]`, `{}`}

// keyword generates one keyword of a property; the bounds are few and close.
var keyword = map[string]*rapid.Generator[string]{
	"enum":              rapid.Map(rapid.SliceOfN(rapid.SampledFrom(scalars), 0, 4), func(vs []string) string { return "[" + strings.Join(vs, ",") + "]" }),
	"const":             rapid.SampledFrom(scalars),
	"minimum":           rapid.SampledFrom([]string{"0", "1", "1.5", "2", "3"}),
	"maximum":           rapid.SampledFrom([]string{"1", "1.5", "2", "3"}),
	"exclusiveMinimum":  rapid.SampledFrom([]string{"0", "1", "1.5", "2", "3"}),
	"exclusiveMaximum":  rapid.SampledFrom([]string{"1", "1.5", "2", "3"}),
	"multipleOf":        rapid.SampledFrom([]string{"0.5", "1", "1.5", "2", "4"}),
	"minLength":         rapid.SampledFrom([]string{"0", "1", "2.0"}),
	"maxLength":         rapid.SampledFrom([]string{"0", "1", "2"}),
	"pattern":           rapid.SampledFrom([]string{`""`, `"a"`, `"^a$"`}),
	"format":            rapid.SampledFrom([]string{`"uri"`, `"iri"`, `"uri-reference"`, `"iri-reference"`, `"email"`, `"idn-email"`, `"date"`, `"hostname"`}),
	"displayName":       rapid.SampledFrom([]string{`"A"`, `"B"`}),
	"showInContactCard": rapid.SampledFrom([]string{`true`, `"false"`}),
}

func drawProperty(t *rapid.T) string {
	kind := rapid.SampledFrom(schema.Types()).Draw(t, "type")
	b := []string{fmt.Sprintf(`"type":%q`, kind)}
	for _, k := range slices.Sorted(maps.Keys(keyword)) {
		if (k != "format" || kind == schema.TypeString) && rapid.IntRange(0, 5).Draw(t, k+"?") == 0 {
			b = append(b, fmt.Sprintf("%q:%s", k, keyword[k].Draw(t, k)))
		}
	}
	return "{" + strings.Join(b, ",") + "}"
}

// drawProperties declares some of the names.
func drawProperties(t *rapid.T) map[string]string {
	properties := map[string]string{}
	for _, name := range names {
		if rapid.Bool().Draw(t, name) {
			properties[name] = drawProperty(t)
		}
	}
	return properties
}

func compile(t *rapid.T, properties map[string]string) *schema.Schema {
	var declared []string
	var required []string
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		declared = append(declared, fmt.Sprintf("%q:%s", name, properties[name]))
		if rapid.IntRange(0, 3).Draw(t, "required") == 0 {
			required = append(required, fmt.Sprintf("%q", name))
		}
	}
	def := schema.Definition{ID: "S", DisplayName: "S", JSONSchema: json.RawMessage(
		`{"type":"object","properties":{` + strings.Join(declared, ",") + `},"required":[` + strings.Join(required, ",") + `]}`)}
	s, err := schema.Compile(def, nil)
	if err != nil {
		t.Fatalf("%s: %v", def.JSONSchema, err)
	}
	return s
}

func drawPayload(t *rapid.T) []byte {
	var members []string
	for _, name := range rapid.Permutation(names).Draw(t, "order") {
		if rapid.IntRange(0, 2).Draw(t, name+"?") > 0 {
			members = append(members, fmt.Sprintf(" %q : %s", name, rapid.SampledFrom(scalars).Draw(t, name)))
		}
	}
	return []byte("{" + strings.Join(members, ",") + "}")
}

// full says whether a payload conforms in full: accepted, nothing left out.
func full(t *rapid.T, s *schema.Schema, payload []byte) bool {
	r, err := s.Check(payload)
	if err != nil {
		t.Fatalf("%s: %v", payload, err)
	}
	return r.Accepted && len(r.Violations) == 0
}

// The defining property of Compare.
func TestWithoutABreakingChangeWhatConformedStillConforms(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		properties := drawProperties(t)
		from := compile(t, properties)
		// The new schema is mostly the old one, or too much would break.
		for _, name := range names {
			switch rapid.IntRange(0, 5).Draw(t, "change "+name) {
			case 0:
				delete(properties, name)
			case 1, 2:
				properties[name] = drawProperty(t)
			}
		}
		to := compile(t, properties)
		changes := schema.Compare(from, to)
		if slices.ContainsFunc(changes, func(c schema.Change) bool { return c.Breaking }) {
			return
		}
		for range 20 {
			if payload := drawPayload(t); full(t, from, payload) && !full(t, to, payload) {
				t.Fatalf("%s conformed to\n%s\nand no longer does to\n%s\nchanges %+v", payload, from.Definition().JSONSchema, to.Definition().JSONSchema, changes)
			}
		}
	})
}

// Of one property, so that changes that are not breaking are frequent, and
// over every value, so that nothing is missed.
func TestWithoutABreakingChangeEveryValueStillConforms(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom(schema.Types()).Draw(t, "type")
		relevant := []string{"enum", "const", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}
		switch kind {
		case schema.TypeString:
			relevant = []string{"enum", "const", "minLength", "maxLength", "pattern", "format"}
		case schema.TypeBoolean:
			relevant = []string{"enum", "const"}
		case schema.TypeNumber, schema.TypeInteger:
		}
		// Mostly a keyword or two that both have, for the close calls.
		relevant = rapid.SliceOfNDistinct(rapid.SampledFrom(relevant), 1, 2, rapid.ID).Draw(t, "relevant")
		draw := func() *schema.Schema {
			b := []string{fmt.Sprintf(`"type":%q`, kind)}
			if kind == schema.TypeInteger && rapid.Bool().Draw(t, "widen") {
				b[0] = `"type":"number"`
			}
			for _, k := range relevant {
				if rapid.IntRange(0, 3).Draw(t, k+"?") > 0 {
					b = append(b, fmt.Sprintf("%q:%s", k, keyword[k].Draw(t, k)))
				}
			}
			return compile(t, map[string]string{"a": "{" + strings.Join(b, ",") + "}"})
		}
		from, to := draw(), draw()
		if slices.ContainsFunc(schema.Compare(from, to), func(c schema.Change) bool { return c.Breaking }) {
			return
		}
		for _, value := range scalars {
			if payload := []byte(`{"a":` + value + `}`); full(t, from, payload) && !full(t, to, payload) {
				t.Fatalf("%s conformed to\n%s\nand no longer does to\n%s", payload, from.Definition().JSONSchema, to.Definition().JSONSchema)
			}
		}
	})
}

func TestTheProjectionConformsAndIsItsOwnProjection(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := compile(t, drawProperties(t))
		payload := drawPayload(t)
		first, err := s.Check(payload)
		if err != nil {
			t.Fatalf("%s: %v", payload, err)
		}
		again, err := s.Check(first.Projection)
		if err != nil || string(again.Projection) != string(first.Projection) || again.Accepted != first.Accepted {
			t.Fatalf("%s: %s, then %s, %v", payload, first.Projection, again.Projection, err)
		}
		for _, v := range again.Violations {
			if v.Code != schema.CodeRequired {
				t.Fatalf("%s: the projection violates %+v", payload, v)
			}
		}
		values, err := s.Values(first.Projection)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range values {
			if parsed, err := s.ParseValue(v.Property, v.Raw); err != nil || parsed.Canonical() != v.Canonical() {
				t.Fatalf("%+v: %v", v, err)
			}
		}
	})
}

func TestCheckIsTheSameEveryTime(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := compile(t, drawProperties(t))
		again, err := schema.Compile(s.Definition(), nil)
		if err != nil {
			t.Fatal(err)
		}
		payload := drawPayload(t)
		first, err := s.Check(payload)
		if err != nil {
			t.Fatal(err)
		}
		for _, other := range []*schema.Schema{s, again} {
			if r, err := other.Check(payload); err != nil || !reflect.DeepEqual(r, first) {
				t.Fatalf("%s: %+v, then %+v, %v", payload, first, r, err)
			}
		}
	})
}

func TestASchemaIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	s := parse(t, seedDefinition, nil)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				r, err := s.Check([]byte(`{"name":"a","price":"b","created":"c"}`))
				if err != nil || !r.Accepted || len(r.Violations) != 2 {
					t.Errorf("%+v %v", r, err)
				}
				if _, err := s.Card(r.Projection); err != nil {
					t.Error(err)
				}
				schema.Compare(s, s)
				parse(t, seedDefinition, nil)
			}
		})
	}
	wg.Wait()
}

// typed says whether an error is one that callers are promised.
func typed[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return err == nil || ok
}

func FuzzCheck(f *testing.F) {
	s := parse(f, definition(`{"type":"object","properties":{
		"i":{"type":"integer","minimum":1,"multipleOf":0.5},"n":{"type":"number","enum":[1,2.5]},"s":{"type":"string","pattern":"^\\p{L}+$","maxLength":3},
		"d":{"type":"string","format":"date-time"},"e":{"type":"string","format":"idn-email"},"r":{"type":"string","format":"regex"},
		"u":{"type":"string","format":"iri-reference"},"b":{"type":"boolean","const":true}},"required":["i"]}`), nil)
	for _, payload := range []string{seedPayload, `{"i":1,"n":2.50,"s":"\u00e9","d":"2020-01-01T00:00:00Z","e":"a@b","r":"(","u":"é","b":true}`, `{"i":1e400}`, `{"x":[{"y":"\ud800"}]}`, `{"i":1}x`, `[[[[`} {
		f.Add([]byte(payload))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		first, err := s.Check(payload)
		if !typed[*schema.PayloadError](err) {
			t.Fatalf("untyped error %v", err)
		}
		if err != nil {
			return
		}
		if !json.Valid(first.Projection) || len(first.Projection) > len(payload) {
			t.Fatalf("projection %s", first.Projection)
		}
		again, err := s.Check(first.Projection)
		if err != nil || string(again.Projection) != string(first.Projection) {
			t.Fatalf("%s, then %s, %v", first.Projection, again.Projection, err)
		}
	})
}

func FuzzCompile(f *testing.F) {
	f.Add([]byte(seedDefinition))
	f.Add([]byte(declaring(`{"type":"number","minimum":1e-300,"enum":[1,[2]],"const":{"a":null},"pattern":"(a|b){2,}","minLength":2.0,"sortOrder":"1"}`)))
	f.Add([]byte(definition(`{"type":"object","required":["p"],"properties":{"$ref":{"type":"string","format":"regex"}}}`)))
	f.Fuzz(func(t *testing.T, document []byte) {
		def, err := schema.ParseDefinition(document, nil)
		if !typed[*schema.DefinitionError](err) {
			t.Fatalf("untyped error %v", err)
		}
		if err != nil {
			return
		}
		s, err := schema.Compile(def, nil)
		if err != nil {
			t.Fatalf("parsed but does not compile: %v", err)
		}
		if _, err := schema.Recompile(def, nil); err != nil {
			t.Fatalf("compiles but does not recompile: %v", err)
		}
		stored, err := json.Marshal(def)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := schema.ParseDefinition(stored, nil); err != nil {
			t.Fatalf("parsed, but not from its store: %v", err)
		}
		if changes := schema.Compare(s, s); len(changes) != 0 {
			t.Fatalf("changes %+v", changes)
		}
		if _, err := s.Check([]byte(seedPayload)); !typed[*schema.PayloadError](err) {
			t.Fatalf("untyped error %v", err)
		}
	})
}
