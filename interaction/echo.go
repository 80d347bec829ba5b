package interaction

import (
	"slices"
	"time"
)

// EchoSkew is how much earlier than it was posted here a content may have been written by
// its platform, whose clock may be behind.
const EchoSkew = 5 * time.Minute

// EchoDelay is how much later than it was posted here what a content says may come back in
// other words. What is on its way for longer is stuck, and its echo has the same words.
const EchoDelay = time.Hour

// EchoOf returns which of the contents that are on their way to its customer an echo may
// tell of, the likeliest first: those that say the same, and then the others, which the
// platform may have changed, each in the order that they are given in. What was written
// long before one was posted here is not that one, but comes late; nor is what says
// something else than one that was posted long ago.
func (c Content) EchoOf(posted []*Content) []*Content {
	var same, others []*Content
	for _, p := range posted {
		switch {
		case c.WrittenAt().Before(p.CreatedAt.Add(-EchoSkew)):
		case c.Body == p.Body:
			same = append(same, p)
		case c.WrittenAt().After(p.CreatedAt.Add(EchoDelay)):
		default:
			others = append(others, p)
		}
	}
	return slices.Concat(same, others)
}
