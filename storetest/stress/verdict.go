package stress

import (
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
)

// decision bounds the search for an order of one history. It is over in
// milliseconds: since each batch has an ID, there is hardly anything to try.
const decision = time.Minute

// decide reports a history that no order of its operations explains, or for
// which none was found in time. A history is given in parts that have nothing to
// do with each other.
func decide(tb testing.TB, name string, parts [][]porcupine.Operation) {
	tb.Helper()
	for _, part := range parts {
		report(tb, name, part, porcupine.CheckOperationsTimeout(serial(), part, decision))
	}
}

// report says what was found out about a history. Not to know is no pass.
func report(tb testing.TB, name string, part []porcupine.Operation, found porcupine.CheckResult) {
	tb.Helper()
	switch found {
	case porcupine.Ok:
	case porcupine.Illegal:
		illegal(tb, name, part)
	case porcupine.Unknown:
		tb.Errorf("whether the calls could have been made one after another could not be decided within %v, which is no pass:\n%s%s", decision, lines(part), page(tb, name, part))
	}
}

// illegal reports the history up to the first return that cannot be explained.
func illegal(tb testing.TB, name string, part []porcupine.Operation) {
	tb.Helper()
	times := returnTimes(part)
	// What cannot be explained cannot be explained by what happens later, so
	// that the first such return can be searched for.
	n := sort.Search(len(times)-1, func(i int) bool {
		return porcupine.CheckOperationsTimeout(serial(), upToTime(part, times[i]), decision) == porcupine.Illegal
	})
	short := upToTime(part, times[n])
	var last string
	for _, o := range short {
		if o.Return == times[n] {
			last = fmt.Sprintf("client %d: %s", o.ClientId, describe(o.Input, o.Output))
		}
	}
	tb.Errorf("calls that were made at the same time must look as if they had been made one after another, each at one moment between call and return.\n"+
		"\tNo order explains this answer:\n\t\t%s\n\tafter all that happened until then, from call to return:\n%s%s", last, lines(short), page(tb, name, short))
}

// page writes a history as a page for a browser, and says where it is.
func page(tb testing.TB, name string, part []porcupine.Operation) string {
	tb.Helper()
	_, info := porcupine.CheckOperationsVerbose(serial(), part, decision)
	dir, err := pages(tb)
	if err == nil {
		path := filepath.Join(dir, name+".html")
		if err = porcupine.VisualizePath(serial(), info, path); err == nil {
			return fmt.Sprintf("\tTo look at it, open %s in a browser.", path)
		}
	}
	return fmt.Sprintf("\tThe history could not be written as a page: %v", err)
}

// pages returns the directory for pages: that of the test's artifacts if go test
// is told to keep them, or else a temporary one, which outlives the test: nobody
// knows beforehand that it is going to fail.
func pages(tb testing.TB) (string, error) {
	tb.Helper()
	if flagged("test.artifacts") {
		return tb.ArtifactDir(), nil
	}
	return os.MkdirTemp("", "stress-"+strings.NewReplacer("/", "-").Replace(filepath.Base(tb.Name()))+"-") //nolint:usetesting // that of the test would be removed with the test
}
