package engage

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store"
)

// What becomes of an echo that turns out to be ours: a platform told of what we had posted,
// without the key, before it answered. Until then it is a content of its own.

// jobAdopt moves what replied to an echo below what was posted, where that is much.
const jobAdopt = "content.adopt"

// adoption is the data of that job.
type adoption struct {
	EchoID string  `json:"echo_id"`
	Behind []int64 `json:"behind,omitempty"` // the path of the content that was looked at last
}

// registerEchoes says how what replied to echoes is moved.
func (c *core) registerEchoes() {
	c.jobs.Within(jobAdopt, within(c, func(ctx context.Context, t *turn, a *adoption) (time.Time, error) {
		echo, err := t.content(ctx, a.EchoID)
		if err != nil {
			return time.Time{}, err
		}
		thread, err := t.thread(ctx, echo.ThreadID)
		if err != nil {
			return time.Time{}, err
		}
		if a.Behind, err = t.adopt(ctx, echo, a.Behind); err != nil || a.Behind == nil {
			return time.Time{}, errors.Join(err, threads.Put(t.Work, thread))
		}
		return t.now, threads.Put(t.Work, thread)
	}))
}

// claimForeignID makes an ID of the platform stand for a content that was posted. If the
// platform has told of it before, as an echo, that one turns out to be the same.
func (t *turn) claimForeignID(ctx context.Context, c *interaction.Content, foreignID string) error {
	if c.ForeignID != "" { // it was delivered before
		if !slices.Contains(c.Duplicates, foreignID) {
			c.Duplicates = append(slices.Clone(c.Duplicates), foreignID)
		}
	} else {
		c.ForeignID = foreignID
	}
	id, err := t.lookup(ctx, &contentKeys, c.SourceID, foreignID)
	if err != nil || id == c.ID {
		return err
	}
	if id != "" {
		echo, err := t.content(ctx, id)
		if err != nil {
			return err
		}
		if !echo.MayBe(*c) {
			return nil // the platform uses an ID twice: the first keeps it
		}
		if err := t.unite(ctx, c, echo); err != nil {
			return err
		}
	}
	return t.rebind(ctx, &contentKeys, c.ID, c.SourceID, foreignID)
}

// unite makes an echo that came in as a content of its own the one that was posted. What it
// costs does not depend on how much was said before it or since.
func (t *turn) unite(ctx context.Context, posted, echo *interaction.Content) error {
	if echo.DuplicateOf != "" {
		return nil
	}
	thread, err := t.thread(ctx, echo.ThreadID)
	if err != nil {
		return err
	}
	k, err := t.talk(ctx, thread, echo.IdentityID)
	if err != nil {
		return err
	}
	echo.DuplicateOf, echo.FirstInThread, echo.UpdatedAt = posted.ID, false, t.now
	if err := contents.Put(t.Work, echo); err != nil {
		return err
	}
	if err := t.leave(ctx, thread, echo); err != nil {
		return err
	}
	if err := t.retract(ctx, k, echo); err != nil {
		return err
	}
	behind, err := t.adopt(ctx, echo, nil)
	if err != nil {
		return err
	}
	if behind != nil {
		next := adoption{EchoID: echo.ID, Behind: behind}
		if _, err := t.later(ctx, jobAdopt, time.Time{}, next); err != nil {
			return err
		}
	}
	if err := t.giveBack(ctx, posted, echo, thread); err != nil {
		return err
	}
	if thread.ContentsCount > 0 || thread.ID == posted.ThreadID || thread.Live > 0 || thread.ChannelSID != "" || thread.Status != interaction.ThreadOpen {
		return t.keep(ctx, k)
	}
	return t.dissolve(ctx, k, posted)
}

// giveBack gives the name that an echo gave to its thread, which must be kept afterwards, to
// the thread of what was posted, unless it has gone over to another one since. One that has
// a name of its own by right leaves it to a thread that was opened for the echo.
func (t *turn) giveBack(ctx context.Context, posted, echo *interaction.Content, thread *interaction.Thread) error {
	name := echo.ThreadForeignID
	if !echo.NamedThread {
		return nil
	}
	if thread.ID == posted.ThreadID {
		thread.ForeignIDByEcho = thread.ForeignIDByEcho && thread.ForeignID != name
		return nil
	}
	id, err := t.lookup(ctx, &threadKeys, thread.SourceID, name)
	if err != nil || id != thread.ID {
		return err
	}
	home, err := t.thread(ctx, posted.ThreadID)
	if err != nil {
		return err
	}
	byRight := home.ForeignID != "" && !home.ForeignIDByEcho
	if byRight && thread.ForeignID == name && !thread.ForeignIDByEcho {
		return nil
	}
	// What somebody has written in a thread that was opened by this name stays there, and
	// it takes no other name.
	if thread.ForeignID == name && (thread.ForeignIDByEcho || thread.ContentsCount == 0) {
		thread.ForeignID, thread.ForeignIDByEcho = "", false
	}
	if !byRight {
		home.ForeignID, home.ForeignIDByEcho = name, false
	}
	return errors.Join(t.rebind(ctx, &threadKeys, home.ID, home.SourceID, name), threads.Put(t.Work, home))
}

