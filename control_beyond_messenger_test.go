package engage_test

import (
	"context"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/messenger"
	"github.com/engage-interactions/engage/messenger/messengertest"
)

// connected is a page on Messenger whose webhooks go to the Engine as they do in earnest.
// Its source has the ID of the page.
type connected struct {
	*desk

	world     *messengertest.Messenger
	page      *messengertest.Page
	bot, ours *messengertest.App
	eve       messengertest.Customer
}

// connect returns one: lead is the app that comes first, "bot" or "desk".
func connect(t *testing.T, by messengertest.Generation, lead string, settings handover.Settings, options ...messengertest.AppOption) *connected {
	t.Helper()
	c := &connected{}
	c.desk = newDesk(t, func(o *engage.Options) {
		c.world = messengertest.New(o.Clock)
		t.Cleanup(c.world.Close)
		c.page = c.world.Page("page", by)
		if lead == "bot" {
			c.bot = c.page.App("bot")
		}
		c.ours = c.page.App("desk", append(options, messengertest.NeedsProof())...)
		if c.bot == nil {
			c.bot = c.page.App("bot")
		}
		o.Platforms["page"] = must(messenger.New(messenger.Options{
			AppID: c.ours.ID, AppSecret: c.ours.Secret, HTTPClient: c.world.Client(),
			AccessToken: func(context.Context, interaction.Source) (string, error) { return c.ours.Token, nil },
		}))(t)
	})
	c.eve = c.page.Customer("eve")
	c.bot.Bot()
	must(c.Sources.Create(t.Context(), interaction.Source{ID: "page", Type: "page", Active: true, MaxBody: messenger.MaxBody}))(t)
	if err := c.Control.Configure(t.Context(), "page", settings); err != nil {
		t.Fatal(err)
	}
	c.ours.Subscribe(must(messenger.NewWebhook(messenger.WebhookOptions{
		AppID: c.ours.ID, AppSecret: c.ours.Secret, VerifyToken: "token", Engine: c.Engine,
	}))(t))
	return c
}

// settles lets everything that is on its way arrive.
func (c *connected) settles() {
	c.t.Helper()
	c.clock.pass(time.Second)
	for range 20 {
		c.runs()
		if c.world.Deliver(c.t.Context()) == 0 {
			return
		}
	}
	c.t.Fatal("it does not come to rest")
}

// says is what eve writes.
func (c *connected) says(text string) {
	c.t.Helper()
	c.eve.Writes(text)
	c.settles()
}

// thread is that of the conversation with eve.
func (c *connected) thread() interaction.Thread {
	c.t.Helper()
	return must(c.Threads.List(c.t.Context(), engage.ThreadFilter{}))(c.t).Items[0]
}

// control is that of the conversation with eve.
func (c *connected) control() handover.Control {
	c.t.Helper()
	contents := must(c.Contents.List(c.t.Context(), engage.ContentFilter{ThreadID: c.thread().ID}))(c.t)
	return must(c.Control.Get(c.t.Context(), "page", contents.Items[0].IdentityID))(c.t)
}

// has checks who has control, as we know it and as Messenger does.
func (c *connected) has(owner handover.Owner) {
	c.t.Helper()
	now := c.control()
	app := map[handover.Owner]string{handover.Agent: "desk", handover.Bot: "bot"}[owner]
	if got := c.page.Owner("eve"); now.Owner != owner || got != app {
		c.t.Fatalf("%v has control, and on Messenger %q, want %s; under way: %+v", now.Party, got, owner, now.Verb)
	}
}

// answers is an agent who answers eve; it checks that eve reads it in the end.
func (c *connected) answers(text string) {
	c.t.Helper()
	c.replies(ann, c.thread().ID, text)
	c.settles()
}

// reads checks what eve has read last: it is of ours.
func (c *connected) reads(text string) {
	c.t.Helper()
	all := c.eve.Reads()
	if last := all[len(all)-1]; last.App != "desk" || last.Text != text {
		c.t.Fatalf("eve has read %q of %q last, want %q of ours", last.Text, last.App, text)
	}
}

