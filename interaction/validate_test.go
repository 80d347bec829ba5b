package interaction_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/schema"
)

var received = time.Date(2024, 2, 29, 12, 0, 0, 5, time.FixedZone("", -3600))

// against has an optional integer n and a required string s.
func against(tb testing.TB, opts *schema.Options) interaction.SchemaVersion {
	tb.Helper()
	compiled, err := schema.Compile(schema.Definition{ID: "S", DisplayName: "S", JSONSchema: json.RawMessage(
		`{"type":"object","properties":{"n":{"type":"integer"},"s":{"type":"string"}},"required":["s"]}`)}, opts)
	if err != nil {
		tb.Fatal(err)
	}
	return interaction.SchemaVersion{Schema: compiled, Version: 7}
}

func TestASubmissionBecomesAnInteractionOrIsQuarantined(t *testing.T) {
	t.Parallel()
	missing := []schema.Violation{{Pointer: "/s", Code: schema.CodeRequired}}
	typed := []schema.Violation{{Pointer: "/n", Code: schema.CodeType, Expected: "integer", Got: "string"}}
	for name, c := range map[string]struct {
		payload, created string
		opts             *schema.Options
		projection       string // empty: quarantined
		raw              bool   // kept beside the projection
		violations       []schema.Violation
		at               time.Time
	}{
		"it conforms":              {payload: `{"s":"a","n":1}`, projection: `{"s":"a","n":1}`, at: received},
		"spaces are kept aside":    {payload: `{"s": "a"}`, projection: `{"s":"a"}`, raw: true, at: received},
		"brackets are kept twice":  {payload: `{"s":"<&>"}`, projection: `{"s":"<&>"}`, raw: true, at: received},
		"escapes are as they were": {payload: `{"s":"\u003c\u00e9"}`, projection: `{"s":"\u003c\u00e9"}`, at: received},
		"a value does not conform": {payload: `{"s":"a","n":"1"}`, projection: `{"s":"a"}`, raw: true, violations: typed, at: received},
		"strictly it is rejected":  {payload: `{"s":"a","n":"1"}`, opts: &schema.Options{Strict: true}, violations: typed, at: received},
		"a required one is absent": {payload: ` {} `, violations: missing, at: received},
		"it has a date":            {payload: `{"s":"a"}`, created: "2024-01-01T00:00:00+01:00", projection: `{"s":"a"}`, at: time.Date(2023, 12, 31, 23, 0, 0, 0, time.UTC)},
		"rejected, it has a date":  {payload: `{}`, created: "2024-01-01T00:00:00+01:00", violations: missing, at: time.Date(2023, 12, 31, 23, 0, 0, 0, time.UTC)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			payload := []byte(c.payload)
			s := interaction.Submission{ContactID: "ann", SchemaID: "S", CreatedDate: c.created, Payload: payload, IdempotencyKey: "key"}
			v, err := interaction.Validate(s, against(t, c.opts), "id", received)
			if err != nil || (v.Interaction == nil) == (v.Quarantined == nil) {
				t.Fatalf("%+v, %v", v, err)
			}
			for i := range payload {
				payload[i] = '#' // the validation shares no memory with the submission
			}
			if q := v.Quarantined; q != nil {
				want := interaction.Quarantined{
					ID: "id", ContactID: "ann", SchemaID: "S", IdempotencyKey: "key", CreatedDate: q.CreatedDate, ReceivedDate: received,
					Raw: []byte(c.payload), SchemaVersion: 7, Violations: c.violations, Attempts: 1,
				}
				if c.projection != "" || !q.CreatedDate.Equal(c.at) || !reflect.DeepEqual(*q, want) || v.Values != nil {
					t.Errorf("%+v, want %+v", *q, want)
				}
				again, err := interaction.Validate(q.Submission(), against(t, c.opts), "id", received.Add(time.Hour))
				if err != nil || again.Quarantined == nil || !again.Quarantined.CreatedDate.Equal(c.at) || string(again.Quarantined.Raw) != c.payload {
					t.Errorf("judged again: %+v, %v", again, err)
				}
				return
			}
			i := v.Interaction
			want := interaction.Interaction{
				ID: "id", ContactID: "ann", SchemaID: "S", SchemaVersion: 7, CreatedDate: i.CreatedDate, ReceivedDate: received,
				Payload: json.RawMessage(c.projection), Omitted: c.violations, IdempotencyKey: "key",
			}
			if c.raw {
				want.Raw = []byte(c.payload)
			}
			if !i.CreatedDate.Equal(c.at) || !reflect.DeepEqual(*i, want) || string(i.Original()) != c.payload {
				t.Errorf("%+v, want %+v", *i, want)
			}
			var stored bytes.Buffer
			encoder := json.NewEncoder(&stored)
			encoder.SetEscapeHTML(false)
			if err := encoder.Encode(i); err != nil {
				t.Fatal(err)
			}
			var read interaction.Interaction
			if err := json.Unmarshal(stored.Bytes(), &read); err != nil || string(read.Original()) != c.payload {
				t.Errorf("stored and read: %s, %v", read.Original(), err)
			}
			if n := strings.Count(c.projection, ":"); len(v.Values) != n {
				t.Errorf("%d values, want %d", len(v.Values), n)
			}
		})
	}
}

func TestASubmissionThatCannotBeJudgedNamesItsField(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		submission interaction.Submission
		field      string
	}{
		"no contact":           {interaction.Submission{Payload: []byte(`{"s":"SECRET"}`)}, "contactId"},
		"contact too long":     {interaction.Submission{ContactID: strings.Repeat("x", interaction.MaxContactID+1)}, "contactId"},
		"contact not UTF-8":    {interaction.Submission{ContactID: "SECRET\xff"}, "contactId"},
		"a date that is none":  {interaction.Submission{ContactID: "ann", CreatedDate: "SECRET", Payload: []byte(`{"s":"a"}`)}, "createdDate"},
		"a payload not JSON":   {interaction.Submission{ContactID: "ann", Payload: []byte(`SECRET`)}, "payload"},
		"a payload, no object": {interaction.Submission{ContactID: "ann", Payload: []byte(`["SECRET"]`)}, "payload"},
		"no payload":           {interaction.Submission{ContactID: "ann"}, "payload"},
	} {
		v, err := interaction.Validate(c.submission, against(t, nil), "id", received)
		wrong, ok := errors.AsType[*interaction.FieldError](err)
		if !ok || wrong.Field != c.field || wrong.Unwrap() == nil || v.Interaction != nil || v.Quarantined != nil || strings.Contains(err.Error(), "SECRET") {
			t.Errorf("%s: %+v, %v", name, v, err)
		}
	}
	for _, id := range []string{"a", strings.Repeat("x", interaction.MaxContactID), "\x00", "é"} {
		if err := interaction.CheckContactID(id); err != nil {
			t.Errorf("%.10q: %v", id, err)
		}
	}
}

func TestTheWireFormOfASubmissionIsTheSeeds(t *testing.T) {
	t.Parallel()
	var s interaction.Submission
	const wire = `{"contactId":"c","schemaId":"s","createdDate":"2023-05-23T11:13:42.074Z","payload":{"price":100}}`
	if err := json.Unmarshal([]byte(wire), &s); err != nil {
		t.Fatal(err)
	}
	if again, err := json.Marshal(s); err != nil || string(again) != wire {
		t.Errorf("%s, %v", again, err)
	}
}
