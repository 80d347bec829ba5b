package engage_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/routing"
	"github.com/engage-interactions/engage/store"
)

// TestWhatCannotBeOfferedKeepsNobodyFromTheNext has urgent tasks that cannot be offered before
// others: at the head of the same line, and in another line. The others are offered, whoever's
// job is first; and once the obstacle is gone, so are the urgent ones.
func TestWhatCannotBeOfferedKeepsNobodyFromTheNext(t *testing.T) {
	t.Parallel()
	for _, expression := range []string{"", `,"expression":"worker.good == 1"`} {
		for _, first := range []string{"the tasks", "the worker", "the urgent tasks"} {
			t.Run(fmt.Sprintf("%s %s", first, expression), func(t *testing.T) {
				t.Parallel()
				onBothStores(t, func(t *testing.T, st store.Store) {
					f := newFloorOn(t, st)
					lost := f.newWorkflow("Lost", fmt.Sprintf(
						`{"task_routing":{"filters":[{"expression":"1==1","targets":[{"queue":%q%s}]}]}}`, f.queue.SID, expression))
					var ada routing.Worker
					hires := func() { ada = f.hires("Ada", 1, `{"good":1}`) }
					if first == "the worker" {
						hires()
						f.runs()
						f.puts(ada.SID, "Break")
					}
					urgent := []routing.Task{f.asks(by(lost.SID), priority(9)), f.asks(by(lost.SID), priority(8))}
					if first == "the urgent tasks" {
						f.runs()
					}
					found := engage.LoseWorkflow(t, f.Engine, lost.SID)
					second, third := f.asks(priority(2)), f.asks(priority(1))
					if first == "the worker" {
						f.puts(ada.SID, "Available")
					} else {
						f.runs()
						hires()
					}
					f.runs()
					f.completes(f.accepts(f.offeredTo(second.SID, ada)))
					f.runs()
					r := f.accepts(f.offeredTo(third.SID, ada))
					found()
					f.completes(r)
					for range 5 {
						f.passes(time.Hour)
						if offers := f.offers(urgent[0].SID); len(offers) > 0 {
							f.completes(f.accepts(offers[0]))
							f.runs()
							f.offeredTo(urgent[1].SID, ada)
							return
						}
						f.puts(ada.SID, "Available")
					}
					t.Error("what could not be offered never is")
				})
			})
		}
	}
}

// TestWhoCouldNotBeOfferedAnythingIsLookedAtAgain: their job fails, which is seen.
func TestWhoCouldNotBeOfferedAnythingIsLookedAtAgain(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	lost := f.newWorkflow("Lost", leadingTo(f.queue.SID))
	f.asksNow(by(lost.SID))
	engage.LoseWorkflow(t, f.Engine, lost.SID)
	f.hires("ann", 1)
	f.runs()
	for _, j := range must(f.Jobs.List(t.Context(), engage.JobFilter{}))(t).Items {
		if j.Type == "worker.route" && j.Error != "" {
			return
		}
	}
	t.Error("nothing is seen of it")
}

// TestWhatNobodyCouldTakeElsewhereIsTriedAnew has a task that nobody could take come to another
// queue, where it cannot be offered: the one behind it is not taken for one that nobody can take.
func TestWhatNobodyCouldTakeElsewhereIsTriedAnew(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	nobody := f.newQueue("Nobody", "level > 100")
	two := f.newWorkflow("Two", fmt.Sprintf(
		`{"task_routing":{"filters":[{"expression":"hard == 1","targets":[{"queue":%q}]}],"default_filter":{"queue":%q}}}`, nobody.SID, f.queue.SID))
	ann := f.hires("ann", 1)
	f.runs()
	hard := f.asksNow(by(two.SID), priority(9), func(n *engage.NewTask) { n.Attributes = must(routing.ParseAttributes(`{"hard":1}`))(t) })
	if hard.Status != routing.TaskPending {
		t.Fatalf("it is %s", hard.Status)
	}
	easy := must(routing.ParseAttributes(`{"hard":0}`))(t)
	if moved := must(f.Tasks.Update(t.Context(), hard.SID, engage.TaskUpdate{Attributes: &easy}))(t); moved.QueueSID != f.queue.SID {
		t.Fatalf("it is in %s", moved.QueueSID)
	}
	engage.LoseWorkflow(t, f.Engine, two.SID)
	f.offeredTo(f.asksNow().SID, ann)
}

