package engage_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/routing"
	"github.com/engage-interactions/engage/store/memory"
)

// broken returns which rules do not hold of the conversation with eve and its channel.
func (j *joined) broken() (rules []string) {
	j.t.Helper()
	thread, channel := j.thread(), must(j.Flex.Channel(j.t.Context(), j.channel))(j.t)
	var on, talking []string // the agents whose tasks are assigned or wrapping, or assigned
	live := 0
	for _, k := range must(j.Tasks.List(j.t.Context(), engage.TaskFilter{ChannelSID: j.channel}))(j.t).Items {
		if k.Status.Live() {
			live++
		}
		if k.Status == routing.TaskAssigned || k.Status == routing.TaskWrapping {
			for _, r := range must(j.Reservations.List(j.t.Context(), engage.ReservationFilter{TaskSID: k.SID, Live: true}))(j.t).Items {
				on = append(on, r.WorkerName)
				if k.Status == routing.TaskAssigned {
					talking = append(talking, r.WorkerName)
				}
			}
		}
	}
	i := j.intervention()
	engaged := i != nil && i.Status.Live()
	bound := thread.ChannelSID == channel.SID
	rests := channel.Status == routing.ChannelInactive || channel.Status == routing.ChannelPause
	slices.Sort(talking)
	for rule, broken := range map[string]bool{
		"nobody is on it twice":                                     len(slices.Compact(slices.Clone(talking))) < len(talking),
		"a thread is bound as long as its channel is live":          bound != channel.Status.Live(),
		"a thread rests as its channel does":                        thread.ChannelResting != (bound && rests),
		"a thread is closed with its channel":                       channel.Status == routing.ChannelClosed && thread.Status == interaction.ThreadOpen && thread.ReopenedAt.IsZero(),
		"a channel that nobody is on or asked for rests or is over": channel.Status.Live() && !rests && live == 0 && channel.OpenInvites == 0,
		"who is on the channel takes part": engaged && slices.ContainsFunc(on, func(name string) bool {
			return i.Owner.ID != name && !slices.Contains(i.Participants, engage.Agent(name))
		}),
		"who is not on it does not":        engaged && slices.ContainsFunc(i.Participants, func(a engage.Actor) bool { return !slices.Contains(on, a.ID) }),
		"nobody is left with what is over": engaged && len(on) == 0 && channel.Status == routing.ChannelClosed,
	} {
		if broken {
			rules = append(rules, fmt.Sprintf("%s: %s; channel %s with %d live tasks, on it %v", rule, j.state(), channel.Status, live, on))
		}
	}
	return rules
}

