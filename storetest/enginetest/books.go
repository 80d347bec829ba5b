package enginetest

import (
	"fmt"
	"iter"
	"slices"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/schema"
	"github.com/engage-interactions/engage/store"
)

// books are what can be read of a tenant through the Engine: what the invariants
// are checked on.
type books struct {
	*examiner

	eng       *engage.Engine
	st        store.Store // what it works on
	invariant Invariant

	events       []engage.Event // those that are trimmed too, as far as they were seen
	mark         int64          // up to which events are trimmed
	interactions []interaction.Interaction
	quarantined  []interaction.Quarantined
	schemas      []engage.Schema // deleted ones too
	consumers    []engage.Consumer

	conversations
}

// books reads all there is, through a second handle if there can be one.
func (p *party) books(x *examiner) *books {
	x.Helper()
	ctx := x.Context()
	b := &books{examiner: x, st: p.world.peer(x)}
	b.eng = p.engine(x, b.st)
	var err error
	if b.interactions, err = all(func(next string) (engage.Page[interaction.Interaction], error) {
		return b.eng.Interactions.List(ctx, engage.InteractionFilter{OldestFirst: true, Limit: store.MaxLimit, Continuation: next})
	}); err != nil {
		x.Fatalf("enginetest: listing interactions: %v", err)
	}
	if b.quarantined, err = all(func(next string) (engage.Page[interaction.Quarantined], error) {
		return b.eng.Quarantine.List(ctx, engage.QuarantineFilter{OldestFirst: true, Limit: store.MaxLimit, Continuation: next})
	}); err != nil {
		x.Fatalf("enginetest: listing the quarantine: %v", err)
	}
	if b.schemas, err = b.eng.Schemas.List(ctx, &engage.SchemaListOptions{Deleted: true}); err != nil {
		x.Fatalf("enginetest: listing schemas: %v", err)
	}
	if b.consumers, err = b.eng.Events.Consumers(ctx); err != nil {
		x.Fatalf("enginetest: listing consumers: %v", err)
	}
	b.events = p.events(x, b.eng, &b.mark)
	b.conversations = b.converse(p)
	return b
}

// broken reports that the invariant under test does not hold.
func (b *books) broken(got, want any) {
	b.Helper()
	b.examiner.broken(b.invariant.ID, got, want)
}

// all reads a list page by page.
func all[T any](page func(continuation string) (engage.Page[T], error)) (list []T, err error) {
	for next := ""; ; {
		p, err := page(next)
		if err != nil {
			return nil, err
		}
		list = append(list, p.Items...)
		if next = p.Continuation; next == "" {
			return list, nil
		}
	}
}

// gather reads a sequence to its end.
func gather[T any](seq iter.Seq2[T, error]) (list []T, err error) {
	for v, err := range seq {
		if err != nil {
			return list, err
		}
		list = append(list, v)
	}
	return list, nil
}

// sorted returns a list in order, each once.
func sorted(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return slices.Compact(list)
}

// data returns what an event holds. It reports an event that holds something else.
func data[T any](b *books, e engage.Event) (d T) {
	b.Helper()
	if err := e.Decode(&d); err != nil {
		b.broken(err, fmt.Sprintf("an event %s whose data can be read", e.Type))
	}
	return d
}

// of returns the events of some types.
func (b *books) of(types ...engage.EventType) []engage.Event {
	var some []engage.Event
	for _, e := range b.events {
		if slices.Contains(types, e.Type) {
			some = append(some, e)
		}
	}
	return some
}

// segmentable returns the properties of a schema that are counted for segments.
func (b *books) segmentable(s engage.Schema) []string {
	b.Helper()
	compiled, err := schema.Compile(s.Definition, nil)
	if err != nil {
		b.Fatalf("enginetest: compiling schema %s: %v", s.ID, err)
	}
	var names []string
	for _, p := range compiled.Properties() {
		if p.AddToSegmentation {
			names = append(names, p.Name)
		}
	}
	return names
}
