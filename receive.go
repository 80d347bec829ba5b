package engage

import (
	"context"
	"errors"

	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store"
)

// Receive keeps what a platform tells of (seed 000, "Core Concepts": a customer who
// initiates a conversation creates a thread).
//
// A customer's content joins the first of these that takes it, else it opens a thread:
//   - the thread that it names by its foreign ID, or, if that is closed, another one of
//     this name that was opened again; no other then. A name that nobody knows yet is that
//     of an open thread without a name, if one of those below is such;
//   - the thread of the content that it replies to, whoever wrote that, and however
//     long ago;
//   - the thread in which the customer wrote last on the source, if it was written within
//     the source's TimeForThreadInclusion after their latest content, or before that, and
//     came late;
//   - if that thread is closed, the one opened last of the open ones on the source that
//     began with the customer, under the same condition. The twenty that were opened last
//     are looked at.
//
// A thread takes a customer's content if it is open, and was not to close by itself before
// that was written. If the one that it names does not, the foreign ID moves to the thread
// that the content opens instead.
//
// An echo, which tells of what the company wrote on the platform, joins by the same order,
// without regard to TimeForThreadInclusion. But one without a key most likely tells of what
// was posted here and is on its way to the customer: only an open thread that it names comes
// before the thread of that, which takes it in any state, if the platform calls that no other
// name and the echo replies to nothing elsewhere. Of several it is the oldest that says the
// same, else the oldest, but none that was posted long after the echo was written
// (interaction.EchoSkew), or in other words long before (interaction.EchoDelay). Such an echo
// answers nothing: what was posted has, and if it is not that, the customer waits on.
//
// Any other thread takes an echo if it is open, or was when the echo was written; else the
// echo opens another, to which the foreign ID that it gives moves, so that an answer has it
// above. A thread in which its customer has no part does not take it, unless it names that.
//
// The times are those of Inbound.CreatedAt, so that a backlog which comes all at once makes
// the threads that it would have made in time. A thread closes by itself when nothing has
// come in for as long as its source says; one that has closed so is not opened again by
// what comes later still.
//
// A customer's content reopens the closed intervention with the customer in the
// thread, and reactivates a deferred one. Its owner stays who it was, and finds it with
// Interventions.ListWaiting; one who does not exist any more (Options.OwnerExists)
// loses it, also while it is open, and the thread is engageable.
//
// On a source with thread control (see [Control]) the first two hold only if the agents
// are to deal with the customer. While a bot has control it answers, and interventions stay
// as they are; so they do while another app has control. Who deals with a customer who comes
// back when nobody has it is said by handover.Settings.Returning, or else by Primary, whose
// side the content also brings control to. What comes while a pass to a bot is under way
// waits for how that ends.
//
// Where agents were sought for the thread, and its channel is inactive or paused now, one is
// sought anew under the same condition; see [Joins].
//
// It is never refused for reasons of state, nor because of control. The same (source,
// foreign ID) twice, also at the same time, is one content. The error wraps ErrNotFound for
// an unknown source and ErrInvalid for what cannot be kept; then nothing is.
func (s Threads) Receive(ctx context.Context, in Inbound) (Received, error) {
	if err := s.allow(ctx, ActionThreadsReceive, sourceResource(in.SourceID)); err != nil {
		return Received{}, err
	}
	if in.Echo != nil && s.actor.Type == ActorCustomer { // they do not tell what the company said
		return Received{}, notForCustomers(sourceResource(in.SourceID))
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
	content := in.content(t.ID(), source, identity, t.now)
	thread, guess, err := joining{t, source, identity, in, &content, content.WrittenAt()}.thread(ctx)
	if err != nil {
		return Received{}, err
	}
	content.ThreadID = thread.ID
	k, err := t.talkFrom(ctx, thread, identity.ID, content.WrittenAt())
	if err != nil {
		return Received{}, err
	}
	parent, err := t.parentOf(ctx, source, thread, in.InReplyTo)
	if err != nil {
		return Received{}, err
	}
	t.addContent(k, &content, parent)
	switch {
	case guess: // it is what was posted, which has answered already, or no answer to what was written here
		k.with.LastContentAt = interaction.Latest(k.with.LastContentAt, content.WrittenAt())
	case in.Echo != nil:
		if err := t.answer(ctx, k, &content); err != nil {
			return Received{}, err
		}
	default:
		*k.with = k.with.Wrote(content.Position, content.WrittenAt())
	}
	side := handover.Agent
	if in.Echo == nil {
		side, err = t.steerReceived(ctx, source, &content, thread)
	} else {
		err = t.steerEcho(ctx, source, identity.ID)
	}
	if err != nil {
		return Received{}, err
	}
	// The events of the intervention come after that of the content.
	wakes := in.Echo == nil && side == handover.Agent && k.intervention != nil && thread.Status == interaction.ThreadOpen &&
		interaction.InterventionLifecycle.Possible(k.intervention.Status, interaction.InterventionWritten)
	// Nor is an agent sought where somebody is not to be engaged now.
	returns, hadAgent := in.Echo == nil && side == handover.Agent && thread.ChannelResting && !t.servedByBot(k), answered(k)
	if wakes {
		if wakes, err = t.mayWake(ctx, k); err != nil {
			return Received{}, err
		}
		returns = returns && wakes
	}
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
		t.tellContent(ctx, EventContentImported, &content, with, thread),
	); err != nil {
		return Received{}, err
	}
	if wakes {
		if err := t.wake(ctx, k); err != nil {
			return Received{}, err
		}
	}
	if returns && !(hadAgent && answered(k)) {
		if err := t.comesBack(ctx, thread); err != nil {
			return Received{}, err
		}
	}
	if err := t.keep(ctx, k); err != nil {
		return Received{}, err
	}
	if in.Echo == nil {
		err = t.follow(ctx, source.ID, identity.ID, thread, content.WrittenAt())
	} else {
		err = t.lead(ctx, k, &content)
	}
	if err != nil {
		return Received{}, err
	}
	return Received{
		ContentID: content.ID, ThreadID: thread.ID, IdentityID: identity.ID, ContactID: identity.ContactID,
		FirstInThread: content.FirstInThread, InterventionID: content.InterventionID,
	}, nil
}

