package faults

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/engage-interactions/engage/store"
)

// errLost is what the caller is told when the answer of its Commit is lost.
var errLost = fmt.Errorf("%w: the answer was lost", store.ErrUnknownOutcome)

// LostBefore returns a fault of Commit: the batch never lands, and the outcome is
// unknown.
func LostBefore() Fault {
	return Fail(errLost).Named("the commit is lost before its effect").On(Commit)
}

// LostAfter returns a fault of Commit: the batch lands, if it can, and the outcome is
// unknown.
func LostAfter() Fault {
	return Instead("the answer is lost after the effect", func(ctx context.Context, _ Call, next func(context.Context) error) error {
		return lose(next(ctx))
	}).On(Commit)
}

// LostLate returns a fault of Commit: the outcome is unknown, and the batch lands, if
// it still can, right before the next call of the store, or with Heal.
func LostLate() Fault {
	return Instead("the answer is lost, and the effect comes late", func(ctx context.Context, c Call, _ func(context.Context) error) error {
		c.landLate(ctx)
		return errLost
	}).On(Commit)
}

// lose returns what the caller is told of a commit that ended so. What the store can
// tell before it tries, it tells.
func lose(err error) error {
	if err == nil || errors.Is(err, store.ErrConflict) || errors.Is(err, store.ErrUnavailable) {
		return errLost
	}
	return err
}

// landLate keeps a copy of the batch, which lands before the next call.
func (c Call) landLate(ctx context.Context) {
	b := clone(c.Batch)
	later := context.WithoutCancel(ctx)
	c.store.later(func() {
		_ = c.Below().Commit(later, b) // nobody is there to be told, and it may be too late
	})
}

// clone returns a copy of a batch that shares nothing with it.
func clone(b store.Batch) store.Batch {
	b.Checks, b.Deletes = slices.Clone(b.Checks), slices.Clone(b.Deletes)
	b.Puts, b.Events = slices.Clone(b.Puts), slices.Clone(b.Events)
	for i := range b.Puts {
		b.Puts[i].Terms, b.Puts[i].Value = maps.Clone(b.Puts[i].Terms), slices.Clone(b.Puts[i].Value)
	}
	for i := range b.Events {
		b.Events[i].Value = slices.Clone(b.Events[i].Value)
	}
	return b
}
