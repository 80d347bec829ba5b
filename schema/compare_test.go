package schema_test

import (
	"slices"
	"testing"

	"github.com/engage-interactions/engage/schema"
)

func TestEqualDefinitionsHaveNoChanges(t *testing.T) {
	t.Parallel()
	if got := schema.Compare(parse(t, seedDefinition, nil), parse(t, seedDefinition, nil)); len(got) != 0 {
		t.Errorf("%+v", got)
	}
}

func TestChangesOfOneProperty(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from, to string
		keyword  string
		breaking bool
	}{
		{`{"type":"integer"}`, `{"type":"number"}`, "type", false},
		{`{"type":"number"}`, `{"type":"integer"}`, "type", true},
		{`{"type":"string"}`, `{"type":"boolean"}`, "type", true},
		{`{"type":"string"}`, `{"type":"string","format":"uri"}`, "format", true},
		{`{"type":"string","format":"uri"}`, `{"type":"string"}`, "format", false},
		{`{"type":"string","format":"uri"}`, `{"type":"string","format":"iri-reference"}`, "format", false},
		{`{"type":"string","format":"email"}`, `{"type":"string","format":"idn-email"}`, "format", false},
		{`{"type":"string","format":"iri"}`, `{"type":"string","format":"uri"}`, "format", true},
		{`{"type":"string","format":"date"}`, `{"type":"string","format":"date-time"}`, "format", true},
		{`{"type":"string"}`, `{"type":"string","enum":["a"]}`, "enum", true},
		{`{"type":"string","enum":["a"]}`, `{"type":"string"}`, "enum", false},
		{`{"type":"string","enum":["a"]}`, `{"type":"string","enum":["b","a"]}`, "enum", false},
		{`{"type":"string","enum":["a","b"]}`, `{"type":"string","enum":["a"]}`, "enum", true},
		{`{"type":"string","enum":["a",1,null]}`, `{"type":"string","enum":["a"]}`, "enum", false},
		{`{"type":"integer","enum":[1,2.5]}`, `{"type":"integer","enum":[1.0]}`, "enum", false},
		{`{"type":"string","enum":[]}`, `{"type":"string","enum":["a"]}`, "enum", false},
		{`{"type":"string","enum":["a"]}`, `{"type":"string","enum":[]}`, "enum", true},
		{`{"type":"string","const":"a"}`, `{"type":"string","const":"a","enum":["a","b"]}`, "enum", false},
		{`{"type":"boolean"}`, `{"type":"boolean","enum":[true,false]}`, "enum", false},
		{`{"type":"boolean"}`, `{"type":"boolean","enum":[true]}`, "enum", true},
		{`{"type":"string","enum":["a"]}`, `{"type":"string","enum":["a"],"const":"a"}`, "const", false},
		{`{"type":"string"}`, `{"type":"string","const":"a"}`, "const", true},
		{`{"type":"string","const":"a"}`, `{"type":"string"}`, "const", false},
		{`{"type":"string","const":"a"}`, `{"type":"string","const":"b"}`, "const", true},
		{`{"type":"number","minimum":2}`, `{"type":"number","minimum":1}`, "minimum", false},
		{`{"type":"number","minimum":1}`, `{"type":"number","minimum":2}`, "minimum", true},
		{`{"type":"number"}`, `{"type":"number","minimum":2}`, "minimum", true},
		{`{"type":"string"}`, `{"type":"string","minimum":2}`, "minimum", false},
		{`{"type":"number","exclusiveMinimum":2}`, `{"type":"number","exclusiveMinimum":2,"minimum":2}`, "minimum", false},
		{`{"type":"number","minimum":2}`, `{"type":"number","minimum":2,"exclusiveMinimum":2}`, "exclusiveMinimum", true},
		{`{"type":"number","minimum":2}`, `{"type":"number","minimum":2,"exclusiveMinimum":1}`, "exclusiveMinimum", false},
		{`{"type":"number","maximum":1}`, `{"type":"number","maximum":2}`, "maximum", false},
		{`{"type":"number","maximum":2}`, `{"type":"number","maximum":1}`, "maximum", true},
		{`{"type":"number","maximum":2}`, `{"type":"number","maximum":2,"exclusiveMaximum":2}`, "exclusiveMaximum", true},
		{`{"type":"number","maximum":2}`, `{"type":"number","maximum":2,"exclusiveMaximum":3}`, "exclusiveMaximum", false},
		{`{"type":"number","multipleOf":4}`, `{"type":"number","multipleOf":2}`, "multipleOf", false},
		{`{"type":"number","multipleOf":0.3}`, `{"type":"number","multipleOf":0.1}`, "multipleOf", false},
		{`{"type":"number","multipleOf":2}`, `{"type":"number","multipleOf":4}`, "multipleOf", true},
		{`{"type":"integer"}`, `{"type":"integer","multipleOf":0.5}`, "multipleOf", false},
		{`{"type":"number"}`, `{"type":"number","multipleOf":1}`, "multipleOf", true},
		{`{"type":"string","minLength":2}`, `{"type":"string","minLength":1}`, "minLength", false},
		{`{"type":"string"}`, `{"type":"string","minLength":1}`, "minLength", true},
		{`{"type":"string"}`, `{"type":"string","minLength":0}`, "minLength", false},
		{`{"type":"string","maxLength":2}`, `{"type":"string","maxLength":3}`, "maxLength", false},
		{`{"type":"string"}`, `{"type":"string","maxLength":3}`, "maxLength", true},
		{`{"type":"string","pattern":"a"}`, `{"type":"string"}`, "pattern", false},
		{`{"type":"string","pattern":"a"}`, `{"type":"string","pattern":"a|b"}`, "pattern", true},
		{`{"type":"integer"}`, `{"type":"integer","pattern":"a"}`, "pattern", false},
		{`{"type":"string"}`, `{"type":"string","displayName":"P"}`, "displayName", false},
		{`{"type":"string","sortOrder":1}`, `{"type":"string"}`, "sortOrder", false},
		{`{"type":"string"}`, `{"type":"string","showInContactCard":true}`, "showInContactCard", false},
		{`{"type":"string"}`, `{"type":"string","addToSegmentation":true}`, "addToSegmentation", false},
	} {
		got := schema.Compare(property(t, c.from, nil), property(t, c.to, nil))
		if len(got) != 1 || got[0].Pointer != "/jsonSchema/properties/p/"+c.keyword || got[0].Breaking != c.breaking {
			t.Errorf("%s to %s: %+v", c.from, c.to, got)
		}
	}
}

