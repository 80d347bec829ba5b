package engage

import (
	"context"

	"github.com/engage-interactions/engage/routing"
	"github.com/engage-interactions/engage/store"
)

// inWorkspaceQuery is the query of a page of what is in a workspace.
func inWorkspaceQuery(workspaceSID string, limit int, continuation string) store.Query {
	return store.Query{Index: byWorkspace, Prefix: sidTerm(routing.PrefixWorkspace, workspaceSID).String(), Limit: limit, Cursor: continuation}
}

// shows makes of a record what is shown of it.
type shows[T, V any] func(ctx context.Context, t *turn, v *T, shown *V) error

// showPage returns a page of a table, of what is kept of it, each as it is shown.
func showPage[T, V any](ctx context.Context, s scope, table finder[T], q store.Query, keep func(*T) bool, show shows[T, V]) (Page[V], error) {
	var page Page[V]
	err := s.look(ctx, func(t *turn) (err error) {
		page, err = shownPage(ctx, t, table, q, keep, show)
		return err
	})
	if err != nil {
		return Page[V]{}, err
	}
	return page, nil
}

// shownPage is showPage within a call.
func shownPage[T, V any](ctx context.Context, t *turn, table finder[T], q store.Query, keep func(*T) bool, show shows[T, V]) (Page[V], error) {
	found, err := pageOf(ctx, t, table, q, keep)
	if err != nil {
		return Page[V]{}, err
	}
	page := Page[V]{Items: make([]V, len(found.Items)), Continuation: found.Continuation}
	for n := range found.Items {
		if err := show(ctx, t, &found.Items[n], &page.Items[n]); err != nil {
			return Page[V]{}, err
		}
	}
	return page, nil
}

// shownPart shows a part of a record.
func shownPart[T, V any](of func(*T) *V) shows[T, V] {
	return func(_ context.Context, _ *turn, v *T, shown *V) error {
		*shown = *of(v)
		return nil
	}
}

// shownAsIs shows a value as it is.
func shownAsIs[T any](_ context.Context, _ *turn, v, shown *T) error {
	*shown = *v
	return nil
}
