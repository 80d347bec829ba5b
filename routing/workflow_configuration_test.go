package routing_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/engage-interactions/engage/routing"
)

// queueSID gives the SID of a queue for tests.
func queueSID(n int) string { return fmt.Sprintf("WQ%032x", n) }

// withQueues puts the SIDs of queues in the place of WQ1, WQ2 and WQ3.
func withQueues(text string) string {
	for n := 1; n <= 3; n++ {
		text = strings.ReplaceAll(text, fmt.Sprintf("WQ%d", n), queueSID(n))
	}
	return text
}

func configuration(tb testing.TB, text string) routing.Configuration {
	tb.Helper()
	c, err := routing.ParseConfiguration(withQueues(text))
	if err != nil {
		tb.Fatalf("%s: %v", text, err)
	}
	return c
}

const whole = ` {"task_routing":{
  "filters":[{
    "filter_friendly_name":"Sales",
    "expression":"product == 'x'",
    "targets":[{
      "queue":"WQ1","priority":5,"timeout":30,
      "expression":"task.lang IN worker.langs",
      "order_by":"worker.level DESC",
      "skip_if":"workers.available == 0",
      "known_worker_sid":"task.last_agent"},
      {"priority": "7", "timeout": "60", "known_worker_friendly_name": "task.agents[0]"},
      {"queue":"WQ2", "expression": "", "skip_if": " ", "order_by": "", "known_worker_sid": "", "timeout": null}]},
   {"friendlyName":"All", "expression":"1==1", "targets": [{"queue":"WQ1", "known_worker_sid": "WK0123456789abcdef0123456789abcdef",
     "known_worker_friendly_name": "'alice'"}]},
   {"friendly_name":"Never", "expression":"1==0", "targets": [{"queue":"WQ1"}]}],
  "default_filter":{"queue":"WQ3", "priority": 1, "order_by": "worker.level", "expression": "worker.a == 1"}}}
`

func TestConfigurations(t *testing.T) {
	t.Parallel()
	c := configuration(t, whole)
	if len(c.Filters) != 3 || c.Default == nil {
		t.Fatalf("%+v", c)
	}
	sales := c.Filters[0]
	if sales.FriendlyName != "Sales" || sales.Expression.String() != "product == 'x'" || sales.Expression.Scope() != routing.ScopeTask ||
		c.Filters[1].FriendlyName != "All" || c.Filters[2].FriendlyName != "Never" {
		t.Errorf("%+v", c.Filters)
	}
	first, second, third := sales.Targets[0], sales.Targets[1], sales.Targets[2]
	if first.Queue != queueSID(1) || first.InheritsQueue || *first.Priority != 5 || first.Timeout != 30*time.Second ||
		first.Expression.String() != "task.lang IN worker.langs" || first.OrderBy.String() != "worker.level DESC" ||
		!first.Skips(routing.WorkersFacts{}) || first.Skips(routing.WorkersFacts{Available: 1}) {
		t.Errorf("%+v", first)
	}
	// The queue is inherited, and nothing else.
	if second.Queue != queueSID(1) || !second.InheritsQueue || *second.Priority != 7 || second.Timeout != time.Minute ||
		second.Expression.String() != "1 == 1" || !second.OrderBy.IsZero() || second.Skips(routing.WorkersFacts{}) {
		t.Errorf("%+v", second)
	}
	if third.Queue != queueSID(2) || third.InheritsQueue || third.Priority != nil || third.Timeout != 0 || third.SkipIf != nil {
		t.Errorf("%+v", third)
	}
	if d := c.Default; d.Queue != queueSID(3) || *d.Priority != 1 || d.Expression.String() != "worker.a == 1" || d.Timeout != 0 {
		t.Errorf("%+v", d)
	}
	if got := c.Queues(); !slices.Equal(got, []string{queueSID(1), queueSID(2), queueSID(3)}) {
		t.Error(got)
	}
}

func TestKnownWorkers(t *testing.T) {
	t.Parallel()
	c := configuration(t, whole)
	both := configuration(t, `{"task_routing":{"filters":[{"expression":"1==1","targets":[{"queue":"WQ1",
		"known_worker_sid":"task.sid","known_worker_friendly_name":"task.name"}]}]}}`).Filters[0].Targets[0]
	for _, want := range []struct {
		target routing.Target
		task   string
		known  routing.KnownWorker
	}{
		{c.Filters[0].Targets[0], `{"last_agent": "WK1"}`, routing.KnownWorker{SID: "WK1"}},
		{c.Filters[0].Targets[0], `{"last_agent": ["WK1"]}`, routing.KnownWorker{}},
		{c.Filters[0].Targets[0], `{}`, routing.KnownWorker{}},
		{c.Filters[0].Targets[1], `{"agents": ["bob"]}`, routing.KnownWorker{FriendlyName: "bob"}},
		{c.Filters[0].Targets[2], `{"last_agent": "WK1"}`, routing.KnownWorker{}},
		{c.Filters[1].Targets[0], `{}`, routing.KnownWorker{SID: "WK0123456789abcdef0123456789abcdef"}},
		{both, `{"sid": "WK1", "name": "bob"}`, routing.KnownWorker{SID: "WK1"}},
		{both, `{"name": "bob"}`, routing.KnownWorker{FriendlyName: "bob"}},
	} {
		if got := want.target.KnownWorker(attributes(t, want.task)); got != want.known {
			t.Errorf("%s: %+v", want.task, got)
		}
	}
}

