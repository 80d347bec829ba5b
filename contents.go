package engage

import (
	"context"
	"errors"
	"slices"

	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store"
)

// Contents keeps what was said in threads, and posts what the company says.
type Contents struct{ scope }

// Content is a content with how far it is dealt with.
type Content struct {
	interaction.Content

	Status interaction.ContentStatus `json:"status"`
}

// Post is what somebody of the company says in a thread.
type Post struct {
	ThreadID string
	// IdentityID is the customer it is for. It may be left out where the thread has
	// one customer, or InReplyToID says it.
	IdentityID string
	// InReplyToID is the content that it replies to, in the same thread. Empty: it
	// stands by itself.
	InReplyToID string

	interaction.Message

	// IdempotencyKey makes a repeated call harmless: the content that was posted with
	// it comes back. It may be any bytes, and binds within the thread.
	IdempotencyKey string
}

// Posted is what became of a Post.
type Posted struct {
	Content

	// Repeated says that the idempotency key was known, and nothing was posted now.
	Repeated bool `json:"repeated,omitempty"`
}

// Post says something to a customer (seed 000, "Engage Bots": "Bot posts messages to the
// customer associated with the intervention"). The content is kept with
// synchronization_status export_pending, and Run delivers it through the platform of the
// source, in the order of its thread; EventContentExported tells how that ended.
//
// An agent or a bot replies: within an open intervention with the customer that it owns
// or takes part in, in an open thread. The system, that is the host itself, may post to
// any open thread; that is no reply, and leaves the customer unanswered. Customers do
// not post: what they write is received.
//
// The error wraps ErrRefused if the thread is closed, there is no such intervention, or
// the source is not active; ErrInvalid if there is nothing said, or more than the source
// takes; ErrConflict if the idempotency key was used for something else.
func (s Contents) Post(ctx context.Context, post Post) (Posted, error) {
	if err := s.allow(ctx, ActionContentsPost, threadResource(post.ThreadID)); err != nil {
		return Posted{}, err
	}
	for _, f := range []struct{ field, text string }{{"identity_id", post.IdentityID}, {"in_reply_to_id", post.InReplyToID}} {
		if err := checkHostText(f.field, f.text); err != nil {
			return Posted{}, err
		}
	}
	var posted Posted
	err := s.do(ctx, func(t *turn) (err error) {
		posted, err = t.post(ctx, post)
		return err
	})
	if err != nil {
		return Posted{}, err
	}
	return posted, nil
}

func (t *turn) post(ctx context.Context, post Post) (Posted, error) {
	thread, err := t.thread(ctx, post.ThreadID)
	if err != nil {
		return Posted{}, err
	}
	id := t.ID()
	if key := keyText(post.IdempotencyKey); key != "" {
		first, err := t.bind(ctx, &postKeys, id, thread.ID, key)
		if err != nil {
			return Posted{}, err
		}
		if first != id {
			return t.postedAlready(ctx, first, post)
		}
	}
	parent, err := t.replyTo(ctx, thread, post.InReplyToID)
	if err != nil {
		return Posted{}, err
	}
	identityID, err := post.customer(thread, parent)
	if err != nil {
		return Posted{}, err
	}
	k, err := t.talk(ctx, thread, identityID)
	if err != nil {
		return Posted{}, err
	}
	if err := post.CheckPost(*k.source); err != nil {
		return Posted{}, invalidField(err)
	}
	if err := t.mayPost(k); err != nil {
		return Posted{}, err
	}
	content := interaction.Content{
		ID: id, SourceID: k.source.ID, SourceType: k.source.Type, ThreadID: thread.ID,
		Direction: interaction.Outbound, IdentityID: identityID, Creator: t.actor, Origin: interaction.FromAPI,
		IdempotencyKey: keyText(post.IdempotencyKey), CreatedAt: t.now, ReceivedAt: t.now, UpdatedAt: t.now,
	}.Say(post.Message)
	t.addContent(k, &content, parent)
	if t.replies() {
		if err := t.countReply(k, &content); err != nil {
			return Posted{}, err
		}
	} else {
		k.with.LastContentAt = t.now
	}
	if err := t.deliver(ctx, &content); err != nil {
		return Posted{}, err
	}
	typ := EventContentReplied
	if content.FirstInThread {
		typ = EventContentDiscussionInitiated
	}
	if err := errors.Join(
		contents.Insert(t.Work, &content),
		t.tellContent(typ, &content, *k.with, thread),
		t.keep(ctx, k),
	); err != nil {
		return Posted{}, err
	}
	return Posted{Content: Content{content, content.Status(*k.with)}}, nil
}

// replies reports whether what the actor posts is a reply, and not the host's own.
func (t *turn) replies() bool { return t.actor.Type != ActorSystem }

