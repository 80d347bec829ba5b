package engage_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store"
)

// fill records many interactions of one contact under the plain schema.
func fill(tb testing.TB, eng *engage.Engine, count int) (ids []string) {
	tb.Helper()
	all := make([]interaction.Submission, count)
	for n := range all {
		all[n] = submission("ann", plainID, `{"s":"a"}`)
	}
	for _, outcome := range eng.Interactions.RecordMany(tb.Context(), all) {
		if outcome.Err != nil {
			tb.Fatal(outcome.Err)
		}
		ids = append(ids, outcome.ID)
	}
	return ids
}

func TestAPageHoldsFiftyUnlessAskedOtherwise(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, st store.Store) {
		eng := newEngine(t, st, nil)
		declare(t, eng, plainSchema())
		ids := fill(t, eng, 120)
		for limit, want := range map[int]int{0: 50, 1: 1, 119: 119, 120: 120, 121: 120, 1000: 120} {
			page, err := eng.Interactions.List(t.Context(), engage.InteractionFilter{ContactID: "ann", Limit: limit})
			if err != nil || len(page.Items) != want || (page.Continuation == "") != (want == 120) || page.Items[0].ID != ids[119] {
				t.Errorf("limit %d: %d, %q, %v", limit, len(page.Items), page.Continuation, err)
			}
		}
		for _, limit := range []int{-1, 1001, math.MaxInt32} {
			_, err := eng.Interactions.List(t.Context(), engage.InteractionFilter{ContactID: "ann", Limit: limit})
			_, quarantined := eng.Quarantine.List(t.Context(), engage.QuarantineFilter{Limit: limit})
			for _, err := range []error{err, quarantined} {
				if wrong, ok := errors.AsType[*engage.InvalidError](err); !ok || wrong.Field != "Limit" || !errors.Is(err, engage.ErrInvalid) {
					t.Errorf("limit %d: %v", limit, err)
				}
			}
		}
		if page, err := eng.Interactions.List(t.Context(), engage.InteractionFilter{ContactID: "nobody"}); err != nil || page.Items == nil || len(page.Items) != 0 {
			t.Errorf("%+v, %v", page, err)
		}
	})
}

func TestAContinuationBelongsToItsFilter(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, st store.Store) {
		eng, stranger := newEngine(t, st, nil), newEngine(t, st, &engage.Options{Tenant: "other"})
		declare(t, eng, plainSchema())
		fill(t, eng, 10)
		for range 10 {
			rejected(t, eng, submission("ann", plainID, `{}`))
		}
		at := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
		filters := []engage.InteractionFilter{
			{},
			{OldestFirst: true},
			{ContactID: "ann"},
			{ContactID: "ann", OldestFirst: true},
			{ContactID: "ann", ByReceived: true},
			{ContactID: "ann", From: at},
			{ContactID: "ann", SchemaID: plainID},
			{SchemaID: plainID},
			{SchemaID: plainID, ByReceived: true},
		}
		refused := func(err error) bool {
			wrong, ok := errors.AsType[*engage.InvalidError](err)
			return ok && wrong.Field == "Continuation" && errors.Is(err, engage.ErrInvalid)
		}
		for n, f := range filters {
			f.Limit = 3
			page, err := eng.Interactions.List(t.Context(), f)
			if err != nil || page.Continuation == "" {
				t.Fatalf("%+v, %v", page, err)
			}
			for m, other := range filters {
				other.Continuation, other.Limit = page.Continuation, 5 // the limit may change
				if _, err := eng.Interactions.List(t.Context(), other); (n == m) != (err == nil) || n != m && !refused(err) {
					t.Errorf("that of %+v for %+v: %v", f, other, err)
				}
			}
			if _, err := eng.Quarantine.List(t.Context(), engage.QuarantineFilter{Continuation: page.Continuation}); !refused(err) {
				t.Errorf("that of %+v for the quarantine: %v", f, err)
			}
			same := engage.QuarantineFilter{ContactID: f.ContactID, SchemaID: f.SchemaID, From: f.From, OldestFirst: f.OldestFirst, Continuation: page.Continuation}
			if _, err := eng.Quarantine.List(t.Context(), same); !refused(err) {
				t.Errorf("that of %+v for what is in quarantine likewise: %v", f, err)
			}
			if _, err := stranger.Interactions.List(t.Context(), engage.InteractionFilter{Continuation: page.Continuation}); !refused(err) {
				t.Errorf("that of %+v for another tenant: %v", f, err)
			}
			for _, damaged := range []string{"x", "e30", "====", page.Continuation[1:], page.Continuation + "A", strings.ToUpper(page.Continuation), strings.Repeat("A", 10_000), "\xff"} {
				f.Continuation = damaged
				if _, err := eng.Interactions.List(t.Context(), f); damaged != "e30" && !refused(err) {
					t.Errorf("%.20q: %v", damaged, err)
				}
			}
		}
	})
}

