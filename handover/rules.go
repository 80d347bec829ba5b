package handover

import (
	"slices"
	"time"

	"github.com/engage-interactions/engage/interaction"
)

// Act is what is done on a trigger.
type Act string

// The acts.
const (
	DoNothing Act = "nothing"
	DoGive    Act = "give"     // control goes to the primary's side
	DoSend    Act = "send"     // the content is delivered
	DoHold    Act = "hold"     // the content waits for what is under way
	DoReach   Act = "reach"    // control is taken or requested, for the agents
	DoClaim   Act = "claim"    // control is claimed for the bot that sends, and its content waits
	DoRequest Act = "request"  // control is requested: the bot is to pass it
	DoGrant   Act = "grant"    // control goes to the agents: the bot that has it says so
	DoPass    Act = "pass"     // control is passed to the bot
	DoWait    Act = "wait"     // the pass waits until no intervention is engaged
	DoNext    Act = "next"     // what waits for the last intervention follows; else control is released
	DoCancel  Act = "withdraw" // what is under way is withdrawn, and control stays
	// DoLetGo lets control be released once it has come and what waits is delivered.
	DoLetGo   Act = "let go"
	DoExpire  Act = "expire" // nobody has control any more
	DoDecline Act = "fall back"
	// DoRedirect lets the agents have what is on its way, for whomever it was claimed.
	DoRedirect Act = "redirect"
	// DoDoubt takes the bot for the owner, because a pass is past its deadline and nobody
	// has said yet what became of it, and reaches for control.
	DoDoubt Act = "doubt"
	// DoAssume does the first only.
	DoAssume Act = "assume"
)

// Case is what the guards of the rules look at.
type Case struct {
	Control Control
	Input   Input
	Facts   Facts
}

// Rule is a row of [Rules]: on a trigger, with one of the owners and in one of the
// phases, an act. Guards without a code choose the row, those with one refuse.
type Rule struct {
	On     Trigger
	Owners []Owner // none: each
	Phases []Phase // none: each
	When   []Guard
	Do     Act
}

// Guard is a condition of a rule. Code names it in a [*RefusedError]; without one it
// chooses whether the row counts.
type Guard struct {
	Code Code
	interaction.Guard[Case]
}

// Code is the name of a rule that refuses something.
type Code string

// The rules that refuse.
const (
	CodeEngaged      Code = "intervention_engaged"
	CodeInProgress   Code = "in_progress"
	CodeWrongFrom    Code = "wrong_from"
	CodeNotInControl Code = "not_in_control"
	CodeStaleEpoch   Code = "stale_epoch"
	CodeTooMany      Code = "too_many_handovers"
	CodeNotRequested Code = "not_requested"
	CodeMissingApp   Code = "app_id_missing"
	CodeOnPlatform   Code = "pass_on_platform"
)

func guard(code Code, rule, remedy string, holds func(Case) bool) Guard {
	return Guard{Code: code, Guard: interaction.Guard[Case]{Rule: rule, Remedy: remedy, Holds: holds}}
}

