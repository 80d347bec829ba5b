package sqlite_test

import (
	"bytes"
	"context"
	"database/sql/driver"
	"errors"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/sqlite"
)

// gate holds up the writer at the first statement that begins with prefix.
type gate struct {
	reached chan struct{} // closed when the writer is there
	open    chan struct{} // close it to let the writer go on
}

func newGate(t *tap, prefix string) *gate {
	g := &gate{reached: make(chan struct{}), open: make(chan struct{})}
	var once sync.Once
	t.set(func(t *tap) {
		t.before = func(_ driver.Conn, statement string, _ []driver.NamedValue) error {
			if strings.HasPrefix(statement, prefix) {
				once.Do(func() {
					close(g.reached)
					<-g.open
				})
			}
			return nil
		}
	})
	return g
}

// Batches that wait for the lock can be taken back, and then never land.
func TestWithdrawal(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	s := open(t, path, &sqlite.Options{BusyTimeout: time.Hour})
	other := plain(t, path)
	other.SetMaxOpenConns(1)
	execute(t, other, "BEGIN IMMEDIATE")

	ctx, cancel := context.WithCancel(t.Context())
	withdrawn, stays := make(chan error, 1), make(chan error, 1)
	go func() { withdrawn <- s.Commit(ctx, write("withdrawn", "x")) }()
	go func() { stays <- s.Commit(t.Context(), write("stays", "x")) }()
	until(func() bool { return s.Waiting() == 2 })
	cancel()
	if err := <-withdrawn; !errors.Is(err, context.Canceled) || errors.Is(err, store.ErrUnknownOutcome) {
		t.Errorf("Commit = %v, want context.Canceled alone", err)
	}
	execute(t, other, "ROLLBACK")
	if err := <-stays; err != nil {
		t.Errorf("the batch that stayed: %v", err)
	}
	commit(t, s, write("later", "x"))
	if got := look(t, s, write("withdrawn", "x")); got != absent {
		t.Errorf("the withdrawn batch is %d", got)
	}
}

// A batch that is being written goes on without its caller, whose memory is its
// own again.
func TestContextEndsWhileWriting(t *testing.T) {
	t.Parallel()
	for _, statement := range []string{"SELECT 0", "INSERT OR ROLLBACK INTO \"note\"", "INSERT OR ROLLBACK INTO _events", "COMMIT"} {
		t.Run(statement, func(t *testing.T) {
			t.Parallel()
			var wire tap
			s := openWith(t, newPath(t), nil, wire.dial)
			gate := newGate(&wire, statement)
			b := write("b1", "x", "y")
			ctx, cancel := context.WithCancel(t.Context())
			result := make(chan error, 1)
			go func() { result <- s.Commit(ctx, b) }()
			<-gate.reached
			cancel()
			if err := <-result; !errors.Is(err, context.Canceled) || !errors.Is(err, store.ErrUnknownOutcome) {
				t.Errorf("Commit = %v, want both ErrUnknownOutcome and context.Canceled", err)
			}
			for i := range b.Puts {
				clear(b.Puts[i].Value)
				clear(b.Puts[i].Terms)
				b.Puts[i].ID = "changed"
			}
			clear(b.Events[0].Value)
			b.Events[0].Type = "changed"
			close(gate.open)
			closeStore(t, s) // waits for the writer
			s = open(t, s.Path(), nil)
			want := write("b1", "x", "y")
			if got := look(t, s, want); got != whole {
				t.Errorf("the batch is %d", got)
			}
			records, err := s.Get(t.Context(), want.Puts[0].Key)
			if err != nil || !bytes.Equal(records[0].Value, want.Puts[0].Value) || records[0].Terms["topic"] != "x" {
				t.Errorf("stored %v, %v; want it as it was given", records, err)
			}
			if events := allEvents(t, s); string(events[0].Value) != `{}` || events[0].Type != "note.written" {
				t.Errorf("stored event %v; want it as it was given", events[0])
			}
		})
	}
}

