package sqlite

import (
	"runtime"
	"time"

	"github.com/engage-interactions/engage/store"
)

// The defaults and bounds of [Options].
const (
	defaultBusyTimeout = 5 * time.Second
	maxBusyTimeout     = time.Hour
	minReaders         = 4
	maxReaders         = 256
)

// Synchronous says when what was committed is forced to the disk.
type Synchronous int

// The settings of [Options.Synchronous]. Both survive the death of the process,
// at any moment and without warning; they differ in what survives a loss of
// power or a crash of the operating system.
const (
	// Full forces every group of commits to the disk before it answers: what
	// was acknowledged survives a loss of power.
	Full Synchronous = iota
	// Normal forces to the disk only now and then. A loss of power may undo
	// the commits of the last moments, latest first and each of them whole;
	// the file stays sound.
	Normal
)

// String returns the name of the setting.
func (s Synchronous) String() string {
	switch s {
	case Full:
		return "full"
	case Normal:
		return "normal"
	default:
		return "unknown"
	}
}

// Options are the settings of [Open]. The zero value, like nil, stands for the
// defaults. A value out of its bounds is an error that wraps
// [store.ErrInvalid].
type Options struct {
	// Synchronous says when commits are forced to the disk. Default: Full.
	// Each handle has its own setting, also on the same file.
	Synchronous Synchronous

	// BusyTimeout is how long a call waits for another process, or another
	// handle, that has the file locked, before it gives
	// [store.ErrUnavailable]. A commit that comes while others wait may wait
	// up to twice as long. Default: 5 s; at most one hour.
	BusyTimeout time.Duration

	// Readers is how many reads run at the same time; others wait for their
	// turn. Each reader holds one connection with a cache of about 2 MiB once
	// it has been used; the one that writes, with up to 32 MiB, does small reads
	// while there is nothing to write. Default: GOMAXPROCS, but at least 4; at most 256.
	Readers int
}

// resolve checks the options and puts the defaults in.
func (o *Options) resolve() (Options, error) {
	var r Options
	if o != nil {
		r = *o
	}
	switch r.Synchronous {
	case Full, Normal:
	default:
		return r, &store.InvalidError{Field: "Options.Synchronous", Reason: "is neither Full nor Normal"}
	}
	if r.BusyTimeout < 0 || r.BusyTimeout > maxBusyTimeout {
		return r, &store.InvalidError{Field: "Options.BusyTimeout", Reason: "is not between 0 and one hour"}
	}
	if r.BusyTimeout == 0 {
		r.BusyTimeout = defaultBusyTimeout
	}
	if r.Readers < 0 || r.Readers > maxReaders {
		return r, &store.InvalidError{Field: "Options.Readers", Reason: "is not between 0 and 256"}
	}
	if r.Readers == 0 {
		r.Readers = min(max(minReaders, runtime.GOMAXPROCS(0)), maxReaders)
	}
	return r, nil
}
