package dispatch_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/internal/trials"
	"github.com/engage-interactions/engage/routing"
	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/storetest"
)

// expects takes note of an error that nobody should see.
func (f *floor) expects(err error) {
	f.t.Helper()
	if f.lied {
		return
	}
	if f.shaky && (errors.Is(err, store.ErrUnavailable) || errors.Is(err, store.ErrUnknownOutcome) || errors.Is(err, store.ErrClosed) || errors.Is(err, context.Canceled)) {
		return
	}
	for _, may := range []error{engage.ErrRefused, engage.ErrNotFound, engage.ErrConflict, engage.ErrInvalid} {
		if errors.Is(err, may) {
			return
		}
	}
	if err != nil {
		f.t.Error(err)
	}
}

// one returns one of the items of a page, if there is any.
func one[T any](f *floor, rng *rand.Rand, page engage.Page[T], err error) (v T, ok bool) {
	f.expects(err)
	if err != nil || len(page.Items) == 0 {
		return v, false
	}
	return page.Items[rng.IntN(len(page.Items))], true
}

// act lets somebody do something.
func (f *floor) act(rng *rand.Rand, eng *engage.Engine) {
	switch n := rng.IntN(100); {
	case n < 28:
		f.workerActs(rng, eng)
	case n < 42:
		f.customerActs(rng, eng)
	case n < 47:
		f.taskActs(rng, eng)
	case n < 62:
		f.channelActs(rng, eng)
	case n < 68:
		f.talkActs(rng, eng)
	case n < 76:
		f.managerActs(rng, eng)
	case n < 79:
		if !f.calm {
			f.settingsChange(rng, eng)
		}
	case n < 90:
		f.clock.Pass(time.Duration(rng.IntN(20)) * time.Second)
		f.expects(end(eng.RunDue(f.ctx())))
	default:
		f.expects(end(eng.RunDue(f.ctx())))
	}
}

// workerActs lets a worker do something with what they have.
func (f *floor) workerActs(rng *rand.Rand, eng *engage.Engine) {
	ctx := f.ctx()
	page, err := eng.Workers.List(ctx, engage.WorkerFilter{WorkspaceSID: f.workspace})
	w, ok := one(f, rng, page, err)
	if !ok {
		return
	}
	as := eng
	if rng.IntN(4) > 0 {
		as = eng.As(engage.Agent(w.AgentID))
	}
	has, err := eng.Reservations.List(ctx, engage.ReservationFilter{WorkerSID: w.SID, Live: true})
	r, ok := one(f, rng, has, err)
	if !ok {
		return
	}
	var version *int64
	if rng.IntN(5) == 0 {
		version = &r.Version
	}
	switch n := rng.IntN(10); {
	case r.Status == routing.ReservationPending && n < 6:
		err = end(as.Reservations.Accept(ctx, r.SID, engage.Answer{IfVersion: version}))
	case r.Status == routing.ReservationPending && n < 8:
		reject := engage.Rejection{IfVersion: version}
		if rng.IntN(3) == 0 {
			reject.ActivitySID = f.activities["Break"]
		}
		err = end(as.Reservations.Reject(ctx, r.SID, reject))
	case r.Status == routing.ReservationPending:
		err = end(eng.Reservations.Cancel(ctx, r.SID, engage.Answer{})) // by who offers it
	case n < 4:
		err = end(as.Reservations.WrapUp(ctx, r.SID, engage.Answer{IfVersion: version}))
	default:
		err = end(as.Reservations.Complete(ctx, r.SID, engage.Completion{Reason: "done", IfVersion: version}))
	}
	f.expects(err)
}

// someone is a customer.
func someone(n int) routing.ParticipantRequest {
	return routing.ParticipantRequest{Address: fmt.Sprintf("+1311555%04d", n), ProxyAddress: "+192555512345", Name: fmt.Sprint("Customer ", n)}
}

