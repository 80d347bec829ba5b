package format

import "strings"

// JSONPointer is a JSON Pointer of RFC 6901, section 3.
func JSONPointer(s string) bool {
	if s != "" && s[0] != '/' {
		return false
	}
	for i := range len(s) {
		if s[i] == '~' && (i+1 == len(s) || s[i+1] != '0' && s[i+1] != '1') {
			return false
		}
	}
	return true
}

// RelativeJSONPointer is a pointer of draft-bhutton-relative-json-pointer-00,
// section 3: levels up, an optional step to a neighbour, then a JSON Pointer
// or "#".
func RelativeJSONPointer(s string) bool {
	s, ok := cutInteger(s)
	if !ok {
		return false
	}
	if strings.HasPrefix(s, "+") || strings.HasPrefix(s, "-") {
		if s, ok = cutInteger(s[1:]); !ok {
			return false
		}
	}
	return s == "#" || JSONPointer(s)
}

// cutInteger cuts a number without leading zeros from the start of s.
func cutInteger(s string) (rest string, ok bool) {
	n := 0
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	return s[n:], n == 1 || n > 1 && s[0] != '0'
}
