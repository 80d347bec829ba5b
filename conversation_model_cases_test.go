package engage_test

import (
	"encoding/json"
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
)

// describe adds detail to a thread or an intervention.
func (d *drill) describe() {
	by, t := rapid.SampledFrom(drillActors).Draw(d.rt, "actor"), d.thread()
	value := rapid.SampledFrom([]string{`"gold"`, `{"a":[1]}`, "null"}).Draw(d.rt, "value")
	if t == nil {
		_, err := d.As(by).Threads.Annotate(d.t.Context(), "nowhere", nil)
		d.verdict(err, unlessCustomer(by, engage.ErrNotFound))
		return
	}
	_, err := d.As(by).Threads.Annotate(d.t.Context(), t.id, map[string]json.RawMessage{"tier": json.RawMessage(value)})
	if !d.verdict(err, unlessCustomer(by, nil)) {
		return
	}
	if t.detail["tier"] = value; value == "null" {
		delete(t.detail, "tier")
	}
	d.tells(by, engage.EventThreadAnnotated, t.id)
}

// changeThread categorises, closes or reopens a thread.
func (d *drill) changeThread() {
	ctx, now := d.t.Context(), d.clock.read()
	by, t := rapid.SampledFrom(drillActors).Draw(d.rt, "actor"), d.thread()
	do := rapid.SampledFrom([]string{"categorize", "close", "reopen"}).Draw(d.rt, "what")
	id, isOpen, want := "nowhere", false, engage.ErrNotFound
	if t != nil {
		id, isOpen, want = t.id, t.open, nil
	}
	switch do {
	case "close":
		if t != nil && !isOpen {
			want = engage.ErrRefused
		}
		_, err := d.As(by).Threads.Close(ctx, id)
		if d.verdict(err, unlessCustomer(by, want)) {
			t.open, t.cause, t.closed = false, "", now
			d.tells(by, engage.EventThreadClosed, t.id)
		}
	case "reopen":
		if isOpen {
			want = engage.ErrRefused
		}
		_, err := d.As(by).Threads.Reopen(ctx, id)
		if d.verdict(err, unlessCustomer(by, want)) {
			t.open, t.cause, t.reopened = true, "", now
			d.reclaim(t)
			d.tells(by, engage.EventThreadOpened, t.id)
			for _, i := range slices.Backward(d.interventions) {
				if i.pair.thread == t && i.status == interaction.InterventionOpen && d.gone[i.owner] {
					d.leave(by, i)
				}
			}
		}
	default:
		ids, refused := d.categories(t)
		if t != nil {
			want = refused
		}
		_, err := d.As(by).Threads.Categorize(ctx, id, ids)
		if d.verdict(err, unlessCustomer(by, want)) {
			t.categories = ids
			d.tells(by, engage.EventThreadRecategorized, t.id)
		}
	}
}

// reclaim gives a reopened thread what went over to others that are closed.
func (d *drill) reclaim(t *threadBook) {
	name := [2]string{t.source, t.foreign}
	if other := d.named[name]; t.foreign != "" && (other == nil || !other.open) {
		d.named[name] = t
	}
	if last := d.current[[2]string{t.source, t.began}]; last != nil && last.thread != nil && !last.thread.open {
		last.thread = t
	}
}

// categories draws some for a thread, or an intervention in it, and what is wrong with
// them.
func (d *drill) categories(in *threadBook) (ids []string, want error) {
	ids = rapid.SampledFrom([][]string{nil, {"sales"}, {"vip", "sales"}, {"line"}, {"line", "vip"}, {"solved"}, {"no such"}}).Draw(d.rt, "categories")
	if len(ids) > 0 && (ids[0] == "solved" || ids[0] == "no such" || ids[0] == "line" && in != nil && in.source != "mail") {
		want = engage.ErrInvalid
	}
	return ids, want
}

// anyCase draws an intervention, nil for one that is not known.
func (d *drill) anyCase() (i *caseBook, id string) {
	n := d.index(len(d.interventions), "intervention")
	if n < 0 {
		return nil, "nothing"
	}
	return d.interventions[n], d.interventions[n].id
}

// unlessCustomer is the error of a call that changes something, which customers are
// refused.
func unlessCustomer(by engage.Actor, want error) error {
	if by.Type == engage.ActorCustomer {
		return engage.ErrRefused
	}
	return want
}

// known is ErrNotFound for an intervention that is not.
func known(i *caseBook) error {
	if i == nil {
		return engage.ErrNotFound
	}
	return nil
}

