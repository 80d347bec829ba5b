package bench_test

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/schema"
	"github.com/engage-interactions/engage/store/memory"
)

var definition = schema.Definition{
	ID:          "Reuse-Spring-2023",
	DisplayName: "Reuse Spring Sale",
	JSONSchema: []byte(`{
		"$schema": "https://json-schema.org/draft/2020-12/schema",
		"type": "object",
		"properties": {
			"price":   {"type": "integer", "displayName": "Price", "showInContactCard": "true"},
			"created": {"type": "string", "format": "date-time", "displayName": "Created", "showInContactCard": "true"},
			"name":    {"type": "string", "displayName": "Name", "showInContactCard": "true"}
		},
		"required": ["name"]
	}`),
}

// BenchmarkRecord is one interaction at a time, by 1 and by 64 callers, with SQLite at
// synchronous=FULL. The baseline writes the same rows in a transaction for each.
func BenchmarkRecord(b *testing.B) {
	for _, callers := range []int{1, 64} {
		var n atomic.Int64
		b.Run(fmt.Sprintf("callers=%d/engage", callers), func(b *testing.B) {
			eng, _, _ := openEngine(b)
			parallel(b, callers, func() error {
				_, err := eng.Interactions.Record(b.Context(), submission(contact(n.Add(1))))
				return err
			})
		})
		b.Run(fmt.Sprintf("callers=%d/by-hand", callers), func(b *testing.B) {
			_, path, template := openEngine(b)
			hand := openByHand(b, path, template)
			parallel(b, callers, func() error { return hand.record(b.Context(), n.Add(1)-1, 1) })
		})
	}
}

// parallel runs do b.N times, by a number of callers at once.
func parallel(b *testing.B, callers int, do func() error) {
	b.Helper()
	b.SetParallelism(max(1, callers/runtime.GOMAXPROCS(0)))
	b.ReportAllocs()
	b.ResetTimer()
	if callers == 1 {
		for range b.N {
			if err := do(); err != nil {
				b.Fatal(err)
			}
		}
		return
	}
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := do(); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

// BenchmarkRecordMany is 1,000 interactions in one call. The baseline writes the same
// rows with prepared statements in one transaction.
func BenchmarkRecordMany(b *testing.B) {
	const many = 1_000
	var n int64
	b.Run("engage", func(b *testing.B) {
		eng, _, _ := openEngine(b)
		b.ReportAllocs()
		for b.Loop() {
			submissions := make([]interaction.Submission, many)
			for i := range submissions {
				n++
				submissions[i] = submission(contact(n))
			}
			for _, outcome := range eng.Interactions.RecordMany(b.Context(), submissions) {
				if outcome.Err != nil {
					b.Fatal(outcome.Err)
				}
			}
		}
	})
	b.Run("by-hand", func(b *testing.B) {
		_, path, template := openEngine(b)
		hand := openByHand(b, path, template)
		b.ReportAllocs()
		for b.Loop() {
			if err := hand.record(b.Context(), n, many); err != nil {
				b.Fatal(err)
			}
			n += many
		}
	})
}

// BenchmarkList is a page of 50 of one contact's interactions, among ten thousand and
// among a million recorded ones. The latter take minutes to record; -short leaves
// them out. With a million in memory, marking some gigabytes of heap is part of the
// figure: GOGC=800 takes it out.
func BenchmarkList(b *testing.B) {
	for _, stored := range []int{10_000, 1_000_000} {
		if stored > 10_000 && testing.Short() {
			continue
		}
		b.Run(fmt.Sprintf("memory/stored=%d", stored), func(b *testing.B) {
			eng, err := engage.New(b.Context(), memory.New(), nil)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := eng.Schemas.Create(b.Context(), definition); err != nil {
				b.Fatal(err)
			}
			list(b, eng, stored)
		})
		b.Run(fmt.Sprintf("sqlite/stored=%d", stored), func(b *testing.B) {
			eng, _, _ := openEngine(b)
			list(b, eng, stored)
		})
	}
}

// list records interactions, 100 for each contact, and lists those of one.
func list(b *testing.B, eng *engage.Engine, stored int) {
	b.Helper()
	for first := 0; first < stored; first += 1_000 {
		submissions := make([]interaction.Submission, 1_000)
		for i := range submissions {
			submissions[i] = submission(contact(int64((first + i) % (stored / 100))))
		}
		for _, outcome := range eng.Interactions.RecordMany(b.Context(), submissions) {
			if outcome.Err != nil {
				b.Fatal(outcome.Err)
			}
		}
	}
	filter := engage.InteractionFilter{ContactID: contact(7), SchemaID: definition.ID}
	b.ReportAllocs()
	for b.Loop() {
		page, err := eng.Interactions.List(b.Context(), filter)
		if err != nil || len(page.Items) != 50 {
			b.Fatal(len(page.Items), err)
		}
	}
}
