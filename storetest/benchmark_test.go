package storetest_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/storetest"
)

// benchmarkFails is the variable of the environment that says which method of
// the store of BenchmarkStore fails.
const benchmarkFails = "STORETEST_SELF_TEST_BENCHMARK_FAILS"

// The example store. It searches all it has, so that it is no store to compare
// with.
func BenchmarkStore(b *testing.B) {
	h := mapHarness()
	if method := os.Getenv(benchmarkFails); method != "" {
		open := h.Open
		h.Open = func(tb testing.TB) store.Store { return failing{open(tb), method} }
	}
	storetest.Benchmark(b, h)
}

// failing is a store of which one method fails.
type failing struct {
	store.Store

	method string
}

func (f failing) fails(method string) error {
	if f.method == method {
		return errors.New("the fault of " + method)
	}
	return nil
}

func (f failing) Prepare(ctx context.Context, kinds ...store.Kind) error {
	return errors.Join(f.fails("Prepare"), f.Store.Prepare(ctx, kinds...))
}

func (f failing) Get(ctx context.Context, keys ...store.Key) ([]store.Record, error) {
	records, err := f.Store.Get(ctx, keys...)
	return records, errors.Join(f.fails("Get"), err)
}

func (f failing) Find(ctx context.Context, q store.Query) (store.Page, error) {
	page, err := f.Store.Find(ctx, q)
	return page, errors.Join(f.fails("Find"), err)
}

func (f failing) Commit(ctx context.Context, b store.Batch) error {
	return errors.Join(f.fails("Commit"), f.Store.Commit(ctx, b))
}

func (f failing) Events(ctx context.Context, tenant string, after int64, limit int) ([]store.Event, error) {
	events, err := f.Store.Events(ctx, tenant, after, limit)
	return events, errors.Join(f.fails("Events"), err)
}

// benchmarked runs BenchmarkStore in a process of its own, each part once.
func benchmarked(t *testing.T, fails string) (output string, err error) {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0],
		"-test.run=^$", "-test.bench=^BenchmarkStore$", "-test.benchtime=1x", "-test.short", "-test.timeout=60s")
	child.Env = append(os.Environ(), benchmarkFails+"="+fails)
	out, err := child.CombinedOutput()
	return string(out), err
}

// TestBenchmarkNames holds the names to those that the documentation promises:
// whoever compares with last year's numbers needs the same.
func TestBenchmarkNames(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("benchmark.go")
	if err != nil {
		t.Fatal(err)
	}
	var promised []string
	for _, line := range regexp.MustCompile(`(?m)^//\t([A-Z]\S+=?\S*)( {2}|$)`).FindAllStringSubmatch(string(source), -1) {
		if !strings.HasPrefix(line[1], "Find/records=100000") { // not with -short
			promised = append(promised, line[1])
		}
	}
	output, err := benchmarked(t, "")
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	var run []string
	for _, line := range regexp.MustCompile(`(?m)^BenchmarkStore/(\S+?)(-\d+)?\s`).FindAllStringSubmatch(output, -1) {
		run = append(run, line[1])
	}
	if len(run) == 0 || !slices.Equal(run, promised) {
		t.Errorf("the benchmarks are %q, and their documentation says %q:\n%s", run, promised, output)
	}
}

func TestBenchmarkEndsWithTheFirstError(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"Prepare", "Get", "Find", "Commit", "Events"} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			output, err := benchmarked(t, method)
			if err == nil || !strings.Contains(output, "--- FAIL") || !strings.Contains(output, "the fault of "+method) {
				t.Errorf("the benchmark of a store whose %s fails: %v\n%s", method, err, output)
			}
		})
	}
}
