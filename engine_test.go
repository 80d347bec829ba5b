package engage_test

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/schema"
	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/memory"
	"github.com/engage-interactions/engage/store/sqlite"
)

// seedSchema is the example of seed 002, "The schema", as it stands.
const seedSchema = `{
 "id": "Reuse-Spring-2023",
 "displayName": "Reuse Spring Sale",
 "jsonSchema": {
   "$schema": "https://json-schema.org/draft/2020-12/schema",
   "type": "object",
   "properties": {
     "price": {
       "type": "integer",
       "displayName": "Price",
       "showInContactCard": "true"
     },
     "created": {
       "type": "string",
       "format": "date-time",
       "displayName": "Created",
       "showInContactCard": "true"
     },
     "name": {
       "type": "string",
       "displayName": "Name",
       "showInContactCard": "true"
     }
   },
  "required":["name"]
 }
}`

// seedInteraction is the example of seed 002, "Sending an interaction", as it
// stands: its createdDate is no date.
const seedInteraction = `{
    "contactId":"cf6d21fa-6e2b-481c-ab38-afa1012233ff",
    "schemaId": "Reuse-Spring-2023",
    "createdDate": "2023-05-23711:13:42.074Z",
    "payload":{
        "price": 100,
        "created": "2011-11-03T20:00:11",
        "name": "Reused Item"
    }
}`

// clock is a clock that stands still until it is moved.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock {
	return &clock{now: time.Date(2024, 2, 29, 12, 0, 0, 123456789, time.UTC)}
}

// Now returns what the clock shows.
func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock, backwards too.
func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// eachStore runs a test on a fresh store of every kind.
func eachStore(t *testing.T, test func(t *testing.T, st store.Store)) {
	t.Helper()
	t.Run("memory", func(t *testing.T) {
		t.Parallel()
		test(t, newMemory(t))
	})
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, openSQLite(t, filepath.Join(t.TempDir(), "engage.db")))
	})
}

func newMemory(tb testing.TB) *memory.Store {
	tb.Helper()
	st := memory.New()
	tb.Cleanup(func() {
		if err := st.Close(); err != nil {
			tb.Errorf("closing the store: %v", err)
		}
	})
	return st
}

// openSQLite opens a file, without forcing what is committed to the disk.
func openSQLite(tb testing.TB, path string) *sqlite.Store {
	tb.Helper()
	st, err := sqlite.Open(tb.Context(), path, &sqlite.Options{Synchronous: sqlite.Normal})
	if err != nil {
		tb.Fatalf("opening %s: %v", path, err)
	}
	tb.Cleanup(func() {
		if err := st.Close(); err != nil {
			tb.Errorf("closing the store: %v", err)
		}
	})
	return st
}

// newEngine returns an Engine whose clock stands still, unless the options bring
// one.
func newEngine(tb testing.TB, st store.Store, opts *engage.Options) *engage.Engine {
	tb.Helper()
	var o engage.Options
	if opts != nil {
		o = *opts
	}
	if o.Clock == nil {
		o.Clock = newClock().Now
	}
	eng, err := engage.New(tb.Context(), st, &o)
	if err != nil {
		tb.Fatalf("making an engine: %v", err)
	}
	return eng
}

// definition reads a definition without checking it.
func definition(tb testing.TB, text string) schema.Definition {
	tb.Helper()
	var def schema.Definition
	if err := json.Unmarshal([]byte(text), &def); err != nil {
		tb.Fatalf("reading a definition: %v", err)
	}
	return def
}

// declare creates the schema that a JSON document defines.
func declare(tb testing.TB, eng *engage.Engine, text string) engage.Schema {
	tb.Helper()
	created, err := eng.Schemas.Create(tb.Context(), definition(tb, text))
	if err != nil {
		tb.Fatalf("creating a schema: %v", err)
	}
	return created
}