// A configuration is kept and shown as it was given, down to its spaces.
func TestConfigurationsAreKeptAsGiven(t *testing.T) {
	t.Parallel()
	type record struct {
		Configuration routing.Configuration `json:"configuration"`
	}
	c := configuration(t, whole)
	if c.String() != withQueues(whole) {
		t.Error(c.String())
	}
	for _, c := range []routing.Configuration{c, {}} {
		kept, err := json.Marshal(record{c})
		if err != nil {
			t.Fatal(err)
		}
		var again record
		if err := json.Unmarshal(kept, &again); err != nil || again.Configuration.String() != c.String() ||
			len(again.Configuration.Filters) != len(c.Filters) {
			t.Errorf("%s: %v", kept, err)
		}
	}
	var r record
	if err := json.Unmarshal([]byte(`{"configuration":"{}"}`), &r); err == nil {
		t.Error("is read without task_routing")
	}
}

func TestConfigurationsNameQueuesThatExist(t *testing.T) {
	t.Parallel()
	c := configuration(t, whole)
	if err := c.Check(func(string) bool { return true }); err != nil {
		t.Error(err)
	}
	err := c.Check(func(sid string) bool { return sid != queueSID(1) && sid != queueSID(3) })
	wantProblems(t, err,
		"task_routing.filters[0].targets[0].queue: there is no queue",
		"task_routing.filters[1].targets[0].queue: there is no queue",
		"task_routing.filters[2].targets[0].queue: there is no queue",
		"task_routing.default_filter.queue: there is no queue",
	)
}

