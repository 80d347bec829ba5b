package engage

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/engage-interactions/engage/handover"
)

// Control says who controls conversations, a bot or the agents, and passes control
// between them (seed 001). It counts on sources for which Configure was called: there one
// side at a time writes to a customer. Package handover has the rules, and its CONTROL.md
// the whole table.
//
// Control passes from the agents to a bot only if no intervention is engaged with the
// identity, whatever else happens at the same time: Handover refuses it else, and says
// what is in the way. What the platform does by itself, such as an app that takes control
// there, is reported (Report) and believed.
//
// Interventions, contents and received contents move control by themselves: an agent who
// engages or posts while a bot has control makes the Engine request or take it, as the
// settings say; when the last intervention ends, control is released.
//
// A bot that posts through the Engine learns from EventControlRequested that it is asked
// for control, and calls Accept or Decline. One with an app of its own on the platform is
// asked there. EventControlFailed tells that control did not come, and
// EventContentExported of each content that had waited for it.
type Control struct{ scope }

// ControlSpan is a time in which somebody had control of a conversation.
type ControlSpan struct {
	ID         string `json:"id"`
	SourceID   string `json:"source_id"`
	IdentityID string `json:"identity_id"`

	handover.Party

	Epoch int64 `json:"epoch"`
	// Since and Until are from when to when; Until is zero for the one that goes on.
	Since time.Time `json:"since"`
	Until time.Time `json:"until,omitzero"`
	// Cause is why control went there: a trigger of package handover, or what the
	// platform said. By is who wanted it, if that is known.
	Cause string `json:"cause"`
	By    Actor  `json:"by,omitzero"`
}

// Configure sets how control is passed on a source, and begins to keep it there. Whether
// the platform of the source's type passes control between apps, that is, whether it is a
// [ControlPlatform] in Options.Platforms, is looked at now and kept: where it is none, the
// Engine is the arbiter. A process that has no platform of that type at all leaves that as
// it is: so the first call belongs into one that has it.
//
// Each decision goes by the settings of its moment. So other settings count at once for what
// happens next; what is under way goes on, and ends as they say. A shorter Inactivity and
// another WholeContact count for every conversation once a job has gone through them, which
// begins at once.
func (s Control) Configure(ctx context.Context, sourceID string, settings handover.Settings) error {
	if err := s.allow(ctx, ActionControlConfigure, sourceResource(sourceID)); err != nil {
		return err
	}
	if err := settings.Check(); err != nil {
		return invalidField(err)
	}
	return s.do(ctx, func(t *turn) error {
		source, err := t.source(ctx, sourceID)
		if err != nil {
			return err
		}
		stored, err := controlSettings.Get(ctx, t.Work, plain(source.ID))
		if err != nil {
			return err
		}
		platform := t.core.opts.Platforms[source.Type]
		if stored == nil {
			stored = &storedSettings{SourceID: source.ID}
		}
		if err := t.resettle(ctx, stored, settings); err != nil {
			return err
		}
		stored.Settings = settings
		if platform != nil {
			_, stored.Platform = platform.(ControlPlatform)
		}
		source.ThreadControl, source.UpdatedAt = true, t.now
		return errors.Join(
			controlSettings.Put(t.Work, stored),
			sources.Put(t.Work, source),
			t.emit(EventControlConfigured, sourceResource(source.ID), SourceEvent{SourceType: source.Type}),
		)
	})
}

// Settings returns how control is passed on a source.
func (s Control) Settings(ctx context.Context, sourceID string) (handover.Settings, error) {
	if err := s.allow(ctx, ActionControlRead, sourceResource(sourceID)); err != nil {
		return handover.Settings{}, err
	}
	return read(ctx, s.scope, func(t *turn) (*handover.Settings, error) {
		_, stored, err := t.controlled(ctx, sourceID)
		if err != nil {
			return nil, err
		}
		return &stored.Settings, nil
	})
}

// Handed is what became of a request.
type Handed struct {
	SourceID   string           `json:"source_id"`
	IdentityID string           `json:"identity_id"`
	Control    handover.Control `json:"control"` // as it is now
	// Act is what is done: "pass", "request", …; "nothing" if it was so already, and
	// "wait" if a bot gets control as soon as no intervention is engaged.
	Act handover.Act `json:"act"`
}

