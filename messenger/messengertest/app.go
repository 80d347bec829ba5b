package messengertest

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
)

// App is an app that is connected with a page.
type App struct {
	ID, Secret string
	// Token is the access token of the page for the app.
	Token string

	page      *Page
	mayTake   bool
	needProof bool
	webhook   http.Handler
}

// AppOption is something special about an app.
type AppOption func(*App)

// MayTake lets the app take control of conversations, under conversation routing.
func MayTake() AppOption { return func(a *App) { a.mayTake = true } }

// NeedsProof demands an appsecret_proof of each call of the app.
func NeedsProof() AppOption { return func(a *App) { a.needProof = true } }

// Subscribe says where the webhooks of the app go. What happened before is not told.
func (a *App) Subscribe(webhook http.Handler) {
	a.page.m.mu.Lock()
	defer a.page.m.mu.Unlock()
	a.webhook = webhook
}

// sign returns the hex HMAC-SHA256 with the secret of the app.
func (a *App) sign(text []byte) string {
	mac := hmac.New(sha256.New, []byte(a.Secret))
	mac.Write(text)
	return hex.EncodeToString(mac.Sum(nil))
}

// Answer is what the Graph API answers to [App.Call].
type Answer struct {
	Status        int
	MessageID     string
	Success       bool
	Code, Subcode int    // of the error; 0: there is none
	Message       string // of the error
	// Owner is the app that has control, and Expiration when that ends, in seconds since
	// 1970: as far as they are told.
	Owner      string
	Expiration int64
}

// Call makes a call as the app, as another program would do it: over HTTP, the token and
// the proof in the query, the parameters as JSON.
func (a *App) Call(ctx context.Context, verb Verb, parameters map[string]any) (Answer, error) {
	q := url.Values{"access_token": {a.Token}, "appsecret_proof": {a.sign([]byte(a.Token))}}
	method := http.MethodPost
	body, err := json.Marshal(parameters)
	if err != nil {
		return Answer{}, err
	}
	if verb == Owner {
		method, body = http.MethodGet, nil
		recipient, err := json.Marshal(parameters["recipient"])
		if err != nil {
			return Answer{}, err
		}
		q.Set("recipient", string(recipient))
	}
	to := "https://graph.facebook.example/" + url.PathEscape(a.page.ID) + "/" + string(verb) + "?" + q.Encode()
	request, err := http.NewRequestWithContext(ctx, method, to, bytes.NewReader(body))
	if err != nil {
		return Answer{}, err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := a.page.m.Client().Do(request)
	if err != nil {
		return Answer{}, err
	}
	defer func() { _ = response.Body.Close() }()
	var said struct {
		MessageID string        `json:"message_id"`
		Success   bool          `json:"success"`
		Error     apiError      `json:"error"`
		Data      []threadOwner `json:"data"`
	}
	if err := json.NewDecoder(response.Body).Decode(&said); err != nil {
		return Answer{}, fmt.Errorf("messengertest: status %d: %w", response.StatusCode, err)
	}
	answer := Answer{
		Status: response.StatusCode, MessageID: said.MessageID, Success: said.Success,
		Code: said.Error.Code, Subcode: said.Error.Subcode, Message: said.Error.Message,
	}
	for _, d := range said.Data {
		answer.Owner, answer.Expiration = d.ThreadOwner.AppID, d.ThreadOwner.Expiration
	}
	return answer, nil
}

// To are the parameters of a verb for a customer, which more can be added to:
// target_app_id, metadata, duration.
func To(psid string) map[string]any {
	return map[string]any{"recipient": map[string]string{"id": psid}}
}

// Text are the parameters with which a text is sent to a customer.
func Text(psid, text string) map[string]any {
	p := To(psid)
	p["messaging_type"], p["message"] = "RESPONSE", map[string]string{"text": text}
	return p
}
