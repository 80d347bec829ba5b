package stress

import (
	"context"
	"os"
	"testing"

	"pgregory.net/rapid"
)

// iteration is the test that a harness is handed for one sequence. Rapid runs
// hundreds of them in one test, so that what is to be cleaned up is cleaned up
// at the end of each, and what fails is the sequence's failure.
type iteration struct {
	testing.TB // of the whole

	t        *rapid.T
	ctx      context.Context //nolint:containedctx // it is what Context returns
	cancel   context.CancelFunc
	cleanups []func()
}

func newIteration(tb testing.TB, t *rapid.T) *iteration {
	tb.Helper()
	ctx, cancel := context.WithCancel(tb.Context())
	return &iteration{TB: tb, t: t, ctx: ctx, cancel: cancel}
}

// end cleans up, when Context has ended, as in any test.
func (i *iteration) end() {
	i.cancel()
	for len(i.cleanups) > 0 {
		last := len(i.cleanups) - 1
		f := i.cleanups[last]
		i.cleanups = i.cleanups[:last]
		f()
	}
}

// Cleanup does f at the end of the sequence.
func (i *iteration) Cleanup(f func()) { i.cleanups = append(i.cleanups, f) }

// Context returns a context that ends with the sequence.
func (i *iteration) Context() context.Context { return i.ctx }

// TempDir returns a directory that is there until the end of the sequence.
func (i *iteration) TempDir() string {
	dir := i.TB.TempDir()
	i.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			i.Error(err)
		}
	})
	return dir
}

func (i *iteration) Fail()                      { i.t.Fail() }
func (i *iteration) FailNow()                   { i.t.FailNow() }
func (i *iteration) Failed() bool               { return i.t.Failed() }
func (i *iteration) Error(args ...any)          { i.t.Error(args...) }
func (i *iteration) Errorf(f string, a ...any)  { i.t.Errorf(f, a...) }
func (i *iteration) Fatal(args ...any)          { i.t.Fatal(args...) }
func (i *iteration) Fatalf(f string, a ...any)  { i.t.Fatalf(f, a...) }
func (i *iteration) Log(args ...any)            { i.t.Log(args...) }
func (i *iteration) Logf(f string, args ...any) { i.t.Logf(f, args...) }

// Skip ends the whole test: a harness that cannot open a store here can do so
// for no sequence.
func (i *iteration) Skip(args ...any)            { i.TB.Skip(args...) }
func (i *iteration) Skipf(f string, args ...any) { i.TB.Skipf(f, args...) }
func (i *iteration) SkipNow()                    { i.TB.SkipNow() }
