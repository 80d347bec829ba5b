package engage

import (
	"context"
	"time"

	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store"
)

// Which thread an inbound content joins: the one that the platform names, else that of
// the content which it replies to, else the customer's current one, else a new one. An echo
// looks first at what is on its way to the customer.

// joining is an inbound content that looks for its thread.
type joining struct {
	*turn

	source   *interaction.Source
	identity *interaction.Identity
	in       Inbound
	is       *interaction.Content // the content, before it has its place
	at       time.Time            // when it was written
}

// takes reports whether a thread takes the content.
func (j joining) takes(thread *interaction.Thread) bool {
	if j.in.Echo != nil {
		return thread.TakesEcho(j.at)
	}
	return thread.Takes(*j.source, j.at)
}

// adopts reports whether the content gives its name, which is not known yet, to a thread:
// one that began here, and so without a name, and goes on.
func (j joining) adopts(thread *interaction.Thread) bool {
	return thread.ForeignID == "" && thread.Status == interaction.ThreadOpen && j.takes(thread)
}

// includes reports whether the content is written soon enough after the last one of the
// customer. Those of the company always are.
func (j joining) includes(last time.Time) bool {
	return j.in.Echo != nil || j.source.Includes(last, j.at)
}

// thread returns the thread that the content joins. It may be new. guess says that it is an
// echo, and joins the thread of what it most likely tells of.
func (j joining) thread(ctx context.Context) (thread *interaction.Thread, guess bool, err error) {
	if j.in.ThreadForeignID != "" {
		return j.named(ctx)
	}
	if thread, err = j.onItsWay(ctx); err != nil || thread != nil {
		return thread, true, err
	}
	if thread, err = j.unnamed(ctx, j.takes); err == nil && thread == nil {
		thread, err = j.openThread(ctx, j.source, j.identity.ID, "", j.in.ThreadTitle, j.at)
	}
	return thread, false, err
}

// named returns the thread of the name that the content gives, to which the name moves.
func (j joining) named(ctx context.Context) (thread *interaction.Thread, guess bool, err error) {
	name := j.in.ThreadForeignID
	id, err := j.lookup(ctx, &threadKeys, j.source.ID, name)
	if err != nil {
		return nil, false, err
	}
	var known *interaction.Thread
	if id != "" {
		if known, err = j.turn.thread(ctx, id); err != nil || known.Status == interaction.ThreadOpen && j.takes(known) {
			return known, false, err
		}
	}
	if thread, err = j.onItsWay(ctx); err != nil {
		return nil, false, err
	}
	guess = thread != nil
	switch {
	case guess:
	case known == nil:
		thread, err = j.unnamed(ctx, j.adopts)
	case j.takes(known):
		return known, false, nil
	default:
		thread, err = j.openNamed(ctx, j.source.ID, name, j.takes)
	}
	if err != nil {
		return nil, false, err
	}
	opened := thread == nil
	if opened {
		if thread, err = j.openThread(ctx, j.source, j.identity.ID, name, j.in.ThreadTitle, j.at); err != nil {
			return nil, false, err
		}
	}
	if j.in.Echo != nil && (opened || thread.ForeignID == "") {
		j.is.NamedThread, thread.ForeignIDByEcho = true, !opened
	}
	thread.ForeignID = name
	return thread, guess, j.rebind(ctx, &threadKeys, thread.ID, j.source.ID, name)
}

// maxOnTheirWay is of how many contents on their way to a customer, the oldest ones, an echo
// may be.
const maxOnTheirWay = 20

