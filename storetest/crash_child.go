package storetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"

	"github.com/engage-interactions/engage/store"
)

// crashVariable holds, in the environment of a child process, what it is to do.
const crashVariable = "STORETEST_CRASH"

// errand is what a child process is to do.
type errand struct {
	Where  string          `json:"where"` // the data is, as Crash.Where said it
	Round  int             `json:"round"`
	Works  bool            `json:"works"`  // on and on; if not, it opens the data, prepares, and waits
	Trims  bool            `json:"trims"`  // now and then
	Clears bool            `json:"clears"` // trims all events, before anything else
	Ends   bool            `json:"ends"`   // works a little, trims all events, and waits
	After  int64           `json:"after"`  // where its reader begins
	Last   [crew][2]string `json:"last"`   // IDs of the last steps of each worker, the very last first
	Fence  store.Version   `json:"fence"`
}

// What a child says, each on a line of its own behind the mark, since others may
// print, too.
const (
	childMark     = "storetest: "
	wordBegun     = "begun"     // it is about to open the data
	wordCommitted = "committed" // and which step: Commit has returned nil
	wordSeen      = "seen"      // a position, and the ID of its event
	wordTrimming  = "trimming"  // up to a position: it is about to call Trim
	wordTrimmed   = "trimmed"   // the same: Trim has returned nil
	wordMissing   = "missing"   // what the parent has committed last: it can be killed at once
)

// maxSteps bounds what a worker does before it waits for its death, so that what
// is left can be read.
const maxSteps = 200

// steps is how many each worker does in an errand at most.
func (e errand) steps() int {
	switch {
	case e.Ends:
		return 4
	case large(e.Round):
		return 10
	default:
		return maxSteps
	}
}

// errandOf returns what this process is to do, if it is a child.
func errandOf(t *trial) (e errand, ok bool) {
	text := os.Getenv(crashVariable)
	if text == "" {
		return errand{}, false
	}
	if err := json.Unmarshal([]byte(text), &e); err != nil {
		t.Fatalf("storetest: %s: %v", crashVariable, err)
	}
	return e, true
}

// say prints lines, in one write.
func say(lines ...string) {
	_, _ = os.Stdout.WriteString("\n" + childMark + strings.Join(lines, "\n"+childMark) + "\n")
}

// runErrand does what a child is for, and ends the process if it is not killed.
func (t *trial) runErrand(e errand) {
	end := func(why string) {
		_, _ = fmt.Fprintln(os.Stderr, why)
		os.Exit(1) //nolint:forbidigo // this process is a child that ends its own life
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		end("the parent is gone")
	}()
	// What goes wrong is for the parent, whatever this test is part of.
	r := &recorder{TB: t.TB}
	child := &trial{TB: r, clause: t.clause, harness: t.harness}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer child.recovered()
		child.work(e)
	}()
	<-ended
	end(strings.Join(r.reports, "\n"))
}

// work ends only if something goes wrong.
func (t *trial) work(e errand) {
	t.Helper()
	say(wordBegun)
	s := t.given(t.harness.Crash.Open(guarded{t.TB, t}, e.Where), "Crash.Open")
	t.prepare(s, kinds()...)
	if !e.Works {
		select {}
	}
	if there := t.get(s, note(fenceID))[0].Version; there != e.Fence {
		say(fmt.Sprintf("%s %s", wordMissing, e.Fence))
		select {}
	}
	reader := &logReader{trial: t, store: s, after: e.After}
	if e.Clears {
		for reader.page() {
		}
		reader.trim(reader.after)
	}
	all := t.group()
	for w := range crew {
		all.Go(func() {
			last, _ := stepOf(e.Last[w][0])
			before, _ := stepOf(e.Last[w][1])
			for done := 0; !t.Failed(); done++ {
				if done == e.steps() {
					if e.Ends {
						return
					}
					select {} // in case nobody has the time to kill it
				}
				next := step{worker: w, number: last.number + 1, round: e.Round}
				if t.worked("Commit", s.Commit(t.Context(), next.batch(last, before, e.Fence)), "Commit of batch %s in a child process", next.id()) {
					say(wordCommitted + " " + next.id())
				}
				last, before = next, last
			}
		})
	}
	if e.Ends {
		all.Wait()
		for reader.page() {
		}
		reader.trim(reader.after)
		if !t.Failed() {
			select {}
		}
	}
	if large(e.Round) {
		all.Wait() // nobody reads, for that would take most of the time
		return
	}
	all.Go(func() {
		for pages := 0; !t.Failed(); {
			if !reader.page() {
				runtime.Gosched()
				continue
			}
			pages++
			if e.Trims && pages%8 == 0 {
				reader.trim(reader.middle)
			}
		}
	})
	all.Wait()
}

// logReader reads the events in a child, and says which.
type logReader struct {
	trial         *trial
	store         store.Store
	after, middle int64 // the last position that was read, and one in the middle of its page
}

// page reads one page, and is false if there is none.
func (r *logReader) page() bool {
	t := r.trial
	page, err := r.store.Events(t.Context(), acme, r.after, 0)
	if trimmed, ok := errors.AsType[*store.TrimmedError](err); ok && trimmed.Mark > r.after {
		r.after = trimmed.Mark
		return true
	}
	if !t.worked("Events", err, "Events after %d in a child process", r.after) || len(page) == 0 {
		return false
	}
	lines := make([]string, len(page))
	for i, e := range page {
		lines[i] = fmt.Sprintf("%s %d %q", wordSeen, e.Position, e.ID)
	}
	say(lines...)
	last := page[len(page)-1].Position
	if last <= r.after { // not this clause's affair, but it must come to an end
		return false
	}
	r.after, r.middle = last, page[len(page)/2].Position
	return true
}

func (r *logReader) trim(upTo int64) {
	t := r.trial
	say(fmt.Sprintf("%s %d", wordTrimming, upTo))
	if t.worked("Trim", r.store.Trim(t.Context(), acme, upTo), "Trim up to %d in a child process", upTo) {
		say(fmt.Sprintf("%s %d", wordTrimmed, upTo))
	}
}
