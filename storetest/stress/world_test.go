package stress

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/engage-interactions/engage/store"
)

func docKey(id string) store.Key { return store.Key{Tenant: "acme", Kind: "doc", ID: id} }

// put is a batch of one record and one event.
func put(batch string, expected store.Version, ids ...string) store.Batch {
	b := store.Batch{ID: batch, Tenant: "acme", Events: []store.Event{event("acme", "e"+batch)}}
	for _, id := range ids {
		b.Puts = append(b.Puts, store.Record{Key: docKey(id), Version: expected, Value: []byte(`1`)})
	}
	return b
}

func prepared() *world {
	w := newWorld()
	w.prepare(0, usual())
	return w
}

func TestABatchOfUnknownOutcomeMayLandAtAnyTime(t *testing.T) {
	t.Parallel()
	w := prepared()
	if err := w.commit(answer{err: store.ErrUnknownOutcome}, put("b1", "", "a", "b"), 1); err != nil {
		t.Fatal(err)
	}
	record := func(id string, version store.Version) store.Record {
		if version == "" {
			return store.Record{Key: docKey(id)}
		}
		return store.Record{Key: docKey(id), Version: version, Value: []byte(`1`)}
	}
	for _, c := range []struct {
		a, b store.Version
		may  bool
	}{{"", "", true}, {"b1", "b1", true}, {"b1", "", false}, {"", "b1", false}} {
		may := false
		for _, now := range w.clone().landed() {
			err := now.get(answer{}, []store.Key{docKey("a"), docKey("b")}, []store.Record{record("a", c.a), record("b", c.b)})
			may = may || err == nil
		}
		if may != c.may {
			t.Errorf("records at %q and %q: %v", c.a, c.b, may)
		}
	}

	// What expects a version that is gone for good never lands.
	if err := w.commit(answer{}, put("b2", "", "a"), 2); err != nil {
		t.Fatal(err)
	}
	if n := len(w.landed()); n != 1 {
		t.Errorf("the batch may land in %d worlds, although a record exists that it must create", n-1)
	}
	if err := w.commit(answer{err: store.ErrUnknownOutcome}, put("b3", "b2", "a"), 3); err != nil {
		t.Fatal(err)
	}
	if err := w.commit(answer{}, put("b4", "b2", "a"), 4); err != nil {
		t.Fatal(err)
	}
	for _, l := range w.late {
		if l.number == 3 {
			t.Error("a batch that expects a version that was overwritten may still land")
		}
	}
}

