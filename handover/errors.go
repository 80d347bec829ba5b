package handover

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// RefusedError says that control does not move, by which rule, and what would help.
type RefusedError struct {
	Trigger Trigger
	Code    Code
	Rule    string // what must be so
	Remedy  string // what would make it so
	// Control is who has control, and what is under way.
	Control Control
	// InTheWay are the interventions because of which it is refused, if it is because
	// of such.
	InTheWay []Engaged
	// RetryAt is when to try again, if waiting helps: the deadline of what is under
	// way, or when control may be handed over again.
	RetryAt time.Time
}

// Error names the trigger, the rule and the interventions in the way.
func (e *RefusedError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s needs that %s; %v has control", e.Trigger, e.Rule, e.Control.Holder().Owner)
	for n, i := range e.InTheWay {
		if n == 5 {
			fmt.Fprintf(&b, ", and %d more", len(e.InTheWay)-n)
			break
		}
		fmt.Fprintf(&b, ", intervention %s is %s with %v", i.InterventionID, i.Status, i.Owner)
	}
	return b.String()
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
