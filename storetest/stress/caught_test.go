package stress

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/engage-interactions/engage/storetest"
)

// The parts of Run, by the names of their subtests.
func parts() map[string]func(tb testing.TB, h storetest.Harness, budget time.Duration) {
	return map[string]func(tb testing.TB, h storetest.Harness, budget time.Duration){
		"sequences": func(tb testing.TB, h storetest.Harness, budget time.Duration) { sequences(tb, h, budget, 1) },
		"histories": func(tb testing.TB, h storetest.Harness, budget time.Duration) { singleKeys().run(tb, h, budget, 1) },
		"batches":   func(tb testing.TB, h storetest.Harness, budget time.Duration) { severalKeys().run(tb, h, budget, 1) },
	}
}

// Each fault is caught by the part that is there for its like. What depends on
// when goroutines meet is looked for until it is found.
func TestFaultsAreCaught(t *testing.T) {
	t.Parallel()
	for _, f := range faultyStores() {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			for range 20 {
				w := watch(t, func(tb testing.TB) { parts()[f.part](tb, harness(f.data), 10*time.Second) })
				if !w.Failed() {
					continue
				}
				if !regexp.MustCompile(f.says).MatchString(w.String()) {
					t.Errorf("%s fails it with another report than one of %q:\n%s", f.part, f.says, w)
				}
				if pages := removePages(t, w); f.part != "sequences" && f.says == noOrder && pages == 0 {
					t.Errorf("no page was written:\n%s", w)
				}
				t.Log(w)
				return
			}
			t.Errorf("%s did not find it", f.part)
		})
	}
}

// removePages looks at the pages that were written, removes them, and returns how
// many there were.
func removePages(t *testing.T, w *witness) int {
	t.Helper()
	paths := regexp.MustCompile(`open (\S+\.html) in a browser`).FindAllStringSubmatch(w.String(), -1)
	for _, path := range paths {
		content, err := os.ReadFile(path[1])
		if err != nil {
			t.Fatal(err)
		}
		if text := string(content); !strings.Contains(text, "<html") || !strings.Contains(text, " = ") {
			t.Errorf("%s shows no history", path[1])
		}
		if err := os.RemoveAll(filepath.Dir(path[1])); err != nil {
			t.Error(err)
		}
	}
	return len(paths)
}

// What the contract allows is not caught.
func TestOddStoresPass(t *testing.T) {
	t.Parallel()
	for _, f := range oddStores() {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			for part, run := range parts() {
				if w := watch(t, func(tb testing.TB) { run(tb, harness(f.data), time.Second/2) }); w.Failed() {
					t.Errorf("%s: %s", part, w)
				}
			}
		})
	}
}
