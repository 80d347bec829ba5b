package sqlite

import (
	"context"
	"database/sql/driver"
	"fmt"

	"github.com/engage-interactions/engage/store"
)

// batch is a [store.Batch] as the writer needs it: checked, and independent of
// the memory of its caller, who may be gone before it is written.
type batch struct {
	id         string
	tenant     string
	changes    []change // checks, puts, deletes: the order in which versions are checked
	events     [][]driver.Value
	operations int
	bytes      int // of values, roughly
}

// change is one check, put or delete.
type change struct {
	table    *table
	id       string
	expected store.Version
	kind     changeKind
	args     []driver.Value // of the statement that writes, but for the version it replaces; of a check none
	place    *place         // in the round that it takes part in
}

type changeKind int

const (
	check changeKind = iota
	put
	remove
)

// Commit implements [store.Store]. See the package comment for how commits
// share one transaction, and for what its errors say.
func (s *Store) Commit(ctx context.Context, b store.Batch) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.calls.Done()
	if err := s.catalog.Batch(b); err != nil {
		return err
	}
	return s.writer.do(ctx, newJob(s.encode(b)))
}

// encode makes the statements of a batch. That copies all that a caller could
// change, and takes the work off the writer.
func (s *Store) encode(b store.Batch) *batch {
	e := &batch{
		id:         b.ID,
		tenant:     b.Tenant,
		changes:    make([]change, 0, len(b.Checks)+len(b.Puts)+len(b.Deletes)),
		events:     make([][]driver.Value, 0, len(b.Events)),
		operations: len(b.Checks) + len(b.Puts) + len(b.Deletes) + len(b.Events),
	}
	for _, c := range b.Checks {
		e.changes = append(e.changes, change{table: s.tables.of(c.Kind), id: c.ID, expected: c.Version, kind: check})
	}
	for _, r := range b.Puts {
		t := s.tables.of(r.Kind)
		args := make([]driver.Value, 0, 2+len(t.indexes)+2)
		args = append(args, b.ID, string(r.Value))
		for _, index := range t.indexes {
			if term, ok := r.Terms[index]; ok {
				args = append(args, term)
			} else {
				args = append(args, nil)
			}
		}
		args = append(args, b.Tenant, r.ID)
		e.changes = append(e.changes, change{table: t, id: r.ID, expected: r.Version, kind: put, args: args})
		e.bytes += len(r.Value)
	}
	for _, d := range b.Deletes {
		args := []driver.Value{b.Tenant, d.ID}
		e.changes = append(e.changes, change{table: s.tables.of(d.Kind), id: d.ID, expected: d.Version, kind: remove, args: args})
	}
	for _, event := range b.Events {
		at := event.Time.UTC().Format(timeLayout)
		// The writer puts the position in front, when it knows it.
		e.events = append(e.events, []driver.Value{nil, b.Tenant, event.ID, event.Type, at, string(event.Value)})
		e.bytes += len(event.Value)
	}
	return e
}

// do hands a job to the writer and waits for its answer.
func (w *writer) do(ctx context.Context, j *job) error {
	w.queue.add(j)
	select {
	case err := <-j.answer:
		return err
	case <-ctx.Done():
	}
	if w.queue.withdraw(j) {
		return ctx.Err() // nothing changed, nor will it
	}
	select {
	case err := <-j.answer: // just in time
		return err
	default:
		return unknown(fmt.Errorf("still being written: %w", ctx.Err()))
	}
}
