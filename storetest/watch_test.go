package storetest

import (
	"context"
	"slices"
	"testing"
	"time"
)

// watch checks a clause and returns what was reported. A check must end,
// whatever the store does; how soon depends on what else the machine does.
func watch(t *testing.T, c Clause, h Harness) *recorder {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	var r *recorder
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		r = c.looked(t, h)
	}()
	select {
	case <-ended:
	case <-ctx.Done():
		t.Fatalf("the check of %s does not end", c.ID)
	}
	return r
}

// clause returns the clause with that ID.
func clause(t *testing.T, id string) Clause {
	t.Helper()
	all := Clauses()
	i := slices.IndexFunc(all, func(c Clause) bool { return c.ID == id })
	if i < 0 {
		t.Fatalf("there is no clause %q", id)
	}
	return all[i]
}
