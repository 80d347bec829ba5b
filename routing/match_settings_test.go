package routing_test

import (
	"slices"
	"testing"

	"github.com/engage-interactions/engage/routing"
)

func TestMatchingIsChecked(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		matching routing.Matching
		want     []string
	}{
		{routing.Matching{}, nil},
		{routing.Matching{PriorityAgeing: routing.MaxTaskTimeout, RejectCoolDown: routing.MaxTaskTimeout, KnownWorkerFallback: true}, nil},
		{routing.Matching{PriorityAgeing: -1, RejectCoolDown: -1}, []string{"matching.priority_ageing", "matching.reject_cool_down"}},
		{routing.Matching{PriorityAgeing: routing.MaxTaskTimeout + 1}, []string{"matching.priority_ageing"}},
	} {
		if got := found(t, c.matching.Check()); !slices.Equal(got, c.want) {
			t.Errorf("%+v: %v, want %v", c.matching, got, c.want)
		}
		queue := routing.Queue{FriendlyName: "x", TargetWorkers: routing.EveryWorker, MaxReservedWorkers: 1, TaskOrder: routing.FIFO, Matching: c.matching}
		if got := found(t, queue.Check()); !slices.Equal(got, c.want) {
			t.Errorf("%+v: %v, want %v", queue, got, c.want)
		}
	}
}
