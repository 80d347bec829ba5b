package engage_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
)

// What a platform says that fails.
var (
	errDropped = fmt.Errorf("the line was cut: %w", engage.ErrUnknownOutcome)
	errBusy    = errors.New("busy")
	errNo      = engage.Permanent(errors.New("not in this state"))
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

// passesChecked reads the log, and checks that control went from agents to a bot only while
// no intervention was engaged with the identity, unless the platform had done that by
// itself: what it answers, or says when it is asked, is that only if no pass to that bot was
// under way.
func passesChecked(t *testing.T, eng *engage.Engine) (passes int) {
	t.Helper()
	engaged := map[string]map[string]bool{} // by identity
	underWay := map[string]*handover.Verb{}
	for e, err := range eng.Events.After(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		switch e.Type {
		case engage.EventInterventionOpened, engage.EventInterventionReopened:
			var i engage.InterventionLifeEvent
			unpack(t, e.Data, &i)
			if engaged[i.IdentityID] == nil {
				engaged[i.IdentityID] = map[string]bool{}
			}
			engaged[i.IdentityID][e.Resource.ID] = true
		case engage.EventInterventionClosed, engage.EventInterventionCanceled:
			var i engage.InterventionLifeEvent
			unpack(t, e.Data, &i)
			delete(engaged[i.IdentityID], e.Resource.ID)
		case engage.EventControlChanged, engage.EventControlStarted:
			var c engage.ControlEvent
			unpack(t, e.Data, &c)
			v := underWay[c.IdentityID]
			ours := v != nil && v.Kind == handover.VerbPass && v.To.App == c.AppID
			byItself := c.Cause == "report" || (c.Cause == "owner" || c.Cause == "answer") && !ours
			completes := e.Type == engage.EventControlChanged && c.Previous.Owner == handover.Agent && c.Owner == handover.Bot && !byItself
			decides := e.Type == engage.EventControlStarted && c.Verb != nil && c.Verb.Kind == handover.VerbPass
			if (completes || decides) && len(engaged[c.IdentityID]) > 0 {
				t.Errorf("at %d: %s to %s by %s while %v is engaged", e.Position, e.Type, c.Owner, c.Cause, engaged[c.IdentityID])
			}
			if completes {
				passes++
			}
			underWay[c.IdentityID] = c.Verb
		}
	}
	return passes
}

func unpack(t *testing.T, data []byte, into any) {
	t.Helper()
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatal(err)
	}
}