// customerActs lets somebody ask for something.
func (f *floor) customerActs(rng *rand.Rand, eng *engage.Engine) {
	ctx := f.ctx()
	customer := rng.IntN(12)
	switch rng.IntN(5) {
	case 0, 1:
		k := engage.NewTask{WorkflowSID: f.workflow, Attributes: f.attributes(rng), Priority: rng.IntN(3), Timeout: []int{0, 60, 300}[rng.IntN(3)]}
		k.TaskChannel = []string{"", "", "sms", "beside"}[rng.IntN(4)]
		switch rng.IntN(6) {
		case 0:
			page, err := eng.Workers.List(ctx, engage.WorkerFilter{WorkspaceSID: f.workspace})
			if w, ok := one(f, rng, page, err); ok {
				respects := false
				k.RoutingTarget, k.IgnoreCapacity = w.SID, []*bool{nil, &respects}[rng.IntN(2)]
			}
		case 1:
			k.RoutingTarget = f.queues[rng.IntN(len(f.queues))]
		}
		f.expects(end(eng.Tasks.Create(ctx, f.workspace, k)))
	case 2, 3:
		request := routing.CreateRequest{
			Channel: routing.ChannelRequest{Type: routing.ChannelSMS, InitiatedBy: routing.ByAPI, Participants: []routing.ParticipantRequest{someone(customer)}},
			Routing: &routing.CreateRouting{Properties: routing.TaskRequest{WorkspaceSID: f.workspace, WorkflowSID: f.workflow, Attributes: f.attributes(rng)}},
		}
		switch rng.IntN(4) {
		case 0: // with somebody who has written
			page, err := eng.Threads.List(ctx, engage.ThreadFilter{SourceID: "page"})
			if thread, ok := one(f, rng, page, err); ok {
				request.Channel = routing.ChannelRequest{
					Type: routing.ChannelMessenger, InitiatedBy: routing.ByCustomer,
					Properties: routing.MediaRequest{MediaChannelSID: conversationSID(thread.ID)},
				}
			}
		case 1:
			page, err := eng.Workers.List(ctx, engage.WorkerFilter{WorkspaceSID: f.workspace})
			if w, ok := one(f, rng, page, err); ok {
				request.Channel.InitiatedBy = routing.ByAgent
				request.Routing.Properties.WorkerSID, request.Routing.Properties.QueueSID = w.SID, f.queues[0]
			}
		}
		key := ""
		if rng.IntN(3) == 0 {
			key = fmt.Sprint("key ", rng.IntN(20))
		}
		f.expects(end(eng.Flex.Create(ctx, engage.NewInteraction{Request: request, IdempotencyKey: key})))
	default:
		in := engage.Inbound{SourceID: []string{f.source, "page"}[rng.IntN(2)], Customer: engage.Account{ForeignID: someone(customer).Address}, Message: interaction.Message{Body: "hello?"}}
		f.expects(end(eng.Threads.Receive(ctx, in)))
	}
}

// taskActs lets somebody do something with a task.
func (f *floor) taskActs(rng *rand.Rand, eng *engage.Engine) {
	ctx := f.ctx()
	status := []routing.TaskStatus{routing.TaskPending, routing.TaskReserved, routing.TaskAssigned, routing.TaskWrapping}[rng.IntN(4)]
	page, err := eng.Tasks.List(ctx, engage.TaskFilter{WorkspaceSID: f.workspace, Status: status})
	k, ok := one(f, rng, page, err)
	if !ok {
		return
	}
	var version *int64
	if rng.IntN(4) == 0 {
		version = &k.Version
	}
	switch rng.IntN(6) {
	case 0, 1:
		a := f.attributes(rng)
		err = end(eng.Tasks.Update(ctx, k.SID, engage.TaskUpdate{Attributes: &a, IfVersion: version}))
	case 2:
		p, start := rng.IntN(4), f.clock.Now().Add(-time.Minute)
		err = end(eng.Tasks.Update(ctx, k.SID, engage.TaskUpdate{Priority: &p, VirtualStart: &start, IfVersion: version}))
	case 3:
		err = end(eng.Tasks.Cancel(ctx, k.SID, engage.Ending{Reason: "enough", IfVersion: version}))
	case 4:
		err = end(eng.Tasks.WrapUp(ctx, k.SID, engage.Ending{IfVersion: version}))
	default:
		err = end(eng.Tasks.Complete(ctx, k.SID, engage.Completion{Reason: "done", IfVersion: version}))
	}
	f.expects(err)
}

