package schema_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/engage-interactions/engage/schema"
)

// problems returns what is wrong with a definition document.
func problems(tb testing.TB, document string, opts *schema.Options) []schema.Problem {
	tb.Helper()
	_, err := schema.ParseDefinition([]byte(document), opts)
	if err == nil {
		return nil
	}
	e, ok := errors.AsType[*schema.DefinitionError](err)
	if !ok || len(e.Problems) == 0 {
		tb.Fatalf("%s: not a DefinitionError with problems: %v", document, err)
	}
	return e.Problems
}

// definition wraps a JSON schema.
func definition(jsonSchema string) string {
	return `{"id":"S","displayName":"S","jsonSchema":` + jsonSchema + `}`
}

// Where JSON is not valid is said by line, as editors count them.
func TestDefinitionsThatAreNoJSONSayWhere(t *testing.T) {
	t.Parallel()
	for document, want := range map[string]string{
		"{\n\t“type”: \"object\"}":      "not valid JSON in line 2, at byte 2: invalid character '“' looking for beginning of object key string",
		"{":                             "not valid JSON in line 1, at byte 1: unexpected end of JSON input",
		"{\n  \"type\": \"object\",\n}": "not valid JSON in line 3, at byte 1: invalid character '}' looking for beginning of object key string",
		"{\n  \"type\": 'object'\n}":    "not valid JSON in line 2, at byte 11: invalid character '\\'' looking for beginning of value",
		"{\"type\": \"object\"\n\t\"required\": []}": "not valid JSON in line 2, at byte 2: invalid character '\"' after object key:value pair",
	} {
		_, err := schema.Compile(schema.Definition{ID: "S", DisplayName: "S", JSONSchema: []byte(document)}, nil)
		if wrong, ok := errors.AsType[*schema.DefinitionError](err); !ok || len(wrong.Problems) != 1 || wrong.Problems[0].Detail != want {
			t.Errorf("%q: %v, should be %q", document, err, want)
		}
	}
}

// declaring wraps the declaration of a property "p".
func declaring(property string) string {
	return definition(`{"type":"object","properties":{"p":` + property + `}}`)
}

