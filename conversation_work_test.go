package engage_test

import (
	"errors"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store"
)

// TestAConversationInOneWork: each call sees what those before it wrote, lists included,
// and nobody else does before the commit.
func TestAConversationInOneWork(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, st store.Store) {
		d := newDeskOn(t, st)
		ctx := t.Context()
		var thread, id string
		err := d.As(ann).Atomically(ctx, func(w *engage.Work) error {
			first := must(w.Threads.Receive(ctx, d.says("eve", "hello")))(t)
			again := must(w.Threads.Receive(ctx, d.says("eve", "anybody?")))(t)
			thread = first.ThreadID
			if again.ThreadID != thread || again.FirstInThread || !first.FirstInThread {
				t.Errorf("%+v, %+v", first, again)
			}
			waiting := must(w.Threads.ListEngageable(ctx, engage.EngageableFilter{}))(t).Items
			if len(waiting) != 1 || waiting[0].ID != thread || waiting[0].Waiting.Unanswered != 2 {
				t.Errorf("%+v waits", waiting)
			}
			must(w.Contents.Ignore(ctx, first.ContentID))(t)
			id = must(w.Interventions.Engage(ctx, engage.Engagement{ThreadID: thread}))(t).ID
			if left := must(w.Threads.ListEngageable(ctx, engage.EngageableFilter{}))(t).Items; len(left) != 0 {
				t.Errorf("%+v still waits", left)
			}
			must(w.Contents.Post(ctx, engage.Post{ThreadID: thread, InReplyToID: again.ContentID, Message: interaction.Message{Body: "yes"}}))(t)
			closed := must(w.Interventions.Close(ctx, id, engage.Closing{}))(t)
			if closed.UserRepliesCount != 1 {
				t.Errorf("%+v", closed)
			}
			last := must(w.Threads.Receive(ctx, d.says("eve", "thanks")))(t)
			if last.InterventionID != id {
				t.Errorf("%+v, want it in %s", last, id)
			}
			if list := must(w.Contents.Tree(ctx, engage.TreeFilter{ThreadID: thread, UnderID: again.ContentID}))(t).Items; len(list) != 2 || list[1].Depth != 1 {
				t.Errorf("%+v", list)
			}
			_, err := d.Threads.Get(ctx, thread)
			isUnknown(thread)(t, err)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		got := must(d.Threads.Get(ctx, thread))(t)
		if i := must(d.Interventions.Get(ctx, id))(t); i.Status != interaction.InterventionOpen || i.Reopened != 1 || got.ContentsCount != 4 || got.Live != 1 {
			t.Errorf("%+v, %+v", i, got)
		}
		inOrder(t, d, thread, 4)
		d.runs()
		d.platform.Check(t)
	})
}

// TestTheHostClosesWithoutADisposition: what ends by itself says why, and that the
// disposition is missing; categories that a tree demands do not stand in its way.
func TestTheHostClosesWithoutADisposition(t *testing.T) {
	t.Parallel()
	b := newBench(t, newMemory(t))
	id := b.of[b.demanding]
	if _, err := b.As(ann).Interventions.Close(t.Context(), id, engage.Closing{}); !errors.Is(err, engage.ErrRefused) {
		t.Fatal(err)
	}
	if _, named := errors.AsType[*interaction.CategoryError](second(b.As(ann).Interventions.Close(t.Context(), id, engage.Closing{}))); !named {
		t.Error("it is not said which category is missing")
	}
	got := must(b.Interventions.Close(t.Context(), id, engage.Closing{Cause: "chat_disconnected"}))(t)
	if got.Status != interaction.InterventionClosed || !got.DispositionMissing || got.ClosedAutomatically != "chat_disconnected" {
		t.Errorf("%+v", got)
	}
	again := must(b.As(ann).Interventions.Reopen(t.Context(), id))(t)
	if again.DispositionMissing || again.ClosedAutomatically != "" || !again.ClosedAt.IsZero() {
		t.Errorf("%+v", again)
	}
	done := must(b.As(ann).Interventions.Close(t.Context(), id, engage.Closing{DispositionIDs: []string{"how"}}))(t)
	if done.DispositionMissing || len(done.DispositionIDs) != 1 {
		t.Errorf("%+v", done)
	}
}

// TestWhoWasTransferredKeepsTheirPlace: a customer who was answered, and then transferred
// to whoever engages next, has waited since then, also after writing again.
func TestWhoWasTransferredKeepsTheirPlace(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	eve := d.writes("eve", "hello")
	i := d.engages(robot, eve.ThreadID)
	d.replies(robot, eve.ThreadID, "one moment")
	d.clock.pass(time.Minute)
	since := d.clock.read()
	must(d.As(robot).Interventions.Transfer(ctx, i.ID, engage.Actor{}))(t)
	d.clock.pass(time.Minute)
	fay := d.writes("fay", "hello")
	d.clock.pass(time.Minute)
	d.writes("eve", "are you there?")
	list := must(d.Threads.ListEngageable(ctx, engage.EngageableFilter{}))(t).Items
	if len(list) != 2 || list[0].ID != eve.ThreadID || list[1].ID != fay.ThreadID || !list[0].WaitingSince.Equal(since) {
		t.Fatalf("%+v, want eve since %v, and then fay", list, since)
	}
	d.engages(ann, eve.ThreadID)
	if list = must(d.Threads.ListEngageable(ctx, engage.EngageableFilter{}))(t).Items; len(list) != 1 || list[0].ID != fay.ThreadID {
		t.Errorf("%+v, want fay only", list)
	}
}