func (d *drill) assign() {
	ctx, now := d.t.Context(), d.clock.read()
	to := rapid.SampledFrom(drillOwners).Draw(d.rt, "to")
	i, id := d.anyCase()
	by, want := d.actor(i), known(i)
	if i != nil && (!i.live() || i.owner == to || !d.mayTake(i, by)) {
		want = engage.ErrRefused
	}
	transfers := rapid.Bool().Draw(d.rt, "transfers")
	if d.gone[to] {
		want = engage.ErrNotFound
	}
	if i != nil && !canOwn(to) && (!to.IsZero() || !transfers) {
		want = engage.ErrInvalid
	}
	want = unlessCustomer(by, want)
	call := d.As(by).Interventions.Assign
	if transfers {
		call = d.As(by).Interventions.Transfer
	}
	_, err := call(ctx, id, to)
	if !d.verdict(err, want) {
		return
	}
	i.own(to)
	if to.IsZero() {
		i.pair.transferred = now
	} else {
		d.tells(by, engage.EventInterventionAssigned, i.id)
	}
	d.tells(by, engage.EventInterventionUserUpdated, i.id)
}

func (d *drill) changeParticipants() {
	ctx := d.t.Context()
	who := rapid.SampledFrom(drillOwners).Draw(d.rt, "who")
	i, id := d.anyCase()
	by, want := d.actor(i), known(i)
	if rapid.IntRange(0, 3).Draw(d.rt, "in person") == 0 && !who.IsZero() {
		by = who
	}
	if i != nil && (!i.live() || by != who && !d.mayTake(i, by)) {
		want = engage.ErrRefused
	}
	if rapid.IntRange(0, 2).Draw(d.rt, "leaves") == 0 {
		if i != nil && who == i.owner {
			want = engage.ErrRefused
		}
		if i != nil && !canOwn(who) {
			want = engage.ErrInvalid
		}
		want = unlessCustomer(by, want)
		_, err := d.As(by).Interventions.Leave(ctx, id, who)
		if d.verdict(err, want) && slices.Contains(i.participants, who) {
			i.participants = slices.DeleteFunc(i.participants, func(a engage.Actor) bool { return a == who })
			d.tells(by, engage.EventInterventionLeft, i.id)
		}
		return
	}
	if d.gone[who] {
		want = engage.ErrNotFound
	}
	if i != nil && !canOwn(who) {
		want = engage.ErrInvalid
	}
	want = unlessCustomer(by, want)
	_, err := d.As(by).Interventions.Join(ctx, id, who)
	if d.verdict(err, want) && !i.takesPart(who) {
		i.participants = append(i.participants, who)
		d.tells(by, engage.EventInterventionJoined, i.id)
	}
}

func (d *drill) deferOrResume() {
	ctx, now := d.t.Context(), d.clock.read()
	i, id := d.anyCase()
	by, want := d.actor(i), known(i)
	if rapid.IntRange(0, 2).Draw(d.rt, "resumes") == 0 {
		if i != nil && (i.status != interaction.InterventionDeferred || !d.mayTake(i, by)) {
			want = engage.ErrRefused
		}
		want = unlessCustomer(by, want)
		_, err := d.As(by).Interventions.Resume(ctx, id)
		if d.verdict(err, want) {
			i.open()
			d.tells(by, engage.EventInterventionReactivated, i.id)
			d.leave(by, i)
		}
		return
	}
	until := now.Add(rapid.SampledFrom([]time.Duration{-time.Second, 0, time.Second, time.Hour, 24 * time.Hour}).Draw(d.rt, "for"))
	if i != nil && (i.status != interaction.InterventionOpen || !until.After(now) || !d.mayTake(i, by)) {
		want = engage.ErrRefused
	}
	want = unlessCustomer(by, want)
	_, err := d.As(by).Interventions.Defer(ctx, id, until)
	if d.verdict(err, want) {
		i.status, i.until = interaction.InterventionDeferred, until
		d.tells(by, engage.EventInterventionDeferred, i.id)
	}
}

