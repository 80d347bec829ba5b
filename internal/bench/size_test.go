package bench_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/memory"
)

// sized counts the JSON that is stored, as it is after the last commit.
type sized struct {
	store.Store

	records map[store.Key]int
	events  int // bytes of them
}

func (s *sized) Commit(ctx context.Context, b store.Batch) error {
	err := s.Store.Commit(ctx, b)
	if err != nil {
		return err
	}
	for _, put := range b.Puts {
		s.records[put.Key] = len(put.Value)
	}
	for _, e := range b.Events {
		s.events += len(e.Value)
	}
	return nil
}

// BenchmarkMemory is what an interaction takes in the memory store: the heap that 100,000 of them
// add, 100 for each contact, with their tallies and contacts and indexes, once their events are trimmed.
// The baseline is the JSON of the interactions alone. Between them are the JSON of all that is stored with
// them, and the heap before the events are trimmed.
func BenchmarkMemory(b *testing.B) {
	many := 100_000
	if small() {
		many = 1_000
	}
	o := outcome{target: targetOf("Memory"), names: []string{"json", "everything", "with-events", "engage"}, took: make([][]float64, 4)}
	for b.Loop() {
		st := memory.New()
		// What is counted is counted elsewhere, so that the counts are not in the heap.
		json, all := jsonOf(b, many)
		eng := must(engage.New(b.Context(), st, nil))(b)
		must(eng.Schemas.Create(b.Context(), definition))(b)
		before := heap()
		fill(b, eng, many, func(int, engage.Outcome) {})
		events := heap()
		trim(b, st)
		after := heap()
		runtime.KeepAlive(eng)
		for n, size := range []float64{json, all, float64(events - before), float64(after - before)} {
			o.took[n] = append(o.took[n], size/float64(many))
		}
		_ = st.Close()
	}
	o.report(b)
}

// trim removes all events.
func trim(b *testing.B, st store.Store) {
	b.Helper()
	last := int64(0)
	for {
		events := must(st.Events(b.Context(), engage.DefaultTenant, last, store.MaxLimit))(b)
		if len(events) == 0 {
			break
		}
		last = events[len(events)-1].Position
	}
	if err := st.Trim(b.Context(), engage.DefaultTenant, last); err != nil {
		b.Fatal(err)
	}
}

// jsonOf returns the size of the JSON of so many interactions, and of all that is stored with them.
func jsonOf(b *testing.B, many int) (interactions, all float64) {
	b.Helper()
	s := &sized{Store: memory.New(), records: map[store.Key]int{}}
	defer func() { _ = s.Close() }()
	eng := must(engage.New(b.Context(), s, nil))(b)
	must(eng.Schemas.Create(b.Context(), definition))(b)
	fill(b, eng, many, func(int, engage.Outcome) {})
	for key, size := range s.records {
		if all += float64(size); key.Kind == "interaction" {
			interactions += float64(size)
		}
	}
	return interactions, all + float64(s.events)
}

// heap returns how many bytes are in use.
func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // what the first one has finalized
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// fileSize is what an interaction takes in SQLite. The baseline is a table with the columns and
// indexes that the table of interactions has, filled in the same order. Between them is what one would
// perhaps write instead (lean), and what of the Engine's file is interactions, and what events.
func fileSize(b *testing.B, r *recorded) {
	db := must(sql.Open("sqlite", filepath.Join(b.TempDir(), "raw.db")))(b)
	defer func() { _ = db.Close() }()
	db.SetMaxOpenConns(1)
	number := func(text string) (n float64) {
		b.Helper()
		if err := db.QueryRowContext(b.Context(), text).Scan(&n); err != nil {
			b.Fatal(text, err)
		}
		return n
	}
	exec := func(text string, args ...any) {
		b.Helper()
		if _, err := db.ExecContext(b.Context(), text, args...); err != nil {
			b.Fatal(text, err)
		}
	}
	pages := func(file, table string) float64 {
		b.Helper()
		return number("SELECT sum(pgsize) FROM dbstat('" + file + "') WHERE name IN" +
			" (SELECT name FROM " + file + ".sqlite_schema WHERE tbl_name = '" + table + "')")
	}
	exec("PRAGMA synchronous = off") // how long it takes is not what is measured
	exec("ATTACH ? AS engine", r.path)
	many := number("SELECT count(*) FROM engine.interaction")
	o := outcome{target: targetOf("File"), names: []string{"raw", "lean", "interactions", "events", "engage"}, took: make([][]float64, 5)}
	for b.Loop() {
		for _, create := range statements(b, db) {
			exec(create)
		}
		exec("INSERT INTO main.interaction SELECT * FROM engine.interaction ORDER BY rowid")
		for _, create := range lean {
			exec(create)
		}
		exec("INSERT INTO main.lean SELECT id, value ->> 'contactId', value ->> 'recordedFor', value ->> 'schemaId', value ->> 'schemaVersion'," +
			" value ->> 'createdDate', value ->> 'receivedDate', value -> 'payload' FROM engine.interaction ORDER BY rowid")
		for n, size := range []float64{
			pages("main", "interaction"), pages("main", "lean"), pages("engine", "interaction"), pages("engine", "_events"),
			number("SELECT page_count * page_size FROM pragma_page_count('engine'), pragma_page_size('engine')"),
		} {
			o.took[n] = append(o.took[n], size/many)
		}
		exec("DROP TABLE main.interaction")
		exec("DROP TABLE main.lean")
	}
	o.report(b)
}

// lean is a table of interactions, and of nothing else, without tenants and versions. It can be
// listed in the same orders.
var lean = []string{
	"CREATE TABLE main.lean (id TEXT PRIMARY KEY, contact TEXT, recorded_for TEXT, schema TEXT, schema_version INTEGER, created TEXT, received TEXT, payload TEXT)",
	"CREATE INDEX main.lean1 ON lean (contact, created, id)",
	"CREATE INDEX main.lean2 ON lean (contact, received, id)",
	"CREATE INDEX main.lean3 ON lean (contact, schema, created, id)",
	"CREATE INDEX main.lean4 ON lean (schema, created, id)",
	"CREATE INDEX main.lean5 ON lean (schema, received, id)",
	"CREATE INDEX main.lean6 ON lean (recorded_for, id) WHERE recorded_for IS NOT NULL",
}

// statements returns those that create the table of interactions and its indexes.
func statements(b *testing.B, db *sql.DB) (all []string) {
	b.Helper()
	rows := must(db.QueryContext(b.Context(), "SELECT sql FROM engine.sqlite_schema WHERE tbl_name = 'interaction' AND sql IS NOT NULL ORDER BY type DESC"))(b)
	defer rows.Close()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			b.Fatal(err)
		}
		text = strings.Replace(text, "CREATE INDEX ", "CREATE INDEX main.", 1)
		all = append(all, strings.Replace(text, "CREATE TABLE ", "CREATE TABLE main.", 1))
	}
	if err := rows.Err(); err != nil {
		b.Fatal(err)
	}
	return all
}
