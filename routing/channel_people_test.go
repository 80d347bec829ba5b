package routing_test

import (
	"slices"
	"strconv"
	"testing"

	"github.com/engage-interactions/engage/routing"
)

// handedOver returns a channel with an agent on its first task, who hands it over by another.
func handedOver(tb testing.TB) routing.ChannelWork {
	tb.Helper()
	w, err := accepted(tb, active(tb), 1).Transfer(routing.Transfer{
		SID: numbered(routing.PrefixTransfer, 1), Type: routing.TransferCold, From: numbered(routing.PrefixParticipant, 2),
		FromTaskSID: numbered(routing.PrefixTask, 1), TaskSID: numbered(routing.PrefixTask, 2),
	}, someday)
	if err == nil {
		w, err = w.With(waiting(tb, 2), someday)
	}
	if err != nil {
		tb.Fatal(err)
	}
	w.Happenings = nil
	return w
}

// happened are the types of what has happened to a channel.
func happened(w routing.ChannelWork) (types []string) {
	for _, h := range w.Happenings {
		types = append(types, h.Type)
	}
	return types
}

func TestATransferIsGivenUpOrDeclined(t *testing.T) {
	t.Parallel()
	w := handedOver(t)
	x := w.Transfers[0].SID

	declined, err := w.DeclineTransfer(x, someday)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := shown(declined), shown(w); got != want || !slices.Equal(happened(declined), []string{"task.transfer-attempt-failed"}) {
		t.Errorf("declined: %s and %v, want %s", got, happened(declined), want)
	}

	given, err := w.CancelTransfer(x, someday)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := shown(given), "active; tasks assigned,canceled; invites accepted; people active,active; transfers failed"; got != want {
		t.Errorf("given up: %s, want %s", got, want)
	}
	if got := happened(given); !slices.Equal(got, []string{"task.transfer-canceled", "flex.channel.status_updated"}) {
		t.Errorf("told of %v", got)
	}
	if got := given.Assignments[1].Task.Reason; got != routing.ReasonTransferCanceled {
		t.Errorf("because of %q", got)
	}
	for _, sid := range []string{x, numbered(routing.PrefixTransfer, 9)} {
		_, err := given.CancelTransfer(sid, someday)
		wantRefusal(t, err, 0, "")
		_, err = given.DeclineTransfer(sid, someday)
		wantRefusal(t, err, 0, "")
	}
	if got := shown(w); got != "transfer; tasks assigned,pending; invites accepted; people active,active; transfers active" {
		t.Errorf("it was changed in place: %s", got)
	}

	// Once the first agent has left, nobody is there any more.
	gone, err := w.Assignments[0].Happen(routing.TaskCompletes, routing.TaskChange{Reason: "done"}, someday)
	if err == nil {
		w, err = w.With(gone, someday)
	}
	if err == nil {
		w, err = w.CancelTransfer(x, someday)
	}
	if err != nil {
		t.Fatal(err)
	}
	if w.Channel.Status != routing.ChannelClosed {
		t.Errorf("nobody is there, and it is %s", shown(w))
	}
}

func TestATaskIsHandedOverOnceAtATime(t *testing.T) {
	t.Parallel()
	w := handedOver(t)
	_, err := w.Transfer(routing.Transfer{SID: numbered(routing.PrefixTransfer, 2), FromTaskSID: w.Transfers[0].FromTaskSID}, someday)
	wantRefusal(t, err, 0, "")
}

