package sqlite

import (
	"context"
	"database/sql/driver"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/engage-interactions/engage/store"
)

// table is the table of a kind, as one handle has prepared it, with the
// statements on it that do not depend on anything else. It never changes.
type table struct {
	kind    string
	name    string   // quoted
	indexes []string // sorted
	lean    string   // version and value, to read
	columns string   // and the terms, in the order of indexes
	inserts []string // of as many records as rows says
	update  string   // up to the columns of indexes that this handle does not know
	where   string   // the end of update and of remove: tenant, id, version
	remove  string
}

func newTable(kind string, indexes []string) *table {
	t := &table{kind: kind, name: quote(tableName(kind)), indexes: indexes}
	columns := []string{"version", "value"}
	for _, index := range indexes {
		columns = append(columns, column(index))
	}
	t.inserts = insertsOf(t.name+" ("+strings.Join(columns, ", ")+", tenant, id)", len(columns)+2)
	t.update = "UPDATE " + t.name + " SET " + strings.Join(columns, " = ?, ") + " = ?"
	t.where = " WHERE tenant = ? AND id = ? AND version = ?"
	t.remove = "DELETE FROM " + t.name + t.where
	// The driver copies a text twice to make bytes of it, and a blob once.
	columns[1] = "CAST(value AS BLOB)"
	t.lean, t.columns = strings.Join(columns[:2], ", "), strings.Join(columns, ", ")
	return t
}

// rows are the numbers of rows that one statement inserts, the most first.
var rows = []int{16, 4, 1}

// insertsOf returns the statements that insert as many rows as rows says. A row that
// cannot be inserted ends the transaction: to undo no more than the rows before it,
// SQLite would first have to save the pages that they go to.
func insertsOf(table string, columns int) []string {
	row := "(?" + strings.Repeat(", ?", columns-1) + ")"
	inserts := make([]string, len(rows))
	for i, n := range rows {
		inserts[i] = "INSERT OR ROLLBACK INTO " + table + " VALUES " + row + strings.Repeat(", "+row, n-1)
	}
	return inserts
}

// versions returns the query for the IDs and versions of n records.
func (t *table) versions(n int) string { return "SELECT id, version" + t.some(n) }

// records returns the query for the IDs and columns of n records.
func (t *table) records(n int, what what) string {
	if what == lean {
		return "SELECT id, " + t.lean + t.some(n)
	}
	return "SELECT id, " + t.columns + t.some(n)
}

func (t *table) some(n int) string {
	return " FROM " + t.name + " WHERE tenant = ? AND id IN (?" + strings.Repeat(", ?", n-1) + ")"
}

// few is up to how many records one statement reads whatever their tables are: with
// more of them there would be too many different ones.
const few = 8

// what says what to read of records.
type what int

const (
	all      what = iota
	lean          // all but the terms
	versions      // nothing else
)

// fewRecords returns the query for a record of each table, with its number in tables in
// front. Those of less columns than others have NULL.
func fewRecords(tables []*table, what what) string {
	most := 0
	for _, t := range tables {
		most = max(most, len(t.indexes))
	}
	var b strings.Builder
	for i, t := range tables {
		if i > 0 {
			b.WriteString(" UNION ALL ")
		}
		columns := "version"
		switch what {
		case versions:
		case lean:
			columns = t.lean
		case all:
			columns = t.columns + strings.Repeat(", NULL", most-len(t.indexes))
		}
		b.WriteString("SELECT " + strconv.Itoa(i) + ", " + columns + " FROM " + t.name + " WHERE tenant = ? AND id = ?")
	}
	return b.String()
}

// tableName is the name of a kind's table. SQLite keeps "sqlite_" for itself, and a
// table could hide one of its functions that begin with "pragma_"; no kind begins with
// an underscore.
func tableName(kind string) string {
	if strings.HasPrefix(kind, "sqlite_") || strings.HasPrefix(kind, "pragma_") {
		return "_" + kind
	}
	return kind
}

// column is the name of an index's column. With the prefix it is never one of
// the other columns.
func column(index string) string { return quote(columnPrefix + index) }

