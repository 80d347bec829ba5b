package engage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store"
)

// Threads keeps the conversations with customers (seed 000, "Core Concepts").
type Threads struct{ scope }

// Get returns a thread.
func (s Threads) Get(ctx context.Context, id string) (interaction.Thread, error) {
	if err := s.allow(ctx, ActionThreadsRead, threadResource(id)); err != nil {
		return interaction.Thread{}, err
	}
	return read(ctx, s.scope, func(t *turn) (*interaction.Thread, error) { return t.thread(ctx, id) })
}

// NewThread is a thread that the company begins.
type NewThread struct {
	SourceID string
	// Customer is who is to be written to. An account that is not known becomes so.
	Customer Account
	Title    string
	// ForeignID is what the platform calls the thread, if it is there already.
	ForeignID string
}

// Open begins a thread in which no customer has written yet. Engage in it and post:
// the first content is told of by EventContentDiscussionInitiated.
//
// If the customer has another open thread on the source, which what they write now would
// join, that stays so until the company says something in the new one: by Contents.Post,
// whether or not that comes to the customer, or on the platform itself, as its echo tells. What they write from then on, and give no
// thread for, joins the new one, until they write in another; see Receive. If there is no
// such thread, it does from the beginning.
//
// The error wraps ErrConflict if the foreign ID is that of an open thread.
func (s Threads) Open(ctx context.Context, thread NewThread) (interaction.Thread, error) {
	if err := s.allow(ctx, ActionThreadsOpen, sourceResource(thread.SourceID)); err != nil {
		return interaction.Thread{}, err
	}
	in := Inbound{SourceID: thread.SourceID, Customer: thread.Customer, ThreadForeignID: thread.ForeignID, ThreadTitle: thread.Title}
	if err := in.check(); err != nil {
		return interaction.Thread{}, err
	}
	return read(ctx, s.scope, func(t *turn) (*interaction.Thread, error) {
		source, err := t.source(ctx, thread.SourceID)
		if err != nil {
			return nil, err
		}
		if err := active(source); err != nil {
			return nil, err
		}
		return t.begins(ctx, t.ID(), source, in, "")
	})
}

// begins opens a thread, whose ID was minted before, in which no customer has written yet. It
// is bound to a channel, if that is not empty.
func (t *turn) begins(ctx context.Context, id string, source *interaction.Source, in Inbound, channelSID string) (*interaction.Thread, error) {
	identity, err := t.meetIdentity(ctx, source, in.Customer.ForeignID, in.Customer.Profile, in.Customer.ContactID)
	if err != nil {
		return nil, err
	}
	if in.ThreadForeignID != "" {
		if err := t.unused(ctx, source.ID, in.ThreadForeignID); err != nil {
			return nil, err
		}
	}
	would := joining{turn: t, source: source, identity: identity, in: in, at: t.now}
	goesOn, err := would.unnamed(ctx, would.takes)
	if err != nil {
		return nil, err
	}
	opened, err := t.openThreadAs(ctx, id, source, identity.ID, in.ThreadForeignID, in.ThreadTitle, t.now)
	if err != nil {
		return nil, err
	}
	*opened = opened.Bind(channelSID, false, t.now)
	if in.ThreadForeignID != "" {
		if err := t.rebind(ctx, &threadKeys, opened.ID, source.ID, in.ThreadForeignID); err != nil {
			return nil, err
		}
	}
	k, err := t.talk(ctx, opened, identity.ID)
	if err != nil {
		return nil, err
	}
	if goesOn == nil {
		err = t.follow(ctx, source.ID, identity.ID, opened, t.now)
	}
	return opened, errors.Join(err, t.keep(ctx, k))
}

// active refuses to write to a source that is not.
func active(s *interaction.Source) error {
	if s.Active {
		return nil
	}
	return &RefusedError{Rule: "the source is not active", Resource: sourceResource(s.ID), Remedy: "set Source.Active with Sources.Update"}
}

