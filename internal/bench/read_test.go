package bench_test

import "testing"

// stored is how many interactions there are that are read.
func stored() int {
	if small() {
		return 1_000
	}
	return 10_000
}

// BenchmarkGet reads interactions by their IDs, from SQLite. The baseline selects the same row and
// decodes it.
func BenchmarkGet(b *testing.B) {
	eng := openEngine(b)
	eng.fill(b, stored())
	hand := openByHand(b, eng.path, eng.template, prepared)
	contest{"Get", 200, []side{
		{"by-hand", repeat(hand.findOf(lasting(b), eng))},
		{"engage", repeat(eng.get(lasting(b)))},
	}}.run(b)
}

// BenchmarkPage reads the latest 50 interactions of a contact under a schema, from SQLite. The
// baseline selects the same rows by the same index, and decodes them.
func BenchmarkPage(b *testing.B) {
	eng := openEngine(b)
	eng.fill(b, stored())
	hand := openByHand(b, eng.path, eng.template, prepared)
	contest{"Page", 20, []side{
		{"by-hand", repeat(hand.listOf(lasting(b), eng))},
		{"engage", repeat(eng.list(lasting(b)))},
	}}.run(b)
}
