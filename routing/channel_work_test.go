package routing_test

import (
	"strings"
	"testing"
	"time"

	"github.com/engage-interactions/engage/routing"
)

// contact returns a channel that is being set up, with its customer, its first invite and
// that one's task.
func contact(tb testing.TB) routing.ChannelWork {
	tb.Helper()
	w, err := routing.ChannelWork{
		Channel: routing.Channel{SID: numbered(routing.PrefixChannel, 1), InteractionSID: numbered(routing.PrefixInteraction, 1)},
		Participants: []routing.Participant{{
			SID: numbered(routing.PrefixParticipant, 1), Type: routing.ParticipantCustomer, Status: routing.ParticipantActive,
		}},
	}.Happen(routing.ChannelStarts, routing.ChannelChange{}, someday)
	if err == nil {
		w, err = w.Invite(routing.Invite{SID: numbered(routing.PrefixInvite, 1), TaskSID: numbered(routing.PrefixTask, 1)}, someday)
	}
	if err == nil {
		w, err = w.With(waiting(tb, 1), someday)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return w
}

// active returns a channel that is set up.
func active(tb testing.TB) routing.ChannelWork {
	tb.Helper()
	w, err := contact(tb).Happen(routing.ChannelIsSetUp, routing.ChannelChange{}, someday)
	if err != nil {
		tb.Fatal(err)
	}
	w.Happenings = nil
	return w
}

// accepted returns a channel with an agent on the nth task, beside whoever else is there.
func accepted(tb testing.TB, w routing.ChannelWork, n int) routing.ChannelWork {
	tb.Helper()
	a, err := offered(tb, n, 1).Answer(offer(100*n).SID, routing.ReservationAccepts, "", someday)
	if err != nil {
		tb.Fatal(err)
	}
	w.Participants = append(w.Participants, routing.Participant{
		SID: numbered(routing.PrefixParticipant, 1+n), Type: routing.ParticipantAgent, Status: routing.ParticipantActive,
		TaskSID: a.Task.SID, WorkerSID: a.Reservations[0].WorkerSID, ReservationSID: a.Reservations[0].SID,
	})
	if w, err = w.With(a, someday); err != nil {
		tb.Fatal(err)
	}
	w.Happenings = nil
	return w
}

// shown is the whole of a channel in words.
func shown(w routing.ChannelWork) string {
	var tasks, invites, people, transfers []string
	for _, a := range w.Assignments {
		tasks = append(tasks, string(a.Task.Status))
	}
	for _, i := range w.Invites {
		invites = append(invites, string(i.Status))
	}
	for _, p := range w.Participants {
		people = append(people, string(p.Status))
	}
	for _, t := range w.Transfers {
		transfers = append(transfers, string(t.Status))
	}
	var text strings.Builder
	text.WriteString(string(w.Channel.Status))
	for n, part := range [][]string{tasks, invites, people, transfers} {
		if len(part) > 0 {
			text.WriteString([]string{"; tasks ", "; invites ", "; people ", "; transfers "}[n] + strings.Join(part, ","))
		}
	}
	return text.String()
}

func TestWhatEndsWithAChannel(t *testing.T) {
	t.Parallel()
	wrapping := func(w routing.ChannelWork) routing.ChannelWork {
		a, err := w.Assignments[0].Happen(routing.TaskWrapsUp, routing.TaskChange{}, someday)
		if err == nil {
			w, err = w.With(a, someday)
		}
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	reserved := func() routing.ChannelWork {
		w, err := active(t).With(offered(t, 1, 2), someday)
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	complete := routing.ChannelChange{Complete: true}
	for _, c := range []struct {
		name   string
		work   routing.ChannelWork
		by     routing.ChannelVerb
		change routing.ChannelChange
		want   string
		reason string
	}{
		{"pending is canceled", active(t), routing.ChannelCloses, routing.ChannelChange{}, "closed; tasks canceled; invites canceled; people closed", "Channel closed"},
		{"reserved is canceled", reserved(), routing.ChannelCloses, complete, "closed; tasks canceled; invites canceled; people closed", "Channel closed"},
		{"assigned wraps up", accepted(t, active(t), 1), routing.ChannelCloses, routing.ChannelChange{}, "closed; tasks wrapping; invites accepted; people closed,wrapup", ""},
		{"assigned is completed as asked", accepted(t, active(t), 1), routing.ChannelCloses, complete, "closed; tasks completed; invites accepted; people closed,closed", "Channel closed"},
		{"wrapping stays", wrapping(accepted(t, active(t), 1)), routing.ChannelCloses, routing.ChannelChange{}, "closed; tasks wrapping; invites accepted; people closed,wrapup", ""},
		{"wrapping is completed as asked", wrapping(accepted(t, active(t), 1)), routing.ChannelCloses, complete, "closed; tasks completed; invites accepted; people closed,closed", "Channel closed"},
		{"inactive keeps the customer", accepted(t, active(t), 1), routing.ChannelInactivates, complete, "inactive; tasks completed; invites accepted; people active,closed", "Channel inactive"},
		{"a pause keeps the customer", accepted(t, active(t), 1), routing.ChannelPauses, routing.ChannelChange{}, "pause; tasks completed; invites accepted; people active,closed", "Channel paused"},
		{"what cannot be set up", contact(t), routing.ChannelFails, routing.ChannelChange{ErrorCode: 45356}, "failed; tasks canceled; invites canceled; people closed", "Channel failed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w, err := c.work.Happen(c.by, c.change, someday)
			if err != nil {
				t.Fatal(err)
			}
			if got := shown(w); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
			if got := w.Assignments[0].Task.Reason; got != c.reason {
				t.Errorf("because of %q, want %q", got, c.reason)
			}
		})
	}
	_, err := accepted(t, active(t), 1).Happen(routing.ChannelInactivates, routing.ChannelChange{}, someday)
	wantRefusal(t, err, routing.CodeNotInactivated, "")
	closed, err := active(t).Happen(routing.ChannelCloses, routing.ChannelChange{}, someday)
	if err != nil {
		t.Fatal(err)
	}
	_, err = closed.Happen(routing.ChannelCloses, routing.ChannelChange{}, someday)
	wantRefusal(t, err, 80906, "Interaction Not Open")
	_, err = closed.Invite(routing.Invite{SID: numbered(routing.PrefixInvite, 2)}, someday)
	wantRefusal(t, err, 80906, "Interaction Not Open")
}

func TestAnAgentIsAskedForWhenAChannelComesBack(t *testing.T) {
	t.Parallel()
	for _, by := range []routing.ChannelVerb{routing.ChannelResumes, routing.ChannelIsWrittenTo, routing.ChannelIsRerouted} {
		w, err := accepted(t, active(t), 1).Happen(routing.ChannelPauses, routing.ChannelChange{}, someday)
		if err != nil {
			t.Fatal(err)
		}
		at := someday.Add(14 * 24 * time.Hour)
		if _, err := w.Happen(by, routing.ChannelChange{}, at); err == nil {
			t.Errorf("%s: nobody is asked", by)
		}
		if _, err := w.Return(by, routing.Invite{}, at.Add(-1)); (err == nil) != (by != routing.ChannelIsRerouted) {
			t.Errorf("%s before 14 days are over: %v", by, err)
		}
		invite := routing.Invite{SID: numbered(routing.PrefixInvite, 2), TaskSID: numbered(routing.PrefixTask, 2)}
		if w, err = w.Return(by, invite, at); err != nil {
			t.Fatal(err)
		}
		if got := shown(w); got != "active; tasks completed; invites accepted,pending; people active,closed" || w.Channel.Settled() {
			t.Errorf("%s: %s", by, got)
		}
		if _, err = w.Return(by, invite, at); err == nil {
			t.Errorf("%s a second time", by)
		}
	}
}

func TestNobodyIsLeftOver(t *testing.T) {
	t.Parallel()
	w := accepted(t, active(t), 1)
	invite := routing.Invite{SID: numbered(routing.PrefixInvite, 2), TaskSID: numbered(routing.PrefixTask, 2)}
	w, err := w.Invite(invite, someday)
	if err == nil {
		w, err = w.With(waiting(t, 2), someday)
	}
	if err != nil {
		t.Fatal(err)
	}
	w = accepted(t, w, 2)
	end := func(n int) string {
		a, err := w.Assignments[n].Happen(routing.TaskCompletes, routing.TaskChange{Reason: "done"}, someday)
		if err == nil {
			w, err = w.With(a, someday)
		}
		if err != nil {
			t.Fatal(err)
		}
		return shown(w)
	}
	if got := end(0); got != "active; tasks completed,assigned; invites accepted,accepted; people active,closed,active" {
		t.Fatalf("after the first: %s", got)
	}
	if got := end(1); got != "closed; tasks completed,completed; invites accepted,accepted; people closed,closed,closed" {
		t.Fatalf("after the second: %s", got)
	}
}

func TestAColdTransfer(t *testing.T) {
	t.Parallel()
	begin := func(kind routing.TransferType) routing.ChannelWork {
		w, err := accepted(t, active(t), 1).Transfer(routing.Transfer{
			SID: numbered(routing.PrefixTransfer, 1), Type: kind, From: numbered(routing.PrefixParticipant, 2), To: numbered(routing.PrefixQueue, 2),
			FromTaskSID: numbered(routing.PrefixTask, 1), TaskSID: numbered(routing.PrefixTask, 2),
		}, someday)
		if err == nil {
			w, err = w.With(waiting(t, 2), someday)
		}
		if err != nil {
			t.Fatal(err)
		}
		if got := shown(w); got != "transfer; tasks assigned,pending; invites accepted; people active,active; transfers active" {
			t.Fatal(got)
		}
		return w
	}
	w := begin(routing.TransferCold)
	w.Happenings = nil
	a, err := offered(t, 2, 1).Answer(offer(200).SID, routing.ReservationAccepts, "", someday)
	if err != nil {
		t.Fatal(err)
	}
	if w, err = w.With(a, someday); err != nil {
		t.Fatal(err)
	}
	if got := shown(w); got != "active; tasks completed,assigned; invites accepted; people active,closed; transfers completed" {
		t.Errorf("accepted: %s", got)
	}
	if got := told(w.Happenings); got != "task.transfer-completed, flex.channel.status_updated, flex.participant.left" {
		t.Errorf("accepted: %s", got)
	}

	if w, err = begin(routing.TransferWarm).With(a, someday); err != nil {
		t.Fatal(err)
	}
	if got := shown(w); got != "active; tasks assigned,assigned; invites accepted; people active,active; transfers completed" {
		t.Errorf("accepted, warm: %s", got)
	}

	if a, err = offered(t, 2, 1).Happen(routing.TaskRunsOut, routing.TaskChange{}, someday); err != nil {
		t.Fatal(err)
	}
	if w, err = begin(routing.TransferCold).With(a, someday); err != nil {
		t.Fatal(err)
	}
	if got := shown(w); got != "active; tasks assigned,canceled; invites accepted; people active,active; transfers failed" {
		t.Errorf("nobody wants it: %s", got)
	}

	if w, err = begin(routing.TransferCold).Happen(routing.ChannelCloses, routing.ChannelChange{}, someday); err != nil {
		t.Fatal(err)
	}
	if got := shown(w); got != "closed; tasks wrapping,canceled; invites accepted; people closed,wrapup; transfers failed" {
		t.Errorf("closed meanwhile: %s", got)
	}
}

func TestWhoLeavesEndsTheirOwnTask(t *testing.T) {
	t.Parallel()
	two := func() routing.ChannelWork {
		w, err := accepted(t, active(t), 1).With(waiting(t, 2), someday)
		if err != nil {
			t.Fatal(err)
		}
		return accepted(t, w, 2)
	}
	customer, agent, other := numbered("UT", 1), numbered("UT", 2), numbered("UT", 3)
	for _, c := range []struct {
		name string
		who  []string
		by   []routing.ParticipantVerb
		want string
	}{
		{"one agent", []string{agent}, []routing.ParticipantVerb{"close"}, "active; tasks completed,assigned; invites accepted; people active,closed,active"},
		{"one agent wraps up", []string{agent}, []routing.ParticipantVerb{"wrap_up"}, "active; tasks wrapping,assigned; invites accepted; people active,wrapup,active"},
		{
			"one after the other",
			[]string{agent, other, other, agent},
			[]routing.ParticipantVerb{"wrap_up", "wrap_up", "close", "close"},
			"closed; tasks completed,completed; invites accepted; people closed,closed,closed",
		},
		{"the customer", []string{customer}, []routing.ParticipantVerb{"close"}, "active; tasks assigned,assigned; invites accepted; people closed,active,active"},
	} {
		w := two()
		for n, who := range c.who {
			var err error
			if w, err = w.Leave(who, c.by[n], "done", someday); err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
		}
		if got := shown(w); got != c.want {
			t.Errorf("%s: %s", c.name, got)
		}
	}
	for _, refused := range []struct {
		who string
		by  routing.ParticipantVerb
	}{{"nobody", "close"}, {customer, "wrap_up"}, {agent, "join"}} {
		if _, err := two().Leave(refused.who, refused.by, "done", someday); err == nil {
			t.Errorf("%s of %s", refused.by, refused.who)
		}
	}
	if _, err := two().Leave(agent, routing.ParticipantCloses, "", someday); err == nil {
		t.Error("completed without a reason")
	}
}

func TestWhoIsInvitedMayDecline(t *testing.T) {
	t.Parallel()
	another := routing.Invite{SID: numbered("KG", 3), TaskSID: numbered("WT", 3)}
	w, anew, err := active(t).Decline(numbered("KG", 1), another, someday)
	if err != nil || !anew {
		t.Fatal(anew, err)
	}
	if got := shown(w); got != "active; tasks canceled; invites declined,pending; people active" || w.Assignments[0].Task.Reason != "Invite declined" {
		t.Error(got)
	}
	if got := told(w.Happenings); got != "flex.invite.declined, flex.invite.created" {
		t.Error(got)
	}
	if _, _, err := w.Decline(numbered("KG", 1), another, someday); err == nil {
		t.Error("declined twice")
	}
	if _, _, err := w.Decline("nothing", another, someday); err == nil {
		t.Error("declined what is not there")
	}

	w, err = accepted(t, active(t), 1).Invite(routing.Invite{SID: numbered("KG", 2), TaskSID: numbered("WT", 2)}, someday)
	if err == nil {
		w, err = w.With(offered(t, 2, 1), someday)
	}
	if err == nil {
		w, anew, err = w.Decline(numbered("KG", 2), another, someday)
	}
	if err != nil || anew {
		t.Fatal(anew, err)
	}
	if got := shown(w); got != "active; tasks assigned,canceled; invites accepted,declined; people active,active" {
		t.Error(got)
	}
}
