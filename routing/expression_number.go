package routing

import (
	"cmp"
	"strconv"
	"strings"
)

// Bounds of numbers, so that whatever is computed with one is small. No attribute of
// this world needs more.
const (
	maxExponent = 9999
	// plainDigits is how many digits a number is written with before it is written with
	// an exponent: all integers of 64 bits are written plainly.
	plainDigits = 21
)

// decimal is a number as it is written, taken apart. Its value is exact.
type decimal struct {
	sign  int    // -1, 0, 1
	whole string // the digits before the point
	part  string // the digits behind it
	first int    // the index of the first digit that is not 0, over whole and part
	// point is where the point is, counted from the first digit: the value is
	// 0.ddd × 10^point.
	point int
}

// parseDecimal takes a number apart, without allocating. It is false if the text is no
// number, or if its exponent is out of bounds.
func parseDecimal(s string) (d decimal, ok bool) {
	rest := s
	d.sign = 1
	if strings.HasPrefix(rest, "-") {
		d.sign, rest = -1, rest[1:]
	}
	d.whole, rest = leadingDigits(rest)
	if d.whole == "" {
		return decimal{}, false
	}
	if strings.HasPrefix(rest, ".") {
		if d.part, rest = leadingDigits(rest[1:]); d.part == "" {
			return decimal{}, false
		}
	}
	exponent := 0
	if rest != "" {
		if rest[0] != 'e' && rest[0] != 'E' {
			return decimal{}, false
		}
		if exponent, ok = parseExponent(rest[1:]); !ok {
			return decimal{}, false
		}
	}
	digits := len(d.whole) + len(d.part)
	for d.first < digits && d.digit(0) == '0' {
		d.first++
	}
	if d.first == digits {
		return decimal{}, true // 0, however it is written
	}
	d.point = len(d.whole) - d.first + exponent
	if d.point-1 < -maxExponent || d.point-1 > maxExponent {
		return decimal{}, false // It could not be written in its one form.
	}
	return d, true
}

func leadingDigits(s string) (digits, rest string) {
	n := 0
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	return s[:n], s[n:]
}

func parseExponent(s string) (exponent int, ok bool) {
	sign := 1
	if s != "" && (s[0] == '+' || s[0] == '-') {
		if s[0] == '-' {
			sign = -1
		}
		s = s[1:]
	}
	digits, rest := leadingDigits(s)
	if digits == "" || rest != "" {
		return 0, false
	}
	for i := range len(digits) {
		if exponent = exponent*10 + int(digits[i]-'0'); exponent > maxExponent {
			return 0, false
		}
	}
	return sign * exponent, true
}

// digit gives the digit at i, counted from the first that is not 0; behind the last
// there are zeros.
func (d decimal) digit(i int) byte {
	i += d.first
	if i < len(d.whole) {
		return d.whole[i]
	}
	if i -= len(d.whole); i < len(d.part) {
		return d.part[i]
	}
	return '0'
}

// size is how many digits there are, zeros at the end included.
func (d decimal) size() int { return len(d.whole) + len(d.part) - d.first }

// compareDecimals compares the values.
func compareDecimals(a, b decimal) int {
	if a.sign != b.sign || a.sign == 0 {
		return cmp.Compare(a.sign, b.sign)
	}
	if a.point != b.point {
		return a.sign * cmp.Compare(a.point, b.point)
	}
	for i := range max(a.size(), b.size()) {
		if c := cmp.Compare(a.digit(i), b.digit(i)); c != 0 {
			return a.sign * c
		}
	}
	return 0
}

// equals says whether a text is the same number.
func (d decimal) equals(text string) bool {
	other, ok := parseDecimal(text)
	return ok && compareDecimals(d, other) == 0
}

// appendDecimal writes the number in its one form: plainly, or with an exponent where
// that would be long. Equal numbers have equal texts.
func appendDecimal(b []byte, d decimal) []byte {
	if d.sign == 0 {
		return append(b, '0')
	}
	if d.sign < 0 {
		b = append(b, '-')
	}
	size := d.size()
	for d.digit(size-1) == '0' {
		size--
	}
	digits := func(from, to int) {
		for i := from; i < to; i++ {
			b = append(b, d.digit(i))
		}
	}
	switch {
	case d.point > plainDigits || d.point < -5:
		digits(0, 1)
		if size > 1 {
			b = append(b, '.')
			digits(1, size)
		}
		b = append(b, 'e')
		return strconv.AppendInt(b, int64(d.point-1), 10)
	case d.point <= 0:
		b = append(b, '0', '.')
		for range -d.point {
			b = append(b, '0')
		}
		digits(0, size)
	default:
		digits(0, d.point)
		if size > d.point {
			b = append(b, '.')
			digits(d.point, size)
		}
	}
	return b
}

// smallInt reads an integer of up to 18 digits, which always fits 64 bits: most
// numbers, and the quickest to compare.
func smallInt(s string) (n int64, ok bool) {
	digits := strings.TrimPrefix(s, "-")
	if digits == "" || len(digits) > 18 {
		return 0, false
	}
	for i := range len(digits) {
		if !isDigit(digits[i]) {
			return 0, false
		}
		n = n*10 + int64(digits[i]-'0')
	}
	if len(digits) < len(s) {
		n = -n
	}
	return n, true
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
