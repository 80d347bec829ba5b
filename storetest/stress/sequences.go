package stress

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/storetest"
)

// mostHandles is how many handles are open at the same time.
const mostHandles = 3

// sequence is the property: one random sequence of calls, each of which gets an
// answer that the contract allows.
func (m *machine) sequence(tb testing.TB, t *rapid.T, h storetest.Harness) {
	it := newIteration(tb, t)
	defer it.end()
	m.begin(t, it, h)
	for range 2 { // a sequence of rapid is short
		t.Repeat(m.actions())
	}
	m.log("in the end, all is read")
	m.quiet = true
	m.audit()
	for _, i := range m.open() {
		m.then(closeCall{i})
	}
}

// begin opens the store, perhaps with two handles.
func (m *machine) begin(t *rapid.T, it *iteration, h storetest.Harness) {
	m.t, m.tb, m.harness = t, it, h
	m.cursors, m.touched, m.worlds = cursors{}, map[store.Key]bool{}, []*world{newWorld()}
	m.alphabet = rapid.Custom(drawAlphabet).Draw(t, "alphabet")
	m.handles = []*handle{{Store: h.Open(it)}}
	m.then(m.newest(usual()))
	if h.Peer != nil && rapid.Bool().Draw(t, "two handles") {
		m.then(openCall{of: 0})
		m.then(m.newest(usual()))
	}
}

// actions are what a sequence is made of. What is not possible at the moment is
// skipped.
func (m *machine) actions() map[string]func(*rapid.T) {
	drawn := func(can func() bool, draw func(t *rapid.T) call) func(*rapid.T) {
		return func(t *rapid.T) {
			switch {
			case m.full():
				return
			case can != nil && !can():
				t.SkipNow()
			}
			m.drawn(rapid.Custom(draw))
		}
	}
	always := func() bool { return true }
	// In the order of their names the first come a little more often, and the
	// shortest failing sequence is looked for among them: reads and writes before
	// what happens to handles.
	actions := map[string]func(*rapid.T){
		"prepare": drawn(always, m.drawPrepare),
		"restart": m.restartAction,
		"second":  m.peerAction,
		"stop":    drawn(m.canClose, m.drawClose),
		"trim":    m.trimAction,
	}
	for _, often := range []struct {
		name   string
		times  int
		action func(*rapid.T)
	}{
		{"commit", 6, drawn(always, m.drawCommit)},
		{"events", 2, drawn(always, m.drawEvents)},
		{"find", 3, drawn(always, m.drawFind)},
		{"get", 3, drawn(always, m.drawGet)},
		{"page", 3, drawn(func() bool { return len(m.pages) > 0 }, m.drawPage)},
		{"again", 1, drawn(func() bool { return len(m.resends()) > 0 }, m.drawResend)},
	} {
		actions[often.name] = often.action
		for i := 2; i <= often.times; i++ {
			actions[fmt.Sprintf("%s %d", often.name, i)] = often.action
		}
	}
	return actions
}

func (m *machine) trimAction(t *rapid.T) {
	open := m.open()
	if m.unsettled() || m.full() {
		t.SkipNow()
	}
	tenant := rapid.SampledFrom(m.alphabet.tenants).Draw(t, "tenant")
	m.learn(open[0], tenant)
	m.drawn(rapid.Custom(func(t *rapid.T) call { return m.drawTrim(t, tenant) }))
}

func (m *machine) peerAction(t *rapid.T) {
	open := m.open()
	if m.harness.Peer == nil || len(open) == mostHandles || m.full() {
		t.SkipNow()
	}
	m.drawn(rapid.Custom(func(t *rapid.T) call { return openCall{of: pick(t, open)} }))
	m.drawn(rapid.Custom(func(t *rapid.T) call { return m.newest(firstKinds(t)) }))
}

func (m *machine) restartAction(t *rapid.T) {
	if m.harness.Reopen == nil || m.full() {
		t.SkipNow()
	}
	m.restart()
	m.drawn(rapid.Custom(func(t *rapid.T) call { return m.newest(firstKinds(t)) }))
}

// canClose keeps one handle open, without which there is nothing to see.
func (m *machine) canClose() bool { return len(m.open()) > 1 }

// drawClose closes a handle, perhaps one that is closed already.
func (m *machine) drawClose(t *rapid.T) call {
	if oneIn(t, 8) {
		for i, h := range m.handles {
			if h.closed {
				return closeCall{i}
			}
		}
	}
	return closeCall{pick(t, m.open())}
}

// audit reads all that the sequence has touched: the records through each of the
// handles, which must agree, the rest through one.
func (m *machine) audit() {
	if m.full() {
		return
	}
	var at through
	all := []store.Kind{{Name: "doc", Indexes: indexes()}, {Name: "note", Indexes: indexes()}, {Name: unprepared, Indexes: indexes()}}
	for _, at.handle = range m.open() {
		m.then(prepareCall{at, all})
	}
	var keys []store.Key
	used := map[[2]string]bool{} // tenant and kind
	for key := range m.touched {
		if m.worlds[0].brokenKey(at.handle, key) == "" {
			keys = append(keys, key)
			used[[2]string{key.Tenant, key.Kind}] = true
		}
	}
	if len(keys) == 0 {
		return
	}
	slices.SortFunc(keys, func(a, b store.Key) int { return strings.Compare(a.String(), b.String()) })
	for _, at.handle = range m.open() {
		m.then(getCall{at, keys})
	}
	for _, tenant := range m.alphabet.tenants {
		for _, kind := range all {
			for _, index := range append(kind.Indexes, "") {
				if used[[2]string{tenant, kind.Name}] {
					m.then(findCall{at, store.Query{Tenant: tenant, Kind: kind.Name, Index: index}})
				}
			}
		}
		m.learn(at.handle, tenant)
	}
}

// How long sequences are tried with an effort of 1, and how many at least.
const (
	sequencesBudget = 3 * time.Second
	fewSequences    = 10
)

// sequences runs the property as often as there is time for it.
func sequences(tb testing.TB, h storetest.Harness, budget time.Duration, effort int) {
	ctx, cancel := context.WithTimeout(tb.Context(), budget*time.Duration(effort))
	defer cancel()
	var (
		given  = flagged("rapid.checks") || flagged("rapid.seed") || flagged("rapid.failfile")
		tried  int
		first  []string // the first sequence that failed
		passed bool     // the last one
	)
	defer func() {
		if first != nil && passed {
			tb.Logf("stress: a sequence has failed, and passed when it was tried again, which happens when the answers of the store depend on chance. When it failed, it was:\n%s", strings.Join(first, "\n"))
		}
		tb.Logf("stress: %d sequences", tried)
	}()
	for round := 0; round == 0 || (!given && ctx.Err() == nil); round++ {
		rapid.Check(tb, func(t *rapid.T) {
			if !given && first == nil && tried >= fewSequences && ctx.Err() != nil {
				return // there are enough, unless the shortest that fails is looked for
			}
			tried++
			m := &machine{}
			passed = false
			defer func() {
				if !passed && first == nil {
					first = m.transcript
				}
			}()
			m.sequence(tb, t, h)
			passed = !t.Failed()
		})
	}
}

// flagged reports whether a flag of the command line was given a value of its
// own.
func flagged(name string) bool {
	f := flag.Lookup(name)
	return f != nil && f.Value.String() != f.DefValue
}
