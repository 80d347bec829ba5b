package engage_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/schema"
	"github.com/engage-interactions/engage/store"
)

// plainSchema declares an optional integer and a required string.
const plainID = "plain"

func plainSchema() string {
	return declaring(plainID, `"n":{"type":"integer"},"s":{"type":"string"}`, "s")
}

func keyed(key string, s interaction.Submission) interaction.Submission {
	s.IdempotencyKey = key
	return s
}

func dated(date string, s interaction.Submission) interaction.Submission {
	s.CreatedDate = date
	return s
}

func codes(violations []schema.Violation) string {
	var all []string
	for _, v := range violations {
		all = append(all, v.Pointer+" "+string(v.Code))
	}
	return strings.Join(all, ", ")
}

func TestWhatBecomesOfASubmission(t *testing.T) {
	t.Parallel()
	for _, strict := range []bool{false, true} {
		for _, c := range []struct {
			payload, projection string // no projection: rejected
			violations          string
		}{
			{`{"s":"a","n":1}`, `{"s":"a","n":1}`, ""},
			{`{"n":1.0,"s":"a"}`, `{"n":1.0,"s":"a"}`, ""},
			{`{"s":"a","n":"1"}`, `{"s":"a"}`, "/n type"},
			{`{"s":"a","n":null}`, `{"s":"a"}`, "/n type"},
			{`{"s":"a","n":1.5}`, `{"s":"a"}`, "/n type"},
			{`{"s":"a","n":9223372036854775808}`, `{"s":"a"}`, "/n integerRange"},
			{`{"s":"a","x":1,"y/z":[]}`, `{"s":"a"}`, "/x undeclared, /y~1z undeclared"},
			{`{}`, "", "/s required"},
			{`{"n":1}`, "", "/s required"},
			{`{"s":1}`, "", "/s required, /s type"},
			{`{"S":"a"}`, "", "/S undeclared, /s required"},
		} {
			t.Run(fmt.Sprintf("%s, strict %t", c.payload, strict), func(t *testing.T) {
				t.Parallel()
				eng := newEngine(t, newMemory(t), &engage.Options{Schema: schema.Options{Strict: strict}})
				declare(t, eng, plainSchema())
				s := submission("ann", plainID, c.payload)
				checked, err := eng.Interactions.Check(t.Context(), s)
				if err != nil {
					t.Fatal(err)
				}
				got, err := eng.Interactions.Record(t.Context(), s)
				if err != nil {
					t.Fatal(err)
				}
				if want := c.projection != "" && (!strict || c.violations == ""); got.Accepted != want || codes(got.Violations) != c.violations || got.SchemaVersion != 1 || got.ContactID != "ann" || got.Repeated {
					t.Fatalf("%+v", got)
				}
				if (got.ID != "") != got.Accepted || (got.QuarantineID != "") == got.Accepted {
					t.Errorf("%+v", got)
				}
				if got.Accepted {
					i, err := eng.Interactions.Get(t.Context(), got.ID)
					if err != nil || string(i.Payload) != c.projection || codes(i.Omitted) != c.violations || string(i.Original()) != c.payload {
						t.Errorf("%+v, %v", i, err)
					}
				} else if q, err := eng.Quarantine.Get(t.Context(), got.QuarantineID); err != nil || string(q.Raw) != c.payload || codes(q.Violations) != c.violations || q.Attempts != 1 {
					t.Errorf("%+v, %v", q, err)
				}
				got.ID, got.QuarantineID = "", ""
				if !reflect.DeepEqual(checked, got) {
					t.Errorf("checked %+v, recorded %+v", checked, got)
				}
			})
		}
	}
}

func TestCheckingKeepsNothing(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, st store.Store) {
		eng := newEngine(t, st, nil)
		declare(t, eng, plainSchema())
		unchanged(t, st, func() {
			for _, payload := range []string{`{"s":"a"}`, `{}`, `[]`} {
				got, err := eng.Interactions.Check(t.Context(), submission("", plainID, payload))
				if got.ID != "" || got.QuarantineID != "" || (err != nil) != (payload == `[]`) {
					t.Errorf("%+v, %v", got, err)
				}
			}
		})
	})
}

