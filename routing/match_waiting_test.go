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
