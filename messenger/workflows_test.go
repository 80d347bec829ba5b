package messenger_test

import (
	"context"
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/messenger"
	"github.com/engage-interactions/engage/messenger/messengertest"
)

// workflow is one of those of the seed, on its way.
type workflow struct {
	t         *testing.T
	m         *messengertest.Messenger
	page      *messengertest.Page
	bot, desk *messengertest.App
	ours      *messenger.Platform
	reports   []handover.Party // who has control, as our app is told
}

// begin makes a page whose primary app is that one; without one: none is.
func begin(t *testing.T, primary string) *workflow {
	t.Helper()
	w := &workflow{t: t, m: messengertest.New(nil)}
	generation := messengertest.HandoverPrimary
	if primary == "" {
		generation = messengertest.Handover
	}
	w.page = w.m.Page("page", generation)
	w.bot, w.desk = w.page.App("bot"), w.page.App("desk", messengertest.NeedsProof())
	if primary == "desk" {
		w.page.Lead(w.desk)
	}
	webhook, err := messenger.NewWebhook(messenger.WebhookOptions{
		AppID: "desk", AppSecret: w.desk.Secret, VerifyToken: "v3rify",
		Source:  func(context.Context, string) (string, error) { return "page", nil },
		Receive: func(context.Context, engage.Inbound) error { return nil },
		Report: func(_ context.Context, _ string, r messenger.Report) error {
			if r.Kind == messenger.ReportOwner && !r.Concluded {
				w.reports = append(w.reports, r.Party)
			}
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.desk.Subscribe(webhook)
	w.bot.Bot()
	w.ours = platform(t, w.m, w.desk)
	return w
}

// owner checks who has control, once everybody was told of what has happened.
func (w *workflow) owner(want string) {
	w.t.Helper()
	w.m.Deliver(w.t.Context())
	if got := w.page.Owner("ada"); got != want {
		w.t.Errorf("%q has control, want %q", got, want)
	}
}

// writes has the customer write.
func (w *workflow) writes() { w.page.Customer("ada").Writes("Hello?") }

// does is a call of the bot.
func (w *workflow) does(verb messengertest.Verb, parameters map[string]any) {
	w.t.Helper()
	if a, err := w.bot.Call(w.t.Context(), verb, parameters); err != nil || a.Code != 0 {
		w.t.Errorf("the bot's %s: %+v, %v", verb, a, err)
	}
}

// answers has the bot write to the customer.
func (w *workflow) answers() {
	w.t.Helper()
	w.does(messengertest.Send, messengertest.Text("ada", "Beep."))
}

// requests asks the bot for control, as the handover from bot to agent does, or an agent
// who interrupts; the bot passes it.
func (w *workflow) requests() {
	w.t.Helper()
	if granted, err := w.ours.Request(w.t.Context(), handling("")); granted || err != nil {
		w.t.Errorf("granted: %v, %v", granted, err)
	}
	w.owner("desk")
	if n := len(w.reports); n != 1 || w.reports[0] != ours {
		w.t.Errorf("reports: %v", w.reports)
	}
}

// closes has an agent answer, and release control with the intervention.
func (w *workflow) closes() {
	w.t.Helper()
	if _, err := w.ours.Send(w.t.Context(), delivery("Ann here.")); err != nil {
		w.t.Error(err)
	}
	if err := w.ours.Release(w.t.Context(), handling("")); err != nil {
		w.t.Error(err)
	}
	w.owner("")
	if failed := len(w.reports) > 1; failed {
		w.t.Errorf("reports: %v", w.reports)
	}
}

// TestWorkflows runs the workflows of seed 001 from the first message to the release, and
// to whom the customer's next message goes.
func TestWorkflows(t *testing.T) {
	t.Parallel()
	t.Run("bot primary", func(t *testing.T) {
		t.Parallel()
		w := begin(t, "bot")
		w.writes()
		w.owner("bot")
		w.answers()
		w.requests()
		w.closes()
		w.writes()
		w.owner("bot")
	})
	t.Run("ED primary", func(t *testing.T) {
		t.Parallel()
		w := begin(t, "desk")
		w.writes()
		w.owner("desk")
		if err := w.ours.Pass(t.Context(), handling("bot")); err != nil {
			t.Error(err)
		}
		w.owner("bot")
		w.answers()
		w.requests()
		w.closes()
		w.writes()
		w.owner("desk")
	})
	t.Run("no specified primary", func(t *testing.T) {
		t.Parallel()
		w := begin(t, "")
		w.writes()
		w.owner("")
		w.does(messengertest.Request, messengertest.To("ada"))
		w.owner("bot")
		w.answers()
		w.requests()
		w.closes()
		w.writes()
		w.owner("")
	})
	t.Run("an agent interrupts the bot", func(t *testing.T) {
		t.Parallel()
		w := begin(t, "bot")
		w.writes()
		w.owner("bot")
		w.answers()
		if _, err := w.ours.Send(t.Context(), delivery("Ann here.")); err == nil {
			t.Error("an agent writes while the bot has control")
		}
		w.requests()
		w.closes()
	})
}
