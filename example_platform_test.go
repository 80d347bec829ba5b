package engage_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store/memory"
)

// chatService connects a chat service with an HTTP API, which delivers once per
// Idempotency-Key.
type chatService struct {
	client *http.Client
	url    string
}

// HonoursKeys says that the service may be asked again where nobody knows.
func (chatService) HonoursKeys() bool { return true }

// Send posts a message. Errors of the connection are returned as they are: the Engine
// knows which of them leave open whether the message has arrived.
func (c chatService) Send(ctx context.Context, d engage.Delivery) (string, error) {
	body, err := json.Marshal(map[string]string{"to": d.Identity.ForeignID, "text": d.Content.Body})
	if err != nil {
		return "", engage.Permanent(err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, strings.NewReader(string(body)))
	if err != nil {
		return "", engage.Permanent(err)
	}
	request.Header.Set("Idempotency-Key", d.Key)
	response, err := c.client.Do(request)
	if err != nil {
		return "", err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(response.Body, 64<<10))
	switch {
	case response.StatusCode == http.StatusTooManyRequests:
		seconds, _ := strconv.Atoi(response.Header.Get("Retry-After"))
		return "", engage.RetryAfter(fmt.Errorf("%s", response.Status), time.Duration(seconds)*time.Second)
	case response.StatusCode >= 500: // a gateway, say: the service may have it
		return "", fmt.Errorf("%w: %s", engage.ErrUnknownOutcome, response.Status)
	case response.StatusCode >= 400:
		return "", engage.Permanent(fmt.Errorf("%s: %s", response.Status, answer))
	case err != nil:
		return "", err
	}
	return string(answer), nil
}

// A host connects a platform with one method. What it cannot deliver now is tried again
// by Run.
func ExamplePlatform() {
	ctx := context.Background()
	busy := true
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if busy {
			w.Header().Set("Retry-After", "60")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		_, _ = io.WriteString(w, "message-1")
	}))
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	eng, err := engage.New(ctx, memory.New(), &engage.Options{
		Platforms: map[string]engage.Platform{"chat": chatService{service.Client(), service.URL}},
		Clock:     func() time.Time { return now },
	})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := eng.Sources.Create(ctx, interaction.Source{ID: "web", Type: "chat", Active: true}); err != nil {
		log.Fatal(err)
	}
	said, err := eng.Threads.Receive(ctx, engage.Inbound{
		SourceID: "web", Customer: engage.Account{ForeignID: "eve"}, Message: interaction.Message{Body: "Hello?"},
	})
	if err != nil {
		log.Fatal(err)
	}
	ann := eng.As(engage.Agent("ann"))
	if _, err := ann.Interventions.Engage(ctx, engage.Engagement{ThreadID: said.ThreadID}); err != nil {
		log.Fatal(err)
	}
	posted, err := ann.Contents.Post(ctx, engage.Post{ThreadID: said.ThreadID, Message: interaction.Message{Body: "Hi!"}})
	if err != nil {
		log.Fatal(err)
	}

	for range 2 {
		if _, err := eng.RunDue(ctx); err != nil {
			log.Fatal(err)
		}
		c, err := eng.Contents.Get(ctx, posted.ID)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(c.Synchronization.Status, c.ForeignID, c.Synchronization.Error)
		busy, now = false, now.Add(time.Minute)
	}
	service.Close()
	// Output:
	// export_pending  429 Too Many Requests
	// success message-1
}