// TestJoinsHoldWhateverHappens to tasks, channels and control.
func TestJoinsHoldWhateverHappens(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		st := memory.New()
		defer func() { _ = st.Close() }()
		j := newSteered(t, st, handover.Settings{
			Primary: rapid.SampledFrom([]handover.Owner{handover.Agent, handover.Bot}).Draw(rt, "primary"), BotApp: "robot", MayTake: true,
		})
		j.joined.routed()
		everybody := []engage.Actor{ann, bob, cid}
		ctx := t.Context()
		tasks := func(in ...routing.TaskStatus) (sids []string) {
			for _, k := range must(j.Tasks.List(ctx, engage.TaskFilter{ChannelSID: j.channel}))(t).Items {
				if slices.Contains(in, k.Status) {
					sids = append(sids, k.SID)
				}
			}
			return sids
		}
		agentOf := func(task string) (string, engage.Actor) {
			live := must(j.Reservations.List(ctx, engage.ReservationFilter{TaskSID: task, Live: true}))(t).Items
			return live[0].SID, engage.Agent(live[0].WorkerName)
		}
		some := func(in ...routing.TaskStatus) (string, bool) {
			all := tasks(in...)
			if len(all) == 0 {
				return "", false
			}
			return rapid.SampledFrom(all).Draw(rt, "task"), true
		}
		update := func(c routing.ChannelUpdate) error { return second(j.Flex.UpdateChannel(ctx, j.channel, c)) }
		steps := map[string]func() error{
			"accept": func() error {
				task, there := some(routing.TaskReserved)
				if !there {
					return nil
				}
				r, who := agentOf(task)
				return second(j.As(who).Reservations.Accept(ctx, r, engage.Answer{}))
			},
			"reject": func() error {
				task, there := some(routing.TaskReserved)
				if !there {
					return nil
				}
				r, who := agentOf(task)
				return second(j.As(who).Reservations.Reject(ctx, r, engage.Rejection{}))
			},
			"wrap up": func() error {
				task, there := some(routing.TaskAssigned)
				if !there {
					return nil
				}
				r, who := agentOf(task)
				return second(j.As(who).Reservations.WrapUp(ctx, r, engage.Answer{}))
			},
			"complete": func() error {
				task, there := some(routing.TaskAssigned, routing.TaskWrapping)
				if !there {
					return nil
				}
				r, who := agentOf(task)
				return second(j.As(who).Reservations.Complete(ctx, r, engage.Completion{Reason: "done"}))
			},
			"cancel": func() error {
				task, there := some(routing.TaskPending, routing.TaskReserved)
				if !there {
					return nil
				}
				return second(j.Tasks.Cancel(ctx, task, engage.Ending{Reason: "enough"}))
			},
			"reply": func() error {
				task, there := some(routing.TaskAssigned)
				if !there {
					return nil
				}
				_, who := agentOf(task)
				return second(j.As(who).Contents.Post(ctx, engage.Post{ThreadID: j.eve.ThreadID, Message: j.says("", "yes").Message}))
			},
			"invite": func() error {
				return second(j.Flex.Invite(ctx, j.channel, j.place(rapid.SampledFrom(everybody).Draw(rt, "who"))))
			},
			"hand over": func() error {
				task, there := some(routing.TaskAssigned)
				if !there {
					return nil
				}
				by := rapid.SampledFrom([]routing.TransferType{routing.TransferCold, routing.TransferWarm}).Draw(rt, "type")
				request := routing.TransferRequest{Type: by, To: j.workers[rapid.SampledFrom(everybody).Draw(rt, "to").ID]}
				for _, p := range must(j.Flex.Participants(ctx, j.channel, 0, ""))(t).Items {
					if p.TaskSID == task {
						request.From = p.SID
					}
				}
				return second(j.Flex.Transfer(ctx, j.channel, request))
			},
			"leave": func() error {
				return update(routing.ChannelUpdate{By: routing.ChannelInactivates, Change: routing.ChannelChange{Complete: true}})
			},
			"close": func() error {
				return update(routing.ChannelUpdate{By: routing.ChannelCloses, Change: routing.ChannelChange{Complete: rapid.Bool().Draw(rt, "complete")}})
			},
			"pause":  func() error { return second(j.Flex.Pause(ctx, j.channel)) },
			"resume": func() error { return second(j.Flex.Resume(ctx, j.channel)) },
			"write": func() error {
				in := j.says("eve", "hello")
				got, err := j.Threads.Receive(ctx, in)
				if err != nil {
					t.Errorf("receiving: %v", err)
				}
				if got.ThreadID != j.eve.ThreadID { // the thread was closed: go on with the new one
					j.eve = got
					j.joined.routed()
				}
				return nil
			},
			"close the thread": func() error { return second(j.Threads.Close(ctx, j.eve.ThreadID)) },
			"to the bot":       func() error { return second(j.Control.Handover(ctx, toRobot())) },
			"to the agents": func() error {
				return second(j.As(robot).Control.Handover(ctx, handover.Request{
					IdentityForeignID: "eve", From: handover.Bot, To: handover.Agent, Type: "messenger", AppID: robot.ID,
				}))
			},
			"time": func() error {
				j.clock.pass(rapid.SampledFrom([]time.Duration{time.Second, time.Minute, 3 * time.Minute, 15 * 24 * time.Hour}).Draw(rt, "passes"))
				return nil
			},
			"run": func() error { return second(j.RunDue(ctx)) },
		}
		names := make([]string, 0, len(steps))
		for name := range steps {
			names = append(names, name)
		}
		slices.Sort(names)
		for range rapid.IntRange(5, 40).Draw(rt, "steps") {
			name := rapid.SampledFrom(names).Draw(rt, "step")
			if err := steps[name](); err != nil && !errors.Is(err, engage.ErrRefused) && !errors.Is(err, engage.ErrConflict) && !errors.Is(err, engage.ErrInvalid) {
				rt.Fatalf("%s: %v", name, err)
			}
			j.runs()
			if rules := j.broken(); len(rules) > 0 {
				rt.Fatalf("after %s: %v", name, rules)
			}
		}
		passesChecked(t, j.Engine)
	})
}
