package engage

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/internal/jobs"
	"github.com/engage-interactions/engage/store"
)

// Control within a call. What is decided rests on two records, which are read at once: the
// control of the conversation, and the list of the interventions that are engaged with the
// identity. Who decides rewrites the first and depends on the second; who engages rewrites
// the second and depends on the first. So of a pass and an engagement at the same time
// one is decided again.

// steering is the control of one conversation, as a call finds and changes it.
type steering struct {
	source   *interaction.Source
	identity string
	settings *storedSettings
	control  *storedControl
	engaged  []handover.Engaged
	// rule is what the request that is dealt with names as the bot's rule that caused it.
	rule string
	// lapsed is what stood in the record, and what becomes of it with whatever is written,
	// if control has not been kept on the source meanwhile.
	lapsed *lapse
}

// steer reads the control of a conversation; nil if the source has none.
func (t *turn) steer(ctx context.Context, source *interaction.Source, identityID string) (*steering, error) {
	if !source.ThreadControl {
		return nil, nil
	}
	return t.steering(ctx, source, identityID)
}

// steering reads the control of a conversation on a source that has it, or had it before.
func (t *turn) steering(ctx context.Context, source *interaction.Source, identityID string) (*steering, error) {
	err := t.Load(ctx,
		controlSettings.Key(t.Work, plain(source.ID)),
		controls.Key(t.Work, controlID(source.ID, identityID)),
		engagedLists.Key(t.Work, identityID),
	)
	if err != nil {
		return nil, err
	}
	s := &steering{source: source, identity: identityID}
	if s.settings, err = need(controlSettings.Get(ctx, t.Work, plain(source.ID)))(sourceResource(source.ID)); err != nil {
		return nil, err
	}
	if s.control, err = controls.Get(ctx, t.Work, controlID(source.ID, identityID)); err != nil {
		return nil, err
	}
	if s.control == nil {
		s.control = &storedControl{Control: handover.Control{
			SourceID: source.ID, IdentityID: identityID, Party: handover.Party{Owner: handover.Idle}, ActiveAt: t.now,
		}, Removed: s.settings.Removed}
	}
	list, err := engagedLists.Get(ctx, t.Work, identityID)
	if err != nil {
		return nil, err
	}
	s.engaged = engagedWith(identityID, list)
	if s.settings.WholeContact {
		others, err := t.engagedElsewhere(ctx, identityID)
		if err != nil {
			return nil, err
		}
		s.engaged = append(s.engaged, others...)
	}
	s.lapse(t.now)
	return s, nil
}

// engagedWith returns the interventions of a list as the rules see them.
func engagedWith(identityID string, list *engagedList) []handover.Engaged {
	if list == nil {
		return nil
	}
	all := make([]handover.Engaged, 0, len(list.Interventions))
	for _, e := range list.Interventions {
		all = append(all, handover.Engaged{InterventionID: e.ID, SourceID: e.SourceID, IdentityID: identityID, Owner: e.Owner, Status: e.Status})
	}
	return all
}

// otherIdentities returns the other identities of an identity's contact.
func (t *turn) otherIdentities(ctx context.Context, identityID string) ([]string, error) {
	who, err := t.contactOf(ctx, identityID)
	if err != nil || who == nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(who.IdentityIDs), func(id string) bool { return id == identityID }), nil
}

// contactOf returns the contact that an identity belongs to.
func (t *turn) contactOf(ctx context.Context, identityID string) (*storedContact, error) {
	identity, err := t.identity(ctx, identityID)
	if err != nil {
		return nil, err
	}
	return contacts.Get(ctx, t.Work, plain(identity.ContactID))
}

// engagedElsewhere returns the interventions that are engaged with the other identities of
// the contact.
func (t *turn) engagedElsewhere(ctx context.Context, identityID string) ([]handover.Engaged, error) {
	ids, err := t.otherIdentities(ctx, identityID)
	if err != nil {
		return nil, err
	}
	lists, err := engagedLists.All(ctx, t.Work, ids...)
	if err != nil {
		return nil, err
	}
	var all []handover.Engaged
	for n, list := range lists {
		all = append(all, engagedWith(ids[n], list)...)
	}
	return all, nil
}

