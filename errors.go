package engage

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/internal/feed"
	"github.com/engage-interactions/engage/internal/work"
	"github.com/engage-interactions/engage/routing"
	"github.com/engage-interactions/engage/store"
)

// The classes of errors. Every error of the Engine that a caller can act on wraps
// one of them: test with errors.Is, and get at the particulars with errors.As and
// the types below, or those of package schema. No error holds a value of a
// payload.
var (
	// ErrInvalid says that an argument can never be accepted as it is. See
	// [*InvalidError].
	ErrInvalid = store.ErrInvalid
	// ErrNotFound says that what was named does not exist. See [*NotFoundError].
	ErrNotFound = errors.New("not found")
	// ErrConflict says that something is in the way of the call: what it would
	// create exists (see [*ConflictError]), or other processes kept changing what
	// it rests on.
	ErrConflict = store.ErrConflict
	// ErrRefused says that a rule forbids the call in the present state. See
	// [*RefusedError].
	ErrRefused = errors.New("refused")
	// ErrForbidden says that Options.Authorize did not allow it. See
	// [*ForbiddenError].
	ErrForbidden = errors.New("forbidden")
	// ErrOutdated says that a record was written by a newer version of engage, or that one
	// has brought the tenant's data up to date: this version reads what it can still, and
	// writes nothing. See [*OutdatedError] and docs/upgrading.md.
	ErrOutdated = work.ErrOutdated
	// ErrUnavailable says that the store could not do it now; nothing changed.
	ErrUnavailable = store.ErrUnavailable
	// ErrUnknownOutcome says that the call may have been done, or may yet be.
	ErrUnknownOutcome = store.ErrUnknownOutcome
	// ErrTrimmed says that events behind the position have been forgotten.
	ErrTrimmed = store.ErrTrimmed
	// ErrDropped says that a consumer stayed away for so long that the log went
	// on without it. Forget it, and it starts anew.
	ErrDropped = feed.ErrDropped
	// ErrClosed says that the store was closed.
	ErrClosed = store.ErrClosed
	// ErrWorkDone says that a Work was used after the function that it was made
	// for returned.
	ErrWorkDone = work.ErrDone
)

// OutdatedError says of which kind of record a newer format was met. It wraps ErrOutdated.
type OutdatedError = work.OutdatedError

// InvalidError says which argument is wrong, and why.
type InvalidError struct {
	Field string // the argument or JSON name, such as "createdDate"
	Err   error  // why; for schemas and payloads a typed error of package schema
}

// Error names the field and the reason. Of several problems each says itself where it is.
func (e *InvalidError) Error() string {
	if all, ok := errors.AsType[*routing.ProblemsError](e.Err); ok && all.Problems[0].Path == e.Field {
		return "invalid " + all.Error()
	}
	text := strings.TrimPrefix(e.Err.Error(), "schema: ") // which the field says
	if strings.HasPrefix(text, "invalid "+e.Field+": ") {
		return text
	}
	return fmt.Sprintf("invalid %s: %s", e.Field, text)
}

// Unwrap returns ErrInvalid and the reason.
func (e *InvalidError) Unwrap() []error { return []error{ErrInvalid, e.Err} }

// NotFoundError says what does not exist.
type NotFoundError struct {
	Resource Resource
	Reason   string // such as "was deleted"; empty: it is not known at all
}

// Error names the resource, and what would make one of those that hosts declare.
func (e *NotFoundError) Error() string {
	if e.Reason != "" {
		return fmt.Sprintf("%v: %s", e.Resource, e.Reason)
	}
	text := fmt.Sprintf("%v: %v", e.Resource, ErrNotFound)
	switch {
	case e.Resource.ID == "":
		return text + ": its ID is empty"
	case e.Resource.Type == ResourceSource:
		return text + "; Sources.Create declares one"
	case e.Resource.Type == ResourceSchema:
		return text + "; Schemas.Create declares one"
	}
	return text
}

// Unwrap returns ErrNotFound.
func (e *NotFoundError) Unwrap() error { return ErrNotFound }

// ConflictError says what exists already, or is under way.
type ConflictError struct {
	Resource Resource
	Reason   string // such as "exists"
}

// Error names the resource and the reason.
func (e *ConflictError) Error() string { return fmt.Sprintf("%v %s", e.Resource, e.Reason) }

// Unwrap returns ErrConflict.
func (e *ConflictError) Unwrap() error { return ErrConflict }

// RefusedError says which rule forbids a call, and what would make it pass.
type RefusedError struct {
	Rule     string // in words
	Resource Resource
	Remedy   string // what would make it pass
	Err      error  // more, or nil
}

// Error names the rule, the resource and the remedy.
func (e *RefusedError) Error() string {
	text := fmt.Sprintf("%v: %v: %s", e.Resource, ErrRefused, e.Rule)
	if more := e.more(); more != "" {
		text += " (" + more + ")"
	}
	if e.Remedy != "" {
		text += "; " + e.Remedy
	}
	return text
}

// more is what Err says beyond the rule.
func (e *RefusedError) more() string {
	if e.Err == nil || e.Err.Error() == e.Rule {
		return ""
	}
	if transition, ok := errors.AsType[*interaction.TransitionError](e.Err); ok {
		if transition.Error() == e.Err.Error() {
			return ""
		}
		if platform, ok := errors.AsType[*routing.RefusedError](e.Err); ok { // the same, in the platform's words
			return platform.Text
		}
	}
	return e.Err.Error()
}

// Unwrap returns ErrRefused and what Err holds.
func (e *RefusedError) Unwrap() []error {
	if e.Err == nil {
		return []error{ErrRefused}
	}
	return []error{ErrRefused, e.Err}
}

// beside is an error with another one beside it, of which its text says nothing.
type beside struct {
	error
	other error
}

// Unwrap returns both.
func (e *beside) Unwrap() []error { return []error{e.error, e.other} }

// ForbiddenError says who may not do what.
type ForbiddenError struct {
	Actor    Actor
	Action   Action
	Resource Resource
	Err      error // what Options.Authorize returned
}

// Error names actor, action and resource.
func (e *ForbiddenError) Error() string {
	return fmt.Sprintf("%v: %v may not do %s to %v: %v", ErrForbidden, e.Actor, e.Action, e.Resource, e.Err)
}

// Unwrap returns ErrForbidden and the error of Options.Authorize.
func (e *ForbiddenError) Unwrap() []error { return []error{ErrForbidden, e.Err} }

// clipped returns what is repeated in an error of a text that a caller has sent: all of it, if
// it could be a name or an ID, else its beginning.
func clipped(text string) string {
	if len(text) <= interaction.MaxText {
		return text
	}
	return strings.ToValidUTF8(text[:maxRepeated], "") + "… (" + strconv.Itoa(len(text)) + " bytes)"
}

// maxRepeated is how many bytes an error repeats of what is too long.
const maxRepeated = 64

func invalid(field, reason string) error {
	return &InvalidError{Field: field, Err: errors.New(reason)}
}
