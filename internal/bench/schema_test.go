package bench_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/xeipuuv/gojsonschema"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/schema"
)

// BenchmarkCheck checks a payload. The baseline decodes it and has gojsonschema validate what was
// decoded. Check also refuses what is twice in an object, bad Unicode and huge numbers, and cuts out what the
// schema declares.
func BenchmarkCheck(b *testing.B) {
	ours := must(schema.Compile(definition, nil))(b)
	theirs := byGojsonschema(b, definition)
	text := []byte(payload)
	contest{"Check", 1_000, []side{
		{"gojsonschema", repeat(func() error { return valid(theirs, text) })},
		{"engage", repeat(func() error { return accepted(ours.Check(text)) })},
	}}.run(b)
}

// byGojsonschema compiles a definition with gojsonschema.
func byGojsonschema(tb testing.TB, def schema.Definition) *gojsonschema.Schema {
	tb.Helper()
	loader := gojsonschema.NewSchemaLoader()
	loader.AutoDetect, loader.Draft = false, gojsonschema.Draft7
	return must(loader.Compile(gojsonschema.NewBytesLoader(def.JSONSchema)))(tb)
}

// valid decodes a text, and has gojsonschema validate it.
func valid(by *gojsonschema.Schema, text []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var decoded any
	if err := decoder.Decode(&decoded); err != nil {
		return err
	}
	r, err := by.Validate(gojsonschema.NewRawLoader(decoded))
	if err == nil && !r.Valid() {
		return fmt.Errorf("%v", r.Errors())
	}
	return err
}

func accepted(r schema.Result, err error) error {
	if err == nil && !r.Accepted {
		return fmt.Errorf("%v", r.Violations)
	}
	return err
}

// BenchmarkCheckCached checks a payload by a schema that is compiled. The baseline compiles it on
// each call. Between them is an Engine that is asked what it would make of a submission: it keeps
// schemas compiled, but reads in its store which version is the current one.
func BenchmarkCheckCached(b *testing.B) {
	compiled := must(schema.Compile(definition, nil))(b)
	eng := must(engage.New(b.Context(), inMemory(b), nil))(b)
	must(eng.Schemas.Create(b.Context(), definition))(b)
	contest{"CheckCached", 200, []side{
		{"compiling", repeat(func() error {
			s, err := schema.Compile(definition, nil)
			if err != nil {
				return err
			}
			return accepted(s.Check([]byte(payload)))
		})},
		{"engine", repeat(func() error {
			r, err := eng.Interactions.Check(lasting(b), submission(templateContact))
			if err == nil && !r.Accepted {
				return fmt.Errorf("%v", r.Violations)
			}
			return err
		})},
		{"engage", repeat(func() error { return accepted(compiled.Check([]byte(payload))) })},
	}}.run(b)
}
