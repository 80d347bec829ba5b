package routing_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/routing"
)

// A lifecycle as the tests state it, from the documentation and without the package's
// tables: a line is the verb, the state before (- if there is nothing yet) and the
// one after, the condition (* if there is none), and the events. What is not in it is refused.
type statement struct {
	from, by, to, condition string
	events                  []string
}

func statements(text string) []statement {
	var all []statement
	for line := range strings.Lines(strings.TrimSpace(text)) {
		words := strings.Fields(line)
		if words[1] == "-" {
			words[1] = ""
		}
		all = append(all, statement{by: words[0], from: words[1], to: words[3], condition: words[4], events: words[5:]})
	}
	return all
}

// walkAll asks a lifecycle about every state, verb and set of conditions, and compares the
// answers with the statements. holds says which conditions a set of them fulfils.
func walkAll[State, Verb ~string, Conditions any](
	t *testing.T, l interaction.Lifecycle[State, Verb, Conditions], states []State, verbs []Verb, all []Conditions,
	stated []statement, holds map[string]func(Conditions) bool,
) {
	t.Helper()
	used := map[int]bool{}
	for _, from := range append([]State{""}, states...) {
		for _, by := range verbs {
			for _, c := range all {
				n := slices.IndexFunc(stated, func(s statement) bool {
					return s.from == string(from) && s.by == string(by) && (s.condition == "*" || holds[s.condition](c))
				})
				row, err := l.Next(from, by, c)
				if n >= 0 {
					used[n] = true
					if want := stated[n]; err != nil || string(row.To) != want.to || !slices.Equal(row.Events, want.events) {
						t.Fatalf("%s %q, %s, %+v: to %q with %v (%v), want %q with %v", l.Of, from, by, c, row.To, row.Events, err, want.to, want.events)
					}
					continue
				}
				refusal, ok := errors.AsType[*interaction.TransitionError](err)
				if !ok {
					t.Fatalf("%s %q, %s, %+v: to %q, want a refusal", l.Of, from, by, c, row.To)
				}
				known := slices.ContainsFunc(stated, func(s statement) bool { return s.from == string(from) && s.by == string(by) })
				if known == (refusal.Rule == "") || (refusal.Rule == "") != (refusal.Remedy == "") {
					t.Fatalf("%s %q, %s, %+v: the refusal is %+v", l.Of, from, by, c, refusal)
				}
			}
		}
	}
	for n, s := range stated {
		if !used[n] {
			t.Errorf("%s: %+v never takes place", l.Of, s)
		}
	}
}

func TestTaskLifecycle(t *testing.T) {
	t.Parallel()
	var all []routing.TaskConditions
	for bits := range 16 {
		for _, pending := range []int{0, 1, 2} {
			for _, assignments := range []int{0, 999, 1000, 1001} {
				all = append(all, routing.TaskConditions{
					Reason: bits&1 > 0, Expired: bits&2 > 0, Queued: bits&4 > 0, Elsewhere: bits&8 > 0,
					Pending: pending, Assignments: assignments,
				})
			}
		}
	}
	walkAll(t, routing.TaskLifecycle, routing.TaskStatuses(), routing.TaskVerbs(), all, statements(`
		create          -         > pending   *          task.created
		enter           pending   > pending   first      task-queue.entered
		enter           pending   > pending   elsewhere  task-queue.moved
		update          pending   > pending   *          task.updated
		update          reserved  > reserved  *          task.updated
		update          assigned  > assigned  *          task.updated
		update          wrapping  > wrapping  *          task.updated
		update          completed > completed *          task.updated
		update          canceled  > canceled  *          task.updated
		reserve         pending   > reserved  less
		reserve         reserved  > reserved  *
		release         reserved  > pending   unasked
		accept          reserved  > assigned  *
		wrap_up         assigned  > wrapping  *          task.wrapup
		complete        assigned  > completed reason     task.completed
		complete        wrapping  > completed reason     task.completed
		cancel          pending   > canceled  reason     task.canceled
		cancel          reserved  > canceled  reason     task.canceled
		expire          pending   > canceled  expired    task.canceled
		expire          reserved  > canceled  expired    task.canceled
		exhaust         pending   > canceled  often      task.canceled
		exhaust         reserved  > canceled  often      task.canceled
		run_out         pending   > canceled  *          workflow.timeout task.canceled
		run_out         reserved  > canceled  *          workflow.timeout task.canceled
	`), map[string]func(routing.TaskConditions) bool{
		"first":     func(c routing.TaskConditions) bool { return !c.Queued },
		"elsewhere": func(c routing.TaskConditions) bool { return c.Elsewhere },
		"less":      func(c routing.TaskConditions) bool { return c.Assignments < 1000 },
		"often":     func(c routing.TaskConditions) bool { return c.Assignments >= 1000 },
		"unasked":   func(c routing.TaskConditions) bool { return c.Pending == 0 },
		"reason":    func(c routing.TaskConditions) bool { return c.Reason },
		"expired":   func(c routing.TaskConditions) bool { return c.Expired },
	})
}

