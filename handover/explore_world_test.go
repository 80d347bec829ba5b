package handover_test

import (
	"slices"
	"strconv"
	"time"

	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
)

// world is a conversation with all that surrounds it: who has control as this library
// believes, who has it as the platform knows, and what is on its way between the two.
type world struct {
	control handover.Control
	engaged []handover.Engaged
	facts   *handover.Facts // what is the same in all worlds

	truth   handover.Party // who the platform sees in control
	flights []flight       // verbs that the platform was told
	query   *question
	now     time.Time
	ids     int
	extras  []extra

	recounted bool // what counts has changed: all does
	surprised surprise
}

// surprise is a pass that was under way when what counts changed so that an intervention
// stands against it.
type surprise struct {
	verb string
	told bool // the platform had been told by then
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

// extra is something that happens in some explorations only: with all of them at once
// there are more states than anybody can wait for.
type extra string

const (
	virtualBots extra = "virtual bots"
	interferes  extra = "other apps interfere"
	waits       extra = "passes that wait"
	late        extra = "answers that come late"
	another     extra = "two interventions"
	elsewhere   extra = "one on another source"
	recounts    extra = "what counts changes"
)

var (
	t0     = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	agents = handover.Party{Owner: handover.Agent}
	nobody = handover.Party{Owner: handover.Idle}
	botA   = handover.Party{Owner: handover.Bot, App: "bot-a"}
	inbox  = handover.Party{Owner: handover.Other, App: "inbox"}
)

func newWorld(s handover.Settings, platform, canAsk bool, extras ...extra) world {
	s.NoOwner = !canAsk
	return world{
		extras:  extras,
		control: handover.Control{SourceID: "s", IdentityID: "i", Party: nobody},
		facts:   &handover.Facts{Settings: s, Platform: platform},
		truth:   nobody, now: t0,
	}
}

// settings are those of now.
func (w *world) settings() handover.Settings {
	s := w.facts.Settings
	if w.recounted {
		s.IgnoreDeferred, s.IgnoreBots = false, false
	}
	return s
}

// sameContact reports whether an intervention is known to be with the same contact: until what
// counts has changed, that of another identity is not.
func (w *world) sameContact(e handover.Engaged) bool {
	return e.IdentityID == w.control.IdentityID || w.recounted || !w.has(recounts)
}

// isSurprised reports whether an intervention has begun to count during the verb under way.
func (w *world) isSurprised() bool {
	return w.control.Verb != nil && w.control.Verb.ID == w.surprised.verb
}

func (w *world) canAsk() bool { return w.facts.Platform && !w.settings().NoOwner }

func (w *world) has(e extra) bool { return slices.Contains(w.extras, e) }

func (w *world) overdue() bool {
	v := w.control.Verb
	return v != nil && !v.Deadline.IsZero() && !w.now.Before(v.Deadline)
}

// inTheWay reports whether an intervention is engaged, that which goes along apart.
func (w *world) inTheWay(goes string) bool {
	return len(w.settings().InTheWay(w.known().Engaged, goes)) > 0
}

// known is what a decision rests on, with the interventions as they are.
func (w *world) known() handover.Facts { return w.knownWith(w.engaged) }

func (w *world) knownWith(engaged []handover.Engaged) handover.Facts {
	f := *w.facts
	f.Settings, f.Now = w.settings(), w.now
	for _, e := range engaged {
		if w.sameContact(e) {
			f.Engaged = append(f.Engaged, e)
		}
	}
	return f
}

// intervention returns an intervention, and where it is in the list: -1 if it is neither
// open nor deferred.
func (w *world) intervention(id string) (handover.Engaged, int) {
	at := slices.IndexFunc(w.engaged, func(e handover.Engaged) bool { return e.InterventionID == id })
	if at < 0 {
		e := handover.Engaged{InterventionID: id, SourceID: "s", IdentityID: "i"}
		if id == "elsewhere" {
			e.SourceID = "s2"
			if w.settings().WholeContact {
				e.IdentityID = "i2"
			}
		}
		return e, at
	}
	return w.engaged[at], at
}

// with returns the interventions as they are once one of them is as it is given.
func (w *world) with(e handover.Engaged) []handover.Engaged {
	list := slices.Clone(w.engaged)
	_, at := w.intervention(e.InterventionID)
	switch {
	case at >= 0 && e.Status.Live():
		list[at] = e
	case at >= 0:
		list = slices.Delete(list, at, at+1)
	case e.Status.Live():
		list = append(list, e)
	}
	return list
}

// fork returns a copy that can be changed.
func (w *world) fork() world {
	next := *w
	next.engaged = slices.Clone(w.engaged)
	next.flights = slices.Clone(w.flights)
	return next
}

func (w *world) id() string {
	w.ids++
	return "v" + strconv.Itoa(w.ids)
}

// state is what the rules can tell of a world.
type state struct {
	again, waited                   bool
	party                           handover.Party
	uncertain, postponed, returning bool
	whenFree                        handover.Party
	along                           string // the intervention that goes with it
	held, sending                   int

	kind                 handover.VerbKind
	to                   handover.Party
	stage                handover.Stage
	unanswered           bool
	withdrawn, forAgents bool
	limited, overdue     bool
	sameEpoch            bool // as when it was decided
	told, over, refused  bool
	tried                [2]handover.VerbKind
	goes                 string

	engaged [2]engagedState
	truth   handover.Party
	flights [2]flightState
	query   int

	recounted, surprised, surprisedTold bool
}

type engagedState struct {
	owner  interaction.ActorType
	status interaction.InterventionStatus
}

type flightState struct {
	kind                    handover.VerbKind
	to                      handover.Party
	outcome                 handover.Outcome
	landed, lost, current   bool
	sameEpoch, sameRevision bool // as when it was decided, and sent, where that counts
}

func (w *world) state() state {
	c := w.control
	s := state{
		party: c.Party, uncertain: c.Uncertain, postponed: c.Postponed, held: c.Held, sending: c.Sending,
		truth: w.truth, overdue: w.overdue(),
	}
	s.again = !c.AgainAt.IsZero()
	if v := c.Verb; v != nil {
		s.waited = v.Waited
		s.kind, s.to, s.stage, s.unanswered, s.withdrawn = v.Kind, v.To, v.Stage, v.Unanswered, v.Withdrawn
		s.forAgents = v.Cause == handover.AgentSends || v.Cause == handover.AgentEngages
		s.limited, s.goes = !v.Deadline.IsZero(), v.InterventionID
		s.sameEpoch, s.told, s.over, s.refused = v.Epoch == c.Epoch, v.Revision != 0, v.Over, v.Refused != ""
		copy(s.tried[:], v.Tried)
	}
	s.returning, s.recounted = c.Epoch > 0, w.recounted
	s.surprised, s.surprisedTold = w.isSurprised(), w.isSurprised() && w.surprised.told
	if c.WhenFree != nil {
		s.whenFree, s.along = c.WhenFree.Party, c.WhenFree.InterventionID
	}
	for _, e := range w.engaged {
		slot := 0
		if e.InterventionID != "n" {
			slot = 1
		}
		s.engaged[slot] = engagedState{e.Owner.Type, e.Status}
	}
	for n, f := range w.flights {
		s.flights[n] = flightState{kind: f.verb.Kind, to: f.verb.To, lost: f.lost}
		if f.lost { // it may land, and that is all
			continue
		}
		s.flights[n].landed, s.flights[n].outcome = f.landed, f.outcome
		s.flights[n].sameEpoch = w.canAsk() || f.verb.Epoch == c.Epoch
		if c.Verb != nil && c.Verb.ID == f.verb.ID {
			s.flights[n].current, s.flights[n].sameRevision = true, !w.canAsk() || c.Verb.Revision == c.Revision
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
