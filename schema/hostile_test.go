package schema_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/engage-interactions/engage/schema"
)

// refused returns the code with which a payload is refused, "" if it is not.
func refused(tb testing.TB, s *schema.Schema, payload string) (schema.PayloadCode, string) {
	tb.Helper()
	r, err := s.Check([]byte(payload))
	if err == nil {
		return "", ""
	}
	e, ok := errors.AsType[*schema.PayloadError](err)
	if !ok {
		tb.Fatalf("%.50s: untyped error %v", payload, err)
	}
	if r.Accepted || r.Projection != nil || r.Violations != nil {
		tb.Errorf("%.50s: an error and a result %+v", payload, r)
	}
	return e.Code, e.Pointer
}

func TestPayloadsThatCannotBeChecked(t *testing.T) {
	t.Parallel()
	s := parse(t, seedDefinition, nil)
	for _, c := range []struct {
		payload string
		code    schema.PayloadCode
		pointer string
	}{
		{``, schema.PayloadSyntax, ""},
		{` `, schema.PayloadSyntax, ""},
		{`{`, schema.PayloadSyntax, ""},
		{`{"a":1,}`, schema.PayloadSyntax, ""},
		{`{"a":01}`, schema.PayloadSyntax, ""},
		{`{"a":+1}`, schema.PayloadSyntax, ""},
		{`{"a":0x10}`, schema.PayloadSyntax, ""},
		{`{"a":1_000}`, schema.PayloadSyntax, ""},
		{`{"a":NaN}`, schema.PayloadSyntax, ""},
		{`{"a":Infinity}`, schema.PayloadSyntax, ""},
		{`{'a':1}`, schema.PayloadSyntax, ""},
		{`{a:1}`, schema.PayloadSyntax, ""},
		{`{"a":1/**/}`, schema.PayloadSyntax, ""},
		{"{\"a\":\"\n\"}", schema.PayloadSyntax, ""},
		{"\ufeff{}", schema.PayloadSyntax, ""},
		{`{}{}`, schema.PayloadTrailing, ""},
		{`{} x`, schema.PayloadTrailing, ""},
		{`{}]`, schema.PayloadTrailing, ""},
		{`{"name":"a"} {"name":"b"}`, schema.PayloadTrailing, ""},
		{`[]`, schema.PayloadNotObject, ""},
		{`"x"`, schema.PayloadNotObject, ""},
		{` null `, schema.PayloadNotObject, ""},
		{`1`, schema.PayloadNotObject, ""},
		{`true`, schema.PayloadNotObject, ""},
		{"{\"a\":\"\xff\"}", schema.PayloadUnicode, ""},
		{"{\"\xff\":1,\"\xfe\":2}", schema.PayloadUnicode, ""},
		{"{\"a\":\"\xed\xa0\x80\"}", schema.PayloadUnicode, ""},
		{`{"name":"\ud800"}`, schema.PayloadUnicode, "/name"},
		{`{"name":"\udc00\ud800"}`, schema.PayloadUnicode, "/name"},
		{`{"name":"\ud800x"}`, schema.PayloadUnicode, "/name"},
		{`{"name":"\ud800\n"}`, schema.PayloadUnicode, "/name"},
		{`{"name":"\ud800\u0041"}`, schema.PayloadUnicode, "/name"},
		{`{"\ud800":1}`, schema.PayloadUnicode, "/\uFFFD"},
		{`{"x":[{"y":"\uDFFF"}]}`, schema.PayloadUnicode, "/x"},
		{`{"name":"a","name":"b"}`, schema.PayloadDuplicate, "/name"},
		{`{"name":"a","n\u0061me":"b"}`, schema.PayloadDuplicate, "/name"},
		{`{"x":{"y":[0,{"a/b":1,"a/b":1}]}}`, schema.PayloadDuplicate, "/x"},
		{`{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1,"i":1,"j":1,"k":1,"b":1}`, schema.PayloadDuplicate, "/b"},
		{`{"":1,"":2}`, schema.PayloadDuplicate, "/"},
		{strings.Repeat("[", 33) + strings.Repeat("]", 33), schema.PayloadNotObject, ""},
		{`{"x":` + strings.Repeat("[", 32) + strings.Repeat("]", 32) + `}`, schema.PayloadTooDeep, "/x"},
		{strings.Repeat(`{"x":`, 33) + `1` + strings.Repeat(`}`, 33), schema.PayloadTooDeep, "/x"},
		{`{"x":` + strings.Repeat("[", 30_000) + strings.Repeat("]", 30_000) + `}`, schema.PayloadTooDeep, ""},
		{`{"x":` + strings.Repeat("[", 60_000), schema.PayloadTooDeep, ""},
		{`{"name":"` + strings.Repeat("a", 64<<10) + `"}`, schema.PayloadTooLarge, ""},
	} {
		if code, pointer := refused(t, s, c.payload); code != c.code || pointer != c.pointer {
			t.Errorf("%.60s: %q at %q, want %q at %q", c.payload, code, pointer, c.code, c.pointer)
		}
	}
}

