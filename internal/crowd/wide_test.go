package crowd_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/internal/trials"
	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/storetest"
)

// company is a crowd at which nothing is spared: two sources of one community with
// control and one without, customers who turn out to be one person, and settings that are
// set anew meanwhile.
type company struct {
	*books

	t        *testing.T
	st       store.Store
	engines  []*engage.Engine
	platform *fickle // nil: the Engine is the arbiter
	clock    *trials.Clock
	talks    []engage.Received // the customers, on each source
	mu       sync.Mutex
	known    []string // interventions
	resets   bool     // settings are set anew meanwhile
}

var (
	companySources   = []string{"one", "two", "beside"}
	companyCustomers = []string{"ada", "eve", "joe"}
)

func newCompany(t *testing.T, rng *rand.Rand, one, two store.Store, faults float64) *company {
	t.Helper()
	ctx := t.Context()
	c := &company{t: t, st: one, clock: trials.NewClock(began)}
	c.books = newBooks(c.clock.Now)
	platforms := map[string]engage.Platform{"page": booked{books: c.books}}
	if faults >= 0 {
		c.platform = &fickle{books: c.books, owners: map[string]handover.Party{}, rng: trials.Luck(rng), faults: faults}
		platforms["page"] = c.platform
	}
	for _, st := range []store.Store{one, two} {
		c.engines = append(c.engines, must(engage.New(ctx, c.on(st), &engage.Options{Clock: c.clock.Now, Platforms: platforms}))(t))
	}
	for _, id := range companySources {
		must(c.engines[0].Sources.Create(ctx, interaction.Source{ID: id, Type: "page", CommunityID: "club", Active: true}))(t)
		if id != "beside" {
			c.configure(rng, id)
		}
	}
	for _, customer := range companyCustomers {
		for _, source := range companySources {
			c.talks = append(c.talks, must(c.engines[0].Threads.Receive(ctx, engage.Inbound{
				SourceID: source, Customer: engage.Account{ForeignID: customer, ContactID: "person " + customer}, Message: interaction.Message{Body: "hello"},
			}))(t))
		}
	}
	return c
}

func (c *company) configure(rng *rand.Rand, source string) {
	settings := handover.Settings{
		Primary: []handover.Owner{"", handover.Agent, handover.Bot}[rng.IntN(3)], BotApp: "bot", MayTake: rng.IntN(2) == 0,
		WholeContact: rng.IntN(2) == 0, IgnoreDeferred: rng.IntN(3) == 0, IgnoreBots: rng.IntN(3) == 0,
	}
	if rng.IntN(2) == 0 {
		settings.Fallback = handover.TakeOver
	}
	if err := c.engines[0].Control.Configure(c.t.Context(), source, settings); err != nil {
		c.t.Error(err)
	}
}

