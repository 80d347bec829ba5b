package jsonscan

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
)

// scanner walks valid JSON. It never looks for syntax errors.
type scanner struct {
	data   []byte
	pos    int
	bounds Bounds
}

// value walks the value at pos, which is not space, and stops behind it.
func (s *scanner) value(depth int) (Value, *Error) {
	start := s.pos
	kind := Null
	var err *Error
	switch s.data[s.pos] {
	case '{':
		kind, err = Object, s.object(depth, nil)
	case '[':
		kind, err = Array, s.array(depth, nil)
	case '"':
		kind, err = String, s.str()
	case 't':
		kind = Bool
		s.pos += len("true")
	case 'f':
		kind = Bool
		s.pos += len("false")
	case 'n':
		s.pos += len("null")
	default:
		kind, err = Number, s.number()
	}
	return Value{kind, s.data[start:s.pos]}, err
}

func (s *scanner) object(depth int, visit func(key []byte, v Value)) *Error {
	if depth > s.bounds.Depth {
		return &Error{Fault: TooDeep}
	}
	var seen keySet
	for s.pos++; ; s.pos++ { // over "{" or ","
		s.space()
		if s.data[s.pos] == '}' {
			break
		}
		start := s.pos
		if err := s.str(); err != nil {
			return err
		}
		key := rawKey(s.data[start:s.pos])
		if !seen.add(key) {
			return (&Error{Fault: Duplicate}).at(string(key))
		}
		s.space()
		s.pos++ // over ":"
		s.space()
		v, err := s.value(depth + 1)
		if err != nil {
			return err.at(string(key))
		}
		if visit != nil {
			visit(key, v)
		}
		s.space()
		if s.data[s.pos] == '}' {
			break
		}
	}
	s.pos++
	return nil
}

func (s *scanner) array(depth int, visit func(v Value)) *Error {
	if depth > s.bounds.Depth {
		return &Error{Fault: TooDeep}
	}
	n := 0
	for s.pos++; ; s.pos++ { // over "[" or ","
		s.space()
		if s.data[s.pos] == ']' {
			break
		}
		v, err := s.value(depth + 1)
		if err != nil {
			return err.at(strconv.Itoa(n))
		}
		n++
		if visit != nil {
			visit(v)
		}
		s.space()
		if s.data[s.pos] == ']' {
			break
		}
	}
	s.pos++
	return nil
}

func (s *scanner) space() {
	for s.pos < len(s.data) {
		switch s.data[s.pos] {
		case ' ', '\t', '\n', '\r':
			s.pos++
		default:
			return
		}
	}
}

// str walks a string and refuses surrogates that are not a pair: they have no
// UTF-8, and distinct ones would decode to the same text.
func (s *scanner) str() *Error {
	for s.pos++; ; s.pos++ {
		switch s.data[s.pos] {
		case '"':
			s.pos++
			return nil
		case '\\':
			s.pos++
			if s.data[s.pos] != 'u' {
				continue
			}
			first := s.hex4()
			switch {
			case first < 0xD800 || first > 0xDFFF:
			case first < 0xDC00 && s.data[s.pos+1] == '\\' && s.data[s.pos+2] == 'u':
				s.pos += 2
				if second := s.hex4(); second < 0xDC00 || second > 0xDFFF {
					return &Error{Fault: Unicode}
				}
			default:
				return &Error{Fault: Unicode}
			}
		}
	}
}

// hex4 reads the four digits behind the "u" at pos and stops on the last.
func (s *scanner) hex4() rune {
	r, _ := strconv.ParseUint(string(s.data[s.pos+1:s.pos+5]), 16, 16) // valid syntax
	s.pos += 4
	return rune(r)
}

func (s *scanner) number() *Error {
	start := s.pos
	exponent := -1
	for s.pos < len(s.data) {
		switch c := s.data[s.pos]; {
		case c == 'e' || c == 'E':
			exponent = s.pos + 1
		case c >= '0' && c <= '9', c == '+', c == '-', c == '.':
		default:
			goto end
		}
		s.pos++
	}
end:
	literal := s.data[start:s.pos]
	if len(literal) > s.bounds.NumberBytes {
		return &Error{Fault: NumberBounds}
	}
	written := 0
	if exponent >= 0 {
		n, err := strconv.Atoi(string(s.data[exponent:s.pos]))
		if err != nil || n < -s.bounds.Exponent || n > s.bounds.Exponent {
			return &Error{Fault: NumberBounds}
		}
		written = n
	}
	// Only a long or high literal can be beyond float64.
	if len(literal)+written > 300 {
		if f, err := strconv.ParseFloat(string(literal), 64); err != nil || math.IsInf(f, 0) {
			return &Error{Fault: NumberBounds}
		}
	}
	return nil
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

// keySet finds duplicate keys: by looking through them while they are few.
type keySet struct {
	few  [8][]byte
	n    int
	many map[string]struct{}
}

func (k *keySet) add(key []byte) bool {
	if k.many == nil {
		for _, other := range k.few[:k.n] {
			if bytes.Equal(other, key) {
				return false
			}
		}
		if k.n < len(k.few) {
			k.few[k.n] = key
			k.n++
			return true
		}
		k.many = make(map[string]struct{}, 4*len(k.few))
		for _, other := range k.few {
			k.many[string(other)] = struct{}{}
		}
	}
	if _, ok := k.many[string(key)]; ok {
		return false
	}
	k.many[string(key)] = struct{}{}
	return true
}
