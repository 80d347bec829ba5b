package messenger

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
)

// maxAnswer bounds what is read of an answer, in bytes. Those of Messenger are small; what
// is cut off is no JSON any more.
const maxAnswer = 64 << 10

// answer is what the Graph API says, of all calls that are made here.
type answer struct {
	MessageID string `json:"message_id"`
	Success   bool   `json:"success"`
	Data      []struct {
		ThreadOwner *threadOwner `json:"thread_owner"`
	} `json:"data"`
	Error *graphError `json:"error"`
}

// threadOwner says who controls a conversation. Whoever may not know gets only the
// expiration.
type threadOwner struct {
	AppID      id              `json:"app_id"`
	Expiration json.RawMessage `json:"expiration"`
}

// owner returns who controls the conversation, as the answer says; nil if it does not.
func (a answer) owner() *threadOwner {
	for _, d := range a.Data {
		if d.ThreadOwner != nil {
			return d.ThreadOwner
		}
	}
	return nil
}

// id is an ID that may come as a text or as a number; null and everything else are none.
type id string

// UnmarshalJSON reads it.
func (i *id) UnmarshalJSON(b []byte) error {
	*i = ""
	var text string
	var number json.Number
	switch {
	case json.Unmarshal(b, &text) == nil:
		*i = id(text)
	case json.Unmarshal(b, &number) == nil:
		if _, err := strconv.ParseUint(number.String(), 10, 64); err == nil {
			*i = id(number.String())
		}
	}
	return nil
}

// call makes one call of the Graph API for the page of a source: edge is what follows the
// page in the path. A nil body makes it a GET. The error says what the caller has to know,
// as [engage.Platform] asks.
func (p *Platform) call(ctx context.Context, source interaction.Source, edge string, query url.Values, body any) (answer, error) {
	token, err := p.token(ctx, source)
	if err != nil {
		return answer{}, err
	}
	request, err := p.request(ctx, p.page(source), edge, query, body, token)
	if err != nil {
		return answer{}, engage.Permanent(fmt.Errorf("messenger: %w", err))
	}
	response, err := p.client.Do(request)
	if err != nil {
		return answer{}, fmt.Errorf("messenger: %w", withoutQuery(err))
	}
	defer func() { _ = response.Body.Close() }()
	said, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	return judge(response, said, err, token)
}

func (p *Platform) request(ctx context.Context, page, edge string, query url.Values, body any, token string) (*http.Request, error) {
	to := p.base.JoinPath(url.PathEscape(page), edge)
	if query == nil {
		query = url.Values{}
	}
	if p.opts.AppSecret != "" {
		query.Set("appsecret_proof", Proof(p.opts.AppSecret, token))
	}
	to.RawQuery = query.Encode()
	method, content := http.MethodGet, io.Reader(nil)
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		method, content = http.MethodPost, bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, method, to.String(), content)
	if err != nil {
		return nil, withoutQuery(err)
	}
	// The token is not part of the URL: URLs get into logs.
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Accept", "application/json")
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	return request, nil
}

// withoutQuery takes from an error of net/http what its URL has beside host and path.
func withoutQuery(err error) error {
	failed, ok := errors.AsType[*url.Error](err)
	if !ok {
		return err
	}
	clean, _, _ := strings.Cut(failed.URL, "?")
	return &url.Error{Op: failed.Op, URL: clean, Err: failed.Err}
}

// judge says what an answer means: what was said, or an error with a word on whether it
// has happened.
func judge(response *http.Response, said []byte, broken error, token string) (answer, error) {
	var a answer
	parsed := broken == nil && json.Unmarshal(said, &a) == nil
	if parsed && a.Error == nil && response.StatusCode/100 == 2 {
		return a, nil
	}
	e := &Error{Status: response.StatusCode}
	if parsed && a.Error != nil {
		e.read(*a.Error, token)
	}
	if response.StatusCode/100 == 2 && !e.fromGraph() {
		// It may well have been done: the answer is lost, or it was a proxy that gave it.
		return answer{}, fmt.Errorf("messenger: %w: an answer of status %d that cannot be read", engage.ErrUnknownOutcome, response.StatusCode)
	}
	v := e.verdict()
	if broken != nil && v == refused {
		v = retried // it is not done, but why is not known
	}
	return answer{}, v.mark(e, retryAfter(response.Header))
}

// retryAfter returns how long the answer says to wait, or a minute.
func retryAfter(h http.Header) time.Duration {
	seconds, err := strconv.ParseInt(h.Get("Retry-After"), 10, 32)
	if err != nil || seconds <= 0 {
		return time.Minute
	}
	return min(time.Duration(seconds)*time.Second, 24*time.Hour)
}
