package day

import (
	"slices"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/routing"
)

// live reports whether a reservation takes up room.
func (r *reservation) live() bool { return r.status.Live() }

// taken reports whether somebody has accepted it, and not completed.
func taken(s routing.ReservationStatus) bool {
	return s == routing.ReservationAccepted || s == routing.ReservationWrapping
}

// reserve takes in what is said of a reservation. What is said of its task is so after the
// whole commit.
func (p *picture) reserve(typ engage.EventType, d engage.ReservationEvent) {
	w := p.workers[d.WorkerSID]
	if w == nil {
		p.fault("reservation %s is of nobody", d.ReservationSID)
		return
	}
	r := p.reservations[d.ReservationSID]
	if r == nil {
		if typ != engage.EventReservationCreated {
			p.fault("reservation %s begins with %s", d.ReservationSID, typ)
		}
		k := p.tasks[d.TaskSID]
		if k == nil {
			k = p.task(d.TaskEvent)
		}
		r = &reservation{
			sid: d.ReservationSID, task: k.sid, worker: w.sid, queue: k.queue, taskChannel: k.taskChannel,
			status: routing.ReservationPending, created: p.now, due: d.DueAt,
		}
		p.reservations[r.sid] = r
		p.offer(k, w, r)
		return
	}
	is := map[engage.EventType]routing.ReservationStatus{
		engage.EventReservationAccepted: routing.ReservationAccepted, engage.EventReservationRejected: routing.ReservationRejected,
		engage.EventReservationTimeout: routing.ReservationTimeout, engage.EventReservationCanceled: routing.ReservationCanceled,
		engage.EventReservationRescinded: routing.ReservationRescinded, engage.EventReservationWrapup: routing.ReservationWrapping,
		engage.EventReservationCompleted: routing.ReservationCompleted,
	}[typ]
	k, was := p.tasks[r.task], r.status
	if !follows(was, is) {
		p.fault("reservation %s goes from %s to %q", r.sid, was, is)
	}
	p.stats.happens(is)
	r.status = is
	p.count(w, r, was)
	if !r.live() {
		k.live = slices.DeleteFunc(k.live, func(other *reservation) bool { return other == r })
	}
	switch is {
	case routing.ReservationAccepted:
		for _, other := range k.live {
			if other != r && taken(other.status) {
				p.fault("task %s is with %s and with %s", k.sid, p.workers[other.worker].name, w.name)
			}
		}
		if r.due.Before(p.now.Add(-time.Second)) {
			p.stats.late++
		}
		p.answered(k, r)
	case routing.ReservationRejected:
		if q := p.specs[r.queue]; q != nil && q.cools > 0 { // which it takes along to other queues
			k.cools[w.sid] = p.now.Add(time.Duration(q.cools) * time.Second)
		}
		if k.transfer {
			k.kept, k.worker = true, ""
		}
	case routing.ReservationTimeout:
		if p.now.Before(r.due) {
			p.fault("reservation %s timed out %v before its time", r.sid, r.due.Sub(p.now))
		}
	case routing.ReservationPending, routing.ReservationCanceled, routing.ReservationRescinded, routing.ReservationWrapping, routing.ReservationCompleted:
	}
	p.task(d.TaskEvent)
}

// follows says what can become of a reservation.
func follows(was, is routing.ReservationStatus) bool {
	switch is {
	case routing.ReservationAccepted, routing.ReservationRejected, routing.ReservationTimeout, routing.ReservationCanceled, routing.ReservationRescinded:
		return was == routing.ReservationPending
	case routing.ReservationWrapping:
		return was == routing.ReservationAccepted
	case routing.ReservationCompleted:
		return taken(was)
	case routing.ReservationPending:
	}
	return false
}

// offer holds an offer against the rules, and takes it in.
func (p *picture) offer(k *task, w *worker, r *reservation) {
	p.stats.offers++
	q := p.specs[k.queue]
	if len(k.live) > 0 && (q == nil || len(k.live) >= q.reserve) {
		p.fault("task %s is offered to %s while %s has it", k.sid, w.name, p.workers[k.live[0].worker].name)
	}
	for _, other := range k.live {
		if taken(other.status) || other.worker == w.sid {
			p.fault("task %s is offered to %s while it is taken", k.sid, w.name)
		}
	}
	if !w.available && !k.ignores || w.gone {
		p.fault("task %s is offered to %s, who is %s", k.sid, w.name, p.names[w.activity])
	}
	if room := w.room(k.taskChannel); !k.ignores && (room.closed || room.live >= room.capacity) {
		p.fault("task %s is offered to %s, who has %d of %d on %s", k.sid, w.name, room.live, room.capacity, k.taskChannel)
	}
	if k.worker != "" && k.worker != w.sid {
		p.fault("task %s is for %s, and is offered to %s", k.sid, k.worker, w.name)
	}
	if k.worker == "" {
		p.inOrder(k, w, q)
	}
	if k.status == routing.TaskPending { // the events of its task come later
		k.status = routing.TaskReserved
		p.remove(k)
	}
	k.live = append(k.live, r)
	p.count(w, r, "")
}