// Annotate adds detail about the customer to a thread (seed 000, "Engage Bots":
// "Augment a thread with more detail about the customer"). A value, which is JSON,
// replaces the one of the same name; null removes it.
func (s Threads) Annotate(ctx context.Context, id string, detail map[string]json.RawMessage) (interaction.Thread, error) {
	return s.change(ctx, ActionThreadsAnnotate, id, func(t *turn, thread *interaction.Thread) (*interaction.Thread, []string, error) {
		after, err := thread.Annotate(detail, t.now)
		if err != nil {
			return nil, nil, err
		}
		return &after, nil, t.tellOfThread(EventThreadAnnotated, &after, setValues(detail, after.ExtraData))
	})
}

// Categorize gives a thread other categories in place of those that it has. They count for
// the mandatory trees at Interventions.Close, too, for each intervention in the thread.
//
// The error wraps ErrInvalid with a [*interaction.CategoryError] for those that it
// cannot have.
func (s Threads) Categorize(ctx context.Context, id string, categoryIDs []string) (interaction.Thread, error) {
	return s.change(ctx, ActionThreadsCategorize, id, func(t *turn, thread *interaction.Thread) (*interaction.Thread, []string, error) {
		chosen, err := t.checkCategories(ctx, thread.SourceID, categoryIDs, interaction.AsCategory)
		after := *thread
		after.ThreadCategoryIDs, after.UpdatedAt = chosen, t.now
		return &after, []string{string(EventThreadRecategorized)}, err
	})
}

// Close closes a thread. Nobody can reply in it then, and a customer who writes again
// begins a new one. Its interventions stay as they are, and can be closed or canceled.
// If agents are sought for it, or on it, its channel is closed in the same step, as
// Flex.UpdateChannel does; see [Joins].
func (s Threads) Close(ctx context.Context, id string) (interaction.Thread, error) {
	return s.change(ctx, ActionThreadsClose, id, func(t *turn, thread *interaction.Thread) (*interaction.Thread, []string, error) {
		after, events, err := thread.Close("", t.now)
		if err != nil || after.ChannelSID == "" {
			return &after, events, err
		}
		for _, typ := range events { // before what follows from it
			if err := t.tellThread(EventType(typ), &after); err != nil {
				return nil, nil, err
			}
		}
		if err := errors.Join(t.follows(ctx, &after), threads.Put(t.Work, &after), t.closeChannelOf(ctx, &after)); err != nil {
			return nil, nil, err
		}
		closed, err := t.thread(ctx, after.ID) // as the channel has left it
		return closed, nil, err
	})
}

// Reopen opens a closed thread again. Owners of its open interventions who do not exist any
// more (Options.OwnerExists) lose them, so that it is engageable. Of its interventions the
// hundred that were opened last are looked at. A channel that was closed with it stays so.
func (s Threads) Reopen(ctx context.Context, id string) (interaction.Thread, error) {
	return s.change(ctx, ActionThreadsReopen, id, func(t *turn, thread *interaction.Thread) (*interaction.Thread, []string, error) {
		after, events, err := thread.Reopen(t.now)
		if err != nil {
			return nil, nil, err
		}
		source, err := t.source(ctx, thread.SourceID)
		if err != nil {
			return nil, nil, err
		}
		if err := errors.Join(t.reclaim(ctx, &after), t.watch(ctx, source, &after)); err != nil {
			return nil, nil, err
		}
		for _, typ := range events { // before what follows from it
			if err := t.tellThread(EventType(typ), &after); err != nil {
				return nil, nil, err
			}
		}
		return &after, nil, t.relieve(ctx, &after)
	})
}

// change changes one thread, and tells of it.
func (s Threads) change(ctx context.Context, action Action, id string, do func(*turn, *interaction.Thread) (*interaction.Thread, []string, error)) (interaction.Thread, error) {
	if err := s.allow(ctx, action, threadResource(id)); err != nil {
		return interaction.Thread{}, err
	}
	return read(ctx, s.scope, func(t *turn) (*interaction.Thread, error) {
		thread, err := t.thread(ctx, id)
		if err != nil {
			return nil, err
		}
		after, events, err := do(t, thread)
		if err != nil {
			return nil, refusal(err, threadResource(id))
		}
		for _, typ := range events {
			if err := t.tellThread(EventType(typ), after); err != nil {
				return nil, err
			}
		}
		if after.Status != thread.Status {
			err = t.follows(ctx, after)
		}
		return after, errors.Join(err, threads.Put(t.Work, after))
	})
}

