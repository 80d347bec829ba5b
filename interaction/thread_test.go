package interaction_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/engage-interactions/engage/interaction"
)

const day = 24 * 60 * 60 // seconds

// sourcesDrawn draws sources that could be, with times from a second to those that no
// time.Duration can hold.
func sourcesDrawn() *rapid.Generator[interaction.Source] {
	lengths := rapid.OneOf(
		rapid.SampledFrom([]interaction.Seconds{0, 1, 4 * day, 4*day - 1, 4*day + 1, 30 * day, math.MaxInt64 / 1_000_000_000, math.MaxInt64}),
		rapid.Map(rapid.Int64Range(0, 10*day), func(n int64) interaction.Seconds { return interaction.Seconds(n) }),
	)
	return rapid.Custom(func(t *rapid.T) interaction.Source {
		s := interaction.Source{ID: "s", Type: "messenger", TimeForThreadInclusion: lengths.Draw(t, "inclusion"), TimeForThreadClosing: lengths.Draw(t, "closing")}
		if rapid.IntRange(0, 9).Draw(t, "never closes") == 0 {
			s.TimeForThreadClosing = -1
		}
		return s
	}).Filter(func(s interaction.Source) bool { return s.Check() == nil })
}

// TestThreadsAreJoinedAndClosedInTime asks in whole seconds, without time.Duration.
func TestThreadsAreJoinedAndClosedInTime(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := sourcesDrawn().Draw(t, "source")
		last := time.Unix(rapid.Int64Range(1_700_000_000, 1_900_000_000).Draw(t, "last"), 0).UTC()
		silent := rapid.OneOf(rapid.Int64Range(-10, 40*day), rapid.SampledFrom([]int64{
			4 * day, 4*day - 1, int64(min(s.TimeForThreadInclusion, 40*day)), int64(min(s.TimeForThreadInclusion, 40*day)) + 1,
			int64(min(s.TimeForThreadClosing, 40*day)), int64(min(s.TimeForThreadClosing, 40*day)) - 1,
		})).Draw(t, "silent")
		now := time.Unix(last.Unix()+silent, 0).UTC()

		joins := s.TimeForThreadInclusion == 0 || silent <= int64(s.TimeForThreadInclusion)
		if got := s.Includes(last, now); got != joins {
			t.Fatalf("%+v: after %d s of silence a content joins: %t", s, silent, got)
		}
		after := int64(s.TimeForThreadClosing)
		if after == 0 {
			after = max(4*day, int64(s.TimeForThreadInclusion))
		}
		at, ever := s.ClosesAt(last)
		if ever != (after > 0) {
			t.Fatalf("%+v ever closes a thread: %t", s, ever)
		}
		if ever && at.Before(last) || ever && after < 100*365*day && at.Unix() != last.Unix()+after {
			t.Fatalf("%+v: a thread closes at %v, last content at %v", s, at, last)
		}
		closes := ever && silent >= after
		if closes && joins && s.TimeForThreadInclusion != 0 && silent != after {
			t.Fatal("a thread is closed that the customer's next content would join")
		}

		live := rapid.IntRange(0, 1).Draw(t, "live")
		thread := interaction.Thread{Status: interaction.ThreadOpen, LastContentAt: last, LastReceivedAt: last, Live: live}
		if takes := !ever || live > 0 || silent < after; thread.Takes(s, now) != takes {
			t.Fatalf("%+v takes what was written after %d s: %t", thread, silent, !takes)
		}
		was := thread
		was.Status = interaction.ThreadClosed
		if was.Takes(s, now) {
			t.Fatalf("%+v takes a content", was)
		}
		if !thread.TakesEcho(now) {
			t.Fatalf("%+v is open, and takes no echo", thread)
		}
		closed, events, err := thread.TimeOut(s, now)
		if (err == nil) != (closes && live == 0) {
			t.Fatalf("%+v, silent for %d s, %d live: %v", s, silent, live, err)
		}
		if err != nil {
			return
		}
		if closed.Status != interaction.ThreadClosed || closed.CloseCause != interaction.CauseInactivity || !closed.ClosedAt.Equal(now) ||
			len(events) != 1 || events[0] != "content.thread_auto_closed" {
			t.Fatalf("%+v with %v", closed, events)
		}
		written := now.Add(time.Duration(rapid.IntRange(-2, 2).Draw(t, "echo")))
		if wasOpen := !written.After(now); closed.TakesEcho(written) != wasOpen {
			t.Fatalf("%+v takes an echo that was written at %v: %t", closed, written, !wasOpen)
		}
		// Who opens it again wants it open: it is silent from then on.
		again, _, err := closed.Reopen(now)
		if err != nil || !again.ClosedAt.IsZero() || again.CloseCause != "" || again.Status != interaction.ThreadOpen || !again.TakesEcho(written) {
			t.Fatalf("%+v: %v", again, err)
		}
		if _, _, err := again.TimeOut(s, now); err == nil && after > 0 {
			t.Fatal("it is closed again at once")
		}
	})
}

