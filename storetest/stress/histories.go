package stress

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/storetest"
)

// A scenario is what clients do at the same time.
type scenario struct {
	clients int
	calls   int // of each client
	keys    int

	act   func(ctx context.Context, c *client)                           // one call, or few
	parts func(operations []porcupine.Operation) [][]porcupine.Operation // which have nothing to do with each other
}

// singleKeys is about one record at a time: histories can be long, since that of
// each key is looked at by itself.
func singleKeys() scenario {
	return scenario{
		clients: 6, calls: 20, keys: 3,
		act: func(ctx context.Context, c *client) {
			key := c.random.IntN(c.keys)
			switch n := c.random.IntN(12); {
			case n < 5:
				c.write(ctx, func(c *client, b *store.Batch) { c.change(b, key) })
			case n < 8:
				c.get(ctx, key)
			default:
				c.find(ctx, []string{"", byOwn}[n%2], key)
			}
		},
		parts: byKey,
	}
}

// severalKeys is about batches that concern several records and the log, and
// about reads of all of them. A history is looked at as a whole, and is short.
func severalKeys() scenario {
	return scenario{
		clients: 4, calls: 10, keys: maxKeys,
		act: func(ctx context.Context, c *client) {
			switch n := c.random.IntN(16); {
			case n < 8:
				if n < 4 {
					c.get(ctx, c.some(c.keys)...) // to know what is there
				}
				c.write(ctx, (*client).changeSeveral)
			case n < 11:
				c.get(ctx, c.some(2)...)
			case n < 14:
				c.find(ctx, []string{"", byOwn, byBatch}[n%3], -1)
			default:
				c.events(ctx, n%2 == 0)
				c.get(ctx, c.some(c.keys)...) // where the records of the events must be
			}
		},
		parts: func(operations []porcupine.Operation) [][]porcupine.Operation {
			return [][]porcupine.Operation{operations}
		},
	}
}

// some returns at least so many keys in any order.
func (c *client) some(least int) []int {
	return c.random.Perm(c.keys)[:least+c.random.IntN(c.keys-least+1)]
}

// change lets a batch put or delete a key as the client has last seen it.
func (c *client) change(b *store.Batch, key int) {
	expected := c.view[key]
	if expected != "" && c.random.IntN(4) == 0 {
		b.Deletes = append(b.Deletes, store.Check{Key: c.key(key), Version: expected})
		return
	}
	b.Puts = append(b.Puts, store.Record{Key: c.key(key), Version: expected})
}

// changeSeveral lets a batch change some keys, check others, and write events.
func (c *client) changeSeveral(b *store.Batch) {
	for i, key := range c.some(2) {
		if i > 0 && c.random.IntN(3) == 0 {
			b.Checks = append(b.Checks, store.Check{Key: c.key(key), Version: c.view[key]})
		} else {
			c.change(b, key)
		}
	}
	for i := range c.random.IntN(3) {
		b.Events = append(b.Events, event(b.Tenant, fmt.Sprintf("e%s-%d", b.ID[1:], i)))
	}
}

// byKey parts a history whose operations concern one key each.
func byKey(operations []porcupine.Operation) [][]porcupine.Operation {
	parts := make([][]porcupine.Operation, maxKeys)
	for _, o := range operations {
		op := o.Input.(operation)
		key := op.only
		switch op.method {
		case "Commit":
			key = keyNumber(expectations(op.batch)[0].ID)
		case "Get":
			key = op.keys[0]
		}
		parts[key] = append(parts[key], o)
	}
	return parts
}

// mostInterrupted is how many commits of one history have a context that ends
// during the call. Each of unknown outcome doubles what has to be looked at.
const mostInterrupted = 4

// How long histories are made with an effort of 1, and how many of them: at
// least a few, however slow the store is, and no more than it takes.
const (
	historiesBudget = 2 * time.Second
	fewHistories    = 4
	manyHistories   = 40
)

// run lets clients make calls at the same time, many times over, and judges what
// they saw.
func (sc scenario) run(tb testing.TB, h storetest.Harness, budget time.Duration, effort int) {
	tb.Helper()
	enough, cancel := context.WithTimeout(tb.Context(), budget*time.Duration(effort))
	defer cancel()
	var (
		random  = storetest.Seed(tb)
		handles = openAll(tb, h, h.Open(tb))
		applied atomic.Int64
		round   int
	)
	for ; round < manyHistories*effort && (round < fewHistories || enough.Err() == nil); round++ {
		hist := &history{tenant: fmt.Sprintf("tenant-%d", round), positions: map[string]int64{}}
		var patience atomic.Int64
		patience.Store(mostInterrupted)
		recruit := func(number int) *client {
			return &client{
				number: number, history: hist, readers: handles, writers: handles, keys: sc.keys, patience: &patience, applied: &applied,
				random: rand.New(rand.NewPCG(random.Uint64(), 0)),
			}
		}
		clients := make([]*client, sc.clients)
		for i := range clients {
			clients[i] = recruit(i)
			if round%4 < 2 { // writers that share a handle do not wait for a lock, and meet more often
				clients[i].writers = handles[:1]
			}
		}
		sc.together(tb.Context(), clients, newPace(sc.clients, round%2 == 0))
		if h.Reopen != nil {
			handles = restarted(tb, h, handles)
		}
		sc.inTheEnd(tb.Context(), recruit(sc.clients))
		for _, wrong := range hist.wrong {
			tb.Errorf("history %d: %s", round+1, wrong)
		}
		decide(tb, fmt.Sprintf("history-%d", round+1), sc.parts(hist.operations))
		if tb.Failed() {
			return
		}
	}
	tb.Logf("stress: %d histories, in which %d batches were applied", round, applied.Load())
	if applied.Load() == 0 {
		tb.Error("no batch was ever applied, so that the histories show nothing")
	}
}

// together lets all clients do their part.
func (sc scenario) together(ctx context.Context, clients []*client, p *pace) {
	var all sync.WaitGroup
	for _, c := range clients {
		all.Go(func() {
			defer p.leave()
			for range sc.calls {
				p.wait(c.random)
				sc.act(ctx, c)
			}
		})
	}
	all.Wait()
}

// inTheEnd reads everything, when all clients have gone: what they were told
// must still be true, after a restart, too.
func (sc scenario) inTheEnd(ctx context.Context, c *client) {
	for key := range sc.keys {
		c.get(ctx, key)
		c.find(ctx, byOwn, key)
	}
	if sc.keys == maxKeys {
		c.get(ctx, c.random.Perm(sc.keys)...)
		c.find(ctx, byBatch, -1)
		c.events(ctx, true)
	}
}

// openAll returns handles on the data of s that are ready for histories.
func openAll(tb testing.TB, h storetest.Harness, s store.Store) []store.Store {
	tb.Helper()
	handles := []store.Store{s}
	for h.Peer != nil && len(handles) < mostHandles {
		handles = append(handles, h.Peer(tb, s))
	}
	for _, s := range handles {
		if err := s.Prepare(tb.Context(), historyKind()); err != nil {
			tb.Fatalf("Prepare: %v", err)
		}
	}
	return handles
}

// restarted closes all handles and opens the data again.
func restarted(tb testing.TB, h storetest.Harness, handles []store.Store) []store.Store {
	tb.Helper()
	for _, s := range handles[1:] {
		if err := s.Close(); err != nil {
			tb.Fatalf("Close: %v", err)
		}
	}
	return openAll(tb, h, h.Reopen(tb, handles[0]))
}
