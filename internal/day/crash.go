package day

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/engage-interactions/engage/store"
)

// errDied is what a process hears of its store once it has died.
var errDied = fmt.Errorf("the process has died: %w", store.ErrClosed)

// mortal is the store as one process sees it, which dies at some commit, and then reaches
// nothing any more; and to whom some answers are lost.
type mortal struct {
	store.Store

	random *rand.Rand // of what goes wrong; nil: nothing does
	end    context.CancelFunc
	alarms *alarms
	// left is how many commits it has yet; less than 0: no end is known.
	left int
	dead bool
	// lost counts the answers that did not come.
	lost int
}

// loseOneIn is of how many commits one has its answer lost.
const loseOneIn = 500

// dies has the process die at one of its next commits.
func (m *mortal) dies(within int) { m.left = m.random.IntN(within) }

func (m *mortal) Commit(ctx context.Context, b store.Batch) error {
	if m.dead {
		return errDied
	}
	m.alarms.hear(b)
	if m.left == 0 { // before it has landed, or after
		if m.random.IntN(2) == 0 {
			if err := m.Store.Commit(ctx, b); errors.Is(err, store.ErrInvalid) {
				return err
			}
		}
		m.dead = true
		m.end()
		return errDied
	}
	m.left--
	if m.random == nil || m.random.IntN(loseOneIn) > 0 {
		return m.Store.Commit(ctx, b)
	}
	m.lost++
	if m.random.IntN(2) == 0 {
		if err := m.Store.Commit(ctx, b); err != nil {
			return err
		}
	}
	return fmt.Errorf("the answer was lost: %w", store.ErrUnknownOutcome)
}

func (m *mortal) Get(ctx context.Context, keys ...store.Key) ([]store.Record, error) {
	if m.dead {
		return nil, errDied
	}
	return m.Store.Get(ctx, keys...)
}

func (m *mortal) Find(ctx context.Context, q store.Query) (store.Page, error) {
	if m.dead {
		return store.Page{}, errDied
	}
	return m.Store.Find(ctx, q)
}

func (m *mortal) Events(ctx context.Context, tenant string, after int64, limit int) ([]store.Event, error) {
	if m.dead {
		return nil, errDied
	}
	return m.Store.Events(ctx, tenant, after, limit)
}
