package bench_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/sqlite"
)

// capture keeps the last batch that went through it.
type capture struct {
	store.Store

	last store.Batch
}

func (c *capture) Commit(ctx context.Context, b store.Batch) error {
	c.last = b
	return c.Store.Commit(ctx, b)
}

// openEngine returns an Engine on a new SQLite file, with one schema, and the batch
// that recording the first interaction of a contact comes to.
func openEngine(b *testing.B) (eng *engage.Engine, path string, template store.Batch) {
	b.Helper()
	path = filepath.Join(b.TempDir(), "engage.db")
	st, err := sqlite.Open(b.Context(), path, nil)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = st.Close() })
	through := &capture{Store: st}
	eng, err = engage.New(b.Context(), through, nil)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := eng.Schemas.Create(b.Context(), definition); err != nil {
		b.Fatal(err)
	}
	if _, err := eng.Interactions.Record(b.Context(), submission(templateContact)); err != nil {
		b.Fatal(err)
	}
	template = through.last
	// From here on nothing stands between the Engine and its store.
	if eng, err = engage.New(b.Context(), st, nil); err != nil {
		b.Fatal(err)
	}
	return eng, path, template
}

const templateContact = "00000000-0000-4000-8000-000000000000"

func contact(n int64) string { return fmt.Sprintf("00000000-0000-4000-9000-%012d", n) }

func submission(contactID string) interaction.Submission {
	return interaction.Submission{ContactID: contactID, SchemaID: definition.ID, Payload: []byte(
		`{"price":100,"created":"2018-11-13T20:20:39+00:00","name":"Reused Item"}`)}
}

// byHand writes the rows of recorded interactions with database/sql alone.
type byHand struct {
	db       *sql.DB
	template store.Batch
	id       string // of the interaction in the template
	puts     []*sql.Stmt
	event    *sql.Stmt
}

// openByHand opens a file that an Engine has prepared. One connection: writers that
// wait in line before the database are faster than writers that fight for its lock.
func openByHand(b *testing.B, path string, template store.Batch) *byHand {
	b.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?_txlock=immediate&_pragma=busy_timeout(5000)"+
		"&_pragma=synchronous(full)&_pragma=journal_mode(wal)&_pragma=journal_size_limit(67108864)")
	if err != nil {
		b.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	b.Cleanup(func() { _ = db.Close() })
	h := &byHand{db: db, template: template}
	for _, put := range template.Puts {
		columns := []string{"tenant", "id", "version", "value"}
		for _, index := range sortedTerms(put) {
			columns = append(columns, "by_"+index)
		}
		h.puts = append(h.puts, prepare(b, db, fmt.Sprintf(`INSERT INTO %q (%s) VALUES (?%s)`,
			put.Kind, strings.Join(columns, ", "), strings.Repeat(", ?", len(columns)-1))))
		if put.Kind == "interaction" {
			h.id = put.ID
		}
	}
	h.event = prepare(b, db, `INSERT INTO _events (tenant, position, id, type, time, value) VALUES (?, ?, ?, ?, ?, ?)`)
	return h
}

// prepare prepares a statement, which goes with the database.
func prepare(b *testing.B, db *sql.DB, text string) *sql.Stmt {
	b.Helper()
	stmt, err := db.PrepareContext(b.Context(), text)
	if err != nil {
		b.Fatal(err)
	}
	return stmt
}

func sortedTerms(r store.Record) []string {
	var names []string
	for name := range r.Terms {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// record writes the rows of count interactions in one transaction; n counts the
// interactions before them.
func (h *byHand) record(ctx context.Context, n int64, count int) error {
	tx, err := h.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	for range count {
		n++
		fresh := strings.NewReplacer(templateContact, contact(n), h.id, fmt.Sprintf("01B%023d", n))
		for i, put := range h.template.Puts {
			args := []any{put.Tenant, fresh.Replace(put.ID), h.template.ID, fresh.Replace(string(put.Value))}
			for _, index := range sortedTerms(put) {
				args = append(args, fresh.Replace(put.Terms[index]))
			}
			if _, err := tx.StmtContext(ctx, h.puts[i]).ExecContext(ctx, args...); err != nil { //nolint:sqlclosecheck // closed with tx
				return err
			}
		}
		for i, e := range h.template.Events {
			position := 1_000_000 + n*int64(len(h.template.Events)) + int64(i)
			if _, err := tx.StmtContext(ctx, h.event).ExecContext(ctx, e.Tenant, position, fmt.Sprintf("01E%021d%02d", n, i), e.Type, //nolint:sqlclosecheck // closed with tx
				e.Time.Format("2006-01-02T15:04:05.000000000Z"), fresh.Replace(string(e.Value))); err != nil {
				return err
			}
		}
	}
	return tx.Commit()
}
