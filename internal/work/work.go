package work

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/engage-interactions/engage/store"
)

// ErrDone says that a Work was used after the function it was made for returned.
var ErrDone = errors.New("the Work was used after its function returned")

// Work is one unit of work: what one run of a function reads and writes. It is
// for that function alone, and not safe for concurrent use.
type Work struct {
	unit   *unit
	minted int // how many of the unit's IDs this run has taken

	reads     map[store.Key]*store.Record // what the store holds, as first seen; not to be changed
	seen      []store.Key                 // the keys of reads, in the order of their reading
	snapshots int                         // how many moments the reads are from
	failed    error                       // the first failure of the store, which ends the work

	writes map[store.Key]*write
	order  []store.Key // of writes, each key once
	blind  int         // how many writes are of records that were not read
	undo   []undone    // how to take back the writes of a failed part
	events []store.Event

	cursors map[string]cursor // those that Find gave away
	then    []func()          // to be run when it is committed

	looks bool // it shows what there is, and commits and confirms nothing
	dead  bool
}

// write is a buffered change of one record.
type write struct {
	record   store.Record  // its key, terms and value
	deleted  bool          // the record goes
	expected store.Version // what the store must hold
	fresh    bool          // its ID was minted for it: nobody else creates it
}

// undone is the state of a key before a write.
type undone struct {
	key    store.Key
	before *write
}

// pending is the version of a record that this work has written: it exists, and
// is nowhere yet.
const pending store.Version = "(this work)"

func newWork(u *unit) *Work {
	return &Work{unit: u, reads: make(map[store.Key]*store.Record), writes: make(map[store.Key]*write)}
}

func (w *Work) kill() { w.dead = true }

func (w *Work) hasWrites() bool { return len(w.writes) > 0 }

// Size returns how many checks, puts, deletes and events the work comes to so far.
// One commit takes store.MaxOperations of them.
func (w *Work) Size() int {
	size := len(w.reads) + w.blind + len(w.events)
	if w.unit.guard.Load() != nil {
		size++
	}
	return size
}

// Share returns the part of n that this run should take on: less and less, the more
// often others have changed what the work rests on. At least 1.
func (w *Work) Share(n int) int { return max(n>>min(max(w.unit.runs-3, 0), 30), 1) }

// Tenant returns the tenant that the work is for.
func (w *Work) Tenant() string { return w.unit.opts.Tenant }

// Key returns a key of the work's tenant.
func (w *Work) Key(kind, id string) store.Key {
	return store.Key{Tenant: w.unit.opts.Tenant, Kind: kind, ID: id}
}

// ID mints an ID. The n-th one of a work is the same in every run of its
// function.
func (w *Work) ID() string {
	if w.minted == len(w.unit.ids) {
		w.unit.ids = append(w.unit.ids, w.unit.opts.NewID())
	}
	w.minted++
	return w.unit.ids[w.minted-1]
}

// Get returns the records of keys as this work sees them: its own writes, else
// what it read before, else what the store holds now. What was read has its terms only if
// the store is no [store.Lean].
func (w *Work) Get(ctx context.Context, keys ...store.Key) ([]store.Record, error) {
	if err := w.Load(ctx, keys...); err != nil {
		return nil, err
	}
	out := make([]store.Record, len(keys))
	for i, key := range keys {
		out[i] = own(w.look(key))
	}
	return out, nil
}

// Load reads those of keys that the work does not know yet, all at one moment, so
// that later calls find them at hand.
func (w *Work) Load(ctx context.Context, keys ...store.Key) error {
	if err := w.usable(); err != nil {
		return err
	}
	var unread []store.Key
	for n, key := range keys {
		if _, read := w.reads[key]; read {
			continue
		}
		if change := w.writes[key]; change != nil && change.fresh {
			continue
		}
		if unread == nil {
			unread = make([]store.Key, 0, len(keys)-n)
		}
		unread = append(unread, key)
		w.reads[key] = nil // so that it is read once
	}
	if len(unread) == 0 {
		return nil
	}
	records, err := w.unit.lean.GetLean(ctx, unread...)
	if err != nil {
		for _, key := range unread {
			delete(w.reads, key)
		}
		return w.fail(err)
	}
	w.snapshots++
	if w.seen == nil {
		w.seen = unread
	} else {
		w.seen = append(w.seen, unread...)
	}
	for n := range records {
		w.reads[records[n].Key] = &records[n]
	}
	return nil
}

// LoadTogether is Load, and what it reads is of one moment with what the work knows of
// the other keys already: a work that commits, or decides, rests on all of it being so
// at its end. One that only looks reads all of keys anew, also those that it has read.
func (w *Work) LoadTogether(ctx context.Context, keys ...store.Key) error {
	if w.looks {
		for _, key := range keys {
			delete(w.reads, key)
		}
	}
	return w.Load(ctx, keys...)
}

// unread returns 1 for a record that was not read, else 0.
func (w *Work) unread(key store.Key) int {
	if _, read := w.reads[key]; read {
		return 0
	}
	return 1
}

// look returns a record that was loaded or written as the work sees it. Its terms
// and value are the work's own.
func (w *Work) look(key store.Key) store.Record {
	change := w.writes[key]
	if change == nil {
		if seen := w.reads[key]; seen != nil {
			return *seen
		}
		return store.Record{Key: key}
	}
	if change.deleted {
		return store.Record{Key: key}
	}
	r := change.record
	r.Version = pending
	return r
}

// Put writes a record that was read in this work, or found by it, with the terms that it
// has here and no others: one that Get returned may lack them. Its version is the work's
// business and is ignored.
func (w *Work) Put(r store.Record) error { return w.change(own(r), false) }

