package stress

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/engage-interactions/engage/store"
)

// Every record of a history carries two terms: its own ID, which never changes,
// and the ID of the batch that wrote it.
const (
	kindName = "item"
	byOwn    = "own"
	byBatch  = "batch"
)

func historyKind() store.Kind {
	return store.Kind{Name: kindName, Indexes: []string{byOwn, byBatch}}
}

// client makes calls and records them. Whatever it decides, it decides by its
// own source of chance.
type client struct {
	number           int
	history          *history
	readers, writers []store.Store // the handles for each
	random           *rand.Rand
	keys             int           // how many there are
	patience         *atomic.Int64 // how many commits may still be interrupted, of all clients
	applied          *atomic.Int64 // how many batches were, of all clients

	calls int
	view  [maxKeys]store.Version // what it has last seen
	seen  string                 // the last event that it has read
}

// reader is any of the handles: what one writes must be seen through all others.
func (c *client) reader() store.Store { return c.readers[c.random.IntN(len(c.readers))] }

func (c *client) writer() store.Store { return c.writers[c.random.IntN(len(c.writers))] }

func (c *client) key(i int) store.Key {
	return store.Key{Tenant: c.history.tenant, Kind: kindName, ID: keyID(i)}
}

// content is the value and the terms of a record, which follow from its batch.
func content(id, batch string) (value []byte, terms map[string]string) {
	return fmt.Appendf(nil, `{"id":%q,"batch":%q}`, id, batch), map[string]string{byOwn: id, byBatch: batch}
}

// write commits a batch, and sends it again if it is told that the outcome is
// unknown.
func (c *client) write(ctx context.Context, change func(c *client, b *store.Batch)) {
	c.calls++
	b := store.Batch{ID: fmt.Sprintf("b%d-%d", c.number, c.calls), Tenant: c.history.tenant}
	change(c, &b)
	for i, put := range b.Puts {
		b.Puts[i].Value, b.Puts[i].Terms = content(put.ID, b.ID)
	}
	if c.commit(ctx, b) == open && c.random.IntN(2) == 0 {
		c.commit(ctx, b)
	}
}

// commit makes one call of Commit. The outcome says nothing if it was refused
// without a conflict.
func (c *client) commit(ctx context.Context, b store.Batch) outcome {
	var ends deadline
	if c.random.IntN(8) == 0 && c.patience.Add(-1) >= 0 {
		ends.look = 1 + c.random.IntN(6)
	}
	ctx, cancel := ends.context(ctx)
	defer cancel()
	s, op := c.writer(), operation{method: "Commit", batch: b}
	given := copyBatch(b)
	called := c.history.clock.Add(1)
	err := c.safely(func() error { return s.Commit(ctx, given) })
	switch {
	case err == nil:
		c.history.record(c.number, called, op, result{})
		c.applied.Add(1)
		c.wrote(b)
		return succeeded
	case errors.Is(err, store.ErrConflict):
		refused, ok := errors.AsType[*store.ConflictError](err)
		if !ok || !slices.Contains(expectations(b), store.Check{Key: refused.Key, Version: refused.Expected}) {
			c.history.report("client %d: %s = %v, which names nothing that the batch expects", c.number, describeBatch(b), err)
			return conflict
		}
		c.history.record(c.number, called, op, result{outcome: conflict, refused: store.Check{Key: refused.Key, Version: refused.Expected}})
		return conflict
	case errors.Is(err, store.ErrUnknownOutcome):
		if end := ended(ctx); end != nil && !errors.Is(err, end) {
			c.history.report("client %d: %s = %v, and the context's error is not wrapped, which is %v", c.number, describeBatch(b), err, end)
		}
		c.history.record(c.number, called, op, result{outcome: open})
		c.wrote(b)
		return open
	default:
		c.refused(describeBatch(b), err, ended(ctx))
		return succeeded
	}
}

// wrote remembers what a client has written itself.
func (c *client) wrote(b store.Batch) {
	for _, put := range b.Puts {
		c.view[keyNumber(put.ID)] = store.Version(b.ID)
	}
	for _, del := range b.Deletes {
		c.view[keyNumber(del.ID)] = ""
	}
}

