package schema_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/engage-interactions/engage/schema"
)

// told returns the pointers and codes of problems, without the part of the
// pointers that all share.
func told(ps []schema.Problem) []string {
	var lines []string
	for _, p := range ps {
		lines = append(lines, strings.TrimPrefix(p.Pointer, "/jsonSchema")+" "+string(p.Code))
	}
	return lines
}

func TestFaultsOfTheDocumentDoNotHideOtherProblems(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		document string
		want     []string
	}{
		{
			definition(`{"type":"object","foo":1,"properties":{"a":{"type":"number","minimum":1e999},"b":{"type":"number","maximum":1e999,"x":1}}}`),
			[]string{"/foo unknown", "/properties/a/minimum limit", "/properties/b/maximum limit", "/properties/b/x unknown"},
		},
		{
			definition(`{"type":"object","foo":1,"properties":{"a":{"type":"x","type":"y"},"b":{"type":"number","x":1},"b":{"type":"string"}},"required":["q","b"]}`),
			[]string{"/foo unknown", "/properties/a/type duplicate", "/properties/a/type unknown", "/properties/b duplicate", "/properties/b/x unknown", "/required/0 undeclared"},
		},
		{
			definition(`{"type":"object","$schema":"\ud800","properties":{"\udc00":{"type":"x"},"a":{"type":"string","format":"\ud800","pattern":"\ud800","enum":["\ud800",1e999],"displayName":"\ud800","minLength":1e400,"sortOrder":1e400},"b":{}},"required":["\ud800","c"]}`),
			[]string{
				"/$schema syntax", "/properties/a/displayName syntax", "/properties/a/enum/0 syntax", "/properties/a/enum/1 limit", "/properties/a/format syntax",
				"/properties/a/minLength limit", "/properties/a/pattern syntax", "/properties/a/sortOrder limit", "/properties/b/type missing",
				"/properties/\uFFFD syntax", "/properties/\uFFFD/type unknown", "/required/0 syntax", "/required/1 undeclared",
			},
		},
		{
			definition(`{"type":1e999,"title":1e999,"properties":{"a":{"const":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `,"type":"int"},"b":{"type":"number","multipleOf":1e99999999999999999999,"const":1e99999999999999999999,"maxLength":1e9223372036854775807}}}`),
			[]string{
				"/properties/a/const" + strings.Repeat("/0", 29) + " limit", "/properties/a/type unknown", "/properties/b/const limit", "/properties/b/maxLength limit", "/properties/b/multipleOf limit",
				"/title limit", "/title unknown", "/type limit",
			},
		},
		{
			`{"id":"\ud800","displayName":1e999,"x":[` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `],"jsonSchema":{"type":"array"}}`,
			[]string{"/displayName limit", "/id syntax", "/type invalid", "/x unknown", "/x" + strings.Repeat("/0", 32) + " limit"},
		},
		{`{"id":"S","displayName":"S","jsonSchema":1e999}`, []string{" limit"}},
		{`{"id":"S","displayName":"","jsonSchema":{"type":"object"},"jsonSchema":{}}`, []string{" duplicate", "/displayName missing", "/type missing"}},
	} {
		if got := told(problems(t, c.document, nil)); !slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(c.want))) {
			t.Errorf("%s:\ngot  %q\nwant %q", c.document, got, c.want)
		}
	}
}

func TestWhatCannotBeReadHasNoFalseConsequences(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		limits     schema.Limits
		jsonSchema string
		want       []string
	}{
		{schema.Limits{Properties: 1}, `{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string"}},"required":["a","b",1]}`, []string{"/properties limit", "/required/2 invalid"}},
		{schema.Limits{}, `{"type":"object","properties":[],"required":["a","b"]}`, []string{"/properties invalid"}},
		{schema.Limits{}, `{"required":["a","b"],"type":"object","properties":null}`, []string{"/properties invalid"}},
		{schema.Limits{Depth: 1}, `{"required":["a"],"type":"object","properties":{"a":{}}}`, []string{"/properties limit", "/required limit"}},
		{schema.Limits{}, `{"type":"object","properties":{},"required":["a"]}`, []string{"/required/0 undeclared"}},
		{schema.Limits{}, `{"type":"object","required":["a"]}`, []string{"/required/0 undeclared"}},
		{schema.Limits{}, `{"type":"object","properties":{"a":5},"required":["a"]}`, []string{"/properties/a invalid"}},
	} {
		if got := told(problems(t, definition(c.jsonSchema), &schema.Options{Limits: c.limits})); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.jsonSchema, got, c.want)
		}
	}
}

func TestWhatIsSaidAboutADefinitionIsBounded(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 30_000)
	for _, document := range []string{
		definition(`{"type":"object","properties":{"` + long + `":{` + many(3_000, `"%d":1`) + `}}}`),
		definition(`{"type":"object","properties":{"` + long + `":[` + strings.Repeat(`"\ud800",`, 3_000) + `1]}}`),
		definition(`{"type":"object","properties":{"` + long + `":{` + strings.Repeat(`"x":1,`, 5_000) + `"type":"string"}}}`),
	} {
		got := problems(t, document, nil)
		size := 0
		for _, p := range got {
			size += len(p.Pointer) + len(p.Detail)
		}
		if len(got) == 0 || size > 2<<20 {
			t.Errorf("%d problems of %d bytes", len(got), size)
		}
	}
}