// passes is the bot that passes control to us.
func (c *connected) passes() {
	c.t.Helper()
	to := messengertest.To("eve")
	to["target_app_id"] = "desk"
	if a := must(c.bot.Call(c.t.Context(), messengertest.Pass, to))(c.t); !a.Success {
		c.t.Fatalf("the bot passes control: %+v", a)
	}
	c.settles()
}

// ends is ann who closes what she has open.
func (c *connected) ends() {
	c.t.Helper()
	open := must(c.Interventions.List(c.t.Context(), engage.InterventionFilter{ThreadID: c.thread().ID, Status: interaction.InterventionOpen}))(c.t)
	must(c.As(ann).Interventions.Close(c.t.Context(), open.Items[0].ID, engage.Closing{}))(c.t)
}

// closes is ann who is done, and what comes of it.
func (c *connected) closes() {
	c.t.Helper()
	c.ends()
	c.settles()
}

// Where no app comes first, nobody has control until somebody asks for it, and agents do.
func TestPagesOfWhichNoAppIsFirst(t *testing.T) {
	t.Parallel()
	for _, by := range []messengertest.Generation{messengertest.Handover, messengertest.ZeroConfig} {
		t.Run(string(by), func(t *testing.T) {
			t.Parallel()
			c := connect(t, by, "", handover.Settings{BotApp: "bot"})
			c.says("hello")
			c.has(handover.Idle)
			c.engages(ann, c.thread().ID)
			c.answers("Ann here.")
			c.has(handover.Agent)
			c.reads("Ann here.")
			c.closes()
			c.has(handover.Idle)
			// The bot has claimed it by itself: we see that from what it writes.
			if a := must(c.bot.Call(t.Context(), messengertest.Request, messengertest.To("eve")))(t); !a.Success {
				t.Fatalf("the bot claims control: %+v", a)
			}
			must(c.bot.Call(t.Context(), messengertest.Send, messengertest.Text("eve", "Beep.")))(t)
			c.settles()
			c.has(handover.Bot)
			c.engages(ann, c.thread().ID)
			c.answers("Ann again.") // the bot passes control on request
			c.has(handover.Agent)
			c.reads("Ann again.")
		})
	}
}

// Conversation routing knows no request where an app is the default one: control is taken
// where the page lets us, and else the bot is asked by an event. A conversation that
// nobody has, agents get in any case.
func TestPagesWithADefaultApp(t *testing.T) {
	t.Parallel()
	byDefault := handover.Settings{Primary: handover.Bot, BotApp: "bot", NoRequest: true}
	permitted := byDefault
	permitted.MayTake = true
	ours := handover.Settings{Primary: handover.Agent, BotApp: "bot", NoRequest: true}
	for _, row := range []struct {
		name     string
		lead     string
		settings handover.Settings
		options  []messengertest.AppOption
		asks     bool
	}{
		{"the bot's, and we may take control", "bot", permitted, []messengertest.AppOption{messengertest.MayTake()}, false},
		{"the bot's, and we are thought to be let", "bot", permitted, nil, true},
		{"the bot's, and we may not take it", "bot", byDefault, nil, true},
		{"ours, and we may take control", "desk", ours, []messengertest.AppOption{messengertest.MayTake()}, false},
		{"ours, and we may not take it", "desk", ours, nil, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			c := connect(t, messengertest.Routing, row.lead, row.settings, row.options...)
			c.says("hello")
			if row.lead == "desk" {
				c.has(handover.Agent)
				must(c.Control.Handover(t.Context(), handover.Request{
					IdentityForeignID: "eve", From: handover.Agent, To: handover.Bot, Type: "page", AppID: "bot",
				}))(t)
				c.settles()
			}
			c.has(handover.Bot)
			after := c.lastEvent(0)
			c.engages(ann, c.thread().ID)
			c.answers("Ann here.")
			if row.asks {
				c.has(handover.Bot)
				if v := c.control().Verb; v == nil || v.Kind != handover.VerbAsk || v.Stage != handover.StageAsked {
					t.Fatalf("under way: %+v", v)
				}
				_, kinds := controlEvents(t, c.Engine, after)
				expect(t, "events that ask the bot", countOf(kinds, engage.EventControlRequested), 1)
				c.passes()
			}
			c.has(handover.Agent)
			c.reads("Ann here.")
			c.closes()
			c.has(handover.Idle)
			c.engages(ann, c.thread().ID)
			c.answers("One more thing.") // nobody else is asked
			c.has(handover.Agent)
			c.reads("One more thing.")
		})
	}
}

