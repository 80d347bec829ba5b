package routing_test

import (
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/engage-interactions/engage/routing"
)

// agent is a worker who can take one chat.
func agent(n int, name string, change func(*routing.Worker)) routing.Candidate {
	w := routing.Worker{
		SID: numbered("WK", n), FriendlyName: name, Available: true, ActivityName: "Available",
		IdleSince: start.Add(time.Duration(n) * time.Minute),
		Channels:  []routing.WorkerChannel{{TaskChannelSID: numbered("TC", 1), TaskChannel: "chat", Capacity: 1, Available: true}},
	}
	if change != nil {
		change(&w)
	}
	return routing.Candidate{Worker: w, InQueue: true}
}

func after(seconds int) time.Time { return start.Add(time.Duration(seconds) * time.Second) }

// short makes SIDs readable: WQ1.
func short(text string) string {
	for _, p := range routing.Prefixes() {
		text = strings.ReplaceAll(text, string(p)+strings.Repeat("0", 31), string(p))
	}
	return text
}

func chatFor(queue routing.Queue, target routing.Target, attributes routing.Attributes) routing.Demand {
	task := routing.Task{SID: numbered("WT", 1), QueueSID: queue.SID, TaskChannelSID: numbered("TC", 1), Attributes: attributes}
	return routing.DemandOf(task, target, queue, routing.Workspace{MultiTask: true}, nil)
}

// Every verdict, and how a trace explains it.
func TestATraceExplainsWhoWasChosen(t *testing.T) {
	t.Parallel()
	target := configuration(t, `{"task_routing":{"filters":[{"expression":"1==1","targets":[
		{"queue":"WQ1","expression":"task.lang IN worker.langs","order_by":"worker.level DESC"}]}]}}`).Filters[0].Targets[0]
	d := chatFor(routing.Queue{SID: queueSID(1), MaxReservedWorkers: 2}, target, routing.Attributes{"lang": "es"})
	d.Workers, d.SingleTask = 2, true
	d.Asked = []string{numbered("WK", 8)}
	d.CoolDowns = []routing.CoolDown{{WorkerSID: numbered("WK", 9), Until: start.Add(time.Minute)}}
	speaks := func(level int) func(*routing.Worker) {
		return func(w *routing.Worker) { w.Attributes = routing.Attributes{"langs": []string{"es"}, "level": level} }
	}
	stranger := agent(1, "Ann", nil)
	stranger.InQueue = false
	candidates := []routing.Candidate{
		stranger,
		agent(2, "Ben", func(w *routing.Worker) { w.Available, w.ActivityName = false, "Break" }),
		agent(3, "Cleo", func(w *routing.Worker) { w.Channels = nil }),
		agent(4, "Dan", func(w *routing.Worker) { w.Channels[0].Available = false }),
		agent(5, "Eve", func(w *routing.Worker) {
			w.Channels[0].Capacity, w.Channels[0].Pending, w.Channels[0].Wrapping = 2, 1, 1
		}),
		agent(6, "Finn", func(w *routing.Worker) {
			w.Channels = append(w.Channels, routing.WorkerChannel{TaskChannelSID: numbered("TC", 2), Accepted: 1})
		}),
		agent(7, "Gus", func(w *routing.Worker) { w.Attributes = routing.Attributes{"langs": []string{"en"}} }),
		agent(8, "Hal", speaks(1)),
		agent(9, "Ida", speaks(1)),
		agent(10, "Jo", speaks(1)),
		agent(11, "Kim", speaks(3)),
		agent(12, "Lou", speaks(2)),
	}
	c := routing.Choose(d, nil, slices.Values(candidates), start)
	const want = `queue WQ1, task channel TC1, worker.langs HAS 'es', by worker.level DESC
  WK1 (Ann): queue: target_workers of WQ1 does not hold
  WK2 (Ben): activity: Break is not available
  WK3 (Cleo): no channel
  WK4 (Dan): closed
  WK5 (Eve): full: 1 pending, 0 accepted, 1 wrapping of 2
  WK6 (Finn): busy
  WK7 (Gus): expression: worker.langs HAS 'es', worker.langs is ['en']
  WK8 (Hal): asked
  WK9 (Ida): cool-down: until 2026-03-01T09:01:00Z
  WKa (Jo): later
  WKb (Kim): chosen
  WKc (Lou): chosen`
	if got := short(c.Trace.String()); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	if len(c.Workers) != 2 || c.Workers[0].FriendlyName != "Kim" || c.Workers[1].FriendlyName != "Lou" {
		t.Errorf("%+v", c.Workers)
	}
	if !c.Behind || !c.Again.Equal(start.Add(time.Minute)) {
		t.Errorf("behind: %v, again: %v", c.Behind, c.Again)
	}
	if len(routing.Verdicts()) != 13 {
		t.Error("a verdict is not in this test, or in that of known workers")
	}
}

