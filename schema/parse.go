package schema

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/engage-interactions/engage/schema/internal/jsonscan"
)

// The document around the JSON schema may be larger than the limits on what it
// holds, because json.Marshal escapes characters that need no escapes: six
// bytes for one. The limits apply to what it holds.
const (
	documentGrowth = 6
	documentSlack  = 1024 // for keys and punctuation
)

// document reads the wire form of a definition; not ok if it cannot be read at
// all. What it holds is for definition to judge.
func (r *reader) document(data []byte) (def Definition, ok bool) {
	if (len(data)-documentSlack)/documentGrowth > r.limits.DefinitionBytes {
		r.problem("", ProblemLimit, "more than %d bytes", r.limits.DefinitionBytes)
		return def, false
	}
	bounds := r.bounds
	bounds.Depth = min(bounds.Depth, math.MaxInt-1) + 1 // the JSON schema is within the document
	v, ok := r.open("", data, bounds)
	if !ok {
		return def, false
	}
	for _, m := range r.members("", v) {
		if r.full() {
			break
		}
		at := jsonscan.Pointer(string(m.Key))
		switch string(m.Key) {
		case "id":
			def.ID, _ = r.text(at, m.Value)
		case "displayName":
			def.DisplayName, _ = r.text(at, m.Value)
		case "jsonSchema":
			def.JSONSchema = slices.Clone(json.RawMessage(m.Raw))
		default:
			r.unknown(at, "unknown key", m.Key, []string{"id", "displayName", "jsonSchema"})
		}
	}
	return def, v.Kind == jsonscan.Object
}

// definition reads what a definition declares, in the order in which it does.
func (r *reader) definition(def Definition) []*declared {
	if len(def.ID)+len(def.DisplayName)+written(def.JSONSchema) > r.limits.DefinitionBytes {
		r.problem("", ProblemLimit, "more than %d bytes", r.limits.DefinitionBytes)
		return nil
	}
	switch {
	case r.reported("/id"):
	case def.ID == "":
		r.problem("/id", ProblemMissing, "an ID is required")
	case len(def.ID) > r.idBytes:
		r.problem("/id", ProblemLimit, "more than %d bytes", r.idBytes)
	case strings.ContainsFunc(def.ID, func(c rune) bool { return !isIDChar(c) }):
		r.problem("/id", ProblemInvalid, "must be letters, digits, _ and -")
	}
	switch {
	case r.reported("/displayName"):
	case def.DisplayName == "":
		r.problem("/displayName", ProblemMissing, "a display name is required")
	case !utf8.ValidString(def.DisplayName):
		r.problem("/displayName", ProblemSyntax, "not valid UTF-8")
	}
	const at = "/jsonSchema"
	if len(def.JSONSchema) == 0 {
		r.problem(at, ProblemMissing, "a JSON schema is required")
		return nil
	}
	v, ok := r.open(at, def.JSONSchema, r.bounds)
	if !ok {
		return nil
	}
	return r.jsonSchema(at, v)
}

// escaped are the characters that json.Marshal escapes even where JSON does
// not ask for it, and their escapes.
var escaped = [...][2]string{
	{"<", `\u003c`}, {">", `\u003e`}, {"&", `\u0026`}, {"\u2028", `\u2028`}, {"\u2029", `\u2029`},
}

// written is the size of JSON as its author may have written it: what
// json.Marshal escapes counts alike with and without the escape.
func written(raw []byte) int {
	n := len(raw)
	for _, e := range escaped {
		n -= bytes.Count(raw, []byte(e[1])) * (len(e[1]) - len(e[0]))
	}
	return n
}

func isIDChar(c rune) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == '-'
}

// jsonSchema reads the schema proper: $schema, type, properties, required.
func (r *reader) jsonSchema(at string, v jsonscan.Value) []*declared {
	var props []*declared
	known := true // what is declared
	var required *jsonscan.Value
	typed := v.Kind != jsonscan.Object // else reported by members
	for _, m := range r.members(at, v) {
		if r.full() {
			break
		}
		at := at + jsonscan.Pointer(string(m.Key))
		switch string(m.Key) {
		case "$schema":
			if s, ok := r.text(at, m.Value); ok && s != Dialect {
				r.problem(at, ProblemInvalid, "must be %q", Dialect)
			}
		case "type":
			typed = true
			if m.Kind != jsonscan.String || m.Text() != "object" {
				r.problem(at, ProblemInvalid, `must be "object"`)
			}
		case "properties":
			props, known = r.properties(at, m.Value)
		case "required":
			required = &m.Value
		default:
			r.unknown(at, "unsupported keyword", m.Key, []string{"$schema", "type", "properties", "required"})
		}
	}
	if !typed {
		r.problem(at+"/type", ProblemMissing, `must be "object"`)
	}
	if required != nil {
		r.required(at+"/required", *required, props, known)
	}
	return props
}

// properties reads the declared properties; known says whether it read all of
// them.
func (r *reader) properties(at string, v jsonscan.Value) (props []*declared, known bool) {
	members := r.members(at, v)
	if len(members) > r.limits.Properties {
		r.problem(at, ProblemLimit, "more than %d properties", r.limits.Properties)
		return nil, false
	}
	props = make([]*declared, 0, len(members))
	segmentable := 0
	for _, m := range members {
		d := r.property(at+jsonscan.Pointer(string(m.Key)), string(m.Key), m.Value)
		props = append(props, d)
		if d.AddToSegmentation {
			segmentable++
		}
	}
	if most := r.limits.Segmentable; most > 0 && segmentable > most {
		r.problem(at, ProblemLimit, "more than %d properties with addToSegmentation", most)
	}
	return props, v.Kind == jsonscan.Object
}

func (r *reader) required(at string, v jsonscan.Value, props []*declared, known bool) {
	if v.Kind != jsonscan.Array {
		r.problem(at, ProblemInvalid, "must be an array")
		return
	}
	byName := make(map[string]*declared, len(props))
	for _, d := range props {
		byName[d.Name] = d
	}
	for i, e := range jsonscan.OutlineElements(v, r.bounds) {
		at := fmt.Sprintf("%s/%d", at, i)
		name, ok := r.text(at, e)
		if !ok {
			continue
		}
		switch d := byName[name]; {
		case d == nil && !known:
		case d == nil:
			r.problem(at, ProblemUndeclared, "property %q is not declared", name)
		case d.Required:
			r.problem(at, ProblemDuplicate, "property %q stands twice", name)
		default:
			d.Required = true
		}
	}
}
