package routing_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/engage-interactions/engage/routing"
)

func TestParseAttributes(t *testing.T) {
	t.Parallel()
	nested := func(depth int) string {
		return strings.Repeat(`{"a":`, depth-1) + "{}" + strings.Repeat("}", depth-1)
	}
	for _, c := range []struct{ text, want, reason string }{
		{``, `{}`, ""},
		{" \n", `{}`, ""},
		{` {"b": 1.50, "a": [12345678901234567890, "<ä>"], "a2": null} `, `{"a":[12345678901234567890,"<ä>"],"a2":null,"b":1.50}`, ""},
		{`{"a": 1, "a": 2}`, `{"a":2}`, ""},
		{`[]`, "", "must be a JSON object, not array"},
		{`"{}"`, "", "must be a JSON object, not string"},
		{`null`, "", "must be a JSON object, not null"},
		{`{`, "", "end too early"},
		{`{} {}`, "", "go on after"},
		{`{}x`, "", "go on after"},
		{`{a: 1}`, "", "are not JSON"},
		{`{"a": 1e10000}`, "", "beyond"},
		{`{"a": [1e-10000]}`, "", "beyond"},
		{"{\"a\": \"\xff\"}", "", "not UTF-8"},
		{nested(routing.MaxAttributesDepth), nested(routing.MaxAttributesDepth), ""},
		{nested(routing.MaxAttributesDepth + 1), "", "deeper than 64"},
		{`{"a":` + strings.Repeat("[", 64) + strings.Repeat("]", 64) + `}`, "", "deeper than 64"},
		{`{"a":"` + strings.Repeat("ä", 4096-8) + `"}`, `{"a":"` + strings.Repeat("ä", 4096-8) + `"}`, ""},
		{`{"a":"` + strings.Repeat("ä", 4096-7) + `"}`, "", "longer than 4096 characters"},
		{strings.Repeat("[", 1<<20), "", "longer than 4096 characters"},
	} {
		for _, parse := range []func() (routing.Attributes, error){
			func() (routing.Attributes, error) { return routing.ParseAttributes(c.text) },
			func() (routing.Attributes, error) { return routing.ParseAttributes([]byte(c.text)) },
		} {
			a, err := parse()
			if c.reason == "" {
				if err != nil || a.String() != c.want {
					t.Errorf("%.80s: %v, %v", c.text, a, err)
				}
				continue
			}
			wrong, ok := errors.AsType[*routing.AttributesError](err)
			if !ok || !strings.Contains(wrong.Reason, c.reason) || a != nil {
				t.Errorf("%.80s: %v", c.text, err)
			}
		}
	}
}

// Attributes are kept as JSON and come back as they were.
func TestAttributesAreKept(t *testing.T) {
	t.Parallel()
	type record struct {
		Attributes routing.Attributes `json:"attributes"`
	}
	for _, text := range []string{`{}`, `{"a":9007199254740993,"b":[1.10,{"c":null}],"d":"<&>"}`} {
		kept, err := json.Marshal(record{attributes(t, text)})
		if err != nil {
			t.Fatal(err)
		}
		var got record
		if err := json.Unmarshal(kept, &got); err != nil || got.Attributes.String() != text {
			t.Errorf("%s: %s, %v", kept, got.Attributes, err)
		}
	}
	var none record
	if kept, _ := json.Marshal(none); string(kept) != `{"attributes":{}}` {
		t.Errorf("%s", kept)
	}
	if err := json.Unmarshal([]byte(`{"attributes": [1]}`), &none); err == nil {
		t.Error("an array is read")
	}
}

// What a host makes in Go compares as what comes in as JSON.
func TestAttributesMadeInGo(t *testing.T) {
	t.Parallel()
	made := routing.Attributes{
		"int": 5, "int8": int8(5), "int16": int16(5), "int32": int32(5), "int64": int64(5), "uint": uint(5),
		"uint8": uint8(5), "uint16": uint16(5), "uint32": uint32(5), "uint64": uint64(1 << 63),
		"float32": float32(0.5), "float64": 1e21, "list": []string{"b", "a"}, "inner": routing.Attributes{"x": "y"},
		"odd": struct{}{}, "nan": json.Number("NaN"),
	}
	for _, text := range []string{
		`int == 5 AND int8 == 5 AND int16 == 5 AND int32 == 5 AND int64 == 5`,
		`uint == 5.0 AND uint8 == 5 AND uint16 == 5 AND uint32 == 5 AND uint64 == 9223372036854775808`,
		`float32 == 0.5 AND float64 == 1000000000000000000000`,
		`list HAS 'a' AND list[0] == 'b' AND inner.x == 'y' AND inner[0] == null AND list[2] == null AND list.x == null`,
		`odd == null AND nan == null AND int.x == null`,
	} {
		if got := expression(t, text, routing.ScopeTask).Explain(routing.Facts{Task: made}); got != "" {
			t.Error(got)
		}
	}
	if got := (routing.Attributes{"f": func() {}}).String(); got != "{}" {
		t.Error(got)
	}
}

func FuzzParseAttributes(f *testing.F) {
	for _, text := range []string{`{"a": [1, -2.5e3, {"b": null}]}`, `{"a":`, `[[[`, `{"\ud800": "\u0000"}`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a, err := routing.ParseAttributes(text)
		if err != nil {
			if _, ok := errors.AsType[*routing.AttributesError](err); !ok {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		var again routing.Attributes
		if err := json.Unmarshal([]byte(a.String()), &again); err != nil || again.String() != a.String() {
			t.Fatalf("%q\n%s\n%s: %v", text, a, again, err)
		}
	})
}
