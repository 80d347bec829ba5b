package enginetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/engage-interactions/engage/storetest/faults"
)

// plot is a scenario, and what it comes to when all goes well.
type plot struct {
	scenario

	stages []string      // the content before it, and after each commit and trim
	loose  string        // the content when all is done, but for minted IDs
	calls  []faults.Call // that it makes of the store
}

// end returns the content when all is done.
func (p plot) end() string { return p.stages[len(p.stages)-1] }

// last returns the stage at which all is done.
func (p plot) last() int { return p.stage(p.end()) }

// stage returns which stage a content is, -1 if it is none.
func (p plot) stage(text string) int { return slices.Index(p.stages, text) }

// count returns how many of the calls a fault of some methods can befall.
func (p plot) count(methods ...faults.Method) int {
	n := 0
	for _, c := range p.calls {
		if slices.Contains(methods, c.Method) {
			n++
		}
	}
	return n
}

// plot plays the scenario when all goes well.
func (s scenario) plot(tb testing.TB, w *world) plot {
	tb.Helper()
	st := faults.New(w.st)
	party := w.enter(tb, st)
	now := party.content(tb, w.st)
	p := plot{scenario: s, stages: []string{now.text}}
	st.Restart()
	var mu sync.Mutex // a scenario may have goroutines
	st.Inject(faults.After("it is looked at", func(ctx context.Context, _ faults.Call, err error) {
		if err != nil {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		if now, err = party.read(context.WithoutCancel(ctx), w.st); err != nil {
			tb.Errorf("enginetest: reading all of the store: %v", err)
		}
		p.stages = append(p.stages, now.text)
	}).On(faults.Commit, faults.Trim))
	err := s.call(tb.Context(), party.eng, party.at)
	st.Heal()
	p.calls, p.loose = st.Calls(), now.loose
	x := &examiner{TB: tb, did: s.name + ", and all goes well"}
	switch {
	case s.refused != nil && (!errors.Is(err, s.refused) || len(p.stages) > 1):
		x.broken(callRefused, fmt.Sprintf("%v, and %d commits", err, len(p.stages)-1), fmt.Sprintf("an error that wraps %q, and none", s.refused))
	case s.refused == nil && err != nil:
		x.broken(callTold, err, "no error")
	}
	if !x.failed {
		x.check(party, now)
	}
	if x.failed {
		tb.FailNow()
	}
	return p
}
