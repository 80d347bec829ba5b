package broken

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/memory"
)

// A journal is a file with one line for each change, which a memory store is
// filled from when it is opened. So what a process has left that was killed can be
// looked at by another.
type journal struct {
	path  string
	fault journalFault

	mu      sync.Mutex // held while something is written
	file    *os.File
	memory  *memory.Store
	handles int   // those that are open
	crashes int64 // how often the file was not closed
}

// journalFault is what goes wrong when a process is killed, and only then.
type journalFault int

const (
	noFault journalFault = iota
	forgetsRecords
	writesParts
	movesPositions
)

// entry is a line of a journal.
type entry struct {
	Batch   *store.Batch `json:",omitempty"`
	Trim    string       `json:",omitempty"` // the tenant
	UpTo    int64        `json:",omitempty"`
	Closed  bool         `json:",omitempty"` // what came before was closed in good order
	Crashed bool         `json:",omitempty"` // what came before was not
}

// Journals returns stores whose data outlives their process: one that is in
// order, and those that lose something when it is killed.
func Journals() []Store {
	kept := func(does string, fault journalFault, breaks ...string) Store {
		return Store{Fault: does, Breaks: breaks, journal: func(path string) *journal { return &journal{path: path, fault: fault} }}
	}
	return []Store{
		kept("keeps a journal", noFault),
		// As when a page that it lies on was still to be written.
		kept("misses a record when it was killed that was put before", forgetsRecords, "crash-durable"),
		kept("writes a batch in two parts", writesParts, "crash-atomic"),
		kept("gives its events other positions when it was killed", movesPositions, "crash-positions"),
	}
}

// Where returns the path of the journal of a store.
func (Store) Where(tb testing.TB, s store.Store) string {
	tb.Helper()
	return s.(*handle).data.journal.path // of no other type
}

// At opens the journal at a path.
func (s Store) At(tb testing.TB, path string) store.Store {
	tb.Helper()
	j := s.journal(path)
	j.load(tb)
	return (&data{methods: j.methods(), journal: j}).handle(tb, j.handle())
}

// create opens a new journal.
func (s Store) create(tb testing.TB) store.Store {
	tb.Helper()
	return s.At(tb, filepath.Join(tb.TempDir(), "journal"))
}

// handle returns a memory store for one more handle.
func (j *journal) handle() *memory.Store {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.handles++
	return j.memory.Peer()
}

// load fills the memory store with what the file says.
func (j *journal) load(tb testing.TB) {
	tb.Helper()
	text, err := os.ReadFile(j.path)
	if err != nil && !os.IsNotExist(err) {
		tb.Fatal(err)
	}
	text = text[:bytes.LastIndexByte(text, '\n')+1] // what was not written to its end never was
	j.memory, j.crashes = memory.New(), 0
	var all []entry
	for line := range bytes.Lines(text) {
		var e entry
		if err := json.Unmarshal(line, &e); err != nil { //nolint:musttag // what is written is read by this package alone
			tb.Fatal(err)
		}
		j.apply(e)
		all = append(all, e)
	}
	if j.file, err = os.OpenFile(j.path, os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		tb.Fatal(err)
	}
	if err := j.file.Truncate(int64(len(text))); err != nil {
		tb.Fatal(err)
	}
	if _, err := j.file.Seek(0, 2); err != nil {
		tb.Fatal(err)
	}
	if n := len(all); n > 0 && !all[n-1].Closed {
		j.crashed(tb, all)
	}
}

// crashed is called for a journal whose last process did not close it.
func (j *journal) crashed(tb testing.TB, all []entry) {
	tb.Helper()
	switch j.fault {
	case movesPositions:
		if err := j.write(entry{Crashed: true}); err != nil {
			tb.Fatal(err)
		}
		j.crashes++
	case forgetsRecords:
		// Whoever has written three more versions of a record is done with the
		// batch, and with what was to be there for a while only.
		const done = 3
		later := map[store.Version]int{}
		for _, e := range slices.Backward(all) {
			if e.Batch == nil {
				continue
			}
			n := later[store.Version(e.Batch.ID)]
			if n >= done && j.forget(*e.Batch) {
				return
			}
			for _, put := range e.Batch.Puts {
				later[put.Version] = max(later[put.Version], n+1)
			}
		}
	case noFault, writesParts:
	}
}