func TestReservationLifecycle(t *testing.T) {
	t.Parallel()
	walkAll(t, routing.ReservationLifecycle, routing.ReservationStatuses(), routing.ReservationVerbs(),
		[]routing.ReservationConditions{{}, {Due: true}}, statements(`
		create          -         > pending   *          reservation.created
		accept          pending   > accepted  *          reservation.accepted
		reject          pending   > rejected  *          reservation.rejected
		time_out        pending   > timeout   due        reservation.timeout
		cancel          pending   > canceled  *          reservation.canceled
		rescind         pending   > rescinded *          reservation.rescinded
		wrap_up         accepted  > wrapping  *          reservation.wrapup
		complete        accepted  > completed *          reservation.completed
		complete        wrapping  > completed *          reservation.completed
	`), map[string]func(routing.ReservationConditions) bool{
			"due": func(c routing.ReservationConditions) bool { return c.Due },
		})
}

func TestChannelLifecycle(t *testing.T) {
	t.Parallel()
	var all []routing.ChannelConditions
	for bits := range 32 {
		all = append(all, routing.ChannelConditions{
			LiveTasks: bits & 1, OpenInvites: bits >> 1 & 1, OpenTransfers: bits >> 2 & 1, Complete: bits&8 > 0, PausedLong: bits&16 > 0,
		})
	}
	walkAll(t, routing.ChannelLifecycle, routing.ChannelStatuses(), routing.ChannelVerbs(), all, statements(`
		create          -         > setup     *          flex.channel.created
		set_up          setup     > active    *          flex.channel.status_updated
		fail            setup     > failed    *          flex.channel.create_failed
		close           setup     > closed    *          flex.channel.status_updated
		close           active    > closed    *          flex.channel.status_updated
		close           inactive  > closed    *          flex.channel.status_updated
		close           pause     > closed    *          flex.channel.status_updated
		close           transfer  > closed    *          flex.channel.status_updated
		settle          setup     > closed    nothing    flex.channel.status_updated
		settle          active    > closed    nothing    flex.channel.status_updated
		settle          transfer  > closed    nothing    flex.channel.status_updated
		inactivate      active    > inactive  complete   flex.channel.status_updated
		inactivate      transfer  > inactive  complete   flex.channel.status_updated
		pause           active    > pause     *          flex.channel.status_updated
		resume          pause     > active    invite     flex.channel.status_updated
		reroute         pause     > active    longinvite flex.channel.status_updated
		customer_writes inactive  > active    invite     flex.channel.status_updated
		customer_writes pause     > active    invite     flex.channel.status_updated
		customer_writes setup     > setup     *
		customer_writes active    > active    *
		customer_writes transfer  > transfer  *
		begin_transfer  active    > transfer  *          flex.channel.status_updated
		begin_transfer  transfer  > transfer  *
		end_transfer    transfer  > active    notransfer flex.channel.status_updated
		end_transfer    transfer  > transfer  *
	`), map[string]func(routing.ChannelConditions) bool{
		"nothing":    func(c routing.ChannelConditions) bool { return c.LiveTasks+c.OpenInvites+c.OpenTransfers == 0 },
		"notransfer": func(c routing.ChannelConditions) bool { return c.OpenTransfers == 0 },
		"complete":   func(c routing.ChannelConditions) bool { return c.Complete },
		"invite":     func(c routing.ChannelConditions) bool { return c.OpenInvites > 0 },
		"longinvite": func(c routing.ChannelConditions) bool { return c.PausedLong && c.OpenInvites > 0 },
	})
}

