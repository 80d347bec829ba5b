package schema

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/engage-interactions/engage/schema/internal/jsonscan"
)

// Value is the value of one property, for triggers and segments.
type Value struct {
	Property string
	Type     Type            // of the property
	Raw      json.RawMessage // a string, number or boolean in its original spelling
}

// Canonical returns a text that is the same for equal values and different for
// different ones: 1, 1.0 and 1e0 are equal, and so are a string with and
// without escapes. Values of different JSON types are never equal. The text is
// JSON. A Raw that no schema of this package can have handed out is returned as
// it is.
func (v Value) Canonical() string {
	bounds := jsonscan.Bounds{Depth: 1, NumberBytes: len(v.Raw), Exponent: payloadExponent}
	if fault := jsonscan.Check(v.Raw, bounds); fault != nil {
		return string(v.Raw)
	}
	return canonical(jsonscan.Outline(v.Raw, bounds))
}

// canonical takes a valid scalar.
func canonical(v jsonscan.Value) string {
	switch v.Kind {
	case jsonscan.String:
		quoted, _ := json.Marshal(v.Text()) // a valid string
		return string(quoted)
	case jsonscan.Number:
		return parseDecimal(string(v.Raw)).String()
	case jsonscan.Null, jsonscan.Bool, jsonscan.Array, jsonscan.Object, jsonscan.Faulty:
	}
	return string(v.Raw)
}

// Values returns the values of a projection, in its order. It does not check
// them again; what the schema does not declare, or is no scalar, is passed
// over. The error is a *PayloadError: this is not a projection.
func (s *Schema) Values(projection json.RawMessage) ([]Value, error) {
	members, err := s.members(nil, projection)
	if err != nil {
		return nil, err
	}
	var values []Value
	for _, m := range members {
		if d := s.byName[string(m.Key)]; d != nil && m.Kind.Scalar() {
			values = append(values, Value{d.Name, d.Type, slices.Clone(m.Raw)})
		}
	}
	return values, nil
}

// ValueError says why something cannot be a value of a property.
type ValueError struct {
	Property string
	// Undeclared says that the schema has no such property.
	Undeclared bool
	// Violations is what does not conform; each pointer names the property.
	// It is empty only if Undeclared is set.
	Violations []Violation
}

// Error names the property and the first rule broken, never the value.
func (e *ValueError) Error() string {
	if e.Undeclared {
		return fmt.Sprintf("schema: property %q is not declared", e.Property)
	}
	text := fmt.Sprintf("schema: not a value of property %q", e.Property)
	if len(e.Violations) > 0 {
		v := e.Violations[0]
		text += fmt.Sprintf(": %s: expected %s, got %s", v.Code, v.Expected, v.Got)
	}
	return text
}

// ParseValue reads one value of one property, as it could stand in a
// projection. The error is a *ValueError if the value does not conform or the
// property is not declared, and a *PayloadError if it is not one JSON value.
func (s *Schema) ParseValue(property string, raw json.RawMessage) (Value, error) {
	if s.byName[property] == nil {
		return Value{}, &ValueError{Property: property, Undeclared: true}
	}
	if len(raw) > s.opts.Limits.PayloadBytes {
		return Value{}, &PayloadError{Code: PayloadTooLarge}
	}
	// By itself first: or else raw could smuggle in a second member.
	if fault := jsonscan.Check(raw, s.bounds); fault != nil {
		_, err := s.members(nil, raw)
		return Value{}, err
	}
	key, _ := json.Marshal(property) // a valid string
	alone := *s                      // the other properties are not missing
	alone.required = nil
	result, err := alone.check(slices.Concat([]byte("{"), key, []byte(":"), raw, []byte("}")))
	if err != nil {
		return Value{}, err
	}
	values, err := s.Values(result.Projection)
	if err != nil {
		return Value{}, err
	}
	if len(values) == 0 {
		return Value{}, &ValueError{Property: property, Violations: result.Violations}
	}
	return values[0], nil
}
