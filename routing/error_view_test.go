package routing_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/engage-interactions/engage/routing"
)

func TestWhatIsShownOfErrors(t *testing.T) {
	t.Parallel()
	_, _, err := routing.ParseCreate(routing.CreateForm{Channel: []byte(`{"type":"sms","initiated_by":"agent","sid":"` + numbered("UO", 1) + `"}`), InteractionContextSID: "x"}, nil)
	view, known := routing.ShowError(fmt.Errorf("wrapped: %w", err))
	if !known {
		t.Fatal(err)
	}
	wantShown(t, view, `{"code":20001,"status":400,"more_info":"https://www.twilio.com/docs/errors/20001",
		"message":"interaction_context_sid: must be a SID: HQ and 32 hexadecimal digits (20001)",
		"details":{"problems":[{"path":"interaction_context_sid","message":"must be a SID: HQ and 32 hexadecimal digits","code":20001}]}}`)

	_, err = waiting(t, 1).Happen(routing.TaskCompletes, routing.TaskChange{Reason: "done"}, someday)
	view, _ = routing.ShowError(err)
	wantShown(t, view, `{"code":20001,"status":400,"more_info":"https://www.twilio.com/docs/errors/20001",
		"message":"Cannot complete task `+numbered("WT", 1)+` in workspace `+numbered("WS", 1)+` for account `+numbered("AC", 1)+` because it is not currently assigned."}`)

	closed, err := active(t).Happen(routing.ChannelCloses, routing.ChannelChange{}, someday)
	if err != nil {
		t.Fatal(err)
	}
	_, err = closed.Happen(routing.ChannelPauses, routing.ChannelChange{}, someday)
	if view, _ = routing.ShowError(err); view.Code != 80906 || view.Message != "Interaction Not Open" {
		t.Errorf("%+v", view)
	}
	_, err = active(t).Happen(routing.ChannelResumes, routing.ChannelChange{}, someday)
	if view, _ = routing.ShowError(err); view.Code != 20001 || view.Message != "channel is active: resume is not possible" {
		t.Errorf("%+v", view)
	}
	view, _ = routing.ShowError(&routing.ProblemsError{Problems: []routing.Problem{{Path: "a", Message: "b"}, {Path: "c", Code: 45351}, {Path: "d", Code: 45355}}})
	if view.Code != 45351 || len(view.Details.Problems) != 3 {
		t.Errorf("%+v", view)
	}
	if view, known := routing.ShowError(errors.New("disk full")); known || view.Code != 0 {
		t.Errorf("%+v", view)
	}
}
