package flexapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/routing"
)

// refusal is an answer that says no, of the endpoint itself.
type refusal struct {
	status  int
	message string
}

// Error gives the message.
func (e *refusal) Error() string { return e.message }

// hostError is what the host says of who asks.
type hostError struct{ err error }

// Error says what it is; not what the host says, which may name secrets.
func (e *hostError) Error() string { return "nobody could say who asks" }

// notFound says that there is no such resource, in the platform's words.
func notFound(r *http.Request) *refusal {
	return &refusal{status: http.StatusNotFound, message: "The requested resource " + r.URL.Path + " was not found"}
}

// fail answers with an error.
func (h *handler) fail(w http.ResponseWriter, r *http.Request, c *call, err error) {
	view := h.view(r, c, err)
	switch view.Status {
	case http.StatusInternalServerError:
		h.opts.Logger.ErrorContext(r.Context(), "a request failed", slog.String("method", r.Method), slog.String("path", r.URL.Path), slog.Any("error", err))
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", `Basic realm="Engage API"`)
	}
	write(w, view.Status, view)
}

// view is what is shown of an error; of one that is nobody's business only that there is one.
func (h *handler) view(r *http.Request, c *call, err error) routing.ErrorView {
	if host, ok := errors.AsType[*hostError](err); ok {
		switch {
		case errors.Is(host.err, ErrUnauthorized):
			return say(http.StatusUnauthorized, "Authenticate")
		case errors.Is(host.err, engage.ErrForbidden):
			return say(http.StatusForbidden, "Forbidden")
		case errors.Is(host.err, ErrTooManyRequests):
			return say(http.StatusTooManyRequests, "Too Many Requests")
		case r.Context().Err() != nil:
			return say(http.StatusServiceUnavailable, "Service unavailable")
		}
		return say(http.StatusInternalServerError, "Internal Server Error")
	}
	if own, ok := errors.AsType[*refusal](err); ok {
		return own.view()
	}
	switch {
	case errors.Is(err, engage.ErrForbidden): // before what the host's own error may wrap
		return say(http.StatusForbidden, "Forbidden")
	case errors.Is(err, engage.ErrUnknownOutcome):
		return say(http.StatusServiceUnavailable, "Nobody knows whether it was done: look, or ask again")
	}
	if missing, ok := errors.AsType[*engage.NotFoundError](err); ok {
		if c == nil || missing.Resource.ID == "" || c.mentions(missing.Resource.ID) {
			return say(http.StatusNotFound, notFound(r).Error())
		}
		return say(http.StatusBadRequest, missing.Error())
	}
	if view, known := routing.ShowError(err); known {
		return view
	}
	if conflict, ok := errors.AsType[*engage.ConflictError](err); ok {
		if c != nil && r.Header.Get("If-Match") != "" && c.mentions(conflict.Resource.ID) {
			return say(http.StatusPreconditionFailed, "The resource is at another version than If-Match says")
		}
		return say(http.StatusConflict, conflict.Error())
	}
	if wrong, ok := errors.AsType[*engage.InvalidError](err); ok {
		view := say(http.StatusBadRequest, wrong.Error())
		view.Details.Problems = []routing.ProblemView{{Path: wrong.Field, Message: wrong.Err.Error(), Code: routing.CodeInvalid}}
		return view
	}
	if refused, ok := errors.AsType[*engage.RefusedError](err); ok {
		message := refused.Rule
		if refused.Remedy != "" {
			message += ": " + refused.Remedy
		}
		return say(http.StatusBadRequest, message)
	}
	switch {
	case errors.Is(err, engage.ErrConflict):
		return say(http.StatusConflict, "Others change the same at this time: try again")
	case errors.Is(err, engage.ErrUnavailable), errors.Is(err, engage.ErrClosed),
		errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return say(http.StatusServiceUnavailable, "Service unavailable")
	case errors.Is(err, engage.ErrInvalid):
		return say(http.StatusBadRequest, "The request is invalid")
	}
	return say(http.StatusInternalServerError, "Internal Server Error")
}

// mentions reports whether the path of the request names a resource.
func (c *call) mentions(sid string) bool {
	for part := range strings.SplitSeq(c.URL.Path, "/") {
		if strings.EqualFold(part, sid) {
			return true
		}
	}
	return false
}

// say is an error with the code of its status.
func say(status int, message string) routing.ErrorView {
	return (&refusal{status: status, message: message}).view()
}

// view is what is shown of the refusal.
func (e *refusal) view() routing.ErrorView {
	code := codeOf(e.status)
	return routing.ErrorView{Code: code, Message: e.message, MoreInfo: routing.MoreInfo(code), Status: e.status}
}

// codeOf is the platform's code of a status, as far as it is documented: 20001, 20003, 20004,
// 20403, 20404 and 20429. Others are made in the same way.
func codeOf(status int) int {
	switch status {
	case http.StatusBadRequest:
		return routing.CodeInvalid
	case http.StatusUnauthorized:
		return 20003
	case http.StatusMethodNotAllowed:
		return 20004
	}
	return 20000 + status
}

// answer answers with the refusal.
func (e *refusal) answer(w http.ResponseWriter) { write(w, e.status, e.view()) }

// write answers with JSON, or with nothing.
func write(w http.ResponseWriter, status int, body any) {
	if body == nil {
		w.WriteHeader(status)
		return
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(body); err != nil { // a fault of this package
		status = http.StatusInternalServerError
		b.Reset()
		b.WriteString(`{"code":20500,"message":"Internal Server Error","more_info":"` + routing.MoreInfo(20500) + `","status":500}`)
	}
	w.Header().Set("Content-Type", jsonType)
	w.Header().Set("Content-Length", strconv.Itoa(b.Len()))
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // nobody is left to be told
}