// Handover hands control over (seed 001, "Using the endpoint"). From bot to agent, it is
// requested: the bot is to pass it, or declines, or lets the deadline go by; but a bot that
// posts through the Engine, has control and asks itself, has passed it by that. From agent to
// bot, it is passed if no intervention is engaged with the identity.
//
// What a bot has posted and the platform has not been handed yet when control changes is not
// delivered any more: it ends as export_aborted, in every case if it is posted in one Atomically
// with the request. So a bot that says goodbye asks when that has arrived, which
// EventContentExported tells, or leaves the goodbye to who takes over.
//
// The customer is found by type and foreign ID, among the sources with thread control,
// active or not, or by the intervention that is named. The categories that are named go to
// the thread of that intervention, or else to the one in which the conversation goes on; of
// a request that is refused, nothing is done.
//
// Each fault has a type:
//
//   - what is wrong with the request by itself, as [handover.ParseRequest] says; its class
//     is ErrInvalid;
//   - a [*handover.UnknownValueError] of the parameter type (ErrInvalid), if no source is of
//     that type and nobody is found;
//   - a [*handover.UnknownIdentityError] (ErrNotFound), or a
//     [*handover.AmbiguousIdentityError] (ErrConflict), which names the sources;
//   - a [*handover.UnknownValueError] (ErrInvalid) for a bot that posts through the Engine and
//     does not exist, as far as Options.OwnerExists says;
//   - a [*NotFoundError] for an intervention that is not there, a
//     [*handover.UnknownValueError] for one of another customer or source than the request
//     names (ErrInvalid), and a [*RefusedError] for one that is to go to a bot and has ended;
//   - an [*InvalidError] with an [*interaction.CategoryError] for categories that the
//     thread cannot have;
//   - for what the rules refuse a [*RefusedError] with a [*handover.RefusedError], whose
//     Code says by which rule, InTheWay because of which interventions, and RetryAt when to
//     try again, if waiting helps.
//
// Package botsapi has the endpoint for bots, and makes a response of any of them.
func (s Control) Handover(ctx context.Context, r handover.Request) (Handed, error) {
	if err := s.allow(ctx, ActionControlHandover, requestResource(r)); err != nil {
		return Handed{}, err
	}
	var handed Handed
	err := s.do(ctx, func(t *turn) error {
		st, in, err := t.requested(ctx, r, ActionControlHandover)
		if err != nil {
			return err
		}
		st.rule = r.Trigger
		if err := t.recategorize(ctx, st, r); err != nil {
			return err
		}
		d, err := t.decide(ctx, st, in)
		if err != nil {
			return err
		}
		handed = Handed{SourceID: st.source.ID, IdentityID: st.identity, Control: d.Control, Act: d.Act}
		return nil
	})
	if err != nil {
		return Handed{}, err
	}
	return handed, nil
}

// Explanation says what a request would do.
type Explanation struct {
	Handed

	// Refused is why it would be refused; nil if it would not be.
	Refused *handover.RefusedError `json:"refused,omitempty"`
}

// Explain says what Handover would do, and why it would be refused, without doing it. The
// control is as it is.
func (s Control) Explain(ctx context.Context, r handover.Request) (Explanation, error) {
	if err := s.allow(ctx, ActionControlRead, requestResource(r)); err != nil {
		return Explanation{}, err
	}
	return read(ctx, s.scope, func(t *turn) (*Explanation, error) {
		st, in, err := t.requested(ctx, r, ActionControlRead)
		if err != nil {
			return nil, err
		}
		if _, err := t.chosen(ctx, st, r); err != nil {
			return nil, err
		}
		e := &Explanation{Handed: Handed{SourceID: st.source.ID, IdentityID: st.identity, Control: st.control.Control}}
		in.By = t.actor
		d, err := handover.Decide(st.control.Control, in, t.facts(st))
		if refused, ok := errors.AsType[*handover.RefusedError](err); ok {
			e.Refused = refused
			return e, nil
		}
		e.Act = d.Act
		return e, err
	})
}

// Accept says that the bot which has control gives it to the agents, who have requested
// it: for bots that post through this library, and sources where the Engine is the
// arbiter. A bot with an app of its own passes control on the platform. A bot can do so for
// itself only; whoever else may, does so for the bot that has control.
func (s Control) Accept(ctx context.Context, sourceID, identityID string) (handover.Control, error) {
	return s.answer(ctx, sourceID, identityID, handover.BotAccepts)
}

// Decline says that it does not. What the settings have as fallback follows.
func (s Control) Decline(ctx context.Context, sourceID, identityID string) (handover.Control, error) {
	return s.answer(ctx, sourceID, identityID, handover.BotDeclines)
}

