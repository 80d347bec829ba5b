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
// add, 100 for each contact, with their events and tallies and all. The baseline is the JSON of
// the interactions alone.
func BenchmarkMemory(b *testing.B) {
	many := 100_000
	if small() {
		many = 1_000
	}
	o := outcome{target: targetOf("Memory"), names: []string{"json", "engage"}, took: make([][]float64, 2)}
	var everything float64
	for b.Loop() {
		st := memory.New()
		// What is counted is counted elsewhere, so that the counts are not in the heap.
		json, all := jsonOf(b, many)
		eng := must(engage.New(b.Context(), st, nil))(b)
		must(eng.Schemas.Create(b.Context(), definition))(b)
		before := heap()
		fill(b, eng, many, func(int, engage.Outcome) {})
		after := heap()
		runtime.KeepAlive(eng)
		o.took[0] = append(o.took[0], json/float64(many))
		o.took[1] = append(o.took[1], float64(after-before)/float64(many))
		everything = all / float64(many)
		_ = st.Close()
	}
	b.ReportMetric(everything, "all-json-B/op")
	o.report(b)
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
// indexes that the table of interactions has, filled in the same order. Reported are also the
// parts: what of the file is interactions, and what events.
func fileSize(b *testing.B, r *recorded) {
	db := must(sql.Open("sqlite", filepath.Join(b.TempDir(), "raw.db")))(b)
	defer func() { _ = db.Close() }()
	db.SetMaxOpenConns(1)
	query := func(to any, text string) {
		b.Helper()
		if err := db.QueryRowContext(b.Context(), text).Scan(to); err != nil {
			b.Fatal(text, err)
		}
	}
	exec := func(text string, args ...any) {
		b.Helper()
		if _, err := db.ExecContext(b.Context(), text, args...); err != nil {
			b.Fatal(text, err)
		}
	}
	exec("PRAGMA synchronous = off") // how long it takes is not what is measured
	exec("ATTACH ? AS engine", r.path)
	var many, raw, whole, interactions, events float64
	query(&many, "SELECT count(*) FROM engine.interaction")
	o := outcome{target: targetOf("File"), names: []string{"raw", "engage"}, took: make([][]float64, 2)}
	for b.Loop() {
		for _, create := range statements(b, db) {
			exec(create)
		}
		exec("INSERT INTO main.interaction SELECT * FROM engine.interaction ORDER BY rowid")
		query(&raw, "SELECT sum(pgsize) FROM dbstat('main') WHERE name LIKE 'interaction' OR name LIKE 'interaction.%' OR name LIKE 'sqlite_autoindex_interaction_1'")
		query(&whole, "SELECT page_count * page_size FROM pragma_page_count('engine'), pragma_page_size('engine')")
		query(&interactions, "SELECT sum(pgsize) FROM dbstat('engine') WHERE name LIKE 'interaction' OR name LIKE 'interaction.%' OR name LIKE 'sqlite_autoindex_interaction_1'")
		query(&events, "SELECT sum(pgsize) FROM dbstat('engine') WHERE name LIKE '_events' OR name LIKE 'sqlite_autoindex__events%'")
		o.took[0], o.took[1] = append(o.took[0], raw/many), append(o.took[1], whole/many)
		exec("DROP TABLE main.interaction")
	}
	b.ReportMetric(interactions/many, "interactions-B/op")
	b.ReportMetric(events/many, "events-B/op")
	o.report(b)
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
