package interaction_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/engage-interactions/engage/interaction"
)

// saidSoFar is a naive model of a Standing: all that was said, which it counts anew.
type saidSoFar struct {
	said []interaction.Content
	upTo map[int64]int64 // by the position of what the company said: up to where it answers
	page int             // how many of the unanswered are looked at for an echo that comes late
}

func isEcho(c interaction.Content) bool {
	return c.Direction == interaction.Outbound && c.Origin == interaction.FromPlatform && c.DuplicateOf == ""
}

// unanswered goes through all that was said.
func (a *saidSoFar) unanswered() (answeredUpTo int64, all []*interaction.Content) {
	for _, c := range a.said {
		if c.DuplicateOf == "" {
			answeredUpTo = max(answeredUpTo, a.upTo[c.Position])
		}
	}
	for i, c := range a.said {
		if c.Direction == interaction.Inbound && !c.Ignored && c.Position > answeredUpTo {
			all = append(all, &a.said[i])
		}
	}
	return answeredUpTo, all
}

// standing counts what is unanswered.
func (a *saidSoFar) standing() (s interaction.Standing) {
	upTo, all := a.unanswered()
	s = interaction.Standing{AnsweredUpTo: upTo, Unanswered: int64(len(all))}
	if len(all) > 0 {
		s.UnansweredFrom, s.UnansweredSince = all[0].Position, all[0].WrittenAt()
	}
	return s
}

// echo lets an echo, the last that was said, answer what was written by then.
func (a *saidSoFar) echo(echo *interaction.Content) {
	isLater := func(c interaction.Content) bool {
		return c.Direction == interaction.Inbound && c.WrittenAt().After(echo.WrittenAt())
	}
	if !slices.ContainsFunc(a.said, isLater) {
		a.upTo[echo.Position] = echo.Position
		return
	}
	_, all := a.unanswered()
	for i, c := range all {
		if isLater(*c) || i+1 == a.page && len(all) > a.page || i >= a.page {
			return
		}
		a.upTo[echo.Position] = c.Position
	}
}

// answered returns the first echo that answers up to a position or beyond.
func (a *saidSoFar) answered(position int64) *interaction.Content {
	i := slices.IndexFunc(a.said, func(c interaction.Content) bool { return c.AnswersUpTo >= position && c.AnswersUpTo > 0 && isEcho(c) })
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
// was said: all is written at any time, echoes turn out to be duplicates in any order,
// replies come between them, and contents are ignored before and after.
func TestEchoesAreTakenBack(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 23, 11, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		all := saidSoFar{upTo: map[int64]int64{}, page: rapid.IntRange(1, 5).Draw(t, "page")}
		var is interaction.Correspondent
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
				all.upTo[c.Position] = c.Position
			case "echo":
				c := say(interaction.Outbound, interaction.FromPlatform)
				before := is.Standing
				_, oldest := all.unanswered()
				all.echo(c)
				if is.WroteSince(c.WrittenAt()) {
					is = is.AnsweredUntil(c.WrittenAt(), oldest[:min(len(oldest), all.page)])
				} else {
					is = is.Answered(c.Position, c.WrittenAt())
				}
				*c = c.Answering(before, is.Standing)
			case "ignore":
				c := some(func(c interaction.Content) bool { return c.Direction == interaction.Inbound && !c.Ignored })
				if c == nil {
					continue
				}
				before := *c
				c.Ignored = true
				if is.Counts(before) {
					is.Standing = is.Disregard(c.Position, all.oldest(is.AnsweredUpTo))
				} else if echo := all.answered(c.Position); echo != nil && echo.StandingBefore.Counts(before) {
					echo.StandingBefore = echo.StandingBefore.Disregard(c.Position, all.oldest(echo.StandingBefore.AnsweredUpTo))
				}
			case "duplicate":
				echo := some(isEcho)
				if echo == nil {
					continue
				}
				echo.DuplicateOf = "what was posted"
				if echo.AnswersUpTo == 0 {
					continue
				}
				is.Standing = is.Retract(echo.AnswersUpTo, echo.StandingBefore)
				if next := all.answered(echo.AnswersUpTo + 1); next != nil {
					next.StandingBefore = next.StandingBefore.Retract(echo.AnswersUpTo, echo.StandingBefore)
				}
			}
			if want := all.standing(); is.Standing != want {
				t.Fatalf("%+v, want %+v, of %+v", is.Standing, want, all.said)
			}
		}
	})
}
