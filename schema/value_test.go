package schema_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/engage-interactions/engage/schema"
)

func TestEqualValuesHaveOneCanonicalForm(t *testing.T) {
	t.Parallel()
	for canonical, spellings := range map[string][]string{
		`0`:                       {`0`, `-0`, `0.0`, `0e5`, `-0.00e-3`},
		`1`:                       {`1`, `1.0`, `1e0`, `1E+0`, `10e-1`, `0.1e1`, `1.000`},
		`-1.5`:                    {`-1.5`, `-15e-1`, `-0.15e1`, `-1.50`},
		`100`:                     {`100`, `1e2`, `1.00e2`},
		`0.001`:                   {`0.001`, `1e-3`},
		`1e-9`:                    {`0.000000001`, `1e-9`},
		`9007199254740993`:        {`9007199254740993`, `9007199254740993.0`},
		`123456789012345678901`:   {`123456789012345678901`},
		`1e21`:                    {`1000000000000000000000`, `1e21`},
		`123456789012345678901e5`: {`12345678901234567890100000`},
		`true`:                    {`true`},
		`false`:                   {`false`},
		`"a"`:                     {`"a"`, `"\u0061"`},
		`"é"`:                     {`"é"`, `"\u00e9"`},
		`"🐲"`:                     {`"🐲"`, `"\ud83d\udc32"`},
		`"\u003c/\""`:             {`"</\""`, `"\u003c\/\u0022"`},
		`"1"`:                     {`"1"`},
		`"true"`:                  {`"true"`},
		`""`:                      {`""`},
	} {
		for _, raw := range spellings {
			if got := (schema.Value{Raw: json.RawMessage(raw)}).Canonical(); got != canonical {
				t.Errorf("%s: %s, want %s", raw, got, canonical)
			}
			if !json.Valid([]byte(canonical)) {
				t.Errorf("%s is not JSON", canonical)
			}
		}
	}
	for _, raw := range []string{"", `"`, `"\ud800"`, `-`, `1e999999999999999999999`, `1e401`, "\xff", `[1,{}]`, `null`} {
		if got := (schema.Value{Raw: json.RawMessage(raw)}).Canonical(); got != raw {
			t.Errorf("%q: %q", raw, got)
		}
	}
}

func TestValuesAreThoseOfTheProjection(t *testing.T) {
	t.Parallel()
	s := parse(t, seedDefinition, nil)
	values, err := s.Values(check(t, s, `{"name":"a","x":1,"price":1.0e2}`).Projection)
	if err != nil || len(values) != 2 || values[0].Property != "name" || values[0].Type != schema.TypeString || values[1].Canonical() != "100" || string(values[1].Raw) != "1.0e2" {
		t.Errorf("%+v %v", values, err)
	}
	if values, err := s.Values(json.RawMessage(`{"gone":1,"name":null,"price":2}`)); err != nil || len(values) != 1 {
		t.Errorf("%+v %v", values, err)
	}
	for _, projection := range []string{``, `[]`, `{`, `null`} {
		if _, err := s.Values(json.RawMessage(projection)); !errors.Is(err, &schema.PayloadError{}) {
			t.Errorf("%s: %v", projection, err)
		}
	}
}

func TestParseValue(t *testing.T) {
	t.Parallel()
	s := parse(t, seedDefinition, nil)
	if v, err := s.ParseValue("price", json.RawMessage(" 1e2\n")); err != nil || v.Canonical() != "100" || v.Type != schema.TypeInteger || v.Property != "price" {
		t.Errorf("%+v %v", v, err)
	}
	for raw, code := range map[string]schema.Code{`"x"`: schema.CodeType, `1.5`: schema.CodeType, `null`: schema.CodeType, `[1]`: schema.CodeType, `1e19`: schema.CodeIntegerRange} {
		_, err := s.ParseValue("price", json.RawMessage(raw))
		if e, ok := errors.AsType[*schema.ValueError](err); !ok || e.Undeclared || len(e.Violations) != 1 || e.Violations[0].Code != code {
			t.Errorf("%s: %v", raw, err)
		}
	}
	_, err := s.ParseValue("nope", json.RawMessage(`1`))
	if e, ok := errors.AsType[*schema.ValueError](err); !ok || !e.Undeclared {
		t.Errorf("%v", err)
	}
	for raw, code := range map[string]schema.PayloadCode{
		``: schema.PayloadSyntax, `1,"name":"x"`: schema.PayloadTrailing, `1 2`: schema.PayloadTrailing,
		`1e999`: schema.PayloadNumber, `"\ud800"`: schema.PayloadUnicode, "\"\xff\"": schema.PayloadUnicode,
	} {
		if _, err := s.ParseValue("price", json.RawMessage(raw)); !errors.Is(err, &schema.PayloadError{Code: code}) {
			t.Errorf("%s: %v", raw, err)
		}
	}
}