// Delete removes a record that was read in this work. Removing what does not
// exist changes nothing.
func (w *Work) Delete(key store.Key) error {
	return w.change(store.Record{Key: key}, true)
}

// change buffers a write. The record is the work's own from now on.
func (w *Work) change(r store.Record, deleted bool) error {
	if err := w.usable(); err != nil {
		return err
	}
	seen, read := w.reads[r.Key]
	before := w.writes[r.Key]
	if !read && before == nil {
		return w.fail(fmt.Errorf("work: %v is written without having been read", r.Key))
	}
	next := &write{record: r, deleted: deleted}
	if read {
		next.expected = seen.Version
	}
	if before != nil {
		next.fresh = before.fresh
	}
	if deleted && next.expected == "" { // it is not in the store: nothing to write
		next = nil
	}
	w.set(r.Key, next)
	return nil
}

// Insert writes a new record without reading it first. Its ID is one that no
// other work uses: minted by ID, or made from such a one.
func (w *Work) Insert(r store.Record) error { return w.insert(own(r)) }

func (w *Work) insert(r store.Record) error {
	if err := w.usable(); err != nil {
		return err
	}
	if _, read := w.reads[r.Key]; read || w.writes[r.Key] != nil {
		return w.fail(fmt.Errorf("work: %v is inserted, but known", r.Key))
	}
	w.set(r.Key, &write{record: r, fresh: true})
	return nil
}

// Append adds an event to the work, behind those it has. Events alone are not a
// work: it must also write a record.
func (w *Work) Append(e store.Event) error {
	if err := w.usable(); err != nil {
		return err
	}
	e.Tenant = w.Tenant()
	e.Value = slices.Clone(e.Value)
	w.events = append(w.events, e)
	return nil
}

// Then has do run once the work is committed, or may have been: for those who wait in
// memory for what it wrote. It is not run if the work is not committed, nor for a run of
// the function that is not the last. A part that fails does not take it back. It must be
// quick, and must not use the Work.
func (w *Work) Then(do func()) { w.then = append(w.then, do) }

// Part runs do, and takes back all that it wrote if it returns an error or panics.
// What it read stays read: the decision to go on may rest on it.
func (w *Work) Part(do func() error) error {
	mark, events, whole := len(w.undo), len(w.events), false
	defer func() {
		if whole {
			return
		}
		for len(w.undo) > mark {
			last := w.undo[len(w.undo)-1]
			w.undo = w.undo[:len(w.undo)-1]
			w.restore(last.key, last.before)
		}
		w.events = w.events[:events]
	}()
	err := do()
	whole = err == nil
	return err
}

func (w *Work) set(key store.Key, next *write) {
	w.undo = append(w.undo, undone{key: key, before: w.writes[key]})
	w.restore(key, next)
}

func (w *Work) restore(key store.Key, to *write) {
	before := w.writes[key]
	switch {
	case before == nil && to != nil:
		w.order = append(w.order, key)
		w.blind += w.unread(key)
	case before != nil && to == nil:
		w.order = slices.DeleteFunc(w.order, func(k store.Key) bool { return k == key })
		w.blind -= w.unread(key)
	}
	if to == nil {
		delete(w.writes, key)
		return
	}
	w.writes[key] = to
}

// remember notes what the store holds. Of a record that is seen again the first
// sight counts: if it has changed since, the commit or the confirmation fails.
func (w *Work) remember(r *store.Record) {
	if _, seen := w.reads[r.Key]; !seen {
		w.seen = append(w.seen, r.Key)
		w.reads[r.Key] = r
	}
}

// confirm reads again all that was read, at one moment, and returns a key whose
// version is not the one that was seen.
func (w *Work) confirm(ctx context.Context) (moved *store.Key, err error) {
	records, err := w.unit.store.Get(ctx, w.seen...)
	if err != nil {
		return nil, err
	}
	for _, r := range records {
		if w.reads[r.Key].Version != r.Version {
			return &r.Key, nil
		}
	}
	return nil, nil
}

// contended returns the keys of the records that the work writes and that others
// may write too.
func (w *Work) contended() []store.Key {
	var keys []store.Key
	for _, key := range w.order {
		if !w.writes[key].fresh {
			keys = append(keys, key)
		}
	}
	return keys
}

// batch returns what there is to commit.
func (w *Work) batch(id string) store.Batch {
	b := store.Batch{ID: id, Tenant: w.Tenant(), Puts: make([]store.Record, 0, len(w.order)), Events: w.events}
	for _, key := range w.order {
		change := w.writes[key]
		if change.deleted {
			b.Deletes = append(b.Deletes, store.Check{Key: key, Version: change.expected})
			continue
		}
		put := change.record
		put.Version = change.expected
		b.Puts = append(b.Puts, put)
	}
	b.Checks = make([]store.Check, 0, len(w.seen))
	for _, key := range w.seen {
		if w.writes[key] == nil {
			b.Checks = append(b.Checks, store.Check{Key: key, Version: w.reads[key].Version})
		}
	}
	return b
}

func (w *Work) usable() error {
	if w.dead {
		return ErrDone
	}
	return w.failed
}

// fail ends the work with err: a function that goes on regardless cannot commit.
// Only what the caller asked wrongly (a damaged cursor, say) does it no harm.
func (w *Work) fail(err error) error {
	if w.failed == nil && !errors.Is(err, store.ErrInvalid) {
		w.failed = err
	}
	return err
}

// own returns a copy that shares nothing with r.
func own(r store.Record) store.Record {
	r.Terms = maps.Clone(r.Terms)
	r.Value = slices.Clone(r.Value)
	return r
}
