package handover

import (
	"errors"
	"time"
)

// Response answers a [Request] as seed 001 has it: {"status":200,"message":"Success"}.
// What is refused has a status, the name of the error, and what would help; the seed
// leaves that open.
type Response struct {
	Status  int    `json:"status"`
	Message string `json:"message"`
	// Error is the name of the fault, such as "intervention_engaged".
	Error string `json:"error,omitempty"`
	// Interventions are those in the way.
	Interventions []Engaged `json:"interventions,omitempty"`
	// Remedy says what would let it pass, RetryAt when to try again.
	Remedy  string    `json:"remedy,omitempty"`
	RetryAt time.Time `json:"retry_at,omitzero"`
}

// The statuses, which are those of HTTP.
const (
	statusOK            = 200
	statusBadRequest    = 400
	statusNotFound      = 404
	statusConflict      = 409
	statusUnprocessable = 422
	statusTooMany       = 429
	statusInternal      = 500
)

// Success is the response to a request that is granted, or that was passed on to who has
// control: "from bot to agent" means that control is requested.
var Success = Response{Status: statusOK, Message: "Success"}

// Respond returns the response for an error of this package, or for one that wraps such;
// [Success] for nil. Any other is a fault of the server, of which nothing is told.
func Respond(err error) Response {
	if err == nil {
		return Success
	}
	if refused, ok := errors.AsType[*RefusedError](err); ok {
		status := statusUnprocessable
		switch refused.Code {
		case CodeInProgress, CodeStaleEpoch:
			status = statusConflict
		case CodeTooMany:
			status = statusTooMany
		case CodeEngaged, CodeWrongFrom, CodeNotInControl, CodeNotRequested, CodeMissingApp, CodeOnPlatform:
		}
		return Response{
			Status: status, Error: string(refused.Code), Message: refused.Error(),
			Interventions: refused.InTheWay, Remedy: refused.Remedy, RetryAt: refused.RetryAt,
		}
	}
	fault := func(status int, name string, err error) Response {
		return Response{Status: status, Error: name, Message: err.Error()}
	}
	if e, ok := errors.AsType[*MissingParameterError](err); ok {
		return fault(statusBadRequest, "missing_parameter", e)
	}
	if e, ok := errors.AsType[*UnknownValueError](err); ok {
		return fault(statusBadRequest, "unknown_value", e)
	}
	if e, ok := errors.AsType[*SameSideError](err); ok {
		return fault(statusBadRequest, "same_side", e)
	}
	if e, ok := errors.AsType[*UnknownIdentityError](err); ok {
		return fault(statusNotFound, "unknown_identity", e)
	}
	if e, ok := errors.AsType[*AmbiguousIdentityError](err); ok {
		return fault(statusConflict, "ambiguous_identity", e)
	}
	return Response{Status: statusInternal, Error: "internal_error", Message: "Internal Server Error"}
}
