package sqlite_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/sqlite"
)

// TestMain runs the children of tests that need another process.
func TestMain(m *testing.M) {
	if name := os.Getenv(childVariable); name != "" {
		os.Exit(runChild(name))
	}
	os.Exit(m.Run())
}

// note is the kind that most tests use.
var note = store.Kind{Name: "note", Indexes: []string{"author", "topic"}}

// newPath returns the path of a file that does not exist yet.
func newPath(tb testing.TB) string {
	tb.Helper()
	return filepath.Join(tb.TempDir(), "engage.db")
}

// open opens the file at path with the kind note, for the length of the test.
func open(tb testing.TB, path string, opts *sqlite.Options) *sqlite.Store {
	tb.Helper()
	return openWith(tb, path, opts, sqlite.Dial)
}

func openWith(tb testing.TB, path string, opts *sqlite.Options, dial sqlite.Dialer) *sqlite.Store {
	tb.Helper()
	s, err := sqlite.OpenWith(tb.Context(), path, opts, dial)
	if err != nil {
		tb.Fatalf("Open: %v", err)
	}
	tb.Cleanup(func() { closeStore(tb, s) })
	if err := s.Prepare(tb.Context(), note); err != nil {
		tb.Fatalf("Prepare: %v", err)
	}
	return s
}

func closeStore(tb testing.TB, s *sqlite.Store) {
	tb.Helper()
	if err := s.Close(); err != nil {
		tb.Errorf("Close: %v", err)
	}
}

// key names a note.
func key(id string) store.Key { return store.Key{Tenant: "acme", Kind: note.Name, ID: id} }

// write is a batch that writes one note for each ID, where there was none, and
// an event. The notes have the batch's ID in front of their own.
func write(batch string, ids ...string) store.Batch {
	b := store.Batch{ID: batch, Tenant: "acme"}
	for _, id := range ids {
		b.Puts = append(b.Puts, store.Record{
			Key:   key(batch + "/" + id),
			Terms: map[string]string{"author": "ann", "topic": id},
			Value: fmt.Appendf(nil, `{"batch":%q}`, batch),
		})
	}
	b.Events = []store.Event{{
		Tenant: "acme", ID: batch, Type: "note.written", Value: []byte(`{}`),
		Time: time.Date(2026, 2, 3, 4, 5, 6, 7, time.UTC),
	}}
	return b
}

func commit(tb testing.TB, s store.Store, b store.Batch) {
	tb.Helper()
	if err := s.Commit(tb.Context(), b); err != nil {
		tb.Fatalf("Commit of %s: %v", b.ID, err)
	}
}

// presence is how much of a batch there is.
type presence int

const (
	absent presence = iota
	whole
	torn
)

// look finds out how much of a batch made by write is in the store.
func look(tb testing.TB, s store.Store, b store.Batch) presence {
	tb.Helper()
	want, have := len(b.Puts)+len(b.Events), 0
	keys := make([]store.Key, 0, len(b.Puts))
	for _, r := range b.Puts {
		keys = append(keys, r.Key)
	}
	records, err := s.Get(tb.Context(), keys...)
	if err != nil {
		tb.Fatalf("Get: %v", err)
	}
	for _, r := range records {
		if r.Version == store.Version(b.ID) {
			have++
		}
	}
	for _, e := range allEvents(tb, s) {
		if e.ID == b.ID {
			have++
		}
	}
	switch have {
	case 0:
		return absent
	case want:
		return whole
	default:
		return torn
	}
}

// allEvents reads the log to its end and checks that positions grow.
func allEvents(tb testing.TB, s store.Store) []store.Event {
	tb.Helper()
	var all []store.Event
	after := int64(0)
	for {
		events, err := s.Events(tb.Context(), "acme", after, store.MaxLimit)
		if err != nil {
			tb.Fatalf("Events: %v", err)
		}
		if len(events) == 0 {
			return all
		}
		for _, e := range events {
			if e.Position <= after {
				tb.Fatalf("position %d after %d", e.Position, after)
			}
			after = e.Position
		}
		all = append(all, events...)
	}
}

// plain opens the file as any other program would.
func plain(tb testing.TB, path string) *sql.DB {
	tb.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := db.Close(); err != nil {
			tb.Error(err)
		}
	})
	return db
}

func execute(tb testing.TB, db *sql.DB, statements ...string) {
	tb.Helper()
	for _, statement := range statements {
		if _, err := db.ExecContext(tb.Context(), statement); err != nil {
			tb.Fatalf("%s: %v", statement, err)
		}
	}
}

// until waits for something that happens in another goroutine.
func until(condition func() bool) {
	for !condition() {
		runtime.Gosched()
	}
}

// tap sits between a store and its driver, and looks at, holds up or fails what
// the writer's connection does.
type tap struct {
	mu      sync.Mutex
	prepare []string // the statements that were prepared, on any connection
	before  func(conn driver.Conn, statement string, args []driver.NamedValue) error
	after   func(statement string) error
	dialing func() error // of any connection
}

// set changes the functions; nil ones do nothing.
func (t *tap) set(f func(t *tap)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	f(t)
}

func (t *tap) dial(ctx context.Context, dsn string) (driver.Conn, error) {
	t.mu.Lock()
	dialing := t.dialing
	t.mu.Unlock()
	if dialing != nil {
		if err := dialing(); err != nil {
			return nil, err
		}
	}
	conn, err := sqlite.Dial(ctx, dsn)
	if err != nil {
		return nil, err
	}
	return &tappedConn{Conn: conn, tap: t, writes: strings.Contains(dsn, "synchronous")}, nil
}

type tappedConn struct {
	driver.Conn

	tap    *tap
	writes bool
}

func (c *tappedConn) Prepare(query string) (driver.Stmt, error) {
	c.tap.set(func(t *tap) { t.prepare = append(t.prepare, query) })
	prepared, err := c.Conn.Prepare(query)
	if err != nil {
		return nil, err
	}
	return &tappedStmt{Stmt: prepared, conn: c, query: query}, nil
}

type tappedStmt struct {
	driver.Stmt

	conn  *tappedConn
	query string
}

func (s *tappedStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	stmt, ok := s.Stmt.(driver.StmtExecContext)
	if !ok {
		return nil, errors.ErrUnsupported
	}
	var result driver.Result
	err := s.around(args, func() (err error) {
		result, err = stmt.ExecContext(ctx, args)
		return err
	})
	return result, err
}

func (s *tappedStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	stmt, ok := s.Stmt.(driver.StmtQueryContext)
	if !ok {
		return nil, errors.ErrUnsupported
	}
	var rows driver.Rows
	err := s.around(args, func() (err error) {
		rows, err = stmt.QueryContext(ctx, args)
		return err
	})
	if err != nil && rows != nil {
		err = errors.Join(err, rows.Close())
	}
	return rows, err
}

func (s *tappedStmt) around(args []driver.NamedValue, run func() error) error {
	if !s.conn.writes {
		return run()
	}
	t := s.conn.tap
	t.mu.Lock()
	before, after := t.before, t.after
	t.mu.Unlock()
	if before != nil {
		if err := before(s.conn.Conn, s.query, args); err != nil {
			return err
		}
	}
	if err := run(); err != nil || after == nil {
		return err
	}
	return after(s.query)
}
