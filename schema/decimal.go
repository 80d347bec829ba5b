package schema

import (
	"strconv"
	"strings"
)

// decimal is a JSON number without loss: digits times ten to the power of
// exp, where digits has no zero at either end; zero has none at all. So equal
// numbers are equal decimals, however they are written.
type decimal struct {
	negative bool
	digits   string
	exp      int
}

// parseDecimal takes a valid JSON number whose exponent fits an int.
func parseDecimal(literal string) decimal {
	var d decimal
	literal, d.negative = strings.CutPrefix(literal, "-")
	if i := strings.IndexAny(literal, "eE"); i >= 0 {
		d.exp, _ = strconv.Atoi(literal[i+1:])
		literal = literal[:i]
	}
	whole, fraction, _ := strings.Cut(literal, ".")
	d.digits = strings.TrimLeft(whole+fraction, "0")
	d.exp -= len(fraction)
	trimmed := strings.TrimRight(d.digits, "0")
	d.exp += len(d.digits) - len(trimmed)
	d.digits = trimmed
	if d.digits == "" {
		return decimal{}
	}
	return d
}

func (d decimal) isInteger() bool { return d.exp >= 0 }

// int64 returns the number if it is a 64-bit integer.
func (d decimal) int64() (int64, bool) {
	if d.digits == "" {
		return 0, true
	}
	if d.exp < 0 || len(d.digits)+d.exp > 19 {
		return 0, false
	}
	text := d.digits + strings.Repeat("0", d.exp)
	if d.negative {
		text = "-" + text
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil
}

// String returns the number as JSON, in the one form that all its spellings
// share: plain if that is short, else digits and exponent.
func (d decimal) String() string {
	if d.digits == "" {
		return "0"
	}
	sign := ""
	if d.negative {
		sign = "-"
	}
	const plain = 21 // as ECMAScript does
	point := len(d.digits) + d.exp
	switch {
	case d.exp >= 0 && point <= plain:
		return sign + d.digits + strings.Repeat("0", d.exp)
	case d.exp < 0 && point > 0:
		return sign + d.digits[:point] + "." + d.digits[point:]
	case d.exp < 0 && point > -6:
		return sign + "0." + strings.Repeat("0", -point) + d.digits
	}
	return sign + d.digits + "e" + strconv.Itoa(d.exp)
}
