package engage_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/routing"
)

func contains(events []engage.EventType, typ engage.EventType) bool {
	return slices.Contains(events, typ)
}

// TestTheLastToLeaveEndsIt: by closing it if there were replies, else by canceling it, and
// not before the work is done.
func TestTheLastToLeaveEndsIt(t *testing.T) {
	t.Parallel()
	inBothStores(t, func(_ *testing.T, j *joined) {
		j.routed().accepts(ann, j.first)
		j.wraps(ann, j.first)
		j.is("open ann")
		j.completes(ann, j.first)
		j.is("canceled ann thread closed by channel_closed")
		j.tells(j.first, "closed completed")

		j.eve = j.writes("eve", "are you there?") // in another thread
		j.routed().accepts(ann, j.first)
		j.replies(ann, j.eve.ThreadID, "yes")
		j.completes(ann, j.first)
		j.is("closed ann thread closed by channel_closed")
		if at := j.thread().TimeOutCheckAt; !at.IsZero() && j.thread().Live > 0 {
			j.t.Errorf("something is left: %+v", j.thread())
		}
	})
}

// TestDispositionsAreDemanded of those who complete the last task; the system does without.
func TestDispositionsAreDemanded(t *testing.T) {
	t.Parallel()
	inBothStores(t, func(t *testing.T, j *joined) {
		j.demands()
		j.routed().accepts(ann, j.first)
		j.replies(ann, j.eve.ThreadID, "yes")
		j.wraps(ann, j.first)
		unchanged(t, j.st, func() {
			if err := j.complete(ann, j.first); !lacks(err) {
				t.Errorf("completed: %v", err)
			}
			if err := j.complete(ann, j.first, "none"); err == nil {
				t.Error("completed with a disposition that is not there")
			}
		})
		j.tells(j.first, "active wrapping")
		j.completes(ann, j.first, "solved")
		j.is("closed ann thread closed by channel_closed")
		if got := j.intervention().DispositionIDs; !slices.Equal(got, []string{"solved"}) {
			t.Errorf("dispositions %v", got)
		}

		j.eve = j.writes("eve", "hello again")
		j.routed().accepts(ann, j.first)
		j.replies(ann, j.eve.ThreadID, "yes")
		j.completes(engage.System(), j.first)
		j.is("closed ann by task_completed disposition missing thread closed by channel_closed")
	})
}

// TestNothingIsDemandedOfWhoIsNotTheLast, but of who is.
func TestNothingIsDemandedOfWhoIsNotTheLast(t *testing.T) {
	t.Parallel()
	inBothStores(t, func(_ *testing.T, j *joined) {
		j.demands()
		j.routed().accepts(ann, j.first)
		second := j.asks(bob)
		j.accepts(bob, second)
		j.replies(ann, j.eve.ThreadID, "yes")
		j.completes(ann, j.first)
		j.is("open bob")
		if err := j.complete(bob, second); !lacks(err) {
			j.t.Errorf("completed: %v", err)
		}
	})
}

// TestClosingAChannel closes its thread; who was on it wraps up first, or is done.
func TestClosingAChannel(t *testing.T) {
	t.Parallel()
	inBothStores(t, func(_ *testing.T, j *joined) {
		j.demands()
		j.routed().accepts(ann, j.first)
		second := j.asks(bob)
		j.accepts(bob, second)
		j.replies(ann, j.eve.ThreadID, "yes")
		j.closes(ann, false)
		j.is("open ann +bob thread closed by channel_closed")
		j.tells(j.first, "closed wrapping")
		j.completes(ann, j.first)
		j.is("open bob thread closed by channel_closed")
		j.completes(bob, second, "solved")
		j.is("closed bob thread closed by channel_closed")

		j.eve = j.writes("eve", "hello again")
		j.routed().accepts(ann, j.first)
		j.replies(ann, j.eve.ThreadID, "yes")
		j.closes(engage.System(), true)
		j.is("closed ann by channel_closed disposition missing thread closed by channel_closed")
		j.tells(j.first, "closed completed")

		j.eve = j.writes("eve", "hello again")
		j.routed().accepts(ann, j.first)
		j.replies(ann, j.eve.ThreadID, "yes")
		j.closes(ann, false)
		j.is("open ann thread closed by channel_closed")
		j.closes(engage.System(), true) // what she wraps up is done with it, too
		j.is("closed ann by channel_closed disposition missing thread closed by channel_closed")
		j.tells(j.first, "closed completed")

		j.eve = j.writes("eve", "hello again")
		j.routed() // nobody has accepted
		j.closes(ann, false)
		j.is("none thread closed by channel_closed")
		j.tells(j.first, "closed canceled")
	})
}

