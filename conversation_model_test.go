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

type threadBook struct {
	id, source, began string // began: the identity
	open              bool
	cause             interaction.CloseCause
	contents          []*contentBook
	pairs             map[string]*pairBook // by identity
	active, reopened  time.Time
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
	at             time.Time
	body           string
	creator        engage.Actor
	synchronizedAs interaction.SyncStatus
}

// caseBook is an intervention.
type caseBook struct {
	id           string
	pair         *pairBook
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

// pair returns the part of a customer in a thread, which may be new.
func (t *threadBook) pair(identity string, now time.Time) *pairBook {
	p := t.pairs[identity]
	if p == nil {
		p = &pairBook{thread: t, identity: identity, active: now}
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

// say adds a content to a thread.
func (b *books) say(p *pairBook, c *contentBook, now time.Time) {
	t := p.thread
	t.pairs[p.identity] = p
	c.pair, c.position, c.at = p, len(t.contents)+1, now
	t.contents = append(t.contents, c)
	b.contents = append(b.contents, c)
	t.active, p.active = now, now
}

// begin adds a thread.
func (b *books) begin(source, identity string, now time.Time) *threadBook {
	t := &threadBook{source: source, began: identity, open: true, pairs: map[string]*pairBook{}, active: now, detail: map[string]string{}}
	if source == "mail" {
		t.categories = []string{"sales"}
	}
	b.threads = append(b.threads, t)
	return t
}

// closesAt is when a silent thread closes by itself, by its source.
func (t *threadBook) closesAt() (at time.Time, ever bool) {
	at = t.active
	if t.reopened.After(at) {
		at = t.reopened
	}
	switch t.source {
	case "mail":
		return at.Add(2 * time.Hour), true
	case "chat":
		return at.Add(4 * 24 * time.Hour), true
	default:
		return at, false
	}
}

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
	c.status, c.until, c.pair.transferred = status, time.Time{}, time.Time{}
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
