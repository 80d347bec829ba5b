package engage_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/memory"
)

// orderly notes how many tasks are read in the order of a queue, and how often one of a line.
type orderly struct {
	store.Store

	mu             sync.Mutex
	scanned, lines int
}

func (o *orderly) Find(ctx context.Context, q store.Query) (store.Page, error) {
	page, err := o.Store.Find(ctx, q)
	o.mu.Lock()
	defer o.mu.Unlock()
	switch q.Index {
	case "queue_order":
		o.scanned += len(page.Records)
	case "queue_channel_line_order":
		o.lines++
	}
	return page, err
}

// As many tasks of a queue are looked at in their order as route_lines.go says: 64.
func TestAsManyTasksAreScannedAsIsSaid(t *testing.T) {
	t.Parallel()
	st := &orderly{Store: memory.New()}
	t.Cleanup(func() { _ = st.Close() })
	f := newFloorOn(t, st, func(o *engage.Options) { o.Jobs.Concurrency = 1 })
	f.leads("Levels", fmt.Sprintf(`{"queue":%q,"expression":"worker.level >= task.level"}`, f.queue.SID))
	for n := range 200 {
		f.asks(attributes(fmt.Sprintf(`{"level":%d}`, 200-n)))
	}
	f.runs()
	st.mu.Lock()
	st.scanned, st.lines = 0, 0
	st.mu.Unlock()
	ann := f.hires("ann", 1, `{"level":150}`) // the 51st in the order of the queue is the first she can take
	f.runs()
	live := must(f.Reservations.List(t.Context(), engage.ReservationFilter{WorkerSID: ann.SID, Live: true}))(t).Items
	st.mu.Lock()
	defer st.mu.Unlock()
	if len(live) != 1 {
		t.Fatalf("she is offered %v", live)
	}
	if st.scanned != 64 || st.lines > 50 {
		t.Errorf("%d tasks are looked at in their order, then %d lines; want 64 and a few", st.scanned, st.lines)
	}
}
