package engage

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/internal/jobs"
	"github.com/engage-interactions/engage/store"
)

// talk is one customer's part of a thread, as a call finds it and changes it. Its
// values are the call's own; keep writes them.
type talk struct {
	source       *interaction.Source
	thread       *interaction.Thread
	with         *interaction.Correspondent
	intervention *interaction.Intervention // the latest one; nil if there was none
	engaged      *engagedList              // read when an intervention begins or ends
	joined       bool                      // the customer takes part from now on
}

// talk reads the part that an identity has in a thread: it takes part already, or is the
// first in a new one. The company does not bring anybody else into a conversation.
func (t *turn) talk(ctx context.Context, thread *interaction.Thread, identityID string) (*talk, error) {
	others := thread.CustomersCount
	k, err := t.talkFrom(ctx, thread, identityID, t.now)
	if err == nil && others > 0 && thread.CustomersCount > others {
		return nil, &RefusedError{
			Rule: "only customers who take part in the thread are written to", Resource: threadResource(thread.ID), Remedy: "open a thread with them: Threads.Open",
		}
	}
	return k, err
}

// talkFrom reads the part that an identity has in a thread. One that takes no part yet
// begins to, from a time on.
func (t *turn) talkFrom(ctx context.Context, thread *interaction.Thread, identityID string, from time.Time) (*talk, error) {
	if !isID(identityID) {
		return nil, &NotFoundError{Resource: identityResource(identityID)}
	}
	if err := t.Load(ctx,
		sources.Key(t.Work, plain(thread.SourceID)),
		correspondents.Key(t.Work, correspondentID(thread.ID, identityID)),
	); err != nil {
		return nil, err
	}
	k := &talk{thread: thread}
	var err error
	if k.source, err = t.source(ctx, thread.SourceID); err != nil {
		return nil, err
	}
	if k.with, err = correspondents.Get(ctx, t.Work, correspondentID(thread.ID, identityID)); err != nil {
		return nil, err
	}
	if k.with == nil {
		identity, err := t.identity(ctx, identityID)
		if err != nil {
			return nil, err
		}
		if identity.CommunityID != k.source.Community() {
			return nil, invalid("identity_id", "is not of the community of the thread's source")
		}
		k.with = &interaction.Correspondent{
			ThreadID: thread.ID, IdentityID: identityID, SourceID: thread.SourceID, LastContentAt: from, CreatedAt: t.now,
		}
		thread.CustomersCount++
		k.joined = true
	}
	if k.with.InterventionID != "" {
		k.intervention, err = need(interventions.Get(ctx, t.Work, k.with.InterventionID))(interventionResource(k.with.InterventionID))
	}
	return k, err
}

// talkOf reads the talk that an intervention is part of.
func (t *turn) talkOf(ctx context.Context, interventionID string) (*talk, error) {
	i, err := t.intervention(ctx, interventionID)
	if err != nil {
		return nil, err
	}
	if err := t.Load(ctx,
		sources.Key(t.Work, plain(i.SourceID)),
		threads.Key(t.Work, i.ThreadID),
		correspondents.Key(t.Work, correspondentID(i.ThreadID, i.IdentityID)),
	); err != nil {
		return nil, err
	}
	thread, err := t.thread(ctx, i.ThreadID)
	if err != nil {
		return nil, err
	}
	k, err := t.talk(ctx, thread, i.IdentityID)
	if err == nil && k.with.InterventionID != i.ID { // an older one, which was canceled
		k.intervention = i
	}
	return k, err
}

// apply lets something happen to the intervention, and tells of it. What would leave the
// customer to an owner who is gone takes it from them: only for that the host is asked
// here. The talk must be kept afterwards.
func (t *turn) apply(ctx context.Context, k *talk, by interaction.InterventionVerb, change interaction.Change, facts interaction.InterventionFacts) error {
	facts.ThreadOpen = k.thread.Status == interaction.ThreadOpen
	before := k.intervention
	if before == nil {
		before = &interaction.Intervention{}
	}
	facts.Other = k.with.Status.Live() && k.with.InterventionID != before.ID
	if by.NeedsOwner() && interaction.InterventionLifecycle.Possible(before.Status, by) {
		facts.OwnerGone = facts.OwnerGone || t.ownerGone(ctx, before.Owner)
	}
	after, events, err := before.Apply(by, change, facts, t.now)
	if err != nil {
		if before.Status == "" { // it never was
			return refusal(err, threadResource(k.thread.ID))
		}
		return refusal(err, interventionResource(before.ID))
	}
	if len(events) == 0 { // nothing has happened that anybody needs to know
		return nil
	}
	if was, is := before.Status.Live(), after.Status.Live(); was != is {
		if is {
			k.thread.Live++
		} else {
			k.thread.Live--
		}
	}
	if err := t.engage(ctx, k, &after); err != nil {
		return err
	}
	moved, err := t.changeOfEngagement(ctx, k, before, &after)
	if err != nil {
		return err
	}
	contested, err := t.steerEngagement(ctx, k, moved, false) // who gets control has it before anybody is engaged
	if err != nil {
		return err
	}
	if contested {
		after.Contested = true
		k.engaged.contest(after.ID, true)
	}
	if err := t.schedule(ctx, before, &after, by); err != nil {
		return err
	}
	write := interventions.Put
	if before.Status == "" {
		write = interventions.Insert
	}
	if err := write(t.Work, &after); err != nil {
		return err
	}
	k.intervention = &after
	*k.with = k.with.With(after, t.now)
	if err := t.tellIntervention(&after, previousOwner(before, &after), Actor{}, events...); err != nil {
		return err
	}
	_, err = t.steerEngagement(ctx, k, moved, true)
	return err
}

