package dispatch_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/internal/trials"
	"github.com/engage-interactions/engage/routing"
	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/storetest"
	"github.com/engage-interactions/engage/storetest/faults"
)

// scene is a floor on which something is about to happen twice: Ann and Bob can have two tasks
// each, and what is here has the one that Ann was offered first.
type scene struct {
	*floor

	ann, bob     string
	interaction  engage.FlexInteraction
	task         string
	reservation  string
	made         string // by a call
	participants []routing.Participant
}

// plain furnishes the floor with one queue for all, and two workers.
func (s *scene) plain() {
	t, ctx, eng := s.t, s.t.Context(), s.engines[0]
	t.Helper()
	s.workspace = must(eng.Workspaces.Create(ctx, engage.NewWorkspace{FriendlyName: "Support"}))(t).SID
	for _, a := range must(eng.Activities.List(ctx, s.workspace, 0, ""))(t).Items {
		s.activities[a.FriendlyName] = a.SID
	}
	s.queues = []string{must(eng.Queues.Create(ctx, s.workspace, engage.NewQueue{FriendlyName: "all"}))(t).SID}
	s.workflow = must(eng.Workflows.Create(ctx, s.workspace, engage.NewWorkflow{
		FriendlyName: "all", Configuration: fmt.Sprintf(`{"task_routing":{"default_filter":{"queue":%q}}}`, s.queues[0]), ReservationTimeout: 30,
	}))(t).SID
	must(eng.Sources.Create(ctx, interaction.Source{ID: s.source, Type: "sms", Active: true}))(t)
	for name, sid := range map[string]*string{"ann": &s.ann, "bob": &s.bob} {
		*sid = must(eng.Workers.Create(ctx, s.workspace, engage.NewWorker{
			FriendlyName: name, ActivitySID: s.activities["Available"], Capacities: map[string]int{"default": 2}, Attributes: routing.Attributes{"name": name},
		}))(t).SID
	}
}

// opens begins an interaction that is offered to Ann.
func (s *scene) opens() {
	t, ctx, eng := s.t, s.t.Context(), s.engines[0]
	t.Helper()
	s.then(eng, func() error {
		return end(eng.Workers.Update(ctx, s.bob, engage.WorkerUpdate{ActivitySID: new(s.activities["Break"])}))
	})
	s.interaction = must(eng.Flex.Create(ctx, engage.NewInteraction{Request: routing.CreateRequest{
		Channel: routing.ChannelRequest{Type: routing.ChannelSMS, InitiatedBy: routing.ByAPI, Participants: []routing.ParticipantRequest{someone(1)}},
		Routing: &routing.CreateRouting{Properties: routing.TaskRequest{WorkspaceSID: s.workspace, WorkflowSID: s.workflow}},
	}}))(t)
	s.settles(eng)
	s.task = s.interaction.TaskSID
	s.reservation = s.offered(s.ann)
	s.then(eng, func() error {
		return end(eng.Workers.Update(ctx, s.bob, engage.WorkerUpdate{ActivitySID: new(s.activities["Available"])}))
	})
}

// then does something that must succeed, and all that is due then.
func (s *scene) then(eng *engage.Engine, do func() error) {
	s.t.Helper()
	if err := do(); err != nil {
		s.t.Fatal(err)
	}
	s.settles(eng)
}

// offered is the last offer that a worker has not answered.
func (s *scene) offered(worker string) (sid string) {
	s.t.Helper()
	for _, r := range must(s.engines[0].Reservations.List(s.t.Context(), engage.ReservationFilter{WorkerSID: worker, Live: true}))(s.t).Items {
		if r.Status == routing.ReservationPending {
			sid = r.SID
		}
	}
	if sid == "" {
		s.t.Fatal("nothing is offered")
	}
	return sid
}

func (s *scene) accepts() {
	s.t.Helper()
	s.opens()
	s.then(s.engines[0], func() error {
		return end(s.engines[0].Reservations.Accept(s.t.Context(), s.reservation, engage.Answer{}))
	})
	page := must(s.engines[0].Flex.Participants(s.t.Context(), s.interaction.ChannelSID, 0, ""))(s.t)
	s.participants = page.Items
}

// call is what one of two does.
type call func(s *scene, eng *engage.Engine) error

