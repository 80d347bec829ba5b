package engage_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
)

// controlledDesk is a helpDesk on whose source one side at a time may write: the bot "helper",
// or the agents. The Engine itself is the arbiter, for the platform knows nothing of control.
func controlledDesk(primary handover.Owner) *helpDesk {
	d := newHelpDesk()
	check(d.Control.Configure(context.Background(), "web", handover.Settings{Primary: primary, BotApp: "helper"}))
	return d
}

// asks is a request of the bot for control to be handed over, with ada.
func asks(from, to handover.Owner) handover.Request {
	return handover.Request{IdentityForeignID: "ada", From: from, To: to, Type: "chat", AppID: "helper"}
}

// hasControl says who may write to a customer.
func (d *helpDesk) hasControl(identityID string) string {
	return done(d.Control.Get(context.Background(), "web", identityID)).Party.String() + " has control"
}

// answers is what the bot does: it engages and posts.
func (d *helpDesk) answers(received engage.Received) {
	bot := engage.Bot("helper")
	d.engages(bot, received.ThreadID)
	done(d.As(bot).Contents.Post(context.Background(), says(received.ThreadID, "Have you tried turning it off and on?")))
}

// Which side is primary is set up for a source: it has control when a customer writes. Without
// a primary side nobody has it then.
func ExampleControl_Configure() {
	ctx := context.Background()
	d := newHelpDesk()
	for _, primary := range []handover.Owner{handover.Bot, handover.Agent, ""} {
		check(d.Control.Configure(ctx, "web", handover.Settings{Primary: primary, BotApp: "helper"}))
		received := d.writes("customer of "+string(primary), "Hello?")
		fmt.Println(d.hasControl(received.IdentityID))
	}
	// Output:
	// bot helper has control
	// agent has control
	// idle has control
}

// A bot hands over to the agents, with the parameters of seed 001. Package botsapi does this
// over HTTP. On a platform that passes control between apps the answer comes before the control:
// see the example ControlOnMessenger.
func ExampleControl_Handover() {
	ctx := context.Background()
	d := controlledDesk(handover.Bot)
	received := d.writes("ada", "My lamp is broken.")

	query := done(url.ParseQuery("access_token=secret&identity_foreign_id=ada&from=bot&to=agent&type=chat"))
	handed := done(d.As(engage.Bot("helper")).Control.Handover(ctx, done(handover.ParseRequest(query))))
	fmt.Println(handed.Act, "to", handed.Control.Party)
	fmt.Println(d.hasControl(received.IdentityID))
	// Output:
	// grant to agent
	// agent has control
}

// Control does not go back to the bot while an intervention is engaged with the customer.
// Explain asks without doing; the answer says what is in the way.
func ExampleControl_Explain() {
	ctx := context.Background()
	d := controlledDesk(handover.Agent)
	received := d.writes("ada", "My lamp is broken.")
	hers := d.engages(engage.Agent("ann"), received.ThreadID)

	explained := done(d.Control.Explain(ctx, asks(handover.Agent, handover.Bot)))
	fmt.Println(explained.Refused.Code, explained.Refused.InTheWay[0].Owner, explained.Refused.InTheWay[0].Status)
	_, err := d.As(engage.Bot("helper")).Control.Handover(ctx, asks(handover.Agent, handover.Bot))
	fmt.Println("refused:", errors.Is(err, engage.ErrRefused))

	done(d.As(engage.Agent("ann")).Interventions.Cancel(ctx, hers.ID)) // or, with a reply, Close
	d.writes("ada", "Hello?")
	handed := done(d.As(engage.Bot("helper")).Control.Handover(ctx, asks(handover.Agent, handover.Bot)))
	fmt.Println(handed.Act, "to", handed.Control.Party)
	// Output:
	// intervention_engaged agent ann open
	// refused: true
	// pass to bot helper
}

// The workflow "ED primary" of seed 001: the agents get what customers write. The bot asks for
// control, answers, and gives it back; an agent answers and closes, and control is released.
func Example_controlAgentPrimary() {
	ctx := context.Background()
	d := controlledDesk(handover.Agent)
	bot, ann := d.As(engage.Bot("helper")), d.As(engage.Agent("ann"))

	received := d.writes("ada", "My lamp is broken.")
	fmt.Println(d.hasControl(received.IdentityID))
	done(bot.Control.Handover(ctx, asks(handover.Agent, handover.Bot)))
	fmt.Println(d.hasControl(received.IdentityID))
	d.answers(received)
	done(d.RunDue(ctx)) // what the bot has posted arrives before it gives control away
	done(bot.Control.Handover(ctx, asks(handover.Bot, handover.Agent)))
	fmt.Println(d.hasControl(received.IdentityID))

	hers := d.engages(engage.Agent("ann"), received.ThreadID)
	done(ann.Contents.Post(ctx, says(received.ThreadID, "Ann here. I'll send a new one.")))
	done(d.RunDue(ctx)) // a server has d.Run(ctx) running
	done(ann.Interventions.Close(ctx, hers.ID, engage.Closing{}))
	fmt.Println(d.hasControl(received.IdentityID))
	// Output:
	// agent has control
	// bot helper has control
	// agent has control
	// idle has control
}

