package platformtest

import (
	"errors"
	"fmt"
)

// What a sender can do wrong. [Platform.Err] wraps one for each send that was wrong.
var (
	// ErrOverlap says that two contents of one thread were on their way at the same
	// time, or one of them twice. A send whose context has ended, or whose process
	// crashed, is not on its way any more.
	ErrOverlap = errors.New("sent while another one in its thread was on its way")
	// ErrOrder says that a content was sent after one that has a higher
	// Content.Position in the same thread.
	ErrOrder = errors.New("sent after a later one of its thread")
	// ErrRepeated says that a platform that does not honour keys was sent a content
	// again although it had delivered it, or nobody knew whether it had.
	ErrRepeated = errors.New("sent again without need")
	// ErrKey says that the key was empty, was another content's, or was not the one
	// that the content was sent with before.
	ErrKey = errors.New("sent with a wrong key")
	// ErrAttempt says that the number of the attempt was not higher than that of
	// the one before, or below 1.
	ErrAttempt = errors.New("sent with a wrong attempt number")
)

// Failer is the part of [testing.TB] that Check needs. It is not testing.TB itself, so
// that a host that shows the platform in a demonstration does not link package
// testing.
type Failer interface {
	// Helper is that of testing.TB.
	Helper()
	// Errorf is that of testing.TB.
	Errorf(format string, args ...any)
}

// Check fails the test if a sender broke the rules so far, with one error for each
// time it did:
//
//   - The contents of one thread are on their way one at a time ([ErrOverlap]), and in
//     the order of their positions ([ErrOrder]).
//   - A content keeps its key, which no other has ([ErrKey]), and its attempts count
//     up ([ErrAttempt]).
//   - It is sent again only if it certainly was not delivered, or the platform honours
//     keys ([ErrRepeated]). So no customer sees anything twice, unless by
//     [DeliverTwice].
//
// What somebody takes up again by hand is another matter: see [Platform.TakenUp]. The
// text names contents by their IDs, not by what they say.
func (p *Platform) Check(tb Failer) {
	tb.Helper()
	for _, err := range p.violations() {
		tb.Errorf("%v", err)
	}
}

// Err returns what Check reports, or nil. Test it with errors.Is.
func (p *Platform) Err() error { return errors.Join(p.violations()...) }

func (p *Platform) violations() []error {
	p.world.mu.Lock()
	defer p.world.mu.Unlock()
	return p.world.watch.violations[:len(p.world.watch.violations):len(p.world.watch.violations)]
}

// TakenUp says that somebody has taken the delivery of a content up again by hand,
// who answers for it: from now on it may be sent although it may have been delivered,
// after later ones of its thread, and its attempts begin anew. Call it before the
// content can be sent.
func (p *Platform) TakenUp(contentID string) {
	p.world.mu.Lock()
	defer p.world.mu.Unlock()
	for id, h := range p.world.watch.contents {
		if id.name == contentID {
			h.last, h.attempt = nil, 0
		}
	}
	p.world.watch.takenUp[contentID] = true
}

// watch is what the platform remembers in order to find what is wrong. The world's
// lock guards it.
type watch struct {
	contents   map[inSource]*history
	highest    map[inSource]*send // of the highest position, by thread
	open       map[inSource][]*send
	owners     map[string]inSource // the content that a key belongs to
	takenUp    map[string]bool
	violations []error
}

// inSource names a content or a thread.
type inSource struct{ source, name string }

// history is what is known of one content.
type history struct {
	key     string
	attempt int   // the last one
	last    *send // nil if there was none, or somebody has taken it up since
}

func newWatch() watch {
	return watch{
		contents: make(map[inSource]*history),
		highest:  make(map[inSource]*send),
		open:     make(map[inSource][]*send),
		owners:   make(map[string]inSource),
		takenUp:  make(map[string]bool),
	}
}

// arrived looks at a send that has just come.
func (v *watch) arrived(s *send, honoursKeys bool) {
	v.way(s)
	v.order(s)
	v.content(s, honoursKeys)
}

// way holds the sends of a thread to one at a time.
func (v *watch) way(s *send) {
	thread := inSource{s.delivery.Source.ID, s.delivery.Thread.ID}
	open := v.open[thread][:0]
	for _, other := range v.open[thread] {
		if other.underWay() {
			v.report(s, ErrOverlap, "%v is", other)
			open = append(open, other)
		}
	}
	v.open[thread] = append(open, s)
}

// order holds the sends of a thread to the order of positions.
func (v *watch) order(s *send) {
	thread := inSource{s.delivery.Source.ID, s.delivery.Thread.ID}
	switch highest := v.highest[thread]; {
	case highest == nil || s.delivery.Content.Position >= highest.delivery.Content.Position:
		v.highest[thread] = s
	case !v.takenUp[s.delivery.Content.ID]:
		v.report(s, ErrOrder, "after %v", highest)
	}
}

// content holds the sends of one content to what they must have in common, and to
// being needed.
func (v *watch) content(s *send, honoursKeys bool) {
	d := s.delivery
	id := inSource{d.Source.ID, d.Content.ID}
	h, known := v.contents[id]
	if !known {
		h = &history{key: d.Key}
		v.contents[id] = h
	}

	owner, taken := v.owners[d.Key]
	switch {
	case d.Key == "":
		v.report(s, ErrKey, "it is empty")
	case taken && owner != id:
		v.report(s, ErrKey, "%q is that of content %s", d.Key, owner.name)
	case d.Key != h.key:
		v.report(s, ErrKey, "%q, and %q before", d.Key, h.key)
	default:
		v.owners[d.Key] = id
	}

	if d.Attempt <= h.attempt {
		v.report(s, ErrAttempt, "%d after %d", d.Attempt, h.attempt)
	}
	h.attempt = d.Attempt

	switch last := h.last; {
	case last == nil || honoursKeys:
	case last.answered && last.err == nil:
		v.report(s, ErrRepeated, "%v was delivered", last)
	case last.doubtful():
		v.report(s, ErrRepeated, "nobody knows what became of %v", last)
	}
	h.last = s
}

func (v *watch) report(s *send, rule error, format string, args ...any) {
	v.violations = append(v.violations, fmt.Errorf("%v: %w: %s", s, rule, fmt.Sprintf(format, args...)))
}

// String names the send in what Check reports.
func (s *send) String() string {
	d := s.delivery
	return fmt.Sprintf("send %d (thread %s, content %s at %d, attempt %d)", s.number, d.Thread.ID, d.Content.ID, d.Content.Position, d.Attempt)
}
