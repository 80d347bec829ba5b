package store

import (
	"math"
	"slices"
	"time"
)

// Tuple is a term (or ID) under construction, made of several parts, such that
// the order of bytes is the order of the first part, then of the second, and so
// on. A tuple of the first n parts is a Prefix of exactly the tuples that begin
// with those parts:
//
//	term := store.Tuple{}.Text(contact).Time(created).String()
//	all  := store.Query{…, Prefix: store.Tuple{}.Text(contact).String()}
//
// Like append, a method may write into the memory of its receiver: go on with
// what it returned.
type Tuple []byte

// The marks of a text part. They sort below all other bytes that a part holds.
const (
	tupleEnd    = 0x01
	tupleEscape = 0x02 // followed by 0x02, 0x03 or 0x04 for NUL, 0x01 and 0x02
)

// Text appends a text, which may hold any bytes; its end is marked, so that "a",
// "b" and "ab", "" differ.
func (t Tuple) Text(s string) Tuple {
	t = slices.Grow(t, len(s)+1)
	for i := range len(s) {
		if c := s[i]; c <= tupleEscape {
			t = append(t, tupleEscape, c+2)
		} else {
			t = append(t, c)
		}
	}
	return append(t, tupleEnd)
}

// Int appends a whole number, as 16 hexadecimal digits.
func (t Tuple) Int(n int64) Tuple {
	return t.bits(uint64(n) ^ 1<<63)
}

// Float appends a number, as 16 hexadecimal digits. Both zeros are the same;
// NaN sorts above all numbers.
func (t Tuple) Float(f float64) Tuple {
	switch {
	case f == 0:
		f = 0 // drops the sign of -0
	case math.IsNaN(f):
		f = math.NaN() // drops that of a NaN
	}
	bits := math.Float64bits(f)
	if bits>>63 == 1 {
		return t.bits(^bits)
	}
	return t.bits(bits ^ 1<<63)
}

// timeLayout has a fixed width, so that its order is that of time.
const timeLayout = "2006-01-02T15:04:05.000000000Z"

// Time appends a moment to the nanosecond, as RFC 3339 in UTC. Moments before
// the year 0 and after the year 9999 are set to the nearest that fits.
func (t Tuple) Time(at time.Time) Tuple {
	at = at.UTC()
	switch year := at.Year(); {
	case year < 0:
		at = time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)
	case year > 9999:
		at = time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.UTC)
	}
	return at.AppendFormat(t, timeLayout)
}

// String returns the term.
func (t Tuple) String() string { return string(t) }

func (t Tuple) bits(u uint64) Tuple {
	const digits = "0123456789abcdef"
	for shift := 60; shift >= 0; shift -= 4 {
		t = append(t, digits[u>>shift&0xF])
	}
	return t
}
