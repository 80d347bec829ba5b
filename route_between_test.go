package engage_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/routing"
	"github.com/engage-interactions/engage/store"
)

// betweenStore is one on which something else happens behind commits of its own: what another
// process might do in that moment.
type betweenStore struct {
	store.Store

	behind func(b store.Batch)
}

func (s *betweenStore) Commit(ctx context.Context, b store.Batch) error {
	err := s.Store.Commit(ctx, b)
	if err == nil {
		s.behind(b)
	}
	return err
}

// runsWhile does all jobs that are due, one after the other, by another Engine, and has something
// else happen behind each of its commits.
func (f *floor) runsWhile(behind func(b store.Batch)) {
	f.t.Helper()
	opts := f.opts
	opts.Jobs.Concurrency = 1
	other := must(engage.New(f.t.Context(), &betweenStore{Store: f.st, behind: behind}, &opts))(f.t)
	must(other.RunDue(f.t.Context()))(f.t)
}

// puts reports whether a batch writes a record of a kind with a text in it.
func puts(b store.Batch, kind, text string) bool {
	return slices.ContainsFunc(b.Puts, func(r store.Record) bool { return r.Kind == kind && bytes.Contains(r.Value, []byte(text)) })
}

// TestNobodyIsForgottenOfThoseWhoWaitForADeletedWorker has the last of many tasks that wait for a
// deleted worker come to the front while they are seen to one after the other: it is found there,
// and, where it is of a customer, or to take a channel over, another agent is sought.
func TestNobodyIsForgottenOfThoseWhoWaitForADeletedWorker(t *testing.T) {
	t.Parallel()
	l := newLobby(t)
	ann, bob := l.hires("Ann", 1), l.hires("Bob", 5)
	l.puts(ann.SID, "Break")
	handed := l.begins()
	l.accepts(bob)
	l.puts(bob.SID, "Break")
	eve := l.hires("Eve", 5)
	l.puts(eve.SID, "Break")
	l.passes(time.Second)
	var waiting []routing.Task
	for range 30 { // more than are seen to at once
		waiting = append(waiting, l.asks(func(n *engage.NewTask) { n.RoutingTarget = ann.SID }))
		l.clock.pass(time.Second)
	}
	r := l.request(2)
	r.Routing.Properties.WorkerSID = ann.SID
	customers := l.creates(r)
	over := must(l.Flex.Transfer(t.Context(), handed.ChannelSID, routing.TransferRequest{Type: routing.TransferCold, To: ann.SID}))(t)
	l.passes(time.Second)
	if err := l.Workers.Delete(t.Context(), ann.SID); err != nil {
		t.Fatal(err)
	}
	last, urgent, moved := waiting[len(waiting)-1].SID, 9, false
	l.runsWhile(func(b store.Batch) {
		if moved || !puts(b, "task", `"canceled"`) {
			return
		}
		moved = true
		for _, sid := range []string{last, customers.TaskSID, over.TaskSID} {
			if is := l.task(sid); is.Status != routing.TaskPending {
				t.Errorf("it is %s already", is.Status)
			}
			must(l.Tasks.Update(t.Context(), sid, engage.TaskUpdate{Priority: &urgent}))(t)
		}
	})
	for _, k := range waiting {
		if is := l.task(k.SID); is.Status != routing.TaskCanceled || is.Reason != engage.ReasonWorkerDeleted {
			t.Errorf("%+v", is)
		}
	}
	l.is(customers, routing.ChannelActive, "canceled+pending")
	l.is(handed, routing.ChannelTransfer, "assigned+pending")
	l.puts(eve.SID, "Available")
	l.runs()
	l.is(customers, routing.ChannelActive, "canceled+reserved")
	l.is(handed, routing.ChannelTransfer, "assigned+reserved")
	reckoned(t, l.floor)
}

// TestWhatIsSettledIsRight looks at the counts of a queue behind each commit while it is found out
// for which of many workers its expression holds: they are of all workers once they are settled,
// and not said to be before.
func TestWhatIsSettledIsRight(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	const workers = 230 // more than two steps of the job
	for n := range workers {
		f.hires(fmt.Sprint("worker ", n), 1, fmt.Sprintf(`{"level":%d}`, n%2))
	}
	f.runs()
	queue := f.newQueue("Few", "level > 0")
	before := 0
	looks := func(store.Batch) {
		switch c := must(f.Queues.Counts(t.Context(), queue.SID))(t); {
		case c.Settled && c.EligibleWorkers != workers/2:
			t.Errorf("%d workers are settled", c.EligibleWorkers)
		case !c.Settled:
			before++
		}
	}
	f.runsWhile(looks)
	if before == 0 || !must(f.Queues.Counts(t.Context(), queue.SID))(t).Settled {
		t.Errorf("it was looked at %d times before it was settled", before)
	}
	// What changes on the way counts as well.
	again := f.newQueue("Again", "level > 1")
	changed, more := false, "level >= 0"
	f.runsWhile(func(store.Batch) {
		if !changed {
			changed = true
			must(f.Queues.Update(t.Context(), queue.SID, engage.QueueUpdate{TargetWorkers: &more}))(t)
		}
		if c := must(f.Queues.Counts(t.Context(), queue.SID))(t); c.Settled && c.EligibleWorkers != workers {
			t.Errorf("%d workers are settled", c.EligibleWorkers)
		}
	})
	if c := must(f.Queues.Counts(t.Context(), again.SID))(t); !c.Settled || c.EligibleWorkers != 0 {
		t.Errorf("%+v", c)
	}
	reckoned(t, f)
}
