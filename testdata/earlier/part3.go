package main

import (
	"context"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
)

var _ = add(control)

// control is who answers, a bot or the agents, on a source of its own.
func control(ctx context.Context, eng *engage.Engine) error {
	options.Platforms["chat"] = outside // for RunDue, another Engine would have it, too
	must(eng.Sources.Create(ctx, interaction.Source{ID: "web", Type: "chat", Name: "Web chat", Active: true}))
	check(eng.Control.Configure(ctx, "web", handover.Settings{Primary: handover.Bot, BotApp: "helper", RequestTimeout: 3600}))
	agent, bot := eng.As(engage.Agent("agnes")), eng.As(engage.Bot("helper"))
	writes := func(who string) engage.Received {
		now = now.Add(time.Second)
		return must(eng.Threads.Receive(ctx, engage.Inbound{
			SourceID: "web", Customer: engage.Account{ForeignID: who}, Message: interaction.Message{Body: "my lamp is broken"},
		}))
	}
	takes := func(r engage.Received) interaction.Intervention {
		now = now.Add(time.Second)
		hers := must(agent.Interventions.Engage(ctx, engage.Engagement{ContentID: r.ContentID}))
		must(agent.Contents.Post(ctx, engage.Post{ThreadID: r.ThreadID, Message: interaction.Message{Body: "agnes here"}}))
		return hers
	}
	// vic has an agent, and the bot waits until she is done.
	vic := writes("vic")
	takes(vic)
	must(bot.Control.Accept(ctx, "web", vic.IdentityID))
	back := handover.Request{IdentityForeignID: "vic", From: handover.Agent, To: handover.Bot, Type: "chat", AppID: "helper", WhenFree: true}
	must(bot.Control.Handover(ctx, back))
	// wim has the bot.
	wim := writes("wim")
	must(bot.Interventions.Engage(ctx, engage.Engagement{ContentID: wim.ContentID}))
	must(bot.Contents.Post(ctx, engage.Post{ThreadID: wim.ThreadID, Message: interaction.Message{Body: "have you turned it off?"}}))
	// xia has the bot still, which an agent has asked for control.
	takes(writes("xia"))
	// yan has been put off by an agent.
	yan := writes("yan")
	hers := takes(yan)
	must(bot.Control.Accept(ctx, "web", yan.IdentityID))
	must(agent.Interventions.Defer(ctx, hers.ID, now.Add(24*time.Hour)))
	return nil
}