// refused looks at an error that says that nothing happened: it must have a
// reason.
func (c *client) refused(what string, err, ended error) {
	if only(err, store.ErrUnavailable) || (ended != nil && only(err, ended)) {
		return
	}
	c.history.report("client %d: %s = %v (%s), and there is nothing wrong with the call", c.number, what, err, classOf(err))
}

// safely makes a call that may panic.
func (c *client) safely(call func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return call()
}

// get reads some keys.
func (c *client) get(ctx context.Context, keys ...int) {
	named := make([]store.Key, len(keys))
	for i, key := range keys {
		named[i] = c.key(key)
	}
	s := c.reader()
	var records []store.Record
	called := c.history.clock.Add(1)
	err := c.safely(func() (err error) {
		records, err = s.Get(ctx, named...)
		return err
	})
	if err != nil {
		c.refused("Get", err, nil)
		return
	}
	if len(records) != len(keys) {
		c.history.report("client %d: Get of %d keys = %d records", c.number, len(keys), len(records))
		return
	}
	for i, r := range records {
		if r.Key != named[i] {
			c.history.report("client %d: Get = %s, want a record of %s", c.number, showRecord(r), showKey(named[i]))
			return
		}
	}
	if found, ok := c.sightings(records); ok {
		c.history.record(c.number, called, operation{method: "Get", keys: keys}, result{found: found})
	}
}

// find reads all keys, or one, by one of the indexes.
func (c *client) find(ctx context.Context, index string, only int) {
	q := store.Query{Tenant: c.history.tenant, Kind: kindName, Index: index}
	if only >= 0 {
		q.Prefix = keyID(only) // is that of no other
	}
	s := c.reader()
	var page store.Page
	called := c.history.clock.Add(1)
	err := c.safely(func() (err error) {
		page, err = s.Find(ctx, q)
		return err
	})
	if err != nil {
		c.refused("Find", err, nil)
		return
	}
	if found, ok := c.sightings(page.Records); ok {
		c.history.record(c.number, called, operation{method: "Find", index: index, only: only}, result{found: found, more: page.Next != ""})
	}
}

// sightings looks at records that were read: each must be whole.
func (c *client) sightings(records []store.Record) ([]sighting, bool) {
	all := make([]sighting, len(records))
	for i, r := range records {
		all[i] = sighting{r.ID, r.Version}
		n := keyNumber(r.ID)
		if n < 0 || r.Tenant != c.history.tenant || r.Kind != kindName {
			c.history.report("client %d read %s, which nobody has written", c.number, showRecord(r))
			return nil, false
		}
		c.view[n] = r.Version
		if !r.Exists() {
			continue
		}
		value, terms := content(r.ID, string(r.Version))
		if !bytes.Equal(r.Value, value) || !maps.Equal(r.Terms, terms) {
			c.history.report("client %d read %s, whose version, terms and value are not of one batch", c.number, showRecord(r))
			return nil, false
		}
	}
	return all, true
}

// events reads the log from the beginning, or from what was read last.
func (c *client) events(ctx context.Context, fromStart bool) {
	op := operation{method: "Events", after: c.seen}
	if fromStart {
		op.after = ""
	}
	var after int64
	if op.after != "" {
		after = c.history.position(op.after)
	}
	s := c.reader()
	var page []store.Event
	called := c.history.clock.Add(1)
	err := c.safely(func() (err error) {
		page, err = s.Events(ctx, c.history.tenant, after, store.MaxLimit)
		return err
	})
	if err != nil {
		c.refused("Events", err, nil)
		return
	}
	r := result{}
	for _, e := range page {
		if want := event(c.history.tenant, e.ID); e.Tenant != want.Tenant || e.Type != want.Type || !e.Time.Equal(want.Time) || !bytes.Equal(e.Value, want.Value) {
			c.history.report("client %d read the event %s, which nobody has written", c.number, showEvent(e))
			return
		}
		r.events = append(r.events, e.ID)
	}
	c.history.saw(after, page)
	c.history.record(c.number, called, op, r)
	if len(r.events) > 0 {
		c.seen = r.events[len(r.events)-1]
	}
}

// event returns an event, all of which follows from its ID.
func event(tenant, id string) store.Event {
	return store.Event{
		Tenant: tenant, ID: id, Type: "item.written", Value: []byte(`"` + strings.ToUpper(id) + `"`),
		Time: time.Date(2026, 3, 1, 12, 30, 45, 123456789, time.UTC),
	}
}