// What happens at the same time. Of those that exclude each other, one wins, and the other is
// told what there is now.
var duels = []struct {
	name     string
	prepare  func(s *scene)
	a, b     call
	excludes bool
	check    func(s *scene, a, b error) string
}{
	{name: "accept and reject", prepare: (*scene).opens, a: accept, b: reject, excludes: true},
	{name: "accept and cancel the task", prepare: (*scene).opens, a: accept, b: cancelTask, excludes: true},
	{name: "accept and withdraw", prepare: (*scene).opens, a: accept, b: withdraw, excludes: true},
	{name: "reject and withdraw", prepare: (*scene).opens, a: reject, b: withdraw, excludes: true},
	{name: "accept and time out", prepare: late, a: accept, b: run, check: func(s *scene, a, _ error) string {
		return s.wins(a, routing.ReservationAccepted, routing.ReservationTimeout)
	}},
	{name: "reject and time out", prepare: late, a: reject, b: run, check: func(s *scene, a, _ error) string {
		return s.wins(a, routing.ReservationRejected, routing.ReservationTimeout)
	}},
	{name: "accept and delete the worker", prepare: (*scene).opens, a: accept, b: deleteWorker},
	{name: "accept and close the channel", prepare: (*scene).opens, a: accept, b: closeChannel},
	{name: "complete and close the channel", prepare: (*scene).accepts, a: complete, b: closeChannel},
	{name: "complete and hand over", prepare: (*scene).accepts, a: complete, b: transfer},
	{name: "close and hand over", prepare: (*scene).accepts, a: closeChannel, b: transfer},
	{name: "accept what is handed over and complete the old task", prepare: handedOver, a: accept, b: completeOld},
	{name: "accept what is handed over and cancel that", prepare: handedOver, a: accept, b: cancelTransfer, excludes: true},
	{name: "accept what is handed over and pause", prepare: handedOver, a: accept, b: pause},
	{name: "pause and complete", prepare: (*scene).accepts, a: pause, b: complete},
	{name: "resume and customer writes", prepare: paused, a: resume, b: writes},
	{name: "resume and close", prepare: paused, a: resume, b: closeChannel},
	{name: "customer writes and close", prepare: inactive, a: writes, b: closeChannel},
	{name: "customer writes and run", prepare: inactive, a: writes, b: run},
	{name: "invite and complete", prepare: (*scene).accepts, a: invite, b: complete},
	{name: "leave and complete", prepare: (*scene).accepts, a: leaves, b: complete},
	{name: "create a task and delete its queue", prepare: spareQueue, a: createTask, b: deleteQueue, excludes: true},
	{name: "two Engines look for a worker", prepare: waiting, a: run, b: run},
	{name: "a break and a match", prepare: waiting, a: rest, b: run},
	{name: "a worker comes and a queue changes", prepare: func(*scene) {}, a: hire, b: changeQueue},
	{name: "a worker changes and a queue changes", prepare: func(*scene) {}, a: changeWorker, b: changeQueue},
	{name: "a task comes and its workflow changes", prepare: func(*scene) {}, a: createTask, b: changeWorkflow},
}

func accept(s *scene, eng *engage.Engine) error {
	return end(eng.Reservations.Accept(s.t.Context(), s.reservation, engage.Answer{}))
}

func reject(s *scene, eng *engage.Engine) error {
	return end(eng.Reservations.Reject(s.t.Context(), s.reservation, engage.Rejection{}))
}

func withdraw(s *scene, eng *engage.Engine) error {
	return end(eng.Reservations.Cancel(s.t.Context(), s.reservation, engage.Answer{}))
}

func complete(s *scene, eng *engage.Engine) error {
	return end(eng.Reservations.Complete(s.t.Context(), s.reservation, engage.Completion{Reason: "done"}))
}

func cancelTask(s *scene, eng *engage.Engine) error {
	return end(eng.Tasks.Cancel(s.t.Context(), s.task, engage.Ending{Reason: "enough"}))
}

func completeOld(s *scene, eng *engage.Engine) error {
	return end(eng.Tasks.Complete(s.t.Context(), s.task, engage.Completion{Reason: "done"}))
}

func run(s *scene, eng *engage.Engine) error { return end(eng.RunDue(s.t.Context())) }

func deleteWorker(s *scene, eng *engage.Engine) error {
	return eng.Workers.Delete(s.t.Context(), s.ann)
}

func closeChannel(s *scene, eng *engage.Engine) error {
	return end(eng.Flex.UpdateChannel(s.t.Context(), s.interaction.ChannelSID, routing.ChannelUpdate{By: routing.ChannelCloses}))
}

func transfer(s *scene, eng *engage.Engine) error {
	return end(eng.Flex.Transfer(s.t.Context(), s.interaction.ChannelSID, routing.TransferRequest{Type: routing.TransferCold, To: s.bob}))
}

func cancelTransfer(s *scene, eng *engage.Engine) error {
	return end(eng.Flex.CancelTransfer(s.t.Context(), s.made))
}

func pause(s *scene, eng *engage.Engine) error {
	return end(eng.Flex.Pause(s.t.Context(), s.interaction.ChannelSID))
}

