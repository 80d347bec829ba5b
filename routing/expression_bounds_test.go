package routing_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/engage-interactions/engage/routing"
)

func TestExpressionsAreBounded(t *testing.T) {
	t.Parallel()
	nested := func(depth int) string {
		return strings.Repeat("(", depth) + "a == 1" + strings.Repeat(")", depth)
	}
	list := func(n int) string { return "a IN [1" + strings.Repeat(",1", n) + "]" }
	ors := func(n int) string { return "a == 1" + strings.Repeat(" OR a == 1", n-1) }
	for name, c := range map[string]struct {
		text, reason string
		offset       int
	}{
		"at its length":         {text: list((routing.MaxExpression - 8) / 2)},
		"at its length, again":  {text: "a == '" + strings.Repeat("b", routing.MaxExpression-7) + "'"},
		"over it by two spaces": {"a=='" + strings.Repeat("b", routing.MaxExpression-5) + "'", "in its canonical form", routing.MaxExpression},
		"a mebibyte":            {list(1 << 19), "longer than 65536 bytes", routing.MaxExpression},
		"of one name":           {strings.Repeat("a", 1<<20), "longer than 65536 bytes", routing.MaxExpression},
		"grows":                 {"a == '" + strings.Repeat("\x01", 20_000) + "'", "in its canonical form", 20_007},
		"at its depth":          {text: nested(routing.MaxExpressionDepth)},
		"too deep":              {nested(routing.MaxExpressionDepth + 1), "deeper than 64", routing.MaxExpressionDepth},
		"open only":             {strings.Repeat("(", routing.MaxExpression), "deeper than 64", routing.MaxExpressionDepth},
		"lists only":            {"a IN " + strings.Repeat("[", 60_000), "a list has constants", 6},
		"quotes only":           {strings.Repeat("'", 60_000), "an operator", 2},
		"at its keys":           {text: ors(routing.MaxExpressionKeys)},
		"too many keys":         {ors(routing.MaxExpressionKeys + 1), "more than 512 keys", 10 * routing.MaxExpressionKeys},
		"a long number":         {text: "a == " + strings.Repeat("1", 9000)},
		"a longer one":          {"a == " + strings.Repeat("1", 60_000), "too large", 5},
		"a long path":           {text: "a" + strings.Repeat(".a", 30_000) + " == 1"},
		"parens at both":        {text: nested(64) + " AND " + nested(64)},
	} {
		e, err := routing.ParseExpression(c.text, routing.ScopeTask)
		if c.reason == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if again, err := routing.ParseExpression(e.String(), routing.ScopeTask); err != nil || again.String() != e.String() {
				t.Errorf("%s: again: %v", name, err)
			}
			continue
		}
		wrong, ok := errors.AsType[*routing.ExpressionError](err)
		if !ok || wrong.Offset != c.offset || !strings.Contains(wrong.Reason, c.reason) {
			t.Errorf("%s: %.200v", name, err)
		}
		if err != nil && len(err.Error()) > 1000 {
			t.Errorf("%s: an error of %d bytes", name, len(err.Error()))
		}
	}
}

// The canonical form of a condition that is as deep as it may be can be parsed.
func TestTheDeepestConditionRoundTrips(t *testing.T) {
	t.Parallel()
	text := "a == 1"
	for range routing.MaxExpressionDepth {
		text = "b == 2 OR c == 3 AND (" + text + " OR d == 4)"
	}
	e := expression(t, text, routing.ScopeTask)
	if again := expression(t, e.String(), routing.ScopeTask); again.String() != e.String() {
		t.Error("is another one")
	}
	if got := e.Bind(routing.Attributes{"a": 1, "c": 3}); got.String() != "1 == 1" {
		t.Errorf("bound: %s", got)
	}
}

// An expression at its bounds, and attributes at theirs: what it grows to when a task is
// bound is what the documentation says.
func TestBindingIsBounded(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	text.WriteString("worker.x0 IN task.l")
	for n := 1; n < routing.MaxExpressionKeys/2; n++ {
		fmt.Fprintf(&text, " OR worker.x%d IN task.l", n)
	}
	task := attributes(t, `{"l":[`+strings.Repeat(`"a",`, 1000)+`"`+strings.Repeat("b", 80)+`"]}`)
	bound := expression(t, text.String(), routing.ScopeMatch).Bind(task)
	if n := len(bound.String()); n > routing.MaxExpression+routing.MaxExpressionKeys*routing.MaxAttributes {
		t.Errorf("%d bytes", n)
	}
	if !bound.Holds(routing.Facts{Worker: routing.WorkerFacts{Attributes: routing.Attributes{"x255": "a"}}}) {
		t.Error("does not hold")
	}
}

