package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/sqlite"
)

// Not parallel: it looks at all goroutines there are.
func TestCloseLeavesNoGoroutine(t *testing.T) { //nolint:paralleltest // it looks at all goroutines
	path := newPath(t)
	s := open(t, path, nil)
	var group sync.WaitGroup
	for i := range 20 {
		group.Go(func() {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if err := s.Commit(ctx, write(fmt.Sprint("b", i), "x")); err != nil {
				t.Error(err)
			}
			if _, err := s.Get(ctx, key("a"), key("b")); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	closeStore(t, s)
	until(func() bool { return len(goroutines()) == 0 }) // the last one may be on its way out
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 {
		t.Errorf("directory holds %v, %v; want the file alone", entries, err)
	}
}

// goroutines returns the stacks of those that run code of the package or of the
// driver.
func goroutines() []string {
	buffer := make([]byte, 1<<20)
	buffer = buffer[:runtime.Stack(buffer, true)]
	var found []string
	for stack := range strings.SplitSeq(string(buffer), "\n\n") {
		for _, code := range []string{"store/sqlite.(", "modernc.org/", "database/sql"} {
			if strings.Contains(stack, code) {
				found = append(found, stack)
				break
			}
		}
	}
	return found
}

// Close waits for the calls under way, however many call it, and what comes
// later is ErrClosed, also with a context that is done.
func TestClose(t *testing.T) {
	t.Parallel()
	var wire tap
	path := newPath(t)
	s := openWith(t, path, nil, wire.dial)
	gate := newGate(&wire, "INSERT")
	committed := make(chan error, 1)
	go func() { committed <- s.Commit(t.Context(), write("b1", "x")) }()
	<-gate.reached
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			closeStore(t, s)
			if err := s.Commit(t.Context(), write("b2", "x")); !errors.Is(err, store.ErrClosed) {
				t.Errorf("Commit after Close = %v", err)
			}
		})
	}
	until(func() bool {
		_, err := s.Get(t.Context(), key("a"))
		return errors.Is(err, store.ErrClosed)
	})
	select {
	case err := <-committed:
		t.Errorf("Commit returned %v while it was held up", err)
	default:
	}
	close(gate.open)
	if err := <-committed; err != nil {
		t.Errorf("Commit under way: %v", err)
	}
	group.Wait()

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Trim(ctx, "", -1); !errors.Is(err, store.ErrClosed) {
		t.Errorf("Trim after Close = %v, want ErrClosed before anything else", err)
	}
	again := open(t, path, nil)
	if got := look(t, again, write("b1", "x")); got != whole {
		t.Errorf("the batch under way is %d", got)
	}
	if got := look(t, again, write("b2", "x")); got != absent {
		t.Errorf("the batch after Close is %d", got)
	}
}

// Normal survives the same tests as Full but for the loss of power, which none
// of them can bring about.
func TestNormal(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	s := open(t, path, &sqlite.Options{Synchronous: sqlite.Normal, Readers: 1})
	commit(t, s, write("b1", "x"))
	closeStore(t, s)
	if got := look(t, open(t, path, nil), write("b1", "x")); got != whole {
		t.Errorf("the batch is %d", got)
	}
}
