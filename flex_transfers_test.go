package engage_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/routing"
)

// transferStatus is that of the only transfer of a channel.
func (l *lobby) transferStatus(i engage.FlexInteraction) routing.TransferStatus {
	l.t.Helper()
	all := must(l.Flex.Transfers(l.t.Context(), i.ChannelSID, 0, ""))(l.t).Items
	if len(all) != 1 {
		l.t.Fatalf("there are %d transfers", len(all))
	}
	return all[0].Status
}

func TestColdAndWarmTransfers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		typ  routing.TransferType
		want string
	}{{routing.TransferCold, "completed+assigned"}, {routing.TransferWarm, "assigned+assigned"}} {
		for _, to := range []string{"worker", "queue", "workflow"} {
			t.Run(string(c.typ)+" to a "+to, func(t *testing.T) {
				t.Parallel()
				l := newLobby(t)
				ada := l.hires("Ada", 5)
				i := l.begins()
				l.accepts(ada)
				bob := l.hires("Bob", 1)
				request := routing.TransferRequest{Type: c.typ, To: map[string]string{"worker": bob.SID, "queue": l.queue.SID, "workflow": l.workflow.SID}[to]}
				to := request.To
				request.To = to[:2] + strings.ToUpper(to[2:]) // SIDs are found in either case, and kept in one
				x := must(l.As(engage.Agent("Ada")).Flex.Transfer(t.Context(), i.ChannelSID, request))(t)
				l.runs()
				if x.Status != routing.TransferActive || x.From != l.agents(i)[0].SID || x.To != to {
					t.Errorf("the transfer is %+v", x)
				}
				l.is(i, routing.ChannelTransfer, "assigned+reserved")
				if len(l.offered(ada)) != 0 {
					t.Error("it was offered to who hands it over")
				}
				_, err := l.Flex.Transfer(t.Context(), i.ChannelSID, request)
				wantCode(t, err, 0)
				r := l.accepts(bob)
				if r.TaskSID != x.TaskSID {
					t.Errorf("bob has %s, want %s", r.TaskSID, x.TaskSID)
				}
				l.is(i, routing.ChannelActive, c.want)
				if got := l.transferStatus(i); got != routing.TransferCompleted {
					t.Errorf("the transfer is %s", got)
				}
				_, err = l.Flex.CancelTransfer(t.Context(), x.SID)
				wantCode(t, err, 0)
			})
		}
	}
}

func TestATransferThatIsDeclinedGoesToTheNextAgent(t *testing.T) {
	t.Parallel()
	for _, late := range []bool{false, true} {
		l := newLobby(t)
		ada := l.hires("Ada", 5)
		i := l.begins()
		l.accepts(ada)
		bob, eve := l.hires("Bob", 5), l.hires("Eve", 5)
		x := must(l.Flex.Transfer(t.Context(), i.ChannelSID, routing.TransferRequest{Type: routing.TransferCold, To: bob.SID}))(t)
		l.runs()
		if late {
			l.passes(3 * time.Minute)
		} else {
			l.rejects(bob)
		}
		l.is(i, routing.ChannelTransfer, "assigned+reserved")
		if len(l.offered(bob)) != 0 || len(l.offered(ada)) != 0 {
			t.Error("it was offered to the same")
		}
		l.accepts(eve)
		l.is(i, routing.ChannelActive, "completed+assigned")
		if got := must(l.Flex.GetTransfer(t.Context(), x.SID))(t); got.Status != routing.TransferCompleted {
			t.Errorf("the transfer is %+v", got)
		}
	}
}

func TestATransferThatNobodyWantsFails(t *testing.T) {
	t.Parallel()
	l := newLobby(t)
	ada := l.hires("Ada", 5)
	i := l.begins()
	l.accepts(ada)
	bob := l.hires("Bob", 5)
	must(l.Flex.Transfer(t.Context(), i.ChannelSID, routing.TransferRequest{Type: routing.TransferCold, To: bob.SID}))(t)
	l.runs()
	l.rejects(bob)
	l.is(i, routing.ChannelTransfer, "assigned+pending")
	l.passes(25 * time.Hour)
	l.is(i, routing.ChannelActive, "assigned+canceled")
	if got := l.transferStatus(i); got != routing.TransferFailed {
		t.Errorf("the transfer is %s", got)
	}
}