// hostileNumbers are literals over which gojsonschema panics or takes seconds.
var hostileNumbers = []string{
	"1e309", "-1e309", "1e400", "1e1000", "1e100000", "1e1000000", "1e1000001", "1e1000000000", "1e9223372036854775807", "1e100000000000000000000",
	"1e-401", "1e-1000001", "1e-100000000000000000000", "0e1000001", "0.0e-99999999", "1E+1000001", "-1.5E-1000001",
	strings.Repeat("9", 129), strings.Repeat("9", 10_000), strings.Repeat("9", 60_000), "0." + strings.Repeat("0", 60_000) + "1", strings.Repeat("9", 120) + "e300",
}

func TestHostileNumbersInPayloadsAreRefusedWhateverTheProperty(t *testing.T) {
	t.Parallel()
	for _, keywords := range []string{
		`{"type":"integer"}`, `{"type":"number"}`, `{"type":"string"}`, `{"type":"boolean"}`,
		`{"type":"number","maximum":5,"minimum":1,"exclusiveMaximum":5,"exclusiveMinimum":1}`, `{"type":"number","multipleOf":0.01}`,
		`{"type":"integer","enum":[1,2]}`, `{"type":"number","const":1}`, `{"type":"string","enum":["a"]}`,
	} {
		s := property(t, keywords, nil)
		for _, n := range hostileNumbers {
			for pointer, payload := range map[string]string{
				"/p": `{"p":` + n + `}`, "/q": `{"q":` + n + `}`, "/r": `{"r":[{"x":` + n + `}]}`,
			} {
				if code, at := refused(t, s, payload); code != schema.PayloadNumber || at != pointer {
					t.Errorf("%s on %.40s: %q at %q", keywords, payload, code, at)
				}
			}
		}
	}
}

func TestLargeNumbersWithinBoundsAreChecked(t *testing.T) {
	t.Parallel()
	s := property(t, `{"type":"number","multipleOf":1e-300,"minimum":-1e308,"exclusiveMaximum":1e308,"enum":[5]}`, nil)
	for _, n := range []string{"1e308", "-1e308", "1e-400", "0e400", strings.Repeat("9", 128), "0." + strings.Repeat("9", 126), "1.7976931348623157e308"} {
		if code, _ := refused(t, s, `{"p":`+n+`}`); code != "" {
			t.Errorf("%s: %q", n, code)
		}
	}
}

