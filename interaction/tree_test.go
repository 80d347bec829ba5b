package interaction_test

import (
	"testing"

	"github.com/engage-interactions/engage/interaction"
)

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
