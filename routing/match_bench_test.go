package routing_test

import (
	"fmt"
	"slices"
	"strconv"
	"testing"

	"github.com/engage-interactions/engage/routing"
)

func crowd(n int) []routing.Candidate {
	all := make([]routing.Candidate, n)
	for i := range all {
		all[i] = agent(i, "Agent", func(w *routing.Worker) {
			w.Attributes = routing.Attributes{"langs": []string{"en", "es"}, "level": i % 10}
		})
	}
	return all
}

// The first who is idle can take the task: however many there are, one is looked at. With
// order_by, everybody who is free is.
func BenchmarkChoose(b *testing.B) {
	targets := configuration(b, `{"task_routing":{"filters":[{"expression":"1==1","targets":[
		{"queue":"WQ1","expression":"task.lang IN worker.langs"},
		{"order_by":"worker.level DESC","expression":"task.lang IN worker.langs"}]}]}}`).Filters[0].Targets
	for _, size := range []int{10, 1_000} {
		candidates := crowd(size)
		for n, name := range []string{"idle", "order_by"} {
			d := chatFor(routing.Queue{SID: queueSID(1)}, targets[n], routing.Attributes{"lang": "es"})
			b.Run(fmt.Sprintf("%s/%d", name, size), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if c := routing.Choose(d, nil, slices.Values(candidates), start); len(c.Workers) != 1 {
						b.Fatal(c.Trace)
					}
				}
			})
		}
	}
}

func BenchmarkChooseTask(b *testing.B) {
	worker := crowd(1)[0].Worker
	for _, size := range []int{1, 20, 200} {
		heads := make([]routing.Head, size)
		for n := range heads {
			heads[n] = routing.Head{
				Task:   routing.Task{SID: numbered("WT", n), VirtualStart: start, Priority: n % 7},
				Demand: chatFor(routing.Queue{SID: queueSID(1)}, routing.Target{}, nil), InQueue: true,
			}
		}
		b.Run(strconv.Itoa(size), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if p := routing.ChooseTask(worker, heads, routing.FIFO, start); p.Head < 0 {
					b.Fatal(p.Trace)
				}
			}
		})
	}
}

func BenchmarkOrderKey(b *testing.B) {
	task := routing.Task{SID: numbered("WT", 1), Priority: 5, VirtualStart: start, CreatedAt: start}
	b.ReportAllocs()
	for b.Loop() {
		if task.OrderKey(routing.Ordering{Order: routing.FIFO}) == "" {
			b.Fatal("has no key")
		}
	}
}

func BenchmarkLineKey(b *testing.B) {
	target := configuration(b, `{"task_routing":{"filters":[{"expression":"1==1","targets":[
		{"queue":"WQ1","expression":"task.lang IN worker.langs AND worker.level >= task.level","order_by":"worker.level DESC"}]}]}}`).Filters[0].Targets[0]
	task := routing.Task{QueueSID: queueSID(1), TaskChannelSID: numbered("TC", 1), Attributes: attributes(b, `{"lang":"es","level":3}`)}
	b.ReportAllocs()
	for b.Loop() {
		if routing.LineOf(task, target, routing.Matching{}).Key() == "" {
			b.Fatal("has no key")
		}
	}
}
