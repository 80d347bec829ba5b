package day

import (
	"context"
	"fmt"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/routing"
)

// talk is what a worker does about a task that they have accepted.
type talk struct {
	reservation, task, channel string

	by   *person
	said int
}

// follow has people do what follows from an event.
func (d *day) follow(e engage.Event) {
	switch e.Type {
	case engage.EventReservationCreated:
		if r := d.picture.reservations[e.Resource.ID]; r != nil {
			d.answers(r)
		}
	case engage.EventReservationAccepted:
		if r := d.picture.reservations[e.Resource.ID]; r != nil {
			d.serves(r)
		}
	case engage.EventReservationWrapup: // whoever has said that the talk is over
		if t := d.talks[e.Resource.ID]; t != nil {
			d.after(d.between(15, 70), func(ctx context.Context) error { return d.completes(ctx, t) })
		}
	case engage.EventReservationTimeout: // they were moved away from their desk
		if r := d.picture.reservations[e.Resource.ID]; r != nil {
			if p := d.people[r.worker]; !p.home && !p.gone {
				d.isBack(p, d.between(30, 240))
			}
		}
	}
}

// answers puts on the agenda what a worker does about an offer.
func (d *day) answers(r *reservation) {
	p := d.people[r.worker]
	share := d.random.Float64()
	if q := d.picture.specs[r.queue]; q != nil && q.cools > 0 && share < 0.2 {
		share = 0.05 // technical questions are not for everybody
	}
	switch {
	case share < 0.03: // they let the time go by
		return
	case share < 0.06:
		d.after(d.between(3, 25), func(ctx context.Context) error { return d.rejects(ctx, p, r.sid) })
	case share < 0.065: // in the same moment in which the time ends
		d.after(r.due.Sub(r.created), func(ctx context.Context) error { return d.accepts(ctx, p, r.sid) })
	default:
		d.after(d.between(1, 14), func(ctx context.Context) error { return d.accepts(ctx, p, r.sid) })
	}
}

func (d *day) as(eng *engage.Engine, p *person) *engage.Engine { return eng.As(engage.Agent(p.agent)) }

func (d *day) pending(sid string) bool {
	return d.picture.reservations[sid].status == routing.ReservationPending
}

func (d *day) accepts(ctx context.Context, p *person, sid string) error {
	if p.gone || !d.pending(sid) && d.likely(0.9) { // some do not look before
		return nil
	}
	_, err := d.call(ctx, "accept", func(ctx context.Context, eng *engage.Engine, _ bool) error {
		_, err := d.as(eng, p).Reservations.Accept(ctx, sid, engage.Answer{})
		return err
	})
	return err
}

// rejects has a worker turn an offer down. Some go for a break then.
func (d *day) rejects(ctx context.Context, p *person, sid string) error {
	if p.gone || !d.pending(sid) {
		return nil
	}
	rejection := engage.Rejection{}
	if d.likely(0.35) && !p.home {
		rejection.ActivitySID = d.centre.activities["Break"]
		d.isBack(p, d.between(180, 900))
	}
	_, err := d.call(ctx, "reject", func(ctx context.Context, eng *engage.Engine, _ bool) error {
		_, err := d.as(eng, p).Reservations.Reject(ctx, sid, rejection)
		return err
	})
	return err
}

