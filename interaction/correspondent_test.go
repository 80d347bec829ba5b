package interaction_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/engage-interactions/engage/interaction"
)

// pair is a naive model of a Correspondent: it keeps all contents, and looks through
// them for every answer.
type pair struct {
	contents    []interaction.Content
	live        bool
	owner       interaction.Actor
	transferred time.Time // the customer waits since then, whatever was said
	last        time.Time
}

// unanswered returns the customer's contents that nobody has answered or ignored.
func (p *pair) unanswered() []interaction.Content {
	var open []interaction.Content
	for _, c := range p.contents {
		switch {
		case c.Direction == interaction.Outbound:
			open = nil
		case !c.Ignored:
			open = append(open, c)
		}
	}
	return open
}

// waiting returns since when the customer has been waiting for an agent.
func (p *pair) waiting() time.Time {
	if p.live && p.owner.Type == interaction.ActorAgent {
		return time.Time{}
	}
	since := p.transferred
	if open := p.unanswered(); len(open) > 0 && (since.IsZero() || writtenAt(open[0]).Before(since)) {
		since = writtenAt(open[0])
	}
	return since
}

// writtenAt is the time of a content that counts.
func writtenAt(c interaction.Content) time.Time {
	return time.Unix(0, min(c.CreatedAt.UnixNano(), c.ReceivedAt.UnixNano())).UTC()
}

func (p *pair) answeredUpTo() int64 {
	var position int64
	for _, c := range p.contents {
		if c.Direction == interaction.Outbound {
			position = c.Position
		}
	}
	return position
}

// status is what a search finds a content under.
func (p *pair) status(c interaction.Content) interaction.ContentStatus {
	switch {
	case c.Direction == interaction.Outbound && c.FirstInThread:
		return "user_initiated"
	case c.Direction == interaction.Outbound:
		return "user_reply"
	case c.Ignored:
		return "ignored"
	}
	for _, later := range p.contents {
		if later.Position > c.Position && later.Direction == interaction.Outbound {
			return "replied"
		}
	}
	if p.live {
		return "assigned"
	}
	return "new"
}

// TestCorrespondent holds a Correspondent against the naive model through random
// conversations.
func TestCorrespondent(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		now := time.Date(2026, 5, 23, 11, 0, 0, 0, time.UTC)
		var (
			c        interaction.Correspondent
			model    pair
			position int64
		)
		intervention := interaction.Intervention{ID: "i"}
		apply := func(by interaction.InterventionVerb, owner interaction.Actor) {
			next, _, err := intervention.Apply(by, interaction.Change{Owner: owner, Until: now.Add(time.Hour)},
				interaction.InterventionFacts{ThreadOpen: true, MayManage: true, Disposition: true, OwnerGone: rapid.Bool().Draw(t, "the owner is gone")}, now)
			if err != nil {
				return
			}
			intervention = next
			c = c.With(intervention, now)
			ownerless := model.live && model.owner == nobody
			model.live, model.owner = next.Status.Live(), next.Owner
			switch {
			case !model.live || next.Owner != nobody:
				model.transferred = time.Time{}
			case !ownerless: // it has become so now
				model.transferred = now
			}
		}
		write := func(direction interaction.Direction) time.Time {
			position += int64(rapid.IntRange(1, 3).Draw(t, "others write, too"))
			content := interaction.Content{
				Position: position, Direction: direction, ReceivedAt: now, FirstInThread: position == 1,
				CreatedAt: now.Add(time.Duration(rapid.IntRange(-3, 1).Draw(t, "written")) * time.Minute),
			}
			if got := content.WrittenAt(); !got.Equal(writtenAt(content)) {
				t.Fatalf("%+v was written at %v", content, got)
			}
			model.contents = append(model.contents, content)
			if at := writtenAt(content); at.After(model.last) {
				model.last = at
			}
			return writtenAt(content)
		}
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 2).Draw(t, "minutes")) * time.Minute)
			switch rapid.IntRange(0, 9).Draw(t, "what") {
			case 0, 1, 2:
				at := write(interaction.Inbound)
				c = c.Wrote(position, at)
			case 3:
				at := write(interaction.Outbound)
				c = c.Answered(position, at)
				intervention.Replies = intervention.Replies.Add("r", time.Time{}, now)
			case 4, 5:
				if len(model.contents) == 0 {
					continue
				}
				n := rapid.IntRange(0, len(model.contents)-1).Draw(t, "ignored")
				content := &model.contents[n]
				counted := false
				for _, open := range model.unanswered() {
					counted = counted || open.Position == content.Position
				}
				if got := c.Counts(*content); got != counted {
					t.Fatalf("%+v counts: %t, and for %+v it is %t", *content, counted, c, got)
				}
				if content.Direction == interaction.Inbound {
					content.Ignored = true
				}
				if counted {
					var next *interaction.Content
					switch open := model.unanswered(); {
					case len(open) > 0 && open[0].Position > content.Position: // it was the oldest
						next = &open[0]
					case rapid.Bool().Draw(t, "something else is named"):
						next = &model.contents[0]
					}
					c.Standing = c.Disregard(content.Position, next)
				}
			case 6:
				apply(interaction.InterventionEngages, rapid.SampledFrom([]interaction.Actor{ann, bob, bot}).Draw(t, "engages"))
			case 7:
				apply(interaction.InterventionTransfers, rapid.SampledFrom([]interaction.Actor{nobody, bob}).Draw(t, "to"))
			case 8:
				apply(rapid.SampledFrom([]interaction.InterventionVerb{interaction.InterventionCloses, interaction.InterventionCancels}).Draw(t, "ends"), nobody)
			case 9:
				apply(rapid.SampledFrom([]interaction.InterventionVerb{
					interaction.InterventionDefers, interaction.InterventionResumes, interaction.InterventionReopens,
					interaction.InterventionWritten, interaction.InterventionFallsDue,
				}).Draw(t, "changes"), nobody)
			}
			open := model.unanswered()
			included := model.last
			if wrote := slices.DeleteFunc(slices.Clone(model.contents), func(c interaction.Content) bool { return c.Direction != interaction.Inbound }); len(wrote) > 0 {
				included = slices.MaxFunc(wrote, func(a, b interaction.Content) int { return writtenAt(a).Compare(writtenAt(b)) }).WrittenAt()
			}
			var from int64
			var since time.Time
			if len(open) > 0 {
				from, since = open[0].Position, writtenAt(open[0])
			}
			switch {
			case c.Unanswered != int64(len(open)) || c.UnansweredFrom != from || !c.UnansweredSince.Equal(since):
				t.Fatalf("%+v, want %d unanswered, from %d, since %v", c, len(open), from, since)
			case c.AnsweredUpTo != model.answeredUpTo():
				t.Fatalf("answered up to %d, want %d", c.AnsweredUpTo, model.answeredUpTo())
			case !c.LastContentAt.Equal(model.last):
				t.Fatalf("the last content came at %v, want %v", c.LastContentAt, model.last)
			case !c.IncludesFrom().Equal(included):
				t.Fatalf("the time for inclusion counts from %v, want %v: %+v", c.IncludesFrom(), included, model.contents)
			case !c.WaitingSince().Equal(model.waiting()):
				t.Fatalf("%+v: waiting since %v, want %v", c, c.WaitingSince(), model.waiting())
			case c.WaitsForOwner() != (model.live && model.owner != nobody && len(open) > 0):
				t.Fatalf("%+v waits for its owner: %t, of %+v", c, c.WaitsForOwner(), model)
			}
			for _, content := range model.contents {
				if got, want := content.Status(c), model.status(content); got != want {
					t.Fatalf("%+v of %+v is %q, want %q", content, c, got, want)
				}
			}
		}
	})
}

