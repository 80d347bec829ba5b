package day

import (
	"fmt"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/routing"
)

// talk is what a worker does about a task that they have accepted.
type talk struct {
	reservation, task, channel string

	by    *person
	said  int
	ended bool
}

// follow has people do what follows from an event.
func (d *day) follow(e engage.Event) error {
	switch e.Type {
	case engage.EventReservationCreated:
		if r := d.picture.reservations[e.Resource.ID]; r != nil {
			d.answers(r)
		}
	case engage.EventReservationAccepted:
		if r := d.picture.reservations[e.Resource.ID]; r != nil {
			d.serves(r)
		}
	case engage.EventReservationTimeout: // they were moved away from their desk
		if r := d.picture.reservations[e.Resource.ID]; r != nil {
			if p := d.people[r.worker]; !p.home && !p.gone {
				d.isBack(p, d.between(30, 240))
			}
		}
	}
	return nil
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
		d.after(d.between(3, 25), func() error { return d.rejects(p, r.sid) })
	case share < 0.065: // in the same moment in which the time ends
		d.after(r.due.Sub(r.created), func() error { return d.accepts(p, r.sid) })
	default:
		d.after(d.between(1, 14), func() error { return d.accepts(p, r.sid) })
	}
}

func (d *day) as(eng *engage.Engine, p *person) *engage.Engine { return eng.As(engage.Agent(p.agent)) }

func (d *day) pending(sid string) bool {
	return d.picture.reservations[sid].status == routing.ReservationPending
}

func (d *day) accepts(p *person, sid string) error {
	if p.gone || !d.pending(sid) && d.likely(0.9) { // some do not look before
		return nil
	}
	_, err := d.call("accept", func(eng *engage.Engine, _ bool) error {
		_, err := d.as(eng, p).Reservations.Accept(d.alive, sid, engage.Answer{})
		return err
	})
	return err
}

