package engage

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
)

// ControlReport is what a platform tells of control by itself, such as the
// messaging_handovers webhooks of Messenger.
type ControlReport struct {
	SourceID          string
	IdentityForeignID string
	// Party is who has control now: [handover.Agent] for our own app, [handover.Idle], or
	// [handover.Other] with the ID of another app. Which of those are bots is known here.
	Party handover.Party
	// RequestedBy is the app that asks for control, if the report is that; then Party does
	// not count. It is a handover from agent to bot.
	RequestedBy string
	// Primary is the side whose app is primary now, if the report is about that: Agent, Bot,
	// or Other for neither. Then the identity does not count. PrimaryApp is the bot's app,
	// if it is told: it is the source's BotApp from now on. Where neither knows which it is,
	// no side is primary.
	Primary    handover.Owner
	PrimaryApp string
	// At is the platform's time, required. One that is more than a minute ahead of the
	// Engine's clock counts as now.
	At time.Time
}

// Report takes what a platform tells of control. What is older than the latest that was
// told is ignored. Of a customer who is not known here it keeps nothing, and answers with
// the zero Control and no error, for the platform would tell it again and again.
//
// A bot that asks for control and is refused is no error either: EventControlRefused tells
// of it.
func (s Control) Report(ctx context.Context, r ControlReport) (handover.Control, error) {
	if err := s.allow(ctx, ActionControlReport, sourceResource(r.SourceID)); err != nil {
		return handover.Control{}, err
	}
	if err := r.check(); err != nil {
		return handover.Control{}, err
	}
	if err := errors.Join(checkHostText("identity_foreign_id", r.IdentityForeignID), checkHostText("app_id", r.Party.App+r.RequestedBy+r.PrimaryApp), checkMoment("at", r.At)); err != nil {
		return handover.Control{}, err
	}
	var after handover.Control
	err := s.do(ctx, func(t *turn) error {
		source, err := t.source(ctx, r.SourceID)
		if err != nil {
			return err
		}
		if r.Primary != "" {
			return t.reportRoles(ctx, source, r)
		}
		id, err := t.lookup(ctx, &identityKeys, source.Community(), r.IdentityForeignID)
		if err != nil || id == "" || !source.ThreadControl {
			after = handover.Control{}
			return err
		}
		st, err := t.steer(ctx, source, id)
		if err != nil {
			return err
		}
		if r.At.After(t.now.Add(maxAhead)) { // else what is told later would look older
			r.At = t.now
		}
		if r.RequestedBy != "" {
			err = t.reportRequest(ctx, st, r.RequestedBy)
		} else {
			report := handover.Report{Party: st.recognize(r.Party), At: r.At}
			err = t.carryOut(ctx, st, handover.Apply(st.control.Control, report, t.ID(), t.facts(st)))
		}
		after = st.control.Control
		return err
	})
	if err != nil {
		return handover.Control{}, err
	}
	return after, nil
}

// maxAhead is how far a platform's clock may be ahead.
const maxAhead = time.Minute

// check reports what a report cannot say.
func (r ControlReport) check() error {
	if r.RequestedBy != "" || r.Primary != "" {
		if r.Primary != "" && !slices.Contains(handover.Owners(), r.Primary) {
			return invalid("primary", "is none")
		}
		return nil
	}
	switch {
	case !slices.Contains(handover.Owners(), r.Party.Owner):
		return invalid("owner", "is none")
	case r.Party.App != "" && (r.Party.Owner == handover.Agent || r.Party.Owner == handover.Idle):
		return invalid("app_id", "is that of another app: the agents and nobody have none")
	case r.At.IsZero():
		return invalid("at", "is missing")
	}
	return nil
}

// reportRequest passes control to a bot that asks for it on the platform, if the rule
// lets it.
func (t *turn) reportRequest(ctx context.Context, st *steering, app string) error {
	_, err := t.decide(ctx, st, handover.Input{Trigger: handover.HandoverToBot, App: app})
	if refused, ok := errors.AsType[*handover.RefusedError](err); ok {
		e := st.event()
		e.Reason, e.InTheWay = refused.Error(), refused.InTheWay
		return t.tellOfControl(EventControlRefused, st, e)
	}
	return err
}

// reportRoles keeps which side's app is primary.
func (t *turn) reportRoles(ctx context.Context, source *interaction.Source, r ControlReport) error {
	stored, err := controlSettings.Get(ctx, t.Work, plain(source.ID))
	if err != nil || stored == nil || r.At.Before(stored.RolesAt) {
		return err
	}
	before := stored.Settings
	stored.RolesAt, stored.Primary = r.At, r.Primary
	if r.Primary == handover.Bot && r.PrimaryApp != "" && r.PrimaryApp != stored.BotApp {
		stored.BotApp, stored.VirtualBot = r.PrimaryApp, false
	}
	if r.Primary == handover.Other || r.Primary == handover.Idle || r.Primary == handover.Bot && stored.BotApp == "" {
		stored.Primary = ""
	}
	if err := stored.Check(); err != nil {
		return invalidField(err)
	}
	if err := controlSettings.Put(t.Work, stored); err != nil || stored.Settings == before {
		return err
	}
	return t.emit(EventControlConfigured, sourceResource(source.ID), SourceEvent{SourceType: source.Type})
}