// schedule adds the job that reactivates an intervention which is deferred now, and
// takes it back when the intervention is no longer deferred.
func (t *turn) schedule(ctx context.Context, before, after *interaction.Intervention, by interaction.InterventionVerb) (err error) {
	was, is := before.Status == interaction.InterventionDeferred, after.Status == interaction.InterventionDeferred
	switch {
	case !was && is:
		after.DeferralJobID, err = t.later(ctx, jobFallDue, after.DeferredAt, fallDue{InterventionID: after.ID, DeferredAt: after.DeferredAt})
		return err
	case was && !is && before.DeferralJobID != "":
		after.DeferralJobID = ""
		if by == interaction.InterventionFallsDue { // it is that job
			return nil
		}
		err := t.core.jobs.Cancel(ctx, t.Work, before.DeferralJobID)
		if errors.Is(err, jobs.ErrNotFound) || errors.Is(err, jobs.ErrState) {
			return nil // it finds out by itself
		}
		return err
	}
	return nil
}

func previousOwner(before, after *interaction.Intervention) Actor {
	if before.Owner == after.Owner {
		return Actor{}
	}
	return before.Owner
}

// engage enters an intervention into the list of those that are engaged with its
// identity, or takes it out if it has ended.
func (t *turn) engage(ctx context.Context, k *talk, i *interaction.Intervention) error {
	if k.engaged == nil {
		if err := t.Load(ctx, engagedLists.Key(t.Work, i.IdentityID), controlWatches.Key(t.Work, i.IdentityID)); err != nil {
			return err
		}
		list, err := engagedLists.Get(ctx, t.Work, i.IdentityID)
		if err != nil {
			return err
		}
		if list == nil {
			list = &engagedList{IdentityID: i.IdentityID}
		}
		k.engaged = list
	}
	list := slices.DeleteFunc(slices.Clone(k.engaged.Interventions), func(e engaged) bool { return e.ID == i.ID })
	if i.Status.Live() {
		list = append(list, engaged{ID: i.ID, SourceID: i.SourceID, ThreadID: i.ThreadID, Status: i.Status, Owner: i.Owner, Contested: i.Contested})
	}
	k.engaged.Interventions = list
	k.engaged.Changes++
	return nil
}

// keep writes the talk as it is now.
func (t *turn) keep(ctx context.Context, k *talk) error {
	if k.engaged != nil {
		if err := engagedLists.Put(t.Work, k.engaged); err != nil {
			return err
		}
	}
	if k.joined && k.thread.CustomersCount == 2 { // whoever was alone is not any more
		if err := t.follows(ctx, k.thread); err != nil {
			return err
		}
	}
	*k.with = k.with.In(*k.thread)
	if err := correspondents.Put(t.Work, k.with); err != nil {
		return err
	}
	if err := t.rank(ctx, k); err != nil {
		return err
	}
	if err := t.watch(ctx, k.source, k.thread); err != nil {
		return err
	}
	k.thread.UpdatedAt = t.now
	return threads.Put(t.Work, k.thread)
}

// follows writes what the part of the customer with whom a thread began says of the thread.
// Parts say something only of threads that have one customer, so that a thread with many
// is closed in one step.
func (t *turn) follows(ctx context.Context, thread *interaction.Thread) error {
	if thread.CustomersCount > 2 {
		return nil
	}
	with, err := correspondents.Get(ctx, t.Work, correspondentID(thread.ID, thread.IdentityID))
	if err != nil || with == nil || *with == with.In(*thread) {
		return err
	}
	after := with.In(*thread)
	return correspondents.Put(t.Work, &after)
}

// rank sets since when somebody has been waiting in the thread. All who change that
// rewrite the thread, so that what is found of its other customers can be relied on.
func (t *turn) rank(ctx context.Context, k *talk) error {
	k.thread.WaitingSince = k.with.WaitingSince()
	if k.thread.CustomersCount <= 1 {
		return nil
	}
	first, err := t.longestWaiting(ctx, k.thread.ID)
	if err == nil && first != nil {
		k.thread.WaitingSince = first.WaitingSince()
	}
	return err
}

// longestWaiting finds the customer of a thread who has been waiting for longest, nil
// if none is.
func (t *turn) longestWaiting(ctx context.Context, threadID string) (*interaction.Correspondent, error) {
	found, _, err := correspondents.Find(ctx, t.Work, store.Query{Index: byThreadWaiting, Prefix: idTerm(threadID).String(), Limit: 1})
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return found[0], nil
}

