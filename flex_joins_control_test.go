package engage_test

import (
	"errors"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/routing"
	"github.com/engage-interactions/engage/store"
)

// steered is a desk with workers, on whose source "chat" control is kept, by a platform that
// does what the test wants.
type steered struct {
	*joined
	*scripted
}

func newSteered(t *testing.T, st store.Store, settings handover.Settings) *steered {
	t.Helper()
	s := &scripted{owner: handover.Party{Owner: handover.Agent}}
	j := &steered{newJoined(t, st, func(o *engage.Options) { o.Platforms["messenger"] = s }), s}
	if err := j.Control.Configure(t.Context(), "chat", settings); err != nil {
		t.Fatal(err)
	}
	j.eve = j.writes("eve", "is anybody there?")
	j.runs()
	return j
}

// control is that of the conversation with eve.
func (j *steered) control() *controlled { return &controlled{desk: j.joined.desk, eve: j.eve} }

// passing has control on its way to the bot: the platform was told, and does not answer.
func (j *steered) passing() {
	j.t.Helper()
	j.on = func(string, engage.Handling) error { return errDropped }
	j.fine(j.control().toBot(false))
	j.runs()
}

// says lets the platform tell who has control, now that it is asked again.
func (j *steered) answers(who handover.Party) {
	j.t.Helper()
	j.scripted.owner = who
	j.on = func(verb string, _ engage.Handling) error {
		if verb == "pass" && who == byAgents {
			return errNo
		}
		return nil
	}
	j.control().passes(time.Minute, 5*time.Second)
	j.control().has(map[handover.Owner]handover.Owner{handover.Agent: handover.Agent, handover.Other: handover.Bot}[who.Owner])
}

var (
	byAgents = handover.Party{Owner: handover.Agent}
	byRobot  = handover.Party{Owner: handover.Other, App: "robot"} // as a platform says it
)

// inTheMiddle refuses by the rule that control is on its way to a bot.
func inTheMiddle(err error) bool {
	return errors.Is(err, engage.ErrRefused) && handover.RefusedBy(err) == handover.CodeInProgress
}

// TestAcceptingGetsControl: in the same commit, by a request or by taking it.
func TestAcceptingGetsControl(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		settings handover.Settings
		verb     handover.VerbKind
	}{
		"a request": {byBot, handover.VerbRequest},
		"a take":    {handover.Settings{Primary: handover.Agent, BotApp: "robot", MayTake: true}, handover.VerbTake},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onBothStores(t, func(t *testing.T, st store.Store) {
				j := newSteered(t, st, row.settings)
				c := j.control()
				j.joined.routed()
				if c.control().Owner != handover.Bot {
					j.fine(c.toBot(false))
					j.runs()
				}
				c.has(handover.Bot)
				j.accepts(ann, j.first)
				j.is("open ann")
				if v := c.control().Verb; v == nil || v.Kind != row.verb || !v.DecidedAt.Equal(j.clock.read()) {
					t.Fatalf("under way: %+v", v)
				}
				posted := j.replies(ann, j.eve.ThreadID, "I am")
				j.runs()
				c.has(handover.Agent)
				expect(t, "status", c.sync(posted.ID), interaction.SyncSuccess)
				j.completes(ann, j.first)
				j.is("closed ann thread closed by channel_closed")
				passesChecked(t, j.Engine)
			})
		})
	}
}

