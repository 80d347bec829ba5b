package engage_test

import (
	"errors"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/routing"
)

// wantRefusal holds an error against a refusal of any kind.
func wantRefusal(tb testing.TB, err error) {
	tb.Helper()
	if !errors.Is(err, engage.ErrRefused) {
		tb.Fatalf("%v, want a refusal", err)
	}
}

func TestAgentsAreInvited(t *testing.T) {
	t.Parallel()
	l := newLobby(t)
	ada := l.hires("Ada", 5)
	i := l.begins()
	l.accepts(ada)
	bob := l.hires("Bob", 5)
	invite := must(l.Flex.Invite(t.Context(), i.ChannelSID, routing.TaskRequest{WorkflowSID: l.workflow.SID, Attributes: routing.Attributes{"why": "help"}}))(t)
	if a := invite.Routed.Task.Attributes; a["why"] != "help" || a["flexChannelInviteSid"] != invite.SID || a["flexInteractionSid"] != i.SID || a["customerName"] != "Customer 1" {
		t.Errorf("its attributes are %s", a)
	}
	l.runs()
	if len(l.offered(ada)) != 0 {
		t.Error("it was offered to who is there")
	}
	l.accepts(bob)
	l.is(i, routing.ChannelActive, "assigned+assigned")

	_, err := l.Flex.Invite(t.Context(), i.ChannelSID, routing.TaskRequest{WorkflowSID: l.workflow.SID, WorkerSID: bob.SID})
	wantCode(t, err, routing.CodeParticipantThere)
	all := must(l.Flex.Invites(t.Context(), i.ChannelSID, 0, ""))(t).Items
	if len(all) != 2 || all[0].TaskSID != i.TaskSID || all[1].SID != invite.SID || all[1].Status != routing.InviteAccepted {
		t.Errorf("invites are %+v", all)
	}
	if v := all[1].View(routing.Base{}); v.Routing == nil || v.Routing.Reservation == nil || v.Routing.Properties.QueueName == nil || *v.Routing.Properties.QueueName != "Everybody" {
		t.Errorf("it is shown as %+v", v)
	}

	// The first leaves, and the channel goes on.
	agents := l.agents(i)
	_, err = l.As(engage.Agent("Bob")).Flex.UpdateParticipant(t.Context(), agents[0].SID, routing.ParticipantCloses, engage.Completion{})
	wantRefusal(t, err)
	wrapping := must(l.As(engage.Agent("Ada")).Flex.UpdateParticipant(t.Context(), agents[0].SID, routing.ParticipantWrapsUp, engage.Completion{}))(t)
	if wrapping.Status != routing.ParticipantWrapup {
		t.Errorf("ada is %s", wrapping.Status)
	}
	l.is(i, routing.ChannelActive, "wrapping+assigned")
	for range 2 {
		left := must(l.As(engage.Agent("Ada")).Flex.UpdateParticipant(t.Context(), agents[0].SID, routing.ParticipantCloses, engage.Completion{}))(t)
		if left.Status != routing.ParticipantClosed {
			t.Errorf("ada is %s", left.Status)
		}
		l.is(i, routing.ChannelActive, "completed+assigned")
	}
	must(l.Flex.UpdateParticipant(t.Context(), agents[1].SID, routing.ParticipantCloses, engage.Completion{Reason: "solved"}))(t)
	l.is(i, routing.ChannelClosed, "completed+completed")
}

func TestWhoIsInvitedByNameMayDecline(t *testing.T) {
	t.Parallel()
	for _, late := range []bool{false, true} {
		l := newLobby(t)
		bob := l.hires("Bob", 5)
		r := l.request(1)
		r.Routing.Properties.WorkerSID = bob.SID
		i := l.creates(r)
		l.runs()
		eve := l.hires("Eve", 5)
		if late {
			l.passes(3 * time.Minute)
		} else {
			l.puts(bob.SID, "Break")
			l.rejects(bob)
		}
		l.is(i, routing.ChannelActive, "canceled+reserved")
		l.accepts(eve)
		l.is(i, routing.ChannelActive, "canceled+assigned")
		// With somebody there, nobody else is asked.
		l.puts(bob.SID, "Available")
		request := l.place()
		request.WorkerSID = bob.SID
		must(l.Flex.Invite(t.Context(), i.ChannelSID, request))(t)
		l.runs()
		l.rejects(bob)
		l.is(i, routing.ChannelActive, "canceled+assigned+canceled")
		all := must(l.Flex.Invites(t.Context(), i.ChannelSID, 0, ""))(t).Items
		if len(all) != 3 || all[0].Status != routing.InviteDeclined || all[1].Status != routing.InviteAccepted || all[2].Status != routing.InviteDeclined {
			t.Errorf("invites are %+v", all)
		}
	}
}