// The workflow "No specified primary" of seed 001: nobody has control when the customer writes, so
// who answers first has it.
func Example_controlNoPrimary() {
	ctx := context.Background()
	d := controlledDesk("")
	received := d.writes("ada", "My lamp is broken.")
	fmt.Println(d.hasControl(received.IdentityID))
	d.answers(received)
	fmt.Println(d.hasControl(received.IdentityID))
	done(d.RunDue(ctx)) // what the bot has posted arrives before it gives control away
	done(d.As(engage.Bot("helper")).Control.Handover(ctx, asks(handover.Bot, handover.Agent)))
	fmt.Println(d.hasControl(received.IdentityID))

	hers := d.engages(engage.Agent("ann"), received.ThreadID)
	done(d.As(engage.Agent("ann")).Contents.Post(ctx, says(received.ThreadID, "Ann here. I'll send a new one.")))
	done(d.RunDue(ctx)) // a server has d.Run(ctx) running
	done(d.As(engage.Agent("ann")).Interventions.Close(ctx, hers.ID, engage.Closing{}))
	fmt.Println(d.hasControl(received.IdentityID))
	// Output:
	// idle has control
	// bot helper has control
	// agent has control
	// idle has control
}

// The workflow "When agent interrupts bot": she engages while the bot has control. Where the bot
// is primary, it is asked for control, and she waits until it gives it; where the agents are, it
// is taken. What she has written is delivered once it is there.
func Example_controlInterrupt() {
	ctx := context.Background()
	for _, primary := range []handover.Owner{handover.Bot, handover.Agent} {
		d := controlledDesk(primary)
		received := d.writes("ada", "My lamp is broken.")
		if primary == handover.Agent {
			done(d.As(engage.Bot("helper")).Control.Handover(ctx, asks(handover.Agent, handover.Bot)))
		}
		fmt.Println("primary:", primary)
		d.engages(engage.Agent("ann"), received.ThreadID)
		posted := done(d.As(engage.Agent("ann")).Contents.Post(ctx, says(received.ThreadID, "Ann here.")))
		control := done(d.Control.Get(ctx, "web", received.IdentityID))
		if control.Verb != nil {
			fmt.Println(control.Party, "is asked:", control.Verb.Kind)
			done(d.As(engage.Bot("helper")).Control.Accept(ctx, "web", received.IdentityID))
		}
		fmt.Println(d.hasControl(received.IdentityID))
		done(d.RunDue(ctx)) // a server has d.Run(ctx) running
		fmt.Println("ann's content:", done(d.Contents.Get(ctx, posted.ID)).Synchronization.Status)
	}
	// Output:
	// primary: bot
	// bot helper is asked: request
	// agent has control
	// ann's content: success
	// primary: agent
	// agent has control
	// ann's content: success
}

// A bot that is asked for control may decline, or not answer at all. What an agent has written
// ends undelivered then, for all to see.
func ExampleControl_Decline() {
	ctx := context.Background()
	d := controlledDesk(handover.Bot)
	received := d.writes("ada", "My lamp is broken.")
	d.engages(engage.Agent("ann"), received.ThreadID)
	posted := done(d.As(engage.Agent("ann")).Contents.Post(ctx, says(received.ThreadID, "Ann here.")))

	done(d.As(engage.Bot("helper")).Control.Decline(ctx, "web", received.IdentityID))
	done(d.RunDue(ctx)) // a server has d.Run(ctx) running
	fmt.Println(d.hasControl(received.IdentityID))
	fmt.Println("ann's content:", done(d.Contents.Get(ctx, posted.ID)).Synchronization.Status)
	// Output:
	// bot helper has control
	// ann's content: export_aborted
}

// When nobody writes for a day, nobody has control; but the agents keep it while one of them is
// engaged.
func ExampleControl_Get() {
	ctx := context.Background()
	d := controlledDesk(handover.Bot)
	received := d.writes("ada", "My lamp is broken.")
	fmt.Println(d.hasControl(received.IdentityID))
	d.now = d.now.Add(24 * time.Hour)
	done(d.RunDue(ctx)) // a server has d.Run(ctx) running
	fmt.Println(d.hasControl(received.IdentityID))
	// Output:
	// bot helper has control
	// idle has control
}
