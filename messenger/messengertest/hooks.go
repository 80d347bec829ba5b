package messengertest

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
)

// Hook is a webhook on its way to an app.
type Hook struct {
	ID  int // counts the webhooks that were made, from 1
	App string
	// Field is messages, standby or messaging_handovers.
	Field string
	// Kind is message, echo, app_roles, or the verb that it tells of, such as
	// pass_thread_control.
	Kind string
	PSID string
	Body []byte

	to *App
}

// queue makes a webhook. Nobody is told who is not subscribed.
func (m *Messenger) queue(to *App, field, kind, psid string, event map[string]any) {
	if to == nil || to.webhook == nil {
		return
	}
	m.hooks++
	event = maps.Clone(event)
	page, at := map[string]string{"id": to.page.ID}, m.clock().UnixMilli()
	event["recipient"], event["timestamp"] = page, at
	if psid != "" {
		event["sender"] = map[string]string{"id": psid}
	}
	if kind == "echo" {
		event["sender"], event["recipient"] = page, event["sender"]
	}
	list := "messaging"
	if field == "standby" {
		list = "standby"
	}
	body, err := json.Marshal(map[string]any{
		"object": "page",
		"entry":  []any{map[string]any{"id": to.page.ID, "time": at, list: []any{event}}},
	})
	if err != nil {
		panic(err) // it is made of texts
	}
	m.pending = append(m.pending, Hook{ID: m.hooks, App: to.ID, Field: field, Kind: kind, PSID: psid, Body: body, to: to})
}

// Pending returns the webhooks that are on their way, in order.
func (m *Messenger) Pending() []Hook {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.pending)
}

// Rearrange puts in place of the webhooks on their way whatever f returns: fewer, and some
// are lost; one twice, and it comes twice; in another order, and they come so.
func (m *Messenger) Rearrange(f func(pending []Hook) []Hook) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.pending = slices.Clone(f(slices.Clone(m.pending)))
}

// maxDeliveries is how many webhooks one Deliver brings: apps that answer each other for
// ever are a mistake of the test.
const maxDeliveries = 10_000

// Deliver brings to the apps what is on its way, and what comes of it, one after another,
// until nothing is left; and returns how many it brought. With which, only those for which
// it returns true; the others are late. What an app does not answer with 200 stays on its
// way until the next Deliver, as does the rest once ctx is done.
func (m *Messenger) Deliver(ctx context.Context, which ...func(Hook) bool) int {
	failed := map[int]bool{}
	wanted := func(h Hook) bool {
		for _, w := range which {
			if !w(h) {
				return false
			}
		}
		return !failed[h.ID]
	}
	for n := range maxDeliveries {
		if ctx.Err() != nil {
			return n
		}
		h, ok := m.next(wanted)
		if !ok {
			return n
		}
		if h.to.deliver(ctx, h) != http.StatusOK {
			failed[h.ID] = true
			m.mu.Lock()
			m.pending = append(m.pending, h)
			m.mu.Unlock()
		}
	}
	panic("messengertest: the apps answer each other for ever")
}

// next takes the first webhook that is wanted.
func (m *Messenger) next(wanted func(Hook) bool) (Hook, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	i := slices.IndexFunc(m.pending, wanted)
	if i < 0 {
		return Hook{}, false
	}
	h := m.pending[i]
	m.pending = slices.Delete(m.pending, i, i+1)
	return h, true
}

// deliver brings a webhook to its app, and returns the status of the answer.
func (a *App) deliver(ctx context.Context, h Hook) int {
	a.page.m.mu.Lock()
	webhook := a.webhook
	a.page.m.mu.Unlock()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://app.example/webhook", bytes.NewReader(h.Body))
	if err != nil {
		return 0
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Hub-Signature-256", "sha256="+a.sign(h.Body))
	answer := httptest.NewRecorder()
	webhook.ServeHTTP(answer, request)
	return answer.Code
}
