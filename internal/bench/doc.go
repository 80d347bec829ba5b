// Package bench measures the Engine beside what one would write by hand for the same
// job, in the same run: machines differ and are noisy, ratios less so.
//
//	go test -run '^$' -bench . ./internal/bench
package bench