// act lets somebody do something.
func (c *company) act(rng *rand.Rand, eng *engage.Engine) error {
	ctx := c.t.Context()
	n := rng.IntN(len(c.talks))
	talk, source, customer := c.talks[n], companySources[n%len(companySources)], companyCustomers[n/len(companySources)]
	who := []engage.Actor{engage.Agent("ann"), engage.Agent("bob"), engage.Bot("bot")}[rng.IntN(3)]
	c.mu.Lock()
	id := ""
	if len(c.known) > 0 {
		id = c.known[max(0, len(c.known)-1-rng.IntN(12))]
	}
	c.mu.Unlock()
	request := handover.Request{SourceID: source, IdentityForeignID: customer, From: handover.Agent, To: handover.Bot, Type: "page", AppID: "bot", WhenFree: rng.IntN(2) == 0}
	if rng.IntN(3) == 0 {
		request.From, request.To, request.AppID, request.WhenFree = handover.Bot, handover.Agent, "", false
	}
	switch rng.IntN(24) {
	case 0, 1, 2, 3:
		i, err := eng.As(who).Interventions.Engage(ctx, engage.Engagement{ThreadID: talk.ThreadID})
		if err == nil {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.known = append(c.known, i.ID)
		}
		return err
	case 4, 5:
		return end(eng.As(who).Contents.Post(ctx, engage.Post{ThreadID: talk.ThreadID, Message: interaction.Message{Body: "yes"}}))
	case 6:
		return end(eng.Interventions.Close(ctx, id, engage.Closing{}))
	case 7:
		return end(eng.Interventions.Cancel(ctx, id))
	case 8:
		return end(eng.Interventions.Defer(ctx, id, c.clock.Now().Add(30*time.Second)))
	case 9:
		return end(eng.Interventions.Resume(ctx, id))
	case 10:
		return end(eng.Interventions.Assign(ctx, id, who))
	case 11:
		return end(eng.Interventions.Transfer(ctx, id, engage.Actor{}))
	case 12, 13, 14, 15:
		return end(eng.Control.Handover(ctx, request))
	case 16:
		return end(eng.Control.Accept(ctx, source, talk.IdentityID))
	case 17:
		return end(eng.Control.Decline(ctx, source, talk.IdentityID))
	case 18:
		return end(eng.Threads.Receive(ctx, engage.Inbound{SourceID: source, Customer: engage.Account{ForeignID: customer}, Message: interaction.Message{Body: "hm"}}))
	case 19:
		if source != "beside" && c.resets {
			c.configure(rng, source)
		}
		return nil
	case 20:
		return end(eng.Contacts.Merge(ctx, "person ada", []string{"person eve", "person joe"}[rng.IntN(2)]))
	case 21:
		return end(eng.Contacts.Unmerge(ctx, []string{"person eve", "person joe"}[rng.IntN(2)]))
	case 22:
		return end(eng.Contacts.Move(ctx, talk.IdentityID, []string{"person ada", "person eve", ""}[rng.IntN(3)]))
	default:
		c.clock.Pass(time.Duration(rng.IntN(40)) * time.Second)
		return end(eng.RunDue(ctx))
	}
}

func end[T any](_ T, err error) error { return err }

