package engage_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/schema"
	"github.com/engage-interactions/engage/store"
)

// TestLoweredLimitsLockUpNothing: what was declared under higher limits goes on
// taking interactions, and can be superseded, deleted and erased.
func TestLoweredLimitsLockUpNothing(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, st store.Store) {
		wide := newEngine(t, st, nil)
		var properties []string
		for i := range 7 {
			properties = append(properties, fmt.Sprintf(`"p%d":{"type":"integer","addToSegmentation":true}`, i))
		}
		declare(t, wide, declaring("wide", strings.Join(properties, ",")))
		first := accepted(t, wide, submission("ann", "wide", `{"p0":1,"p6":2}`))

		narrow := newEngine(t, st, &engage.Options{Schema: schema.Options{Limits: schema.VoyadoLimits()}})
		accepted(t, narrow, submission("bob", "wide", `{"p0":1}`))
		if card, err := narrow.Interactions.Card(t.Context(), first.ID); err != nil || card.SchemaID != "wide" {
			t.Errorf("card %+v, %v", card, err)
		}
		if err := narrow.Interactions.Delete(t.Context(), first.ID); err != nil {
			t.Errorf("deleting: %v", err)
		}
		fits := definition(t, declaring("wide", strings.Join(properties[:6], ",")))
		if _, err := narrow.Schemas.Supersede(t.Context(), fits, &engage.SupersedeOptions{Force: true}); err != nil {
			t.Errorf("superseding: %v", err)
		}
		if err := narrow.Schemas.Delete(t.Context(), "wide", &engage.DeleteOptions{Erase: true}); err != nil {
			t.Errorf("erasing: %v", err)
		}
		for _, kind := range []string{kindInteraction, kindSegmentValue} {
			if left := find(t, st, kind); len(left) != 0 {
				t.Errorf("%d of %s are left", len(left), kind)
			}
		}
	})
}

// TestOddCharactersCostNothing: a definition and a payload full of what HTML escapes
// are kept as they are, however close to the limits.
func TestOddCharactersCostNothing(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, st store.Store) {
		eng := newEngine(t, st, nil)
		var values []string
		for i := range 900 {
			values = append(values, fmt.Sprintf(`"R&D %03d &<>"`, i))
		}
		text := declaring("odd", `"team":{"type":"string","enum":[`+strings.Join(values, ",")+`]},"note":{"type":"string"}`)
		declare(t, eng, strings.Replace(text, `"displayName":"odd"`, `"displayName":"`+strings.Repeat("&", 12_000)+`"`, 1))

		payload := `{"team":"R&D 007 &<>","note":"` + strings.Repeat("<", 60_000) + `"}`
		recorded := accepted(t, eng, submission("ann", "odd", payload))
		found, err := eng.Interactions.Get(t.Context(), recorded.ID)
		if err != nil || string(found.Original()) != payload || string(found.Payload) != payload {
			t.Errorf("%d bytes came back, %v; want %d", len(found.Payload), err, len(payload))
		}
		wire, err := json.Marshal(found) // as a host would, which escapes
		var again interaction.Interaction
		if err := errors.Join(err, json.Unmarshal(wire, &again)); err != nil || string(again.Original()) != payload {
			t.Errorf("%d bytes came back through JSON, %v; want %d", len(again.Original()), err, len(payload))
		}
		stored, err := eng.Schemas.Get(t.Context(), "odd")
		if err != nil || string(stored.JSONSchema) != string(definition(t, text).JSONSchema) {
			t.Errorf("the definition came back as %.100s…, %v", stored.JSONSchema, err)
		}
	})
}

// errStop stops a task in the middle.
var errStop = errors.New("stop here")

// TestReplayGoesByTheLatestVersion: what an interrupted replay has left behind under
// an older version is judged again.
func TestReplayGoesByTheLatestVersion(t *testing.T) {
	t.Parallel()
	st := &counting{Store: newMemory(t)}
	eng := newEngine(t, st, nil)
	declare(t, eng, declaring("visit", `"page":{"type":"string"}`, "page"))
	const entries = 151
	for i := range entries {
		rejected(t, eng, submission(fmt.Sprintf("c%03d", i), "visit", `{}`))
	}
	st.on(func(n int64) error {
		if n == 3 { // begin, one step, and then
			return errStop
		}
		return nil
	}, nil)
	if p, err := eng.Quarantine.ReplayAll(t.Context(), "visit"); !errors.Is(err, errStop) || p.Handled == 0 || p.Handled == entries {
		t.Fatalf("%+v, %v; want to be stopped half way", p, err)
	}
	st.on(nil, nil)
	if _, err := eng.Schemas.Supersede(t.Context(), definition(t, declaring("visit", `"page":{"type":"string"}`)), nil); err != nil {
		t.Fatal(err)
	}
	p, err := eng.Quarantine.ReplayAll(t.Context(), "visit")
	if err != nil || p.State != engage.StateDone || p.Handled != entries || p.Accepted != entries {
		t.Errorf("%+v, %v; want all %d accepted", p, err, entries)
	}
	if left := find(t, st, kindQuarantine); len(left) != 0 {
		t.Errorf("%d are still in quarantine", len(left))
	}
}