func wantProblems(t *testing.T, err error, want ...string) {
	t.Helper()
	wrong, ok := errors.AsType[*routing.ProblemsError](err)
	if !ok {
		t.Errorf("%v, not %q", err, want)
		return
	}
	var got []string
	for _, p := range wrong.Problems {
		got = append(got, p.String())
	}
	if !slices.EqualFunc(got, want, strings.HasPrefix) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestWhatIsNoConfiguration(t *testing.T) {
	t.Parallel()
	filter := func(s string) string { return `{"task_routing":{"filters":[` + s + `]}}` }
	target := func(s string) string { return filter(`{"expression":"1==1","targets":[` + s + `]}`) }
	const at = "task_routing.filters[0]."
	for _, c := range []struct {
		text string
		want []string
	}{
		{``, []string{"is not JSON: at offset 0: unexpected end"}},
		{`{`, []string{"is not JSON: at offset 1: unexpected end"}},
		{`{"task_routing":{"filters":[],}}`, []string{"is not JSON: at offset 31: invalid character '}'"}},
		{"{\"a\xff\":1}", []string{"is not UTF-8"}},
		{`[]`, []string{"must be an object"}},
		{`null`, []string{"must be an object"}},
		{`{}`, []string{"task_routing: is missing"}},
		{`{"task_routing":null}`, []string{"task_routing: is missing"}},
		{`{"task_routing":[]}`, []string{"task_routing: must be an object"}},
		{`{"task_routing":{},"x y":1}`, []string{`"x y": is not known here; known are task_routing`}},
		{`{"task_routing":{"filter":[]}}`, []string{"task_routing.filter: is not known here; known are default_filter, filters"}},
		{`{"task_routing":{"filters":{}}}`, []string{"task_routing.filters: must be a list"}},
		{`{"task_routing":{"filters":[],"filters":[]}}`, []string{"task_routing.filters: stands there twice"}},
		{`{"task_routing":{"default_filter":{}}}`, []string{"task_routing.default_filter.queue: is missing"}},
		{
			withQueues(`{"task_routing":{"default_filter":{"queue":"WQ1","timeout":3,"skip_if":"1==1"}}}`),
			[]string{"task_routing.default_filter.timeout: the default filter has none", "task_routing.default_filter.skip_if: the default filter"},
		},
		{filter(`null`), []string{"task_routing.filters[0]: must be an object"}},
		{filter(`{}`), []string{at + "expression: is missing", at + "targets: is missing"}},
		{filter(`{"expression":"","targets":[]}`), []string{at + "expression: at offset 0: there is nothing", at + "targets: is empty"}},
		{filter(`{"expression":5,"targets":5}`), []string{at + "expression: must be a text", at + "targets: must be a list"}},
		{
			filter(`{"friendly_name":"a","filter_friendly_name":"b","expression":"task.a == 1","targets":[{"queue":"WQ1"}]}`),
			[]string{at + "filter_friendly_name: is the same as " + at + "friendly_name", at + "expression: at offset 0: task.", at + "targets[0].queue: is not the SID"},
		},
		{target(`{}`), []string{at + "targets[0].queue: is missing; the first target"}},
		{target(`{"queue":""},{"priority":1}`), []string{at + "targets[0].queue: is missing"}},
		{target(withQueues(`{"queue":"WQ1","expresion":"1==1"}`)), []string{at + "targets[0].expresion: is not known here; known are expression, known_worker"}},
		{
			target(withQueues(`{"queue":"WQ1","priority":-1,"timeout":0},{"priority":"high","timeout":1.5},` +
				`{"priority":2147483648,"timeout":"2147483648"},{"priority":true,"timeout":[]}`)),
			[]string{
				at + "targets[0].priority: must be a whole number from 0 to 2147483647", at + "targets[0].timeout: must be a whole number from 1",
				at + "targets[1].priority: must", at + "targets[1].timeout: must", at + "targets[2].priority: must", at + "targets[2].timeout: must",
				at + "targets[3].priority: must", at + "targets[3].timeout: must",
			},
		},
		{
			target(withQueues(`{"queue":"WQ1","expression":"level > 1","skip_if":"worker.a == 1","order_by":"worker.a UP"},` +
				`{"known_worker_sid":"worker.sid","known_worker_friendly_name":"alice"},{"known_worker_sid":"5","known_worker_friendly_name":"task.a ==1"}`)),
			[]string{
				at + "targets[0].expression: at offset 0: a key of a target begins", at + "targets[0].skip_if: at offset 0: the keys of skip_if",
				at + "targets[0].order_by: at offset 9: after a key", at + "targets[1].known_worker_sid: is a key of the task",
				at + "targets[1].known_worker_friendly_name: at offset 0: a key of a target", at + "targets[2].known_worker_sid: is a key",
				at + "targets[2].known_worker_friendly_name: is a key",
			},
		},
		{
			target(`{"queue":"WQ1","known_worker_sid":"` + strings.Repeat("a", 70_000) + `"}`),
			[]string{at + "targets[0].queue: is not", at + "targets[0].known_worker_sid: is longer"},
		},
		{strings.Repeat(" ", routing.MaxConfiguration+1), []string{"is longer than 1038576 bytes"}},
		{strings.Repeat("[", 1_000_000), []string{"is not JSON"}},
		{target(withQueues(`{"queue":"WQ1"}` + strings.Repeat(`,{}`, 9_999))), []string{at + "targets[9999]: is too much: there are more than 10000"}},
		{filter(strings.Repeat(withQueues(`{"expression":"1==1","targets":[{"queue":"WQ1"}]},`), 5_000) + `{}`), []string{"task_routing.filters[5000]: is too much"}},
	} {
		_, err := routing.ParseConfiguration(c.text)
		wantProblems(t, err, c.want...)
	}

	_, err := routing.ParseConfiguration([]byte(filter(strings.Repeat("5,", 100_000) + "5")))
	if wrong, ok := errors.AsType[*routing.ProblemsError](err); !ok || len(wrong.Problems) != 100 || len(err.Error()) > 1000 ||
		!strings.HasSuffix(err.Error(), "; and 95 more") {
		t.Errorf("%.1000v", err)
	}
}

func FuzzParseConfiguration(f *testing.F) {
	f.Add(withQueues(whole), `{"product":"x"}`)
	f.Add(`{"task_routing":{"filters":[{}]}}`, `{}`)
	f.Fuzz(func(t *testing.T, text, task string) {
		c, err := routing.ParseConfiguration(text)
		if err != nil {
			if wrong, ok := errors.AsType[*routing.ProblemsError](err); !ok || len(wrong.Problems) == 0 || len(wrong.Problems) > 100 {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		if c.String() != text {
			t.Fatalf("%q\nis kept as\n%q", text, c.String())
		}
		a, _ := routing.ParseAttributes(task)
		now := time.Unix(0, 0)
		for move, n := c.Enter(a, 0, now), 0; !move.Ended && !move.Step.Default; n++ {
			if _, ok := c.At(move.Step); !ok || n > len(text) {
				t.Fatalf("%q: %+v", text, move)
			}
			move = c.Next(move.Step, routing.LeftByTimeout, a, now)
		}
	})
}
