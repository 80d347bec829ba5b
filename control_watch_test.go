package engage_test

import (
	"context"
	"slices"
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store"
)

// overtaken is a store in which something else is committed just before the first batch that
// writes a record of a kind: after all that batch rests on was read.
type overtaken struct {
	store.Store

	kind string
	by   func()
}

func (s *overtaken) Commit(ctx context.Context, b store.Batch) error {
	if by := s.by; by != nil && slices.ContainsFunc(b.Puts, func(r store.Record) bool { return r.Kind == s.kind }) {
		s.by = nil
		by()
	}
	return s.Store.Commit(ctx, b)
}

// TestEngageElsewhereAtTheSameTimeAsAPass: who engages on another source rests on which
// conversations watch the identity: nothing else of what is read changes when a pass is decided
// there. So of the two at the same time one is decided again: the pass is withdrawn, or, if the
// platform has been told of it, nobody engages.
func TestEngageElsewhereAtTheSameTimeAsAPass(t *testing.T) {
	t.Parallel()
	for name, told := range map[string]bool{"the platform is not told yet": false, "the platform is told": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, s := newScripted(t, handover.Settings{Primary: handover.Agent, BotApp: "robot"})
			c.eve = c.writes("eve", "hello?")
			c.runs()
			must(c.Sources.Create(t.Context(), interaction.Source{ID: "chat2", Type: "messenger", Active: true, CommunityID: "chat"}))(t)
			in := c.says("eve", "on two")
			in.SourceID = "chat2"
			two := must(c.Threads.Receive(t.Context(), in))(t)
			s.on = func(string, engage.Handling) error { return engage.ErrUnknownOutcome }
			passes := 0
			st := &overtaken{Store: c.st, kind: "intervention", by: func() {
				passes++
				if err := c.toBot(false); err != nil {
					t.Error(err)
				}
				if told {
					c.runs()
				}
			}}
			eng := must(engage.New(t.Context(), st, &c.opts))(t)
			_, err := eng.As(ann).Interventions.Engage(t.Context(), engage.Engagement{ThreadID: two.ThreadID})
			expect(t, "passes", passes, 1)
			now := c.control()
			switch {
			case told && (handover.RefusedBy(err) != handover.CodeInProgress || now.Phase() != handover.Passing):
				t.Errorf("ann engages while control is passed: %v; under way: %+v", err, now.Verb)
			case !told && (err != nil || now.Verb != nil):
				t.Errorf("ann engages: %v; the pass is still under way: %+v", err, now.Verb)
			}
		})
	}
}