// TestWhoCannotAcceptByThemselvesIsAsked resumes a channel for an agent whom the host does not
// know any more: they are asked, and others may take it, and what else waits is offered to them.
func TestWhoCannotAcceptByThemselvesIsAsked(t *testing.T) {
	t.Parallel()
	inBothStores(t, func(t *testing.T, j *joined) {
		j.routed().accepts(ann, j.first)
		j.pauses(ann)
		j.gone["ann"] = true
		for _, sid := range j.workers {
			j.floor.puts(sid, "Offline")
		}
		j.runs()
		must(j.Flex.Resume(t.Context(), j.channel))(t)
		j.runs()
		other := must(j.Tasks.Create(t.Context(), j.floor.workspace.SID, engage.NewTask{}))(t)
		j.runs()
		j.floor.puts(j.workers["ann"], "Available")
		j.runs()
		j.floor.offeredTo(other.SID, routing.Worker{SID: j.workers["ann"], FriendlyName: "ann"})
	})
}

// TestAnUpdateHasATaskLookedAtAtOnce updates a task that could not be offered, once it can be:
// it does not wait until its job would be tried again, nor until a day later, if that has failed.
func TestAnUpdateHasATaskLookedAtAtOnce(t *testing.T) {
	t.Parallel()
	for _, tries := range []int{1, 3, 8} {
		t.Run(fmt.Sprintf("after %d tries", tries), func(t *testing.T) {
			t.Parallel()
			f := newFloor(t)
			ada := f.hires("Ada", 1)
			f.runs()
			task := f.asks()
			found := engage.LoseWorkflow(t, f.Engine, f.workflow.SID)
			f.runs()
			for range tries - 1 {
				f.passes(3 * time.Hour)
			}
			found()
			if offers := f.offers(task.SID); len(offers) > 0 {
				t.Fatalf("offered to %+v", offers)
			}
			must(f.Tasks.Update(t.Context(), task.SID, engage.TaskUpdate{Priority: new(1)}))(t)
			f.runs()
			f.offeredTo(task.SID, ada)
		})
	}
}

// TestAHostThatCannotAnswerKeepsNobodyFromTheNext resumes a channel for an agent of whom the host
// cannot say whether it knows them: what else waits is offered to them, and the channel once the
// host answers.
func TestAHostThatCannotAnswerKeepsNobodyFromTheNext(t *testing.T) {
	t.Parallel()
	onBothStores(t, func(t *testing.T, st store.Store) {
		down := false
		j := newJoined(t, st)
		j.opts.OwnerExists = func(context.Context, engage.Actor) (bool, error) {
			if down {
				return false, errors.New("the directory is down")
			}
			return true, nil
		}
		j.restart()
		j.floor.Engine = j.Engine
		j.routed().accepts(ann, j.first)
		j.pauses(ann)
		for _, sid := range j.workers {
			j.floor.puts(sid, "Offline")
		}
		j.runs()
		must(j.Flex.Resume(t.Context(), j.channel))(t)
		other := must(j.Tasks.Create(t.Context(), j.floor.workspace.SID, engage.NewTask{}))(t)
		down = true
		j.floor.puts(j.workers["ann"], "Available")
		j.runs()
		ada := routing.Worker{SID: j.workers["ann"], FriendlyName: "ann"}
		j.floor.offeredTo(other.SID, ada)
		down = false
		j.floor.passes(time.Hour)
		j.tells(j.asked(ann), "active assigned")
	})
}
