package engage

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/internal/work"
	"github.com/engage-interactions/engage/store"
)

// TimelineFilter says which part of a timeline to read.
type TimelineFilter struct {
	// From and To bound the time: From <= time < To. Zero is open.
	From, To time.Time
	// SourceID and ThreadID select the entries of one source, or one thread; then
	// recorded interactions are left out, of one thread also who had control, and a page may be short, even empty, before
	// the end. The entries of a thread are looked for among all that happened with
	// the identities that take part in it, those of a source among all that happened
	// with any: a page costs what it leaves out, too.
	SourceID string
	ThreadID string
	// OldestFirst turns the order around. Newest first is the default.
	OldestFirst bool
	// Limit is the length of a page; 0 means DefaultPage.
	Limit int
	// Continuation is that of the page before.
	Continuation string
}

// TimelineEntry is something that happened with a person. Its ID is its own: where it
// is about a content, say, that is Resource.
type TimelineEntry struct {
	ID string `json:"id"`
	// Time is when it happened, or, where that is known, when it was said or done; of
	// what came in from a platform, Content.WrittenAt.
	Time time.Time `json:"time"`
	// Type is that of the event which told of it: EventInteractionCreated, say, for a
	// recorded interaction.
	Type EventType `json:"type"`
	// Actor is who did it. For what the customer did or wrote, it is the customer, by
	// the ID of the contact; for what the company wrote on the platform, the
	// Echo.Creator, if that is known.
	Actor    Actor    `json:"actor"`
	Resource Resource `json:"resource"`
	// IdentityID, SourceID and ThreadID say where it happened; empty for recorded
	// interactions, and ThreadID where it is about control.
	IdentityID string `json:"identity_id,omitempty"`
	SourceID   string `json:"source_id,omitempty"`
	ThreadID   string `json:"thread_id,omitempty"`

	Then // what was so when it happened

	// What the entry is about, as it is now: one of these at most, none if it is gone.
	// It may have changed since: what was so when it happened is in Then.
	Content      *interaction.Content             `json:"content,omitempty"`
	Thread       *interaction.Thread              `json:"thread,omitempty"`
	Intervention *interaction.Intervention        `json:"intervention,omitempty"`
	Comment      *interaction.InterventionComment `json:"comment,omitempty"`
	Interaction  *interaction.Interaction         `json:"interaction,omitempty"`
}

// Timeline returns one page of all that happened with a person, in the order of time:
// what was said and done in conversations with any of the contact's identities, on all
// sources, who had control of them and who wanted it (Control.Timeline has only who had it,
// of one conversation), and the contact's recorded interactions. A contact that is not known has an
// empty one. What was said is in it once. If the platform told of what had been posted
// here before it was known to be the same, that holds once it is known: until then, both
// are in it. An entry says what was so when it happened, and shows beside it what it is
// about as that is now.
//
// Where several customers take part in one thread, what is said with each, and the
// interventions with each, are in the timeline of that one; what happens to the thread
// itself (it is closed, opened, categorised, annotated) is in that of the customer whom
// it began with.
//
// Options.Authorize is asked for ActionContactsRead of the contact, and for nothing else:
// whoever may read a contact may read all of that, whatever thread, source or schema it
// belongs to.
//
// What a page costs grows with the number of the contact's identities, not with what
// has happened, unless the filter names a source or a thread. Threads.List says what it
// promises while others write; the same if the contact is merged or unmerged meanwhile.
//
// The error wraps ErrNotFound if the filter names a source or a thread that is not known,
// and ErrInvalid for a limit or continuation that cannot be.
//
// A contact that nobody has heard of has an empty one. The contact's ID is that of
// Received.ContactID, not the ID of an identity, nor the customer's on the platform.
func (s Contacts) Timeline(ctx context.Context, contactID string, filter TimelineFilter) (Page[TimelineEntry], error) {
	if err := s.allow(ctx, ActionContactsRead, contactResource(contactID)); err != nil {
		return Page[TimelineEntry]{}, err
	}
	return undisturbed(ctx, s.scope, filter.span(contactID), func(t *turn) (Page[TimelineEntry], error) {
		return t.timeline(ctx, contactID, filter)
	})
}

func (t *turn) timeline(ctx context.Context, contactID string, filter TimelineFilter) (Page[TimelineEntry], error) {
	page := Page[TimelineEntry]{Items: []TimelineEntry{}}
	if filter.SourceID != "" {
		if _, err := t.source(ctx, filter.SourceID); err != nil {
			return page, err
		}
	}
	before, err := t.standing(ctx, contactID)
	if err != nil {
		return page, err
	}
	lists, err := t.timelines(ctx, before, filter)
	if err != nil {
		return page, err
	}
	s := filter.span(contactID)
	limit := cmp.Or(filter.Limit, DefaultPage)
	for range maxScan {
		s.limit = limit - len(page.Items)
		part, err := readMerged(ctx, t, lists, s)
		if err != nil {
			return page, err
		}
		entries := slices.DeleteFunc(part.Items, func(e TimelineEntry) bool {
			return filter.SourceID != "" && filter.SourceID != e.SourceID || filter.ThreadID != "" && filter.ThreadID != e.ThreadID
		})
		if err := t.illustrate(ctx, entries); err != nil {
			return page, err
		}
		for _, e := range entries {
			if e.Content == nil || e.Content.DuplicateOf == "" {
				page.Items = append(page.Items, e)
			}
		}
		page.Continuation, s.continuation = part.Continuation, part.Continuation
		if part.Continuation == "" || len(page.Items) == limit {
			break
		}
	}
	now, err := t.again(ctx, before)
	if err == nil && filter.withRecorded() {
		err = t.stood(ctx, before, now)
	}
	if err != nil {
		return page, err
	}
	if now.who == nil {
		return Page[TimelineEntry]{Items: []TimelineEntry{}}, nil
	}
	both := before.both(now)
	page.Items = slices.DeleteFunc(page.Items, func(e TimelineEntry) bool {
		return e.IdentityID != "" && !slices.Contains(both, e.IdentityID)
	})
	for n := range page.Items {
		page.Items[n].Actor = page.Items[n].author(now.who.ID)
	}
	return page, nil
}