func resume(s *scene, eng *engage.Engine) error {
	return end(eng.Flex.Resume(s.t.Context(), s.interaction.ChannelSID))
}

func invite(s *scene, eng *engage.Engine) error {
	return end(eng.Flex.Invite(s.t.Context(), s.interaction.ChannelSID, routing.TaskRequest{WorkflowSID: s.workflow}))
}

func leaves(s *scene, eng *engage.Engine) error {
	for _, p := range s.participants {
		if p.WorkerSID != "" {
			return end(eng.Flex.UpdateParticipant(s.t.Context(), p.SID, routing.ParticipantCloses, engage.Completion{}))
		}
	}
	return errors.New("no agent is there")
}

func writes(s *scene, eng *engage.Engine) error {
	return end(eng.Threads.Receive(s.t.Context(), engage.Inbound{
		SourceID: s.source, Customer: engage.Account{ForeignID: someone(1).Address}, Message: interaction.Message{Body: "hello?"},
	}))
}

func createTask(s *scene, eng *engage.Engine) error {
	return end(eng.Tasks.Create(s.t.Context(), s.workspace, engage.NewTask{QueueSID: s.made}))
}

func deleteQueue(s *scene, eng *engage.Engine) error { return eng.Queues.Delete(s.t.Context(), s.made) }

func rest(s *scene, eng *engage.Engine) error {
	return end(eng.Workers.Update(s.t.Context(), s.ann, engage.WorkerUpdate{ActivitySID: new(s.activities["Break"])}))
}

func hire(s *scene, eng *engage.Engine) error {
	return end(eng.Workers.Create(s.t.Context(), s.workspace, engage.NewWorker{FriendlyName: "cid", Attributes: routing.Attributes{"name": "cid"}}))
}

func changeWorker(s *scene, eng *engage.Engine) error {
	return end(eng.Workers.Update(s.t.Context(), s.ann, engage.WorkerUpdate{Attributes: &routing.Attributes{"name": "cid"}}))
}

// changeQueue changes who works for the queue, and brings the workers up to date.
func changeQueue(s *scene, eng *engage.Engine) error {
	err := end(eng.Queues.Update(s.t.Context(), s.queues[0], engage.QueueUpdate{TargetWorkers: new(`name == "cid"`)}))
	return errors.Join(err, run(s, eng))
}

// changeWorkflow changes where tasks go, and moves those that wait.
func changeWorkflow(s *scene, eng *engage.Engine) error {
	c := fmt.Sprintf(`{"task_routing":{"filters":[{"filter_friendly_name":"all","expression":"1 == 1","targets":[{"queue":%q,"timeout":60}]}]}}`, s.queues[0])
	err := end(eng.Workflows.Update(s.t.Context(), s.workflow, engage.WorkflowUpdate{Configuration: &c}))
	return errors.Join(err, run(s, eng))
}

func late(s *scene) {
	s.opens()
	s.clock.Pass(31 * time.Second)
}

func handedOver(s *scene) {
	s.accepts()
	x := must(s.engines[0].Flex.Transfer(s.t.Context(), s.interaction.ChannelSID, routing.TransferRequest{Type: routing.TransferCold, To: s.bob}))(s.t)
	s.settles(s.engines[0])
	s.made, s.reservation = x.SID, s.offered(s.bob)
}

func paused(s *scene) {
	s.accepts()
	s.then(s.engines[0], func() error { return pause(s, s.engines[0]) })
}

func inactive(s *scene) {
	s.accepts()
	s.then(s.engines[0], func() error {
		return end(s.engines[0].Flex.UpdateChannel(s.t.Context(), s.interaction.ChannelSID, routing.ChannelUpdate{
			By: routing.ChannelInactivates, Change: routing.ChannelChange{Complete: true},
		}))
	})
}

func spareQueue(s *scene) {
	s.made = must(s.engines[0].Queues.Create(s.t.Context(), s.workspace, engage.NewQueue{FriendlyName: "spare"}))(s.t).SID
	s.settles(s.engines[0])
}

func waiting(s *scene) {
	for range 3 {
		must(s.engines[0].Tasks.Create(s.t.Context(), s.workspace, engage.NewTask{}))(s.t)
	}
}

// wins holds what was said of an answer against what has become of the reservation.
func (s *scene) wins(err error, won, lost routing.ReservationStatus) string {
	r := must(s.engines[0].Reservations.Get(s.t.Context(), s.reservation))(s.t)
	switch {
	case err == nil && r.Status == won:
		return ""
	case r.Status == lost:
		return saysWhy(err, string(lost))
	}
	return fmt.Sprintf("the reservation is %s, and the answer was %v", r.Status, err)
}

