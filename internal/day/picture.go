package day

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/routing"
)

// picture is the centre as the log of events tells of it, and nothing else.
type picture struct {
	position int64
	now      time.Time // of the last event
	events   int

	names        map[string]string     // of queues, task channels and activities, by SID
	specs        map[string]*queueSpec // of queues, by SID
	tasks        map[string]*task
	reservations map[string]*reservation
	workers      map[string]*worker
	staff        []*worker // in the order in which they were hired
	channels     map[string]*channel
	byChannel    map[string][]*task     // all tasks of a channel
	dirty        []*channel             // to which something has happened
	transfers    map[string]string      // the statuses, by SID
	aims         map[string]aim         // of tasks that are not told of yet, by SID
	lines        map[string][]*task     // who waits, in their order, by line
	wrong        []string               // what was against the rules
	happened     map[string]int         // events by type
	tallies      map[string]*queueTally // by the names of queues
	series       series
	latest       []*task // all of them, in the order in which they were made
	liveTasks    int
	heads        int // waiting tasks, over all lines
	atWork       int // workers in an available activity

	stats tally
}

// task is a task as the log has it.
type task struct {
	sid, queue, taskChannel, channel string

	status     routing.TaskStatus
	attributes facts
	priority   int
	reason     string
	created    time.Time
	waitsSince time.Time // since when somebody is sought for it; zero: nobody is yet
	live       []*reservation
	cools      map[string]time.Time // until when it is kept from workers who have rejected it, by SID
	worker     string               // whom it is for, and nobody else
	ignores    bool                 // their capacity
	kept       bool                 // from some workers: those who are on its channel, or have declined it
	transfer   bool
	line       string // that it waits in; empty: none
	place      string
	answered   bool
}

// reservation is an offer as the log has it.
type reservation struct {
	sid, task, worker, queue, taskChannel string

	status  routing.ReservationStatus
	created time.Time
	due     time.Time
}

// worker is a worker as the log has them.
type worker struct {
	sid, name, activity string

	attributes facts
	available  bool
	gone       bool
	idle       time.Time // since when; zero: they never had a task
	changed    time.Time // when they were last able to take more, or less
	n          int       // in the order in which they were hired
	rooms      map[string]*room
	busy       int           // reservations accepted or wrapping
	offered    int           // pending
	at         time.Time     // when their time was counted last
	worked     time.Duration // in an available activity, or busy
	engaged    time.Duration // busy
}

// room is what a worker has on a task channel.
type room struct {
	capacity int
	closed   bool
	live     int
}

// channel is the channel of an interaction as the log has it.
type channel struct {
	sid, thread string

	status routing.ChannelStatus
	live   int       // tasks
	back   time.Time // when it came back from rest
	dirty  bool
}

// channel returns a channel to which something has happened.
func (p *picture) channel(sid string) *channel {
	c := p.channels[sid]
	if c == nil {
		c = &channel{sid: sid, status: routing.ChannelSetup}
		p.channels[sid] = c
	}
	if !c.dirty {
		c.dirty = true
		p.dirty = append(p.dirty, c)
	}
	return c
}

// aim is whom a task is for, other than by its workflow.
type aim struct {
	worker   string // and nobody else; empty: whoever there is
	ignores  bool   // their capacity
	transfer bool
}

func (k *task) aim(is aim) {
	k.worker, k.ignores = is.worker, is.ignores
	k.transfer, k.kept = k.transfer || is.transfer, k.kept || is.transfer
}

// aimed notes whom a task is for, which may be told of before the task is.
func (p *picture) aimed(taskSID string, is aim) {
	k := p.tasks[taskSID]
	if k == nil {
		p.aims[taskSID] = is
		return
	}
	p.remove(k)
	k.aim(is)
	p.place(k)
}

func newPicture(within [2]time.Duration) *picture {
	return &picture{
		names: map[string]string{}, specs: map[string]*queueSpec{}, tasks: map[string]*task{}, reservations: map[string]*reservation{},
		workers: map[string]*worker{}, channels: map[string]*channel{}, transfers: map[string]string{}, aims: map[string]aim{}, lines: map[string][]*task{}, byChannel: map[string][]*task{},
		happened: map[string]int{}, tallies: map[string]*queueTally{}, stats: newTally(within),
	}
}

// maxWrong is how many faults are described.
const maxWrong = 20

