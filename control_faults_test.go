package engage_test

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
)

// toldOf returns the types of the events about control, in order.
func (u *unlucky) toldOf() (list []engage.EventType) {
	u.t.Helper()
	for _, typ := range types(u.t, u.Engine, 0) {
		if len(typ) > 8 && typ[:8] == "control." && typ != engage.EventControlConfigured {
			list = append(list, typ)
		}
	}
	return list
}

// times returns how often the platform was told something.
func (w *wire) times(kind handover.VerbKind) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(slices.DeleteFunc(slices.Clone(w.calls), func(k handover.VerbKind) bool { return k != kind }))
}

var (
	botFirst   = handover.Settings{Primary: handover.Bot, BotApp: "bot"}
	agentFirst = handover.Settings{Primary: handover.Agent}
	mayTakeIt  = handover.Settings{Primary: handover.Bot, BotApp: "bot", MayTake: true, Fallback: handover.TakeOver}
)

// What comes of a platform that does not do what it is told, one thing at a time.
func TestBadLuckWithControl(t *testing.T) {
	t.Parallel()
	const (
		changed, started, requested = engage.EventControlChanged, engage.EventControlStarted, engage.EventControlRequested
		failed, uncertain           = engage.EventControlFailed, engage.EventControlUncertain
	)
	type luckless struct {
		name     string
		settings handover.Settings
		plan     map[handover.VerbKind][]glitch
		asked    []glitch
		bot      time.Duration
		begins   func(u *unlucky) error
		goesOn   func(u *unlucky)
		wait     time.Duration
		owner    handover.Owner
		contents interaction.SyncStatus // of what ann has posted
		told     []engage.EventType
	}
	for _, row := range []luckless{
		{
			name: "a request is granted at once", settings: handover.Settings{}, bot: never, begins: engagesAndPosts,
			wait: time.Second, owner: handover.Agent, contents: interaction.SyncSuccess, told: []engage.EventType{started, changed},
		}, {
			name: "a request is never answered", settings: botFirst, bot: never, begins: engagesAndPosts,
			wait: time.Minute, owner: handover.Bot, contents: interaction.SyncAborted, told: []engage.EventType{changed, started, requested, failed},
			goesOn: func(u *unlucky) { // the intervention stays open, and the next content asks anew
				expect(u.t, "engaged", u.engagedNow(), 1)
				u.wire.bot = time.Second
				if err := u.post("two"); err != nil {
					u.t.Error(err)
				}
				u.after(5 * time.Second)
				u.has(handover.Agent)
				expect(u.t, "what ann posts then", u.state(u.posted[1]), "success")
			},
		}, {
			name: "a request is never answered, and the agents may take control", settings: mayTakeIt, bot: never, begins: engagesAndPosts,
			wait: time.Minute, owner: handover.Agent, contents: interaction.SyncSuccess, told: []engage.EventType{changed, started, requested, started, changed},
		}, {
			name: "a take is refused, and then requested", settings: agentFirst, bot: time.Second, begins: passedThenEngages,
			plan: map[handover.VerbKind][]glitch{handover.VerbTake: {{lost: true, answers: time.Second, err: errNo}}},
			wait: 5 * time.Second, owner: handover.Agent, contents: interaction.SyncSuccess,
			told: []engage.EventType{changed, started, changed, started, started, requested, changed},
		}, {
			name: "a take is refused, and the request, too", settings: agentFirst, bot: never, begins: passedThenEngages,
			plan: map[handover.VerbKind][]glitch{handover.VerbTake: {{lost: true, answers: time.Second, err: errNo}}, handover.VerbRequest: {{lost: true, err: errNo}}},
			wait: 5 * time.Second, owner: handover.Bot, contents: interaction.SyncAborted,
			told: []engage.EventType{changed, started, changed, started, started, failed},
		}, {
			name: "a pass is refused", settings: agentFirst, bot: never, begins: func(u *unlucky) error { return u.handsOver(handover.Bot, false) },
			plan: map[handover.VerbKind][]glitch{handover.VerbPass: {{lost: true, err: errNo}}},
			wait: time.Second, owner: handover.Agent, told: []engage.EventType{changed, started, failed},
		}, {
			name: "a pass of which nobody says what became", settings: agentFirst, bot: never, asked: []glitch{{err: errMute}},
			begins: func(u *unlucky) error { return u.handsOver(handover.Bot, false) },
			plan:   map[handover.VerbKind][]glitch{handover.VerbPass: {{lost: true}}},
			wait:   2 * time.Minute, owner: handover.Bot, told: []engage.EventType{changed, started, changed, uncertain},
		}, {
			name: "a pass hangs, and so do the questions", settings: agentFirst, bot: never,
			asked:  []glitch{{lost: true, deaf: true, answers: longAgo, err: errMute}},
			begins: func(u *unlucky) error { return u.handsOver(handover.Bot, false) },
			plan:   map[handover.VerbKind][]glitch{handover.VerbPass: {{lost: true}}},
			wait:   3 * time.Minute, owner: handover.Bot, told: []engage.EventType{changed, started, changed, uncertain},
			goesOn: func(u *unlucky) { u.after(longAgo + time.Hour) },
		}, {
			name: "the platform cannot be told at first", settings: agentFirst, bot: never,
			begins: func(u *unlucky) error { return u.handsOver(handover.Bot, false) },
			plan:   map[handover.VerbKind][]glitch{handover.VerbPass: {{lost: true, err: errLine}, {lost: true, err: errLine}}},
			wait:   5 * time.Second, owner: handover.Bot, told: []engage.EventType{changed, started, changed},
		}, {
			name: "the platform asks for patience", settings: agentFirst, bot: never,
			begins: func(u *unlucky) error { return u.handsOver(handover.Bot, false) },
			plan:   map[handover.VerbKind][]glitch{handover.VerbPass: {{lost: true, err: engage.RetryAfter(errLine, 20*time.Second)}}},
			wait:   19 * time.Second, owner: handover.Agent, told: []engage.EventType{changed, started},
			goesOn: func(u *unlucky) { u.after(2 * time.Second); u.has(handover.Bot) },
		}, {
			name: "the platform asks for more patience than there is", settings: mayTakeIt, bot: never, begins: engagesAndPosts,
			plan: map[handover.VerbKind][]glitch{handover.VerbRequest: {{lost: true, err: engage.RetryAfter(errLine, time.Hour)}}},
			wait: time.Minute, owner: handover.Agent, contents: interaction.SyncSuccess, told: []engage.EventType{changed, started, started, changed},
		}, {
			name: "the platform cannot be told until the deadline", settings: agentFirst, bot: never,
			begins: func(u *unlucky) error { return u.handsOver(handover.Bot, false) },
			plan:   map[handover.VerbKind][]glitch{handover.VerbPass: forLong(glitch{lost: true, err: errLine})},
			wait:   30 * time.Second, owner: handover.Agent, told: []engage.EventType{changed, started, failed},
			goesOn: func(u *unlucky) {
				tried := u.wire.times(handover.VerbPass)
				u.after(time.Hour)
				if again := u.wire.times(handover.VerbPass); again != tried || tried < 3 || tried > 15 {
					u.t.Errorf("the platform was told %d times, and %d past the deadline", tried, again-tried)
				}
			},
		}, {
			name: "what the platform is told is lost each time", settings: agentFirst, bot: never,
			begins: func(u *unlucky) error { return u.handsOver(handover.Bot, false) },
			plan:   map[handover.VerbKind][]glitch{handover.VerbPass: forLong(glitch{lost: true, err: engage.ErrUnknownOutcome})},
			wait:   30 * time.Second, owner: handover.Agent, told: []engage.EventType{changed, started, failed},
			goesOn: func(u *unlucky) {
				if tried := u.wire.times(handover.VerbPass); tried < 3 || tried > 15 {
					u.t.Errorf("the platform was told %d times", tried)
				}
			},
		}, {
			name: "another app takes control while a content is under way", settings: handover.Settings{}, bot: time.Second,
			begins: func(u *unlucky) error {
				err := u.engage()
				u.after(time.Second)
				u.wire.plan["send"] = []glitch{{lands: 10 * time.Second}}
				err = errors.Join(err, u.post("one"))
				u.after(time.Second)
				u.wire.moves(another)
				return err
			},
			// It asks for control again, with the content, which is refused for that; and gets it.
			wait: time.Minute, owner: handover.Agent, contents: interaction.SyncSuccess,
			told: []engage.EventType{started, changed, changed, started, requested, changed},
		}, {
			name: "another app takes control, and nobody tells", settings: handover.Settings{}, bot: time.Second,
			begins: func(u *unlucky) error {
				err := engagesAndPosts(u)
				u.after(time.Second)
				u.wire.reports = never
				u.wire.moves(another)
				u.wire.reports = 0
				return errors.Join(err, u.post("two"))
			},
			wait: time.Minute, owner: handover.Agent, contents: interaction.SyncSuccess,
			told: []engage.EventType{started, changed, changed, started, requested, changed},
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				u := luck(t, row.settings)
				if row.plan != nil {
					u.wire.plan = row.plan
				}
				u.wire.asked, u.wire.bot = row.asked, row.bot
				if err := row.begins(u); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				u.check()
				u.after(row.wait)
				u.check()
				u.has(row.owner)
				expect(t, "told", u.toldOf(), row.told)
				for _, id := range u.posted {
					expect(t, "content", u.state(id), string(row.contents))
				}
				if row.goesOn != nil {
					row.goesOn(u)
				}
				u.after(time.Hour)
				u.rests()
				u.goesOn()
			})
		})
	}
}

// Nobody looks without end whether an owner is inactive who stays for a reason.
func TestAnInactiveOwnerIsLookedAtNowAndThen(t *testing.T) {
	t.Parallel()
	c := newControlled(t, agentFirst)
	i := c.engages(ann, c.eve.ThreadID)
	for range 5 {
		c.clock.pass(25 * time.Hour)
		if n := must(c.RunDue(t.Context()))(t); n > 5 {
			t.Fatalf("%d jobs in a day", n)
		}
		c.has(handover.Agent)
	}
	looks := 0
	for _, j := range must(c.Jobs.List(t.Context(), engage.JobFilter{Limit: 1000}))(t).Items {
		if j.Type == "control.inactive" {
			looks++
		}
	}
	expect(t, "jobs that look", looks, 1)
	must(c.Interventions.Cancel(t.Context(), i.ID))(t)
	c.has(handover.Idle)
}
