package sqlite_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/sqlite"
)

// The benchmarks stand in pairs: "engage", and "baseline", which is what one
// would write by hand with database/sql for the same rows in the same schema,
// with the same pragmas and one transaction for each call.

var (
	benchKind  = store.Kind{Name: "interaction", Indexes: []string{"contact", "schema"}}
	benchValue = []byte(`{"note":"` + strings.Repeat("what the customer said ", 12) + `"}`)
	benchTime  = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	benchIDs   atomic.Int64
)

const (
	insertRecord = `INSERT INTO interaction (tenant, id, version, value, by_contact, by_schema) VALUES (?, ?, ?, ?, ?, ?)`
	insertLog    = `INSERT INTO _logs (tenant, last, mark) VALUES (?, 1, 0)
		ON CONFLICT (tenant) DO UPDATE SET last = last + 1 RETURNING last`
	insertEvent = `INSERT INTO _events (tenant, position, id, type, time, value) VALUES (?, ?, ?, ?, ?, ?)`
	selectOne   = `SELECT version, value, by_contact, by_schema FROM interaction WHERE tenant = ? AND id = ?`
	selectPage  = `SELECT id, version, value, by_contact, by_schema FROM interaction
		WHERE tenant = ? AND by_contact IS NOT NULL AND by_contact >= ? AND by_contact < ?
		ORDER BY by_contact, id LIMIT ?`
)

func benchID() string { return fmt.Sprintf("01HZY%021d", benchIDs.Add(1)) }

func benchRecord(id string) store.Record {
	return store.Record{
		Key:   store.Key{Tenant: "acme", Kind: benchKind.Name, ID: id},
		Terms: map[string]string{"contact": "contact-" + id[len(id)-2:], "schema": "purchase"},
		Value: benchValue,
	}
}

// benchFile makes a file with the schema of a store and returns its path.
func benchFile(b *testing.B) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), "bench.db")
	s := benchStore(b, path)
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	return path
}

func benchStore(b *testing.B, path string) *sqlite.Store {
	b.Helper()
	s, err := sqlite.Open(b.Context(), path, nil)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := s.Close(); err != nil {
			b.Error(err)
		}
	})
	if err := s.Prepare(b.Context(), benchKind); err != nil {
		b.Fatal(err)
	}
	return s
}

// byHand is the baseline.
type byHand struct {
	db                            *sql.DB
	record, log, event, one, page *sql.Stmt
}

func openByHand(b *testing.B, path string) *byHand {
	b.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?_txlock=immediate&_pragma=busy_timeout(5000)"+
		"&_pragma=synchronous(full)&_pragma=journal_mode(wal)&_pragma=journal_size_limit(67108864)")
	if err != nil {
		b.Fatal(err)
	}
	// Writers in line before the database are several times faster than
	// writers that fight for its lock.
	db.SetMaxOpenConns(1)
	h := &byHand{db: db}
	for _, s := range []struct {
		stmt **sql.Stmt
		text string
	}{{&h.record, insertRecord}, {&h.log, insertLog}, {&h.event, insertEvent}, {&h.one, selectOne}, {&h.page, selectPage}} {
		*s.stmt, err = db.PrepareContext(b.Context(), s.text) //nolint:sqlclosecheck // closed with db
		if err != nil {
			b.Fatal(err)
		}
	}
	b.Cleanup(func() {
		if err := db.Close(); err != nil {
			b.Error(err)
		}
	})
	return h
}

func (h *byHand) commit(ctx context.Context, n int) error {
	tx, err := h.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	version := benchID()
	record := tx.StmtContext(ctx, h.record) //nolint:sqlclosecheck // closed with tx
	for range n {
		r := benchRecord(benchID())
		if _, err := record.ExecContext(ctx, r.Tenant, r.ID, version, string(r.Value), r.Terms["contact"], r.Terms["schema"]); err != nil {
			return err
		}
	}
	var position int64
	log, event := tx.StmtContext(ctx, h.log), tx.StmtContext(ctx, h.event) //nolint:sqlclosecheck // closed with tx
	if err := log.QueryRowContext(ctx, "acme").Scan(&position); err != nil {
		return err
	}
	_, err = event.ExecContext(ctx, "acme", position, version, "interaction.created",
		benchTime.Format("2006-01-02T15:04:05.000000000Z"), string(benchValue))
	if err != nil {
		return err
	}
	return tx.Commit()
}

func benchCommit(ctx context.Context, s *sqlite.Store, n int) error {
	batch := store.Batch{ID: benchID(), Tenant: "acme", Puts: make([]store.Record, 0, n)}
	for range n {
		batch.Puts = append(batch.Puts, benchRecord(benchID()))
	}
	batch.Events = []store.Event{{Tenant: "acme", ID: batch.ID, Type: "interaction.created", Time: benchTime, Value: benchValue}}
	return s.Commit(ctx, batch)
}

