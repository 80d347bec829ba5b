package sqlite_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/engage-interactions/engage/store"
)

// Many events are deleted in steps, each in a transaction of its own. For
// readers they are gone with the first, and if the context ends after it, the
// next Trim goes on.
func TestTrimOfMany(t *testing.T) {
	t.Parallel()
	var wire tap
	path := newPath(t)
	s := openWith(t, path, nil, wire.dial)
	const batches, each = 3, 2_500
	const last = batches * each
	for i := range batches {
		b := write(fmt.Sprint("b", i), "x")
		for range each - 1 {
			b.Events = append(b.Events, b.Events[0])
		}
		commit(t, s, b)
	}
	rows := func() (n int) {
		t.Helper()
		if err := plain(t, path).QueryRowContext(t.Context(), "SELECT count(*) FROM _events").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	begun := 0
	wire.set(func(w *tap) {
		w.before = func(_ driver.Conn, statement string, _ []driver.NamedValue) error {
			if strings.HasPrefix(statement, "BEGIN") {
				begun++
			}
			if begun == 2 {
				cancel()
			}
			return nil
		}
	})
	if err := s.Trim(ctx, "acme", last-10); err != nil {
		t.Errorf("Trim whose context ends after the first step: %v", err)
	}
	if n := rows(); n <= 10 {
		t.Errorf("%d rows after the first step, want more than 10", n)
	}
	var trimmed *store.TrimmedError
	if _, err := s.Events(t.Context(), "acme", last-11, 1); !errors.As(err, &trimmed) || trimmed.Mark != last-10 {
		t.Errorf("Events from below the mark = %v, want TrimmedError at %d", err, last-10)
	}
	events, err := s.Events(t.Context(), "acme", last-10, 0)
	if err != nil || len(events) != 10 {
		t.Errorf("%d events left, %v; want 10", len(events), err)
	}
	if err := s.Trim(t.Context(), "acme", 1); err != nil {
		t.Fatal(err)
	}
	if n := rows(); n != 10 {
		t.Errorf("%d rows after another Trim, want 10", n)
	}
}

// Positions go on where they were, also when no event is left, and after
// opening the file again.
func TestPositionsOutliveTheirEvents(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	s := open(t, path, nil)
	commit(t, s, write("b1", "x"))
	commit(t, s, write("b2", "x"))
	if err := s.Trim(t.Context(), "acme", 1<<40); err != nil {
		t.Fatal(err)
	}
	closeStore(t, s)
	s = open(t, path, nil)
	commit(t, s, write("b3", "x"))
	events, err := s.Events(t.Context(), "acme", 2, 0)
	if err != nil || len(events) != 1 || events[0].Position != 3 {
		t.Errorf("events after Trim of all: %v, %v; want one at position 3", events, err)
	}
}
