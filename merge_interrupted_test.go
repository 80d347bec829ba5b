package engage_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store"
)

// What fillForMerging records for "old", which is more than one step, and for "new".
const (
	mergedInteractions = 230
	mergedRejections   = 110
	keptInteractions   = 7
)

func fillForMerging(tb testing.TB, eng *engage.Engine) {
	tb.Helper()
	for _, id := range []string{"one", "two"} {
		declare(tb, eng, declaring(id, `"p":{"type":"string","addToSegmentation":true},"q":{"type":"integer"}`, "q"))
	}
	clock := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	var all []interaction.Submission
	for n := range mergedInteractions + mergedRejections + keptInteractions {
		s := submission("old", []string{"one", "two"}[n%2], fmt.Sprintf(`{"p":"v%d","q":%d}`, n%3, n))
		switch {
		case n >= mergedInteractions+mergedRejections:
			s.ContactID = "new"
		case n >= mergedInteractions:
			s.Payload = []byte(`{"p":"v1"}`)
		}
		s.CreatedDate = clock.Add(time.Duration(n*7919%500) * time.Hour).Format(time.RFC3339)
		all = append(all, s)
	}
	for _, outcome := range eng.Interactions.RecordMany(tb.Context(), all) {
		if outcome.Err != nil {
			tb.Fatal(outcome.Err)
		}
	}
}

// checkTallies compares every tally, and every count of a value, with the interactions
// that there are.
func checkTallies(tb testing.TB, st store.Store, eng *engage.Engine, contacts ...string) {
	tb.Helper()
	want, values := map[[2]string]interaction.Tally{}, map[string]int64{}
	for _, r := range find(tb, st, kindInteraction) {
		i := decodeRecord[interaction.Interaction](tb, r)
		for _, schemaID := range []string{"", i.SchemaID} {
			key := [2]string{i.ContactID, schemaID}
			sum, _ := want[key].Add(i.CreatedDate)
			want[key] = sum
		}
		payload := decodeJSON[struct{ P string }](tb, i.Payload)
		values[i.ContactID+" "+i.SchemaID+" "+strconv.Quote(payload.P)]++
	}
	for _, r := range find(tb, st, kindTally) {
		got := decodeRecord[interaction.Tally](tb, r)
		sum := want[[2]string{got.ContactID, got.SchemaID}]
		if got.Count != sum.Count || !got.First.Equal(sum.First) || !got.Last.Equal(sum.Last) || got.Ever < got.Count && slices.Contains(contacts, got.ContactID) {
			tb.Errorf("tally %+v, but there is %+v", got, sum)
		}
		delete(want, [2]string{got.ContactID, got.SchemaID})
	}
	if len(want) > 0 {
		tb.Errorf("without a tally: %v", want)
	}
	for _, r := range find(tb, st, kindSegmentValue) {
		v := decodeRecord[struct {
			ContactID, SchemaID, Value string
			Count                      int64
		}](tb, r)
		key := v.ContactID + " " + v.SchemaID + " " + v.Value
		if v.Count != values[key] {
			tb.Errorf("value %s counts %d, want %d", key, v.Count, values[key])
		}
		delete(values, key)
	}
	if len(values) > 0 {
		tb.Errorf("values not counted: %v", values)
	}
	for _, contact := range contacts {
		list, err := eng.Interactions.List(tb.Context(), engage.InteractionFilter{ContactID: contact, Limit: 1000})
		tally, err2 := eng.Interactions.Tally(tb.Context(), contact, "")
		if err != nil || err2 != nil || int64(len(list.Items)) != tally.Count {
			tb.Errorf("%s: %d listed, tally %+v, %v, %v", contact, len(list.Items), tally, err, err2)
		}
	}
}

// decodeRecord reads what a record holds.
func decodeRecord[T any](tb testing.TB, r store.Record) T {
	tb.Helper()
	return decodeJSON[T](tb, r.Value)
}

func decodeJSON[T any](tb testing.TB, raw []byte) (v T) {
	tb.Helper()
	if err := json.Unmarshal(raw, &v); err != nil {
		tb.Fatal(err)
	}
	return v
}

// TestMergingAndUnmergingGoOnWhereverTheyAreInterrupted: at each commit, all books are
// right then; others record for both names meanwhile; and Run, or the same call, ends it.
func TestMergingAndUnmergingGoOnWhereverTheyAreInterrupted(t *testing.T) {
	t.Parallel()
	for name, interrupt := range interruptions() {
		for _, unmerge := range []bool{false, true} {
			for _, byRun := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s, unmerge %t, by Run %t", name, unmerge, byRun), func(t *testing.T) {
					t.Parallel()
					first, step := stride(t)
					n := int64(first)
					for interruptMerge(t, interrupt, n, unmerge, byRun) {
						n += int64(step)
					}
				})
			}
		}
	}
}

