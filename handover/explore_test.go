package handover_test

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
)

// world is a conversation with all that surrounds it: who has control as this library
// believes, who has it as the platform knows, and what is on its way between the two.
type world struct {
	control handover.Control
	engaged []handover.Engaged
	facts   handover.Facts

	truth   handover.Party // who the platform sees in control
	flights []flight       // verbs that the platform was told
	query   *question
	now     time.Time
	ids     int
	extras  []extra
	parent  int // which world it came from, and by which step
	by      string
}

// flight is a verb on its way to the platform, or its answer on the way back.
type flight struct {
	verb    handover.Verb
	landed  bool // the platform has done or refused it
	outcome handover.Outcome
	lost    bool // its answer will not come
}

// question is one to the platform about who has control.
type question struct{ asked int64 }

var (
	t0     = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	agents = handover.Party{Owner: handover.Agent}
	nobody = handover.Party{Owner: handover.Idle}
	botA   = handover.Party{Owner: handover.Bot, App: "bot-a"}
	inbox  = handover.Party{Owner: handover.Other, App: "inbox"}
)

func canAsk(f handover.Facts) bool { return f.Platform && !f.Settings.NoOwner }

func newWorld(s handover.Settings, platform, canAsk bool, extras ...extra) world {
	s.NoOwner = !canAsk
	return world{
		extras:  extras,
		control: handover.Control{SourceID: "s", IdentityID: "i", Party: nobody},
		facts:   handover.Facts{Settings: s, Platform: platform},
		truth:   nobody, now: t0,
	}
}

// state is what the rules can tell of a world.
type state struct {
	party                          handover.Party
	uncertain, postponed, whenFree bool
	held, sending                  int

	kind                                      handover.VerbKind
	to                                        handover.Party
	stage                                     handover.Stage
	unanswered, withdrawn, overdue, forAgents bool
	tried                                     string

	engaged interaction.ActorType
	status  interaction.InterventionStatus
	truth   handover.Party
	flights [2]flightState
	query   int
}

type flightState struct {
	kind                   handover.VerbKind
	to                     handover.Party
	outcome                handover.Outcome
	landed, lost           bool
	current, nothingBetter bool
}

func (w *world) state() state {
	c := w.control
	s := state{
		party: c.Party, uncertain: c.Uncertain, postponed: c.Postponed, whenFree: c.WhenFree != nil, held: c.Held, sending: c.Sending,
		truth: w.truth, overdue: w.overdue(),
	}
	if v := c.Verb; v != nil {
		s.kind, s.to, s.stage, s.unanswered, s.withdrawn = v.Kind, v.To, v.Stage, v.Unanswered, v.Withdrawn
		s.forAgents = v.Cause == handover.AgentSends || v.Cause == handover.AgentEngages
		s.tried = fmt.Sprint(v.Tried)
	}
	if len(w.engaged) > 0 {
		s.engaged, s.status = w.engaged[0].Owner.Type, w.engaged[0].Status
	}
	for n, f := range w.flights {
		s.flights[n] = flightState{kind: f.verb.Kind, to: f.verb.To, outcome: f.outcome, landed: f.landed, lost: f.lost}
		if c.Verb != nil && c.Verb.ID == f.verb.ID {
			s.flights[n].current, s.flights[n].nothingBetter = true, f.verb.Revision == c.Revision
		} else {
			s.flights[n].nothingBetter = canAsk(w.facts) || f.verb.Epoch == c.Epoch
		}
	}
	if w.query != nil {
		s.query = 1
		if w.query.asked == c.Revision {
			s.query = 2
		}
	}
	return s
}

func (w *world) has(e extra) bool { return slices.Contains(w.extras, e) }

func (w *world) overdue() bool {
	v := w.control.Verb
	return v != nil && !v.Deadline.IsZero() && !w.now.Before(v.Deadline)
}

// fork returns a copy that can be changed.
func (w *world) fork(parent int, by string) world {
	next := *w
	next.engaged = slices.Clone(w.engaged)
	next.flights = slices.Clone(w.flights)
	next.parent, next.by = parent, by
	return next
}

func (w *world) known() handover.Facts {
	f := w.facts
	f.Engaged, f.Now = w.engaged, w.now
	return f
}

func (w *world) id() string {
	w.ids++
	return fmt.Sprintf("v%d", w.ids)
}