// facts returns what a decision rests on.
func (t *turn) facts(s *steering) handover.Facts {
	return handover.Facts{Settings: s.settings.Settings, Platform: s.settings.Platform, Engaged: s.engaged, Now: t.now}
}

// decide decides what is done when something happens, and does it.
func (t *turn) decide(ctx context.Context, s *steering, in handover.Input) (handover.Decision, error) {
	in.ID, in.By = t.ID(), t.actor
	d, err := handover.Decide(s.control.Control, in, t.facts(s))
	if err != nil {
		return d, controlRefusal(err, s)
	}
	return d, t.carryOut(ctx, s, d)
}

// controlRefusal gives a refusal of package handover its class.
func controlRefusal(err error, s *steering) error {
	refused, ok := errors.AsType[*handover.RefusedError](err)
	if !ok {
		return err
	}
	return &RefusedError{Rule: refused.Error(), Resource: controlResource(s.source.ID, s.identity), Remedy: refused.Remedy, Err: err}
}

// carryOut writes a decision, with what follows from it.
func (t *turn) carryOut(ctx context.Context, s *steering, d handover.Decision) error {
	if err := t.writeLapsed(ctx, s); err != nil {
		return err
	}
	before := s.control.Control
	s.control.Control = d.Control
	if err := t.tellControl(s, before, d); err != nil {
		return err
	}
	for _, change := range d.Changes {
		if err := t.span(ctx, s, change); err != nil {
			return err
		}
	}
	if err := t.pursue(ctx, s, before, d); err != nil {
		return err
	}
	switch {
	case d.Control.Owner != handover.Agent || s.engagedHere():
		s.control.Ended = false
	case d.Act == handover.DoNext:
		s.control.Ended = d.Control.Verb == nil && len(s.engaged) > 0
	}
	if err := t.watchEngaged(ctx, s); err != nil {
		return err
	}
	if len(d.Changes) > 0 || d.Held != "" || before.Phase() != d.Control.Phase() ||
		before.Verb != nil && (d.Control.Verb == nil || d.Control.Verb.ID != before.Verb.ID) {
		if err := t.core.jobs.Hasten(ctx, t.Work, s.control.Waiting...); err != nil {
			return err
		}
		s.control.Waiting = nil
	}
	if err := t.lookLater(ctx, s); err != nil {
		return err
	}
	t.followUp(s, d)
	return controls.Put(t.Work, s.control)
}

// pursue adds and takes back the jobs by which a verb gets to the platform and to its end.
func (t *turn) pursue(ctx context.Context, s *steering, before handover.Control, d handover.Decision) (err error) {
	v := d.Control.Verb
	about := conversation{SourceID: s.source.ID, IdentityID: s.identity}
	if d.Start || before.Verb != nil && (v == nil || v.ID != before.Verb.ID) { // the next one would wait behind it
		if err := t.takeBack(ctx, &s.control.VerbJob); err != nil {
			return err
		}
	}
	if d.Start {
		var due time.Time
		if before.Verb != nil && before.Verb.ID == v.ID { // once more
			due = t.now.Add(leftAlone(v, t.now))
		}
		if err := t.tellVerb(ctx, s, due); err != nil {
			return err
		}
	}
	same := v != nil && before.Verb != nil && v.ID == before.Verb.ID && v.Deadline.Equal(before.Verb.Deadline)
	if before.Verb != nil && !same {
		if err := t.takeBack(ctx, &s.control.DeadlineJob); err != nil {
			return err
		}
	}
	if v != nil && !same && !v.Deadline.IsZero() {
		if s.control.DeadlineJob, err = t.later(ctx, jobDeadline, v.Deadline, deadlineJob{conversation: about, VerbID: v.ID}); err != nil {
			return err
		}
	}
	if d.AskOwner {
		err = t.askOwner(ctx, s, time.Time{})
	}
	return err
}

