// Package jsonscan looks into JSON documents that may be hostile. The syntax
// is judged by encoding/json; this package then walks the bytes once and
// enforces what encoding/json lets pass: nesting, the size of number
// literals, duplicate keys and lone surrogates. It hands out spans of the
// original bytes, so that values keep their spelling.
package jsonscan

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Bounds say what a document may contain.
type Bounds struct {
	Depth       int // of arrays and objects; the outermost is 1
	NumberBytes int // length of a number literal
	Exponent    int // the written exponent of a number lies within ±Exponent
}

// Kind is the JSON type of a value.
type Kind byte

// The kinds.
const (
	Null Kind = iota
	Bool
	Number
	String
	Array
	Object
)

// String returns the JSON name of the type.
func (k Kind) String() string {
	return [...]string{"null", "boolean", "number", "string", "array", "object"}[k]
}

// Scalar says whether the value is a string, number or boolean.
func (k Kind) Scalar() bool { return k == Bool || k == Number || k == String }

// Value is one value: its type and its original bytes, without the space
// around it.
type Value struct {
	Kind Kind
	Raw  []byte
}

// Text returns the text of a string value, escapes resolved.
func (v Value) Text() string { return unquote(v.Raw) }

// Member is one member of an object. Key has its escapes resolved.
type Member struct {
	Key []byte
	Value
}

// Fault is what is wrong with a document.
type Fault byte

// The faults.
const (
	Syntax Fault = iota + 1
	Trailing
	Unicode
	TooDeep
	Duplicate
	NumberBounds
)

// Error is a fault and where it is.
type Error struct {
	Fault Fault
	Path  []string // keys and indexes from the outermost value to the fault
}

func (e *Error) Error() string {
	return "jsonscan: fault " + strconv.Itoa(int(e.Fault)) + " at " + Pointer(e.Path...)
}

// at says in which member or element of the value around it the fault is.
func (e *Error) at(segment string) *Error {
	e.Path = append([]string{segment}, e.Path...)
	return e
}

// Pointer returns the JSON Pointer (RFC 6901) with the given segments.
func Pointer(segments ...string) string {
	var b strings.Builder
	for _, s := range segments {
		b.WriteByte('/')
		b.WriteString(pointerEscapes.Replace(s))
	}
	return b.String()
}

var pointerEscapes = strings.NewReplacer("~", "~0", "/", "~1")

// Check judges a document: exactly one JSON value, in valid UTF-8. The other
// functions of this package may be given only what passed it.
func Check(data []byte, b Bounds) *Error {
	switch {
	case !utf8.Valid(data):
		return &Error{Fault: Unicode}
	case !json.Valid(data):
		return &Error{Fault: diagnose(data, b)}
	}
	return nil
}

// diagnose names what json.Valid found, which tells only yes and no.
func diagnose(data []byte, b Bounds) Fault {
	depth, quoted := 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case quoted:
			switch c {
			case '\\':
				i++
			case '"':
				quoted = false
			}
		case c == '"':
			quoted = true
		case c == '{' || c == '[':
			depth++
			if depth > b.Depth {
				return TooDeep
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	var first json.RawMessage
	if json.NewDecoder(bytes.NewReader(data)).Decode(&first) == nil {
		return Trailing
	}
	return Syntax
}

// Scan returns the value of a document that passed Check, after walking all
// of it.
func Scan(data []byte, b Bounds) (Value, *Error) {
	s := scanner{data: data, bounds: b}
	s.space()
	return s.value(1)
}

// Members returns the members of the object at the start of data, which
// passed Check, appended to dst. It walks all of the object. The same key
// twice is a Duplicate fault, at every depth.
func Members(dst []Member, data []byte, b Bounds) ([]Member, *Error) {
	s := scanner{data: data, bounds: b}
	s.space()
	err := s.object(1, func(key []byte, v Value) { dst = append(dst, Member{key, v}) })
	return dst, err
}

// Elements returns the elements of the array at the start of data, which
// passed Check.
func Elements(data []byte, b Bounds) ([]Value, *Error) {
	s := scanner{data: data, bounds: b}
	s.space()
	var elements []Value
	err := s.array(1, func(v Value) { elements = append(elements, v) })
	return elements, err
}
