package interaction_test

import (
	"slices"
	"testing"
	"time"

	"github.com/engage-interactions/engage/interaction"
)

// TestWhatAnEchoIsOf while three contents are on their way.
func TestWhatAnEchoIsOf(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	posted := []*interaction.Content{
		{ID: "1", Body: "hello", CreatedAt: at},
		{ID: "2", Body: "bye", CreatedAt: at.Add(20 * time.Minute)},
		{ID: "3", Body: "hello", CreatedAt: at.Add(20 * time.Minute)},
	}
	for _, row := range []struct {
		name    string
		body    string
		written time.Time
		want    []string
	}{
		{"the oldest that says the same first", "hello", at.Add(40 * time.Minute), []string{"1", "3", "2"}},
		{"a younger one, if only that says the same", "bye", at.Add(40 * time.Minute), []string{"2", "1", "3"}},
		{"the oldest, if the platform has changed it", "<p>bye</p>", at.Add(40 * time.Minute), []string{"1", "2", "3"}},
		{"of none that was posted later", "bye", at, []string{"1"}},
		{"by a clock that is behind", "bye", at.Add(20*time.Minute - interaction.EchoSkew), []string{"2", "1", "3"}},
		{"in other words of none that was posted long before", "bye", at.Add(interaction.EchoDelay + 1), []string{"2", "3"}},
		{"in the same words, however long before", "hello", at.Add(2 * time.Hour), []string{"1", "3"}},
		{"of nothing, long before", "hello", at.Add(-interaction.EchoSkew - 1), nil},
	} {
		echo := interaction.Content{Body: row.body, CreatedAt: row.written, ReceivedAt: at.Add(3 * time.Hour)}
		var got []string
		for _, p := range echo.EchoOf(posted) {
			got = append(got, p.ID)
		}
		if !slices.Equal(got, row.want) {
			t.Errorf("%s: %v, want %v", row.name, got, row.want)
		}
	}
}
