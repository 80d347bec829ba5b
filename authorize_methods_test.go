package engage_test

import (
	"context"
	"errors"
	"iter"
	"maps"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
)

// services is what an Engine and a Work both offer, and the Events of an Engine.
type services struct {
	Schemas      engage.Schemas
	Interactions engage.Interactions
	Quarantine   engage.Quarantine
	Triggers     engage.Triggers
	Segments     engage.Segments

	Sources       engage.Sources
	Identities    engage.Identities
	Contacts      engage.Contacts
	Categories    engage.Categories
	Threads       engage.Threads
	Contents      engage.Contents
	Interventions engage.Interventions
	Control       engage.Control
	Jobs          engage.Jobs

	Workspaces   engage.Workspaces
	Activities   engage.Activities
	TaskChannels engage.TaskChannels
	Queues       engage.Queues
	Workflows    engage.Workflows
	Workers      engage.Workers
	Tasks        engage.Tasks
	Reservations engage.Reservations
	Flex         engage.Flex

	Events *engage.Events // nil in a Work
}

func servicesOf(eng *engage.Engine) services { return both(eng.Services, &eng.Events) }

func servicesWithin(w *engage.Work) services { return both(w.Services, nil) }

func both(s engage.Services, events *engage.Events) services {
	return services{
		s.Schemas, s.Interactions, s.Quarantine, s.Triggers, s.Segments,
		s.Sources, s.Identities, s.Contacts, s.Categories, s.Threads, s.Contents, s.Interventions, s.Control, s.Jobs,
		s.Workspaces, s.Activities, s.TaskChannels, s.Queues, s.Workflows, s.Workers, s.Tasks, s.Reservations, s.Flex,
		events,
	}
}

// method is one method of a service: how to call it, and what Authorize must be
// asked then.
type method struct {
	action   engage.Action
	resource engage.Resource
	also     engage.Resource // asked about after it, unless it is zero
	alsoFor  engage.Action   // for which action; empty: the same
	call     func(ctx context.Context, s services, at prepared) (any, error)
	// standalone says that it is not for a Work.
	standalone bool
}

func about(typ, id string) engage.Resource { return engage.Resource{Type: typ, ID: id} }

// methods returns all methods of all services, by service and name, for what
// prepareAll made.
func methods(at prepared) map[string]method {
	all := interactionMethods(at)
	maps.Copy(all, conversationMethods(at.talk))
	maps.Copy(all, controlMethods(at.talk))
	maps.Copy(all, routingMethods(at.route))
	maps.Copy(all, taskMethods(at.tasks))
	maps.Copy(all, flexMethods(at.flex))
	return all
}

