package day_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/engage-interactions/engage/internal/day"
	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/memory"
	"github.com/engage-interactions/engage/store/sqlite"
)

var update = flag.Bool("update", false, "write the reports that are compared with")

// goesBy has a day go by, and holds that nothing was against the rules.
func goesBy(t *testing.T, st store.Store, options day.Options) *day.Report {
	t.Helper()
	report, err := day.Run(t.Context(), st, options)
	if faults, ok := errors.AsType[*day.FaultsError](err); ok {
		for _, fault := range faults.Faults {
			t.Error(fault)
		}
	}
	if err != nil {
		t.Fatalf("%+v: %v", options, err)
	}
	return report
}

func inMemory(t *testing.T) store.Store {
	t.Helper()
	st := memory.New()
	t.Cleanup(func() { _ = st.Close() })
	return st
}

func onDisk(t *testing.T) store.Store {
	t.Helper()
	st, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "day.db"), &sqlite.Options{Synchronous: sqlite.Normal})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	return st
}

// some is how many requests come in on a short day; with -short, fewer.
func some(n int) int {
	if testing.Short() {
		return n / 3
	}
	return n
}

// TestDays has short days go by, with more crashes than a whole one has, in which there is so
// much to do that customers wait.
func TestDays(t *testing.T) {
	t.Parallel()
	for _, is := range []struct {
		name     string
		store    func(*testing.T) store.Store
		seed     uint64
		requests int
	}{
		{"in memory", inMemory, 1, 300}, {"in memory", inMemory, 2, 300}, {"on disk", onDisk, 3, 150},
	} {
		t.Run(fmt.Sprintf("%s, seed %d", is.name, is.seed), func(t *testing.T) {
			t.Parallel()
			r := goesBy(t, is.store(t), day.Options{Seed: is.seed, Workers: day.MinWorkers, Tasks: some(is.requests), Crashes: 30})
			if r.Completed == 0 || r.Crashes == 0 {
				t.Errorf("%d tasks were completed, and %d processes died", r.Completed, r.Crashes)
			}
		})
	}
}

// TestAWholeDay has the day of docs/contact-centre.md go by, which takes minutes: with
// STORETEST_EFFORT=2 or more, as .ci/soak has.
func TestAWholeDay(t *testing.T) {
	t.Parallel()
	if effort := os.Getenv("STORETEST_EFFORT"); effort == "" || effort == "1" {
		t.Skip("it takes minutes: with STORETEST_EFFORT=2 or more, as in .ci/soak")
	}
	goesBy(t, inMemory(t), day.Options{Seed: 1, Workers: day.DefaultWorkers, Tasks: day.DefaultTasks, Crashes: day.DefaultCrashes})
}

// TestReport holds the report and the drawing of a small day against those that were seen.
// They are the same each time, and on each store; who changes what the Engine does, and finds
// them to be others rightly, has them written anew: go test -run TestReport -update.
func TestReport(t *testing.T) {
	t.Parallel()
	r := goesBy(t, onDisk(t), day.Options{Seed: 7, Workers: day.MinWorkers, Tasks: 60, Crashes: 5})
	var table bytes.Buffer
	if err := r.WriteTable(&table); err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string][]byte{"report.txt": table.Bytes(), "report.svg": r.SVG()} {
		file := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(file, got, 0o644); err != nil { //nolint:gosec // as other files of the project
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if want = bytes.ReplaceAll(want, []byte("\r\n"), []byte("\n")); !bytes.Equal(got, want) {
			t.Errorf("%s is now:\n%s", name, got)
		}
	}
	for d := xml.NewDecoder(bytes.NewReader(r.SVG())); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("the drawing is no XML: %v", err)
		}
	}
}

// TestRunRefuses what can be no day.
func TestRunRefuses(t *testing.T) {
	t.Parallel()
	for _, o := range []day.Options{{}, {Workers: day.MinWorkers}, {Workers: day.MinWorkers - 1, Tasks: 1}, {Workers: 20, Tasks: 1, Crashes: -1}} {
		if _, err := day.Run(t.Context(), inMemory(t), o); err == nil {
			t.Errorf("%+v is a day", o)
		}
	}
	if _, err := day.Run(t.Context(), nil, day.Options{Workers: 20, Tasks: 1}); err == nil {
		t.Error("without a store there is a day")
	}
}