// A known worker is waited for, as the documentation says; with a fallback others take the
// task as soon as the known one cannot.
func TestAKnownWorkerIsAskedFirst(t *testing.T) {
	t.Parallel()
	targets := configuration(t, `{"task_routing":{"filters":[{"expression":"1==1","targets":[
		{"queue":"WQ1","known_worker_sid":"task.agent","expression":"worker.level > 1"},
		{"known_worker_friendly_name":"task.agent"}]}]}}`).Filters[0].Targets
	level := func(n int) func(*routing.Worker) {
		return func(w *routing.Worker) { w.Attributes = routing.Attributes{"level": n} }
	}
	ann, ben := agent(1, "Ann", level(2)), agent(2, "Ben", level(2))
	low, full, elsewhere := agent(1, "Ann", level(1)), agent(1, "Ann", level(2)), agent(1, "Ann", level(2))
	full.Worker.Channels[0].Accepted = 1
	elsewhere.InQueue = false
	const (
		bySID  = "queue WQ1, task channel TC1, worker.level > 1, "
		byName = "queue WQ1, task channel TC1, "
		busy   = "\n  WK1 (Ann): full: 0 pending, 1 accepted, 0 wrapping of 1"
	)
	for _, c := range []struct {
		name     string
		target   int
		agent    any
		known    *routing.Candidate
		fallback bool
		head     string
		want     string
	}{
		{"takes it", 0, numbered("WK", 1), &ann, false, bySID + "for WK1", "\n  WK1 (Ann): chosen"},
		{"by name", 1, "ann", &ann, false, byName + `for "ann"`, "\n  WK1 (Ann): chosen"},
		{"comes first", 0, numbered("WK", 1), &ann, true, bySID + "first for WK1", "\n  WK1 (Ann): chosen"},
		{
			"the expression is for them, too", 0, numbered("WK", 1), &low, false,
			bySID + "for WK1", "\n  WK1 (Ann): expression: worker.level > 1, worker.level is 1",
		},
		{"is waited for", 0, numbered("WK", 1), &full, false, bySID + "for WK1", busy},
		{"is not waited for", 0, numbered("WK", 1), &full, true, bySID + "first for WK1", busy + "\n  WK2 (Ben): chosen"},
		{
			"is not in the queue", 0, numbered("WK", 1), &elsewhere, false,
			bySID + "for WK1\n  known_worker_sid: WK1 is not in the queue WQ1 (40152)", "\n  WK1 (Ann): queue: target_workers of WQ1 does not hold",
		},
		{
			"is not in the workspace", 0, numbered("WK", 7), nil, false,
			bySID + "for WK7\n  known_worker_sid: there is no worker WK7 (40155)", "",
		},
		{
			"is not in the workspace, others are", 1, "zoe", nil, true,
			byName + "first for \"zoe\"\n  known_worker_friendly_name: there is no worker \"zoe\" (40155)", "\n  WK1 (Ann): chosen",
		},
		{"is nobody", 0, nil, nil, false, bySID + "for nobody\n  known_worker: the task knows nobody", ""},
		{"is nobody, others are", 0, nil, nil, true, bySID + "first for nobody\n  known_worker: the task knows nobody", "\n  WK1 (Ann): chosen"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			queue := routing.Queue{SID: queueSID(1), MaxReservedWorkers: 1, Matching: routing.Matching{KnownWorkerFallback: c.fallback}}
			d := chatFor(queue, targets[c.target], routing.Attributes{"agent": c.agent})
			choice := routing.Choose(d, c.known, slices.Values([]routing.Candidate{ann, ben}), start)
			if got := short(choice.Trace.String()); got != c.head+c.want {
				t.Errorf("%s\nwant\n%s", got, c.head+c.want)
			}
		})
	}
}

// Who has no name is not the one whom a task does not know.
func TestNobodyIsNoWorker(t *testing.T) {
	t.Parallel()
	d := routing.Demand{Line: routing.Line{TaskChannelSID: numbered("TC", 1), ForKnown: true, Fallback: true}, Workers: 1}
	nameless := agent(1, "", nil)
	if c := routing.Choose(d, nil, slices.Values([]routing.Candidate{nameless}), start); len(c.Workers) != 1 {
		t.Errorf("%s", c.Trace)
	}
	d.Line.Fallback = false
	if p := routing.ChooseTask(nameless.Worker, []routing.Head{{Demand: d, InQueue: true}}, routing.FIFO, start); p.Head != -1 {
		t.Errorf("%s", p.Trace)
	}
}

