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
		c.Depth = parent.Depth + 1
		c.Path = append(slices.Clone(parent.Path[:min(len(parent.Path), MaxDepth)]), c.Position)
	}
	return c
}

// MayBe reports whether a content can turn out to be one that was posted through us: its
// platform told of it as written by the company to the same customer, after it was posted.
func (c Content) MayBe(posted Content) bool {
	return c.Origin == FromPlatform && c.Direction == Outbound && c.IdentityID == posted.IdentityID &&
		(c.ThreadID != posted.ThreadID || c.Position > posted.Position)
}