func TestTheZeroExpressionAlwaysHolds(t *testing.T) {
	t.Parallel()
	var e routing.Expression
	holds, known := e.Constant()
	if !e.Holds(routing.Facts{}) || !holds || !known || e.String() != "1 == 1" || len(e.Keys()) != 0 || e.Explain(routing.Facts{}) != "" {
		t.Error("does not")
	}
	if e.Bind(nil).String() != "1 == 1" {
		t.Error("bound, does not")
	}
}

func TestHoldsDoesNotAllocate(t *testing.T) { //nolint:paralleltest // it counts allocations
	e := expression(t, `worker.level >= 5.5 AND worker.skills HAS task.skill AND task.lang IN ['en', 'es', 7]
		AND worker.deep.list[1].name == 'x' AND worker.channel.chat.assigned_tasks < 2 AND worker.sid != task.last
		AND worker.big == 9007199254740993`, routing.ScopeMatch)
	facts := routing.Facts{
		Task: attributes(t, `{"skill": "sales", "lang": "es"}`),
		Worker: routing.WorkerFacts{
			SID:        "WK1",
			Attributes: attributes(t, `{"level": 6.25, "skills": ["support", "sales"], "deep": {"list": [0, {"name": "x"}]}, "big": 9007199254740993}`),
			Channels:   map[string]routing.ChannelFacts{"chat": {AssignedTasks: 1}},
		},
	}
	if got := e.Explain(facts); got != "" {
		t.Fatal(got)
	}
	if n := testing.AllocsPerRun(10, func() { e.Holds(facts) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestExplain(t *testing.T) {
	t.Parallel()
	facts := routing.Facts{
		Task:   attributes(t, `{"lang": "fr"}`),
		Worker: routing.WorkerFacts{Attributes: attributes(t, `{"level": 3, "langs": ["es", "en"], "home": {}}`)},
	}
	for text, want := range map[string]string{
		`worker.level > 1 AND worker.level >= 5`:                      `worker.level >= 5, worker.level is 3`,
		`task.lang IN worker.langs`:                                   `task.lang IN worker.langs, task.lang is 'fr', worker.langs is ['en', 'es']`,
		`worker.home == null AND 1 == 1`:                              `worker.home == null, worker.home is an object`,
		`worker.x == null AND (worker.level > 3 OR worker.level < 3)`: `none of 2 alternatives holds, such as worker.level > 3, worker.level is 3`,
		`worker.x == 'y'`:                                             `worker.x == 'y', worker.x is null`,
		`worker.level == 1 OR worker.level == 2`:                      `none of 2 alternatives holds, such as worker.level == 1, worker.level is 3`,
		`1 == 2`:                                                      `1 == 2`,
		`worker.level == 3`:                                           ``,
		`worker.x == '` + strings.Repeat("ä", 1000) + `'`:             ``,
	} {
		got := expression(t, text, routing.ScopeMatch).Explain(facts)
		if len(text) > 1000 {
			if len(got) > 310 || !utf8.ValidString(got) {
				t.Errorf("%d bytes: %s", len(got), got)
			}
			continue
		}
		if got != want {
			t.Errorf("%s: %s", text, got)
		}
	}
}

func FuzzParseExpression(f *testing.F) {
	for n, text := range []string{
		`(language == "en" OR language == "fr") AND skill_rating >= 5.1`, `a NOT IN ['x', 1e5, null]`,
		`worker.a[0].b CONTAINS 'ä\u00e4\n' AND task.x = -0.50`, `workers.available == 0`,
		`((((`, `a == '`, "a == '\x00\\", `a == 1e-9999`, `IN in`, `a[999999999] HAS b`, `$_.$1 != True`,
	} {
		f.Add(text, n)
	}
	task := routing.Attributes{"x": "a", "l": []any{"a", "b"}, "a": map[string]any{"b": 1}}
	f.Fuzz(func(t *testing.T, text string, n int) {
		scopes := routing.Scopes()
		scope := scopes[(n%len(scopes)+len(scopes))%len(scopes)]
		e, err := routing.ParseExpression(text, scope)
		if err != nil {
			wrong, ok := errors.AsType[*routing.ExpressionError](err)
			if !ok || wrong.Offset < 0 || wrong.Offset > len(text) || len(err.Error()) > 1000 {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		facts := routing.Facts{Task: task, Worker: routing.WorkerFacts{Attributes: task}}
		holds := e.Holds(facts)
		if (e.Explain(facts) == "") != holds {
			t.Fatalf("%q: explained as %q", text, e.Explain(facts))
		}
		canonical := e.String()
		if text == "" || strings.TrimSpace(text) == "" {
			return
		}
		again, err := routing.ParseExpression(canonical, scope)
		if err != nil || again.String() != canonical || again.Holds(facts) != holds {
			t.Fatalf("%q\n%q\n%q: %v", text, canonical, again.String(), err)
		}
		if bound := e.Bind(task); bound.Holds(facts) != holds {
			t.Fatalf("%q\nbound: %q", text, bound)
		}
	})
}