// channelActs lets somebody do something on a channel.
func (f *floor) channelActs(rng *rand.Rand, eng *engage.Engine) {
	ctx := f.ctx()
	status := []routing.ChannelStatus{
		routing.ChannelActive, routing.ChannelActive, routing.ChannelActive, routing.ChannelActive, routing.ChannelTransfer, routing.ChannelPause, routing.ChannelInactive, routing.ChannelSetup,
	}[rng.IntN(8)]
	page, err := eng.Flex.List(ctx, engage.FlexFilter{WorkspaceSID: f.workspace, ChannelStatus: status})
	i, ok := one(f, rng, page, err)
	if !ok {
		return
	}
	sid := i.ChannelSID
	workers, err := eng.Workers.List(ctx, engage.WorkerFilter{WorkspaceSID: f.workspace})
	w, _ := one(f, rng, workers, err)
	people, err := eng.Flex.Participants(ctx, sid, 0, "")
	p, _ := one(f, rng, people, err)
	switch rng.IntN(14) {
	case 0:
		err = end(eng.Flex.UpdateChannel(ctx, sid, routing.ChannelUpdate{By: routing.ChannelCloses, Change: routing.ChannelChange{Complete: rng.IntN(2) == 0}}))
	case 1:
		err = end(eng.Flex.UpdateChannel(ctx, sid, routing.ChannelUpdate{By: routing.ChannelInactivates, Change: routing.ChannelChange{Complete: true}}))
	case 2:
		err = end(eng.Flex.Pause(ctx, sid))
	case 3, 4:
		err = end(eng.Flex.Resume(ctx, sid))
	case 5, 6:
		request := routing.TaskRequest{WorkflowSID: f.workflow, Attributes: f.attributes(rng)}
		if rng.IntN(2) == 0 {
			request.WorkerSID = w.SID
		}
		err = end(eng.Flex.Invite(ctx, sid, request))
	case 7, 8, 9, 12, 13:
		to := []string{w.SID, f.queues[rng.IntN(len(f.queues))], f.workflow, p.SID}[rng.IntN(4)]
		typ := []routing.TransferType{routing.TransferCold, routing.TransferWarm}[rng.IntN(2)]
		err = end(eng.Flex.Transfer(ctx, sid, routing.TransferRequest{Type: typ, To: to}))
	case 10:
		transfers, failed := eng.Flex.Transfers(ctx, sid, 0, "")
		if x, ok := one(f, rng, transfers, failed); ok {
			err = end(eng.Flex.CancelTransfer(ctx, x.SID))
		}
	default:
		by := []routing.ParticipantVerb{routing.ParticipantCloses, routing.ParticipantWrapsUp}[rng.IntN(2)]
		err = end(eng.Flex.UpdateParticipant(ctx, p.SID, by, engage.Completion{}))
	}
	f.expects(err)
}

// conversationSID is the SID of a thread.
func conversationSID(threadID string) string {
	id, err := ulid.ParseStrict(threadID)
	if err != nil {
		return ""
	}
	return routing.PrefixConversation.Of(id)
}

