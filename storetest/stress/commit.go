package stress

import (
	"errors"
	"fmt"

	"github.com/engage-interactions/engage/store"
)

// unmet returns what b expects and what does not hold.
func (w *world) unmet(b store.Batch) []store.Check {
	var unmet []store.Check
	for _, c := range expectations(b) {
		if w.records[c.Key].version != c.Version {
			unmet = append(unmet, c)
		}
	}
	return unmet
}

// apply does what b says.
func (w *world) apply(b store.Batch) {
	for _, del := range b.Deletes {
		delete(w.records, del.Key)
	}
	for _, put := range b.Puts {
		w.records[put.Key] = record{version: store.Version(b.ID), terms: put.Terms, value: string(put.Value)}
	}
	if len(b.Events) > 0 {
		w.log(b.Tenant).append(b.Events)
	}
}

// commit judges the answer to a batch, and applies it if the answer says so. The
// number is that of the call, should its outcome be unknown.
func (w *world) commit(a answer, b store.Batch, number int) error {
	rule, unmet := w.brokenBatch(a.handle, b), w.unmet(b)
	if errors.Is(a.err, store.ErrUnknownOutcome) {
		return w.unknown(a, b, rule, number)
	}
	var conflicts []refusal
	if len(unmet) > 0 {
		conflicts = []refusal{{
			fmt.Sprintf("%v is not at version %q: want a ConflictError that names it", unmet[0].Key, unmet[0].Version),
			func(err error) bool { return names(err, unmet) },
		}}
	}
	refused, wrong := a.judge(rule, conflicts...)
	switch {
	case refused:
		return wrong
	case errors.Is(a.err, store.ErrConflict):
		return errors.New("all versions hold")
	case a.err != nil:
		return errNothingWrong
	}
	w.apply(b)
	w.forget()
	return nil
}

// unknown judges an answer that leaves the outcome open. A store may always say
// so of a batch that it has looked at.
func (w *world) unknown(a answer, b store.Batch, rule string, number int) error {
	switch {
	case a.closed || a.done != nil || rule != "":
		_, wrong := a.judge(rule)
		return wrong
	case a.ended != nil && !errors.Is(a.err, a.ended):
		return fmt.Errorf("the context ended during the call: want an error that wraps its error, too: %s", classOf(a.ended))
	}
	w.unsettled(late{number: number, batch: &b, land: func(w *world) { w.apply(b); w.forget() }})
	w.forget()
	return nil
}

// names reports whether err is a conflict of one of those that do not hold.
func names(err error, unmet []store.Check) bool {
	c, ok := errors.AsType[*store.ConflictError](err)
	if !ok || !only(err, store.ErrConflict) {
		return false
	}
	for _, u := range unmet {
		if c.Key == u.Key && c.Expected == u.Version {
			return true
		}
	}
	return false
}
