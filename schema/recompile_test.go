package schema_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/engage-interactions/engage/schema"
)

// oversize declares properties, each over one of the default limits.
var oversize = map[string]string{
	"depth":          `"deep":{"type":"string","const":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}`,
	"properties":     many(300, `"p%d":{"type":"string"}`),
	"enum values":    `"v":{"type":"integer","enum":[` + many(1_001, `%d`) + `]}`,
	"enum bytes":     `"e":{"type":"string","enum":["` + strings.Repeat("a", 17_000) + `"]}`,
	"const bytes":    `"c":{"type":"string","const":"` + strings.Repeat("a", 17_000) + `"}`,
	"pattern bytes":  `"b":{"type":"string","pattern":"` + strings.Repeat("a", 257) + `"}`,
	"pattern size":   many(12, `"s%d":{"type":"string","pattern":"^a{1000}$"}`),
	"decimal places": many(40, `"d%d":{"type":"number","minimum":1e-300}`),
	"number bytes":   `"n":{"type":"number","minimum":` + strings.Repeat("1", 129) + `}`,
	"bytes":          `"l":{"type":"string","displayName":"` + strings.Repeat("a", 70_000) + `"}`,
}

func TestRecompileTakesWhatIsOverTheLimitsOnDefinitions(t *testing.T) {
	t.Parallel()
	defs := map[string]schema.Definition{
		"ID": {ID: strings.Repeat("a", 129), DisplayName: "S", JSONSchema: json.RawMessage(`{"type":"object"}`)},
	}
	var all []string
	for name, properties := range oversize {
		all = append(all, properties)
		defs[name] = schema.Definition{ID: "S", DisplayName: "S", JSONSchema: json.RawMessage(`{"type":"object","properties":{` + properties + `}}`)}
	}
	every := schema.Definition{ID: defs["ID"].ID, DisplayName: "S", JSONSchema: json.RawMessage(`{"type":"object","properties":{` + strings.Join(all, ",") + `},"required":["v"]}`)}
	defs["every limit"] = every
	for name, def := range defs {
		_, err := schema.Compile(def, nil)
		if e, ok := errors.AsType[*schema.DefinitionError](err); !ok || !e.Has(schema.ProblemLimit) {
			t.Errorf("%s: Compile gives %v", name, err)
		}
		if _, err := schema.Recompile(def, nil); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}

	s, err := schema.Recompile(every, nil)
	if err != nil {
		t.Fatal(err)
	}
	r := check(t, s, `{"v":1000,"s3":"`+strings.Repeat("a", 1000)+`","s4":"b","p299":"x","d7":1e-301,"n":1,"zz":1}`)
	if want := `{"v":1000,"s3":"` + strings.Repeat("a", 1000) + `","p299":"x"}`; !r.Accepted || string(r.Projection) != want || len(r.Violations) != 4 {
		t.Errorf("%+v", r)
	}
}

func TestRecompileKeepsTheLimitsOnPayloads(t *testing.T) {
	t.Parallel()
	def := schema.Definition{ID: "S", DisplayName: "S", JSONSchema: json.RawMessage(`{"type":"object","properties":{"p":{"type":"string","pattern":"a"}}}`)}
	s, err := schema.Recompile(def, &schema.Options{Limits: schema.Limits{
		PayloadBytes: 40, PayloadDepth: 2, NumberBytes: 3, PatternSteps: 40, Violations: 1,
		DefinitionBytes: 1, Depth: 1, Properties: 1, Segmentable: 1, PatternBytes: 1, PatternSize: 1,
	}})
	if err != nil {
		t.Fatal(err)
	}
	for payload, want := range map[string]schema.PayloadCode{
		`{"p":"a"}`: "", strings.Repeat(" ", 40) + `{}`: schema.PayloadTooLarge, `{"q":[[]]}`: schema.PayloadTooDeep, `{"q":1234}`: schema.PayloadNumber,
	} {
		if code, _ := refused(t, s, payload); code != want {
			t.Errorf("%s: %q", payload, code)
		}
	}
	if r := check(t, s, `{"p":"b","q":1}`); len(r.Violations) != 1 || r.Unlisted != 1 {
		t.Errorf("%+v", r)
	}
}

func TestRecompileRefusesWhatCompileRefusesOtherwise(t *testing.T) {
	t.Parallel()
	for _, jsonSchema := range []string{
		``, `{`, `[]`, `{"type":"array"}`, `{"type":"object","$ref":"#"}`, `{"type":"object","type":"object"}`,
		`{"type":"object","properties":{"p":{"type":"string","pattern":"("}}}`, `{"type":"object","required":["p"]}`,
		`{"type":"object","properties":{"p":{"type":"number","maximum":1e999}}}`,
	} {
		def := schema.Definition{ID: "S", DisplayName: "S", JSONSchema: json.RawMessage(jsonSchema)}
		_, one := schema.Compile(def, nil)
		_, other := schema.Recompile(def, nil)
		if e, ok := errors.AsType[*schema.DefinitionError](other); !ok || len(e.Problems) == 0 || one == nil || one.Error() != other.Error() {
			t.Errorf("%s: %v, recompiled %v", jsonSchema, one, other)
		}
	}
}