// acts lets many do something at the same time.
func (c *company) acts(rng *rand.Rand, each int) {
	var wg sync.WaitGroup
	for worker := range 6 {
		rng := trials.Luck(rng)
		wg.Go(func() {
			for range each {
				err := c.act(rng, c.engines[worker%2])
				if err != nil && !errors.Is(err, engage.ErrRefused) && !errors.Is(err, engage.ErrNotFound) && !errors.Is(err, engage.ErrConflict) {
					c.t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

// rests lets time go by until all is done that comes by itself within minutes.
func (c *company) rests() {
	c.t.Helper()
	for range 12 {
		c.clock.Pass(45 * time.Second)
		if _, err := c.engines[0].RunDue(c.t.Context()); err != nil {
			c.t.Error(err)
		}
	}
}

// stored returns all records of a kind.
func stored[T any](c *company, kind string) (all []T) {
	c.t.Helper()
	q := store.Query{Tenant: engage.DefaultTenant, Kind: kind, Limit: store.MaxLimit}
	for {
		page := must(c.st.Find(c.t.Context(), q))(c.t)
		for _, r := range page.Records {
			var v T
			if err := json.Unmarshal(r.Value, &v); err != nil {
				c.t.Fatal(err)
			}
			all = append(all, v)
		}
		if q.Cursor = page.Next; page.Next == "" {
			return all
		}
	}
}

// storedWatch is what is stored of who watches what is engaged with an identity.
type storedWatch struct {
	IdentityID    string `json:"identity_id"`
	Conversations []struct {
		SourceID   string `json:"source_id"`
		IdentityID string `json:"identity_id"`
	} `json:"conversations"`
}

// watchesAgree looks whether conversations stand where they say, and nowhere else, and
// whether those to which it matters watch all that counts.
func (c *company) watchesAgree() {
	c.t.Helper()
	watched := map[string][]string{} // by conversation
	for _, w := range stored[storedWatch](c, "thread_control_watch") {
		for _, about := range w.Conversations {
			watched[about.SourceID+" "+about.IdentityID] = append(watched[about.SourceID+" "+about.IdentityID], w.IdentityID)
		}
	}
	for _, control := range stored[storedControl](c, "thread_control") {
		key := control.SourceID + " " + control.IdentityID
		slices.Sort(watched[key])
		slices.Sort(control.Watched)
		if !slices.Equal(watched[key], control.Watched) {
			c.t.Errorf("%s says that it watches %v, and stands with %v", key, control.Watched, watched[key])
		}
		delete(watched, key)
		matters := control.Ended || control.WhenFree != nil || control.Verb != nil && control.Verb.Kind == handover.VerbPass
		if matters != (len(control.Watched) > 0) {
			c.t.Errorf("%s: %+v watches %v", key, control, control.Watched)
		}
		settings := must(c.engines[0].Control.Settings(c.t.Context(), control.SourceID))(c.t)
		if !matters || !settings.WholeContact || c.resets { // who waits watches by the settings of then
			continue
		}
		identity := must(c.engines[0].Identities.Get(c.t.Context(), control.IdentityID))(c.t)
		for _, other := range must(c.engines[0].Contacts.Identities(c.t.Context(), identity.ContactID))(c.t) {
			if !slices.Contains(control.Watched, other.ID) {
				c.t.Errorf("%s waits, and does not watch %s, who is the same person", key, other.ID)
			}
		}
	}
	for key, ids := range watched {
		c.t.Errorf("%s stands with %v, and has no control", key, ids)
	}
}

// nothingWaits looks whether something waits although nobody is engaged with anybody, the
// platform answers, and time has gone by.
func (c *company) nothingWaits() {
	c.t.Helper()
	for _, control := range stored[storedControl](c, "thread_control") {
		if control.Verb != nil || control.WhenFree != nil || control.Held > 0 || control.Sending > 0 || len(control.Waiting) > 0 || control.Ended || control.Postponed {
			c.t.Errorf("it waits for ever: %s, waiting %v, ended %v", shown(control.Control), control.Waiting, control.Ended)
		}
	}
	for _, content := range stored[interaction.Content](c, "content") {
		if content.Synchronization.Status == interaction.SyncPending {
			c.t.Errorf("content %s by %v in epoch %d, round %d is still pending: %s", content.ID, content.Creator, content.ControlEpoch, content.ControlRound, content.Synchronization.Error)
		}
	}
	type job struct {
		Type  string `json:"type"`
		State string `json:"state"`
		Error string `json:"error"`
	}
	for _, j := range stored[job](c, "job") {
		if j.State != "failed" && j.Type != "control.inactive" && j.Type != "thread.time_out" {
			c.t.Errorf("a job is left: %+v", j)
		}
	}
}

// ends lets all that is engaged end.
func (c *company) ends() {
	c.t.Helper()
	ctx := c.t.Context()
	for _, i := range stored[interaction.Intervention](c, "intervention") {
		if !i.Status.Live() {
			continue
		}
		_, err := c.engines[0].Interventions.Cancel(ctx, i.ID)
		if errors.Is(err, engage.ErrRefused) {
			_, err = c.engines[0].Interventions.Close(ctx, i.ID, engage.Closing{})
		}
		if errors.Is(err, engage.ErrRefused) && handover.RefusedBy(err) == "" && i.Status == interaction.InterventionDeferred {
			_, err = c.engines[0].Interventions.Resume(ctx, i.ID)
		}
		if err != nil {
			c.t.Error(err)
		}
	}
}

// Whatever happens at the same time, no batch passes control while somebody is engaged,
// and when all has become still nothing waits for ever.
func TestACrowdInAWholeCompany(t *testing.T) {
	t.Parallel()
	for name, open := range trials.Stores() {
		for _, faults := range []float64{-1, 0, 0.3} {
			t.Run(fmt.Sprintf("%s, faults %v", name, faults), func(t *testing.T) {
				t.Parallel()
				rng := storetest.Seed(t)
				for range storetest.Effort(t) {
					one, two := open.Two(t, rng)
					c := newCompany(t, rng, one, two, faults)
					c.resets = rng.IntN(2) == 0
					for range 2 {
						c.acts(rng, 20)
						c.watchesAgree()
					}
					if c.platform != nil {
						c.platform.heal()
					}
					c.rests()
					c.watchesAgree()
					c.ends()
					c.rests()
					c.watchesAgree()
					c.nothingWaits()
					c.holds(t)
					if t.Failed() {
						return
					}
				}
			})
		}
	}
}
