package enginetest

import (
	"context"
	"errors"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
)

// line is the source with thread control, on which the Engine is the arbiter; it has the
// platform of chat.
const line = "line"

// controlRoom is engage.Control, where the Engine is the arbiter.
func controlRoom() room {
	return room{
		name: "control",
		prepare: func(ctx context.Context, s engage.Services, at *place) error {
			if _, err := s.Sources.Create(ctx, interaction.Source{ID: line, Type: chat, Name: line, Active: true, TimeForThreadClosing: -1}); err != nil {
				return err
			}
			settings := handover.Settings{
				Primary: handover.Bot, BotApp: robot.ID, RequestTimeout: 47,
				Inactivity: handover.MaxInactivity, // so that silence elsewhere ends no control here
			}
			if err := s.Control.Configure(ctx, line, settings); err != nil {
				return err
			}
			for _, begun := range []struct {
				to       *talk
				customer string
			}{{&at.talks.kim, "kim"}, {&at.talks.lou, "lou"}, {&at.talks.max, "max"}} {
				var err error
				if *begun.to, err = hears(ctx, s, says(line, begun.customer, begun.customer+" 1")); err != nil {
					return err
				}
			}
			var err error
			if at.talks.kim.intervention, err = at.talks.kim.engages(ctx, s, pat); err != nil {
				return err
			}
			for _, in := range []talk{at.talks.kim, at.talks.max} {
				if _, err := s.Control.Settle(ctx, line, in.identity, handover.Party{Owner: handover.Agent}); err != nil {
					return err
				}
			}
			return nil
		},
		invariants: []Invariant{
			{ID: "control-rule", Text: "Control must pass from the agents to a bot only while no intervention is engaged with the identity.", check: checkControlRule},
			{ID: "control-spans", Text: "The timeline of control must say without a gap who had it, and end with who has it.", check: checkControlSpans},
			{ID: "control-held", Text: "Control must count the contents of agents that wait for it or are on their way.", check: checkControlHeld},
			{ID: "control-waiting", Text: "Every delivery that waits for control must be known to it, so that it goes on when control comes.", check: checkControlWaiting},
			{ID: "control-watch", Text: "A conversation must stand among those that watch an identity as long as it waits for what is engaged with it, and no longer.", check: checkControlWatch},
		},
		// When somebody looks next, and what finds out by itself that it is not wanted.
		fleeting: fleeting(`"look_at":"[^"]*"`, `,?"look_job":"[^"]*"`, `job .*"control\.(?:deadline|inactive)".*`),
		scenarios: []scenario{
			{
				name: "a bot is given control",
				call: func(ctx context.Context, eng *engage.Engine, _ place) error {
					_, err := eng.Control.Handover(ctx, toRobot("max", false))
					return err
				},
			},
			{
				name: "a bot is not given control while an agent is engaged", refused: engage.ErrRefused,
				call: func(ctx context.Context, eng *engage.Engine, _ place) error {
					_, err := eng.Control.Handover(ctx, toRobot("kim", false))
					return err
				},
			},
			{
				name: "a bot asks for control where an agent engages", several: true, alone: "either may come first",
				call: func(ctx context.Context, eng *engage.Engine, at place) error {
					if err := engageAs(ctx, eng, pat, at.talks.max); err != nil {
						return err
					}
					_, err := eng.Control.Handover(ctx, toRobot("max", false))
					return ruled(err)
				},
			},
			{
				name: "a bot waits until nobody is engaged", several: true, alone: "it is asked for once",
				call: func(ctx context.Context, eng *engage.Engine, at place) error {
					c, err := eng.Control.Get(ctx, line, at.talks.kim.identity)
					if err == nil && c.WhenFree == nil && c.Owner == handover.Agent {
						_, err = eng.Control.Handover(ctx, toRobot("kim", true))
					}
					return err
				},
			},
			{
				name: "a bot gets control when nobody is engaged any more", several: true, alone: "it is asked for once",
				call: func(ctx context.Context, eng *engage.Engine, at place) error {
					if c, err := eng.Control.Get(ctx, line, at.talks.kim.identity); err != nil || c.Owner == handover.Bot {
						return err
					} else if c.WhenFree == nil {
						if _, err = eng.Control.Handover(ctx, toRobot("kim", true)); err != nil {
							return err
						}
					}
					_, err := eng.Interventions.Cancel(ctx, at.talks.kim.intervention)
					return ruled(err)
				},
			},
			{
				name: "an agent waits for a bot to give control", several: true, alone: "it is given once",
				call: func(ctx context.Context, eng *engage.Engine, at place) error {
					if err := heldBack(ctx, eng, at); err != nil {
						return err
					}
					_, err := eng.RunDue(ctx) // which looks at what is to be delivered
					return err
				},
			},
			{
				name: "a bot gives control to an agent who waits", several: true, alone: "it is given once",
				call: func(ctx context.Context, eng *engage.Engine, at place) error {
					if err := heldBack(ctx, eng, at); err != nil {
						return err
					}
					_, err := eng.As(robot).Control.Accept(ctx, line, at.talks.lou.identity)
					if err := ruled(err); err != nil {
						return err
					}
					return runDue(ctx, eng, at)
				},
			},
			{
				name: "a bot does not give control to an agent who waits", several: true, alone: "it lets time go by",
				call: func(ctx context.Context, eng *engage.Engine, at place) error {
					if err := heldBack(ctx, eng, at); err != nil {
						return err
					}
					at.pass(2 * time.Minute)
					return runDue(ctx, eng, at)
				},
			},
		},
	}
}

// toRobot is a request for control for the bot.
func toRobot(customer string, whenFree bool) handover.Request {
	return handover.Request{
		IdentityForeignID: customer, From: handover.Agent, To: handover.Bot, Type: chat, SourceID: line, AppID: robot.ID, WhenFree: whenFree,
	}
}

// heldBack has pat engage where the bot has control, and post. Nobody has tried to deliver
// that yet.
func heldBack(ctx context.Context, eng *engage.Engine, at place) error {
	if err := engageAs(ctx, eng, pat, at.talks.lou); err != nil {
		return err
	}
	return post(ctx, eng.As(pat), at.talks.lou.replies("held", at.name("held")))
}

// ruled takes for done what a rule refuses: that it was done before, say.
func ruled(err error) error {
	if errors.Is(err, engage.ErrRefused) {
		return nil
	}
	return err
}
