package engage

import (
	"context"
	"errors"
	"time"

	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store"
)

// Inbound is a content that a platform tells of: what a customer said or shared, or
// what the company said on the platform itself.
type Inbound struct {
	SourceID string
	// ForeignID is what the platform calls the content: the same one is kept once.
	// Without it, whatever comes is a new content.
	ForeignID string
	// Customer is who wrote it, or, if the company did, to whom.
	Customer Account
	// ThreadForeignID and ThreadTitle are those of the thread, if the platform has
	// threads.
	ThreadForeignID string
	ThreadTitle     string
	// InReplyTo is what the platform calls the content that it replies to.
	InReplyTo string

	interaction.Message

	// CreatedAt is when it was written. Zero: now.
	CreatedAt time.Time
	// Echo says that the company wrote it: an app that answers on the platform by
	// itself, or a person there. It may be one that was posted here, too.
	Echo *Echo
}

// Account is an account of a customer on a platform, as the platform describes it.
type Account struct {
	ForeignID string // required

	interaction.Profile

	// ContactID is the host's name for the person, if it knows who that is. It
	// counts when the account is new; Contacts.Move changes it later.
	ContactID string
}

// Echo is what is known of a content that the company wrote on a platform.
type Echo struct {
	// Creator is who wrote it, such as the app's bot; nobody if that is not known.
	Creator Actor
	// Key is the Delivery.Key of what was posted here, if the platform hands it
	// back. It tells that the delivery succeeded, whatever Send said.
	Key string
}

// Received is what became of an Inbound.
type Received struct {
	ContentID  string `json:"content_id"`
	ThreadID   string `json:"thread_id"`
	IdentityID string `json:"identity_id"`
	ContactID  string `json:"contact_id"`
	// Repeated says that the content was known, and nothing has changed.
	Repeated bool `json:"repeated,omitempty"`
	// FirstInThread says that it began a thread.
	FirstInThread bool `json:"first_in_thread,omitempty"`
	// InterventionID is the open intervention that it belongs to, if there is one.
	InterventionID string `json:"intervention_id,omitempty"`
}

// Receive keeps what a platform tells of (seed 000, "Core Concepts": a customer who
// initiates a conversation creates a thread).
//
// A customer's content joins the thread that it names by its foreign ID; else the
// customer's open thread on the source, if the last content of the customer there is
// within the source's TimeForThreadInclusion; else it opens a thread. On a closed
// thread it opens a new one, to which the foreign ID of the thread moves. An echo
// joins its thread whatever state that is in.
//
// A customer's content reopens the closed intervention with the customer in the
// thread, and reactivates a deferred one.
//
// It is never refused for reasons of state. The same (source, foreign ID) twice, also
// at the same time, is one content. The error wraps ErrNotFound for an unknown source
// and ErrInvalid for what cannot be kept; then nothing is.
func (s Threads) Receive(ctx context.Context, in Inbound) (Received, error) {
	if err := s.allow(ctx, ActionThreadsReceive, sourceResource(in.SourceID)); err != nil {
		return Received{}, err
	}
	if err := in.check(); err != nil {
		return Received{}, err
	}
	var received Received
	err := s.do(ctx, func(t *turn) (err error) {
		received, err = t.receive(ctx, in)
		return err
	})
	if err != nil {
		return Received{}, err
	}
	return received, nil
}

func (in Inbound) check() error {
	for _, f := range []struct{ field, text string }{
		{"foreign_id", in.ForeignID},
		{"thread_foreign_id", in.ThreadForeignID},
		{"thread_title", in.ThreadTitle},
		{"in_reply_to", in.InReplyTo},
		{"customer.foreign_id", in.Customer.ForeignID},
		{"echo.creator", in.creator().ID},
		{"echo.creator", string(in.creator().Type)},
	} {
		if err := checkHostText(f.field, f.text); err != nil {
			return err
		}
	}
	if err := checkMoment("created_at", in.CreatedAt); err != nil {
		return err
	}
	if in.Customer.ForeignID == "" {
		return invalid("customer.foreign_id", "is empty")
	}
	if in.Customer.ContactID != "" {
		if err := interaction.CheckContactID(in.Customer.ContactID); err != nil {
			return &InvalidError{Field: "customer.contact_id", Err: errors.Unwrap(err)}
		}
	}
	return invalidField(errors.Join(in.Message.Check(), in.Customer.Profile.Check()))
}

// creator is who of the company wrote it, if that is known.
func (in Inbound) creator() Actor {
	if in.Echo == nil {
		return Actor{}
	}
	return in.Echo.Creator
}