// A commit of one record and one event, each forced to the disk before it
// returns.
func BenchmarkCommit(b *testing.B) {
	for _, callers := range []int{1, 64} {
		run := func(b *testing.B, commit func(ctx context.Context) error) {
			b.Helper()
			b.ReportAllocs()
			if callers == 1 {
				for b.Loop() {
					if err := commit(b.Context()); err != nil {
						b.Fatal(err)
					}
				}
				return
			}
			procs := runtime.GOMAXPROCS(0)
			b.SetParallelism((callers + procs - 1) / procs)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if err := commit(b.Context()); err != nil {
						b.Error(err)
						return
					}
				}
			})
		}
		b.Run(fmt.Sprintf("callers=%d/engage", callers), func(b *testing.B) {
			s := benchStore(b, filepath.Join(b.TempDir(), "bench.db"))
			run(b, func(ctx context.Context) error { return benchCommit(ctx, s, 1) })
		})
		b.Run(fmt.Sprintf("callers=%d/baseline", callers), func(b *testing.B) {
			h := openByHand(b, benchFile(b))
			run(b, func(ctx context.Context) error { return h.commit(ctx, 1) })
		})
	}
}

// One batch of 1,000 records.
func BenchmarkCommitLarge(b *testing.B) {
	b.Run("engage", func(b *testing.B) {
		s := benchStore(b, filepath.Join(b.TempDir(), "bench.db"))
		for b.Loop() {
			if err := benchCommit(b.Context(), s, 1_000); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("baseline", func(b *testing.B) {
		h := openByHand(b, benchFile(b))
		for b.Loop() {
			if err := h.commit(b.Context(), 1_000); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// filled returns the path of a file with 10,000 records, and their IDs.
func filled(b *testing.B) (path string, ids []string) {
	b.Helper()
	path = filepath.Join(b.TempDir(), "bench.db")
	s := benchStore(b, path)
	for range 10 {
		batch := store.Batch{ID: benchID(), Tenant: "acme"}
		for range 1_000 {
			r := benchRecord(benchID())
			ids = append(ids, r.ID)
			batch.Puts = append(batch.Puts, r)
		}
		if err := s.Commit(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
	}
	return path, ids
}

// One record by its key.
func BenchmarkGet(b *testing.B) {
	path, ids := filled(b)
	b.Run("engage", func(b *testing.B) {
		s := benchStore(b, path)
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			key := store.Key{Tenant: "acme", Kind: benchKind.Name, ID: ids[i*7919%len(ids)]}
			records, err := s.Get(b.Context(), key)
			if err != nil || !records[0].Exists() {
				b.Fatal(records, err)
			}
		}
	})
	b.Run("baseline", func(b *testing.B) {
		h := openByHand(b, path)
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			var version, value string
			var contact, schema sql.NullString
			row := h.one.QueryRowContext(b.Context(), "acme", ids[i*7919%len(ids)])
			if err := row.Scan(&version, &value, &contact, &schema); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// A page of 50 records of one contact.
func BenchmarkFind(b *testing.B) {
	path, _ := filled(b)
	const rows = 50
	b.Run("engage", func(b *testing.B) {
		s := benchStore(b, path)
		b.ReportAllocs()
		for b.Loop() {
			page, err := s.Find(b.Context(), store.Query{
				Tenant: "acme", Kind: benchKind.Name, Index: "contact", Prefix: "contact-42", Limit: rows,
			})
			if err != nil || len(page.Records) != rows {
				b.Fatal(len(page.Records), err)
			}
		}
	})
	b.Run("baseline", func(b *testing.B) {
		h := openByHand(b, path)
		b.ReportAllocs()
		for b.Loop() {
			found, err := h.find(b.Context(), rows)
			if err != nil || len(found) != rows {
				b.Fatal(len(found), err)
			}
		}
	})
}

func (h *byHand) find(ctx context.Context, n int) ([]store.Record, error) {
	rows, err := h.page.QueryContext(ctx, "acme", "contact-42", "contact-43", n)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	found := make([]store.Record, 0, n)
	for rows.Next() {
		r := store.Record{Key: store.Key{Tenant: "acme", Kind: benchKind.Name}}
		var contact, schema sql.NullString
		if err := rows.Scan(&r.ID, &r.Version, &r.Value, &contact, &schema); err != nil {
			return nil, err
		}
		r.Terms = map[string]string{"contact": contact.String, "schema": schema.String}
		found = append(found, r)
	}
	return found, rows.Err()
}
