package stress

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/anishathalye/porcupine"

	"github.com/engage-interactions/engage/store"
)

// operation is one call of a history.
type operation struct {
	method string // Commit, Get, Find or Events

	batch store.Batch // of Commit
	keys  []int       // of Get
	index string      // of Find, which reads the whole kind, or one key
	only  int         // of Find: the key, -1 for all
	after string      // of Events: the ID of the event that it reads on from, "" for the beginning
}

// result is the answer to an operation. What gave an error that means that
// nothing happened is in no history.
type result struct {
	outcome outcome
	refused store.Check // of a conflict: what the store says did not hold
	found   []sighting  // of Get and Find
	events  []string    // of Events: their IDs
	more    bool        // of Find: there is a next page
}

// outcome says how a commit ended. Reads that are in a history have succeeded.
type outcome int

const (
	succeeded outcome = iota
	conflict
	open // unknown, or not known yet: it may have been applied, or may be at any later time
)

// sighting is a record that somebody has read.
type sighting struct {
	id      string
	version store.Version
}

// never is when an operation returns whose outcome stays open.
const never = math.MaxInt64

// history is what several clients did at the same time. Its clock counts calls
// and returns: an operation that returned before another was called is before it.
type history struct {
	tenant string
	clock  atomic.Int64

	mu         sync.Mutex
	operations []porcupine.Operation
	positions  map[string]int64 // of the events that were read, by ID
	wrong      []string         // answers that are wrong whatever else happened
}

// record adds an operation that was called at some time and returns now.
func (h *history) record(client int, called int64, op operation, r result) {
	returned := h.clock.Add(1)
	if r.outcome == open {
		returned = never
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.operations = append(h.operations, porcupine.Operation{ClientId: client, Input: op, Call: called, Output: r, Return: returned})
}

func (h *history) report(format string, args ...any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.wrong = append(h.wrong, fmt.Sprintf(format, args...))
}

// saw compares the positions of a page of events with what was read before: each
// event has one, each position is that of one event, and they grow.
func (h *history) saw(after int64, page []store.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, e := range page {
		if e.Position <= after {
			h.wrong = append(h.wrong, fmt.Sprintf("event %s is at position %d, behind %d on the same page, or after", e.ID, e.Position, after))
		}
		after = e.Position
		for id, position := range h.positions {
			if (id == e.ID) != (position == e.Position) {
				h.wrong = append(h.wrong, fmt.Sprintf("event %s is at position %d, and event %s was at %d", e.ID, e.Position, id, position))
			}
		}
		h.positions[e.ID] = e.Position
	}
}

// position returns where an event was read.
func (h *history) position(id string) int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.positions[id]
}

// upToTime returns what was known at a time: of the operations that had not returned,
// the reads are left out, and the outcome of the commits is open.
func upToTime(operations []porcupine.Operation, now int64) []porcupine.Operation {
	var known []porcupine.Operation
	for _, o := range operations {
		if o.Call > now {
			continue
		}
		if o.Return > now {
			if o.Input.(operation).method != "Commit" {
				continue
			}
			o.Return, o.Output = never, result{outcome: open}
		}
		known = append(known, o)
	}
	return known
}

// returnTimes returns when operations returned, in order.
func returnTimes(operations []porcupine.Operation) []int64 {
	var all []int64
	for _, o := range operations {
		if o.Return != never {
			all = append(all, o.Return)
		}
	}
	slices.Sort(all)
	return all
}

// lines shows a history, in the order of calls.
func lines(operations []porcupine.Operation) string {
	sorted := slices.SortedFunc(slices.Values(operations), func(a, b porcupine.Operation) int { return cmp.Compare(a.Call, b.Call) })
	var b strings.Builder
	for _, o := range sorted {
		until := strconv.FormatInt(o.Return, 10)
		if o.Return == never {
			until = "…"
		}
		fmt.Fprintf(&b, "\t%4d to %-4s client %d: %s\n", o.Call, until, o.ClientId, describe(o.Input, o.Output))
	}
	return b.String()
}

// describe shows an operation and its result, for a line or a page.
func describe(input, output any) string {
	op, r := input.(operation), output.(result)
	seen := make([]string, len(r.found))
	for i, s := range r.found {
		seen[i] = s.id + showVersion(s.version)
	}
	found := strings.Join(seen, " ")
	switch op.method {
	case "Commit":
		text := describeBatch(op.batch)
		switch r.outcome {
		case conflict:
			return fmt.Sprintf("%s = conflict of %s, expected%s", text, r.refused.ID, showVersion(r.refused.Version))
		case open:
			return text + " = ?"
		case succeeded:
		}
		return text + " = ok"
	case "Get":
		return fmt.Sprintf("Get = %s", found)
	case "Find":
		text := "Find by ID"
		if op.index != "" {
			text = "Find by " + op.index
		}
		if op.only >= 0 {
			text += " of " + keyID(op.only)
		}
		if r.more {
			found += " and more"
		}
		return text + " = " + found
	default:
		text := "Events"
		if op.after != "" {
			text += " after " + op.after
		}
		return text + " = " + strings.Join(r.events, " ")
	}
}

func describeBatch(b store.Batch) string {
	var text strings.Builder
	fmt.Fprintf(&text, "Commit %s", b.ID)
	for _, part := range []struct {
		verb string
		all  []store.Check
	}{{"check", b.Checks}, {"put", checksOf(b.Puts)}, {"delete", b.Deletes}} {
		for _, c := range part.all {
			fmt.Fprintf(&text, " %s %s%s", part.verb, c.ID, showVersion(c.Version))
		}
	}
	for _, e := range b.Events {
		fmt.Fprintf(&text, " event %s", e.ID)
	}
	return text.String()
}

func checksOf(puts []store.Record) []store.Check {
	all := make([]store.Check, len(puts))
	for i, put := range puts {
		all[i] = store.Check{Key: put.Key, Version: put.Version}
	}
	return all
}
