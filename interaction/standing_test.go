package interaction_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/engage-interactions/engage/interaction"
)

// saidSoFar is a naive model of a Standing: all that was said, which it counts anew.
type saidSoFar struct{ said []interaction.Content }

func isEcho(c interaction.Content) bool {
	return c.Direction == interaction.Outbound && c.Origin == interaction.FromPlatform && c.DuplicateOf == ""
}

// standing counts what is unanswered.
func (a *saidSoFar) standing() (s interaction.Standing) {
	for _, c := range a.said {
		switch {
		case c.DuplicateOf != "":
		case c.Direction == interaction.Outbound:
			s = interaction.Standing{AnsweredUpTo: c.Position}
		case !c.Ignored:
			s.Unanswered++
			if s.Unanswered == 1 {
				s.UnansweredFrom, s.UnansweredSince = c.Position, c.WrittenAt()
			}
		}
	}
	return s
}

// echoBehind returns the first echo behind a position.
func (a *saidSoFar) echoBehind(position int64) *interaction.Content {
	i := slices.IndexFunc(a.said, func(c interaction.Content) bool { return c.Position > position && isEcho(c) })
	if i < 0 {
		return nil
	}
	return &a.said[i]
}

// oldest returns the first content of the customer behind a position that is not ignored.
func (a *saidSoFar) oldest(position int64) *interaction.Content {
	i := slices.IndexFunc(a.said, func(c interaction.Content) bool {
		return c.Position > position && c.Direction == interaction.Inbound && !c.Ignored
	})
	if i < 0 {
		return nil
	}
	return &a.said[i]
}

// TestEchoesAreTakenBack compares what is known without counting with a count of all that
// was said: echoes turn out to be duplicates in any order, replies come between them, and
// contents are ignored before and after.
func TestEchoesAreTakenBack(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 23, 11, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		var (
			all saidSoFar
			is  interaction.Correspondent
		)
		say := func(direction interaction.Direction, origin interaction.Origin) *interaction.Content {
			all.said = append(all.said, interaction.Content{
				Position: int64(len(all.said)) + 1, Direction: direction, Origin: origin,
				CreatedAt: now.Add(time.Duration(rapid.IntRange(0, 9).Draw(t, "minute")) * time.Minute), ReceivedAt: now.Add(time.Hour),
			})
			return &all.said[len(all.said)-1]
		}
		// some picks one of those that are so.
		some := func(so func(interaction.Content) bool) *interaction.Content {
			var those []*interaction.Content
			for i := range all.said {
				if so(all.said[i]) {
					those = append(those, &all.said[i])
				}
			}
			if len(those) == 0 {
				return nil
			}
			return rapid.SampledFrom(those).Draw(t, "which")
		}
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			switch rapid.SampledFrom([]string{"writes", "writes", "reply", "echo", "echo", "ignore", "duplicate", "duplicate"}).Draw(t, "what") {
			case "writes":
				c := say(interaction.Inbound, interaction.FromPlatform)
				is = is.Wrote(c.Position, c.WrittenAt())
			case "reply":
				c := say(interaction.Outbound, interaction.FromAPI)
				is = is.Answered(c.Position, c.WrittenAt())
			case "echo":
				c := say(interaction.Outbound, interaction.FromPlatform)
				c.StandingBefore = is.Standing
				is = is.Answered(c.Position, c.WrittenAt())
			case "ignore":
				c := some(func(c interaction.Content) bool { return c.Direction == interaction.Inbound && !c.Ignored })
				if c == nil {
					continue
				}
				before := *c
				c.Ignored = true
				if is.Counts(before) {
					is.Standing = is.Disregard(c.Position, all.oldest(is.AnsweredUpTo))
				} else if echo := all.echoBehind(c.Position); echo != nil && echo.StandingBefore.Counts(before) {
					echo.StandingBefore = echo.StandingBefore.Disregard(c.Position, all.oldest(echo.StandingBefore.AnsweredUpTo))
				}
			case "duplicate":
				echo := some(isEcho)
				if echo == nil {
					continue
				}
				echo.DuplicateOf = "what was posted"
				is.Standing = is.Retract(echo.Position, echo.StandingBefore)
				if next := all.echoBehind(echo.Position); next != nil {
					next.StandingBefore = next.StandingBefore.Retract(echo.Position, echo.StandingBefore)
				}
			}
			if want := all.standing(); is.Standing != want {
				t.Fatalf("%+v, want %+v, of %+v", is.Standing, want, all.said)
			}
		}
	})
}