func TestAnOutboundInteractionEndsIfItsAgentDoesNotWantIt(t *testing.T) {
	t.Parallel()
	l := newLobby(t)
	ada := l.hires("Ada", 5)
	r := l.outbound(1, ada)
	i := l.creates(r)
	l.hires("Bob", 5)
	l.runs()
	l.rejects(ada)
	l.is(i, routing.ChannelClosed, "canceled")
}

// TestNobodyIsOnAChannelTwice who is asked by name: they are asked once, and one who comes
// otherwise meanwhile is there.
func TestNobodyIsOnAChannelTwice(t *testing.T) {
	t.Parallel()
	l := newLobby(t)
	ada := l.hires("Ada", 5)
	i := l.begins()
	l.accepts(ada)
	bob := l.hires("Bob", 5)
	byName := l.place()
	byName.WorkerSID = bob.SID
	named := must(l.Flex.Invite(t.Context(), i.ChannelSID, byName))(t)
	_, err := l.Flex.Invite(t.Context(), i.ChannelSID, byName)
	wantCode(t, err, routing.CodeParticipantThere)
	_, err = l.Flex.Create(t.Context(), engage.NewInteraction{Request: routing.CreateRequest{
		Channel: routing.ChannelRequest{SID: i.ChannelSID, Type: routing.ChannelSMS, InitiatedBy: routing.ByAPI},
		Routing: &routing.CreateRouting{Properties: byName},
	}})
	wantCode(t, err, routing.CodeParticipantThere)

	open := must(l.Flex.Invite(t.Context(), i.ChannelSID, l.place()))(t)
	l.runs()
	l.is(i, routing.ChannelActive, "assigned+reserved+reserved")
	must(l.Reservations.Accept(t.Context(), l.offeredTo(open.TaskSID, bob).SID, engage.Answer{}))(t)
	l.runs()
	l.is(i, routing.ChannelActive, "assigned+canceled+assigned")
	if n := len(l.agents(i)); n != 2 || len(l.offered(bob)) != 0 {
		t.Errorf("%d agents are there, and bob has %d offers", n, len(l.offered(bob)))
	}
	if got := must(l.Tasks.Get(t.Context(), named.TaskSID))(t); got.Reason != routing.ReasonCame {
		t.Errorf("because of %q", got.Reason)
	}

	// Who declines may be asked again.
	cid := l.hires("Cid", 1)
	byName.WorkerSID = cid.SID
	for range 2 {
		must(l.Flex.Invite(t.Context(), i.ChannelSID, byName))(t)
		l.runs()
		l.rejects(cid)
	}
	l.is(i, routing.ChannelActive, "assigned+canceled+assigned+canceled+canceled")
}

// TestWhoComesOtherwiseTakesOver when they accept the transfer: not as one more.
func TestWhoComesOtherwiseTakesOver(t *testing.T) {
	t.Parallel()
	for _, typ := range []routing.TransferType{routing.TransferCold, routing.TransferWarm} {
		t.Run(string(typ), func(t *testing.T) {
			t.Parallel()
			l := newLobby(t)
			ada := l.hires("Ada", 5)
			i := l.begins()
			l.accepts(ada)
			bob := l.hires("Bob", 5)
			open := must(l.Flex.Invite(t.Context(), i.ChannelSID, l.place()))(t)
			x := must(l.As(engage.Agent("Ada")).Flex.Transfer(t.Context(), i.ChannelSID, routing.TransferRequest{Type: typ, To: bob.SID}))(t)
			l.runs()
			for _, task := range []string{open.TaskSID, x.TaskSID} {
				must(l.Reservations.Accept(t.Context(), l.offeredTo(task, bob).SID, engage.Answer{}))(t)
				l.runs()
			}
			l.is(i, routing.ChannelActive, map[routing.TransferType]string{
				routing.TransferCold: "completed+completed+assigned", routing.TransferWarm: "assigned+completed+assigned",
			}[typ])
			if got := l.transferStatus(i); got != routing.TransferCompleted {
				t.Errorf("the transfer is %s", got)
			}
			owner, agents := engage.Agent("Ada"), 2
			if typ == routing.TransferCold {
				owner, agents = engage.Agent("Bob"), 1
			}
			if n := len(l.agents(i)); n != agents {
				t.Errorf("%d agents are there, want %d", n, agents)
			}
			channel := must(l.Flex.Channel(t.Context(), i.ChannelSID))(t)
			engaged := must(l.Interventions.List(t.Context(), engage.InterventionFilter{ThreadID: channel.ThreadID}))(t).Items
			if len(engaged) != 1 || engaged[0].Owner != owner {
				t.Errorf("interventions are %+v, want one of %s", engaged, owner)
			}
		})
	}
}

