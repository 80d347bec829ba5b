package handover

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// RefusedError says that control does not move, by which rule, and what would help.
type RefusedError struct {
	Trigger Trigger `json:"trigger"`
	Code    Code    `json:"code"`
	Rule    string  `json:"rule"`             // what must be so
	Remedy  string  `json:"remedy,omitempty"` // what would make it so
	// Control is who has control, and what is under way.
	Control Control `json:"control"`
	// InTheWay are the interventions because of which it is refused, if it is because
	// of such.
	InTheWay []Engaged `json:"interventions,omitempty"`
	// RetryAt is when to try again, if waiting helps: the deadline of what is under
	// way, or when control may be handed over again.
	RetryAt time.Time `json:"retry_at,omitzero"`
}

// mostNamed is how many interventions are named in a text.
const mostNamed = 5

// Error names the trigger, the rule, the interventions in the way, who has control, and
// what is under way.
func (e *RefusedError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s needs that %s", e.Trigger, e.Rule)
	before := ": "
	for n, i := range e.InTheWay {
		if n == mostNamed {
			fmt.Fprintf(&b, ", and %d more", len(e.InTheWay)-n)
			break
		}
		fmt.Fprintf(&b, "%sintervention %s is %s with %v", before, i.InterventionID, i.Status, i.Owner)
		before = ", "
	}
	b.WriteString("; " + e.Control.Holder().has())
	if v := e.Control.Verb; v != nil {
		b.WriteString(", and " + v.goesOn())
	}
	return b.String()
}

// has says in words that it has control.
func (p Party) has() string {
	switch {
	case p.Owner == Agent:
		return "the agents have control"
	case p.Owner == Bot && p.App != "":
		return "bot " + p.App + " has control"
	case p.Owner == Bot:
		return "a bot has control"
	case p.Owner == Other:
		return "another app has control"
	default:
		return "nobody has control"
	}
}

// goesOn says in words that it is under way.
func (v *Verb) goesOn() string {
	switch v.Kind {
	case VerbTake:
		return "it is being taken"
	case VerbPass:
		return "it is being passed to " + v.To.String()
	case VerbRelease:
		return "it is being released"
	case VerbRequest, VerbAsk:
	}
	return "it is requested"
}

// RefusedBy returns the code of the rule by which something was refused, if err is, or
// wraps, a [*RefusedError]; else it is empty.
func RefusedBy(err error) Code {
	if refused, ok := errors.AsType[*RefusedError](err); ok {
		return refused.Code
	}
	return ""
}

func (c Case) refusal(g Guard) *RefusedError {
	e := &RefusedError{Trigger: c.Input.Trigger, Code: g.Code, Rule: g.Rule, Remedy: g.Remedy, Control: c.Control}
	switch g.Code {
	case CodeEngaged:
		e.InTheWay = c.Facts.Settings.InTheWay(c.Facts.Engaged, c.Input.InterventionID)
	case CodeInProgress:
		if c.Control.Verb != nil {
			e.RetryAt = c.Control.Verb.Deadline
		}
	case CodeTooMany:
		moves := recent(c)
		e.RetryAt = moves[len(moves)-c.Facts.Settings.MaxMoves].Add(c.Facts.Settings.MovesWithin.Duration())
	case CodeNotInControl:
		for _, i := range c.Facts.Engaged {
			if agentEngaged(c.Control, []Engaged{i}) {
				e.InTheWay = append(e.InTheWay, i)
			}
		}
	case CodeWrongFrom, CodeStaleEpoch, CodeNotRequested, CodeMissingApp, CodeOnPlatform:
		// The rule says it all.
	}
	return e
}
