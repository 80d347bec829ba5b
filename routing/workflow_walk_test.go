package routing_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/engage-interactions/engage/routing"
)

var start = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

// saw gives a trace in one line.
func saw(m routing.Move) string {
	var all []string
	for _, l := range m.Trace {
		all = append(all, strings.TrimSpace(strings.TrimPrefix(l.Path, "task_routing.")+" "+string(l.Saw)))
	}
	return strings.Join(all, "; ")
}

// A target can say that its tasks are not urgent, whatever was so before.
func TestThePriorityOfATargetCanBeTheLowest(t *testing.T) {
	t.Parallel()
	c := configuration(t, `{"task_routing":{"filters":[{"expression":"1==1","targets":[{"queue":"WQ1","priority":7,"timeout":15},{"priority":0}]}]}}`)
	m := c.Enter(nil, 3, start)
	if m.Step.Priority != 7 {
		t.Errorf("%+v", m)
	}
	if m = c.Next(m.Step, routing.LeftByTimeout, nil, start); m.Step.Priority != 0 {
		t.Errorf("%+v", m)
	}
}

// The way of a task through the example of the documentation ("Lifecycle of a Task:
// Workflows and Assignment"), and the reasons that are given.
func TestATaskWaitsInOneTargetAfterTheOther(t *testing.T) {
	t.Parallel()
	c := configuration(t, `{"task_routing":{"filters":[
		{"expression":"type==\"Support\"","filter_friendly_name":"Support Calls","targets":[
			{"queue":"WQ1","timeout":15,"expression":"worker.id IN task.preferred_agents"},{"timeout":15}]},
		{"expression":"type==\"Sales\"","filter_friendly_name":"Sales Calls","targets":[{"queue":"WQ2","timeout":15}]}],
		"default_filter":{"queue":"WQ3"}}}`)
	support := attributes(t, `{"type":"Support"}`)

	m := c.Enter(support, 3, start)
	want := routing.Step{Queue: queueSID(1), Priority: 3, EnteredAt: start, Deadline: start.Add(15 * time.Second)}
	if m.Ended || m.Step != want || saw(m) != "filters[0] matched; filters[0].targets[0] entered" {
		t.Errorf("%+v", m)
	}
	if m.Step.Due(start.Add(14*time.Second)) || !m.Step.Due(start.Add(15*time.Second)) {
		t.Error("is due at another time than it says")
	}
	if got, ok := c.At(m.Step); !ok || got.Expression.String() != "worker.id IN task.preferred_agents" {
		t.Errorf("%+v", got)
	}

	// It is late. The queue is inherited, the expression is not.
	later := start.Add(20 * time.Second)
	m = c.Next(m.Step, routing.LeftByTimeout, support, later)
	want = routing.Step{Target: 1, Queue: queueSID(1), Priority: 3, EnteredAt: later, Deadline: later.Add(15 * time.Second), Waited: true}
	if m.Ended || m.Step != want || saw(m) != "filters[0].targets[0] timeout; filters[0].targets[1] entered" {
		t.Errorf("%+v", m)
	}
	if got, ok := c.At(m.Step); !ok || got.Expression.String() != "1 == 1" {
		t.Errorf("%+v", got)
	}

	// Sales does not match, and the default filter is not for it any more.
	m = c.Next(m.Step, routing.LeftByTimeout, support, later)
	if !m.Ended || saw(m) != "filters[0].targets[1] timeout; filters[1] not matched; ended" {
		t.Errorf("%+v", m)
	}
	if l := m.Trace[1]; l.Name != "Sales Calls" || l.Why != "type == 'Sales', type is 'Support'" {
		t.Errorf("%+v", l)
	}

	m = c.Enter(attributes(t, `{}`), 0, start)
	want = routing.Step{Default: true, Queue: queueSID(3), EnteredAt: start}
	if m.Ended || m.Step != want || saw(m) != "filters[0] not matched; filters[1] not matched; default_filter default" {
		t.Errorf("%+v", m)
	}
	// There it waits, whatever one says.
	for _, by := range routing.Leavings() {
		if again := c.Next(m.Step, by, support, later); again.Ended || again.Step != m.Step {
			t.Errorf("%+v", again)
		}
	}
}

func TestSkippedTasksStillQualifyForTheDefaultFilter(t *testing.T) {
	t.Parallel()
	c := configuration(t, `{"task_routing":{"filters":[
		{"expression":"1==1","targets":[{"queue":"WQ1","skip_if":"1==1","priority":9},{"queue":"WQ2","skip_if":"1==1","timeout":5}]}],
		"default_filter":{"queue":"WQ3"}}}`)
	m := c.Enter(nil, 0, start)
	m = c.Next(m.Step, routing.LeftBySkip, nil, start)
	second := m.Step
	m = c.Next(second, routing.LeftBySkip, nil, start)
	// The priority stays.
	if m.Ended || !m.Step.Default || m.Step.Queue != queueSID(3) || m.Step.Priority != 9 || !m.Step.Deadline.IsZero() {
		t.Errorf("%+v", m)
	}
	if m = c.Next(second, routing.LeftByTimeout, nil, start); !m.Ended {
		t.Errorf("%+v", m)
	}
}

