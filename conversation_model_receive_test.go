package engage_test

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
)

// receive lets a customer write, or the company on the platform itself, now or long ago.
func (d *drill) receive() {
	now := d.clock.read()
	source := rapid.SampledFrom(drillSources).Draw(d.rt, "source")
	in := d.says(rapid.SampledFrom(drillCustomers).Draw(d.rt, "customer"), "hello")
	in.SourceID = source
	switch rapid.IntRange(0, 9).Draw(d.rt, "foreign ID") {
	case 0:
		in.ForeignID = ""
	case 1:
		in.ForeignID = fmt.Sprintf("mid.%d", rapid.IntRange(1, d.written).Draw(d.rt, "again"))
	}
	in.ThreadForeignID = rapid.SampledFrom([]string{"", "", "t1", "t2"}).Draw(d.rt, "foreign thread")
	if rapid.Bool().Draw(d.rt, "is a reply") {
		in.InReplyTo = fmt.Sprintf("mid.%d", rapid.IntRange(1, d.written+1).Draw(d.rt, "in reply to"))
	}
	at := now
	if rapid.IntRange(0, 3).Draw(d.rt, "says when") > 0 {
		in.CreatedAt = now.Add(rapid.SampledFrom([]time.Duration{
			0, -time.Second, -time.Hour, -61 * time.Minute, -2 * time.Hour, -3 * time.Hour, -5 * 24 * time.Hour, time.Minute,
		}).Draw(d.rt, "written"))
		if in.CreatedAt.Before(now) { // a clock that is ahead counts for nothing
			at = in.CreatedAt
		}
	}
	if rapid.IntRange(0, 5).Draw(d.rt, "echo") == 0 {
		in.Echo = &engage.Echo{Creator: robot}
		in.Body = rapid.SampledFrom([]string{"hello", "yes", "no"}).Draw(d.rt, "body")
		in.Echo.Key = rapid.SampledFrom([]string{"", "", "another's"}).Draw(d.rt, "key")
	}
	got, err := d.Threads.Receive(d.t.Context(), in)
	d.verdict(err, nil) // never refused
	if known := d.byForeign[[2]string{source, in.ForeignID}]; in.ForeignID != "" && known != nil {
		if !got.Repeated || got.ContentID != known.id || got.ThreadID != known.pair.thread.id {
			d.rt.Fatalf("repeated: %+v, want content %s", got, known.id)
		}
		return
	}
	account := communities[source] + "/" + in.Customer.ForeignID
	if id := d.identities[account]; id != "" && id != got.IdentityID {
		d.rt.Fatalf("identity %s, want %s", got.IdentityID, id)
	}
	d.identities[account] = got.IdentityID
	t, last := d.joined(in, got.IdentityID, at)
	if t == nil {
		t = d.begin(source, got.IdentityID, at)
		t.id = got.ThreadID
	}
	if in.ThreadForeignID != "" {
		d.named[[2]string{source, in.ThreadForeignID}], t.foreign = t, in.ThreadForeignID
	}
	p := t.pair(got.IdentityID, at)
	c := &contentBook{id: got.ContentID, inbound: in.Echo == nil, body: in.Body, synchronizedAs: interaction.SyncSuccess}
	if above := d.byForeign[[2]string{source, in.InReplyTo}]; above != nil && above.pair.thread == t {
		c.above = above
	}
	d.say(p, c, at)
	p.thread.arrived = d.clock.read()
	if in.ForeignID != "" {
		d.byForeign[[2]string{source, in.ForeignID}] = c
	}
	if got.ThreadID != t.id || got.Repeated || got.FirstInThread != (c.position == 1) {
		d.rt.Fatalf("%+v, want thread %s, position %d", got, t.id, c.position)
	}
	d.tells(engage.System(), engage.EventContentImported, c.id)
	i := p.latest()
	if in.Echo != nil {
		if !d.guess { // else it is most likely what was posted, which has answered already
			p.answeredBy(c)
		}
		c.creator = robot
	} else {
		d.wake(i)
	}
	if in.Echo == nil {
		last.note(t, at)
	} else {
		last.noteCompany(c)
	}
	if i != nil && i.live() {
		c.intervention = i.id
	}
	if got.InterventionID != c.intervention {
		d.rt.Fatalf("intervention %q, want %q", got.InterventionID, c.intervention)
	}
}

// answeredBy lets an echo answer what was written by then: all, or what came in before the
// first content that was written after it.
func (p *pairBook) answeredBy(echo *contentBook) {
	if !p.wrote().After(echo.at) {
		p.answered = echo.position
		return
	}
	for _, c := range p.unanswered() {
		if c.at.After(echo.at) {
			return
		}
		p.answered = c.position
	}
}

// last is where a customer wrote last on a source.
func (d *drill) last(source, identity string) *lastBook {
	who := [2]string{source, identity}
	if d.current[who] == nil {
		d.current[who] = &lastBook{}
	}
	return d.current[who]
}

// openThreads are those of some threads that are open, the newest first.
func (d *drill) openThreads(of func(*threadBook) bool) (all []*threadBook) {
	for _, t := range d.threads {
		if t.open && of(t) {
			all = append(all, t)
		}
	}
	slices.SortFunc(all, func(x, y *threadBook) int { return cmp.Compare(y.id, x.id) })
	return all[:min(len(all), 20)]
}

