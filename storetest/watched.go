package storetest

import (
	"context"
	"math/rand/v2"
	"sync/atomic"

	"github.com/engage-interactions/engage/store"
)

// watched is a store under test, whose calls are known while they are under way.
type watched struct {
	store.Store

	calls *calls
}

// calls are those that are under way: each has a slot, which holds its method and
// a number that no other call has. There may be more than slots; those are not
// watched.
type calls struct {
	slots [128]atomic.Uint64
}

// The methods that are watched, and the functions of a harness.
const (
	ofPrepare uint64 = iota + 1
	ofGet
	ofFind
	ofCommit
	ofEvents
	ofTrim
	ofClose
	ofOpen
)

// methodOf names the method of a call.
func methodOf(call uint64) string {
	return []string{"", "Prepare", "Get", "Find", "Commit", "Events", "Trim", "Close", "a function of the harness"}[call&0xf]
}

// begin takes down a call, and returns its slot. The race detector sees nothing of
// this: it would take every call to be synchronized with those before.
func (c *calls) begin(method uint64) (slot *atomic.Uint64) {
	call := rand.Uint64()<<4 | method
	unseen(func() {
		for i := range uint64(len(c.slots)) {
			if at := &c.slots[(call>>4+i)%uint64(len(c.slots))]; at.CompareAndSwap(0, call) {
				slot = at
				return
			}
		}
	})
	return slot
}

// end takes down that the call in a slot has been answered.
func end(slot *atomic.Uint64) {
	if slot != nil {
		unseen(func() { slot.Store(0) })
	}
}

func (w watched) Prepare(ctx context.Context, kinds ...store.Kind) error {
	defer end(w.calls.begin(ofPrepare))
	return w.Store.Prepare(ctx, kinds...)
}

func (w watched) Get(ctx context.Context, keys ...store.Key) ([]store.Record, error) {
	defer end(w.calls.begin(ofGet))
	return w.Store.Get(ctx, keys...)
}

func (w watched) Find(ctx context.Context, q store.Query) (store.Page, error) {
	defer end(w.calls.begin(ofFind))
	return w.Store.Find(ctx, q)
}

func (w watched) Commit(ctx context.Context, b store.Batch) error {
	defer end(w.calls.begin(ofCommit))
	return w.Store.Commit(ctx, b)
}

func (w watched) Events(ctx context.Context, tenant string, after int64, limit int) ([]store.Event, error) {
	defer end(w.calls.begin(ofEvents))
	return w.Store.Events(ctx, tenant, after, limit)
}

func (w watched) Trim(ctx context.Context, tenant string, upTo int64) error {
	defer end(w.calls.begin(ofTrim))
	return w.Store.Trim(ctx, tenant, upTo)
}

func (w watched) Close() error {
	defer end(w.calls.begin(ofClose))
	return w.Store.Close()
}
