package main

import (
	"errors"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/platformtest"
	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/memory"
	"github.com/engage-interactions/engage/store/sqlite"
	"github.com/engage-interactions/engage/storetest/faults"
)

// story is what the customer's timeline shows in the end, without the times.
var story = []string{
	`interaction.created Reuse-Spring-2023 {"price":100,"name":"Reused Item"}`,
	`content.imported customer: "The zip of my reused item is broken!"`,
	`intervention.opened by bot greeter`,
	`content.replied bot greeter: "Oh no! Somebody will look at it."`,
	`content_thread.annotated bot greeter adds that warranty is true`,
	`intervention.user_updated bot greeter transfers it to whoever engages next`,
	`intervention.user_updated agent ann has it now`,
	`content.replied agent ann: "Bring it by, we mend it for free."`,
	`intervention.closed by agent ann`,
	`content.exported "Oh no! Somebody will look at it.": success`,
	`content.exported "Bring it by, we mend it for free.": success`,
}

// answers are what the customer sees.
var answers = []string{"Oh no! Somebody will look at it.", "Bring it by, we mend it for free."}

// shown returns the customer's timeline without the times.
func shown(t *testing.T, eng *engage.Engine) (lines []string) {
	t.Helper()
	page, err := eng.Contacts.Timeline(t.Context(), customer, engage.TimelineFilter{OldestFirst: true, Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range page.Items {
		lines = append(lines, string(entry.Type)+" "+describe(entry))
	}
	return lines
}

// TestFourTimesOnOneFile: the first run tells the story, and no other adds to it.
func TestFourTimesOnOneFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "engage.db")
	for n := range 4 {
		if err := run(t.Context(), []string{file}); err != nil {
			t.Fatalf("run %d: %v", n, err)
		}
		st, err := sqlite.Open(t.Context(), file, nil)
		if err != nil {
			t.Fatal(err)
		}
		eng, err := engage.New(t.Context(), st, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := shown(t, eng); !slices.Equal(got, story) {
			t.Errorf("run %d: %q", n, got)
		}
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestKilledAnywhere kills the first run at each call of the store in turn, before or
// after its effect: the second one, when the leases are over, comes to the same end, and
// the third adds nothing.
func TestKilledAnywhere(t *testing.T) {
	t.Parallel()
	for _, death := range []faults.Fault{
		faults.Fail(store.ErrClosed).Named("killed before"), faults.FailAfter(store.ErrClosed).Named("killed after"),
	} {
		t.Run(death.String(), func(t *testing.T) {
			t.Parallel()
			for n, killed := 1, true; killed; n++ {
				killed = kill(t, death, n)
			}
		})
	}
}

// kill tells the story, is killed at the n-th call, and goes on. It reports whether it
// came to that.
func kill(t *testing.T, death faults.Fault, n int) (killed bool) {
	t.Helper()
	st, messenger := memory.New(), platformtest.New(platformtest.HonourKeys())
	defer func() { _ = st.Close() }()
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	process := func(st store.Store) *engage.Engine {
		at := now
		now = now.Add(time.Hour) // that the next one begins later
		eng, err := engage.New(t.Context(), st, &engage.Options{
			Clock: func() time.Time { return at }, Platforms: map[string]engage.Platform{"messenger": messenger},
		})
		if err != nil {
			t.Fatal(err)
		}
		return eng
	}
	dying := faults.New(st)
	first := process(dying)
	dying.Restart()
	for call := n; call < n+1000; call++ { // from then on it reaches nothing any more
		dying.Inject(death, call)
	}
	err := tell(t.Context(), first)
	if killed = err != nil; killed && !errors.Is(err, store.ErrClosed) {
		t.Fatalf("call %d: it ended with %v", n, err)
	}
	for range 2 {
		eng := process(st)
		if err := tell(t.Context(), eng); err != nil {
			t.Fatalf("call %d, then: %v", n, err)
		}
		if got := shown(t, eng); !slices.Equal(got, story) {
			t.Fatalf("call %d: %q", n, got)
		}
		eve, err := eng.Identities.Find(t.Context(), "messenger", "psid.7")
		if err != nil || len(eve) != 1 {
			t.Fatalf("call %d: %+v, %v", n, eve, err)
		}
		if seen := messenger.Seen(eve[0].ID); !slices.Equal(seen, answers) {
			t.Fatalf("call %d: she sees %q", n, seen)
		}
	}
	messenger.Check(t)
	return killed
}
