package engage_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/schema"
	"github.com/engage-interactions/engage/store"
)

const seedID = "Reuse-Spring-2023"

// seedSubmission reads the seed's interaction, as it stands.
func seedSubmission(tb testing.TB) interaction.Submission {
	tb.Helper()
	var s interaction.Submission
	if err := json.Unmarshal([]byte(seedInteraction), &s); err != nil {
		tb.Fatal(err)
	}
	return s
}

// mendedSubmission is the seed's interaction with the T that its date lacks.
func mendedSubmission(tb testing.TB) interaction.Submission {
	tb.Helper()
	s := seedSubmission(tb)
	s.CreatedDate = strings.Replace(s.CreatedDate, "711:", "T11:", 1)
	return s
}

func sameJSON(tb testing.TB, got, want []byte) bool {
	tb.Helper()
	var a, b any
	if err := errors.Join(json.Unmarshal(got, &a), json.Unmarshal(want, &b)); err != nil {
		tb.Fatal(err)
	}
	return reflect.DeepEqual(a, b)
}

func TestTheSeedsSchemaIsAcceptedAndComesBackAsTheSameJSON(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, st store.Store) {
		eng := newEngine(t, st, nil)
		created := declare(t, eng, seedSchema)
		got, err := eng.Schemas.Get(t.Context(), seedID)
		if err != nil {
			t.Fatal(err)
		}
		versions, err := eng.Schemas.Versions(t.Context(), seedID)
		if err != nil || len(versions) != 1 {
			t.Fatalf("%+v, %v", versions, err)
		}
		for _, s := range []engage.Schema{created, got, versions[0]} {
			wire, err := json.Marshal(s.Definition)
			if err != nil || !sameJSON(t, wire, []byte(seedSchema)) {
				t.Errorf("%s, %v", wire, err)
			}
			if s.Version != 1 {
				t.Errorf("version %d", s.Version)
			}
		}
		if !strings.Contains(string(got.JSONSchema), `"showInContactCard":"true"`) {
			t.Errorf("the quotes are gone: %s", got.JSONSchema)
		}
		wire, err := json.Marshal(got)
		if err != nil {
			t.Fatal(err)
		}
		var again engage.Schema
		if err := json.Unmarshal(wire, &again); err != nil || !reflect.DeepEqual(again, got) {
			t.Errorf("%+v, then %+v, %v", got, again, err)
		}
	})
}

func TestTheSeedsInteractionIsRefusedForItsDateAlone(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, st store.Store) {
		eng := newEngine(t, st, nil)
		declare(t, eng, seedSchema)
		unchanged(t, st, func() {
			_, err := eng.Interactions.Record(t.Context(), seedSubmission(t))
			wrong, ok := errors.AsType[*engage.InvalidError](err)
			if !ok || wrong.Field != "createdDate" || !errors.Is(err, engage.ErrInvalid) {
				t.Fatalf("%v", err)
			}
			if _, ok := errors.AsType[*schema.DateTimeError](err); !ok || strings.Contains(err.Error(), "711:") {
				t.Errorf("%v", err)
			}
			outcomes := eng.Interactions.RecordMany(t.Context(), []interaction.Submission{seedSubmission(t)})
			if len(outcomes) != 1 || outcomes[0].Err == nil || outcomes[0].Err.Error() != err.Error() {
				t.Errorf("%+v", outcomes)
			}
			if _, checked := eng.Interactions.Check(t.Context(), seedSubmission(t)); checked == nil || checked.Error() != err.Error() {
				t.Errorf("%v", checked)
			}
		})
	})
}

func TestTheSeedsInteractionMendedIsRecordedWithoutItsCreated(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, st store.Store) {
		clock := newClock()
		eng := newEngine(t, st, &engage.Options{Clock: clock.Now})
		declare(t, eng, seedSchema)
		s := mendedSubmission(t)
		recorded := accepted(t, eng, s)
		want := []schema.Violation{{Pointer: "/created", Code: schema.CodeFormat, Expected: "date-time", Got: "string"}}
		if !reflect.DeepEqual(recorded.Violations, want) || recorded.ContactID != s.ContactID || recorded.SchemaVersion != 1 {
			t.Errorf("%+v", recorded)
		}
		got, err := eng.Interactions.Get(t.Context(), recorded.ID)
		if err != nil {
			t.Fatal(err)
		}
		if string(got.Original()) != string(s.Payload) || string(got.Payload) != `{"price":100,"name":"Reused Item"}` {
			t.Errorf("%s from %s", got.Payload, got.Original())
		}
		if got.CreatedDate.Format("2006-01-02T15:04:05.000Z07:00") != s.CreatedDate || !got.ReceivedDate.Equal(clock.Now()) {
			t.Errorf("%v, received %v", got.CreatedDate, got.ReceivedDate)
		}
		card, err := eng.Interactions.Card(t.Context(), recorded.ID)
		if err != nil {
			t.Fatal(err)
		}
		fields := fmt.Sprintf("%s %s=%s %s=%s", card.DisplayName, card.Fields[0].Label, card.Fields[0].Value, card.Fields[1].Label, card.Fields[1].Value)
		if fields != `Reuse Spring Sale Price=100 Name="Reused Item"` || len(card.Fields) != 2 {
			t.Errorf("%s", fields)
		}
	})
}

