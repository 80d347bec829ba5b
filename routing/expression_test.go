package routing_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/engage-interactions/engage/routing"
)

const activity = "WA0123456789abcdef0123456789ABCDEF"

func expression(tb testing.TB, text string, scope routing.Scope) routing.Expression {
	tb.Helper()
	e, err := routing.ParseExpression(text, scope)
	if err != nil {
		tb.Fatalf("%s: %v", text, err)
	}
	return e
}

func attributes(tb testing.TB, text string) routing.Attributes {
	tb.Helper()
	a, err := routing.ParseAttributes(text)
	if err != nil {
		tb.Fatalf("%s: %v", text, err)
	}
	return a
}

// What the documentation and real configurations write, and what it means.
func TestExpressionsAsTheyAreDocumented(t *testing.T) {
	t.Parallel()
	const task = `{"type": "ticket", "customer_value": "Gold", "key": 2, "language": "es", "skill_rating": 5.10,
		"condition_a": false, "condition_b": true, "object": {"array": ["a", "b", "c"], "attr": "bar", "param": "pear"},
		"string_const": "foo", "preferred_agents": ["alice", "bob"], "customers": {"phone": null}, "channelType": "web",
		"targetSid": "WK1", "isContactlessTask": true, "from": "+15551234"}`
	const worker = `{"skills": ["support", "sales"], "languages": ["english", "es"], "routing": {"skills": ["Clinical"],
		"levels": {"2nd": 7}}, "level": 3, "email": "a@example.com", "id": "bob", "roles": []}`
	facts := routing.Facts{
		Task: attributes(t, task),
		Worker: routing.WorkerFacts{
			SID: "WK1", FriendlyName: "Bob", ActivitySID: activity, ActivityName: "High Value Tasks",
			Attributes: attributes(t, worker),
			Channels: map[string]routing.ChannelFacts{
				"chat": {ConfiguredCapacity: 3, AssignedTasks: 1, AvailableCapacityPercentage: 66},
			},
		},
		Workers: routing.WorkersFacts{Available: 0, Unavailable: 4, ByActivity: map[string]int{routing.PrefixActivity.Alike(activity): 1}},
	}
	for _, c := range []struct {
		scope routing.Scope
		text  string
		want  bool
	}{
		{routing.ScopeTask, `1 == 1`, true},
		{routing.ScopeTask, `1==0`, false},
		{routing.ScopeTask, `0 != 1`, true},
		{routing.ScopeTask, `"apple" != "orange"`, true},
		{routing.ScopeTask, `key > 1`, true},
		{routing.ScopeTask, `object.param != "apple"`, true},
		{routing.ScopeTask, `language IN ["en", "es"]`, true},
		{routing.ScopeTask, `language NOT IN ["en", "es"]`, false},
		{routing.ScopeTask, `language NOT IN ["en"]`, true},
		{routing.ScopeTask, `(condition_a == true) OR (condition_b == true)`, true},
		{routing.ScopeTask, `(language == "en" OR language == "fr") AND skill_rating >= 5.1`, false},
		{routing.ScopeTask, `customer_value == 'Gold' AND type == 'ticket'`, true},
		{routing.ScopeTask, `type = 'ticket'`, true},
		{routing.ScopeTask, `string_const == "foo"`, true},
		{routing.ScopeTask, `object.array HAS "b"`, true},
		{routing.ScopeTask, `object.array[2] == "c"`, true},
		{routing.ScopeTask, `object.array[3] == null`, true},
		{routing.ScopeTask, `object.attr == 'bar'`, true},
		{routing.ScopeTask, `preferred_agents != null`, true},
		{routing.ScopeTask, `customers != null`, true},
		{routing.ScopeTask, `customers.phone == null`, true},
		{routing.ScopeTask, `nobody.knows[1].this == NULL`, true},
		{routing.ScopeTask, `channelType=='web' AND e2eTestMode=='true'`, false},
		{routing.ScopeTask, `from CONTAINS '555'`, true},
		{routing.ScopeTask, `worker == null AND task == null`, true},

		{routing.ScopeWorker, ``, false},
		{routing.ScopeWorker, `(skills HAS 'support') AND (languages HAS 'english')`, true},
		{routing.ScopeWorker, `routing.skills HAS 'Clinical'`, true},
		{routing.ScopeWorker, `routing.levels.2nd >= 7`, true},
		{routing.ScopeWorker, `(roles HAS 'agent' OR roles HAS 'supervisor')`, false},
		{routing.ScopeWorker, `email=='a@example.com'`, true},
		{routing.ScopeWorker, `sid == null`, true}, // not an attribute

		{routing.ScopeMatch, `task.language IN worker.languages`, true},
		{routing.ScopeMatch, `worker.languages HAS task.language`, true},
		{routing.ScopeMatch, `worker.id IN task.preferred_agents`, true},
		{routing.ScopeMatch, `worker.activity_name in ['Generally Available', 'High Value Tasks']`, true},
		{routing.ScopeMatch, `worker.activity_sid == '` + activity + `'`, true},
		{routing.ScopeMatch, `worker.friendly_name == 'Bob'`, true},
		{routing.ScopeMatch, `worker.contact_uri != task.ignoreWorkerContactUri`, false},
		{routing.ScopeMatch, `worker.channel.chat.available_capacity_percentage >= 66`, true},
		{routing.ScopeMatch, `worker.channel.chat.configured_capacity == 3 and worker.channel.voice.assigned_tasks == null`, true},
		{routing.ScopeMatch, `(worker.waitingOfflineContact != true AND ((task.channelType == 'voice' AND worker.channel.chat.assigned_tasks == 0)` +
			` OR (task.channelType != 'voice' AND worker.channel.voice.assigned_tasks == 0)))` +
			` OR (task.targetSid == worker.sid AND task.isContactlessTask == true)`, true},

		{routing.ScopeSkip, `workers.available == 0`, true},
		{routing.ScopeSkip, `1==1`, true},
		{routing.ScopeSkip, `workers.` + activity + ` < 2`, true},
		{routing.ScopeSkip, `workers.` + activity + ` == 1`, true}, // the case of its digits does not matter
		{routing.ScopeSkip, `workers.WA00000000000000000000000000000000 < 1 OR workers.unavailable < 2`, true},
	} {
		e := expression(t, c.text, c.scope)
		if got := e.Holds(facts); got != c.want {
			t.Errorf("%s: %s: %v", c.scope, c.text, got)
		}
		if got := e.Explain(facts); (got == "") != c.want {
			t.Errorf("%s: explained as %q", c.text, got)
		}
	}
}

