package storetest

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/storetest/internal/broken"
)

// silent is a store whose Get does not answer.
type silent struct {
	store.Store

	get func(ctx context.Context) error
}

func (s silent) Get(ctx context.Context, _ ...store.Key) ([]store.Record, error) {
	return nil, s.get(ctx)
}

// supervised runs a check of such a store, and looks at it so many times once Get is
// under way.
func supervised(t *testing.T, id string, looks int, get func(ctx context.Context) error, check func(t *trial)) *recorder {
	t.Helper()
	begun := make(chan struct{})
	begin := sync.OnceFunc(func() { close(begun) })
	h := harnessOf(broken.Sound())
	open := h.Open
	h.Open = func(tb testing.TB) store.Store {
		tb.Helper()
		return silent{open(tb), func(ctx context.Context) error { begin(); return get(ctx) }}
	}
	r := &recorder{TB: t}
	tr := &trial{TB: r, clause: Clause{ID: id, Text: "Something must be so.", Read: "store.Store"}, harness: h}
	ticks, ended := make(chan time.Time), make(chan struct{})
	go func() {
		<-begun
		for range looks {
			select {
			case ticks <- time.Time{}:
			case <-ended:
				return
			}
		}
	}()
	defer close(ended)
	tr.supervise(r, ticks, func() { check(tr) })
	return r
}

func TestACallThatIsNotAnsweredIsReported(t *testing.T) {
	t.Parallel()
	never := make(chan struct{})
	t.Cleanup(func() { close(never) })
	for id, direct := range map[string]bool{"some-clause": false, "concurrent-use": true} {
		r := supervised(t, id, looksAtCalls+2, func(context.Context) error { <-never; return nil }, func(t *trial) {
			s := t.openBare()
			g := t.group()
			g.Go(func() { _, _ = s.Get(t.Context()) })
			<-t.Context().Done()
			t.broken("this", "that", "what comes of it")
			g.Wait()
		})
		if len(r.reports) != 1 || !r.Failed() {
			t.Fatalf("%s: %q", id, r.reports)
		}
		for _, want := range []string{"done: Get\n", "got:  no answer for ", "storetest.watched.Get"} {
			if !strings.Contains(r.reports[0], want) {
				t.Errorf("%s: no %q in %s", id, want, r.reports[0])
			}
		}
		if strings.Contains(r.reports[0], notTheRule) == direct {
			t.Errorf("%s: %s", id, r.reports[0])
		}
	}
}

func TestACallThatEndsWithItsContextIsNotLeftAlone(t *testing.T) {
	t.Parallel()
	cleaned := false
	r := supervised(t, "some-clause", looksAtCalls+1, func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }, func(t *trial) {
		t.Cleanup(func() { cleaned = true })
		t.get(t.openBare())
	})
	for _, f := range r.cleanups {
		f()
	}
	if len(r.reports) != 1 || !strings.Contains(r.reports[0], "no answer") || !cleaned {
		t.Errorf("cleaned up %v: %q", cleaned, r.reports)
	}
}

func TestACheckThatWasLeftAloneReachesNobody(t *testing.T) {
	t.Parallel()
	r := &recorder{TB: t}
	s := &stage{TB: r, ctx: t.Context(), patience: time.Minute}
	s.Cleanup(func() { t.Error("a Cleanup of a check that was left alone") })
	s.leave()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.Error("late")
		s.Logf("late")
		s.Fail()
		s.Fatal("late")
	}()
	<-ended
	for _, f := range r.cleanups {
		f()
	}
	if r.Failed() || len(r.reports)+len(r.logs) > 0 {
		t.Errorf("%q, %q", r.reports, r.logs)
	}
}
