package engage

import (
	"context"
	"errors"
	"slices"

	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store"
)

// Post is what somebody of the company says in a thread.
type Post struct {
	ThreadID string
	// IdentityID is the customer it is for, who takes part in the thread. It may be left
	// out where the thread has one customer, or InReplyToID says it.
	IdentityID string
	// InReplyToID is the content that it replies to, in the same thread. Empty: it
	// stands by itself.
	InReplyToID string

	interaction.Message

	// ControlEpoch is the epoch of thread control that a bot saw when it began to answer
	// (Control.Get, or ControlEvent.Epoch): if control has changed since, the content is
	// refused. 0: as it is now. It means nothing of agents, and on sources without thread
	// control.
	ControlEpoch int64

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
// any open thread; that is no reply, and leaves the customer unanswered. It is told of
// by EventContentReplied all the same, and has the status user_reply: the names of the
// Engage Digital API, whose journal knows no other way to say that the company wrote.
// The actor and the creator say that it was the system. Customers do not post: what they
// write is received.
//
// On a source with thread control (see [Control]) an agent's content waits until the
// agents have control, which is requested or taken, and is delivered once then; if control
// does not come, because the bot declines or lets the deadline go by, its delivery fails,
// and the next content asks anew. An agent's content is never refused because of control,
// also not while a pass is under way: then it waits to see what becomes of that. A bot's is
// refused unless that bot has control, or nobody has and no agent is engaged
// ([handover.CodeNotInControl]), or if control has changed since it looked
// ([handover.CodeStaleEpoch]); one that is accepted, and not handed to the platform yet
// when control changes, fails. What the system posts is handed to the platform as it is.
//
// The error wraps ErrRefused if the thread is closed, the customer takes no part in it
// (see Threads.Open), there is no such intervention, or the source is not active;
// ErrInvalid if there is nothing said, or more than the source
// takes; ErrConflict if the idempotency key was used for something else. Where the
// intervention is in the way, because it is deferred, closed or canceled, it is the
// resource of the [*RefusedError]; where there is none, that is the thread. A bot that
// control does not let post is told that first, unless somebody has the intervention:
// then the control is the resource.
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
	if err := t.loadNamed(ctx, post); err != nil {
		return Posted{}, err
	}
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
	if err := t.mayPost(ctx, k, identityID, post.ControlEpoch); err != nil {
		return Posted{}, err
	}
	content := interaction.Content{
		ID: id, SourceID: k.source.ID, SourceType: k.source.Type, ThreadID: thread.ID,
		Direction: interaction.Outbound, IdentityID: identityID, Creator: t.actor, Origin: interaction.FromAPI,
		IdempotencyKey: keyText(post.IdempotencyKey), CreatedAt: t.now, ReceivedAt: t.now, UpdatedAt: t.now,
	}.Say(post.Message)
	t.addContent(k, &content, parent)
	if err := t.lead(ctx, k, &content); err != nil {
		return Posted{}, err
	}
	if t.replies() {
		if err := t.countReply(k, &content); err != nil {
			return Posted{}, err
		}
	} else {
		k.with.LastContentAt = interaction.Latest(k.with.LastContentAt, content.WrittenAt())
	}
	if err := t.steerPost(ctx, k.source, &content, post.ControlEpoch); err != nil {
		return Posted{}, err
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
		t.tellContent(ctx, typ, &content, *k.with, thread),
		t.keep(ctx, k),
	); err != nil {
		return Posted{}, err
	}
	return Posted{Content: Content{content, content.Status(*k.with)}}, nil
}

// loadNamed reads at once what a post names.
func (t *turn) loadNamed(ctx context.Context, post Post) error {
	if !isID(post.ThreadID) {
		return &NotFoundError{Resource: threadResource(post.ThreadID)}
	}
	keys := []store.Key{threads.Key(t.Work, post.ThreadID)}
	if key := keyText(post.IdempotencyKey); key != "" {
		keys = append(keys, postKeys.Key(t.Work, hashOf(post.ThreadID, key)))
	}
	if isID(post.InReplyToID) {
		keys = append(keys, contents.Key(t.Work, post.InReplyToID))
	}
	return t.Load(ctx, keys...)
}

// replies reports whether what the actor posts is a reply, and not the host's own.
func (t *turn) replies() bool { return t.actor.Type != ActorSystem }

// mayPost refuses what the actor may not say now to an identity, having looked at control in an
// epoch, or not at all.
func (t *turn) mayPost(ctx context.Context, k *talk, identityID string, epoch int64) error {
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
			Rule: "agents, bots and the system post", Resource: threadResource(k.thread.ID), Remedy: "act for one of them with Engine.As",
		}
	}
	i := k.intervention
	if i == nil {
		i = &interaction.Intervention{}
	}
	if err := i.Reply(t.actor); err != nil {
		// Where nobody has got ahead of a bot, to engage would not help it without control.
		if t.actor.Type == ActorBot && (!i.Status.Live() || i.Owner.IsZero()) {
			if uncontrolled := t.mayNotSend(ctx, k.source, identityID, epoch); uncontrolled != nil {
				return uncontrolled
			}
		}
		about := interventionResource(i.ID) // it is the one that is closed, say, and what is to be resumed or reopened
		if i.ID == "" {
			about = threadResource(k.thread.ID)
		}
		err = refusal(err, about)
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
	*k.with = k.with.Answered(c.Position, c.WrittenAt())
	return interventions.Put(t.Work, &after)
}

// postedAlready answers for a key that was used before.
func (t *turn) postedAlready(ctx context.Context, contentID string, post Post) (Posted, error) {
	first, err := t.content(ctx, contentID)
	if err != nil {
		return Posted{}, err
	}
	if post.InReplyToID != first.InReplyToID && isID(post.InReplyToID) { // that may have turned out to be another one
		above, err := contents.Get(ctx, t.Work, post.InReplyToID)
		if err != nil {
			return Posted{}, err
		}
		if above != nil && above.DuplicateOf != "" {
			post.InReplyToID = above.DuplicateOf
		}
	}
	if first.Creator != t.actor || !post.said(first) {
		return Posted{}, &ConflictError{Resource: Resource{Type: ResourceIdempotencyKey}, Reason: "was used for another content"}
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
	return t.original(ctx, parent)
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
