package engage_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store"
)

// supersede declares a new version of the plain schema with other required names.
func supersede(tb testing.TB, eng *engage.Engine, required ...string) {
	tb.Helper()
	def := definition(tb, declaring(plainID, `"n":{"type":"integer"},"s":{"type":"string"}`, required...))
	if _, err := eng.Schemas.Supersede(tb.Context(), def, &engage.SupersedeOptions{Force: true}); err != nil {
		tb.Fatal(err)
	}
}

func TestTheQuarantineListsWhatWasRejected(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, st store.Store) {
		clock := newClock()
		eng := newEngine(t, st, &engage.Options{Clock: clock.Now})
		declare(t, eng, plainSchema())
		declare(t, eng, declaring("other", `"s":{"type":"string"}`, "s"))
		start := clock.Now()
		var all []engage.Recorded
		for n := range 120 {
			s := submission([]string{"ann", "bob"}[n%2], []string{plainID, plainID, "other"}[n%3], `{"n":1}`)
			all = append(all, rejected(t, eng, s))
			clock.Advance(time.Second)
		}
		for n, f := range []engage.QuarantineFilter{
			{},
			{SchemaID: plainID},
			{ContactID: "ann"},
			{ContactID: "ann", SchemaID: "other"},
			{ContactID: "ann", From: start.Add(10 * time.Second), To: start.Add(50 * time.Second)},
			{SchemaID: "other", From: start.Add(10 * time.Second)},
			{ContactID: "ann", SchemaID: plainID, To: start.Add(50 * time.Second)},
			{ContactID: "nobody"},
			{SchemaID: "unknown"},
		} {
			for _, oldest := range []bool{false, true} {
				for _, limit := range []int{0, 7} {
					f.OldestFirst, f.Limit, f.Continuation = oldest, limit, ""
					var want, got []string
					for i, r := range all {
						at := start.Add(time.Duration(i) * time.Second)
						contact, schemaID := []string{"ann", "bob"}[i%2], []string{plainID, plainID, "other"}[i%3]
						if (f.ContactID == "" || f.ContactID == contact) && (f.SchemaID == "" || f.SchemaID == schemaID) && !at.Before(f.From) && (f.To.IsZero() || at.Before(f.To)) {
							want = append(want, r.QuarantineID)
						}
					}
					if !oldest {
						slices.Reverse(want)
					}
					for {
						page, err := eng.Quarantine.List(t.Context(), f)
						if err != nil {
							t.Fatal(err)
						}
						for _, q := range page.Items {
							got = append(got, q.ID)
						}
						if f.Continuation = page.Continuation; f.Continuation == "" {
							break
						}
					}
					if !slices.Equal(got, want) {
						t.Errorf("filter %d, oldest first %t, limit %d: %d, want %d", n, oldest, limit, len(got), len(want))
					}
				}
			}
		}
		if n := len(events(t, eng, engage.EventInteractionRejected)); n != len(all) {
			t.Errorf("%d events", n)
		}
		if known := collect(t, eng.Segments.ByCount(t.Context(), engage.CountSegment{})); len(known) != 0 {
			t.Errorf("what was rejected makes nobody known: %q", known)
		}
	})
}