// rejects has a worker turn an offer down. Some go for a break then.
func (d *day) rejects(p *person, sid string) error {
	if p.gone || !d.pending(sid) {
		return nil
	}
	rejection := engage.Rejection{}
	if d.likely(0.35) && !p.home {
		rejection.ActivitySID = d.centre.activities["Break"]
		d.isBack(p, d.between(180, 900))
	}
	_, err := d.call("reject", func(eng *engage.Engine, _ bool) error {
		_, err := d.as(eng, p).Reservations.Reject(d.alive, sid, rejection)
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
		d.after(length, func() error { return d.wrapsUp(t) })
		return
	}
	c := d.customers[k.channel]
	if c == nil {
		return
	}
	c.worker = r.worker
	length := d.around(sources[c.source].talks)
	for range 1 + d.random.IntN(2) {
		d.after(time.Duration(d.random.Int64N(int64(length))), func() error { return d.replies(t) })
	}
	if d.likely(0.5) {
		d.after(time.Duration(d.random.Int64N(int64(length))), func() error { return d.goesOn(c, t) })
	}
	middle := time.Duration(d.random.Int64N(int64(length)))
	switch share := d.random.Float64(); {
	case share < 0.025:
		d.after(middle, func() error { return d.handsOver(t, routing.TransferCold) })
	case share < 0.035:
		d.after(middle, func() error { return d.handsOver(t, routing.TransferWarm) })
	case share < 0.045:
		d.after(middle, func() error { return d.invites(t) })
	case share < 0.06:
		d.after(middle, func() error { return d.pauses(t) })
	case share < 0.08:
		d.after(middle, func() error { return d.rests(c, t) })
	case share < 0.09:
		d.after(middle, func() error { return d.closes(t) })
	}
	d.after(length, func() error { return d.wrapsUp(t) })
}

// has reports whether a worker still has what they have accepted.
func (d *day) has(t *talk) bool {
	return !t.by.gone && d.picture.reservations[t.reservation].status == routing.ReservationAccepted
}

// replies has a worker write to the customer.
func (d *day) replies(t *talk) error {
	c := d.picture.channels[t.channel]
	if !d.has(t) || c.status != routing.ChannelActive {
		return nil
	}
	t.said++
	post := engage.Post{ThreadID: c.thread, IdempotencyKey: fmt.Sprintf("%s %d", t.reservation, t.said)}
	post.Body = "Let me see what I can do."
	_, err := d.call("reply", func(eng *engage.Engine, _ bool) error {
		_, err := d.as(eng, t.by).Contents.Post(d.alive, post)
		return err
	})
	return err
}

// goesOn has the customer write while they talk.
func (d *day) goesOn(c *customer, t *talk) error {
	if is := d.picture.channels[t.channel]; !d.has(t) || is.status != routing.ChannelActive || c.channel != t.channel {
		return nil
	}
	return d.comesBack(c)
}

// wrapsUp ends a conversation: most workers have something to finish then.
func (d *day) wrapsUp(t *talk) error {
	if !d.has(t) {
		return nil
	}
	if d.likely(0.2) {
		return d.completes(t)
	}
	done, err := d.call("wrap up", func(eng *engage.Engine, _ bool) error {
		_, err := d.as(eng, t.by).Reservations.WrapUp(d.alive, t.reservation, engage.Answer{})
		return err
	})
	if done && err == nil {
		d.finishes(t)
	}
	return err
}

// finishes has a worker complete what they wrap up, in some time.
func (d *day) finishes(t *talk) {
	d.after(d.between(15, 70), func() error { return d.completes(t) })
}

func (d *day) completes(t *talk) error {
	if t.by.gone || !taken(d.picture.reservations[t.reservation].status) {
		return nil
	}
	_, err := d.call("complete", func(eng *engage.Engine, _ bool) error {
		_, err := d.as(eng, t.by).Reservations.Complete(d.alive, t.reservation, engage.Completion{Reason: "Served"})
		return err
	})
	return err
}

// closes ends the conversation by its channel: who is on it has something to finish.
func (d *day) closes(t *talk) error {
	if !d.has(t) {
		return nil
	}
	var others []*talk
	for _, other := range d.talksOn(t.channel) {
		others = append(others, other)
	}
	done, err := d.call("close", func(eng *engage.Engine, _ bool) error {
		_, err := eng.Flex.UpdateChannel(d.alive, t.channel, routing.ChannelUpdate{By: routing.ChannelCloses})
		return err
	})
	if done && err == nil {
		for _, t := range others {
			d.finishes(t)
		}
	}
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
func (d *day) handsOver(t *talk, typ routing.TransferType) error {
	if !d.has(t) {
		return nil
	}
	to := d.centre.queues[[]string{everybody, billing, support + "en"}[d.random.IntN(3)]]
	if p := d.colleague(t); p != nil && d.likely(0.4) {
		to = p.sid
	}
	_, err := d.call("transfer", func(eng *engage.Engine, again bool) error {
		if again { // who is not sure does not insist
			return nil
		}
		_, err := d.as(eng, t.by).Flex.Transfer(d.alive, t.channel, routing.TransferRequest{Type: typ, To: to})
		return err
	})
	if typ == routing.TransferWarm && err == nil { // they introduce each other, and the first goes
		d.after(d.between(120, 400), func() error { return d.leaves(t) })
	}
	return err
}

// leaves has a worker go who is not the only one.
func (d *day) leaves(t *talk) error {
	if !d.has(t) || len(d.talksOn(t.channel)) < 2 {
		return nil
	}
	return d.completes(t)
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
func (d *day) invites(t *talk) error {
	if !d.has(t) {
		return nil
	}
	request := routing.TaskRequest{
		WorkflowSID: d.centre.customers.SID, TaskChannel: d.picture.tasks[t.task].taskChannel, Attributes: routing.Attributes{"topic": "help"},
	}
	if p := d.colleague(t); p != nil && d.likely(0.5) {
		request.WorkerSID = p.sid
	}
	_, err := d.call("invite", func(eng *engage.Engine, again bool) error {
		if again {
			return nil
		}
		_, err := eng.Flex.Invite(d.alive, t.channel, request)
		return err
	})
	return err
}

// pauses puts a conversation aside, and takes it up again.
func (d *day) pauses(t *talk) error {
	if !d.has(t) {
		return nil
	}
	done, err := d.call("pause", func(eng *engage.Engine, again bool) error {
		if again && d.picture.channels[t.channel].status == routing.ChannelPause {
			return nil
		}
		_, err := d.as(eng, t.by).Flex.Pause(d.alive, t.channel)
		return err
	})
	if !done || err != nil {
		return err
	}
	d.after(d.between(120, 1800), func() error {
		if d.picture.channels[t.channel].status != routing.ChannelPause {
			return nil
		}
		_, err := d.call("resume", func(eng *engage.Engine, again bool) error {
			if again && d.picture.channels[t.channel].status != routing.ChannelPause {
				return nil
			}
			_, err := eng.Flex.Resume(d.alive, t.channel)
			return err
		})
		return err
	})
	return nil
}

// rests leaves a conversation open without anybody in it. Half of the customers write again;
// of the others some are forgotten, and the rest closed.
func (d *day) rests(c *customer, t *talk) error {
	if !d.has(t) {
		return nil
	}
	done, err := d.call("leave", func(eng *engage.Engine, again bool) error {
		if again && d.picture.channels[t.channel].status == routing.ChannelInactive {
			return nil
		}
		_, err := eng.Flex.UpdateChannel(d.alive, t.channel, routing.ChannelUpdate{By: routing.ChannelInactivates, Change: routing.ChannelChange{Complete: true}})
		return err
	})
	if !done || err != nil {
		return err
	}
	back, forgotten := d.likely(0.5), d.likely(0.5)
	d.after(d.between(300, 3600), func() error {
		if d.picture.channels[t.channel].status != routing.ChannelInactive {
			return nil
		}
		switch {
		case back:
			return d.comesBack(c)
		case forgotten:
			return nil
		}
		_, err := d.call("close", func(eng *engage.Engine, _ bool) error {
			_, err := eng.Flex.UpdateChannel(d.alive, t.channel, routing.ChannelUpdate{By: routing.ChannelCloses})
			return err
		})
		return err
	})
	return nil
}
