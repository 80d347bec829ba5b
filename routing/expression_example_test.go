package routing_test

import (
	"fmt"

	"github.com/engage-interactions/engage/routing"
)

// A target of a workflow asks for workers who speak the customer's language. The task is
// bound once; then each worker is looked at.
func ExampleExpression_Bind() {
	target, err := routing.ParseExpression(`task.lang IN worker.langs AND worker.level >= task.level`, routing.ScopeMatch)
	if err != nil {
		fmt.Println(err)
		return
	}
	task, _ := routing.ParseAttributes(`{"lang": "es", "level": 3, "from": "+15551234"}`)
	demand := target.Bind(task)
	fmt.Println(demand)

	for _, text := range []string{`{"langs": ["en", "es"], "level": 5}`, `{"langs": ["es"], "level": 2}`, `{"level": 7}`} {
		worker, _ := routing.ParseAttributes(text)
		facts := routing.Facts{Worker: routing.WorkerFacts{Attributes: worker}}
		if demand.Holds(facts) {
			fmt.Println("can take it")
		} else {
			fmt.Println(demand.Explain(facts))
		}
	}
	// Output:
	// worker.langs HAS 'es' AND worker.level >= 3
	// can take it
	// worker.level >= 3, worker.level is 2
	// worker.langs HAS 'es', worker.langs is null
}

// A mistake is told with its place.
func ExampleParseExpression_mistake() {
	_, err := routing.ParseExpression(`type == 'ticket' AND preferred-agent == 'bob'`, routing.ScopeTask)
	fmt.Println(err)
	// Output:
	// expression, at offset 30: there are no hyphens in keys
}