func TestParticipantsJoin(t *testing.T) {
	t.Parallel()
	l := newLobby(t)
	i := l.begins()
	media := customer(77)
	p := must(l.Flex.AddParticipant(t.Context(), i.ChannelSID, routing.ParticipantSupervisor, media))(t)
	if p.Status != routing.ParticipantActive || p.Media == nil || *p.Media != media {
		t.Errorf("the participant is %+v", p)
	}
	_, err := l.Flex.AddParticipant(t.Context(), i.ChannelSID, routing.ParticipantSupervisor, media)
	wantCode(t, err, routing.CodeParticipantThere)
	_, err = l.Flex.AddParticipant(t.Context(), i.ChannelSID, routing.ParticipantAgent, media)
	wantProblem(t, err, "type", routing.CodeParticipantInvalid)
	_, err = l.Flex.AddParticipant(t.Context(), i.ChannelSID, routing.ParticipantCustomer, routing.ParticipantRequest{Identity: "ann"})
	wantProblem(t, err, "media_properties.identity", routing.CodeParticipant)
	_, err = l.Flex.UpdateParticipant(t.Context(), p.SID, routing.ParticipantWrapsUp, engage.Completion{})
	wantCode(t, err, 0)
	must(l.Flex.UpdateParticipant(t.Context(), p.SID, routing.ParticipantCloses, engage.Completion{}))(t)
	l.is(i, routing.ChannelActive, "pending")
	must(l.Flex.UpdateChannel(t.Context(), i.ChannelSID, routing.ChannelUpdate{By: routing.ChannelCloses}))(t)
	_, err = l.Flex.AddParticipant(t.Context(), i.ChannelSID, routing.ParticipantSupervisor, media)
	wantCode(t, err, routing.CodeNotAdded)
	_, err = l.Flex.Invite(t.Context(), i.ChannelSID, l.place())
	wantCode(t, err, routing.CodeInteractionEnded)
}

// A task that is held while its channel is set up is for a worker, who is deleted meanwhile:
// another agent is asked for, rather than nobody for as long as it lives.
func TestWorkerIsDeletedDuringSetUp(t *testing.T) {
	t.Parallel()
	l := newLobby(t)
	bob, ann := l.hires("Bob", 1), l.hires("Ann", 1)
	l.runs()
	r := l.request(1)
	r.Routing.Properties.WorkerSID, r.Routing.Properties.QueueSID = bob.SID, l.queue.SID
	i := l.creates(r)
	if err := l.Workers.Delete(t.Context(), bob.SID); err != nil {
		t.Fatal(err)
	}
	engage.RemoveWorker(t, l.Engine, bob.SID)
	l.runs()
	l.is(i, routing.ChannelActive, "canceled+reserved")
	l.accepts(ann)
	l.is(i, routing.ChannelActive, "canceled+assigned")
}

// TestWhoDeclinesIsNotAskedFirst: others are, and who has declined once more if nobody else is
// there.
func TestWhoDeclinesIsNotAskedFirst(t *testing.T) {
	t.Parallel()
	l := newLobby(t)
	ada := l.hires("Ada", 5)
	r := l.request(1)
	r.Routing.Properties.WorkerSID = ada.SID
	i := l.creates(r)
	l.runs()
	l.clock.pass(time.Second)
	bob := l.hires("Bob", 5) // who has been idle for less long
	l.rejects(ada)
	if len(l.offered(ada)) != 0 || len(l.offered(bob)) != 1 {
		t.Errorf("ada has %d offers, bob %d; %s", len(l.offered(ada)), len(l.offered(bob)), l.tasks(i))
	}
	l.puts(bob.SID, "Break")
	l.rejects(bob)
	l.is(i, routing.ChannelActive, "canceled+pending")
	l.passes(routing.DeclinedFor)
	l.is(i, routing.ChannelActive, "canceled+reserved")
	l.accepts(ada)
}