// What the bot writes while it has control comes as an echo for who stands by: it stands in
// the thread as the bot's, once, and neither opens anything nor counts as the customer's.
func TestWhatABotWritesIsReceived(t *testing.T) {
	t.Parallel()
	c := connect(t, messengertest.HandoverPrimary, "bot", handover.Settings{Primary: handover.Bot, BotApp: "bot"})
	c.bot.Bot().Answers(func(text string) string { return "You say " + text })
	c.says("one")
	c.says("two")
	c.world.Rearrange(func(pending []messengertest.Hook) []messengertest.Hook { return append(pending, pending...) })
	c.settles()
	c.has(handover.Bot)
	var said []string
	for _, content := range must(c.Contents.List(t.Context(), engage.ContentFilter{ThreadID: c.thread().ID}))(t).Items {
		said = append(said, string(content.Creator.Type)+": "+content.Body)
	}
	expect(t, "what stands in the thread", said, []string{": one", "bot: You say one", ": two", "bot: You say two"})
	expect(t, "interventions", len(must(c.Interventions.List(t.Context(), engage.InterventionFilter{ThreadID: c.thread().ID}))(t).Items), 0)
}

// Messenger ends control that nobody uses, and tells nobody. What agents write then
// arrives nevertheless, whoever has control meanwhile.
func TestControlThatMessengerHasEnded(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name     string
		by       messengertest.Generation
		settings handover.Settings
		writes   bool // eve, so that the bot has control
	}{
		{"nobody has it", messengertest.HandoverPrimary, handover.Settings{Primary: handover.Bot, BotApp: "bot"}, false},
		{"the bot has it", messengertest.HandoverPrimary, handover.Settings{Primary: handover.Bot, BotApp: "bot"}, true},
		{"nobody has it, and only the default app may write", messengertest.Routing, handover.Settings{Primary: handover.Bot, BotApp: "bot", NoRequest: true, MayTake: true}, false},
		{"the bot has it by routing", messengertest.Routing, handover.Settings{Primary: handover.Bot, BotApp: "bot", NoRequest: true, MayTake: true}, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			c := connect(t, row.by, "bot", row.settings, messengertest.MayTake())
			c.says("hello")
			c.engages(ann, c.thread().ID)
			c.answers("Ann here.")
			c.has(handover.Agent)
			c.clock.pass(25 * time.Hour)
			c.settles()
			expect(t, "who we think has control", c.control().Owner, handover.Agent) // ann is engaged
			if row.writes {
				c.says("still there?")
				expect(t, "who has control on Messenger", c.page.Owner("eve"), "bot")
			} else {
				expect(t, "who has control on Messenger", c.page.Owner("eve"), "")
			}
			c.answers("Ann again.")
			for range 3 { // what was refused is tried again later
				c.clock.pass(10 * time.Minute)
				c.settles()
			}
			c.reads("Ann again.")
			var said int
			for _, m := range c.eve.Reads() {
				if m.Text == "Ann again." {
					said++
				}
			}
			expect(t, "how often eve reads it", said, 1)
		})
	}
	c := connect(t, messengertest.HandoverPrimary, "desk", handover.Settings{Primary: handover.Agent})
	c.says("hello")
	c.has(handover.Agent)
	c.clock.pass(25 * time.Hour)
	c.settles() // we release what Messenger has ended already
	c.has(handover.Idle)
	expect(t, "what is under way", c.control().Verb == nil, true)
}