// TestAnAgentWhoEndsAChannelSaysWhatCameOfIt: it is no way around the disposition that they
// would have to give with the last task.
func TestAnAgentWhoEndsAChannelSaysWhatCameOfIt(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		before   func(j *joined)
		by       routing.ChannelVerb
		complete bool
		thread   string
	}{
		"closed":               {func(*joined) {}, routing.ChannelCloses, true, "closed by channel_closed"},
		"inactive":             {func(*joined) {}, routing.ChannelInactivates, true, "resting"},
		"paused before":        {func(j *joined) { j.pauses(ann) }, routing.ChannelCloses, false, "closed by channel_closed"},
		"closed a second time": {func(j *joined) { j.closes(ann, false) }, routing.ChannelCloses, true, "closed by channel_closed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBothStores(t, func(t *testing.T, j *joined) {
				j.demands()
				j.routed().accepts(ann, j.first)
				j.replies(ann, j.eve.ThreadID, "yes")
				c.before(j)
				unchanged(t, j.st, func() {
					err := j.ends(ann, c.by, c.complete)
					refused, ok := errors.AsType[*engage.RefusedError](err)
					if !lacks(err) || !ok || !strings.Contains(refused.Remedy, "Flex.UpdateChannel") {
						t.Errorf("ended: %v", err)
					}
					if err := j.ends(ann, c.by, c.complete, "none"); !errors.Is(err, engage.ErrInvalid) {
						t.Errorf("ended with a disposition that is not there: %v", err)
					}
				})
				j.fine(j.ends(ann, c.by, c.complete, "solved"))
				if got := j.intervention(); got.Status != interaction.InterventionClosed || got.DispositionMissing || !slices.Equal(got.DispositionIDs, []string{"solved"}) {
					t.Errorf("%+v", got)
				}
				if got := j.state(); !strings.HasSuffix(got, "thread "+c.thread) {
					t.Errorf("%s, want the thread %s", got, c.thread)
				}
			})
		})
	}
}

// TestNobodyComes: the task is canceled, and with it ends what nobody will answer.
func TestNobodyComes(t *testing.T) {
	t.Parallel()
	inBothStores(t, func(_ *testing.T, j *joined) {
		j.engages(robot, j.eve.ThreadID)
		j.replies(robot, j.eve.ThreadID, "an agent will be with you")
		j.routed()
		j.cancels(j.first)
		j.is("closed robot by channel_closed thread closed by channel_closed")
		j.tells(j.first, "closed canceled")
	})
}

// TestLeavingAChannel: it is inactive, the conversation stays, and whoever comes next has it.
func TestLeavingAChannel(t *testing.T) {
	t.Parallel()
	inBothStores(t, func(_ *testing.T, j *joined) {
		j.demands()
		j.routed().accepts(ann, j.first)
		j.replies(ann, j.eve.ThreadID, "write when you know")
		j.leaves(engage.System())
		j.is("closed ann by channel_inactive disposition missing thread resting")
		j.tells(j.first, "inactive completed")

		second := j.comesBack(bob)
		j.is("open ann") // who had it, until somebody comes
		j.accepts(bob, second)
		j.is("open bob")

		j.leaves(engage.System())
		j.is("closed bob by channel_inactive disposition missing thread resting")
		j.cancels(j.comesBack(cid))
		j.is("closed bob by nobody_came disposition missing thread closed by nobody_came")
	})
}

