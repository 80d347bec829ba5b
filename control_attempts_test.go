package engage_test

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/store"
)

// Each attempt of a verb has the verb's key, and no other verb has it.
func TestVerbsHaveAKey(t *testing.T) {
	t.Parallel()
	c, s := newScripted(t, handover.Settings{Primary: handover.Agent, BotApp: "robot"})
	var seen []string
	for range 2 {
		var keys []string
		s.on = func(verb string, h engage.Handling) error {
			if verb != "pass" {
				return nil
			}
			if keys = append(keys, h.Key); len(keys) < 3 {
				return errBusy
			}
			return nil
		}
		if err := c.toBot(false); err != nil {
			t.Fatal(err)
		}
		id := c.control().Verb.ID
		c.passes(20*time.Second, time.Second)
		c.has(handover.Bot)
		if !slices.Equal(keys, []string{id, id, id}) || id == "" || slices.Contains(seen, id) {
			t.Errorf("the keys of %q: %q; before: %q", id, keys, seen)
		}
		seen = append(seen, id)
		s.owner = handover.Party{Owner: handover.Agent}
		must(c.Control.Settle(t.Context(), "chat", c.eve.IdentityID, s.owner))(t)
	}
}

// severed is a store to which a process has lost its way, when it is off.
type severed struct {
	store.Store

	off atomic.Bool
}

func (s *severed) Commit(ctx context.Context, b store.Batch) error {
	if s.off.Load() {
		return errDropped
	}
	return s.Store.Commit(ctx, b)
}

// A process that dies while the platform is being told leaves a verb of which nobody knows
// whether it was done: who claims its job next asks the platform, and does not wait for the
// deadline.
func TestALostAttemptIsAskedAboutAtOnce(t *testing.T) {
	t.Parallel()
	c, s := newScripted(t, handover.Settings{Primary: handover.Agent, BotApp: "robot", VerbTimeout: 3600})
	if err := c.toBot(false); err != nil {
		t.Fatal(err)
	}
	ctx, dies := context.WithCancel(t.Context())
	defer dies()
	st := &severed{Store: c.st}
	dying := must(engage.New(t.Context(), st, &c.opts))(t)
	s.on = func(verb string, _ engage.Handling) error {
		if verb == "pass" {
			st.off.Store(true) // from now on it writes nothing
			dies()
		}
		return nil
	}
	_, _ = dying.RunDue(ctx)
	s.on = nil
	if v := c.control().Verb; v == nil || v.Stage != handover.StageSent {
		t.Fatalf("under way: %+v", v)
	}
	c.restart()
	c.passes(20*time.Minute, time.Minute)
	if !slices.Contains(s.told, "owner eve") {
		t.Errorf("nobody has asked: %v; under way: %+v", s.told, c.control().Verb)
	}
}

// A report that is older than the last one changes nothing, and nobody asks because of it,
// whether or not the platform can be asked.
func TestOlderReportsChangeNothing(t *testing.T) {
	t.Parallel()
	for _, noOwner := range []bool{false, true} {
		c, s := newScripted(t, handover.Settings{Primary: handover.Agent, BotApp: "robot", NoOwner: noOwner})
		at := c.clock.read()
		c.reports(handover.Party{Owner: handover.Other, App: "a"}, at.Add(10*time.Second))
		c.runs()
		before, asked := c.control(), len(s.told)
		c.reports(handover.Party{Owner: handover.Other, App: "b"}, at.Add(5*time.Second))
		c.runs()
		now := c.control()
		if now.App != "a" || now.Revision != before.Revision || len(s.told) != asked {
			t.Errorf("NoOwner %v: %v has control, revision %d, before %d; told: %v", noOwner, now.Party, now.Revision, before.Revision, s.told)
		}
	}
}
