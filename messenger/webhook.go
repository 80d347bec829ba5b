package messenger

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"

	"github.com/engage-interactions/engage"
)

// Errors of CheckSignature.
var (
	// ErrUnsigned says that there is no signature, or none of the right form.
	ErrUnsigned = errors.New("messenger: the webhook is not signed")
	// ErrForged says that the signature is not that of the app's secret.
	ErrForged = errors.New("messenger: the signature of the webhook is wrong")
)

// SignatureHeader is the header in which Messenger signs a webhook.
const SignatureHeader = "X-Hub-Signature-256"

// CheckSignature checks the value of SignatureHeader, "sha256=" and the hex HMAC-SHA256 of
// the body as it came: [ErrUnsigned], [ErrForged], or nil. It takes the same time wherever
// a wrong one differs.
func CheckSignature(secret, signature string, body []byte) error {
	digits, ok := strings.CutPrefix(signature, "sha256=")
	sum, err := hex.DecodeString(digits)
	if !ok || err != nil || len(sum) != sha256.Size {
		return ErrUnsigned
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	if !hmac.Equal(sum, mac.Sum(nil)) {
		return ErrForged
	}
	return nil
}

// maxWebhook bounds the body of a webhook, in bytes: Messenger puts up to 1,000 events
// into one.
const maxWebhook = 4 << 20

// WebhookOptions say where what a [Webhook] is told goes to.
type WebhookOptions struct {
	// AppID and AppSecret are those of our app. Required: without a secret anybody could
	// tell anything.
	AppID, AppSecret string
	// VerifyToken is what the app was subscribed with. Required.
	VerifyToken string
	// Engine is where all of it goes: contents to its Threads.Receive, what is told of
	// thread control to its Control.Report. Required, unless Source and Receive are set.
	Engine *engage.Engine
	// Source returns the ID of the source that is connected with a page; "" if there is
	// none, and what is told of it is left out. Nil: the source of the Engine that has the
	// ID of the page.
	Source func(ctx context.Context, pageID string) (sourceID string, err error)
	// Receive takes a content in place of Threads.Receive; one that looks at it first
	// may call that itself.
	Receive func(ctx context.Context, in engage.Inbound) error
	// Report takes what is told of thread control in place of Control.Report. Without it
	// and without an Engine nothing is done with that.
	Report func(ctx context.Context, sourceID string, r Report) error
	// Logger gets what is left out, without what customers say. Nil: nobody does.
	Logger *slog.Logger
}

// Webhook is the [http.Handler] that an app is subscribed with. It answers the question
// with which Messenger verifies it, refuses what is not signed, and hands on what it is
// told, in order: with an Engine it is all that a host needs. It is safe for concurrent
// use: Messenger sends several at a time.
//
// If Source, Receive or Report fails, the others are told nevertheless, and the answer is
// 500: Messenger then sends all of it again, later. What was received is the same
// content then, and what was reported is old. One that wraps [engage.ErrInvalid] cannot
// go well ever: it is logged and left out.
type Webhook struct{ opts WebhookOptions }

// NewWebhook returns it. The error says which option is missing.
func NewWebhook(opts WebhookOptions) (*Webhook, error) {
	switch {
	case opts.AppID == "":
		return nil, errors.New("messenger: WebhookOptions.AppID is empty")
	case opts.AppSecret == "":
		return nil, errors.New("messenger: WebhookOptions.AppSecret is empty")
	case opts.VerifyToken == "":
		return nil, errors.New("messenger: WebhookOptions.VerifyToken is empty")
	case opts.Source == nil && opts.Engine == nil:
		return nil, errors.New("messenger: WebhookOptions.Source is nil, and so is Engine")
	case opts.Receive == nil && opts.Engine == nil:
		return nil, errors.New("messenger: WebhookOptions.Receive is nil, and so is Engine")
	}
	if opts.Engine != nil {
		opts.tellEngine()
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	return &Webhook{opts}, nil
}

// tellEngine fills in what the host has not set.
func (o *WebhookOptions) tellEngine() {
	eng, appID := o.Engine, o.AppID
	if o.Source == nil {
		o.Source = func(ctx context.Context, pageID string) (string, error) {
			source, err := eng.Sources.Get(ctx, pageID)
			if errors.Is(err, engage.ErrNotFound) {
				return "", nil
			}
			return source.ID, err
		}
	}
	if o.Receive == nil {
		o.Receive = func(ctx context.Context, in engage.Inbound) error {
			_, err := eng.Threads.Receive(ctx, in)
			return err
		}
	}
	if o.Report == nil {
		o.Report = func(ctx context.Context, sourceID string, r Report) error {
			_, err := eng.Control.Report(ctx, r.Control(sourceID, appID))
			return err
		}
	}
}

// ServeHTTP answers 200 to a GET that verifies and to a POST that was dealt with; 401 to
// one without a signature, 403 to a wrong one or a wrong token, 413 to one that is too
// large, 400 to one that is none of Messenger's, and 500 if it is to be sent again.
func (w *Webhook) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodGet:
		w.verify(rw, r)
	case http.MethodPost:
		rw.WriteHeader(w.told(rw, r))
	default:
		rw.Header().Set("Allow", "GET, POST")
		rw.WriteHeader(http.StatusMethodNotAllowed)
	}
}