func TestTheAnswerOfACommit(t *testing.T) {
	t.Parallel()
	canceled := context.Canceled
	conflictOf := func(id string, expected store.Version) error {
		return &store.ConflictError{Key: docKey(id), Expected: expected}
	}
	invalid := &store.InvalidError{Field: "f", Reason: "r"}
	for name, c := range map[string]struct {
		a     answer
		batch store.Batch
		right bool
	}{
		"applied":                               {answer{}, put("b2", "", "b"), true},
		"applied, in conflict":                  {answer{}, put("b2", "", "a"), false},
		"applied, invalid":                      {answer{}, put("", "", "b"), false},
		"applied, after the handle was closed":  {answer{closed: true}, put("b2", "", "b"), false},
		"applied, with a context that was done": {answer{done: canceled, ended: canceled}, put("b2", "", "b"), false},
		"applied, while the context ended":      {answer{ended: canceled}, put("b2", "", "b"), true},
		"conflict":                              {answer{err: conflictOf("a", "")}, put("b2", "", "a"), true},
		"conflict that names another key":       {answer{err: conflictOf("b", "")}, put("b2", "", "a"), false},
		"conflict that names another version":   {answer{err: conflictOf("a", "b9")}, put("b2", "", "a"), false},
		"conflict that names nothing":           {answer{err: store.ErrConflict}, put("b2", "", "a"), false},
		"conflict without one":                  {answer{err: conflictOf("b", "")}, put("b2", "", "b"), false},
		"conflict of what is invalid, too":      {answer{err: conflictOf("a", "")}, put("", "", "a"), true},
		"invalid of what is in conflict, too":   {answer{err: invalid}, put("", "", "a"), true},
		"invalid without a reason":              {answer{err: invalid}, put("b2", "", "b"), false},
		"closed without a reason":               {answer{err: store.ErrClosed}, put("b2", "", "b"), false},
		"cancelled without a reason":            {answer{err: canceled}, put("b2", "", "b"), false},
		"cancelled":                             {answer{err: canceled, ended: canceled}, put("b2", "", "b"), true},
		"unavailable, alone with the store":     {answer{err: store.ErrUnavailable}, put("b2", "", "b"), false},
		"unknown":                               {answer{err: store.ErrUnknownOutcome}, put("b2", "", "b"), true},
		"unknown, and the context ended":        {answer{err: store.ErrUnknownOutcome, ended: canceled}, put("b2", "", "b"), false},
		"unknown because the context ended":     {answer{err: errors.Join(store.ErrUnknownOutcome, canceled), ended: canceled}, put("b2", "", "b"), true},
		"unknown, of a context that was done":   {answer{err: errors.Join(store.ErrUnknownOutcome, canceled), ended: canceled, done: canceled}, put("b2", "", "b"), false},
	} {
		w := prepared()
		w.apply(put("b1", "", "a"))
		if err := w.commit(c.a, c.batch, 1); (err == nil) != c.right {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPositionsAreLearned(t *testing.T) {
	t.Parallel()
	const never = -1 // an event that is not in the answer
	at := func(id string, position int64) store.Event {
		e := event("acme", id)
		e.Position = position
		return e
	}
	for name, c := range map[string]struct {
		reads [][]store.Event // each from the beginning
		says  string          // of the last one
	}{
		"as they come":          {[][]store.Event{{at("e1", 3), at("e2", 7)}, {at("e1", 3), at("e2", 7)}}, ""},
		"page by page":          {[][]store.Event{{at("e1", 3)}, {at("e1", 3), at("e2", 7)}}, ""},
		"changed":               {[][]store.Event{{at("e1", 3)}, {at("e1", 4)}}, "was 3"},
		"not growing":           {[][]store.Event{{at("e1", 3), at("e2", 3)}}, "not greater than 3"},
		"not greater than zero": {[][]store.Event{{at("e1", 0)}}, "not greater than 0"},
		"left out":              {[][]store.Event{{at("e2", 7)}}, "is left out"},
		"nothing":               {[][]store.Event{{}}, "is left out"},
		"never committed":       {[][]store.Event{{at("e9", 3)}}, "was ever committed"},
		"too many":              {[][]store.Event{{at("e1", 3), at("e2", 7), at("e3", 8), at("e4", 9)}}, "only 3"},
	} {
		log := &eventLog{}
		log.append([]store.Event{at("e1", never), at("e2", never), at("e3", never)})
		var err error
		for _, page := range c.reads {
			err = log.read(0, 0, page)
		}
		if (err == nil) != (c.says == "") || (err != nil && !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%s: %v, want %q", name, err, c.says)
		}
	}

	log := &eventLog{}
	log.append([]store.Event{at("e1", never), at("e2", never), at("e3", never)})
	// Who reads from 5 and gets the second event knows that the first one is at
	// most there.
	if err := log.read(5, 0, []store.Event{at("e2", 7)}); err != nil {
		t.Fatal(err)
	}
	if err := log.clone().read(0, 0, []store.Event{at("e1", 6), at("e2", 7)}); err == nil {
		t.Error("an event was not behind 5, and now is")
	}
	if err := log.read(0, 0, []store.Event{at("e1", 2), at("e2", 7), at("e3", 9)}); err != nil {
		t.Fatal(err)
	}
	log.trim(8)
	if log.mark != 8 || len(log.entries) != 1 {
		t.Errorf("after Trim to 8, between two events: mark %d, %d events", log.mark, len(log.entries))
	}
	log.trim(100)
	if log.mark != 9 || len(log.entries) != 0 {
		t.Errorf("after Trim beyond the last event: mark %d, %d events", log.mark, len(log.entries))
	}
	log.append([]store.Event{at("e4", never)})
	if err := log.read(9, 0, []store.Event{at("e4", 9)}); err == nil {
		t.Error("a position is used again after Trim")
	}
	if !log.trimmed(&store.TrimmedError{Tenant: "acme", Mark: 9}) || log.trimmed(&store.TrimmedError{Tenant: "acme", Mark: 8}) || log.trimmed(store.ErrTrimmed) {
		t.Error("the TrimmedError must name the mark")
	}
	local := event("acme", "e4")
	local.Position, local.Time = 10, local.Time.In(time.FixedZone("far", 3600))
	if err := log.read(9, 0, []store.Event{local}); err == nil {
		t.Error("a time comes back in another zone")
	}
}
