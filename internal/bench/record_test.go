package bench_test

import (
	"fmt"
	"testing"
)

// BenchmarkRecord is one interaction at a time, by 1 and by 64 callers, with SQLite at
// synchronous=FULL. The baseline writes the same rows in a transaction for each. Beside it stands one
// that prepares its statements and is set up as the store is; and where there are 64 callers, a single
// one who writes as much as half of them in each transaction, which is what the store's groups come
// to while the other half prepare the next: about the limit of what sharing a commit can give.
func BenchmarkRecord(b *testing.B) {
	for _, callers := range []int{1, 64} {
		many := 50
		if callers > 1 && !small() {
			many = 16 * callers
		}
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			eng, other, another := openEngine(b), openEngine(b), openEngine(b)
			hand := openByHand(b, other.path, other.template, plain)
			ready := openByHand(b, another.path, another.template, tuned)
			sides := []side{
				{"by-hand", together(callers, hand.recordNew(lasting(b), 1))},
				{"tuned", together(callers, ready.recordNew(lasting(b), 1))},
			}
			if group := callers / 2; group > 0 {
				fourth := openEngine(b)
				grouped := openByHand(b, fourth.path, fourth.template, tuned)
				sides = append(sides, side{"grouped", func(many int) error {
					return repeat(grouped.recordNew(lasting(b), group))(many / group)
				}})
			}
			sides = append(sides, side{"engage", together(callers, eng.record(lasting(b)))})
			contest{fmt.Sprintf("Record/callers=%d", callers), many, sides}.run(b)
		})
	}
}

// BenchmarkRecordMany is 1,000 interactions in one call. The baseline writes the same
// rows with prepared statements in one transaction.
func BenchmarkRecordMany(b *testing.B) {
	eng, other, another := openEngine(b), openEngine(b), openEngine(b)
	hand := openByHand(b, other.path, other.template, prepared)
	ready := openByHand(b, another.path, another.template, tuned)
	contest{"RecordMany", 1, []side{
		{"by-hand", repeat(hand.recordNew(lasting(b), atOnce()))},
		{"tuned", repeat(ready.recordNew(lasting(b), atOnce()))},
		{"engage", repeat(eng.recordMany(lasting(b), atOnce()))},
	}}.run(b)
}
