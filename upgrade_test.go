package engage_test

import (
	"compress/gzip"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/platformtest"
	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/sqlite"
)

// pasts are databases that earlier commits have written, with how many parts of the story
// they tell: see testdata/earlier/README.md.
var pasts = []struct {
	commit string
	parts  int
}{
	{"bccca7b", 1}, {"7e0238e", 1}, {"5ca057e", 2}, {"04dfb70", 2}, {"ca617e3", 2}, {"508eddc", 3}, {"1415425", 3}, {"cd1ffbd", 4}, {"f9ef88d", 4},
}

// past is a database of an earlier commit, with an Engine on a copy of it.
type past struct {
	*engage.Engine

	commit   string
	st       store.Store
	opts     engage.Options
	clock    *handClock
	platform *platformtest.Platform
}

// eachPast runs a test for each database that tells so many parts of the story.
func eachPast(t *testing.T, parts int, test func(t *testing.T, p *past)) {
	t.Helper()
	for _, at := range pasts {
		if at.parts < parts {
			continue
		}
		t.Run(at.commit, func(t *testing.T) {
			t.Parallel()
			p := openPast(t, at.commit)
			p.restart(t)
			test(t, p)
		})
	}
}

// openPast opens a copy of a database.
func openPast(tb testing.TB, commit string) *past {
	tb.Helper()
	packed := must(os.Open(filepath.Join("testdata", "earlier", commit+".db.gz")))(tb)
	defer func() { _ = packed.Close() }()
	path := filepath.Join(tb.TempDir(), "engage.db")
	if err := os.WriteFile(path, must(io.ReadAll(must(gzip.NewReader(packed))(tb)))(tb), 0o600); err != nil {
		tb.Fatal(err)
	}
	st := must(sqlite.Open(tb.Context(), path, &sqlite.Options{Synchronous: sqlite.Normal}))(tb)
	tb.Cleanup(func() { _ = st.Close() })
	p := &past{commit: commit, st: st, platform: platformtest.New(), clock: &handClock{now: time.Date(2026, 11, 20, 12, 6, 0, 0, time.UTC)}}
	tb.Cleanup(p.platform.Close)
	p.opts = engage.Options{Clock: p.clock.read, Platforms: map[string]engage.Platform{
		"messenger": p.platform, "chat": p.platform, "sms": p.platform,
	}}
	return p
}

// restart gives it a new Engine.
func (p *past) restart(tb testing.TB) {
	tb.Helper()
	p.Engine = must(engage.New(tb.Context(), p.st, &p.opts))(tb)
}

// All records are of the newest formats, so that they are in all indexes, and where they
// belong in them.
func TestEarlierDataIsBroughtUpToDate(t *testing.T) {
	t.Parallel()
	eachPast(t, 1, func(t *testing.T, p *past) {
		if records := p.checkTerms(t); records < 20 {
			t.Errorf("there are %d records", records)
		}
		unchanged(t, p.st, func() { p.restart(t) })
	})
}

// checkTerms fails if a record does not have the terms that it should have, and returns how
// many records there are.
func (p *past) checkTerms(tb testing.TB) (records int) {
	tb.Helper()
	for _, table := range engage.KeptTables() {
		for _, r := range find(tb, p.st, table.Declare().Name) {
			records++
			terms := must(table.Terms(r))(tb)
			if len(terms)+len(r.Terms) > 0 && !maps.Equal(terms, r.Terms) {
				tb.Errorf("%v has the terms %v; want %v", r.Key, r.Terms, terms)
			}
			if !strings.HasPrefix(string(r.Value), fmt.Sprintf(`{"_format":%d,`, table.Newest())) {
				tb.Errorf("%v is not of the newest format: %s", r.Key, r.Value)
			}
		}
	}
	return records
}
