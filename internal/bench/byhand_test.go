package bench_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store"
)

// byHand does with database/sql alone what the Engine does, on a file that an Engine has prepared.
type byHand struct {
	db     *sql.DB
	puts   []insert
	rows   [][]gaps // of each put: what its statement is given, in its order
	event  insert
	events []eventRow
	get    *sql.Stmt
	page   *sql.Stmt
	tenant string
	next   atomic.Int64 // counts the interactions that were written
}

// handsFirst is the number of the first contact who is written by hand: nobody else has it.
const handsFirst = 100_000_000

// eventRow is an event of the template.
type eventRow struct {
	store.Event

	value gaps
}

// hand is how something is written by hand.
type hand struct {
	prepares bool   // each statement once, rather than give it to the database as a text each time
	settings string // besides WAL mode and FULL
}

var (
	plain    = hand{}
	prepared = hand{prepares: true}
	// tuned is set up as the store sets up its own.
	tuned = hand{true, "&_pragma=journal_size_limit(67108864)&_pragma=cache_size(-32768)&_pragma=wal_autocheckpoint(4000)"}
)

// openByHand opens a file that an Engine has prepared, in order to write the rows of a template
// again and again, for other contacts. One connection: writers that wait in line before the database
// are faster than writers that fight for its lock.
func openByHand(b *testing.B, path string, template store.Batch, by hand) *byHand {
	b.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?_txlock=immediate&_pragma=busy_timeout(5000)"+
		"&_pragma=synchronous(full)&_pragma=journal_mode(wal)"+by.settings)
	if err != nil {
		b.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	b.Cleanup(func() { _ = db.Close() })
	h := &byHand{db: db, tenant: template.Tenant}
	// A file may have been written to by hand before.
	var before int64
	if err := db.QueryRowContext(b.Context(), "SELECT count(*) FROM _events WHERE position > 1000000000").Scan(&before); err != nil {
		b.Fatal(err)
	}
	h.next.Store(handsFirst + before)
	at := slices.IndexFunc(template.Puts, func(r store.Record) bool { return r.Kind == "interaction" })
	id := template.Puts[at].ID
	for _, put := range template.Puts {
		columns := []string{"tenant", "id", "version", "value"}
		row := []gaps{split(put.Tenant, id), split(put.ID, id), split(template.ID, id), split(string(put.Value), id)}
		for _, index := range sortedTerms(put) {
			columns = append(columns, "by_"+index)
			row = append(row, split(put.Terms[index], id))
		}
		h.puts = append(h.puts, newInsert(b, db, by, fmt.Sprintf(`INSERT INTO %q (%s) VALUES (?%s)`,
			put.Kind, strings.Join(columns, ", "), strings.Repeat(", ?", len(columns)-1))))
		h.rows = append(h.rows, row)
	}
	h.event = newInsert(b, db, by, `INSERT INTO _events (tenant, position, id, type, time, value) VALUES (?, ?, ?, ?, ?, ?)`)
	for _, e := range template.Events {
		h.events = append(h.events, eventRow{e, split(string(e.Value), id)})
	}
	h.get = prepare(b, db, `SELECT value FROM interaction WHERE tenant = ? AND id = ?`)
	h.page = prepare(b, db, `SELECT value FROM interaction WHERE tenant = ? AND by_contact_schema_created >= ?`+
		` AND by_contact_schema_created < ? ORDER BY by_contact_schema_created DESC, id DESC LIMIT 50`)
	return h
}

// insert is a statement that inserts a row.
type insert struct {
	text     string
	prepared *sql.Stmt // nil: it is given to the database as a text each time
}

func newInsert(b *testing.B, db *sql.DB, by hand, text string) insert {
	b.Helper()
	if !by.prepares {
		return insert{text: text}
	}
	return insert{text, prepare(b, db, text)}
}