// TestNobodyAcceptsDuringAPass: the acceptance is refused whole, and is possible again once it
// is settled, or its time is over.
func TestNobodyAcceptsDuringAPass(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		settle    func(j *steered)
		contested bool
	}{
		"it is done":   {func(j *steered) { j.answers(byRobot) }, false},
		"it fails":     {func(j *steered) { j.answers(byAgents) }, false},
		"nobody knows": {func(j *steered) { j.clock.pass(time.Minute) }, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onBothStores(t, func(t *testing.T, st store.Store) {
				j := newSteered(t, st, handover.Settings{Primary: handover.Agent, BotApp: "robot", MayTake: true})
				j.joined.routed()
				j.passing()
				unchanged(t, st, func() {
					if err := j.accept(ann, j.first); !inTheMiddle(err) {
						t.Errorf("accepted: %v", err)
					}
				})
				j.tells(j.first, "active reserved")
				row.settle(j)
				j.accepts(ann, j.first)
				j.is("open ann")
				if i := j.intervention(); i.Contested != row.contested {
					t.Errorf("contested: %t", i.Contested)
				}
				passesChecked(t, j.Engine)
			})
		})
	}
}

// TestWhoComesKeepsTheInterventionFromABot: somebody accepts while control is about to go to a
// virtual bot that gets the intervention with it, which waits until what the agent has said is
// delivered. It does not go then: who came would be left without it.
func TestWhoComesKeepsTheInterventionFromABot(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		comes func(j *steered) string
		is    string
	}{
		"an invite":       {func(j *steered) string { return j.asks(bob) }, "open ann +bob"},
		"a cold transfer": {func(j *steered) string { return j.handsOver(j.first, routing.TransferCold, bob) }, "open bob"},
		"a warm transfer": {func(j *steered) string { return j.handsOver(j.first, routing.TransferWarm, bob) }, "open ann +bob"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onBothStores(t, func(t *testing.T, st store.Store) {
				j := newSteered(t, st, handover.Settings{Primary: handover.Agent, BotApp: "robot", MayTake: true})
				j.joined.routed().accepts(ann, j.first)
				j.runs()
				j.control().has(handover.Agent)
				reservation, named := j.offer(row.comes(j)), j.intervention().ID
				var handed, accepted error
				j.send = func(engage.Delivery) error {
					_, handed = j.Control.Handover(t.Context(), handover.Request{
						From: handover.Agent, To: handover.Bot, Type: handover.TypeVirtualAgent, AppID: robot.ID, InterventionID: named,
					})
					_, accepted = j.As(bob).Reservations.Accept(t.Context(), reservation, engage.Answer{})
					return nil
				}
				j.replies(ann, j.eve.ThreadID, "the bot will help you")
				j.runs()
				if handed != nil || accepted != nil {
					t.Fatalf("handed over: %v; accepted: %v", handed, accepted)
				}
				j.control().has(handover.Agent)
				j.is(row.is)
				if v := j.control().control().Verb; v != nil {
					t.Errorf("under way: %+v", v)
				}
				passesChecked(t, j.Engine)
			})
		})
	}
}

// TestResumingDuringAPass offers what would be accepted at once otherwise.
func TestResumingDuringAPass(t *testing.T) {
	t.Parallel()
	onBothStores(t, func(t *testing.T, st store.Store) {
		j := newSteered(t, st, handover.Settings{Primary: handover.Agent, BotApp: "robot", MayTake: true, IgnoreDeferred: true})
		j.joined.routed().accepts(ann, j.first)
		j.pauses(ann)
		j.passing()
		must(j.As(ann).Flex.Resume(t.Context(), j.channel))(t)
		again := j.asked(ann)
		j.tells(again, "active reserved")
		j.is("deferred ann")
		if err := j.accept(ann, again); !inTheMiddle(err) {
			t.Errorf("accepted: %v", err)
		}
		j.answers(byRobot)
		j.accepts(ann, again)
		j.is("open ann")
	})
}

