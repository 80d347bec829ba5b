package routing_test

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/engage-interactions/engage/routing"
)

func TestHowMuchIsLeft(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ capacity, pending, accepted, wrapping, percentage, assigned int }{
		{1, 0, 0, 0, 100, 0},
		{1, 1, 0, 0, 0, 0},
		{3, 1, 0, 0, 66, 0},
		{3, 1, 1, 0, 33, 1},
		{3, 0, 2, 1, 0, 2},
		{7, 1, 0, 0, 85, 0},
		{100, 0, 1, 0, 99, 1},
		{2, 1, 1, 1, 0, 1}, // the capacity was lowered
		{0, 0, 0, 0, 0, 0},
		{0, 0, 1, 0, 0, 1},
	} {
		w := routing.WorkerChannel{Capacity: c.capacity, Pending: c.pending, Accepted: c.accepted, Wrapping: c.wrapping, Available: true}
		if w.AvailablePercentage() != c.percentage || w.AssignedTasks() != c.assigned {
			t.Errorf("%+v: %d%%, %d assigned", c, w.AvailablePercentage(), w.AssignedTasks())
		}
		if want := c.pending+c.accepted+c.wrapping < c.capacity; w.Takes() != want {
			t.Errorf("%+v takes one more: %v", c, w.Takes())
		}
		if w.Available = false; w.Takes() {
			t.Errorf("%+v takes one more, and is not available", c)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		capacity := rapid.IntRange(1, routing.MaxCapacity).Draw(t, "capacity")
		has := rapid.IntRange(0, capacity).Draw(t, "has")
		// In whole numbers: 100*(1-has/capacity) rounded down.
		want := 0
		for (want+1)*capacity <= 100*(capacity-has) {
			want++
		}
		if got := (routing.WorkerChannel{Capacity: capacity, Accepted: has}).AvailablePercentage(); got != want || math.Abs(float64(got)-100*(1-float64(has)/float64(capacity))) > 1 {
			t.Fatalf("%d of %d: %d%%, want %d%%", has, capacity, got, want)
		}
	})
}

func TestWhatWorkersTake(t *testing.T) {
	t.Parallel()
	chat, sms, voice := numbered("TC", 1), numbered("TC", 2), numbered("TC", 3)
	w := routing.Worker{Available: true, Channels: []routing.WorkerChannel{
		{TaskChannelSID: chat, Capacity: 2, Available: true, Pending: 1},
		{TaskChannelSID: sms, Capacity: 1, Available: true, Wrapping: 1},
	}}
	away, idle := w, w
	away.Available = false
	idle.Channels = []routing.WorkerChannel{
		{TaskChannelSID: chat, Capacity: 2, Available: true}, {TaskChannelSID: sms, Capacity: 1}, {TaskChannelSID: voice, Capacity: 1, Available: true},
	}
	for _, c := range []struct {
		name   string
		worker routing.Worker
		single bool
		busy   bool
		want   []string
	}{
		{"with room on one", w, false, true, []string{chat}},
		{"with room, but one task at a time", w, true, true, nil},
		{"away", away, false, true, nil},
		{"idle, and closed on one", idle, false, false, []string{chat, voice}},
		{"idle, one task at a time", idle, true, false, []string{chat, voice}},
	} {
		if got := c.worker.Open(c.single); !slices.Equal(got, c.want) || c.worker.Busy() != c.busy {
			t.Errorf("%s: open on %v, want %v, busy: %v", c.name, got, c.want, c.worker.Busy())
		}
	}
}

func TestWhatExpressionsSeeOfAWorker(t *testing.T) {
	t.Parallel()
	w := routing.Worker{
		SID: numbered("WK", 1), FriendlyName: "Jane", ActivitySID: numbered("WA", 1), ActivityName: "Available", Attributes: routing.Attributes{"level": 3},
		Channels: []routing.WorkerChannel{{TaskChannel: "chat", Capacity: 3, Pending: 1, Accepted: 1}},
	}
	for _, text := range []string{
		"worker.sid == '" + w.SID + "'", "worker.friendly_name == 'Jane'", "worker.activity_sid == '" + w.ActivitySID + "'",
		"worker.activity_name == 'Available'", "worker.level == 3", "worker.channel.chat.configured_capacity == 3",
		"worker.channel.chat.assigned_tasks == 1", "worker.channel.chat.available_capacity_percentage == 33",
	} {
		e, err := routing.ParseExpression(text, routing.ScopeMatch)
		if err != nil {
			t.Fatal(err)
		}
		if !e.Holds(routing.Facts{Worker: w.Facts()}) {
			t.Errorf("%s does not hold", text)
		}
	}
}

// TestCountsFollowReservations counts random reservations on one of two channels, and
// compares with counting them anew.
func TestCountsFollowReservations(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		chat, sms := numbered("TC", 1), numbered("TC", 2)
		w := routing.Worker{Channels: []routing.WorkerChannel{{TaskChannelSID: chat, Capacity: 5}, {TaskChannelSID: sms, Capacity: 5}}}
		var all []routing.Reservation
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			var r routing.Reservation
			n := rapid.IntRange(0, len(all)).Draw(t, "which")
			if n == len(all) {
				all = append(all, routing.Reservation{})
			}
			r = all[n]
			next, _, err := r.Apply(rapid.SampledFrom(routing.ReservationVerbs()).Draw(t, "verb"), someday)
			if err != nil {
				if r.Status == "" {
					all = all[:n]
				}
				continue
			}
			before := w.Channels[0]
			after := w.Count(chat, r.Status, next.Status)
			if w.Channels[0] != before {
				t.Fatal("changed in place")
			}
			w, all[n] = after, next
			count := map[routing.ReservationStatus]int{}
			for _, r := range all {
				count[r.Status]++
			}
			c, ok := w.Channel(chat)
			if !ok || c.Pending != count["pending"] || c.Accepted != count["accepted"] || c.Wrapping != count["wrapping"] {
				t.Fatalf("%+v, there are %v", c, count)
			}
			if c, _ := w.Channel(sms); c.Reservations() != 0 {
				t.Fatalf("counted on the other channel: %+v", c)
			}
		}
	})
	if c := (routing.WorkerChannel{}).Count(routing.ReservationPending, routing.ReservationRejected); c.Reservations() != 0 {
		t.Errorf("%+v", c)
	}
}

func TestUniqueNames(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"default": true, "voice": true, "_": true, "$": true, "a1": true, "a0z9AZ": true, "A_$9": true,
		"": false, "1a": false, "a-b": false, "a b": false, "ä": false, "a\n": false,
	} {
		if routing.ValidUniqueName(name) != want {
			t.Errorf("%q is not %v", name, want)
		}
	}
	for _, name := range routing.DefaultTaskChannels() {
		if !routing.ValidUniqueName(name) {
			t.Errorf("%q is not valid", name)
		}
	}
	if a := routing.DefaultActivities(); len(a) != 4 || !a[1].Available || a[0].Available || a[2].Available || a[3].Available {
		t.Errorf("%+v", a)
	}
}
