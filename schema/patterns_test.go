package schema_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/engage-interactions/engage/schema"
)

func TestPatternsMayNotWorkLong(t *testing.T) {
	t.Parallel()
	s := property(t, `{"type":"string","pattern":"(.{0,100}){9}z$"}`, nil)
	want := schema.Violation{Pointer: "/p", Code: schema.CodePatternSteps, Expected: "5000000", Got: "string"}
	if r := check(t, s, `{"p":"`+strings.Repeat("a", 60_000)+`"}`); !slices.Equal(r.Violations, []schema.Violation{want}) || string(r.Projection) != `{}` {
		t.Errorf("%+v", r)
	}
	if r := check(t, s, `{"p":"az"}`); len(r.Violations) != 0 {
		t.Errorf("%+v", r)
	}
	s = property(t, `{"type":"string","pattern":"(a+)+$"}`, nil)
	if r := check(t, s, `{"p":"`+strings.Repeat("a", 50_000)+`b"}`); len(r.Violations) != 1 || r.Violations[0].Code != schema.CodePattern {
		t.Errorf("%+v", r.Violations)
	}
	s = property(t, `{"type":"integer","pattern":"(.{0,100}){9}z$"}`, nil)
	if r := check(t, s, `{"p":"`+strings.Repeat("a", 60_000)+`"}`); len(r.Violations) != 1 || r.Violations[0].Code != schema.CodeType {
		t.Errorf("a pattern that says nothing costs nothing: %+v", r.Violations)
	}
	s = property(t, `{"type":"string","pattern":"^[a-z]{1,1000}$"}`, nil)
	if r := check(t, s, `{"p":"`+strings.Repeat("a", 1_000)+`"}`); len(r.Violations) != 0 {
		t.Errorf("an ordinary pattern on what it is made for: %+v", r.Violations)
	}
}

func TestOnlyThePropertyThatGoesBeyondThePatternStepsIsLeftOut(t *testing.T) {
	t.Parallel()
	// The size of the pattern is 4, so that 10 characters are 40 steps.
	s := parse(t, definition(`{"type":"object","required":["b"],"properties":{
		"a":{"type":"string","pattern":"x"},"b":{"type":"string","pattern":"x"},"c":{"type":"string","pattern":"x"},"n":{"type":"integer"}}}`),
		&schema.Options{Limits: schema.Limits{PatternSteps: 80}})
	ten := `"` + strings.Repeat("x", 10) + `"`
	for _, c := range []struct{ payload, projection, violations string }{
		{`{"a":` + ten + `,"b":` + ten + `,"n":1}`, `{"a":` + ten + `,"b":` + ten + `,"n":1}`, ""},
		{`{"b":` + ten + `,"a":` + ten + `,"c":"x","n":"1"}`, `{"b":` + ten + `,"a":` + ten + `}`, "/c patternSteps /n type"},
		{`{"a":` + ten + `,"c":` + ten + `,"b":` + ten + `,"n":1}`, `{"a":` + ten + `,"c":` + ten + `,"n":1}`, "/b patternSteps /b required"},
		// What does not fit costs nothing: there is room for what comes next.
		{`{"a":` + ten + `,"c":"` + strings.Repeat("x", 11) + `","b":` + ten + `}`, `{"a":` + ten + `,"b":` + ten + `}`, "/c patternSteps"},
		// What does not match did cost.
		{`{"a":"yyyyyyyyyy","c":` + ten + `,"b":` + ten + `}`, `{"c":` + ten + `}`, "/a pattern /b patternSteps /b required"},
	} {
		r := check(t, s, c.payload)
		var got []string
		for _, v := range r.Violations {
			got = append(got, v.Pointer+" "+string(v.Code))
		}
		if strings.Join(got, " ") != c.violations || string(r.Projection) != c.projection || r.Accepted == strings.Contains(c.violations, "required") {
			t.Errorf("%s: %+v", c.payload, r)
		}
		if again := check(t, s, string(r.Projection)); string(again.Projection) != c.projection || again.Accepted != r.Accepted {
			t.Errorf("%s: then %+v", c.payload, again)
		}
	}
}

func TestAPatternIsNotMatchedOnWhatIsTooLongAnyway(t *testing.T) {
	t.Parallel()
	s := parse(t, definition(`{"type":"object","properties":{
		"a":{"type":"string","maxLength":3,"pattern":"^é{0,1000}$"},"b":{"type":"string","pattern":"^é{0,1000}$"}}}`), nil)
	r := check(t, s, `{"a":"`+strings.Repeat("x", 60_000)+`","b":"éé"}`)
	if len(r.Violations) != 1 || r.Violations[0].Code != schema.CodeMaxLength || string(r.Projection) != `{"b":"éé"}` {
		t.Errorf("%+v", r)
	}
	if r := check(t, s, `{"a":"ééé"}`); len(r.Violations) != 0 {
		t.Errorf("lengths are in code points: %+v", r)
	}
	if r := check(t, s, `{"a":"xxx"}`); len(r.Violations) != 1 || r.Violations[0].Code != schema.CodePattern {
		t.Errorf("%+v", r)
	}
}

func TestAFormatOfExpressionsHasNoLimitsOfItsOwn(t *testing.T) {
	t.Parallel()
	s := property(t, `{"type":"string","format":"regex"}`, nil)
	for _, expr := range []string{`a{1001}`, `(?:a{2000}){3}`, strings.Repeat("(", 300) + strings.Repeat(")", 300), strings.Repeat("(", 30_000) + strings.Repeat(")", 30_000)} {
		if r := check(t, s, `{"p":"`+expr+`"}`); len(r.Violations) != 0 {
			t.Errorf("%.20s is refused", expr)
		}
	}
}

// A pattern is judged by what it is, not by what others have used up.
func TestPatternsAreJudgedOneByOne(t *testing.T) {
	t.Parallel()
	document := definition(`{"type":"object","properties":{
		"a":{"type":"string","pattern":"^a{900}b{900}c{900}$"},"b":{"type":"string","pattern":"a{1001}"},"c":{"type":"string","pattern":"(a{100}){100}"},
		"d":{"type":"string","pattern":"a(?=b)"},"e":{"type":"string","pattern":"\\p{L}("},"f":{"type":"string","pattern":"\\p{L}"},"g":{"type":"string","pattern":"\\P{Any}"}}}`)
	want := []string{"a limit", "b limit", "c limit", "d unsupported", "e pattern"}
	var got []string
	for _, p := range problems(t, document, &schema.Options{Limits: schema.Limits{PatternSize: 1000}}) {
		got = append(got, strings.TrimSuffix(strings.TrimPrefix(p.Pointer, "/jsonSchema/properties/"), "/pattern")+" "+string(p.Code))
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAPatternThatIsTooLargeForRegexpIsRefusedWhereItStands(t *testing.T) {
	t.Parallel()
	limits := schema.Limits{PatternSize: 1 << 30, PatternBytes: 1 << 20}
	pattern := strings.Repeat("(?:a{1000}b{1000}c{1000}d{1000}e{1000})", 1_000)
	got := problems(t, declaring(`{"type":"string","pattern":"`+pattern+`"}`), &schema.Options{Limits: limits})
	if len(got) != 1 || got[0].Code != schema.ProblemLimit || got[0].Pointer != "/jsonSchema/properties/p/pattern" {
		t.Errorf("%.300v", got)
	}
}
