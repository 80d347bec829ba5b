package routing_test

import (
	"cmp"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/engage-interactions/engage/routing"
)

func workers(tb testing.TB, attributeTexts ...string) []routing.WorkerFacts {
	tb.Helper()
	all := make([]routing.WorkerFacts, len(attributeTexts))
	for i, text := range attributeTexts {
		all[i].Attributes = attributes(tb, text)
	}
	return all
}

// The examples of the documentation, and what it says of workers who lack something.
func TestOrderOfWorkers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		order string
		in    []string
		want  []string
	}{
		{
			"worker.finance ASC, worker.support ASC",
			[]string{`{"finance":10,"support":8}`, `{"finance":10,"support":5}`},
			[]string{`{"finance":10,"support":5}`, `{"finance":10,"support":8}`},
		},
		{
			"worker.finance ASC, worker.support DESC",
			[]string{`{"finance":10}`, `{"finance":10,"support":8}`},
			[]string{`{"finance":10,"support":8}`, `{"finance":10}`},
		},
		{
			"worker.a desc",
			[]string{`{"a":-1}`, `{}`, `{"a":9007199254740993}`, `{"a":null}`, `{"a":9007199254740992}`},
			[]string{`{"a":9007199254740993}`, `{"a":9007199254740992}`, `{"a":-1}`, `{}`, `{"a":null}`},
		},
		{
			"worker.skills.en[0].level",
			[]string{`{"skills":{"en":[{"level":2}]}}`, `{"skills":{"en":[{"level":-2}]}}`},
			[]string{`{"skills":{"en":[{"level":-2}]}}`, `{"skills":{"en":[{"level":2}]}}`},
		},
	} {
		o, err := routing.ParseOrderBy(c.order)
		if err != nil {
			t.Fatal(err)
		}
		all := workers(t, c.in...)
		slices.SortStableFunc(all, o.Compare)
		var got []string
		for _, w := range all {
			got = append(got, w.Attributes.String())
			if !o.Applies(w) {
				t.Errorf("%s does not apply to %s", c.order, w.Attributes)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v", c.order, got)
		}
	}
}

func TestOrderOfWhatIsNoInteger(t *testing.T) {
	t.Parallel()
	o, err := routing.ParseOrderBy("worker.a DESC, worker.channel.chat.assigned_tasks")
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{
		`{"a": 1}`: true, `{"a": 1.0}`: true, `{"a": 1e2}`: true, `{}`: true, `{"a": null}`: true, `{"a": -9223372036854775808}`: true,
		`{"a": 1.5}`: false, `{"a": "1"}`: false, `{"a": true}`: false, `{"a": [1]}`: false, `{"a": {}}`: false,
		`{"a": 9223372036854775808}`: false,
	} {
		if w := workers(t, text)[0]; o.Applies(w) != want {
			t.Errorf("%s: %v", text, !want)
		}
	}
	busy := routing.WorkerFacts{Channels: map[string]routing.ChannelFacts{"chat": {AssignedTasks: 2}}}
	idle := routing.WorkerFacts{Channels: map[string]routing.ChannelFacts{"chat": {AssignedTasks: 1}}}
	if o.Compare(idle, busy) >= 0 || o.Compare(routing.WorkerFacts{}, busy) <= 0 {
		t.Error("the busier comes first, or who has no such channel")
	}
}

func TestParseOrderBy(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                               "",
		" ":                              "",
		"worker.a":                       "worker.a ASC",
		" worker.a  desc ,worker.b[2].c": "worker.a DESC, worker.b[2].c ASC",
		"worker.asc ASC":                 "worker.asc ASC",
	} {
		o, err := routing.ParseOrderBy(text)
		if err != nil || o.String() != want || o.IsZero() != (want == "") {
			t.Errorf("%s: %v, %v", text, o, err)
		}
	}
	for text, want := range map[string]struct {
		offset int
		reason string
	}{
		"a DESC":                         {0, "begins with task. or worker."},
		"task.a DESC":                    {0, "begin with worker."},
		"worker.sid ASC":                 {0, "is text"},
		"worker.a UP":                    {9, "ASC or DESC"},
		"worker.a DESC worker.b":         {14, "a comma"},
		"worker.a DESC,":                 {14, "is missing"},
		"5 ASC":                          {0, "is missing"},
		"worker.a-b ASC":                 {8, "hyphens"},
		"worker.a ASC; DROP":             {12, "no meaning"},
		strings.Repeat("worker.a,", 600): {9*512 - 1, "more than 512"},
		strings.Repeat(" ", 1<<20) + "x": {routing.MaxExpression, "longer than"},
	} {
		_, err := routing.ParseOrderBy(text)
		wrong, ok := errors.AsType[*routing.ExpressionError](err)
		if !ok || wrong.Offset != want.offset || !strings.Contains(wrong.Reason, want.reason) {
			t.Errorf("%.40s: %v", text, err)
		}
	}
}

// Keys compare as the rules say, and so does Compare: a model that counts in words.
func TestOrderKeys(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		descending := []bool{rapid.Bool().Draw(t, "a descends"), rapid.Bool().Draw(t, "b descends")}
		names := []string{"a", "b"}
		var clauses []string
		for i, name := range names {
			clauses = append(clauses, "worker."+name+" "+map[bool]string{true: "DESC", false: "ASC"}[descending[i]])
		}
		o, err := routing.ParseOrderBy(strings.Join(clauses, ","))
		if err != nil {
			t.Fatal(err)
		}
		number := rapid.OneOf(rapid.Int64Range(-2, 2), rapid.Int64(), rapid.SampledFrom([]int64{math.MinInt64, math.MaxInt64}))
		draw := func(label string) (map[string]int64, routing.WorkerFacts) {
			has := map[string]int64{}
			text := map[string]any{}
			for _, name := range names {
				if rapid.IntRange(0, 3).Draw(t, label+" has "+name) > 0 {
					has[name] = number.Draw(t, label+name)
					text[name] = has[name]
				}
			}
			encoded, _ := json.Marshal(text)
			a, err := routing.ParseAttributes(encoded)
			if err != nil {
				t.Fatal(err)
			}
			return has, routing.WorkerFacts{Attributes: a}
		}
		x, one := draw("x")
		y, other := draw("y")
		want := 0
		for i, name := range names {
			a, hasA := x[name]
			b, hasB := y[name]
			switch {
			case want != 0 || !hasA && !hasB:
			case !hasA:
				want = 1
			case !hasB:
				want = -1
			case descending[i]:
				want = cmp.Compare(b, a)
			default:
				want = cmp.Compare(a, b)
			}
		}
		if got := o.Compare(one, other); got != want {
			t.Fatalf("%s: %v before %v: %d, not %d", o, x, y, got, want)
		}
		if got := strings.Compare(o.Key(one), o.Key(other)); got != want {
			t.Fatalf("%s: %s before %s: %d, not %d", o, o.Key(one), o.Key(other), got, want)
		}
	})
}