func TestDefinitionsAreRefusedForWhatIsWrong(t *testing.T) {
	t.Parallel()
	const p = "/jsonSchema/properties/p"
	for _, c := range []struct {
		document string
		pointer  string
		code     schema.ProblemCode
	}{
		{``, "", schema.ProblemSyntax},
		{`{`, "", schema.ProblemSyntax},
		{`{} {}`, "", schema.ProblemSyntax},
		{`{}x`, "", schema.ProblemSyntax},
		{"\ufeff{}", "", schema.ProblemSyntax},
		{`[]`, "", schema.ProblemInvalid},
		{`null`, "", schema.ProblemInvalid},
		{"{\"id\":\"\xff\"}", "", schema.ProblemSyntax},
		{`{"id":"\ud800","displayName":"S","jsonSchema":{"type":"object"}}`, "/id", schema.ProblemSyntax},
		{`{"id":"a","id":"b","displayName":"S","jsonSchema":{"type":"object"}}`, "/id", schema.ProblemDuplicate},
		{`{"id":"a","\u0069d":"b","displayName":"S","jsonSchema":{"type":"object"}}`, "/id", schema.ProblemDuplicate},
		{`{"id":"a","displayName":"b","jsonSchema":{"type":"object","type":"object"}}`, "/jsonSchema/type", schema.ProblemDuplicate},
		{`{"displayName":"S","jsonSchema":{"type":"object"}}`, "/id", schema.ProblemMissing},
		{`{"id":5,"displayName":"S","jsonSchema":{"type":"object"}}`, "/id", schema.ProblemInvalid},
		{`{"id":"","displayName":"S","jsonSchema":{"type":"object"}}`, "/id", schema.ProblemMissing},
		{`{"id":"a b","displayName":"S","jsonSchema":{"type":"object"}}`, "/id", schema.ProblemInvalid},
		{`{"id":"é","displayName":"S","jsonSchema":{"type":"object"}}`, "/id", schema.ProblemInvalid},
		{`{"id":"` + strings.Repeat("a", 129) + `","displayName":"S","jsonSchema":{"type":"object"}}`, "/id", schema.ProblemLimit},
		{`{"id":"S","jsonSchema":{"type":"object"}}`, "/displayName", schema.ProblemMissing},
		{`{"id":"S","displayName":"","jsonSchema":{"type":"object"}}`, "/displayName", schema.ProblemMissing},
		{`{"id":"S","displayName":null,"jsonSchema":{"type":"object"}}`, "/displayName", schema.ProblemInvalid},
		{`{"id":"S","displayName":"S"}`, "/jsonSchema", schema.ProblemMissing},
		{`{"id":"S","displayName":"S","jsonSchema":{"type":"object"},"extra":1}`, "/extra", schema.ProblemUnknown},
		{definition(`true`), "/jsonSchema", schema.ProblemInvalid},
		{definition(`[]`), "/jsonSchema", schema.ProblemInvalid},
		{definition(`{}`), "/jsonSchema/type", schema.ProblemMissing},
		{definition(`{"type":"array"}`), "/jsonSchema/type", schema.ProblemInvalid},
		{definition(`{"type":["object"]}`), "/jsonSchema/type", schema.ProblemInvalid},
		{definition(`{"$schema":"http://json-schema.org/draft-07/schema#","type":"object"}`), "/jsonSchema/$schema", schema.ProblemInvalid},
		{definition(`{"$schema":5,"type":"object"}`), "/jsonSchema/$schema", schema.ProblemInvalid},
		{definition(`{"type":"object","requird":[]}`), "/jsonSchema/requird", schema.ProblemUnknown},
		{definition(`{"type":"object","a/b~c":[]}`), "/jsonSchema/a~1b~0c", schema.ProblemUnknown},
		{definition(`{"type":"object","properties":[]}`), "/jsonSchema/properties", schema.ProblemInvalid},
		{definition(`{"type":"object","required":"p"}`), "/jsonSchema/required", schema.ProblemInvalid},
		{definition(`{"type":"object","required":[1]}`), "/jsonSchema/required/0", schema.ProblemInvalid},
		{definition(`{"type":"object","required":["p"]}`), "/jsonSchema/required/0", schema.ProblemUndeclared},
		{definition(`{"type":"object","properties":{"p":{"type":"string"}},"required":["p","p"]}`), "/jsonSchema/required/1", schema.ProblemDuplicate},
		{definition(`{"type":"object","properties":{"productSku":{"type":"integer"}}}`), "/jsonSchema/properties/productSku/type", schema.ProblemReserved},
		{declaring(`true`), p, schema.ProblemInvalid},
		{declaring(`{}`), p + "/type", schema.ProblemMissing},
		{declaring(`{"type":"date"}`), p + "/type", schema.ProblemUnknown},
		{declaring(`{"type":["string"]}`), p + "/type", schema.ProblemUnknown},
		{declaring(`{"type":"null"}`), p + "/type", schema.ProblemUnknown},
		{declaring(`{"type":"object"}`), p + "/type", schema.ProblemUnknown},
		{declaring(`{"type":"string","format":"duration"}`), p + "/format", schema.ProblemUnknown},
		{declaring(`{"type":"string","format":"idn-hostname"}`), p + "/format", schema.ProblemUnknown},
		{declaring(`{"type":"string","format":5}`), p + "/format", schema.ProblemInvalid},
		{declaring(`{"type":"integer","format":"date"}`), p + "/format", schema.ProblemInvalid},
		{declaring(`{"type":"string","displayName":5}`), p + "/displayName", schema.ProblemInvalid},
		{declaring(`{"type":"string","sortOrder":1.5}`), p + "/sortOrder", schema.ProblemInvalid},
		{declaring(`{"type":"string","sortOrder":"first"}`), p + "/sortOrder", schema.ProblemInvalid},
		{declaring(`{"type":"string","sortOrder":1e300}`), p + "/sortOrder", schema.ProblemInvalid},
		{declaring(`{"type":"string","sortOrder":null}`), p + "/sortOrder", schema.ProblemInvalid},
		{declaring(`{"type":"string","showInContactCard":"yes"}`), p + "/showInContactCard", schema.ProblemInvalid},
		{declaring(`{"type":"string","showInContactCard":1}`), p + "/showInContactCard", schema.ProblemInvalid},
		{declaring(`{"type":"string","addToSegmentation":"True"}`), p + "/addToSegmentation", schema.ProblemInvalid},
		{declaring(`{"type":"string","enum":"a"}`), p + "/enum", schema.ProblemInvalid},
		{declaring(`{"type":"number","minimum":"1"}`), p + "/minimum", schema.ProblemInvalid},
		{declaring(`{"type":"number","exclusiveMinimum":true}`), p + "/exclusiveMinimum", schema.ProblemInvalid},
		{declaring(`{"type":"number","multipleOf":0}`), p + "/multipleOf", schema.ProblemInvalid},
		{declaring(`{"type":"number","multipleOf":0e5}`), p + "/multipleOf", schema.ProblemInvalid},
		{declaring(`{"type":"number","multipleOf":-2}`), p + "/multipleOf", schema.ProblemInvalid},
		{declaring(`{"type":"string","minLength":-1}`), p + "/minLength", schema.ProblemInvalid},
		{declaring(`{"type":"string","minLength":1.5}`), p + "/minLength", schema.ProblemInvalid},
		{declaring(`{"type":"string","maxLength":"2"}`), p + "/maxLength", schema.ProblemInvalid},
		{declaring(`{"type":"string","pattern":5}`), p + "/pattern", schema.ProblemInvalid},
		{declaring(`{"type":"string","pattern":"("}`), p + "/pattern", schema.ProblemPattern},
		{declaring(`{"type":"integer","pattern":"("}`), p + "/pattern", schema.ProblemPattern},
		{declaring(`{"type":"string","pattern":"\\Z"}`), p + "/pattern", schema.ProblemPattern},
		{declaring(`{"type":"string","pattern":"a(?=b)"}`), p + "/pattern", schema.ProblemUnsupported},
	} {
		got := problems(t, c.document, nil)
		if len(got) != 1 || got[0].Pointer != c.pointer || got[0].Code != c.code || got[0].Detail == "" {
			t.Errorf("%s: %+v, want %s at %q", c.document, got, c.code, c.pointer)
		}
	}
}

