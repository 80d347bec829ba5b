package engage_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store"
)

func TestSchemasLiveThroughVersionsAndDeletion(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, st store.Store) {
		clock := newClock()
		eng := newEngine(t, st, &engage.Options{Clock: clock.Now})
		list := func(deleted bool) string {
			t.Helper()
			all, err := eng.Schemas.List(t.Context(), &engage.SchemaListOptions{Deleted: deleted})
			if err != nil {
				t.Fatal(err)
			}
			return schemaIDs(all)
		}
		declare(t, eng, declaring("b", `"p":{"type":"string"}`))
		declare(t, eng, declaring("a", `"p":{"type":"string"}`))
		if _, err := eng.Schemas.Create(t.Context(), definition(t, declaring("a", ``))); !errors.Is(err, engage.ErrConflict) {
			t.Errorf("creating it again: %v", err)
		}
		clock.Advance(time.Hour)
		second, err := eng.Schemas.Supersede(t.Context(), definition(t, declaring("a", `"p":{"type":"string"},"q":{"type":"string"}`)), nil)
		if err != nil || second.Version != 2 || !second.CreatedDate.Equal(clock.Now()) {
			t.Errorf("%+v, %v", second, err)
		}
		if got := list(false); got != "a@2 b@1" {
			t.Errorf("listed %s", got)
		}
		for range 2 {
			if err := eng.Schemas.Delete(t.Context(), "a", nil); err != nil {
				t.Errorf("deleting: %v", err)
			}
		}
		if live, all := list(false), list(true); live != "b@1" || all != "a@2 b@1" {
			t.Errorf("listed %s, with deleted ones %s", live, all)
		}
		if gone, err := eng.Schemas.Get(t.Context(), "a"); err != nil || !gone.DeletedDate.Equal(clock.Now()) || gone.Version != 2 {
			t.Errorf("%+v, %v", gone, err)
		}
		if _, err := eng.Schemas.Supersede(t.Context(), second.Definition, nil); !errors.Is(err, engage.ErrNotFound) {
			t.Errorf("superseding a deleted schema: %v", err)
		}
		third := declare(t, eng, declaring("a", `"p":{"type":"boolean"}`))
		if third.Version != 3 || !third.DeletedDate.IsZero() {
			t.Errorf("%+v", third)
		}
		versions, err := eng.Schemas.Versions(t.Context(), "a")
		if err != nil || schemaIDs(versions) != "a@1 a@2 a@3" || !reflect.DeepEqual(versions[1].Definition.DisplayName, "a") {
			t.Errorf("%+v, %v", versions, err)
		}
		var kinds []string
		for _, e := range events(t, eng) {
			data := decode[engage.SchemaEvent](t, e)
			kinds = append(kinds, fmt.Sprintf("%s %s@%d", strings.TrimPrefix(string(e.Type), "interaction_schema."), data.SchemaID, data.Version))
		}
		if got := strings.Join(kinds, ", "); got != "created b@1, created a@1, superseded a@2, deleted a@2, created a@3" {
			t.Errorf("%s", got)
		}
	})
}

func TestErasingLeavesNothingBehindHoweverItIsInterrupted(t *testing.T) {
	t.Parallel()
	erase := &engage.DeleteOptions{Erase: true}
	for name, interrupt := range interruptions() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first, step := stride(t)
			for n := int64(first); ; n += int64(step) {
				st := &counting{Store: newMemory(t)}
				eng := newEngine(t, st, nil)
				fillForErasing(t, eng)
				ctx, cancel := context.WithCancel(t.Context())
				interrupt(st, n, cancel)
				err := eng.Schemas.Delete(ctx, "gone", erase)
				cancel()
				st.on(nil, nil)
				if err == nil {
					if n < 4 {
						t.Errorf("erased in %d commits", n)
					}
					checkErased(t, st, eng)
					return
				}
				if !errors.Is(err, store.ErrUnavailable) && !errors.Is(err, context.Canceled) {
					t.Fatal(err)
				}
				p, found, err := eng.Schemas.Erasing(t.Context(), "gone")
				if err != nil || found && p.State != engage.StateRunning {
					t.Errorf("interrupted at %d: %+v, %v", n, p, err)
				}
				left := erasedInteractions + erasedRejections + 1 - len(find(t, st, kindInteraction)) - len(find(t, st, kindQuarantine))
				if p.Handled != int64(left) {
					t.Errorf("interrupted at %d: %d handled, %d gone", n, p.Handled, left)
				}
				if _, err := eng.Schemas.Create(t.Context(), definition(t, declaring("gone", ``))); !errors.Is(err, engage.ErrConflict) {
					t.Errorf("created while erasing: %v", err)
				}
				if err := eng.Schemas.Delete(t.Context(), "gone", erase); err != nil {
					t.Errorf("resuming: %v", err)
				}
				checkErased(t, st, eng)
			}
		})
	}
}

