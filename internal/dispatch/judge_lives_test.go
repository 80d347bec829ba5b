package dispatch_test

import (
	"slices"
	"strings"

	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/routing"
	"github.com/engage-interactions/engage/store"
)

// leads reports whether a lifecycle leads from a state to another with just these events.
// Conditions are not looked at.
func leads[State, Verb ~string, Conditions any](l interaction.Lifecycle[State, Verb, Conditions], from, to State, events []string) bool {
	type at struct {
		state State
		left  int
	}
	been := map[at]bool{}
	var walk func(state State, left []string) bool
	walk = func(state State, left []string) bool {
		if len(left) == 0 && state == to {
			return true
		}
		if been[at{state, len(left)}] {
			return false
		}
		been[at{state, len(left)}] = true
		for _, row := range l.Rows {
			if !slices.Contains(row.From, state) || len(left) < len(row.Events) || !slices.Equal(left[:len(row.Events)], row.Events) {
				continue
			}
			to := row.To
			if to == "" { // it stays where it is
				to = state
			}
			if walk(to, left[len(row.Events):]) {
				return true
			}
		}
		return false
	}
	return walk(from, events)
}

// told returns the events of the batch by what they are about.
func (j *judged) told() map[store.Key][]string {
	all := map[store.Key][]string{}
	for _, event := range j.batch.Events {
		e, err := read[storedEvent](event.Value)
		if err != nil {
			j.blame("event %s: %v", event.Type, err)
		}
		var key store.Key
		switch kind, _, _ := strings.Cut(event.Type, "."); {
		case event.Type == "task-queue.timeout", event.Type == "task-queue.updated", event.Type == "task-queue.created", event.Type == "task-queue.deleted",
			event.Type == "task-queue.expression.updated":
			continue
		case strings.HasPrefix(event.Type, "task.transfer-"):
			key = j.key("interaction_transfer", e.Data.TransferSID)
		case kind == "task", kind == "task-queue", event.Type == "workflow.timeout":
			key = j.key("task", e.Data.TaskSID)
		case kind == "reservation":
			key = j.key("reservation", e.Resource.ID)
		case strings.HasPrefix(event.Type, "flex.channel."):
			key = j.key("interaction_channel", e.Resource.ID)
		case strings.HasPrefix(event.Type, "flex.invite."):
			key = j.key("interaction_invite", e.Resource.ID)
		case strings.HasPrefix(event.Type, "flex.participant."):
			key = j.key("interaction_participant", e.Resource.ID)
		default:
			continue
		}
		all[key] = append(all[key], event.Type)
	}
	return all
}

// judgeEvents looks whether all that changes its state does so by its lifecycle, and whether
// the events of the batch tell of just that.
func (j *judged) judgeEvents() {
	told := j.told()
	for _, put := range j.batch.Puts {
		if _, there := told[put.Key]; !there {
			told[put.Key] = nil
		}
	}
	for key, events := range told {
		ok := true
		var from, to string
		switch key.Kind {
		case "task":
			was, _, _ := before[storedTask](j, key)
			is, _, _ := then[storedTask](j, key)
			from, to, ok = string(was.Status), string(is.Status), leads(routing.TaskLifecycle, was.Status, is.Status, events)
		case "reservation":
			was, _, _ := before[storedReservation](j, key)
			is, _, _ := then[storedReservation](j, key)
			from, to, ok = string(was.Status), string(is.Status), leads(routing.ReservationLifecycle, was.Status, is.Status, events)
		case "interaction_channel":
			was, _, _ := before[storedChannel](j, key)
			is, _, _ := then[storedChannel](j, key)
			from, to, ok = string(was.Status), string(is.Status), leads(routing.ChannelLifecycle, was.Status, is.Status, events)
		case "interaction_invite":
			was, _, _ := before[routing.Invite](j, key)
			is, _, _ := then[routing.Invite](j, key)
			from, to, ok = string(was.Status), string(is.Status), leads(routing.InviteLifecycle, was.Status, is.Status, events)
		case "interaction_participant":
			was, _, _ := before[routing.Participant](j, key)
			is, _, _ := then[routing.Participant](j, key)
			from, to, ok = string(was.Status), string(is.Status), leads(routing.ParticipantLifecycle, was.Status, is.Status, events)
		case "interaction_transfer":
			was, _, _ := before[routing.Transfer](j, key)
			is, _, _ := then[routing.Transfer](j, key)
			from, to, ok = string(was.Status), string(is.Status), leads(routing.TransferLifecycle, was.Status, is.Status, events)
		}
		if !ok {
			j.blame("%s %s goes from %q to %q, and the events are %v", key.Kind, key.ID, from, to, events)
		}
	}
}