// onItsWay returns the thread of the content on its way to the customer which the echo most
// likely tells of, whatever the state of the thread; nil if there is none, or the echo has a
// key, which is not one of ours then. If the echo names its thread, or what it replies to,
// that is in no other one.
//
// No guard keeps posts from coming in meanwhile: nothing echoes one before it is there.
func (j joining) onItsWay(ctx context.Context) (*interaction.Thread, error) {
	if j.in.Echo == nil || j.in.Echo.Key != "" {
		return nil, nil
	}
	posted, _, err := contents.Find(ctx, j.Work, store.Query{
		Index: byIdentityPending, Prefix: pendingTerm(j.source.ID, j.identity.ID).String(), Limit: maxOnTheirWay,
	})
	if err != nil {
		return nil, err
	}
	if len(posted) == 0 {
		return nil, nil
	}
	above, err := j.above(ctx)
	if err != nil {
		return nil, err
	}
	for _, c := range j.is.EchoOf(posted) {
		if above != nil && above.ThreadID != c.ThreadID {
			continue
		}
		thread, err := j.turn.thread(ctx, c.ThreadID)
		if err != nil {
			return nil, err
		}
		if name := j.in.ThreadForeignID; name == "" || thread.ForeignID == "" || thread.ForeignID == name {
			return thread, nil
		}
	}
	return nil, nil
}

// unnamed returns the thread that the content joins if it names none, or one that is not
// known; nil if there is no such: that of the content which it replies to; the customer's
// current one; if that is closed, the one opened last of those that are open.
func (j joining) unnamed(ctx context.Context, joins func(*interaction.Thread) bool) (*interaction.Thread, error) {
	if thread, err := j.repliedTo(ctx, joins); err != nil || thread != nil {
		return thread, err
	}
	current, err := currentThreads.Get(ctx, j.Work, currentThreadID(j.source.ID, j.identity.ID))
	if err != nil || current == nil {
		return nil, err
	}
	thread, err := j.turn.thread(ctx, current.ThreadID)
	switch {
	case err != nil:
		return nil, err
	case j.includes(current.LastContentAt) && joins(thread):
		return thread, nil
	case thread.Status == interaction.ThreadOpen:
		return nil, nil
	}
	return j.otherOpen(ctx, joins)
}

// above returns the content that this one replies to, nil if that is not known.
func (j joining) above(ctx context.Context) (*interaction.Content, error) {
	if j.in.InReplyTo == "" {
		return nil, nil
	}
	id, err := j.lookup(ctx, &contentKeys, j.source.ID, j.in.InReplyTo)
	if err != nil || id == "" {
		return nil, err
	}
	return j.content(ctx, id)
}

// repliedTo returns the thread of the content that this one replies to, nil if that is
// not known, or the thread does not take it. Any customer may join a discussion so, but the
// company brings nobody into one.
func (j joining) repliedTo(ctx context.Context, joins func(*interaction.Thread) bool) (*interaction.Thread, error) {
	above, err := j.above(ctx)
	if err != nil || above == nil {
		return nil, err
	}
	if j.in.Echo != nil && above.IdentityID != j.identity.ID {
		with, err := correspondents.Get(ctx, j.Work, correspondentID(above.ThreadID, j.identity.ID))
		if err != nil || with == nil {
			return nil, err
		}
	}
	thread, err := j.turn.thread(ctx, above.ThreadID)
	if err != nil || !joins(thread) {
		return nil, err
	}
	return thread, nil
}

// maxOpenThreads is among how many open threads, those that were opened last, to look for
// one that takes a content.
const maxOpenThreads = 20

// otherOpen returns the thread that was opened last of those that began with the customer
// and take the content, nil if there is none.
func (j joining) otherOpen(ctx context.Context, joins func(*interaction.Thread) bool) (*interaction.Thread, error) {
	open, err := j.open(ctx, byIdentityOpen, openOfTerm(j.source.ID, j.identity.ID))
	if err != nil || len(open) == 0 {
		return nil, err
	}
	pairs := make([]string, len(open))
	for n, thread := range open {
		pairs[n] = correspondentID(thread.ID, j.identity.ID)
	}
	with, err := correspondents.All(ctx, j.Work, pairs...)
	if err != nil {
		return nil, err
	}
	for n, thread := range open {
		if with[n] != nil && j.includes(with[n].IncludesFrom()) && joins(thread) {
			return thread, nil
		}
	}
	return nil, nil
}

// openNamed returns the thread that was opened last of those of a name that are open and
// fit, nil if there is none. The name may stand for another one, which is closed: they
// were open both, the older one again.
func (t *turn) openNamed(ctx context.Context, sourceID, name string, fits func(*interaction.Thread) bool) (*interaction.Thread, error) {
	open, err := t.open(ctx, byNameOpen, openNamedTerm(sourceID, name))
	if err != nil {
		return nil, err
	}
	for _, thread := range open {
		if fits(thread) {
			return thread, nil
		}
	}
	return nil, nil
}

