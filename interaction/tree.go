package interaction

import "slices"

// The contents of a thread are a tree: each replies to another one of the thread, or to
// none.

// Under returns the content with its place in the tree of its thread: below another
// one, or at the root if that is nil. Its Position must be set. It may reply to a content
// of another thread; then it is at the root, too.
func (c Content) Under(parent *Content) Content {
	c.Depth, c.Path = 0, []int64{c.Position}
	if parent == nil {
		return c
	}
	c.InReplyToID, c.InReplyToAuthorID = parent.ID, parent.AuthorID
	if parent.ThreadID == c.ThreadID {
		c.Depth, c.Path = parent.Depth+1, join(parent.Path, c.Path)
	}
	return c
}

// Below reports whether the content is below another one of its thread, as far as the
// tree is ordered: a content that is deeper than MaxDepth has nothing below it.
func (c Content) Below(other Content) bool {
	n := len(other.Path)
	return len(c.Path) > n && slices.Equal(c.Path[:n], other.Path)
}

// MayBe reports whether a content can turn out to be one that was posted through us: its
// platform told of it as written by the company to the same customer, after it was posted.
func (c Content) MayBe(posted Content) bool {
	return c.Origin == FromPlatform && c.Direction == Outbound && c.IdentityID == posted.IdentityID &&
		(c.ThreadID != posted.ThreadID || c.Position > posted.Position)
}

// Follow returns the content after another one of its thread turned out to be a duplicate:
// what replied to that replies to the original, and what is below it moves there. If the
// original is in another thread, what replied to the duplicate is at the root from now on.
func (c Content) Follow(duplicate, original Content) Content {
	below := c.Below(duplicate)
	if c.InReplyToID == duplicate.ID {
		c.InReplyToID, c.InReplyToAuthorID = original.ID, original.AuthorID
	}
	if !below {
		return c
	}
	rest := c.Path[len(duplicate.Path):]
	c.Depth -= duplicate.Depth + 1
	c.Path = slices.Clone(rest)
	if original.ThreadID == c.ThreadID {
		c.Depth += original.Depth + 1
		c.Path = join(original.Path, rest)
	}
	return c
}

// join returns the path of a content from that of one above it and the rest: those of the
// first MaxDepth above it, and its own.
func join(above, rest []int64) []int64 {
	own := len(rest) - 1
	path := append(slices.Clone(above[:min(len(above), MaxDepth)]), rest[:own]...)
	return append(path[:min(len(path), MaxDepth)], rest[own])
}
