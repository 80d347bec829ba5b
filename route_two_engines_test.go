package engage_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/routing"
	"github.com/engage-interactions/engage/store"
)

// TestTwoEnginesGiveNoTaskToTwoAndNobodyTooMuch lets agents on two Engines work on what others
// create, cancel and change meanwhile, with the jobs done by all of them.
func TestTwoEnginesGiveNoTaskToTwoAndNobodyTooMuch(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, st store.Store) {
		f := newFloorOn(t, st)
		other := must(engage.New(t.Context(), st, &f.opts))(t)
		few := f.newQueue("Few", "level >= 2", func(q *engage.NewQueue) { q.MaxReservedWorkers = 2 })
		cool := f.newQueue("Cool", "level >= 1", func(q *engage.NewQueue) { q.Matching.RejectCoolDown = 5 })
		f.workflow = f.newWorkflow("Three", fmt.Sprintf(`{"task_routing":{"filters":[
			{"expression":"kind == 0","targets":[{"queue":%q,"order_by":"worker.level DESC"}]},
			{"expression":"kind == 1","targets":[{"queue":%q,"timeout":20},{"queue":%q}]}
		],"default_filter":{"queue":%[3]q}}}`, few.SID, cool.SID, f.queue.SID))
		var agents []routing.Worker
		for n := range 4 {
			agents = append(agents, f.hires(fmt.Sprint("w", n), 1+n%2, fmt.Sprintf(`{"level":%d}`, n)))
		}
		f.runs()
		const each = 12
		var ended atomic.Int64
		var wg sync.WaitGroup
		engines := []*engage.Engine{f.Engine, other}
		for n, eng := range engines {
			wg.Go(func() {
				random := rand.New(rand.NewPCG(uint64(n), 1))
				for range each {
					task, err := eng.Tasks.Create(t.Context(), f.workspace.SID, engage.NewTask{
						WorkflowSID: f.workflow.SID, Attributes: routing.Attributes{"kind": random.IntN(3)}, Priority: random.IntN(3),
					})
					if err != nil {
						t.Error(err)
						return
					}
					if random.IntN(6) == 0 {
						if _, err := eng.Tasks.Cancel(t.Context(), task.SID, engage.Ending{Reason: "no"}); err == nil {
							ended.Add(1)
						}
					}
				}
			})
		}
		for n, w := range agents {
			wg.Go(func() {
				random := rand.New(rand.NewPCG(uint64(n), 2))
				for turn := 0; ended.Load() < each*int64(len(engines)) && !t.Failed(); turn++ {
					if n == 0 && turn%5 == 0 {
						f.clock.pass(time.Second)
					}
					ended.Add(int64(works(t, engines[n%2], engines[(n+1)%2], w, random)))
				}
			})
		}
		wg.Wait()
		f.runs()
		atPeace(t, f.Engine, st, f.workspace.SID, f.clock.read())
		neverTooMuch(t, f.Engine, agents)
	})
}

// works lets an agent do something about what they have, by one of two Engines, and returns how
// many tasks they have completed.
func works(tb testing.TB, eng, other *engage.Engine, w routing.Worker, random *rand.Rand) (completed int) {
	ctx := tb.Context()
	if _, err := eng.RunDue(ctx); err != nil {
		tb.Error(err)
	}
	if w.FriendlyName == "w1" && random.IntN(4) == 0 { // somebody else has them change what they can do
		attributes := routing.Attributes{"level": random.IntN(4)}
		if _, err := other.Workers.Update(ctx, w.SID, engage.WorkerUpdate{Attributes: &attributes}); err != nil && !errors.Is(err, engage.ErrConflict) {
			tb.Error(err)
		}
	}
	live, err := eng.Reservations.List(ctx, engage.ReservationFilter{WorkerSID: w.SID, Live: true})
	if err != nil {
		tb.Error(err)
	}
	for _, r := range live.Items {
		var err error
		switch {
		case r.Status == routing.ReservationPending && random.IntN(3) == 0:
			_, err = other.Reservations.Reject(ctx, r.SID, engage.Rejection{})
		case r.Status == routing.ReservationPending:
			_, err = eng.Reservations.Accept(ctx, r.SID, engage.Answer{})
		default:
			if _, err = eng.Reservations.Complete(ctx, r.SID, engage.Completion{Reason: "done"}); err == nil {
				completed++
			}
		}
		if err != nil && !errors.Is(err, engage.ErrRefused) && !errors.Is(err, engage.ErrConflict) {
			tb.Error(err)
		}
	}
	return completed
}

// neverTooMuch goes through the log: no worker may ever have had more than they can, and no task
// may have been accepted twice.
func neverTooMuch(tb testing.TB, eng *engage.Engine, agents []routing.Worker) {
	tb.Helper()
	capacity, has, accepted := map[string]int{}, map[string]int{}, map[string]bool{}
	for _, w := range agents {
		capacity[w.SID] = w.Channels[0].Capacity
	}
	for _, e := range must(gather(eng.Events.After(tb.Context(), 0)))(tb) {
		var r engage.ReservationEvent
		if e.Resource.Type != engage.ResourceReservation {
			continue
		}
		if err := json.Unmarshal(e.Data, &r); err != nil {
			tb.Fatal(err)
		}
		switch e.Type {
		case engage.EventReservationCreated:
			has[r.WorkerSID]++
			if has[r.WorkerSID] > capacity[r.WorkerSID] {
				tb.Errorf("%s has %d at position %d", r.WorkerName, has[r.WorkerSID], e.Position)
			}
		case engage.EventReservationAccepted:
			if accepted[r.TaskSID] {
				tb.Errorf("task %s is accepted twice", r.TaskSID)
			}
			accepted[r.TaskSID] = true
		case engage.EventReservationWrapup:
		default:
			has[r.WorkerSID]--
		}
	}
}