// What is recorded and deleted meanwhile may show or not; all that was there
// throughout shows exactly once.
func TestPagingGoesOnWhileOthersRecordAndDelete(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, st store.Store) {
		clock := newClock()
		eng := newEngine(t, st, &engage.Options{Clock: clock.Now})
		declare(t, eng, plainSchema())
		ids := fill(t, eng, 60)
		for _, oldest := range []bool{false, true} {
			seen := map[string]int{}
			f := engage.InteractionFilter{ContactID: "ann", SchemaID: plainID, OldestFirst: oldest, Limit: 7}
			for n := 0; ; n++ {
				page, err := eng.Interactions.List(t.Context(), f)
				if err != nil {
					t.Fatal(err)
				}
				for _, i := range page.Items {
					seen[i.ID]++
				}
				if f.Continuation = page.Continuation; f.Continuation == "" {
					break
				}
				clock.Advance(time.Second)
				accepted(t, eng, dated("2000-01-01T00:00:00Z", submission("ann", plainID, `{"s":"old"}`)))
				accepted(t, eng, submission("ann", plainID, `{"s":"new"}`))
				if err := eng.Interactions.Delete(t.Context(), page.Items[len(page.Items)-1].ID); err != nil { // the one that the continuation points at
					t.Fatal(err)
				}
				if n > 100 {
					break // older and newer ones are added faster than they are read
				}
			}
			for n, id := range ids {
				if seen[id] != 1 {
					t.Errorf("oldest first %t: the one at %d was listed %d times", oldest, n, seen[id])
				}
			}
			ids = nil // some of them are deleted now
		}
	})
}

func TestAnUnknownInteractionIsNotFoundWhateverItsID(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, st store.Store) {
		eng := newEngine(t, st, nil)
		declare(t, eng, plainSchema())
		id := accepted(t, eng, submission("ann", plainID, `{"s":"a"}`)).ID
		q := rejected(t, eng, submission("ann", plainID, `{}`)).QuarantineID
		ctx := t.Context()
		unchanged(t, st, func() {
			for _, unknown := range []string{"", "x", strings.ToLower(id), id + " ", "\x00", "\xff", strings.Repeat("0", 10_000), "sha256:" + strings.Repeat("0", 64)} {
				_, get := eng.Interactions.Get(ctx, unknown)
				_, card := eng.Interactions.Card(ctx, unknown)
				_, kept := eng.Quarantine.Get(ctx, unknown)
				_, replayed := eng.Quarantine.Replay(ctx, unknown)
				for n, err := range []error{get, card, kept, replayed, eng.Interactions.Delete(ctx, unknown), eng.Quarantine.Discard(ctx, unknown)} {
					if _, ok := errors.AsType[*engage.NotFoundError](err); !ok || !errors.Is(err, engage.ErrNotFound) {
						t.Errorf("%.20q, call %d: %v", unknown, n, err)
					}
				}
			}
			if _, err := eng.Interactions.Get(ctx, q); !errors.Is(err, engage.ErrNotFound) {
				t.Errorf("what is quarantined is no interaction: %v", err)
			}
		})
	})
}

