package schema

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/engage-interactions/engage/schema/internal/jsonscan"
)

// maxExponent bounds the written exponents of numbers in definitions. It
// covers float64; gojsonschema takes minutes over numbers like 1e-1000000.
const maxExponent = 308

// maxID is the length of a schema ID in bytes.
const maxID = 128

// reader reads a definition and collects all that is wrong with it.
type reader struct {
	limits   Limits
	bounds   jsonscan.Bounds
	problems []Problem
	size     int  // of the patterns so far
	full     bool // a pattern was too large; no more are translated
	places   int  // decimal places of the numbers so far
}

func newReader(opts Options) *reader {
	l := opts.Limits.withDefaults()
	return &reader{
		limits: l,
		bounds: jsonscan.Bounds{Depth: l.Depth, NumberBytes: l.NumberBytes, Exponent: maxExponent},
	}
}

func (r *reader) problem(pointer string, code ProblemCode, detail string, args ...any) {
	r.problems = append(r.problems, Problem{pointer, code, fmt.Sprintf(detail, args...)})
}

// err returns what was found as a *DefinitionError, or nil.
func (r *reader) err() error {
	if len(r.problems) == 0 {
		return nil
	}
	return &DefinitionError{Problems: sortProblems(r.problems)}
}

// document reads the wire form of a definition; not ok if it cannot be read at
// all.
func (r *reader) document(data []byte) (def Definition, ok bool) {
	if len(data) > r.limits.DefinitionBytes {
		r.problem("", ProblemLimit, "more than %d bytes", r.limits.DefinitionBytes)
		return def, false
	}
	v := r.open("", data)
	if v == nil || v.Kind != jsonscan.Object {
		r.members("", v)
		return def, false
	}
	for _, m := range r.members("", v) {
		at := jsonscan.Pointer(string(m.Key))
		switch string(m.Key) {
		case "id":
			def.ID, _ = r.text(at, m.Value)
		case "displayName":
			def.DisplayName, _ = r.text(at, m.Value)
		case "jsonSchema":
			def.JSONSchema = slices.Clone(json.RawMessage(m.Raw))
		default:
			r.problem(at, ProblemUnknown, "unknown key %q", m.Key)
		}
	}
	return def, true
}

// definition reads what a definition declares, in the order in which it does.
func (r *reader) definition(def Definition) []*declared {
	if len(def.ID)+len(def.DisplayName)+len(def.JSONSchema) > r.limits.DefinitionBytes {
		r.problem("", ProblemLimit, "more than %d bytes", r.limits.DefinitionBytes)
		return nil
	}
	switch {
	case r.reported("/id"):
	case def.ID == "":
		r.problem("/id", ProblemMissing, "an ID is required")
	case len(def.ID) > maxID:
		r.problem("/id", ProblemLimit, "more than %d bytes", maxID)
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
	return r.jsonSchema(at, r.open(at, def.JSONSchema))
}

func isIDChar(c rune) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == '-'
}

// jsonSchema reads the schema proper: $schema, type, properties, required.
func (r *reader) jsonSchema(at string, v *jsonscan.Value) []*declared {
	if v == nil {
		return nil
	}
	var props []*declared
	var required *jsonscan.Value
	typed := v.Kind != jsonscan.Object // else reported by members
	for _, m := range r.members(at, v) {
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
			props = r.properties(at, m.Value)
		case "required":
			required = &m.Value
		default:
			r.problem(at, ProblemUnknown, "unsupported keyword %q", m.Key)
		}
	}
	if !typed {
		r.problem(at+"/type", ProblemMissing, `must be "object"`)
	}
	if required != nil {
		r.required(at+"/required", *required, props)
	}
	return props
}

func (r *reader) properties(at string, v jsonscan.Value) []*declared {
	members := r.members(at, &v)
	if len(members) > r.limits.Properties {
		r.problem(at, ProblemLimit, "more than %d properties", r.limits.Properties)
		return nil
	}
	props := make([]*declared, 0, len(members))
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
	return props
}

func (r *reader) required(at string, v jsonscan.Value, props []*declared) {
	if v.Kind != jsonscan.Array {
		r.problem(at, ProblemInvalid, "must be an array")
		return
	}
	byName := make(map[string]*declared, len(props))
	for _, d := range props {
		byName[d.Name] = d
	}
	for i, e := range r.elements(at, v) {
		at := fmt.Sprintf("%s/%d", at, i)
		name, ok := r.text(at, e)
		if !ok {
			continue
		}
		switch d := byName[name]; {
		case d == nil:
			r.problem(at, ProblemUndeclared, "property %q is not declared", name)
		case d.Required:
			r.problem(at, ProblemDuplicate, "property %q stands twice", name)
		default:
			d.Required = true
		}
	}
}

// open checks a document that comes from outside; nil if it is unusable.
func (r *reader) open(at string, data []byte) *jsonscan.Value {
	err := jsonscan.Check(data, r.bounds)
	if err == nil {
		var v jsonscan.Value
		if v, err = jsonscan.Scan(data, r.bounds); err == nil {
			return &v
		}
	}
	r.fault(at, err)
	return nil
}

func (r *reader) fault(at string, err *jsonscan.Error) {
	at += jsonscan.Pointer(err.Path...)
	switch err.Fault {
	case jsonscan.Syntax:
		r.problem(at, ProblemSyntax, "not valid JSON")
	case jsonscan.Trailing:
		r.problem(at, ProblemSyntax, "data after the JSON value")
	case jsonscan.Unicode:
		r.problem(at, ProblemSyntax, "not valid Unicode")
	case jsonscan.TooDeep:
		r.problem(at, ProblemLimit, "nested deeper than %d", r.bounds.Depth)
	case jsonscan.Duplicate:
		r.problem(at, ProblemDuplicate, "the key stands twice")
	case jsonscan.NumberBounds:
		r.problem(at, ProblemLimit, "number out of bounds")
	}
}

// members returns the members of what must be an object.
func (r *reader) members(at string, v *jsonscan.Value) []jsonscan.Member {
	if v == nil {
		return nil
	}
	if v.Kind != jsonscan.Object {
		r.problem(at, ProblemInvalid, "must be an object")
		return nil
	}
	members, err := jsonscan.Members(nil, v.Raw, r.bounds)
	if err != nil {
		r.fault(at, err)
		return nil
	}
	return members
}

func (r *reader) elements(at string, v jsonscan.Value) []jsonscan.Value {
	elements, err := jsonscan.Elements(v.Raw, r.bounds)
	if err != nil {
		r.fault(at, err)
		return nil
	}
	return elements
}

// text returns the text of what must be a string.
func (r *reader) text(at string, v jsonscan.Value) (string, bool) {
	if v.Kind != jsonscan.String {
		r.problem(at, ProblemInvalid, "must be a string")
		return "", false
	}
	return v.Text(), true
}

func (r *reader) reported(pointer string) bool {
	return slices.ContainsFunc(r.problems, func(p Problem) bool { return p.Pointer == pointer })
}
