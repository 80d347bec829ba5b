package enginetest_test

import (
	"strings"
	"testing"

	"github.com/engage-interactions/engage/storetest/enginetest"
)

// brokenRouting are stores on which tasks go wrong, by what they do.
func brokenRouting() map[string]broken {
	const (
		offers  = "routing/what-waits-is-offered"
		accepts = "routing/a-conversation-is-accepted-and-completed"
		cancels = "routing/a-task-is-canceled"
	)
	return map[string]broken{
		"forgets what a task was reserved for": {play: offers, invariant: "routing-one", harness: rewording("task", `"assignment_status":"reserved"`, `"assignment_status":"pending"`)},
		"does not count who is busy":           {play: offers, invariant: "routing-capacity", harness: rewording("worker", `"pending":1`, `"pending":2`)},
		"does not count tasks":                 {play: cancels, invariant: "routing-counts", harness: losing("task_count", isOld)},
		"does not tell of offers":              {play: offers, invariant: "routing-told", harness: silent("reservation.created")},
		"loses the jobs of offers":             {play: offers, invariant: "routing-job", harness: losing("job", isNew)},
		"does not close what is over":          {play: accepts, invariant: "routing-orphan", harness: rewording("interaction_channel", `"status":"closed"`, `"status":"active"`)},
	}
}

// TestEveryInvariantOfRoutingCanBeBroken by one of the stores above.
func TestEveryInvariantOfRoutingCanBeBroken(t *testing.T) {
	t.Parallel()
	caught := map[string]bool{}
	for _, b := range brokenRouting() {
		caught[b.invariant] = true
	}
	for _, i := range enginetest.Invariants() {
		if strings.HasPrefix(i.ID, "routing-") && !caught[i.ID] {
			t.Errorf("no store breaks %s", i.ID)
		}
	}
}
