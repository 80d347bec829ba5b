package day

import (
	"cmp"
	"maps"
	"slices"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/routing"
)

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

// employ takes in what is said of a worker.
func (p *picture) employ(typ engage.EventType, sid string, d engage.WorkerEvent) {
	w := p.workers[sid]
	if w == nil {
		w = &worker{sid: sid, rooms: map[string]*room{}, n: len(p.staff)}
		p.workers[sid] = w
		p.staff = append(p.staff, w)
	}
	p.works(w)
	was := w.available && !w.gone
	w.name, w.activity, w.attributes, w.available = d.FriendlyName, d.ActivitySID, d.Attributes, d.Available
	w.changed = p.now
	switch typ {
	case engage.EventWorkerCapacityUpdated:
		w.room(d.TaskChannel).capacity = d.Capacity
	case engage.EventWorkerChannelUpdated:
		w.room(d.TaskChannel).closed = !d.ChannelAvailable
	case engage.EventWorkerDeleted:
		w.gone = true
	}
	switch is := w.available && !w.gone; {
	case is && !was:
		p.atWork++
	case was && !is:
		p.atWork--
	}
}

// flex takes in what is said of a channel.
func (p *picture) flex(typ engage.EventType, d engage.FlexEvent) {
	c := p.channel(d.ChannelSID)
	c.thread = d.ThreadID
	rested := c.status == routing.ChannelPause || c.status == routing.ChannelInactive
	if rested && d.ChannelStatus == routing.ChannelActive {
		c.back = p.now
	}
	if typ == engage.EventFlexInviteCreated && d.WorkerSID != "" { // who takes up what they had put aside needs room
		p.aimed(d.TaskSID, aim{worker: d.WorkerSID, ignores: !c.back.Equal(p.now)})
	}
	if c.status == d.ChannelStatus {
		return
	}
	c.status = d.ChannelStatus
	for _, k := range p.tasksOf(c) {
		p.place(k)
	}
}

// tasksOf returns the tasks of a channel that have not ended.
func (p *picture) tasksOf(c *channel) (list []*task) {
	if c.live == 0 {
		return nil
	}
	for _, k := range p.byChannel[c.sid] {
		if k.status.Live() {
			list = append(list, k)
		}
	}
	return list
}

// handOver takes in what is said of a transfer.
func (p *picture) handOver(typ engage.EventType, d engage.TransferEvent) {
	p.transfers[d.TransferSID] = string(d.Status)
	switch typ {
	case engage.EventTaskTransferInitiated:
		is := aim{transfer: true}
		if routing.PrefixWorker.Valid(d.To) {
			is.worker, is.ignores = d.To, true
		}
		p.aimed(d.TaskSID, is)
	case engage.EventTaskTransferAttemptFailed:
		p.aimed(d.TaskSID, aim{transfer: true})
	}
}

// settled holds that who is on a channel, or sought for it, is what its state says. It is
// asked between commits.
func (p *picture) settled() {
	for _, c := range p.dirty {
		c.dirty = false
		switch c.status {
		case routing.ChannelSetup, routing.ChannelActive, routing.ChannelTransfer:
			if c.live == 0 {
				p.fault("channel %s is %s, and nobody has it", c.sid, c.status)
			}
		case routing.ChannelClosed, routing.ChannelInactive, routing.ChannelPause, routing.ChannelFailed:
		}
	}
	p.dirty = p.dirty[:0]
}