// TestWhoComesBackAndIsNotAnswered: it ends as anything does that nobody wants, but can be found.
func TestWhoComesBackAndIsNotAnswered(t *testing.T) {
	t.Parallel()
	inBothStores(t, func(t *testing.T, j *joined) {
		j.routed().accepts(ann, j.first)
		j.replies(ann, j.eve.ThreadID, "bye")
		j.leaves(ann)
		task := j.comesBack(bob)
		j.clock.pass(routing.DefaultTimeout * time.Second)
		j.runs()
		j.tells(task, "closed canceled")
		j.is("closed ann by nobody_came thread closed by nobody_came")
		for _, e := range must(gather(j.Events.After(t.Context(), 0)))(t) {
			if e.Type != engage.EventThreadClosed {
				continue
			}
			var d engage.ThreadEvent
			if err := e.Decode(&d); err != nil || d.CloseCause != interaction.CauseNobodyCame {
				t.Errorf("the event tells of %q (%v)", d.CloseCause, err)
			}
			return
		}
		t.Error("nothing was told of it")
	})
}

// TestLeavingWithoutAReply cancels, and what a bot has stays with it.
func TestLeavingWithoutAReply(t *testing.T) {
	t.Parallel()
	inBothStores(t, func(_ *testing.T, j *joined) {
		j.routed().accepts(ann, j.first)
		must(j.As(ann).Interventions.Assign(j.t.Context(), j.intervention().ID, robot))(j.t)
		j.leaves(ann)
		j.is("open robot thread resting")

		must(j.As(robot).Interventions.Transfer(j.t.Context(), j.intervention().ID, engage.Actor{}))(j.t)
		j.accepts(ann, j.comesBack(ann))
		j.is("open ann")
		j.leaves(ann)
		j.is("canceled ann by channel_inactive thread resting")
	})
}

// TestClosingAChannelThatRests closes its thread, too.
func TestClosingAChannelThatRests(t *testing.T) {
	t.Parallel()
	inBothStores(t, func(_ *testing.T, j *joined) {
		j.routed().accepts(ann, j.first)
		j.replies(ann, j.eve.ThreadID, "bye")
		j.leaves(ann)
		j.closes(ann, false)
		j.is("closed ann by channel_inactive thread closed by channel_closed")
		j.tells(j.first, "closed completed")

		j.eve = j.writes("eve", "hello again")
		j.routed().accepts(ann, j.first)
		j.replies(ann, j.eve.ThreadID, "back in a week")
		j.pauses(ann)
		j.closes(ann, false)
		j.is("closed ann by channel_closed thread closed by channel_closed")
	})
}

// TestPausing defers, and ends when the agent goes on, or another one does.
func TestPausing(t *testing.T) {
	t.Parallel()
	inBothStores(t, func(t *testing.T, j *joined) {
		j.demands()
		j.routed().accepts(ann, j.first)
		second := j.asks(bob)
		j.accepts(bob, second)
		j.replies(ann, j.eve.ThreadID, "back in a week")
		j.pauses(ann)
		j.is("deferred ann thread resting")
		if at := j.intervention().DeferredAt; !at.Equal(j.clock.read().Add(routing.MaxPause)) {
			t.Errorf("until %v", at)
		}
		j.tells(second, "pause completed")

		must(j.As(ann).Flex.Resume(t.Context(), j.channel))(t)
		j.is("deferred ann")
		j.tells(j.asked(ann), "active assigned")
		j.is("open ann")

		j.pauses(ann)
		second = j.comesBack(bob)
		j.is("open ann") // reactivated
		j.accepts(bob, second)
		j.is("open bob")

		j.pauses(bob)
		j.clock.pass(routing.MaxPause)
		second = j.asked(cid)
		j.is("open bob") // it was due
		j.accepts(cid, second)
		j.is("open cid")
	})
}