// Definitions at the very limits.
func TestWhatCompileAcceptsCanBeStoredAndParsed(t *testing.T) {
	t.Parallel()
	filled := func(before, filling, after string) json.RawMessage {
		n := (64<<10 - len("SS") - len(before) - len(after)) / len(filling)
		return json.RawMessage(before + strings.Repeat(filling, n) + after)
	}
	for name, jsonSchema := range map[string]json.RawMessage{
		"depth":       json.RawMessage(`{"type":"object","properties":{"a":{"type":"string","const":` + strings.Repeat("[", 29) + strings.Repeat("]", 29) + `}}}`),
		"space":       filled(`{"type":"object"`, " ", `}`),
		"HTML":        filled(`{"type":"object","properties":{"a":{"type":"string","displayName":"`, "<", `"}}}`),
		"separators":  filled(`{"type":"object","properties":{"a":{"type":"string","displayName":"`, "\u2028", `"}}}`),
		"HTML name":   filled(`{"type":"object","properties":{"`, "&", `":{"type":"string"}}}`),
		"HTML enum":   json.RawMessage(`{"type":"object","properties":{"a":{"type":"string","enum":["` + strings.Repeat(">", 16<<10-4) + `"]}}}`),
		"HTML const":  json.RawMessage(`{"type":"object","properties":{"a":{"type":"string","const":"` + strings.Repeat(">", 16<<10-2) + `"}}}`),
		"backslashes": filled(`{"type":"object","properties":{"a":{"type":"string","displayName":"`, `\\u003c\\<`, `"}}}`),
	} {
		def := schema.Definition{ID: "S", DisplayName: "S", JSONSchema: jsonSchema}
		if _, err := schema.Compile(def, nil); err != nil {
			t.Errorf("%s: %.200v", name, err)
			continue
		}
		stored, err := json.Marshal(def)
		if err != nil {
			t.Fatal(err)
		}
		back, err := schema.ParseDefinition(stored, nil)
		if err != nil {
			t.Errorf("%s: not parsed: %.200v", name, err)
			continue
		}
		if _, err := schema.Compile(back, nil); err != nil {
			t.Errorf("%s: not compiled: %.200v", name, err)
		}
	}
	control := schema.Definition{ID: "S", DisplayName: strings.Repeat("\x01", 60_000), JSONSchema: json.RawMessage(`{"type":"object"}`)}
	stored, _ := json.Marshal(control)
	if _, err := schema.ParseDefinition(stored, nil); err != nil {
		t.Errorf("%.200v", err)
	}
	// One more is too much, on both ways.
	for _, jsonSchema := range []string{
		`{"type":"object","properties":{"a":{"type":"string","const":` + strings.Repeat("[", 30) + strings.Repeat("]", 30) + `}}}`,
		`{"type":"object"` + strings.Repeat(" ", 64<<10) + `}`,
		`{"type":"object","properties":{"a":{"type":"string","const":"` + strings.Repeat(">", 16<<10-1) + `"}}}`,
	} {
		_, one := schema.Compile(schema.Definition{ID: "S", DisplayName: "S", JSONSchema: json.RawMessage(jsonSchema)}, nil)
		_, other := schema.ParseDefinition([]byte(definition(jsonSchema)), nil)
		if one == nil || other == nil || one.Error() != other.Error() {
			t.Errorf("%.100s: %v and %v", jsonSchema, one, other)
		}
	}
}

func TestLimitsMayBeAsHighAsTheyGo(t *testing.T) {
	t.Parallel()
	const most = int(^uint(0) >> 1)
	opts := &schema.Options{Limits: schema.Limits{
		DefinitionBytes: most, Depth: most, Properties: most, EnumValues: most, EnumBytes: most, PatternBytes: most, PatternSize: most,
		DecimalPlaces: most, NumberBytes: most, PayloadBytes: most, PayloadDepth: most, PatternSteps: most, Violations: most,
	}}
	s := parse(t, declaring(`{"type":"string","pattern":"a"}`), opts)
	if r := check(t, s, `{"p":"b","q":1}`); len(r.Violations) != 2 {
		t.Errorf("%+v", r)
	}
	if code, at := refused(t, s, `{"p":`+strings.Repeat("[", 20_000)+strings.Repeat("]", 20_000)+`}`); code != schema.PayloadTooDeep || at != "" {
		t.Errorf("%q at %q", code, at)
	}
	if got := problems(t, declaring(strings.Repeat("[", 20_000)+strings.Repeat("]", 20_000)), opts); len(got) != 1 || got[0].Code != schema.ProblemLimit {
		t.Errorf("%v", got)
	}
}

func TestBoundsMayBeAnyFloat(t *testing.T) {
	t.Parallel()
	for _, n := range []string{"5e-324", "4.9406564584124654e-324", "2.2250738585072014e-308", "1.7976931348623157e308", "-1.7976931348623157e308"} {
		s := property(t, fmt.Sprintf(`{"type":"number","minimum":%s}`, n), nil)
		if r := check(t, s, `{"p":`+n+`}`); len(r.Violations) != 0 {
			t.Errorf("%s: %+v", n, r)
		}
		if r := check(t, s, `{"p":-1.7976931348623158e308}`); len(r.Violations) != 1 {
			t.Errorf("%s: %+v", n, r)
		}
	}
}