// TestReplayMindsNoClock: entries of a process whose clock is ahead are replayed too,
// and keep the time at which they came in.
func TestReplayMindsNoClock(t *testing.T) {
	t.Parallel()
	st := newMemory(t)
	slow, fast := newClock(), newClock()
	fast.Advance(time.Hour)
	here := newEngine(t, st, &engage.Options{Clock: slow.Now})
	there := newEngine(t, st, &engage.Options{Clock: fast.Now})
	declare(t, here, declaring("visit", `"page":{"type":"string"}`, "page"))
	rejected(t, there, submission("ann", "visit", `{}`))
	if _, err := here.Schemas.Supersede(t.Context(), definition(t, declaring("visit", `"page":{"type":"string"}`)), nil); err != nil {
		t.Fatal(err)
	}
	if p, err := here.Quarantine.ReplayAll(t.Context(), "visit"); err != nil || p.Accepted != 1 {
		t.Errorf("%+v, %v; want one accepted", p, err)
	}
	page, err := here.Interactions.List(t.Context(), engage.InteractionFilter{ContactID: "ann"})
	if err != nil || len(page.Items) != 1 || !page.Items[0].ReceivedDate.Equal(fast.Now()) || !page.Items[0].CreatedDate.Equal(fast.Now()) {
		t.Errorf("%+v, %v; want what came in at %v", page.Items, err, fast.Now())
	}
}

// TestIdempotencyKeysBelongToContactAndSchema: with another contact or schema, a key
// is a conflict, which does not tell whose it is.
func TestIdempotencyKeysBelongToContactAndSchema(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, st store.Store) {
		eng := newEngine(t, st, nil)
		declare(t, eng, declaring("visit", `"page":{"type":"string"}`, "page"))
		declare(t, eng, declaring("review", ``))
		send := func(contact, schemaID, payload string) (engage.Recorded, error) {
			s := submission(contact, schemaID, payload)
			s.IdempotencyKey = "key"
			return eng.Interactions.Record(t.Context(), s)
		}
		first, err := send("alice", "visit", `{"page":"a"}`)
		if err != nil || !first.Accepted {
			t.Fatal(first, err)
		}
		for _, other := range [][2]string{{"bob", "visit"}, {"alice", "review"}, {"", "visit"}} {
			unchanged(t, st, func() {
				_, err := send(other[0], other[1], `{"page":"a"}`)
				if conflict, ok := errors.AsType[*engage.ConflictError](err); !ok || strings.Contains(conflict.Error(), "alice") {
					t.Errorf("%v: %v, want a conflict that names nobody", other, err)
				}
			})
		}
		again, err := send("alice", "visit", `{"page":"b"}`)
		if err != nil || !again.Repeated || again.ID != first.ID {
			t.Errorf("%+v, %v; want a repetition of %s", again, err, first.ID)
		}
	})
}

// TestIdempotencyKeysOfNobody: a submission that names no contact is repeated by one
// that names none either, although each would have been given a contact of its own.
func TestIdempotencyKeysOfNobody(t *testing.T) {
	t.Parallel()
	eng := newEngine(t, newMemory(t), nil)
	declare(t, eng, declaring("visit", `"page":{"type":"string"}`, "page"))
	send := func(payload string) interaction.Submission {
		s := submission("", "visit", payload)
		s.IdempotencyKey = "key"
		return s
	}
	wrong := rejected(t, eng, send(`{}`))
	right := accepted(t, eng, send(`{"page":"a"}`))
	again := accepted(t, eng, send(`{"page":"a"}`))
	if !again.Repeated || again.ID != right.ID || again.ContactID != right.ContactID {
		t.Errorf("%+v, want a repetition of %+v", again, right)
	}
	replayed, err := eng.Quarantine.Replay(t.Context(), wrong.QuarantineID)
	if err != nil || !replayed.Repeated || replayed.ID != right.ID {
		t.Errorf("replayed: %+v, %v; want that the corrected one stands", replayed, err)
	}
	if _, err := eng.Quarantine.Get(t.Context(), wrong.QuarantineID); !errors.Is(err, engage.ErrNotFound) {
		t.Errorf("%v, want it gone", err)
	}
}

