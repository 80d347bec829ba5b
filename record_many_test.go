package engage_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store"
)

func TestManyAreRecordedAsTheyWouldBeOneByOne(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, st store.Store) {
		one, many := newEngine(t, st, &engage.Options{Tenant: "one"}), newEngine(t, st, &engage.Options{Tenant: "many"})
		for _, eng := range []*engage.Engine{one, many} {
			declare(t, eng, declaring(plainID, `"n":{"type":"integer","addToSegmentation":true},"s":{"type":"string"}`, "s"))
			if _, err := eng.Triggers.Register(t.Context(), plainID, "n", []byte(`1`)); err != nil {
				t.Fatal(err)
			}
		}
		var all []interaction.Submission
		for n := range 400 {
			s := submission(fmt.Sprintf("c%d", n%23), plainID, fmt.Sprintf(`{"s":"a","n":%d}`, n%5))
			switch n % 11 {
			case 1:
				s.Payload = []byte(`{"n":1}`)
			case 2:
				s.SchemaID = "unknown"
			case 3:
				s.CreatedDate = "x"
			case 4, 5:
				s.IdempotencyKey = fmt.Sprintf("key %d", n%4)
			case 6:
				s.IdempotencyKey, s.Payload = fmt.Sprintf("key %d", n%6), []byte(`{}`)
			case 7:
				s.CreatedDate = fmt.Sprintf("2024-01-%02dT00:00:00Z", 1+n%28)
			}
			all = append(all, s)
		}
		outcomes := many.Interactions.RecordMany(t.Context(), all)
		if len(outcomes) != len(all) {
			t.Fatalf("%d outcomes", len(outcomes))
		}
		names := map[string]string{} // of IDs, by what they are called in the other tenant
		for n, s := range all {
			want, err := one.Interactions.Record(t.Context(), s)
			got := outcomes[n].Recorded
			if fmt.Sprint(err) != fmt.Sprint(outcomes[n].Err) {
				t.Fatalf("%d: %v, one by one %v", n, outcomes[n].Err, err)
			}
			for a, b := range map[*string]*string{&got.ID: &want.ID, &got.QuarantineID: &want.QuarantineID} {
				if known, ok := names[*a]; ok && known != *b || (*a == "") != (*b == "") {
					t.Fatalf("%d: %q and %q", n, *a, *b)
				}
				names[*a] = *b
				*a, *b = "", ""
			}
			if !reflect.DeepEqual(got, want) {
				t.Fatalf("%d: %+v, one by one %+v", n, got, want)
			}
		}
		a, b := events(t, many), events(t, one)
		if len(a) != len(b) {
			t.Fatalf("%d events, one by one %d", len(a), len(b))
		}
		for n := range a {
			if a[n].Type != b[n].Type {
				t.Fatalf("event %d: %s, one by one %s", n, a[n].Type, b[n].Type)
			}
			if a[n].Type == engage.EventInteractionCreated && decode[engage.InteractionEvent](t, a[n]) != decode[engage.InteractionEvent](t, b[n]) {
				t.Errorf("event %d: %s, one by one %s", n, a[n].Data, b[n].Data)
			}
		}
		for n := range 23 {
			contact := fmt.Sprintf("c%d", n)
			got, _ := many.Interactions.Tally(t.Context(), contact, plainID)
			want, err := one.Interactions.Tally(t.Context(), contact, plainID)
			if err != nil || !got.First.Equal(want.First) || !got.Last.Equal(want.Last) || got.Count != want.Count || got.Ever != want.Ever {
				t.Errorf("%+v, one by one %+v, %v", got, want, err)
			}
		}
	})
}

