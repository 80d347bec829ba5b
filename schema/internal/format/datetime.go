// Package format judges strings by the formats of JSON Schema, each as the
// standard it is named after defines it.
package format

import "time"

// Reason says what is wrong with a date-time.
type Reason string

// The reasons.
const (
	Malformed  Reason = "it is not of the form 2006-01-02T15:04:05Z"
	OutOfRange Reason = "a part of it is out of range"
	NoOffset   Reason = "it has no offset from UTC"
)

// Date is full-date of RFC 3339.
func Date(s string) bool {
	_, rest, reason := date(s)
	return reason == "" && rest == ""
}

// Time is full-time of RFC 3339.
func Time(s string) bool {
	_, rest, reason := clock(s, time.Time{}, false)
	return reason == "" && rest == ""
}

// DateTime is date-time of RFC 3339.
func DateTime(s string) bool {
	_, reason := ParseDateTime(s, false)
	return reason == ""
}

// DateTimeAssumingUTC is DateTime, but the offset may be missing.
func DateTimeAssumingUTC(s string) bool {
	_, reason := ParseDateTime(s, true)
	return reason == ""
}

// ParseDateTime reads a date-time of RFC 3339; if assumeUTC, the offset may be
// missing. A leap second is the first instant of the next minute. Digits
// beyond nanoseconds are dropped.
func ParseDateTime(s string, assumeUTC bool) (time.Time, Reason) {
	day, rest, reason := date(s)
	if reason != "" {
		return time.Time{}, reason
	}
	if rest == "" || rest[0]|0x20 != 't' {
		return time.Time{}, Malformed
	}
	t, rest, reason := clock(rest[1:], day, assumeUTC)
	if reason == "" && rest != "" {
		reason = Malformed
	}
	return t, reason
}

// date reads full-date at the start of s.
func date(s string) (day time.Time, rest string, reason Reason) {
	if len(s) < 10 || s[4] != '-' || s[7] != '-' {
		return day, "", Malformed
	}
	year, ok1 := digits(s[:4])
	month, ok2 := digits(s[5:7])
	d, ok3 := digits(s[8:10])
	if !ok1 || !ok2 || !ok3 {
		return day, "", Malformed
	}
	day = time.Date(year, time.Month(month), d, 0, 0, 0, 0, time.UTC)
	// time.Date carries over what is out of range.
	if month < 1 || month > 12 || d < 1 || day.Day() != d {
		return day, "", OutOfRange
	}
	return day, s[10:], ""
}

// clock reads full-time at the start of s, on the given day.
func clock(s string, day time.Time, assumeUTC bool) (t time.Time, rest string, reason Reason) {
	if len(s) < 8 || s[2] != ':' || s[5] != ':' {
		return t, "", Malformed
	}
	hour, ok1 := digits(s[:2])
	minute, ok2 := digits(s[3:5])
	second, ok3 := digits(s[6:8])
	if !ok1 || !ok2 || !ok3 {
		return t, "", Malformed
	}
	nanos := 0
	s = s[8:]
	if s != "" && s[0] == '.' {
		n := 1
		for n < len(s) && s[n] >= '0' && s[n] <= '9' {
			if n <= 9 {
				nanos = nanos*10 + int(s[n]-'0')
			}
			n++
		}
		if n == 1 {
			return t, "", Malformed
		}
		for i := n; i <= 9; i++ {
			nanos *= 10
		}
		s = s[n:]
	}
	offset, s, reason := zone(s, assumeUTC)
	if reason != "" {
		return t, "", reason
	}
	if hour > 23 || minute > 59 || second > 60 {
		return t, "", OutOfRange
	}
	// Leap seconds are inserted at the end of a day in UTC.
	if utc := hour*60 + minute - offset; second == 60 && (utc+2*24*60)%(24*60) != 23*60+59 {
		return t, "", OutOfRange
	}
	location := time.UTC
	if offset != 0 {
		location = time.FixedZone("", offset*60)
	}
	year, month, d := day.Date()
	return time.Date(year, month, d, hour, minute, second, nanos, location), s, ""
}

// zone reads time-offset at the start of s, in minutes.
func zone(s string, assumeUTC bool) (minutes int, rest string, reason Reason) {
	switch {
	case s == "" && assumeUTC:
		return 0, "", ""
	case s == "":
		return 0, "", NoOffset
	case s[0]|0x20 == 'z':
		return 0, s[1:], ""
	case len(s) < 6 || s[0] != '+' && s[0] != '-' || s[3] != ':':
		return 0, "", Malformed
	}
	hour, ok1 := digits(s[1:3])
	minute, ok2 := digits(s[4:6])
	switch {
	case !ok1 || !ok2:
		return 0, "", Malformed
	case hour > 23 || minute > 59:
		return 0, "", OutOfRange
	}
	minutes = hour*60 + minute
	if s[0] == '-' {
		minutes = -minutes
	}
	return minutes, s[6:], ""
}

// digits reads a number of ASCII digits only.
func digits(s string) (n int, ok bool) {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, true
}
