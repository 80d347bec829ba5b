package engage

import (
	"context"
	"slices"

	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
)

// What becomes of control when somebody engages with a customer, and when that ends.
//
// The rule counts the interventions with an identity on whatever source they are, and where
// the settings say so those with the contact's other identities. So who engages tells not
// only the conversation itself: there is a record for each identity with the conversations
// that watch it, because control is on its way to a bot there, or waits for that.

// controlWatch is which conversations depend on what is engaged with an identity.
type controlWatch struct {
	IdentityID    string         `json:"identity_id"`
	Conversations []conversation `json:"conversations"`
}

// watches reports whether it matters to a conversation what is engaged elsewhere.
func (c *storedControl) watches() bool {
	return c.Ended || c.WhenFree != nil || c.Verb != nil && c.Verb.Kind == handover.VerbPass
}

// watchEngaged notes in the records of the identities that count that a conversation
// watches them, or does not any more: by the settings of now, and the identities that the
// contact has now.
func (t *turn) watchEngaged(ctx context.Context, s *steering) error {
	c := s.control
	var wanted []string
	if c.watches() {
		wanted = []string{s.identity}
		if s.settings.WholeContact {
			others, err := t.otherIdentities(ctx, s.identity)
			if err != nil {
				return err
			}
			wanted = append(wanted, others...)
			if err := t.markWatched(ctx, s.identity); err != nil {
				return err
			}
		}
	}
	if slices.Equal(wanted, c.Watched) {
		return nil
	}
	ids := slices.Concat(c.Watched, wanted)
	slices.Sort(ids)
	ids = slices.Compact(ids)
	c.Watched = wanted
	records, err := controlWatches.All(ctx, t.Work, ids...)
	if err != nil {
		return err
	}
	about := conversation{SourceID: s.source.ID, IdentityID: s.identity}
	for n, w := range records {
		if w == nil {
			w = &controlWatch{IdentityID: ids[n]}
		}
		w.Conversations = slices.DeleteFunc(slices.Clone(w.Conversations), func(other conversation) bool { return other == about })
		if slices.Contains(wanted, ids[n]) {
			w.Conversations = append(w.Conversations, about)
		}
		if err := controlWatches.Put(t.Work, w); err != nil {
			return err
		}
	}
	return nil
}

// engagementChange is a change of an intervention, as far as it moves control.
type engagementChange struct {
	before, after handover.Engaged
	own           *steering // of its own conversation; nil if the source has no control
	others        []*steering
}

// changeOfEngagement reads what a change of an intervention concerns.
func (t *turn) changeOfEngagement(ctx context.Context, k *talk, before, after *interaction.Intervention) (e engagementChange, err error) {
	e.before, e.after = engagedIn(before), engagedIn(after)
	if e.before.Owner == e.after.Owner && e.before.Status == e.after.Status {
		return engagementChange{}, nil
	}
	if e.own, err = t.steer(ctx, k.source, after.IdentityID); err != nil {
		return e, err
	}
	e.others, err = t.watching(ctx, k.source.ID, after.IdentityID)
	return e, err
}

// watching returns the control of the conversations that watch what is engaged with an
// identity, but for that on the source itself.
func (t *turn) watching(ctx context.Context, sourceID, identityID string) ([]*steering, error) {
	watch, err := controlWatches.Get(ctx, t.Work, identityID)
	if err != nil || watch == nil {
		return nil, err
	}
	var others []*steering
	for _, about := range watch.Conversations {
		if about.SourceID == sourceID && about.IdentityID == identityID {
			continue
		}
		other, err := t.steeringEver(ctx, about)
		if err != nil {
			return nil, err
		}
		others = append(others, other)
	}
	return others, nil
}

// engagedIn returns an intervention as the rules see it.
func engagedIn(i *interaction.Intervention) handover.Engaged {
	return handover.Engaged{InterventionID: i.ID, SourceID: i.SourceID, IdentityID: i.IdentityID, Owner: i.Owner, Status: i.Status}
}

// steerEngagement decides what becomes of control when an intervention becomes engaged,
// or, if ends is set, when it is no longer. It reports whether an agent engages while nobody
// can tell who has control.
func (t *turn) steerEngagement(ctx context.Context, k *talk, e engagementChange, ends bool) (contested bool, err error) {
	tell := func(s *steering, trigger handover.Trigger) (bool, error) {
		if trigger == "" || (trigger == handover.EngagedEnds) != ends {
			return false, nil
		}
		s.replace(e.after.IdentityID, k.engaged)
		d, err := t.decide(ctx, s, handover.Input{Trigger: trigger, Engages: e.after})
		return d.Contested, err
	}
	for _, s := range e.others {
		if _, err := tell(s, s.settings.EngagementElsewhere(e.before, e.after)); err != nil {
			return false, err
		}
	}
	if e.own == nil {
		return false, nil
	}
	return tell(e.own, e.own.settings.Engagement(e.before, e.after))
}

// contest marks an intervention of the list, or takes the mark back.
func (l *engagedList) contest(id string, contested bool) {
	for n := range l.Interventions {
		if l.Interventions[n].ID == id {
			l.Interventions[n].Contested = contested
		}
	}
}

// replace lets the list of an identity count as it is now, and not as it is stored.
func (s *steering) replace(identityID string, list *engagedList) {
	elsewhere := slices.DeleteFunc(s.engaged, func(e handover.Engaged) bool { return e.IdentityID == identityID })
	s.engaged = append(engagedWith(identityID, list), elsewhere...)
}

// engagedHere reports whether an intervention is engaged in the conversation itself.
func (s *steering) engagedHere() bool {
	return slices.ContainsFunc(s.engaged, func(e handover.Engaged) bool {
		return e.SourceID == s.source.ID && e.IdentityID == s.identity
	})
}
