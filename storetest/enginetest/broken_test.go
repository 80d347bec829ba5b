package enginetest_test

import (
	"context"
	"errors"
	"maps"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/memory"
	"github.com/engage-interactions/engage/storetest"
	"github.com/engage-interactions/engage/storetest/enginetest"
	"github.com/engage-interactions/engage/storetest/faults"
)

// broken is a store that does not keep the contract, and the invariant of the Engine
// that does not hold then.
type broken struct {
	harness   func() storetest.Harness
	play      string // what is played: the path of a subtest
	invariant string
}

// spoiled is a harness on memory whose commits go to a function.
func spoiled(commit func(ctx context.Context, st store.Store, b store.Batch) error) func() storetest.Harness {
	return func() storetest.Harness {
		spoil := func(tb testing.TB, st store.Store) store.Store {
			tb.Helper()
			s := faults.New(st)
			s.Inject(faults.Instead("it is spoiled", func(ctx context.Context, c faults.Call, _ func(context.Context) error) error {
				return commit(ctx, c.Below(), c.Batch)
			}).On(faults.Commit))
			return closing(tb, s)
		}
		return storetest.Harness{
			Open: func(tb testing.TB) store.Store { tb.Helper(); return spoil(tb, memory.New()) },
			Peer: func(tb testing.TB, s store.Store) store.Store {
				tb.Helper()
				return spoil(tb, s.(*faults.Store).Below().(*memory.Store).Peer())
			},
		}
	}
}

// second is the commit at which some go wrong: the first of a scenario shows what it
// comes to when all goes well.
const second = 2

// small reports whether a batch is that of one call, not what the scenarios work with, or
// what a new Engine notes first.
func small(b store.Batch) bool {
	return len(b.Puts) < 20 && !slices.ContainsFunc(b.Puts, func(r store.Record) bool { return r.Kind == "data_format" })
}

// theBroken are the stores, by what they do.
func theBroken() map[string]broken {
	var commits atomic.Int64
	all := brokenTalks()
	maps.Copy(all, brokenRouting())
	maps.Copy(all, map[string]broken{
		"ignores versions": {
			play: "interactions/an-interaction-is-recorded-for-a-known-contact/together", invariant: "call-shared",
			harness: spoiled(func(ctx context.Context, st store.Store, b store.Batch) error {
				runtime.Gosched() // so that others come between what was read and what is written
				b.Checks = nil
				for {
					for i, put := range b.Puts {
						now, err := st.Get(ctx, put.Key)
						if err != nil {
							return err
						}
						b.Puts[i].Version = now[0].Version
					}
					if err := st.Commit(ctx, b); !errors.Is(err, store.ErrConflict) {
						return err
					}
				}
			}),
		},
		"loses a commit that it acknowledged": {
			play: "interactions/an-interaction-is-recorded-for-a-known-contact/again", invariant: "call-done",
			harness: spoiled(func(ctx context.Context, st store.Store, b store.Batch) error {
				if small(b) && commits.Add(1) == second {
					return nil
				}
				return st.Commit(ctx, b)
			}),
		},
		"applies half of a batch": {
			play: "interactions/an-interaction-is-recorded-for-a-known-contact/again", invariant: "call-whole",
			harness: spoiled(func(ctx context.Context, st store.Store, b store.Batch) error {
				if small(b) && commits.Add(1) == second {
					b.Puts = b.Puts[:len(b.Puts)/2]
				}
				return st.Commit(ctx, b)
			}),
		},
		"says that it is unavailable, and is not": {
			play: "schemas/a-schema-is-deleted/again", invariant: "call-failed",
			harness: spoiled(func(ctx context.Context, st store.Store, b store.Batch) error {
				err := st.Commit(ctx, b)
				if small(b) && commits.Add(1) == second {
					return errors.Join(err, store.ErrUnavailable)
				}
				return err
			}),
		},
		"tells of some events twice": {
			play: "interactions/an-interaction-is-deleted", invariant: "interaction-told",
			harness: spoiled(func(ctx context.Context, st store.Store, b store.Batch) error {
				if small(b) && len(b.Events) > 0 {
					again := b.Events[0]
					again.ID += "-again"
					b.Events = append(b.Events, again)
				}
				return st.Commit(ctx, b)
			}),
		},
		"keeps old terms out of an index": {
			play: "interactions/an-interaction-is-deleted", invariant: "segment-count",
			harness: spoiled(func(ctx context.Context, st store.Store, b store.Batch) error {
				for i, put := range b.Puts {
					if put.Kind == "tally" {
						b.Puts[i].Terms = nil
					}
				}
				return st.Commit(ctx, b)
			}),
		},
		"does not share its data with a second handle": {
			play: "schemas/a-schema-is-created/over-faults", invariant: "call-whole",
			harness: func() storetest.Harness {
				h := onMemory()
				h.Peer = func(tb testing.TB, _ store.Store) store.Store { tb.Helper(); return h.Open(tb) }
				return h
			},
		},
		"forgets everything when it is opened again": {
			play: "schemas/a-schema-is-created/over-restarts", invariant: "call-kept",
			harness: func() storetest.Harness {
				h := onMemory()
				h.Reopen = func(tb testing.TB, _ store.Store) store.Store { tb.Helper(); return h.Open(tb) }
				return h
			},
		},
	})
	return all
}

// brokenStore is the variable of the environment that says on which store TestChild
// plays. It is set for the processes that TestBrokenStoresAreCaught starts.
const brokenStore = "ENGINETEST_BROKEN"

// TestChild is what fails in those processes.
func TestChild(t *testing.T) {
	t.Parallel()
	b, ok := theBroken()[os.Getenv(brokenStore)]
	if !ok {
		t.Skip("it is started by others")
	}
	enginetest.Run(t, b.harness())
}

// TestBrokenStoresAreCaught by the invariant that does not hold on them.
func TestBrokenStoresAreCaught(t *testing.T) {
	t.Parallel()
	for does, b := range theBroken() {
		t.Run(strings.ReplaceAll(does, " ", "-"), func(t *testing.T) {
			t.Parallel()
			child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestChild$/"+b.play)
			// Goroutines do not always meet, on a busy machine least: they have many tries, of which the
			// first that is caught is the last.
			child.Env = append(os.Environ(), brokenStore+"="+does, "STORETEST_EFFORT=200")
			out, err := child.CombinedOutput()
			if _, failed := errors.AsType[*exec.ExitError](err); err != nil && !failed {
				t.Fatal(err)
			}
			if err == nil || !strings.Contains(string(out), "["+b.invariant+"] ") {
				t.Errorf("a store that %s is not caught by %s: %s", does, b.invariant, out)
			}
			for _, i := range enginetest.Invariants() {
				if i.ID == b.invariant && !strings.Contains(string(out), i.Text) {
					t.Errorf("the report does not say what does not hold: %s", out)
				}
			}
		})
	}
}

// TestInvariantsAreTold once each, in one sentence.
func TestInvariantsAreTold(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, i := range enginetest.Invariants() {
		if seen[i.ID] || i.ID == "" || !strings.HasSuffix(i.Text, ".") || strings.Count(i.Text, ". ") > 0 {
			t.Errorf("%q: %q", i.ID, i.Text)
		}
		seen[i.ID] = true
	}
}
