package botsapi_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/botsapi"
	"github.com/engage-interactions/engage/handover"
)

// Each class of errors has its response, however deep it stands, and nothing else is told.
func TestRespond(t *testing.T) {
	t.Parallel()
	secret := errors.New("the host's secret")
	customer := engage.Resource{Type: "intervention", ID: "i"}
	for _, row := range []struct {
		err    error
		status int
		name   string
		remedy string
	}{
		{nil, 200, "", ""},
		{botsapi.ErrUnauthorized, 401, "unauthorized", ""},
		{&engage.ForbiddenError{Err: secret}, 403, "forbidden", ""},
		{&engage.ForbiddenError{Err: &handover.SameSideError{}}, 403, "forbidden", ""},
		{&handover.SameSideError{}, 400, "same_side", ""},
		{&engage.NotFoundError{Resource: customer}, 404, "not_found", ""},
		{&engage.InvalidError{Field: "thread_category_ids[]", Err: errors.New("is not known")}, 422, "invalid", ""},
		{&engage.RefusedError{Rule: "it is so", Remedy: "do something else"}, 422, "refused", "do something else"},
		{&engage.RefusedError{Err: &handover.RefusedError{Code: handover.CodeInProgress, Remedy: "wait"}}, 409, "in_progress", "wait"},
		{&engage.RefusedError{Err: &handover.RefusedError{Code: handover.CodeEngaged, Remedy: "WhenFree"}}, 422, "intervention_engaged", "close or cancel the interventions, or ask with when_free=true"},
		{engage.ErrConflict, 409, "conflict", ""},
		{engage.ErrUnavailable, 503, "unavailable", ""},
		{engage.ErrClosed, 503, "unavailable", ""},
		{context.Canceled, 503, "unavailable", ""},
		{context.DeadlineExceeded, 503, "unavailable", ""},
		{engage.ErrUnknownOutcome, 503, "unknown_outcome", ""},
		{errors.Join(context.Canceled, engage.ErrUnknownOutcome), 503, "unknown_outcome", ""},
		{engage.ErrOutdated, 500, "internal_error", ""},
		{secret, 500, "internal_error", ""},
	} {
		err := row.err
		if err != nil {
			err = fmt.Errorf("%w: %w", secret, err)
		}
		got := botsapi.Respond(err)
		if got.Status != row.status || got.Error != row.name || got.Remedy != row.remedy || got.Message == "" || strings.Contains(got.Message, "secret") {
			t.Errorf("%v: %+v, want %d %s", row.err, got, row.status, row.name)
		}
	}
	several := &handover.AmbiguousIdentityError{SourceIDs: make([]string, 1000)}
	for n := range several.SourceIDs {
		several.SourceIDs[n] = fmt.Sprintf("source-%d", n)
	}
	if got := botsapi.Respond(several); got.Status != http.StatusConflict || strings.Count(got.Remedy, "source-") != 20 {
		t.Errorf("of a thousand sources: %+v", got)
	}
}

// What the host says of who asks is not told, whatever it wraps.
func TestTheHostsErrorsAreNotTold(t *testing.T) {
	t.Parallel()
	for _, err := range []error{engage.ErrUnavailable, &handover.SameSideError{}, &engage.NotFoundError{Resource: engage.Resource{ID: "t0ken"}}} {
		endpoint := must(botsapi.New(botsapi.Options{Control: func(*http.Request, handover.AccessToken) (botsapi.Control, error) { return nil, err }}))(t)
		w := httptest.NewRecorder()
		endpoint.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/?"+toBot, http.NoBody))
		if w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "t0ken") {
			t.Errorf("%v: %d %s", err, w.Code, w.Body)
		}
	}
}
