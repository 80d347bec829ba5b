package enginetest

import (
	"context"
	"errors"
	"time"

	"github.com/engage-interactions/engage"
)

// interventionRoom is engage.Interventions.
func interventionRoom() room {
	return room{
		name: "interventions",
		prepare: func(ctx context.Context, s engage.Services, at *place) error {
			t := &at.talks
			for _, engaged := range []struct {
				in    *talk
				owner engage.Actor
			}{{&t.vic, pat}, {&t.wes, robot}, {&t.xia, pat}, {&t.zoe, pat}} {
				var err error
				if engaged.in.intervention, err = engaged.in.engages(ctx, s, engaged.owner); err != nil {
					return err
				}
			}
			if _, err := s.Interventions.Defer(ctx, t.zoe.intervention, at.start.Add(rest)); err != nil {
				return err
			}
			for _, in := range []*talk{&t.vic, &t.xia} {
				if err := answered(ctx, s, in, true); err != nil {
					return err
				}
			}
			return solve(ctx, s, t.xia.intervention)
		},
		invariants: []Invariant{
			{ID: "intervention-one", Text: "At most one intervention with a customer in a thread may be open or deferred.", check: checkInterventionOne},
			{ID: "intervention-told", Text: "What is told of an intervention must be a way through its lifecycle, which ends in the state that it is in.", check: checkInterventionTold},
			{ID: "intervention-counts", Text: "An intervention must count the replies and comments that there are.", check: checkInterventionCounts},
			{ID: "intervention-listed", Text: "Every list of interventions must hold all that there are, each once.", check: checkInterventionListed},
		},
		scenarios: []scenario{
			{
				name: "an agent engages",
				call: func(ctx context.Context, eng *engage.Engine, at place) error {
					return engageAs(ctx, eng, engage.Agent(at.name("kit")), at.talks.una)
				},
			},
			{
				name: "a bot engages and then an agent", several: true,
				call: func(ctx context.Context, eng *engage.Engine, at place) error {
					agent := engage.Agent(at.name("kit"))
					err := engageAs(ctx, eng, robot, at.talks.una)
					if other, ok := errors.AsType[*engage.EngagedError](err); ok && other.Intervention.Owner == agent {
						return nil // both had come before
					}
					if err != nil {
						return err
					}
					return engageAs(ctx, eng, agent, at.talks.una)
				},
			},
			{
				name: "an agent takes over from a bot",
				call: func(ctx context.Context, eng *engage.Engine, at place) error {
					return engageAs(ctx, eng, engage.Agent(at.name("kit")), at.talks.wes)
				},
			},
			{
				name: "a second engagement is refused", refused: engage.ErrRefused,
				call: func(ctx context.Context, eng *engage.Engine, at place) error {
					return engageAs(ctx, eng, engage.Agent("kit"), at.talks.vic)
				},
			},
			{
				name: "a customer reopens an intervention by writing",
				call: func(ctx context.Context, eng *engage.Engine, at place) error {
					return receive(ctx, eng, says(chat, "xia", at.name("xia 2")))
				},
			},
			{
				name: "a customer ends a deferral by writing",
				call: func(ctx context.Context, eng *engage.Engine, at place) error {
					return receive(ctx, eng, says(chat, "zoe", at.name("zoe 2")))
				},
			},
			{
				name: "an intervention is deferred", repeated: engage.ErrRefused,
				call: func(ctx context.Context, eng *engage.Engine, at place) error {
					_, err := eng.Interventions.Defer(ctx, at.talks.vic.intervention, at.start.Add(rest))
					return err
				},
			},
			{
				name: "a deferred one is resumed", repeated: engage.ErrRefused,
				call: func(ctx context.Context, eng *engage.Engine, at place) error {
					_, err := eng.Interventions.Resume(ctx, at.talks.zoe.intervention)
					return err
				},
			},
			{
				name: "a deferred one falls due", several: true, alone: "it lets time go by",
				call: func(ctx context.Context, eng *engage.Engine, at place) error {
					at.pass(2 * rest)
					return runDue(ctx, eng, at)
				},
			},
			{
				name: "an intervention is assigned", repeated: engage.ErrRefused,
				call: func(ctx context.Context, eng *engage.Engine, at place) error {
					_, err := eng.Interventions.Assign(ctx, at.talks.wes.intervention, engage.Agent("kit"))
					return err
				},
			},
			{
				name: "an intervention is transferred to whoever engages next", repeated: engage.ErrRefused,
				call: func(ctx context.Context, eng *engage.Engine, at place) error {
					_, err := eng.As(robot).Interventions.Transfer(ctx, at.talks.wes.intervention, engage.Actor{})
					return err
				},
			},
			{
				name: "somebody takes part in an intervention",
				call: func(ctx context.Context, eng *engage.Engine, at place) error {
					_, err := eng.Interventions.Join(ctx, at.talks.vic.intervention, engage.Agent(at.name("kit")))
					return err
				},
			},
			{
				name: "a comment is made",
				call: func(ctx context.Context, eng *engage.Engine, at place) error {
					return eng.Atomically(ctx, func(w *engage.Work) error {
						i, err := w.Interventions.Get(ctx, at.talks.vic.intervention)
						if err != nil || i.CommentsCount > 0 {
							return err
						}
						_, err = w.Interventions.Comment(ctx, i.ID, "a comment")
						return err
					})
				},
			},
			{
				name: "an intervention is closed", repeated: engage.ErrRefused, drastic: true,
				call: func(ctx context.Context, eng *engage.Engine, at place) error {
					return solve(ctx, eng.As(pat).Services, at.talks.vic.intervention)
				},
			},
			{
				name: "a closed one is reopened", repeated: engage.ErrRefused,
				call: func(ctx context.Context, eng *engage.Engine, at place) error {
					_, err := eng.Interventions.Reopen(ctx, at.talks.xia.intervention)
					return err
				},
			},
			{
				name: "an intervention is canceled", repeated: engage.ErrRefused, drastic: true,
				call: func(ctx context.Context, eng *engage.Engine, at place) error {
					_, err := eng.Interventions.Cancel(ctx, at.talks.wes.intervention)
					return err
				},
			},
			{
				name: "one without a reply is not closed", refused: engage.ErrRefused,
				call: func(ctx context.Context, eng *engage.Engine, at place) error {
					return solve(ctx, eng.As(robot).Services, at.talks.wes.intervention)
				},
			},
			{
				name: "one is not closed without the disposition that is demanded", refused: engage.ErrRefused,
				call: func(ctx context.Context, eng *engage.Engine, at place) error {
					_, err := eng.As(pat).Interventions.Close(ctx, at.talks.vic.intervention, engage.Closing{})
					return err
				},
			},
			{
				name: "one with a reply is not canceled", refused: engage.ErrRefused,
				call: func(ctx context.Context, eng *engage.Engine, at place) error {
					_, err := eng.Interventions.Cancel(ctx, at.talks.vic.intervention)
					return err
				},
			},
		},
	}
}

// rest is for how long an intervention is deferred. It ends when the clock never shows
// that time, so that it stays known: what the clock has shown does not.
const rest = 90 * time.Minute

func engageAs(ctx context.Context, eng *engage.Engine, who engage.Actor, in talk) error {
	_, err := in.engages(ctx, eng.As(who).Services, engage.Actor{})
	return err
}

// solve closes an intervention with a disposition.
func solve(ctx context.Context, s engage.Services, intervention string) error {
	_, err := s.Interventions.Close(ctx, intervention, engage.Closing{DispositionIDs: []string{"solved"}})
	return err
}
