package routing_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/engage-interactions/engage/routing"
)

// A target as they are written, about a worker.
func BenchmarkHolds(b *testing.B) {
	e := expression(b, `worker.langs HAS task.lang AND worker.level >= task.level AND worker.sid != task.last`, routing.ScopeMatch)
	bound := e.Bind(attributes(b, `{"lang": "es", "level": 3, "last": "WK1"}`))
	facts := routing.Facts{Worker: routing.WorkerFacts{SID: "WK2", Attributes: attributes(b, `{"langs": ["en", "es"], "level": 5}`)}}
	for b.Loop() {
		if !bound.Holds(facts) {
			b.Fatal("does not hold")
		}
	}
}

// The worst that anybody can write: every key that there may be, each leading to all the
// attributes that there may be.
func BenchmarkHoldsAtTheBounds(b *testing.B) {
	list := make([]string, 0, 800)
	for n := range 800 {
		list = append(list, fmt.Sprintf("%d.%d", n%10, n%10))
	}
	worker := attributes(b, `{"l":[`+strings.Join(list, ",")+`],"t":"`+strings.Repeat("a", 800)+`"}`)
	for name, comparison := range map[string]string{
		"list": "l HAS 10.5",
		"text": "t CONTAINS '" + strings.Repeat("a", 60) + "b'",
	} {
		b.Run(name, func(b *testing.B) {
			e := expression(b, comparison+strings.Repeat(" OR "+comparison, routing.MaxExpressionKeys-1), routing.ScopeWorker)
			facts := routing.Facts{Worker: routing.WorkerFacts{Attributes: worker}}
			for b.Loop() {
				if e.Holds(facts) {
					b.Fatal("holds")
				}
			}
		})
	}
}

func BenchmarkBind(b *testing.B) {
	e := expression(b, `task.lang IN worker.langs AND (worker.level >= task.level OR worker.sid == task.last)`, routing.ScopeMatch)
	task := attributes(b, `{"lang": "es", "level": 3, "last": "WK1"}`)
	for b.Loop() {
		if e.Bind(task).String() == "" {
			b.Fatal("has no text")
		}
	}
}