// declaring returns a definition with properties, which are the members of a JSON
// object, and required names.
func declaring(id, properties string, required ...string) string {
	names, _ := json.Marshal(append([]string{}, required...))
	return fmt.Sprintf(`{"id":%q,"displayName":%q,"jsonSchema":{"type":"object","properties":{%s},"required":%s}}`, id, id, properties, names)
}

// submission returns a submission that happens when it is received.
func submission(contact, schemaID, payload string) interaction.Submission {
	return interaction.Submission{ContactID: contact, SchemaID: schemaID, Payload: json.RawMessage(payload)}
}

// accepted records a submission that must be accepted.
func accepted(tb testing.TB, eng *engage.Engine, s interaction.Submission) engage.Recorded {
	tb.Helper()
	recorded, err := eng.Interactions.Record(tb.Context(), s)
	if err != nil || !recorded.Accepted {
		tb.Fatalf("recording: %+v, %v", recorded, err)
	}
	return recorded
}

// rejected records a submission that must be rejected.
func rejected(tb testing.TB, eng *engage.Engine, s interaction.Submission) engage.Recorded {
	tb.Helper()
	recorded, err := eng.Interactions.Record(tb.Context(), s)
	if err != nil || recorded.Accepted || recorded.QuarantineID == "" {
		tb.Fatalf("recording: %+v, %v", recorded, err)
	}
	return recorded
}

// events returns the events of some types, of all types if none is named.
func events(tb testing.TB, eng *engage.Engine, types ...engage.EventType) []engage.Event {
	tb.Helper()
	var all []engage.Event
	for event, err := range eng.Events.After(tb.Context(), 0) {
		if err != nil {
			tb.Fatalf("reading events: %v", err)
		}
		if len(types) == 0 || slices.Contains(types, event.Type) {
			all = append(all, event)
		}
	}
	return all
}

// decode reads the data of an event.
func decode[T any](tb testing.TB, event engage.Event) T {
	tb.Helper()
	var data T
	if err := event.Decode(&data); err != nil {
		tb.Fatal(err)
	}
	return data
}

// counting is a store that counts the calls it passes on, and the records that
// they returned, and can be told to fail.
type counting struct {
	store.Store

	commits, gets, finds, records atomic.Int64

	mu     sync.Mutex
	before func(n int64) error // called before the n-th commit, from 1; its error is the commit's
	after  func(n int64)       // called after the n-th commit, if that succeeded
	puts   map[string]int      // by kind, of commits that succeeded
	kinds  []store.Kind
}

// Prepare notes the kinds.
func (c *counting) Prepare(ctx context.Context, kinds ...store.Kind) error {
	c.mu.Lock()
	c.kinds = append(c.kinds, kinds...)
	c.mu.Unlock()
	return c.Store.Prepare(ctx, kinds...)
}

// Get counts.
func (c *counting) Get(ctx context.Context, keys ...store.Key) ([]store.Record, error) {
	records, err := c.Store.Get(ctx, keys...)
	c.gets.Add(1)
	c.records.Add(int64(len(records)))
	return records, err
}

// Find counts.
func (c *counting) Find(ctx context.Context, q store.Query) (store.Page, error) {
	page, err := c.Store.Find(ctx, q)
	c.finds.Add(1)
	c.records.Add(int64(len(page.Records)))
	return page, err
}

// Commit counts, and fails if it is told to.
func (c *counting) Commit(ctx context.Context, b store.Batch) error {
	n := c.commits.Add(1)
	c.mu.Lock()
	before, after := c.before, c.after
	c.mu.Unlock()
	if before != nil {
		if err := before(n); err != nil {
			return err
		}
	}
	err := c.Store.Commit(ctx, b)
	if err == nil {
		c.mu.Lock()
		if c.puts == nil {
			c.puts = map[string]int{}
		}
		for _, r := range b.Puts {
			c.puts[r.Kind]++
		}
		c.mu.Unlock()
		if after != nil {
			after(n)
		}
	}
	return err
}

// on sets what to call around commits, and counts from 0 again.
func (c *counting) on(before func(n int64) error, after func(n int64)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.before, c.after = before, after
	c.commits.Store(0)
}

