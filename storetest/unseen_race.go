//go:build race

package storetest

import "runtime"

// unseen does something of which the race detector takes no notice.
func unseen(f func()) {
	runtime.RaceDisable()
	defer runtime.RaceEnable()
	f()
}