var (
	isFree = guard(CodeEngaged, "no intervention is engaged with the identity", "close or cancel the interventions, or hand over as soon as they have ended (when_free)",
		func(c Case) bool { return len(c.Facts.Settings.InTheWay(c.Facts.Engaged, c.Input.InterventionID)) == 0 })
	hasApp = guard(CodeMissingApp, "the bot's app is named", "name it with app_id",
		func(c Case) bool { return c.Input.App != "" })
	isCalm = guard(CodeTooMany, "control was not handed over too often lately", "wait; whoever has control keeps it",
		func(c Case) bool { return len(recent(c)) < c.Facts.Settings.MaxMoves || c.Facts.Settings.MaxMoves == 0 })
	isInControl = guard(CodeNotInControl, "the bot that sends has control", "ask for control, or let the agents answer",
		func(c Case) bool { return c.local() && c.Control.App == c.Input.App })
	isCurrent = guard(CodeStaleEpoch, "control has not changed since the bot looked", "look again before answering",
		func(c Case) bool { return c.Control.Epoch == c.Input.Epoch })
	noAgent = guard(CodeNotInControl, "no agent has an open intervention with the identity", "let the agent answer",
		func(c Case) bool { return !agentEngaged(c.Control, c.Facts.Engaged) })
	isRequested = guard(CodeNotRequested, "control is requested of this bot, and the deadline is not over", "only the bot that has control answers, while it is requested; to give control away, hand it over",
		func(c Case) bool {
			v := c.Control.Verb
			return v != nil && v.Stage == StageAsked && c.Control.App == c.Input.App && (v.Deadline.IsZero() || c.Facts.Now.Before(v.Deadline))
		})
	isOurs = guard(CodeOnPlatform, "the bot posts through this library", "pass control on the platform",
		func(c Case) bool { return c.local() })

	isIgnored = guard("", "the rule does not count it", "", func(c Case) bool {
		return !c.Facts.Settings.counts(c.Input.Engages)
	})
	hasPrimary  = guard("", "a side is primary", "", func(c Case) bool { return c.Facts.Settings.Primary != "" })
	isSameBot   = guard("", "this bot has control", "", func(c Case) bool { return c.Control.App == c.Input.App })
	isUnderWay  = guard("", "control is on its way to this bot", "", func(c Case) bool { return c.Control.Verb.To.Owner == Bot && c.Control.Verb.To.App == c.Input.App })
	isToBot     = guard("", "a bot claims control", "", func(c Case) bool { return c.Control.Verb.To.Owner == Bot })
	isBotItself = guard("", "the bot that has control says so, and posts through this library", "", func(c Case) bool {
		return c.local() && c.Input.By.Type == interaction.ActorBot && c.Input.By.ID == c.Control.App
	})
	isBusy       = guard("", "an intervention is engaged with the identity", "", func(c Case) bool { return len(c.Facts.Settings.InTheWay(c.Facts.Engaged, c.Input.InterventionID)) > 0 })
	waitsIfBusy  = guard("", "it may wait", "", func(c Case) bool { return c.Input.WhenFree })
	isForAgents  = guard("", "agents wanted it", "", func(c Case) bool { return c.Control.Verb.Cause.byAgents() })
	noneWaits    = guard("", "none of their contents waits", "", func(c Case) bool { return c.Control.Held == 0 })
	wasLast      = guard("", "no agent has another open intervention with the identity", "", func(c Case) bool { return !agentEngaged(c.Control, c.Facts.Engaged) })
	isSilent     = guard("", "nobody has written for long enough", "", func(c Case) bool { return !c.Facts.Now.Before(c.Facts.Settings.ExpiresAt(c.Control)) })
	nobodyEngage = guard("", "no intervention is engaged with the identity", "", func(c Case) bool { return len(withIdentity(c.Control, c.Facts.Engaged)) == 0 })

	never = func(code Code, rule, remedy string) Guard {
		return guard(code, rule, remedy, func(Case) bool { return false })
	}

	isOverdue = guard(CodeInProgress, "no pass is under way, or its deadline is over", "try again when it is settled",
		func(c Case) bool { return !c.Facts.Now.Before(c.Control.Verb.Deadline) })
	isSettled  = never(CodeInProgress, "nothing is under way", "try again when it is settled")
	isFrom     = never(CodeWrongFrom, "control is where it is said to come from", "look who has control")
	isAsked    = never(CodeNotRequested, isRequested.Rule, isRequested.Remedy)
	isTheOwner = never(CodeNotInControl, "the bot that sends has control", "ask for control, or let the agents answer")
)

// byAgents reports whether agents wanted what it began.
func (t Trigger) byAgents() bool { return t == AgentSends || t == AgentEngages }

// local reports whether control goes between the agents and who has it without the
// platform.
func (c Case) local() bool { return !c.Facts.Platform || c.Control.Virtual }

// recent returns when control was handed over within the window.
func recent(c Case) []time.Time {
	since := c.Facts.Now.Add(-c.Facts.Settings.MovesWithin.Duration())
	n := slices.IndexFunc(c.Control.Moves, func(at time.Time) bool { return at.After(since) })
	if n < 0 {
		return nil
	}
	return c.Control.Moves[n:]
}

var (
	idle         = []Owner{Idle}
	agent        = []Owner{Agent}
	bot          = []Owner{Bot}
	other        = []Owner{Other}
	notOther     = []Owner{Idle, Agent, Bot}
	botOrOther   = []Owner{Bot, Other}
	idleOrAgent  = []Owner{Idle, Agent}
	still        = []Phase{Still}
	queued       = []Phase{Queued}
	stillOrQueue = []Phase{Still, Queued}
	reaching     = []Phase{Reaching}
	passing      = []Phase{Passing}
)

