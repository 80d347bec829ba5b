package routing_test

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/engage-interactions/engage/routing"
)

// documentedPrefixes are those of the documentation, written down anew.
const documentedPrefixes = "WS WW WQ WK WA WT WR TC WC EV CH CF AC KD UO KG UT UX HQ KQ QW GO"

func TestPrefixesAreThoseOfTheDocumentation(t *testing.T) {
	t.Parallel()
	left := map[string]bool{}
	for p := range strings.FieldsSeq(documentedPrefixes) {
		left[p] = true
	}
	for _, p := range routing.Prefixes() {
		if !left[string(p)] {
			t.Errorf("%s is not documented, or stands there twice", p)
		}
		delete(left, string(p))
	}
	for p := range left {
		t.Errorf("%s is missing", p)
	}
}

func TestSIDsMatchTheirPattern(t *testing.T) {
	t.Parallel()
	for _, p := range routing.Prefixes() {
		pattern := regexp.MustCompile(`^` + string(p) + `[0-9a-fA-F]{32}$`)
		digits := strings.Repeat("0aF9", 8)
		for _, sid := range []string{
			"", string(p), string(p) + digits, string(p) + digits[1:], string(p) + digits + "0",
			strings.ToLower(string(p)) + digits, string(p) + digits[:31] + "g", string(p) + digits[:31] + "\n", string(p) + digits + "\n",
			string(p) + strings.Repeat("X", 32), string(p) + digits[:30] + "é", "ZZ" + digits, " " + string(p) + digits,
		} {
			if p.Valid(sid) != pattern.MatchString(sid) {
				t.Errorf("%s.Valid(%q) is %v", p, sid, p.Valid(sid))
			}
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SampledFrom(routing.Prefixes()).Draw(t, "prefix")
		sid := rapid.StringMatching(`(KD|UO|WT|[A-Z]{2})[0-9a-gA-G]{31,33}`).Draw(t, "sid")
		if want := regexp.MustCompile(`^` + string(p) + `[0-9a-fA-F]{32}$`).MatchString(sid); p.Valid(sid) != want {
			t.Fatalf("%s.Valid(%q) is not %v", p, sid, want)
		}
	})
}

func TestSIDsOfULIDs(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var a, b [16]byte
		copy(a[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "a"))
		copy(b[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "b"))
		p := rapid.SampledFrom(routing.Prefixes()).Draw(t, "prefix")
		if !p.Valid(p.Of(a)) {
			t.Fatalf("%q is not valid", p.Of(a))
		}
		if strings.Compare(p.Of(a), p.Of(b)) != bytes.Compare(a[:], b[:]) {
			t.Fatalf("%q and %q do not sort as their ULIDs do", p.Of(a), p.Of(b))
		}
		if got := routing.PrefixConversation.Alike(p.Of(a)); got != routing.PrefixConversation.Of(a) {
			t.Fatalf("alike to %q is %q", p.Of(a), got)
		}
	})
	if got := routing.PrefixTask.Alike(""); routing.PrefixTask.Valid(got) {
		t.Errorf("alike to nothing is %q", got)
	}
}