// A step that was kept is good in another configuration, also in one that has nothing at
// its place, and whatever is made of it.
func TestAStepOutlivesItsConfiguration(t *testing.T) {
	t.Parallel()
	one := configuration(t, `{"task_routing":{"filters":[{"expression":"1==1","targets":[{"queue":"WQ1","timeout":5}]}]}}`)
	kept, err := json.Marshal(one.Enter(nil, 2, start).Step)
	if err != nil {
		t.Fatal(err)
	}
	var step routing.Step
	if err := json.Unmarshal(kept, &step); err != nil || step != one.Enter(nil, 2, start).Step {
		t.Fatalf("%s: %+v, %v", kept, step, err)
	}
	none := configuration(t, `{"task_routing":{"default_filter":{"queue":"WQ3"}}}`)
	if _, ok := none.At(step); ok {
		t.Error("there is a target")
	}
	if m := none.Next(step, routing.LeftByTimeout, nil, start); !m.Ended || m.Step.Queue != queueSID(1) {
		t.Errorf("%+v", m)
	}
	if m := none.Next(step, routing.LeftBySkip, nil, start); m.Ended || !m.Step.Default {
		t.Errorf("%+v", m)
	}
	if m := none.Enter(nil, 2, start); m.Ended || !m.Step.Default || m.Step.Waited {
		t.Errorf("%+v", m)
	}
	if m := (routing.Configuration{}).Enter(nil, 2, start); !m.Ended || m.Step.Priority != 2 {
		t.Errorf("%+v", m)
	}
	// Made in Go: a filter without targets leads nowhere.
	made := routing.Configuration{Filters: []routing.Filter{{FriendlyName: "empty"}}}
	if m := made.Enter(nil, 2, start); !m.Ended || saw(m) != "filters[0] not matched; ended" {
		t.Errorf("%+v", m)
	}
	for _, n := range []int{-5, -1, 0, 1, 1 << 30} {
		for _, c := range []routing.Configuration{one, none, {}} {
			step := routing.Step{Filter: n, Target: n}
			if _, ok := c.At(step); ok != (n == 0 && len(c.Filters) > 0) {
				t.Errorf("there is a target at %d of %s", n, c)
			}
			if _, ok := c.At(routing.Step{Target: n}); ok != (n == 0 && len(c.Filters) > 0) {
				t.Errorf("there is a target at 0, %d of %s", n, c)
			}
			c.Next(step, routing.LeftByTimeout, nil, start)
			c.Next(step, "", nil, start)
			c.At(routing.Step{Default: true, Filter: n})
		}
	}
}

// A configuration as a test sees it, before it is written as JSON.
type (
	plan struct {
		filters []planFilter
		byName  bool // whether there is a default filter
		def     planTarget
	}
	planFilter struct {
		wants   int // the task's x
		targets []planTarget
	}
	planTarget struct {
		queue    int // 0: inherits
		priority int // 0: none
		timeout  int
	}
)

func drawPlan(t *rapid.T) plan {
	target := func(inherits bool) planTarget {
		return planTarget{
			queue:    rapid.IntRange(map[bool]int{true: 0, false: 1}[inherits], 3).Draw(t, "queue"),
			priority: rapid.IntRange(0, 3).Draw(t, "priority"),
			timeout:  rapid.IntRange(0, 3).Draw(t, "timeout"),
		}
	}
	p := plan{byName: rapid.Bool().Draw(t, "has a default"), def: target(false)}
	for range rapid.IntRange(0, 5).Draw(t, "filters") {
		f := planFilter{wants: rapid.IntRange(0, 2).Draw(t, "wants")}
		for n := range rapid.IntRange(1, 3).Draw(t, "targets") {
			f.targets = append(f.targets, target(n > 0))
		}
		p.filters = append(p.filters, f)
	}
	return p
}

func (p planTarget) json() string {
	var fields []string
	if p.queue > 0 {
		fields = append(fields, fmt.Sprintf(`"queue":%q`, queueSID(p.queue)))
	}
	if p.priority > 0 {
		fields = append(fields, fmt.Sprintf(`"priority":%d`, p.priority))
	}
	if p.timeout > 0 {
		fields = append(fields, fmt.Sprintf(`"timeout":"%d"`, p.timeout))
	}
	return "{" + strings.Join(fields, ",") + "}"
}