// oddTexts are idempotency keys and IDs of contacts; the last two are not UTF-8.
var oddTexts = []string{
	" ", "a", "A", "a ", "\x00", "a\x00", "a\x01b", "a\x02b", "\ufffd", "sha256:", "sha256:" + strings.Repeat("0", 64), strings.Repeat("x", 128),
	strings.Repeat("x", 129), strings.Repeat("x", 1024), "é", "e\u0301", "\U0001F600", "a/b@c", "\"<&>\u2028", "\x7f", "\r\n", "\xff", "\xfe",
}

func TestAnIdempotencyKeyIsAnyText(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, st store.Store) {
		eng := newEngine(t, st, nil)
		declare(t, eng, plainSchema())
		ids := map[string]string{}
		for _, key := range append(slices.Clone(oddTexts), strings.Repeat("k", 10_000), strings.Repeat("k", 10_001)) {
			ids[key] = accepted(t, eng, keyed(key, submission("ann", plainID, `{"s":"first"}`))).ID
		}
		for key, id := range ids {
			unchanged(t, st, func() {
				for _, s := range []interaction.Submission{ // of another contact or schema
					submission("bob", plainID, `{"s":"first"}`), submission("", plainID, `{"s":"first"}`), submission("ann", "unknown", `{}`),
				} {
					got, err := eng.Interactions.Record(t.Context(), keyed(key, s))
					if _, ok := errors.AsType[*engage.ConflictError](err); !ok || !errors.Is(err, engage.ErrConflict) || got.ID != "" {
						t.Errorf("%.20q: %+v, %v", key, got, err)
					}
				}
				for _, payload := range []string{`{"s":"first"}`, `{"s":"other"}`, `{}`, `[`} { // whatever else has changed
					s := dated("x", submission("ann", plainID, payload))
					again, err := eng.Interactions.Record(t.Context(), keyed(key, s))
					if err != nil || again.ID != id || !again.Repeated || !again.Accepted || again.ContactID != "ann" {
						t.Errorf("%.20q: %+v, %v", key, again, err)
					}
				}
			})
		}
		tally, err := eng.Interactions.Tally(t.Context(), "ann", "")
		if err != nil || tally.Count != int64(len(ids)) {
			t.Errorf("%d keys, %+v, %v", len(ids), tally, err)
		}
	})
}

func TestWithoutAnIdempotencyKeyARepeatIsAnotherOne(t *testing.T) {
	t.Parallel()
	eng := newEngine(t, newMemory(t), nil)
	declare(t, eng, plainSchema())
	s := submission("ann", plainID, `{"s":"a"}`)
	if a, b := accepted(t, eng, s), accepted(t, eng, s); a.ID == b.ID || b.Repeated {
		t.Errorf("%+v, %+v", a, b)
	}
}