func TestWhoIsThereDoesNotJoinAgain(t *testing.T) {
	t.Parallel()
	w := active(t)
	join := func(p routing.Participant) error {
		p.SID = numbered(routing.PrefixParticipant, 50+len(w.Participants))
		next, err := w.Join(p, someday)
		if err == nil {
			w = next
		}
		return err
	}
	ann, bea := &routing.ParticipantRequest{Identity: "ann"}, &routing.ParticipantRequest{Identity: "bea"}
	for _, c := range []struct {
		p     routing.Participant
		there bool
	}{
		{routing.Participant{Type: routing.ParticipantCustomer, Media: ann}, false},
		{routing.Participant{Type: routing.ParticipantCustomer, Media: bea}, false},
		{routing.Participant{Type: routing.ParticipantSupervisor, Media: ann}, false},
		{routing.Participant{Type: routing.ParticipantCustomer, Media: &routing.ParticipantRequest{Identity: "ann"}}, true},
		{routing.Participant{Type: routing.ParticipantCustomer}, false},
		{routing.Participant{Type: routing.ParticipantAgent, TaskSID: numbered(routing.PrefixTask, 1)}, false},
		{routing.Participant{Type: routing.ParticipantAgent, TaskSID: numbered(routing.PrefixTask, 1)}, true},
		{routing.Participant{Type: routing.ParticipantAgent, TaskSID: numbered(routing.PrefixTask, 2)}, false},
	} {
		err := join(c.p)
		if c.there {
			wantRefusal(t, err, routing.CodeParticipantThere, "Participant Already In Interaction")
		} else if err != nil {
			t.Errorf("%+v: %v", c.p, err)
		}
	}
	last := w.Participants[len(w.Participants)-1]
	if last.ChannelSID != w.Channel.SID || last.Status != routing.ParticipantActive || happened(w)[0] != "flex.participant.joined" {
		t.Errorf("joined: %+v, %v", last, happened(w))
	}
	closed, err := w.Happen(routing.ChannelCloses, routing.ChannelChange{}, someday)
	if err != nil {
		t.Fatal(err)
	}
	_, err = closed.Join(routing.Participant{Type: routing.ParticipantCustomer}, someday)
	wantRefusal(t, err, routing.CodeNotAdded, "Failed to add a participant. Conversation was closed or not found.")
}

func TestATaskIsKeptFromWhoIsThere(t *testing.T) {
	t.Parallel()
	task := waiting(t, 1).Task
	for n := range routing.MaxCoolDowns + 5 {
		task = task.KeepFrom(numbered(routing.PrefixWorker, n))
	}
	task = task.KeepFrom(numbered(routing.PrefixWorker, routing.MaxCoolDowns))
	kept := task.Waiting.CoolDowns
	if len(kept) != routing.MaxCoolDowns || kept[0].WorkerSID != numbered(routing.PrefixWorker, 5) || !kept[0].Until.Equal(task.ExpiresAt()) {
		t.Errorf("it is kept from %d, the first %+v", len(kept), kept[0])
	}
}

// TestWhoIsOnTheChannelIsNotAskedToCome, as long as they talk: neither by name nor by the queue.
func TestWhoIsOnTheChannelIsNotAskedToCome(t *testing.T) {
	t.Parallel()
	const talks, wrapsUp, left, elsewhere = 1, 2, 3, 4
	w := routing.ChannelWork{Participants: []routing.Participant{
		{Type: routing.ParticipantCustomer, Status: routing.ParticipantActive},
		{Type: routing.ParticipantAgent, WorkerSID: numbered(routing.PrefixWorker, talks), Status: routing.ParticipantActive},
		{Type: routing.ParticipantAgent, WorkerSID: numbered(routing.PrefixWorker, wrapsUp), Status: routing.ParticipantWrapup},
		{Type: routing.ParticipantAgent, WorkerSID: numbered(routing.PrefixWorker, left), Status: routing.ParticipantClosed},
	}}
	wantRefusal(t, w.MayInvite(numbered(routing.PrefixWorker, talks)), routing.CodeParticipantThere, "Participant Already In Interaction")
	for _, n := range []int{wrapsUp, left, elsewhere} {
		if err := w.MayInvite(numbered(routing.PrefixWorker, n)); err != nil {
			t.Errorf("worker %d: %v", n, err)
		}
	}
	kept := w.KeptFromAgents(waiting(t, 1).Task).Waiting.CoolDowns
	if len(kept) != 1 || kept[0].WorkerSID != numbered(routing.PrefixWorker, talks) {
		t.Errorf("the task is kept from %+v", kept)
	}
}

