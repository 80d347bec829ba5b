package schema

import (
	"encoding/json"
	"slices"
)

// Dialect is the JSON Schema dialect that definitions are written in, and the
// only value "$schema" may have (seed 002, "The schema": "has currently only
// the value shown").
const Dialect = "https://json-schema.org/draft/2020-12/schema"

// Definition is an interaction schema as its author wrote it, in the wire form
// of seed 002, "The schema". JSONSchema is kept byte for byte as it was given,
// so a definition that is stored and marshalled again is the same JSON.
type Definition struct {
	// ID names this kind of interaction: 1 to 128 letters, digits, "_" and "-".
	ID string `json:"id"`
	// DisplayName is what people see for this kind of interaction. It is
	// never empty.
	DisplayName string `json:"displayName"`
	// JSONSchema declares the properties. The package documentation lists the
	// keywords it may use.
	JSONSchema json.RawMessage `json:"jsonSchema"`
}

// Options say how strictly definitions and payloads are treated. The zero
// value, and a nil pointer, are the defaults.
type Options struct {
	// Limits bound what definitions and payloads may cost.
	Limits Limits
	// Strict rejects a payload on any violation, undeclared properties
	// included. By default what does not conform is left out, and only a
	// missing required property rejects.
	Strict bool
	// AssumeUTC accepts a date-time without an offset and reads it as UTC, as
	// in seed 002, "Sending an interaction" (2011-11-03T20:00:11). RFC 3339,
	// and so the default, demands the offset.
	AssumeUTC bool
	// BigIntegers accepts integers beyond 64 bits, as JSON Schema does. By
	// default they are violations, because few databases and languages carry
	// them unharmed.
	BigIntegers bool
}

// ParseDefinition reads a whole definition document, {"id", "displayName",
// "jsonSchema"}, and checks all that Compile checks. Unknown and duplicate
// keys, invalid UTF-8 and trailing data are refused. The error is a
// *DefinitionError that lists every problem at once, except of a document that
// is no JSON, is not valid UTF-8 or is too large. What json.Marshal makes of a
// Definition that was accepted is accepted again, under the same options.
func ParseDefinition(data []byte, opts *Options) (Definition, error) {
	o := resolve(opts)
	r := newReader(o.Limits)
	def, ok := r.document(data)
	if !ok {
		return Definition{}, r.err()
	}
	if _, err := compile(def, o, r); err != nil {
		return Definition{}, err
	}
	return def, nil
}

func (d Definition) clone() Definition {
	d.JSONSchema = slices.Clone(d.JSONSchema)
	return d
}
