package sqlite_test

import (
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/engage-interactions/engage/store"
)

// A person with any SQLite tool reads the file.
func TestFileIsReadable(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	s := open(t, path, nil)
	b := write("b1", "x")
	b.Puts[0].Value = []byte(`{"customer":{"name":"Ünal"},"lines":[1,2.5]}`)
	b.Events[0].Value = []byte(`{"sid":"KD1"}`)
	commit(t, s, b)
	db := plain(t, path)
	for query, want := range map[string]string{
		`SELECT value ->> '$.customer.name' FROM note WHERE tenant = 'acme' AND id = 'b1/x'`: "Ünal",
		`SELECT value ->> '$.lines[1]' FROM note`:                                            "2.5",
		`SELECT typeof(value) || typeof(version) || typeof(by_topic) FROM note`:              "texttexttext",
		`SELECT tenant || version || by_author || by_topic FROM note`:                        "acmeb1annx",
		`SELECT value ->> 'sid' FROM _events WHERE type = 'note.written'`:                    "KD1",
		`SELECT typeof(value) || position || time FROM _events`:                              "text12026-02-03T04:05:06.000000007Z",
		`SELECT datetime(time) FROM _events`:                                                 "2026-02-03 04:05:06",
		`PRAGMA journal_mode`:                                                                "wal",
		`PRAGMA application_id`:                                                              "1162757953",
		`PRAGMA user_version`:                                                                "1",
		`PRAGMA integrity_check`:                                                             "ok",
	} {
		var got string
		if err := db.QueryRowContext(t.Context(), query).Scan(&got); err != nil || got != want {
			t.Errorf("%s gives %q, %v; want %q", query, got, err, want)
		}
	}
}

// A put through a handle that does not know all indexes of the kind replaces
// all terms nevertheless.
func TestIndexesOfAnotherHandle(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	old := open(t, path, nil)
	commit(t, old, write("b1", "x")) // before there is another handle
	newer := open(t, path, nil)
	if err := newer.Prepare(t.Context(), store.Kind{Name: note.Name, Indexes: []string{"topic", "due"}}); err != nil {
		t.Fatal(err)
	}
	put := func(s store.Store, id, version string, terms map[string]string) {
		t.Helper()
		commit(t, s, store.Batch{ID: id, Tenant: "acme", Puts: []store.Record{{
			Key: key("b1/x"), Version: store.Version(version), Terms: terms, Value: []byte(`1`),
		}}})
	}
	check := func(want map[string]string) {
		t.Helper()
		records, err := newer.Get(t.Context(), key("b1/x"))
		if err != nil || !maps.Equal(records[0].Terms, want) {
			t.Errorf("the record has the terms %v, %v; want %v", records[0].Terms, err, want)
		}
	}
	put(newer, "b2", "b1", map[string]string{"due": "today", "author": "ann"})
	check(map[string]string{"due": "today", "author": "ann"})
	put(old, "b3", "b2", map[string]string{"topic": "x"})
	check(map[string]string{"topic": "x"})
	page, err := newer.Find(t.Context(), store.Query{Tenant: "acme", Kind: note.Name, Index: "due"})
	if err != nil || len(page.Records) != 0 {
		t.Errorf("Find by an index of the other handle = %v, %v; want nothing", page, err)
	}
}