// saysWhy looks whether a refusal is of the kind that a caller can tell from a fault, and
// names the state.
func saysWhy(err error, state string) string {
	refused, ok := errors.AsType[*routing.RefusedError](err)
	if !ok || !errors.Is(err, engage.ErrRefused) || !strings.Contains(err.Error(), state) && !strings.Contains(refused.Text, state) {
		return fmt.Sprintf("it is %s, and who came too late is told %v", state, err)
	}
	return ""
}

// fights lets two do something at the same time: the first has decided, and not committed,
// when the second does it all.
func fights(t *testing.T, open func(n int) []store.Store, between func(store.Store) store.Store, prepare func(s *scene), first, second call) (s *scene, a, b error) {
	t.Helper()
	handles := open(2)
	s = &scene{floor: &floor{books: newBooks(), t: t, st: handles[0], clock: trials.NewClock(began), activities: map[string]string{}, source: "sms"}}
	s.options = engage.Options{Clock: s.clock.Now, Platforms: map[string]engage.Platform{"sms": engage.InApp{}}}
	slow := faults.New(between(s.on(handles[1])))
	for _, st := range []store.Store{between(s.on(handles[0])), slow} {
		s.engines = append(s.engines, must(newEngine(s.floor, st))(t))
	}
	s.plain()
	s.settles(s.engines[0])
	prepare(s)
	gate := faults.NewGate()
	slow.Inject(gate.Before().On(faults.Commit), 1)
	done := make(chan error, 1)
	go func() {
		defer gate.Open() // it has come to no commit
		done <- first(s, s.engines[1])
	}()
	arrived := make(chan struct{})
	go func() {
		defer close(arrived)
		_, _ = gate.Await(t.Context(), 1)
	}()
	select {
	case <-arrived:
		b = second(s, s.engines[0])
		gate.Open()
		a = <-done
	case a = <-done:
		b = second(s, s.engines[0])
	}
	return s, a, b
}

// Of two who do something in the same moment, whoever is first to commit has done it, and what
// the other does then fits that.
func TestDuelsOnTheFloor(t *testing.T) {
	t.Parallel()
	for _, on := range []string{"memory", "sqlite"} {
		for _, d := range some(t, duels, map[string]int{"memory": 3, "sqlite": 12}[on]) {
			t.Run(on+", "+d.name, func(t *testing.T) {
				t.Parallel()
				rng := storetest.Seed(t)
				for _, turned := range []bool{false, true} {
					first, second := d.a, d.b
					if turned {
						first, second = second, first
					}
					open := func(n int) []store.Store { return trials.Stores()[on](t, rng, n) }
					s, a, b := fights(t, open, func(st store.Store) store.Store { return st }, d.prepare, first, second)
					if turned {
						a, b = b, a
					}
					for _, err := range []error{a, b} {
						s.expects(err)
					}
					switch lost := errors.Join(a, b); {
					case d.check != nil:
						if wrong := d.check(s, a, b); wrong != "" {
							t.Error(wrong)
						}
					case d.excludes && (a == nil) == (b == nil):
						t.Errorf("turned %v: both say %v, %v", turned, a, b)
					case d.excludes && !errors.Is(lost, engage.ErrRefused) && !errors.Is(lost, engage.ErrInvalid):
						t.Errorf("who came too late is told %v", lost)
					}
					s.rests()
					s.ends()
					s.holds(t)
				}
			})
		}
	}
}

// On a store that does not look at what a batch only checks, some of that goes wrong, and is
// found.
func TestUnfairDuelsAreFound(t *testing.T) {
	t.Parallel()
	for _, lie := range []struct {
		kinds         []string
		prepare       func(s *scene)
		first, second call
	}{
		{[]string{"crews"}, func(*scene) {}, hire, changeQueue},
		{[]string{"workflow", "workflow_configuration"}, func(*scene) {}, createTask, changeWorkflow},
		{[]string{"task_queue", "task_count"}, spareQueue, createTask, deleteQueue},
	} {
		t.Run(fmt.Sprint(lie.kinds), func(t *testing.T) {
			t.Parallel()
			rng := storetest.Seed(t)
			open := func(n int) []store.Store { return trials.Stores()["memory"](t, rng, n) }
			for range 10 { // where two are counted in one place, that is enough to keep them apart
				s, _, _ := fights(t, open, func(st store.Store) store.Store {
					return trials.NewLiar(st, trials.DropsChecks, rng, lie.kinds...)
				}, lie.prepare, lie.first, lie.second)
				if s.lied = true; s.lost() || len(s.faults()) > 0 {
					return
				}
			}
			t.Error("nobody has noticed")
		})
	}
}