// Whoever is asked already counts among those who are asked at once, until they have answered.
func TestWhoIsAskedAlreadyCounts(t *testing.T) {
	t.Parallel()
	task := routing.Task{TaskChannelSID: numbered("TC", 1)}
	candidates := []routing.Candidate{agent(1, "", nil), agent(2, "", nil), agent(3, "", nil), agent(4, "", nil)}
	asked := func(n int, status routing.ReservationStatus) routing.Reservation {
		return routing.Reservation{WorkerSID: numbered("WK", n), Status: status}
	}
	pending, rejected := routing.ReservationPending, routing.ReservationRejected
	for _, c := range []struct {
		most         int
		reservations []routing.Reservation
		want         string
		behind       bool
	}{
		{0, nil, "WK1", false},
		{1, nil, "WK1", false},
		{3, nil, "WK1 WK2 WK3", false},
		{3, []routing.Reservation{asked(1, pending), asked(2, rejected)}, "WK2 WK3", true},
		{2, []routing.Reservation{asked(4, pending), asked(3, pending)}, "", false},
		{9, nil, "WK1 WK2 WK3 WK4", false},
		{99, []routing.Reservation{asked(4, pending)}, "WK1 WK2 WK3", true},
	} {
		d := routing.DemandOf(task, routing.Target{}, routing.Queue{MaxReservedWorkers: c.most}, routing.Workspace{MultiTask: true}, c.reservations)
		choice := routing.Choose(d, nil, slices.Values(candidates), start)
		var got []string
		for _, w := range choice.Workers {
			got = append(got, short(w.SID))
		}
		if strings.Join(got, " ") != c.want || choice.Behind != c.behind || !choice.Again.IsZero() || d.Workers > routing.MaxReservedWorkers {
			t.Errorf("%d, %v: %v, want %s, %+v", c.most, c.reservations, got, c.want, choice)
		}
	}
}

// The tasks behind one from which the only worker is kept may still find them.
func TestACoolDownIsOfOneTask(t *testing.T) {
	t.Parallel()
	d := chatFor(routing.Queue{SID: queueSID(1)}, routing.Target{}, nil)
	d.CoolDowns = []routing.CoolDown{
		{WorkerSID: numbered("WK", 1), Until: after(2)},
		{WorkerSID: numbered("WK", 2), Until: after(1)},
		{WorkerSID: numbered("WK", 3), Until: after(1)},
	}
	candidates := []routing.Candidate{agent(1, "", nil), agent(2, "", nil)}
	c := routing.Choose(d, nil, slices.Values(candidates), start)
	if len(c.Workers) != 0 || !c.Behind || !c.Again.Equal(after(1)) {
		t.Errorf("%+v", c)
	}
	c = routing.Choose(d, nil, slices.Values(candidates), after(1))
	if len(c.Workers) != 1 || c.Workers[0].SID != numbered("WK", 2) {
		t.Errorf("%s", c.Trace)
	}
}

// A task whose routing target is a worker goes to that worker: the queue and the target do
// not matter, the capacity only if the task says so, the activity always.
func TestATaskForOneWorker(t *testing.T) {
	t.Parallel()
	target := routing.Target{Expression: expression(t, "1==0", routing.ScopeMatch)}
	task := routing.Task{TaskChannelSID: numbered("TC", 1), RoutingTarget: numbered("WK", 1)}
	full := agent(1, "Ann", func(w *routing.Worker) { w.Channels[0].Accepted = 1 })
	full.InQueue = false
	away := agent(1, "Ann", func(w *routing.Worker) { w.Available = false })
	for _, c := range []struct {
		known  routing.Candidate
		ignore bool
		want   bool
	}{
		{full, true, true},
		{full, false, false},
		{away, true, false},
		{agent(1, "Ann", nil), false, true},
		{agent(2, "Ben", nil), true, false}, // somebody else
	} {
		task.IgnoreCapacity = c.ignore
		d := routing.DemandOf(task, target, routing.Queue{MaxReservedWorkers: 3}, routing.Workspace{}, nil)
		choice := routing.Choose(d, &c.known, slices.Values([]routing.Candidate{agent(3, "Cleo", nil)}), start)
		if len(choice.Trace.Notes) != 0 { // The queue does not matter.
			t.Errorf("%s", choice.Trace)
		}
		if got := len(choice.Workers) == 1; got != c.want || c.want && choice.Workers[0].SID != task.RoutingTarget {
			t.Errorf("%+v: %s", c, choice.Trace)
		}
	}
	// There is no such worker. The platform has a code for known workers, not for this.
	d := routing.DemandOf(task, target, routing.Queue{}, routing.Workspace{}, nil)
	const want = "task channel TC1, only for WK1, whatever their capacity\n  routing_target: there is no worker WK1"
	if got := short(routing.Choose(d, nil, nil, start).Trace.String()); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	// Only a task for a worker can ignore capacities.
	task.RoutingTarget = queueSID(1)
	if c := routing.Choose(routing.DemandOf(task, routing.Target{}, routing.Queue{}, routing.Workspace{}, nil), nil, nil, start); len(c.Workers) != 0 {
		t.Errorf("%s", c.Trace)
	}
	if l := routing.LineOf(task, routing.Target{}, routing.Matching{}); l.IgnoreCapacity || l.ForKnown {
		t.Errorf("%+v", l)
	}
}

