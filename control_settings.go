package engage

import (
	"context"
	"errors"
	"time"

	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store"
)

// What other settings mean for conversations that are under way, and that there are none
// any more.

// jobSettings looks at the conversations of a source whose settings are others.
const jobSettings = "control.settings"

type settingsJob struct {
	SourceID string `json:"source_id"`
	Cursor   string `json:"cursor,omitempty"` // behind the conversation that was looked at last
}

// Remove ends that control is kept on a source: anybody writes there at any time, as before
// Configure, and no request finds a customer there. On the platform control stays where it
// is.
//
// What is under way counts for nothing any more. A verb that the platform has not been told
// is not told, and what it answers to another is not looked at. Contents that wait for
// control are delivered, as a job comes to their conversation, which begins at once; the
// spans of its Timeline end then, and EventControlChanged tells so. Interventions that a
// pass kept from being reopened are.
//
// Configure keeps control there again, and begins anew: nobody has it in any conversation.
// Contents that were posted before Remove and are still not delivered then fail, for
// nobody accepted them into this control; Jobs.Retry delivers those of agents.
//
// The error wraps ErrNotFound if there is no control on the source.
func (s Control) Remove(ctx context.Context, sourceID string) error {
	if err := s.allow(ctx, ActionControlConfigure, sourceResource(sourceID)); err != nil {
		return err
	}
	return s.do(ctx, func(t *turn) error {
		source, stored, err := t.controlled(ctx, sourceID)
		if err != nil {
			return err
		}
		source.ThreadControl, source.UpdatedAt = false, t.now
		stored.Removed++
		_, err = t.later(ctx, jobSettings, time.Time{}, settingsJob{SourceID: source.ID})
		return errors.Join(err,
			controlSettings.Put(t.Work, stored),
			sources.Put(t.Work, source),
			t.emit(EventControlRemoved, sourceResource(source.ID), SourceEvent{SourceType: source.Type}),
		)
	})
}

// noControl says why there is no control.
const noControl = "not found: the source has no thread control; Control.Configure sets it"

// controlled returns a source with control, and its settings.
func (t *turn) controlled(ctx context.Context, sourceID string) (*interaction.Source, *storedSettings, error) {
	missing := &NotFoundError{Resource: Resource{Type: ResourceControl, ID: sourceID}, Reason: noControl}
	source, err := sources.Get(ctx, t.Work, plain(sourceID))
	if err != nil {
		return nil, nil, err
	}
	if source == nil || !source.ThreadControl {
		return nil, nil, missing
	}
	stored, err := need(controlSettings.Get(ctx, t.Work, plain(sourceID)))(missing.Resource)
	return source, stored, err
}

// resettle sees to it that other settings count for conversations that nothing happens in.
func (t *turn) resettle(ctx context.Context, before *storedSettings, after handover.Settings) error {
	sooner := after.ExpiresAt(handover.Control{}).Before(before.ExpiresAt(handover.Control{}))
	if before.WholeContact == after.WholeContact && !sooner {
		return nil
	}
	_, err := t.later(ctx, jobSettings, time.Time{}, settingsJob{SourceID: before.SourceID})
	return err
}

func (c *core) registerControlSettings() {
	c.jobs.Within(jobSettings, within(c, func(ctx context.Context, t *turn, d *settingsJob) (again time.Time, err error) {
		err = t.whole(ctx, func(t *turn) error {
			source, err := t.source(ctx, d.SourceID)
			if err != nil {
				return err
			}
			// What begins to be used meanwhile knows the settings as they are.
			used, next, err := controls.Find(ctx, t.Work, store.Query{
				Index: bySourceUsed, Prefix: sourceTerm(source.ID).String(), Limit: t.Share(maxResettled), Cursor: d.Cursor,
			})
			if err != nil {
				return err
			}
			for _, c := range used {
				s, err := t.steering(ctx, source, c.IdentityID)
				if err != nil {
					return err
				}
				if err := t.carryOut(ctx, s, handover.Recount(s.control.Control, s.control.Ended, t.ID(), t.facts(s))); err != nil {
					return err
				}
			}
			if d.Cursor = next; next != "" {
				again = atOnce
			}
			return nil
		})
		return again, err
	}))
}

// maxResettled is how many conversations the job looks at in one step. What follows in each
// may be many records.
const maxResettled = 10

// lapse is a control that is not kept any more.
type lapse struct {
	was  handover.Control
	into handover.Decision
}

// lapse lets a control of the time before Remove count for nothing.
func (s *steering) lapse(now time.Time) {
	if s.control.Removed == s.settings.Removed {
		return
	}
	was := s.control.Control
	s.lapsed = &lapse{was: was, into: handover.Lapse(was, handover.Facts{Settings: s.settings.Settings, Platform: s.settings.Platform, Now: now})}
	s.control.Control = s.lapsed.into.Control
}

// writeLapsed writes what has become of such a control, before anything else is.
func (t *turn) writeLapsed(ctx context.Context, s *steering) error {
	l := s.lapsed
	if l == nil {
		return nil
	}
	s.lapsed, s.control.Removed, s.control.Control = nil, s.settings.Removed, l.was
	return t.carryOut(ctx, s, l.into)
}