// mayPost refuses what the actor may not say now.
func (t *turn) mayPost(k *talk) error {
	if err := active(k.source); err != nil {
		return err
	}
	if err := k.thread.Continue(); err != nil {
		return refusal(err, threadResource(k.thread.ID))
	}
	if !t.replies() {
		return nil
	}
	if interaction.CheckOwner(t.actor) != nil {
		return &RefusedError{
			Rule: "agents, bots and the system post", Resource: threadResource(k.thread.ID),
			Remedy: "hand what a customer wrote to Threads.Receive",
		}
	}
	i := k.intervention
	if i == nil {
		i = &interaction.Intervention{}
	}
	if err := i.Reply(t.actor); err != nil {
		err = refusal(err, threadResource(k.thread.ID))
		if i.Status.Live() && i.Owner != t.actor {
			return &EngagedError{Intervention: *i, Err: err}
		}
		return err
	}
	return nil
}

// countReply counts a reply within the intervention of the talk.
func (t *turn) countReply(k *talk, c *interaction.Content) error {
	after := *k.intervention
	after.Replies = after.Replies.Add(c.ID, k.with.UnansweredSince, t.now)
	after.UpdatedAt = t.now
	c.InterventionID = after.ID
	k.intervention = &after
	*k.with = k.with.Answered(c.Position, t.now)
	return interventions.Put(t.Work, &after)
}

// postedAlready answers for a key that was used before.
func (t *turn) postedAlready(ctx context.Context, contentID string, post Post) (Posted, error) {
	first, err := t.content(ctx, contentID)
	if err != nil {
		return Posted{}, err
	}
	if first.Creator != t.actor || !post.said(first) {
		return Posted{}, &ConflictError{Resource: Resource{Type: resourceIdempotencyKey}, Reason: "was used for another content"}
	}
	view, err := t.viewed(ctx, first)
	return Posted{Content: view, Repeated: true}, err
}

// said reports whether a content is what the post says.
func (p Post) said(c *interaction.Content) bool {
	same := c.Say(p.Message)
	return same.Title == c.Title && same.Body == c.Body && same.BodyFormat == c.BodyFormat && same.Private == c.Private &&
		same.Language == c.Language && slices.Equal(same.Attachments, c.Attachments) &&
		p.InReplyToID == c.InReplyToID && (p.IdentityID == "" || p.IdentityID == c.IdentityID)
}

// replyTo returns the content that a post replies to, nil if it does not say.
func (t *turn) replyTo(ctx context.Context, thread *interaction.Thread, id string) (*interaction.Content, error) {
	if id == "" {
		return nil, nil
	}
	parent, err := t.content(ctx, id)
	if err != nil {
		return nil, err
	}
	if parent.ThreadID != thread.ID {
		return nil, invalid("in_reply_to_id", "is of another thread")
	}
	return parent, nil
}

// customer returns whom a post is for.
func (p Post) customer(thread *interaction.Thread, parent *interaction.Content) (string, error) {
	switch {
	case parent != nil && p.IdentityID != "" && parent.IdentityID != p.IdentityID:
		return "", invalid("identity_id", "is not the customer of the content that it replies to")
	case p.IdentityID != "":
		return p.IdentityID, nil
	case parent != nil:
		return parent.IdentityID, nil
	case thread.CustomersCount > 1:
		return "", invalid("identity_id", "is empty, and the thread has several customers")
	default:
		return thread.IdentityID, nil
	}
}

// Get returns a content.
func (s Contents) Get(ctx context.Context, id string) (Content, error) {
	if err := s.allow(ctx, ActionContentsRead, contentResource(id)); err != nil {
		return Content{}, err
	}
	return read(ctx, s.scope, func(t *turn) (*Content, error) {
		c, err := t.content(ctx, id)
		if err != nil {
			return nil, err
		}
		view, err := t.viewed(ctx, c)
		return &view, err
	})
}

// ContentFilter says which contents of a thread to list, and how.
type ContentFilter struct {
	ThreadID string // required
	// NewestFirst turns the order around. The order in which they came in is the
	// default.
	NewestFirst bool
	// Limit is the length of a page; 0 means DefaultPage.
	Limit int
	// Continuation is that of the page before.
	Continuation string
}

// List returns one page of the contents of a thread, in the order in which they came in.
func (s Contents) List(ctx context.Context, filter ContentFilter) (Page[Content], error) {
	q := store.Query{
		Index: byThreadPosition, Prefix: idTerm(filter.ThreadID).String(),
		Reverse: filter.NewestFirst, Limit: filter.Limit, Cursor: filter.Continuation,
	}
	return s.list(ctx, filter.ThreadID, func(*turn) (store.Query, error) { return q, nil })
}

// TreeFilter says which contents of a thread to list.
type TreeFilter struct {
	ThreadID string // required
	// UnderID lists one content and what is below it only.
	UnderID      string
	Limit        int // 0: DefaultPage
	Continuation string
}

