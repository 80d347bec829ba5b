package store

// maxNesting is how deep arrays and objects of a value may stand within each other: as
// deep as package encoding/json reads them.
const maxNesting = 10_000

// isJSON reports whether v is one JSON value, as json.Valid does. Every value of every
// batch is looked at, and this takes a quarter of the time.
func isJSON(v []byte) bool {
	end, ok := skipValue(v, skipSpace(v, 0), 0)
	return ok && skipSpace(v, end) == len(v)
}

// The functions below return the index behind what begins at v[i], and whether that is
// as it must be.

func skipValue(v []byte, i, depth int) (int, bool) {
	if i == len(v) {
		return i, false
	}
	switch c := v[i]; c {
	case '{':
		return skipObject(v, i+1, depth+1)
	case '[':
		return skipArray(v, i+1, depth+1)
	case '"':
		return skipString(v, i+1)
	case 't':
		return skipWord(v, i, "true")
	case 'f':
		return skipWord(v, i, "false")
	case 'n':
		return skipWord(v, i, "null")
	default:
		return skipNumber(v, i)
	}
}

func skipObject(v []byte, i, depth int) (int, bool) {
	if i = skipSpace(v, i); is(v, i, '}') {
		return i + 1, depth <= maxNesting
	}
	for depth <= maxNesting {
		if !is(v, i, '"') {
			return i, false
		}
		var ok bool
		if i, ok = skipString(v, i+1); !ok {
			return i, false
		}
		if i = skipSpace(v, i); !is(v, i, ':') {
			return i, false
		}
		if i, ok = skipValue(v, skipSpace(v, i+1), depth); !ok {
			return i, false
		}
		if i = skipSpace(v, i); is(v, i, '}') {
			return i + 1, true
		}
		if !is(v, i, ',') {
			return i, false
		}
		i = skipSpace(v, i+1)
	}
	return i, false
}

func skipArray(v []byte, i, depth int) (int, bool) {
	if i = skipSpace(v, i); is(v, i, ']') {
		return i + 1, depth <= maxNesting
	}
	for depth <= maxNesting {
		var ok bool
		if i, ok = skipValue(v, i, depth); !ok {
			return i, false
		}
		if i = skipSpace(v, i); is(v, i, ']') {
			return i + 1, true
		}
		if !is(v, i, ',') {
			return i, false
		}
		i = skipSpace(v, i+1)
	}
	return i, false
}

// skipString begins behind the opening quote.
func skipString(v []byte, i int) (int, bool) {
	for i < len(v) {
		switch c := v[i]; {
		case c == '"':
			return i + 1, true
		case c < ' ':
			return i, false
		case c != '\\':
			i++
		default:
			size := escape(v[i+1:])
			if size == 0 {
				return i, false
			}
			i += 1 + size
		}
	}
	return i, false
}

// escape returns how long the escape is that v begins with, without its backslash; 0 if
// it is none.
func escape(v []byte) int {
	if len(v) == 0 {
		return 0
	}
	switch v[0] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 1
	case 'u':
		for i := 1; i <= 4; i++ {
			if i == len(v) || !isHex(v[i]) {
				return 0
			}
		}
		return 5
	}
	return 0
}

func skipNumber(v []byte, i int) (int, bool) {
	if is(v, i, '-') {
		i++
	}
	var ok bool
	if is(v, i, '0') {
		i++
	} else if i, ok = skipDigits(v, i); !ok {
		return i, false
	}
	if is(v, i, '.') {
		if i, ok = skipDigits(v, i+1); !ok {
			return i, false
		}
	}
	if is(v, i, 'e') || is(v, i, 'E') {
		i++
		if is(v, i, '+') || is(v, i, '-') {
			i++
		}
		return skipDigits(v, i)
	}
	return i, true
}

// skipDigits wants one at least.
func skipDigits(v []byte, i int) (int, bool) {
	begin := i
	for i < len(v) && v[i] >= '0' && v[i] <= '9' {
		i++
	}
	return i, i > begin
}

func skipWord(v []byte, i int, word string) (int, bool) {
	end := min(i+len(word), len(v))
	return end, string(v[i:end]) == word
}

func skipSpace(v []byte, i int) int {
	for i < len(v) && (v[i] == ' ' || v[i] == '\n' || v[i] == '\t' || v[i] == '\r') {
		i++
	}
	return i
}

func is(v []byte, i int, c byte) bool { return i < len(v) && v[i] == c }

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}
