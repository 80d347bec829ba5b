package storetest_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/sqlite"
	"github.com/engage-interactions/engage/storetest"
)

// What follows is shown by "Writing a Store": the whole harness of a store that
// keeps its data on a database server.

// server is what the harness needs of a database server and its driver.
type server struct {
	conn string                                                      // such as "host=localhost user=me"
	exec func(ctx context.Context, conn, statement string) error     // on a connection of its own
	open func(ctx context.Context, conn string) (store.Store, error) // your store
}

func (d server) openAt(tb testing.TB, conn string) store.Store {
	tb.Helper()
	st, err := d.open(tb.Context(), conn)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = st.Close() })
	return located{st, conn}
}

func (d server) harness() storetest.Harness {
	return storetest.Harness{
		Open: func(tb testing.TB) store.Store {
			schema := "test_" + strings.ToLower(rand.Text())
			if err := d.exec(tb.Context(), d.conn, "CREATE SCHEMA "+schema); err != nil {
				tb.Fatal(err)
			}
			tb.Cleanup(func() { // before that of Close, and therefore run after it
				ctx := context.WithoutCancel(tb.Context()) // which has ended by then
				if err := d.exec(ctx, d.conn, "DROP SCHEMA "+schema+" CASCADE"); err != nil {
					tb.Error(err)
				}
			})
			return d.openAt(tb, d.conn+" pool_max_conns=4 search_path="+schema)
		},
		Peer: func(tb testing.TB, s store.Store) store.Store {
			return d.openAt(tb, whereOf(tb, s))
		},
		Reopen: func(tb testing.TB, s store.Store) store.Store {
			if err := s.Close(); err != nil {
				tb.Fatal(err)
			}
			return d.openAt(tb, whereOf(tb, s))
		},
		Crash: &storetest.Crash{Where: whereOf, Open: d.openAt},
	}
}

// directory stands for a server, whose schemas are its directories.
type directory struct {
	path   string
	opened []store.Store
}

func (d *directory) exec(ctx context.Context, _, statement string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	words := strings.Fields(statement)
	path := filepath.Join(d.path, words[2])
	if words[0] == "CREATE" {
		return os.Mkdir(path, 0o700)
	}
	for _, s := range d.opened {
		if _, err := s.Get(ctx); err == nil {
			return fmt.Errorf("%s, before all handles were closed", statement)
		}
	}
	return os.RemoveAll(path)
}

func (d *directory) open(ctx context.Context, conn string) (store.Store, error) {
	_, schema, _ := strings.Cut(conn, "search_path=")
	s, err := sqlite.Open(ctx, filepath.Join(d.path, schema, "data"), nil)
	if err == nil {
		d.opened = append(d.opened, s)
	}
	return s, err
}

// TestServerHarness: each part of the harness leads to the data that Open made,
// which is gone at the end.
func TestServerHarness(t *testing.T) { //nolint:tparallel // what the subtest leaves is looked at after it
	t.Parallel()
	d := directory{path: t.TempDir()}
	t.Run("parts", func(t *testing.T) {
		checkHarness(t, server{"host=here", d.exec, d.open}.harness())
	})
	if left, err := os.ReadDir(d.path); err != nil || len(left) > 0 || len(d.opened) != 4 {
		t.Errorf("%v were left, %d handles opened, error %v", left, len(d.opened), err)
	}
}
