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
	hand, n := openByHand(b, eng.path, eng.template), 0
	contest{"Get", 200, []side{
		{"by-hand", repeat(func() error {
			n++
			id := eng.ids[n*7919%len(eng.ids)]
			found, err := hand.find(lasting(b), id)
			return same(id, found.ID, err)
		})},
		{"engage", repeat(eng.get(lasting(b)))},
	}}.run(b)
}

// BenchmarkPage reads the latest 50 interactions of a contact under a schema, from SQLite. The
// baseline selects the same rows by the same index, and decodes them.
func BenchmarkPage(b *testing.B) {
	eng := openEngine(b)
	eng.fill(b, stored())
	hand, n := openByHand(b, eng.path, eng.template), int64(0)
	contest{"Page", 20, []side{
		{"by-hand", repeat(func() error {
			n++
			page, err := hand.list(lasting(b), contact(n*7919%eng.contacts))
			return fifty(len(page), err)
		})},
		{"engage", repeat(eng.list(lasting(b)))},
	}}.run(b)
}