func TestTheSeedsCreatedIsReadAsUTCIfAskedFor(t *testing.T) {
	t.Parallel()
	eng := newEngine(t, newMemory(t), &engage.Options{Schema: schema.Options{AssumeUTC: true}})
	declare(t, eng, seedSchema)
	if recorded := accepted(t, eng, mendedSubmission(t)); len(recorded.Violations) != 0 {
		t.Errorf("%+v", recorded)
	}
}

// oddPayloads are accepted under the seed's schema, and spelled in ways that are
// easily lost.
var oddPayloads = []string{
	`{"name":"a"}`,
	"\t{ \"name\" :\r\n \"a\" } \n",
	`{"name":"<script>&amp;</script>"}`,
	`{"name":"\u003c\u0026\u003E\u0000\"\/\\"}`,
	"{\"name\":\"é\u2028\u2029\U0001F600\ufeff\ufffd\x7f\"}",
	`{"name":"\ud83d\ude00\u00E9"}`,
	`{"price":1e2,"name":"a"}`,
	`{"price":100.0,"name":"a"}`,
	`{"price":-0,"name":""}`,
	`{"other":{"deep":[1,2,{"<":null}]},"name":"a"}`,
	`{"name":"a","price":"100","":0}`,
	`{"\u006eame":"a"}`,
}

func TestThePayloadIsKeptByteForByte(t *testing.T) {
	t.Parallel()
	check := func(t *testing.T, eng *engage.Engine, ids []string) {
		t.Helper()
		for i, id := range ids {
			got, err := eng.Interactions.Get(t.Context(), id)
			if err != nil || string(got.Original()) != oddPayloads[i] || !json.Valid(got.Payload) {
				t.Errorf("%q, want %q (%v)", got.Original(), oddPayloads[i], err)
			}
		}
	}
	save := func(t *testing.T, eng *engage.Engine) (ids []string) {
		t.Helper()
		declare(t, eng, seedSchema)
		for _, payload := range oddPayloads {
			ids = append(ids, accepted(t, eng, submission("ann", seedID, payload)).ID)
		}
		return ids
	}
	eachStore(t, func(t *testing.T, st store.Store) {
		eng := newEngine(t, st, nil)
		check(t, eng, save(t, eng))
	})
	t.Run("after reopening sqlite", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "engage.db")
		st := openSQLite(t, path)
		ids := save(t, newEngine(t, st, nil))
		if err := st.Close(); err != nil {
			t.Fatal(err)
		}
		eng := newEngine(t, openSQLite(t, path), nil)
		check(t, eng, ids)
		if again, err := eng.Schemas.Get(t.Context(), seedID); err != nil || !sameJSON(t, again.JSONSchema, definition(t, seedSchema).JSONSchema) {
			t.Errorf("%+v, %v", again, err)
		}
	})
}

func TestARejectedPayloadIsKeptByteForByteToo(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, st store.Store) {
		eng := newEngine(t, st, nil)
		declare(t, eng, seedSchema)
		for _, payload := range oddPayloads {
			payload = strings.NewReplacer(`"name"`, `"nom"`, `"\u006eame"`, `"\u006eom"`).Replace(payload)
			id := rejected(t, eng, submission("ann", seedID, payload)).QuarantineID
			if got, err := eng.Quarantine.Get(t.Context(), id); err != nil || string(got.Raw) != payload {
				t.Errorf("%q, want %q (%v)", got.Raw, payload, err)
			}
		}
	})
}

