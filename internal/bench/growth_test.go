package bench_test

import (
	"fmt"
	"slices"
	"strconv"
	"testing"

	"github.com/xeipuuv/gojsonschema"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
)

// sizes are the smallest amount of data, ten times that, and a hundred times: what is judged is
// the last beside the first.
func sizes(first int) []int {
	if small() {
		return []int{first / 100, first / 50}
	}
	return []int{first, 10 * first, 100 * first}
}

// BenchmarkGrowth is what the other benchmarks measure, on a hundred times the data: each beside
// itself on the smallest, in turn. What is done by hand grows, too, and is measured beside it. And it
// says how large the file becomes (see fileSize).
func BenchmarkGrowth(b *testing.B) {
	b.Run("recorded", growthOfRecorded)
	b.Run("check", growthOfSchemas)
	b.Run("handover", growthOfControl)
	b.Run("assign", growthOfAssignments)
}

func growthOfRecorded(b *testing.B) {
	var files []*recorded
	for _, stored := range sizes(10_000) {
		r := openEngine(b)
		r.fill(b, stored)
		files = append(files, r)
	}
	largest := files[len(files)-1]
	b.Run("file", func(b *testing.B) { fileSize(b, largest) })
	for _, is := range []struct {
		target string
		many   int
		before int // how often before it is measured
		engage func(b *testing.B, r *recorded) func(many int) error
		byHand func(b *testing.B, r *recorded, h *byHand) func(many int) error
	}{
		{
			"record-64", 512, 0,
			func(b *testing.B, r *recorded) func(int) error { return together(64, r.record(lasting(b))) },
			func(b *testing.B, _ *recorded, h *byHand) func(int) error {
				return together(64, h.recordNew(lasting(b), 1))
			},
		},
		{
			"record-1", 50, 0,
			func(b *testing.B, r *recorded) func(int) error { return repeat(r.record(lasting(b))) },
			func(b *testing.B, _ *recorded, h *byHand) func(int) error { return repeat(h.recordNew(lasting(b), 1)) },
		},
		{
			"record-many", 1, 0,
			func(b *testing.B, r *recorded) func(int) error { return repeat(r.recordMany(lasting(b), atOnce())) },
			func(b *testing.B, _ *recorded, h *byHand) func(int) error {
				return repeat(h.recordNew(lasting(b), atOnce()))
			},
		},
		{
			"get", 200, getsBefore,
			func(b *testing.B, r *recorded) func(int) error { return repeat(r.get(lasting(b))) },
			func(b *testing.B, r *recorded, h *byHand) func(int) error { return repeat(h.findOf(lasting(b), r)) },
		},
		{
			"page", 20, pagesBefore,
			func(b *testing.B, r *recorded) func(int) error { return repeat(r.list(lasting(b))) },
			func(b *testing.B, r *recorded, h *byHand) func(int) error { return repeat(h.listOf(lasting(b), r)) },
		},
	} {
		b.Run(is.target, func(b *testing.B) {
			c := contest{target: "Growth/" + is.target, many: is.many}
			var hands []side
			for n, r := range files {
				size := strconv.Itoa(sizes(10_000)[n])
				c.sides = append(c.sides, side{size, is.engage(b, r)})
				if n == 0 || r == largest {
					hands = append(hands, side{byHandPrefix + size, is.byHand(b, r, openByHand(b, r.path, r.template, prepared))})
				}
			}
			c.sides = warm(b, is.before, slices.Insert(c.sides, 1, hands...))
			c.run(b)
		})
	}
}

// byHandPrefix begins the names of sides that do by hand what is measured.
const byHandPrefix = "by-hand-"

// atOnce is how many are recorded in one call.
func atOnce() int {
	if small() {
		return 10
	}
	return 1_000
}

// growthOfSchemas checks payloads by one schema after another, each of them several times in a turn.
func growthOfSchemas(b *testing.B) {
	c := contest{target: "Growth/check", many: 5_000}
	counts := []int{10, 100, 1_000}
	if small() {
		counts, c.many = []int{2, 4}, 10
	}
	var hands []side
	for i, schemas := range counts {
		eng := must(engage.New(b.Context(), inMemory(b), nil))(b)
		var submissions []interaction.Submission
		var compiled []*gojsonschema.Schema
		for n := range schemas {
			def, s := definition, submission(templateContact)
			def.ID = fmt.Sprintf("%s-%d", definition.ID, n)
			s.SchemaID = def.ID
			must(eng.Schemas.Create(b.Context(), def))(b)
			submissions = append(submissions, s)
			compiled = append(compiled, byGojsonschema(b, def))
		}
		n, m := 0, 0
		c.sides = append(c.sides, side{strconv.Itoa(schemas), repeat(func() error {
			n++
			_, err := eng.Interactions.Check(lasting(b), submissions[n%schemas])
			return err
		})})
		if i == 0 || i == len(counts)-1 {
			hands = append(hands, side{byHandPrefix + strconv.Itoa(schemas), repeat(func() error {
				m++
				return valid(compiled[m%schemas], []byte(payload))
			})})
		}
	}
	c.sides = slices.Insert(c.sides, 1, hands...)
	c.run(b)
}

// growthOfControl hands over among others with whom an agent is engaged.
func growthOfControl(b *testing.B) {
	c := contest{target: "Growth/handover", many: 200}
	for _, others := range sizes(200) {
		c.sides = append(c.sides, side{strconv.Itoa(others), newControlled(b, others).handovers()})
	}
	c.run(b)
}

// growthOfAssignments has one of 1,000 workers complete a task and be offered the next one, while
// others wait. The time is that until the reservation is committed.
func growthOfAssignments(b *testing.B) {
	staff, rounds := 1_000, 2*refill
	if small() {
		staff, rounds = 20, 2
	}
	o := outcome{target: targetOf("Growth/assign")}
	var centres []*centre
	for _, waiting := range sizes(1_000) {
		c := newCentre(b, inMemory(b), staff, 1)
		c.ask(b, waiting)
		centres = append(centres, c)
		o.names = append(o.names, strconv.Itoa(waiting))
	}
	o.took = make([][]float64, len(centres))
	for b.Loop() {
		for range rounds {
			turn := len(o.took[0])
			for n := range centres {
				n = (n + turn) % len(centres)
				is := centres[n].next(b, turn%staff)
				o.took[n] = append(o.took[n], float64(is.offered.Nanoseconds())/1000)
			}
			if len(o.took[0])%refill == 0 {
				b.StopTimer()
				for _, c := range centres {
					c.ask(b, refill)
				}
				b.StartTimer()
			}
		}
	}
	o.report(b)
}
