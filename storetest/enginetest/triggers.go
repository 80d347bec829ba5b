package enginetest

import (
	"context"
	"fmt"

	"github.com/engage-interactions/engage"
)

// triggerRoom is engage.Triggers.
func triggerRoom() room {
	return room{
		name: "triggers",
		prepare: func(ctx context.Context, s engage.Services, at *place) error {
			trigger, err := s.Triggers.Register(ctx, visits, "page", []byte(`"/old"`))
			at.trigger = trigger.ID
			return err
		},
		invariants: []Invariant{
			{ID: "trigger-once", Text: "A trigger must fire at most once for a contact, and for an interaction that was recorded before.", check: checkTriggerOnce},
		},
		scenarios: []scenario{
			{
				name: "a trigger is registered",
				call: func(ctx context.Context, eng *engage.Engine, _ place) error {
					_, err := eng.Triggers.Register(ctx, visits, "seconds", []byte(`7`))
					return err
				},
			},
			{
				name: "a trigger is removed", drastic: true,
				call: func(ctx context.Context, eng *engage.Engine, at place) error {
					return eng.Triggers.Remove(ctx, visits, at.trigger)
				},
			},
		},
	}
}

func checkTriggerOnce(b *books) {
	recorded := map[string]engage.InteractionEvent{}
	type firing struct{ trigger, contact string }
	fired := map[firing]int{}
	for _, e := range b.of(engage.EventInteractionCreated, engage.EventTriggerFired) {
		if e.Type == engage.EventInteractionCreated {
			recorded[e.Resource.ID] = data[engage.InteractionEvent](b, e)
			continue
		}
		d := data[engage.TriggerEvent](b, e)
		f := firing{e.Resource.ID, d.ContactID}
		fired[f]++
		if fired[f] > 1 {
			b.broken(fmt.Sprintf("%+v fired again", f), "it once")
		}
		if i, known := recorded[d.InteractionID]; !known || i.ContactID != d.ContactID || i.SchemaID != d.SchemaID {
			b.broken(fmt.Sprintf("%+v fired for %+v", f, d), "an interaction of this contact and schema, recorded before")
		}
	}
}