// TestThreadsThatAreClosedCloseTheirChannels, whoever closes them.
func TestThreadsThatAreClosedCloseTheirChannels(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		close func(j *joined)
		want  string
	}{
		"by hand": {func(j *joined) {
			got := must(j.As(ann).Threads.Close(j.t.Context(), j.eve.ThreadID))(j.t)
			if got.ChannelSID != "" || got.Status != interaction.ThreadClosed {
				j.t.Errorf("%+v", got)
			}
		}, "open ann thread closed"},
		"with the intervention": {func(j *joined) {
			got := must(j.As(ann).Interventions.Close(j.t.Context(), j.intervention().ID, engage.Closing{CloseThread: true}))(j.t)
			if got.Status != interaction.InterventionClosed {
				j.t.Errorf("%+v", got)
			}
		}, "closed ann thread closed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBothStores(t, func(t *testing.T, j *joined) {
				j.routed().accepts(ann, j.first)
				j.replies(ann, j.eve.ThreadID, "yes")
				second := j.asks(bob)
				before := len(types(t, j.Engine, 0))
				row.close(j)
				j.is(row.want)
				j.tells(j.first, "closed wrapping")
				j.tells(second, "closed canceled")
				if n := count(types(t, j.Engine, 0)[before:], engage.EventThreadClosed); n != 1 {
					t.Errorf("told %d times", n)
				}
				j.completes(ann, j.first)
				j.is("closed ann thread closed")

				must(j.Threads.Reopen(t.Context(), j.eve.ThreadID))(t)
				j.is("closed ann thread unbound")
			})
		})
	}
}

func count(events []engage.EventType, typ engage.EventType) (n int) {
	for _, e := range events {
		if e == typ {
			n++
		}
	}
	return n
}

// TestThreadsWithChannelsDoNotTimeOut, as long as agents are on them or sought; those that
// rest do after 90 days, and their channels with them.
func TestThreadsWithChannelsDoNotTimeOut(t *testing.T) {
	t.Parallel()
	inBothStores(t, func(_ *testing.T, j *joined) {
		j.routed().accepts(ann, j.first)
		must(j.As(ann).Interventions.Cancel(j.t.Context(), j.intervention().ID))(j.t)
		j.floor.passes(100 * 24 * time.Hour)
		j.is("canceled ann")
		j.leaves(ann)
		j.floor.passes(interaction.MaxResting - time.Second)
		j.is("canceled ann thread resting")
		j.floor.passes(time.Second)
		j.is("canceled ann thread closed by inactivity")
		j.tells(j.first, "closed completed")
	})
}

// TestWhoLeavesAsAParticipantSaysWhatCameOfIt, as by a reservation.
func TestWhoLeavesAsAParticipantSaysWhatCameOfIt(t *testing.T) {
	t.Parallel()
	inBothStores(t, func(t *testing.T, j *joined) {
		j.demands()
		j.routed().accepts(ann, j.first)
		j.replies(ann, j.eve.ThreadID, "yes")
		all := must(j.Flex.Participants(t.Context(), j.channel, 0, ""))(t).Items
		sid := all[len(all)-1].SID
		if _, err := j.As(ann).Flex.UpdateParticipant(t.Context(), sid, routing.ParticipantCloses, engage.Completion{}); !lacks(err) {
			t.Errorf("left: %v", err)
		}
		must(j.As(ann).Flex.UpdateParticipant(t.Context(), sid, routing.ParticipantCloses, engage.Completion{DispositionIDs: []string{"solved"}}))(t)
		j.is("closed ann thread closed by channel_closed")
		if got := j.intervention().DispositionIDs; !slices.Equal(got, []string{"solved"}) {
			t.Errorf("dispositions %v", got)
		}
	})
}