// TestLeavingGivesControlAway: to the bot that waits for it.
func TestLeavingGivesControlAway(t *testing.T) {
	t.Parallel()
	onBothStores(t, func(t *testing.T, st store.Store) {
		j := newSteered(t, st, handover.Settings{Primary: handover.Agent, BotApp: "robot"})
		c := j.control()
		j.joined.routed().accepts(ann, j.first)
		second := j.asks(bob)
		j.accepts(bob, second)
		j.runs()
		c.has(handover.Agent)
		j.replies(ann, j.eve.ThreadID, "the bot goes on")
		j.fine(c.toBot(true)) // when the agents are done
		j.runs()
		c.has(handover.Agent)
		j.completes(ann, j.first)
		j.runs()
		c.has(handover.Agent) // bob has it
		j.leaves(bob)
		j.runs()
		c.has(handover.Bot)
		j.is("closed bob by channel_inactive thread resting")
		if n := passesChecked(t, j.Engine); n != 1 {
			t.Errorf("%d passes", n)
		}
	})
}

// TestRestingChannelsComeBackForTheAgents: while a bot has control, what the customer writes in a thread
// whose channel rests is for the bot; once it hands over, an agent is sought.
func TestRestingChannelsComeBackForTheAgents(t *testing.T) {
	t.Parallel()
	resting := func(t *testing.T, st store.Store) (*steered, *controlled) {
		t.Helper()
		j := newSteered(t, st, handover.Settings{Primary: handover.Agent, BotApp: "robot", Returning: handover.Bot})
		j.joined.routed().accepts(ann, j.first)
		j.replies(ann, j.eve.ThreadID, "yes")
		j.leaves(ann)
		j.runs()
		j.is("closed ann by channel_inactive thread resting")
		c := j.control()
		return j, c
	}
	t.Run("a bot has control", func(t *testing.T) {
		t.Parallel()
		onBothStores(t, func(t *testing.T, st store.Store) {
			j, c := resting(t, st)
			j.fine(c.toBot(false))
			j.runs()
			c.has(handover.Bot)
			j.writes("eve", "a person, please")
			j.runs()
			j.is("closed ann by channel_inactive thread resting")
			must(j.As(robot).Control.Handover(t.Context(), handover.Request{
				IdentityForeignID: "eve", From: handover.Bot, To: handover.Agent, Type: "messenger", AppID: robot.ID,
			}))(t)
			j.runs()
			c.has(handover.Agent)
			again := j.asked(bob)
			j.tells(again, "active reserved")
			j.is("closed ann by channel_inactive")
			j.accepts(bob, again)
			j.is("open bob")
		})
	})
	for name, fails := range map[string]bool{"a pass that fails": true, "a pass that is done": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onBothStores(t, func(t *testing.T, st store.Store) {
				j, _ := resting(t, st)
				j.passing()
				j.writes("eve", "are you still there?")
				j.runs()
				j.is("closed ann by channel_inactive thread resting")
				if !fails {
					j.answers(byRobot)
					j.is("closed ann by channel_inactive thread resting")
					return
				}
				j.answers(byAgents)
				again := j.asked(bob)
				j.tells(again, "active reserved")
				j.is("open ann") // as eve's writing does, once it is known whose turn it is
				j.accepts(bob, again)
				j.is("open bob")
			})
		})
	}
}

// TestVirtualBotsGoOnWithWhatRests, on a source without control.
func TestVirtualBotsGoOnWithWhatRests(t *testing.T) {
	t.Parallel()
	inBothStores(t, func(_ *testing.T, j *joined) {
		j.routed().accepts(ann, j.first)
		must(j.As(ann).Interventions.Assign(j.t.Context(), j.intervention().ID, robot))(j.t)
		j.leaves(ann)
		j.writes("eve", "thanks")
		j.runs()
		j.is("open robot thread resting")
		if n := len(must(j.Tasks.List(j.t.Context(), engage.TaskFilter{ChannelSID: j.channel}))(j.t).Items); n != 1 {
			j.t.Errorf("%d tasks", n)
		}
	})
}