// serves plans what a worker does about a task that they have just accepted.
func (d *day) serves(r *reservation) {
	k := d.picture.tasks[r.task]
	t := &talk{reservation: r.sid, task: k.sid, channel: k.channel, by: d.people[r.worker]}
	d.talks[r.sid] = t
	if k.channel == "" {
		length := d.around(4 * time.Minute)
		d.after(length, func(ctx context.Context) error { return d.wrapsUp(ctx, t) })
		return
	}
	c := d.customers[k.channel]
	if c == nil {
		return
	}
	c.worker = r.worker
	length := d.around(sources[c.source].talks)
	for range 1 + d.random.IntN(2) {
		d.after(time.Duration(d.random.Int64N(int64(length))), func(ctx context.Context) error { return d.replies(ctx, t) })
	}
	if d.likely(0.5) {
		d.after(time.Duration(d.random.Int64N(int64(length))), func(ctx context.Context) error { return d.goesOn(ctx, c, t) })
	}
	middle := time.Duration(d.random.Int64N(int64(length)))
	switch share := d.random.Float64(); {
	case share < 0.025:
		d.after(middle, func(ctx context.Context) error { return d.handsOver(ctx, t, routing.TransferCold) })
	case share < 0.035:
		d.after(middle, func(ctx context.Context) error { return d.handsOver(ctx, t, routing.TransferWarm) })
	case share < 0.045:
		d.after(middle, func(ctx context.Context) error { return d.invites(ctx, t) })
	case share < 0.06:
		d.after(middle, func(ctx context.Context) error { return d.pauses(ctx, t) })
	case share < 0.08:
		d.after(middle, func(ctx context.Context) error { return d.rests(ctx, c, t) })
	case share < 0.09:
		d.after(middle, func(ctx context.Context) error { return d.closes(ctx, t) })
	}
	d.after(length, func(ctx context.Context) error { return d.wrapsUp(ctx, t) })
}

// has reports whether a worker still has what they have accepted.
func (d *day) has(t *talk) bool {
	return !t.by.gone && d.picture.reservations[t.reservation].status == routing.ReservationAccepted
}

// replies has a worker write to the customer.
func (d *day) replies(ctx context.Context, t *talk) error {
	c := d.picture.channels[t.channel]
	if !d.has(t) || c.status != routing.ChannelActive {
		return nil
	}
	t.said++
	post := engage.Post{ThreadID: c.thread, IdempotencyKey: fmt.Sprintf("%s %d", t.reservation, t.said)}
	post.Body = "Let me see what I can do."
	_, err := d.call(ctx, "reply", func(ctx context.Context, eng *engage.Engine, _ bool) error {
		_, err := d.as(eng, t.by).Contents.Post(ctx, post)
		return err
	})
	return err
}

// goesOn has the customer write while they talk.
func (d *day) goesOn(ctx context.Context, c *customer, t *talk) error {
	if is := d.picture.channels[t.channel]; !d.has(t) || is.status != routing.ChannelActive || c.channel != t.channel {
		return nil
	}
	return d.comesBack(ctx, c)
}

// wrapsUp ends a conversation: most workers have something to finish then.
func (d *day) wrapsUp(ctx context.Context, t *talk) error {
	if !d.has(t) {
		return nil
	}
	if d.likely(0.2) {
		return d.completes(ctx, t)
	}
	_, err := d.call(ctx, "wrap up", func(ctx context.Context, eng *engage.Engine, _ bool) error {
		_, err := d.as(eng, t.by).Reservations.WrapUp(ctx, t.reservation, engage.Answer{})
		return err
	})
	return err
}

func (d *day) completes(ctx context.Context, t *talk) error {
	if t.by.gone || !taken(d.picture.reservations[t.reservation].status) {
		return nil
	}
	_, err := d.call(ctx, "complete", func(ctx context.Context, eng *engage.Engine, _ bool) error {
		_, err := d.as(eng, t.by).Reservations.Complete(ctx, t.reservation, engage.Completion{Reason: "Served"})
		return err
	})
	return err
}

// closes ends the conversation by its channel: who is on it has something to finish.
func (d *day) closes(ctx context.Context, t *talk) error {
	if !d.has(t) {
		return nil
	}
	_, err := d.call(ctx, "close", func(ctx context.Context, eng *engage.Engine, _ bool) error {
		_, err := eng.Flex.UpdateChannel(ctx, t.channel, routing.ChannelUpdate{By: routing.ChannelCloses})
		return err
	})
	return err
}

// talksOn returns what workers are doing on a channel.
func (d *day) talksOn(channelSID string) (list []*talk) {
	for _, k := range d.picture.byChannel[channelSID] {
		for _, r := range k.live {
			if t := d.talks[r.sid]; t != nil && taken(r.status) {
				list = append(list, t)
			}
		}
	}
	return list
}

