package dispatch_test

import (
	"math/rand/v2"
	"testing"
	"time"
)

var began = time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC)

// must returns a value whose error must be nil.
func must[T any](v T, err error) func(testing.TB) T {
	return func(tb testing.TB) T {
		tb.Helper()
		if err != nil {
			tb.Fatal(err)
		}
		return v
	}
}

func end[T any](_ T, err error) error { return err }

// some is for a test that tries one thing after another: with -short it tries one in a few,
// others each time. It returns those that it tries.
func some[T any](tb testing.TB, all []T, of int) (tried []T) {
	tb.Helper()
	if !testing.Short() {
		return all
	}
	for n := rand.IntN(of) % len(all); n < len(all); n += of { //nolint:gosec // a test's luck
		tried = append(tried, all[n])
	}
	return tried
}

// often is how often something is tried, with -short less.
func often(tb testing.TB, n int) int {
	tb.Helper()
	if testing.Short() {
		n = max(1, n/4)
	}
	return n
}
