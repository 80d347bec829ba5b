package engage

import (
	"errors"
	"fmt"

	"github.com/engage-interactions/engage/routing"
)

// wrongs are what is wrong with a request to routing, all of it, in its order.
type wrongs struct{ problems []routing.Problem }

// add notes a problem. The code is that of the platform for whatever has none of its own.
func (w *wrongs) add(path, message string) {
	w.problems = append(w.problems, routing.Problem{Path: path, Message: message, Code: routing.CodeInvalid})
}

// unknown notes that a SID, or a name, is nobody's in the workspace.
func (w *wrongs) unknown(path string, err error) error {
	if !errors.Is(err, ErrNotFound) {
		return err
	}
	w.add(path, "is not known in the workspace")
	return nil
}

// err returns all of it as one error, nil if there is nothing.
func (w *wrongs) err() error {
	if len(w.problems) == 0 {
		return nil
	}
	return problemsError(&routing.ProblemsError{Problems: w.problems})
}

// problemsError gives an error of package routing its class: what is wrong with a request is
// an [*InvalidError] of the first field that is, and holds all of it.
func problemsError(err error) error {
	all, ok := errors.AsType[*routing.ProblemsError](err)
	if !ok {
		return err
	}
	return &InvalidError{Field: all.Problems[0].Path, Err: err}
}

// checkVersion refuses a change by somebody who has not seen what there is now: another version
// is a [*ConflictError], as If-Match of the platform's API has it. Nil: they have not said.
func checkVersion(resource Resource, seen *int64, version int64) error {
	if seen == nil || *seen == version {
		return nil
	}
	return &ConflictError{Resource: resource, Reason: fmt.Sprintf("was changed meanwhile: it is at version %d", version)}
}