func TestSourceCheck(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", interaction.MaxText+1)
	for what, test := range map[string]struct {
		source interaction.Source
		field  string
	}{
		"the least":                {interaction.Source{ID: "s", Type: "sms"}, ""},
		"no ID":                    {interaction.Source{Type: "sms"}, "id"},
		"no type":                  {interaction.Source{ID: "s"}, "type"},
		"a long ID":                {interaction.Source{ID: long, Type: "sms"}, "id"},
		"no UTF-8":                 {interaction.Source{ID: "s", Type: "\xff"}, "type"},
		"a long name":              {interaction.Source{ID: "s", Type: "sms", Name: long}, "name"},
		"a long community":         {interaction.Source{ID: "s", Type: "sms", CommunityID: long}, "community_id"},
		"inclusion before":         {interaction.Source{ID: "s", Type: "sms", TimeForThreadInclusion: -1}, "time_for_thread_inclusion"},
		"never closes":             {interaction.Source{ID: "s", Type: "sms", TimeForThreadInclusion: 5, TimeForThreadClosing: -1}, ""},
		"closes while it includes": {interaction.Source{ID: "s", Type: "sms", TimeForThreadInclusion: 5, TimeForThreadClosing: 4}, "time_for_thread_closing"},
		"closes as it includes":    {interaction.Source{ID: "s", Type: "sms", TimeForThreadInclusion: 5, TimeForThreadClosing: 5}, ""},
		"a body of less than none": {interaction.Source{ID: "s", Type: "sms", MaxBody: -1}, "max_body"},
	} {
		refuses(t, what, test.source.Check(), test.field)
	}
	if a, b := (interaction.Source{ID: "s"}).Community(), (interaction.Source{ID: "s", CommunityID: "c"}).Community(); a != "s" || b != "c" {
		t.Errorf("the communities are %q and %q", a, b)
	}
}

func TestThreadsAreClosedByHand(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 5, 23, 11, 0, 0, 0, time.UTC)
	thread := interaction.Thread{Status: interaction.ThreadOpen, Live: 1}
	if err := thread.Continue(); err != nil {
		t.Error(err)
	}
	closed, events, err := thread.Close("moved", at)
	if err != nil || closed.Status != interaction.ThreadClosed || closed.CloseCause != "moved" || !closed.ClosedAt.Equal(at) ||
		!closed.UpdatedAt.Equal(at) || len(events) != 1 || events[0] != "content.thread_closed" {
		t.Errorf("%+v with %v: %v", closed, events, err)
	}
	if err := closed.Continue(); err == nil {
		t.Error("somebody writes into a closed thread")
	}
	if again, events, err := closed.Close("", at.Add(time.Hour)); err == nil || len(events) > 0 || again.CloseCause != "moved" || !again.ClosedAt.Equal(at) {
		t.Errorf("closed twice: %+v with %v", again, events)
	}
	if _, _, err := thread.Reopen(at); err == nil {
		t.Error("an open thread is opened")
	}
}

// TestSynchronizationRemembersDoubt follows a delivery: from the doubt on, until the
// platform or somebody tells, it is not withdrawn.
func TestSynchronizationRemembersDoubt(t *testing.T) {
	t.Parallel()
	verbs := []interaction.SyncVerb{
		interaction.SyncSucceeds, interaction.SyncFails, interaction.SyncDoubts, interaction.SyncWithdraws, interaction.SyncRetries,
	}
	rapid.Check(t, func(t *rapid.T) {
		s, events, err := interaction.Synchronization{}.Apply(interaction.SyncPosts, "")
		if err != nil || len(events) != 0 || s.Status != interaction.SyncPending {
			t.Fatal(s, events, err)
		}
		doubt := false // something was tried, and nobody has told since what became of it
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			by := rapid.SampledFrom(verbs).Draw(t, "verb")
			before := s
			next, events, err := s.Apply(by, string(by))
			switch {
			case err != nil:
				if next.Status != before.Status || next.Error != before.Error || next.Uncertain != before.Uncertain || events != nil {
					t.Fatalf("a refusal of %s changed %+v to %+v", by, before, next)
				}
				if by == interaction.SyncWithdraws && before.Status == interaction.SyncPending && !doubt {
					t.Fatalf("%+v cannot be withdrawn: %v", before, err)
				}
				continue
			case by == interaction.SyncWithdraws && doubt:
				t.Fatalf("%+v was withdrawn, and the platform may have it", before)
			case next.Error != string(by):
				t.Fatalf("the reason is %q", next.Error)
			}
			doubt = by == interaction.SyncDoubts || doubt && by == interaction.SyncRetries
			s = next
			if s.Uncertain != doubt {
				t.Fatalf("after %s: %+v", by, s)
			}
		}
	})
}
