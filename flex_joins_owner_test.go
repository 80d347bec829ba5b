package engage_test

import (
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/routing"
)

// TestWhoGotItFromWhoLeftGivesItAway: as the first owner would, when somebody else comes after
// a pause.
func TestWhoGotItFromWhoLeftGivesItAway(t *testing.T) {
	t.Parallel()
	inBothStores(t, func(_ *testing.T, j *joined) {
		j.routed().accepts(ann, j.first)
		second := j.asks(bob)
		j.accepts(bob, second)
		j.completes(ann, j.first)
		j.is("open bob")
		j.pauses(bob)
		j.is("deferred bob thread resting")
		j.clock.pass(routing.MaxPause)
		j.accepts(cid, j.asked(cid))
		j.is("open cid")
	})
}

// TestWhoComesAgainByHandKeepsIt: that they had it once by a task does not count any more.
func TestWhoComesAgainByHandKeepsIt(t *testing.T) {
	t.Parallel()
	inBothStores(t, func(_ *testing.T, j *joined) {
		j.routed().accepts(ann, j.first)
		second := j.asks(bob)
		j.completes(ann, j.first)
		j.is("open nobody")
		j.engages(ann, j.eve.ThreadID)
		j.accepts(bob, second)
		j.is("open ann +bob")
	})
}

// TestWhoActsForTwoWorkersLeavesWithBoth tasks, not with the first.
func TestWhoActsForTwoWorkersLeavesWithBoth(t *testing.T) {
	t.Parallel()
	inBothStores(t, func(t *testing.T, j *joined) {
		j.workers["bob's other"] = must(j.Workers.Create(t.Context(), j.floor.workspace.SID, engage.NewWorker{
			FriendlyName: "bob's other", AgentID: "bob", ActivitySID: j.floor.activities["Available"].SID,
		}))(t).SID
		j.routed().accepts(ann, j.first)
		second, third := j.asks(bob), j.asks(engage.Agent("bob's other"))
		j.accepts(bob, second)
		j.accepts(bob, third)
		j.is("open ann +bob")
		j.completes(bob, second)
		j.is("open ann +bob")
		j.completes(bob, third)
		j.is("open ann")
	})
}

// TestTheNextChannelOfAThreadGoesOn while somebody finishes their work for the last one.
func TestTheNextChannelOfAThreadGoesOn(t *testing.T) {
	t.Parallel()
	inBothStores(t, func(t *testing.T, j *joined) {
		j.off(engage.Joins{NoThreadClosing: true})
		j.routed().accepts(ann, j.first)
		j.replies(ann, j.eve.ThreadID, "yes")
		last := j.first
		j.closes(ann, false)
		j.is("open ann thread unbound")
		j.routed()
		j.completes(ann, last)
		if i := j.intervention(); i.Status != interaction.InterventionOpen {
			t.Errorf("it is %s", j.state())
		}
		j.accepts(ann, j.first)
		j.is("open ann")
	})
}

// TestPausingLeavesWhatIsSomebodyElses: who has engaged by hand goes on.
func TestPausingLeavesWhatIsSomebodyElses(t *testing.T) {
	t.Parallel()
	inBothStores(t, func(_ *testing.T, j *joined) {
		j.routed()
		j.engages(bob, j.eve.ThreadID)
		j.accepts(ann, j.first)
		j.is("open bob +ann")
		j.pauses(ann)
		j.is("open bob thread resting")
	})
}

// TestNobodyEngagesInAThreadThatIsClosed, whose channel goes on because it was said so: but they
// accept.
func TestNobodyEngagesInAThreadThatIsClosed(t *testing.T) {
	t.Parallel()
	inBothStores(t, func(t *testing.T, j *joined) {
		j.off(engage.Joins{NoChannelClosing: true})
		j.routed()
		must(j.Threads.Close(t.Context(), j.eve.ThreadID))(t)
		j.accepts(ann, j.first)
		j.is("none thread closed still bound")
		j.tells(j.first, "active assigned")
	})
}

// TestWhatIsSomebodysWhoIsGoneEndsWithTheChannel, though it is not routing that gave it to them.
func TestWhatIsSomebodysWhoIsGoneEndsWithTheChannel(t *testing.T) {
	t.Parallel()
	inBothStores(t, func(_ *testing.T, j *joined) {
		j.routed()
		j.engages(bob, j.eve.ThreadID)
		j.accepts(ann, j.first)
		j.gone["bob"] = true
		j.completes(ann, j.first)
		j.is("canceled bob thread closed by channel_closed")
	})
}