// servedByBot reports whether a virtual bot answers the customer, on a source where only the
// intervention says who does.
func (t *turn) servedByBot(k *talk) bool {
	return !k.source.ThreadControl && k.with.Status.Live() && k.with.Owner.Type == ActorBot
}

// wake opens the intervention of the talk again, because the customer has written.
// Nothing happens to one that is open, as long as its owner is not gone. Where there is
// thread control, it is the agents who deal with the customer: what a bot had closed or
// deferred has no owner then.
func (t *turn) wake(ctx context.Context, k *talk) error {
	facts := interaction.InterventionFacts{
		OwnerGone: k.source.ThreadControl && k.intervention.Owner.Type == ActorBot && k.intervention.Status != interaction.InterventionOpen,
	}
	return t.apply(ctx, k, interaction.InterventionWritten, interaction.Change{}, facts)
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

// loadParties reads at once the customer of an inbound content and what it replies to,
// and then the threads that it may join, as far as they are known.
func (t *turn) loadParties(ctx context.Context, source *interaction.Source, in Inbound) error {
	identityID, err := t.lookup(ctx, &identityKeys, source.Community(), in.Customer.ForeignID)
	if err != nil {
		return err
	}
	aboveID, threadID := "", ""
	if in.InReplyTo != "" {
		if aboveID, err = t.lookup(ctx, &contentKeys, source.ID, in.InReplyTo); err != nil {
			return err
		}
	}
	if in.ThreadForeignID != "" {
		if threadID, err = t.lookup(ctx, &threadKeys, source.ID, in.ThreadForeignID); err != nil {
			return err
		}
	}
	var keys []store.Key
	parties := func(threadID string) {
		keys = append(keys, threads.Key(t.Work, threadID))
		if identityID != "" {
			keys = append(keys, correspondents.Key(t.Work, correspondentID(threadID, identityID)))
		}
	}
	if identityID != "" {
		keys = append(keys, identities.Key(t.Work, identityID), currentThreads.Key(t.Work, currentThreadID(source.ID, identityID)))
	}
	if aboveID != "" {
		keys = append(keys, contents.Key(t.Work, aboveID))
	}
	if threadID != "" {
		parties(threadID)
	}
	if err := t.Load(ctx, keys...); err != nil || threadID != "" {
		return err
	}
	keys = nil
	if aboveID != "" {
		above, err := t.content(ctx, aboveID)
		if err != nil {
			return err
		}
		parties(above.ThreadID)
	}
	if identityID != "" {
		current, err := currentThreads.Get(ctx, t.Work, currentThreadID(source.ID, identityID))
		if err != nil {
			return err
		}
		if current != nil {
			parties(current.ThreadID)
		}
	}
	return t.Load(ctx, keys...)
}

// known returns the content that an inbound one is, if it is not new.
func (t *turn) known(ctx context.Context, source *interaction.Source, in Inbound) (*interaction.Content, error) {
	if in.Echo != nil && isID(in.Echo.Key) {
		posted, err := contents.Get(ctx, t.Work, in.Echo.Key)
		if err != nil {
			return nil, err
		}
		if posted != nil && posted.SourceID == source.ID && posted.Origin == interaction.FromAPI {
			return posted, errors.Join(t.reported(ctx, posted, in.ForeignID), t.identify(ctx, posted, in))
		}
	}
	if in.ForeignID == "" {
		return nil, nil
	}
	id, err := t.lookup(ctx, &contentKeys, source.ID, in.ForeignID)
	if err != nil || id == "" {
		return nil, err
	}
	there, err := t.content(ctx, id)
	if err != nil {
		return nil, err
	}
	return there, t.identify(ctx, there, in)
}

// identify notes what the platform calls the thread of a content that was posted here,
// in a thread that the platform had not named yet, or not for certain.
func (t *turn) identify(ctx context.Context, posted *interaction.Content, in Inbound) error {
	if in.ThreadForeignID == "" || posted.Origin != interaction.FromAPI {
		return nil
	}
	thread, err := t.thread(ctx, posted.ThreadID)
	if err != nil || thread.ForeignID != "" && !thread.ForeignIDByEcho {
		return err
	}
	name := in.ThreadForeignID
	bound, err := t.bind(ctx, &threadKeys, thread.ID, thread.SourceID, name)
	if err != nil {
		return err
	}
	if bound != thread.ID {
		other, err := t.thread(ctx, bound)
		if err != nil {
			return err
		}
		if !other.ForeignIDByEcho || other.ForeignID != name { // the platform has told of it as another one
			return nil
		}
		other.ForeignID, other.ForeignIDByEcho = "", false
		if err := errors.Join(t.rebind(ctx, &threadKeys, thread.ID, thread.SourceID, name), threads.Put(t.Work, other)); err != nil {
			return err
		}
	}
	thread.ForeignID, thread.ForeignIDByEcho = name, false
	return threads.Put(t.Work, thread)
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
