package bench_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/schema"
	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/sqlite"
)

// definition is the schema that seed 002 shows, with its payload.
var definition = schema.Definition{
	ID:          "Reuse-Spring-2023",
	DisplayName: "Reuse Spring Sale",
	JSONSchema: []byte(`{
		"$schema": "https://json-schema.org/draft/2020-12/schema",
		"type": "object",
		"properties": {
			"price":   {"type": "integer", "displayName": "Price", "showInContactCard": "true"},
			"created": {"type": "string", "format": "date-time", "displayName": "Created", "showInContactCard": "true"},
			"name":    {"type": "string", "displayName": "Name", "showInContactCard": "true"}
		},
		"required": ["name"]
	}`),
}

const payload = `{"price":100,"created":"2018-11-13T20:20:39+00:00","name":"Reused Item"}`

func submission(contactID string) interaction.Submission {
	return interaction.Submission{ContactID: contactID, SchemaID: definition.ID, Payload: []byte(payload)}
}

const templateContact = "00000000-0000-4000-8000-000000000000"

// contact returns the ID of a contact, which looks as if it were random: those who come one after
// another are not neighbours in an index.
func contact(n int64) string {
	mixed := uint64(n) * 0x9E3779B97F4A7C15 //nolint:gosec // it counts from 0
	mixed ^= mixed >> 32
	return fmt.Sprintf("%08x-0000-4000-9000-%012d", uint32(mixed), n) //nolint:gosec // a part of it
}

// capture keeps the last batch that went through it.
type capture struct {
	store.Store

	last store.Batch
}

func (c *capture) Commit(ctx context.Context, b store.Batch) error {
	c.last = b
	return c.Store.Commit(ctx, b)
}

// recorded is an Engine on a SQLite file, in which interactions are recorded.
type recorded struct {
	*engage.Engine

	path     string
	template store.Batch // that recording the first interaction of a contact comes to
	next     atomic.Int64
	ids      []string // of some interactions
	contacts int64    // who have 100 each
}

// openEngine returns an Engine on a new SQLite file, with one schema and one interaction.
func openEngine(b *testing.B) *recorded {
	b.Helper()
	r := &recorded{path: filepath.Join(b.TempDir(), "engage.db")}
	st := must(sqlite.Open(b.Context(), r.path, nil))(b)
	b.Cleanup(func() { _ = st.Close() })
	through := &capture{Store: st}
	eng := must(engage.New(b.Context(), through, nil))(b)
	must(eng.Schemas.Create(b.Context(), definition))(b)
	must(eng.Interactions.Record(b.Context(), submission(templateContact)))(b)
	r.template = through.last
	// From here on nothing stands between the Engine and its store.
	r.Engine = must(engage.New(b.Context(), st, nil))(b)
	return r
}

// fill records interactions, 100 for each contact; their contacts take turns. It does not wait for
// the disk.
func (r *recorded) fill(b *testing.B, stored int) {
	b.Helper()
	st := must(sqlite.Open(b.Context(), r.path, &sqlite.Options{Synchronous: sqlite.Normal}))(b)
	defer func() { _ = st.Close() }()
	fill(b, must(engage.New(b.Context(), st, nil))(b), stored, func(n int, o engage.Outcome) {
		if n%(stored/min(stored, 5_000)) == 0 {
			r.ids = append(r.ids, o.ID)
		}
	})
	r.contacts = int64(stored / 100)
	r.next.Store(r.contacts)
}

func fill(b *testing.B, eng *engage.Engine, stored int, each func(n int, o engage.Outcome)) {
	b.Helper()
	for first := 0; first < stored; first += 1_000 {
		submissions := make([]interaction.Submission, min(1_000, stored-first))
		for i := range submissions {
			submissions[i] = submission(contact(int64((first + i) % (stored / 100))))
		}
		for n, outcome := range eng.Interactions.RecordMany(b.Context(), submissions) {
			if outcome.Err != nil {
				b.Fatal(outcome.Err)
			}
			each(first+n, outcome)
		}
	}
}

// record records an interaction of a contact that has none yet.
func (r *recorded) record(ctx context.Context) func() error {
	return func() error {
		_, err := r.Interactions.Record(ctx, submission(contact(r.next.Add(1))))
		return err
	}
}

// recordMany records interactions in one call, each of a contact that has none yet.
func (r *recorded) recordMany(ctx context.Context, many int) func() error {
	return func() error {
		submissions := make([]interaction.Submission, many)
		for i := range submissions {
			submissions[i] = submission(contact(r.next.Add(1)))
		}
		for _, outcome := range r.Interactions.RecordMany(ctx, submissions) {
			if outcome.Err != nil {
				return outcome.Err
			}
		}
		return nil
	}
}

// get reads an interaction by its ID: one that was not read shortly before.
func (r *recorded) get(ctx context.Context) func() error {
	n := 0
	return func() error {
		n++
		id := r.ids[n*7919%len(r.ids)]
		found, err := r.Interactions.Get(ctx, id)
		return same(id, found.ID, err)
	}
}

func same(want, got string, err error) error {
	if err == nil && got != want {
		return fmt.Errorf("%s instead of %s", got, want)
	}
	return err
}

// list reads a page of 50 of one contact after another.
func (r *recorded) list(ctx context.Context) func() error {
	n := int64(0)
	return func() error {
		n++
		filter := engage.InteractionFilter{ContactID: contact(n * 7919 % r.contacts), SchemaID: definition.ID}
		page, err := r.Interactions.List(ctx, filter)
		return fifty(len(page.Items), err)
	}
}

func fifty(items int, err error) error {
	if err == nil && items != 50 {
		return fmt.Errorf("a page of %d", items)
	}
	return err
}