// span returns which part of which list is asked for.
func (f TimelineFilter) span(contactID string) span {
	return span{
		of:   []string{timeline.Kind, contactID, f.SourceID, f.ThreadID},
		from: f.From, to: f.To, oldestFirst: f.OldestFirst, limit: f.Limit, continuation: f.Continuation,
	}
}

// withRecorded reports whether recorded interactions are asked for, too.
func (f TimelineFilter) withRecorded() bool { return f.SourceID == "" && f.ThreadID == "" }

// timelines returns the lists that the timeline of a contact is made of, none if it is
// not known.
func (t *turn) timelines(ctx context.Context, of standing, filter TimelineFilter) (lists []sortedList[TimelineEntry], err error) {
	var thread *interaction.Thread
	if filter.ThreadID != "" {
		if thread, err = t.thread(ctx, filter.ThreadID); err != nil {
			return nil, err
		}
	}
	if of.who == nil {
		return nil, nil
	}
	ids := of.identities()
	if thread != nil {
		if ids, err = t.partaking(ctx, thread, ids); err != nil {
			return nil, err
		}
	}
	for _, id := range ids {
		lists = append(lists, happenedWith(id))
	}
	if filter.withRecorded() {
		lists = append(lists, inTurn(of.holders(), recordedFor)...)
	}
	return lists, nil
}

// partaking returns those of some identities that take part in a thread.
func (t *turn) partaking(ctx context.Context, thread *interaction.Thread, ids []string) (some []string, err error) {
	pairs := make([]string, len(ids))
	for n, id := range ids {
		pairs[n] = correspondentID(thread.ID, id)
	}
	found, err := correspondents.All(ctx, t.Work, pairs...)
	for n, with := range found {
		if with != nil || ids[n] == thread.IdentityID {
			some = append(some, ids[n])
		}
	}
	return some, err
}

// author returns who did it. The entry of what came in from a platform was written for
// whoever told us; its author is the customer, or who of the company wrote it there.
func (e TimelineEntry) author(contactID string) Actor {
	switch {
	case e.Type == EventInteractionCreated:
		return Customer(contactID)
	case e.Type != EventContentImported || e.Content == nil:
		return e.Actor
	case e.Content.Direction == interaction.Inbound:
		return Customer(contactID)
	case !e.Content.Creator.IsZero():
		return e.Content.Creator
	default:
		return e.Actor
	}
}

// happenedWith is the timeline of one identity.
func happenedWith(identityID string) sortedList[TimelineEntry] {
	return sortedList[TimelineEntry]{
		name: identityID, index: byIdentityTime, within: idTerm(identityID), key: TimelineEntry.key,
		find: func(ctx context.Context, w *work.Work, q store.Query) ([]TimelineEntry, string, error) {
			found, next, err := timeline.Find(ctx, w, q)
			entries := make([]TimelineEntry, len(found))
			for n, e := range found {
				entries[n] = TimelineEntry{
					ID: e.ID, Time: e.Time, Type: e.Type, Actor: e.Actor, Resource: e.Resource,
					IdentityID: e.IdentityID, SourceID: e.SourceID, ThreadID: e.ThreadID, Then: e.Then,
				}
			}
			return entries, next, err
		},
	}
}

// recordedFor is the recorded interactions of a contact as a timeline.
func recordedFor(contactID string) sortedList[TimelineEntry] {
	return sortedList[TimelineEntry]{
		index: byContactCreated, within: contactTerm(contactID), key: TimelineEntry.key,
		find: func(ctx context.Context, w *work.Work, q store.Query) ([]TimelineEntry, string, error) {
			found, next, err := interactions.Find(ctx, w, q)
			entries := make([]TimelineEntry, len(found))
			for n, i := range found {
				entries[n] = TimelineEntry{
					ID: i.ID, Time: i.CreatedDate, Type: EventInteractionCreated,
					Resource: interactionResource(i.ID), Interaction: i,
				}
			}
			return entries, next, err
		},
	}
}

func (e TimelineEntry) key() store.Tuple { return store.Tuple{}.Time(e.Time).Text(e.ID) }

// illustrate adds to entries what they are about, read at one moment.
func (t *turn) illustrate(ctx context.Context, entries []TimelineEntry) error {
	var keys []store.Key
	for _, e := range entries {
		switch id := e.Resource.ID; e.Resource.Type {
		case ResourceContent:
			keys = append(keys, contents.Key(t.Work, id))
		case ResourceThread:
			keys = append(keys, threads.Key(t.Work, id))
		case ResourceIntervention:
			keys = append(keys, interventions.Key(t.Work, id))
		case ResourceComment:
			keys = append(keys, interventionComments.Key(t.Work, id))
		}
	}
	if err := t.Load(ctx, keys...); err != nil {
		return err
	}
	for n := range entries {
		e := &entries[n]
		var err error
		switch id := e.Resource.ID; e.Resource.Type {
		case ResourceContent:
			e.Content, err = contents.Get(ctx, t.Work, id)
		case ResourceThread:
			e.Thread, err = threads.Get(ctx, t.Work, id)
		case ResourceIntervention:
			e.Intervention, err = interventions.Get(ctx, t.Work, id)
		case ResourceComment:
			e.Comment, err = interventionComments.Get(ctx, t.Work, id)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
