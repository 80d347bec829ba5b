package engage_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/messenger"
	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/sqlite"
)

// controlErrand is the variable of the environment that says what a process does that is to
// be killed.
const controlErrand = "ENGAGE_CONTROL_ERRAND"

// errand is what such a process needs to know.
type errand struct {
	Path   string `json:"path"`  // of the store
	Graph  string `json:"graph"` // where Messenger is
	AppID  string `json:"app_id"`
	Secret string `json:"secret"`
	Token  string `json:"token"`
	Seed   uint64 `json:"seed"`
}

// pagePlatform returns Messenger as that process sees it.
func (e errand) platform() (*messenger.Platform, error) {
	return messenger.New(messenger.Options{
		AppID: e.AppID, AppSecret: e.Secret, BaseURL: e.Graph,
		AccessToken: func(context.Context, interaction.Source) (string, error) { return e.Token, nil },
	})
}

// engine returns an Engine on the store. What takes minutes elsewhere takes moments here.
func (e errand) engine(ctx context.Context, clock func() time.Time) (*engage.Engine, store.Store, error) {
	platform, err := e.platform()
	if err != nil {
		return nil, nil, err
	}
	st, err := sqlite.Open(ctx, e.Path, &sqlite.Options{Synchronous: sqlite.Normal})
	if err != nil {
		return nil, nil, err
	}
	eng, err := engage.New(ctx, st, &engage.Options{
		Clock: clock, Platforms: map[string]engage.Platform{"page": platform},
		Jobs: engage.JobOptions{
			Timeout: 2 * time.Second, Lease: 3 * time.Second, MaxClockSkew: time.Millisecond, Poll: 10 * time.Millisecond,
			Backoff: func(int) time.Duration { return 20 * time.Millisecond },
		},
	})
	return eng, st, err
}

// webhook returns what takes the webhooks of Messenger.
func (e errand) webhook(eng *engage.Engine) (http.Handler, error) {
	return messenger.NewWebhook(messenger.WebhookOptions{
		AppID: e.AppID, AppSecret: e.Secret, VerifyToken: "token",
		Source: func(context.Context, string) (string, error) { return "page", nil },
		Receive: func(ctx context.Context, in engage.Inbound) error {
			_, err := eng.Threads.Receive(ctx, in)
			return err
		},
		Report: func(ctx context.Context, source string, r messenger.Report) error {
			_, err := eng.Control.Report(ctx, r.Control(source, e.AppID))
			return err
		},
	})
}

// TestControlErrand is what works in those processes until they are killed: agents and bots
// who do whatever moves control.
func TestControlErrand(t *testing.T) {
	t.Parallel()
	text := os.Getenv(controlErrand)
	if text == "" {
		t.Skip("it is started by TestControlOutlivesKills")
	}
	var e errand
	if err := json.Unmarshal([]byte(text), &e); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	eng, st, err := e.engine(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close() //nolint:errcheck // it is killed before
	hook := must(e.webhook(eng))(t)
	listener := must(new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0"))(t)
	go func() { _ = http.Serve(listener, hook) }() //nolint:gosec // it is killed
	go func() { _ = eng.Run(ctx) }()
	_, _ = fmt.Fprintf(os.Stdout, "\nlistens %s\n", listener.Addr())
	for n := range uint64(3) {
		go func() { e.work(ctx, eng, rand.New(rand.NewPCG(e.Seed, n))) }() //nolint:gosec // a test's luck
	}
	_, _ = io.Copy(io.Discard, os.Stdin) // ends with the process that has started this one
}

// killedCustomers are who writes on the page.
func killedCustomers() []string { return []string{"ada", "eve"} }

// work does whatever moves control, on and on.
func (e errand) work(ctx context.Context, eng *engage.Engine, rng *rand.Rand) {
	for n := 0; ctx.Err() == nil; n++ {
		name := killedCustomers()[rng.IntN(2)]
		agent := eng.As(engage.Agent(fmt.Sprint("agent-", rng.IntN(2))))
		with, live, err := newest(ctx, eng, name)
		request := handover.Request{IdentityForeignID: name, From: handover.Agent, To: handover.Bot, Type: "page", AppID: "bot"}
		switch what := rng.IntN(8); {
		case err != nil || with.ID == "":
		case what == 0:
			_, err = agent.Interventions.Engage(ctx, engage.Engagement{ThreadID: with.ID})
		case what < 3 && live != "":
			if _, err = eng.Interventions.Cancel(ctx, live); errors.Is(err, engage.ErrRefused) {
				_, err = eng.Interventions.Close(ctx, live, engage.Closing{})
			}
		case what == 3 && live != "":
			_, err = agent.Contents.Post(ctx, engage.Post{ThreadID: with.ID, Message: interaction.Message{Body: fmt.Sprint(e.Seed, n)}})
		case what < 7:
			request.WhenFree = what == 4
			_, err = eng.Control.Handover(ctx, request)
		default:
			request.From, request.To, request.AppID = handover.Bot, handover.Agent, ""
			_, err = eng.Control.Handover(ctx, request)
		}
		if err != nil && !errors.Is(err, engage.ErrRefused) && !errors.Is(err, engage.ErrNotFound) && !errors.Is(err, store.ErrUnavailable) {
			_, _ = fmt.Fprintln(os.Stdout, "failed", err)
		}
	}
}

// newest returns the thread with a customer, and the intervention that is engaged there.
func newest(ctx context.Context, eng *engage.Engine, customer string) (thread interaction.Thread, live string, err error) {
	threads, err := eng.Threads.List(ctx, engage.ThreadFilter{Limit: 100})
	if err != nil {
		return thread, "", err
	}
	for _, t := range threads.Items {
		identity, err := eng.Identities.Get(ctx, t.IdentityID)
		if err != nil {
			return thread, "", err
		}
		if identity.ForeignID == customer && t.Status == interaction.ThreadOpen {
			thread = t
			break
		}
	}
	if thread.ID == "" {
		return thread, "", nil
	}
	list, err := eng.Interventions.List(ctx, engage.InterventionFilter{IdentityID: thread.IdentityID, Limit: 1})
	if err == nil && len(list.Items) > 0 && list.Items[0].Status.Live() {
		live = list.Items[0].ID
	}
	return thread, live, err
}
