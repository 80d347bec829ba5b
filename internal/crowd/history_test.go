package crowd_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/internal/trials"
	"github.com/engage-interactions/engage/store"
)

// began is when histories begin, by the clock of the Engines.
var began = time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC)

// jobActs stands for what a job commits, which nobody has called.
const jobActs = "job"

// called is a call of somebody, with all that comes with it.
type called struct {
	verb    string
	who     engage.Actor // who engages, posts, answers or is to have it
	id      string       // the intervention
	minted  string       // the one that it opens, if it opens one
	epoch   int64        // that a bot has seen
	request handover.Request
	party   handover.Party
	at      time.Time
	now     time.Time // by the clock, which stands still meanwhile
	cancel  func()    // its context ends
	sure    bool      // nothing of it is lost
}

// What is done with interventions, by the names of package interaction.
const (
	closes    = string(interaction.InterventionCloses)
	cancels   = string(interaction.InterventionCancels)
	reopens   = string(interaction.InterventionReopens)
	defers    = string(interaction.InterventionDefers)
	resumes   = string(interaction.InterventionResumes)
	assigns   = string(interaction.InterventionAssigns)
	transfers = string(interaction.InterventionTransfers)
)

type callKey struct{}

func (c *called) String() string {
	text := fmt.Sprintf("%s %v", c.verb, c.who)
	if c.id != "" {
		text += " " + c.id
	}
	if c.request.To != "" {
		text += fmt.Sprintf(" to %s %s, when free %v", c.request.To, c.request.AppID, c.request.WhenFree)
	}
	if c.party.Owner != "" {
		text += " " + c.party.String()
	}
	return text
}

// actor is for whom the Engine acts.
func (c *called) actor() engage.Actor {
	switch c.verb {
	case "engage", "post", "accept", "decline":
		return c.who
	case "hand over", "explain":
		if c.who.Type == interaction.ActorBot {
			return c.who
		}
	}
	return engage.System()
}

// answer is what came back.
type answer struct {
	said             string
	control, dealing string // of a job: what it wrote
	open             bool   // nobody knows whether it was done
}

func (a answer) String() string {
	if a.open {
		return "?"
	}
	return a.said + a.control + " " + a.dealing
}

// talked is a conversation that is written down.
type talked struct {
	*books

	sourceID, customer   string
	threadID, identityID string
	settings             handover.Settings

	mu         sync.Mutex
	known      []string // interventions that somebody has seen
	epoch      int64    // that somebody has seen
	operations []porcupine.Operation
	unexpected []error
}

