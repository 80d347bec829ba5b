package engage

import (
	"context"
	"time"

	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store"
)

// Which thread a customer's content joins: the one that the platform names, else the
// customer's current one, else a new one.

// threadFor returns the thread that an inbound content, written at a time, joins. It may
// be new.
func (t *turn) threadFor(ctx context.Context, source *interaction.Source, identity *interaction.Identity, in Inbound, at time.Time) (*interaction.Thread, error) {
	joins := func(thread *interaction.Thread) bool { return in.Echo != nil || thread.Takes(*source, at) }
	if in.ThreadForeignID == "" {
		thread, err := t.currentOf(ctx, source, identity, in, at, joins)
		if err != nil || thread != nil {
			return thread, err
		}
		return t.openThread(ctx, source, identity.ID, "", in.ThreadTitle, at)
	}
	id, err := t.lookup(ctx, &threadKeys, source.ID, in.ThreadForeignID)
	if err != nil {
		return nil, err
	}
	var thread *interaction.Thread
	if id != "" {
		if thread, err = t.thread(ctx, id); err != nil || joins(thread) {
			return thread, err
		}
		thread = nil
	} else {
		// The platform names a thread for the first time. It may be one that began
		// here, and so without a name.
		thread, err = t.currentOf(ctx, source, identity, in, at, func(thread *interaction.Thread) bool {
			return thread.ForeignID == "" && joins(thread)
		})
		if err != nil {
			return nil, err
		}
	}
	if thread == nil {
		if thread, err = t.openThread(ctx, source, identity.ID, in.ThreadForeignID, in.ThreadTitle, at); err != nil {
			return nil, err
		}
	}
	thread.ForeignID = in.ThreadForeignID
	return thread, t.rebind(ctx, &threadKeys, thread.ID, source.ID, in.ThreadForeignID)
}

// maxThreadsBack is among how many of a customer's latest threads to look for one that is
// still open, when the current one is not.
const maxThreadsBack = 10

// currentOf returns the thread that a content joins which names none, nil if there is no
// such: the customer's current one; if that is closed, the latest that is open; and for
// one that replies to a content, the thread of that.
func (t *turn) currentOf(
	ctx context.Context, source *interaction.Source, identity *interaction.Identity, in Inbound, at time.Time, joins func(*interaction.Thread) bool,
) (*interaction.Thread, error) {
	current, err := currentThreads.Get(ctx, t.Work, currentThreadID(source.ID, identity.ID))
	if err != nil {
		return nil, err
	}
	if current != nil {
		thread, err := t.thread(ctx, current.ThreadID)
		if err != nil {
			return nil, err
		}
		if (in.Echo != nil || source.Includes(current.LastContentAt, at)) && joins(thread) {
			return thread, nil
		}
		if thread.Status == interaction.ThreadClosed {
			if thread, err := t.openOf(ctx, source, identity, at, joins); err != nil || thread != nil {
				return thread, err
			}
		}
	}
	if in.InReplyTo == "" {
		return nil, nil
	}
	id, err := t.lookup(ctx, &contentKeys, source.ID, in.InReplyTo)
	if err != nil || id == "" {
		return nil, err
	}
	above, err := t.content(ctx, id)
	if err != nil || above.IdentityID != identity.ID {
		return nil, err
	}
	thread, err := t.thread(ctx, above.ThreadID)
	if err != nil || !joins(thread) {
		return nil, err
	}
	return thread, nil
}

// openOf returns the latest thread of a customer on a source that takes another content,
// nil if there is none.
func (t *turn) openOf(ctx context.Context, source *interaction.Source, identity *interaction.Identity, at time.Time, joins func(*interaction.Thread) bool) (*interaction.Thread, error) {
	latest, _, err := correspondents.Find(ctx, t.Work, store.Query{
		Index: byIdentityActive, Prefix: idTerm(identity.ID).String(), Reverse: true, Limit: maxThreadsBack,
	})
	if err != nil {
		return nil, err
	}
	for _, with := range latest {
		if with.SourceID != source.ID || !source.Includes(with.LastWroteAt, at) {
			continue
		}
		if thread, err := t.thread(ctx, with.ThreadID); err != nil || thread.Status == interaction.ThreadOpen && joins(thread) {
			return thread, err
		}
	}
	return nil, nil
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
// content joins. One with a foreign ID, which the platform would name again, is not if
// the customer has written elsewhere since.
func (t *turn) follow(ctx context.Context, sourceID, identityID string, thread *interaction.Thread, at time.Time) error {
	current, err := currentThreads.Get(ctx, t.Work, currentThreadID(sourceID, identityID))
	if err != nil {
		return err
	}
	next := currentThread{SourceID: sourceID, IdentityID: identityID, ThreadID: thread.ID, LastContentAt: at}
	switch {
	case current == nil:
	case current.ThreadID == thread.ID:
		next.LastContentAt = interaction.Latest(current.LastContentAt, at)
	case thread.ForeignID != "" && at.Before(current.LastContentAt):
		return nil
	}
	return currentThreads.Put(t.Work, &next)
}

// refresh lets the answer of a customer who has not written in a thread yet join it as if
// the customer had written now.
func (t *turn) refresh(ctx context.Context, k *talk) error {
	if !k.with.LastWroteAt.IsZero() {
		return nil
	}
	current, err := currentThreads.Get(ctx, t.Work, currentThreadID(k.source.ID, k.with.IdentityID))
	if err != nil || current == nil || current.ThreadID != k.thread.ID {
		return err
	}
	current.LastContentAt = t.now
	return currentThreads.Put(t.Work, current)
}
