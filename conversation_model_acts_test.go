package engage_test

import (
	"errors"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
)

// drill lets somebody do something at random, and holds the Engine to the books.
type drill struct {
	guess bool // whether the echo that came last joined the thread of what it most likely is
	*desk
	*books

	rt   *rapid.T
	told []told                // the events that are expected of the call under way
	read int64                 // how far the events are read
	gone map[engage.Actor]bool // whom the host knows no longer
}

// told is an event, as far as the books foresee it.
type told struct {
	typ      engage.EventType
	resource string
	by       engage.Actor
}

var (
	drillActors    = []engage.Actor{ann, ann, ann, bob, bob, robot, engage.Bot("other"), engage.System(), engage.Customer("eve")}
	drillOwners    = []engage.Actor{ann, bob, robot, engage.Bot("other"), {}, {}, engage.System()}
	drillCustomers = []string{"eve", "eve", "eve", "fay", "gil"}
	drillSources   = []string{"mail", "mail", "chat", "forum"}
	communities    = map[string]string{"chat": "chat", "mail": "chat", "forum": "forum"}
)

func canOwn(a engage.Actor) bool { return a.Type == engage.ActorAgent || a.Type == engage.ActorBot }

// tells notes an event that is expected.
func (d *drill) tells(by engage.Actor, typ engage.EventType, resource string) {
	d.told = append(d.told, told{typ, resource, by})
}

// verdict compares what a call said with what it must say: nil, or a class of errors.
// It reports whether the call was to succeed.
func (d *drill) verdict(err, want error) bool {
	d.rt.Helper()
	if want == nil && err != nil || want != nil && !errors.Is(err, want) {
		d.rt.Fatalf("%v, want %v", err, want)
	}
	return want == nil
}

// act does something.
func (d *drill) act() {
	before := d.position()
	d.told = nil
	acts := map[string]func(){
		"receive": d.receive, "receive more": d.receive, "receive even more": d.receive, "open": d.open,
		"engage": d.engage, "engage more": d.engage, "post": d.post, "post more": d.post, "ignore": d.ignore,
		"thread": d.changeThread, "assign": d.assign, "assign more": d.assign, "participants": d.changeParticipants,
		"somebody goes": d.comeOrGo, "defer": d.deferOrResume, "end": d.end, "end more": d.end, "reopen": d.reopen, "detail": d.describe, "notes": d.describeCase,
	}
	names := make([]string, 0, len(acts))
	for name := range acts {
		names = append(names, name)
	}
	slices.Sort(names)
	acts[rapid.SampledFrom(names).Draw(d.rt, "act")]()
	d.checkEvents(before, false)
}

// pass lets time pass, and usually lets what is due happen.
func (d *drill) pass() {
	d.clock.pass(rapid.SampledFrom([]time.Duration{0, time.Second, 59 * time.Minute, time.Hour, 61 * time.Minute, 2 * time.Hour, 4 * 24 * time.Hour}).Draw(d.rt, "time"))
	if rapid.IntRange(0, 3).Draw(d.rt, "run") == 0 {
		return
	}
	before, now := d.position(), d.clock.read()
	d.told = nil
	if _, err := d.RunDue(d.t.Context()); err != nil {
		d.rt.Fatal(err)
	}
	for _, c := range d.contents {
		if c.synchronizedAs == interaction.SyncPending {
			c.synchronizedAs = interaction.SyncSuccess
			d.tells(engage.System(), engage.EventContentExported, c.id)
		}
	}
	for _, i := range d.interventions {
		if i.status == interaction.InterventionDeferred && !i.until.After(now) {
			i.open()
			d.tells(engage.System(), engage.EventInterventionReactivated, i.id)
			d.leave(engage.System(), i)
		}
	}
	for _, t := range d.threads {
		if at, ever := t.closesAt(t.arrived); t.open && ever && !at.After(now) && t.live() == 0 {
			t.open, t.cause, t.closed = false, interaction.CauseInactivity, now
			d.tells(engage.System(), engage.EventThreadAutoClosed, t.id)
		}
	}
	d.checkEvents(before, true)
}

