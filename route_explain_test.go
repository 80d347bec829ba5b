package engage_test

import (
	"slices"
	"testing"

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
	if len(e.Workers.Judgements) != 0 || len(e.Workers.Notes) != 1 {
		t.Errorf("of one that is offered it says %v", e.Workers)
	}
	trace := must(f.Workers.Explain(t.Context(), bob.SID))(t)
	if !slices.ContainsFunc(trace.Judgements, func(j routing.Judgement) bool {
		return j.SID == second.SID && j.Verdict == routing.VerdictActivity
	}) {
		t.Errorf("of who has a break it says %v", trace)
	}
}