// TestReplies compares what is counted as it comes with what the list of all replies
// says.
func TestReplies(t *testing.T) {
	t.Parallel()
	type reply struct {
		id    string
		since time.Time
		at    time.Time
	}
	rapid.Check(t, func(t *rapid.T) {
		now := time.Date(2026, 5, 23, 11, 0, 0, 0, time.UTC)
		var (
			r   interaction.Replies
			all []reply
		)
		for n := range rapid.IntRange(0, 20).Draw(t, "replies") {
			now = now.Add(time.Duration(rapid.IntRange(0, 5000).Draw(t, "milliseconds")) * time.Millisecond)
			one := reply{id: string(rune('a' + n)), at: now}
			if rapid.Bool().Draw(t, "answers something") {
				// A platform's clock may be ahead of ours: nobody waits less than not at all.
				one.since = now.Add(-time.Duration(rapid.IntRange(-2000, 9000).Draw(t, "waited")) * time.Millisecond)
			}
			r = r.Add(one.id, one.since, one.at)
			all = append(all, one)
		}
		waited := func(one reply) interaction.Seconds {
			if one.since.IsZero() || one.since.After(one.at) {
				return 0
			}
			return interaction.Seconds(one.at.Unix() - one.since.Unix() - map[bool]int64{true: 1}[one.at.Nanosecond() < one.since.Nanosecond()])
		}
		want := interaction.Replies{UserRepliesCount: int64(len(all))}
		for n, one := range all {
			if n == 0 {
				want.FirstUserReplyID, want.FirstUserReplyAt, want.FirstUserReplyIn = one.id, one.at, waited(one)
			}
			want.LastUserReplyAt, want.LastUserReplyIn = one.at, waited(one)
			if !one.since.IsZero() {
				want.UserReplyInTotal += waited(one)
				want.UserReplyInAverageCount++
			}
		}
		if r != want {
			t.Fatalf("%+v, want %+v", r, want)
		}
		if n := r.UserReplyInAverageCount; n == 0 && r.UserReplyInAverage() != 0 || n > 0 && r.UserReplyInAverage() != r.UserReplyInTotal/interaction.Seconds(n) {
			t.Fatalf("%v on average of %+v", r.UserReplyInAverage(), r)
		}
	})
}