func TestRequestsForTransfers(t *testing.T) {
	t.Parallel()
	to := numbered(routing.PrefixWorker, 1)
	for _, c := range []struct {
		body string
		want []string
	}{
		{`{"type":"cold","to":"` + to + `"}`, nil},
		{`{"type":"warm","to":"` + numbered(routing.PrefixQueue, 1) + `","from":"` + numbered(routing.PrefixParticipant, 1) + `","attributes":{"a":1}}`, nil},
		{`{"type":"external","to":"+1"}`, []string{"to", "type"}},
		{`{}`, []string{"to", "type"}},
		{`{"type":"cold","to":7}`, []string{"to"}},
		{`{"type":"cold","to":"` + to + `","from":"x","note_sid":"y","summary_sid":"z","instance_sid":"i","execution_sid":"e","attributes":"["}`, []string{
			"attributes", "execution_sid", "from", "instance_sid", "note_sid", "summary_sid",
		}},
		{`[]`, []string{"transfer"}},
		{``, []string{"transfer"}},
		{`null`, []string{"transfer"}},
	} {
		r, warnings, err := routing.ParseTransfer([]byte(c.body))
		if got := found(t, err); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.body, got, c.want)
		}
		if len(warnings) > 0 {
			t.Errorf("%s: %v", c.body, warnings)
		}
		if c.want == nil && r.Check() != nil {
			t.Errorf("%s: %v", c.body, r.Check())
		}
	}
	if _, warnings, err := routing.ParseTransfer([]byte(`{"type":"cold","to":"` + to + `","when":"now"}`)); err != nil || len(warnings) != 1 || warnings[0].Path != "when" {
		t.Errorf("%v, %v", warnings, err)
	}
}

// TestChannelsAreBounded: how many are asked, and how many take part.
func TestChannelsAreBounded(t *testing.T) {
	t.Parallel()
	w := accepted(t, active(t), 1)
	var err error
	for n := 2; n <= routing.MaxLiveTasks; n++ {
		if w, err = w.Invite(routing.Invite{SID: numbered(routing.PrefixInvite, n), TaskSID: numbered(routing.PrefixTask, n)}, someday); err != nil {
			t.Fatal(err)
		}
		if w, err = w.With(waiting(t, n), someday); err != nil {
			t.Fatal(err)
		}
	}
	_, err = w.Invite(routing.Invite{SID: numbered(routing.PrefixInvite, 1000), TaskSID: numbered(routing.PrefixTask, 1000)}, someday)
	wantRefusal(t, err, 0, "")
	over := routing.Transfer{
		SID: numbered(routing.PrefixTransfer, 1), Type: routing.TransferCold, From: numbered(routing.PrefixParticipant, 2),
		FromTaskSID: numbered(routing.PrefixTask, 1), TaskSID: numbered(routing.PrefixTask, 1000),
	}
	_, err = w.Transfer(over, someday)
	wantRefusal(t, err, 0, "")
	over.TaskSID = numbered(routing.PrefixTask, 2) // there is no task more
	if _, err = w.Transfer(over, someday); err != nil {
		t.Error(err)
	}

	// The customer of the channel is one, its agent none.
	person := func(n int) routing.Participant {
		return routing.Participant{SID: numbered(routing.PrefixParticipant, 100+n), Type: routing.ParticipantCustomer, Media: &routing.ParticipantRequest{Identity: strconv.Itoa(n)}}
	}
	for n := range routing.MaxParticipants - 1 {
		if w, err = w.Join(person(n), someday); err != nil {
			t.Fatal(err)
		}
	}
	_, err = w.Join(person(1000), someday)
	wantRefusal(t, err, 0, "")
	if w, err = w.Leave(person(7).SID, routing.ParticipantCloses, "", someday); err != nil {
		t.Fatal(err)
	}
	if _, err = w.Join(person(1000), someday); err != nil {
		t.Error(err)
	}
}
