package enginetest

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/storetest"
	"github.com/engage-interactions/engage/storetest/faults"
)

// world is one store of the harness. Every trial has a tenant of its own there, for
// opening stores takes most of the time that there is.
type world struct {
	tb      testing.TB // of the scenario, to the end of which all handles stay open
	harness storetest.Harness
	st      store.Store
	second  store.Store // another handle on the same data, nil until it is needed
	kinds   []store.Kind
	tenants int

	every, from int // of the faults at calls, which ones are tried

	checked map[string]bool // contents that all invariants hold for
}

// open returns a world on an empty store.
func open(tb testing.TB, h storetest.Harness) *world {
	tb.Helper()
	w := &world{tb: tb, harness: h, st: h.Open(tb), every: 1, checked: map[string]bool{}}
	st := faults.New(w.st)
	st.Inject(faults.Before("", func(_ context.Context, c faults.Call) { w.kinds = append(w.kinds, c.Kinds...) }).On(faults.Prepare))
	if _, err := engage.New(tb.Context(), st, nil); err != nil {
		tb.Fatalf("enginetest: making an Engine: %v", err)
	}
	return w
}

// peer returns a second handle on the data, or the first if there can be none.
func (w *world) peer(tb testing.TB) store.Store {
	tb.Helper()
	if w.harness.Peer == nil {
		return w.st
	}
	if w.second == nil {
		w.second = w.harness.Peer(w.tb, w.st)
		if err := w.second.Prepare(tb.Context(), w.kinds...); err != nil {
			tb.Fatalf("enginetest: preparing a second handle: %v", err)
		}
	}
	return w.second
}

// reopen restarts the store. The harness must have Reopen.
func (w *world) reopen(tb testing.TB) {
	tb.Helper()
	if w.second != nil {
		if err := w.second.Close(); err != nil {
			tb.Fatalf("enginetest: closing a second handle: %v", err)
		}
		w.second = nil
	}
	w.st = w.harness.Reopen(w.tb, w.st)
	if err := w.st.Prepare(tb.Context(), w.kinds...); err != nil {
		tb.Fatalf("enginetest: preparing the store after a restart: %v", err)
	}
}

// party is a tenant, and the Engines that work for it.
type party struct {
	world  *world
	tenant string
	eng    *engage.Engine // over what was given to enter or move
	at     place

	minted atomic.Int64
	mu     sync.Mutex
	now    time.Time

	before []engage.Event // those that there were before the scenario
}

// enter makes a tenant in the world and prepares it. Its Engine works on st, which
// is over the world's store; nil is that store itself.
func (w *world) enter(tb testing.TB, st store.Store) *party {
	tb.Helper()
	if st == nil {
		st = w.st
	}
	w.tenants++
	p := &party{
		world:  w,
		tenant: fmt.Sprintf("tenant %d", w.tenants),
		now:    time.Date(2024, 2, 29, 12, 0, 0, 123456789, time.UTC),
	}
	p.at.pass = p.pass
	p.move(tb, st)
	err := p.eng.Atomically(tb.Context(), func(w *engage.Work) error {
		for _, r := range rooms() {
			if r.prepare == nil {
				continue
			}
			if err := r.prepare(tb.Context(), w.Services, &p.at); err != nil {
				return fmt.Errorf("%s: %w", r.name, err)
			}
		}
		return nil
	})
	if err != nil {
		tb.Fatalf("enginetest: preparing what the scenarios work with: %v", err)
	}
	p.before = p.events(tb, p.eng, nil)
	return p
}

// move gives the tenant a new Engine, which works on st.
func (p *party) move(tb testing.TB, st store.Store) {
	tb.Helper()
	p.at.another = func(ctx context.Context) (*engage.Engine, error) { return engage.New(ctx, st, p.options()) }
	p.eng = p.engine(tb, st)
}

// engine returns one more Engine for the tenant.
func (p *party) engine(tb testing.TB, st store.Store) *engage.Engine {
	tb.Helper()
	eng, err := engage.New(tb.Context(), st, p.options())
	if err != nil {
		tb.Fatalf("enginetest: making an Engine: %v", err)
	}
	return eng
}

// options are those of all Engines of the tenant: they share a clock that stands
// still, and IDs that show their order.
func (p *party) options() *engage.Options {
	return &engage.Options{
		Tenant: p.tenant,
		Clock: func() time.Time {
			p.mu.Lock()
			defer p.mu.Unlock()
			return p.now
		},
		NewID: func() string { return fmt.Sprintf("minted-%09d", p.minted.Add(1)) },
		Consumers: engage.ConsumerOptions{
			Poll:    time.Millisecond,
			Backoff: func(int) time.Duration { return 0 },
		},
	}
}

func (p *party) pass(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now = p.now.Add(d)
}
