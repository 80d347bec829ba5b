package botsapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
)

// Path is where seed 001 has the endpoint.
const Path = "/1.0/bots/handover"

// MaxBody bounds the body of a request, in bytes: a form with every parameter fits.
const MaxBody = 512 << 10

// ErrUnauthorized says that nobody knows who asks: Options.Control returns it, or an error
// that wraps it.
var ErrUnauthorized = errors.New("botsapi: unauthorized")

// Control is what the endpoint needs of [engage.Control].
type Control interface {
	// Handover hands control over, or says with a typed error why not.
	Handover(ctx context.Context, r handover.Request) (engage.Handed, error)
}

// Options of a Handler.
type Options struct {
	// Control returns the Control for whoever asks, which acts for them, such as
	// eng.As(engage.Bot("shop-bot")).Control. Required: who may ask is for the host to
	// say, here and in Options.Authorize of its Engine.
	//
	// token is the parameter access_token (seed 001) or else the token of the header
	// Authorization: Bearer; the zero one if there is neither. Its Is compares it in constant
	// time. The request that is asked for has it, too. The endpoint itself neither keeps nor logs it, nor the error that is returned
	// here: one that wraps ErrUnauthorized is answered with 401, one that wraps
	// [engage.ErrForbidden] with 403, and any other with 500.
	//
	// It is asked of each POST that can be read, before its parameters are looked at. The
	// body of r can be read again. It must be safe for concurrent use.
	Control func(r *http.Request, token handover.AccessToken) (Control, error)
	// Logger is told of errors that are answered with 500. Nil: nobody is.
	Logger *slog.Logger
}

// Handler is the endpoint. It is safe for concurrent use.
type Handler struct{ opts Options }

// New returns the endpoint. The error says which option is missing.
func New(opts Options) (*Handler, error) {
	if opts.Control == nil {
		return nil, errors.New("botsapi: Options.Control is nil")
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	return &Handler{opts}, nil
}

// ServeHTTP answers a POST, whatever its path. The parameters stand in the query, as in
// seed 001, or in a body of the type application/x-www-form-urlencoded, or in both; none
// but thread_category_ids[] may stand there twice.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		write(w, say(http.StatusMethodNotAllowed, "method_not_allowed", ""))
		return
	}
	q, refused := parameters(w, r)
	if refused != nil {
		write(w, *refused)
		return
	}
	tokens := q["access_token"]
	if len(tokens) > 1 {
		write(w, Respond(&handover.UnknownValueError{Parameter: "access_token"}))
		return
	}
	shown := token(r, tokens)
	control, err := h.opts.Control(r, shown)
	if err == nil && control == nil {
		err = errors.New("botsapi: Options.Control returned nil")
	}
	if err != nil {
		response := Respond(err)
		switch response.Status {
		case http.StatusUnauthorized:
			w.Header().Set("WWW-Authenticate", "Bearer")
		case http.StatusForbidden:
		default: // what it says may name the token
			response = say(http.StatusInternalServerError, "internal_error", "")
			if r.Context().Err() != nil {
				response = Respond(r.Context().Err())
				break
			}
			h.opts.Logger.ErrorContext(r.Context(), "nobody could say who asks for control")
		}
		write(w, response)
		return
	}
	request, err := handover.ParseRequest(q)
	if err == nil {
		request.AccessToken = shown
		_, err = control.Handover(r.Context(), request)
	}
	response := Respond(err)
	if response.Status == http.StatusInternalServerError {
		h.opts.Logger.ErrorContext(r.Context(), "a request for control failed", slog.Any("error", err))
	}
	write(w, response)
}

// parameters returns those of the query and of the body; or what is answered because they
// cannot be read.
func parameters(w http.ResponseWriter, r *http.Request) (url.Values, *handover.Response) {
	refuse := func(status int, name, message string) (url.Values, *handover.Response) {
		response := say(status, name, message)
		return nil, &response
	}
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return refuse(http.StatusBadRequest, "unreadable", "The query cannot be read")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return refuse(http.StatusRequestEntityTooLarge, "too_large", "")
	}
	if err != nil {
		return refuse(http.StatusBadRequest, "unreadable", "The body cannot be read")
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if len(body) == 0 { // whatever type some clients give to nothing
		return q, nil
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/x-www-form-urlencoded" {
		return refuse(http.StatusUnsupportedMediaType, "unsupported_media_type", "Parameters stand in the query, or in a form: application/x-www-form-urlencoded")
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return refuse(http.StatusBadRequest, "unreadable", "The form cannot be read")
	}
	for name, values := range form {
		q[name] = append(q[name], values...)
	}
	return q, nil
}

// token returns the access token of a request.
func token(r *http.Request, given []string) handover.AccessToken {
	if len(given) > 0 {
		return handover.NewAccessToken(given[0])
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return handover.AccessToken{}
	}
	return handover.NewAccessToken(strings.TrimSpace(token))
}

// write writes a response.
func write(w http.ResponseWriter, response handover.Response) {
	body, err := json.Marshal(response)
	if err != nil { // none of its fields can fail, but a time beyond the year 9999
		response = say(http.StatusInternalServerError, "internal_error", "")
		body, _ = json.Marshal(response)
	}
	header := w.Header()
	if at := response.RetryAt; !at.IsZero() && err == nil {
		header.Set("Retry-After", at.Add(time.Second-time.Nanosecond).UTC().Format(http.TimeFormat)) // whole seconds
	}
	header.Set("Content-Type", "application/json")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(response.Status)
	_, _ = w.Write(body)
}