func TestConcurrentRepeatsRecordOneInteraction(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, st store.Store) {
		engines := []*engage.Engine{newEngine(t, st, nil), newEngine(t, st, nil)}
		declare(t, engines[0], plainSchema())
		const callers = 64
		var recorded [callers]engage.Recorded
		var wg sync.WaitGroup
		for n := range callers {
			wg.Go(func() {
				var err error
				recorded[n], err = engines[n%2].Interactions.Record(t.Context(), keyed("once", submission("ann", plainID, `{"s":"a"}`)))
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		first := 0
		for _, r := range recorded {
			if !r.Accepted || r.ID != recorded[0].ID || r.ContactID != recorded[0].ContactID {
				t.Errorf("%+v and %+v", r, recorded[0])
			}
			if !r.Repeated {
				first++
			}
		}
		if n := len(find(t, st, kindInteraction)); n != 1 || first != 1 || len(events(t, engines[0], engage.EventInteractionCreated)) != 1 {
			t.Errorf("%d interactions, %d first ones", n, first)
		}
	})
}

// Also for keys that are not UTF-8, which JSON cannot hold.
func TestWhatWasRejectedMayBeCorrectedAndSentAgainWithItsKey(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, st store.Store) {
		eng := newEngine(t, st, nil)
		declare(t, eng, plainSchema())
		for n, key := range oddTexts {
			contact := fmt.Sprintf("contact %d", n)
			wrong := rejected(t, eng, keyed(key, submission(contact, plainID, `{}`)))
			if again := rejected(t, eng, keyed(key, submission(contact, plainID, `{}`))); again.QuarantineID == wrong.QuarantineID {
				t.Errorf("%q: %+v", key, again)
			}
			right := accepted(t, eng, keyed(key, submission(contact, plainID, `{"s":"a"}`)))
			if right.Repeated {
				t.Errorf("%q: %+v", key, right)
			}
			replayed, err := eng.Quarantine.Replay(t.Context(), wrong.QuarantineID)
			if err != nil || !replayed.Repeated || replayed.ID != right.ID {
				t.Errorf("%q: the corrected one does not stand: %+v, %v", key, replayed, err)
			}
			if _, err := eng.Quarantine.Get(t.Context(), wrong.QuarantineID); !errors.Is(err, engage.ErrNotFound) {
				t.Errorf("%q: %v", key, err)
			}
		}
	})
}

func TestAKeyStaysBoundWhenItsInteractionIsDeleted(t *testing.T) {
	t.Parallel()
	eng := newEngine(t, newMemory(t), nil)
	declare(t, eng, plainSchema())
	s := keyed("key", submission("ann", plainID, `{"s":"a"}`))
	first := accepted(t, eng, s)
	if err := eng.Interactions.Delete(t.Context(), first.ID); err != nil {
		t.Fatal(err)
	}
	if again := accepted(t, eng, s); !again.Repeated || again.ID != first.ID {
		t.Errorf("%+v", again)
	}
}

func TestAContactIDIsAnyTextOfAtMost1024Bytes(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, st store.Store) {
		eng := newEngine(t, st, nil)
		declare(t, eng, declaring(plainID, `"s":{"type":"string","addToSegmentation":true}`, "s"))
		if _, err := eng.Triggers.Register(t.Context(), plainID, "s", []byte(`"a"`)); err != nil {
			t.Fatal(err)
		}
		valid := oddTexts[:len(oddTexts)-2]
		for _, contact := range valid {
			for range 2 {
				if got := accepted(t, eng, submission(contact, plainID, `{"s":"a"}`)); got.ContactID != contact {
					t.Errorf("%.20q: %+v", contact, got)
				}
			}
			rejected(t, eng, submission(contact, plainID, `{}`))
		}
		for _, contact := range valid {
			page, err := eng.Interactions.List(t.Context(), engage.InteractionFilter{ContactID: contact, SchemaID: plainID})
			if err != nil || len(page.Items) != 2 || page.Items[0].ContactID != contact {
				t.Errorf("%.20q: %d, %v", contact, len(page.Items), err)
			}
			kept, err := eng.Quarantine.List(t.Context(), engage.QuarantineFilter{ContactID: contact, SchemaID: plainID})
			if err != nil || len(kept.Items) != 1 || kept.Items[0].ContactID != contact {
				t.Errorf("%.20q: %d quarantined, %v", contact, len(kept.Items), err)
			}
			if tally, err := eng.Interactions.Tally(t.Context(), contact, plainID); err != nil || tally.Count != 2 || tally.ContactID != contact {
				t.Errorf("%.20q: %+v, %v", contact, tally, err)
			}
		}
		segment := collect(t, eng.Segments.ByCount(t.Context(), engage.CountSegment{AtLeast: 2}))
		same(t, "by count", segment, valid)
		same(t, "by value", collect(t, eng.Segments.ByValue(t.Context(), engage.ValueSegment{SchemaID: plainID, Property: "s", Equals: []byte(`"a"`)})), valid)
		if n := len(events(t, eng, engage.EventTriggerFired)); n != len(valid) {
			t.Errorf("fired %d times for %d contacts", n, len(valid))
		}
	})
}