func TestWhatWasRejectedIsRecordedOnceItsSchemaIsMended(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, st store.Store) {
		clock := newClock()
		eng := newEngine(t, st, &engage.Options{Clock: clock.Now})
		declare(t, eng, plainSchema())
		const payload = "{ \"n\" : 1, \"x\":\"<\" }"
		inferred := rejected(t, eng, submission("ann", plainID, payload)).QuarantineID
		happened := clock.Now()
		clock.Advance(time.Hour)
		said := rejected(t, eng, dated("2024-01-01T00:00:00.5+02:00", keyed("key", submission("bob", plainID, payload)))).QuarantineID
		for attempt := 2; attempt < 5; attempt++ {
			before, err := eng.Quarantine.Get(t.Context(), said)
			if err != nil {
				t.Fatal(err)
			}
			clock.Advance(time.Hour)
			still, err := eng.Quarantine.Replay(t.Context(), said)
			if err != nil || still.Accepted || still.QuarantineID != said || codes(still.Violations) != "/s required, /x undeclared" {
				t.Errorf("%+v, %v", still, err)
			}
			q, err := eng.Quarantine.Get(t.Context(), said)
			if err != nil || q.Attempts != attempt || string(q.Raw) != payload || !q.ReceivedDate.Equal(before.ReceivedDate) || !q.CreatedDate.Equal(before.CreatedDate) || q.IdempotencyKey != "key" {
				t.Errorf("%+v, %v", q, err)
			}
		}
		supersede(t, eng)
		for id, created := range map[string]time.Time{inferred: happened, said: time.Date(2023, 12, 31, 22, 0, 0, 5e8, time.UTC)} {
			received := map[string]time.Time{inferred: happened, said: happened.Add(time.Hour)}[id]
			got, err := eng.Quarantine.Replay(t.Context(), id)
			if err != nil || !got.Accepted || got.Repeated || got.SchemaVersion != 2 || got.QuarantineID != "" {
				t.Fatalf("%+v, %v", got, err)
			}
			i, err := eng.Interactions.Get(t.Context(), got.ID)
			if err != nil || string(i.Original()) != payload || string(i.Payload) != `{"n":1}` || !i.CreatedDate.Equal(created) || !i.ReceivedDate.Equal(received) {
				t.Errorf("%+v, %v", i, err)
			}
			if _, err := eng.Quarantine.Replay(t.Context(), id); !errors.Is(err, engage.ErrNotFound) {
				t.Errorf("replaying it again: %v", err)
			}
		}
		if again := accepted(t, eng, keyed("key", submission("bob", plainID, `{}`))); !again.Repeated {
			t.Errorf("the key is not bound: %+v", again)
		}
		if n := len(events(t, eng, engage.EventInteractionRejected)); n != 2 {
			t.Errorf("rejected %d times", n)
		}
	})
}

func TestWhatIsDiscardedIsGone(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, st store.Store) {
		eng := newEngine(t, st, nil)
		declare(t, eng, plainSchema())
		id := rejected(t, eng, submission("ann", plainID, `{}`)).QuarantineID
		if err := eng.Quarantine.Discard(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		if err := eng.Quarantine.Discard(t.Context(), id); !errors.Is(err, engage.ErrNotFound) {
			t.Error(err)
		}
		if n := len(find(t, st, kindQuarantine)); n != 0 {
			t.Errorf("%d are left", n)
		}
	})
}

func TestADeletedSchemaReplaysNothing(t *testing.T) {
	t.Parallel()
	st := newMemory(t)
	eng := newEngine(t, st, nil)
	declare(t, eng, plainSchema())
	id := rejected(t, eng, submission("ann", plainID, `{}`)).QuarantineID
	if err := eng.Schemas.Delete(t.Context(), plainID, nil); err != nil {
		t.Fatal(err)
	}
	unchanged(t, st, func() {
		if got, err := eng.Quarantine.Replay(t.Context(), id); !errors.Is(err, engage.ErrNotFound) || got.Accepted {
			t.Errorf("%+v, %v", got, err)
		}
		if _, err := eng.Quarantine.ReplayAll(t.Context(), plainID); !errors.Is(err, engage.ErrNotFound) {
			t.Error(err)
		}
		if _, found, err := eng.Quarantine.Replaying(t.Context(), plainID); found || err != nil {
			t.Errorf("%v, %v", found, err)
		}
	})
}

const quarantinedCount = 250

