package sqlite_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"testing"

	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/sqlite"
)

// childVariable names what a child process is to do; childPath is its file.
const (
	childVariable = "ENGAGE_SQLITE_CHILD"
	childPath     = "ENGAGE_SQLITE_PATH"
)

// children are what this test binary does when it is started as a child.
var children = map[string]func(ctx context.Context, path string, out io.Writer) error{
	"count": childCounts,
	"open":  childOpens,
	"quota": childHasAQuota,
}

func runChild(name string) int {
	if err := children[name](context.Background(), os.Getenv(childPath), os.Stdout); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// child makes this test binary, as another process, do one of children.
func child(tb testing.TB, name, path string) *exec.Cmd {
	tb.Helper()
	binary, err := os.Executable()
	if err != nil {
		tb.Fatal(err)
	}
	cmd := exec.CommandContext(tb.Context(), binary)
	cmd.Env = append(os.Environ(), childVariable+"="+name, childPath+"="+path)
	cmd.Stderr = os.Stderr
	return cmd
}

const (
	counters  = 4  // callers in each process, or handle
	increment = 25 // how often each of them counts
)

// count increments a counter that everybody shares, with an event each time,
// and writes a record of its own.
func count(ctx context.Context, s store.Store, who string) error {
	var group sync.WaitGroup
	errs := make(chan error, counters)
	for i := range counters {
		group.Go(func() {
			for n := range increment {
				if err := countOnce(ctx, s, fmt.Sprintf("%s-%d-%d", who, i, n)); err != nil {
					errs <- err
					return
				}
			}
		})
	}
	group.Wait()
	close(errs)
	return <-errs
}

func countOnce(ctx context.Context, s store.Store, id string) error {
	for try := 0; ; try++ {
		records, err := s.Get(ctx, key("counter"))
		if err != nil {
			return err
		}
		n := 0
		if records[0].Exists() {
			if err := json.Unmarshal(records[0].Value, &n); err != nil {
				return err
			}
		}
		b := write(id+"-"+strconv.Itoa(try), "own")
		b.Puts = append(b.Puts, store.Record{
			Key: key("counter"), Version: records[0].Version, Value: []byte(strconv.Itoa(n + 1)),
		})
		if err := s.Commit(ctx, b); !errors.Is(err, store.ErrConflict) {
			return err
		}
	}
}

func checkCount(t *testing.T, s store.Store, want int) {
	t.Helper()
	records, err := s.Get(t.Context(), key("counter"))
	if err != nil || string(records[0].Value) != strconv.Itoa(want) {
		t.Errorf("the counter is %s, %v; want %d", records[0].Value, err, want)
	}
	if n := len(allEvents(t, s)); n != want {
		t.Errorf("%d events, want %d", n, want)
	}
}

func childCounts(ctx context.Context, path string, _ io.Writer) error {
	s, err := sqlite.Open(ctx, path, nil)
	if err != nil {
		return err
	}
	if err := s.Prepare(ctx, note); err != nil {
		return err
	}
	return errors.Join(count(ctx, s, strconv.Itoa(os.Getpid())), s.Close())
}

func TestTwoHandles(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	one, two := open(t, path, nil), open(t, path, nil)
	var group sync.WaitGroup
	for who, s := range map[string]store.Store{"one": one, "two": two} {
		group.Go(func() {
			if err := count(t.Context(), s, who); err != nil {
				t.Errorf("%s: %v", who, err)
			}
		})
	}
	group.Wait()
	checkCount(t, one, 2*counters*increment)
	checkCount(t, two, 2*counters*increment)
}

func TestTwoProcesses(t *testing.T) {
	t.Parallel()
	path := newPath(t) // which the first of them makes
	var group sync.WaitGroup
	for range 2 {
		cmd := child(t, "count", path)
		group.Go(func() {
			if err := cmd.Run(); err != nil {
				t.Errorf("child: %v", err)
			}
		})
	}
	s := open(t, path, nil)
	if err := count(t.Context(), s, "parent"); err != nil {
		t.Error(err)
	}
	group.Wait()
	checkCount(t, s, 3*counters*increment)
}

// childOpens opens the file and says what came of it.
func childOpens(ctx context.Context, path string, out io.Writer) error {
	s, err := sqlite.Open(ctx, path, nil)
	if err != nil {
		_, printErr := fmt.Fprintf(out, "read-only=%v %v\n", errors.Is(err, sqlite.ErrReadOnly), err)
		return printErr
	}
	return s.Close()
}
