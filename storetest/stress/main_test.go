package stress

import (
	"flag"
	"os"
	"testing"
)

// TestMain keeps rapid from writing down the failures that are wanted here, and
// from looking long for the shortest.
func TestMain(m *testing.M) {
	for name, value := range map[string]string{"rapid.nofailfile": "true", "rapid.shrinktime": "1s"} {
		if err := flag.Set(name, value); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}
