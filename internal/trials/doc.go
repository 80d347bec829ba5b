// Package trials is what those tests of the Engine have in common in which many do something at
// the same time, on each kind of store: a clock that only the test moves, stores with several
// handles on the same data, and stores that break their promises.
//
// Only tests use it.
package trials
