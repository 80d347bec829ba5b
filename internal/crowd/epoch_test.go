package crowd_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/internal/trials"
	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/storetest"
)

// booked is a platform that enters what it is asked to deliver.
type booked struct {
	engage.InApp

	*books
}

// Send implements [engage.Platform].
func (p booked) Send(_ context.Context, d engage.Delivery) (string, error) {
	p.sent(d.Content.ID)
	return "m" + d.Content.ID, nil
}

// slow is a store on which the commit that begins a delivery comes late, if somebody
// waits for that.
type slow struct {
	store.Store

	waits  *atomic.Bool // somebody does
	begins chan chan struct{}
}

// hold lets whoever waits for it go first.
func (s slow) hold() {
	if s.waits.CompareAndSwap(true, false) {
		done := make(chan struct{})
		s.begins <- done
		<-done
	}
}

// Commit implements [store.Store].
func (s slow) Commit(ctx context.Context, b store.Batch) error {
	for _, put := range b.Puts {
		if put.Kind != "job" || !bytes.Contains(put.Value, []byte(`"content.deliver"`)) || !bytes.Contains(put.Value, []byte(`"running"`)) {
			continue
		}
		s.hold()
	}
	return s.Store.Commit(ctx, b)
}

// duels lets agents take over from a bot that has just begun to speak, again and again,
// and reports how many of its contents were delivered nevertheless, rightly.
func duels(t *testing.T, one, two store.Store, books *books, clock *trials.Clock, rounds int) (delivered int) {
	t.Helper()
	ctx := t.Context()
	var engines []*engage.Engine
	late := slow{books.on(two), new(atomic.Bool), make(chan chan struct{})}
	for _, st := range []store.Store{books.on(one), late} {
		options := &engage.Options{Clock: clock.Now, Platforms: map[string]engage.Platform{"page": booked{books: books}}}
		engines = append(engines, must(engage.New(ctx, st, options))(t))
	}
	eng, bot := engines[0], engage.Bot("bot")
	must(eng.Sources.Create(ctx, interaction.Source{ID: "page", Type: "page", Active: true}))(t)
	settings := handover.Settings{Primary: handover.Bot, BotApp: "bot", IgnoreBots: true}
	if err := eng.Control.Configure(ctx, "page", settings); err != nil {
		t.Fatal(err)
	}
	ada := must(eng.Threads.Receive(ctx, engage.Inbound{SourceID: "page", Customer: engage.Account{ForeignID: "ada"}, Message: interaction.Message{Body: "hello"}}))(t)
	i := must(eng.As(bot).Interventions.Engage(ctx, engage.Engagement{ThreadID: ada.ThreadID}))(t)
	for n := range rounds {
		if _, err := eng.Interventions.Assign(ctx, i.ID, bot); err != nil && n > 0 { // the agents have taken it from the bot
			t.Fatal(err)
		}
		must(eng.Control.Settle(ctx, "page", ada.IdentityID, handover.Party{Owner: handover.Bot, App: "bot"}))(t)
		posted := must(eng.As(bot).Contents.Post(ctx, engage.Post{ThreadID: ada.ThreadID, Message: interaction.Message{Body: fmt.Sprint("yes ", n)}}))(t)
		late.waits.Store(n%2 == 0)
		var wg sync.WaitGroup
		wg.Go(func() {
			if _, err := engines[1].RunDue(ctx); err != nil {
				t.Error(err)
			}
			late.hold() // nothing was begun
		})
		wg.Go(func() {
			if n%2 == 0 { // that is begun, and not committed
				done := <-late.begins
				defer close(done)
			}
			if _, err := eng.Control.Settle(ctx, "page", ada.IdentityID, handover.Party{Owner: handover.Agent}); err != nil && !errors.Is(err, engage.ErrRefused) {
				t.Error(err)
			}
		})
		wg.Wait()
		if _, err := eng.RunDue(ctx); err != nil {
			t.Fatal(err)
		}
		switch status := must(eng.Contents.Get(ctx, posted.ID))(t).Synchronization.Status; status {
		case interaction.SyncSuccess:
			delivered++
		case interaction.SyncAborted:
		case interaction.SyncPending, interaction.SyncFailure:
			t.Errorf("what the bot said is %s at the end", status)
		}
	}
	return delivered
}

// No delivery of what a bot said is begun once the agents have taken over.
func TestNoDeliveryOfAnOlderEpochBegins(t *testing.T) {
	t.Parallel()
	for name, open := range trials.Stores() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock := trials.NewClock(began)
			books := newBooks(clock.Now)
			one, two := open.Two(t, storetest.Seed(t))
			rounds := 20 * storetest.Effort(t)
			t.Logf("%d of %d delivered", duels(t, one, two, books, clock, rounds), rounds)
			books.holds(t)
		})
	}
}

// On a store that does not look at what a batch only checks, one begins.
func TestDeliveriesOfAnOlderEpochAreFound(t *testing.T) {
	t.Parallel()
	rng := storetest.Seed(t)
	clock := trials.NewClock(began)
	books := newBooks(clock.Now)
	for n := 0; n < 20 && len(books.faults()) == 0; n++ {
		one, two := trials.Stores()["weak"].Two(t, rng)
		lie := func(st store.Store) store.Store {
			return trials.NewLiar(st, trials.DropsChecks, trials.Luck(rng), "thread_control", "engaged_list")
		}
		duels(t, lie(one), lie(two), books, clock, 20)
	}
	if len(books.faults()) == 0 {
		t.Error("nobody has noticed")
	}
}
