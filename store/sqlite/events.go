package sqlite

import (
	"context"
	"database/sql/driver"
	"fmt"
	"time"

	"github.com/engage-interactions/engage/store"
)

// timeLayout is how the time of an event stands in the file: RFC 3339 in UTC, to
// the nanosecond, in a fixed width.
const timeLayout = "2006-01-02T15:04:05.000000000Z"

// trimStep bounds how many events one transaction deletes, and so for how long
// a large Trim holds up the commits of others.
const trimStep = 2_000

// Events implements [store.Store].
func (s *Store) Events(ctx context.Context, tenant string, after int64, limit int) ([]store.Event, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.calls.Done()
	limit, err := store.EventsFrom(tenant, after, limit)
	if err != nil {
		return nil, err
	}
	var events []store.Event
	var trimmed error
	err = s.readers.snapshot(ctx, func(c *conn) error {
		events = make([]store.Event, 0, min(limit, store.DefaultLimit))
		mark, err := c.number(ctx, "SELECT mark FROM _logs WHERE tenant = ?", tenant)
		if err != nil {
			return err
		}
		trimmed = nil
		if after < mark {
			trimmed = &store.TrimmedError{Tenant: tenant, Mark: mark}
			return nil // an answer, and no fault of the connection
		}
		return c.query(ctx, func(row []driver.Value) error {
			event, err := readEvent(tenant, row)
			events = append(events, event)
			return err
		}, "SELECT position, id, type, time, CAST(value AS BLOB) FROM _events WHERE tenant = ? AND position > ?"+
			" ORDER BY position LIMIT ?", tenant, after, int64(limit))
	})
	if err == nil { // an answer is one or the other: the context may have ended behind it
		err = trimmed
	}
	if err != nil {
		return nil, err
	}
	return events, nil
}

func readEvent(tenant string, row []driver.Value) (store.Event, error) {
	position, ok := row[0].(int64)
	if !ok {
		return store.Event{}, fmt.Errorf("%w: position of an event is %T", ErrCorrupt, row[0])
	}
	at, err := time.Parse(timeLayout, text(row[3]))
	if err != nil {
		return store.Event{}, fmt.Errorf("%w: time of event %d: %w", ErrCorrupt, position, err)
	}
	value, _ := row[4].([]byte)
	return store.Event{
		Tenant:   tenant,
		Position: position,
		ID:       text(row[1]),
		Type:     text(row[2]),
		Time:     at,
		Value:    value,
	}, nil
}

// Trim implements [store.Store]. The events are forgotten at once; the file
// gets rid of them in steps, between the commits of others. If the context ends
// in the meantime Trim stops and returns nil: what is left of them shows
// nowhere, and the next Trim takes it along.
func (s *Store) Trim(ctx context.Context, tenant string, upTo int64) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.calls.Done()
	if err := store.TrimTo(tenant, upTo); err != nil {
		return err
	}
	left := false
	trim := func(ctx context.Context, c *conn) (err error) {
		left, err = trim(ctx, c, tenant, upTo)
		return err
	}
	if err := s.writer.do(ctx, newTask(trim, nil)); err != nil {
		return err
	}
	for left && ctx.Err() == nil {
		if err := s.writer.do(ctx, newTask(trim, nil)); err != nil {
			return nil // the mark stands; sweeping goes on with the next Trim
		}
	}
	return nil
}

// trim moves the mark and deletes some of the events below it. It reports
// whether there are more.
func trim(ctx context.Context, c *conn, tenant string, upTo int64) (bool, error) {
	_, err := c.exec(ctx, "UPDATE _logs SET mark = min(last, ?) WHERE tenant = ? AND mark < min(last, ?)", upTo, tenant, upTo)
	if err != nil {
		return false, err
	}
	mark, err := c.number(ctx, "SELECT mark FROM _logs WHERE tenant = ?", tenant)
	if err != nil || mark == 0 {
		return false, err
	}
	first, err := c.number(ctx, "SELECT coalesce(min(position), 0) FROM _events WHERE tenant = ?", tenant)
	if err != nil || first == 0 {
		return false, err
	}
	end := min(mark, first+trimStep-1)
	_, err = c.exec(ctx, "DELETE FROM _events WHERE tenant = ? AND position <= ?", tenant, end)
	return end < mark, err
}