// talkActs lets somebody do something in a conversation, whatever routing has to say of it.
func (f *floor) talkActs(rng *rand.Rand, eng *engage.Engine) {
	ctx := f.ctx()
	page, err := eng.Threads.List(ctx, engage.ThreadFilter{SourceID: []string{f.source, "page"}[rng.IntN(2)]})
	thread, ok := one(f, rng, page, err)
	if !ok {
		return
	}
	who := engage.Agent("boss") // no worker: what belongs to one is of routing
	found, err := eng.Interventions.List(ctx, engage.InterventionFilter{ThreadID: thread.ID})
	i, there := one(f, rng, found, err)
	switch n := rng.IntN(12); {
	case n < 5:
		if there && i.Owner.Type == interaction.ActorAgent {
			who = i.Owner
		}
		err = end(eng.As(who).Contents.Post(ctx, engage.Post{ThreadID: thread.ID, Message: interaction.Message{Body: "yes"}}))
	case n == 5:
		err = end(eng.Threads.Close(ctx, thread.ID))
	case n == 6:
		err = end(eng.As(engage.Bot("bot")).Interventions.Engage(ctx, engage.Engagement{ThreadID: thread.ID}))
	case n == 7:
		request := handover.Request{SourceID: "page", IdentityForeignID: someone(rng.IntN(12)).Address, From: handover.Agent, To: handover.Bot, Type: "messenger", AppID: "bot"}
		if rng.IntN(2) == 0 {
			request.From, request.To, request.AppID = handover.Bot, handover.Agent, ""
		}
		err = end(eng.Control.Handover(ctx, request))
	case n == 8 && there:
		err = end(eng.Interventions.Assign(ctx, i.ID, who))
	case n == 9 && there:
		err = end(eng.Interventions.Close(ctx, i.ID, engage.Closing{CloseThread: rng.IntN(3) == 0}))
	case n == 10 && there:
		err = end(eng.Interventions.Cancel(ctx, i.ID))
	default:
		err = end(eng.As(who).Interventions.Engage(ctx, engage.Engagement{ThreadID: thread.ID}))
	}
	f.expects(err)
}

// managerActs lets somebody manage a worker.
func (f *floor) managerActs(rng *rand.Rand, eng *engage.Engine) {
	ctx := f.ctx()
	page, err := eng.Workers.List(ctx, engage.WorkerFilter{WorkspaceSID: f.workspace})
	w, ok := one(f, rng, page, err)
	if !ok {
		f.hires(rng, eng, fmt.Sprint("worker ", rng.IntN(5)))
		return
	}
	available, away := f.activities["Available"], f.activities["Break"]
	for _, other := range page.Items { // somebody comes back rather than goes
		if !other.Available && rng.IntN(2) == 0 {
			f.expects(end(eng.Workers.Update(ctx, other.SID, engage.WorkerUpdate{ActivitySID: &available})))
		}
	}
	switch rng.IntN(12) {
	case 0, 1, 2, 10, 11:
		err = end(eng.Workers.Update(ctx, w.SID, engage.WorkerUpdate{ActivitySID: &available}))
	case 3, 4:
		err = end(eng.Workers.Update(ctx, w.SID, engage.WorkerUpdate{ActivitySID: &away, RejectPendingReservations: rng.IntN(2) == 0}))
	case 5, 6:
		a := f.abilities(rng)
		err = end(eng.Workers.Update(ctx, w.SID, engage.WorkerUpdate{Attributes: &a, IfVersion: &w.Version}))
	case 7:
		capacity, takes := rng.IntN(5), rng.IntN(6) > 0
		err = end(eng.Workers.SetChannel(ctx, w.SID, []string{"default", "default", "sms", "beside"}[rng.IntN(4)], engage.WorkerChannelUpdate{Capacity: &capacity, Available: &takes}))
	case 8:
		err = eng.Workers.Delete(ctx, w.SID)
	default:
		f.hires(rng, eng, fmt.Sprint("worker ", rng.IntN(5)))
	}
	f.expects(err)
}

