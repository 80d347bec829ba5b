package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"

	"github.com/engage-interactions/engage/store"
)

// errMoved says that a record changed between the check and the write of one
// transaction: somebody has put a trigger on its table.
var errMoved = errors.New("sqlite: record changed within a transaction")

// round is what the batches of one transaction come to. First the versions of all
// records that they name are read, by few statements. Then each batch in its turn is
// judged by those, and by what the batches before it have left behind. What they have
// come to is written last, again by few statements: each record once, as the last of
// them left it.
//
// Its memory is used again in the next round.
type round struct {
	places  []place
	byKey   map[store.Key]*place
	changed []*place // in the order in which they were first changed
	logs    []log
	args    []driver.Value // of the statement that is running
}

// place is a record that batches of a round name.
type place struct {
	key    store.Key
	table  *table
	stored store.Version // in the file
	now    store.Version // as the batches so far have left it
	last   *change       // what the last of them has made of it, nil if nothing
}

// log is what the batches of a round append to the log of one tenant.
type log struct {
	tenant string
	events [][]driver.Value
}

// do does the batches of jobs, and returns the answer to each: nil, or a
// *store.ConflictError, which has written nothing. After an error the transaction is
// spoilt.
func (r *round) do(ctx context.Context, c *conn, k *columns, jobs []*job) ([]error, error) {
	defer r.forget()
	r.name(jobs)
	if err := r.read(ctx, c); err != nil {
		return nil, err
	}
	answers := make([]error, len(jobs))
	for i, j := range jobs {
		if conflict := j.batch.conflict(); conflict != nil {
			answers[i] = conflict
			continue
		}
		r.accept(j.batch)
	}
	if err := r.write(ctx, c, k); err != nil {
		return nil, err
	}
	return answers, r.append(ctx, c)
}

// forget drops what a round holds of its batches.
func (r *round) forget() {
	clear(r.places)
	clear(r.byKey)
	clear(r.changed)
	clear(r.logs)
	clear(r.args[:cap(r.args)])
	r.places, r.changed, r.logs, r.args = r.places[:0], r.changed[:0], r.logs[:0], r.args[:0]
}

// name finds the places of all changes.
func (r *round) name(jobs []*job) {
	most := 0
	for _, j := range jobs {
		most += len(j.batch.changes)
	}
	r.places = slices.Grow(r.places, most) // from here on they stay where they are
	for _, j := range jobs {
		for i := range j.batch.changes {
			c := &j.batch.changes[i]
			key := store.Key{Tenant: j.batch.tenant, Kind: c.table.kind, ID: c.id}
			c.place = r.byKey[key]
			if c.place == nil {
				r.places = append(r.places, place{key: key, table: c.table})
				c.place = &r.places[len(r.places)-1]
				r.byKey[key] = c.place
			}
		}
	}
}