// take takes a decision over, and checks it.
func (w *world) take(d handover.Decision) error {
	before := w.control
	wasFree := len(w.facts.Settings.InTheWay(w.engaged, "")) == 0
	if d.Returned { // the interventions of bots have no owner any more
		w.engaged = slices.Clone(w.engaged)
		for n, e := range w.engaged {
			if e.Owner.Type == interaction.ActorBot {
				w.engaged[n].Owner = interaction.Actor{}
			}
		}
	}
	free := len(w.facts.Settings.InTheWay(w.engaged, "")) == 0
	for _, change := range d.Changes {
		mirrored := change.Cause == "report" || change.Cause == "owner" || change.Cause == "answer"
		if change.From.Owner == handover.Agent && change.To.Owner == handover.Bot && !wasFree && !mirrored {
			return fmt.Errorf("control went from the agents to a bot although an intervention is engaged, by %s", change.Cause)
		}
	}
	if v := d.Control.Verb; v != nil && v.Kind == handover.VerbPass && (before.Verb == nil || before.Verb.ID != v.ID) && !free {
		return errors.New("a pass was decided although an intervention is engaged")
	}
	if d.Control.Epoch < before.Epoch || (d.Control.Epoch == before.Epoch) != (len(d.Changes) == 0) {
		return fmt.Errorf("the epoch went from %d to %d with %d changes", before.Epoch, d.Control.Epoch, len(d.Changes))
	}
	w.control = d.Control
	if d.AskOwner {
		if !canAsk(w.facts) {
			return errors.New("a platform that cannot be asked is asked")
		}
		w.query = &question{asked: d.Control.Revision}
	}
	return w.sound()
}

// sound checks what holds in every state.
func (w *world) sound() error {
	c := w.control
	v := c.Verb
	free := len(w.facts.Settings.InTheWay(w.engaged, "")) == 0
	switch {
	case c.Held < 0 || c.Sending < 0:
		return fmt.Errorf("contents are counted below zero: %d, %d", c.Held, c.Sending)
	case c.Held > 0 && v == nil:
		return fmt.Errorf("%d contents wait for nothing", c.Held)
	case c.Sending > 0 && c.Owner != handover.Agent:
		return fmt.Errorf("agents send while %v has control", c.Party)
	case c.WhenFree != nil && free && v == nil && (c.Owner == handover.Agent || c.Owner == handover.Idle):
		return errors.New("a pass waits although no intervention is engaged")
	case v != nil && v.Kind == handover.VerbPass && v.Stage != handover.StageSent && !free:
		return fmt.Errorf("a pass is %s while an intervention is engaged", v.Stage)
	case c.Phase() == handover.Passing && !free && !w.overdue():
		return errors.New("an intervention is engaged while control is passed")
	case v != nil && !w.facts.Platform && v.Stage != handover.StageAsked && v.Stage != handover.StageDraining:
		return fmt.Errorf("%s is %s without a platform", v.Kind, v.Stage)
	case v != nil && v.Stage == handover.StageDraining && c.Sending == 0:
		return fmt.Errorf("%s waits for nothing", v.Kind)
	case c.Postponed && (v == nil || v.Kind != handover.VerbPass):
		return errors.New("what the customer wrote waits for nothing")
	}
	return nil
}

// land lets the platform do a verb, as the handover protocol has it: our app takes where
// it may, passes and releases what it has, and gets from a request what nobody has.
func (w *world) land(f *flight) {
	f.landed = true
	ours := w.truth.Ours()
	f.outcome = handover.Rejected
	switch f.verb.Kind {
	case handover.VerbTake:
		if ours || w.truth.Owner == handover.Idle || w.facts.Settings.Primary == handover.Agent || w.facts.Settings.MayTake {
			w.truth, f.outcome = agents, handover.Done
		}
	case handover.VerbRequest:
		switch {
		case w.facts.Settings.NoRequest:
		case ours:
			f.outcome = handover.Granted
		case w.truth.Owner == handover.Idle:
			w.truth, f.outcome = agents, handover.Granted
		default:
			f.outcome = handover.Done
		}
	case handover.VerbPass:
		if ours || w.truth.Owner == handover.Idle {
			w.truth, f.outcome = f.verb.To, handover.Done
		}
	case handover.VerbRelease:
		if ours {
			w.truth, f.outcome = nobody, handover.Done
		}
	case handover.VerbAsk:
	}
}

// extra is something that happens in some explorations only: with all of them at once
// there are more states than anybody can wait for.
type extra string