// end closes or cancels an intervention.
func (d *drill) end() {
	ctx := d.t.Context()
	i, id := d.anyCase()
	by, want := d.actor(i), known(i)
	if rapid.IntRange(0, 2).Draw(d.rt, "cancels") == 0 {
		if i != nil && (!i.live() || i.replies > 0 || !d.mayTake(i, by)) {
			want = engage.ErrRefused
		}
		want = unlessCustomer(by, want)
		_, err := d.As(by).Interventions.Cancel(ctx, id)
		if d.verdict(err, want) {
			i.end(interaction.InterventionCanceled)
			d.tells(by, engage.EventInterventionCanceled, i.id)
		}
		return
	}
	closing := engage.Closing{
		DispositionIDs: rapid.SampledFrom([][]string{nil, {"solved"}, {"solved"}, {"sales"}, {"how"}}).Draw(d.rt, "disposition"),
		CloseThread:    rapid.IntRange(0, 4).Draw(d.rt, "closes the thread") == 0,
	}
	if i != nil {
		demanded := i.pair.thread.source == "mail"
		switch {
		case len(closing.DispositionIDs) > 0 && (closing.DispositionIDs[0] != "solved" || !demanded): // the tree is for mail
			want = engage.ErrInvalid
		case !i.live(), i.replies == 0, !d.mayClose(i, by), demanded && len(closing.DispositionIDs) == 0,
			demanded && !slices.Contains(slices.Concat(i.categories, i.pair.thread.categories), "line"):
			want = engage.ErrRefused
		}
	}
	want = unlessCustomer(by, want)
	_, err := d.As(by).Interventions.Close(ctx, id, closing)
	if !d.verdict(err, want) {
		return
	}
	i.end(interaction.InterventionClosed)
	i.dispositions = closing.DispositionIDs
	d.tells(by, engage.EventInterventionClosed, i.id)
	if t := i.pair.thread; closing.CloseThread && t.open {
		t.open, t.cause, t.closed = false, "", d.clock.read()
		d.tells(by, engage.EventThreadClosed, t.id)
	}
}

func (d *drill) reopen() {
	by := rapid.SampledFrom(drillActors).Draw(d.rt, "actor")
	i, id := d.anyCase()
	want := known(i)
	if i != nil && (i.status != interaction.InterventionClosed || !i.pair.thread.open) {
		want = engage.ErrRefused
	}
	want = unlessCustomer(by, want)
	_, err := d.As(by).Interventions.Reopen(d.t.Context(), id)
	if d.verdict(err, want) {
		i.open()
		d.tells(by, engage.EventInterventionReopened, i.id)
		d.leave(by, i)
	}
}

// describeCase categorises an intervention, comments on it, or sets custom fields.
func (d *drill) describeCase() {
	ctx, by := d.t.Context(), rapid.SampledFrom(drillActors).Draw(d.rt, "actor")
	i, id := d.anyCase()
	want := known(i)
	switch rapid.IntRange(0, 2).Draw(d.rt, "what") {
	case 0:
		var in *threadBook
		if i != nil {
			in = i.pair.thread
		}
		ids, refused := d.categories(in)
		if i != nil {
			want = refused
		}
		want = unlessCustomer(by, want)
		_, err := d.As(by).Interventions.Categorize(ctx, id, ids)
		if d.verdict(err, want) {
			i.categories = ids
			d.tells(by, engage.EventInterventionRecategorized, i.id)
		}
	case 1:
		want = unlessCustomer(by, want)
		c, err := d.As(by).Interventions.Comment(ctx, id, "call back")
		if d.verdict(err, want) {
			i.comments++
			d.tells(by, engage.EventCommentCreated, c.ID)
		}
	default:
		want = unlessCustomer(by, want)
		fields := rapid.SampledFrom([]map[string]json.RawMessage{{"n": []byte("1")}, {"n": []byte("2")}, {}, nil}).Draw(d.rt, "fields")
		_, err := d.As(by).Interventions.SetCustomFields(ctx, id, fields)
		if d.verdict(err, want) && len(fields) > 0 {
			d.tells(by, engage.EventInterventionCustomFieldsUpdated, i.id)
		}
	}
}

func (d *drill) ignore() {
	if len(d.contents) == 0 {
		return
	}
	by, c := rapid.SampledFrom(drillActors).Draw(d.rt, "actor"), rapid.SampledFrom(d.contents).Draw(d.rt, "content")
	var want error
	if !c.inbound {
		want = engage.ErrRefused
	}
	got, err := d.As(by).Contents.Ignore(d.t.Context(), c.id)
	if !d.verdict(err, unlessCustomer(by, want)) {
		return
	}
	if !c.ignored {
		c.ignored = true
		d.tells(by, engage.EventContentIgnored, c.id)
	}
	if got.Status != c.status() {
		d.rt.Fatalf("status %s, want %s", got.Status, c.status())
	}
}
