package engage

import (
	"cmp"
	"context"
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
	// recorded interactions are left out, and a page may be short before the end.
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
	ID   string    `json:"id"`
	Time time.Time `json:"time"` // when it happened, or, where that is known, when it was said or done
	// Type is that of the event which told of it: EventInteractionCreated, say, for a
	// recorded interaction.
	Type     EventType `json:"type"`
	Actor    Actor     `json:"actor"` // the customer, for a recorded interaction
	Resource Resource  `json:"resource"`
	// IdentityID, SourceID and ThreadID say where it happened; empty for recorded
	// interactions.
	IdentityID string `json:"identity_id,omitempty"`
	SourceID   string `json:"source_id,omitempty"`
	ThreadID   string `json:"thread_id,omitempty"`
	// Owner is who owned the intervention then, if it is about one.
	Owner Actor `json:"owner,omitzero"`
	// What the entry is about, as it is now: one of these at most, none if it is gone.
	Content      *interaction.Content             `json:"content,omitempty"`
	Thread       *interaction.Thread              `json:"thread,omitempty"`
	Intervention *interaction.Intervention        `json:"intervention,omitempty"`
	Comment      *interaction.InterventionComment `json:"comment,omitempty"`
	Interaction  *interaction.Interaction         `json:"interaction,omitempty"`
}

// Timeline returns one page of all that happened with a person, in the order of time:
// what was said and done in conversations with any of the contact's identities, on all
// sources, and the contact's recorded interactions. Whoever may read a contact may read
// all of that. A contact that is not known has an empty one.
//
// What a page costs grows with the number of the contact's identities, not with what
// has happened. While others write, an entry that was there throughout comes exactly
// once.
func (s Contacts) Timeline(ctx context.Context, contactID string, filter TimelineFilter) (Page[TimelineEntry], error) {
	if err := s.allow(ctx, ActionContactsRead, contactResource(contactID)); err != nil {
		return Page[TimelineEntry]{}, err
	}
	var page Page[TimelineEntry]
	err := s.do(ctx, func(t *turn) (err error) {
		page, err = t.timeline(ctx, contactID, filter)
		return err
	})
	if err != nil {
		return Page[TimelineEntry]{}, err
	}
	return page, nil
}

func (t *turn) timeline(ctx context.Context, contactID string, filter TimelineFilter) (Page[TimelineEntry], error) {
	var lists []sortedList[TimelineEntry]
	who, err := t.person(ctx, contactID)
	if err != nil {
		return Page[TimelineEntry]{}, err
	}
	if who != nil {
		for _, id := range who.IdentityIDs {
			lists = append(lists, happenedWith(id))
		}
		if filter.SourceID == "" && filter.ThreadID == "" {
			lists = append(lists, recordedFor(who.ID))
		}
	}
	s := span{from: filter.From, to: filter.To, oldestFirst: filter.OldestFirst, limit: filter.Limit, continuation: filter.Continuation}
	page := Page[TimelineEntry]{Items: []TimelineEntry{}}
	limit := cmp.Or(filter.Limit, DefaultPage)
	for range maxScan {
		s.limit = limit - len(page.Items)
		part, err := readMerged(ctx, t, lists, s)
		if err != nil {
			return page, err
		}
		for _, e := range part.Items {
			if (filter.SourceID == "" || filter.SourceID == e.SourceID) && (filter.ThreadID == "" || filter.ThreadID == e.ThreadID) {
				page.Items = append(page.Items, e)
			}
		}
		page.Continuation, s.continuation = part.Continuation, part.Continuation
		if part.Continuation == "" || len(page.Items) == limit {
			break
		}
	}
	return page, t.illustrate(ctx, page.Items)
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
					IdentityID: e.IdentityID, SourceID: e.SourceID, ThreadID: e.ThreadID, Owner: e.Owner,
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
					ID: i.ID, Time: i.CreatedDate, Type: EventInteractionCreated, Actor: Customer(i.ContactID),
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