func TestATransferIsGivenUp(t *testing.T) {
	t.Parallel()
	l := newLobby(t)
	ada := l.hires("Ada", 5)
	i := l.begins()
	l.accepts(ada)
	bob := l.hires("Bob", 5)
	x := must(l.Flex.Transfer(t.Context(), i.ChannelSID, routing.TransferRequest{Type: routing.TransferWarm, To: bob.SID}))(t)
	l.runs()
	_, err := l.As(engage.Agent("Bob")).Flex.CancelTransfer(t.Context(), x.SID)
	wantRefusal(t, err)
	x = must(l.As(engage.Agent("Ada")).Flex.CancelTransfer(t.Context(), x.SID))(t)
	if x.Status != routing.TransferFailed {
		t.Errorf("the transfer is %s", x.Status)
	}
	l.is(i, routing.ChannelActive, "assigned+canceled")
	if len(l.offered(bob)) != 0 {
		t.Error("it is offered still")
	}
	must(l.Flex.CancelTransfer(t.Context(), x.SID))(t)
}

func TestWhoHandsOverMayEndFirst(t *testing.T) {
	t.Parallel()
	l := newLobby(t)
	ada := l.hires("Ada", 5)
	i := l.begins()
	r := l.accepts(ada)
	bob := l.hires("Bob", 5)
	x := must(l.Flex.Transfer(t.Context(), i.ChannelSID, routing.TransferRequest{Type: routing.TransferCold, To: bob.SID}))(t)
	l.runs()
	must(l.Reservations.Complete(t.Context(), r.SID, engage.Completion{Reason: "done"}))(t)
	l.is(i, routing.ChannelTransfer, "completed+reserved")
	must(l.Flex.CancelTransfer(t.Context(), x.SID))(t)
	l.is(i, routing.ChannelClosed, "completed+canceled")
}

func TestATransferToWhoIsThereIsDoneAtOnce(t *testing.T) {
	t.Parallel()
	l := newLobby(t)
	ada := l.hires("Ada", 5)
	i := l.begins()
	l.accepts(ada)
	bob := l.hires("Bob", 5)
	request := l.place()
	request.WorkerSID = bob.SID
	must(l.Flex.Invite(t.Context(), i.ChannelSID, request))(t)
	l.runs()
	l.accepts(bob)
	l.is(i, routing.ChannelActive, "assigned+assigned")
	to := l.agents(i)[1]
	x := must(l.As(engage.Agent("Ada")).Flex.Transfer(t.Context(), i.ChannelSID, routing.TransferRequest{Type: routing.TransferCold, To: to.SID}))(t)
	if x.Status != routing.TransferCompleted {
		t.Errorf("the transfer is %+v", x)
	}
	l.is(i, routing.ChannelActive, "completed+assigned")
}

func TestWrongTransfers(t *testing.T) {
	t.Parallel()
	l := newLobby(t)
	ada := l.hires("Ada", 5)
	i := l.begins()
	_, err := l.Flex.Transfer(t.Context(), i.ChannelSID, routing.TransferRequest{Type: routing.TransferCold, To: ada.SID})
	wantRefusal(t, err) // nobody is there
	l.accepts(ada)
	nobody := routing.PrefixWorker.Alike(i.SID)
	for _, c := range []struct {
		request routing.TransferRequest
		path    string
	}{
		{routing.TransferRequest{Type: routing.TransferExternal, To: ada.SID}, "type"},
		{routing.TransferRequest{To: ada.SID}, "type"},
		{routing.TransferRequest{Type: routing.TransferCold}, "to"},
		{routing.TransferRequest{Type: routing.TransferCold, To: "Bob"}, "to"},
		{routing.TransferRequest{Type: routing.TransferCold, To: nobody}, "to"},
		{routing.TransferRequest{Type: routing.TransferCold, To: ada.SID}, "to"},
		{routing.TransferRequest{Type: routing.TransferCold, To: routing.PrefixQueue.Alike(i.SID)}, "to"},
		{routing.TransferRequest{Type: routing.TransferCold, To: routing.PrefixWorkflow.Alike(i.SID)}, "to"},
		{routing.TransferRequest{Type: routing.TransferCold, To: routing.PrefixParticipant.Alike(i.SID)}, "to"},
		{routing.TransferRequest{Type: routing.TransferCold, To: l.queue.SID, From: routing.PrefixParticipant.Alike(i.SID)}, "from"},
	} {
		_, err := l.Flex.Transfer(t.Context(), i.ChannelSID, c.request)
		wantProblem(t, err, c.path, routing.CodeInvalid)
	}
	_, err = l.As(engage.Agent("Bob")).Flex.Transfer(t.Context(), i.ChannelSID, routing.TransferRequest{Type: routing.TransferCold, To: l.queue.SID})
	wantRefusal(t, err)
	l.is(i, routing.ChannelActive, "assigned")
}