func TestKeywordsThatGojsonschemaWouldIgnoreOrFollowAreRefusedByName(t *testing.T) {
	t.Parallel()
	for _, keyword := range []string{
		"$ref", "$id", "id", "$anchor", "$dynamicRef", "$dynamicAnchor", "$recursiveRef", "$vocabulary", "$defs", "$comment", "definitions",
		"allOf", "anyOf", "oneOf", "not", "if", "then", "else", "items", "prefixItems", "additionalItems", "contains", "minContains", "maxContains",
		"minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties", "patternProperties", "additionalProperties", "propertyNames",
		"dependencies", "dependentRequired", "dependentSchemas", "unevaluatedProperties", "unevaluatedItems",
		"contentEncoding", "contentMediaType", "contentSchema", "title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly",
		"requird", "Type", "showlnContactCard", "",
	} {
		for _, document := range []string{
			definition(fmt.Sprintf(`{"type":"object",%q:true}`, keyword)),
			declaring(fmt.Sprintf(`{"type":"string",%q:true}`, keyword)),
		} {
			got := problems(t, document, nil)
			if len(got) != 1 || got[0].Code != schema.ProblemUnknown || !strings.Contains(got[0].Detail, fmt.Sprintf("%q", keyword)) {
				t.Errorf("%s: %+v", document, got)
			}
		}
	}
}

