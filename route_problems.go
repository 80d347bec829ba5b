package engage

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/engage-interactions/engage/routing"
)

// problems are what is wrong with a request of routing: all of it, each with its path in
// JSON.
type problems struct{ found []routing.Problem }

// add notes a problem.
func (p *problems) add(path, message string) {
	p.found = append(p.found, routing.Problem{Path: path, Message: message, Code: routing.CodeInvalid})
}

// check notes what package routing says is wrong. Any other error it returns.
func (p *problems) check(err error) error {
	if more, ok := errors.AsType[*routing.ProblemsError](err); ok {
		p.found = append(p.found, more.Problems...)
		return nil
	}
	return err
}

// exists notes that what a SID names is not there. Any other error it returns.
func (p *problems) exists(path, what, sid string, err error) error {
	if errors.Is(err, ErrNotFound) {
		p.add(path, "there is no "+what+" "+clipped(sid))
		return nil
	}
	return err
}

// text notes a text that is too long or cannot be kept.
func (p *problems) text(path, text string, most int) {
	switch {
	case len(text) > most:
		p.add(path, fmt.Sprintf("is longer than %d bytes", most))
	case !utf8.ValidString(text):
		p.add(path, "is not UTF-8")
	case strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7F }):
		p.add(path, "has control characters")
	}
}

// err returns all as one error, in the order of what was looked at; of one place it says one
// thing.
func (p *problems) err() error {
	if len(p.found) == 0 {
		return nil
	}
	var once []routing.Problem
	for _, problem := range p.found {
		problem.Path = clipped(problem.Path) // the name of an attribute, say
		if !slices.ContainsFunc(once, func(o routing.Problem) bool { return o.Path == problem.Path }) {
			once = append(once, problem)
		}
	}
	return &InvalidError{Field: once[0].Path, Err: &routing.ProblemsError{Problems: once}}
}

// activityOf reads the activity of a workspace that a field names; nil: there is none, which
// is noted.
func (t *turn) activityOf(ctx context.Context, p *problems, path, workspaceSID, sid string) (*routing.Activity, error) {
	a, err := t.activity(ctx, sid)
	if err == nil && a.WorkspaceSID != workspaceSID {
		a, err = nil, &NotFoundError{Resource: activityResource(sid)}
	}
	return a, p.exists(path, "activity", sid, err)
}

// namedActivity looks for the activity of a workspace that a field names, and sets the field
// to its SID as it is kept.
func (t *turn) namedActivity(ctx context.Context, p *problems, path, workspaceSID string, sid *string) error {
	a, err := t.activityOf(ctx, p, path, workspaceSID, *sid)
	if a != nil {
		*sid = a.SID
	}
	return err
}

// ifVersion refuses an update of what has changed since its caller has read it.
func ifVersion(seen *int64, is int64, resource Resource) error {
	if seen == nil || *seen == is {
		return nil
	}
	return &ConflictError{Resource: resource, Reason: fmt.Sprintf("has changed: it is of version %d, not %d", is, *seen)}
}

// limitReached refuses more of something than there can be.
func limitReached(resource Resource, most int, what string) error {
	return &RefusedError{Rule: fmt.Sprintf("there are %d %s, which is all that can be", most, what), Resource: resource, Remedy: "delete one"}
}

// inUse refuses to delete what something else needs.
func inUse(resource Resource, by, remedy string) error {
	return &RefusedError{Rule: by, Resource: resource, Remedy: remedy}
}
