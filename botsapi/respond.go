package botsapi

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
)

// Respond returns the response for an error of Control.Handover, of whatever class:
//
//	status  error                   why
//	200                             it is granted, or passed on to who has control
//	400     missing_parameter       the request by itself
//	        unknown_value
//	        same_side
//	401     unauthorized            nobody knows who asks
//	403     forbidden               whoever asks may not (Options.Authorize)
//	404     unknown_identity        there is no such customer
//	        not_found               or no such intervention
//	405     method_not_allowed      only POST is
//	409     ambiguous_identity      there are several such customers: name one with source_id
//	        in_progress             something is under way; retry_at may say until when
//	        conflict                others kept changing what it rests on; try again
//	413     too_large               more than MaxBody
//	415     unsupported_media_type  a body that is no form
//	422     intervention_engaged    the rule: close what is engaged, or ask with when_free
//	        wrong_from              another app has control
//	        refused, and others     see [handover.Code]
//	        invalid                 a category that the thread cannot have
//	429     too_many_handovers      the settings bound how often; retry_at says until when
//	500     internal_error          a fault of the server, of which nothing is told
//	503     unavailable             the store cannot do it now, or nobody waits any more
//	        unknown_outcome         it may have been done: ask again, which does it once
//
// For errors of package handover it is [handover.Respond], with remedies in the words of
// the endpoint.
func Respond(err error) handover.Response {
	if errors.Is(err, ErrUnauthorized) {
		return say(http.StatusUnauthorized, "unauthorized", "")
	}
	if errors.Is(err, engage.ErrForbidden) { // before what the host's own error may wrap
		return say(http.StatusForbidden, "forbidden", "")
	}
	if r := handover.Respond(err); r.Status != http.StatusInternalServerError {
		if several, ok := errors.AsType[*handover.AmbiguousIdentityError](err); ok {
			r.Remedy = "name one with source_id: " + strings.Join(several.SourceIDs[:min(len(several.SourceIDs), maxSources)], ", ")
		}
		if handover.RefusedBy(err) == handover.CodeEngaged {
			r.Remedy = "close or cancel the interventions, or ask with when_free=true"
		}
		return r
	}
	switch {
	case errors.Is(err, engage.ErrUnknownOutcome):
		return say(http.StatusServiceUnavailable, "unknown_outcome", "Nobody knows whether it was done: ask again, which does it once")
	case errors.Is(err, engage.ErrUnavailable), errors.Is(err, engage.ErrClosed),
		errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return say(http.StatusServiceUnavailable, "unavailable", "")
	case errors.Is(err, engage.ErrConflict):
		return say(http.StatusConflict, "conflict", "Others change the same at this time: try again")
	}
	if e, ok := errors.AsType[*engage.NotFoundError](err); ok {
		return say(http.StatusNotFound, "not_found", e.Error())
	}
	if e, ok := errors.AsType[*engage.RefusedError](err); ok {
		return handover.Response{Status: http.StatusUnprocessableEntity, Error: "refused", Message: e.Rule, Remedy: e.Remedy}
	}
	if e, ok := errors.AsType[*engage.InvalidError](err); ok {
		return say(http.StatusUnprocessableEntity, "invalid", e.Error())
	}
	return handover.Respond(err)
}

// maxSources is how many sources a response names.
const maxSources = 20

// say returns a response; without a message it is the text of the status.
func say(status int, name, message string) handover.Response {
	if message == "" {
		message = http.StatusText(status)
	}
	return handover.Response{Status: status, Error: name, Message: message}
}