const (
	virtualBots extra = "virtual bots"
	interferes  extra = "other apps interfere"
	waits       extra = "passes that wait"
	late        extra = "answers that come late"
)

// step is something that can happen, and what comes of it; an error is a fault.
type step struct {
	name string
	kind stepKind
	do   func(w *world) error
}

type stepKind int

const (
	ordinary stepKind = iota // somebody writes, engages, asks; the platform answers
	unlucky                  // an answer is lost, or late; somebody else interferes
)

func (w *world) decide(in handover.Input) func(*world) error {
	return func(w *world) error {
		in.ID = w.id()
		d, err := handover.Decide(w.control, in, w.known())
		if err != nil {
			if !reflect.DeepEqual(d.Control, w.control) {
				return fmt.Errorf("a refusal changes the control: %+v, %+v", w.control, d.Control)
			}
			return errRefused
		}
		return w.take(d)
	}
}

var errRefused = errors.New("refused")

func person(typ interaction.ActorType) interaction.Actor {
	return interaction.Actor{Type: typ, ID: "ann"}
}

// steps are all that can happen in a world.
func (w *world) steps() []step {
	var list []step
	add := func(kind stepKind, name string, do func(*world) error) { list = append(list, step{name, kind, do}) }
	c := w.control

	add(ordinary, "customer writes", func(w *world) error {
		if w.facts.Platform && w.truth.Owner == handover.Idle && w.facts.Settings.Primary != "" {
			w.truth = agents
			if w.facts.Settings.Primary == handover.Bot {
				w.truth = botA
			}
		}
		return w.decide(handover.Input{Trigger: handover.CustomerWrites})(w)
	})
	engage := func(typ interaction.ActorType) func(*world) error {
		return func(w *world) error {
			i := handover.Engaged{InterventionID: "n", IdentityID: "i", SourceID: "s", Owner: person(typ), Status: interaction.InterventionOpen}
			by := handover.AgentEngages
			if typ == interaction.ActorBot {
				by = handover.OthersEngage
			}
			d, err := handover.Decide(w.control, handover.Input{Trigger: by, Engages: i, ID: w.id()}, w.known())
			if err != nil {
				return errRefused
			}
			doubts := d.Act == handover.DoDoubt || d.Act == handover.DoAssume // which is decided before
			if !doubts {
				w.engaged = []handover.Engaged{i}
			}
			if err := w.take(d); err != nil {
				return err
			}
			w.engaged = []handover.Engaged{i}
			return w.sound()
		}
	}
	switch {
	case len(w.engaged) == 0:
		add(ordinary, "agent engages", engage(interaction.ActorAgent))
		add(ordinary, "bot engages", engage(interaction.ActorBot))
	case w.engaged[0].Owner.Type == interaction.ActorBot:
		add(ordinary, "agent engages", engage(interaction.ActorAgent))
	case w.engaged[0].Status == interaction.InterventionDeferred:
		add(ordinary, "agent resumes", engage(interaction.ActorAgent))
	default:
		add(ordinary, "agent defers", func(w *world) error {
			w.engaged[0].Status = interaction.InterventionDeferred
			return w.decide(handover.Input{Trigger: handover.EngagedEnds})(w)
		})
		if c.Held+c.Sending == 0 {
			add(ordinary, "agent sends", w.decide(handover.Input{Trigger: handover.AgentSends}))
		}
	}
	if len(w.engaged) > 0 {
		add(ordinary, "intervention ends", func(w *world) error {
			w.engaged = nil
			return w.decide(handover.Input{Trigger: handover.EngagedEnds})(w)
		})
	}
	if c.Sending > 0 {
		add(ordinary, "delivered", func(w *world) error { return w.take(handover.Delivered(w.control, w.control.Round, w.id(), w.known())) })
	}
	add(ordinary, "bot to agent", w.decide(handover.Input{Trigger: handover.HandoverToAgent}))
	add(ordinary, "agent to bot", w.decide(handover.Input{Trigger: handover.HandoverToBot, App: "bot-a"}))
	if w.has(virtualBots) {
		add(ordinary, "bot sends", w.decide(handover.Input{Trigger: handover.BotSends, App: "bot-v", Epoch: c.Epoch}))
		add(ordinary, "agent to virtual bot", w.decide(handover.Input{Trigger: handover.HandoverToBot, App: "bot-v", Virtual: true}))
	}
	if w.has(waits) {
		add(ordinary, "agent to bot when free", w.decide(handover.Input{Trigger: handover.HandoverToBot, App: "bot-a", WhenFree: true}))
	}
	add(ordinary, "bot accepts", w.decide(handover.Input{Trigger: handover.BotAccepts, App: c.App}))
	add(ordinary, "bot declines", w.decide(handover.Input{Trigger: handover.BotDeclines, App: c.App}))
	add(ordinary, "silence", func(w *world) error {
		w.now = w.facts.Settings.ExpiresAt(w.control)
		return w.decide(handover.Input{Trigger: handover.Inactivity})(w)
	})
	if v := c.Verb; v != nil && !v.Deadline.IsZero() && !w.overdue() {
		add(unlucky, "the deadline comes", func(w *world) error { w.now = w.control.Verb.Deadline; return nil })
	}
	if w.overdue() {
		add(ordinary, "the deadline is noticed", func(w *world) error {
			return w.take(handover.Expire(w.control, w.control.Verb.ID, w.id(), w.known()))
		})
	}
	return append(list, w.platformSteps()...)
}

