package routing_test

import (
	"encoding/json"
	"maps"
	"math/big"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/engage-interactions/engage/routing"
)

// subject is a task and a worker, as plain JSON and as the package has them.
type subject struct {
	document map[string]any
	facts    routing.Facts
}

func drawSubject(t *rapid.T) subject {
	task, taskAttributes := drawAttributes(t)
	worker, workerAttributes := drawAttributes(t)
	sid := rapid.SampledFrom([]string{"a", "b", "WK1"}).Draw(t, "sid")
	seen := maps.Clone(worker)
	seen["sid"] = sid
	return subject{
		document: map[string]any{"task": task, "worker": seen},
		facts: routing.Facts{
			Task:   taskAttributes,
			Worker: routing.WorkerFacts{SID: sid, Attributes: workerAttributes},
		},
	}
}

func (s subject) workerOnly() routing.Facts { return routing.Facts{Worker: s.facts.Worker} }

func parsed(t *rapid.T, text string) routing.Expression {
	e, err := routing.ParseExpression(text, routing.ScopeMatch)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return e
}

func TestExpressionsHoldAsTheModelSays(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c, s := drawCondition(t, 3), drawSubject(t)
		text := c.write(t)
		e := parsed(t, text)
		want := c.holds(s.document)
		if e.Holds(s.facts) != want {
			t.Fatalf("%s\n%v: want %v", text, s.document, want)
		}
		if (e.Explain(s.facts) == "") != want {
			t.Fatalf("%s is explained as %q", text, e.Explain(s.facts))
		}
	})
}

func TestExpressionsRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c, s := drawCondition(t, 3), drawSubject(t)
		e := parsed(t, c.write(t))
		again := parsed(t, e.String())
		if again.String() != e.String() {
			t.Fatalf("%s\nbecomes\n%s", e, again)
		}
		if again.Holds(s.facts) != e.Holds(s.facts) {
			t.Fatalf("%s means something else than what it came from", again)
		}
		if same := parsed(t, c.write(t)); same.String() != e.String() {
			t.Fatalf("written in two ways:\n%s\n%s", e, same)
		}
	})
}

func TestBindDecidesAsTheWhole(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c, s := drawCondition(t, 3), drawSubject(t)
		e := parsed(t, c.write(t))
		bound := e.Bind(s.facts.Task)
		want := e.Holds(s.facts)
		if bound.Holds(s.workerOnly()) != want {
			t.Fatalf("%s: %v\nbound: %s", e, want, bound)
		}
		if holds, known := bound.Constant(); known && holds != want {
			t.Fatalf("%s: %v\nbound: %s", e, want, bound)
		}
		for _, key := range bound.Keys() {
			if !strings.HasPrefix(key, "worker.") || !slices.Contains(e.Keys(), key) {
				t.Fatalf("%s\nbound has the key %s: %s", e, key, bound)
			}
		}
		again := parsed(t, bound.String())
		if again.String() != bound.String() || again.Holds(s.workerOnly()) != want {
			t.Fatalf("bound: %s\nagain: %s", bound, again)
		}
		if twice := bound.Bind(nil); twice.String() != bound.String() {
			t.Fatalf("bound: %s\ntwice: %s", bound, twice)
		}
	})
}

func TestEqualDemandsHaveEqualTexts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := drawCondition(t, 3)
		task, a := drawAttributes(t)
		// Another task that says the same in what is asked, and more.
		more := maps.Clone(task)
		more["elsewhere"] = "x"
		text, _ := json.Marshal(more)
		b, err := routing.ParseAttributes(text)
		if err != nil {
			t.Fatal(err)
		}
		one, other := parsed(t, c.write(t)).Bind(a), parsed(t, c.other(t).write(t)).Bind(b)
		if one.String() != other.String() {
			t.Fatalf("the same demand is written as\n%s\n%s", one, other)
		}
	})
}

func TestOnlyWhatIsLookedAtMatters(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c, s := drawCondition(t, 2), drawSubject(t)
		e := parsed(t, c.write(t))
		before := e.Holds(s.facts)
		name := rapid.SampledFrom(attributeNames).Draw(t, "changes")
		for _, key := range e.Keys() {
			if strings.HasPrefix(key, "worker."+name) {
				return
			}
		}
		changed := s.facts
		changed.Worker.Attributes = maps.Clone(s.facts.Worker.Attributes)
		changed.Worker.Attributes[name] = drawJSON(t, 1)
		if e.Holds(changed) != before {
			t.Fatalf("%s depends on worker.%s, and has the keys %v", e, name, e.Keys())
		}
	})
}

func TestNumbersAreExact(t *testing.T) {
	t.Parallel()
	number := rapid.StringMatching(`-?(0|[1-9][0-9]{0,22})(\.[0-9]{1,8})?([eE][-+]?[0-9]{1,2})?`)
	rapid.Check(t, func(t *rapid.T) {
		a, b := number.Draw(t, "a"), number.Draw(t, "b")
		if rapid.Bool().Draw(t, "same digits") {
			b = a + "e0"
			if strings.ContainsAny(a, "eE") {
				b = a
			}
		}
		x, _ := new(big.Rat).SetString(a)
		y, _ := new(big.Rat).SetString(b)
		want := x.Cmp(y)
		facts := routing.Facts{Task: routing.Attributes{"a": json.Number(a), "b": json.Number(b)}}
		for operator, holds := range map[string]bool{
			"==": want == 0, "!=": want != 0, "<": want < 0, "<=": want <= 0, ">": want > 0, ">=": want >= 0,
		} {
			e, err := routing.ParseExpression("a "+operator+" b", routing.ScopeTask)
			if err != nil || e.Holds(facts) != holds {
				t.Fatalf("%s %s %s: %v", a, operator, b, err)
			}
		}
		one, other := parsed(t, "worker.x == "+a).String(), parsed(t, "worker.x == "+b).String()
		if (one == other) != (want == 0) {
			t.Fatalf("%s and %s are written %s and %s", a, b, one, other)
		}
		value := strings.TrimPrefix(one, "worker.x == ")
		if z, ok := new(big.Rat).SetString(value); !ok || z.Cmp(x) != 0 {
			t.Fatalf("%s is written %s", a, value)
		}
	})
}
