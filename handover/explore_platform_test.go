package handover_test

import (
	"fmt"
	"slices"
	"time"

	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
)

// land lets the platform do a verb, as the handover protocol has it: our app takes where
// it may, passes and releases what it has, and gets from a request what nobody has.
func (w *world) land(f *flight) {
	f.landed = true
	ours := w.truth.Ours()
	f.outcome = handover.Rejected
	switch f.verb.Kind {
	case handover.VerbTake:
		if ours || w.truth.Owner == handover.Idle || w.settings().Primary == handover.Agent || w.settings().MayTake {
			w.truth, f.outcome = agents, handover.Done
		}
	case handover.VerbRequest:
		switch {
		case w.settings().NoRequest:
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

// platformSteps are what the platform and the other apps can do.
func (w *world) platformSteps() []step {
	if !w.facts.Platform {
		return nil
	}
	var list []step
	add := func(kind stepKind, name string, do func(*world) error) { list = append(list, step{name, kind, do}) }
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
	for n := range w.flights {
		list = append(list, w.flightSteps(n)...)
	}
	if w.query != nil {
		owner := func(who *handover.Party) func(*world) error {
			return func(w *world) error {
				asked := w.query.asked
				w.query = nil
				return w.take(handover.OwnerIs(w.control, asked, who, w.id(), w.known()))
			}
		}
		add(ordinary, "the platform says who has control", owner(&w.truth))
		add(unlucky, "the platform does not say who has control", owner(nil))
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
	add(byHand, "somebody settles it", func(w *world) error {
		d, err := handover.Settle(w.control, w.truth, interaction.Actor{Type: interaction.ActorSystem}, w.id(), w.known())
		if err != nil {
			return errRefused
		}
		return w.take(d)
	})
	return list
}

// flightSteps are what can become of a verb that the platform was told, or of its answer.
func (w *world) flightSteps(n int) []step {
	var list []step
	f := w.flights[n]
	add := func(kind stepKind, name string, do func(*world) error) {
		list = append(list, step{fmt.Sprintf("%s %d %s", f.verb.Kind, n, name), kind, do})
	}
	forget := func(w *world) { w.flights = slices.Delete(w.flights, n, n+1) }
	answer := func(outcome handover.Outcome, reason string) func(*world) error {
		return func(w *world) error {
			return w.take(handover.Answer(w.control, f.verb, outcome, reason, w.id(), w.known()))
		}
	}
	if !f.landed {
		add(ordinary, "lands", func(w *world) error {
			w.land(&w.flights[n])
			if f.lost {
				forget(w)
			}
			return nil
		})
	}
	if f.lost {
		add(ordinary, "is forgotten", func(w *world) error { forget(w); return nil })
		return list
	}
	if f.landed {
		add(ordinary, "is answered", func(w *world) error { forget(w); return answer(f.outcome, "it says no")(w) })
	} else if len(w.flights) == 1 {
		add(unlucky, "was not told after all", func(w *world) error { forget(w); return answer(handover.NotTold, "")(w) })
	}
	add(unlucky, "is not answered", func(w *world) error {
		w.flights[n].lost = true
		if f.landed {
			forget(w)
		}
		return answer(handover.NoAnswer, "")(w)
	})
	return list
}
