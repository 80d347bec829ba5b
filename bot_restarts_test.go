package engage_test

import (
	"maps"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/platformtest"
	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/storetest/faults"
)

// TestBotRestarts ends the process of bot and human at each call of the store in turn,
// before or after its effect, and starts it again: nothing is done twice, and nothing is
// lost. On SQLite it is each eighth call, others each time.
func TestBotRestarts(t *testing.T) {
	t.Parallel()
	for _, death := range []faults.Fault{
		faults.Fail(store.ErrClosed).Named("dies before"), faults.FailAfter(store.ErrClosed).Named("dies after"),
	} {
		t.Run(death.String()+"/memory", func(t *testing.T) {
			t.Parallel()
			first, step := stride(t)
			for n, died := first, true; died; n += step {
				died = restartBot(t, newMemory(t), death, n)
			}
		})
		t.Run(death.String()+"/sqlite", func(t *testing.T) {
			t.Parallel()
			first := 1 + rand.IntN(thinned)
			t.Logf("tried at call %d and at each %dth from there", first, thinned)
			for n, died := first, true; died; n += thinned {
				died = restartBot(t, openSQLite(t, filepath.Join(t.TempDir(), "engage.db")), death, n)
			}
		})
	}
}

// restartBot plays the story of Example_bot, and lets the process die at the n-th call.
// It reports whether it came to that.
func restartBot(t *testing.T, st store.Store, death faults.Fault, n int) (died bool) {
	t.Helper()
	ctx := t.Context()
	clock := &handClock{now: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)}
	platform := platformtest.New(platformtest.HonourKeys())
	eng := must(shop(st, platform, clock.read))(t)
	must(eng.Sources.Create(ctx, interaction.Source{ID: "web", Type: "chat", Name: "Web chat", Active: true}))(t)
	var received []engage.Received
	for _, body := range []string{"When are you open?", "Where is my parcel?"} {
		received = append(received, must(eng.Threads.Receive(ctx, engage.Inbound{
			SourceID: "web", Customer: engage.Account{ForeignID: body}, Message: interaction.Message{Body: body},
		}))(t))
	}

	// The process that dies: from the n-th call on it reaches nothing any more.
	dying := faults.New(st)
	first := must(shop(dying, platform, clock.read))(t)
	dying.Restart()
	for call := n; call < n+1000; call++ {
		dying.Inject(death, call)
	}
	work := func(eng *engage.Engine) error {
		if err := (openingHours{eng.As(engage.Bot("hours"))}).serve(ctx); err != nil {
			return err
		}
		if _, err := eng.RunDue(ctx); err != nil {
			return err
		}
		if err := answer(ctx, eng, ann); err != nil {
			return err
		}
		_, err := eng.RunDue(ctx)
		return err
	}
	died = work(first) != nil

	// Those that are started instead, when the leases are over. The last one finds nothing
	// left to do.
	var before map[engage.EventType]int
	for again := range 3 {
		clock.pass(time.Hour)
		next := must(shop(st, platform, clock.read))(t)
		if err := work(next); err != nil {
			t.Fatalf("call %d: %v", n, err)
		}
		counts := map[engage.EventType]int{}
		for _, typ := range types(t, next, 0) {
			counts[typ]++
		}
		if again > 0 && !maps.Equal(counts, before) {
			t.Fatalf("call %d: %v, and then %v", n, before, counts)
		}
		before = counts
	}
	for i, want := range []string{"We are open from 9 to 18.", "I'll get somebody who knows.|It comes today."} {
		if seen := strings.Join(platform.Seen(received[i].IdentityID), "|"); seen != want {
			t.Fatalf("call %d: the customer sees %q, want %q", n, seen, want)
		}
	}
	for typ, want := range map[engage.EventType]int{
		engage.EventContentImported: 2, engage.EventInterventionOpened: 2, engage.EventContentReplied: 3, engage.EventThreadAnnotated: 2,
		engage.EventInterventionClosed: 2, engage.EventInterventionUserUpdated: 2, engage.EventInterventionReopened: 0, engage.EventContentExported: 3,
	} {
		if before[typ] != want {
			t.Fatalf("call %d: %d × %s, want %d", n, before[typ], typ, want)
		}
	}
	if waiting := must(eng.Threads.ListEngageable(ctx, engage.EngageableFilter{}))(t); len(waiting.Items) != 0 {
		t.Fatalf("call %d: %d threads wait", n, len(waiting.Items))
	}
	platform.Check(t)
	return died
}