// tellVerb adds the job that tells the platform of the verb under way, at a time, or at
// once if that is zero.
func (t *turn) tellVerb(ctx context.Context, s *steering, at time.Time) (err error) {
	about := conversation{SourceID: s.source.ID, IdentityID: s.identity}
	s.control.VerbJob, err = t.add(ctx, jobs.Job{Type: jobVerb, Class: s.source.Type, Lane: about.lane(), Due: at},
		verbJob{conversation: about, Verb: *s.control.Verb})
	return err
}

// takeBack takes a job back, if there is one that has not begun. A verb whose platform is
// being told finds out by itself that it is over.
func (t *turn) takeBack(ctx context.Context, jobID *string) error {
	id := *jobID
	if *jobID = ""; id == "" {
		return nil
	}
	return unless(unless(t.core.jobs.Cancel(ctx, t.Work, id), jobs.ErrNotFound), jobs.ErrState)
}

// askOwner asks the platform who has control, at a time, or at once if that is zero.
func (t *turn) askOwner(ctx context.Context, s *steering, at time.Time) error {
	about := conversation{SourceID: s.source.ID, IdentityID: s.identity}
	_, err := t.add(ctx, jobs.Job{Type: jobOwner, Class: s.source.Type, Due: at}, ownerJob{conversation: about, Asked: s.control.Revision})
	return err
}

// lookAgain is after how long somebody looks again at a control that has lasted long
// enough, and could not be ended: an intervention is open, or a verb under way.
const lookAgain = time.Hour

// looks returns when somebody is to look at a control: whether the owner has been inactive,
// and whether it is time to begin something anew. Zero: at no time.
func (s *steering) looks() time.Time {
	c := s.control
	at := s.settings.ExpiresAt(c.Control)
	switch {
	case !c.AgainAt.IsZero() && (c.Owner == handover.Idle || c.AgainAt.Before(at)):
		return c.AgainAt
	case c.Owner == handover.Idle:
		return time.Time{}
	}
	return at
}

// lookLater sees to it that somebody looks whether the owner has been inactive. The look
// that there is counts, unless the settings want an earlier one by now.
func (t *turn) lookLater(ctx context.Context, s *steering) (err error) {
	c := s.control
	at := s.looks()
	if at.IsZero() {
		return nil
	}
	if !at.After(t.now) {
		at = t.now.Add(lookAgain)
	}
	if !c.LookAt.IsZero() && !at.Before(c.LookAt) {
		return nil
	}
	if err := t.takeBack(ctx, &c.LookJob); err != nil {
		return err
	}
	c.LookAt = at
	c.LookJob, err = t.later(ctx, jobInactive, c.LookAt, inactiveJob{conversation: conversation{SourceID: s.source.ID, IdentityID: s.identity}, LookAt: c.LookAt})
	return err
}

// span ends the span of the owner before, and begins that of the next.
func (t *turn) span(ctx context.Context, s *steering, change handover.Change) error {
	if s.control.SpanID != "" {
		last, err := controlSpans.Get(ctx, t.Work, s.control.SpanID)
		if err != nil {
			return err
		}
		if last != nil {
			last.Until = t.now
			if err := controlSpans.Put(t.Work, last); err != nil {
				return err
			}
		}
	}
	next := &ControlSpan{
		ID: t.ID(), SourceID: s.source.ID, IdentityID: s.identity, Party: change.To, Epoch: change.Epoch,
		Since: t.now, Cause: change.Cause, By: change.By,
	}
	s.control.SpanID = next.ID
	return controlSpans.Insert(t.Work, next)
}

// controlResource is the control of a conversation with an identity on a source.
func controlResource(sourceID, identityID string) Resource {
	return Resource{Type: ResourceControl, ID: sourceID + "/" + identityID}
}

// spansOf is the query for the spans of a conversation.
func spansOf(sourceID, identityID string, oldestFirst bool, limit int, continuation string) store.Query {
	return store.Query{
		Index: byConversation, Prefix: spanTerm(sourceID, identityID).String(), Reverse: !oldestFirst, Limit: limit, Cursor: continuation,
	}
}
