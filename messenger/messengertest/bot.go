package messengertest

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"sync"
)

// Bot is the program behind an app: what gets its webhooks, and calls Messenger. It knows
// what Messenger tells it, and nothing else. It is safe for concurrent use.
type Bot struct {
	app *App

	mu     sync.Mutex
	answer func(text string) string
	deaf   bool
	heard  []Heard
	errors []error
}

// Heard is what a bot was told.
type Heard struct {
	Kind    string // as that of a [Hook]
	Standby bool
	PSID    string
	Text    string
	// App is the app that requests control, that has taken it, that had it before a pass,
	// or that wrote an echo.
	App      string
	Metadata string
}

// Bot subscribes the app with a bot, which passes control to whoever requests it, and says
// nothing to customers.
func (a *App) Bot() *Bot {
	b := &Bot{app: a}
	a.Subscribe(b)
	return b
}

// Answers has the bot answer what customers write to it: with what answer returns, unless
// that is empty. Nil: it says nothing.
func (b *Bot) Answers(answer func(text string) string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.answer = answer
}

// Ignores says whether the bot leaves requests for control unanswered.
func (b *Bot) Ignores(requests bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.deaf = requests
}

// Heard returns what the bot was told, in order.
func (b *Bot) Heard() []Heard {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.heard)
}

// Failed returns what the bot's own calls have failed with.
func (b *Bot) Failed() []error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.errors)
}

// botEvent is an event of a webhook, as far as a bot looks at it.
type botEvent struct {
	Sender    botParty `json:"sender"`
	Recipient botParty `json:"recipient"`
	Message   *struct {
		Text   string `json:"text"`
		IsEcho bool   `json:"is_echo"`
		AppID  string `json:"app_id"`
	} `json:"message"`
	Pass *struct {
		Previous string `json:"previous_owner_app_id"`
		Metadata string `json:"metadata"`
	} `json:"pass_thread_control"`
	Take *struct {
		New      string `json:"new_owner_app_id"`
		Metadata string `json:"metadata"`
	} `json:"take_thread_control"`
	Request *struct {
		App      string `json:"requested_owner_app_id"`
		Metadata string `json:"metadata"`
	} `json:"request_thread_control"`
	Roles map[string][]string `json:"app_roles"`
}

type botParty struct {
	ID string `json:"id"`
}

// ServeHTTP takes a webhook.
func (b *Bot) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var hook struct {
		Entry []struct {
			Messaging []botEvent `json:"messaging"`
			Standby   []botEvent `json:"standby"`
		} `json:"entry"`
	}
	switch {
	case err != nil || r.Header.Get("X-Hub-Signature-256") != "sha256="+b.app.sign(body):
		w.WriteHeader(http.StatusForbidden)
		return
	case json.Unmarshal(body, &hook) != nil:
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	for _, e := range hook.Entry {
		for _, event := range e.Messaging {
			b.hear(r.Context(), event.heard())
		}
		for _, event := range e.Standby {
			h := event.heard()
			h.Standby = true
			b.hear(r.Context(), h)
		}
	}
}

// heard returns what an event tells.
func (e botEvent) heard() Heard {
	h := Heard{PSID: e.Sender.ID}
	switch {
	case e.Message != nil && e.Message.IsEcho:
		h.Kind, h.PSID, h.Text, h.App = "echo", e.Recipient.ID, e.Message.Text, e.Message.AppID
	case e.Message != nil:
		h.Kind, h.Text = "message", e.Message.Text
	case e.Pass != nil:
		h.Kind, h.App, h.Metadata = string(Pass), e.Pass.Previous, e.Pass.Metadata
	case e.Take != nil:
		h.Kind, h.App, h.Metadata = string(Take), e.Take.New, e.Take.Metadata
	case e.Request != nil:
		h.Kind, h.App, h.Metadata = string(Request), e.Request.App, e.Request.Metadata
	case e.Roles != nil:
		h.Kind = "app_roles"
	}
	return h
}

// hear remembers what the bot was told, and does what it does.
func (b *Bot) hear(ctx context.Context, h Heard) {
	b.mu.Lock()
	b.heard = append(b.heard, h)
	answer, deaf := b.answer, b.deaf
	b.mu.Unlock()
	switch {
	case h.Kind == "message" && !h.Standby && answer != nil:
		if text := answer(h.Text); text != "" {
			b.call(ctx, Send, Text(h.PSID, text))
		}
	case h.Kind == string(Request) && !deaf:
		p := To(h.PSID)
		p["target_app_id"] = h.App
		b.call(ctx, Pass, p)
	}
}

// call makes a call, and remembers if it failed.
func (b *Bot) call(ctx context.Context, verb Verb, parameters map[string]any) {
	a, err := b.app.Call(ctx, verb, parameters)
	if err == nil && a.Code != 0 {
		err = &CallError{verb, a}
	}
	if err != nil {
		b.mu.Lock()
		b.errors = append(b.errors, err)
		b.mu.Unlock()
	}
}

// CallError is what a bot was refused.
type CallError struct {
	Verb   Verb
	Answer Answer
}

// Error gives the verb, and what Messenger said.
func (e *CallError) Error() string { return string(e.Verb) + ": " + e.Answer.Message }
