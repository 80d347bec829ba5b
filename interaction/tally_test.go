package interaction_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/engage-interactions/engage/interaction"
)

func instants() *rapid.Generator[time.Time] {
	return rapid.Map(rapid.IntRange(-3, 3), func(n int) time.Time {
		return time.Unix(int64(n), int64(n+3)).In(time.FixedZone("", 3600*n))
	})
}

func equal(a, b interaction.Tally) bool {
	return a.ContactID == b.ContactID && a.SchemaID == b.SchemaID && a.Count == b.Count && a.Ever == b.Ever && a.First.Equal(b.First) && a.Last.Equal(b.Last)
}

// tallyOf is what a tally of those interactions must be.
func tallyOf(contact string, ever int, created []time.Time) interaction.Tally {
	t := interaction.Tally{ContactID: contact, Count: int64(len(created)), Ever: int64(ever)}
	for n, at := range created {
		if n == 0 || at.Before(t.First) {
			t.First = at
		}
		if n == 0 || at.After(t.Last) {
			t.Last = at
		}
	}
	return t
}

func TestATallyCountsAndKnowsTheEarliestAndTheLatest(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		tally := interaction.Tally{ContactID: "ann"}
		var there []time.Time
		ever := 0
		for range rapid.IntRange(0, 12).Draw(t, "steps") {
			if len(there) > 0 && rapid.IntRange(0, 2).Draw(t, "remove") == 0 {
				n := rapid.IntRange(0, len(there)-1).Draw(t, "which")
				gone := there[n]
				there = append(there[:n], there[n+1:]...)
				movesFirst, movesLast := tally.Bounds(gone)
				rest := tallyOf("ann", ever, there)
				before := tally
				tally = tally.Remove()
				// Where Bounds says no, nothing needs to be looked up.
				if len(there) > 0 && (!movesFirst && !before.First.Equal(rest.First) || !movesLast && !before.Last.Equal(rest.Last)) {
					t.Fatalf("%+v without %v: Bounds says %t, %t", before, gone, movesFirst, movesLast)
				}
				if len(there) > 0 {
					tally.First, tally.Last = rest.First, rest.Last
				}
			} else {
				at := instants().Draw(t, "created")
				sum, isFirst := tally.Add(at)
				if isFirst != (ever == 0) {
					t.Fatalf("%+v: first is %t", tally, isFirst)
				}
				tally, there, ever = sum, append(there, at), ever+1
			}
			if want := tallyOf("ann", ever, there); !equal(tally, want) {
				t.Fatalf("%+v, want %+v", tally, want)
			}
		}
	})
}

func TestMergedTalliesAreThoseOfBothTogether(t *testing.T) {
	t.Parallel()
	side := func(t *rapid.T, contact string) (interaction.Tally, int, []time.Time) {
		there := rapid.SliceOfN(instants(), 0, 4).Draw(t, contact)
		ever := len(there) + rapid.IntRange(0, 2).Draw(t, "deleted")
		return tallyOf(contact, ever, there), ever, there
	}
	rapid.Check(t, func(t *rapid.T) {
		a, everA, thereA := side(t, "ann")
		b, everB, thereB := side(t, "bob")
		c, _, _ := side(t, "cyd")
		all := append(append([]time.Time(nil), thereA...), thereB...)
		merged := a.Merge(b)
		if want := tallyOf("ann", everA+everB, all); !equal(merged, want) {
			t.Fatalf("%+v and %+v: %+v, want %+v", a, b, merged, want)
		}
		other := b.Merge(a)
		other.ContactID = "ann"
		if !equal(merged, other) {
			t.Fatalf("%+v and %+v: %+v, the other way round %+v", a, b, merged, other)
		}
		if left, right := a.Merge(b).Merge(c), a.Merge(b.Merge(c)); !equal(left, right) {
			t.Fatalf("%+v, %+v, %+v: %+v and %+v", a, b, c, left, right)
		}
		if alone := a.Merge(interaction.Tally{}); !equal(alone, a) {
			t.Fatalf("%+v with nothing: %+v", a, alone)
		}
		if _, isFirst := merged.Add(time.Unix(0, 0)); isFirst != (everA+everB == 0) {
			t.Fatalf("%+v: first is %t", merged, isFirst)
		}
	})
}

func TestRemovingFromAnEmptyTallyLeavesItEmpty(t *testing.T) {
	t.Parallel()
	got := interaction.Tally{ContactID: "ann", Ever: 2}.Remove()
	if want := (interaction.Tally{ContactID: "ann", Ever: 2}); got != want {
		t.Errorf("%+v", got)
	}
}