// The rules of operators, by the kinds of operands: written out, not computed.
func TestOperatorsOnEveryKind(t *testing.T) {
	t.Parallel()
	task := attributes(t, `{"n": null, "t": true, "i": 5, "s": "abc", "a": [null, true, 5.0, "abc", ["x"], {}], "e": [], "o": {"x": 1}}`)
	// Rows are the left operands, columns the right ones, in this order. m is missing.
	operands := []string{"n", "m", "t", "i", "s", "a", "e", "o"}
	for operator, rows := range map[string][]string{
		//            n m t i s a e o
		"==":       {"++------", "++------", "--+-----", "---+----", "----+---", "--------", "--------", "--------"},
		"!=":       {"--++++++", "--++++++", "++-++---", "+++-+---", "++++----", "++------", "++------", "++------"},
		"<":        {"--------", "--------", "--------", "--------", "--------", "--------", "--------", "--------"},
		"<=":       {"--------", "--------", "--------", "---+----", "----+---", "--------", "--------", "--------"},
		">":        {"--------", "--------", "--------", "--------", "--------", "--------", "--------", "--------"},
		">=":       {"--------", "--------", "--------", "---+----", "----+---", "--------", "--------", "--------"},
		"CONTAINS": {"--------", "--------", "--------", "--------", "----+---", "--------", "--------", "--------"},
		"HAS":      {"--------", "--------", "--------", "--------", "--------", "+++++---", "--------", "--------"},
		"IN":       {"-----+--", "-----+--", "-----+--", "-----+--", "-----+--", "--------", "--------", "--------"},
		"NOT IN":   {"------+-", "------+-", "------+-", "------+-", "------+-", "--------", "--------", "--------"},
	} {
		for l, row := range rows {
			for r, want := range row {
				text := fmt.Sprintf("%s %s %s", operands[l], operator, operands[r])
				if got := expression(t, text, routing.ScopeTask).Holds(routing.Facts{Task: task}); got != (want == '+') {
					t.Errorf("%s: %v", text, got)
				}
			}
		}
	}
}

