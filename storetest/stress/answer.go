package stress

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/engage-interactions/engage/store"
)

// answer is what one call of any method gave, and what surrounded it.
type answer struct {
	handle int
	closed bool  // the handle was closed before the call
	done   error // what the context gave before the call
	ended  error // what the context gives after the call
	err    error
}

// A class is one of those that the contract sorts errors by.
type class struct {
	name string
	is   error
}

var classes = []class{
	{"ErrInvalid", store.ErrInvalid},
	{"ErrConflict", store.ErrConflict},
	{"ErrUnavailable", store.ErrUnavailable},
	{"ErrUnknownOutcome", store.ErrUnknownOutcome},
	{"ErrTrimmed", store.ErrTrimmed},
	{"ErrClosed", store.ErrClosed},
	{"context.Canceled", context.Canceled},
	{"context.DeadlineExceeded", context.DeadlineExceeded},
}

// classOf names the classes of an error, "ok" if there is none.
func classOf(err error) string {
	if err == nil {
		return "ok"
	}
	var names []string
	for _, c := range classes {
		if errors.Is(err, c.is) {
			names = append(names, c.name)
		}
	}
	if len(names) == 0 {
		return "an error of no class"
	}
	return strings.Join(names, " and ")
}

// only reports whether err is of this class and of no other.
func only(err, class error) bool {
	if !errors.Is(err, class) {
		return false
	}
	for _, c := range classes {
		if errors.Is(err, c.is) && !errors.Is(class, c.is) {
			return false
		}
	}
	return true
}

// refusal is a reason to refuse a call, and whether an error says so.
type refusal struct {
	reason string
	said   func(err error) bool
}

// judge looks at what binds every method. A call that must be refused, for the
// broken rule or for one of the other reasons, is refused for any one of them:
// it is up to the store which. What is refused has no effect. For a call that
// was made, judge leaves the answer to the caller.
func (a answer) judge(rule string, others ...refusal) (refused bool, wrong error) {
	var reasons []refusal
	if a.closed {
		reasons = append(reasons, refusal{"the handle is closed: want ErrClosed", func(err error) bool { return only(err, store.ErrClosed) }})
	}
	if a.done != nil {
		reasons = append(reasons, refusal{fmt.Sprintf("the context was done before the call: want %v", a.done), func(err error) bool { return only(err, a.done) }})
	}
	if rule != "" {
		reasons = append(reasons, refusal{rule + ": want an InvalidError", func(err error) bool {
			_, ok := errors.AsType[*store.InvalidError](err)
			return ok && only(err, store.ErrInvalid)
		}})
	}
	reasons = append(reasons, others...)
	for _, r := range reasons {
		if a.err != nil && r.said(a.err) {
			return true, nil
		}
	}
	if a.ended != nil && a.err != nil && only(a.err, a.ended) {
		return true, nil
	}
	if len(reasons) > 0 {
		return true, errors.New(reasons[0].reason)
	}
	return false, nil
}

// errNothingWrong says that a call was refused without a reason.
var errNothingWrong = errors.New("there is nothing wrong with the call")

// simple judges the answer of a method that gives nothing but an error.
func (a answer) simple(rule string) (refused bool, wrong error) {
	refused, wrong = a.judge(rule)
	if !refused && a.err != nil {
		return true, errNothingWrong
	}
	return refused, wrong
}