// handsOver has a worker hand the customer over: to a queue, or to a colleague.
func (d *day) handsOver(ctx context.Context, t *talk, typ routing.TransferType) error {
	if !d.has(t) {
		return nil
	}
	to := d.centre.queues[[]string{everybody, billing, support + "en"}[d.random.IntN(3)]]
	if p := d.colleague(t); p != nil && d.likely(0.4) {
		to = p.sid
	}
	_, err := d.call(ctx, "transfer", func(ctx context.Context, eng *engage.Engine, again bool) error {
		if again { // who is not sure does not insist
			return nil
		}
		_, err := d.as(eng, t.by).Flex.Transfer(ctx, t.channel, routing.TransferRequest{Type: typ, To: to})
		return err
	})
	if typ == routing.TransferWarm && err == nil { // they introduce each other, and the first goes
		d.after(d.between(120, 400), func(ctx context.Context) error { return d.leaves(ctx, t) })
	}
	return err
}

// leaves has a worker go who is not the only one.
func (d *day) leaves(ctx context.Context, t *talk) error {
	if !d.has(t) || len(d.talksOn(t.channel)) < 2 {
		return nil
	}
	return d.completes(ctx, t)
}

// colleague is somebody else who is there.
func (d *day) colleague(t *talk) *person {
	for range 5 {
		p := d.centre.people[d.random.IntN(len(d.centre.people))]
		if w := d.picture.workers[p.sid]; p != t.by && !p.gone && w.available {
			return p
		}
	}
	return nil
}

// invites has one more agent come.
func (d *day) invites(ctx context.Context, t *talk) error {
	if !d.has(t) {
		return nil
	}
	request := routing.TaskRequest{
		WorkflowSID: d.centre.customers.SID, TaskChannel: d.picture.tasks[t.task].taskChannel, Attributes: routing.Attributes{"topic": "help"},
	}
	if p := d.colleague(t); p != nil && d.likely(0.5) {
		request.WorkerSID = p.sid
	}
	_, err := d.call(ctx, "invite", func(ctx context.Context, eng *engage.Engine, again bool) error {
		if again {
			return nil
		}
		_, err := eng.Flex.Invite(ctx, t.channel, request)
		return err
	})
	return err
}

// pauses puts a conversation aside, and takes it up again.
func (d *day) pauses(ctx context.Context, t *talk) error {
	if !d.has(t) {
		return nil
	}
	done, err := d.call(ctx, "pause", func(ctx context.Context, eng *engage.Engine, again bool) error {
		if again && d.picture.channels[t.channel].status == routing.ChannelPause {
			return nil
		}
		_, err := d.as(eng, t.by).Flex.Pause(ctx, t.channel)
		return err
	})
	if !done || err != nil {
		return err
	}
	d.after(d.between(120, 1800), func(ctx context.Context) error {
		if d.picture.channels[t.channel].status != routing.ChannelPause {
			return nil
		}
		_, err := d.call(ctx, "resume", func(ctx context.Context, eng *engage.Engine, again bool) error {
			if again && d.picture.channels[t.channel].status != routing.ChannelPause {
				return nil
			}
			_, err := eng.Flex.Resume(ctx, t.channel)
			return err
		})
		return err
	})
	return nil
}

// rests leaves a conversation open without anybody in it. Half of the customers write again;
// of the others some are forgotten, and the rest closed.
func (d *day) rests(ctx context.Context, c *customer, t *talk) error {
	if !d.has(t) {
		return nil
	}
	done, err := d.call(ctx, "leave", func(ctx context.Context, eng *engage.Engine, again bool) error {
		if again && d.picture.channels[t.channel].status == routing.ChannelInactive {
			return nil
		}
		_, err := eng.Flex.UpdateChannel(ctx, t.channel, routing.ChannelUpdate{By: routing.ChannelInactivates, Change: routing.ChannelChange{Complete: true}})
		return err
	})
	if !done || err != nil {
		return err
	}
	back, forgotten := d.likely(0.5), d.likely(0.5)
	d.after(d.between(300, 3600), func(ctx context.Context) error {
		if d.picture.channels[t.channel].status != routing.ChannelInactive {
			return nil
		}
		switch {
		case back:
			return d.comesBack(ctx, c)
		case forgotten:
			return nil
		}
		_, err := d.call(ctx, "close", func(ctx context.Context, eng *engage.Engine, _ bool) error {
			_, err := eng.Flex.UpdateChannel(ctx, t.channel, routing.ChannelUpdate{By: routing.ChannelCloses})
			return err
		})
		return err
	})
	return nil
}