// call makes a call, and writes down what came of it.
func (h *talked) call(ctx context.Context, client int, eng *engage.Engine, c *called) {
	ctx, c.cancel = context.WithCancel(context.WithValue(ctx, callKey{}, c))
	defer c.cancel()
	begun := h.tick()
	said, err := h.made(ctx, eng.As(c.actor()), c)
	over := h.tick()
	a := answer{said: said}
	switch {
	case errors.Is(err, engage.ErrUnknownOutcome):
		a.open, over = true, never
	case err == nil:
	case errors.Is(err, engage.ErrRefused), errors.Is(err, engage.ErrNotFound):
		a.said = refused(err)
	case errors.Is(err, engage.ErrConflict), errors.Is(err, context.Canceled):
		return // nothing has happened
	default:
		h.mu.Lock()
		h.unexpected = append(h.unexpected, fmt.Errorf("%v: %w", c, err))
		h.mu.Unlock()
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.operations = append(h.operations, porcupine.Operation{ClientId: client, Input: c, Call: begun, Output: a, Return: over})
}

// never is when a call returns of which nobody knows whether it was done.
const never = 1 << 62

// made makes a call.
func (h *talked) made(ctx context.Context, eng *engage.Engine, c *called) (string, error) {
	about := func(i interaction.Intervention, err error) (string, error) {
		if err == nil {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.known = append(h.known, i.ID)
			if c.verb == "engage" {
				c.minted = i.ID
			}
		}
		return seen(i), err
	}
	control := func(now handover.Control, err error) (string, error) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.epoch = max(h.epoch, now.Epoch)
		return shown(now), err
	}
	hello := interaction.Message{Body: "hello"}
	switch c.verb {
	case "write":
		r, err := eng.Threads.Receive(ctx, engage.Inbound{SourceID: h.sourceID, Customer: engage.Account{ForeignID: h.customer}, Message: hello})
		if h.threadID == "" {
			h.threadID, h.identityID = r.ThreadID, r.IdentityID
		}
		if r.InterventionID != "" {
			return "within " + r.InterventionID, err
		}
		return "written", err
	case "engage":
		return about(eng.Interventions.Engage(ctx, engage.Engagement{ThreadID: h.threadID}))
	case "post":
		p, err := eng.Contents.Post(ctx, engage.Post{ThreadID: h.threadID, Message: hello, ControlEpoch: c.epoch})
		round, epoch := p.Content.ControlRound, p.Content.ControlEpoch
		return fmt.Sprintf("posted in epoch %d, round %d", epoch, round), err
	case "hand over":
		handed, err := eng.Control.Handover(ctx, c.request)
		said, err := control(handed.Control, err)
		return string(handed.Act) + ", " + said, err
	case "explain":
		e, err := eng.Control.Explain(ctx, c.request)
		if err == nil && e.Refused != nil {
			return refused(e.Refused), nil //nolint:nilerr // it is the explanation
		}
		said, err := control(e.Control, err)
		return string(e.Act) + ", " + said, err
	case "accept":
		return control(eng.Control.Accept(ctx, h.sourceID, h.identityID))
	case "decline":
		return control(eng.Control.Decline(ctx, h.sourceID, h.identityID))
	case "settle":
		return control(eng.Control.Settle(ctx, h.sourceID, h.identityID, c.party))
	case "report":
		return control(eng.Control.Report(ctx, engage.ControlReport{SourceID: h.sourceID, IdentityForeignID: h.customer, Party: c.party, At: c.at}))
	case "get":
		return control(eng.Control.Get(ctx, h.sourceID, h.identityID))
	case closes:
		return about(eng.Interventions.Close(ctx, c.id, engage.Closing{}))
	case cancels:
		return about(eng.Interventions.Cancel(ctx, c.id))
	case reopens:
		return about(eng.Interventions.Reopen(ctx, c.id))
	case defers:
		return about(eng.Interventions.Defer(ctx, c.id, c.at))
	case resumes:
		return about(eng.Interventions.Resume(ctx, c.id))
	case assigns:
		return about(eng.Interventions.Assign(ctx, c.id, c.who))
	case transfers:
		return about(eng.Interventions.Transfer(ctx, c.id, engage.Actor{}))
	default:
		return "", fmt.Errorf("what is %q?", c.verb)
	}
}