// TestErasingCostsTheSameForEach: of many interactions of one contact too.
func TestErasingCostsTheSameForEach(t *testing.T) {
	t.Parallel()
	large(t)
	const recorded = 600
	st := &counting{Store: newMemory(t)}
	eng := newEngine(t, st, nil)
	declare(t, eng, declaring("visit", ``))
	submissions := make([]interaction.Submission, recorded)
	for i := range submissions {
		submissions[i] = submission("ann", "visit", `{}`)
	}
	for _, outcome := range eng.Interactions.RecordMany(t.Context(), submissions) {
		if outcome.Err != nil {
			t.Fatal(outcome.Err)
		}
	}
	st.finds.Store(0)
	if err := eng.Schemas.Delete(t.Context(), "visit", &engage.DeleteOptions{Erase: true}); err != nil {
		t.Fatal(err)
	}
	if finds := st.finds.Load(); finds > 6*recorded {
		t.Errorf("%d finds for %d interactions", finds, recorded)
	}
}

// TestMadeUpContinuationsAreRefused at once: they come from outside.
func TestMadeUpContinuationsAreRefused(t *testing.T) {
	t.Parallel()
	st := &counting{Store: newMemory(t)}
	eng := newEngine(t, st, nil)
	declare(t, eng, declaring("visit", ``))
	for range 20 {
		accepted(t, eng, submission("ann", "visit", `{}`))
	}
	filter := engage.InteractionFilter{ContactID: "ann", Limit: 3}
	page, err := eng.Interactions.List(t.Context(), filter)
	if err != nil || page.Continuation == "" {
		t.Fatal(page, err)
	}
	for _, token := range []string{
		"x", "work-0", page.Continuation + "A", page.Continuation[1:],
		"eyJhIjp7InRlcm0iOiJ6IiwiaWQiOiIifX0", `{"a":{"term":"z"}}`,
	} {
		filter.Continuation = token
		st.finds.Store(0)
		_, err := eng.Interactions.List(t.Context(), filter)
		if bad, ok := errors.AsType[*engage.InvalidError](err); !ok || bad.Field != "Continuation" || st.finds.Load() > 1 {
			t.Errorf("%q: %v after %d finds", token, err, st.finds.Load())
		}
	}
}