// interactionMethods returns those of what customers did, and of the log.
func interactionMethods(at prepared) map[string]method {
	visits := about("interaction_schema", "visit")
	ann := about("contact", "ann")
	first := about("interaction", at.interaction)
	rejected := about("quarantined_interaction", at.quarantined)
	reader := about("consumer", "reader")
	return map[string]method{
		"Schemas.Create": {action: engage.ActionSchemasCreate, resource: about("interaction_schema", "order"), call: func(ctx context.Context, s services, _ prepared) (any, error) {
			return s.Schemas.Create(ctx, unmarshalled(declaring("order", ``)))
		}},
		"Schemas.Supersede": {action: engage.ActionSchemasSupersede, resource: visits, call: func(ctx context.Context, s services, _ prepared) (any, error) {
			return s.Schemas.Supersede(ctx, unmarshalled(declaring("visit", ``)), &engage.SupersedeOptions{Force: true})
		}},
		"Schemas.Get": {action: engage.ActionSchemasRead, resource: visits, call: func(ctx context.Context, s services, _ prepared) (any, error) {
			return s.Schemas.Get(ctx, "visit")
		}},
		"Schemas.Versions": {action: engage.ActionSchemasRead, resource: visits, call: func(ctx context.Context, s services, _ prepared) (any, error) {
			return s.Schemas.Versions(ctx, "visit")
		}},
		"Schemas.List": {action: engage.ActionSchemasRead, resource: about("interaction_schema", ""), call: func(ctx context.Context, s services, _ prepared) (any, error) {
			return s.Schemas.List(ctx, nil)
		}},
		"Schemas.Delete": {action: engage.ActionSchemasDelete, resource: visits, call: func(ctx context.Context, s services, _ prepared) (any, error) {
			return nil, s.Schemas.Delete(ctx, "visit", nil)
		}},
		"Schemas.Erasing": {action: engage.ActionSchemasRead, resource: visits, call: func(ctx context.Context, s services, _ prepared) (any, error) {
			p, found, err := s.Schemas.Erasing(ctx, "visit")
			return either(found, p), err
		}},
		"Interactions.Record": {action: engage.ActionInteractionsRecord, resource: ann, also: visits, call: func(ctx context.Context, s services, _ prepared) (any, error) {
			return s.Interactions.Record(ctx, visit("ann", "/new", ""))
		}},
		"Interactions.RecordMany": {action: engage.ActionInteractionsRecord, resource: ann, also: visits, call: func(ctx context.Context, s services, _ prepared) (any, error) {
			o := s.Interactions.RecordMany(ctx, []interaction.Submission{visit("ann", "/new", "")})
			return o[0].Recorded, o[0].Err
		}},
		"Interactions.Check": {action: engage.ActionInteractionsCheck, resource: ann, also: visits, call: func(ctx context.Context, s services, _ prepared) (any, error) {
			return s.Interactions.Check(ctx, visit("ann", "/new", ""))
		}},
		"Interactions.Get": {action: engage.ActionInteractionsRead, resource: first, call: func(ctx context.Context, s services, at prepared) (any, error) {
			return s.Interactions.Get(ctx, at.interaction)
		}},
		"Interactions.List": {action: engage.ActionInteractionsRead, resource: ann, also: visits, call: func(ctx context.Context, s services, _ prepared) (any, error) {
			return s.Interactions.List(ctx, engage.InteractionFilter{ContactID: "ann", SchemaID: "visit"})
		}},
		"Interactions.Delete": {action: engage.ActionInteractionsDelete, resource: first, call: func(ctx context.Context, s services, at prepared) (any, error) {
			return nil, s.Interactions.Delete(ctx, at.interaction)
		}},
		"Interactions.Tally": {action: engage.ActionInteractionsRead, resource: ann, also: visits, call: func(ctx context.Context, s services, _ prepared) (any, error) {
			return s.Interactions.Tally(ctx, "ann", "visit")
		}},
		"Interactions.Card": {action: engage.ActionInteractionsRead, resource: first, call: func(ctx context.Context, s services, at prepared) (any, error) {
			return s.Interactions.Card(ctx, at.interaction)
		}},
		"Quarantine.List": {action: engage.ActionQuarantineRead, resource: visits, call: func(ctx context.Context, s services, _ prepared) (any, error) {
			return s.Quarantine.List(ctx, engage.QuarantineFilter{SchemaID: "visit"})
		}},
		"Quarantine.Get": {action: engage.ActionQuarantineRead, resource: rejected, call: func(ctx context.Context, s services, at prepared) (any, error) {
			return s.Quarantine.Get(ctx, at.quarantined)
		}},
		"Quarantine.Replay": {action: engage.ActionQuarantineReplay, resource: rejected, call: func(ctx context.Context, s services, at prepared) (any, error) {
			return s.Quarantine.Replay(ctx, at.quarantined)
		}},
		"Quarantine.ReplayAll": {action: engage.ActionQuarantineReplay, resource: visits, standalone: true, call: func(ctx context.Context, s services, _ prepared) (any, error) {
			return s.Quarantine.ReplayAll(ctx, "visit")
		}},
		"Quarantine.Replaying": {action: engage.ActionQuarantineRead, resource: visits, call: func(ctx context.Context, s services, _ prepared) (any, error) {
			p, found, err := s.Quarantine.Replaying(ctx, "visit")
			return either(found, p), err
		}},
		"Quarantine.Discard": {action: engage.ActionQuarantineDiscard, resource: rejected, call: func(ctx context.Context, s services, at prepared) (any, error) {
			return nil, s.Quarantine.Discard(ctx, at.quarantined)
		}},
		"Triggers.Register": {action: engage.ActionTriggersRegister, resource: visits, call: func(ctx context.Context, s services, _ prepared) (any, error) {
			return s.Triggers.Register(ctx, "visit", "page", []byte(`"/x"`))
		}},
		"Triggers.List": {action: engage.ActionTriggersRead, resource: visits, call: func(ctx context.Context, s services, _ prepared) (any, error) {
			return s.Triggers.List(ctx, "visit")
		}},
		"Triggers.Remove": {action: engage.ActionTriggersRemove, resource: about("trigger", at.trigger), call: func(ctx context.Context, s services, at prepared) (any, error) {
			return nil, s.Triggers.Remove(ctx, "visit", at.trigger)
		}},
		"Segments.ByCount": {action: engage.ActionSegmentsRead, resource: visits, call: func(ctx context.Context, s services, _ prepared) (any, error) {
			return gather(s.Segments.ByCount(ctx, engage.CountSegment{SchemaID: "visit", AtLeast: 1}))
		}},
		"Segments.ByValue": {action: engage.ActionSegmentsRead, resource: visits, call: func(ctx context.Context, s services, _ prepared) (any, error) {
			return gather(s.Segments.ByValue(ctx, engage.ValueSegment{SchemaID: "visit", Property: "page"}))
		}},
		"Events.After": {action: engage.ActionEventsRead, resource: about("events", ""), standalone: true, call: func(ctx context.Context, s services, _ prepared) (any, error) {
			return gather(s.Events.After(ctx, 0))
		}},
		"Events.Consume": {action: engage.ActionEventsConsume, resource: reader, standalone: true, call: func(ctx context.Context, s services, _ prepared) (any, error) {
			ctx, cancel := context.WithCancel(ctx)
			defer cancel()
			var got []engage.Event
			err := s.Events.Consume(ctx, "reader", func(_ context.Context, event engage.Event) error {
				got = append(got, event)
				cancel()
				return nil
			})
			if errors.Is(err, context.Canceled) {
				err = nil
			}
			return got, err
		}},
		"Events.Register": {action: engage.ActionEventsConsume, resource: reader, standalone: true, call: func(ctx context.Context, s services, _ prepared) (any, error) {
			return s.Events.Register(ctx, "reader", engage.ConsumerStart{Latest: true})
		}},
		"Events.Consumers": {action: engage.ActionEventsRead, resource: about("consumer", ""), standalone: true, call: func(ctx context.Context, s services, _ prepared) (any, error) {
			return s.Events.Consumers(ctx)
		}},
		"Events.Forget": {action: engage.ActionEventsTrim, resource: reader, standalone: true, call: func(ctx context.Context, s services, _ prepared) (any, error) {
			return nil, s.Events.Forget(ctx, "reader")
		}},
		"Events.Trim": {action: engage.ActionEventsTrim, resource: about("events", ""), standalone: true, call: func(ctx context.Context, s services, _ prepared) (any, error) {
			return s.Events.Trim(ctx)
		}},
	}
}

// either returns a value if it was found.
func either(found bool, value any) any {
	if found {
		return value
	}
	return nil
}

// gather reads a sequence up to its error.
func gather[T any](seq iter.Seq2[T, error]) (all []T, err error) {
	for v, err := range seq {
		if err != nil {
			return all, err
		}
		all = append(all, v)
	}
	return all, nil
}
