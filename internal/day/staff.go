package day

import (
	"context"
	"time"

	"github.com/engage-interactions/engage"
)

// planShifts puts on the agenda when workers come, have breaks, and go.
func (d *day) planShifts() {
	for _, p := range d.centre.people {
		begins := p.begins
		if begins.Before(midnight) {
			begins = midnight
		}
		d.agenda.note(begins, func(ctx context.Context) error {
			p.home = false
			return d.puts(ctx, p, "Available", false)
		})
		for _, b := range []struct {
			after     time.Duration
			low, high int
		}{{2 * time.Hour, 8, 15}, {4 * time.Hour, 25, 35}, {6 * time.Hour, 8, 15}} {
			at := p.begins.Add(b.after + time.Duration(d.random.IntN(3600))*time.Second)
			if at.Before(midnight) {
				continue
			}
			length := time.Duration(b.low+d.random.IntN(b.high-b.low+1)) * time.Minute
			rejects := d.likely(0.3)
			d.agenda.note(at, func(ctx context.Context) error { return d.breaks(ctx, p, length, rejects) })
		}
		if p.ends.Before(midnight.Add(24 * time.Hour)) {
			d.agenda.note(p.ends, func(ctx context.Context) error { return d.goesHome(ctx, p) })
		}
		if d.likely(0.1) { // somebody who does less for a while
			at := p.begins.Add(shift / 2)
			if at.After(midnight) {
				d.agenda.note(at, func(ctx context.Context) error { return d.makesRoom(ctx, p, 1) })
				d.agenda.note(at.Add(90*time.Minute), func(ctx context.Context) error { return d.makesRoom(ctx, p, 3) })
			}
		}
	}
}

// puts has a worker do something else. What is offered to them they can accept still, unless
// they reject it.
func (d *day) puts(ctx context.Context, p *person, activity string, rejects bool) error {
	sid := d.centre.activities[activity]
	_, err := d.call(ctx, "activity", func(ctx context.Context, eng *engage.Engine, _ bool) error {
		_, err := eng.Workers.Update(ctx, p.sid, engage.WorkerUpdate{ActivitySID: &sid, RejectPendingReservations: rejects})
		return err
	})
	return err
}

// breaks has a worker go away for some time.
func (d *day) breaks(ctx context.Context, p *person, length time.Duration, rejects bool) error {
	if p.home || p.gone {
		return nil
	}
	if err := d.puts(ctx, p, "Break", rejects); err != nil {
		return err
	}
	d.isBack(p, length)
	return nil
}

// isBack has a worker be back in some time, unless something else takes them away meanwhile.
func (d *day) isBack(p *person, in time.Duration) {
	p.away++
	away := p.away
	d.after(in, func(ctx context.Context) error {
		if p.away != away || p.home || p.gone {
			return nil
		}
		return d.puts(ctx, p, "Available", false)
	})
}

// goesHome ends a shift. What they have they finish.
func (d *day) goesHome(ctx context.Context, p *person) error {
	if p.gone {
		return nil
	}
	p.home = true
	return d.puts(ctx, p, "Offline", d.likely(0.5))
}

// makesRoom changes how many chats a worker has at a time.
func (d *day) makesRoom(ctx context.Context, p *person, chats int) error {
	if p.gone {
		return nil
	}
	_, err := d.call(ctx, "capacity", func(ctx context.Context, eng *engage.Engine, _ bool) error {
		_, err := eng.Workers.SetChannel(ctx, p.sid, "chat", engage.WorkerChannelUpdate{Capacity: &chats})
		return err
	})
	return err
}

// planManagement puts on the agenda what those do who run the centre.
func (d *day) planManagement() {
	d.agenda.note(midnight.Add(12*time.Hour), func(ctx context.Context) error { return d.rewrites(ctx, afternoon(), true) })
	d.agenda.note(midnight.Add(15*time.Hour+30*time.Minute), func(ctx context.Context) error { return d.rewrites(ctx, morning(), false) })
	for _, at := range []time.Duration{11*time.Hour + 7*time.Minute, 16*time.Hour + 13*time.Minute} {
		d.agenda.note(midnight.Add(at), d.dismisses)
	}
	for _, at := range []time.Duration{9 * time.Hour, 13 * time.Hour, 17 * time.Hour} {
		d.agenda.note(midnight.Add(at), d.teaches)
	}
}

// rewrites changes the workflow of customers.
func (d *day) rewrites(ctx context.Context, ways []way, anew bool) error {
	configuration := d.centre.configuration(ways, everybody)
	_, err := d.call(ctx, "workflow", func(ctx context.Context, eng *engage.Engine, _ bool) error {
		_, err := eng.Workflows.Update(ctx, d.centre.customers.SID, engage.WorkflowUpdate{Configuration: &configuration, ReEvaluateTasks: anew})
		return err
	})
	return err
}

// dismisses deletes a worker who has something just now: something that was offered to them,
// if there is such a one, and something that they have accepted.
func (d *day) dismisses(ctx context.Context) error {
	var who *person
	most := 0
	for _, p := range d.centre.people {
		w := d.picture.workers[p.sid]
		if has := min(w.offered, 1)*100 + w.busy; !p.gone && !p.home && has > most {
			who, most = p, has
		}
	}
	if who == nil {
		return nil
	}
	who.gone = true
	_, err := d.call(ctx, "delete", func(ctx context.Context, eng *engage.Engine, _ bool) error { return eng.Workers.Delete(ctx, who.sid) })
	return err
}

// teaches has a worker know more than before.
func (d *day) teaches(ctx context.Context) error {
	p := d.centre.people[d.random.IntN(len(d.centre.people))]
	if p.gone {
		return nil
	}
	attributes := knows(d.random, true)
	_, err := d.call(ctx, "attributes", func(ctx context.Context, eng *engage.Engine, _ bool) error {
		_, err := eng.Workers.Update(ctx, p.sid, engage.WorkerUpdate{Attributes: &attributes})
		return err
	})
	return err
}