// platformSteps are what the platform and the other apps can do.
func (w *world) platformSteps() []step {
	var list []step
	add := func(kind stepKind, name string, do func(*world) error) { list = append(list, step{name, kind, do}) }
	if !w.facts.Platform {
		return nil
	}
	room := len(w.flights) == 0 || w.has(late) && len(w.flights) == 1 && w.flights[0].lost
	if v := w.control.Verb; v != nil && v.Stage == handover.StageQueued && room {
		add(ordinary, "the platform is told", func(w *world) error {
			d, ok := handover.Begin(w.control, w.control.Verb.ID, w.known())
			if ok {
				w.flights = append(w.flights, flight{verb: *d.Control.Verb})
			}
			return w.take(d)
		})
	}
	for n, f := range w.flights {
		name := fmt.Sprintf("%s %d", f.verb.Kind, n)
		if !f.landed {
			add(ordinary, name+" lands", func(w *world) error {
				w.land(&w.flights[n])
				if w.flights[n].lost {
					w.flights = slices.Delete(w.flights, n, n+1)
				}
				return nil
			})
		}
		if f.landed && !f.lost {
			add(ordinary, name+" is answered", func(w *world) error {
				f := w.flights[n]
				w.flights = slices.Delete(w.flights, n, n+1)
				return w.take(handover.Answer(w.control, f.verb, f.outcome, "it says no", w.id(), w.known()))
			})
		}
		if !f.lost {
			if !f.landed && len(w.flights) == 1 {
				add(unlucky, name+" was not told after all", func(w *world) error {
					f := w.flights[n]
					w.flights = slices.Delete(w.flights, n, n+1)
					return w.take(handover.Answer(w.control, f.verb, handover.NotTold, "", w.id(), w.known()))
				})
			}
			add(unlucky, name+" is not answered", func(w *world) error {
				f := w.flights[n]
				w.flights[n].lost = true
				if f.landed {
					w.flights = slices.Delete(w.flights, n, n+1)
				}
				return w.take(handover.Answer(w.control, f.verb, handover.NoAnswer, "", w.id(), w.known()))
			})
		} else {
			add(ordinary, name+" is forgotten", func(w *world) error {
				w.flights = slices.Delete(w.flights, n, n+1)
				return nil
			})
		}
	}
	if w.query != nil {
		add(ordinary, "the platform says who has control", func(w *world) error {
			asked, who := w.query.asked, w.truth
			w.query = nil
			return w.take(handover.OwnerIs(w.control, asked, &who, w.id(), w.known()))
		})
		add(unlucky, "the platform does not say who has control", func(w *world) error {
			asked := w.query.asked
			w.query = nil
			return w.take(handover.OwnerIs(w.control, asked, nil, w.id(), w.known()))
		})
	}
	report := func(who handover.Party) func(*world) error {
		return func(w *world) error {
			w.truth = who
			w.now = w.now.Add(time.Millisecond)
			return w.take(handover.Apply(w.control, handover.Report{Party: who, At: w.now}, w.id(), w.known()))
		}
	}
	if !w.truth.Ours() {
		add(ordinary, "the app in control passes", report(agents))
		add(unlucky, "the app in control passes, untold", func(w *world) error { w.truth = agents; return nil })
	}
	if w.has(interferes) {
		add(unlucky, "control falls idle", report(nobody))
		add(unlucky, "the inbox takes control", report(inbox))
		add(unlucky, "the bot takes control", report(botA))
	}
	add(ordinary, "somebody settles it", func(w *world) error {
		d, err := handover.Settle(w.control, w.truth, interaction.Actor{Type: interaction.ActorSystem}, w.id(), w.known())
		if err != nil {
			return errRefused
		}
		return w.take(d)
	})
	return list
}

