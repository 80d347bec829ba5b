package routing

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// Bounds of attributes.
const (
	// MaxAttributes is how long the JSON of a task's or a worker's attributes may be, in
	// characters (TaskRouter's documentation, "Limits").
	MaxAttributes = 4096
	// MaxAttributesDepth is how deep they may nest; {} has the depth 1. TaskRouter has
	// no such limit; this one is far above anything that is written by hand, and keeps
	// whatever walks over them within its stack.
	MaxAttributesDepth = 64
)

// Attributes are those of a task or of a worker: a JSON object that the caller chose.
//
// Its values are decoded JSON: nil, bool, string, [json.Number], []any and
// map[string]any. Numbers keep the text that they came with, so that integers of 64 bits
// and decimals are compared exactly and shown as they were given. Attributes that are
// made in Go may also hold []string, the integer types and floats; what else they hold
// counts as NULL.
type Attributes map[string]any

// AttributesError says why a text cannot be attributes.
type AttributesError struct {
	Reason string
}

// Error gives the reason.
func (e *AttributesError) Error() string { return "attributes: " + e.Reason }

// ParseAttributes reads the attributes of a task or of a worker as they come in: a JSON
// object of at most [MaxAttributes] characters and [MaxAttributesDepth] levels. A text
// without anything in it is an object without anything in it. Of a name that comes twice
// the last counts. A number beyond 10^±9999 is refused.
//
// The error is an [*AttributesError].
func ParseAttributes[T []byte | string](text T) (Attributes, error) {
	// Bytes first: a text of gigabytes is refused without being looked at.
	if len(text) > MaxAttributes*utf8.UTFMax {
		return nil, tooLong()
	}
	data := []byte(text)
	if !utf8.Valid(data) {
		return nil, &AttributesError{Reason: "are not UTF-8"}
	}
	if utf8.RuneCount(data) > MaxAttributes {
		return nil, tooLong()
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return Attributes{}, nil
	}
	a, err := decodeAttributes(data)
	if err != nil {
		return nil, &AttributesError{Reason: err.Error()}
	}
	return a, nil
}

func tooLong() error {
	return &AttributesError{Reason: fmt.Sprintf("are longer than %d characters", MaxAttributes)}
}

// decodeAttributes keeps numbers as they are written.
func decodeAttributes(data []byte) (Attributes, error) {
	var a map[string]any
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := d.Decode(&a); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, errors.New("end too early")
		}
		if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			return nil, fmt.Errorf("must be a JSON object, not %s", wrong.Value)
		}
		return nil, fmt.Errorf("are not JSON: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("go on after the JSON object")
	}
	if a == nil {
		return nil, errors.New("must be a JSON object, not null")
	}
	if err := checkAttribute(a, 1); err != nil {
		return nil, err
	}
	return a, nil
}

// checkAttribute refuses what cannot be compared or walked over.
func checkAttribute(v any, depth int) error {
	var inner iter.Seq[any]
	switch v := v.(type) {
	case map[string]any:
		inner = maps.Values(v)
	case []any:
		inner = slices.Values(v)
	case json.Number:
		if _, ok := parseDecimal(v.String()); !ok {
			return fmt.Errorf("have a number beyond 10^±%d", maxExponent)
		}
		return nil
	default:
		return nil
	}
	if depth > MaxAttributesDepth {
		return fmt.Errorf("nest deeper than %d levels", MaxAttributesDepth)
	}
	for v := range inner {
		if err := checkAttribute(v, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// String gives the JSON of the attributes, with names in their order and without
// whitespace, so that equal attributes have equal texts. It is {} if there are none.
func (a Attributes) String() string {
	text, err := a.MarshalJSON()
	if err != nil {
		return "{}" // Made in Go, of something that is not JSON.
	}
	return string(text)
}

// MarshalJSON gives a JSON object, also if there are no attributes. What is not said in
// JSON in another way stays as it is: < is not written \u003c.
func (a Attributes) MarshalJSON() ([]byte, error) {
	if len(a) == 0 {
		return []byte("{}"), nil
	}
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(map[string]any(a)); err != nil {
		return nil, err
	}
	return []byte(strings.TrimSuffix(b.String(), "\n")), nil
}

// UnmarshalJSON reads attributes that were kept: as [ParseAttributes], without its bound
// on their length.
func (a *Attributes) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		return nil
	}
	read, err := decodeAttributes(data)
	if err != nil {
		return &AttributesError{Reason: err.Error()}
	}
	*a = read
	return nil
}
