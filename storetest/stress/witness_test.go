package stress

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
)

// witness stands in for the test of a store, so that what fails there does not
// fail the test that looks on.
type witness struct {
	testing.TB

	mu       sync.Mutex
	failed   bool
	output   strings.Builder
	cleanups []func()
}

// watch runs the test of a store to its end.
func watch(t *testing.T, test func(tb testing.TB)) *witness {
	t.Helper()
	w := &witness{TB: t}
	ended := make(chan struct{})
	go func() { // a test may end its goroutine
		defer close(ended)
		test(w)
	}()
	<-ended
	for _, f := range slices.Backward(w.cleanups) {
		f()
	}
	return w
}

func (w *witness) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.output.String()
}

func (w *witness) Fail() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failed = true
}

func (w *witness) Failed() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.failed
}

func (w *witness) Log(args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	fmt.Fprintln(&w.output, args...)
}

func (w *witness) Cleanup(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cleanups = append(w.cleanups, f)
}

func (w *witness) FailNow()                  { w.Fail(); runtime.Goexit() }
func (w *witness) Logf(f string, a ...any)   { w.Log(fmt.Sprintf(f, a...)) }
func (w *witness) Error(args ...any)         { w.Log(args...); w.Fail() }
func (w *witness) Errorf(f string, a ...any) { w.Logf(f, a...); w.Fail() }
func (w *witness) Fatal(args ...any)         { w.Log(args...); w.FailNow() }
func (w *witness) Fatalf(f string, a ...any) { w.Logf(f, a...); w.FailNow() }
