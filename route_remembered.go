package engage

import (
	"context"
	"slices"
	"sync"

	"github.com/engage-interactions/engage/internal/work"
)

// settings keeps decoded records that are read with every task, and seldom change: by the
// version that each was decoded of, so that nothing in it is ever wrong. The zero value is ready
// to use.
type settings[T any] struct {
	mu    sync.Mutex
	known map[string]asOf[*T] // by ID; not to be changed
}

// maxSettings is how many of a kind are kept. Beyond, some are forgotten.
const maxSettings = 1000

// of returns the Get of a table. What that returns is shared: it must not be changed.
func (s *settings[T]) of(table *work.Table[T]) func(ctx context.Context, w *work.Work, id string) (*T, error) {
	return func(ctx context.Context, w *work.Work, id string) (*T, error) { return s.get(ctx, table, w, id) }
}

func (s *settings[T]) get(ctx context.Context, table *work.Table[T], w *work.Work, id string) (*T, error) {
	record, stored, err := table.Peek(ctx, w, id)
	if err != nil {
		return nil, err
	}
	if !stored { // it is not there, or written by this work, and nowhere yet
		return table.Get(ctx, w, id)
	}
	s.mu.Lock()
	known, ok := s.known[id]
	s.mu.Unlock()
	if ok && known.record == record {
		return known.made, nil
	}
	made, err := table.Get(ctx, w, id)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for other := range s.known {
		if len(s.known) < maxSettings {
			break
		}
		delete(s.known, other)
	}
	if s.known == nil {
		s.known = map[string]asOf[*T]{}
	}
	s.known[id] = asOf[*T]{record, made}
	return made, nil
}

// clone returns a copy that can be changed.
func (w *storedWorkspace) clone() *storedWorkspace {
	c := *w
	c.ActivitySIDs, c.TaskChannelSIDs, c.WorkflowSIDs = slices.Clone(w.ActivitySIDs), slices.Clone(w.TaskChannelSIDs), slices.Clone(w.WorkflowSIDs)
	return &c
}

// clone returns a copy that can be changed.
func (q *storedQueue) clone() *storedQueue {
	c := *q
	c.WorkflowSIDs = slices.Clone(q.WorkflowSIDs)
	return &c
}