func TestDeletingNeverMakesASecondFirst(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, st store.Store) {
		eng := newEngine(t, st, nil)
		declare(t, eng, plainSchema())
		var ids []string
		for range 3 {
			id := accepted(t, eng, submission("ann", plainID, `{"s":"a"}`)).ID
			ids = append(ids, id)
			if err := eng.Interactions.Delete(t.Context(), id); err != nil {
				t.Fatal(err)
			}
		}
		for n, event := range events(t, eng, engage.EventInteractionCreated) {
			if data := decode[engage.InteractionEvent](t, event); data.First != (n == 0) || data.FirstOfSchema != (n == 0) || event.Resource.ID != ids[n] {
				t.Errorf("%d: %+v", n, data)
			}
		}
		tally, err := eng.Interactions.Tally(t.Context(), "ann", "")
		if err != nil || tally.Count != 0 || tally.Ever != 3 || !tally.First.IsZero() || !tally.Last.IsZero() {
			t.Errorf("%+v, %v", tally, err)
		}
	})
}

func TestTenantsSeeNothingOfEachOther(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, st store.Store) {
		mine, theirs := newEngine(t, st, nil), newEngine(t, st, &engage.Options{Tenant: "theirs"})
		declare(t, mine, plainSchema())
		id := accepted(t, mine, keyed("key", submission("ann", plainID, `{"s":"a"}`))).ID
		if _, err := theirs.Interactions.Record(t.Context(), keyed("key", submission("ann", plainID, `{"s":"a"}`))); !errors.Is(err, engage.ErrNotFound) {
			t.Error(err)
		}
		if _, err := theirs.Interactions.Get(t.Context(), id); !errors.Is(err, engage.ErrNotFound) {
			t.Error(err)
		}
		declare(t, theirs, plainSchema())
		if got := accepted(t, theirs, keyed("key", submission("ann", plainID, `{"s":"a"}`))); got.Repeated {
			t.Errorf("%+v", got)
		}
		if data := decode[engage.InteractionEvent](t, events(t, theirs, engage.EventInteractionCreated)[0]); !data.First {
			t.Errorf("%+v", data)
		}
	})
}

func TestWhatAListCostsDoesNotGrowWithWhatIsStored(t *testing.T) {
	t.Parallel()
	large(t)
	st := &counting{Store: newMemory(t)}
	eng := newEngine(t, st, nil)
	declare(t, eng, plainSchema())
	filters := map[string]engage.InteractionFilter{}
	for _, oldest := range []bool{false, true} {
		for name, f := range map[string]engage.InteractionFilter{
			"all": {}, "contact": {ContactID: "ann"}, "schema": {SchemaID: plainID}, "both": {ContactID: "ann", SchemaID: plainID},
			"received": {ContactID: "ann", ByReceived: true}, "both, received": {ContactID: "ann", SchemaID: plainID, ByReceived: true},
		} {
			f.OldestFirst = oldest
			filters[fmt.Sprintf("%s, oldest first %t", name, oldest)] = f
		}
	}
	costs := func() map[string]string {
		out := map[string]string{}
		for name, f := range filters {
			st.gets.Store(0)
			st.finds.Store(0)
			st.records.Store(0)
			page, err := eng.Interactions.List(t.Context(), f)
			if err != nil || len(page.Items) != 50 {
				t.Fatalf("%s: %d, %v", name, len(page.Items), err)
			}
			f.Continuation = page.Continuation
			if _, err := eng.Interactions.List(t.Context(), f); err != nil {
				t.Fatal(err)
			}
			out[name] = fmt.Sprintf("%d gets, %d finds, %d records", st.gets.Load(), st.finds.Load(), st.records.Load())
		}
		return out
	}
	fill(t, eng, 150)
	few := costs()
	fill(t, eng, 6_000)
	for name, many := range costs() {
		if many != few[name] {
			t.Errorf("%s: %s, with many %s", name, few[name], many)
		}
		want := "0 gets, 2 finds, "
		if filters[name].ContactID != "" { // each page asks who that is, and whether it still is
			want = "4 gets, 2 finds, "
		}
		if !strings.HasPrefix(many, want) {
			t.Errorf("%s: %s for two pages", name, many)
		}
	}
}