func TestAllProblemsAreReportedAtOnceAndSorted(t *testing.T) {
	t.Parallel()
	document := `{"id":"a b","zzz":1,"jsonSchema":{"$schema":"x","type":"array","required":["q"],"properties":{
		"b":{"type":"x","$ref":"#"},"a":{"type":"integer","format":"date","minLength":-1}}}}`
	want := []string{
		"/displayName", "/id", "/jsonSchema/$schema", "/jsonSchema/properties/a/format", "/jsonSchema/properties/a/minLength",
		"/jsonSchema/properties/b/$ref", "/jsonSchema/properties/b/type", "/jsonSchema/required/0", "/jsonSchema/type", "/zzz",
	}
	var got []string
	for _, p := range problems(t, document, nil) {
		got = append(got, p.Pointer)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	_, err := schema.ParseDefinition([]byte(document), nil)
	if !strings.Contains(err.Error(), "/id: must be letters") || !strings.Contains(err.Error(), "and 5 more") {
		t.Errorf("text: %v", err)
	}
	if e, _ := errors.AsType[*schema.DefinitionError](err); !e.Has(schema.ProblemUndeclared) || e.Has(schema.ProblemReserved) {
		t.Error("Has is wrong")
	}
}

func TestCompileFindsWhatParseDefinitionFinds(t *testing.T) {
	t.Parallel()
	for _, def := range []schema.Definition{
		{},
		{ID: "S", DisplayName: "S"},
		{ID: "S", DisplayName: "\xff", JSONSchema: []byte(`{"type":"object"}`)},
		{ID: "S", DisplayName: "S", JSONSchema: []byte(`{`)},
		{ID: "S", DisplayName: "S", JSONSchema: []byte(`{"type":"object"}x`)},
		{ID: "S", DisplayName: "S", JSONSchema: []byte(`null`)},
		{ID: "S", DisplayName: strings.Repeat("S", 1<<20), JSONSchema: []byte(`{"type":"object"}`)},
	} {
		_, err := schema.Compile(def, nil)
		if _, ok := errors.AsType[*schema.DefinitionError](err); !ok {
			t.Errorf("%.50v: %v", def, err)
		}
	}
}

func TestLegalDefinitions(t *testing.T) {
	t.Parallel()
	for _, jsonSchema := range []string{
		`{"type":"object"}`,
		`{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","properties":{},"required":[]}`,
		`{"type":"object","properties":{"productSku":{"type":"string"}}}`,
		`{"type":"object","properties":{"":{"type":"string"},"$ref":{"type":"string"},"a/b~c":{"type":"string"},"foo\nbar":{"type":"number"},"\u0000":{"type":"string"},"__proto__":{"type":"number"},"constructor":{"type":"number"},"é🐲":{"type":"boolean"},"0":{"type":"boolean"}},"required":["$ref","__proto__"]}`,
	} {
		s := parse(t, definition(jsonSchema), nil)
		for _, p := range s.Properties() {
			if _, ok := s.Property(p.Name); !ok {
				t.Errorf("%q is lost", p.Name)
			}
		}
	}
}

func TestNamesMeanNothingToTheValidator(t *testing.T) {
	t.Parallel()
	s := parse(t, definition(`{"type":"object","properties":{"":{"type":"string"},"$ref":{"type":"string"},"a/b~c.d":{"type":"string"},"0":{"type":"boolean"},"1":{"type":"number"}},"required":["$ref"]}`), nil)
	r := check(t, s, `{"":1,"$ref":2,"a/b~c.d":3,"0":true,"1":4,"2":5}`)
	want := []string{"/", "/$ref", "/2", "/a~1b~0c.d"}
	if got := r.Omitted(); !slices.Equal(got, want) || string(r.Projection) != `{"0":true,"1":4}` || r.Accepted {
		t.Errorf("%+v", r)
	}
}

func TestPropertiesAreInTheOrderPeopleSeeThem(t *testing.T) {
	t.Parallel()
	s := parse(t, definition(`{"type":"object","required":["e","a"],"properties":{
		"a":{"type":"string"},
		"b":{"type":"string","sortOrder":"2","displayName":"B!","showInContactCard":true,"addToSegmentation":"true"},
		"c":{"type":"string","sortOrder":-1,"showInContactCard":"false","addToSegmentation":false},
		"d":{"type":"string","sortOrder":2.0},
		"e":{"type":"string"}}}`), nil)
	var names []string
	for _, p := range s.Properties() {
		names = append(names, p.Name)
	}
	if want := []string{"c", "b", "d", "a", "e"}; !slices.Equal(names, want) {
		t.Errorf("order %v, want %v", names, want)
	}
	if got, want := s.Required(), []string{"a", "e"}; !slices.Equal(got, want) {
		t.Errorf("required %v, want %v", got, want)
	}
	b, _ := s.Property("b")
	c, _ := s.Property("c")
	if b.Label() != "B!" || c.Label() != "c" || !b.ShowInContactCard || !b.AddToSegmentation || c.ShowInContactCard || c.AddToSegmentation || *b.SortOrder != 2 {
		t.Errorf("%+v %+v", b, c)
	}
	if _, ok := s.Property("z"); ok {
		t.Error("z is not declared")
	}
}

func TestWhatASchemaHandsOutIsACopy(t *testing.T) {
	t.Parallel()
	s := property(t, `{"type":"string","sortOrder":1,"enum":["a"],"const":"a"}`, nil)
	p, _ := s.Property("p")
	*p.SortOrder, p.Enum[0][1], p.Const[1] = 9, 'x', 'x'
	s.Properties()[0].Enum[0][1] = 'x'
	s.Definition().JSONSchema[0] = 'x'
	p, _ = s.Property("p")
	if *p.SortOrder != 1 || string(p.Enum[0]) != `"a"` || string(p.Const) != `"a"` || s.Definition().JSONSchema[0] != '{' {
		t.Errorf("%+v", p)
	}
}

func TestDefinitionLimits(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		limits   schema.Limits
		document string
		pointer  string
	}{
		{schema.Limits{DefinitionBytes: 50}, declaring(`{"type":"string"}`), ""},
		{schema.Limits{Depth: 2}, declaring(`{"type":"string"}`), "/jsonSchema/properties/p"},
		{schema.Limits{Properties: 1}, definition(`{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string"}}}`), "/jsonSchema/properties"},
		{schema.Limits{EnumValues: 1}, declaring(`{"type":"string","enum":["a","b"]}`), "/jsonSchema/properties/p/enum"},
		{schema.Limits{EnumBytes: 4}, declaring(`{"type":"string","enum":["ab"]}`), "/jsonSchema/properties/p/enum"},
		{schema.Limits{EnumBytes: 4}, declaring(`{"type":"string","const":"abc"}`), "/jsonSchema/properties/p/const"},
		{schema.Limits{PatternBytes: 2}, declaring(`{"type":"string","pattern":"abc"}`), "/jsonSchema/properties/p/pattern"},
		{schema.Limits{PatternSize: 50}, declaring(`{"type":"string","pattern":"a{50}"}`), "/jsonSchema/properties/p/pattern"},
		{schema.Limits{DecimalPlaces: 4}, declaring(`{"type":"number","minimum":0.25,"maximum":1e-3}`), "/jsonSchema/properties/p/maximum"},
		{schema.Limits{NumberBytes: 4}, declaring(`{"type":"number","minimum":12345}`), "/jsonSchema/properties/p/minimum"},
		{schema.VoyadoLimits(), segmentable(7), "/jsonSchema/properties"},
	} {
		got := problems(t, c.document, &schema.Options{Limits: c.limits})
		if len(got) != 1 || got[0].Code != schema.ProblemLimit || got[0].Pointer != c.pointer {
			t.Errorf("%+v: %+v", c.limits, got)
		}
		if got := problems(t, c.document, nil); len(got) != 0 {
			t.Errorf("%s: %+v by default", c.document, got)
		}
	}
	if got := problems(t, segmentable(6), &schema.Options{Limits: schema.VoyadoLimits()}); len(got) != 0 {
		t.Errorf("%+v", got)
	}
	if schema.VoyadoLimits().Schemas != 15 {
		t.Error("Voyado allows 15 schemas")
	}
}