// fillQuarantine rejects 250 submissions: of five, two are still rejected once s is
// no longer required, one has been corrected and sent again, and two become
// interactions.
func fillQuarantine(tb testing.TB, eng *engage.Engine) {
	tb.Helper()
	var all []interaction.Submission
	for n := range quarantinedCount {
		s := submission(fmt.Sprintf("c%d", n%9), plainID, `{"n":1}`)
		switch n % 5 {
		case 0, 1:
			s.Payload = []byte(`{}`)
		case 2:
			s.IdempotencyKey = strconv.Itoa(n)
		}
		all = append(all, s)
	}
	for n := range quarantinedCount {
		if n%5 == 2 {
			all = append(all, keyed(strconv.Itoa(n), submission(fmt.Sprintf("c%d", n%9), plainID, `{"n":1,"s":"corrected"}`)))
		}
	}
	for n, outcome := range eng.Interactions.RecordMany(tb.Context(), all) {
		if outcome.Err != nil || outcome.Accepted != (n >= quarantinedCount) {
			tb.Fatalf("%d: %+v", n, outcome)
		}
	}
	supersede(tb, eng, "n")
}

func checkReplayed(tb testing.TB, st store.Store, eng *engage.Engine, p engage.Progress) {
	tb.Helper()
	const fifth = quarantinedCount / 5
	if p.State != engage.StateDone || p.Handled != quarantinedCount || p.Accepted != 2*fifth || p.Task != engage.TaskReplay || p.Subject.ID != plainID {
		tb.Errorf("%+v", p)
	}
	stored, found, err := eng.Quarantine.Replaying(tb.Context(), plainID)
	if err != nil || !found || stored.Handled != p.Handled || stored.Accepted != p.Accepted || stored.State != p.State {
		tb.Errorf("%+v, %v, %v", stored, found, err)
	}
	if n, q := len(find(tb, st, kindInteraction)), len(find(tb, st, kindQuarantine)); n != 3*fifth || q != 2*fifth {
		tb.Errorf("%d interactions, %d in quarantine", n, q)
	}
	f := engage.QuarantineFilter{SchemaID: plainID, Limit: 1000}
	page, err := eng.Quarantine.List(tb.Context(), f)
	if err != nil {
		tb.Fatal(err)
	}
	for _, q := range page.Items {
		if q.Attempts != 2 || q.SchemaVersion != 2 {
			tb.Errorf("%+v", q)
		}
	}
}

func TestReplayingAllJudgesEachOnceHoweverItIsInterrupted(t *testing.T) {
	t.Parallel()
	for name, interrupt := range interruptions() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first, step := stride(t)
			for n := int64(first); ; n += int64(step) {
				st := &counting{Store: newMemory(t)}
				eng := newEngine(t, st, nil)
				declare(t, eng, plainSchema())
				fillQuarantine(t, eng)
				ctx, cancel := context.WithCancel(t.Context())
				interrupt(st, n, cancel)
				p, err := eng.Quarantine.ReplayAll(ctx, plainID)
				cancel()
				st.on(nil, nil)
				if err == nil {
					if n < 4 {
						t.Errorf("replayed in %d commits", n)
					}
					checkReplayed(t, st, eng, p)
					return
				}
				if !errors.Is(err, store.ErrUnavailable) && !errors.Is(err, context.Canceled) {
					t.Fatal(err)
				}
				stored, found, err := eng.Quarantine.Replaying(t.Context(), plainID)
				if err != nil || found && stored.State != engage.StateRunning || p.Handled != stored.Handled || p.State == engage.StateDone {
					t.Errorf("interrupted at %d: %+v, returned %+v, %v", n, stored, p, err)
				}
				p, err = eng.Quarantine.ReplayAll(t.Context(), plainID)
				if err != nil {
					t.Errorf("resuming: %v", err)
				}
				checkReplayed(t, st, eng, p)
			}
		})
	}
}