// TestNobodyComesToAChannelTwice: who has accepted one of two invites is not asked by the other,
// whether they were offered that already or not.
func TestNobodyComesToAChannelTwice(t *testing.T) {
	t.Parallel()
	l := newLobby(t)
	i := l.begins()
	for range 2 {
		must(l.Flex.Invite(t.Context(), i.ChannelSID, l.place()))(t)
	}
	ada := l.hires("Ada", 2) // who is offered two of the three
	l.runs()
	offers := l.offered(ada)
	if len(offers) != 2 {
		t.Fatalf("she has %d offers", len(offers))
	}
	must(l.Reservations.Accept(t.Context(), offers[0].SID, engage.Answer{}))(t)
	l.runs()
	if n := len(l.offered(ada)); n != 0 {
		t.Errorf("she has %d offers still", n)
	}
	if r := must(l.Reservations.Get(t.Context(), offers[1].SID))(t); r.Status != routing.ReservationCanceled {
		t.Errorf("the other is %s", r.Status)
	}
	l.is(i, routing.ChannelActive, "assigned+pending+pending")
	bob := l.hires("Bob", 1)
	l.runs()
	l.accepts(bob)
	if n := len(l.agents(i)); n != 2 {
		t.Errorf("%d agents are on the channel", n)
	}
}

// TestACustomerWhoHasAnsweredIsNotLeftAlone: an outbound interaction that its agent does not want
// is not over when the customer has written.
func TestACustomerWhoHasAnsweredIsNotLeftAlone(t *testing.T) {
	t.Parallel()
	l := newLobby(t)
	ada := l.hires("Ada", 5)
	r := l.outbound(1, ada)
	i := l.creates(r)
	l.runs()
	if thread := l.writes(1); thread.ID != l.again(i).Channel.ThreadID {
		t.Fatalf("they have written in another thread: %+v", thread)
	}
	bob := l.hires("Bob", 5)
	l.rejects(ada)
	l.accepts(bob)
	l.is(i, routing.ChannelActive, "canceled+assigned")
}

// TestWhoIsThereKeepsNobodyFromTheNext: the task behind one that is kept from who is on its channel
// is offered to them.
func TestWhoIsThereKeepsNobodyFromTheNext(t *testing.T) {
	t.Parallel()
	l := newLobby(t)
	i := l.begins()
	must(l.Flex.Invite(t.Context(), i.ChannelSID, l.place()))(t)
	l.runs()
	ada := l.hires("Ada", 1)
	l.runs()
	l.accepts(ada)
	l.is(i, routing.ChannelActive, "assigned+pending")
	two := 2
	must(l.Workers.SetChannel(t.Context(), ada.SID, "default", engage.WorkerChannelUpdate{Capacity: &two}))(t)
	l.runs()
	next := l.begins()
	l.accepts(ada)
	l.is(next, routing.ChannelActive, "assigned")
	l.is(i, routing.ChannelActive, "assigned+pending")
}

// TestNobodyIsOfferedWhatIsBeingSetUp, also if they are looked for tasks just then.
func TestNobodyIsOfferedWhatIsBeingSetUp(t *testing.T) {
	t.Parallel()
	for _, byName := range []bool{false, true} {
		l := newLobby(t)
		ada := l.hires("Ada", 1)
		l.runs()
		r := l.request(1)
		if byName {
			r.Routing.Properties.WorkerSID = ada.SID
		}
		i := l.creates(r)
		engage.SeekTasks(t, l.Engine, ada.SID)
		l.is(i, routing.ChannelSetup, "pending")
		l.runs()
		l.is(i, routing.ChannelActive, "reserved")
	}
}

// TestWhoIsThereIsNotAsked by an invite to whoever the workflow finds, though nobody else is there.
func TestWhoIsThereIsNotAsked(t *testing.T) {
	t.Parallel()
	l := newLobby(t)
	ada := l.hires("Ada", 5)
	i := l.begins()
	l.accepts(ada)
	must(l.Flex.Invite(t.Context(), i.ChannelSID, l.place()))(t)
	l.runs()
	l.is(i, routing.ChannelActive, "assigned+pending")
}
