package bench_test

import (
	"fmt"
	"sync/atomic"
	"testing"
)

// BenchmarkRecord is one interaction at a time, by 1 and by 64 callers, with SQLite at
// synchronous=FULL. The baseline writes the same rows in a transaction for each.
func BenchmarkRecord(b *testing.B) {
	for _, callers := range []int{1, 64} {
		many := 50
		if callers > 1 && !small() {
			many = 16 * callers
		}
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			eng, path, n := openEngine(b), openEngine(b), atomic.Int64{}
			hand := openByHand(b, path.path, path.template)
			contest{fmt.Sprintf("Record/callers=%d", callers), many, []side{
				{"by-hand", together(callers, func() error { return hand.record(lasting(b), n.Add(1)-1, 1) })},
				{"engage", together(callers, eng.record(lasting(b)))},
			}}.run(b)
		})
	}
}

// BenchmarkRecordMany is 1,000 interactions in one call. The baseline writes the same
// rows with prepared statements in one transaction.
func BenchmarkRecordMany(b *testing.B) {
	many, n := 1_000, int64(0)
	if small() {
		many = 20
	}
	eng, other := openEngine(b), openEngine(b)
	hand := openByHand(b, other.path, other.template)
	contest{"RecordMany", 1, []side{
		{"by-hand", repeat(func() error { n += int64(many); return hand.record(lasting(b), n, many) })},
		{"engage", repeat(eng.recordMany(lasting(b), many))},
	}}.run(b)
}