// Rules is the table of what is done when something happens (seed 001, "Handover from
// bot to agent", "Handover from agent to bot", "HOP features"). The first row that fits
// counts: with the trigger, the owner and the phase, all of whose guards without a code
// hold. One of its guards with a code may refuse. Where no row fits, nothing is done.
//
// The one rule that stands above all: a row that passes control to a bot needs that no
// intervention is engaged.
var Rules = []Rule{
	{On: CustomerWrites, Owners: idle, Phases: still, When: []Guard{hasPrimary}, Do: DoGive},

	{On: AgentSends, Owners: agent, Phases: still, Do: DoSend},
	{On: AgentSends, Owners: agent, Phases: queued, Do: DoCancel},
	{On: AgentSends, Owners: []Owner{Idle, Bot, Other}, Phases: still, Do: DoReach},
	{On: AgentSends, Owners: []Owner{Idle, Bot, Other}, Phases: queued, Do: DoReach},
	{On: AgentSends, Phases: reaching, When: []Guard{isToBot}, Do: DoRedirect},
	{On: AgentSends, Do: DoHold},

	{On: AgentEngages, Phases: passing, When: []Guard{isOverdue}, Do: DoDoubt},
	{On: AgentEngages, Owners: idleOrAgent, Phases: queued, Do: DoCancel},
	{On: AgentEngages, Owners: botOrOther, Phases: stillOrQueue, Do: DoReach},
	{On: AgentEngages, Phases: reaching, When: []Guard{isToBot}, Do: DoRedirect},

	{On: OthersEngage, When: []Guard{isIgnored}, Do: DoNothing},
	{On: OthersEngage, Phases: passing, When: []Guard{isOverdue}, Do: DoAssume},
	{On: OthersEngage, Phases: queued, Do: DoCancel},

	{On: BotSends, Owners: bot, When: []Guard{isInControl, isCurrent}, Do: DoSend},
	{On: BotSends, Owners: idle, Phases: still, When: []Guard{noAgent}, Do: DoClaim},
	{On: BotSends, Owners: idle, Phases: reaching, When: []Guard{isUnderWay, noAgent}, Do: DoHold},
	{On: BotSends, When: []Guard{isTheOwner}},

	{On: HandoverToAgent, Owners: other, When: []Guard{isFrom}},
	{On: HandoverToAgent, Phases: []Phase{Passing, Releasing}, When: []Guard{isSettled}},
	{On: HandoverToAgent, Owners: agent, Phases: queued, Do: DoCancel},
	{On: HandoverToAgent, Owners: agent, Do: DoNothing},
	{On: HandoverToAgent, Phases: reaching, Do: DoRedirect},
	{On: HandoverToAgent, Owners: idle, When: []Guard{isCalm}, Do: DoReach},
	{On: HandoverToAgent, Owners: bot, When: []Guard{isBotItself, isCalm}, Do: DoGrant},
	{On: HandoverToAgent, Owners: bot, When: []Guard{isCalm}, Do: DoRequest},

	{On: HandoverToBot, Owners: other, When: []Guard{isFrom}},
	{On: HandoverToBot, Owners: bot, When: []Guard{hasApp, isSameBot}, Do: DoNothing},
	{On: HandoverToBot, Phases: []Phase{Passing, Queued}, When: []Guard{isUnderWay}, Do: DoNothing},
	{On: HandoverToBot, Phases: []Phase{Passing, Releasing, Reaching}, When: []Guard{hasApp, isSettled}},
	{On: HandoverToBot, Owners: notOther, When: []Guard{waitsIfBusy, isBusy, hasApp, isCalm}, Do: DoWait},
	{On: HandoverToBot, Owners: notOther, When: []Guard{hasApp, isCalm, isFree}, Do: DoPass},

	{On: EngagedEnds, Phases: still, Do: DoNext},
	{On: EngagedEnds, Owners: []Owner{Idle, Bot, Other}, Phases: reaching, When: []Guard{isForAgents, wasLast, noneWaits}, Do: DoCancel},
	{On: EngagedEnds, Owners: []Owner{Idle, Bot, Other}, Phases: reaching, When: []Guard{isForAgents, wasLast}, Do: DoLetGo},

	{On: Inactivity, Owners: agent, Phases: still, When: []Guard{isSilent, nobodyEngage}, Do: DoExpire},
	{On: Inactivity, Owners: botOrOther, Phases: still, When: []Guard{isSilent}, Do: DoExpire},

	{On: BotAccepts, Owners: bot, Phases: reaching, When: []Guard{isRequested, isOurs}, Do: DoGrant},
	{On: BotAccepts, When: []Guard{isAsked}},
	{On: BotDeclines, Owners: bot, Phases: reaching, When: []Guard{isRequested}, Do: DoDecline},
	{On: BotDeclines, When: []Guard{isAsked}},
}

// rule returns what is done in a case.
func rule(rules []Rule, c Case) (Act, error) {
rows:
	for _, row := range rules {
		switch {
		case row.On != c.Input.Trigger,
			len(row.Owners) > 0 && !slices.Contains(row.Owners, c.Control.Owner),
			len(row.Phases) > 0 && !slices.Contains(row.Phases, c.Control.Phase()):
			continue
		}
		for _, g := range row.When {
			if g.Code == "" && !g.Holds(c) {
				continue rows
			}
		}
		for _, g := range row.When {
			if g.Code != "" && !g.Holds(c) {
				return "", c.refusal(g)
			}
		}
		return row.Do, nil
	}
	return DoNothing, nil
}
