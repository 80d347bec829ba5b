package enginetest

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
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

	fleeting []*regexp.Regexp  // of all rooms
	lasting  map[string]string // lines of contents, without that
	prepared *prepared         // nil until the first tenant is
	tenants  int

	every, from int // of the faults at calls, which ones are tried

	checked map[string]bool // contents that all invariants hold for
}

// open returns a world on an empty store.
func open(tb testing.TB, h storetest.Harness) *world {
	tb.Helper()
	w := &world{tb: tb, harness: h, st: h.Open(tb), every: 1, checked: map[string]bool{}, lasting: map[string]string{}}
	for _, r := range rooms() {
		w.fleeting = append(w.fleeting, r.fleeting...)
	}
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
	shown  []time.Time // all that the clock has shown

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
	p.shown = []time.Time{p.now}
	if w.prepared == nil {
		w.prepare(tb, p)
	} else {
		w.prepared.copyTo(tb, p)
	}
	p.at.start, p.at.pass = p.now, p.pass
	p.connect(tb)
	p.move(tb, st)
	p.before = p.events(tb, p.eng, nil)
	return p
}

// prepared is what all rooms prepare: the same for each tenant, so that one is made and
// the others are copies.
type prepared struct {
	batch  store.Batch
	at     place
	minted int64
}

// prepare prepares the first tenant of the world.
func (w *world) prepare(tb testing.TB, p *party) {
	tb.Helper()
	st := faults.New(w.st)
	eng := p.engine(tb, st).As(pat)
	var batches []store.Batch
	st.Inject(faults.Before("", func(_ context.Context, c faults.Call) { batches = append(batches, copied(c.Batch)) }).On(faults.Commit))
	p.at.start = p.now
	err := eng.Atomically(tb.Context(), func(w *engage.Work) error {
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
	if err != nil || len(batches) != 1 {
		tb.Fatalf("enginetest: preparing what the scenarios work with, in %d commits: %v", len(batches), err)
	}
	w.prepared = &prepared{batch: batches[0], at: p.at, minted: p.minted.Load()}
}

// copied returns a batch that shares nothing with the one of a call.
func copied(b store.Batch) store.Batch {
	b.Puts, b.Events = slices.Clone(b.Puts), slices.Clone(b.Events)
	for i, put := range b.Puts {
		b.Puts[i].Terms, b.Puts[i].Value = maps.Clone(put.Terms), slices.Clone(put.Value)
	}
	for i, e := range b.Events {
		b.Events[i].Value = slices.Clone(e.Value)
	}
	return b
}

// copyTo prepares a tenant as the first one was.
func (was *prepared) copyTo(tb testing.TB, p *party) {
	tb.Helper()
	b := store.Batch{ID: was.batch.ID, Tenant: p.tenant, Puts: slices.Clone(was.batch.Puts), Events: slices.Clone(was.batch.Events)}
	for i := range b.Puts {
		b.Puts[i].Tenant = p.tenant
	}
	for i := range b.Events {
		b.Events[i].Tenant = p.tenant
	}
	if err := p.world.st.Commit(tb.Context(), b); err != nil {
		tb.Fatalf("enginetest: preparing what the scenarios work with: %v", err)
	}
	p.at = was.at
	p.minted.Store(was.minted)
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
		NewID: func() string { return fmt.Sprintf("%s%0*d", minted, mintedDigits, p.minted.Add(1)) },
		Consumers: engage.ConsumerOptions{
			Poll:    time.Millisecond,
			Backoff: func(int) time.Duration { return 0 },
		},
		Platforms: map[string]engage.Platform{chat: p.at.chat, mail: p.at.mail},
		Jobs: engage.JobOptions{
			Poll:        time.Millisecond,
			Backoff:     func(int) time.Duration { return 0 },
			Concurrency: 1, // so that what one call comes to is always the same
		},
	}
}

func (p *party) pass(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now = p.now.Add(d)
	p.shown = append(p.shown, p.now)
}

// timeless returns a text in which all that the clock has shown is the same: in one
// trial more time goes by than in another, until what somebody left is taken over.
func (p *party) timeless(text string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	pairs := make([]string, 0, 2*len(p.shown))
	for _, at := range p.shown {
		pairs = append(pairs, at.Format(time.RFC3339Nano), "now")
	}
	return strings.NewReplacer(pairs...).Replace(text)
}
