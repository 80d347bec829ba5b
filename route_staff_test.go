package engage_test

import "testing"

func TestAFloorIsSetUp(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	w := f.hires("ann", 2)
	f.runs()
	f.puts(w.SID, "Break")
	f.puts(w.SID, "Available")
	f.runs()
	if w = f.worker(w.SID); !w.Available || w.ActivityName != "Available" || len(w.Channels) != 5 || w.Channels[0].Capacity != 2 || w.AgentID != "ann" {
		t.Errorf("%+v", w)
	}
}
