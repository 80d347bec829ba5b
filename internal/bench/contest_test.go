package bench_test

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
)

// A side is one way of doing something, or one amount of data to do it on.
type side struct {
	name string
	do   func(many int) error // does it so often
}

// contest measures sides in turn, so that whatever else the machine does is in all of them. The
// first one is the baseline; the last one is judged beside it.
type contest struct {
	target string // its ID
	many   int    // how often each side does it, each time it is its turn
	sides  []side
}

// turns is how often each side has its turn in an iteration of a benchmark, so that there are
// some even if that takes long.
const turns = 10

// run measures, and reports what came out as metrics of the benchmark and to the summary.
func (c contest) run(b *testing.B) {
	b.Helper()
	o := outcome{target: targetOf(c.target)}
	for _, s := range c.sides {
		o.names = append(o.names, s.name)
		if err := s.do(c.many); err != nil { // what is made once is made now
			b.Fatal(s.name, err)
		}
	}
	o.took, o.allocs = make([][]float64, len(c.sides)), make([][]float64, len(c.sides))
	runtime.GC()
	var before, after runtime.MemStats
	begin := 0
	for b.Loop() {
		for range perIteration() {
			for n := range c.sides {
				n = (n + begin) % len(c.sides)
				runtime.ReadMemStats(&before)
				began := b.Elapsed()
				if err := c.sides[n].do(c.many); err != nil {
					b.Fatal(c.sides[n].name, err)
				}
				took := b.Elapsed() - began
				runtime.ReadMemStats(&after)
				o.took[n] = append(o.took[n], float64(took.Nanoseconds())/1000/float64(c.many))
				o.allocs[n] = append(o.allocs[n], float64(after.Mallocs-before.Mallocs)/float64(c.many))
			}
			begin++
		}
	}
	o.report(b)
}

func perIteration() int {
	if small() {
		return 1
	}
	return turns
}

// small says that it only matters that all of this works, as where each benchmark runs once to see
// that: with -short, there is little data.
func small() bool { return testing.Short() }

// an outcome is what the sides of a contest took, turn by turn.
type outcome struct {
	target target
	names  []string
	took   [][]float64 // by side: in the unit of the target, per operation
	allocs [][]float64 // by side, per operation; nil: they were not counted
}

// report adds an outcome to the metrics of the benchmark, and to the summary.
func (o outcome) report(b *testing.B) {
	b.Helper()
	b.ReportMetric(0, "ns/op") // an iteration is a turn of all sides, and its time nobody's
	for n, name := range o.names {
		b.ReportMetric(middle(o.took[n]), name+[...]string{"-µs/op", "-B/op"}[o.target.unit])
		if o.allocs != nil {
			b.ReportMetric(middle(o.allocs[n]), name+"-allocs/op")
		}
	}
	ratio := "ratio"
	if o.target.rule == more {
		ratio = "µs-more"
	}
	b.ReportMetric(o.verdicts()[len(o.names)-1], ratio)
	b.ReportMetric(o.target.limit, o.target.metric())
	outcomes.add(o)
}

// verdicts compares each side with the first one: of all turns, the one in the middle. The sides
// of one turn come shortly after each other, so that a disk or a neighbour which is slow for a
// while is slow for all of them.
func (o outcome) verdicts() []float64 {
	all := make([]float64, len(o.names))
	for n := range o.names {
		var each []float64
		for turn, took := range o.took[n] {
			each = append(each, o.target.verdict(took, o.took[0][turn]))
		}
		all[n] = middle(each)
	}
	return all
}

// middle returns the median.
func middle(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}

// repeat makes of one call what a side does.
func repeat(call func() error) func(many int) error {
	return func(many int) error {
		for range many {
			if err := call(); err != nil {
				return err
			}
		}
		return nil
	}
}

// together has a number of callers make the calls of a side at once: whoever is done with one makes
// the next.
func together(callers int, call func() error) func(many int) error {
	return func(many int) error {
		var (
			left   atomic.Int64
			failed atomic.Pointer[error]
			wg     sync.WaitGroup
		)
		left.Store(int64(many))
		for range callers {
			wg.Go(func() {
				for left.Add(-1) >= 0 {
					if err := call(); err != nil {
						failed.Store(&err)
						return
					}
				}
			})
		}
		wg.Wait()
		if err := failed.Load(); err != nil {
			return *err
		}
		return nil
	}
}

// lasting returns a context that nobody can cancel. For one that somebody can, database/sql and the
// driver have a goroutine watch over each statement, with which the baselines take half as long
// again, and the Engine a little longer.
func lasting(b *testing.B) context.Context {
	b.Helper()
	return context.WithoutCancel(b.Context())
}