func TestSpellingIsNoChange(t *testing.T) {
	t.Parallel()
	from := property(t, `{"type":"number","minimum":1,"multipleOf":0.5,"showInContactCard":"true","sortOrder":"1"}`, nil)
	to := property(t, `{"type":"number","minimum":1.0,"multipleOf":5e-1,"showInContactCard":true,"sortOrder":1}`, nil)
	if got := schema.Compare(from, to); len(got) != 0 {
		t.Errorf("%+v", got)
	}
}

func TestPropertiesThatComeAndGo(t *testing.T) {
	t.Parallel()
	from := parse(t, `{"id":"S","displayName":"Old","jsonSchema":{"type":"object","properties":{
		"gone":{"type":"string"},"loose":{"type":"string"},"tight":{"type":"string"}},"required":["loose"]}}`, nil)
	to := parse(t, `{"id":"S","displayName":"New","jsonSchema":{"type":"object","properties":{
		"loose":{"type":"string"},"tight":{"type":"string"},"new":{"type":"integer"},"must":{"type":"integer"}},"required":["tight","must"]}}`, nil)
	want := []schema.Change{
		{Pointer: "/displayName", Code: schema.ChangeDisplay, From: "Old", To: "New"},
		{Pointer: "/jsonSchema/properties/gone", Code: schema.ChangePropertyRemoved, From: "string", Breaking: true},
		{Pointer: "/jsonSchema/properties/loose", Code: schema.ChangeOptional},
		{Pointer: "/jsonSchema/properties/must", Code: schema.ChangePropertyAdded, To: "integer", Breaking: true},
		{Pointer: "/jsonSchema/properties/new", Code: schema.ChangePropertyAdded, To: "integer"},
		{Pointer: "/jsonSchema/properties/tight", Code: schema.ChangeRequired, Breaking: true},
	}
	if got := schema.Compare(from, to); !slices.Equal(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestTheOrderOfThePropertiesIsAChangeOfDisplay(t *testing.T) {
	t.Parallel()
	const a, b, c, first, last = `"a":{"type":"string"}`, `"b":{"type":"string"}`, `"c":{"type":"string"}`, `"a":{"type":"string","sortOrder":1}`, `"b":{"type":"string","sortOrder":2}`
	at := func(from, to string) []schema.Change {
		return []schema.Change{{Pointer: "/jsonSchema/properties", Code: schema.ChangeDisplay, From: from, To: to}}
	}
	for _, test := range []struct {
		from, to string
		want     []schema.Change
	}{
		{a + "," + b, a + "," + b, nil},
		{a + "," + b, b + "," + a, at(`["a","b"]`, `["b","a"]`)},
		{first + "," + last, last + "," + first, nil}, // the sort orders decide
		{first + "," + b + "," + c, c + "," + b + "," + first, at(`["a","b","c"]`, `["a","c","b"]`)},
		{a + "," + b, c + "," + a + "," + b, []schema.Change{{Pointer: "/jsonSchema/properties/c", Code: schema.ChangePropertyAdded, To: "string"}}},
		{c + "," + a + "," + b, a + "," + b, []schema.Change{{Pointer: "/jsonSchema/properties/c", Code: schema.ChangePropertyRemoved, From: "string", Breaking: true}}},
		{a + "," + b, last + "," + a, []schema.Change{{Pointer: "/jsonSchema/properties/b/sortOrder", Code: schema.ChangeDisplay, To: "2"}}},
	} {
		from := parse(t, definition(`{"type":"object","properties":{`+test.from+`}}`), nil)
		to := parse(t, definition(`{"type":"object","properties":{`+test.to+`}}`), nil)
		if got := schema.Compare(from, to); !slices.Equal(got, test.want) {
			t.Errorf("{%s} to {%s}: %+v, want %+v", test.from, test.to, got, test.want)
		}
	}
}