func TestErasingOnSQLite(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, st store.Store) {
		eng := newEngine(t, st, nil)
		fillForErasing(t, eng)
		if err := eng.Schemas.Delete(t.Context(), "gone", nil); err != nil {
			t.Fatal(err)
		}
		if page, err := eng.Interactions.List(t.Context(), engage.InteractionFilter{SchemaID: "gone"}); err != nil || len(page.Items) != 50 {
			t.Errorf("%d, %v", len(page.Items), err)
		}
		if _, found, err := eng.Schemas.Erasing(t.Context(), "gone"); found || err != nil {
			t.Errorf("%v, %v", found, err)
		}
		if err := eng.Schemas.Delete(t.Context(), "gone", &engage.DeleteOptions{Erase: true}); err != nil {
			t.Fatal(err)
		}
		checkErased(t, st, eng)
		if again := declare(t, eng, declaring("gone", ``)); again.Version != 2 {
			t.Errorf("%+v", again)
		}
		if p, found, err := eng.Schemas.Erasing(t.Context(), "gone"); found || err != nil {
			t.Errorf("nobody asked for that since it was created again: %+v, %v", p, err)
		}
	})
}

func TestErasingIsNotPossibleWithinAtomically(t *testing.T) {
	t.Parallel()
	st := newMemory(t)
	eng := newEngine(t, st, nil)
	declare(t, eng, seedSchema)
	unchanged(t, st, func() {
		err := eng.Atomically(t.Context(), func(w *engage.Work) error {
			return w.Schemas.Delete(t.Context(), seedID, &engage.DeleteOptions{Erase: true})
		})
		if !errors.Is(err, engage.ErrRefused) {
			t.Error(err)
		}
		err = eng.Atomically(t.Context(), func(w *engage.Work) error {
			_, err := w.Quarantine.ReplayAll(t.Context(), seedID)
			return err
		})
		if !errors.Is(err, engage.ErrRefused) {
			t.Error(err)
		}
	})
}

// Each interaction comes to very many records.
func TestErasingAndReplayingKeepWithinABatchHoweverWideTheSchema(t *testing.T) {
	t.Parallel()
	large(t)
	const width, count = 120, 100
	eng := newEngine(t, newMemory(t), nil)
	var properties []string
	for n := range width {
		properties = append(properties, fmt.Sprintf(`"p%d":{"type":"integer","addToSegmentation":true}`, n))
	}
	declare(t, eng, declaring("wide", strings.Join(properties, ","), "p0", "p1"))
	var all []interaction.Submission
	for n := range count {
		var values []string
		for m := 1; m < width; m++ {
			values = append(values, fmt.Sprintf(`"p%d":%d`, m, n))
		}
		all = append(all, submission("ann", "wide", "{"+strings.Join(values, ",")+"}"))
	}
	for _, outcome := range eng.Interactions.RecordMany(t.Context(), all) {
		if outcome.Err != nil || outcome.Accepted {
			t.Fatalf("%+v", outcome)
		}
	}
	if _, err := eng.Schemas.Supersede(t.Context(), definition(t, declaring("wide", strings.Join(properties, ","), "p1")), nil); err != nil {
		t.Fatal(err)
	}
	p, err := eng.Quarantine.ReplayAll(t.Context(), "wide")
	if err != nil || p.Handled != count || p.Accepted != count {
		t.Fatalf("%+v, %v", p, err)
	}
	if err := eng.Schemas.Delete(t.Context(), "wide", &engage.DeleteOptions{Erase: true}); err != nil {
		t.Error(err)
	}
	if p, _, err := eng.Schemas.Erasing(t.Context(), "wide"); err != nil || p.Handled != count {
		t.Errorf("%+v, %v", p, err)
	}
}

// What is recorded while a schema is erased is either gone with the rest or was
// refused.
func TestErasingWinsAgainstThoseWhoRecord(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, st store.Store) {
		engines := []*engage.Engine{newEngine(t, st, nil), newEngine(t, st, nil)}
		declare(t, engines[0], plainSchema())
		begun := make(chan struct{}, 4)
		var wg sync.WaitGroup
		for n := range 4 {
			wg.Go(func() {
				for m := 0; ; m++ {
					_, err := engines[n%2].Interactions.Record(t.Context(), submission(fmt.Sprintf("c%d", m%3), plainID, []string{`{"s":"a"}`, `{}`}[m%2]))
					if m == 10 || err != nil && m < 10 {
						begun <- struct{}{}
					}
					if err != nil {
						if !errors.Is(err, engage.ErrNotFound) {
							t.Error(err)
						}
						return
					}
				}
			})
		}
		for range 4 {
			<-begun
		}
		if err := engines[1].Schemas.Delete(t.Context(), plainID, &engage.DeleteOptions{Erase: true}); err != nil {
			t.Error(err)
		}
		wg.Wait()
		if n, q := len(find(t, st, kindInteraction)), len(find(t, st, kindQuarantine)); n != 0 || q != 0 {
			t.Errorf("%d interactions and %d quarantined are left", n, q)
		}
	})
}
