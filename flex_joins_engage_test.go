package engage_test

import (
	"errors"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/routing"
)

var cid = engage.Agent("cid")

// TestWhoAcceptsEngages: in whatever state the intervention is.
func TestWhoAcceptsEngages(t *testing.T) {
	t.Parallel()
	tomorrow := func(j *joined) time.Time { return j.clock.read().Add(24 * time.Hour) }
	by := func(who engage.Actor, then ...func(j *joined, id string)) func(*joined) {
		return func(j *joined) {
			i := j.engages(who, j.eve.ThreadID)
			for _, do := range then {
				do(j, i.ID)
			}
		}
	}
	deferred := func(j *joined, id string) { must(j.Interventions.Defer(j.t.Context(), id, tomorrow(j)))(j.t) }
	closed := func(j *joined, id string) {
		must(j.Interventions.Assign(j.t.Context(), id, bob))(j.t)
		j.replies(bob, j.eve.ThreadID, "yes")
		must(j.Interventions.Close(j.t.Context(), id, engage.Closing{}))(j.t)
	}
	for name, row := range map[string]struct {
		before func(*joined)
		want   string
	}{
		"there was none":         {func(*joined) {}, "open ann"},
		"a closed one":           {by(cid, closed), "open ann"},
		"a canceled one":         {by(bob, func(j *joined, id string) { must(j.Interventions.Cancel(j.t.Context(), id))(j.t) }), "open ann"},
		"a bot's":                {by(robot), "open ann"},
		"a bot's that rests":     {by(robot, deferred), "open ann"},
		"nobody's":               {by(bob, func(j *joined, id string) { must(j.Interventions.Transfer(j.t.Context(), id, engage.Actor{}))(j.t) }), "open ann"},
		"another's":              {by(bob), "open bob +ann"},
		"another's that rests":   {by(bob, deferred), "open bob +ann"},
		"one's own":              {by(ann), "open ann"},
		"one's own that rests":   {by(ann, deferred), "open ann"},
		"of somebody who's gone": {by(bob, func(j *joined, _ string) { j.gone["bob"] = true }), "open ann"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBothStores(t, func(_ *testing.T, j *joined) {
				row.before(j)
				j.routed()
				j.accepts(ann, j.first)
				j.is(row.want)
				j.replies(ann, j.eve.ThreadID, "at your service")
				j.tells(j.first, "active assigned")
			})
		})
	}
}

// TestAcceptingOpensOnWhatTheCustomerWrote, and counts the intervention.
func TestAcceptingOpensOnWhatTheCustomerWrote(t *testing.T) {
	t.Parallel()
	inBothStores(t, func(t *testing.T, j *joined) {
		j.routed().accepts(ann, j.first)
		if i := j.intervention(); i.ContentID != j.eve.ContentID || i.Reopened != 0 {
			t.Errorf("%+v", i)
		}
		if n := j.thread().InterventionsCount; n != 1 {
			t.Errorf("%d interventions", n)
		}
	})
}

// TestWhoIsNotKnownCannotAccept, and the reservation is as it was.
func TestWhoIsNotKnownCannotAccept(t *testing.T) {
	t.Parallel()
	inBothStores(t, func(t *testing.T, j *joined) {
		j.routed().gone["ann"] = true
		unchanged(t, j.st, func() {
			if err := j.accept(ann, j.first); !errors.Is(err, engage.ErrNotFound) {
				t.Errorf("accepted: %v", err)
			}
		})
		j.tells(j.first, "active reserved")
		j.gone["ann"] = false
		j.accepts(ann, j.first)
		j.is("open ann")
	})
}

// TestOthersJoin those who were first, and may reply; whoever leaves is replaced by who has
// been there for longest.
func TestOthersJoin(t *testing.T) {
	t.Parallel()
	inBothStores(t, func(t *testing.T, j *joined) {
		j.routed().accepts(ann, j.first)
		second, third := j.asks(bob), j.asks(cid)
		j.clock.pass(time.Second)
		j.accepts(cid, third)
		j.clock.pass(time.Second)
		j.accepts(bob, second)
		j.is("open ann +cid +bob")
		j.replies(bob, j.eve.ThreadID, "and me")

		j.wraps(ann, j.first)
		j.is("open ann +cid +bob")
		j.completes(ann, j.first)
		j.is("open cid +bob")
		if _, err := j.As(ann).Contents.Post(t.Context(), engage.Post{ThreadID: j.eve.ThreadID, Message: j.says("", "still here").Message}); !errors.Is(err, engage.ErrRefused) {
			t.Errorf("who has left replies: %v", err)
		}
		j.completes(bob, second)
		j.is("open cid")
		j.completes(cid, third)
		j.is("closed cid thread closed by channel_closed")
		j.tells(third, "closed completed")
	})
}

// TestOwnersWhoAreGoneDoNotFollow those who leave.
func TestOwnersWhoAreGoneDoNotFollow(t *testing.T) {
	t.Parallel()
	inBothStores(t, func(_ *testing.T, j *joined) {
		j.routed().accepts(ann, j.first)
		second, third := j.asks(bob), j.asks(cid)
		j.accepts(bob, second)
		j.clock.pass(time.Second)
		j.accepts(cid, third)
		j.gone["bob"] = true
		j.completes(ann, j.first)
		j.is("open cid +bob")
	})
}

