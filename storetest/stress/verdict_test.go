package stress

import (
	"strings"
	"testing"

	"github.com/anishathalye/porcupine"

	"github.com/engage-interactions/engage/store"
)

// call is an operation of a history that is written by hand.
func called(client int, from, to int64, op operation, r result) porcupine.Operation {
	return porcupine.Operation{ClientId: client, Call: from, Return: to, Input: op, Output: r}
}

func reading(versions ...store.Version) (operation, result) {
	op, r := operation{method: "Get"}, result{}
	for i, v := range versions {
		op.keys = append(op.keys, i)
		r.found = append(r.found, sighting{keyID(i), v})
	}
	return op, r
}

// writing commits a batch that puts some keys, each at the version it expects.
func writing(id string, expected ...store.Version) operation {
	b := store.Batch{ID: id}
	for i, v := range expected {
		b.Puts = append(b.Puts, store.Record{Key: store.Key{ID: keyID(i)}, Version: v})
	}
	b.Events = []store.Event{{ID: "e" + id}}
	return operation{method: "Commit", batch: b}
}

func get(client int, from, to int64, versions ...store.Version) porcupine.Operation {
	op, r := reading(versions...)
	return called(client, from, to, op, r)
}

func TestHistories(t *testing.T) {
	t.Parallel()
	ok, unknown := result{}, result{outcome: open}
	refused := func(key int, expected store.Version) result {
		return result{outcome: conflict, refused: store.Check{Key: store.Key{ID: keyID(key)}, Version: expected}}
	}
	events := func(client int, from, to int64, ids ...string) porcupine.Operation {
		return called(client, from, to, operation{method: "Events"}, result{events: ids})
	}
	for name, c := range map[string]struct {
		history []porcupine.Operation
		right   bool
	}{
		"reads while a batch is applied":      {[]porcupine.Operation{called(0, 1, 4, writing("b1", "", ""), ok), get(1, 2, 3, "b1", "b1")}, true},
		"a torn read":                         {[]porcupine.Operation{called(0, 1, 4, writing("b1", "", ""), ok), get(1, 2, 3, "b1", "")}, false},
		"a stale read":                        {[]porcupine.Operation{called(0, 1, 2, writing("b1", ""), ok), get(1, 3, 4, "")}, false},
		"reads that go back":                  {[]porcupine.Operation{called(0, 1, 9, writing("b1", ""), ok), get(1, 2, 3, "b1"), get(2, 4, 5, "")}, false},
		"two that create the same":            {[]porcupine.Operation{called(0, 1, 4, writing("b1", ""), ok), called(1, 2, 3, writing("b2", ""), ok)}, false},
		"a conflict with what comes":          {[]porcupine.Operation{called(0, 1, 4, writing("b1", ""), ok), called(1, 2, 3, writing("b2", ""), refused(0, ""))}, true},
		"a conflict with nothing":             {[]porcupine.Operation{called(0, 1, 2, writing("b1", ""), refused(0, ""))}, false},
		"an unknown outcome, applied later":   {[]porcupine.Operation{called(0, 1, never, writing("b1", ""), unknown), get(1, 3, 4, ""), get(1, 5, 6, "b1")}, true},
		"an unknown outcome, not applied":     {[]porcupine.Operation{called(0, 1, never, writing("b1", ""), unknown), get(1, 3, 4, "")}, true},
		"an unknown outcome, undone":          {[]porcupine.Operation{called(0, 1, never, writing("b1", ""), unknown), get(1, 3, 4, "b1"), get(1, 5, 6, "")}, false},
		"an unknown outcome, applied in half": {[]porcupine.Operation{called(0, 1, never, writing("b1", "", ""), unknown), get(1, 3, 4, "b1", "")}, false},
		"an event and its record":             {[]porcupine.Operation{called(0, 1, 9, writing("b1", ""), ok), events(1, 2, 3, "eb1"), get(1, 4, 5, "b1")}, true},
		"an event before its record":          {[]porcupine.Operation{called(0, 1, 9, writing("b1", ""), ok), events(1, 2, 3, "eb1"), get(1, 4, 5, "")}, false},
		"an event that is missing":            {[]porcupine.Operation{called(0, 1, 2, writing("b1", ""), ok), events(1, 3, 4)}, false},
	} {
		w := watch(t, func(tb testing.TB) { decide(tb, "history", [][]porcupine.Operation{c.history}) })
		if w.Failed() == c.right {
			t.Errorf("%s: failed %v\n%s", name, w.Failed(), w)
		}
		removePages(t, w)
	}
}

// What comes after the first answer that cannot be explained says nothing.
func TestAHistoryIsCutOff(t *testing.T) {
	t.Parallel()
	history := []porcupine.Operation{
		called(0, 1, 2, writing("b1", ""), result{}),
		called(1, 3, 9, writing("b2", "b1"), result{}), // returns too late to be known
		get(2, 4, 5, ""),
		get(2, 6, 7, "b1"),
	}
	w := watch(t, func(tb testing.TB) { decide(tb, "history", [][]porcupine.Operation{history}) })
	defer removePages(t, w)
	if text := w.String(); !strings.Contains(text, "answer:\n\t\tclient 2: Get = k0@absent\n") || !strings.Contains(text, "put k0@b1 event eb2 = ?") || strings.Contains(text, "k0@b1\n") {
		t.Error(text)
	}
}

func TestNotToKnowIsNoPass(t *testing.T) {
	t.Parallel()
	w := watch(t, func(tb testing.TB) {
		report(tb, "history", []porcupine.Operation{get(0, 1, 2, "")}, porcupine.Unknown)
	})
	defer removePages(t, w)
	if !w.Failed() || !strings.Contains(w.String(), "could not be decided") {
		t.Errorf("failed %v: %s", w.Failed(), w)
	}
}