const columnPrefix = "by_"

// quote makes an identifier of a name of the grammar of kinds and indexes,
// which may be a word of SQL.
func quote(name string) string { return `"` + name + `"` }

// tables holds the tables of the prepared kinds.
type tables struct {
	mu     sync.RWMutex
	byKind map[string]*table
}

func (t *tables) of(kind string) *table {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.byKind[kind]
}

func (t *tables) set(kind string, indexes []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.byKind == nil {
		t.byKind = make(map[string]*table)
	}
	t.byKind[kind] = newTable(kind, indexes)
}

// Prepare implements [store.Store]. It creates the kinds' tables, columns and
// indexes as far as they are missing, in one transaction.
func (s *Store) Prepare(ctx context.Context, kinds ...store.Kind) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.calls.Done()
	if err := store.CheckKinds(kinds...); err != nil {
		return err
	}
	// The caller may change what it gave before the writer is done with it.
	wanted := make([]store.Kind, 0, len(kinds))
	for _, kind := range kinds {
		if known, ok := s.catalog.Indexes(kind.Name); !ok || !containsAll(known, kind.Indexes) {
			wanted = append(wanted, store.Kind{Name: kind.Name, Indexes: slices.Clone(kind.Indexes)})
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	return s.writer.do(ctx, newTask(
		func(ctx context.Context, c *conn) error { return createTables(ctx, c, wanted) },
		func() error { return s.learn(wanted) },
	))
}

// learn makes prepared kinds known. Only the writer calls it. The tables come
// first: what the catalog lets through is looked up there.
func (s *Store) learn(kinds []store.Kind) error {
	for _, kind := range kinds {
		indexes := slices.Clone(kind.Indexes)
		if known := s.tables.of(kind.Name); known != nil {
			indexes = append(indexes, known.indexes...)
		}
		slices.Sort(indexes)
		s.tables.set(kind.Name, slices.Compact(indexes))
	}
	return s.catalog.Add(kinds...)
}

// createTables makes what kinds need and the file does not have yet. It runs
// within a transaction, so that nobody else does the same.
func createTables(ctx context.Context, c *conn, kinds []store.Kind) error {
	for _, kind := range kinds {
		name := tableName(kind.Name)
		var have []string
		err := c.query(ctx, func(row []driver.Value) error {
			have = append(have, quote(text(row[0])))
			return nil
		}, "SELECT c.name FROM sqlite_schema t, pragma_table_info(t.name) c"+
			" WHERE t.type = 'table' AND t.name = ?", name) // not those that SQLite has built in, such as json_each
		if err != nil {
			return err
		}
		for _, statement := range missing(quote(name), have, kind.Indexes) {
			if _, err := c.exec(ctx, statement); err != nil {
				return err
			}
		}
		for _, index := range kind.Indexes {
			// The dot is in no kind or index: two of them never make one name.
			_, err := c.exec(ctx, "CREATE INDEX IF NOT EXISTS "+quote(name+"."+columnPrefix+index)+
				" ON "+quote(name)+" (tenant, "+column(index)+", id) WHERE "+column(index)+" IS NOT NULL")
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// missing returns the statements that give a table the columns for indexes. If
// it has no columns at all, there is no table.
func missing(name string, have, indexes []string) []string {
	if len(have) == 0 {
		var terms strings.Builder
		for _, index := range indexes {
			terms.WriteString(column(index) + " TEXT, ")
		}
		return []string{"CREATE TABLE " + name + " (tenant TEXT NOT NULL, id TEXT NOT NULL, version TEXT NOT NULL, " +
			"value TEXT NOT NULL, " + terms.String() + "UNIQUE (tenant, id))"}
	}
	var statements []string
	for _, index := range indexes {
		if !slices.Contains(have, column(index)) {
			statements = append(statements, "ALTER TABLE "+name+" ADD COLUMN "+column(index)+" TEXT")
		}
	}
	return statements
}

func containsAll(all, some []string) bool {
	for _, s := range some {
		if !slices.Contains(all, s) {
			return false
		}
	}
	return true
}