// TestEachJoinCanBeSwitchedOff, and all others are done then.
func TestEachJoinCanBeSwitchedOff(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		off  engage.Joins
		do   func(j *joined)
		want string
	}{
		"engaging": {engage.Joins{NoEngaging: true}, func(*joined) {}, "none"},
		"engaging, and the end": {engage.Joins{NoEngaging: true}, func(j *joined) {
			j.engages(ann, j.eve.ThreadID)
			j.completes(ann, j.first)
		}, "canceled ann thread closed by channel_closed"},
		"leaving": {engage.Joins{NoLeaving: true}, func(j *joined) {
			j.accepts(bob, j.asks(bob))
			j.completes(ann, j.first)
		}, "open ann +bob"},
		"ending":         {engage.Joins{NoEnding: true}, func(j *joined) { j.completes(ann, j.first) }, "open ann thread closed by channel_closed"},
		"pausing":        {engage.Joins{NoPausing: true}, func(j *joined) { j.pauses(ann) }, "open ann thread resting"},
		"thread closing": {engage.Joins{NoThreadClosing: true}, func(j *joined) { j.completes(ann, j.first) }, "canceled ann thread unbound"},
		"channel closing": {engage.Joins{NoChannelClosing: true}, func(j *joined) {
			must(j.Threads.Close(j.t.Context(), j.eve.ThreadID))(j.t)
			j.tells(j.first, "active assigned")
		}, "open ann thread closed still bound"},
		"channel closing, and the end": {engage.Joins{NoChannelClosing: true}, func(j *joined) {
			must(j.Threads.Close(j.t.Context(), j.eve.ThreadID))(j.t)
			j.completes(ann, j.first)
		}, "canceled ann thread closed"},
		"returning": {engage.Joins{NoReturning: true}, func(j *joined) {
			j.leaves(ann)
			j.writes("eve", "me again")
			j.runs()
		}, "canceled ann by channel_inactive thread resting"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBothStores(t, func(_ *testing.T, j *joined) {
				j.off(row.off)
				j.routed().accepts(ann, j.first)
				row.do(j)
				j.is(row.want)
			})
		})
	}
}

// TestChannelsThatFailLeaveTheirThreads as they are.
func TestChannelsThatFailLeaveTheirThreads(t *testing.T) {
	t.Parallel()
	inBothStores(t, func(_ *testing.T, j *joined) {
		j.engages(bob, j.eve.ThreadID)
		i := must(j.Flex.Create(j.t.Context(), engage.NewInteraction{Request: j.request(ann)}))(j.t)
		must(j.Threads.Close(j.t.Context(), j.eve.ThreadID))(j.t) // before it is set up
		j.runs()
		j.channel, j.first = i.Channel.SID, i.Routed.Task.SID
		j.is("open bob thread closed")
		j.tells(j.first, "closed canceled")
	})
}

// TestWorkersWhoVanish leave the conversation to who is asked in their place.
func TestWorkersWhoVanish(t *testing.T) {
	t.Parallel()
	inBothStores(t, func(t *testing.T, j *joined) {
		j.demands()
		j.routed().accepts(ann, j.first)
		j.replies(ann, j.eve.ThreadID, "yes")
		j.fine(j.Workers.Delete(t.Context(), j.workers["ann"]))
		delete(j.workers, "ann")
		again := j.asked(bob)
		j.is("open nobody")
		j.tells(j.first, "active completed")
		j.accepts(bob, again)
		j.is("open bob")
		j.wraps(bob, again)
		j.fine(j.Workers.Delete(t.Context(), j.workers["bob"]))
		j.runs()
		j.is("closed bob by task_completed disposition missing thread closed by channel_closed")
	})
}

// TestWarmTransfers let both be there until the first leaves.
func TestWarmTransfers(t *testing.T) {
	t.Parallel()
	inBothStores(t, func(_ *testing.T, j *joined) {
		j.routed().accepts(ann, j.first)
		second := j.handsOver(j.first, routing.TransferWarm, bob)
		j.is("open ann")
		j.accepts(bob, second)
		j.is("open ann +bob")
		j.completes(ann, j.first)
		j.is("open bob")
	})
}