// Tree returns one page of the contents of a thread in the order of its tree: each
// before those that reply to it, which are in the order in which they came in. Depth
// says how deep a content stands. Below interaction.MaxDepth the tree is flat.
func (s Contents) Tree(ctx context.Context, filter TreeFilter) (Page[Content], error) {
	return s.list(ctx, filter.ThreadID, func(t *turn) (store.Query, error) {
		q := store.Query{
			Index: byThreadTree, Prefix: idTerm(filter.ThreadID).String(),
			Limit: filter.Limit, Cursor: filter.Continuation,
		}
		if filter.UnderID != "" {
			top, err := t.content(ctx, filter.UnderID)
			if err != nil {
				return q, err
			}
			if top.ThreadID != filter.ThreadID {
				return q, invalid("UnderID", "is of another thread")
			}
			within := idTerm(filter.ThreadID).Text(pathText(top.Path)).String()
			q.Prefix = within[:len(within)-1] // without the mark of the path's end
		}
		return q, nil
	})
}

func (s Contents) list(ctx context.Context, threadID string, query func(*turn) (store.Query, error)) (Page[Content], error) {
	if err := s.allow(ctx, ActionContentsRead, threadResource(threadID)); err != nil {
		return Page[Content]{}, err
	}
	var page Page[Content]
	err := s.do(ctx, func(t *turn) error {
		if _, err := t.thread(ctx, threadID); err != nil {
			return err
		}
		q, err := query(t)
		if err != nil {
			return err
		}
		found, err := pageOf(ctx, t, &contents, q, everything)
		if err != nil {
			return err
		}
		views, err := t.views(ctx, found.Items)
		page = Page[Content]{Items: views, Continuation: found.Continuation}
		return err
	})
	if err != nil {
		return Page[Content]{}, err
	}
	return page, nil
}

// views returns contents with how far they are dealt with.
func (t *turn) views(ctx context.Context, list []interaction.Content) ([]Content, error) {
	at := map[string]int{}
	var ids []string
	for _, c := range list {
		id := correspondentID(c.ThreadID, c.IdentityID)
		if _, known := at[id]; !known {
			at[id] = len(ids)
			ids = append(ids, id)
		}
	}
	with, err := correspondents.All(ctx, t.Work, ids...)
	if err != nil {
		return nil, err
	}
	views := make([]Content, len(list))
	for i, c := range list {
		var pair interaction.Correspondent
		if found := with[at[correspondentID(c.ThreadID, c.IdentityID)]]; found != nil {
			pair = *found
		}
		views[i] = Content{c, c.Status(pair)}
	}
	return views, nil
}

func (t *turn) viewed(ctx context.Context, c *interaction.Content) (Content, error) {
	views, err := t.views(ctx, []interaction.Content{*c})
	if err != nil {
		return Content{}, err
	}
	return views[0], nil
}

// Ignore says that a customer's content needs no answer. To ignore it again changes
// nothing. What the company wrote cannot be ignored.
func (s Contents) Ignore(ctx context.Context, id string) (Content, error) {
	if err := s.allow(ctx, ActionContentsIgnore, contentResource(id)); err != nil {
		return Content{}, err
	}
	return read(ctx, s.scope, func(t *turn) (*Content, error) {
		c, err := t.content(ctx, id)
		if err != nil {
			return nil, err
		}
		if c.Direction != interaction.Inbound {
			return nil, &RefusedError{Rule: "only a customer's content can be ignored", Resource: contentResource(id)}
		}
		thread, err := t.thread(ctx, c.ThreadID)
		if err != nil {
			return nil, err
		}
		k, err := t.talk(ctx, thread, c.IdentityID)
		if err != nil {
			return nil, err
		}
		if c.Ignored {
			return &Content{*c, c.Status(*k.with)}, nil
		}
		counted := k.with.Counts(*c)
		c.Ignored, c.UpdatedAt = true, t.now
		if err := contents.Put(t.Work, c); err != nil {
			return nil, err
		}
		if counted {
			next, err := t.oldestUnanswered(ctx, k.with)
			if err != nil {
				return nil, err
			}
			*k.with = k.with.Disregard(c.Position, next)
		}
		return &Content{*c, c.Status(*k.with)}, errors.Join(
			t.tellContent(EventContentIgnored, c, *k.with, thread),
			t.keep(ctx, k),
		)
	})
}

// oldestUnanswered finds the first of a customer's contents that is neither answered
// nor ignored. All who write one rewrite the pair.
func (t *turn) oldestUnanswered(ctx context.Context, with *interaction.Correspondent) (*interaction.Content, error) {
	within := idTerm(with.ThreadID).Text(with.IdentityID)
	found, _, err := contents.Find(ctx, t.Work, store.Query{
		Index: byCorrespondentUnanswered, Prefix: within.String(), From: within.Int(with.AnsweredUpTo + 1).String(), Limit: 1,
	})
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return found[0], nil
}
