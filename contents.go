package engage

import (
	"context"
	"errors"

	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store"
)

// Contents keeps what was said in threads, and posts what the company says.
type Contents struct{ scope }

// Content is a content with how far it is dealt with.
type Content struct {
	interaction.Content

	// Status may be newer than the rest where it comes in a list: somebody may have
	// answered it since.
	Status interaction.ContentStatus `json:"status"`
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
// Threads.List says what it promises.
//
// The error wraps ErrNotFound for an unknown thread, and ErrInvalid for a limit or
// continuation that cannot be.
func (s Contents) List(ctx context.Context, filter ContentFilter) (Page[Content], error) {
	if err := s.allow(ctx, ActionContentsRead, threadResource(filter.ThreadID)); err != nil {
		return Page[Content]{}, err
	}
	q := store.Query{
		Index: byThreadPosition, Prefix: idTerm(filter.ThreadID).String(),
		Reverse: filter.NewestFirst, Limit: filter.Limit, Cursor: filter.Continuation,
	}
	var page Page[Content]
	err := s.look(ctx, func(t *turn) error {
		if _, err := t.thread(ctx, filter.ThreadID); err != nil {
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
		if err := t.ignore(ctx, k, c); err != nil {
			return nil, err
		}
		return &Content{*c, c.Status(*k.with)}, errors.Join(
			t.tellContent(ctx, EventContentIgnored, c, *k.with, thread),
			t.keep(ctx, k),
		)
	})
}