func TestWhatCannotBeRecordedIsATypedErrorAndNothingIsKept(t *testing.T) {
	t.Parallel()
	valid := submission("ann", plainID, `{"s":"a"}`)
	with := func(change func(s *interaction.Submission)) interaction.Submission {
		s := keyed("key", valid)
		change(&s)
		return s
	}
	cases := map[string]struct {
		submission interaction.Submission
		class      error
		field      string
	}{
		"contact of 1025 bytes": {with(func(s *interaction.Submission) { s.ContactID = strings.Repeat("x", 1025) }), engage.ErrInvalid, "contactId"},
		"contact not UTF-8":     {with(func(s *interaction.Submission) { s.ContactID = "a\xff" }), engage.ErrInvalid, "contactId"},
		"contact of 1 MB":       {with(func(s *interaction.Submission) { s.ContactID = strings.Repeat("x", 1<<20) }), engage.ErrInvalid, "contactId"},
		"no payload":            {with(func(s *interaction.Submission) { s.Payload = nil }), engage.ErrInvalid, "payload"},
		"payload is an array":   {with(func(s *interaction.Submission) { s.Payload = []byte(`[]`) }), engage.ErrInvalid, "payload"},
		"payload too large": {with(func(s *interaction.Submission) {
			s.Payload = []byte(`{"s":"` + strings.Repeat("a", 70_000) + `"}`)
		}), engage.ErrInvalid, "payload"},
		"no schema":      {with(func(s *interaction.Submission) { s.SchemaID = "" }), engage.ErrInvalid, "schemaId"},
		"unknown schema": {with(func(s *interaction.Submission) { s.SchemaID = "unknown" }), engage.ErrNotFound, ""},
		"deleted schema": {with(func(s *interaction.Submission) { s.SchemaID = "deleted" }), engage.ErrNotFound, ""},
		"refused by the host": {with(func(s *interaction.Submission) {
			s.ContactID = "stranger"
		}), engage.ErrRefused, ""},
	}
	for _, date := range []string{
		"now", " ", "2024-01-01", "2024-01-01T00:00:00", "2024-01-01 00:00:00Z", "2024-01-01T24:00:00Z", "2024-02-30T00:00:00Z", "2024-01-01T00:00:00+24:00",
		"2024-01-01T00:00:00,5Z", "2024-01-01T1:00:00Z", "0000-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01", "9999-12-31T23:59:60Z", "1704067200", "2024-01-01T00:00:00Z\n", "\xff",
	} {
		cases[fmt.Sprintf("date %q", date)] = struct {
			submission interaction.Submission
			class      error
			field      string
		}{with(func(s *interaction.Submission) { s.CreatedDate = date }), engage.ErrInvalid, "createdDate"}
	}
	eachStore(t, func(t *testing.T, st store.Store) {
		stranger := errors.New("who is that")
		eng := newEngine(t, st, &engage.Options{NewContact: func(_ context.Context, id string) error {
			if id == "stranger" {
				return stranger
			}
			return nil
		}})
		declare(t, eng, plainSchema())
		declare(t, eng, declaring("deleted", `"s":{"type":"string"}`))
		if err := eng.Schemas.Delete(t.Context(), "deleted", nil); err != nil {
			t.Fatal(err)
		}
		var all []interaction.Submission
		var classes []error
		for name, c := range cases {
			unchanged(t, st, func() {
				got, err := eng.Interactions.Record(t.Context(), c.submission)
				if !errors.Is(err, c.class) || !reflect.DeepEqual(got, engage.Recorded{}) {
					t.Errorf("%s: %+v, %v", name, got, err)
				}
				if wrong, ok := errors.AsType[*engage.InvalidError](err); ok != (c.field != "") || ok && wrong.Field != c.field {
					t.Errorf("%s: %v", name, err)
				}
				if errors.Is(err, engage.ErrRefused) && !errors.Is(err, stranger) {
					t.Errorf("%s: %v", name, err)
				}
			})
			all, classes = append(all, c.submission), append(classes, c.class)
		}
		unchanged(t, st, func() {
			for i, outcome := range eng.Interactions.RecordMany(t.Context(), all) {
				if !errors.Is(outcome.Err, classes[i]) {
					t.Errorf("%+v: %+v", all[i], outcome)
				}
			}
		})
		// None of them has bound the key.
		if got := accepted(t, eng, keyed("key", valid)); got.Repeated {
			t.Errorf("%+v", got)
		}
	})
}

