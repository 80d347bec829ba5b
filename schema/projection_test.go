package schema_test

import (
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/engage-interactions/engage/schema"
)

func TestKeysAndValuesKeepTheirSpelling(t *testing.T) {
	t.Parallel()
	s := parse(t, definition(`{"type":"object","properties":{"<&>\u2028":{"type":"string"},"a/b":{"type":"number"}}}`), nil)
	for payload, want := range map[string]string{
		`{ "<&>` + "\u2028" + `" : "<\u003c" , "x":1}`: `{"<&>` + "\u2028" + `":"<\u003c"}`,
		`{"\u003c&\u003E\u2028":"","a\/b":1.0}`:        `{"\u003c&\u003E\u2028":"","a\/b":1.0}`,
	} {
		if r := check(t, s, payload); string(r.Projection) != want {
			t.Errorf("%s: %s, want %s", payload, r.Projection, want)
		}
	}
	values, err := s.Values(json.RawMessage(`{"\u003c&\u003E\u2028":"","a\/b":1.0}`))
	if err != nil || len(values) != 2 || values[0].Property != "<&>\u2028" || values[1].Property != "a/b" {
		t.Errorf("%+v %v", values, err)
	}
}

func TestTheProjectionOfALargePayloadIsItselfAPayload(t *testing.T) {
	t.Parallel()
	name := strings.Repeat("<", 3_000)
	s := parse(t, definition(`{"type":"object","properties":{"`+name+`":{"type":"string"}}}`), nil)
	value := `"` + strings.Repeat("x", 64<<10-len(name)-7) + `"`
	payload := `{"` + name + `":` + value + `}`
	if len(payload) != 64<<10 {
		t.Fatalf("%d bytes", len(payload))
	}
	first := check(t, s, payload)
	if again := check(t, s, string(first.Projection)); string(again.Projection) != payload {
		t.Error("not the payload again")
	}
	if v, err := s.ParseValue(name, json.RawMessage(value)); err != nil || string(v.Raw) != value {
		t.Errorf("%v", err)
	}
}

func TestTheProjectionIsNeverLongerThanThePayload(t *testing.T) {
	t.Parallel()
	s := parse(t, definition(`{"type":"object","properties":{"<a>":{"type":"string"},"\u0000":{"type":"number"},"/":{"type":"boolean"},"":{"type":"integer"}}}`), nil)
	keys := rapid.SampledFrom([]string{`<a>`, `\u003ca>`, `<\u0061>`, `\u0000`, `/`, `\/`, `\u002f`, ``, `x`})
	values := rapid.SampledFrom([]string{`"<"`, `"\u003c"`, `1.0`, `1e2`, `true`, `null`, `[1]`, `""`})
	rapid.Check(t, func(t *rapid.T) {
		var members []string
		for range rapid.IntRange(0, 4).Draw(t, "members") {
			members = append(members, `"`+keys.Draw(t, "key")+`":`+values.Draw(t, "value"))
		}
		payload := "{" + strings.Join(members, ",") + "}"
		r, err := s.Check([]byte(payload))
		if err != nil { // a key that stands twice
			return
		}
		again, err := s.Check(r.Projection)
		if len(r.Projection) > len(payload) || err != nil || string(again.Projection) != string(r.Projection) || again.Accepted != r.Accepted {
			t.Fatalf("%s: %s, then %s, %v", payload, r.Projection, again.Projection, err)
		}
	})
}

func TestPayloadErrorsNameNothingInsideOfAValue(t *testing.T) {
	t.Parallel()
	const secret = "SECRET"
	s := parse(t, seedDefinition, nil)
	for _, payload := range []string{
		`{"name":{"SECRET":1,"SECRET":2}}`, `{"x":[{"SECRET":1e999}]}`, `{"x":{"SECRET":"\ud800"}}`, `{"x":{"SECRET\ud800":1}}`,
		`{"x":{"SECRET":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}}`,
	} {
		_, err := s.Check([]byte(payload))
		text, _ := json.Marshal(err)
		if err == nil || strings.Contains(err.Error(), secret) || strings.Contains(string(text), secret) {
			t.Errorf("%s: %v", payload, err)
		}
	}
}

func TestPayloadErrorsAreShort(t *testing.T) {
	t.Parallel()
	name := strings.Repeat("é", 10_000)
	code, pointer := refused(t, parse(t, seedDefinition, nil), `{"`+name+`":1e999}`)
	if code != schema.PayloadNumber || pointer != "/"+name {
		t.Errorf("%q at %.20q", code, pointer)
	}
	text := (&schema.PayloadError{Code: code, Pointer: pointer}).Error()
	if want := "at /" + strings.Repeat("é", 31) + "…: a number"; !strings.Contains(text, want) {
		t.Errorf("%.200s", text)
	}
}
