package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/engage-interactions/engage/store"
)

// errMoved says that a record changed between the check and the write of one
// batch: somebody has put a trigger on its table.
var errMoved = errors.New("sqlite: record changed within a transaction")

// apply checks all versions of a batch and then writes it. If it returns a
// *store.ConflictError it has written nothing; after any other error the
// transaction is spoilt.
func (w *writer) apply(ctx context.Context, b *batch) error {
	// The statements that write look at the version themselves. If there is but
	// one of them, it can see for itself whether it applies.
	single := len(b.changes) == 1
	if !single {
		if err := w.check(ctx, b); err != nil {
			return err
		}
	}
	for i := range b.changes {
		c := &b.changes[i]
		applied, err := w.write(ctx, c)
		if err != nil {
			return err
		}
		switch {
		case applied:
		case single:
			return c.conflict(b.tenant)
		default:
			// No conflict to whoever looks: there are writes to undo.
			return fmt.Errorf("%w: %v", errMoved, c.conflict(b.tenant)) //nolint:errorlint // not a conflict to whoever looks
		}
	}
	return w.appendEvents(ctx, b)
}

// write does one change and reports whether the record had the version that it
// expects.
func (w *writer) write(ctx context.Context, c *change) (bool, error) {
	var statement string
	switch c.kind {
	case check:
		return true, nil
	case create:
		statement = c.table.insert
	case replace:
		var err error
		if statement, err = w.columns.update(ctx, w.conn, c.table); err != nil {
			return false, err
		}
	case remove:
		statement = c.table.remove
	}
	n, err := w.conn.exec(ctx, statement, c.args...)
	return n == 1, err
}

func (c *change) conflict(tenant string) error {
	return &store.ConflictError{Key: store.Key{Tenant: tenant, Kind: c.table.kind, ID: c.id}, Expected: c.expected}
}

// chunks are the numbers of records that one statement reads. Few different ones
// make few statements.
var chunks = []int{1, 8, 64}

// chunk returns the chunk that the IDs of some records fit into, and the arguments
// of a statement that reads it. What is missing is filled up.
func chunk(tenant string, ids []string) (n int, args []driver.Value) {
	i, _ := slices.BinarySearch(chunks, len(ids))
	n = chunks[i]
	args = append(make([]driver.Value, 0, 1+n), tenant)
	for k := range n {
		args = append(args, ids[min(k, len(ids)-1)])
	}
	return n, args
}

// check reads the versions of all records of a batch, and returns the first
// that is not as expected.
func (w *writer) check(ctx context.Context, b *batch) error {
	for rest := b.changes; len(rest) > 0; {
		n := 1
		for n < len(rest) && n < chunks[len(chunks)-1] && rest[n].table == rest[0].table {
			n++
		}
		if err := w.checkChunk(ctx, b.tenant, rest[:n]); err != nil {
			return err
		}
		rest = rest[n:]
	}
	return nil
}

// checkChunk is check for changes of one table.
func (w *writer) checkChunk(ctx context.Context, tenant string, changes []change) error {
	ids := make([]string, len(changes))
	for i := range changes {
		ids[i] = changes[i].id
	}
	n, args := chunk(tenant, ids)
	clear(w.versions)
	err := w.conn.query(ctx, func(row []driver.Value) error {
		w.versions[text(row[0])] = store.Version(text(row[1]))
		return nil
	}, changes[0].table.versions(n), args...)
	if err != nil {
		return err
	}
	for i := range changes {
		if w.versions[changes[i].id] != changes[i].expected {
			return changes[i].conflict(tenant)
		}
	}
	return nil
}

// appendEvents appends the events of a batch to the log of its tenant.
func (w *writer) appendEvents(ctx context.Context, b *batch) error {
	if len(b.events) == 0 {
		return nil
	}
	n := int64(len(b.events))
	last, err := w.conn.number(ctx, "INSERT INTO _logs (tenant, last, mark) VALUES (?, ?, 0)"+
		" ON CONFLICT (tenant) DO UPDATE SET last = last + excluded.last RETURNING last", b.tenant, n)
	if err != nil {
		return err
	}
	for i, event := range b.events {
		event[0] = last - n + int64(i) + 1
		_, err := w.conn.exec(ctx, "INSERT INTO _events (position, tenant, id, type, time, value)"+
			" VALUES (?, ?, ?, ?, ?, ?)", event...)
		if err != nil {
			return err
		}
	}
	return nil
}

// columns knows the tables' columns for terms, as they are in the file. Another
// handle may have added some that this one has not prepared: a put, which
// replaces all terms of its record, has to clear those.
type columns struct {
	looked  bool                // since the transaction began
	schema  int64               // the version of the schema that the rest belongs to
	byTable map[string][]string // quoted names, both
	updates map[*table]string
}

// update returns the statement that replaces a record of t.
func (k *columns) update(ctx context.Context, c *conn, t *table) (string, error) {
	if !k.looked {
		if err := k.look(ctx, c); err != nil {
			return "", err
		}
		k.looked = true
	}
	if statement, ok := k.updates[t]; ok {
		return statement, nil
	}
	var statement strings.Builder
	statement.WriteString(t.update)
	for _, name := range k.byTable[t.name] {
		if !slices.ContainsFunc(t.indexes, func(index string) bool { return column(index) == name }) {
			statement.WriteString(", " + name + " = NULL")
		}
	}
	statement.WriteString(t.where)
	k.updates[t] = statement.String()
	return statement.String(), nil
}

// look reads the columns, if the schema has changed since the last time.
func (k *columns) look(ctx context.Context, c *conn) error {
	schema, err := c.number(ctx, "PRAGMA schema_version")
	if err != nil || schema == k.schema && k.byTable != nil {
		return err
	}
	byTable := make(map[string][]string)
	err = c.query(ctx, func(row []driver.Value) error {
		table := quote(text(row[0]))
		byTable[table] = append(byTable[table], quote(text(row[1])))
		return nil
	}, "SELECT t.name, c.name FROM sqlite_schema t, pragma_table_info(t.name) c"+
		" WHERE t.type = 'table' AND c.name LIKE 'by^_%' ESCAPE '^'")
	if err != nil {
		return err
	}
	*k = columns{schema: schema, byTable: byTable, updates: make(map[*table]string)}
	return nil
}