func (d *drill) open() {
	now := d.clock.read()
	by := rapid.SampledFrom(drillActors).Draw(d.rt, "actor")
	source := rapid.SampledFrom(drillSources).Draw(d.rt, "source")
	customer := rapid.SampledFrom(drillCustomers).Draw(d.rt, "customer")
	foreign := rapid.SampledFrom([]string{"", "t1", "t2"}).Draw(d.rt, "foreign thread")
	var want error
	if d.openThreads(func(t *threadBook) bool { return foreign != "" && t.source == source && t.foreign == foreign }) != nil {
		want = engage.ErrConflict
	}
	want = unlessCustomer(by, want)
	got, err := d.As(by).Threads.Open(d.t.Context(), engage.NewThread{SourceID: source, Customer: engage.Account{ForeignID: customer}, ForeignID: foreign})
	if !d.verdict(err, want) {
		return
	}
	d.identities[communities[source]+"/"+customer] = got.IdentityID
	last := d.last(source, got.IdentityID)
	other := d.unnamed(engage.Inbound{SourceID: source}, got.IdentityID, now, last, func(t *threadBook) bool { return t.takes(now) })
	t := d.begin(source, got.IdentityID, now)
	t.arrived = now
	t.id = got.ID
	t.pairs[got.IdentityID] = t.pair(got.IdentityID, now)
	if foreign != "" {
		d.named[[2]string{source, foreign}], t.foreign = t, foreign
	}
	if other == nil {
		last.note(t, now)
	}
}

// index draws which of n things to take: most often the last one, where most goes on, and
// seldom none, which is -1.
func (d *drill) index(n int, of string) int {
	switch rapid.IntRange(0, 9).Draw(d.rt, "which "+of) {
	case 9:
		return -1
	case 0, 1, 2, 3:
		if n > 0 {
			return rapid.IntRange(0, n-1).Draw(d.rt, of)
		}
	}
	return n - 1
}

// actor draws who does something about an intervention: mostly its owner.
func (d *drill) actor(on *caseBook) engage.Actor {
	if on != nil && !on.owner.IsZero() && rapid.IntRange(0, 3).Draw(d.rt, "as the owner") > 0 {
		return on.owner
	}
	return rapid.SampledFrom(drillActors).Draw(d.rt, "actor")
}

// thread draws a thread, nil for one that is not known.
func (d *drill) thread() *threadBook {
	n := d.index(len(d.threads), "thread")
	if n < 0 {
		return nil
	}
	return d.threads[n]
}