func TestManyArriveInFewCommits(t *testing.T) {
	t.Parallel()
	const count = 3_000
	for name, submit := range map[string]func(n int) interaction.Submission{
		"one contact":   func(int) interaction.Submission { return submission("ann", plainID, `{"s":"a"}`) },
		"many contacts": func(n int) interaction.Submission { return submission(strconv.Itoa(n), plainID, `{"s":"a"}`) },
		"contacts with a key": func(n int) interaction.Submission {
			return keyed(strconv.Itoa(n), submission(strconv.Itoa(n), plainID, `{"s":"a"}`))
		},
		"contacts to be named": func(int) interaction.Submission { return submission("", plainID, `{"s":"a"}`) },
		"rejected":             func(n int) interaction.Submission { return submission(strconv.Itoa(n), plainID, `{}`) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			st := &counting{Store: newMemory(t)}
			eng := newEngine(t, st, nil)
			declare(t, eng, plainSchema())
			st.on(nil, nil)
			st.records.Store(0)
			all := make([]interaction.Submission, count)
			for n := range all {
				all[n] = submit(n)
			}
			for n, outcome := range eng.Interactions.RecordMany(t.Context(), all) {
				if outcome.Err != nil || outcome.Repeated {
					t.Fatalf("%d: %+v", n, outcome)
				}
			}
			if commits := st.commits.Load(); commits > 15 {
				t.Errorf("%d commits", commits)
			}
			if records := st.records.Load(); records > 10*count {
				t.Errorf("%d records were read", records)
			}
		})
	}
}

func TestWhenManyAreCutShortWhatWasCommittedStaysAndTheRestHasTheError(t *testing.T) {
	t.Parallel()
	full := errors.New("the disk is full")
	for name, c := range map[string]struct {
		want error
		cut  func(st *counting, cancel func())
	}{
		"the context ends": {context.Canceled, func(st *counting, cancel func()) {
			st.on(nil, func(n int64) {
				if n == 3 {
					cancel()
				}
			})
		}},
		"the store fails": {full, func(st *counting, _ func()) {
			st.on(func(n int64) error {
				if n == 4 {
					return fmt.Errorf("%w: %w", store.ErrUnavailable, full)
				}
				return nil
			}, nil)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			st := &counting{Store: newMemory(t)}
			eng := newEngine(t, st, nil)
			declare(t, eng, plainSchema())
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			c.cut(st, cancel)
			var all []interaction.Submission
			for n := range 3_000 {
				all = append(all, submission(strconv.Itoa(n), plainID, `{"s":"a"}`))
			}
			outcomes := eng.Interactions.RecordMany(ctx, all)
			done := 0
			for done < len(outcomes) && outcomes[done].Err == nil {
				done++
			}
			for n, outcome := range outcomes {
				if n >= done && (!errors.Is(outcome.Err, c.want) || outcome.Accepted) {
					t.Fatalf("%d were recorded, then at %d: %+v", done, n, outcome)
				}
				if n < done && !outcome.Accepted {
					t.Fatalf("at %d: %+v", n, outcome)
				}
			}
			if n := len(find(t, st, kindInteraction)); n != done || done == 0 || done == len(all) {
				t.Errorf("%d outcomes, %d interactions", done, n)
			}
		})
	}
}

// What stands in a record is several times as long as what came in.
func TestManyHugePayloadsFitIntoTheirCommits(t *testing.T) {
	t.Parallel()
	count := 110
	if underRace() { // a tenth of the work, and no commit is too large then; the run without it looks
		count = 10
	}
	st := &counting{Store: newMemory(t)}
	eng := newEngine(t, st, nil)
	declare(t, eng, declaring(plainID, `"s":{"type":"string","addToSegmentation":true},"r":{"type":"string"}`, "s", "r"))
	huge := strings.Repeat("<", 65_000)
	var all []interaction.Submission
	for n := range count {
		all = append(all, submission("ann", plainID, fmt.Sprintf(`{"s": "%d%s"}`, n, huge)))
	}
	for n, outcome := range eng.Interactions.RecordMany(t.Context(), all) {
		if outcome.Err != nil {
			t.Fatalf("%d: %v", n, outcome.Err)
		}
	}
	def := definition(t, declaring(plainID, `"s":{"type":"string","addToSegmentation":true},"r":{"type":"string"}`, "s"))
	if _, err := eng.Schemas.Supersede(t.Context(), def, nil); err != nil {
		t.Fatal(err)
	}
	if p, err := eng.Quarantine.ReplayAll(t.Context(), plainID); err != nil || p.Accepted != int64(count) {
		t.Fatalf("%+v, %v", p, err)
	}
}
