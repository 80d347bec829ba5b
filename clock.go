package engage

import "time"

// wallClock is the default of Options.Clock, and the only place where the library
// reads the time of the machine.
func wallClock() time.Time { return time.Now().UTC().Round(0) }
