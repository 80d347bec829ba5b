package engage

import (
	"context"
	"slices"

	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store"
)

// TreeFilter says which contents of a thread to list.
type TreeFilter struct {
	ThreadID string // required
	// UnderID lists one content and what is below it only. A content that turned out to
	// be another one of the thread stands for that.
	UnderID      string
	Limit        int // 0: DefaultPage
	Continuation string
}

// Tree returns one page of the contents of a thread in the order of its tree: each
// before those that reply to it, which are in the order in which they came in. Depth
// says how deep a content stands. Below interaction.MaxDepth the tree is flat.
// Threads.List says what it promises.
//
// When an echo turns out to be what was posted here, what replied to it gets its place
// below that. If that is much, Run gives it to the rest. Until then the rest, with what
// is below it, is where the echo was: in the list of the whole thread, and not below
// what was posted, nor below a content of its own that has its place already.
// Contents.List has all of them at any time.
//
// The error wraps ErrNotFound for an unknown thread or content, and ErrInvalid for a
// content of another thread, and for a limit or continuation that cannot be.
func (s Contents) Tree(ctx context.Context, filter TreeFilter) (Page[Content], error) {
	if err := s.allow(ctx, ActionContentsRead, threadResource(filter.ThreadID)); err != nil {
		return Page[Content]{}, err
	}
	part := span{
		of:          []string{contents.Kind, byThreadTree, filter.ThreadID, filter.UnderID},
		oldestFirst: true, limit: filter.Limit, continuation: filter.Continuation,
	}
	return undisturbed(ctx, s.scope, part, func(t *turn) (Page[Content], error) {
		if _, err := t.thread(ctx, filter.ThreadID); err != nil {
			return Page[Content]{}, err
		}
		above, err := t.treeTop(ctx, filter)
		if err != nil {
			return Page[Content]{}, err
		}
		found, err := readMerged(ctx, t, []sortedList[*interaction.Content]{below(filter.ThreadID, above)}, part)
		if err != nil {
			return Page[Content]{}, err
		}
		// What was listed was below the content all the time if that is where it was.
		now, err := t.treeTop(ctx, filter)
		switch {
		case err != nil:
			return Page[Content]{}, err
		case !slices.Equal(now, above):
			return Page[Content]{}, errOvertaken
		}
		list := make([]interaction.Content, len(found.Items))
		for n, c := range found.Items {
			list[n] = *c
		}
		views, err := t.views(ctx, list)
		return Page[Content]{Items: views, Continuation: found.Continuation}, err
	})
}

// treeTop returns the path of the content whose tree is asked for, as it is now; that of
// the whole tree is empty.
func (t *turn) treeTop(ctx context.Context, filter TreeFilter) ([]int64, error) {
	if filter.UnderID == "" {
		return nil, nil
	}
	if isID(filter.UnderID) {
		if err := t.LoadTogether(ctx, contents.Key(t.Work, filter.UnderID)); err != nil {
			return nil, err
		}
	}
	top, err := t.content(ctx, filter.UnderID)
	if err != nil {
		return nil, err
	}
	if top.ThreadID != filter.ThreadID {
		return nil, invalid("UnderID", "is of another thread")
	}
	if top.DuplicateOf == "" {
		return top.Path, nil
	}
	if err := t.LoadTogether(ctx, contents.Key(t.Work, top.DuplicateOf)); err != nil {
		return nil, err
	}
	is, err := t.original(ctx, top)
	if err != nil {
		return nil, err
	}
	if is.ThreadID != filter.ThreadID { // nothing is below it
		return top.Path, nil
	}
	return is.Path, nil
}

// below returns the list of a content and what is below it, in the order of the tree. The
// key is a place below the content, and stays the same when the content moves with all
// that is below it.
func below(threadID string, path []int64) sortedList[*interaction.Content] {
	return sortedList[*interaction.Content]{
		index: byThreadTree, within: store.Tuple(treePrefix(threadID, path)), find: contents.Find,
		key: func(c *interaction.Content) store.Tuple { return store.Tuple{}.Text(pathText(c.Path[len(path):])) },
	}
}
