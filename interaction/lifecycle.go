package interaction

import (
	"fmt"
	"slices"
	"strings"
)

// Lifecycle is a table of transitions: what can happen to a thing, in which of its
// states, under which conditions, where that leads, and which event tells of it. The
// rules, the tests and the diagrams in the documentation are made from the same
// tables. Facts is what the conditions look at.
type Lifecycle[State, Verb ~string, Facts any] struct {
	Of   string // what has the states, such as "intervention"
	Rows []Transition[State, Verb, Facts]
}

// Transition is one row of a Lifecycle.
type Transition[State, Verb ~string, Facts any] struct {
	From   []State // an empty State: before there is anything
	By     Verb
	To     State // empty: the state stays
	Guards []Guard[Facts]
	Events []string // the types of the events that tell of it
}

// Guard is a condition of a transition.
type Guard[Facts any] struct {
	Rule   string // what must be so, such as "its thread is open"
	Remedy string // what would make it so
	Holds  func(Facts) bool
}

// TransitionError says that a thing cannot do something in the state that it is in.
type TransitionError struct {
	Of     string // such as "intervention"
	From   string // its state; empty: there is none yet
	By     string // what was to happen
	Rule   string // the condition that does not hold; empty: it cannot happen in this state at all
	Remedy string // what would make it possible, if anything would
}

// Error names the state, the verb and the rule.
func (e *TransitionError) Error() string {
	from := e.From
	if from == "" {
		from = "not there yet"
	}
	if e.Rule == "" {
		return fmt.Sprintf("%s is %s: %s is not possible", e.Of, from, e.By)
	}
	return fmt.Sprintf("%s is %s: %s needs that %s", e.Of, from, e.By, e.Rule)
}

// Next returns the transition that happens. If several rows have the state and the
// verb, it is the first whose guards all hold. If there is none, the error is a
// [*TransitionError], with the first guard that does not hold in the row of them of
// which most do before it: the one that comes nearest to what was meant.
func (l Lifecycle[State, Verb, Facts]) Next(from State, by Verb, facts Facts) (Transition[State, Verb, Facts], error) {
	refusal, nearest := &TransitionError{Of: l.Of, From: string(from), By: string(by)}, -1
rows:
	for _, row := range l.Rows {
		if row.By != by || !slices.Contains(row.From, from) {
			continue
		}
		for held, guard := range row.Guards {
			if !guard.Holds(facts) {
				if held > nearest {
					refusal.Rule, refusal.Remedy, nearest = guard.Rule, guard.Remedy, held
				}
				continue rows
			}
		}
		if row.To == "" {
			row.To = from
		}
		return row, nil
	}
	return Transition[State, Verb, Facts]{}, refusal
}

// Possible reports whether the verb is in the table for a state at all, whatever the
// guards say.
func (l Lifecycle[State, Verb, Facts]) Possible(from State, by Verb) bool {
	return slices.ContainsFunc(l.Rows, func(row Transition[State, Verb, Facts]) bool {
		return row.By == by && slices.Contains(row.From, from)
	})
}

// Mermaid returns the table as a Mermaid state diagram.
func (l Lifecycle[State, Verb, Facts]) Mermaid() string {
	var b strings.Builder
	b.WriteString("stateDiagram-v2\n")
	for _, row := range l.Rows {
		for _, from := range row.From {
			to := string(row.To)
			if to == "" {
				to = string(from)
			}
			fmt.Fprintf(&b, "    %s --> %s: %s", node(string(from)), to, row.By)
			var rules []string
			for _, guard := range row.Guards {
				rules = append(rules, guard.Rule)
			}
			if len(rules) > 0 {
				fmt.Fprintf(&b, " [%s]", strings.Join(rules, ", and "))
			}
			b.WriteString("\n")
		}
	}
	return b.String()
}

// node is a state as Mermaid writes it.
func node(state string) string {
	if state == "" {
		return "[*]"
	}
	return state
}