// hostilePayloads are those over which JSON Schema libraries panic, hang, fetch or
// guess.
func hostilePayloads() map[string]schema.PayloadCode {
	payloads := map[string]schema.PayloadCode{
		``: schema.PayloadSyntax, `{`: schema.PayloadSyntax, `{"name":NaN}`: schema.PayloadSyntax, "\ufeff{}": schema.PayloadSyntax,
		`{"name":"a",}`: schema.PayloadSyntax, `{"price":01,"name":"a"}`: schema.PayloadSyntax,
		`{"name":"a"} {"name":"b"}`: schema.PayloadTrailing, `{"name":"a"}x`: schema.PayloadTrailing,
		`[]`: schema.PayloadNotObject, `null`: schema.PayloadNotObject, `"name"`: schema.PayloadNotObject, `1e1000001`: schema.PayloadNumber,
		"{\"name\":\"\xff\"}": schema.PayloadUnicode, `{"name":"\ud800"}`: schema.PayloadUnicode,
		`{"name":"a","name":"b"}`: schema.PayloadDuplicate, `{"x":{"a":1,"\u0061":2},"name":"a"}`: schema.PayloadDuplicate,
		`{"name":"a","x":` + strings.Repeat("[", 30_000) + strings.Repeat("]", 30_000) + `}`: schema.PayloadTooDeep,
		`{"name":"` + strings.Repeat("a", 64<<10) + `"}`:                                     schema.PayloadTooLarge,
	}
	for _, number := range []string{
		"1e309", "1e400", "1e1000000", "1e1000001", "1e9000000000000000000", "1e100000000000000000000", "1e-1000001",
		strings.Repeat("9", 10_000), strings.Repeat("9", 60_000),
	} {
		payloads[`{"name":"a","price":`+number+`}`] = schema.PayloadNumber
		payloads[`{"name":"a","x":[`+number+`]}`] = schema.PayloadNumber
	}
	return payloads
}

func TestAHostilePayloadIsATypedErrorAndNothingIsKept(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, st store.Store) {
		eng := newEngine(t, st, nil)
		declare(t, eng, seedSchema)
		hostile := hostilePayloads()
		delete(hostile, `1e1000001`) // not an object, or not a number: either will do
		unchanged(t, st, func() {
			var many []interaction.Submission
			for payload, code := range hostile {
				s := submission("ann", seedID, payload)
				s.IdempotencyKey = "key"
				many = append(many, s)
				_, err := eng.Interactions.Record(t.Context(), s)
				wrong, ok := errors.AsType[*engage.InvalidError](err)
				if !ok || wrong.Field != "payload" || !errors.Is(err, engage.ErrInvalid) || !errors.Is(err, &schema.PayloadError{Code: code}) {
					t.Errorf("%.60q: %v, want %s", payload, err, code)
				}
			}
			for i, outcome := range eng.Interactions.RecordMany(t.Context(), many) {
				if !errors.Is(outcome.Err, engage.ErrInvalid) {
					t.Errorf("%.60q: %+v", many[i].Payload, outcome)
				}
			}
		})
	})
}

func TestAHostileDefinitionIsATypedErrorAndNothingIsKept(t *testing.T) {
	t.Parallel()
	st := newMemory(t)
	eng := newEngine(t, st, nil)
	declare(t, eng, seedSchema)
	unchanged(t, st, func() {
		for _, jsonSchema := range []string{
			``, `null`, `[]`, `{`, `{"type":"object"}{}`, `{"type":"array"}`, `{"type":[]}`, `{"$schema":"http://127.0.0.1:1/","type":"object"}`, `{"$schema":5,"type":"object"}`,
			`{"$ref":"#"}`, `{"type":"object","allOf":[{"$ref":"#"}]}`, `{"definitions":true,"type":"object"}`, `{"type":"object","required":[1e1000001]}`,
			`{"type":"object","properties":{"p":{"$ref":"file:///etc/passwd"}}}`, `{"type":"object","properties":{"p":{"type":"string","$ref":"http://127.0.0.1:1/"}}}`,
			`{"type":"object","properties":{"p":{"type":"number","maximum":1e-1000000}}}`, `{"type":"object","properties":{"p":{"type":"number","multipleOf":1e1000001}}}`,
			`{"type":"object","properties":{"p":{"type":"string","pattern":"` + strings.Repeat(".{0,1000}", 28) + `"}}}`,
			`{"type":"object","properties":{"p":{"type":"integer","format":"date-time"}}}`, `{"type":"object","requird":[]}`, `{"type":"object","properties":{"p":{"type":"string","format":"duration"}}}`,
			strings.Repeat("[", 60_000),
		} {
			def := schema.Definition{ID: seedID, DisplayName: "x", JSONSchema: json.RawMessage(jsonSchema)}
			_, created := eng.Schemas.Create(t.Context(), def)
			_, superseded := eng.Schemas.Supersede(t.Context(), def, &engage.SupersedeOptions{Force: true})
			for _, err := range []error{created, superseded} {
				problems, ok := errors.AsType[*schema.DefinitionError](err)
				if !ok || len(problems.Problems) == 0 || !errors.Is(err, engage.ErrInvalid) {
					t.Errorf("%.80s: %v", jsonSchema, err)
				}
			}
		}
	})
}
