package routing_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/engage-interactions/engage/routing"
)

// A request as the platform's client libraries send it, with everything that is wrong.
func ExampleParseCreate() {
	_, _, err := routing.ParseCreate(routing.CreateForm{
		Channel: []byte(`{"type": "sms", "initiated_by": "agent", "participants": [{"address": "+13115552368"}]}`),
		Routing: []byte(`{"properties": {"workspace_sid": "WS00000000000000000000000000000001", "timeout": "soon"}}`),
	}, nil)
	if problems, ok := errors.AsType[*routing.ProblemsError](err); ok {
		for _, p := range problems.Problems {
			fmt.Println(p.Path, p.Code)
		}
	}
	// Output:
	// routing.properties.timeout 20001
	// routing.properties.queue_sid 20001
	// routing.properties.worker_sid 20001
	// channel.participants[0].proxy_address 45351
	// routing.properties.workflow_sid 20001
}

// A task is offered to two workers: who accepts first has it.
func ExampleAssignment() {
	now := time.Date(2026, 5, 23, 11, 0, 0, 0, time.UTC)
	a := routing.Assignment{Task: routing.Task{SID: "WT00000000000000000000000000000001"}}
	a, err := a.Happen(routing.TaskStarts, routing.TaskChange{}, now)
	for _, sid := range []string{"WR00000000000000000000000000000001", "WR00000000000000000000000000000002"} {
		if err == nil {
			a, err = a.Offer(routing.Reservation{SID: sid, DueAt: now.Add(2 * time.Minute)}, now)
		}
	}
	if err == nil {
		a, err = a.Answer("WR00000000000000000000000000000002", routing.ReservationAccepts, "", now.Add(5*time.Second))
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("task", a.Task.Status)
	for _, r := range a.Reservations {
		fmt.Println(r.SID, r.Status)
	}
	for _, h := range a.Happenings {
		fmt.Println(h.Type)
	}
	// Output:
	// task assigned
	// WR00000000000000000000000000000001 rescinded
	// WR00000000000000000000000000000002 accepted
	// task.created
	// reservation.created
	// reservation.created
	// reservation.accepted
	// reservation.rescinded
}

// What the API shows of a channel that could not be set up.
func ExampleChannel_View() {
	channel := routing.Channel{
		SID: "UO00000000000000000000000000000001", InteractionSID: "KD00000000000000000000000000000001",
		Type: routing.ChannelSMS, Status: routing.ChannelFailed, ErrorCode: 45356, ErrorMessage: "Conversation not found",
	}
	text, err := json.MarshalIndent(channel.View(routing.Base{Flex: "https://flex.example.com"}), "", "  ")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(string(text))
	// Output:
	// {
	//   "sid": "UO00000000000000000000000000000001",
	//   "interaction_sid": "KD00000000000000000000000000000001",
	//   "type": "sms",
	//   "status": "failed",
	//   "error_code": 45356,
	//   "error_message": "Conversation not found",
	//   "url": "https://flex.example.com/v1/Interactions/KD00000000000000000000000000000001/Channels/UO00000000000000000000000000000001",
	//   "links": {
	//     "participants": "https://flex.example.com/v1/Interactions/KD00000000000000000000000000000001/Channels/UO00000000000000000000000000000001/Participants",
	//     "invites": "https://flex.example.com/v1/Interactions/KD00000000000000000000000000000001/Channels/UO00000000000000000000000000000001/Invites",
	//     "transfers": "https://flex.example.com/v1/Interactions/KD00000000000000000000000000000001/Channels/UO00000000000000000000000000000001/Transfers"
	//   }
	// }
}
