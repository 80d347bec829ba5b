package routing_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/engage-interactions/engage/routing"
)

func TestCoolDowns(t *testing.T) {
	t.Parallel()
	m := routing.Matching{RejectCoolDown: 10}
	var task routing.Task
	if off := task.Cool("WK1", routing.Matching{}, start); len(off.Waiting.CoolDowns) != 0 {
		t.Error("the platform has none")
	}
	task = task.Cool("WK1", m, start).Cool("WK2", m, start.Add(5*time.Second)).Cool("WK1", m, start.Add(6*time.Second))
	want := []routing.CoolDown{{WorkerSID: "WK2", Until: start.Add(15 * time.Second)}, {WorkerSID: "WK1", Until: start.Add(16 * time.Second)}}
	if !slices.Equal(task.Waiting.CoolDowns, want) {
		t.Errorf("%+v", task.Waiting.CoolDowns)
	}
	later := task.Cool("WK3", m, start.Add(15*time.Second))
	if c := later.Waiting.CoolDowns; len(c) != 2 || c[0].WorkerSID != "WK1" || c[1].WorkerSID != "WK3" {
		t.Errorf("what has ended is kept: %+v", c)
	}
	if !slices.Equal(task.Waiting.CoolDowns, want) {
		t.Error("was changed in place")
	}
	for n := range 3 * routing.MaxCoolDowns {
		later = later.Cool(numbered("WK", n), m, start.Add(16*time.Second))
	}
	if c := later.Waiting.CoolDowns; len(c) != routing.MaxCoolDowns || c[len(c)-1].WorkerSID != numbered("WK", 3*routing.MaxCoolDowns-1) {
		t.Errorf("%d are kept", len(c))
	}
	// They are kept with the task, and come back.
	kept, err := json.Marshal(task)
	if err != nil {
		t.Fatal(err)
	}
	var again routing.Task
	if err := json.Unmarshal(kept, &again); err != nil || !slices.Equal(again.Waiting.CoolDowns, want) {
		t.Errorf("%v: %s", err, kept)
	}
	if kept, err = json.Marshal(routing.Task{}); err != nil || json.Valid(kept) && slices.Contains(keysOf(t, kept), "waiting") {
		t.Errorf("%v: %s", err, kept)
	}
}

// TestRejectionsDoNotPushOutWhoIsThere: who is on the channel of a task is never offered it,
// however many others reject it.
func TestRejectionsDoNotPushOutWhoIsThere(t *testing.T) {
	t.Parallel()
	m := routing.Matching{RejectCoolDown: 60}
	task := waiting(t, 1).Task.KeepFrom("WKann").KeepFrom("WKbob")
	for n := range routing.MaxCoolDowns + 5 {
		task = task.Cool(numbered("WK", n), m, someday)
	}
	// Bob had an offer still, which he rejects.
	for _, m := range []routing.Matching{m, {}} {
		task = task.Cool("WKbob", m, someday.Add(time.Second))
	}
	kept := map[string]time.Time{}
	for _, c := range task.Waiting.CoolDowns {
		if c.Kept {
			kept[c.WorkerSID] = c.Until
		}
	}
	if len(kept) != 2 || !kept["WKann"].Equal(task.ExpiresAt()) || !kept["WKbob"].Equal(task.ExpiresAt()) {
		t.Errorf("it is kept from %v", kept)
	}
	if n := len(task.Waiting.CoolDowns); n > routing.MaxCoolDowns+2 {
		t.Errorf("%d are remembered", n)
	}
}

func keysOf(tb testing.TB, data []byte) (keys []string) {
	tb.Helper()
	var m map[string]any
	if err := json.Unmarshal(data, &m); err != nil {
		tb.Fatal(err)
	}
	for key := range m {
		keys = append(keys, key)
	}
	return keys
}