// chosen is what somebody may do next.
func (h *talked) chosen(rng *rand.Rand, now time.Time) *called {
	h.mu.Lock()
	defer h.mu.Unlock()
	c := &called{now: now, who: engage.Agent(fmt.Sprint("agent-", rng.IntN(2)))}
	bot := rng.IntN(3) == 0
	if bot {
		c.who = engage.Bot("bot")
	}
	verbs := []string{
		"write", "engage", "engage", "engage", "post", "post", "post", "hand over", "hand over", "hand over", "hand over", "hand over", "explain", "accept", "decline", "settle",
		"report", "get", closes, closes, cancels, cancels,
		reopens, defers, resumes, assigns, transfers,
	}
	switch c.verb = verbs[rng.IntN(len(verbs))]; c.verb {
	case "write", "engage":
	case "post":
		c.epoch = h.epoch - int64(rng.IntN(2))
		c.epoch = max(c.epoch, 0)
	case "hand over", "explain":
		c.request = handover.Request{
			IdentityForeignID: h.customer, From: handover.Agent, To: handover.Bot, Type: "page", AppID: "bot", SourceID: h.sourceID, WhenFree: rng.IntN(3) == 0,
		}
		if rng.IntN(3) == 0 {
			c.request.From, c.request.To, c.request.AppID, c.request.WhenFree = handover.Bot, handover.Agent, "", false
		}
	case "settle", "report":
		c.party = []handover.Party{{Owner: handover.Idle}, {Owner: handover.Agent}, {Owner: handover.Bot, App: "bot"}, {Owner: handover.Other, App: "inbox"}}[rng.IntN(4)]
		c.at = now.Add(time.Duration(rng.IntN(3)-1) * time.Second)
	case "accept", "decline":
		c.who = engage.Bot("bot")
	case "get":
	default:
		if len(h.known) == 0 {
			c.verb = "engage"
			break
		}
		c.id = h.known[max(len(h.known)-1-rng.IntN(8), 0)]
		if rng.IntN(2) == 0 {
			c.id = h.known[len(h.known)-1]
		}
		c.at = now.Add(30 * time.Second)
	}
	return c
}

// history lets several clients do something at the same time with two Engines, while time
// stands still; then it goes on, and again.
type history struct {
	engines  []*engage.Engine
	books    *books
	clock    *trials.Clock
	clients  int
	rounds   int
	calls    int // of each client in a round
	sourceID string
	settings handover.Settings
}

// happens plays a history about some customers, and returns it.
func (s history) happens(ctx context.Context, rng *rand.Rand, customers ...string) (all []*talked) {
	for _, customer := range customers {
		h := &talked{books: s.books, sourceID: s.sourceID, customer: customer, settings: s.settings}
		h.call(ctx, 0, s.engines[0], &called{verb: "write", now: s.clock.Now(), sure: true})
		all = append(all, h)
	}
	for range s.rounds {
		now := s.clock.Now()
		var wg sync.WaitGroup
		for client := range s.clients {
			rng := trials.Luck(rng)
			wg.Go(func() {
				eng := s.engines[client%len(s.engines)]
				for range s.calls {
					h := all[rng.IntN(len(all))]
					if rng.IntN(8) == 0 {
						_, err := eng.RunDue(ctx)
						h.expects(err)
						continue
					}
					h.call(ctx, client, eng, h.chosen(rng, now))
				}
			})
		}
		wg.Wait()
		s.clock.Pass([]time.Duration{0, 31 * time.Second, 61 * time.Second, 25 * time.Hour}[rng.IntN(4)])
	}
	_, err := s.engines[0].RunDue(ctx)
	for _, h := range all {
		h.expects(err)
		h.call(ctx, 0, s.engines[1], &called{verb: "get", now: s.clock.Now()})
		h.addJobs()
	}
	return all
}

// addJobs writes down what jobs have committed, by the books.
func (h *talked) addJobs() {
	h.books.mu.Lock()
	defer h.books.mu.Unlock()
	for _, e := range h.entries {
		if e.call != nil || e.identity != h.identityID {
			continue
		}
		a := answer{}
		if e.control != nil {
			var c handover.Control
			h.expects(json.Unmarshal(e.control, &c))
			a.control = shown(c)
		}
		if e.dealing != nil {
			var i interaction.Intervention
			h.expects(json.Unmarshal(e.dealing, &i))
			a.dealing = seen(i)
		}
		h.operations = append(h.operations, porcupine.Operation{
			ClientId: 100, Input: &called{verb: jobActs, now: e.now}, Call: e.begun, Output: a, Return: e.over,
		})
	}
}

func (h *talked) expects(err error) {
	if err != nil && !errors.Is(err, store.ErrConflict) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.unexpected = append(h.unexpected, fmt.Errorf("jobs: %w", err))
	}
}