// Only as many candidates are taken as are needed.
func TestChooseStopsWhenItHasFound(t *testing.T) {
	t.Parallel()
	taken := 0
	var endless iter.Seq[routing.Candidate] = func(yield func(routing.Candidate) bool) {
		for more := true; more; {
			taken++
			more = yield(agent(taken, "", nil))
		}
	}
	d := chatFor(routing.Queue{SID: queueSID(1), MaxReservedWorkers: 3}, routing.Target{}, nil)
	if c := routing.Choose(d, nil, endless, start); len(c.Workers) != 3 || taken != 3 {
		t.Errorf("%d of %d", len(c.Workers), taken)
	}
	taken = 0
	d.Line.Expression = expression(t, "1==0", routing.ScopeMatch).Bind(nil)
	if c := routing.Choose(d, nil, endless, start); len(c.Workers) != 0 || taken != 0 ||
		!strings.Contains(c.Trace.String(), "holds for no worker") {
		t.Errorf("%d of %d", len(c.Workers), taken)
	}
	d.Workers = 0
	if c := routing.Choose(d, nil, endless, start); len(c.Workers) != 0 || taken != 0 ||
		!strings.Contains(c.Trace.String(), "as many workers as it may be") {
		t.Errorf("%d of %d", len(c.Workers), taken)
	}
}

// An order that one of the workers has no integer for is ignored, and the trace says so.
func TestAnOrderThatDoesNotApplyIsIgnored(t *testing.T) {
	t.Parallel()
	by, err := routing.ParseOrderBy("worker.level DESC")
	if err != nil {
		t.Fatal(err)
	}
	level := func(v any) func(*routing.Worker) {
		return func(w *routing.Worker) { w.Attributes = routing.Attributes{"level": v} }
	}
	d := chatFor(routing.Queue{SID: queueSID(1), MaxReservedWorkers: 1}, routing.Target{OrderBy: by}, nil)
	candidates := []routing.Candidate{agent(1, "", level(1)), agent(2, "", level("two")), agent(3, "", level(3))}
	c := routing.Choose(d, nil, slices.Values(candidates), start)
	if len(c.Workers) != 1 || c.Workers[0].SID != numbered("WK", 1) || len(c.Trace.Notes) != 1 || !strings.Contains(c.Trace.Notes[0].Message, "order_by is ignored") {
		t.Errorf("%s", c.Trace)
	}
	// Who cannot take the task has no say in it.
	candidates[1].Worker.Available = false
	if c = routing.Choose(d, nil, slices.Values(candidates), start); c.Workers[0].SID != numbered("WK", 3) {
		t.Errorf("%s", c.Trace)
	}
}

// A trace is bounded, and always has those who were chosen.
func TestATraceIsBounded(t *testing.T) {
	t.Parallel()
	by, err := routing.ParseOrderBy("worker.level DESC")
	if err != nil {
		t.Fatal(err)
	}
	d := chatFor(routing.Queue{SID: queueSID(1), MaxReservedWorkers: 2}, routing.Target{OrderBy: by}, nil)
	var candidates []routing.Candidate
	for n := range 500 {
		candidates = append(candidates, agent(n, "", func(w *routing.Worker) { w.Attributes = routing.Attributes{"level": n} }))
	}
	c := routing.Choose(d, nil, slices.Values(candidates), start)
	if j := c.Trace.Judgements; len(j) != routing.MaxJudgements+2 || c.Trace.More != 448 ||
		j[50].Verdict != routing.VerdictChosen || j[50].SID != numbered("WK", 499) || j[51].SID != numbered("WK", 498) {
		t.Errorf("%d and %d: %s", len(j), c.Trace.More, c.Trace)
	}
	if !strings.HasSuffix(c.Trace.String(), "\n  and 448 more") {
		t.Error(c.Trace)
	}
}
