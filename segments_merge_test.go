package engage_test

import (
	"fmt"
	"iter"
	"slices"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
)

// town is a crowd of whom two, eve and zoe, have done more than goes over in one commit,
// and others have done a thing twice.
func newTown(t *testing.T, others int) *crowd {
	t.Helper()
	c := newCrowd(t)
	declare(t, c.Engine, declaring("s", segmentProperties))
	var all []interaction.Submission
	for n := range 150 {
		all = append(all, submission("eve", "s", fmt.Sprintf(`{"n":%d}`, n)), submission("zoe", "s", fmt.Sprintf(`{"n":%d}`, n)))
	}
	for n := range others {
		id := fmt.Sprintf("a%04d", n)
		all = append(all, submission(id, "s", `{"n":-1}`), submission(id, "s", `{"n":-1}`))
	}
	for _, outcome := range c.Interactions.RecordMany(t.Context(), all) {
		if outcome.Err != nil {
			t.Fatal(outcome.Err)
		}
	}
	return c
}

// TestNobodyIsInASegmentForWhatIsLeftOfThem, whenever a merge begins, goes on or ends
// while the segment is read: eve and zoe have never had so little, and are at no moment in
// more than one person.
func TestNobodyIsInASegmentForWhatIsLeftOfThem(t *testing.T) {
	t.Parallel()
	start := newTown(t, 2)
	few, begun := int64(120), start.clock.read().Add(-24*time.Hour)
	for name, seg := range map[string]struct {
		read func(*engage.Engine) iter.Seq2[string, error]
		zoe  bool // she is in it throughout
	}{
		"few": {func(e *engage.Engine) iter.Seq2[string, error] {
			return e.Segments.ByCount(t.Context(), engage.CountSegment{SchemaID: "s", AtLeast: 2, AtMost: &few})
		}, false},
		"few of all known": {func(e *engage.Engine) iter.Seq2[string, error] {
			return e.Segments.ByCount(t.Context(), engage.CountSegment{SchemaID: "s", AtMost: &few})
		}, false},
		"many": {func(e *engage.Engine) iter.Seq2[string, error] {
			return e.Segments.ByCount(t.Context(), engage.CountSegment{SchemaID: "s", AtLeast: 2})
		}, true},
		"many in a window": {func(e *engage.Engine) iter.Seq2[string, error] {
			return e.Segments.ByCount(t.Context(), engage.CountSegment{SchemaID: "s", AtLeast: 2, From: begun})
		}, true},
		"none in a window": {func(e *engage.Engine) iter.Seq2[string, error] {
			return e.Segments.ByCount(t.Context(), engage.CountSegment{SchemaID: "s", AtMost: new(int64), From: begun})
		}, false},
		"a value": {func(e *engage.Engine) iter.Seq2[string, error] {
			return e.Segments.ByValue(t.Context(), engage.ValueSegment{SchemaID: "s", Property: "n"})
		}, true},
	} {
		for act, do := range map[string]act{
			"begins": merge("eve", "zoe", 1), "goes on": merge("eve", "zoe", 2), "ends": merge("eve", "zoe"),
		} {
			for n, reads := 1, 1; n <= reads; n++ {
				c := start.again(t)
				merged := false
				count := c.before(map[int]func(){n: func() { do(c); merged = true }})
				got := collect(t, seg.read(c.reader))
				if reads = *count; !merged {
					break
				}
				if slices.Contains(got, "zoe") != seg.zoe || !seg.zoe && slices.Contains(got, "eve") {
					t.Errorf("%s, and the merge %s before read %d: %q", name, act, n, got)
				}
			}
		}
	}
}

// TestALongSegmentIsTrueToWhoIsMerged when its second page is read, whatever was so when
// its first was: eve and zoe are behind a page of others.
func TestALongSegmentIsTrueToWhoIsMerged(t *testing.T) {
	t.Parallel()
	large(t)
	few := int64(120)
	for name, row := range map[string]struct {
		seg           engage.CountSegment
		before, while act
		want          []string
	}{
		"a merge begins, and they have little": {engage.CountSegment{AtLeast: 2, AtMost: &few}, func(*crowd) {}, merge("eve", "zoe", 2), nil},
		"a merge begins":                       {engage.CountSegment{AtLeast: 2}, func(*crowd) {}, merge("eve", "zoe", 2), []string{"zoe"}},
		"a merge ends, and is undone": {
			engage.CountSegment{AtLeast: 2}, merge("eve", "zoe", 2), merge("eve", "zoe").then(unmerge()), []string{"eve", "zoe"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newTown(t, 1_100)
			row.before(c)
			row.seg.SchemaID = "s"
			var got []string
			n := 0
			for id, err := range c.Segments.ByCount(t.Context(), row.seg) {
				if err != nil {
					t.Fatal(err)
				}
				n++
				if n == 1 {
					row.while(c)
				}
				if id == "eve" || id == "zoe" {
					got = append(got, id)
				}
			}
			slices.Sort(got)
			if !slices.Equal(got, row.want) {
				t.Errorf("%q, want %q", got, row.want)
			}
		})
	}
}
