package bench_test

import (
	"flag"
	"fmt"
	"os"
	"sync"
	"testing"
)

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

// TestMain shows the summary of the benchmarks that were asked for. If those are all of them, no
// target is without a figure.
func TestMain(m *testing.M) {
	code := m.Run()
	if len(outcomes.byID) > 0 && !small() {
		_, _ = fmt.Fprint(os.Stdout, "\n", outcomes.table())
	}
	if missing := outcomes.missing(); flag.Lookup("test.bench").Value.String() == "." && len(missing) > 0 {
		_, _ = fmt.Fprintln(os.Stdout, "FAIL: nothing was measured for", missing)
		code = 1
	}
	os.Exit(code)
}