func (p *picture) fault(format string, args ...any) {
	if len(p.wrong) < maxWrong {
		p.wrong = append(p.wrong, fmt.Sprintf("%s, event %d: ", p.now.Sub(midnight), p.position)+fmt.Sprintf(format, args...))
	}
}

// take takes in one event.
func (p *picture) take(e engage.Event) error {
	p.pass(e.Time)
	p.position = e.Position
	p.events++
	p.happened[string(e.Type)]++
	switch e.Type {
	case engage.EventTaskChannelCreated, engage.EventTaskQueueCreated, engage.EventActivityCreated:
		return decode(e, func(d engage.WorkspaceEvent) { p.named(e.Resource.ID, d.FriendlyName) })
	case engage.EventTaskCreated, engage.EventTaskUpdated, engage.EventTaskCanceled, engage.EventTaskWrapup, engage.EventTaskCompleted,
		engage.EventTaskQueueEntered, engage.EventTaskQueueMoved, engage.EventTaskQueueTimeout, engage.EventWorkflowEntered,
		engage.EventWorkflowTargetMatched, engage.EventWorkflowSkipped, engage.EventWorkflowTimeout:
		return decode(e, func(d engage.TaskEvent) { p.task(d) })
	case engage.EventReservationCreated, engage.EventReservationAccepted, engage.EventReservationRejected, engage.EventReservationTimeout,
		engage.EventReservationCanceled, engage.EventReservationRescinded, engage.EventReservationWrapup, engage.EventReservationCompleted:
		return decode(e, func(d engage.ReservationEvent) { p.reserve(e.Type, d) })
	case engage.EventTaskTransferInitiated, engage.EventTaskTransferAttemptFailed, engage.EventTaskTransferCompleted,
		engage.EventTaskTransferFailed, engage.EventTaskTransferCanceled:
		return decode(e, func(d engage.TransferEvent) { p.handOver(e.Type, d) })
	case engage.EventWorkerCreated, engage.EventWorkerActivityUpdated, engage.EventWorkerAttributesUpdated,
		engage.EventWorkerCapacityUpdated, engage.EventWorkerChannelUpdated, engage.EventWorkerDeleted:
		return decode(e, func(d engage.WorkerEvent) { p.employ(e.Type, e.Resource.ID, d) })
	case engage.EventFlexChannelCreated, engage.EventFlexChannelCreateFailed, engage.EventFlexChannelUpdated,
		engage.EventFlexInviteCreated, engage.EventFlexParticipantJoined, engage.EventFlexParticipantLeft:
		return decode(e, func(d engage.FlexEvent) { p.flex(e.Type, d) })
	}
	return nil
}

func decode[T any](e engage.Event, take func(T)) error {
	var d T
	if err := json.Unmarshal(e.Data, &d); err != nil {
		return fmt.Errorf("event %d, %s: %w", e.Position, e.Type, err)
	}
	take(d)
	return nil
}

// pass lets the time go by until the next event.
func (p *picture) pass(to time.Time) {
	if to.Before(p.now) {
		p.fault("the time of an event is %v before that of the last", p.now.Sub(to))
		return
	}
	if !p.now.IsZero() {
		p.series.pass(p.now, to, p.heads, p.atWork)
	}
	p.now = to
}

func (p *picture) named(sid, name string) {
	p.names[sid] = name
	for n, all := 0, queueSpecs(); n < len(all); n++ {
		if routing.PrefixQueue.Valid(sid) && all[n].name == name {
			p.specs[sid] = &all[n]
			p.tallies[name] = &queueTally{}
		}
	}
}

// task takes in what is said of a task.
func (p *picture) task(d engage.TaskEvent) *task {
	k := p.tasks[d.TaskSID]
	if k == nil {
		k = &task{
			sid: d.TaskSID, taskChannel: p.names[d.TaskChannelSID], channel: d.ChannelSID,
			status: routing.TaskPending, created: p.now, cools: map[string]time.Time{},
		}
		p.tasks[d.TaskSID] = k
		p.latest = append(p.latest, k)
		p.liveTasks++
		p.series.arrives(p.now)
		if k.channel != "" {
			c := p.channel(k.channel)
			k.kept = c.live > 0
			c.live++
			p.byChannel[c.sid] = append(p.byChannel[c.sid], k)
		}
		if is, there := p.aims[k.sid]; there {
			delete(p.aims, k.sid)
			k.aim(is)
		}
	}
	if was := k.status; was != d.AssignmentStatus {
		k.status = d.AssignmentStatus
		if !was.Live() {
			p.fault("task %s goes from %s to %s", k.sid, was, k.status)
		}
		if !k.status.Live() {
			p.ends(k, d)
		}
	}
	if d.TaskQueueSID != k.queue {
		k.queue = d.TaskQueueSID
		if t := p.tallies[p.names[k.queue]]; t != nil {
			t.entered++
		}
	}
	k.attributes, k.priority, k.reason = d.Attributes, d.Priority, d.Reason
	p.place(k)
	return k
}

