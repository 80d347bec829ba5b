package engage

import (
	"context"
	"slices"

	"github.com/engage-interactions/engage/handover"
)

// What becomes of control when identities come to a contact, or leave it. Where the
// settings say so, what is engaged with one of them counts in the conversations with the
// others: so these watch other identities from then on.

// markWatched notes at the contact of an identity that what is engaged with the others
// counts, so that nobody else who gives it an identity has to look.
func (t *turn) markWatched(ctx context.Context, identityID string) error {
	who, err := t.contactOf(ctx, identityID)
	if err != nil || who == nil || who.Watched {
		return err
	}
	who.Watched = true
	return contacts.Put(t.Work, who)
}

// regroup sees to it that the conversations with the identities that some contacts have now
// watch those that count now. The contacts have yet to be written.
func (t *turn) regroup(all ...*storedContact) {
	if !slices.ContainsFunc(all, func(c *storedContact) bool { return c.Watched }) {
		return
	}
	var ids []string
	for _, c := range all {
		c.Watched = true
		ids = append(ids, c.IdentityIDs...)
	}
	t.afterwards = append(t.afterwards, func(ctx context.Context) error { return t.rewatch(ctx, ids) })
}

// rewatch lets the conversations with some identities watch who counts now, and decides
// anew what waits there: what was in the way may have gone with one.
func (t *turn) rewatch(ctx context.Context, ids []string) error {
	records, err := controlWatches.All(ctx, t.Work, ids...)
	if err != nil {
		return err
	}
	var watching []conversation
	for n, w := range records {
		if w == nil {
			continue
		}
		for _, about := range w.Conversations {
			if about.IdentityID == ids[n] { // it stands in the record of its own identity, too
				watching = append(watching, about)
			}
		}
	}
	for _, about := range watching {
		s, err := t.steeringEver(ctx, about)
		if err != nil {
			return err
		}
		if err := t.carryOut(ctx, s, handover.Recount(s.control.Control, s.control.Ended, t.ID(), t.facts(s))); err != nil {
			return err
		}
	}
	return nil
}
