package engage_test

import (
	"context"
	"net/url"
	"os"
	"slices"
	"strings"
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
	their *messengertest.App // the bot's
	app   *messengertest.App // ours
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
	p.their = p.page.App("bot")
	p.bot = p.their.Bot()
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

// calls is a call of the bot to Messenger.
func (p *page) calls(verb messengertest.Verb, parameters map[string]any) {
	p.t.Helper()
	if a := must(p.their.Call(p.t.Context(), verb, parameters))(p.t); a.Code != 0 {
		p.t.Fatalf("the bot's %s: %s", verb, a.Message)
	}
}

// greets is what a customer writes.
func (p *page) greets() {
	p.page.Customer("ada").Writes("hello")
	p.settles()
}

// given lets the bot pass control to us.
func (p *page) given() {
	to := messengertest.To("ada")
	to["target_app_id"] = "desk"
	p.calls(messengertest.Pass, to)
	p.settles()
}

// asked are the calls that Messenger got, as "app verb", behind the first n: but for the
// question who has control, which changes nothing.
func (p *page) asked(n int) (calls []string) {
	for _, c := range p.world.Calls()[n:] {
		if c.Verb == messengertest.Owner {
			continue
		}
		calls = append(calls, c.App+" "+string(c.Verb))
		if c.Code != 0 {
			p.t.Errorf("the %s of %s was refused with %d", c.Verb, c.App, c.Code)
		}
	}
	return calls
}

// arrow is one of a workflow of seed 001, and what it comes to: which calls Messenger
// gets, and who has control afterwards.
type arrow struct {
	says  string // in the words of the diagram in handover/CONTROL.md
	does  func(p *page)
	calls []string // "app verb"
	owner handover.Owner
	// untold says that our app is told of the owner only when it is written to as who
	// stands by.
	untold bool
}

// The arrows that several workflows have.
var (
	botAnswers = arrow{says: "BOT->>Customer: answers", owner: handover.Bot, calls: []string{"bot messages"}, does: func(p *page) {
		p.calls(messengertest.Send, messengertest.Text("ada", "Beep."))
		p.settles()
		p.reads("bot", "Beep.")
	}}
	botGives = arrow{says: "BOT->>ED: gives thread control via ED API", owner: handover.Bot, calls: []string{"desk request_thread_control"}, does: func(p *page) {
		if err := p.requests("from=bot&to=agent"); err != nil {
			p.t.Fatal(err)
		}
		p.settles()
		heard := p.bot.Heard()
		if last := heard[len(heard)-1]; last.Kind != string(messengertest.Request) || last.App != "desk" {
			p.t.Errorf("the bot is told %+v", last)
		}
	}}
	botPasses    = arrow{says: "BOT->>ED: passes thread control via FB API", owner: handover.Agent, calls: []string{"bot pass_thread_control"}, does: (*page).given}
	agentAnswers = arrow{says: "Agent->>Customer: answers", owner: handover.Agent, calls: []string{"desk messages"}, does: func(p *page) {
		p.engages(ann, p.last.ThreadID) // in which she is already, where she has interrupted the bot
		p.settles()
		p.replies(ann, p.last.ThreadID, "Ann here.")
		p.settles()
		p.reads("desk", "Ann here.")
	}}
	agentCloses = arrow{says: "Agent->>ED: closes the intervention, control is released", owner: handover.Idle, calls: []string{"desk release_thread_control"}, does: func(p *page) {
		if err := p.requests("from=agent&to=bot&app_id=bot"); handover.RefusedBy(err) != handover.CodeEngaged {
			p.t.Errorf("the request for control while ann is engaged: %v", err)
		}
		i := p.engages(ann, p.last.ThreadID)
		must(p.As(ann).Interventions.Close(p.t.Context(), i.ID, engage.Closing{}))(p.t)
		p.settles()
	}}
)

// The four workflows of seed 001, "Workflow", against Messenger's own rules: each arrow in
// the order of the diagrams, and what Messenger is asked by it.
func TestWorkflowsOfTheSeed(t *testing.T) {
	t.Parallel()
	for _, flow := range []struct {
		title    string
		by       messengertest.Generation
		ours     bool // our app is primary, where one is
		settings handover.Settings
		arrows   []arrow
	}{
		{"Bot primary", messengertest.HandoverPrimary, false, handover.Settings{Primary: handover.Bot, BotApp: "bot"}, []arrow{
			{says: "Customer->>BOT: message", owner: handover.Bot, does: (*page).greets},
			botAnswers, botGives, botPasses, agentAnswers, agentCloses,
			{says: "Customer->>BOT: message", owner: handover.Bot, does: (*page).greets},
		}},
		{"ED primary", messengertest.HandoverPrimary, true, handover.Settings{Primary: handover.Agent}, []arrow{
			{says: "Customer->>ED: message", owner: handover.Agent, does: (*page).greets},
			{says: "BOT->>ED: requests thread control via ED API", owner: handover.Agent, does: func(p *page) {
				if err := p.requests("from=agent&to=bot&app_id=bot"); err != nil {
					p.t.Fatal(err)
				}
			}},
			{says: "ED->>BOT: passes thread control via FB API", owner: handover.Bot, calls: []string{"desk pass_thread_control"}, does: (*page).settles},
			botAnswers, botGives, botPasses, agentAnswers, agentCloses,
			{says: "Customer->>ED: message", owner: handover.Agent, does: (*page).greets},
		}},
		{"No specified primary", messengertest.Handover, false, handover.Settings{BotApp: "bot"}, []arrow{
			{says: "Customer->>IDLE: message", owner: handover.Idle, does: (*page).greets},
			{
				says:  "BOT->>IDLE: requests (and automatically gets) control via FB API",
				owner: handover.Bot, untold: true, calls: []string{"bot request_thread_control"},
				does: func(p *page) {
					p.calls(messengertest.Request, messengertest.To("ada"))
					p.settles()
				},
			},
			botAnswers, botGives, botPasses, agentAnswers, agentCloses,
			{says: "Customer->>IDLE: message", owner: handover.Idle, does: (*page).greets},
		}},
		{"When agent interrupts bot", messengertest.HandoverPrimary, false, handover.Settings{Primary: handover.Bot, BotApp: "bot"}, []arrow{
			{says: "Customer->>BOT: message", owner: handover.Bot, does: (*page).greets},
			botAnswers,
			{says: "Agent->>ED: opens an intervention", owner: handover.Bot, does: func(p *page) { p.engages(ann, p.last.ThreadID) }},
			{says: "ED->>BOT: requests control via FB API", owner: handover.Bot, calls: []string{"desk request_thread_control"}, does: (*page).settles},
			{says: "BOT->>ED: gives control via FB API", owner: handover.Agent, calls: []string{"bot pass_thread_control"}, does: (*page).given},
			agentAnswers, agentCloses,
		}},
	} {
		t.Run(flow.title, func(t *testing.T) {
			t.Parallel()
			var says []string
			for _, a := range flow.arrows {
				says = append(says, a.says)
			}
			if drawn := arrowsOf(t, flow.title); !slices.Equal(says, drawn) {
				t.Fatalf("the arrows are %q, and handover/CONTROL.md has %q", says, drawn)
			}
			p := newPage(t, flow.by, flow.ours, flow.settings)
			p.bot.Ignores(true) // what it does is what the workflow says
			for _, a := range flow.arrows {
				before := len(p.world.Calls())
				a.does(p)
				calls := p.asked(before)
				if !slices.Equal(calls, a.calls) {
					t.Errorf("%s: Messenger gets %q, want %q", a.says, calls, a.calls)
				}
				if a.untold {
					expect(t, "who has control on Messenger", p.page.Owner("ada"), "bot")
				} else {
					p.owner(a.owner)
				}
				if t.Failed() {
					t.Fatalf("that was: %s", a.says)
				}
			}
		})
	}
}

// arrowsOf returns the arrows of a workflow that handover/CONTROL.md draws.
func arrowsOf(t *testing.T, title string) (arrows []string) {
	t.Helper()
	_, drawn, found := strings.Cut(string(must(os.ReadFile("handover/CONTROL.md"))(t)), "\n## "+title+"\n")
	if !found {
		t.Fatalf("handover/CONTROL.md does not draw %q", title)
	}
	drawn, _, _ = strings.Cut(drawn, "\n## ")
	for line := range strings.Lines(drawn) {
		if line = strings.TrimSpace(line); strings.Contains(line, "->>") {
			arrows = append(arrows, line)
		}
	}
	return arrows
}

// "When an agent tries to send a message via ED while another app has thread control we
// will either request thread control if Bot app is primary, or take thread control if ED
// app is primary. After that we will retry the synchronization of the content" (seed 001,
// "HOP features").
func TestAgentsSendWhileTheBotHasControl(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name     string
		ours     bool
		settings handover.Settings
		want     []string
	}{
		{"bot primary", false, handover.Settings{Primary: handover.Bot, BotApp: "bot"}, []string{"desk request_thread_control", "bot pass_thread_control", "desk messages"}},
		{"agents primary", true, handover.Settings{Primary: handover.Agent}, []string{"desk take_thread_control", "desk messages"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			p := newPage(t, messengertest.HandoverPrimary, row.ours, row.settings)
			p.greets()
			if row.ours {
				if err := p.requests("from=agent&to=bot&app_id=bot"); err != nil {
					t.Fatal(err)
				}
				p.settles()
			}
			p.owner(handover.Bot)
			before := len(p.world.Calls())
			p.engages(ann, p.last.ThreadID)
			posted := p.replies(ann, p.last.ThreadID, "Ann here.")
			expect(t, "status", must(p.Contents.Get(t.Context(), posted.ID))(t).Synchronization.Status, interaction.SyncPending)
			p.settles()
			expect(t, "status", must(p.Contents.Get(t.Context(), posted.ID))(t).Synchronization.Status, interaction.SyncSuccess)
			p.owner(handover.Agent)
			p.reads("desk", "Ann here.")
			if calls := p.asked(before); !slices.Equal(calls, row.want) {
				t.Errorf("Messenger gets %q, want %q", calls, row.want)
			}
		})
	}
}
