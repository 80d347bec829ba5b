package engage_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/platformtest"
)

// controlEvents returns the events about control behind a position, and the position of the last
// event.
func controlEvents(t *testing.T, eng *engage.Engine, after int64) (list []engage.ControlEvent, kinds []engage.EventType) {
	t.Helper()
	for e, err := range eng.Events.After(t.Context(), after) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Resource.Type == engage.ResourceControl {
			var c engage.ControlEvent
			unpack(t, e.Data, &c)
			list, kinds = append(list, c), append(kinds, e.Type)
		}
	}
	return list, kinds
}

// countOf returns how many of them there are.
func countOf(kinds []engage.EventType, kind engage.EventType) (n int) {
	for _, k := range kinds {
		if k == kind {
			n++
		}
	}
	return n
}

// pendingJobs returns how many jobs of a type there are that have not failed for good: what
// has failed stays, so that somebody may have it tried again.
func (d *desk) pendingJobs(typ string) (n int) {
	d.t.Helper()
	for _, j := range must(d.Jobs.List(d.t.Context(), engage.JobFilter{Type: typ}))(d.t).Items {
		if j.State != engage.JobFailed {
			n++
		}
	}
	return n
}

// switchboard is a platform on which one app at a time has control, and which does what it
// is told at once.
type switchboard struct {
	*platformtest.Platform

	mu     sync.Mutex
	owner  handover.Party
	silent bool // Owner does not say
	told   []handover.VerbKind
	asked  int
	refuse error // for all verbs
}

func newSwitchboard() *switchboard {
	return &switchboard{Platform: platformtest.New(), owner: handover.Party{Owner: handover.Idle}}
}

// verb does one.
func (s *switchboard) verb(kind handover.VerbKind, to *handover.Party) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.told = append(s.told, kind)
	if s.refuse != nil {
		return s.refuse
	}
	if to != nil {
		s.owner = *to
	}
	return nil
}

func (s *switchboard) Request(context.Context, engage.Handling) (bool, error) {
	return false, s.verb(handover.VerbRequest, nil)
}

func (s *switchboard) Pass(_ context.Context, h engage.Handling) error {
	return s.verb(handover.VerbPass, &handover.Party{Owner: handover.Other, App: h.App})
}

func (s *switchboard) Take(context.Context, engage.Handling) error {
	return s.verb(handover.VerbTake, &handover.Party{Owner: handover.Agent})
}

func (s *switchboard) Release(context.Context, engage.Handling) error {
	return s.verb(handover.VerbRelease, &handover.Party{Owner: handover.Idle})
}

func (s *switchboard) Owner(context.Context, engage.Handling) (handover.Party, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	if s.silent {
		return handover.Party{}, errors.ErrUnsupported
	}
	return s.owner, nil
}

// has puts control somewhere on the platform, without telling anybody.
func (s *switchboard) has(p handover.Party) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.owner = p
}

// verbs returns what the platform was told.
func (s *switchboard) verbs() []handover.VerbKind {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.told)
}

// switched is a controlled desk whose platform passes control between apps.
type switched struct {
	*controlled

	board *switchboard
}

// newSwitched returns one. eve has written.
func newSwitched(t *testing.T, settings handover.Settings) *switched {
	t.Helper()
	board := newSwitchboard()
	t.Cleanup(board.Close)
	c := &controlled{desk: newDesk(t, func(o *engage.Options) { o.Platforms = map[string]engage.Platform{"messenger": board} })}
	if err := c.Control.Configure(t.Context(), "chat", settings); err != nil {
		t.Fatal(err)
	}
	s := &switched{controlled: c, board: board}
	c.eve = c.writes("eve", "hello")
	board.has(s.control().Party)
	return s
}

// wantsToWrite is an agent who wants to write while a bot has control: one content waits.
func (c *controlled) wantsToWrite() engage.Posted {
	c.t.Helper()
	c.engages(ann, c.eve.ThreadID)
	posted := c.replies(ann, c.eve.ThreadID, "Ann here.")
	c.runs()
	return posted
}

// became checks what became of a content.
func (c *controlled) became(p engage.Posted, want interaction.SyncStatus) {
	c.t.Helper()
	expect(c.t, "status of what ann wrote", c.sync(p.ID), want)
}
