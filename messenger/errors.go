package messenger

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/engage-interactions/engage"
)

// Error is a refusal of the Graph API. errors.Is finds in it what it means:
// [engage.ErrNotInControl] if another app controls the conversation,
// [engage.ErrUnknownOutcome] if nobody knows what has become of the call, and
// errors.ErrUnsupported if Messenger does not tell our app what was asked.
type Error struct {
	Status  int    // of HTTP
	Code    int    // 0: the answer was none of the Graph API
	Subcode int    // 0: there is none
	Type    string // such as OAuthException
	Message string // in Messenger's words, shortened
	TraceID string // by which the support of Messenger finds the call
}

// graphError is an error as the Graph API writes it.
type graphError struct {
	Message string `json:"message"`
	Type    string `json:"type"`
	Code    int    `json:"code"`
	Subcode int    `json:"error_subcode"`
	TraceID string `json:"fbtrace_id"`
}

// maxSaid bounds what of an answer gets into an error, in bytes.
const maxSaid = 500

// read takes over what the Graph API says, without the token, should that be in it.
func (e *Error) read(g graphError, token string) {
	e.Code, e.Subcode = g.Code, g.Subcode
	for _, f := range []struct {
		to   *string
		from string
	}{{&e.Type, g.Type}, {&e.Message, g.Message}, {&e.TraceID, g.TraceID}} {
		said := strings.ReplaceAll(f.from, token, "…")
		if len(said) > maxSaid {
			said = strings.ToValidUTF8(said[:maxSaid], "") + "…"
		}
		*f.to = said
	}
}

// fromGraph reports whether the Graph API has said it, and not some proxy before it.
func (e *Error) fromGraph() bool { return e.Code != 0 || e.Message != "" || e.Type != "" }

// Error gives the status, the codes, and Messenger's words.
func (e *Error) Error() string {
	if !e.fromGraph() {
		return fmt.Sprintf("messenger: status %d %s", e.Status, http.StatusText(e.Status))
	}
	code := strconv.Itoa(e.Code)
	if e.Subcode != 0 {
		code = fmt.Sprintf("%d/%d", e.Code, e.Subcode)
	}
	text := fmt.Sprintf("messenger: error %s, status %d: %s", code, e.Status, e.Message)
	if e.TraceID != "" {
		text += " (trace " + e.TraceID + ")"
	}
	return text
}

// Is reports whether the error means target.
func (e *Error) Is(target error) bool {
	v := e.verdict()
	switch {
	case errors.Is(target, engage.ErrNotInControl):
		return v == notInControl
	case errors.Is(target, engage.ErrUnknownOutcome):
		return v == leftOpen
	case errors.Is(target, errors.ErrUnsupported):
		return v == notTold
	}
	return false
}

// verdict is what an error means to whoever made the call.
type verdict int

const (
	refused      verdict = iota // for good
	notInControl                // another app has control
	notTold                     // our app may not know who has control
	notVisible                  // another app has control, and our app may not know which
	limited                     // too many calls: not done, later perhaps
	retried                     // not done, but it may go well the next time
	leftOpen                    // it may have been done
)

// verdicts is the one place that says what the codes of the Graph API mean. The first row
// that fits counts; 0 stands for every code, subcode or status.
var verdicts = []struct {
	code, subcode, status int
	verdict               verdict
}{
	{10, 2018300, 0, notInControl}, // another app is controlling this thread now
	{0, 2018321, 0, retried},       // an automated flow is running, which ends
	{0, 2018234, 0, notVisible},    // of a secondary receiver to another one
	{0, 2018171, 0, notTold},       // only to primary and secondary receivers

	{4, 0, 0, limited},   // calls of the app
	{17, 0, 0, limited},  // calls of the user
	{32, 0, 0, limited},  // calls of the page
	{613, 0, 0, limited}, // calls of this API
	{80006, 0, 0, limited},
	{0, 0, http.StatusTooManyRequests, limited},

	{1200, 0, 0, retried}, // temporary failure to send
	{190, 0, 0, retried},  // the token has expired: the host may have another one next time
	{102, 0, 0, retried},
	{467, 0, 0, retried},

	{1, 0, 0, leftOpen}, // unknown error: known to come with messages that were sent
	{2, 0, 0, leftOpen}, // service temporarily unavailable

	{10, 0, 0, refused},  // no permission, or outside of the window
	{27, 0, 0, refused},  // the app may not take control
	{100, 0, 0, refused}, // parameters, and verbs of who has no control
	{551, 0, 0, refused}, // the customer is not available

	{0, 0, http.StatusRequestTimeout, leftOpen},
}

// verdict returns what the error means. What no row has is refused for good, unless it
// was the server that failed: a permission (3, 200 to 299), say.
func (e *Error) verdict() verdict {
	for _, v := range verdicts {
		if (v.code == 0 || v.code == e.Code) && (v.subcode == 0 || v.subcode == e.Subcode) && (v.status == 0 || v.status == e.Status) {
			return v.verdict
		}
	}
	if e.Status >= http.StatusInternalServerError {
		return leftOpen
	}
	return refused
}

// mark puts on the error the word that the Engine asks for.
func (v verdict) mark(e *Error, wait time.Duration) error {
	switch v {
	case limited:
		return engage.RetryAfter(e, wait)
	case refused, notTold, notVisible:
		return engage.Permanent(e)
	case notInControl, retried:
		return engage.NotDelivered(e)
	case leftOpen:
		return e
	}
	return engage.Permanent(e)
}
