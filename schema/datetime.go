package schema

import (
	"time"

	"github.com/engage-interactions/engage/schema/internal/format"
)

// DateTimeError says why a text is not a date-time. It does not hold the text.
type DateTimeError struct {
	// Reason is for people: what is wrong.
	Reason string
}

// Error returns the reason.
func (e *DateTimeError) Error() string { return "schema: not an RFC 3339 date-time: " + e.Reason }

// ParseDateTime reads a date-time exactly as RFC 3339 has it, as in
// "2018-11-13T20:20:39+00:00": time.Parse also accepts a comma before the
// fraction, an offset of 24 hours and an hour of one digit, and refuses lower
// case and leap seconds. A leap second, which can only stand at 23:59:60 UTC,
// is the first instant of the next day. Digits beyond nanoseconds are dropped.
// The time keeps its offset. The error is a *DateTimeError.
//
// A time whose year in UTC is not 0 to 9999 is refused, because it could not
// be written as RFC 3339 again.
func ParseDateTime(s string) (time.Time, error) { return parseDateTime(s, false) }

// ParseDateTimeAssumingUTC is ParseDateTime, but a date-time without an offset
// is in UTC (see Options.AssumeUTC).
func ParseDateTimeAssumingUTC(s string) (time.Time, error) { return parseDateTime(s, true) }

func parseDateTime(s string, assumeUTC bool) (time.Time, error) {
	t, reason := format.ParseDateTime(s, assumeUTC)
	if year := t.UTC().Year(); reason == "" && (year < 0 || year > 9999) {
		reason = format.OutOfRange
	}
	if reason != "" {
		return time.Time{}, &DateTimeError{Reason: string(reason)}
	}
	return t, nil
}
