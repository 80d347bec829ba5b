package day

import (
	"fmt"
	"slices"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/routing"
)

// facts are attributes, as the log has them.
type facts = routing.Attributes

func text(f facts, name string) string {
	s, _ := f[name].(string)
	return s
}

func list(f facts, name string) (all []string) {
	switch is := f[name].(type) {
	case []any:
		for _, v := range is {
			if s, ok := v.(string); ok {
				all = append(all, s)
			}
		}
	case []string:
		all = is
	}
	return all
}

func number(f facts, name string) int {
	switch n := f[name].(type) {
	case int:
		return n
	case int64:
		return int(n)
	case float64:
		return int(n)
	case fmt.Stringer: // a json.Number
		var i int
		_, _ = fmt.Sscan(n.String(), &i)
		return i
	}
	return 0
}

// known says what it means that a task names a worker.
type known int

const (
	knownNobody known = iota
	knownOnly         // nobody else is asked
	knownFirst        // others are, while they cannot
)

// queueSpec is a queue: what the Engine is told of it, and the same once more in Go, by which
// it is judged.
type queueSpec struct {
	name    string
	targets string // target_workers
	is      func(worker facts) bool
	// line is what the target's expression takes from a task, fits that expression; nil: all
	// tasks are alike, and it holds for every worker.
	line    func(task facts) string
	fits    func(task, worker facts) bool
	known   known
	byLevel bool // order_by is worker.level DESC
	reserve int  // max_reserved_workers, if more than one
	latest  bool // LIFO
	ageing  int  // seconds
	cools   int  // seconds
}

func can(skill string) func(facts) bool {
	return func(w facts) bool { return contains(w, "skills", skill) }
}

func contains(f facts, name, item string) bool { return slices.Contains(list(f, name), item) }

// The queues.
const (
	everybody  = "Everybody"
	support    = "Support " // and a language
	billing    = "Billing"
	gold       = "Gold"
	sales      = "Sales"
	letters    = "Letters"
	technical  = "Technical"
	regulars   = "Regulars"
	loyal      = "Loyal"
	callbacks  = "Callbacks"
	backOffice = "Back office"
)

func speaks(language string) func(facts) bool {
	return func(w facts) bool { return contains(w, "skills", "support") && contains(w, "languages", language) }
}

func lastWorker(task facts) string { return text(task, "last_worker") }

// queueSpecs are the queues of the centre.
func queueSpecs() []queueSpec {
	return []queueSpec{
		{name: everybody, targets: "1==1", is: func(facts) bool { return true }},
		{name: support + "en", targets: "skills HAS 'support' AND languages HAS 'en'", is: speaks("en")},
		{name: support + "de", targets: "skills HAS 'support' AND languages HAS 'de'", is: speaks("de")},
		{name: support + "fr", targets: "skills HAS 'support' AND languages HAS 'fr'", is: speaks("fr")},
		{name: billing, targets: "skills HAS 'billing'", is: can("billing")},
		{name: gold, targets: "level >= 3", is: func(w facts) bool { return number(w, "level") >= 3 }, byLevel: true},
		{name: sales, targets: "skills HAS 'sales'", is: can("sales"), reserve: 3},
		{name: letters, targets: "skills HAS 'letters'", is: can("letters"), latest: true},
		{
			name: technical, targets: "skills HAS 'technical'", is: can("technical"), ageing: 600, cools: 90,
			line: func(task facts) string { return text(task, "product") },
			fits: func(task, worker facts) bool { return contains(worker, "products", text(task, "product")) },
		},
		{name: regulars, targets: "skills HAS 'support'", is: can("support"), known: knownOnly, line: lastWorker},
		{name: loyal, targets: "skills HAS 'support' OR skills HAS 'sales'", known: knownFirst, line: lastWorker, is: func(w facts) bool {
			return contains(w, "skills", "support") || contains(w, "skills", "sales")
		}},
		{name: callbacks, targets: "skills HAS 'voice'", is: can("voice")},
		{name: backOffice, targets: "skills HAS 'letters' OR skills HAS 'billing'", is: func(w facts) bool {
			return contains(w, "skills", "letters") || contains(w, "skills", "billing")
		}},
	}
}

func (q *queueSpec) request() engage.NewQueue {
	n := engage.NewQueue{
		FriendlyName: q.name, TargetWorkers: q.targets, MaxReservedWorkers: q.reserve,
		Matching: routing.Matching{PriorityAgeing: q.ageing, RejectCoolDown: q.cools, KnownWorkerFallback: q.known == knownFirst},
	}
	if q.latest {
		n.TaskOrder = routing.LIFO
	}
	return n
}

// step is a target of the workflow, before it has a queue's SID.
type step struct {
	queue    string
	timeout  int
	priority int // 0: as it is
	with     map[string]string
}

// way is a filter.
type way struct {
	name, expression string
	steps            []step
}

// morning and afternoon are the workflow of customers, which changes at noon: who is not
// served is passed on earlier, and invoices are more urgent.
func morning() []way { return customersWays(240, 4) }

func afternoon() []way { return customersWays(150, 8) }

func customersWays(patience, urgent int) []way {
	anybody := func(priority int) step { return step{queue: everybody, timeout: 900, priority: priority} }
	ways := []way{
		{"Gold", "tier == 'gold'", []step{{queue: gold, timeout: 45, priority: 50, with: map[string]string{"order_by": "worker.level DESC", "skip_if": "workers.available == 0"}}, anybody(60)}},
		{"Regulars", "returning == 'only'", []step{{queue: regulars, timeout: 60, priority: 3, with: map[string]string{"known_worker_sid": "task.last_worker"}}, anybody(20)}},
		{"Loyal", "returning == 'first'", []step{{queue: loyal, timeout: 300, priority: 5, with: map[string]string{"known_worker_sid": "task.last_worker"}}, anybody(20)}},
		{"Billing", "topic == 'billing'", []step{{queue: billing, timeout: patience, priority: urgent}, anybody(12)}},
		{"Sales", "topic == 'sales'", []step{{queue: sales, timeout: patience}, anybody(15)}},
		{"Letters", "topic == 'letters'", []step{{queue: letters, timeout: 7200}}},
		{"Technical", "topic == 'technical'", []step{{queue: technical, timeout: 2 * patience, with: map[string]string{"expression": "task.product IN worker.products"}}, anybody(10)}},
	}
	for _, language := range []string{"de", "fr", "en"} {
		ways = append(ways, way{"Support " + language, "topic == 'support' AND language == '" + language + "'", []step{{queue: support + language, timeout: patience}, anybody(10)}})
	}
	return ways
}

// office is the workflow of what is no conversation.
func office() []way {
	return []way{{"Callbacks", "topic == 'callback'", []step{{queue: callbacks, timeout: 1800, priority: 2}, {queue: callbacks, timeout: 1800, priority: 9}}}}
}

// takes reports whether a worker is in the queue, and the target's expression holds for them.
func (q *queueSpec) takes(task facts, workerSID string, worker facts) bool {
	switch {
	case !q.is(worker):
		return false
	case q.known == knownOnly:
		return lastWorker(task) == workerSID
	}
	return q.fits == nil || q.fits(task, worker)
}