// Whoever waits when the lock is there shares one COMMIT.
func TestGroupCommit(t *testing.T) {
	t.Parallel()
	var wire tap
	s := openWith(t, newPath(t), nil, wire.dial)
	gate := newGate(&wire, "BEGIN")
	commits := 0
	wire.set(func(t *tap) {
		t.after = func(statement string) error {
			if statement == "COMMIT" {
				commits++
			}
			return nil
		}
	})
	const callers = 50
	var group sync.WaitGroup
	for i := range callers {
		group.Go(func() {
			if err := s.Commit(t.Context(), write("b"+strconv.Itoa(i), "x")); err != nil {
				t.Error(err)
			}
		})
	}
	<-gate.reached
	until(func() bool { return s.Waiting() == callers })
	close(gate.open)
	group.Wait()
	closeStore(t, s)
	if commits != 1 {
		t.Errorf("%d commits for %d callers, want 1", commits, callers)
	}
}

// Batches of one group see each other: of many that create the same record one
// succeeds.
func TestConflictsWithinAGroup(t *testing.T) {
	t.Parallel()
	var wire tap
	s := openWith(t, newPath(t), nil, wire.dial)
	gate := newGate(&wire, "BEGIN")
	const callers = 20
	errs := make(chan error, callers)
	for i := range callers {
		go func() {
			b := write("b"+strconv.Itoa(i), "x")
			b.Puts[0].ID = "same"
			if i%2 == 0 { // some with more than one change
				b.Puts = append(b.Puts, write(b.ID, "other").Puts...)
			}
			errs <- s.Commit(t.Context(), b)
		}()
	}
	<-gate.reached
	until(func() bool { return s.Waiting() == callers })
	close(gate.open)
	succeeded := 0
	for range callers {
		err := <-errs
		var conflict *store.ConflictError
		switch {
		case err == nil:
			succeeded++
		case !errors.As(err, &conflict) || conflict.Key != key("same") || conflict.Expected != "":
			t.Errorf("Commit = %v, want a conflict about the record", err)
		}
	}
	if n := len(allEvents(t, s)); succeeded != 1 || n != 1 {
		t.Errorf("%d succeeded and left %d events, want 1", succeeded, n)
	}
}

// The lock that does not come free ends the wait of everybody, changes nothing,
// and does no lasting harm.
func TestBusyTimeout(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	s := open(t, path, &sqlite.Options{BusyTimeout: time.Millisecond})
	other := plain(t, path)
	other.SetMaxOpenConns(1)
	execute(t, other, "BEGIN IMMEDIATE")
	var group sync.WaitGroup
	for i := range 10 {
		group.Go(func() {
			if err := s.Commit(t.Context(), write("b"+strconv.Itoa(i), "x")); !errors.Is(err, store.ErrUnavailable) {
				t.Errorf("Commit = %v, want ErrUnavailable", err)
			}
		})
	}
	group.Wait()
	if err := s.Prepare(t.Context(), store.Kind{Name: "other"}); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("Prepare = %v, want ErrUnavailable", err)
	}
	if err := s.Trim(t.Context(), "acme", 1); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("Trim = %v, want ErrUnavailable", err)
	}
	if events := allEvents(t, s); len(events) != 0 { // reading is not held up
		t.Errorf("there are events: %v", events)
	}
	execute(t, other, "ROLLBACK")
	commit(t, s, write("later", "x"))
	if events := allEvents(t, s); len(events) != 1 {
		t.Errorf("events %v, want the last one alone", events)
	}
}

// A reader in the middle of a page gives up when its caller does, and so does
// one that waits for its turn.
func TestReadersHonourTheContext(t *testing.T) {
	t.Parallel()
	s := open(t, newPath(t), &sqlite.Options{Readers: 1})
	for range 20 {
		ctx, cancel := context.WithCancel(t.Context())
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() {
				for ctx.Err() == nil {
					_, err := s.Get(ctx, key("a"), key("b"))
					if err != nil && !errors.Is(err, context.Canceled) {
						t.Errorf("Get = %v", err)
						return
					}
				}
			})
		}
		for range 10 {
			if _, err := s.Get(t.Context(), key("a")); err != nil {
				t.Errorf("Get of a bystander: %v", err)
			}
		}
		cancel()
		group.Wait()
	}
	commit(t, s, write("b1", "x"))
	if got := look(t, s, write("b1", "x")); got != whole {
		t.Errorf("after all that the batch is %d", got)
	}
}
