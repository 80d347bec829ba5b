package routing_test

import (
	"slices"
	"testing"

	"github.com/engage-interactions/engage/routing"
)

func TestCanonicalForm(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`a == 'b  c ~'`:                          `a == 'b  c ~'`,
		`(a==1)`:                                 `a == 1`,
		`a = "it's"`:                             `a == 'it\'s'`,
		`a=="\"\\\/\n\u0001\u007f\u00e4"`:        `a == '"\\/\n\u0001\u007fä'`,
		`a in ["b",'a',2,1.0,1,null,true,false]`: `a IN [null, false, true, 1, 2, 'a', 'b']`,
		`a not  in []`:                           `a NOT IN []`,
		`((a == 1) and (b == 2)) AND c == 3`:     `a == 1 AND b == 2 AND c == 3`,
		`a == 1 OR (b == 2 OR c == 3)`:           `a == 1 OR b == 2 OR c == 3`,
		`a == 1 OR (b == 2 AND c == 3)`:          `a == 1 OR b == 2 AND c == 3`,
		`(a == 1 OR b == 2) AND c == 3`:          `(a == 1 OR b == 2) AND c == 3`,
		`1 == a`:                                 `1 == a`, // as it is written, until it is bound
		`2==2`:                                   `2 == 2`,
		`a == -0.0`:                              `a == 0`,
		`a == 007`:                               `a == 7`,
		`a == 1.50`:                              `a == 1.5`,
		`a == 100`:                               `a == 100`,
		`a == 1e20`:                              `a == 100000000000000000000`,
		`a == 1E21`:                              `a == 1e21`,
		`a == -12.50e+20`:                        `a == -1.25e21`,
		`a == -12.50e+21`:                        `a == -1.25e22`,
		`a == 1e-6`:                              `a == 0.000001`,
		`a == 12e-8`:                             `a == 1.2e-7`,
		`a == 1e-9999`:                           `a == 1e-9999`,
		`a == 1e9999`:                            `a == 1e9999`,
		`a.b[0].in.2x == 9223372036854775807`:    `a.b[0].in.2x == 9223372036854775807`,
		`größe >= 1 AND $x._y == 1`:              `größe >= 1 AND $x._y == 1`,
		`HAſ == 1`:                               `HAſ == 1`,
		`in.x == 1`:                              `in.x == 1`,
	} {
		e := expression(t, text, routing.ScopeTask)
		if got := e.String(); got != want {
			t.Errorf("%s\nis written\n%s\nnot\n%s", text, got, want)
		}
	}
}

func TestBoundForm(t *testing.T) {
	t.Parallel()
	task := attributes(t, `{"l": [], "o": {}, "a": ["b", {"x": 1}, "a", "b", [], null, 2.0], "s": "x", "n": 5}`)
	for text, want := range map[string]string{
		`worker.x == task.s`:       `worker.x == 'x'`,
		`task.n < worker.x`:        `worker.x > 5`,
		`task.n <= worker.x`:       `worker.x >= 5`,
		`task.n > worker.x`:        `worker.x < 5`,
		`task.n >= worker.x`:       `worker.x <= 5`,
		`task.s IN worker.x`:       `worker.x HAS 'x'`,
		`task.s NOT IN worker.x`:   `'x' NOT IN worker.x`,
		`task.s CONTAINS worker.x`: `'x' CONTAINS worker.x`,
		`task.a HAS worker.x`:      `worker.x IN [null, 2, 'a', 'b']`,
		`worker.x NOT IN task.a`:   `worker.x NOT IN [null, 2, 'a', 'b']`,
		`worker.x NOT IN task.l`:   `worker.x NOT IN []`,
		`worker.x == task.missing`: `worker.x == null`,
		`worker.x == worker.b`:     `worker.b == worker.x`,
		`worker.x < worker.b`:      `worker.b > worker.x`,
		`worker.x HAS worker.b`:    `worker.b IN worker.x`,
		`worker.x NOT IN worker.b`: `worker.x NOT IN worker.b`,
		`worker.x != task.o`:       `worker.x == null`,
		`task.a != worker.x`:       `worker.x == null`,
		`task.o != null`:           `1 == 1`,
		// What no worker can meet.
		`worker.x == task.o`:       `1 == 0`,
		`worker.x == task.a`:       `1 == 0`,
		`worker.x > task.missing`:  `1 == 0`,
		`worker.x >= task.a`:       `1 == 0`,
		`worker.x IN task.l`:       `1 == 0`,
		`worker.x IN task.s`:       `1 == 0`,
		`worker.x IN task.o`:       `1 == 0`,
		`worker.x NOT IN task.s`:   `1 == 0`,
		`worker.x NOT IN task.o`:   `1 == 0`,
		`task.a NOT IN worker.x`:   `1 == 0`,
		`worker.x HAS task.a`:      `1 == 0`,
		`worker.x CONTAINS task.n`: `1 == 0`,
		`task.n CONTAINS worker.x`: `1 == 0`,
		// What is joined.
		`worker.b == 2 AND worker.a == 1 AND (worker.b == 2)`:                 `worker.a == 1 AND worker.b == 2`,
		`worker.b == 2 OR worker.b == 2`:                                      `worker.b == 2`,
		`worker.b == 2 AND task.n == 5`:                                       `worker.b == 2`,
		`worker.b == 2 AND task.n == 6`:                                       `1 == 0`,
		`worker.b == 2 OR task.n == 5`:                                        `1 == 1`,
		`worker.b == 2 OR task.n == 6`:                                        `worker.b == 2`,
		`(worker.b == 2 OR task.n == 6) AND (worker.a == 1 OR worker.c == 3)`: `(worker.a == 1 OR worker.c == 3) AND worker.b == 2`,
		`worker.b == 2 OR (task.n == 5 AND (worker.a == 1 OR worker.c == 3))`: `worker.a == 1 OR worker.b == 2 OR worker.c == 3`,
	} {
		bound := expression(t, text, routing.ScopeMatch).Bind(task)
		if got := bound.String(); got != want {
			t.Errorf("%s\nis bound to\n%s\nnot\n%s", text, got, want)
		}
		if _, known := bound.Constant(); known != (want == "1 == 1" || want == "1 == 0") {
			t.Errorf("%s: known: %v", text, known)
		}
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	e := expression(t, `worker.b[0].c == task.a OR worker.a == 1 AND worker.channel.chat.assigned_tasks < 2 OR task.a == worker.a`, routing.ScopeMatch)
	if got := e.Keys(); !slices.Equal(got, []string{"task.a", "worker.a", "worker.b[0].c", "worker.channel.chat.assigned_tasks"}) {
		t.Error(got)
	}
	if e.Scope() != routing.ScopeMatch || e.Bind(nil).Scope() != routing.ScopeMatch {
		t.Error("has another scope")
	}
}