func TestHostileNumbersInDefinitionsAreRefused(t *testing.T) {
	t.Parallel()
	for _, n := range append([]string{"1e-325", "1e-400", "1e-30000", "1e-1000000"}, hostileNumbers...) {
		for _, property := range []string{
			`{"type":"number","maximum":N}`, `{"type":"number","minimum":N}`, `{"type":"number","exclusiveMinimum":N}`, `{"type":"number","exclusiveMaximum":N}`,
			`{"type":"number","multipleOf":N}`, `{"type":"string","minLength":N}`, `{"type":"string","maxLength":N}`, `{"type":"number","enum":[[N]]}`,
			`{"type":"number","const":N}`, `{"type":N}`, `{"title":N,"type":"string"}`, `{"type":"string","sortOrder":N}`,
		} {
			document := declaring(strings.ReplaceAll(property, "N", n))
			if !slices.ContainsFunc(problems(t, document, nil), func(p schema.Problem) bool { return p.Code == schema.ProblemLimit }) {
				t.Errorf("%.120s: no limit", document)
			}
		}
		problems(t, definition(`{"type":"object","required":[`+n+`]}`), nil)
	}
}

// hostileDefinitions are those that make gojsonschema fetch, read files,
// panic, hang or kill the process.
func TestHostileDefinitionsAreRefused(t *testing.T) {
	t.Parallel()
	for _, jsonSchema := range []string{
		`{"$ref":"#"}`, `{"type":"object","$ref":"#"}`, `{"type":"object","allOf":[{"$ref":"#"}]}`, `{"type":"object","not":{"$ref":"#"}}`,
		`{"type":"object","properties":{"p":{"type":"string","$ref":"http://127.0.0.1:1/"}}}`,
		`{"type":"object","properties":{"p":{"type":"string","$ref":"file:///etc/passwd"}}}`,
		`{"type":"object","properties":{"p":{"$ref":"#/properties/p"}}}`,
		`{"$id":"http://127.0.0.1:1/","type":"object","properties":{"p":{"$ref":"x"}}}`,
		`{"$schema":"http://127.0.0.1:1/","type":"object"}`, `{"$schema":"","type":"object"}`, `{"$schema":"urn:x","type":"object"}`, `{"$schema":5,"type":"object"}`,
		`{"$schema":"https://json-schema.org/draft/2019-09/schema","type":"object"}`, `{"$schema":"https://json-schema.org/draft/2020-12/schema#","type":"object"}`,
		`{"definitions":true,"type":"object"}`, `{"type":"object","$defs":{"a":{"$ref":"#/$defs/b"}}}`, `{"type":"object","dependencies":{"p":["q"]}}`,
		`{"type":"object","patternProperties":{"x":{"$ref":"http://127.0.0.1:1/"}}}`, `{"type":[]}`, `{"type":"object","properties":{"p":{"type":[]}}}`,
		`{"type":"object","properties":{"p":{"type":"string","pattern":"` + strings.Repeat("a", 50_000) + `"}}}`,
		`{"type":"object","properties":{"p":{"type":"string","pattern":"` + strings.Repeat(".{0,1000}", 28) + `"}}}`,
		`{"type":"object","properties":{"p":{"type":"string","pattern":"((((a{10}){10}){10}){10}){10}"}}}`,
		`{"type":"object","properties":{"p":{"type":"string","pattern":"` + strings.Repeat("(", 250) + `"}}}`,
		`{"type":"object","properties":{"p":` + strings.Repeat(`{"not":`, 40) + `{}` + strings.Repeat("}", 40) + `}}`,
		strings.Repeat("[", 60_000), strings.Repeat("[", 30_000) + strings.Repeat("]", 30_000), strings.Repeat(" ", 1<<20) + "{}",
		`{"type":"object","properties":{` + many(257, `"p%d":{"type":"string"}`) + `}}`,
		`{"type":"object","properties":{` + many(250, `"p%d":{"type":"string","pattern":"`+strings.Repeat(`\\p{L}`, 30)+`"}`) + `}}`,
		`{"type":"object","properties":{"p":{"type":"string","enum":[` + many(5_000, `%d`) + `]}}}`,
		`{` + many(6_000, `"k%d":1`) + `}`,
	} {
		if got := problems(t, definition(jsonSchema), nil); len(got) == 0 {
			t.Errorf("%.100s is accepted", jsonSchema)
		}
	}
}

