package stress

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/engage-interactions/engage/store"
)

// What fails once and never again is shown as it was when it failed.
func TestASequenceThatFailsByChanceIsShown(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	h := harness(func() *data {
		return &data{get: func(ctx context.Context, s *faulty, keys ...store.Key) ([]store.Record, error) {
			if calls.Add(1) == 20 {
				return nil, errors.New("the network is down")
			}
			return s.Store.Get(ctx, keys...)
		}}
	})
	w := watch(t, func(tb testing.TB) { sequences(tb, h, time.Minute, 1) })
	_, shown, ok := strings.Cut(w.String(), "When it failed, it was:\n")
	if !w.Failed() || !ok || !strings.Contains(shown, "Prepare(") || !strings.Contains(shown, "= an error of no class") {
		t.Errorf("failed %v: %s", w.Failed(), w)
	}
}

// A store of which nothing can be said is not fine.
func TestHistoriesWithoutACommitAreNoPass(t *testing.T) {
	t.Parallel()
	h := harness(func() *data {
		return &data{commit: func(context.Context, *faulty, store.Batch) error { return store.ErrUnavailable }}
	})
	w := watch(t, func(tb testing.TB) { singleKeys().run(tb, h, 0, 1) })
	if !w.Failed() || !strings.Contains(w.String(), "no batch was ever applied") {
		t.Errorf("failed %v: %s", w.Failed(), w)
	}
}

// A method that panics on a client's goroutine fails the test, and does not end
// the process.
func TestAPanicInAHistoryIsReported(t *testing.T) {
	t.Parallel()
	h := harness(func() *data {
		return &data{find: func(context.Context, *faulty, store.Query) (store.Page, error) { panic("not written yet") }}
	})
	w := watch(t, func(tb testing.TB) { severalKeys().run(tb, h, 0, 1) })
	if !w.Failed() || !strings.Contains(w.String(), "panic: not written yet") {
		t.Errorf("failed %v: %s", w.Failed(), w)
	}
}
