package stress

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"github.com/engage-interactions/engage/storetest"
)

// Run tries a store with random calls, in the subtests sequences, histories and
// batches, which run in parallel.
func Run(t *testing.T, h storetest.Harness) {
	t.Helper()
	if h.Open == nil {
		t.Fatal("stress: the harness has no Open")
	}
	effort := storetest.Effort(t)
	t.Run("sequences", func(t *testing.T) {
		t.Parallel()
		sequences(t, h, sequencesBudget, effort)
	})
	t.Run("histories", func(t *testing.T) {
		t.Parallel()
		singleKeys().run(t, h, historiesBudget, effort)
	})
	t.Run("batches", func(t *testing.T) {
		t.Parallel()
		severalKeys().run(t, h, historiesBudget, effort)
	})
}

// Fuzz is the property of the subtest sequences as a fuzz target: the input
// decides what is drawn.
func Fuzz(f *testing.F, h storetest.Harness) {
	f.Helper()
	if h.Open == nil {
		f.Fatal("stress: the harness has no Open")
	}
	for seed := range uint64(4) {
		f.Add(noise(seed))
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		rapid.MakeFuzz(func(r *rapid.T) { new(machine).sequence(t, r, h) })(t, input)
	})
}

// noise is an input that is long enough for a sequence, so that go test without
// -fuzz tries a few, and -fuzz has something to begin with.
func noise(seed uint64) []byte {
	random := rand.New(rand.NewPCG(seed, 0))
	var input []byte
	for range 8_000 {
		input = binary.LittleEndian.AppendUint64(input, random.Uint64())
	}
	return input
}