func TestComparisonsOfValues(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		`9007199254740993 == 9007199254740992`:        false, // equal as float64
		`9223372036854775807 > 9223372036854775806`:   true,
		`18446744073709551616 > 18446744073709551615`: true,
		`1 == 1.0`:                     true,
		`1e3 == 1000`:                  true,
		`-0 == 0.0e7`:                  true,
		`-2 < -1.5`:                    true,
		`0.1 == 0.10000000000000001`:   false,
		`1e9999 > 1e9998`:              true,
		`'10' < '9'`:                   true,
		`10 < 9`:                       false,
		`5 == '5'`:                     false,
		`5 != '5'`:                     true,
		`5 < '6'`:                      false,
		`'a' < 'B'`:                    false,
		`'ä' > 'z'`:                    true,
		`true > false`:                 false,
		`null >= null`:                 false,
		`'abc' CONTAINS ''`:            true,
		`'abc' CONTAINS 'bc'`:          true,
		`'abc' CONTAINS 'BC'`:          false,
		`123 CONTAINS 2`:               false,
		`5 IN [1, 5.0]`:                true,
		`['b', 'a'] HAS 'a'`:           true,
		`null IN ['a', null]`:          true,
		`'it\'s' == "it's"`:            true,
		`"say \"hi\"" == 'say "hi"'`:   true,
		`'\u00e4\ud83d\ude00' == 'ä😀'`: true,
		`'a\\b\/\n' == 'a\\b/` + "\n'": true,
		// AND binds tighter than OR.
		`1 == 1 OR 1 == 1 AND 1 == 0`:   true,
		`(1 == 1 OR 1 == 1) AND 1 == 0`: false,
		`1 == 0 AND 1 == 0 OR 1 == 1`:   true,
		"\t1\n==\r1 ":                   true,
		`TRUE = true And null == Null`:  true,
		`'a' Not In ['b']`:              true,
	} {
		e := expression(t, text, routing.ScopeSkip)
		if got := e.Holds(routing.Facts{}); got != want {
			t.Errorf("%s: %v", text, got)
		}
		bound := e.Bind(nil)
		if holds, known := bound.Constant(); !known || holds != want {
			t.Errorf("%s: decided as %v, %v", text, holds, known)
		}
	}
}

