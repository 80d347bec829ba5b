package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/engage-interactions/engage/store"
)

// TestLogBeginsAgain although readers never rest, so that there is always one that
// looks at an older moment.
func TestLogBeginsAgain(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "engage.db")
	s, err := Open(t.Context(), path, &Options{Synchronous: Normal})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	const limit = 1 << 20
	s.writer.shrinker.limit = limit // nothing is written yet
	if err := s.Prepare(t.Context(), store.Kind{Name: "doc"}); err != nil {
		t.Fatal(err)
	}
	const records, rounds = 200, 25
	version := make([]store.Version, records)
	value := []byte(`"` + strings.Repeat("x", 4000) + `"`)
	write := func(round int) {
		b := store.Batch{ID: fmt.Sprintf("b%d", round), Tenant: "t"}
		for i := range records {
			b.Puts = append(b.Puts, store.Record{
				Key: store.Key{Tenant: "t", Kind: "doc", ID: fmt.Sprintf("%03d", i)}, Version: version[i], Value: value,
			})
			version[i] = store.Version(b.ID)
		}
		if err := s.Commit(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	write(0)
	ctx, stop := context.WithCancel(t.Context())
	var readers sync.WaitGroup
	for range 8 {
		readers.Go(func() {
			for ctx.Err() == nil {
				page, err := s.Find(ctx, store.Query{Tenant: "t", Kind: "doc", Limit: store.MaxLimit})
				if err != nil && !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
				if err == nil && len(page.Records) != records {
					t.Errorf("%d records", len(page.Records))
				}
			}
		})
	}
	for round := range rounds {
		write(round + 1)
	}
	stop()
	readers.Wait()
	write(rounds + 1) // after which the log is looked at once more
	info, err := os.Stat(path + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	// Without it, the log holds most of what was written.
	if written := int64(records * rounds * len(value)); info.Size() > written/2 {
		t.Errorf("the log is %d bytes long, after %d were written", info.Size(), written)
	}
}