func TestAContactIsMintedForASubmissionThatNamesNone(t *testing.T) {
	t.Parallel()
	var asked []string
	eng := newEngine(t, newMemory(t), &engage.Options{NewContact: func(_ context.Context, id string) error {
		asked = append(asked, id)
		return nil
	}})
	declare(t, eng, plainSchema())
	a, b := accepted(t, eng, submission("", plainID, `{"s":"a"}`)), accepted(t, eng, submission("", plainID, `{"s":"a"}`))
	if a.ContactID == "" || a.ContactID == b.ContactID || a.ContactID == a.ID || !slices.Equal(asked, []string{a.ContactID, b.ContactID}) {
		t.Errorf("%+v, %+v, asked %q", a, b, asked)
	}
	if wrong := rejected(t, eng, submission("", plainID, `{}`)); wrong.ContactID == "" || len(asked) != 2 {
		t.Errorf("%+v, asked %q", wrong, asked)
	}
	accepted(t, eng, submission(a.ContactID, plainID, `{"s":"a"}`))
	if len(asked) != 2 || len(events(t, eng, engage.EventContactCreated)) != 2 {
		t.Errorf("asked %q", asked)
	}
}

func TestASubmissionWithoutAContactCanBeRepeatedToo(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, st store.Store) {
		eng := newEngine(t, st, nil)
		declare(t, eng, plainSchema())
		nameless := keyed("key", submission("", plainID, `{"s":"a"}`))
		first := accepted(t, eng, nameless)
		unchanged(t, st, func() {
			for _, s := range []interaction.Submission{nameless, keyed("key", submission(first.ContactID, plainID, `{}`))} {
				if again := accepted(t, eng, s); !again.Repeated || again.ID != first.ID || again.ContactID != first.ContactID {
					t.Errorf("%+v, then %+v", first, again)
				}
			}
			if _, err := eng.Interactions.Record(t.Context(), keyed("key", submission("ann", plainID, `{"s":"a"}`))); !errors.Is(err, engage.ErrConflict) {
				t.Error(err)
			}
		})
		// What was rejected gets a contact of its own, which gives way.
		wrong := rejected(t, eng, keyed("other key", submission("", plainID, `{}`)))
		right := accepted(t, eng, keyed("other key", submission("", plainID, `{"s":"a"}`)))
		replayed, err := eng.Quarantine.Replay(t.Context(), wrong.QuarantineID)
		if err != nil || !replayed.Repeated || replayed.ID != right.ID || replayed.ContactID != right.ContactID {
			t.Errorf("%+v, %v", replayed, err)
		}
	})
}