// However many required properties there are, and however few violations are
// listed, it is this one that the error is about.
func TestParseValueIsAboutOneProperty(t *testing.T) {
	t.Parallel()
	document := definition(`{"type":"object","properties":{` + many(120, `"a%03d":{"type":"string"}`) + `,"z":{"type":"integer","enum":[1],"maximum":3}},"required":["z",` + many(120, `"a%03d"`) + `]}`)
	for most, listed := range map[int]int{0: 2, 1: 1} {
		s := parse(t, document, &schema.Options{Limits: schema.Limits{Violations: most}, Strict: true})
		_, err := s.ParseValue("z", json.RawMessage(`5`))
		e, ok := errors.AsType[*schema.ValueError](err)
		if !ok || e.Undeclared || len(e.Violations) != listed {
			t.Fatalf("%v", err)
		}
		for _, v := range e.Violations {
			if v.Pointer != "/z" || v.Code == schema.CodeRequired {
				t.Errorf("%+v", v)
			}
		}
		if text := err.Error(); !strings.Contains(text, "not a value of property") || strings.Contains(text, "not declared") {
			t.Errorf("%v", err)
		}
		if v, err := s.ParseValue("z", json.RawMessage(`1`)); err != nil || v.Canonical() != "1" {
			t.Errorf("%v", err)
		}
	}
	if text := (&schema.ValueError{Property: "p"}).Error(); text != `schema: not a value of property "p"` {
		t.Errorf("%s", text)
	}
}

func TestParseValueHasTheLimitsOfPayloads(t *testing.T) {
	t.Parallel()
	s := property(t, `{"type":"string","pattern":"a"}`, &schema.Options{Limits: schema.Limits{PayloadBytes: 10, PatternSteps: 20}})
	if v, err := s.ParseValue("p", json.RawMessage(`"aaa"`)); err != nil || v.Canonical() != `"aaa"` {
		t.Errorf("%v", err)
	}
	if _, err := s.ParseValue("p", json.RawMessage(`"aaaaaaaaa"`)); !errors.Is(err, &schema.PayloadError{Code: schema.PayloadTooLarge}) {
		t.Errorf("%v", err)
	}
	_, err := s.ParseValue("p", json.RawMessage(`"aaaaaaaa"`))
	if e, ok := errors.AsType[*schema.ValueError](err); !ok || len(e.Violations) != 1 || e.Violations[0].Code != schema.CodePatternSteps {
		t.Errorf("%v", err)
	}
}

func TestTheContactCardShowsWhatIsMarkedInOrder(t *testing.T) {
	t.Parallel()
	s := parse(t, definition(`{"type":"object","properties":{
		"a":{"type":"string","showInContactCard":true,"displayName":"Last"},
		"b":{"type":"string","format":"email","showInContactCard":"true","sortOrder":"2"},
		"hidden":{"type":"string","sortOrder":0},
		"c":{"type":"integer","showInContactCard":true,"sortOrder":1,"displayName":"First"},
		"absent":{"type":"string","showInContactCard":true}}}`), nil)
	card, err := s.Card(check(t, s, `{"a":"1","b":"x@y","c":3,"hidden":"4"}`).Projection)
	if err != nil {
		t.Fatal(err)
	}
	got, _ := json.Marshal(card)
	want := `[{"name":"c","label":"First","type":"integer","value":3},{"name":"b","label":"b","type":"string","format":"email","value":"x@y"},{"name":"a","label":"Last","type":"string","value":"1"}]`
	if string(got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if _, err := s.Card(json.RawMessage(`x`)); !errors.Is(err, &schema.PayloadError{Code: schema.PayloadSyntax}) {
		t.Errorf("got %v", err)
	}
}

func TestParseDateTimeOptions(t *testing.T) {
	t.Parallel()
	if _, err := schema.ParseDateTimeAssumingUTC("2011-11-03T20:00:11"); err != nil {
		t.Error(err)
	}
	for _, s := range []string{"2011-11-03T20:00:11", "9999-12-31T23:59:59-01:00", "0000-01-01T00:00:00+00:01", "9999-12-31T23:59:60Z"} {
		if _, err := schema.ParseDateTime(s); err == nil {
			t.Errorf("%s is accepted", s)
		}
	}
}
