package routing_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/engage-interactions/engage/routing"
)

func drawLine(t *rapid.T) routing.Line {
	text := rapid.SampledFrom([]string{"", "a", "b", "ab", "1:a", "0:", "1"})
	by, err := routing.ParseOrderBy(rapid.SampledFrom([]string{"", "worker.a", "worker.a, worker.b DESC"}).Draw(t, "order_by"))
	if err != nil {
		t.Fatal(err)
	}
	return routing.Line{
		QueueSID: text.Draw(t, "queue"), TaskChannelSID: text.Draw(t, "channel"),
		Expression: parsed(t, rapid.SampledFrom([]string{"1==1", "worker.a == 1", "worker.a == '1:a'"}).Draw(t, "expression")),
		OrderBy:    by, ForKnown: rapid.Bool().Draw(t, "for known"),
		Known:    routing.KnownWorker{SID: text.Draw(t, "sid"), FriendlyName: text.Draw(t, "name")},
		Fallback: rapid.Bool().Draw(t, "fallback"), Direct: rapid.Bool().Draw(t, "direct"), IgnoreCapacity: rapid.Bool().Draw(t, "ignore"),
	}
}

// Two lines have one key if, and only if, they are one.
func TestALineIsItsKey(t *testing.T) {
	t.Parallel()
	type plain struct {
		queue, channel, expression, order string
		known                             routing.KnownWorker
		is                                [4]bool
	}
	flat := func(l routing.Line) plain {
		return plain{
			l.QueueSID, l.TaskChannelSID, l.Expression.String(), l.OrderBy.String(), l.Known,
			[4]bool{l.ForKnown, l.Fallback, l.Direct, l.IgnoreCapacity},
		}
	}
	one := routing.Line{Known: routing.KnownWorker{SID: "a", FriendlyName: "b:c"}}
	if other := (routing.Line{Known: routing.KnownWorker{SID: "a:b", FriendlyName: "c"}}); one.Key() == other.Key() {
		t.Errorf("%q is the key of two lines", one.Key())
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawLine(t), drawLine(t)
		if (a.Key() == b.Key()) != (flat(a) == flat(b)) {
			t.Fatalf("%q\n%q", a.Key(), b.Key())
		}
		// One thing is changed.
		for _, change := range []func(l *routing.Line){
			func(l *routing.Line) { l.QueueSID += "x" },
			func(l *routing.Line) { l.TaskChannelSID += "x" },
			func(l *routing.Line) { l.Expression = parsed(t, "worker.c == 1") },
			func(l *routing.Line) { l.Known.SID += "x" },
			func(l *routing.Line) { l.Known.FriendlyName += "x" },
			func(l *routing.Line) { l.ForKnown = !l.ForKnown },
			func(l *routing.Line) { l.Fallback = !l.Fallback },
			func(l *routing.Line) { l.Direct = !l.Direct },
			func(l *routing.Line) { l.IgnoreCapacity = !l.IgnoreCapacity },
		} {
			c := a
			change(&c)
			if c.Key() == a.Key() {
				t.Fatalf("%+v\n%+v", a, c)
			}
		}
	})
}

// Tasks that differ in what nobody asks for share a line.
func TestTasksThatDemandTheSameShareALine(t *testing.T) {
	t.Parallel()
	c := configuration(t, `{"task_routing":{"filters":[{"expression":"1==1","targets":[
		{"queue":"WQ1","expression":"task.lang IN worker.langs AND worker.level > task.level","order_by":"worker.level DESC"},
		{"queue":"WQ1","expression":"worker.langs HAS task.lang","known_worker_sid":"task.agent","order_by":"worker.level DESC"}]}]}}`)
	task := func(text string, target int) routing.Task {
		return routing.Task{
			QueueSID: queueSID(1), TaskChannelSID: "TC", Attributes: attributes(t, text),
			Waiting: routing.Waiting{Step: routing.Step{Target: target, EnteredAt: start}},
		}
	}
	line := func(task routing.Task, m routing.Matching) routing.Line {
		target, ok := c.TargetOf(task)
		if !ok {
			t.Fatal("there is no target")
		}
		return routing.LineOf(task, target, m)
	}
	none := routing.Matching{}
	a := line(task(`{"lang":"es","level":1,"name":"a"}`, 0), none)
	if b := line(task(`{"lang":"es","level":1.0,"name":"b"}`, 0), none); a.Key() != b.Key() {
		t.Errorf("%q\n%q", a.Key(), b.Key())
	}
	if b := line(task(`{"lang":"es","level":2}`, 0), none); a.Key() == b.Key() {
		t.Errorf("%q", b.Key())
	}
	known := line(task(`{"lang":"es","agent":"WK1"}`, 1), none)
	if known.Known.SID != "WK1" || !known.ForKnown || known.Fallback || !known.OrderBy.IsZero() {
		t.Errorf("%+v", known)
	}
	nobody := line(task(`{"lang":"es","agent":null}`, 1), none)
	if !nobody.ForKnown || nobody.Known != (routing.KnownWorker{}) {
		t.Errorf("%+v", nobody)
	}
	if l := line(task(`{"lang":"es","agent":"WK1"}`, 1), routing.Matching{KnownWorkerFallback: true}); !l.Fallback || l.OrderBy.IsZero() {
		t.Errorf("%+v", l)
	}
	// A task that is somewhere where there is nothing any more, or nowhere yet.
	for _, step := range []routing.Step{{Target: 2, EnteredAt: start}, {Default: true, EnteredAt: start}, {}} {
		if _, ok := c.TargetOf(routing.Task{Waiting: routing.Waiting{Step: step}}); ok {
			t.Errorf("%+v is somewhere", step)
		}
	}
	// Before it has entered its queue.
	if l := routing.LineOf(routing.Task{}, c.Filters[0].Targets[0], none); l.QueueSID != queueSID(1) {
		t.Errorf("%+v", l)
	}
}