// count counts a reservation with its worker.
func (p *picture) count(w *worker, r *reservation, was routing.ReservationStatus) {
	p.works(w)
	room, had := w.room(r.taskChannel), was != "" && was.Live()
	switch {
	case !had && r.live():
		room.live++
	case had && !r.live():
		room.live--
	}
	switch {
	case !taken(was) && taken(r.status):
		w.busy++
	case taken(was) && !taken(r.status):
		w.busy--
	}
	if r.status == routing.ReservationPending {
		w.offered++
	}
	if was == routing.ReservationPending {
		w.offered--
	}
	if r.status == routing.ReservationAccepted || taken(was) && !taken(r.status) {
		w.idle = p.now
	}
	w.changed = p.now
}

// works counts the time of a worker up to now.
func (p *picture) works(w *worker) {
	if !w.at.IsZero() {
		by := p.now.Sub(w.at)
		if w.available || w.busy > 0 {
			w.worked += by
		}
		if w.busy > 0 {
			w.engaged += by
		}
	}
	w.at = p.now
}

func (w *worker) room(taskChannel string) *room {
	if w.rooms[taskChannel] == nil {
		w.rooms[taskChannel] = &room{capacity: 1}
	}
	return w.rooms[taskChannel]
}

// takes reports whether a worker can take one more on a task channel.
func (w *worker) takes(taskChannel string) bool {
	room := w.room(taskChannel)
	return w.available && !w.gone && !room.closed && room.live < room.capacity
}

// cooled reports whether a task is not offered to a worker because they have rejected it.
func (p *picture) cooled(k *task, w *worker) bool { return p.now.Before(k.cools[w.sid]) }

// inOrder holds an offer against the order of tasks, and of workers.
func (p *picture) inOrder(k *task, w *worker, q *queueSpec) {
	if q == nil {
		p.fault("task %s is offered out of no queue", k.sid)
		return
	}
	if !q.takes(k.attributes, w.sid, w.attributes) {
		p.fault("task %s of %s is offered to %s, who is not for it", k.sid, q.name, w.name)
	}
	if p.cooled(k, w) {
		p.fault("task %s is offered to %s, who has just rejected it", k.sid, w.name)
	}
	line := p.lines[k.line]
	for _, before := range line {
		if before == k {
			break
		}
		if before.place > p.placeOf(k) || before.kept || p.cooled(before, w) {
			continue
		}
		p.fault("task %s of %s is offered to %s before task %s", k.sid, q.name, w.name, before.sid)
		break
	}
	if k.kept {
		return
	}
	first := q.known == knownFirst && lastWorker(k.attributes) == w.sid
	for _, other := range p.staff {
		if first || other == w || !other.changed.Before(p.now) || !other.takes(k.taskChannel) || p.cooled(k, other) ||
			!q.takes(k.attributes, other.sid, other.attributes) || !p.comesFirst(k, q, other, w) {
			continue
		}
		p.fault("task %s of %s is offered to %s before %s", k.sid, q.name, w.name, other.name)
	}
}

// comesFirst reports whether a task is offered to a worker rather than to another one.
func (p *picture) comesFirst(k *task, q *queueSpec, a, b *worker) bool {
	if q.known == knownFirst && lastWorker(k.attributes) == a.sid {
		return true
	}
	if q.byLevel {
		if x, y := number(a.attributes, "level"), number(b.attributes, "level"); x != y {
			return x > y
		}
	}
	if !a.idle.Equal(b.idle) {
		return a.idle.Before(b.idle)
	}
	return a.sid < b.sid
}

// nobodyWaits holds that nobody waits whom somebody could take: when all that is due has been
// done.
func (p *picture) nobodyWaits() {
	for _, line := range sortedKeys(p.lines) {
		for _, k := range p.lines[line] {
			if !p.heldBack(k) {
				break // who is behind it in the line is no better off
			}
		}
	}
}

// heldBack reports whether a task is not offered only because of itself.
func (p *picture) heldBack(k *task) (held bool) {
	q := p.specs[k.queue]
	for _, w := range p.staff {
		if k.worker != "" && k.worker != w.sid || w.gone {
			continue
		}
		if k.ignores {
			if w.available {
				p.fault("task %s waits for %s, who is there", k.sid, w.name)
			}
			continue
		}
		if !w.takes(k.taskChannel) || k.worker == "" && !q.takes(k.attributes, w.sid, w.attributes) {
			continue
		}
		if k.kept || p.cooled(k, w) {
			held = true
			continue
		}
		p.fault("task %s waits in %s, and %s could take it", k.sid, p.names[k.queue], w.name)
		return false
	}
	return held
}
