package storetest

import (
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
)

// What makes a run longer, or repeats one, is set in the environment of go test.
const (
	effortVariable = "STORETEST_EFFORT"
	seedVariable   = "STORETEST_SEED"
)

// Effort is how many times as long as usual the checks that depend on luck are
// to try: the whole number in the environment variable STORETEST_EFFORT, 1 if
// there is none. A soak has a hundred or a thousand.
func Effort(tb testing.TB) int {
	tb.Helper()
	text := os.Getenv(effortVariable)
	if text == "" {
		return 1
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		tb.Fatalf("storetest: %s is %q, and must be a whole number from 1 on", effortVariable, text)
	}
	return n
}

// Seed returns a source of chance for a check, and logs its seed: that in the
// environment variable STORETEST_SEED, or another one each time. The same seed
// makes the same choices, though goroutines need not meet in the same way.
func Seed(tb testing.TB) *rand.Rand {
	tb.Helper()
	seed := rand.Uint64()
	if text := os.Getenv(seedVariable); text != "" {
		given, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			tb.Fatalf("storetest: %s is %q, and must be a whole number", seedVariable, text)
		}
		seed = given
	}
	tb.Logf("storetest: %s=%d", seedVariable, seed)
	return rand.New(rand.NewPCG(seed, 0))
}
