package engage_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/memory"
	"github.com/engage-interactions/engage/store/sqlite"
)

// fickle is a platform on which one app at a time has control, and which answers late,
// wrongly or not at all.
type fickle struct {
	mu     sync.Mutex
	owners map[string]handover.Party // by identity
	rng    *rand.Rand
	faults float64
}

var (
	errDropped = fmt.Errorf("the line was cut: %w", engage.ErrUnknownOutcome)
	errBusy    = errors.New("busy")
	errNo      = engage.Permanent(errors.New("not in this state"))
)

// verb does something to the owner of an identity, and perhaps says something else.
func (f *fickle) verb(h engage.Handling, do func(now handover.Party) (handover.Party, error)) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	luck := f.rng.Float64()
	if luck < f.faults/3 {
		return errBusy
	}
	if luck < f.faults*2/3 {
		return errDropped // before it did anything
	}
	next, err := do(f.now(h))
	if err == nil {
		f.owners[h.Identity.ForeignID] = next
	}
	if luck < f.faults {
		return errDropped // behind it
	}
	return err
}

func (f *fickle) now(h engage.Handling) handover.Party {
	if p, ok := f.owners[h.Identity.ForeignID]; ok {
		return p
	}
	return handover.Party{Owner: handover.Idle}
}

func (f *fickle) Request(_ context.Context, h engage.Handling) (granted bool, err error) {
	err = f.verb(h, func(now handover.Party) (handover.Party, error) {
		granted = now.Owner == handover.Idle || now.Owner == handover.Agent || f.rng.IntN(2) == 0 // or the bot passes at once
		if granted {
			now = handover.Party{Owner: handover.Agent}
		}
		return now, nil
	})
	return granted && err == nil, err
}

func (f *fickle) Pass(_ context.Context, h engage.Handling) error {
	return f.verb(h, func(now handover.Party) (handover.Party, error) {
		if now.Owner != handover.Agent && now.Owner != handover.Idle {
			return now, errNo
		}
		return handover.Party{Owner: handover.Other, App: h.App}, nil
	})
}

func (f *fickle) Take(_ context.Context, h engage.Handling) error {
	return f.verb(h, func(handover.Party) (handover.Party, error) { return handover.Party{Owner: handover.Agent}, nil })
}

func (f *fickle) Release(_ context.Context, h engage.Handling) error {
	return f.verb(h, func(now handover.Party) (handover.Party, error) {
		if now.Owner != handover.Agent {
			return now, errNo
		}
		return handover.Party{Owner: handover.Idle}, nil
	})
}

func (f *fickle) Owner(_ context.Context, h engage.Handling) (handover.Party, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.rng.Float64() < f.faults {
		return handover.Party{}, errBusy
	}
	return f.now(h), nil
}

func (f *fickle) Send(_ context.Context, d engage.Delivery) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if now := f.now(engage.Handling{Identity: d.Identity}); now.Owner == handover.Bot || now.Owner == handover.Other {
		return "", fmt.Errorf("%w", engage.ErrNotInControl)
	}
	return "m" + d.Content.ID, nil
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

// TestNoPassWhileAnybodyIsEngaged lets many do all at once that moves control, with two
// Engines on one store, with the Engine as arbiter and with a platform that is fickle.
func TestNoPassWhileAnybodyIsEngaged(t *testing.T) {
	t.Parallel()
	open := map[string]func(t *testing.T) (store.Store, store.Store){
		"memory": func(*testing.T) (store.Store, store.Store) { st := memory.New(); return st, st },
		"sqlite": func(t *testing.T) (store.Store, store.Store) {
			path := filepath.Join(t.TempDir(), "engage.db")
			handle := func() store.Store {
				st := must(sqlite.Open(t.Context(), path, &sqlite.Options{Synchronous: sqlite.Normal}))(t)
				t.Cleanup(func() { _ = st.Close() })
				return st
			}
			return handle(), handle()
		},
	}
	for name, open := range open {
		for _, faults := range []float64{-1, 0, 0.3} {
			t.Run(fmt.Sprintf("%s, faults %v", name, faults), func(t *testing.T) {
				t.Parallel()
				one, two := open(t)
				crowdControl(t, one, two, faults)
			})
		}
	}
}