// within returns what runs the statement in a transaction.
func (i insert) within(ctx context.Context, tx *sql.Tx) func(args ...any) error {
	if i.prepared == nil {
		return func(args ...any) error {
			_, err := tx.ExecContext(ctx, i.text, args...)
			return err
		}
	}
	stmt := tx.StmtContext(ctx, i.prepared)
	return func(args ...any) error {
		_, err := stmt.ExecContext(ctx, args...)
		return err
	}
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

// gaps is a text of the template in which the contact and the interaction have yet to be named. To
// put it together takes less than to marshal it: what the baseline takes is SQLite and
// database/sql.
type gaps struct {
	text []string // between the names
	who  []bool   // whether a gap is the contact's; else it is the interaction's
}

func split(text, id string) (g gaps) {
	for {
		contact, own := strings.Index(text, templateContact), strings.Index(text, id)
		switch {
		case contact >= 0 && (own < 0 || contact < own):
			g.text, g.who = append(g.text, text[:contact]), append(g.who, true)
			text = text[contact+len(templateContact):]
		case own >= 0:
			g.text, g.who = append(g.text, text[:own]), append(g.who, false)
			text = text[own+len(id):]
		default:
			g.text = append(g.text, text)
			return g
		}
	}
}

// fill puts names in.
func (g gaps) fill(contact, id string) string {
	if len(g.who) == 0 {
		return g.text[0]
	}
	var to strings.Builder
	to.Grow(512)
	for n, who := range g.who {
		to.WriteString(g.text[n])
		if who {
			to.WriteString(contact)
		} else {
			to.WriteString(id)
		}
	}
	to.WriteString(g.text[len(g.who)])
	return to.String()
}

// record writes the rows of some interactions in one transaction; n counts the
// interactions before them.
func (h *byHand) record(ctx context.Context, n int64, many int) error {
	tx, err := h.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	puts := make([]func(...any) error, len(h.puts))
	for i, put := range h.puts {
		puts[i] = put.within(ctx, tx)
	}
	event := h.event.within(ctx, tx)
	var args []any
	for range many {
		n++
		who, id := contact(n), fmt.Sprintf("01B%023d", n)
		for i, put := range puts {
			args = args[:0]
			for _, g := range h.rows[i] {
				args = append(args, g.fill(who, id))
			}
			if err := put(args...); err != nil {
				return err
			}
		}
		for i, e := range h.events {
			position := 1_000_000_000 + n*int64(len(h.events)) + int64(i)
			if err := event(e.Tenant, position, fmt.Sprintf("01E%021d%02d", n, i), e.Type,
				e.Time.Format("2006-01-02T15:04:05.000000000Z"), e.value.fill(who, id)); err != nil {
				return err
			}
		}
	}
	return tx.Commit()
}

// recordNew records interactions of contacts that have none yet, in one transaction.
func (h *byHand) recordNew(ctx context.Context, many int) func() error {
	return func() error { return h.record(ctx, h.next.Add(int64(many))-int64(many), many) }
}

// find reads an interaction.
func (h *byHand) find(ctx context.Context, id string) (found interaction.Interaction, err error) {
	var value []byte
	if err := h.get.QueryRowContext(ctx, h.tenant, id).Scan(&value); err != nil {
		return found, err
	}
	err = json.Unmarshal(value, &found)
	return found, err
}

// findOf reads those that [recorded.get] reads.
func (h *byHand) findOf(ctx context.Context, r *recorded) func() error {
	n := 0
	return func() error {
		n++
		id := r.ids[n*7919%len(r.ids)]
		found, err := h.find(ctx, id)
		return same(id, found.ID, err)
	}
}

// list reads the latest interactions of a contact under the schema.
func (h *byHand) list(ctx context.Context, contactID string) (page []interaction.Interaction, err error) {
	within := store.Tuple{}.Text(contactID).Text(definition.ID).String()
	rows, err := h.page.QueryContext(ctx, h.tenant, within, within+"\U0010FFFF")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var value sql.RawBytes
		if err := rows.Scan(&value); err != nil {
			return nil, err
		}
		var found interaction.Interaction
		if err := json.Unmarshal(value, &found); err != nil {
			return nil, err
		}
		page = append(page, found)
	}
	return page, rows.Err()
}

// listOf lists those that [recorded.list] lists.
func (h *byHand) listOf(ctx context.Context, r *recorded) func() error {
	n := int64(0)
	return func() error {
		n++
		page, err := h.list(ctx, contact(n*7919%r.contacts))
		return fifty(len(page), err)
	}
}
