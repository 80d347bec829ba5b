package engage_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/routing"
)

func verdicts(tr routing.Trace) map[string]routing.Verdict {
	by := map[string]routing.Verdict{}
	for _, j := range tr.Judgements {
		by[j.Name+j.SID[:2]] = j.Verdict
	}
	return by
}

func TestExplainSaysWhyNobodyHasATask(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	f.hires("ann", 1, `{"langs":["en"]}`)
	bob := f.hires("bob", 1, `{"langs":["de"]}`)
	f.hires("cid", 1, `{"langs":["de"]}`)
	f.puts(bob.SID, "Break")
	f.workflow = f.newWorkflow("Languages", `{"task_routing":{"filters":[
		{"filter_friendly_name":"none","expression":"lang == 'xx'","targets":[{"queue":"`+f.queue.SID+`"}]},
		{"filter_friendly_name":"all","expression":"1==1","targets":[{"queue":"`+f.queue.SID+`","expression":"task.lang IN worker.langs"}]}]}}`)
	f.runs()
	german := func(n *engage.NewTask) { n.Attributes = routing.Attributes{"lang": "de"} }
	first := f.asks(german)
	f.runs()
	second, third := f.asks(german), f.asks(german)
	f.runs()
	e := must(f.Tasks.Explain(t.Context(), third.SID))(t)
	if e.Ahead != 1 || e.Task.SID != third.SID || !e.LooksAt.Equal(third.ExpiresAt()) {
		t.Errorf("the third is explained by %+v", e)
	}
	if v := verdicts(e.Workers); v["annWK"] != routing.VerdictExpression || v["bobWK"] != routing.VerdictActivity || v["cidWK"] != routing.VerdictFull {
		t.Errorf("of the workers it says %v", e.Workers)
	}
	if len(e.Workflow) != 3 || e.Workflow[0].Saw != routing.SawMismatch || e.Workflow[2].Saw != routing.SawTarget {
		t.Errorf("of the workflow it says %v", e.Workflow)
	}
	e = must(f.Tasks.Explain(t.Context(), first.SID))(t)
	if verdicts(e.Workers)["cidWK"] != routing.VerdictChosen || len(e.Workers.Notes) != 2 {
		t.Errorf("of one that is offered it says %v", e.Workers)
	}
	trace := must(f.Workers.Explain(t.Context(), bob.SID))(t)
	if !slices.ContainsFunc(trace.Judgements, func(j routing.Judgement) bool {
		return j.SID == second.SID && j.Verdict == routing.VerdictActivity
	}) {
		t.Errorf("of who has a break it says %v", trace)
	}
}

// TestDecisionsAreKept explains why somebody was offered a task, when everything is different by
// then, and they have it.
func TestDecisionsAreKept(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	good := f.newWorkflow("Good", `{"task_routing":{"filters":[{"expression":"1==1","targets":[
		{"queue":"`+f.queue.SID+`","expression":"worker.good == 1"}]}]}}`)
	ann := f.hires("ann", 1)
	var others []routing.Worker
	for n := range 30 {
		others = append(others, f.hires(fmt.Sprintf("other%d", n), 1))
		f.clock.pass(time.Second)
	}
	bob := f.hires("bob", 1, `{"good":1}`)
	f.runs()
	task := f.asksNow(by(good.SID))
	r := f.offeredTo(task.SID, bob)
	for _, w := range others[:20] {
		if err := f.Workers.Delete(t.Context(), w.SID); err != nil {
			t.Fatal(err)
		}
	}
	for n := range 2 {
		trace := must(f.Reservations.Explain(t.Context(), r.SID))(t)
		v := verdicts(trace)
		if v["bobWK"] != routing.VerdictChosen || v["annWK"] != routing.VerdictExpression {
			t.Errorf("bob was chosen by %v", trace)
		}
		if len(trace.Judgements) != routing.MaxBrief || trace.More != 32-routing.MaxBrief {
			t.Errorf("of %d it says %d, and %d more", 32, len(trace.Judgements), trace.More)
		}
		e := must(f.Tasks.Explain(t.Context(), task.SID))(t)
		if text := e.Workers.String(); verdicts(e.Workers)["bobWK"] != routing.VerdictChosen || !strings.Contains(text, r.SID) {
			t.Errorf("of the task it says %s", text)
		}
		if n == 0 {
			f.accepts(r)
		}
	}
	f.completes(r)
	must(f.Reservations.Explain(t.Context(), r.SID))(t) // also when it has ended
	f.puts(ann.SID, "Available")
	f.puts(bob.SID, "Break")
	direct := f.asksNow(func(n *engage.NewTask) { n.RoutingTarget = ann.SID })
	if trace := must(f.Reservations.Explain(t.Context(), f.offeredTo(direct.SID, ann).SID))(t); verdicts(trace)["annWK"] != routing.VerdictChosen {
		t.Errorf("who was meant was chosen by %v", trace)
	}
}

// Of a worker for whom nothing waits it is said why there is nothing to look at.
func TestExplainSaysThatNothingWaitsForAWorker(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	idle := f.hires("idle", 1)
	f.runs()
	trace := must(f.Workers.Explain(t.Context(), idle.SID))(t)
	if len(trace.Notes) != 1 || !strings.Contains(trace.Notes[0].Message, "no task waits in their queues") {
		t.Errorf("%v", trace)
	}
	nobodys := "1 == 2"
	must(f.Queues.Update(t.Context(), f.queue.SID, engage.QueueUpdate{TargetWorkers: &nobodys}))(t)
	f.runs()
	trace = must(f.Workers.Explain(t.Context(), idle.SID))(t)
	if len(trace.Notes) != 1 || !strings.Contains(trace.Notes[0].Message, "there is no queue") {
		t.Errorf("%v", trace)
	}
}