// TestWhichChannelsRest: those that the customer makes active by writing.
func TestWhichChannelsRest(t *testing.T) {
	t.Parallel()
	for _, s := range routing.ChannelStatuses() {
		row, err := routing.ChannelLifecycle.Next(s, routing.ChannelIsWrittenTo, routing.ChannelConditions{OpenInvites: 1})
		if back := err == nil && row.To == routing.ChannelActive && s != routing.ChannelActive; s.Resting() != back {
			t.Errorf("%s rests: %v", s, s.Resting())
		}
	}
}

func TestInviteLifecycle(t *testing.T) {
	t.Parallel()
	walkAll(t, routing.InviteLifecycle, routing.InviteStatuses(), routing.InviteVerbs(), []struct{}{{}}, statements(`
		create          -         > pending   *          flex.invite.created
		accept          pending   > accepted  *          flex.invite.accepted
		decline         pending   > declined  *          flex.invite.declined
		cancel          pending   > canceled  *          flex.invite.canceled
	`), nil)
}

func TestParticipantLifecycle(t *testing.T) {
	t.Parallel()
	walkAll(t, routing.ParticipantLifecycle, routing.ParticipantStatuses(), routing.ParticipantVerbs(),
		[]routing.ParticipantConditions{{}, {Task: true}}, statements(`
		join            -         > active    *          flex.participant.joined
		wrap_up         active    > wrapup    task       flex.participant.updated
		close           active    > closed    *          flex.participant.left
		close           wrapup    > closed    *          flex.participant.left
	`), map[string]func(routing.ParticipantConditions) bool{
			"task": func(c routing.ParticipantConditions) bool { return c.Task },
		})
}

func TestTransferLifecycle(t *testing.T) {
	t.Parallel()
	walkAll(t, routing.TransferLifecycle, routing.TransferStatuses(), routing.TransferVerbs(), []struct{}{{}}, statements(`
		create          -         > active    *          task.transfer-initiated
		decline         active    > active    *          task.transfer-attempt-failed
		complete        active    > completed *          task.transfer-completed
		fail            active    > failed    *          task.transfer-failed
		cancel          active    > failed    *          task.transfer-canceled
	`), nil)
}

// TestEventsAreTheDocumentedOnes compares the events of TaskRouter with its documentation.
func TestEventsAreTheDocumentedOnes(t *testing.T) {
	t.Parallel()
	documented := strings.Fields(`
		reservation.created reservation.accepted reservation.rejected reservation.timeout reservation.canceled reservation.rescinded
		reservation.completed reservation.failed reservation.wrapup
		task.created task.updated task.canceled task.wrapup task.completed task.deleted task.system-deleted task.transfer-initiated
		task.transfer-attempt-failed task.transfer-failed task.transfer-canceled task.transfer-completed
		task-queue.entered task-queue.timeout task-queue.moved workflow.timeout`)
	for _, events := range [][]string{eventsOf(routing.TaskLifecycle), eventsOf(routing.ReservationLifecycle), eventsOf(routing.TransferLifecycle)} {
		for _, event := range events {
			if !slices.Contains(documented, event) {
				t.Errorf("%s is not documented", event)
			}
		}
	}
}

func eventsOf[State, Verb ~string, Conditions any](l interaction.Lifecycle[State, Verb, Conditions]) []string {
	var all []string
	for _, row := range l.Rows {
		all = append(all, row.Events...)
	}
	return all
}