// forget deletes a record that a batch has created, if one is as it was then.
func (j *journal) forget(b store.Batch) bool {
	for _, put := range slices.Backward(b.Puts) {
		now, err := j.memory.Get(context.Background(), put.Key)
		if err == nil && put.Version == "" && now[0].Version == store.Version(b.ID) {
			return j.memory.Commit(context.Background(), store.Batch{
				ID: "forget-" + b.ID, Tenant: b.Tenant, Deletes: []store.Check{{Key: put.Key, Version: now[0].Version}},
			}) == nil
		}
	}
	return false
}

// apply does what a line says.
func (j *journal) apply(e entry) {
	ctx := context.Background()
	switch {
	case e.Batch != nil:
		for _, c := range named(*e.Batch) {
			_ = j.memory.Prepare(ctx, store.Kind{Name: c.Kind})
		}
		for _, put := range e.Batch.Puts {
			for index := range put.Terms {
				_ = j.memory.Prepare(ctx, store.Kind{Name: put.Kind, Indexes: []string{index}})
			}
		}
		_ = j.memory.Commit(ctx, *e.Batch)
	case e.Trim != "":
		_ = j.memory.Trim(ctx, e.Trim, e.UpTo)
	case e.Crashed:
		j.crashes++
	}
}

// write appends a line.
func (j *journal) write(e entry) error {
	line, err := json.Marshal(e) //nolint:musttag // what is written is read by this package alone
	if err != nil {
		return err
	}
	_, err = j.file.Write(append(line, '\n'))
	return err
}

// writeBatch writes a batch before anybody can see it.
func (j *journal) writeBatch(b store.Batch) error {
	b.Events = slices.Clone(b.Events)
	for i := range b.Events {
		b.Events[i].Time = b.Events[i].Time.Round(0).UTC()
	}
	if j.fault != writesParts || len(b.Puts) == 0 {
		return j.write(entry{Batch: &b})
	}
	first := store.Batch{ID: b.ID, Tenant: b.Tenant, Puts: b.Puts}
	if err := j.write(entry{Batch: &first}); err != nil {
		return err
	}
	linger(300)
	rest := store.Batch{ID: b.ID, Tenant: b.Tenant, Deletes: b.Deletes, Events: b.Events}
	rest.Puts = []store.Record{{Key: store.Key{Tenant: b.Tenant, Kind: "aside", ID: b.ID}, Value: []byte(`1`)}}
	return j.write(entry{Batch: &rest})
}

func (j *journal) methods() *methods {
	return &methods{
		commit: func(ctx context.Context, s *inner, b store.Batch) error {
			j.mu.Lock()
			defer j.mu.Unlock()
			if !s.ready(ctx, b) {
				return s.Commit(ctx, b)
			}
			if err := j.writeBatch(b); err != nil {
				return err
			}
			return s.Commit(context.WithoutCancel(ctx), b)
		},
		trim: func(ctx context.Context, s *inner, tenant string, upTo int64) error {
			j.mu.Lock()
			defer j.mu.Unlock()
			if upTo > 0 {
				upTo -= min(upTo, j.crashes)
			}
			if _, err := s.Get(ctx); err != nil || store.TrimTo(tenant, upTo) != nil {
				return s.Trim(ctx, tenant, upTo)
			}
			if err := j.write(entry{Trim: tenant, UpTo: upTo}); err != nil {
				return err
			}
			return s.Trim(context.WithoutCancel(ctx), tenant, upTo)
		},
		events: j.events,
		close: func(s *inner) error {
			j.mu.Lock()
			defer j.mu.Unlock()
			_, err := s.Get(context.Background())
			if err == nil { // the first time
				j.handles--
				if j.handles == 0 {
					_ = j.write(entry{Closed: true})
					_ = j.file.Close()
				}
			}
			return s.Close()
		},
	}
}

// events returns the events with the positions that they have by now.
func (j *journal) events(ctx context.Context, s *inner, tenant string, after int64, limit int) ([]store.Event, error) {
	by := j.crashes
	if after > 0 {
		after = max(0, after-by)
	}
	events, err := s.Events(ctx, tenant, after, limit)
	for i := range events {
		events[i].Position += by
	}
	if trimmed, ok := errors.AsType[*store.TrimmedError](err); ok {
		trimmed.Mark += by
	}
	return events, err
}
