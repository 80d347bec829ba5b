package messengertest

import (
	"crypto/hmac"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"
)

// apiError is an error as the Graph API writes it.
type apiError struct {
	Status  int    `json:"-"`
	Message string `json:"message"`
	Type    string `json:"type"`
	Code    int    `json:"code"`
	Subcode int    `json:"error_subcode,omitempty"`
	TraceID string `json:"fbtrace_id"`
}

// reply is what the Graph API answers.
type reply struct {
	Recipient string        `json:"recipient_id,omitempty"`
	MessageID string        `json:"message_id,omitempty"`
	Success   bool          `json:"success,omitempty"`
	Data      []threadOwner `json:"data,omitzero"`
	Error     *apiError     `json:"error,omitempty"`
}

type threadOwner struct {
	ThreadOwner owner `json:"thread_owner"`
}

type owner struct {
	AppID      string `json:"app_id,omitempty"`
	Expiration int64  `json:"expiration"`
}

func refuse(e apiError) reply {
	e.Type, e.TraceID = "OAuthException", "TRACE"
	return reply{Error: &e}
}

func invalid(what string) reply {
	return refuse(apiError{Status: 400, Code: 100, Message: "(#100) " + what})
}

// maxCall bounds the body of a call, in bytes; maxText a text, in characters.
const (
	maxCall = 1 << 20
	maxText = 2000
)

// ServeHTTP is the Graph API: /{page}/{verb}, with a version before it or without, and "me"
// for the page of the token. Parameters come in the query, as a form, or as JSON; the token
// there, or in the header Authorization.
func (m *Messenger) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !m.open() {
		panic(http.ErrAbortHandler)
	}
	defer m.calls.Done()
	act := func() reply { return m.answer(r) }
	verb := Verb(r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:])
	said := m.behaviour(verb).do(r, m.closed, act)
	w.Header().Set("Content-Type", "application/json")
	if said.Error != nil {
		w.WriteHeader(said.Error.Status)
	}
	_ = json.NewEncoder(w).Encode(said)
}

// answer reads a call, does it, and returns the answer.
func (m *Messenger) answer(r *http.Request) reply {
	parameters, err := parametersOf(r)
	if err != nil {
		return invalid(err.Error())
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	token := parameters.text("access_token")
	if bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		token = bearer
	}
	app := m.tokens[token]
	if app == nil {
		return refuse(apiError{Status: 401, Code: 190, Message: "Invalid OAuth access token - Cannot parse access token"})
	}
	switch proof := parameters.text("appsecret_proof"); {
	case proof == "" && app.needProof:
		return invalid("API calls from the server require an appsecret_proof argument")
	case proof != "" && !hmac.Equal([]byte(proof), []byte(app.sign([]byte(token)))):
		return invalid("Invalid appsecret_proof provided in the API argument")
	}
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	if len(parts) == 3 && strings.HasPrefix(parts[0], "v") {
		parts = parts[1:]
	}
	if len(parts) != 2 || parts[0] != "me" && parts[0] != app.page.ID {
		return invalid("Unsupported request: no such object, or not for this token")
	}
	verb := Verb(parts[1])
	if get := r.Method == http.MethodGet; get != (verb == Owner) || !get && r.Method != http.MethodPost {
		return invalid("Unsupported " + r.Method + " request")
	}
	c, err := app.read(verb, parameters)
	if err != nil {
		return invalid(err.Error())
	}
	if app.page.threads[c.psid] == nil {
		return refuse(apiError{Status: 400, Code: 100, Subcode: 2018001, Message: "(#100) No matching user found"})
	}
	said := app.page.do(c)
	m.note(c, said)
	return said
}

// parameters are those of a call; the values are JSON, or bare texts.
type parameters map[string]string

func parametersOf(r *http.Request) (parameters, error) {
	p := parameters{}
	r.Body = http.MaxBytesReader(nil, r.Body, maxCall)
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, errors.New("the body cannot be read")
		}
		var fields map[string]json.RawMessage
		if len(body) > 0 && json.Unmarshal(body, &fields) != nil {
			return nil, errors.New("the body is not JSON")
		}
		for name, raw := range fields {
			p[name] = string(raw)
		}
	} else if err := r.ParseForm(); err != nil {
		return nil, errors.New("the body is no form")
	}
	for name, values := range r.URL.Query() {
		p[name] = values[0]
	}
	for name, values := range r.PostForm {
		p[name] = values[0]
	}
	return p, nil
}

// text returns a parameter that is a text.
func (p parameters) text(name string) string {
	var text string
	if strings.HasPrefix(p[name], `"`) && json.Unmarshal([]byte(p[name]), &text) == nil {
		return text
	}
	return p[name]
}

// read returns what an app asks.
func (a *App) read(verb Verb, p parameters) (call, error) {
	c := call{app: a, verb: verb, target: p.text("target_app_id"), meta: p.text("metadata")}
	var recipient struct {
		ID string `json:"id"`
	}
	c.psid = p.text("recipient")
	if strings.HasPrefix(c.psid, "{") {
		if json.Unmarshal([]byte(c.psid), &recipient) != nil {
			return c, errors.New("param recipient must be an object with an id")
		}
		c.psid = recipient.ID
	}
	switch {
	case c.psid == "":
		return c, errors.New("param recipient is required")
	case verb == Extend:
		var err error
		c.seconds, err = strconv.ParseInt(p.text("duration"), 10, 64)
		if err != nil || c.seconds <= 0 || c.seconds > int64(MaxExtension.Seconds()) {
			return c, errors.New("param duration must be of 1 to 604800 seconds")
		}
	case verb == Send:
		return a.readMessage(c, p)
	case verb != Take && verb != Request && verb != Pass && verb != Release && verb != Owner:
		return c, errors.New("unknown path components: /" + string(verb))
	}
	return c, nil
}

// readMessage reads what is to be said, and the verb that goes with it.
func (a *App) readMessage(c call, p parameters) (call, error) {
	var message struct {
		Text       string `json:"text"`
		Metadata   string `json:"metadata"`
		Attachment *struct {
			Type    string `json:"type"`
			Payload struct {
				URL string `json:"url"`
			} `json:"payload"`
		} `json:"attachment"`
	}
	if json.Unmarshal([]byte(p["message"]), &message) != nil {
		return c, errors.New("param message must be an object")
	}
	c.message = Message{Text: message.Text, Metadata: message.Metadata}
	if f := message.Attachment; f != nil {
		c.message.File, c.message.Kind = f.Payload.URL, f.Type
	}
	switch {
	case utf8.RuneCountInString(message.Text) > maxText:
		return c, errors.New("length of param message[text] must be less than or equal to 2000")
	case (c.message.Text == "") == (c.message.File == ""):
		return c, errors.New("the message must have a text or an attachment, and not both")
	case p["thread_control"] == "":
		return c, nil
	}
	var inline struct {
		Type string          `json:"control_type"`
		App  json.RawMessage `json:"app_id"`
	}
	if json.Unmarshal([]byte(p["thread_control"]), &inline) != nil || inline.Type != "pass" && inline.Type != "release" {
		return c, errors.New("param thread_control must have a control_type of pass or release")
	}
	c.inline = &call{app: a, psid: c.psid, verb: Pass, target: strings.Trim(string(inline.App), `"`)}
	if inline.Type == "release" {
		c.inline.verb = Release
	}
	return c, nil
}
