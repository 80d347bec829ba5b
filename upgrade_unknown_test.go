package engage_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/memory"
)

// lostStep is a store that loses the answer of its first commit, after which another process
// takes the next step.
type lostStep struct {
	store.Store

	tb   testing.TB
	lost bool
}

func (l *lostStep) Commit(ctx context.Context, b store.Batch) error {
	err := l.Store.Commit(ctx, b)
	if l.lost || err != nil {
		return err
	}
	l.lost = true
	guard := find(l.tb, l.Store, "data_format")
	if err := l.Store.Commit(ctx, store.Batch{ID: "of another process", Tenant: b.Tenant, Puts: guard}); err != nil {
		return err
	}
	return fmt.Errorf("%w: the line is cut", store.ErrUnknownOutcome)
}

// Whoever cannot tell whether a step of bringing the data up to date was done looks where it is.
func TestBringingUpToDateGoesOnAfterAnUnknownOutcome(t *testing.T) {
	t.Parallel()
	st := memory.New()
	defer func() { _ = st.Close() }()
	if _, err := engage.New(t.Context(), &lostStep{Store: st, tb: t}, nil); err != nil {
		t.Errorf("it does not begin: %v", err)
	}
}
