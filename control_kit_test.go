package engage_test

import (
	"context"
	"sync"
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
)

// scripted is a platform that passes control and does what a test wants: on says what comes
// of a verb, send of a delivery. It is idle, or the agents have control, as owner says.
type scripted struct {
	engage.Platform
	mu    sync.Mutex
	told  []string
	owner handover.Party
	on    func(verb string, h engage.Handling) error // nil: done
	send  func(d engage.Delivery) error
}

func (s *scripted) tell(verb string, h engage.Handling, to handover.Party) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.told = append(s.told, verb+" "+h.Identity.ForeignID)
	if s.on != nil {
		if err := s.on(verb, h); err != nil {
			return err
		}
	}
	s.owner = to
	return nil
}

func (s *scripted) Request(_ context.Context, h engage.Handling) (bool, error) {
	return true, s.tell("request", h, handover.Party{Owner: handover.Agent})
}

func (s *scripted) Pass(_ context.Context, h engage.Handling) error {
	return s.tell("pass", h, handover.Party{Owner: handover.Other, App: h.App})
}

func (s *scripted) Take(_ context.Context, h engage.Handling) error {
	return s.tell("take", h, handover.Party{Owner: handover.Agent})
}

func (s *scripted) Release(_ context.Context, h engage.Handling) error {
	return s.tell("release", h, handover.Party{Owner: handover.Idle})
}

func (s *scripted) Owner(_ context.Context, h engage.Handling) (handover.Party, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.told = append(s.told, "owner "+h.Identity.ForeignID)
	if s.on != nil {
		if err := s.on("owner", h); err != nil {
			return handover.Party{}, err
		}
	}
	return s.owner, nil
}

func (s *scripted) Send(ctx context.Context, d engage.Delivery) (string, error) {
	if s.send != nil {
		if err := s.send(d); err != nil {
			return "", err
		}
	}
	return "m" + d.Content.ID, nil
}

// newScripted is newControlled with such a platform.
func newScripted(t *testing.T, settings handover.Settings) (*controlled, *scripted) {
	t.Helper()
	s := &scripted{owner: handover.Party{Owner: handover.Agent}}
	c := &controlled{desk: newDesk(t, func(o *engage.Options) { o.Platforms["messenger"] = s })}
	if err := c.Control.Configure(t.Context(), "chat", settings); err != nil {
		t.Fatal(err)
	}
	c.eve = c.writes("eve", "hello")
	return c, s
}