func (t *turn) receive(ctx context.Context, in Inbound) (Received, error) {
	if err := t.loadKeys(ctx, in); err != nil {
		return Received{}, err
	}
	source, err := t.source(ctx, in.SourceID)
	if err != nil {
		return Received{}, err
	}
	if known, err := t.known(ctx, source, in); known != nil || err != nil {
		if err != nil {
			return Received{}, err
		}
		return t.repeated(ctx, known)
	}
	if err := t.loadParties(ctx, source, in); err != nil {
		return Received{}, err
	}
	identity, err := t.meetIdentity(ctx, source, in.Customer.ForeignID, in.Customer.Profile, in.Customer.ContactID)
	if err != nil {
		return Received{}, err
	}
	thread, err := t.threadFor(ctx, source, identity, in)
	if err != nil {
		return Received{}, err
	}
	begins := thread.CustomersCount == 0
	k, err := t.talk(ctx, thread, identity.ID)
	if err != nil {
		return Received{}, err
	}
	parent, err := t.parentOf(ctx, source, thread, in.InReplyTo)
	if err != nil {
		return Received{}, err
	}
	content := in.content(t.ID(), source, thread, identity, t.now)
	t.addContent(k, &content, parent)
	if in.Echo != nil {
		content.AnsweredBefore = k.with.AnsweredUpTo
		*k.with = k.with.Answered(content.Position, t.now)
	} else {
		*k.with = k.with.Wrote(content.Position, t.now)
	}
	// The events of the intervention come after that of the content.
	wakes := in.Echo == nil && k.intervention != nil && thread.Status == interaction.ThreadOpen &&
		interaction.InterventionLifecycle.Possible(k.intervention.Status, interaction.InterventionWritten)
	if k.intervention != nil && (wakes || k.intervention.Status.Live()) {
		content.InterventionID = k.intervention.ID
	}
	with := *k.with
	if wakes {
		with.Status = interaction.InterventionOpen // as it is when the event can be read
	}
	if err := errors.Join(
		t.bindContent(ctx, &content),
		contents.Insert(t.Work, &content),
		t.tellContent(EventContentImported, &content, with, thread),
	); err != nil {
		return Received{}, err
	}
	if wakes && k.intervention.Status != interaction.InterventionOpen { // else nothing happens to it
		if err := t.apply(ctx, k, interaction.InterventionWritten, interaction.Change{}, interaction.InterventionFacts{}); err != nil {
			return Received{}, err
		}
	}
	if err := t.keep(ctx, k); err != nil {
		return Received{}, err
	}
	if in.Echo == nil || begins { // what answers a discussion that the company begins belongs to it
		if err := t.follow(ctx, source.ID, identity.ID, thread.ID); err != nil {
			return Received{}, err
		}
	}
	return Received{
		ContentID: content.ID, ThreadID: thread.ID, IdentityID: identity.ID, ContactID: identity.ContactID,
		FirstInThread: content.FirstInThread, InterventionID: content.InterventionID,
	}, nil
}

func (in Inbound) content(id string, source *interaction.Source, thread *interaction.Thread, identity *interaction.Identity, now time.Time) interaction.Content {
	c := interaction.Content{
		ID: id, SourceID: source.ID, SourceType: source.Type, ThreadID: thread.ID, ForeignID: in.ForeignID,
		Direction: interaction.Inbound, IdentityID: identity.ID, AuthorID: identity.ID, Origin: interaction.FromPlatform,
		CreatedAt: in.CreatedAt.UTC().Round(0), ReceivedAt: now, UpdatedAt: now,
	}
	if in.CreatedAt.IsZero() {
		c.CreatedAt = now
	}
	if in.Echo != nil {
		c.Direction, c.AuthorID, c.Creator = interaction.Outbound, "", in.creator()
	}
	c.Synchronization, _, _ = c.Synchronization.Apply(interaction.SyncReceives, "")
	return c.Say(in.Message)
}

// loadKeys reads at once what an inbound content names.
func (t *turn) loadKeys(ctx context.Context, in Inbound) error {
	keys := []store.Key{sources.Key(t.Work, plain(in.SourceID))}
	for _, id := range []string{in.ForeignID, in.InReplyTo} {
		if id != "" {
			keys = append(keys, contentKeys.Key(t.Work, hashOf(in.SourceID, id)))
		}
	}
	if in.ThreadForeignID != "" {
		keys = append(keys, threadKeys.Key(t.Work, hashOf(in.SourceID, in.ThreadForeignID)))
	}
	return t.Load(ctx, keys...)
}