// settingsChange lets somebody change what all go by.
func (f *floor) settingsChange(rng *rand.Rand, eng *engage.Engine) {
	ctx := f.ctx()
	queue := f.queues[rng.IntN(len(f.queues))]
	var err error
	activity := []string{"", f.activities["Available"], f.activities["Break"], f.activities["Offline"]}[rng.IntN(4)]
	switch rng.IntN(11) {
	case 8:
		err = end(eng.Queues.Update(ctx, queue, engage.QueueUpdate{ReservationActivitySID: &activity}))
	case 9:
		err = end(eng.Workspaces.Update(ctx, f.workspace, engage.WorkspaceUpdate{TimeoutActivitySID: &activity}))
	case 10:
		f.channelComesAndGoes(rng, eng)
	case 0, 1:
		c := f.configuration(rng)
		err = end(eng.Workflows.Update(ctx, f.workflow, engage.WorkflowUpdate{Configuration: &c, ReEvaluateTasks: rng.IntN(2) == 0}))
	case 2, 3:
		e := []string{"", `skills HAS "tea"`, `level > 1`, `level > 0`, `skills HAS "milk"`}[rng.IntN(5)]
		err = end(eng.Queues.Update(ctx, queue, engage.QueueUpdate{TargetWorkers: &e}))
	case 4:
		order, m := []routing.TaskOrder{routing.FIFO, routing.LIFO}[rng.IntN(2)], f.matching(rng)
		err = end(eng.Queues.Update(ctx, queue, engage.QueueUpdate{TaskOrder: &order, Matching: &m}))
	case 5:
		n := 1 + rng.IntN(3)
		err = end(eng.Queues.Update(ctx, queue, engage.QueueUpdate{MaxReservedWorkers: &n, AssignmentActivitySID: &activity}))
	case 6:
		single := rng.IntN(2) == 0
		err = end(eng.Workspaces.Update(ctx, f.workspace, engage.WorkspaceUpdate{SingleTask: &single}))
	default:
		name := fmt.Sprint("queue for a while ", rng.IntN(3))
		q, failed := eng.Queues.Create(ctx, f.workspace, engage.NewQueue{FriendlyName: name, TargetWorkers: "level >= 0"})
		f.expects(failed)
		if failed == nil {
			f.expects(end(eng.Tasks.Create(ctx, f.workspace, engage.NewTask{WorkflowSID: f.workflow, QueueSID: q.SID, Timeout: 60})))
			err = eng.Queues.Delete(ctx, q.SID)
		}
	}
	f.expects(err)
}

// channelComesAndGoes adds the task channel beside the others, or removes it.
func (f *floor) channelComesAndGoes(rng *rand.Rand, eng *engage.Engine) {
	ctx := f.ctx()
	if rng.IntN(2) == 0 {
		f.expects(end(eng.TaskChannels.Create(ctx, f.workspace, engage.NewTaskChannel{FriendlyName: "beside", UniqueName: "beside"})))
		return
	}
	page, err := eng.TaskChannels.List(ctx, f.workspace, 0, "")
	f.expects(err)
	for _, c := range page.Items {
		if c.UniqueName == "beside" {
			f.expects(eng.TaskChannels.Delete(ctx, c.SID))
		}
	}
}

// acts lets many do something at the same time, now and then while the Engines run.
func (f *floor) acts(rng *rand.Rand, people, each int) {
	var wg, running sync.WaitGroup
	ctx, stop := context.WithCancel(f.t.Context())
	defer running.Wait()
	defer stop()
	if rng.IntN(2) == 0 {
		for _, eng := range f.engines {
			running.Go(func() {
				if err := eng.Run(ctx); !errors.Is(err, context.Canceled) {
					f.expects(err)
				}
			})
		}
	}
	for n := range people {
		own := trials.Luck(rng)
		wg.Go(func() {
			for range each {
				f.act(own, f.engines[n%len(f.engines)])
			}
		})
	}
	wg.Wait()
}

// Whatever many do at the same time, each batch is right by itself, and when all has become
// still no task waits that somebody could take, and nothing is left over.
func TestACrowdOnTheFloor(t *testing.T) {
	t.Parallel()
	type how struct {
		store   string
		engines int
	}
	all := []how{{"memory", 4}, {"weak", 2}, {"sqlite", 2}, {"memory", 2}, {"weak", 4}, {"sqlite", 4}}
	for _, how := range some(t, all, 3) {
		t.Run(fmt.Sprintf("%s, %d engines", how.store, how.engines), func(t *testing.T) {
			t.Parallel()
			rng := storetest.Seed(t)
			seen := map[string]int{}
			for range storetest.Effort(t) {
				f := newFloor(t, rng, trials.Stores()[how.store](t, rng, how.engines)...)
				for range often(t, 4) {
					f.acts(rng, 6, 25)
					f.rests()
					f.holds(t)
					if t.Failed() {
						return
					}
				}
				f.ends()
				f.holds(t)
				for what, n := range f.seen {
					seen[what] += n
				}
			}
			t.Log(seen)
		})
	}
}
