// Package lease says who may work on something for how long, among processes
// whose clocks agree up to a bound.
//
// A [Lease] is a value in a record: taking, renewing and ending it are commits of
// that record. [Terms] are the rules that all who share the record keep:
//
//	taken                 Left is over            Free
//	  |-- the holder works --|-- nobody works ------|-- anybody may take it over
package lease

import (
	"math"
	"time"
)

// Lease is one holder's right to work until a moment. The zero value is held by
// nobody. It is stored with what it is about; its names in JSON are part of that
// record's format.
type Lease struct {
	Holder string    `json:"holder,omitempty"` // who works, empty if nobody does
	Until  time.Time `json:"until,omitzero"`   // when the lease ends, by the holder's clock
}

// Terms are how long leases are, and how far the clocks of those who share them may
// be apart. Both are positive; all processes should have the same.
type Terms struct {
	Length time.Duration
	Skew   time.Duration
}

// Take returns the lease that holder has from now on, new or renewed. What counts is
// the time when it is asked for, not when the commit that writes it is done.
func (t Terms) Take(holder string, now time.Time) Lease {
	return Lease{Holder: holder, Until: now.Add(t.Length)}
}

// Free returns from when on others may take the lease over: at its end by the
// slowest clock.
func (t Terms) Free(l Lease) time.Time { return l.Until.Add(t.Skew) }

// Held reports whether somebody's lease may still run.
func (t Terms) Held(l Lease, now time.Time) bool {
	return l.Holder != "" && now.Before(t.Free(l))
}

// Left returns for how long the holder may still work. A tenth of the length is kept
// back, so that the work has ended before the lease does.
func (t Terms) Left(l Lease, now time.Time) time.Duration {
	return l.Until.Sub(now) - t.Length/10
}

// Span returns for how long the holder may work from when it has asked for the lease:
// what Left is then. By timers, it holds whatever a clock shows later.
func (t Terms) Span() time.Duration { return t.Length - t.Length/10 }

// Patience returns after what time a lease has ended that was not renewed since somebody
// has first seen it, whatever the clocks show. While they are as far apart as the terms
// allow, it is free by the clock before that, so that only who sees one that no clock
// should show has to wait for so long.
func (t Terms) Patience() time.Duration {
	if t.Skew > (math.MaxInt64-t.Length)/2 {
		return math.MaxInt64
	}
	return t.Length + 2*t.Skew
}
