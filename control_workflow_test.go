package engage_test

import (
	"context"
	"net/url"
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/messenger"
	"github.com/engage-interactions/engage/messenger/messengertest"
)

// page is a page on Messenger with a bot's app and ours, whose source "page" has thread
// control.
type page struct {
	*desk

	world *messengertest.Messenger
	page  *messengertest.Page
	bot   *messengertest.Bot
	app   *messengertest.App
	last  engage.Received
}

// newPage returns a page under a generation of rules. ours says that our app comes first,
// and so is primary where there is one.
func newPage(t *testing.T, by messengertest.Generation, ours bool, settings handover.Settings) *page {
	t.Helper()
	p := &page{}
	p.world = messengertest.New(nil)
	t.Cleanup(p.world.Close)
	p.page = p.world.Page("page", by)
	join := func() { p.app = p.page.App("desk", messengertest.NeedsProof()) }
	if ours {
		join()
	}
	p.bot = p.page.App("bot").Bot()
	if !ours {
		join()
	}
	platform := must(messenger.New(messenger.Options{
		AppID: p.app.ID, AppSecret: p.app.Secret, HTTPClient: p.world.Client(),
		AccessToken: func(context.Context, interaction.Source) (string, error) { return p.app.Token, nil },
	}))(t)
	p.desk = newDesk(t, func(o *engage.Options) { o.Platforms["page"] = platform })
	must(p.Sources.Create(t.Context(), interaction.Source{ID: "page", Type: "page", Active: true, MaxBody: messenger.MaxBody}))(t)
	if err := p.Control.Configure(t.Context(), "page", settings); err != nil {
		t.Fatal(err)
	}
	p.app.Subscribe(must(messenger.NewWebhook(messenger.WebhookOptions{
		AppID: p.app.ID, AppSecret: p.app.Secret, VerifyToken: "token",
		Source: func(context.Context, string) (string, error) { return "page", nil },
		Receive: func(ctx context.Context, in engage.Inbound) (err error) {
			received, err := p.Threads.Receive(ctx, in)
			if err == nil && in.Echo == nil {
				p.last = received
			}
			return err
		},
		Report: func(ctx context.Context, source string, r messenger.Report) error {
			_, err := p.Control.Report(ctx, r.Control(source, p.app.ID))
			return err
		},
	}))(t))
	return p
}

// settles lets everything that is on its way arrive.
func (p *page) settles() {
	p.t.Helper()
	for range 20 {
		p.runs()
		if p.world.Deliver(p.t.Context()) == 0 {
			return
		}
	}
	p.t.Fatal("it does not come to rest")
}

// owner checks who has control, as we know it and as Messenger does.
func (p *page) owner(want handover.Owner) {
	p.t.Helper()
	c := must(p.Control.Get(p.t.Context(), "page", p.last.IdentityID))(p.t)
	if c.Owner != want {
		p.t.Fatalf("%v has control, want %s; under way: %+v", c.Party, want, c.Verb)
	}
	app := map[handover.Owner]string{handover.Agent: p.app.ID, handover.Bot: "bot", handover.Idle: ""}[want]
	if got := p.page.Owner("ada"); got != app {
		p.t.Fatalf("on Messenger %q has control, want %q", got, app)
	}
}

// requests sends a request as the seed writes it.
func (p *page) requests(query string) error {
	p.t.Helper()
	r, err := handover.ParseRequest(must(url.ParseQuery("access_token=secret&identity_foreign_id=ada&type=page&" + query))(p.t))
	if err != nil {
		return err
	}
	_, err = p.As(robot).Control.Handover(p.t.Context(), r)
	return err
}

// reads checks what the customer has read last.
func (p *page) reads(app, text string) {
	p.t.Helper()
	all := p.page.Customer("ada").Reads()
	last := all[len(all)-1]
	if last.App != app || last.Text != text {
		p.t.Fatalf("the customer read %q of %q last, want %q of %q", last.Text, last.App, text, app)
	}
}

// answersAndCloses is how each of the seed's workflows ends.
func (p *page) answersAndCloses() {
	p.t.Helper()
	i := p.engages(ann, p.last.ThreadID)
	p.settles()
	p.replies(ann, p.last.ThreadID, "Ann here.")
	p.settles()
	p.owner(handover.Agent)
	p.reads(p.app.ID, "Ann here.")
	if err := p.requests("from=agent&to=bot&app_id=bot"); handover.RefusedBy(err) != handover.CodeEngaged {
		p.t.Fatalf("the request for control while ann is engaged: %v", err)
	}
	must(p.As(ann).Interventions.Close(p.t.Context(), i.ID, engage.Closing{}))(p.t)
	p.settles()
	p.owner(handover.Idle)
}

// The four workflows of seed 001, "Workflow", against Messenger's own rules.
func TestWorkflowsOfTheSeed(t *testing.T) {
	t.Parallel()
	writes := func(p *page, text string) {
		p.page.Customer("ada").Writes(text)
		p.settles()
	}
	t.Run("bot primary", func(t *testing.T) {
		t.Parallel()
		p := newPage(t, messengertest.HandoverPrimary, false, handover.Settings{Primary: handover.Bot, BotApp: "bot"})
		p.bot.Answers(func(string) string { return "Beep." })
		writes(p, "hello")
		p.owner(handover.Bot)
		p.reads("bot", "Beep.")
		if err := p.requests("from=bot&to=agent"); err != nil {
			t.Fatal(err)
		}
		p.bot.Answers(nil)
		p.settles()
		p.owner(handover.Agent)
		p.answersAndCloses()
		writes(p, "thanks")
		p.owner(handover.Bot)
	})
	t.Run("agents primary", func(t *testing.T) {
		t.Parallel()
		p := newPage(t, messengertest.HandoverPrimary, true, handover.Settings{Primary: handover.Agent})
		writes(p, "hello")
		p.owner(handover.Agent)
		if err := p.requests("from=agent&to=bot&app_id=bot"); err != nil {
			t.Fatal(err)
		}
		p.settles()
		p.owner(handover.Bot)
		if err := p.requests("from=bot&to=agent"); err != nil {
			t.Fatal(err)
		}
		p.settles()
		p.owner(handover.Agent)
		p.answersAndCloses()
	})
	t.Run("an agent interrupts the bot", func(t *testing.T) {
		t.Parallel()
		p := newPage(t, messengertest.HandoverPrimary, false, handover.Settings{Primary: handover.Bot, BotApp: "bot"})
		writes(p, "hello")
		p.owner(handover.Bot)
		p.answersAndCloses()
	})
}