// TestNobodyOwnsWhatNobodyIsOn: while somebody is sought, the intervention waits for them.
func TestNobodyOwnsWhatNobodyIsOn(t *testing.T) {
	t.Parallel()
	inBothStores(t, func(_ *testing.T, j *joined) {
		j.routed().accepts(ann, j.first)
		j.replies(ann, j.eve.ThreadID, "wait")
		second := j.asks(bob)
		j.completes(ann, j.first)
		j.is("open nobody")
		j.tells(second, "active reserved")
		j.accepts(bob, second)
		j.is("open bob")
		third := j.asks(cid)
		j.completes(bob, second)
		j.is("open nobody")
		j.cancels(third) // and now nobody comes
		j.is("closed nobody by channel_closed thread closed by channel_closed")
	})
}

// TestColdTransfers: the one who accepts takes the place of the other, whose task ends
// nothing.
func TestColdTransfers(t *testing.T) {
	t.Parallel()
	inBothStores(t, func(t *testing.T, j *joined) {
		j.demands()
		j.routed().accepts(ann, j.first)
		j.replies(ann, j.eve.ThreadID, "I pass you on")
		second := j.handsOver(j.first, routing.TransferCold, bob)
		j.is("open ann")
		j.tells(j.first, "transfer assigned")
		j.accepts(bob, second)
		j.is("open bob")
		j.tells(j.first, "active completed")
		if events := types(t, j.Engine, 0); contains(events, engage.EventInterventionClosed) || !contains(events, engage.EventInterventionAssigned) {
			t.Errorf("events: %v", events)
		}
		j.completes(bob, second, "solved")
		j.is("closed bob thread closed by channel_closed")
	})
}

// TestColdTransfersOfWhoJoined leave the owner as it is.
func TestColdTransfersOfWhoJoined(t *testing.T) {
	t.Parallel()
	inBothStores(t, func(_ *testing.T, j *joined) {
		j.routed().accepts(ann, j.first)
		second := j.asks(bob)
		j.accepts(bob, second)
		j.accepts(cid, j.handsOver(second, routing.TransferCold, cid))
		j.is("open ann +cid")
	})
}

// TestWhatIsDoneByHandStays: tasks do not care, and completing them just completes them.
func TestWhatIsDoneByHandStays(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		by          func(j *joined, i interaction.Intervention)
		then, after string
	}{
		"closed": {func(j *joined, i interaction.Intervention) {
			must(j.As(ann).Interventions.Close(j.t.Context(), i.ID, engage.Closing{DispositionIDs: []string{"solved"}}))(j.t)
		}, "closed ann", "closed ann thread closed by channel_closed"},
		"closed, and written to": {func(j *joined, i interaction.Intervention) {
			must(j.As(ann).Interventions.Close(j.t.Context(), i.ID, engage.Closing{DispositionIDs: []string{"solved"}}))(j.t)
			j.writes("eve", "one more thing")
		}, "open ann", "closed ann thread closed by channel_closed"},
		"assigned": {func(j *joined, i interaction.Intervention) {
			must(j.As(ann).Interventions.Assign(j.t.Context(), i.ID, cid))(j.t)
		}, "open cid", "open cid thread closed by channel_closed"},
		"assigned to a bot": {func(j *joined, i interaction.Intervention) {
			must(j.As(ann).Interventions.Assign(j.t.Context(), i.ID, robot))(j.t)
		}, "open robot", "closed robot by channel_closed thread closed by channel_closed"},
		"transferred to nobody": {func(j *joined, i interaction.Intervention) {
			must(j.As(ann).Interventions.Transfer(j.t.Context(), i.ID, engage.Actor{}))(j.t)
		}, "open nobody", "closed nobody thread closed by channel_closed"},
		"deferred": {func(j *joined, i interaction.Intervention) {
			must(j.As(ann).Interventions.Defer(j.t.Context(), i.ID, j.clock.read().Add(time.Hour)))(j.t)
		}, "deferred ann", "closed ann thread closed by channel_closed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBothStores(t, func(_ *testing.T, j *joined) {
				j.demands()
				j.routed().accepts(ann, j.first)
				j.replies(ann, j.eve.ThreadID, "yes")
				row.by(j, *j.intervention())
				j.is(row.then)
				j.tells(j.first, "active assigned")
				j.wraps(ann, j.first)
				if row.then == "closed ann" {
					j.completes(ann, j.first)
				} else {
					j.completes(ann, j.first, "solved")
				}
				j.is(row.after)
				j.tells(j.first, "closed completed")
			})
		})
	}
}

// TestWhatWasCanceledByHandNeedsNoEnd: the task is completed, and that is all.
func TestWhatWasCanceledByHandNeedsNoEnd(t *testing.T) {
	t.Parallel()
	inBothStores(t, func(_ *testing.T, j *joined) {
		j.routed().accepts(ann, j.first)
		must(j.As(ann).Interventions.Cancel(j.t.Context(), j.intervention().ID))(j.t)
		j.completes(ann, j.first)
		j.is("canceled ann thread closed by channel_closed")
	})
}

// TestEngagingByHandLeavesTheTask: it waits on, and who accepts joins.
func TestEngagingByHandLeavesTheTask(t *testing.T) {
	t.Parallel()
	inBothStores(t, func(_ *testing.T, j *joined) {
		j.routed()
		j.engages(bob, j.eve.ThreadID)
		j.tells(j.first, "active reserved")
		j.accepts(ann, j.first)
		j.is("open bob +ann")
		j.completes(ann, j.first)
		j.is("open bob thread closed by channel_closed")
	})
}

func TestWhoTalksOwnsBeforeWhoWrapsUp(t *testing.T) {
	t.Parallel()
	inBothStores(t, func(_ *testing.T, j *joined) {
		j.routed().accepts(ann, j.first)
		j.clock.pass(time.Second)
		second := j.asks(bob)
		j.accepts(bob, second)
		j.clock.pass(time.Second)
		j.accepts(cid, j.asks(cid))
		j.wraps(bob, second)
		j.completes(ann, j.first)
		j.is("open cid +bob")
	})
}
