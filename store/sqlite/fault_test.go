package sqlite_test

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"modernc.org/sqlite/lib"

	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/sqlite"
)

var errFault = errors.New("injected fault")

// attempt is one of the batches of a group, and what came of it.
type attempt struct {
	batch store.Batch
	err   error
}

// group lets batches wait until all of them are there, and so be written
// together. The store must be behind the tap.
func group(t *testing.T, s *sqlite.Store, wire *tap, arm func(*tap), batches ...store.Batch) []attempt {
	t.Helper()
	blocker := newGate(wire, "BEGIN")
	attempts := make([]attempt, len(batches))
	var callers sync.WaitGroup
	for i, b := range batches {
		attempts[i].batch = b
		callers.Go(func() { attempts[i].err = s.Commit(t.Context(), b) })
		until(func() bool { return s.Waiting() == i+1 }) // in this order
	}
	<-blocker.reached
	wire.set(arm)
	close(blocker.open)
	callers.Wait()
	wire.set(func(w *tap) { w.before, w.after, w.dialing = nil, nil, nil })
	return attempts
}

// prepareGroup stores what the batches of mixedGroup build on.
func prepareGroup(t *testing.T, s *sqlite.Store) {
	t.Helper()
	commit(t, s, write("base", "1", "2", "3"))
}

// mixedGroup returns batches with every kind of change. The third of them
// conflicts, and the others do not depend on each other.
func mixedGroup() []store.Batch {
	replace := write("replace", "x", "y")
	replace.Puts[0].Key, replace.Puts[0].Version = key("base/1"), "base"
	remove := write("remove", "x")
	remove.Deletes = []store.Check{{Key: key("base/2"), Version: "base"}}
	conflict := write("conflict", "x")
	conflict.Checks = []store.Check{{Key: key("base/3"), Version: "other"}}
	checked := write("checked", "x")
	checked.Checks = []store.Check{{Key: key("base/3"), Version: "base"}, {Key: key("none")}}
	return []store.Batch{write("single", "x"), replace, conflict, remove, checked, write("many", "a", "b", "c", "d")}
}

// Every statement of the writer fails once, before it has run or right after.
// That harms nobody: the group is done again, one by one. Only a COMMIT that
// has happened, and does not say so, leaves its callers in doubt.
func TestEachStatementFailsOnce(t *testing.T) {
	t.Parallel()
	for _, late := range []bool{false, true} {
		t.Run(fmt.Sprintf("late=%v", late), func(t *testing.T) {
			t.Parallel()
			path := newPath(t)
			for n := 1; ; n++ {
				if failed := failNth(t, path+strconv.Itoa(n), n, late); failed == "" {
					if n < 12 {
						t.Errorf("there were only %d statements", n-1)
					}
					return
				}
			}
		})
	}
}

// failNth fails the statement with number n, and returns it.
func failNth(t *testing.T, path string, n int, late bool) (failed string) {
	t.Helper()
	var wire tap
	s := openWith(t, path, nil, wire.dial)
	defer closeStore(t, s)
	prepareGroup(t, s)
	count := 0
	fail := func(statement string) error {
		count++
		if count == n {
			failed = statement
			return errFault
		}
		return nil
	}
	attempts := group(t, s, &wire, func(w *tap) {
		w.before = func(_ driver.Conn, statement string, _ []driver.NamedValue) error {
			if late {
				return nil
			}
			return fail(statement)
		}
		w.after = func(statement string) error {
			if !late {
				return nil
			}
			return fail(statement)
		}
	}, mixedGroup()...)
	doubt := failed == "COMMIT"
	for _, a := range attempts {
		what := fmt.Sprintf("statement %d %q fails: batch %s", n, failed, a.batch.ID)
		present := look(t, s, a.batch)
		switch {
		case a.batch.ID == "conflict":
			if present != absent || !errors.Is(a.err, store.ErrConflict) && (!doubt || !errors.Is(a.err, store.ErrUnknownOutcome)) {
				t.Errorf("%s is %d after %v, want a conflict", what, present, a.err)
			}
		case doubt && late && errors.Is(a.err, store.ErrUnknownOutcome) && !errors.Is(a.err, store.ErrConflict):
			if present == torn {
				t.Errorf("%s is %d after %v", what, present, a.err)
			}
		case a.err != nil || present != whole:
			t.Errorf("%s is %d after %v, want it whole", what, present, a.err)
		}
	}
	commit(t, s, write("later", "x"))
	return failed
}