// interruptMerge interrupts a merge, or unmerge, at its n-th commit. It returns false if
// it has no n-th commit.
func interruptMerge(t *testing.T, interrupt func(*counting, int64, func()), n int64, unmerge, byRun bool) bool {
	t.Helper()
	st, clock := &counting{Store: newMemory(t)}, newClock()
	eng := newEngine(t, st, &engage.Options{Clock: clock.Now})
	fillForMerging(t, eng)
	fired := func() int { return len(events(t, eng, engage.EventTriggerFired)) }
	must(eng.Triggers.Register(t.Context(), "one", "q", []byte(`-1`)))(t)
	accepted(t, eng, submission("old", "one", `{"p":"v0","q":-1}`))
	do := func(ctx context.Context) (engage.Progress, error) { return eng.Contacts.Merge(ctx, "new", "old") }
	if unmerge {
		must(do(t.Context()))(t)
		do = func(ctx context.Context) (engage.Progress, error) { return eng.Contacts.Unmerge(ctx, "old") }
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	interrupt(st, n, cancel)
	_, err := do(ctx)
	st.on(nil, nil)
	checkTallies(t, st, eng, "new")
	if err == nil {
		return false
	}
	begun := must(eng.Contacts.Get(t.Context(), "old"))(t).MergedInto == "new"
	owner := map[bool]string{true: "new", false: "old"}[begun]
	for _, contact := range []string{"old", "new"} {
		got := accepted(t, eng, submission(contact, "one", `{"p":"v0","q":-1}`))
		if want := map[string]string{"old": owner, "new": "new"}[contact]; got.ContactID != want {
			t.Errorf("interrupted at %d, recorded for %s: %+v", n, contact, got)
		}
	}
	if want := map[bool]int{true: 1, false: 2}[begun || unmerge]; fired() != want {
		t.Errorf("interrupted at %d: the trigger has fired %d times, want %d", n, fired(), want)
	}
	checkTallies(t, st, eng, "new")
	if byRun && n > 1 { // before that it has not begun
		clock.Advance(time.Minute)
		if _, err := newEngine(t, st, &engage.Options{Clock: clock.Now}).RunDue(t.Context()); err != nil {
			t.Fatal(err)
		}
	} else {
		must(do(t.Context()))(t)
	}
	checkTallies(t, st, eng, "new", "old")
	wantNew, wantOld := keptInteractions+1, mergedInteractions+2
	kind := engage.EventContactUnmerged
	if !unmerge {
		wantNew, kind = wantNew+wantOld, engage.EventContactMerged
		wantOld = wantNew
	}
	for contact, want := range map[string]int{"new": wantNew, "old": wantOld} {
		if tally := must(eng.Interactions.Tally(t.Context(), contact, ""))(t); tally.Count != int64(want) || tally.Ever != int64(want) {
			t.Errorf("interrupted at %d: %s has %+v, want %d", n, contact, tally, want)
		}
	}
	if q := must(eng.Quarantine.List(t.Context(), engage.QuarantineFilter{ContactID: "old", Limit: 1000}))(t); len(q.Items) != mergedRejections {
		t.Errorf("interrupted at %d: %d in quarantine", n, len(q.Items))
	}
	if told := events(t, eng, kind); len(told) != 1 {
		t.Errorf("interrupted at %d: told %d times", n, len(told))
	}
	clock.Advance(time.Hour)
	if _, err := eng.RunDue(t.Context()); err != nil {
		t.Error(err)
	}
	if left := find(t, st, "job"); len(left) > 0 {
		t.Errorf("interrupted at %d: a job stays: %s", n, left[0].Value)
	}
	return true
}

// TestAMergeWhoseAnswersAreAllLost is done once all the same.
func TestAMergeWhoseAnswersAreAllLost(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, below store.Store) {
		st := &lossy{Store: below}
		eng := newEngine(t, st, nil)
		fillForMerging(t, eng)
		st.lose.Store(true)
		p := must(eng.Contacts.Merge(t.Context(), "new", "old"))(t)
		checkTallies(t, st, eng, "new", "old")
		back := must(eng.Contacts.Unmerge(t.Context(), "old"))(t)
		checkTallies(t, st, eng, "new", "old")
		if want := int64(mergedInteractions + mergedRejections); p.Handled != want || back.Handled != want {
			t.Errorf("%+v, then %+v", p, back)
		}
		for _, kind := range []engage.EventType{engage.EventContactMerged, engage.EventContactUnmerged} {
			if told := events(t, eng, kind); len(told) != 1 {
				t.Errorf("%s: told %d times", kind, len(told))
			}
		}
	})
}
