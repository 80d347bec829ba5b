package platformtest

import (
	"slices"

	"github.com/engage-interactions/engage"
)

// Will sets what the platform does with some sends from now on, in all processes: with
// those that every Which selects, or with all if there is none.
//
//	p.Will(Fail(err), Next(2))                     // with the next two
//	p.Will(Hang(), Body("Hello"), Next(1))         // with the next that says so
//	p.Will(LoseAnswer(), Nth(3))                   // with the third from now on
//	p.Will(Fail(engage.Permanent(err)), To("ada")) // with all for this customer
//
// If several are for the same send, the one that was set first counts. So Next after
// Next is one after the other.
func (p *Platform) Will(b Behaviour, which ...Which) {
	r := &rule{behaviour: b, bound: -1}
	for _, narrow := range which {
		narrow(r)
	}
	p.world.mu.Lock()
	defer p.world.mu.Unlock()
	p.world.rules = append(p.world.rules, r)
}

// Heal takes back all that Will has set, so that from now on all goes well. What is
// under way stays as it is.
func (p *Platform) Heal() {
	p.world.mu.Lock()
	defer p.world.mu.Unlock()
	p.world.rules = nil
}

// Which selects sends.
type Which func(*rule)

// Next selects the next n for which the behaviour counts. Those that another one had
// before it do not use it up.
func Next(n int) Which { return func(r *rule) { r.bound = n } }

// Nth selects the n-th, from 1, of the sends from now on that the other Whiches
// select, whether or not another behaviour counted for those before it. With several
// numbers, it selects each of them.
func Nth(n ...int) Which { return func(r *rule) { r.nth = n } }

// Where selects those of which f is true. It is asked with the platform locked, and
// must not call it.
func Where(f func(engage.Delivery) bool) Which {
	return func(r *rule) { r.filters = append(r.filters, f) }
}

// Body selects the contents that say exactly this.
func Body(text string) Which {
	return Where(func(d engage.Delivery) bool { return d.Content.Body == text })
}

// InThread selects the contents of a thread.
func InThread(id string) Which {
	return Where(func(d engage.Delivery) bool { return d.Thread.ID == id })
}

// To selects what is for an identity.
func To(identityID string) Which {
	return Where(func(d engage.Delivery) bool { return d.Identity.ID == identityID })
}

// OnAttempt selects the n-th attempt, from 1, to deliver each content.
func OnAttempt(n int) Which {
	return Where(func(d engage.Delivery) bool { return d.Attempt == n })
}

// rule is a Behaviour, and the sends that it is for.
type rule struct {
	behaviour Behaviour
	filters   []func(engage.Delivery) bool // all of which must agree
	nth       []int                        // of those; none: all
	bound     int                          // how many more it is for; less than 0: no bound
	seen      int                          // how many the filters agreed on
}

// wants counts a send that the rule could be for, and reports whether it is.
func (r *rule) wants(d engage.Delivery) bool {
	for _, agrees := range r.filters {
		if !agrees(d) {
			return false
		}
	}
	r.seen++
	return r.bound != 0 && (len(r.nth) == 0 || slices.Contains(r.nth, r.seen))
}

// choose returns what is to be done with a send. The lock is held.
func (w *world) choose(d engage.Delivery) Behaviour {
	var chosen *rule
	for _, r := range w.rules {
		if r.wants(d) && chosen == nil { // each counts
			chosen = r
		}
	}
	if chosen == nil {
		return Deliver()
	}
	if chosen.bound > 0 {
		chosen.bound--
	}
	return chosen.behaviour
}