// watch sees to it that somebody looks whether the thread has been silent for long
// enough, as long as it can close by itself.
func (t *turn) watch(ctx context.Context, source *interaction.Source, thread *interaction.Thread) error {
	at, ever := thread.ClosesAt(*source)
	switch {
	case thread.Status != interaction.ThreadOpen, !ever, thread.Occupied():
		return nil // a job that is under way finds that out
	case !thread.TimeOutCheckAt.Before(t.now) && !at.Before(thread.TimeOutCheckAt):
		return nil // somebody looks before that; one who should have looked by now may have failed
	case at.Before(t.now):
		at = t.now
	}
	thread.TimeOutCheckAt = at
	_, err := t.later(ctx, jobTimeOut, at, timeOut{ThreadID: thread.ID, CheckAt: at})
	return err
}

// addContent gives a content its place in the thread.
func (t *turn) addContent(k *talk, c, parent *interaction.Content) {
	k.thread.ContentsCount++
	k.thread.LastPosition++
	c.Position = k.thread.LastPosition
	*c = c.Under(parent)
	c.FirstInThread = k.thread.FirstContentID == ""
	if c.FirstInThread {
		k.thread.FirstContentID, k.thread.FirstContentAuthorID = c.ID, c.AuthorID
	}
	k.thread.LastContentID, k.thread.LastContentAt = c.ID, interaction.Latest(k.thread.LastContentAt, c.WrittenAt())
	k.thread.LastReceivedAt = t.now
	if k.thread.Title == "" {
		k.thread.Title = c.Title
	}
}

// openThread writes a new thread, whose first content was written at a time; now, if it
// has none yet.
func (t *turn) openThread(ctx context.Context, source *interaction.Source, identityID, foreignID, title string, at time.Time) (*interaction.Thread, error) {
	return t.openThreadAs(ctx, t.ID(), source, identityID, foreignID, title, at)
}

// openThreadAs writes a new thread whose ID was minted before.
func (t *turn) openThreadAs(ctx context.Context, id string, source *interaction.Source, identityID, foreignID, title string, at time.Time) (*interaction.Thread, error) {
	tree, err := t.categoryTree(ctx)
	if err != nil {
		return nil, err
	}
	row, err := interaction.ThreadLifecycle.Next("", interaction.ThreadStarts, interaction.ThreadFacts{})
	if err != nil {
		return nil, err
	}
	thread := &interaction.Thread{
		ID: id, SourceID: source.ID, Status: row.To, Title: title, IdentityID: identityID, ForeignID: foreignID,
		ThreadCategoryIDs: defaultCategories(tree, source),
		LastContentAt:     at, LastReceivedAt: t.now, CreatedAt: t.now, UpdatedAt: t.now,
	}
	return thread, threads.Insert(t.Work, thread)
}

// thread reads a thread that must be there.
func (t *turn) thread(ctx context.Context, id string) (*interaction.Thread, error) {
	if !isID(id) {
		return nil, &NotFoundError{Resource: threadResource(id)}
	}
	return need(threads.Get(ctx, t.Work, id))(threadResource(id))
}

// content reads a content that must be there.
func (t *turn) content(ctx context.Context, id string) (*interaction.Content, error) {
	if !isID(id) {
		return nil, &NotFoundError{Resource: contentResource(id)}
	}
	return need(contents.Get(ctx, t.Work, id))(contentResource(id))
}

// intervention reads an intervention that must be there.
func (t *turn) intervention(ctx context.Context, id string) (*interaction.Intervention, error) {
	if !isID(id) {
		return nil, &NotFoundError{Resource: interventionResource(id)}
	}
	return need(interventions.Get(ctx, t.Work, id))(interventionResource(id))
}

// bind makes a key stand for a target, or finds out what it stands for.
func (t *turn) bind(ctx context.Context, keys keyTable, targetID string, parts ...string) (standsFor string, err error) {
	hash := hashOf(parts...)
	bound, err := keys.Get(ctx, t.Work, hash)
	if err != nil {
		return "", err
	}
	if bound != nil {
		return bound.TargetID, nil
	}
	return targetID, keys.Put(t.Work, &foreignKey{Hash: hash, TargetID: targetID})
}

// rebind makes a key stand for another target.
func (t *turn) rebind(ctx context.Context, keys keyTable, targetID string, parts ...string) error {
	hash := hashOf(parts...)
	_, err := keys.Get(ctx, t.Work, hash)
	return errors.Join(err, keys.Put(t.Work, &foreignKey{Hash: hash, TargetID: targetID}))
}

// lookup returns what a key stands for, "" if nothing.
func (t *turn) lookup(ctx context.Context, keys keyTable, parts ...string) (string, error) {
	bound, err := keys.Get(ctx, t.Work, hashOf(parts...))
	if err != nil || bound == nil {
		return "", err
	}
	return bound.TargetID, nil
}