func (s Control) answer(ctx context.Context, sourceID, identityID string, by handover.Trigger) (handover.Control, error) {
	return s.change(ctx, ActionControlAnswer, sourceID, identityID, func(t *turn, st *steering) error {
		in := handover.Input{Trigger: by, App: st.control.App}
		if t.actor.Type == ActorBot {
			in.App = t.actor.ID
		}
		_, err := t.decide(ctx, st, in)
		return err
	})
}

// Get returns who controls a conversation, and what is under way.
func (s Control) Get(ctx context.Context, sourceID, identityID string) (handover.Control, error) {
	if err := s.allow(ctx, ActionControlRead, controlResource(sourceID, identityID)); err != nil {
		return handover.Control{}, err
	}
	return read(ctx, s.scope, func(t *turn) (*handover.Control, error) {
		st, err := t.possible(ctx, conversation{sourceID, identityID})
		if err != nil {
			return nil, err
		}
		return &st.control.Control, nil
	})
}

// Settle says who has control, because somebody who knows says so: where the platform's
// answer never came, and it cannot be asked. What is under way counts for nothing any
// more. From the agents to a bot it needs what Handover needs.
func (s Control) Settle(ctx context.Context, sourceID, identityID string, who handover.Party) (handover.Control, error) {
	return s.change(ctx, ActionControlSettle, sourceID, identityID, func(t *turn, st *steering) error {
		if !slices.Contains(handover.Owners(), who.Owner) {
			return invalid("owner", "is none")
		}
		d, err := handover.Settle(st.control.Control, who, t.actor, t.ID(), t.facts(st))
		if err != nil {
			return controlRefusal(err, st)
		}
		return t.carryOut(ctx, st, d)
	})
}

// change changes the control of a conversation.
func (s Control) change(ctx context.Context, action Action, sourceID, identityID string, do func(*turn, *steering) error) (handover.Control, error) {
	if err := s.allow(ctx, action, controlResource(sourceID, identityID)); err != nil {
		return handover.Control{}, err
	}
	return read(ctx, s.scope, func(t *turn) (*handover.Control, error) {
		st, err := t.possible(ctx, conversation{sourceID, identityID})
		if err != nil {
			return nil, err
		}
		if err := do(t, st); err != nil {
			return nil, err
		}
		return &st.control.Control, nil
	})
}

// possible returns the control of a conversation that there can be: the identity is of the
// source's community.
func (t *turn) possible(ctx context.Context, about conversation) (*steering, error) {
	identity, err := t.identity(ctx, about.IdentityID)
	if err != nil {
		return nil, err
	}
	s, err := t.steeringOf(ctx, about)
	if err != nil {
		return nil, err
	}
	if identity.CommunityID != s.source.Community() {
		return nil, &NotFoundError{Resource: controlResource(about.SourceID, about.IdentityID)}
	}
	return s, nil
}

// ControlFilter says whose spans to list.
type ControlFilter struct {
	SourceID     string // required
	IdentityID   string // required
	OldestFirst  bool   // the latest first is the default
	Limit        int    // 0: DefaultPage
	Continuation string
}

// Timeline returns one page of who had control of a conversation, from when to when and
// why. It begins when somebody first had it, and has no gaps: a span ends when the next
// begins. It is the identity's, whatever contact that belongs to; who asked for control, and
// what came to nothing, is in Contacts.Timeline. Threads.List says what a page promises.
//
// The error wraps ErrNotFound for an unknown source or identity, and ErrInvalid for a limit
// or continuation that cannot be.
func (s Control) Timeline(ctx context.Context, filter ControlFilter) (Page[ControlSpan], error) {
	if err := s.allow(ctx, ActionControlRead, controlResource(filter.SourceID, filter.IdentityID)); err != nil {
		return Page[ControlSpan]{}, err
	}
	q := spansOf(filter.SourceID, filter.IdentityID, filter.OldestFirst, filter.Limit, filter.Continuation)
	var page Page[ControlSpan]
	err := s.look(ctx, func(t *turn) (err error) {
		if _, err := t.source(ctx, filter.SourceID); err != nil {
			return err
		}
		if _, err := t.identity(ctx, filter.IdentityID); err != nil {
			return err
		}
		page, err = pageOf(ctx, t, &controlSpans, q, everything)
		return err
	})
	if err != nil {
		return Page[ControlSpan]{}, err
	}
	return page, nil
}
