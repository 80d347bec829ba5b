package engage_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/store/memory"
)

// ---

// push posts an event to a URL, signed with a secret that both sides know. An error lets Consume
// try the same event again, after a pause; no event overtakes another.
func push(ctx context.Context, url string, secret []byte, event engage.Event) error {
	body, err := json.Marshal(event)
	if err != nil {
		return err
	}
	ctx, stop := context.WithTimeout(ctx, 10*time.Second) // Consume itself waits for a handler for ever
	defer stop()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	seal := hmac.New(sha256.New, secret)
	seal.Write(body)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Signature", hex.EncodeToString(seal.Sum(nil)))
	request.Header.Set("Idempotency-Key", event.ID) // an event may come twice
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode >= http.StatusMultipleChoices {
		return errors.New(response.Status)
	}
	return nil
}

// ---

// Events are pushed to a URL, as the webhooks of the platforms are: at least once, in order. What
// is not taken is pushed again.
func Example_webhooks() {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	busy := true
	bot := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var event engage.Event
		check(json.NewDecoder(r.Body).Decode(&event))
		if busy {
			busy = false
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		fmt.Println(event.Type, event.Resource.Type)
		if event.Type == engage.EventInteractionCreated {
			stop() // a real one goes on
		}
	}))
	defer bot.Close()
	eng := done(engage.New(ctx, memory.New(), &engage.Options{
		Consumers: engage.ConsumerOptions{Backoff: func(int) time.Duration { return time.Millisecond }},
	}))
	done(eng.Schemas.Create(ctx, done(exampleEngine().Schemas.Get(ctx, "review")).Definition))
	record(eng, review("ada", `{"stars": 5}`))

	err := eng.Events.Consume(ctx, "the bot's webhook", func(ctx context.Context, event engage.Event) error {
		return push(ctx, bot.URL, []byte("secret"), event)
	})
	fmt.Println(errors.Is(err, context.Canceled))
	// Output:
	// interaction_schema.created interaction_schema
	// contact.created contact
	// interaction.created interaction
	// true
}
