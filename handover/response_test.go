package handover_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/engage-interactions/engage/handover"
)

// codes are all rules that refuse, and the status of a response that says so.
var codes = map[handover.Code]int{
	handover.CodeEngaged:      422,
	handover.CodeInProgress:   409,
	handover.CodeWrongFrom:    422,
	handover.CodeNotInControl: 422,
	handover.CodeStaleEpoch:   409,
	handover.CodeTooMany:      429,
	handover.CodeNotRequested: 422,
	handover.CodeMissingApp:   422,
	handover.CodeOnPlatform:   422,
}

// TestCodes: what refuses in the table is one of the codes, and each of them refuses.
func TestCodes(t *testing.T) {
	t.Parallel()
	used := map[handover.Code]bool{}
	for _, row := range handover.Rules {
		for _, g := range row.When {
			if g.Code == "" {
				continue
			}
			used[g.Code] = true
			if codes[g.Code] == 0 {
				t.Errorf("%s refuses on %s, and has no status", g.Code, row.On)
			}
		}
	}
	for code := range codes {
		if !used[code] {
			t.Errorf("%s refuses nothing", code)
		}
	}
}

// TestRespond says the status and the name of each fault, which are the same when it is
// wrapped. Nothing of what it is wrapped in is told.
func TestRespond(t *testing.T) {
	t.Parallel()
	type fault struct {
		err    error
		status int
		name   string
	}
	faults := []fault{
		{&handover.MissingParameterError{Parameter: "app_id"}, 400, "missing_parameter"},
		{&handover.UnknownValueError{Parameter: "from", Value: "s3cret", Known: []string{"bot", "agent"}}, 400, "unknown_value"},
		{&handover.SameSideError{Side: handover.Bot}, 400, "same_side"},
		{&handover.UnknownIdentityError{Type: "messenger"}, 404, "unknown_identity"},
		{&handover.AmbiguousIdentityError{Type: "messenger", SourceIDs: []string{"s1", "s2"}}, 409, "ambiguous_identity"},
	}
	for code, status := range codes {
		faults = append(faults, fault{&handover.RefusedError{
			Trigger: handover.HandoverToBot, Code: code, Rule: "it is so", Remedy: "make it so", InTheWay: engagedByAnn, RetryAt: t0,
		}, status, string(code)})
	}
	for _, f := range faults {
		plain := handover.Respond(f.err)
		if plain.Status != f.status || plain.Error != f.name || plain.Message != f.err.Error() || strings.Contains(plain.Message, "s3cret") {
			t.Errorf("%T: %+v, want %d, %s", f.err, plain, f.status, f.name)
		}
		refused := errors.As(f.err, new(*handover.RefusedError))
		if told := plain.Remedy == "make it so" && plain.RetryAt.Equal(t0) && len(plain.Interventions) == 1; told != refused {
			t.Errorf("%T: %+v", f.err, plain)
		}
		for _, wrapped := range []error{
			fmt.Errorf("host=db1 password=s3cret: %w", f.err),
			fmt.Errorf("s3cret: %w: %w", io.ErrUnexpectedEOF, fmt.Errorf("s3cret %w", f.err)),
			errors.Join(errors.New("s3cret"), f.err),
		} {
			if got := handover.Respond(wrapped); !reflect.DeepEqual(got, plain) {
				t.Errorf("%v: %+v, want %+v", wrapped, got, plain)
			}
		}
	}
}

// TestRespondTellsNothingOfTheServer: any other error is the server's own business.
func TestRespondTellsNothingOfTheServer(t *testing.T) {
	t.Parallel()
	for _, err := range []error{
		errors.New("host=db1 password=s3cret"), context.Canceled, context.DeadlineExceeded, io.ErrUnexpectedEOF,
		fmt.Errorf("s3cret: %w", io.EOF), errors.Join(errors.New("s3cret"), io.EOF),
	} {
		want := handover.Response{Status: 500, Error: "internal_error", Message: "Internal Server Error"}
		if got := handover.Respond(err); !reflect.DeepEqual(got, want) {
			t.Errorf("%v: %+v", err, got)
		}
	}
}

// TestResponseJSON: what is written is as the seed has it, and what is refused says more.
func TestResponseJSON(t *testing.T) {
	t.Parallel()
	refused := &handover.RefusedError{
		Trigger: handover.HandoverToBot, Code: handover.CodeEngaged, Rule: "no intervention is engaged with the identity", Remedy: "close it",
		Control: handover.Control{Party: agents}, InTheWay: engagedByAnn, RetryAt: t0.Add(time.Minute),
	}
	for _, tt := range []struct {
		err  error
		want string
	}{
		{nil, `{"status":200,"message":"Success"}`},
		{&handover.MissingParameterError{Parameter: "from"}, `{"status":400,"message":"from is missing","error":"missing_parameter"}`},
		{io.EOF, `{"status":500,"message":"Internal Server Error","error":"internal_error"}`},
		{refused, `{"status":422,"message":"handover_to_bot needs that no intervention is engaged with the identity: intervention n is open with agent ann; the agents have control",` +
			`"error":"intervention_engaged",` +
			`"interventions":[{"intervention_id":"n","source_id":"s","identity_id":"i","owner":{"type":"agent","id":"ann"},"status":"open"}],` +
			`"remedy":"close it","retry_at":"2026-11-20T12:01:00Z"}`},
	} {
		got, err := json.Marshal(handover.Respond(tt.err))
		if err != nil || string(got) != tt.want {
			t.Errorf("%v: %s, %v, want %s", tt.err, got, err, tt.want)
		}
	}
}
