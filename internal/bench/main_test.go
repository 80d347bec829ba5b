package bench_test

import (
	"flag"
	"fmt"
	"os"
	"sync"
	"testing"
)

var update = flag.Bool("update", false, "write what is measured, or else what was, to docs/performance.md and its plot")

// outcomes are those of the benchmarks that have run.
var outcomes summary

// summary collects outcomes by target.
type summary struct {
	mu   sync.Mutex
	byID map[string]outcome
}

// add adds an outcome; to one of an earlier run of the same benchmark, its turns.
func (s *summary) add(o outcome) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byID == nil {
		s.byID = map[string]outcome{}
	}
	known, again := s.byID[o.target.id]
	for n := range o.names {
		if !again {
			break
		}
		o.took[n] = append(known.took[n], o.took[n]...)
		if o.allocs != nil {
			o.allocs[n] = append(known.allocs[n], o.allocs[n]...)
		}
	}
	s.byID[o.target.id] = o
}

// missing returns the targets that nothing was measured for.
func (s *summary) missing() (ids []string) {
	for _, t := range targets {
		if _, ok := s.byID[t.id]; !ok {
			ids = append(ids, t.id)
		}
	}
	return ids
}

// TestMain shows the figures of the benchmarks that were asked for. If those are all of them, no
// target is without one; and if -update is given, too, they are written to the page.
func TestMain(m *testing.M) {
	code := m.Run()
	if all := outcomes.figures(); len(all.Figures) > 0 && !small() {
		_, _ = fmt.Fprintf(os.Stdout, "\n%s\n%s\n%s", all.targets(), all.growth(), all.parts())
	}
	missing := outcomes.missing()
	switch asked := flag.Lookup("test.bench").Value.String(); {
	case asked == "": // the tests
	case asked == "." && len(missing) > 0:
		_, _ = fmt.Fprintln(os.Stdout, "FAIL: nothing was measured for", missing)
		code = 1
	case *update && code == 0:
		if err := writePage(missing); err != nil {
			_, _ = fmt.Fprintln(os.Stdout, "FAIL:", err)
			code = 1
		}
	}
	os.Exit(code)
}

// writePage writes the outcomes to the page.
func writePage(missing []string) error {
	if len(missing) > 0 || small() {
		return fmt.Errorf("the page is left as it is: without -short, and with figures for %v, it would be written", missing)
	}
	all := outcomes.figures()
	if err := all.save(); err != nil {
		return err
	}
	return all.write()
}