// interruptions are the ways in which a task can be cut short at its n-th commit.
func interruptions() map[string]func(st *counting, n int64, cancel func()) {
	return map[string]func(st *counting, n int64, cancel func()){
		"the store fails": func(st *counting, n int64, _ func()) {
			st.on(func(at int64) error {
				if at == n {
					return store.ErrUnavailable
				}
				return nil
			}, nil)
		},
		"the context ends": func(st *counting, n int64, cancel func()) {
			st.on(nil, func(at int64) {
				if at == n {
					cancel()
				}
			})
		},
	}
}

// The kinds of record that the services keep.
const (
	kindInteraction  = "interaction"
	kindQuarantine   = "quarantined_interaction"
	kindSegmentValue = "segment_value"
	kindTally        = "tally"
	kindFiring       = "trigger_firing"
)

func allKinds() []string {
	return []string{
		"interaction_schema", "interaction_schema_version", "interaction_schema_census",
		kindInteraction, kindQuarantine, "idempotency_key", "contact", kindTally, kindSegmentValue,
		kindFiring, "progress",

		"content_source", "community", "identity", "identity_key", "content_thread", "thread_key", "current_thread", "correspondent",
		"content", "content_key", "post_key", "intervention", "intervention_comment", "engaged_list", "category_tree", "timeline_entry", "thread_control", "thread_control_settings", "thread_control_span", "thread_control_watch",
		"workspace", "routing_name", "activity", "task_channel", "crews", "task_queue", "workflow", "workflow_configuration", "worker", "ready_worker", "task", "reservation", "flex_interaction", "flex_key", "interaction_channel", "interaction_invite", "interaction_participant", "interaction_transfer", "task_count", "worker_count", "interaction_address",
		"job", "job_lane", "data_format",
	}
}

// find returns all records of a kind of the default tenant.
func find(tb testing.TB, st store.Store, kind string) []store.Record {
	tb.Helper()
	var all []store.Record
	q := store.Query{Tenant: engage.DefaultTenant, Kind: kind, Limit: store.MaxLimit}
	for {
		page, err := st.Find(tb.Context(), q)
		if err != nil {
			tb.Fatalf("finding %s: %v", kind, err)
		}
		all = append(all, page.Records...)
		if q.Cursor = page.Next; page.Next == "" {
			return all
		}
	}
}

// dump returns all that a store keeps for the default tenant, line by line.
func dump(tb testing.TB, st store.Store) []string {
	tb.Helper()
	var lines []string
	for _, kind := range allKinds() {
		for _, r := range find(tb, st, kind) {
			lines = append(lines, fmt.Sprintf("%v %s %s", r.Key, r.Version, r.Value))
		}
	}
	position := int64(0)
	for {
		page, err := st.Events(tb.Context(), engage.DefaultTenant, position, store.MaxLimit)
		if err != nil {
			tb.Fatalf("reading events: %v", err)
		}
		for _, e := range page {
			lines = append(lines, fmt.Sprintf("event %d %s %s %s", e.Position, e.ID, e.Type, e.Value))
			position = e.Position
		}
		if len(page) == 0 {
			return lines
		}
	}
}

// unchanged fails if a call has changed anything in the store.
func unchanged(tb testing.TB, st store.Store, call func()) {
	tb.Helper()
	before := dump(tb, st)
	call()
	if after := dump(tb, st); !slices.Equal(before, after) {
		tb.Errorf("the store changed:\n%d lines, now %d: %q", len(before), len(after), after[max(0, len(after)-3):])
	}
}

func TestTheListOfKindsIsComplete(t *testing.T) {
	t.Parallel()
	st := &counting{Store: newMemory(t)}
	newEngine(t, st, nil)
	for _, kind := range st.kinds {
		if kind.Name != "consumer" && kind.Name != "consumer_floor" && !slices.Contains(allKinds(), kind.Name) {
			t.Errorf("%s is not in the list", kind.Name)
		}
	}
}