// leave takes a duplicate out of what its thread says of its contents. All who write one
// rewrite the thread.
func (t *turn) leave(ctx context.Context, thread *interaction.Thread, duplicate *interaction.Content) error {
	thread.ContentsCount--
	left := store.Query{Index: byThreadPosition, Prefix: idTerm(thread.ID).String(), Limit: 1}
	if thread.FirstContentID == duplicate.ID {
		first, _, err := contents.Find(ctx, t.Work, left)
		if err != nil {
			return err
		}
		thread.FirstContentID, thread.FirstContentAuthorID = "", ""
		for _, c := range first {
			c.FirstInThread, c.UpdatedAt = true, t.now
			thread.FirstContentID, thread.FirstContentAuthorID = c.ID, c.AuthorID
			if err := contents.Put(t.Work, c); err != nil {
				return err
			}
		}
	}
	if thread.LastContentID == duplicate.ID {
		left.Reverse = true
		last, _, err := contents.Find(ctx, t.Work, left)
		if err != nil {
			return err
		}
		thread.LastContentID = ""
		for _, c := range last {
			thread.LastContentID = c.ID
		}
	}
	return nil
}

// adopt gives some of what is below an echo its place below what was posted: what comes
// behind a path in the tree, nil for all. It returns the path behind which to go on, nil if
// that was all; a cursor of what is found would not outlive the work. The thread of the echo
// must be rewritten in the same work, as by all who write a content.
//
// Each content gets the place below the one that it replies to, or, if that is a duplicate,
// below what it turned out to be, as that stands now. The tree is gone through from above,
// so that this has its place already. So it does not matter how many echoes are adopted at
// once in a tree, one below the other: whichever comes first does the same, and what a
// content replies to before it has been moved is moved together with it.
func (t *turn) adopt(ctx context.Context, echo *interaction.Content, behind []int64) (next []int64, err error) {
	if behind == nil {
		behind = echo.Path
	}
	// Below MaxDepth the tree is flat: what replies to the echo is somewhere behind it.
	flat, limit := echo.Path[:min(len(echo.Path), interaction.MaxDepth)], t.Share(stepSize)
	found, _, err := contents.Find(ctx, t.Work, store.Query{
		Index: byThreadTree, Prefix: treePrefix(echo.ThreadID, flat), From: behindPath(echo.ThreadID, behind), Limit: limit,
	})
	if err != nil {
		return nil, err
	}
	var above []store.Key
	for _, c := range found {
		above = append(above, contents.Key(t.Work, c.InReplyToID))
	}
	if err := t.Load(ctx, above...); err != nil {
		return nil, err
	}
	if len(found) == limit {
		next = found[limit-1].Path
	}
	for _, c := range found {
		parent, err := t.content(ctx, c.InReplyToID)
		if err != nil {
			return nil, err
		}
		if parent, err = t.original(ctx, parent); err != nil {
			return nil, err
		}
		moved := c.Under(parent)
		if moved.InReplyToID == c.InReplyToID && slices.Equal(moved.Path, c.Path) && moved.Depth == c.Depth {
			continue
		}
		moved.UpdatedAt = t.now
		if err := contents.Put(t.Work, &moved); err != nil {
			return nil, err
		}
	}
	return next, nil
}

// original returns the content that another one turned out to be, if it is a duplicate,
// else that one itself.
func (t *turn) original(ctx context.Context, c *interaction.Content) (*interaction.Content, error) {
	if c.DuplicateOf == "" {
		return c, nil
	}
	return t.content(ctx, c.DuplicateOf)
}

// dissolve closes a thread that was opened for an echo alone, and gives what stood for it
// to the thread in which the content was posted.
func (t *turn) dissolve(ctx context.Context, k *talk, posted *interaction.Content) error {
	closed, events, err := k.thread.Close(interaction.CauseDuplicate, t.now)
	if err != nil {
		return err
	}
	home, err := t.thread(ctx, posted.ThreadID)
	if err != nil {
		return err
	}
	if closed.ForeignID != "" && home.ForeignID == "" {
		home.ForeignID, closed.ForeignID = closed.ForeignID, ""
		if err := errors.Join(
			t.rebind(ctx, &threadKeys, home.ID, home.SourceID, home.ForeignID),
			threads.Put(t.Work, home),
		); err != nil {
			return err
		}
	}
	current, err := currentThreads.Get(ctx, t.Work, currentThreadID(closed.SourceID, k.with.IdentityID))
	if err != nil {
		return err
	}
	if current != nil && current.ThreadID == closed.ID {
		current.ThreadID = home.ID
		if err := currentThreads.Put(t.Work, current); err != nil {
			return err
		}
	}
	*k.thread = closed
	for _, typ := range events {
		if err := t.tellThread(EventType(typ), k.thread); err != nil {
			return err
		}
	}
	return t.keep(ctx, k)
}