// verify answers the challenge of whoever knows the token.
func (w *Webhook) verify(rw http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	// Sums have one length, so that not even that of the token shows.
	got, want := sha256.Sum256([]byte(q.Get("hub.verify_token"))), sha256.Sum256([]byte(w.opts.VerifyToken))
	if subtle.ConstantTimeCompare(got[:], want[:]) != 1 || q.Get("hub.mode") != "subscribe" {
		rw.WriteHeader(http.StatusForbidden)
		return
	}
	// What is echoed is text to a browser, too.
	rw.Header().Set("Content-Type", "text/plain; charset=utf-8")
	rw.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = io.WriteString(rw, q.Get("hub.challenge"))
}

// told deals with a POST, and returns the status of the answer.
func (w *Webhook) told(rw http.ResponseWriter, r *http.Request) int {
	ctx := r.Context()
	body, err := io.ReadAll(http.MaxBytesReader(rw, r.Body, maxWebhook))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return http.StatusRequestEntityTooLarge
	}
	if err != nil {
		return http.StatusBadRequest
	}
	switch err := CheckSignature(w.opts.AppSecret, r.Header.Get(SignatureHeader), body); {
	case errors.Is(err, ErrUnsigned):
		return http.StatusUnauthorized
	case err != nil:
		return http.StatusForbidden
	}
	events, skipped, err := Parse(body, w.opts.AppID)
	if err != nil {
		return http.StatusBadRequest
	}
	for _, err := range skipped {
		w.opts.Logger.WarnContext(ctx, "an event of a webhook is not understood", slog.Any("error", err))
	}
	status := http.StatusOK
	for _, e := range events {
		switch err := w.handOn(ctx, e); {
		case err == nil:
		case errors.Is(err, engage.ErrInvalid):
			w.opts.Logger.WarnContext(ctx, "an event of a webhook is left out", slog.String("page", e.PageID), slog.Any("error", err))
		default:
			w.opts.Logger.ErrorContext(ctx, "an event of a webhook failed", slog.String("page", e.PageID), slog.Any("error", err))
			status = http.StatusInternalServerError
		}
	}
	return status
}

// handOn hands on one event.
func (w *Webhook) handOn(ctx context.Context, e Event) error {
	source, err := w.opts.Source(ctx, e.PageID)
	switch {
	case err != nil:
		return err
	case source == "":
		w.opts.Logger.WarnContext(ctx, "a webhook tells of a page without a source", slog.String("page", e.PageID))
		return nil
	case e.Inbound != nil:
		e.Inbound.SourceID = source
		return w.opts.Receive(ctx, *e.Inbound)
	case w.opts.Report != nil:
		return w.opts.Report(ctx, source, *e.Report)
	}
	return nil
}
