package engage

import (
	"context"
	"time"

	"github.com/engage-interactions/engage/internal/work"
)

// Work is the Engine within Atomically: the same services, bound to one batch.
// What they write is seen by later calls of the same Work, and by nobody else
// until the batch is committed. A Work is for one goroutine.
type Work struct {
	Services
}

// Atomically runs do, and commits all that its calls wrote as one: everything or
// nothing.
//
// A call that fails leaves nothing in the batch; do may go on after it. If do
// returns an error, nothing is committed, and Atomically returns that error. If
// what do has read is changed by others before the commit, do runs again: it must
// set its results anew each time and have no effects outside of the Work. In
// particular it must not call the Engine itself, which could wait for the very
// records that this Work is about to write. After do has returned, the Work is
// dead: its calls give ErrWorkDone. Events are not among its services: those of
// the Work itself are not in the log before the commit.
//
// A batch holds 5,000 records and 64 MiB at most. What was read counts too, for the
// commit holds only if it is still so: do long lists outside, and what depends on
// them inside.
func (e *Engine) Atomically(ctx context.Context, do func(w *Work) error) error {
	return e.core.runner.Do(ctx, func(w *work.Work) error {
		s := scope{core: e.core, actor: e.actor, work: w}
		return do(&Work{Services: s.services()})
	})
}

// scope is what a service works in: an Engine acting for somebody, and a Work if
// it belongs to one.
type scope struct {
	core  *core
	actor Actor
	work  *work.Work // nil outside of Atomically
}

func (s scope) services() Services {
	return Services{
		Schemas:      Schemas{s},
		Interactions: Interactions{s},
		Quarantine:   Quarantine{s},
		Triggers:     Triggers{s},
		Segments:     Segments{s},

		Sources:       Sources{s},
		Identities:    Identities{s},
		Contacts:      Contacts{s},
		Categories:    Categories{s},
		Threads:       Threads{s},
		Contents:      Contents{s},
		Interventions: Interventions{s},
		Control:       Control{s},

		Flex:         Flex{s},
		Tasks:        Tasks{s},
		Reservations: Reservations{s},
		Workers:      Workers{s},
		Workspaces:   Workspaces{s},
		Activities:   Activities{s},
		TaskChannels: TaskChannels{s},
		Queues:       Queues{s},
		Workflows:    Workflows{s},

		Jobs: Jobs{s},
	}
}

// allow asks whether the actor may do it. What a SID names is always asked about by the same
// SID, the one that it is kept by, in whatever case the caller writes its digits. What is no SID
// of the kind names nothing, whatever the answer; see sidTerm and routingRecord.
func (s scope) allow(ctx context.Context, action Action, resource Resource) error {
	if err := checkActor(s.actor); err != nil {
		return err
	}
	if prefix, named := sidOf[resource.Type]; named && prefix.Valid(resource.ID) {
		resource.ID = prefix.Alike(resource.ID)
	}
	if s.actor.Type == ActorCustomer && !ofCustomers[action] {
		return notForCustomers(resource)
	}
	if s.core.opts.Authorize == nil {
		return nil
	}
	if err := s.core.opts.Authorize(ctx, s.actor, action, resource); err != nil {
		return &ForbiddenError{Actor: s.actor, Action: action, Resource: resource, Err: err}
	}
	return nil
}

// allowBoth asks about the contact and the schema that a call names, or, if it names
// neither, about all there is of a type.
func (s scope) allowBoth(ctx context.Context, action Action, all, contactID, schemaID string) error {
	if contactID == "" && schemaID == "" {
		return s.allow(ctx, action, Resource{Type: all})
	}
	if contactID != "" {
		if err := s.allow(ctx, action, Resource{Type: ResourceContact, ID: contactID}); err != nil {
			return err
		}
	}
	if schemaID != "" {
		return s.allow(ctx, action, schemaResource(schemaID))
	}
	return nil
}

// do runs one call: as a part of the Work it belongs to, else as a work of its
// own. It may run several times.
func (s scope) do(ctx context.Context, call func(*turn) error) error {
	if s.work != nil {
		return s.work.Part(func() error { return s.turn(s.work).whole(ctx, call) })
	}
	return s.core.runner.Do(ctx, func(w *work.Work) error { return s.turn(w).whole(ctx, call) })
}

func (s scope) turn(w *work.Work) *turn {
	return &turn{scope: s, Work: w, now: s.core.opts.Clock().UTC().Round(0)}
}

// turn is one run of a call.
type turn struct {
	scope
	*work.Work

	now time.Time
	// afterwards is what follows from what the call does, once it has written all that.
	afterwards []func(context.Context) error
}

// try does a part of a call, with all that follows from that. If it fails, nothing of it is
// written, and the call may go on.
func (t *turn) try(ctx context.Context, do func(*turn) error) error {
	part := &turn{scope: t.scope, Work: t.Work, now: t.now}
	return t.Part(func() error { return part.whole(ctx, do) })
}

// whole runs a call with all that follows from it.
func (t *turn) whole(ctx context.Context, call func(*turn) error) error {
	if err := call(t); err != nil {
		return err
	}
	for len(t.afterwards) > 0 {
		next := t.afterwards[0]
		t.afterwards = t.afterwards[1:]
		if err := next(ctx); err != nil {
			return err
		}
	}
	return nil
}
