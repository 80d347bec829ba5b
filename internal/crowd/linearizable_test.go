package crowd_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/internal/trials"
	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/storetest"
)

// manySettings are how control is passed on the sources of histories.
var manySettings = map[string]handover.Settings{
	"agents":    {Primary: handover.Agent, BotApp: "bot"},
	"bot":       {Primary: handover.Bot, BotApp: "bot"},
	"nobody":    {BotApp: "bot", MayTake: true, Fallback: handover.TakeOver},
	"ignoring":  {Primary: handover.Agent, BotApp: "bot", IgnoreBots: true, IgnoreDeferred: true},
	"limited":   {Primary: handover.Bot, BotApp: "bot", MaxMoves: 3, MovesWithin: 60, Returning: handover.Agent},
	"unasked":   {Primary: handover.Bot, BotApp: "bot", NoRequest: true, Returning: handover.Agent, MayTake: true, Fallback: handover.TakeOver},
	"impatient": {Primary: handover.Agent, BotApp: "bot", RequestTimeout: 20, Inactivity: 60},
}

// newHistory opens two Engines on a store, over books, and what is between.
func newHistory(t *testing.T, open trials.Opens, rng *rand.Rand, between func(store.Store) store.Store) history {
	t.Helper()
	s := history{clock: trials.NewClock(began), clients: 5, rounds: 3, calls: 6}
	s.books = newBooks(s.clock.Now)
	one, two := open.Two(t, rng)
	for _, st := range []store.Store{one, two} {
		options := &engage.Options{Clock: s.clock.Now, Platforms: map[string]engage.Platform{"page": engage.InApp{}}}
		s.engines = append(s.engines, must(engage.New(t.Context(), s.books.on(between(st)), options))(t))
	}
	for id, settings := range manySettings {
		must(s.engines[0].Sources.Create(t.Context(), interaction.Source{ID: id, Type: "page", Active: true}))(t)
		if err := s.engines[0].Control.Configure(t.Context(), id, settings); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// Whatever many do at the same time, it is as if they had done it one after another, by
// the pure rules: no answer contradicts another, nor what jobs have done meanwhile.
func TestControlIsLinearizable(t *testing.T) {
	t.Parallel()
	for name, open := range trials.Stores() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rng := storetest.Seed(t)
			lost := &losing{rng: trials.Luck(rng)}
			s := newHistory(t, open, rng, func(st store.Store) store.Store { return losingStore{st, lost} })
			histories, calls := 1, 0
			for n := range histories * storetest.Effort(t) {
				for s.sourceID, s.settings = range manySettings {
					all := s.happens(t.Context(), rng, fmt.Sprint("ada-", s.sourceID, n), fmt.Sprint("eve-", s.sourceID, n))
					lost.late.Wait()
					for _, h := range all {
						for _, err := range h.unexpected {
							t.Error(err)
						}
						calls += len(h.operations)
						if wrong := h.unexplained(); wrong != "" {
							t.Fatal(wrong)
						}
					}
				}
			}
			s.books.holds(t)
			t.Logf("%d calls and commits of jobs, %d passes", calls, s.books.passes)
		})
	}
}

// losing loses commits of calls, or their answers, now and then.
type losing struct {
	mu   sync.Mutex
	rng  *rand.Rand
	late sync.WaitGroup
}

type losingStore struct {
	store.Store

	*losing
}

// Commit implements [store.Store].
func (s losingStore) Commit(ctx context.Context, b store.Batch) error {
	call, called := ctx.Value(callKey{}).(*called)
	s.mu.Lock()
	n := s.rng.IntN(150)
	s.mu.Unlock()
	if !called || call.sure || n > 2 {
		return s.Store.Commit(ctx, b)
	}
	call.cancel()
	switch ctx := context.WithoutCancel(ctx); n {
	case 0:
		_ = s.Store.Commit(ctx, b)
	case 1:
		s.late.Go(func() {
			for range 200 {
				runtime.Gosched()
			}
			_ = s.Store.Commit(ctx, b)
		})
	}
	return errors.Join(store.ErrUnknownOutcome, ctx.Err())
}

// decision bounds the search for an order of one history.
const decision = time.Minute

// unexplained says what no order of the calls explains; empty if one does.
func (h *talked) unexplained() string {
	model := modelOf(h.sourceID, h.identityID, h.settings)
	found := porcupine.CheckOperationsTimeout(model, h.operations, decision)
	if found == porcupine.Ok {
		return ""
	}
	if found == porcupine.Unknown {
		return fmt.Sprintf("whether %d calls could have been made one after another could not be decided within %v", len(h.operations), decision)
	}
	var times []int64
	for _, o := range h.operations {
		if o.Return != never {
			times = append(times, o.Return)
		}
	}
	slices.Sort(times)
	n := sort.Search(len(times)-1, func(i int) bool {
		return porcupine.CheckOperationsTimeout(model, h.until(times[i]), decision) == porcupine.Illegal
	})
	short := h.until(times[n])
	slices.SortFunc(short, func(a, b porcupine.Operation) int { return cmp.Compare(a.Call, b.Call) })
	var text strings.Builder
	fmt.Fprintf(&text, "no order explains what returned at %d, with %+v:\n", times[n], h.settings)
	for _, o := range short {
		until := strconv.FormatInt(o.Return, 10)
		if o.Return == never {
			until = "…"
		}
		fmt.Fprintf(&text, "%4d to %-4s client %d: %v = %v\n", o.Call, until, o.ClientId, o.Input, o.Output)
	}
	return text.String()
}

// until is what was known at a time. What had not returned may have been done, or not.
func (h *talked) until(now int64) (known []porcupine.Operation) {
	for _, o := range h.operations {
		if o.Call > now {
			continue
		}
		if a := o.Output.(answer); o.Return > now && o.Return != never { //nolint:forcetypeassert // of no other type
			a.open, o.Return, o.Output = true, never, a
		}
		known = append(known, o)
	}
	return known
}
