package routing

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// kind is what a value is, as far as expressions are concerned.
type kind int

const (
	kindNull   kind = iota // missing, or null
	kindBool               //
	kindNumber             //
	kindString             //
	kindArray              //
	kindObject             // has no use but to be there
)

// scalar says whether it is not made of others. NULL is a scalar.
func (k kind) scalar() bool {
	switch k {
	case kindNull, kindBool, kindNumber, kindString:
		return true
	case kindArray, kindObject:
		return false
	}
	return false
}

// value is a constant, or what a key has led to.
type value struct {
	kind kind
	bool bool
	int  int64  // of a number, if isInt
	text string // of a string; of a number, if not isInt
	// isInt says that the number is an integer that fits.
	isInt bool
	// An array is one of the two: of an attribute, or of an expression.
	any    []any
	scalar []value // scalars only, sorted, none twice
}

var null = value{kind: kindNull}

func boolValue(b bool) value     { return value{kind: kindBool, bool: b} }
func intValue(n int64) value     { return value{kind: kindNumber, int: n, isInt: true} }
func stringValue(s string) value { return value{kind: kindString, text: s} }

// numberValue is NULL if the text is no number, or one out of bounds.
func numberValue(text string) value {
	if n, ok := smallInt(text); ok {
		return intValue(n)
	}
	if _, ok := parseDecimal(text); !ok {
		return null
	}
	return value{kind: kindNumber, text: text}
}

// valueOf makes a value of what stands in attributes. For decoded JSON it does not
// allocate.
func valueOf(v any) value {
	switch v := v.(type) {
	case nil:
		return null
	case bool:
		return boolValue(v)
	case string:
		return stringValue(v)
	case json.Number:
		return numberValue(string(v))
	case []any:
		return value{kind: kindArray, any: v}
	case map[string]any, Attributes:
		return value{kind: kindObject}
	default:
		return valueOfGo(v)
	}
}

// valueOfGo makes a value of what only attributes that are made in Go hold.
func valueOfGo(v any) value {
	switch v := v.(type) {
	case int:
		return intValue(int64(v))
	case int8:
		return intValue(int64(v))
	case int16:
		return intValue(int64(v))
	case int32:
		return intValue(int64(v))
	case int64:
		return intValue(v)
	case uint:
		return numberValue(strconv.FormatUint(uint64(v), 10))
	case uint8:
		return intValue(int64(v))
	case uint16:
		return intValue(int64(v))
	case uint32:
		return intValue(int64(v))
	case uint64:
		return numberValue(strconv.FormatUint(v, 10))
	case float32:
		return numberValue(strconv.FormatFloat(float64(v), 'g', -1, 32))
	case float64:
		return numberValue(strconv.FormatFloat(v, 'g', -1, 64))
	case []string:
		elements := make([]value, len(v))
		for i, s := range v {
			elements[i] = stringValue(s)
		}
		return value{kind: kindArray, scalar: sortedScalars(elements)}
	default:
		return null
	}
}

// decimal takes a number apart. Text is room for one that is an integer.
func (v value) decimal(text *[plainDigits]byte) decimal {
	if !v.isInt {
		d, _ := parseDecimal(v.text)
		return d
	}
	d, _ := parseDecimal(string(strconv.AppendInt(text[:0], v.int, 10)))
	return d
}

// compareNumbers compares by value, however they are written.
func compareNumbers(a, b value) int {
	if a.isInt && b.isInt {
		return cmp.Compare(a.int, b.int)
	}
	var room [2][plainDigits]byte
	return compareDecimals(a.decimal(&room[0]), b.decimal(&room[1]))
}

// sameScalar says whether two scalars are equal. Those of different kinds are not.
func sameScalar(a, b value) bool {
	if a.kind != b.kind {
		return false
	}
	switch a.kind {
	case kindNull:
		return true
	case kindBool:
		return a.bool == b.bool
	case kindNumber:
		return compareNumbers(a, b) == 0
	case kindString:
		return a.text == b.text
	case kindArray, kindObject:
		return false
	}
	return false
}

// compareScalars is an order over all scalars, to write sets of them in one way only.
func compareScalars(a, b value) int {
	if a.kind != b.kind {
		return cmp.Compare(a.kind, b.kind)
	}
	switch a.kind {
	case kindBool:
		if a.bool != b.bool && a.bool {
			return 1
		} else if a.bool != b.bool {
			return -1
		}
	case kindNumber:
		return compareNumbers(a, b)
	case kindString:
		return strings.Compare(a.text, b.text)
	case kindNull, kindArray, kindObject:
	}
	return 0
}

// sortedScalars makes a set: operators ask of an array only whether something is in it.
// What is not a scalar is left out, because nothing equals it.
func sortedScalars(elements []value) []value {
	elements = slices.DeleteFunc(elements, func(v value) bool { return !v.kind.scalar() })
	slices.SortFunc(elements, compareScalars)
	return slices.CompactFunc(elements, sameScalar)
}

// constant is the array as it stands in an expression, any other value as it is.
func (v value) constant() value {
	if v.kind != kindArray || v.any == nil {
		return v
	}
	elements := make([]value, len(v.any))
	for i, e := range v.any {
		elements[i] = valueOf(e)
	}
	return value{kind: kindArray, scalar: sortedScalars(elements)}
}

// has says whether a scalar is in an array. What cannot be equal is not looked at any
// closer: an array may be long, and an expression may ask often.
func (v value) has(element value) bool {
	var room [plainDigits]byte
	var number decimal
	if element.kind == kindNumber {
		number = element.decimal(&room)
	}
	for _, e := range v.any {
		switch e := e.(type) {
		case string:
			if element.kind == kindString && e == element.text {
				return true
			}
		case json.Number:
			if element.kind != kindNumber {
				continue
			}
			if n, ok := smallInt(string(e)); ok && element.isInt {
				if n == element.int {
					return true
				}
			} else if number.equals(string(e)) {
				return true
			}
		default:
			if sameScalar(valueOf(e), element) {
				return true
			}
		}
	}
	_, found := slices.BinarySearchFunc(v.scalar, element, compareScalars)
	return found
}

// appendValue writes a constant so that equal ones have equal texts.
func appendValue(b []byte, v value) []byte {
	switch v.kind {
	case kindNull:
		return append(b, "null"...)
	case kindBool:
		return strconv.AppendBool(b, v.bool)
	case kindNumber:
		var room [plainDigits]byte
		return appendDecimal(b, v.decimal(&room))
	case kindString:
		return appendString(b, v.text)
	case kindArray:
		b = append(b, '[')
		for i, e := range v.scalar {
			if i > 0 {
				b = append(b, ", "...)
			}
			b = appendValue(b, e)
		}
		return append(b, ']')
	case kindObject:
		// Has no text: what compares with an object is decided without it.
	}
	return b
}

// appendString writes a string in single quotes.
func appendString(b []byte, s string) []byte {
	b = append(b, '\'')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '\'' || c == '\\':
			b = append(b, '\\', c)
		case c == '\n':
			b = append(b, `\n`...)
		case c < ' ' || c == 0x7f:
			const hex = "0123456789abcdef"
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			b = append(b, c)
		}
	}
	return append(b, '\'')
}