func TestReplayingAllAgainBeginsAgain(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, st store.Store) {
		eng := newEngine(t, st, nil)
		declare(t, eng, plainSchema())
		fillQuarantine(t, eng)
		p, err := eng.Quarantine.ReplayAll(t.Context(), plainID)
		if err != nil {
			t.Fatal(err)
		}
		checkReplayed(t, st, eng, p)
		supersede(t, eng)
		p, err = eng.Quarantine.ReplayAll(t.Context(), plainID)
		if err != nil || p.Handled != 2*quarantinedCount/5 || p.Accepted != p.Handled {
			t.Errorf("%+v, %v", p, err)
		}
		if n := len(find(t, st, kindQuarantine)); n != 0 {
			t.Errorf("%d are left", n)
		}
	})
}

// By the contract of paging within a Work: what a page has shown does not come
// again because it was written since.
func TestWithinAtomicallyTheQuarantineIsReplayedPageByPage(t *testing.T) {
	t.Parallel()
	eng := newEngine(t, newMemory(t), nil)
	declare(t, eng, plainSchema())
	var want []string
	for range 10 {
		want = append(want, rejected(t, eng, submission("ann", plainID, `{}`)).QuarantineID)
	}
	var got []string
	err := eng.Atomically(t.Context(), func(w *engage.Work) error {
		got = nil
		f := engage.QuarantineFilter{SchemaID: plainID, OldestFirst: true, Limit: 3}
		for len(got) < 30 {
			page, err := w.Quarantine.List(t.Context(), f)
			if err != nil {
				return err
			}
			for _, q := range page.Items {
				got = append(got, q.ID)
				if _, err := w.Quarantine.Replay(t.Context(), q.ID); err != nil {
					return err
				}
			}
			if f.Continuation = page.Continuation; f.Continuation == "" {
				break
			}
		}
		return nil
	})
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, want %q, %v", got, want, err)
	}
}

func TestWhoTheHostDoesNotKnowStaysInQuarantine(t *testing.T) {
	t.Parallel()
	st := newMemory(t)
	eng := newEngine(t, st, &engage.Options{NewContact: func(_ context.Context, id string) error {
		if id == "stranger" {
			return errors.New("who is that")
		}
		return nil
	}})
	declare(t, eng, plainSchema())
	id := rejected(t, eng, submission("stranger", plainID, `{}`)).QuarantineID
	rejected(t, eng, submission("ann", plainID, `{}`))
	supersede(t, eng)
	unchanged(t, st, func() {
		if _, err := eng.Quarantine.Replay(t.Context(), id); !errors.Is(err, engage.ErrRefused) {
			t.Error(err)
		}
	})
	p, err := eng.Quarantine.ReplayAll(t.Context(), plainID)
	if err != nil || p.Handled != 2 || p.Accepted != 1 {
		t.Errorf("%+v, %v", p, err)
	}
	if q, err := eng.Quarantine.Get(t.Context(), id); err != nil || q.Attempts != 1 {
		t.Errorf("%+v, %v", q, err)
	}
}

func TestSeveralWhoReplayAllAtOnceJudgeEachOnce(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, st store.Store) {
		engines := []*engage.Engine{newEngine(t, st, nil), newEngine(t, st, nil)}
		declare(t, engines[0], plainSchema())
		fillQuarantine(t, engines[0])
		// They begin together: one that begins when others are done begins anew.
		begun := &counting{Store: st}
		begun.on(func(n int64) error {
			if n > 1 {
				return store.ErrUnavailable
			}
			return nil
		}, nil)
		if _, err := newEngine(t, begun, nil).Quarantine.ReplayAll(t.Context(), plainID); !errors.Is(err, store.ErrUnavailable) {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		progress := make([]engage.Progress, 2)
		for n := range progress {
			wg.Go(func() {
				p, err := engines[n].Quarantine.ReplayAll(t.Context(), plainID)
				if err != nil {
					t.Error(err)
				}
				progress[n] = p
			})
		}
		wg.Wait()
		if n, q := len(find(t, st, kindInteraction)), len(find(t, st, kindQuarantine)); n != 3*quarantinedCount/5 || q != 2*quarantinedCount/5 {
			t.Errorf("%d interactions, %d in quarantine: %+v", n, q, progress)
		}
	})
}