func many(n int, format string) string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = fmt.Sprintf(format, i)
	}
	return strings.Join(parts, ",")
}

func TestPayloadLimits(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		limits  schema.Limits
		payload string
		code    schema.PayloadCode
	}{
		{schema.Limits{PayloadBytes: 10}, `{"p":"abcde"}`, schema.PayloadTooLarge},
		{schema.Limits{PayloadDepth: 1}, `{"q":[]}`, schema.PayloadTooDeep},
		{schema.Limits{NumberBytes: 3}, `{"q":1234}`, schema.PayloadNumber},
	} {
		s := property(t, `{"type":"string","pattern":"a"}`, &schema.Options{Limits: c.limits})
		if code, _ := refused(t, s, c.payload); code != c.code {
			t.Errorf("%+v: %q", c.limits, code)
		}
		if code, _ := refused(t, property(t, `{"type":"string","pattern":"a"}`, nil), c.payload); code != "" {
			t.Errorf("%s: %q by default", c.payload, code)
		}
	}
}

func TestViolationsAreCappedDeclaredPropertiesFirst(t *testing.T) {
	t.Parallel()
	s := parse(t, seedDefinition, &schema.Options{Limits: schema.Limits{Violations: 3}})
	r := check(t, s, `{"a":1,"b":2,"c":3,"d":4,"price":"x","name":5}`)
	want := []schema.Violation{
		{Pointer: "/name", Code: schema.CodeRequired},
		{Pointer: "/name", Code: schema.CodeType, Expected: "string", Got: "number"},
		{Pointer: "/price", Code: schema.CodeType, Expected: "integer", Got: "string"},
	}
	if !slices.Equal(r.Violations, want) || r.Unlisted != 4 || r.Accepted {
		t.Errorf("%+v", r)
	}
	r = check(t, parse(t, seedDefinition, nil), `{`+many(5_000, `"%d":1`)+`}`)
	if len(r.Violations) != 100 || r.Unlisted != 4_901 {
		t.Errorf("%d listed, %d unlisted", len(r.Violations), r.Unlisted)
	}
}

func TestErrorsSayNothingOfThePayload(t *testing.T) {
	t.Parallel()
	const secret = "SECRET"
	s := parse(t, seedDefinition, nil)
	for _, payload := range []string{`"SECRET"`, `{"name":"SECRET\ud800"}`, `{"name":"SECRET","name":"SECRET"}`, `{"name":"SECRET"} SECRET`} {
		if _, err := s.Check([]byte(payload)); err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: %v", payload, err)
		}
	}
	if r := check(t, s, `{"price":"SECRET","created":"SECRET","name":"x","z":"SECRET"}`); strings.Contains(fmt.Sprint(r.Violations), secret) {
		t.Errorf("%v", r.Violations)
	}
	if _, err := s.ParseValue("price", []byte(`"SECRET"`)); err == nil || strings.Contains(err.Error(), secret) {
		t.Errorf("%v", err)
	}
	if _, err := schema.ParseDateTime(secret); err == nil || strings.Contains(err.Error(), secret) {
		t.Errorf("%v", err)
	}
}

func TestPayloadErrorsMatchByCode(t *testing.T) {
	t.Parallel()
	_, err := parse(t, seedDefinition, nil).Check([]byte(`{"a":{"b":1e999}}`))
	for target, want := range map[*schema.PayloadError]bool{
		{Code: schema.PayloadNumber}: true, {Code: schema.PayloadNumber, Pointer: "/a"}: true, {}: true,
		{Code: schema.PayloadSyntax}: false, {Code: schema.PayloadNumber, Pointer: "/b"}: false,
	} {
		if errors.Is(err, target) != want {
			t.Errorf("Is(%+v) is not %t", target, want)
		}
	}
}
