package storetest

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/memory"
)

// childStore is the variable of the environment that says of which store
// TestChild is the conformance test. It is set for the processes that runChild
// starts.
const childStore = "STORETEST_CHILD"

// TestChild is what somebody who writes a store runs, as far as they have come.
func TestChild(t *testing.T) { //nolint:paralleltest // nothing else runs in its process
	var h Harness
	switch os.Getenv(childStore) {
	case "sound":
		h = harness(func() *hooks { return &hooks{} })
	case "sound, without Reopen":
		h = harness(func() *hooks { return &hooks{} })
		h.Reopen = nil
	case "without Find":
		h = harness(func() *hooks {
			return &hooks{find: func(context.Context, *memory.Store, store.Query) (store.Page, error) {
				return store.Page{}, errors.New("not written yet")
			}}
		})
	case "panicking":
		h = harness(func() *hooks { return answering("every method", func() error { panic("not written yet") }) })
	default:
		t.Skip("it is started by others")
	}
	Run(t, h)
}

// runChild runs the conformance test of a store in a process of its own, and
// returns what it printed and whether it passed.
func runChild(t *testing.T, what string, flags ...string) (output string, passed bool) {
	t.Helper()
	flags = append([]string{"-test.run=^TestChild$", "-test.timeout=60s"}, flags...)
	child := exec.CommandContext(t.Context(), os.Args[0], flags...)
	child.Env = append(os.Environ(), childStore+"="+what)
	out, err := child.CombinedOutput()
	if _, failed := errors.AsType[*exec.ExitError](err); err != nil && !failed {
		t.Fatal(err)
	}
	return string(out), err == nil
}

func TestRunSaysOnceWhatIsNotChecked(t *testing.T) {
	t.Parallel()
	out, passed := runChild(t, "sound, without Reopen", "-test.v", "-test.run=^TestChild$/^(commit-durable|trim-mark|get-order)$")
	if !passed || strings.Count(out, "has no Reopen") != 1 || strings.Count(out, "not checked: commit-durable\n") != 1 || strings.Count(out, "checked in part: trim-mark\n") != 1 {
		t.Errorf("of three clauses, without Reopen: %s", out)
	}
	if out, passed = runChild(t, "sound, without Reopen", "-test.v", "-test.run=^TestChild$/^get-order$"); !passed || strings.Contains(out, "Reopen") {
		t.Errorf("of a clause that needs nothing, without Reopen: %s", out)
	}
	if out, passed = runChild(t, "sound", "-test.v", "-test.run=^TestChild$/-mark$"); !passed || strings.Contains(out, "checked") {
		t.Errorf("of a clause, with everything: %s", out)
	}
}

func TestRunBeginsWithWhatOthersRestOn(t *testing.T) {
	t.Parallel()
	out, passed := runChild(t, "without Find", "-test.v", "-test.skip=^TestChild$/^commit-limits$")
	if passed || strings.Count(out, "begin with prepare-idempotent, commit-put,") != 1 {
		t.Errorf("without Find: %s", out)
	}
	var order []string
	for line := range strings.Lines(out) {
		if id, ok := strings.CutPrefix(line, "=== RUN   TestChild/"); ok {
			order = append(order, strings.TrimSpace(id))
		}
	}
	basic := 0
	for _, c := range Clauses() {
		if c.basic {
			basic++
		}
	}
	if len(order) != len(Clauses())-1 {
		t.Fatalf("%d clauses: %s", len(order), order)
	}
	for i, id := range order {
		if clause(t, id).basic != (i < basic) {
			t.Errorf("%s comes as number %d", id, i+1)
		}
	}
	if strings.Contains(out, "=== PAUSE TestChild/commit-put") || !strings.Contains(out, "=== PAUSE TestChild/commit-atomic") {
		t.Errorf("what runs in parallel: %s", out)
	}
}

func TestRunOfAStoreThatPanicsComesToItsEnd(t *testing.T) {
	t.Parallel()
	out, passed := runChild(t, "panicking")
	if passed || strings.Contains(out, "goroutine ") || strings.Count(out, "--- FAIL: TestChild/") != len(Clauses()) {
		t.Errorf("a store that panics in every method: %s", out)
	}
	if !strings.Contains(out, "[get-absent] the check could not go on: panic: not written yet\n") {
		t.Errorf("what panicked is not said: %s", out)
	}
}
