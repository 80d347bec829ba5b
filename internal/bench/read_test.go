package bench_test

import "testing"

// stored is how many interactions there are that are read.
func stored() int {
	if small() {
		return 1_000
	}
	return 10_000
}

// warm has each side do it so often before it is measured, until caches hold what they come to hold:
// the one of the connection that the store reads with has room for all of a small file, and each
// page of memory costs when it is used first.
func warm(b *testing.B, often int, sides []side) []side {
	b.Helper()
	for _, s := range sides {
		if small() {
			break
		}
		if err := s.do(often); err != nil {
			b.Fatal(s.name, err)
		}
	}
	return sides
}

// How often what is read is read before that is measured.
const (
	getsBefore  = 5_000
	pagesBefore = 200
)

// BenchmarkGet reads interactions by their IDs, from SQLite. The baseline selects the same row and
// decodes it.
func BenchmarkGet(b *testing.B) {
	eng := openEngine(b)
	eng.fill(b, stored())
	hand := openByHand(b, eng.path, eng.template, prepared)
	contest{"Get", 200, warm(b, getsBefore, []side{
		{"by-hand", repeat(hand.findOf(lasting(b), eng))},
		{"engage", repeat(eng.get(lasting(b)))},
	})}.run(b)
}

// BenchmarkPage reads the latest 50 interactions of a contact under a schema, from SQLite. The
// baseline selects the same rows by the same index, and decodes them.
func BenchmarkPage(b *testing.B) {
	eng := openEngine(b)
	eng.fill(b, stored())
	hand := openByHand(b, eng.path, eng.template, prepared)
	contest{"Page", 20, warm(b, pagesBefore, []side{
		{"by-hand", repeat(hand.listOf(lasting(b), eng))},
		{"engage", repeat(eng.list(lasting(b)))},
	})}.run(b)
}
