package interaction_test

import (
	"reflect"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/engage-interactions/engage/interaction"
)

// TestWhatRepliedToADuplicateFollows compares a tree whose duplicate was found out
// afterwards with the one that grows if all is known from the beginning.
func TestWhatRepliedToADuplicateFollows(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		// The original comes before the duplicate, or is in another thread. A chain, or a tree.
		size := rapid.IntRange(2, 100).Draw(t, "contents")
		duplicate := rapid.IntRange(1, size-1).Draw(t, "duplicate")
		original := rapid.IntRange(0, duplicate-1).Draw(t, "original")
		elsewhere := rapid.Bool().Draw(t, "the original is in another thread")
		spread := rapid.SampledFrom([]int{1, 2, 100}).Draw(t, "replies to one of the last")
		after, want := make([]interaction.Content, size), make([]interaction.Content, size)
		other := interaction.Content{ID: "other", ThreadID: "there", AuthorID: "its author", Depth: 3, Path: []int64{1, 2, 3, 4}}
		for i := range size {
			c := interaction.Content{ID: strconv.Itoa(i), ThreadID: "here", AuthorID: "author " + strconv.Itoa(i), Position: int64(i) + 1}
			above := i - rapid.IntRange(1, spread).Draw(t, "above")
			if above < 0 {
				after[i], want[i] = c.Under(nil), c.Under(nil)
				continue
			}
			after[i], want[i] = c.Under(&after[above]), c.Under(&want[above])
			if above == duplicate && elsewhere {
				want[i] = c.Under(&other)
			} else if above == duplicate {
				want[i] = c.Under(&want[original])
			}
		}
		to := after[original]
		if elsewhere {
			to = other
		}
		from := after[duplicate]
		for i, c := range after {
			if i == duplicate {
				continue
			}
			got := c.Follow(from, to)
			if got.InReplyToID != want[i].InReplyToID || got.InReplyToAuthorID != want[i].InReplyToAuthorID {
				t.Fatalf("%d replies to %+v, want %+v", i, got, want[i])
			}
			// What is deeper than the tree is ordered does not say below what it is.
			if c.Depth > interaction.MaxDepth {
				if path := got.Path; len(path) > interaction.MaxDepth+1 || path[len(path)-1] != c.Position {
					t.Fatalf("%d is at %v", i, path)
				}
				continue
			}
			if got.Depth != want[i].Depth || !reflect.DeepEqual(got.Path, want[i].Path) {
				t.Fatalf("%d is at %d, %v, want %d, %v", i, got.Depth, got.Path, want[i].Depth, want[i].Path)
			}
		}
	})
}

// TestWhatMayBeAnEcho of what was posted at the third place of a thread.
func TestWhatMayBeAnEcho(t *testing.T) {
	t.Parallel()
	posted := interaction.Content{ThreadID: "t", IdentityID: "eve", Position: 3, Direction: interaction.Outbound, Origin: interaction.FromAPI}
	echo := interaction.Content{ThreadID: "t", IdentityID: "eve", Position: 4, Direction: interaction.Outbound, Origin: interaction.FromPlatform}
	for _, row := range []struct {
		name  string
		but   func(*interaction.Content)
		maybe bool
	}{
		{"told of after it", func(*interaction.Content) {}, true},
		{"told of in another thread", func(c *interaction.Content) { c.ThreadID, c.Position = "u", 1 }, true},
		{"told of before it", func(c *interaction.Content) { c.Position = 2 }, false},
		{"posted, too", func(c *interaction.Content) { c.Origin = interaction.FromAPI }, false},
		{"of the customer", func(c *interaction.Content) { c.Direction = interaction.Inbound }, false},
		{"to another customer", func(c *interaction.Content) { c.IdentityID = "fay" }, false},
	} {
		c := echo
		row.but(&c)
		if got := c.MayBe(posted); got != row.maybe {
			t.Errorf("%s: %t", row.name, got)
		}
	}
}
