package day

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/routing"
	"github.com/engage-interactions/engage/store"
)

// records goes through all records of a kind, as the store keeps them.
func (d *day) records(ctx context.Context, kind string, take func(value []byte) error) error {
	q := store.Query{Tenant: tenant, Kind: kind, Limit: store.MaxLimit}
	for {
		page, err := d.store.Find(ctx, q)
		if err != nil {
			return err
		}
		for _, r := range page.Records {
			if err := take(r.Value); err != nil {
				return fmt.Errorf("a %s: %w", kind, err)
			}
		}
		if page.Next == "" {
			return nil
		}
		q.Cursor = page.Next
	}
}

func each[T any](ctx context.Context, d *day, kind string, take func(T)) error {
	return d.records(ctx, kind, func(value []byte) error {
		var is T
		if err := json.Unmarshal(value, &is); err != nil {
			return err
		}
		take(is)
		return nil
	})
}

// auditHourly holds what is cheap to look at against the picture: how the queues are counted,
// and who stands ready.
func (d *day) auditHourly(ctx context.Context) error {
	if err := d.auditCounts(ctx); err != nil {
		return err
	}
	return d.auditReady(ctx)
}

// audit holds all that the store keeps against the picture, in the end.
func (d *day) audit(ctx context.Context) error {
	for _, audit := range []func(context.Context) error{
		d.auditHourly, d.auditTasks, d.auditReservations, d.auditWorkers, d.auditChannels, d.auditJobs, d.auditCounters, d.auditAgain,
	} {
		if err := audit(ctx); err != nil {
			return err
		}
	}
	return nil
}

// auditCounts counts the tasks and the workers of each queue once more.
func (d *day) auditCounts(ctx context.Context) error {
	p := d.picture
	tasks := map[string]map[routing.TaskStatus]int64{}
	for _, k := range p.latest {
		if k.status.Live() && k.queue != "" {
			if tasks[k.queue] == nil {
				tasks[k.queue] = map[routing.TaskStatus]int64{}
			}
			tasks[k.queue][k.status]++
		}
	}
	for _, name := range sortedKeys(d.centre.queues) {
		sid := d.centre.queues[name]
		counts, err := d.eng.Queues.Counts(ctx, sid)
		if err != nil {
			return err
		}
		eligible, available := 0, 0
		for _, w := range p.staff {
			if !w.gone && p.specs[sid].is(w.attributes) {
				eligible++
				if w.available {
					available++
				}
			}
		}
		if !maps.Equal(counts.Tasks, tasks[sid]) {
			p.fault("%s counts %v, and there are %v", name, counts.Tasks, tasks[sid])
		}
		if counts.EligibleWorkers != eligible || counts.AvailableWorkers != available || !counts.Settled {
			p.fault("%s counts %d workers, %d of them available, and there are %d and %d", name, counts.EligibleWorkers, counts.AvailableWorkers, eligible, available)
		}
	}
	return nil
}

// auditReady works out once more who stands ready, and in which order.
func (d *day) auditReady(ctx context.Context) error {
	type ready struct {
		Crew    string `json:"crew_id"`
		Channel string `json:"task_channel_sid"`
		Worker  string `json:"worker_sid"`
		Idle    string `json:"idle_key"`
	}
	p, is := d.picture, map[ready]string{}
	if err := each(ctx, d, "ready_worker", func(r ready) { is[ready{Crew: r.Crew, Channel: r.Channel, Worker: r.Worker}] = r.Idle }); err != nil {
		return err
	}
	type crew struct {
		ID     string   `json:"id"`
		Queues []string `json:"queue_sids"`
	}
	var crews []crew
	if err := each(ctx, d, "crews", func(all struct {
		Crews []crew `json:"crews"`
	},
	) {
		crews = all.Crews
	}); err != nil {
		return err
	}
	expected := 0
	for _, c := range crews {
		if len(c.Queues) == 0 {
			p.fault("crew %s has no queue", c.ID)
			continue
		}
		for channel, name := range p.names {
			if !routing.PrefixTaskChannel.Valid(channel) {
				continue
			}
			for _, w := range p.staff {
				if !p.specs[c.Queues[0]].is(w.attributes) || !w.takes(name) {
					continue
				}
				expected++
				idle, there := is[ready{Crew: c.ID, Channel: channel, Worker: w.sid}]
				if want := (routing.Worker{SID: w.sid, IdleSince: w.idle}).IdleKey(); !there || idle != want {
					p.fault("%s stands ready for %s on %s as %q, want %q", w.name, p.names[c.Queues[0]], name, idle, want)
				}
			}
		}
	}
	if expected != len(is) {
		p.fault("%d stand ready, want %d", len(is), expected)
	}
	return nil
}

// auditTasks holds each task against the picture: it has ended, and says why.
func (d *day) auditTasks(ctx context.Context) error {
	p, n := d.picture, 0
	filter := engage.TaskFilter{WorkspaceSID: d.centre.workspace.SID, Limit: 500}
	for {
		page, err := d.eng.Tasks.List(ctx, filter)
		if err != nil {
			return err
		}
		for _, is := range page.Items {
			k := p.tasks[is.SID]
			n++
			switch {
			case k == nil:
				p.fault("nothing has told of task %s", is.SID)
			case is.Status.Live() || is.Reason == "" || len(is.ReservationSIDs) > 0:
				p.fault("task %s is %s in the end, because of %q", is.SID, is.Status, is.Reason)
			case is.Status != k.status || is.Reason != k.reason || is.QueueSID != k.queue || is.Priority != k.priority:
				p.fault("task %s is %s %q, and was told to be %s %q", is.SID, is.Status, is.Reason, k.status, k.reason)
			}
		}
		if page.Continuation == "" {
			break
		}
		filter.Continuation = page.Continuation
	}
	if n != len(p.tasks) {
		p.fault("there are %d tasks, and %d were told of", n, len(p.tasks))
	}
	return nil
}