// TestHooksThatPanicLeaveNothing, even if somebody recovers within Atomically.
func TestHooksThatPanicLeaveNothing(t *testing.T) {
	t.Parallel()
	st := newMemory(t)
	eng := newEngine(t, st, &engage.Options{NewContact: func(context.Context, string) error { panic("hook") }})
	declare(t, eng, declaring("visit", ``))
	unchanged(t, st, func() {
		err := eng.Atomically(t.Context(), func(w *engage.Work) error {
			defer func() { _ = recover() }()
			_, err := w.Interactions.Record(t.Context(), submission("ann", "visit", `{}`))
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
}

// TestLargeWorksGetThroughBesideSmallOnes of another Engine, which never rest and touch
// the same contacts: they take on less at a time, and do not give up.
func TestLargeWorksGetThroughBesideSmallOnes(t *testing.T) {
	t.Parallel()
	contacts := 300
	if testing.Short() {
		contacts = 100
	}
	st := newMemory(t)
	eng, rival := newEngine(t, st, nil), newEngine(t, st.Peer(), nil)
	declare(t, eng, declaring("visit", `"page":{"type":"string"}`, "page"))
	declare(t, eng, declaring("review", ``))
	var visits []interaction.Submission
	for n := range contacts {
		visits = append(visits, submission(fmt.Sprintf("c%03d", n), "visit", `{"page":"a"}`))
	}
	ctx, stop := context.WithCancel(t.Context())
	var rivals sync.WaitGroup
	for first := range 4 {
		rivals.Go(func() {
			for n := first; ctx.Err() == nil; n += 3 {
				s := submission(visits[n%contacts].ContactID, "review", `{}`)
				if _, err := rival.Interactions.Record(ctx, s); err != nil && ctx.Err() == nil {
					t.Errorf("a rival: %v", err)
				}
			}
		})
	}
	defer rivals.Wait()
	defer stop()
	for n, outcome := range eng.Interactions.RecordMany(t.Context(), visits) {
		if outcome.Err != nil {
			t.Fatalf("recording %d: %v", n, outcome.Err)
		}
	}
	if err := eng.Schemas.Delete(t.Context(), "visit", &engage.DeleteOptions{Erase: true}); err != nil {
		t.Errorf("erasing: %v", err)
	}
}

// TestLostAnswersToDeletionsAreNoError: it is gone, and that is all there is to it.
func TestLostAnswersToDeletionsAreNoError(t *testing.T) {
	t.Parallel()
	st := &lossy{Store: newMemory(t)}
	eng := newEngine(t, st, nil)
	declare(t, eng, declaring("visit", `"page":{"type":"string"}`, "page"))
	entry := rejected(t, eng, submission("ann", "visit", `{}`))
	st.lose.Store(true)
	if err := eng.Quarantine.Discard(t.Context(), entry.QuarantineID); err != nil {
		t.Errorf("discarding: %v", err)
	}
}

// TestReplayGivesWayToACorrection that names the contact, which the first did not.
func TestReplayGivesWayToACorrection(t *testing.T) {
	t.Parallel()
	eng := newEngine(t, newMemory(t), nil)
	declare(t, eng, declaring("visit", `"page":{"type":"string"}`, "page"))
	wrong, right := submission("", "visit", `{}`), submission("bob", "visit", `{"page":"a"}`)
	wrong.IdempotencyKey, right.IdempotencyKey = "key", "key"
	entry := rejected(t, eng, wrong)
	recorded := accepted(t, eng, right)
	if replayed, err := eng.Quarantine.Replay(t.Context(), entry.QuarantineID); err != nil || replayed.ID != recorded.ID {
		t.Errorf("%+v, %v; want %s", replayed, err, recorded.ID)
	}
}

// TestLongValuesAreCountedAndWaitedFor, as far as they fit.
func TestLongValuesAreCountedAndWaitedFor(t *testing.T) {
	t.Parallel()
	large(t)
	const size = 512 << 10
	eng := newEngine(t, newMemory(t), &engage.Options{Schema: schema.Options{Limits: schema.Limits{PayloadBytes: size}}})
	declare(t, eng, declaring("visit", `"page":{"type":"string","addToSegmentation":true}`))
	long := `"` + strings.Repeat("<", size-20) + `"`
	accepted(t, eng, submission("ann", "visit", `{"page":`+long+`}`))
	var members []string
	for id, err := range eng.Segments.ByValue(t.Context(), engage.ValueSegment{SchemaID: "visit", Property: "page", Equals: json.RawMessage(long)}) {
		if err != nil {
			t.Fatal(err)
		}
		members = append(members, id)
	}
	if len(members) != 1 {
		t.Errorf("%v, want ann", members)
	}
	if _, err := eng.Triggers.Register(t.Context(), "visit", "page", json.RawMessage(long)); !errors.Is(err, engage.ErrInvalid) {
		t.Errorf("a trigger for a value of 512 KiB: %v", err)
	}
	for n := range engage.MaxTriggers {
		value := fmt.Sprintf(`"%03d%s"`, n, strings.Repeat("<", 4_000))
		if _, err := eng.Triggers.Register(t.Context(), "visit", "page", json.RawMessage(value)); err != nil {
			t.Fatalf("trigger %d: %v", n, err)
		}
	}
}

// TestOptionsThatCannotWorkAreRefused before anything is done with them.
func TestOptionsThatCannotWorkAreRefused(t *testing.T) {
	t.Parallel()
	for field, opts := range map[string]engage.Options{
		"Options.Tenant":                     {Tenant: "a\x00b"},
		"Options.Consumers.Lease":            {Consumers: engage.ConsumerOptions{Lease: -1}},
		"Options.Consumers.Poll":             {Consumers: engage.ConsumerOptions{Poll: -1}},
		"Options.Consumers.MaxClockSkew":     {Consumers: engage.ConsumerOptions{MaxClockSkew: -1}},
		"Options.Consumers.Abandoned":        {Consumers: engage.ConsumerOptions{Abandoned: -1}},
		"Options.Schema.Limits.Properties":   {Schema: schema.Options{Limits: schema.Limits{Properties: 1_001}}},
		"Options.Schema.Limits.PayloadBytes": {Schema: schema.Options{Limits: schema.Limits{PayloadBytes: 4<<20 + 1}}},
	} {
		_, err := engage.New(t.Context(), newMemory(t), &opts)
		if bad, ok := errors.AsType[*engage.InvalidError](err); !ok || bad.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	if _, err := engage.New(t.Context(), nil, nil); !errors.Is(err, engage.ErrInvalid) {
		t.Errorf("without a store: %v", err)
	}
	eng := newEngine(t, newMemory(t), nil)
	if err := eng.Events.Consume(t.Context(), "nobody", nil); !errors.Is(err, engage.ErrInvalid) {
		t.Errorf("without a handler: %v", err)
	}
}