// joined is the thread that a content, written at a time, joins, nil if it begins one.
func (d *drill) joined(in engage.Inbound, identity string, at time.Time) (t *threadBook, last *lastBook) {
	last = d.last(in.SourceID, identity)
	d.guess = false
	joins := func(t *threadBook) bool { return t.takes(at) }
	if in.Echo != nil {
		joins = func(t *threadBook) bool { return t.takesEcho(at) }
	}
	known := d.named[[2]string{in.SourceID, in.ThreadForeignID}]
	if in.ThreadForeignID != "" && known != nil && known.open && joins(known) {
		return known, last
	}
	if t := d.onItsWay(in, identity, at); t != nil {
		d.guess = true
		return t, last
	}
	if in.ThreadForeignID == "" {
		return d.unnamed(in, identity, at, last, joins), last
	}
	if known == nil {
		return d.unnamed(in, identity, at, last, func(t *threadBook) bool { return t.foreign == "" && t.open && joins(t) }), last
	}
	if joins(known) {
		return known, last
	}
	for _, t := range d.openThreads(func(t *threadBook) bool { return t.source == in.SourceID && t.foreign == in.ThreadForeignID }) {
		if joins(t) {
			return t, last
		}
	}
	return nil, last
}

// onItsWay is the thread of what an echo, written at a time, most likely is, nil if there is
// none: the same words, else the oldest of the last hour; not in a thread with another name,
// nor in another than what it replies to, nor posted later, as far as the platform's clock can
// be trusted.
func (d *drill) onItsWay(in engage.Inbound, identity string, at time.Time) *threadBook {
	if in.Echo == nil || in.Echo.Key != "" {
		return nil
	}
	var oldest, same *contentBook
	for _, c := range d.contents {
		t := c.pair.thread
		if c.synchronizedAs != interaction.SyncPending || t.source != in.SourceID || c.pair.identity != identity || at.Before(c.at.Add(-5*time.Minute)) {
			continue
		}
		if in.ThreadForeignID != "" && t.foreign != "" && t.foreign != in.ThreadForeignID {
			continue
		}
		if above := d.byForeign[[2]string{in.SourceID, in.InReplyTo}]; above != nil && above.pair.thread != t {
			continue
		}
		if oldest == nil && !at.After(c.at.Add(time.Hour)) {
			oldest = c
		}
		if same == nil && c.body == in.Body {
			same = c
		}
	}
	if c := cmp.Or(same, oldest); c != nil {
		return c.pair.thread
	}
	return nil
}

// unnamed is the thread that a content joins which names none, or one that is not known.
func (d *drill) unnamed(in engage.Inbound, identity string, at time.Time, last *lastBook, joins func(*threadBook) bool) *threadBook {
	includes := func(wrote time.Time) bool {
		return in.Echo != nil || in.SourceID != "mail" || at.Sub(wrote) <= time.Hour
	}
	if above := d.byForeign[[2]string{in.SourceID, in.InReplyTo}]; in.InReplyTo != "" && above != nil {
		t := above.pair.thread
		if (in.Echo == nil || t.pairs[identity] != nil) && joins(t) {
			return t
		}
	}
	switch t := last.thread; {
	case t == nil:
		return nil
	case includes(last.at) && joins(t):
		return t
	case t.open:
		return nil
	}
	for _, t := range d.openThreads(func(t *threadBook) bool { return t.source == in.SourceID && t.began == identity }) {
		p := t.pairs[identity]
		if includes(cmp.Or(p.wrote(), p.active)) && joins(t) {
			return t
		}
	}
	return nil
}

// wrote is when the latest content of the customer was written.
func (p *pairBook) wrote() (at time.Time) {
	for _, c := range p.thread.contents {
		if c.pair == p && c.inbound {
			at = latest(at, c.at)
		}
	}
	return at
}

// wake is what a customer who writes does to the intervention.
func (d *drill) wake(i *caseBook) {
	if i == nil {
		return
	}
	switch i.status {
	case interaction.InterventionClosed:
		d.tells(engage.System(), engage.EventInterventionReopened, i.id)
	case interaction.InterventionDeferred:
		d.tells(engage.System(), engage.EventInterventionReactivated, i.id)
	case interaction.InterventionOpen:
	case interaction.InterventionCanceled:
		return
	}
	i.open()
	d.leave(engage.System(), i)
}

// leave leaves the customer to the owner of an intervention, who loses it if they are gone.
func (d *drill) leave(by engage.Actor, i *caseBook) {
	if d.gone[i.owner] {
		i.owner = engage.Actor{}
		d.tells(by, engage.EventInterventionUserUpdated, i.id)
	}
	if i.owner.IsZero() && i.pair.transferred.IsZero() {
		i.pair.transferred = d.clock.read()
	}
}

// mayTake reports whether somebody may take an intervention away from its owner.
func (d *drill) mayTake(i *caseBook, by engage.Actor) bool {
	return i.owner.Type != engage.ActorAgent || by == i.owner || by == engage.System() || d.gone[i.owner]
}

// mayClose reports whether somebody may close an intervention: a bot's, too, is its own.
func (d *drill) mayClose(i *caseBook, by engage.Actor) bool {
	return i.owner.IsZero() || by == i.owner || by == engage.System() || d.gone[i.owner]
}

// comeOrGo makes the host forget somebody, or know them again.
func (d *drill) comeOrGo() {
	who := rapid.SampledFrom([]engage.Actor{ann, bob, robot}).Draw(d.rt, "who")
	d.gone[who] = !d.gone[who]
}
