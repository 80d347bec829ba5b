package interaction_test

import (
	"testing"
	"time"

	"github.com/engage-interactions/engage/interaction"
)

// TestAThreadClosesByItselfAsItsChannelLetsIt: never while agents have it or are sought, after
// MaxResting once that rests, and as its source says without one.
func TestAThreadClosesByItselfAsItsChannelLetsIt(t *testing.T) {
	t.Parallel()
	const short = 60
	source := interaction.Source{ID: "sms", Type: "sms", TimeForThreadClosing: short}
	written := time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC)
	rested, later := written.Add(time.Hour), written.Add(2*time.Hour)
	free := interaction.Thread{Status: interaction.ThreadOpen, LastReceivedAt: written, LastContentAt: written}
	bound := free.Bind("UO1", false, written)
	resting := bound.Bind("UO1", true, rested)
	for name, c := range map[string]struct {
		thread interaction.Thread
		closes time.Time // zero: never by itself
	}{
		"without a channel":         {free, written.Add(short * time.Second)},
		"with one":                  {bound, time.Time{}},
		"with one that rests":       {resting, rested.Add(interaction.MaxResting)},
		"with one that rests still": {resting.Bind("UO1", true, later), rested.Add(interaction.MaxResting)},
		"with one that is back":     {resting.Bind("UO1", false, later), time.Time{}},
		"with one that rests again": {resting.Bind("UO1", false, rested).Bind("UO1", true, later), later.Add(interaction.MaxResting)},
		"without it any more":       {resting.Bind("", false, later), written.Add(short * time.Second)},
	} {
		if c.thread.Occupied() != c.closes.IsZero() {
			t.Errorf("%s: occupied: %v", name, c.thread.Occupied())
		}
		if c.closes.IsZero() {
			c.closes = written.Add(10 * 365 * 24 * time.Hour)
			if _, _, err := c.thread.TimeOut(source, c.closes); err == nil {
				t.Errorf("%s: closes by itself", name)
			}
			continue
		}
		if _, _, err := c.thread.TimeOut(source, c.closes.Add(-1)); err == nil {
			t.Errorf("%s: closes before %v", name, c.closes)
		}
		if closed, _, err := c.thread.TimeOut(source, c.closes); err != nil || closed.Status != interaction.ThreadClosed {
			t.Errorf("%s: %v, at %v", name, err, c.closes)
		}
	}
}
