// Package bench measures the Engine beside what one would write by hand for the same
// job, in turn and in the same run: machines differ and are noisy, ratios less so.
//
//	go test -run '^$' -bench . ./internal/bench
//
// It ends with a table of all targets, and says of each whether it holds. The targets
// stand in targets_test.go, and docs/performance.md explains the figures.
package bench
