package jsonscan

import (
	"bytes"
	"math"
	"strconv"
)

// scanner walks valid JSON. It never looks for syntax errors. Its methods say
// whether to go on: a fault stops the walk unless it is to find more of them.
type scanner struct {
	data     []byte
	pos      int
	bounds   Bounds
	tolerant bool // faults are neither noted nor counted
	most     int  // faults, and then the walk stops
	faults   []*Error
	path     []segment // to the value that is being walked
}

// segment is a key, or an index if the key is nil.
type segment struct {
	key   []byte
	index int
}

// fault notes a fault in the value that is being walked.
func (s *scanner) fault(f Fault) bool {
	if s.tolerant {
		return true
	}
	path := make([]string, len(s.path))
	for i, p := range s.path {
		if path[i] = string(p.key); p.key == nil {
			path[i] = strconv.Itoa(p.index)
		}
	}
	s.faults = append(s.faults, &Error{f, path})
	return len(s.faults) < s.most
}

// first returns the first fault found, nil if there is none.
func (s *scanner) first() *Error {
	if len(s.faults) == 0 {
		return nil
	}
	return s.faults[0]
}

// value walks the value at pos, which is not space, and stops behind it.
func (s *scanner) value(depth int) (v Value, ok bool) {
	start := s.pos
	kind := Null
	sound, ok := true, true
	switch s.data[s.pos] {
	case '{', '[':
		if kind = Array; s.data[s.pos] == '{' {
			kind = Object
		}
		switch {
		case depth > s.bounds.Depth:
			sound, ok = false, s.fault(TooDeep)
			s.skip()
		case kind == Object:
			ok = s.object(depth, nil)
		default:
			ok = s.array(depth, nil)
		}
	case '"':
		kind = String
		if sound = s.str(); !sound {
			ok = s.fault(Unicode)
		}
	case 't':
		kind = Bool
		s.pos += len("true")
	case 'f':
		kind = Bool
		s.pos += len("false")
	case 'n':
		s.pos += len("null")
	default:
		kind = Number
		if sound = s.number(); !sound {
			ok = s.fault(NumberBounds)
		}
	}
	if !sound {
		kind = Faulty
	}
	return Value{kind, s.data[start:s.pos]}, ok
}

func (s *scanner) object(depth int, visit func(m Member)) (ok bool) {
	var seen keySet
	for s.pos++; ; s.pos++ { // over "{" or ","
		s.space()
		if s.data[s.pos] == '}' {
			break
		}
		start := s.pos
		sound := s.str()
		m := Member{RawKey: s.data[start:s.pos]}
		m.Key = rawKey(m.RawKey)
		s.path = append(s.path, segment{key: m.Key})
		if !sound {
			if !s.fault(Unicode) {
				return false
			}
		} else if !seen.add(m.Key) && !s.fault(Duplicate) {
			return false
		}
		s.space()
		s.pos++ // over ":"
		s.space()
		if m.Value, ok = s.value(depth + 1); !ok {
			return false
		}
		s.path = s.path[:len(s.path)-1]
		if visit != nil {
			visit(m)
		}
		s.space()
		if s.data[s.pos] == '}' {
			break
		}
	}
	s.pos++
	return true
}

func (s *scanner) array(depth int, visit func(v Value)) bool {
	n := 0
	for s.pos++; ; s.pos++ { // over "[" or ","
		s.space()
		if s.data[s.pos] == ']' {
			break
		}
		s.path = append(s.path, segment{index: n})
		v, ok := s.value(depth + 1)
		if !ok {
			return false
		}
		s.path = s.path[:len(s.path)-1]
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
	return true
}

// skip walks over an array or object without looking into it.
func (s *scanner) skip() {
	for depth := 0; ; {
		switch s.data[s.pos] {
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case '"':
			s.str()
			continue
		}
		s.pos++
		if depth == 0 {
			return
		}
	}
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

// str walks a string and says whether all its surrogates are in pairs: others
// have no UTF-8, and distinct ones would decode to the same text.
func (s *scanner) str() (sound bool) {
	sound = true
	for s.pos++; ; s.pos++ {
		switch s.data[s.pos] {
		case '"':
			s.pos++
			return sound
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
					sound = false
				}
			default:
				sound = false
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

// number walks a number and says whether it is within bounds.
func (s *scanner) number() bool {
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
		return false
	}
	written := 0
	if exponent >= 0 {
		n, err := strconv.Atoi(string(s.data[exponent:s.pos]))
		if err != nil || n < -s.bounds.Exponent || n > s.bounds.Exponent {
			return false
		}
		written = n
	}
	// Only a long or high literal can be beyond float64.
	if len(literal)+written > 300 {
		if f, err := strconv.ParseFloat(string(literal), 64); err != nil || math.IsInf(f, 0) {
			return false
		}
	}
	return true
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