// TestExplore goes through every state that the rules can lead to, with a platform that
// loses answers, does things late and has other apps that interfere. In every state what
// must hold holds, and from each some way leads on to either side by ordinary steps.
func TestExplore(t *testing.T) {
	t.Parallel()
	settings := map[string]handover.Settings{
		"agent primary":     {Primary: handover.Agent},
		"bot primary":       {Primary: handover.Bot, BotApp: "bot-a"},
		"no primary":        {},
		"falls back":        {Primary: handover.Bot, BotApp: "bot-a", MayTake: true, Fallback: handover.TakeOver},
		"without requests":  {Primary: handover.Bot, BotApp: "bot-a", NoRequest: true},
		"ignores deferred":  {Primary: handover.Agent, IgnoreDeferred: true, IgnoreBots: true},
		"agents by default": {NoRequest: true, MayTake: true},
	}
	// All of them take minutes: for once each of them has one of the extras in turn.
	all := os.Getenv("STORETEST_EFFORT") != "" && os.Getenv("STORETEST_EFFORT") != "1"
	for at, name := range slices.Sorted(maps.Keys(settings)) {
		s := settings[name]
		if err := s.Check(); err != nil {
			t.Fatal(err)
		}
		for n, kind := range []string{"arbiter", "platform", "platform that cannot be asked"} {
			for e, extras := range [][]extra{{virtualBots, waits}, {interferes}, {late}} {
				if turn := (at + n + e) % 3; turn != 0 && !all || testing.Short() && at%4 != 0 {
					continue
				}
				t.Run(fmt.Sprint(name, ", ", kind, ", ", extras), func(t *testing.T) {
					t.Parallel()
					explore(t, newWorld(s, kind != "arbiter", kind == "platform", extras...))
				})
			}
		}
	}
}

func explore(t *testing.T, start world) {
	t.Helper()
	seen := map[state]int{start.state(): 0}
	states := []world{start}
	back := [][]int{nil} // by ordinary steps
	trace := func(n int) (steps []string) {
		for ; n > 0; n = states[n].parent {
			steps = append(steps, states[n].by)
		}
		slices.Reverse(steps)
		return steps
	}
	for n := 0; n < len(states); n++ {
		for _, s := range states[n].steps() {
			w := states[n].fork(n, s.name)
			if err := s.do(&w); errors.Is(err, errRefused) {
				continue
			} else if err != nil {
				t.Fatalf("%v\nafter %s\n%+v\n%+v", err, strings.Join(append(trace(n), s.name), "; "), states[n].state(), w.state())
			}
			key := w.state()
			at, known := seen[key]
			if !known {
				at = len(states)
				seen[key] = at
				states = append(states, w)
				back = append(back, nil)
				if at > 400_000 {
					t.Fatalf("more than %d states: %+v", at, key)
				}
			}
			if s.kind == ordinary {
				back[at] = append(back[at], n)
			}
		}
	}
	t.Logf("%d states", len(states))
	for side, holds := range map[string]func(world) bool{
		"the agents": func(w world) bool {
			return w.control.Owner == handover.Agent && w.control.Verb == nil && (w.truth.Ours() || !w.facts.Platform)
		},
		"a bot": func(w world) bool {
			return w.control.Owner == handover.Bot && w.control.Verb == nil && (w.truth.Ours() == w.control.Ours() || !w.facts.Platform)
		},
	} {
		reaches := make([]bool, len(states))
		var queue []int
		for n, w := range states {
			if holds(w) {
				reaches[n] = true
				queue = append(queue, n)
			}
		}
		for len(queue) > 0 {
			n := queue[0]
			queue = queue[1:]
			for _, from := range back[n] {
				if !reaches[from] {
					reaches[from] = true
					queue = append(queue, from)
				}
			}
		}
		if n := slices.Index(reaches, false); n >= 0 {
			t.Errorf("from here nothing leads control to %s: %+v\nafter %s", side, states[n].state(), strings.Join(trace(n), "; "))
		}
	}
}