// A batch whose statements always fail does no harm to those beside it.
func TestOneBatchAlwaysFails(t *testing.T) {
	t.Parallel()
	for _, victim := range []string{"replace", "remove", "many"} {
		t.Run(victim, func(t *testing.T) {
			t.Parallel()
			var wire tap
			s := openWith(t, newPath(t), nil, wire.dial)
			prepareGroup(t, s)
			attempts := group(t, s, &wire, func(w *tap) {
				w.before = func(_ driver.Conn, statement string, args []driver.NamedValue) error {
					last := slices.ContainsFunc(args, func(v driver.NamedValue) bool { return v.Value == victim })
					if last && strings.HasPrefix(statement, "INSERT OR ROLLBACK INTO _events") {
						return errFault
					}
					return nil
				}
			}, mixedGroup()...)
			for _, a := range attempts {
				present := look(t, s, a.batch)
				switch a.batch.ID {
				case victim:
					if !errors.Is(a.err, errFault) || errors.Is(a.err, store.ErrUnknownOutcome) || present != absent {
						t.Errorf("batch %s is %d after %v, want it absent after the fault", a.batch.ID, present, a.err)
					}
				case "conflict":
					if !errors.Is(a.err, store.ErrConflict) || present != absent {
						t.Errorf("batch %s is %d after %v, want a conflict", a.batch.ID, present, a.err)
					}
				default:
					if a.err != nil || present != whole {
						t.Errorf("batch %s is %d after %v, want it whole", a.batch.ID, present, a.err)
					}
				}
			}
		})
	}
}

// A trigger, which has no business there, changes a record of a batch that is
// half written. The batch is refused whole, and not as a conflict.
func TestTriggerInBetween(t *testing.T) {
	t.Parallel()
	var wire tap
	path := newPath(t)
	s := openWith(t, path, nil, wire.dial)
	prepareGroup(t, s)
	execute(t, plain(t, path), `CREATE TRIGGER evil AFTER INSERT ON note WHEN new.id = 'victim/x'
		BEGIN DELETE FROM note WHERE id = 'base/3'; END`)
	victim := write("victim", "x")
	victim.Puts = append(victim.Puts, store.Record{Key: key("base/3"), Version: "base", Value: []byte(`1`)})
	for _, a := range group(t, s, &wire, func(*tap) {}, write("before", "x"), victim, write("after", "x")) {
		present := look(t, s, a.batch)
		switch {
		case a.batch.ID != "victim":
			if a.err != nil || present != whole {
				t.Errorf("batch %s is %d after %v", a.batch.ID, present, a.err)
			}
		case a.err == nil || errors.Is(a.err, store.ErrConflict) || present != absent:
			t.Errorf("batch %s is %d after %v, want it refused", a.batch.ID, present, a.err)
		}
	}
	if records, err := s.Get(t.Context(), key("base/3")); err != nil || records[0].Version != "base" {
		t.Errorf("the record that the trigger deletes: %v, %v", records, err)
	}
}

// As long as COMMIT fails in a way that leaves doubt, every batch is told so,
// and the first COMMIT that succeeds ends it.
func TestCommitAlwaysFails(t *testing.T) {
	t.Parallel()
	var wire tap
	s := openWith(t, newPath(t), nil, wire.dial)
	prepareGroup(t, s)
	attempts := group(t, s, &wire, func(w *tap) {
		w.before = func(_ driver.Conn, statement string, _ []driver.NamedValue) error {
			if statement == "COMMIT" {
				return errFault
			}
			return nil
		}
	}, mixedGroup()...)
	for _, a := range attempts {
		if present := look(t, s, a.batch); !errors.Is(a.err, store.ErrUnknownOutcome) || present != absent {
			t.Errorf("batch %s is %d after %v, want ErrUnknownOutcome", a.batch.ID, present, a.err)
		}
	}
	for _, b := range mixedGroup() {
		if err := s.Commit(t.Context(), b); err != nil && b.ID != "conflict" {
			t.Errorf("the identical batch %s again: %v", b.ID, err)
		}
	}
}