func TestTheDateIsAnInstantAndNowIfThereIsNone(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, st store.Store) {
		clock := newClock()
		eng := newEngine(t, st, &engage.Options{Clock: clock.Now})
		declare(t, eng, plainSchema())
		for date, want := range map[string]string{
			"":                                    clock.Now().Format(time.RFC3339Nano),
			"2024-05-23T11:13:42.074Z":            "2024-05-23T11:13:42.074Z",
			"2024-05-23t11:13:42.074z":            "2024-05-23T11:13:42.074Z",
			"2024-05-23T11:13:42+02:30":           "2024-05-23T08:43:42Z",
			"2024-05-23T11:13:42.123456789-11:00": "2024-05-23T22:13:42.123456789Z",
			"2016-12-31T23:59:60Z":                "2017-01-01T00:00:00Z",
			"0000-01-01T00:00:00Z":                "0000-01-01T00:00:00Z",
			"0000-01-01T23:59:00+23:59":           "0000-01-01T00:00:00Z",
			"9999-12-31T23:59:59.999999999Z":      "9999-12-31T23:59:59.999999999Z",
			"9999-12-31T00:00:59-23:59":           "9999-12-31T23:59:59Z",
			"2999-01-01T00:00:00Z":                "2999-01-01T00:00:00Z",
		} {
			id := accepted(t, eng, dated(date, submission("ann", plainID, `{"s":"a"}`))).ID
			i, err := eng.Interactions.Get(t.Context(), id)
			if err != nil || i.CreatedDate.UTC().Format(time.RFC3339Nano) != want || !i.ReceivedDate.Equal(clock.Now()) {
				t.Errorf("%s: %v, received %v, %v", date, i.CreatedDate, i.ReceivedDate, err)
			}
			if wire, err := json.Marshal(i); err != nil {
				t.Errorf("%s: %s, %v", date, wire, err)
			}
			q := rejected(t, eng, dated(date, submission("ann", plainID, `{}`))).QuarantineID
			if kept, err := eng.Quarantine.Get(t.Context(), q); err != nil || !kept.CreatedDate.Equal(i.CreatedDate) {
				t.Errorf("%s: %v, %v", date, kept.CreatedDate, err)
			}
			clock.Advance(0)
		}
	})
}

// All texts of the host are as long as they may be before they are hashed, and
// all stand in one index.
func TestNamesMayAllBeLongAtOnce(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, st store.Store) {
		eng := newEngine(t, st, nil)
		for _, n := range []int{100, 120, 126, 127, 128} {
			id, name, contact, value := strings.Repeat("s", n), strings.Repeat("p", n), strings.Repeat("c", n), strings.Repeat("v", n-2)
			declare(t, eng, declaring(id, fmt.Sprintf(`%q:{"type":"string","addToSegmentation":true}`, name)))
			if _, err := eng.Triggers.Register(t.Context(), id, name, fmt.Appendf(nil, "%q", value)); err != nil {
				t.Error(err)
			}
			got, err := eng.Interactions.Record(t.Context(), submission(contact, id, fmt.Sprintf(`{%q:%q}`, name, value)))
			if err != nil || !got.Accepted {
				t.Errorf("%d bytes: %+v, %v", n, got, err)
				continue
			}
			segment := collect(t, eng.Segments.ByValue(t.Context(), engage.ValueSegment{SchemaID: id, Property: name, Equals: fmt.Appendf(nil, "%q", value)}))
			same(t, "segment", segment, []string{contact})
		}
	})
}

func TestADuplicateKeyWithinOneCallIsARepeat(t *testing.T) {
	t.Parallel()
	eng := newEngine(t, newMemory(t), nil)
	declare(t, eng, plainSchema())
	out := eng.Interactions.RecordMany(t.Context(), []interaction.Submission{
		keyed("k", submission("ann", plainID, `{}`)),
		keyed("k", submission("ann", plainID, `{"s":"a"}`)),
		keyed("k", submission("ann", plainID, `{"s":"b"}`)),
		keyed("k", submission("ann", plainID, `{}`)),
		keyed("k", submission("bob", plainID, `{"s":"a"}`)),
	})
	if out[0].Accepted || out[1].Repeated || !out[1].Accepted || out[2].ID != out[1].ID || !out[2].Repeated || out[3].ID != out[1].ID || !out[3].Repeated || !errors.Is(out[4].Err, engage.ErrConflict) {
		t.Errorf("%+v", out)
	}
	if none := eng.Interactions.RecordMany(t.Context(), nil); len(none) != 0 {
		t.Errorf("%+v", none)
	}
}

// underRace reports whether the test was built with the race detector, which makes
// work on large texts thirty times slower.
func underRace() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}
