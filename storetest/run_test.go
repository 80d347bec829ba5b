package storetest

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/engage-interactions/engage/storetest/internal/broken"
)

// childStore is the variable of the environment that says of which store
// TestChild is the conformance test. It is set for the processes that runChild
// starts.
const childStore = "STORETEST_SELF_TEST_OF"

// TestChild is what somebody who writes a store runs, as far as they have come.
func TestChild(t *testing.T) { //nolint:paralleltest // nothing else runs in its process
	h := harnessOf(broken.Sound())
	withoutFind := harnessOf(broken.Answering("Find", func() error { return errors.New("not written yet") }))
	switch os.Getenv(childStore) {
	case "sound":
	case "sound, without Reopen":
		h.Reopen = nil
	case "sound, with known failures":
		h.Reopen = nil
		h.KnownFailures = map[string]string{"get-order": "it was mended", "commit-durable": "it forgets", "get-odor": "a slip of the pen"}
	case "without Find":
		h = withoutFind
	case "without Find, with known failures":
		h = withoutFind
		h.KnownFailures = map[string]string{"find-by-id": "Find is not written yet"}
	case "panicking":
		h = harnessOf(broken.Answering("every method", func() error { panic("not written yet") }))
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
	checked := 0
	for _, c := range Clauses() {
		if c.needs&crash == 0 { // which the harness of a store in memory has not
			checked++
		}
	}
	if passed || strings.Contains(out, "goroutine ") || strings.Count(out, "--- FAIL: TestChild/") != checked {
		t.Errorf("a store that panics in every method: %s", out)
	}
	if !strings.Contains(out, "[get-absent] the check could not go on: panic: not written yet\n") {
		t.Errorf("what panicked is not said: %s", out)
	}
}

func TestKnownFailuresAreSkippedWithTheirReason(t *testing.T) {
	t.Parallel()
	out, passed := runChild(t, "without Find, with known failures", "-test.v", "-test.run=^TestChild$/^(find-by-id|get-absent)$")
	if !passed || !strings.Contains(out, "--- SKIP: TestChild/find-by-id") || !strings.Contains(out, "known failure: Find is not written yet\n") || !strings.Contains(out, "[find-by-id] ") {
		t.Errorf("a known failure: %s", out)
	}
	out, passed = runChild(t, "without Find, with known failures", "-test.run=^TestChild$/^find-order$")
	if passed || !strings.Contains(out, "--- FAIL: TestChild/find-order") {
		t.Errorf("a failure that is not known: %s", out)
	}
}

func TestKnownFailuresThatPassFail(t *testing.T) {
	t.Parallel()
	out, passed := runChild(t, "sound, with known failures", "-test.v", "-test.run=^TestChild$/^(get-order|get-absent|commit-durable)$")
	if passed || !strings.Contains(out, "--- FAIL: TestChild/get-order") || !strings.Contains(out, "KnownFailures of the harness says that it fails: it was mended") {
		t.Errorf("a clause that passes: %s", out)
	}
	if !strings.Contains(out, `names "get-odor", and there is no such clause`) {
		t.Errorf("a clause that is not: %s", out)
	}
	// What cannot be checked neither fails nor passes.
	if !strings.Contains(out, "--- SKIP: TestChild/commit-durable") || strings.Contains(out, "it forgets") || !strings.Contains(out, "not checked: commit-durable") {
		t.Errorf("a clause that is not checked: %s", out)
	}
}
