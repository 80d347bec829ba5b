// Package jsonscan looks into JSON documents that may be hostile. The syntax
// is judged by encoding/json; this package then walks the bytes once and
// enforces what encoding/json lets pass: nesting, the size of number
// literals, duplicate keys and lone surrogates. It hands out spans of the
// original bytes, so that values keep their spelling.
//
// A document of others is read strictly, up to its first fault, by [Members].
// Who wants to name all faults of a document collects them with [Faults] and
// then reads on with [Outline], [OutlineMembers] and [OutlineElements].
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
	Depth       int // of arrays and objects; the outermost is 1, so at least that
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
	Faulty // too deep, a string with a lone surrogate, or a number out of bounds
)

// String returns the JSON name of the type.
func (k Kind) String() string {
	return [...]string{"null", "boolean", "number", "string", "array", "object", "faulty"}[k]
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

// Member is one member of an object. Key has its escapes resolved; RawKey is
// the key as it is written, with its quotes.
type Member struct {
	Key    []byte
	RawKey []byte
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

// jsonDepth is how deep encoding/json follows a document.
const jsonDepth = 10_000

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
			if depth > min(b.Depth, jsonDepth) {
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

// Members returns the members of a document that passed Check and is an object,
// appended to dst. It walks all of the document and stops at the first fault,
// at whatever depth.
func Members(dst []Member, data []byte, b Bounds) ([]Member, *Error) {
	s := scanner{data: data, bounds: b, most: 1}
	s.space()
	s.object(1, func(m Member) { dst = append(dst, m) })
	return dst, s.first()
}

// Faults returns the faults of a document that passed Check, in its order, at
// most as many as asked for. It does not look into what is too deep.
func Faults(data []byte, b Bounds, most int) []*Error {
	s := scanner{data: data, bounds: b, most: most}
	s.space()
	s.value(1)
	return s.faults
}

// Outline returns the value of a document that passed Check. It may have
// faults; those of the value itself make it Faulty.
func Outline(data []byte, b Bounds) Value {
	s := scanner{data: data, bounds: b, tolerant: true}
	s.space()
	v, _ := s.value(1)
	return v
}

// OutlineMembers returns the members of an object, as Outline does.
func OutlineMembers(object Value, b Bounds) []Member {
	s := scanner{data: object.Raw, bounds: b, tolerant: true}
	var members []Member
	s.object(1, func(m Member) { members = append(members, m) })
	return members
}

// OutlineElements returns the elements of an array, as Outline does.
func OutlineElements(array Value, b Bounds) []Value {
	s := scanner{data: array.Raw, bounds: b, tolerant: true}
	var elements []Value
	s.array(1, func(v Value) { elements = append(elements, v) })
	return elements
}

// rawKey resolves a quoted key; without escapes it is a span of the input.
func rawKey(quoted []byte) []byte {
	if bytes.IndexByte(quoted, '\\') < 0 {
		return quoted[1 : len(quoted)-1]
	}
	return []byte(unquote(quoted))
}

func unquote(quoted []byte) string {
	if bytes.IndexByte(quoted, '\\') < 0 {
		return string(quoted[1 : len(quoted)-1])
	}
	var s string
	_ = json.Unmarshal(quoted, &s) // valid syntax
	return s
}