func TestNumbersInLists(t *testing.T) {
	t.Parallel()
	task := attributes(t, `{"l": [1, 2.50, 1e3, "7", true, -0.0, 9007199254740993], "x": 25e-1, "y": 1000, "z": 9007199254740992}`)
	for text, want := range map[string]bool{
		`l HAS 2.5`: true, `l HAS 1000`: true, `l HAS 1.0`: true, `l HAS 0`: true, `l HAS 9007199254740993`: true, `x IN l`: true, `y IN l`: true,
		`l HAS 2`: false, `l HAS 7`: false, `l HAS '7'`: true, `l HAS '1'`: false, `l HAS true`: true, `l HAS false`: false, `z IN l`: false,
		`l HAS 9007199254740993.5`: false,
	} {
		if got := expression(t, text, routing.ScopeTask).Holds(routing.Facts{Task: task}); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}

func TestWhatIsNoExpression(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		scope  routing.Scope
		text   string
		offset int
		reason string
	}{
		{routing.ScopeTask, ``, 0, "there is nothing"},
		{routing.ScopeTask, `  `, 0, "there is nothing"},
		{routing.ScopeTask, `a`, 1, "an operator"},
		{routing.ScopeTask, `a ==`, 4, "missing before the end"},
		{routing.ScopeTask, `== 1`, 0, "missing before =="},
		{routing.ScopeTask, `a == 1 b == 2`, 7, "AND or OR is missing"},
		{routing.ScopeTask, `a == b == c`, 7, "AND or OR is missing"},
		{routing.ScopeTask, `(a == 1`, 7, "not closed"},
		{routing.ScopeTask, `a == 1)`, 6, "not opened"},
		{routing.ScopeTask, `()`, 1, "missing before )"},
		{routing.ScopeTask, `(a) == 1`, 2, "an operator"},
		{routing.ScopeTask, `a == 1 AND`, 10, "missing before the end"},
		{routing.ScopeTask, `a == 1 && b == 2`, 7, "joined by AND and OR"},
		{routing.ScopeTask, `!a == 1`, 0, "to negate"},
		{routing.ScopeTask, `NOT a == 1`, 0, "NOT stands before IN"},
		{routing.ScopeTask, `a NOT HAS 1`, 6, "after NOT"},
		{routing.ScopeTask, `a <> 1`, 3, "missing before >"},
		{routing.ScopeTask, `a-b == 1`, 1, "no hyphens in keys"},
		{routing.ScopeTask, `a.b-c == 1`, 3, "no hyphens in keys"},
		{routing.ScopeTask, `a. == 1`, 2, "behind the dot"},
		{routing.ScopeTask, `a[x] == 1`, 1, "an index is"},
		{routing.ScopeTask, `a[-1] == 1`, 1, "an index is"},
		{routing.ScopeTask, `a[00] == 1`, 1, "an index is"},
		{routing.ScopeTask, `a[99999999999] == 1`, 1, "too large"},
		{routing.ScopeTask, `a == 'b`, 5, "not closed"},
		{routing.ScopeTask, `a == 'b\`, 7, "not closed"},
		{routing.ScopeTask, `a == '\d'`, 6, "after a backslash"},
		{routing.ScopeTask, `a == '\u12g4'`, 6, "hexadecimal"},
		{routing.ScopeTask, `a == '\ud83d'`, 6, "hexadecimal"},
		{routing.ScopeTask, `a == '\ud83d\u0041'`, 6, "hexadecimal"},
		{routing.ScopeTask, "a == '\xff'", 5, "UTF-8"},
		{routing.ScopeTask, "a == \xff", 5, "UTF-8"},
		{routing.ScopeTask, `a == 1.`, 5, "no number"},
		{routing.ScopeTask, `a == 1.2.3`, 5, "no number"},
		{routing.ScopeTask, `a == 1e99999`, 5, "too large"},
		{routing.ScopeTask, `a == 10e9999`, 5, "too large"},
		{routing.ScopeTask, `a == 0.1e-9999`, 5, "too large"},
		{routing.ScopeTask, "a.\u0301b == 5", 2, "behind the dot"},
		{routing.ScopeTask, "\u0301b == 5", 0, "no meaning"},
		{routing.ScopeTask, `a == 5km`, 5, "ends in letters"},
		{routing.ScopeTask, `a == -`, 5, "hyphens"},
		{routing.ScopeTask, `a IN ('x')`, 5, "missing before ("},
		{routing.ScopeTask, `a IN [b]`, 6, "a list has constants"},
		{routing.ScopeTask, `a IN ['x' 'y']`, 10, "a comma"},
		{routing.ScopeTask, `a IN ['x',]`, 10, "behind the comma"},
		{routing.ScopeTask, `a IN ['x'`, 9, "before the end"},
		{routing.ScopeTask, `a IN [['x']]`, 6, "a list has constants"},
		{routing.ScopeTask, `a == 1 # b`, 7, "no meaning"},
		{routing.ScopeTask, `worker.level > 1`, 0, "no meaning here: a filter names the task's attributes"},
		{routing.ScopeTask, `a == 1 AND task.level > 1`, 11, "no meaning here"},
		{routing.ScopeWorker, `task.level > 1`, 0, "no meaning here"},
		{routing.ScopeWorker, `worker.level > 1`, 0, "no meaning here: a queue names the worker's attributes"},
		{routing.ScopeMatch, `level > 1`, 0, "begins with task. or worker."},
		{routing.ScopeMatch, `task[0] > 1`, 0, "begins with task. or worker."},
		{routing.ScopeMatch, `workers.available > 1`, 0, "begins with task. or worker."},
		{routing.ScopeMatch, `worker.channel.chat.assignedTasks > 1`, 0, "assigned_tasks"},
		{routing.ScopeMatch, `worker.channel > 1`, 0, "assigned_tasks"},
		{routing.ScopeSkip, `worker.level > 1`, 0, "the keys of skip_if"},
		{routing.ScopeSkip, `workers.WAxx > 1`, 0, "the keys of skip_if"},
		{"", `a == 1`, 0, "no scope"},
	} {
		_, err := routing.ParseExpression(c.text, c.scope)
		wrong, ok := errors.AsType[*routing.ExpressionError](err)
		if !ok {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		if wrong.Offset != c.offset || !strings.Contains(wrong.Reason, c.reason) {
			t.Errorf("%s: %v", c.text, wrong)
		}
	}
}
