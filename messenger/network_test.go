package messenger_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/messenger"
	"github.com/engage-interactions/engage/messenger/messengertest"
)

// TestOverTheNetwork sends through sockets: what breaks on the way is left open, where no
// server is it is not.
func TestOverTheNetwork(t *testing.T) {
	t.Parallel()
	m := messengertest.New(nil)
	page := m.Page("page", messengertest.Handover)
	desk := page.App("desk")
	desk.Subscribe(http.NotFoundHandler())
	ada := page.Customer("ada")
	ada.Writes("Hello?")
	server := httptest.NewServer(m)
	p, err := messenger.New(messenger.Options{
		AppID: desk.ID, AppSecret: desk.Secret, BaseURL: server.URL + "/v25.0",
		AccessToken: func(context.Context, interaction.Source) (string, error) { return desk.Token, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	if mid, err := p.Send(t.Context(), delivery("Hi!")); err != nil || mid == "" {
		t.Errorf("%q, %v", mid, err)
	}
	m.Will(messengertest.DoThen(messengertest.Break()))
	if got := made(t, p); got != "nobody knows" {
		t.Errorf("what breaks on the way: %s", got)
	}
	if got := len(ada.Reads()); got != 3 {
		t.Errorf("ada reads %d messages", got)
	}
	server.Close()
	if got := made(t, p); got != "tried again" {
		t.Errorf("where no server is: %s", got)
	}
}

// TestRedirects shows that a token is not taken elsewhere.
func TestRedirects(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { calls.Add(1) }))
	defer elsewhere.Close()
	server := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect))
	defer server.Close()
	p, err := messenger.New(messenger.Options{
		AppID: "desk", BaseURL: server.URL,
		AccessToken: func(context.Context, interaction.Source) (string, error) { return token, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.Send(t.Context(), delivery("Hi!"))
	if e, ok := errors.AsType[*messenger.Error](err); !ok || e.Status != http.StatusTemporaryRedirect || calls.Load() != 0 {
		t.Errorf("%v, after %d calls", err, calls.Load())
	}
}

// TestContext gives up when the context ends: nobody knows then.
func TestContext(t *testing.T) {
	t.Parallel()
	for _, verb := range []string{"send", "take", "request", "pass", "release", "extend", "owner"} {
		synctest.Test(t, func(t *testing.T) {
			m := messengertest.New(nil)
			page := m.Page("page", messengertest.HandoverPrimary)
			desk := page.App("desk")
			page.App("bot")
			page.SetOwner("ada", "desk")
			m.Will(messengertest.Hang())
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			_, err := perform(ctx, platform(t, m, desk), verb)
			var word interface{ NotDelivered() bool }
			if !errors.Is(err, context.DeadlineExceeded) || errors.As(err, &word) {
				t.Errorf("%s: %v", verb, err)
			}
			m.Close()
		})
	}
}

// TestARefusalWhoseOwnerIsNotKnown shows that a verb stays refused if Messenger does not
// say who has control.
func TestARefusalWhoseOwnerIsNotKnown(t *testing.T) {
	t.Parallel()
	m := messengertest.New(nil)
	page := m.Page("page", messengertest.Routing)
	page.App("first")
	desk := page.App("desk", messengertest.MayTake())
	page.SetOwner("ada", "desk")
	m.Will(messengertest.Fail(500, 2, 0, "later"), messengertest.Owner)
	err := platform(t, m, desk).Take(t.Context(), handling(""))
	e, ok := errors.AsType[*messenger.Error](err)
	if !ok || e.Code != 100 || errors.Is(err, engage.ErrUnknownOutcome) {
		t.Errorf("%v", err)
	}
}

// TestARequestOfWhatIsOurs shows that to request what our app has is to be granted it, even
// if Messenger says only once who has it.
func TestARequestOfWhatIsOurs(t *testing.T) {
	t.Parallel()
	m := messengertest.New(nil)
	page := m.Page("page", messengertest.Handover)
	desk := page.App("desk")
	page.SetOwner("ada", "desk")
	m.Will(messengertest.Behaviour{}, messengertest.Owner)
	m.Will(messengertest.Fail(500, 2, 0, "later"), messengertest.Owner)
	if granted, err := platform(t, m, desk).Request(t.Context(), handling("")); !granted || err != nil {
		t.Errorf("granted: %v, %v", granted, err)
	}
}