func TestATransferWithAttributesOfItsOwnHasTheKnownOnes(t *testing.T) {
	t.Parallel()
	l := newLobby(t)
	ada := l.hires("Ada", 5)
	i := l.begins()
	first := must(l.Tasks.Get(t.Context(), l.accepts(ada).TaskSID))(t)
	x := must(l.Flex.Transfer(t.Context(), i.ChannelSID, routing.TransferRequest{
		Type: routing.TransferCold, To: l.queue.SID, Attributes: routing.Attributes{"skill": "billing", "channelType": "own"},
	}))(t)
	second := must(l.Tasks.Get(t.Context(), x.TaskSID))(t)
	want := maps.Clone(first.Attributes)
	want["skill"], want["channelType"] = "billing", "own"
	if got := second.Attributes.String(); got != want.String() {
		t.Errorf("%s, want %s", got, want)
	}
	if second.InviteSID != "" {
		t.Error("it has the invite ", second.InviteSID)
	}
	_, err := l.Flex.Transfer(t.Context(), i.ChannelSID, routing.TransferRequest{
		Type: routing.TransferCold, To: l.queue.SID, Attributes: routing.Attributes{"text": strings.Repeat("x", routing.MaxAttributes-20)},
	})
	wantProblem(t, err, "attributes", routing.CodeInvalid)
}

// TestATransferThatIsDeclinedGoesThroughItsWorkflow: to the next target, too, and not only to
// whoever is in the queue of who has declined.
func TestATransferThatIsDeclinedGoesThroughItsWorkflow(t *testing.T) {
	t.Parallel()
	l := newLobby(t)
	few := l.newQueue("Few", "level > 100")
	l.leads("Steps", fmt.Sprintf(`{"queue":%q,"timeout":60},{"queue":%q}`, few.SID, l.queue.SID))
	ada := l.hires("Ada", 1)
	i := l.begins()
	l.passes(time.Minute)
	l.accepts(ada)
	bob, eve := l.hires("Bob", 1), l.hires("Eve", 1)
	x := must(l.Flex.Transfer(t.Context(), i.ChannelSID, routing.TransferRequest{Type: routing.TransferCold, To: bob.SID}))(t)
	l.runs()
	if k := l.task(x.TaskSID); k.QueueSID != l.queue.SID { // that of the task in whose place it comes
		t.Errorf("it is in %q", k.QueueSID)
	}
	l.rejects(bob)
	if k := l.task(x.TaskSID); k.QueueSID != few.SID || k.RoutingTarget != "" {
		t.Errorf("it is in %s, for %q", k.QueueSID, k.RoutingTarget)
	}
	l.passes(time.Minute)
	l.accepts(eve)
	l.is(i, routing.ChannelActive, "completed+assigned")
}

// TestATransferToWhoIsDeletedGoesToTheNextAgent: as if they did not want it. Who hands over may have
// ended their own task: the customer is not left alone.
func TestATransferToWhoIsDeletedGoesToTheNextAgent(t *testing.T) {
	t.Parallel()
	for _, left := range []bool{false, true} {
		l := newLobby(t)
		ada := l.hires("Ada", 1)
		i := l.begins()
		r := l.accepts(ada)
		bob := l.hires("Bob", 1)
		l.puts(bob.SID, "Break")
		l.runs()
		must(l.Flex.Transfer(t.Context(), i.ChannelSID, routing.TransferRequest{Type: routing.TransferCold, To: bob.SID}))(t)
		l.runs()
		l.is(i, routing.ChannelTransfer, "assigned+pending")
		want := "assigned+reserved"
		if left {
			l.puts(ada.SID, "Break")
			must(l.As(engage.Agent("Ada")).Reservations.Complete(t.Context(), r.SID, engage.Completion{}))(t)
			l.runs()
			want = "completed+reserved"
		}
		eve := l.hires("Eve", 1)
		l.runs()
		if err := l.Workers.Delete(t.Context(), bob.SID); err != nil {
			t.Fatal(err)
		}
		l.runs()
		l.is(i, routing.ChannelTransfer, want)
		l.accepts(eve)
		l.is(i, routing.ChannelActive, "completed+assigned")
	}
}