// read reads the versions of all places.
func (r *round) read(ctx context.Context, c *conn) error {
	if len(r.places) <= few {
		return r.readFew(ctx, c)
	}
	type of struct {
		table  *table
		tenant string
	}
	ids := make(map[of][]string)
	for i := range r.places {
		p := &r.places[i]
		at := of{p.table, p.key.Tenant}
		ids[at] = append(ids[at], p.key.ID)
	}
	for at, all := range ids {
		for some := range slices.Chunk(all, chunks[len(chunks)-1]) {
			n, args := chunk(at.tenant, some)
			err := c.query(ctx, func(row []driver.Value) error {
				r.byKey[store.Key{Tenant: at.tenant, Kind: at.table.kind, ID: text(row[0])}].found(row[1])
				return nil
			}, at.table.versions(n), args...)
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// readFew reads them by one statement.
func (r *round) readFew(ctx context.Context, c *conn) error {
	tables := make([]*table, 0, few)
	for i := range r.places {
		p := &r.places[i]
		tables = append(tables, p.table)
		r.args = append(r.args, p.key.Tenant, p.key.ID)
	}
	return c.query(ctx, func(row []driver.Value) error {
		at, _ := row[0].(int64)
		r.places[at].found(row[1])
		return nil
	}, c.few(tables, versions), r.args...)
}

func (p *place) found(version driver.Value) {
	p.stored = store.Version(text(version))
	p.now = p.stored
}

// conflict returns the first change of the batch that does not find the version that
// it expects, nil if there is none.
func (b *batch) conflict() *store.ConflictError {
	for i := range b.changes {
		if c := &b.changes[i]; c.place.now != c.expected {
			return &store.ConflictError{Key: c.place.key, Expected: c.expected}
		}
	}
	return nil
}

// accept takes over what a batch writes.
func (r *round) accept(b *batch) {
	for i := range b.changes {
		c := &b.changes[i]
		switch c.kind {
		case check:
			continue
		case put:
			c.place.now = store.Version(b.id)
		case remove:
			c.place.now = ""
		}
		if c.place.last == nil {
			r.changed = append(r.changed, c.place)
		}
		c.place.last = c
	}
	if len(b.events) == 0 {
		return
	}
	at := slices.IndexFunc(r.logs, func(l log) bool { return l.tenant == b.tenant })
	if at < 0 {
		at = len(r.logs)
		r.logs = append(r.logs, log{tenant: b.tenant})
	}
	r.logs[at].events = append(r.logs[at].events, b.events...)
}

// write writes what has become of the records: new ones first, many at a time.
func (r *round) write(ctx context.Context, c *conn, k *columns) error {
	created := make(map[*table][][]driver.Value)
	var order []*table
	for _, p := range r.changed {
		if p.stored != "" || p.now == "" {
			continue
		}
		t := p.last.table
		if created[t] == nil {
			order = append(order, t)
		}
		created[t] = append(created[t], p.last.args)
	}
	for _, t := range order {
		if err := r.insert(ctx, c, t.inserts, created[t]); err != nil {
			return err
		}
	}
	for _, p := range r.changed {
		if p.stored == "" {
			continue // it is new, or came and went
		}
		statement := p.last.table.remove
		if p.now != "" {
			var err error
			if statement, err = k.update(ctx, c, p.last.table); err != nil {
				return err
			}
		}
		r.args = append(append(r.args[:0], p.last.args...), string(p.stored))
		n, err := c.exec(ctx, statement, r.args...)
		if err != nil {
			return err
		}
		if n != 1 {
			return fmt.Errorf("%w: %v", errMoved, p.key)
		}
	}
	return nil
}

// insert inserts rows by statements that take as many as rows says.
func (r *round) insert(ctx context.Context, c *conn, statements []string, all [][]driver.Value) error {
	for len(all) > 0 {
		i := 0
		for rows[i] > len(all) {
			i++
		}
		r.args = r.args[:0]
		for _, row := range all[:rows[i]] {
			r.args = append(r.args, row...)
		}
		if _, err := c.exec(ctx, statements[i], r.args...); err != nil {
			return err
		}
		all = all[rows[i]:]
	}
	return nil
}

// insertEvents are the statements that append to the logs.
var insertEvents = insertsOf("_events (position, tenant, id, type, time, value)", 6)

// append appends the events, each log in the order of the batches.
func (r *round) append(ctx context.Context, c *conn) error {
	for _, l := range r.logs {
		n := int64(len(l.events))
		last, err := c.number(ctx, "INSERT INTO _logs (tenant, last, mark) VALUES (?, ?, 0)"+
			" ON CONFLICT (tenant) DO UPDATE SET last = last + excluded.last RETURNING last", l.tenant, n)
		if err != nil {
			return err
		}
		for i, event := range l.events {
			event[0] = last - n + int64(i) + 1
		}
		if err := r.insert(ctx, c, insertEvents, l.events); err != nil {
			return err
		}
	}
	return nil
}