// While no connection is to be had nothing can be done, and afterwards all can.
func TestConnectionIsLost(t *testing.T) {
	t.Parallel()
	var wire tap
	s := openWith(t, newPath(t), nil, wire.dial)
	prepareGroup(t, s)
	attempts := group(t, s, &wire, func(w *tap) {
		w.dialing = func() error { return errFault }
		w.before = func(_ driver.Conn, statement string, _ []driver.NamedValue) error {
			if strings.HasPrefix(statement, "INSERT") {
				return errFault
			}
			return nil
		}
	}, mixedGroup()...)
	for _, a := range attempts {
		if present := look(t, s, a.batch); !errors.Is(a.err, store.ErrUnavailable) || present != absent {
			t.Errorf("batch %s is %d after %v, want ErrUnavailable", a.batch.ID, present, a.err)
		}
	}
	for _, b := range mixedGroup() {
		if err := s.Commit(t.Context(), b); (err != nil) != (b.ID == "conflict") {
			t.Errorf("batch %s with a connection again: %v", b.ID, err)
		}
	}
}

// The file may not grow: every batch either lands whole or is refused with the
// reason, wherever in it the space ends.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	var wire tap
	s := openWith(t, newPath(t), nil, wire.dial)
	var stored []store.Batch
	refusals := 0
	for round := range 30 {
		var batches []store.Batch
		for i := range 4 {
			b := write(fmt.Sprintf("b%d-%d", round, i), "x", "y")
			b.Puts[0].Value = []byte(`"` + strings.Repeat("large ", i*700) + `"`)
			batches = append(batches, b)
		}
		limit := int64(0)
		attempts := group(t, s, &wire, func(w *tap) {
			w.before = func(conn driver.Conn, _ string, _ []driver.NamedValue) error {
				if limit == 0 {
					limit = pragma(t, conn, "page_count") + int64(round%15)
				}
				pragma(t, conn, "max_page_count = "+strconv.FormatInt(limit, 10)) // of this connection
				return nil
			}
		}, batches...)
		for _, a := range attempts {
			present := look(t, s, a.batch)
			switch {
			case a.err == nil && present == whole:
				stored = append(stored, a.batch)
			case errors.Is(a.err, store.ErrUnavailable) && isFull(a.err) && present == absent:
				refusals++
			default:
				t.Errorf("limit %d: batch %s is %d after %v", limit, a.batch.ID, present, a.err)
			}
		}
	}
	if len(stored) == 0 || refusals == 0 {
		t.Errorf("%d batches stored, %d refused: the sweep missed something", len(stored), refusals)
	}
	commit(t, s, write("later", "x"))
	closeStore(t, s)
	s = open(t, s.Path(), nil)
	for _, b := range stored {
		if got := look(t, s, b); got != whole {
			t.Errorf("batch %s is %d after opening again", b.ID, got)
		}
	}
	if n := len(allEvents(t, s)); n != len(stored)+1 {
		t.Errorf("%d events, want %d", n, len(stored)+1)
	}
}

// pragma runs a pragma on a connection that the writer is about to use.
func pragma(t *testing.T, conn driver.Conn, text string) int64 {
	t.Helper()
	query, ok := conn.(driver.QueryerContext)
	if !ok {
		t.Errorf("a connection of type %T", conn)
		return 0
	}
	rows, err := query.QueryContext(t.Context(), "PRAGMA "+text, nil)
	if err != nil {
		t.Error(err)
		return 0
	}
	defer func() { _ = rows.Close() }()
	values := make([]driver.Value, 1)
	if err := rows.Next(values); err != nil {
		t.Error(err)
	}
	n, _ := values[0].(int64)
	return n
}

func isFull(err error) bool {
	fault, ok := errors.AsType[interface {
		error
		Code() int
	}](err)
	return ok && fault.Code()&0xff == sqlite3.SQLITE_FULL
}
