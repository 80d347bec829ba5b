package engage_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/routing"
	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/memory"
)

// lobby is a floor whose workers talk to customers: with a source of sms.
type lobby struct {
	*floor

	sms interaction.Source
	n   int
}

// newLobby returns a lobby on a memory store.
func newLobby(tb testing.TB, options ...func(*engage.Options)) *lobby {
	tb.Helper()
	st := memory.New()
	tb.Cleanup(func() { _ = st.Close() })
	return newLobbyOn(tb, st, options...)
}

// newLobbyOn returns a lobby on a store.
func newLobbyOn(tb testing.TB, st store.Store, options ...func(*engage.Options)) *lobby {
	tb.Helper()
	l := &lobby{floor: newFloorOn(tb, st, options...)}
	l.sms = must(l.Sources.Create(tb.Context(), interaction.Source{ID: "sms", Type: "sms", Name: "SMS", Active: true}))(tb)
	return l
}

// place is where tasks of the lobby go.
func (l *lobby) place() routing.TaskRequest {
	return routing.TaskRequest{WorkspaceSID: l.workspace.SID, WorkflowSID: l.workflow.SID}
}

// customer is somebody with a telephone.
func customer(n int) routing.ParticipantRequest {
	return routing.ParticipantRequest{Address: fmt.Sprintf("+1311555%04d", n), ProxyAddress: "+192555512345", Name: fmt.Sprintf("Customer %d", n)}
}

// request asks for an interaction that the API begins with a customer.
func (l *lobby) request(n int) routing.CreateRequest {
	return routing.CreateRequest{
		Channel: routing.ChannelRequest{Type: routing.ChannelSMS, InitiatedBy: routing.ByAPI, Participants: []routing.ParticipantRequest{customer(n)}},
		Routing: &routing.CreateRouting{Properties: l.place()},
	}
}

// outbound asks for an interaction that an agent begins with a customer.
func (l *lobby) outbound(n int, agent routing.Worker) routing.CreateRequest {
	r := l.request(n)
	r.Channel.InitiatedBy, r.Routing.Properties.QueueSID, r.Routing.Properties.WorkerSID = routing.ByAgent, l.queue.SID, agent.SID
	return r
}

// creates begins an interaction that is not set up yet.
func (l *lobby) creates(r routing.CreateRequest) engage.FlexInteraction {
	l.t.Helper()
	return must(l.Flex.Create(l.t.Context(), engage.NewInteraction{Request: r}))(l.t)
}

// begins creates an interaction with a new customer, and sets it up.
func (l *lobby) begins() engage.FlexInteraction {
	l.t.Helper()
	l.n++
	i := l.creates(l.request(l.n))
	l.runs()
	return l.again(i)
}

// again returns an interaction as it is now.
func (l *lobby) again(i engage.FlexInteraction) engage.FlexInteraction {
	l.t.Helper()
	return must(l.Flex.Get(l.t.Context(), i.SID))(l.t)
}

// writes has a customer write, and returns the thread.
func (l *lobby) writes(n int) interaction.Thread {
	l.t.Helper()
	c := customer(n)
	in := engage.Inbound{SourceID: l.sms.ID, Customer: engage.Account{ForeignID: c.Address, Profile: interaction.Profile{DisplayName: c.Name}}}
	in.Body = "hello"
	received := must(l.Threads.Receive(l.t.Context(), in))(l.t)
	return l.thread(received.ThreadID)
}

func (l *lobby) thread(id string) interaction.Thread {
	l.t.Helper()
	return must(l.Threads.Get(l.t.Context(), id))(l.t)
}

// channel returns the status of a channel.
func (l *lobby) channel(i engage.FlexInteraction) routing.ChannelStatus {
	l.t.Helper()
	return must(l.Flex.Channel(l.t.Context(), i.ChannelSID))(l.t).Status
}

// offered returns the offers that a worker has not answered.
func (l *lobby) offered(w routing.Worker) []routing.Reservation {
	l.t.Helper()
	all := must(l.Reservations.List(l.t.Context(), engage.ReservationFilter{WorkerSID: w.SID, Live: true}))(l.t).Items
	return slices.DeleteFunc(all, func(r routing.Reservation) bool { return r.Status != routing.ReservationPending })
}

// accepts has a worker accept the one offer that they have.
func (l *lobby) accepts(w routing.Worker) routing.Reservation {
	l.t.Helper()
	offers := l.offered(w)
	if len(offers) != 1 {
		l.t.Fatalf("%s has %d offers", w.FriendlyName, len(offers))
	}
	r := must(l.Reservations.Accept(l.t.Context(), offers[0].SID, engage.Answer{}))(l.t)
	l.runs()
	return r
}

// rejects has a worker reject the one offer that they have.
func (l *lobby) rejects(w routing.Worker) {
	l.t.Helper()
	offers := l.offered(w)
	if len(offers) != 1 {
		l.t.Fatalf("%s has %d offers", w.FriendlyName, len(offers))
	}
	must(l.Reservations.Reject(l.t.Context(), offers[0].SID, engage.Rejection{}))(l.t)
	l.runs()
}

// tasks returns the tasks of a channel as texts: their states, in the order in which they were
// made.
func (l *lobby) tasks(i engage.FlexInteraction) string {
	l.t.Helper()
	text := ""
	for _, k := range must(l.Tasks.List(l.t.Context(), engage.TaskFilter{ChannelSID: i.ChannelSID}))(l.t).Items {
		if text != "" {
			text += "+"
		}
		text += string(k.Status)
	}
	return text
}

// agents returns the participants of a channel who are agents and have not left.
func (l *lobby) agents(i engage.FlexInteraction) []routing.Participant {
	l.t.Helper()
	all := must(l.Flex.Participants(l.t.Context(), i.ChannelSID, 0, ""))(l.t).Items
	return slices.DeleteFunc(all, func(p routing.Participant) bool {
		return p.Type != routing.ParticipantAgent || p.Status == routing.ParticipantClosed
	})
}

// is holds what a channel is against what it should be.
func (l *lobby) is(i engage.FlexInteraction, status routing.ChannelStatus, tasks string) {
	l.t.Helper()
	if got, also := l.channel(i), l.tasks(i); got != status || also != tasks {
		l.t.Errorf("the channel is %s with tasks %s, want %s with %s", got, also, status, tasks)
	}
}

// wantProblem holds an error against the problem that it should have.
func wantProblem(tb testing.TB, err error, path string, code int) {
	tb.Helper()
	all, ok := errors.AsType[*routing.ProblemsError](err)
	if !ok || !errors.Is(err, engage.ErrInvalid) {
		tb.Fatalf("%v, want a problem at %s", err, path)
	}
	if !slices.ContainsFunc(all.Problems, func(p routing.Problem) bool { return p.Path == path && p.Code == code }) {
		tb.Errorf("%v, want one at %s of code %d", err, path, code)
	}
}

// wantCode holds an error against the refusal that it should be.
func wantCode(tb testing.TB, err error, code int) {
	tb.Helper()
	refused, ok := errors.AsType[*routing.RefusedError](err)
	if !ok || !errors.Is(err, engage.ErrRefused) || refused.Code != code {
		tb.Fatalf("%v, want a refusal of code %d", err, code)
	}
}