func TestWhoMayNotMayNot(t *testing.T) {
	t.Parallel()
	st := newMemory(t)
	allowed := newEngine(t, st, nil)
	declare(t, allowed, plainSchema())
	id := accepted(t, allowed, submission("ann", plainID, `{"s":"a"}`)).ID
	q := rejected(t, allowed, submission("ann", plainID, `{}`)).QuarantineID
	no := errors.New("not you")
	var asked []engage.Action
	eng := newEngine(t, st, &engage.Options{Authorize: func(_ context.Context, actor engage.Actor, action engage.Action, _ engage.Resource) error {
		if actor != engage.Agent("eve") {
			t.Errorf("asked for %v", actor)
		}
		asked = append(asked, action)
		return no
	}}).As(engage.Agent("eve"))
	ctx := t.Context()
	def := definition(t, plainSchema())
	s := submission("ann", plainID, `{"s":"a"}`)
	for action, call := range map[engage.Action][]func() error{
		engage.ActionSchemasCreate:    {func() error { _, err := eng.Schemas.Create(ctx, def); return err }},
		engage.ActionSchemasSupersede: {func() error { _, err := eng.Schemas.Supersede(ctx, def, nil); return err }},
		engage.ActionSchemasDelete:    {func() error { return eng.Schemas.Delete(ctx, plainID, nil) }},
		engage.ActionSchemasRead: {
			func() error { _, err := eng.Schemas.Get(ctx, plainID); return err },
			func() error { _, err := eng.Schemas.List(ctx, nil); return err },
			func() error { _, err := eng.Schemas.Versions(ctx, plainID); return err },
			func() error { _, _, err := eng.Schemas.Erasing(ctx, plainID); return err },
		},
		engage.ActionInteractionsRecord: {
			func() error { _, err := eng.Interactions.Record(ctx, s); return err },
			func() error { return eng.Interactions.RecordMany(ctx, []interaction.Submission{s})[0].Err },
		},
		engage.ActionInteractionsCheck: {func() error { _, err := eng.Interactions.Check(ctx, s); return err }},
		engage.ActionInteractionsRead: {
			func() error { _, err := eng.Interactions.Get(ctx, id); return err },
			func() error { _, err := eng.Interactions.List(ctx, engage.InteractionFilter{}); return err },
			func() error { _, err := eng.Interactions.Card(ctx, id); return err },
			func() error { _, err := eng.Interactions.Tally(ctx, "ann", ""); return err },
		},
		engage.ActionInteractionsDelete: {func() error { return eng.Interactions.Delete(ctx, id) }},
		engage.ActionQuarantineRead: {
			func() error { _, err := eng.Quarantine.Get(ctx, q); return err },
			func() error { _, err := eng.Quarantine.List(ctx, engage.QuarantineFilter{}); return err },
			func() error { _, _, err := eng.Quarantine.Replaying(ctx, plainID); return err },
		},
		engage.ActionQuarantineReplay: {
			func() error { _, err := eng.Quarantine.Replay(ctx, q); return err },
			func() error { _, err := eng.Quarantine.ReplayAll(ctx, plainID); return err },
		},
		engage.ActionQuarantineDiscard: {func() error { return eng.Quarantine.Discard(ctx, q) }},
		engage.ActionTriggersRegister:  {func() error { _, err := eng.Triggers.Register(ctx, plainID, "s", []byte(`"a"`)); return err }},
		engage.ActionTriggersRead:      {func() error { _, err := eng.Triggers.List(ctx, plainID); return err }},
		engage.ActionTriggersRemove:    {func() error { return eng.Triggers.Remove(ctx, plainID, "x") }},
		engage.ActionSegmentsRead: {
			func() error { return failure(t, eng.Segments.ByCount(ctx, engage.CountSegment{})) },
			func() error { return failure(t, eng.Segments.ByValue(ctx, engage.ValueSegment{SchemaID: plainID})) },
		},
	} {
		for n, call := range call {
			asked = nil
			unchanged(t, st, func() {
				err := call()
				forbidden, ok := errors.AsType[*engage.ForbiddenError](err)
				if !ok || forbidden.Action != action || !errors.Is(err, engage.ErrForbidden) || !errors.Is(err, no) || len(asked) != 1 {
					t.Errorf("%s, call %d: %v, asked %v", action, n, err, asked)
				}
			})
		}
	}
}