// segmentable declares n properties that are marked addToSegmentation.
func segmentable(n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `"p%d":{"type":"string","addToSegmentation":"true"}`, i)
	}
	return definition(`{"type":"object","properties":{` + b.String() + `}}`)
}

func TestKeywordsTypesAndFormatsAreListed(t *testing.T) {
	t.Parallel()
	if got := schema.Keywords(); len(got) != 16 || !slices.IsSorted(got) {
		t.Errorf("keywords %q", got)
	}
	if got := schema.Formats(); len(got) != 17 || !slices.IsSorted(got) {
		t.Errorf("formats %q", got)
	}
	if len(schema.Types()) != 4 {
		t.Error("there are four types")
	}
}

func TestAPatternThatFillsTheBudgetDoesNotSilenceTheNext(t *testing.T) {
	t.Parallel()
	document := definition(`{"type":"object","properties":{"a":{"type":"string","pattern":"aaa"},"b":{"type":"string","pattern":"bbb"}}}`)
	for size := 1; ; size++ {
		opts := &schema.Options{Limits: schema.Limits{PatternSize: size}}
		got := problems(t, document, opts)
		if len(got) == 0 {
			if r := check(t, parse(t, document, opts), `{"a":"x","b":"x"}`); len(r.Violations) != 2 {
				t.Errorf("size %d: %+v", size, r)
			}
			return
		}
		if len(got) != 1 || got[0].Code != schema.ProblemLimit {
			t.Fatalf("size %d: %+v", size, got)
		}
	}
}