// loadParties reads at once the customer and the thread of an inbound content, as far
// as they are known.
func (t *turn) loadParties(ctx context.Context, source *interaction.Source, in Inbound) error {
	identityID, err := t.lookup(ctx, &identityKeys, source.Community(), in.Customer.ForeignID)
	if err != nil || identityID == "" {
		return err
	}
	parties := func(threadID string) []store.Key {
		return []store.Key{threads.Key(t.Work, threadID), correspondents.Key(t.Work, correspondentID(threadID, identityID))}
	}
	keys := []store.Key{identities.Key(t.Work, identityID), currentThreads.Key(t.Work, currentThreadID(source.ID, identityID))}
	if in.ThreadForeignID != "" {
		threadID, err := t.lookup(ctx, &threadKeys, source.ID, in.ThreadForeignID)
		if err != nil {
			return err
		}
		if threadID != "" {
			keys = append(keys, parties(threadID)...)
		}
		return t.Load(ctx, keys...)
	}
	if err := t.Load(ctx, keys...); err != nil {
		return err
	}
	current, err := currentThreads.Get(ctx, t.Work, currentThreadID(source.ID, identityID))
	if err != nil || current == nil {
		return err
	}
	return t.Load(ctx, parties(current.ThreadID)...)
}

// known returns the content that an inbound one is, if it is not new.
func (t *turn) known(ctx context.Context, source *interaction.Source, in Inbound) (*interaction.Content, error) {
	if in.ForeignID != "" {
		id, err := t.lookup(ctx, &contentKeys, source.ID, in.ForeignID)
		if err != nil {
			return nil, err
		}
		if id != "" {
			return t.content(ctx, id)
		}
	}
	if in.Echo == nil || !isID(in.Echo.Key) {
		return nil, nil
	}
	posted, err := contents.Get(ctx, t.Work, in.Echo.Key)
	if err != nil || posted == nil || posted.SourceID != source.ID || posted.Origin != interaction.FromAPI {
		return nil, err
	}
	return posted, t.reported(ctx, posted, in.ForeignID)
}

// repeated answers for a content that was known.
func (t *turn) repeated(ctx context.Context, c *interaction.Content) (Received, error) {
	if c.DuplicateOf != "" {
		var err error
		if c, err = t.content(ctx, c.DuplicateOf); err != nil {
			return Received{}, err
		}
	}
	identity, err := t.identity(ctx, c.IdentityID)
	if err != nil {
		return Received{}, err
	}
	return Received{
		ContentID: c.ID, ThreadID: c.ThreadID, IdentityID: c.IdentityID, ContactID: identity.ContactID,
		FirstInThread: c.FirstInThread, InterventionID: c.InterventionID, Repeated: true,
	}, nil
}

// threadFor returns the thread that an inbound content joins, which may be new.
func (t *turn) threadFor(ctx context.Context, source *interaction.Source, identity *interaction.Identity, in Inbound) (*interaction.Thread, error) {
	joins := func(thread *interaction.Thread) bool {
		return thread.Status == interaction.ThreadOpen || in.Echo != nil
	}
	if in.ThreadForeignID != "" {
		id, err := t.lookup(ctx, &threadKeys, source.ID, in.ThreadForeignID)
		if err != nil {
			return nil, err
		}
		if id != "" {
			if thread, err := t.thread(ctx, id); err != nil || joins(thread) {
				return thread, err
			}
		}
		thread, err := t.openThread(ctx, source, identity.ID, in.ThreadForeignID, in.ThreadTitle)
		if err != nil {
			return nil, err
		}
		return thread, t.rebind(ctx, &threadKeys, thread.ID, source.ID, in.ThreadForeignID)
	}
	current, err := currentThreads.Get(ctx, t.Work, currentThreadID(source.ID, identity.ID))
	if err != nil {
		return nil, err
	}
	if current != nil && (in.Echo != nil || source.Includes(current.LastContentAt, t.now)) {
		if thread, err := t.thread(ctx, current.ThreadID); err != nil || joins(thread) {
			return thread, err
		}
	}
	return t.openThread(ctx, source, identity.ID, "", in.ThreadTitle)
}

// follow makes a thread the one that the customer's next content joins.
func (t *turn) follow(ctx context.Context, sourceID, identityID, threadID string) error {
	_, err := currentThreads.Get(ctx, t.Work, currentThreadID(sourceID, identityID))
	return errors.Join(err, currentThreads.Put(t.Work, &currentThread{
		SourceID: sourceID, IdentityID: identityID, ThreadID: threadID, LastContentAt: t.now,
	}))
}

// parentOf returns the content that another one replies to, nil if it is not known or
// of another thread.
func (t *turn) parentOf(ctx context.Context, source *interaction.Source, thread *interaction.Thread, foreignID string) (*interaction.Content, error) {
	if foreignID == "" {
		return nil, nil
	}
	id, err := t.lookup(ctx, &contentKeys, source.ID, foreignID)
	if err != nil || id == "" {
		return nil, err
	}
	parent, err := t.content(ctx, id)
	if err != nil || parent.ThreadID != thread.ID {
		return nil, err
	}
	return parent, nil
}

// bindContent makes the foreign ID of a new content stand for it.
func (t *turn) bindContent(ctx context.Context, c *interaction.Content) error {
	if c.ForeignID == "" {
		return nil
	}
	_, err := t.bind(ctx, &contentKeys, c.ID, c.SourceID, c.ForeignID)
	return err
}