// ThreadFilter says which threads to list, in the order of their LastContentAt, that is
// when their latest content was written: those of a source, of an identity, or of a
// contact; all if none is named. Of an identity or a contact it is the order of the
// latest content of their own part.
type ThreadFilter struct {
	SourceID   string
	IdentityID string
	ContactID  string
	// Status lists open or closed ones only. Of an identity or a contact, the threads that
	// have several customers cost what it leaves out of them, and all threads do of a
	// contact with more than four identities: a page has less then, perhaps nothing, and
	// yet a next one.
	Status interaction.ThreadStatus
	// OldestFirst turns the order around. The latest content first is the default.
	OldestFirst bool
	// Limit is the length of a page; 0 means DefaultPage.
	Limit int
	// Continuation is that of the page before.
	Continuation string
}

// Engageable is a thread in which a customer waits for an agent.
type Engageable struct {
	interaction.Thread

	// Waiting is who has been waiting for longest.
	Waiting interaction.Correspondent `json:"waiting"`
}

// EngageableFilter says which threads to list.
type EngageableFilter struct {
	SourceID     string // empty: of all sources
	Limit        int    // 0: DefaultPage
	Continuation string
}

// ListEngageable returns one page of the threads that agents can engage in (seed 000:
// "list threads that agents can engage with"), who has waited for longest first, by when
// the oldest unanswered content was written: the thread is open, a customer's content is
// unanswered or was transferred to whoever engages next, and no agent has an open or
// deferred intervention with the customer. Those who wait for their agent are in
// Interventions.ListWaiting. List says what a page promises. A thread in which somebody
// engages while the page is read is left out, so that a page may be short, even empty, and
// yet have a continuation.
func (s Threads) ListEngageable(ctx context.Context, filter EngageableFilter) (Page[Engageable], error) {
	if err := s.allow(ctx, ActionThreadsRead, threadListResource(filter.SourceID)); err != nil {
		return Page[Engageable]{}, err
	}
	q := store.Query{Index: byWaiting, Limit: filter.Limit, Cursor: filter.Continuation}
	if filter.SourceID != "" {
		q.Index, q.Prefix = bySourceWaiting, sourceTerm(filter.SourceID).String()
	}
	var page Page[Engageable]
	err := s.look(ctx, func(t *turn) error {
		found, err := pageOf(ctx, t, &threads, q, everything)
		if err != nil {
			return err
		}
		page = Page[Engageable]{Items: make([]Engageable, 0, len(found.Items)), Continuation: found.Continuation}
		var pairs []string
		for _, thread := range found.Items {
			pairs = append(pairs, correspondentID(thread.ID, thread.IdentityID))
		}
		began, err := correspondents.All(ctx, t.Work, pairs...)
		if err != nil {
			return err
		}
		for n, thread := range found.Items {
			first := began[n]
			if first == nil || !first.WaitingSince().Equal(thread.WaitingSince) || thread.CustomersCount > 1 {
				if first, err = t.longestWaiting(ctx, thread.ID); err != nil {
					return err
				}
			}
			if first != nil {
				page.Items = append(page.Items, Engageable{Thread: thread, Waiting: *first})
			}
		}
		return nil
	})
	if err != nil {
		return Page[Engageable]{}, err
	}
	return page, nil
}

func threadListResource(sourceID string) Resource {
	if sourceID != "" {
		return sourceResource(sourceID)
	}
	return Resource{Type: ResourceThread}
}

// checkMoment refuses a time that JSON has no form for.
func checkMoment(field string, at time.Time) error {
	if year := at.UTC().Year(); year < 0 || year > 9999 {
		return invalid(field, "is not of the years 0 to 9999")
	}
	return nil
}

// checkHostText refuses a text of the host or a platform that cannot be kept.
func checkHostText(field, text string) error {
	switch {
	case len(text) > interaction.MaxText:
		return invalid(field, fmt.Sprintf("is longer than %d bytes", interaction.MaxText))
	case !utf8.ValidString(text):
		return invalid(field, "is not UTF-8")
	}
	return nil
}
