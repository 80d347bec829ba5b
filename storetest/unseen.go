//go:build !race

package storetest

// unseen does something of which the race detector takes no notice.
func unseen(f func()) { f() }
