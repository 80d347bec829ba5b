package messengertest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
)

// Client returns a client whose requests come to this Messenger, wherever they are
// addressed to, without a network: so it can be used where time is simulated, too
// (testing/synctest). A real server does as well: the Messenger is a handler.
func (m *Messenger) Client() *http.Client { return &http.Client{Transport: (*network)(m)} }

// network is the way to a Messenger.
type network Messenger

// RoundTrip brings a request there. If its context ends, the caller learns so at once,
// while Messenger may be at it still.
func (n *network) RoundTrip(r *http.Request) (*http.Response, error) {
	m := (*Messenger)(n)
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		_ = r.Body.Close()
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	ctx, hangUp := context.WithCancel(context.WithoutCancel(r.Context()))
	request := r.Clone(ctx)
	request.Body = io.NopCloser(bytes.NewReader(body))
	answers := make(chan *http.Response, 1)
	//nolint:bodyclose // it is the caller's, who closes it
	if !m.start(func() { answers <- m.serve(request) }) {
		hangUp()
		return nil, errors.New("messengertest: closed")
	}
	select {
	case answer := <-answers:
		hangUp()
		if answer == nil {
			return nil, io.ErrUnexpectedEOF
		}
		answer.Request = r
		return answer, nil
	case <-r.Context().Done():
		hangUp()
		return nil, r.Context().Err()
	}
}

// open counts a call, unless the Messenger is closed.
func (m *Messenger) open() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.shut {
		return false
	}
	m.calls.Add(1)
	return true
}

// start does something that Close waits for, unless the Messenger is closed.
func (m *Messenger) start(do func()) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.shut {
		m.calls.Go(do)
	}
	return !m.shut
}

// serve returns the answer to a request; nil if the connection is broken.
func (m *Messenger) serve(r *http.Request) (answer *http.Response) {
	defer func() {
		if v := recover(); v != nil {
			if err, ok := v.(error); !ok || !errors.Is(err, http.ErrAbortHandler) {
				panic(v)
			}
			answer = nil
		}
	}()
	w := httptest.NewRecorder()
	m.ServeHTTP(w, r)
	return w.Result()
}
