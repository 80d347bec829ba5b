package storetest

import (
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"
)

// recorder looks on while a clause is checked. What the check reports does not
// reach the test that the recorder stands in for.
type recorder struct {
	testing.TB

	mu       sync.Mutex
	failed   bool
	skipped  bool
	reports  []string
	logs     []string
	cleanups []func()
}

func (r *recorder) report(text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reports = append(r.reports, text)
}

func (r *recorder) Fail() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failed = true
}

func (r *recorder) Failed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.failed
}

func (r *recorder) Skipped() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.skipped
}

func (r *recorder) SkipNow() {
	r.mu.Lock()
	r.skipped = true
	r.mu.Unlock()
	runtime.Goexit()
}

func (r *recorder) Logf(f string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.logs = append(r.logs, fmt.Sprintf(f, args...))
}

func (r *recorder) Cleanup(f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cleanups = append(r.cleanups, f)
}

func (r *recorder) FailNow()                    { r.Fail(); runtime.Goexit() }
func (r *recorder) Error(args ...any)           { r.report(fmt.Sprint(args...)); r.Fail() }
func (r *recorder) Errorf(f string, a ...any)   { r.report(fmt.Sprintf(f, a...)); r.Fail() }
func (r *recorder) Fatal(args ...any)           { r.report(fmt.Sprint(args...)); r.FailNow() }
func (r *recorder) Fatalf(f string, a ...any)   { r.report(fmt.Sprintf(f, a...)); r.FailNow() }
func (r *recorder) Skip(args ...any)            { r.report(fmt.Sprint(args...)); r.SkipNow() }
func (r *recorder) Skipf(f string, args ...any) { r.report(fmt.Sprintf(f, args...)); r.SkipNow() }
func (r *recorder) Log(args ...any)             { r.Logf("%s", fmt.Sprint(args...)) }

// looked checks a clause and returns what was reported, when all is cleaned up.
func (c Clause) looked(tb testing.TB, h Harness) *recorder {
	tb.Helper()
	r := &recorder{TB: tb}
	ended := make(chan struct{})
	go func() { // a check may end its goroutine
		defer close(ended)
		c.verify(r, h)
	}()
	<-ended
	for _, f := range slices.Backward(r.cleanups) {
		f()
	}
	return r
}
