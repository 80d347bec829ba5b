package schema_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/xeipuuv/gojsonschema"
)

// BenchmarkCheck compares Check with what it replaces: decoding the payload
// and having gojsonschema validate what was decoded. Check also refuses
// duplicate keys, bad Unicode and huge numbers, and cuts out the projection.
func BenchmarkCheck(b *testing.B) {
	s := parse(b, seedDefinition, nil)
	payload := []byte(`{
        "price": 100,
        "created": "2011-11-03T20:00:11Z",
        "name": "Reused Item"
    }`)

	b.Run("schema", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if r, err := s.Check(payload); err != nil || !r.Accepted {
				b.Fatal(r, err)
			}
		}
	})
	b.Run("baseline", func(b *testing.B) {
		loader := gojsonschema.NewSchemaLoader()
		loader.AutoDetect, loader.Draft = false, gojsonschema.Draft7
		compiled, err := loader.Compile(gojsonschema.NewBytesLoader(s.Definition().JSONSchema))
		if err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		for b.Loop() {
			decoder := json.NewDecoder(bytes.NewReader(payload))
			decoder.UseNumber()
			var decoded any
			if err := decoder.Decode(&decoded); err != nil {
				b.Fatal(err)
			}
			if r, err := compiled.Validate(gojsonschema.NewRawLoader(decoded)); err != nil || !r.Valid() {
				b.Fatal(r, err)
			}
		}
	})
}

// BenchmarkCompile is the cost of a schema that is not cached.
func BenchmarkCompile(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		parse(b, seedDefinition, nil)
	}
}
