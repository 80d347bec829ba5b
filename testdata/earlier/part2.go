package main

import (
	"context"
	"encoding/json"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/platformtest"
)

var _ = add(conversations)

var outside = platformtest.New()

var _ = func() bool {
	options.Platforms = map[string]engage.Platform{"messenger": outside}
	return true
}()

// conversations is what customers said: on one source that is theirs alone, each in another
// state, and on one that is public.
func conversations(ctx context.Context, eng *engage.Engine) error {
	must(eng.Sources.Create(ctx, interaction.Source{ID: "page", Type: "messenger", Name: "Our page", Active: true}))
	must(eng.Sources.Create(ctx, interaction.Source{ID: "wall", Type: "messenger", Name: "Our wall", Active: true}))
	writes := func(who, body string) engage.Received {
		now = now.Add(time.Second)
		return must(eng.Threads.Receive(ctx, engage.Inbound{
			SourceID: "page", ForeignID: who + " " + body, Message: interaction.Message{Body: body},
			Customer: engage.Account{ForeignID: who, Profile: interaction.Profile{DisplayName: who}, ContactID: "contact " + who},
		}))
	}
	agent, bot := eng.As(engage.Agent("agnes")), eng.As(engage.Bot("greeter"))
	engages := func(eng *engage.Engine, r engage.Received) interaction.Intervention {
		now = now.Add(time.Second)
		return must(eng.Interventions.Engage(ctx, engage.Engagement{ContentID: r.ContentID}))
	}
	answers := func(eng *engage.Engine, r engage.Received, message interaction.Message) {
		now = now.Add(time.Second)
		must(eng.Contents.Post(ctx, engage.Post{ThreadID: r.ThreadID, Message: message, IdempotencyKey: "post " + message.Body}))
	}

	// kim's is over, and delivered.
	kim := writes("kim", "hello")
	hers := engages(agent, kim)
	answers(agent, kim, interaction.Message{Body: "hello kim"})
	must(agent.Interventions.Comment(ctx, hers.ID, "a nice one"))
	must(eng.RunDue(ctx))
	must(agent.Interventions.Close(ctx, hers.ID, engage.Closing{}))
	must(eng.Threads.Close(ctx, kim.ThreadID))
	// lee waits for anybody, after a bot; sid waits for anybody.
	lee := writes("lee", "hello")
	hers = engages(bot, lee)
	must(bot.Threads.Annotate(ctx, lee.ThreadID, map[string]json.RawMessage{"vip": json.RawMessage("true")}))
	must(bot.Interventions.Transfer(ctx, hers.ID, engage.Actor{}))
	writes("sid", "hello")
	// max has been put off for a day.
	maxs := writes("max", "hello")
	hers = engages(agent, maxs)
	must(agent.Interventions.Defer(ctx, hers.ID, now.Add(24*time.Hour)))
	// pat is answered, which is not delivered yet; and has a note within the company.
	pat := writes("pat", "hello")
	hers = engages(agent, pat)
	writes("pat", "hello?")
	answers(agent, pat, interaction.Message{Body: "hello pat"})
	answers(agent, pat, interaction.Message{Body: "be nice to pat", Private: true})
	writes("pat", "thanks")
	// tom and tim turned out to be one.
	writes("tom", "hello")
	writes("tim", "hello")
	must(eng.Contacts.Merge(ctx, "contact tom", "contact tim"))
	// On the wall, several talk in one thread, of a name, and the platform tells of what the
	// company has written there.
	for _, who := range []string{"ula", "uwe"} {
		now = now.Add(time.Second)
		must(eng.Threads.Receive(ctx, engage.Inbound{
			SourceID: "wall", ForeignID: "wall " + who, ThreadForeignID: "news", Message: interaction.Message{Body: "hear, hear"},
			Customer: engage.Account{ForeignID: who},
		}))
	}
	now = now.Add(time.Second)
	must(eng.Threads.Receive(ctx, engage.Inbound{
		SourceID: "wall", ForeignID: "wall echo", ThreadForeignID: "news", Message: interaction.Message{Body: "thank you"},
		Customer: engage.Account{ForeignID: "ula"}, Echo: &engage.Echo{},
	}))
	return nil
}
