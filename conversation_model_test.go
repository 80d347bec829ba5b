package engage_test

import (
	"cmp"
	"slices"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
)

// books is what conversations come to, kept by hand after the rules, slow and plain. It
// knows nothing of how the Engine does it.
type books struct {
	threads       []*threadBook
	contents      []*contentBook
	interventions []*caseBook
	byForeign     map[[2]string]*contentBook // by source and the platform's ID
	named         map[[2]string]*threadBook  // by source and the platform's ID of the thread
	current       map[[2]string]*lastBook    // by source and customer: where they wrote last
	keys          map[[2]string]*contentBook // by thread and idempotency key
	identities    map[string]string          // IDs, by community and foreign ID
}

// lastBook is where a customer wrote last, and when.
type lastBook struct {
	thread *threadBook
	at     time.Time
}

// note notes that the customer wrote in a thread at a time, which may be long ago.
func (l *lastBook) note(t *threadBook, at time.Time) {
	if l.thread != nil && l.thread != t && l.thread.open && at.Before(l.at) {
		return // they have written there since
	}
	*l = lastBook{t, latest(l.at, at)}
}

// noteCompany notes that the company wrote a content: to a customer who has not written in
// the thread yet, it is as if they had.
func (l *lastBook) noteCompany(c *contentBook) {
	if c.pair.wrote().IsZero() && (c.position == 1 || l.thread == c.pair.thread) {
		l.note(c.pair.thread, c.at)
	}
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

type threadBook struct {
	id, source, began string // began: the identity
	foreign           string
	open              bool
	cause             interaction.CloseCause
	contents          []*contentBook
	pairs             map[string]*pairBook // by identity
	active, reopened  time.Time
	arrived           time.Time // when the last content came in
	closed            time.Time // when it was closed last
	categories        []string
	detail            map[string]string
}

// pairBook is one customer in one thread.
type pairBook struct {
	thread      *threadBook
	identity    string
	cases       []*caseBook
	answered    int // up to which position
	transferred time.Time
	active      time.Time
}

// contentBook is a content.
type contentBook struct {
	id             string
	pair           *pairBook
	position       int
	inbound        bool
	ignored        bool
	above          *contentBook
	intervention   string
	at             time.Time // when it was written
	body           string
	creator        engage.Actor
	synchronizedAs interaction.SyncStatus
}

// caseBook is an intervention.
type caseBook struct {
	id           string
	pair         *pairBook
	on           string // the content
	status       interaction.InterventionStatus
	owner        engage.Actor
	participants []engage.Actor
	replies      int64
	waited       []time.Duration // by the replies that answered something
	until        time.Time
	reopened     int
	categories   []string
	dispositions []string
	comments     int64
}

func (c *caseBook) live() bool {
	return c.status == interaction.InterventionOpen || c.status == interaction.InterventionDeferred
}

// latest is the intervention that counts for a customer in a thread, nil if there was none.
func (p *pairBook) latest() *caseBook {
	if len(p.cases) == 0 {
		return nil
	}
	return p.cases[len(p.cases)-1]
}

// unanswered are the customer's contents that nobody has dealt with.
func (p *pairBook) unanswered() (all []*contentBook) {
	for _, c := range p.thread.contents {
		if c.pair == p && c.inbound && !c.ignored && c.position > p.answered {
			all = append(all, c)
		}
	}
	return all
}

// lastWords is the latest content of the customer that is not ignored, empty if there is
// none.
func (p *pairBook) lastWords() (id string) {
	for _, c := range p.thread.contents {
		if c.pair == p && c.inbound && !c.ignored {
			id = c.id
		}
	}
	return id
}

// waiting is since when the customer has been waiting for an agent to engage.
func (p *pairBook) waiting() time.Time {
	if i := p.latest(); i != nil && i.live() && i.owner.Type == engage.ActorAgent {
		return time.Time{}
	}
	since := p.transferred
	if open := p.unanswered(); len(open) > 0 && (since.IsZero() || open[0].at.Before(since)) {
		since = open[0].at
	}
	return since
}

// live counts the open and deferred interventions of a thread.
func (t *threadBook) live() (n int) {
	for _, p := range t.pairs {
		for _, i := range p.cases {
			if i.live() {
				n++
			}
		}
	}
	return n
}

// anyLive is an intervention of the thread that is open or deferred, nil if none is, or
// there is no thread.
func (t *threadBook) anyLive() *caseBook {
	if t == nil {
		return nil
	}
	for _, c := range t.contents {
		if i := c.pair.latest(); i != nil && i.live() {
			return i
		}
	}
	return nil
}

// pair returns the part of a customer in a thread, which may be new, and then begins at a
// time.
func (t *threadBook) pair(identity string, at time.Time) *pairBook {
	p := t.pairs[identity]
	if p == nil {
		p = &pairBook{thread: t, identity: identity, active: at}
	}
	return p
}

// first is the customer of a thread who has been waiting for longest.
func (t *threadBook) first() (first *pairBook) {
	for _, p := range t.pairs {
		if p.waiting().IsZero() {
			continue
		}
		if first == nil || cmp.Or(p.waiting().Compare(first.waiting()), cmp.Compare(p.identity, first.identity)) < 0 {
			first = p
		}
	}
	return first
}

// waitFor returns the customers who wait for an answer of an owner, who has waited
// longest first.
func (b *books) waitFor(owner engage.Actor) (all []*pairBook) {
	for _, t := range b.threads {
		for _, p := range t.pairs {
			if i := p.latest(); i != nil && i.live() && i.owner == owner && len(p.unanswered()) > 0 {
				all = append(all, p)
			}
		}
	}
	slices.SortFunc(all, func(x, y *pairBook) int {
		return cmp.Or(x.unanswered()[0].at.Compare(y.unanswered()[0].at), cmp.Compare(x.thread.id, y.thread.id), cmp.Compare(x.identity, y.identity))
	})
	return all
}

// status is how far a content is dealt with.
func (c *contentBook) status() interaction.ContentStatus {
	i := c.pair.latest()
	switch {
	case !c.inbound && c.position == 1:
		return interaction.StatusUserInitiated
	case !c.inbound:
		return interaction.StatusUserReply
	case c.ignored:
		return interaction.StatusIgnored
	case c.position <= c.pair.answered:
		return interaction.StatusReplied
	case i != nil && i.live():
		return interaction.StatusAssigned
	default:
		return interaction.StatusNew
	}
}

// tree returns the contents of a thread, each before those that reply to it.
func (t *threadBook) tree() (all []*contentBook) {
	var below func(above *contentBook)
	below = func(above *contentBook) {
		for _, c := range t.contents {
			if c.above == above {
				all = append(all, c)
				below(c)
			}
		}
	}
	below(nil)
	return all
}

// engageable returns the threads in which a customer waits, who has waited longest first.
func (b *books) engageable(source string) (all []*threadBook) {
	for _, t := range b.threads {
		if t.open && t.first() != nil && (source == "" || source == t.source) {
			all = append(all, t)
		}
	}
	slices.SortFunc(all, func(x, y *threadBook) int {
		return cmp.Or(x.first().waiting().Compare(y.first().waiting()), cmp.Compare(x.id, y.id))
	})
	return all
}

// say adds a content, written at a time, to a thread.
func (b *books) say(p *pairBook, c *contentBook, at time.Time) {
	t := p.thread
	t.pairs[p.identity] = p
	c.pair, c.position, c.at = p, len(t.contents)+1, at
	t.contents = append(t.contents, c)
	b.contents = append(b.contents, c)
	t.active, p.active = latest(t.active, at), latest(p.active, at)
}

// begin adds a thread that begins at a time.
func (b *books) begin(source, identity string, at time.Time) *threadBook {
	t := &threadBook{source: source, began: identity, open: true, pairs: map[string]*pairBook{}, active: at, detail: map[string]string{}}
	if source == "mail" {
		t.categories = []string{"sales", "line"}
	}
	b.threads = append(b.threads, t)
	return t
}

// closesAt is when a thread closes by itself that is silent from a time on, or from when
// it was reopened, by its source.
func (t *threadBook) closesAt(from time.Time) (at time.Time, ever bool) {
	at = latest(from, t.reopened)
	switch t.source {
	case "mail":
		return at.Add(2 * time.Hour), true
	case "chat":
		return at.Add(4 * 24 * time.Hour), true
	default:
		return at, false
	}
}

// takes reports whether a customer's content that was written at a time joins: late ones
// as if they had come in time.
func (t *threadBook) takes(at time.Time) bool {
	closes, ever := t.closesAt(t.active)
	return t.open && (!ever || at.Before(closes) || t.live() > 0)
}

// takesEcho reports whether what the company wrote at a time joins.
func (t *threadBook) takesEcho(at time.Time) bool { return t.open || !at.After(t.closed) }

// own gives an intervention an owner.
func (c *caseBook) own(owner engage.Actor) {
	c.owner = owner
	c.participants = slices.DeleteFunc(c.participants, func(a engage.Actor) bool { return a == owner })
	if !owner.IsZero() {
		c.pair.transferred = time.Time{}
	}
}

// end ends an intervention.
func (c *caseBook) end(status interaction.InterventionStatus) {
	c.status, c.until, c.pair.transferred, c.participants = status, time.Time{}, time.Time{}, nil
}

// open makes an intervention open: again, if it was closed.
func (c *caseBook) open() {
	if c.status == interaction.InterventionClosed {
		c.reopened++
		c.dispositions = nil
	}
	c.status, c.until = interaction.InterventionOpen, time.Time{}
}

// takesPart reports whether somebody owns an intervention, or has joined it.
func (c *caseBook) takesPart(a engage.Actor) bool {
	return a == c.owner || slices.Contains(c.participants, a)
}