// ends notes the end of a task.
func (p *picture) ends(k *task, d engage.TaskEvent) {
	p.liveTasks--
	if k.channel != "" {
		p.channel(k.channel).live--
	}
	if d.Reason == "" {
		p.fault("task %s has ended as %s, and does not say why", k.sid, k.status)
	}
	if k.status == routing.TaskCanceled {
		if k.answered {
			p.fault("task %s was assigned, and is canceled", k.sid)
		}
		p.abandoned(k, d.Reason)
	} else {
		p.stats.completed++
	}
}

// place puts a task where it waits, or takes it out.
func (p *picture) place(k *task) {
	line := p.lineOf(k)
	if line != "" && k.waitsSince.IsZero() {
		k.waitsSince = p.now
	}
	place := ""
	if line != "" {
		place = p.placeOf(k)
	}
	if line == k.line && place == k.place {
		return
	}
	p.remove(k)
	if line == "" {
		return
	}
	k.line, k.place = line, place
	in := p.lines[line]
	n, _ := slices.BinarySearchFunc(in, place, func(k *task, place string) int { return cmp.Compare(k.place, place) })
	p.lines[line] = slices.Insert(in, n, k)
	p.heads++
}

func (p *picture) remove(k *task) {
	if k.line == "" {
		return
	}
	in := p.lines[k.line]
	n, found := slices.BinarySearchFunc(in, k.place, func(k *task, place string) int { return cmp.Compare(k.place, place) })
	if !found || in[n] != k {
		p.fault("task %s is not where it was", k.sid)
	} else if in = slices.Delete(in, n, n+1); len(in) == 0 {
		delete(p.lines, k.line)
	} else {
		p.lines[k.line] = in
	}
	k.line, k.place = "", ""
	p.heads--
}

// lineOf says in which line a task waits; empty: in none.
func (p *picture) lineOf(k *task) string {
	if k.status != routing.TaskPending {
		return ""
	}
	if c := p.channels[k.channel]; c != nil && c.status != routing.ChannelActive && c.status != routing.ChannelTransfer {
		return ""
	}
	if k.worker != "" {
		return fmt.Sprintf("%s|%s|only %s|%v", k.queue, k.taskChannel, k.worker, k.ignores)
	}
	q := p.specs[k.queue]
	if q == nil {
		return ""
	}
	demand := ""
	if q.line != nil {
		demand = q.line(k.attributes)
	}
	return k.queue + "|" + k.taskChannel + "|" + demand
}

// placeOf is where a task stands in its line, as a text.
func (p *picture) placeOf(k *task) string {
	const zero = 1 << 50 // all numbers are far nearer to 0
	start, q := k.created.UnixMilli(), p.specs[k.queue]
	switch {
	case q != nil && q.latest:
		return fmt.Sprintf("%016d %s", zero-start, k.sid)
	case q != nil && q.ageing > 0:
		return fmt.Sprintf("%016d %016d %s", zero+start-int64(k.priority)*int64(q.ageing)*1000, start, k.sid)
	}
	return fmt.Sprintf("%016d %016d %s", zero-int64(k.priority), start, k.sid)
}

// leftOver says what has not ended.
func (p *picture) leftOver() string {
	for _, k := range p.latest {
		if !k.status.Live() {
			continue
		}
		var text strings.Builder
		fmt.Fprintf(&text, "%d tasks are left, the first, %s of %s, is %s in %s", p.liveTasks, k.sid, k.created.Sub(midnight), k.status, p.names[k.queue])
		for _, r := range k.live {
			fmt.Fprintf(&text, ", %s with %s since %s", r.status, p.workers[r.worker].name, r.created.Sub(midnight))
		}
		if c := p.channels[k.channel]; c != nil {
			fmt.Fprintf(&text, ", on a channel that is %s, with %d tasks", c.status, c.live)
		}
		return text.String()
	}
	return "nothing is left"
}
