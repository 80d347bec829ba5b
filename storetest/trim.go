package storetest

import (
	"errors"
	"fmt"
	"slices"

	"github.com/engage-interactions/engage/store"
)

// trimmed reports an error that is not the TrimmedError with that mark.
func (t *trial) trimmed(err error, tenant string, mark int64, did string, args ...any) bool {
	t.Helper()
	if !t.refused(err, store.ErrTrimmed, did, args...) {
		return false
	}
	e, ok := errors.AsType[*store.TrimmedError](err)
	if !ok {
		return t.broken(fmt.Sprintf("%T: %v", err, err), "a *store.TrimmedError in the chain", did, args...)
	}
	if want := (store.TrimmedError{Tenant: tenant, Mark: mark}); *e != want {
		return t.broken(fmt.Sprintf("%+v", *e), fmt.Sprintf("%+v", want), did, args...)
	}
	return true
}

func checkEventsTrimmed(t *trial) {
	s := t.open()
	n := len(t.log(s, 3, 1, 4, 2))
	all := t.logged(s, n)
	handles := t.handles(s)
	for _, h := range handles {
		t.events(h, acme, 0) // what a handle has learned here must not be all it knows later
	}
	for _, cut := range []int{1, 2, 5, n - 1, n} { // the last forgets all
		mark := all[cut-1].Position
		t.trim(s, acme, mark)
		for _, h := range append(handles[:len(handles):len(handles)], t.peer(s)) {
			for _, limit := range []int{0, 1, store.MaxLimit} {
				below := []int64{0, mark - 1}
				if cut > 1 {
					below = append(below, all[cut-2].Position)
				}
				for _, after := range below {
					if after == mark {
						continue
					}
					page, err := h.Events(t.Context(), acme, after, limit)
					t.trimmed(err, acme, mark, "Events after %d, trimmed up to %d", after, mark)
					if len(page) > 0 {
						t.broken(page, "no events beside the error", "Events after %d, trimmed up to %d", after, mark)
					}
				}
				page, err := h.Events(t.Context(), acme, mark, limit)
				t.succeed("Events", err, "Events after the trim mark, %d", mark)
				if want := eventIDs(all[cut:]); !slices.Equal(eventIDs(page), want[:min(len(page), len(want))]) || (len(page) == 0 && len(want) > 0) {
					t.fatal(page, fmt.Sprintf("the first of the events %q", want), "Events after the trim mark, %d", mark)
				}
			}
		}
	}
	t.patiently(func() { checkTrimBeside(t) })
	t.patiently(func() { checkTrimUnderReaders(t) })
}

func checkTrimMark(t *trial) {
	s := t.open()
	trim := func(upTo int64) {
		t.Helper()
		t.trim(s, acme, upTo)
	}
	// There is nothing to forget in an empty log, and so no mark.
	for _, upTo := range []int64{0, 1, 1<<63 - 1} {
		trim(upTo)
		if page, err := s.Events(t.Context(), acme, 0, 0); err != nil || len(page) != 0 {
			t.fatal(fmt.Sprintf("%d events, error %v", len(page), err), "no event and no error", "Events after Trim(%d) of an empty log", upTo)
		}
	}
	t.log(s, 2, 3, 1)
	if _, err := s.Events(t.Context(), acme, 0, 0); err != nil {
		t.fatal(err, "no error", "Events after Trim of an empty log, far beyond its end, and six events then")
	}
	all := t.logged(s, 6)
	holds := func(cut int, what string) {
		t.Helper()
		mark := int64(0)
		if cut > 0 {
			mark = all[cut-1].Position
		}
		for _, h := range t.handles(s) {
			if got := t.mark(h, acme); got != mark {
				t.fatal(got, mark, "reading the trim mark after %s", what)
			}
			if got := t.events(h, acme, mark); !slices.Equal(eventIDs(got), eventIDs(all[cut:])) {
				t.fatal(got, all[cut:], "Events from the trim mark after %s", what)
			}
		}
	}
	before := t.dump(s)
	trim(0)
	holds(0, "Trim up to 0")
	t.same(before, t.dump(s), "Trim up to 0")
	trim(all[2].Position)
	holds(3, "Trim up to the third of six events")
	for _, upTo := range []int64{all[2].Position, all[1].Position, all[0].Position, 1, 0} {
		trim(upTo)
		holds(3, fmt.Sprintf("Trim up to %d, which is at or below the mark", upTo))
	}
	s = t.reopen(s)
	holds(3, "Trim, and opening the store again if the harness can")
	trim(all[3].Position)
	holds(4, "Trim up to the fourth")
	trim(all[5].Position + 1000)
	holds(6, "Trim up to a position far beyond the last")
	trim(1<<63 - 1)
	holds(6, "Trim of everything, again")
	s = t.reopen(s)
	holds(6, "Trim of everything, and opening the store again if the harness can")

	// What comes then is there, however far beyond the last Trim was asked for.
	t.log(s, 2)
	all = append(all, t.events(s, acme, all[5].Position)...)
	holds(6, "two more events, when everything had been trimmed")
	if len(all) != 8 {
		t.fatal(all, "8 events", "Events after two more events")
	}

	for _, upTo := range []int64{-1, -1 << 63} {
		t.invalid(s.Trim(t.Context(), acme, upTo), "Trim up to %d", upTo)
	}
	for _, tenant := range append(badTexts(), "") {
		t.invalid(s.Trim(t.Context(), tenant, 1), "Trim of tenant %.20q", tenant)
	}
	holds(6, "Trim with arguments that are out of order")
	if got := len(t.findAll(s, store.Query{})); got != 4 {
		t.fatal(got, 4, "counting the records, which Trim does not touch")
	}
	t.patiently(func() { checkTrimKeeps(t) })
}