// unused refuses a name for a new thread that is the one of an open thread.
func (t *turn) unused(ctx context.Context, sourceID, name string) error {
	id, err := t.lookup(ctx, &threadKeys, sourceID, name)
	if err != nil || id == "" {
		return err
	}
	there, err := t.thread(ctx, id)
	if err == nil && there.Status != interaction.ThreadOpen {
		there, err = t.openNamed(ctx, sourceID, name, func(*interaction.Thread) bool { return true })
	}
	if err != nil || there == nil {
		return err
	}
	return &ConflictError{Resource: threadResource(there.ID), Reason: "is open, and has this foreign ID"}
}

// open finds open threads, those that were opened last first. Who opens the first one of
// them rewrites what is read before: the customer's current thread, or the name.
func (t *turn) open(ctx context.Context, index string, within store.Tuple) ([]*interaction.Thread, error) {
	found, _, err := threads.Find(ctx, t.Work, store.Query{Index: index, Prefix: within.String(), Reverse: true, Limit: maxOpenThreads})
	return found, err
}

// reclaim gives a thread that is open again what has gone over to others meanwhile that
// are closed: the name of the platform, and the customer's next content.
func (t *turn) reclaim(ctx context.Context, thread *interaction.Thread) error {
	isOpen := func(id string) (bool, error) {
		if id == "" || id == thread.ID {
			return false, nil
		}
		other, err := t.thread(ctx, id)
		return err == nil && other.Status == interaction.ThreadOpen, err
	}
	if thread.ForeignID != "" {
		id, err := t.lookup(ctx, &threadKeys, thread.SourceID, thread.ForeignID)
		if err != nil {
			return err
		}
		taken, err := isOpen(id)
		if err != nil {
			return err
		}
		if !taken {
			if err := t.rebind(ctx, &threadKeys, thread.ID, thread.SourceID, thread.ForeignID); err != nil {
				return err
			}
		}
	}
	current, err := currentThreads.Get(ctx, t.Work, currentThreadID(thread.SourceID, thread.IdentityID))
	if err != nil || current == nil {
		return err
	}
	taken, err := isOpen(current.ThreadID)
	if err != nil || taken {
		return err
	}
	current.ThreadID = thread.ID
	return currentThreads.Put(t.Work, current)
}

// follow makes a thread, in which the customer wrote at a time, the one that the next
// content joins, unless they have written since in another one that is open: what comes
// late, and is put into its thread by a name or a reply, takes nothing over.
func (t *turn) follow(ctx context.Context, sourceID, identityID string, thread *interaction.Thread, at time.Time) error {
	current, err := currentThreads.Get(ctx, t.Work, currentThreadID(sourceID, identityID))
	if err != nil {
		return err
	}
	next := currentThread{SourceID: sourceID, IdentityID: identityID, ThreadID: thread.ID, LastContentAt: at}
	if current != nil {
		if current.ThreadID != thread.ID && at.Before(current.LastContentAt) {
			other, err := t.thread(ctx, current.ThreadID)
			if err != nil || other.Status == interaction.ThreadOpen {
				return err
			}
		}
		next.LastContentAt = interaction.Latest(current.LastContentAt, at)
	}
	return currentThreads.Put(t.Work, &next)
}

// lead lets the answer of a customer who has not written in a thread yet join it, as if
// they had written when the company did: from its first content there on, as long as they
// write nowhere else.
func (t *turn) lead(ctx context.Context, k *talk, c *interaction.Content) error {
	if !k.with.LastWroteAt.IsZero() {
		return nil
	}
	if !c.FirstInThread {
		current, err := currentThreads.Get(ctx, t.Work, currentThreadID(k.source.ID, k.with.IdentityID))
		if err != nil || current == nil || current.ThreadID != k.thread.ID {
			return err
		}
	}
	return t.follow(ctx, k.source.ID, k.with.IdentityID, k.thread, c.WrittenAt())
}