func (p plan) json() string {
	var filters []string
	for _, f := range p.filters {
		var targets []string
		for _, t := range f.targets {
			targets = append(targets, t.json())
		}
		filters = append(filters, fmt.Sprintf(`{"expression":"x == %d","targets":[%s]}`, f.wants, strings.Join(targets, ",")))
	}
	text := `{"task_routing":{"filters":[` + strings.Join(filters, ",") + `]`
	if p.byName {
		p.def.timeout = 0
		text += `,"default_filter":` + p.def.json()
	}
	return text + "}}"
}

// ahead is the way that lies before a task behind a filter: the queues of all targets of
// those that match it now.
func (p plan) ahead(behind, x int) (way []planTarget) {
	for i, f := range p.filters {
		if i > behind && f.wants == x {
			queue := 0
			for _, t := range f.targets {
				if t.queue == 0 {
					t.queue = queue
				}
				queue = t.queue
				way = append(way, t)
			}
		}
	}
	return way
}

// within is the rest of the way in a filter.
func (p plan) within(filter, target int) []planTarget {
	one := plan{filters: []planFilter{p.filters[filter]}}
	return one.ahead(-1, p.filters[filter].wants)[target+1:]
}

// A task goes where the rules of the documentation say, step by step: an interpreter that
// lays out the whole way, over random configurations, tasks that change, and reasons.
func TestTheWalkGoesWhereTheRulesSay(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := drawPlan(t)
		c, err := routing.ParseConfiguration(p.json())
		if err != nil {
			t.Fatalf("%s: %v", p.json(), err)
		}
		x := rapid.IntRange(0, 2).Draw(t, "x")
		task := func() routing.Attributes { return routing.Attributes{"x": x} }
		priority, now, waited := rapid.IntRange(0, 3).Draw(t, "priority of the task"), start, false

		way := p.ahead(-1, x)
		m := c.Enter(task(), priority, now)
		for n := 0; ; n++ {
			var at planTarget
			switch {
			case len(way) > 0:
				at = way[0]
			case p.byName && !waited:
				at = p.def
				at.timeout = 0
			default:
				if !m.Ended || m.Trace[len(m.Trace)-1].Saw != routing.SawNoWay {
					t.Fatalf("%s\nstep %d goes on: %+v", p.json(), n, m)
				}
				return
			}
			if at.priority > 0 {
				priority = at.priority
			}
			var deadline time.Time
			if at.timeout > 0 {
				deadline = now.Add(time.Duration(at.timeout) * time.Second)
			}
			s := m.Step
			if m.Ended || s.Default != (len(way) == 0) || s.Queue != queueSID(at.queue) || s.Priority != priority ||
				!s.EnteredAt.Equal(now) || !s.Deadline.Equal(deadline) {
				t.Fatalf("%s\nstep %d is %+v, not %+v", p.json(), n, s, at)
			}
			here, ok := c.At(s)
			if !ok || here.Queue != s.Queue || here.Timeout != time.Duration(at.timeout)*time.Second {
				t.Fatalf("%s\nstep %d is at %+v", p.json(), n, here)
			}
			checkTrace(t, m, x)
			if s.Default {
				return
			}

			by := rapid.SampledFrom(routing.Leavings()).Draw(t, "leaves by")
			waited = waited || by == routing.LeftByTimeout
			x = rapid.IntRange(0, 2).Draw(t, "x")
			now = now.Add(time.Duration(rapid.IntRange(0, 9).Draw(t, "seconds")) * time.Second)
			way = append(p.within(s.Filter, s.Target), p.ahead(s.Filter, x)...)
			m = c.Next(s, by, task(), now)
		}
	})
}

// checkTrace looks whether what is told of the last step is so: each filter that was
// passed over does not match, and says why.
func checkTrace(t *rapid.T, m routing.Move, x int) {
	for i, l := range m.Trace {
		switch l.Saw {
		case routing.SawMismatch:
			if !strings.HasSuffix(l.Why, fmt.Sprintf(", x is %d", x)) {
				t.Fatalf("look %d is %+v", i, l)
			}
		case routing.SawMatch, routing.SawTarget, routing.SawTimeout, routing.SawSkip, routing.SawDefault:
		case routing.SawNoWay:
			t.Fatalf("look %d is the end of %+v", i, m)
		}
	}
	last := m.Trace[len(m.Trace)-1]
	want := fmt.Sprintf("task_routing.filters[%d].targets[%d]", m.Step.Filter, m.Step.Target)
	if m.Step.Default {
		want = "task_routing.default_filter"
	}
	if last.Path != want {
		t.Fatalf("the last look is at %s, not at %s", last.Path, want)
	}
}
