package storetest_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/storetest"
)

// stepVariable is the variable of the environment that says after which step of
// "Writing a Store" the store of TestStep is.
const stepVariable = "STORETEST_SELF_TEST_STEP"

// unfinished is the example store as far as one has come after a step.
type unfinished struct {
	store.Store

	step int
}

var errNotWritten = errors.New("not written yet")

func (u unfinished) Commit(ctx context.Context, b store.Batch) error {
	if u.step < 4 {
		b.Events = nil
	}
	return u.Store.Commit(ctx, b)
}

func (u unfinished) Find(ctx context.Context, q store.Query) (store.Page, error) {
	if u.step < 3 {
		return store.Page{}, errNotWritten
	}
	return u.Store.Find(ctx, q)
}

func (u unfinished) Events(ctx context.Context, tenant string, after int64, limit int) ([]store.Event, error) {
	if u.step < 4 {
		return nil, errNotWritten
	}
	return u.Store.Events(ctx, tenant, after, limit)
}

func (u unfinished) Trim(ctx context.Context, tenant string, upTo int64) error {
	if u.step < 4 {
		return errNotWritten
	}
	return u.Store.Trim(ctx, tenant, upTo)
}

// TestStep is what an author runs, after a step.
func TestStep(t *testing.T) { //nolint:paralleltest // nothing else runs in its process
	step, err := strconv.Atoi(os.Getenv(stepVariable))
	if err != nil {
		t.Skip("TestGuideStepsTurnGreen starts it")
	}
	open := mapHarness().Open
	storetest.Run(t, storetest.Harness{Open: func(tb testing.TB) store.Store { return unfinished{open(tb), step} }})
}

// TestGuideStepsTurnGreen: after each step of "Writing a Store" those rules hold
// that it says are green then.
func TestGuideStepsTurnGreen(t *testing.T) {
	t.Parallel()
	greens := regexp.MustCompile(`(?s)\nGreen now: (.*?)\.\s`).FindAllStringSubmatch(readGuide(t), -1)
	if len(greens) != 3 {
		t.Fatalf("%s says %d times what is green, not after step 2, 3 and 4", guide, len(greens))
	}
	for i, green := range greens[:2] { // after step 4 it is the example store
		passed := passedAfterStep(t, i+2)
		said := green[1]
		for _, c := range storetest.Clauses() {
			group, _, _ := strings.Cut(c.ID, "-")
			named := slices.Contains(regexp.MustCompile(`[a-z]+(-[a-z]+)+`).FindAllString(said, -1), c.ID)
			grouped := strings.Contains(strings.ReplaceAll(said, "\n", " "), "everything that begins with "+group+"-")
			if ok, checked := passed[c.ID]; checked && !ok && (named || grouped) {
				t.Errorf("after step %d, %s says that %s is green, and it is not", i+2, guide, c.ID)
			}
		}
	}
}

// passedAfterStep runs the suite in a process of its own, and returns which
// clauses were checked and whether they passed.
func passedAfterStep(t *testing.T, step int) map[string]bool {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestStep$", "-test.v", "-test.timeout=60s")
	child.Env = append(os.Environ(), stepVariable+"="+strconv.Itoa(step))
	output, err := child.CombinedOutput()
	if err == nil {
		t.Errorf("an unfinished store passes, after step %d", step)
	}
	passed := map[string]bool{}
	for _, line := range regexp.MustCompile(`(?m)--- (PASS|FAIL): TestStep/(\S+)`).FindAllStringSubmatch(string(output), -1) {
		passed[line[2]] = line[1] == "PASS"
	}
	if len(passed) < len(storetest.Clauses())/2 {
		t.Fatalf("after step %d, %d clauses were checked:\n%s", step, len(passed), output)
	}
	return passed
}