// customer draws whom something is for: somebody named, a content, or nobody. It returns
// what is to be said for that, who it is, and the error of what cannot be.
func (d *drill) customer(t *threadBook) (identity string, on *contentBook, who string, want error) {
	var ids []string
	for account, id := range d.identities {
		if strings.HasPrefix(account, communities[t.source]+"/") {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	switch rapid.IntRange(0, 4).Draw(d.rt, "for") {
	case 0:
		identity = rapid.SampledFrom(append(ids, "nobody")).Draw(d.rt, "identity")
	case 1, 2:
		if len(d.contents) > 0 {
			on = rapid.SampledFrom(d.contents).Draw(d.rt, "content")
		}
	}
	switch {
	case on != nil && on.pair.thread != t:
		return "", on, "", engage.ErrInvalid
	case on != nil:
		return "", on, on.pair.identity, nil
	case identity == "nobody":
		return identity, nil, "", engage.ErrNotFound
	case identity != "" && t.pairs[identity] == nil:
		return identity, nil, "", engage.ErrRefused
	case identity != "":
		return identity, nil, identity, nil
	case len(t.pairs) > 1:
		return "", nil, "", engage.ErrInvalid
	default:
		return "", nil, t.began, nil
	}
}

func (d *drill) engage() {
	now, by, t := d.clock.read(), rapid.SampledFrom(drillActors).Draw(d.rt, "actor"), d.thread()
	e := engage.Engagement{ThreadID: "nowhere"}
	want, identity := engage.ErrNotFound, ""
	if t != nil {
		var on *contentBook
		e.ThreadID = t.id
		e.IdentityID, on, identity, want = d.customer(t)
		if on != nil {
			e.ContentID = on.id
		}
		if want == nil && on != nil && rapid.Bool().Draw(d.rt, "names no thread") {
			e.ThreadID = ""
		}
	}
	if d.gone[by] {
		want = engage.ErrNotFound
	}
	if !canOwn(by) {
		want = engage.ErrInvalid
	}
	want = unlessCustomer(by, want)
	var p *pairBook
	var i *caseBook
	if want == nil {
		p = t.pair(identity, now)
		i = p.latest()
		same := i != nil && i.live() && i.owner == by
		if i != nil && i.live() && !same && (i.owner.Type == engage.ActorAgent && !d.gone[i.owner] || by.Type != engage.ActorAgent) {
			want = engage.ErrRefused
		}
		if !t.open && (i == nil || !i.live()) {
			want = engage.ErrRefused
		}
	}
	got, err := d.As(by).Interventions.Engage(d.t.Context(), e)
	if !d.verdict(err, want) {
		if taken, ok := errors.AsType[*engage.EngagedError](err); ok != (i != nil && i.live()) || ok && taken.Intervention.Owner != i.owner {
			d.rt.Fatalf("%v, want to be told of %+v", err, i)
		}
		return
	}
	switch {
	case i != nil && i.live() && i.owner == by: // as it is
	case i != nil && i.live():
		i.open()
		i.own(by)
		d.tells(by, engage.EventInterventionUserUpdated, i.id)
	case i != nil && i.status == interaction.InterventionClosed:
		i.open()
		i.own(by)
		d.tells(by, engage.EventInterventionReopened, i.id)
	default:
		i = &caseBook{id: got.ID, pair: p, on: e.ContentID, status: interaction.InterventionOpen, owner: by}
		if i.on == "" {
			i.on = p.lastWords()
		}
		t.pairs[identity] = p
		p.cases, d.interventions = append(p.cases, i), append(d.interventions, i)
		d.tells(by, engage.EventInterventionOpened, i.id)
	}
	if got.ID != i.id {
		d.rt.Fatalf("engaged in %s, want %s", got.ID, i.id)
	}
}

func (d *drill) post() {
	now, t := d.clock.read(), d.thread()
	by := d.actor(t.anyLive())
	post := engage.Post{ThreadID: "nowhere", Message: interaction.Message{Body: rapid.SampledFrom([]string{"yes", "no"}).Draw(d.rt, "body")}}
	want, identity := engage.ErrNotFound, ""
	var above *contentBook
	if t != nil {
		post.ThreadID = t.id
		post.IdentityID, above, identity, want = d.customer(t)
		if above != nil {
			post.InReplyToID = above.id
		}
		post.IdempotencyKey = rapid.SampledFrom([]string{"", "", "", "k"}).Draw(d.rt, "key")
		if first := d.keys[[2]string{t.id, post.IdempotencyKey}]; first != nil {
			d.postAgain(by, post, first, above)
			return
		}
	}
	var p *pairBook
	var i *caseBook
	if want == nil {
		p = t.pair(identity, now)
		i = p.latest()
		system := by == engage.System()
		if !t.open || !system && (!canOwn(by) || i == nil || i.status != interaction.InterventionOpen || !i.takesPart(by)) {
			want = engage.ErrRefused
		}
	}
	want = unlessCustomer(by, want)
	got, err := d.As(by).Contents.Post(d.t.Context(), post)
	if !d.verdict(err, want) {
		return
	}
	c := &contentBook{id: got.ID, above: above, body: post.Body, creator: by, synchronizedAs: interaction.SyncPending}
	if by != engage.System() {
		if open := p.unanswered(); len(open) > 0 {
			i.waited = append(i.waited, now.Sub(open[0].at))
		}
		i.replies++
		c.intervention, p.answered = i.id, len(t.contents)+1
	}
	d.say(p, c, now)
	d.last(t.source, identity).noteCompany(c)
	p.thread.arrived = now
	if post.IdempotencyKey != "" {
		d.keys[[2]string{t.id, post.IdempotencyKey}] = c
	}
	typ := engage.EventContentReplied
	if c.position == 1 {
		typ = engage.EventContentDiscussionInitiated
	}
	d.tells(by, typ, c.id)
}

// postAgain posts with a key that was used before.
func (d *drill) postAgain(by engage.Actor, post engage.Post, first, above *contentBook) {
	var want error
	if first.creator != by || first.body != post.Body || first.above != above || post.IdentityID != "" && post.IdentityID != first.pair.identity {
		want = engage.ErrConflict
	}
	want = unlessCustomer(by, want)
	got, err := d.As(by).Contents.Post(d.t.Context(), post)
	if d.verdict(err, want) && (!got.Repeated || got.ID != first.id) {
		d.rt.Fatalf("%+v, want content %s again", got, first.id)
	}
}