// auditReservations holds each reservation against the picture.
func (d *day) auditReservations(ctx context.Context) error {
	p, n := d.picture, 0
	err := each(ctx, d, "reservation", func(is routing.Reservation) {
		n++
		if r := p.reservations[is.SID]; r == nil || r.status != is.Status || is.Status.Live() || r.worker != is.WorkerSID || r.task != is.TaskSID {
			p.fault("reservation %s is %s in the end, and was told to be %+v", is.SID, is.Status, r)
		}
	})
	if n != len(p.reservations) {
		p.fault("there are %d reservations, and %d were told of", n, len(p.reservations))
	}
	return err
}

// auditWorkers holds each worker against the picture: they have nothing left to do.
func (d *day) auditWorkers(ctx context.Context) error {
	p, n := d.picture, 0
	err := each(ctx, d, "worker", func(is routing.Worker) {
		n++
		w := p.workers[is.SID]
		if w == nil || w.gone || w.available != is.Available || w.activity != is.ActivitySID {
			p.fault("worker %s is %s, and was told to be %+v", is.FriendlyName, is.ActivityName, w)
			return
		}
		for _, c := range is.Channels {
			if c.Pending+c.Accepted+c.Wrapping > 0 || c.Capacity != w.room(c.TaskChannel).capacity {
				p.fault("%s has %d, %d and %d on %s in the end", w.name, c.Pending, c.Accepted, c.Wrapping, c.TaskChannel)
			}
		}
	})
	for _, w := range p.staff {
		if !w.gone {
			n--
		}
		if w.busy+w.offered > 0 {
			p.fault("%s was told to have something in the end", w.name)
		}
	}
	if n != 0 {
		p.fault("there are %d more workers than were told of", n)
	}
	return err
}

// auditChannels holds each channel and its thread against the picture: no thread is open
// unless its channel rests.
func (d *day) auditChannels(ctx context.Context) error {
	p := d.picture
	for _, sid := range sortedKeys(p.channels) {
		c := p.channels[sid]
		is, err := d.eng.Flex.Channel(ctx, sid)
		if err != nil {
			return err
		}
		if is.Status != c.status {
			p.fault("channel %s is %s, and was told to be %s", sid, is.Status, c.status)
		}
		thread, err := d.eng.Threads.Get(ctx, c.thread)
		if err != nil {
			return err
		}
		rests := c.status == routing.ChannelInactive || c.status == routing.ChannelPause
		switch {
		case rests != (thread.ChannelSID == sid):
			p.fault("channel %s is %s, and its thread is bound to %q", sid, c.status, thread.ChannelSID)
		case rests && thread.Status != interaction.ThreadOpen:
			p.fault("channel %s is %s, and its thread is %s", sid, c.status, thread.Status)
		case c.status == routing.ChannelClosed && thread.Status == interaction.ThreadOpen && thread.ChannelSID == "":
			p.fault("channel %s is closed, and its thread is open and nobody's", sid)
		case !rests && c.status != routing.ChannelClosed:
			p.fault("channel %s is %s in the end", sid, c.status)
		}
	}
	return nil
}

// auditJobs holds that no job has failed, and none is left that is due.
func (d *day) auditJobs(ctx context.Context) error {
	return each(ctx, d, "job", func(j struct {
		ID, Type, State, Error string
	},
	) {
		if j.State == "failed" || j.State == "uncertain" && !strings.HasPrefix(j.Type, "content") {
			d.picture.fault("job %s, %s, is %s: %s", j.ID, j.Type, j.State, j.Error)
		}
	})
}

// auditCounters holds that nothing is counted of tasks any more.
func (d *day) auditCounters(ctx context.Context) error {
	return each(ctx, d, "task_count", func(c struct {
		Of    string           `json:"queue_sid"`
		Shard int              `json:"shard"`
		Tasks map[string]int64 `json:"tasks"`
	},
	) {
		if len(c.Tasks) > 0 {
			d.picture.fault("of %s %v tasks are counted in the end", c.Of, c.Tasks)
		}
	})
}

// auditAgain reads the log once more from its beginning: what it tells is the same.
func (d *day) auditAgain(ctx context.Context) error {
	again, known := newPicture(d.opts.Within), len(d.picture.wrong)
	at := int64(0)
	for e, err := range d.eng.Events.After(ctx, 0) {
		if err != nil {
			return err
		}
		if e.Position <= at {
			d.picture.fault("event %d comes behind %d", e.Position, at)
		}
		at = e.Position
		if err := again.take(e); err != nil {
			return err
		}
	}
	a, b := d.picture, again
	switch {
	case a.events != b.events || !maps.Equal(a.happened, b.happened):
		a.fault("the log has %d events, and %d were seen", b.events, a.events)
	case known == 0 && len(b.wrong) > 0:
		a.fault("read once more, the log has other faults: %v", b.wrong)
	case a.series != b.series || !maps.Equal(a.stats.canceled, b.stats.canceled) || !maps.Equal(a.transfers, b.transfers):
		a.fault("read once more, the log tells of another day")
	}
	for sid, k := range a.tasks {
		if other := b.tasks[sid]; other == nil || other.status != k.status || other.queue != k.queue || other.reason != k.reason {
			a.fault("read once more, task %s is another one", sid)
			break
		}
	}
	for _, name := range sortedKeys(a.tallies) {
		if x, y := a.tallies[name], b.tallies[name]; x.entered != y.entered || x.abandoned != y.abandoned || !slices.Equal(x.waits, y.waits) {
			a.fault("read once more, queue %s has other numbers", name)
		}
	}
	return nil
}