// Every statement on tables of records and events, in every shape, finds its
// rows by an index and in order: none goes through a table or sorts.
func TestStatementsUseIndexes(t *testing.T) {
	t.Parallel()
	var wire tap
	path := newPath(t)
	s := openWith(t, path, nil, wire.dial)
	wire.set(func(t *tap) { t.prepare = nil })
	commit(t, s, write("base", "1", "2", "3"))
	for _, b := range mixedGroup() {
		if err := s.Commit(t.Context(), b); err != nil && !errors.Is(err, store.ErrConflict) {
			t.Fatal(err)
		}
	}
	large := store.Batch{ID: "large", Tenant: "acme"}
	for i := range 100 {
		large.Checks = append(large.Checks, store.Check{Key: key(strconv.Itoa(i))})
	}
	large.Puts = write("large", "x").Puts
	commit(t, s, large)
	for _, index := range append([]string{""}, note.Indexes...) {
		for _, bounds := range []store.Query{{}, {Prefix: "a"}, {From: "a"}, {To: "z"}, {From: "a", To: "z"}, {From: "a", Prefix: "\U0010FFFF"}} {
			for _, reverse := range []bool{false, true} {
				q := bounds
				q.Tenant, q.Kind, q.Index, q.Reverse, q.Limit = "acme", note.Name, index, reverse, 1
				if _, err := s.Find(t.Context(), q); err != nil {
					t.Fatal(err)
				}
				q.Cursor = store.EncodeCursor(q, store.Position{Term: "b", ID: "c"})
				if _, err := s.Find(t.Context(), q); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	allEvents(t, s)
	if err := s.Trim(t.Context(), "acme", 2); err != nil {
		t.Fatal(err)
	}

	db := plain(t, path)
	explained := make(map[string]bool)
	for _, statement := range wire.prepare {
		word, _, _ := strings.Cut(statement, " ")
		if !slices.Contains([]string{"SELECT", "INSERT", "UPDATE", "DELETE"}, word) ||
			strings.Contains(statement, "sqlite_schema") || explained[statement] {
			continue
		}
		explained[statement] = true
		for _, detail := range explain(t, db, statement) {
			if strings.Contains(detail, "TEMP B-TREE") || strings.HasPrefix(detail, "SCAN") && !strings.HasSuffix(detail, "VALUES CLAUSE") {
				t.Errorf("%s\n\t%s", statement, detail)
			}
			if strings.Contains(detail, "SEARCH") && strings.Contains(statement, "(?, ?)") && !strings.Contains(detail, ",id)") {
				t.Errorf("%s\n\tthe cursor is not a bound of the index: %s", statement, detail)
			}
		}
	}
	if len(explained) < 30 {
		t.Errorf("only %d statements were seen", len(explained))
	}
}

// explain returns the steps by which SQLite would run a statement.
func explain(t *testing.T, db *sql.DB, statement string) []string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+statement, make([]any, strings.Count(statement, "?"))...)
	if err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	defer rows.Close()
	var steps []string
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		steps = append(steps, detail)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return steps
}

// Many handles prepare different indexes of the same kinds at the same time.
func TestPrepareTogether(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	var group sync.WaitGroup
	for i := range 4 {
		s := open(t, path, nil)
		group.Go(func() {
			for n := range 5 {
				index := fmt.Sprintf("i%d_%d", i, n)
				if err := s.Prepare(t.Context(), store.Kind{Name: "shared", Indexes: []string{"all", index}}); err != nil {
					t.Errorf("Prepare: %v", err)
					return
				}
				id := fmt.Sprintf("%d-%d", i, n)
				err := s.Commit(t.Context(), store.Batch{ID: "b" + id, Tenant: "acme", Puts: []store.Record{{
					Key:   store.Key{Tenant: "acme", Kind: "shared", ID: id},
					Terms: map[string]string{"all": "x", index: "y"}, Value: []byte(`1`),
				}}})
				if err != nil {
					t.Errorf("Commit: %v", err)
				}
			}
		})
	}
	group.Wait()
	s := open(t, path, nil)
	if err := s.Prepare(t.Context(), store.Kind{Name: "shared", Indexes: []string{"all", "i3_4"}}); err != nil {
		t.Fatal(err)
	}
	for index, want := range map[string]int{"all": 20, "i3_4": 1} {
		page, err := s.Find(t.Context(), store.Query{Tenant: "acme", Kind: "shared", Index: index})
		if err != nil || len(page.Records) != want {
			t.Errorf("Find by %s gives %d records, %v; want %d", index, len(page.Records), err, want)
		}
	}
}

// The copy that SQLite makes of a database in use is one, too.
func TestBackup(t *testing.T) {
	t.Parallel()
	path, backup := newPath(t), newPath(t)
	s := open(t, path, nil)
	commit(t, s, write("b1", "x"))
	execute(t, plain(t, path), "VACUUM INTO '"+backup+"'")
	copied := open(t, backup, nil)
	if got := look(t, copied, write("b1", "x")); got != whole {
		t.Errorf("the batch is %d in the backup", got)
	}
	commit(t, copied, write("b2", "x"))
}
