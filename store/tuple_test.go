package store_test

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/engage-interactions/engage/store"
)

// part is one part of a tuple: of one of four types.
type part struct {
	typ   string
	text  string
	whole int64
	float float64
	at    time.Time
}

func (p part) appendTo(t store.Tuple) store.Tuple {
	switch p.typ {
	case "text":
		return t.Text(p.text)
	case "int":
		return t.Int(p.whole)
	case "float":
		return t.Float(p.float)
	default:
		return t.Time(p.at)
	}
}

// compare orders two parts of one type as people do.
func (p part) compare(other part) int {
	switch p.typ {
	case "text":
		return strings.Compare(p.text, other.text)
	case "int":
		return cmp.Compare(p.whole, other.whole)
	case "float":
		switch a, b := math.IsNaN(p.float), math.IsNaN(other.float); {
		case a || b:
			return map[bool]int{true: 1}[a] - map[bool]int{true: 1}[b] // above all numbers
		default:
			return cmp.Compare(p.float, other.float)
		}
	default:
		return p.at.Compare(other.at)
	}
}

func tuple(parts []part) string {
	var t store.Tuple
	for _, p := range parts {
		t = p.appendTo(t)
	}
	return t.String()
}

func compareParts(a, b []part) int { return slices.CompareFunc(a, b, part.compare) }

// parts draws a value of a type. Control characters and neighbours come often.
func parts(typ string) *rapid.Generator[part] {
	return rapid.Custom(func(t *rapid.T) part {
		p := part{typ: typ}
		switch typ {
		case "text":
			p.text = rapid.OneOf(
				rapid.StringOf(rapid.RuneFrom([]rune{0, 1, 2, 3, 4, 5, 'a', 'b', 0x7F, 0xD7FF, 0xE000, 0x10FFFF})),
				rapid.String(),
				rapid.SampledFrom([]string{"", "\x01", "\x02\x03", "\x00", "\xff", "a\x01", "a"}),
			).Draw(t, "text")
		case "int":
			p.whole = rapid.OneOf(rapid.Int64(), rapid.Int64Range(-3, 3),
				rapid.SampledFrom([]int64{math.MinInt64, math.MaxInt64})).Draw(t, "int")
		case "float":
			p.float = rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{
				0, math.Copysign(0, -1), math.Inf(1), math.Inf(-1), math.NaN(),
				math.MaxFloat64, -math.MaxFloat64, math.SmallestNonzeroFloat64, -math.SmallestNonzeroFloat64, 1, -1,
			})).Draw(t, "float")
		default:
			seconds := rapid.OneOf(rapid.Int64Range(-62_167_219_200, 253_402_300_799), rapid.Int64Range(-2, 2)).Draw(t, "seconds")
			zone := time.FixedZone("", rapid.IntRange(-14*3600, 14*3600).Draw(t, "zone"))
			p.at = time.Unix(seconds, rapid.Int64Range(0, 999_999_999).Draw(t, "nanoseconds")).In(zone)
		}
		return p
	})
}

// TestOrderOfTuplesIsThatOfTheirParts, for tuples of the same types, of the same
// length or not.
func TestOrderOfTuplesIsThatOfTheirParts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		types := rapid.SliceOfN(rapid.SampledFrom([]string{"text", "int", "float", "time"}), 1, 4).Draw(rt, "types")
		draw := func(label string, like []part) (all []part) {
			for i, typ := range types[:rapid.IntRange(1, len(types)).Draw(rt, label+" length")] {
				if i < len(like) && rapid.Bool().Draw(rt, "same") {
					all = append(all, like[i])
				} else {
					all = append(all, parts(typ).Draw(rt, label))
				}
			}
			return all
		}
		a := draw("a", nil)
		b := draw("b", a)
		if got, want := strings.Compare(tuple(a), tuple(b)), compareParts(a, b); got != want {
			rt.Fatalf("%q and %q compare as %d, their parts as %d", tuple(a), tuple(b), got, want)
		}
		// A tuple is a prefix of exactly those that begin with its parts.
		begins := len(a) <= len(b) && compareParts(a, b[:min(len(a), len(b))]) == 0
		if got := strings.HasPrefix(tuple(b), tuple(a)); got != begins {
			rt.Fatalf("%q begins with %q: %v", tuple(b), tuple(a), got)
		}
	})
}

func TestTuplesOfTextAreTerms(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.String().Draw(rt, "text")
		term := store.Tuple{}.Text(text).Int(rapid.Int64().Draw(rt, "int")).Float(rapid.Float64().Draw(rt, "float")).String()
		if strings.ContainsRune(term, 0) || strings.ToValidUTF8(term, "") != term {
			rt.Errorf("%q is no text of the contract", term)
		}
	})
}

func TestEveryNaNSortsAboveAllNumbers(t *testing.T) {
	t.Parallel()
	infinite := store.Tuple{}.Float(math.Inf(1)).String()
	for _, bits := range []uint64{0x7FF8000000000001, 0x7FF0000000000001, 0xFFF8000000000001, 0xFFFFFFFFFFFFFFFF} {
		term := store.Tuple{}.Float(math.Float64frombits(bits)).String()
		if term <= infinite {
			t.Errorf("the NaN %x is %s, and infinity %s", bits, term, infinite)
		}
	}
}

func TestTimesBeyondTheCalendarAreSetToItsEnds(t *testing.T) {
	t.Parallel()
	term := func(at time.Time) string { return store.Tuple{}.Time(at).String() }
	first := time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)
	last := time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.UTC)
	east, west := time.FixedZone("", 14*3600), time.FixedZone("", -14*3600)
	for _, at := range []time.Time{first, first.Add(-1), time.Date(-5000, 3, 1, 0, 0, 0, 0, time.UTC), time.Date(0, 1, 1, 0, 0, 0, 0, east)} {
		if got := term(at); got != term(first) {
			t.Errorf("%v: %q", at, got)
		}
	}
	for _, at := range []time.Time{last, last.Add(1), time.Date(20_000, 3, 1, 0, 0, 0, 0, time.UTC), time.Date(9999, 12, 31, 23, 0, 0, 0, west)} {
		if got := term(at); got != term(last) {
			t.Errorf("%v: %q", at, got)
		}
	}
	if len(term(first)) != len(term(last)) {
		t.Error("the width differs")
	}
}
