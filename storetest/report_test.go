package storetest

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/storetest/internal/broken"
)

// reporting returns what a check with those failures reports and logs.
func reporting(t *testing.T, about string, check func(t *trial)) *recorder {
	t.Helper()
	c := Clause{ID: "some-clause", Text: "Something must be so.", Read: "store.Store", about: about, check: check}
	return watch(t, c, harnessOf(broken.Sound()))
}

func TestReportsAreFew(t *testing.T) {
	t.Parallel()
	r := reporting(t, "", func(t *trial) {
		for range 3 {
			t.broken("this", "that", "something")
		}
	})
	if len(r.reports) != 3 || len(r.logs) != 0 {
		t.Errorf("of 3 failures: %q, %q", r.reports, r.logs)
	}
	r = reporting(t, "", func(t *trial) {
		for range 20 {
			t.broken("this", "that", "something")
		}
		t.fatal("this", "that", "something")
	})
	if len(r.reports) != 3 || len(r.logs) != 1 || r.logs[0] != "[some-clause] … and 18 more like these" || !r.Failed() {
		t.Errorf("of 21 failures: %q, %q", r.reports, r.logs)
	}
}

func TestReportsAreShort(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", 5000)
	var records []store.Record
	var changes lines
	for range 1000 {
		records = append(records, doc(long, none, `"`+long+`"`, terms{owner: long}))
		changes = append(changes, long)
	}
	for _, v := range []any{long, []byte(long), []string{long, long}, errors.New(long), records[0], records, changes, store.Event{ID: long}, store.Query{Prefix: long}} {
		r := reporting(t, "", func(t *trial) { t.broken(v, v, "Get of %q", long) })
		for line := range strings.Lines(r.reports[0]) {
			if len(line) > maxShown+100 || !utf8.ValidString(line) {
				t.Errorf("%T: a line of %d bytes: %s", v, len(line), line)
			}
		}
		if n := len(r.reports[0]); n > 2*(maxLines+2)*(maxShown+100) {
			t.Errorf("%T: %d bytes", v, n)
		}
	}
}

func TestReportsSayWhenTheyAreNotAboutTheRule(t *testing.T) {
	t.Parallel()
	check := func(t *trial) {
		t.worked("Get", errors.New("broken"), "Get of something")
		t.succeed("Find", errors.New("broken"), "Find of something")
	}
	r := reporting(t, "", check)
	for i, method := range []string{"Get", "Find"} {
		want := "\n\t" + notTheRule + "\n\tread: the documentation of store.Store." + method
		if !strings.HasSuffix(r.reports[i], want) {
			t.Errorf("in a clause that is about no method: %s", r.reports[i])
		}
	}
	r = reporting(t, "Get", check)
	if strings.Contains(r.reports[0], notTheRule) || !strings.HasSuffix(r.reports[0], "\n\tread: the documentation of store.Store") {
		t.Errorf("in a clause about Get: %s", r.reports[0])
	}
	if !strings.Contains(r.reports[1], notTheRule) {
		t.Errorf("in a clause about Get: %s", r.reports[1])
	}
}

func TestPanicsAreReported(t *testing.T) {
	t.Parallel()
	for what, check := range map[string]func(t *trial){
		"in the check": func(*trial) { panic("no idea") },
		"in a goroutine of it": func(t *trial) {
			wg := t.group()
			wg.Go(func() { panic("no idea") })
			wg.Wait()
		},
		"in one of several that work together": func(t *trial) {
			t.together(actor{least: 1, round: func(int) bool { panic("no idea") }}, actor{least: 1, round: func(int) bool { return true }})
		},
		"at the end": func(t *trial) { guarded{t.TB, t}.Cleanup(func() { panic("no idea") }) },
	} {
		r := reporting(t, "", check)
		if len(r.reports) != 1 || !strings.HasPrefix(r.reports[0], "[some-clause] the check could not go on: panic: no idea\n") || !strings.Contains(r.reports[0], "report_test.go") {
			t.Errorf("%s: %q", what, r.reports)
		}
	}
}

func TestAHarnessWithoutStoresIsReported(t *testing.T) {
	t.Parallel()
	r := watch(t, clause(t, "get-absent"), Harness{Open: func(testing.TB) store.Store { return nil }})
	if len(r.reports) != 1 || !strings.Contains(r.reports[0], "Open of the harness gave no store") {
		t.Errorf("%q", r.reports)
	}
}