func crowdControl(t *testing.T, one, two store.Store, faults float64) {
	t.Helper()
	ctx := t.Context()
	clock := &handClock{now: time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC)}
	platforms := map[string]engage.Platform{"page": engage.InApp{}}
	if faults >= 0 {
		platforms["page"] = &fickle{owners: map[string]handover.Party{}, rng: rand.New(rand.NewPCG(1, 2)), faults: faults} //nolint:gosec // a test's luck
	}
	options := &engage.Options{Clock: clock.read, Platforms: platforms}
	engines := []*engage.Engine{must(engage.New(ctx, one, options))(t), must(engage.New(ctx, two, options))(t)}
	must(engines[0].Sources.Create(ctx, interaction.Source{ID: "page", Type: "page", Active: true}))(t)
	settings := handover.Settings{Primary: handover.Agent, BotApp: "bot"}
	if err := engines[0].Control.Configure(ctx, "page", settings); err != nil {
		t.Fatal(err)
	}
	customers := []string{"ada", "eve"}
	var conversations []engage.Received
	for _, name := range customers {
		conversations = append(conversations, must(engines[0].Threads.Receive(ctx, engage.Inbound{
			SourceID: "page", Customer: engage.Account{ForeignID: name}, Message: interaction.Message{Body: "hello"},
		}))(t))
	}
	rounds := 60
	if testing.Short() {
		rounds = 20
	}
	var wg sync.WaitGroup
	for worker := range 6 {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(worker), 7)) //nolint:gosec // a test's luck
			eng := engines[worker%2]
			agent := eng.As(engage.Agent(fmt.Sprint("agent-", worker%3)))
			for range rounds {
				n := rng.IntN(len(customers))
				with := conversations[n]
				list, err := eng.Interventions.List(ctx, engage.InterventionFilter{IdentityID: with.IdentityID, Limit: 1})
				if err != nil {
					t.Error(err)
					return
				}
				var id string
				if len(list.Items) > 0 {
					id = list.Items[0].ID
				}
				request := handover.Request{IdentityForeignID: customers[n], From: handover.Agent, To: handover.Bot, Type: "page", AppID: "bot"}
				switch rng.IntN(12) {
				case 0, 1:
					_, err = agent.Interventions.Engage(ctx, engage.Engagement{ThreadID: with.ThreadID})
				case 2:
					_, err = eng.Interventions.Cancel(ctx, id)
				case 3:
					_, err = eng.Interventions.Close(ctx, id, engage.Closing{})
				case 4:
					_, err = agent.Contents.Post(ctx, engage.Post{ThreadID: with.ThreadID, Message: interaction.Message{Body: "yes"}})
				case 5, 6:
					request.WhenFree = rng.IntN(3) == 0
					_, err = eng.Control.Handover(ctx, request)
				case 7:
					request.From, request.To, request.AppID = handover.Bot, handover.Agent, ""
					_, err = eng.Control.Handover(ctx, request)
				case 8:
					_, err = eng.Control.Decline(ctx, "page", with.IdentityID)
				case 9:
					_, err = eng.Control.Accept(ctx, "page", with.IdentityID)
				case 10:
					_, err = eng.Threads.Receive(ctx, engage.Inbound{
						SourceID: "page", Customer: engage.Account{ForeignID: customers[n]}, Message: interaction.Message{Body: "hm"},
					})
				default:
					clock.pass(time.Duration(rng.IntN(40)) * time.Second)
					_, err = eng.RunDue(ctx)
				}
				if err != nil && !errors.Is(err, engage.ErrRefused) && !errors.Is(err, engage.ErrNotFound) {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	t.Logf("%d passes", passesChecked(t, engines[0]))
}
