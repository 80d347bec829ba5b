package engage_test

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store"
)

// A job of the store's own that has failed for good leaves nothing at rest for ever, and
// does not stay in the list once what it was for has happened, or is no longer wanted.

// refusing is a store that takes no commit with a record of some kind.
type refusing struct {
	store.Store

	kind atomic.Pointer[string] // nil: it takes all
}

func (s *refusing) Commit(ctx context.Context, b store.Batch) error {
	kind := s.kind.Load()
	if kind != nil && slices.ContainsFunc(b.Puts, func(r store.Record) bool { return r.Kind == *kind }) {
		return errors.New("the disk does not like it")
	}
	return s.Store.Commit(ctx, b)
}

// fails lets all jobs of a type fail for good, because the store refuses records of a
// kind.
func (d *desk) fails(st *refusing, kind, typ string) {
	d.t.Helper()
	st.kind.Store(&kind)
	for range 8 {
		d.runs()
		d.clock.pass(3 * time.Hour)
	}
	st.kind.Store(nil)
	if failed := d.jobsOf(typ, engage.JobFailed); len(failed) != 1 || len(d.jobsOf(typ, "")) != 1 {
		d.t.Fatalf("jobs are %+v", must(d.Jobs.List(d.t.Context(), engage.JobFilter{}))(d.t).Items)
	}
}

// jobsOf returns the jobs of a type in a state, in any if that is empty.
func (d *desk) jobsOf(typ string, state engage.JobState) []engage.Job {
	d.t.Helper()
	all := must(d.Jobs.List(d.t.Context(), engage.JobFilter{State: state}))(d.t).Items
	return slices.DeleteFunc(all, func(j engage.Job) bool { return j.Type != typ })
}

// retries takes up the only job of a type by hand.
func (d *desk) retries(typ string) {
	d.t.Helper()
	if err := d.Jobs.Retry(d.t.Context(), d.jobsOf(typ, "")[0].ID); err != nil {
		d.t.Fatal(err)
	}
}

const day = 24 * time.Hour

func TestADeferralWhoseJobFailedEnds(t *testing.T) {
	t.Parallel()
	const typ = "intervention.fall_due"
	for _, row := range []struct {
		name      string
		meanwhile func(d *desk, i interaction.Intervention)
		within    time.Duration
		status    interaction.InterventionStatus
	}{
		{name: "by itself", within: day, status: interaction.InterventionOpen},
		{
			name: "when it is retried", status: interaction.InterventionOpen,
			meanwhile: func(d *desk, _ interaction.Intervention) { d.retries(typ) },
		},
		{
			name: "when the customer writes", status: interaction.InterventionOpen,
			meanwhile: func(d *desk, _ interaction.Intervention) { d.writes("eve", "well?") },
		},
		{
			name: "when it is resumed", status: interaction.InterventionOpen,
			meanwhile: func(d *desk, i interaction.Intervention) {
				must(d.As(ann).Interventions.Resume(d.t.Context(), i.ID))(d.t)
			},
		},
		{
			name: "when it is canceled", status: interaction.InterventionCanceled,
			meanwhile: func(d *desk, i interaction.Intervention) {
				must(d.As(ann).Interventions.Cancel(d.t.Context(), i.ID))(d.t)
			},
		},
		{
			name: "though the thread is closed", within: day, status: interaction.InterventionOpen,
			meanwhile: func(d *desk, i interaction.Intervention) {
				must(d.Threads.Close(d.t.Context(), i.ThreadID))(d.t)
			},
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			st := &refusing{Store: newMemory(t)}
			d := newDeskOn(t, st)
			i := d.engages(ann, d.writes("eve", "hello").ThreadID)
			must(d.As(ann).Interventions.Defer(t.Context(), i.ID, d.clock.read().Add(time.Hour)))(t)
			d.clock.pass(time.Hour)
			d.fails(st, "intervention", typ)
			expect(t, "status", must(d.Interventions.Get(t.Context(), i.ID))(t).Status, interaction.InterventionDeferred)
			if row.meanwhile != nil {
				row.meanwhile(d, i)
			}
			d.clock.pass(row.within)
			d.runs()
			expect(t, "status", must(d.Interventions.Get(t.Context(), i.ID))(t).Status, row.status)
			expect(t, "jobs left", len(d.jobsOf(typ, "")), 0)
			expect(t, "told of failures", d.count(engage.EventJobFailed), 1)
		})
	}
}

func TestAThreadWhoseTimeOutFailedCloses(t *testing.T) {
	t.Parallel()
	const typ = "thread.time_out"
	const silence = 2 * time.Hour
	for _, row := range []struct {
		name      string
		meanwhile func(d *desk, threadID string)
		within    time.Duration
		closed    int // by itself
	}{
		{name: "by itself", within: day, closed: 1},
		{
			name: "when it is retried", closed: 1,
			meanwhile: func(d *desk, _ string) { d.retries(typ) },
		},
		{
			name: "in time, after somebody answered", within: silence, closed: 1,
			meanwhile: func(d *desk, threadID string) {
				i := d.engages(ann, threadID)
				d.replies(ann, threadID, "well")
				must(d.As(ann).Interventions.Close(d.t.Context(), i.ID, engage.Closing{}))(d.t)
			},
		},
		{
			name: "in time, after the host wrote", within: silence, closed: 1,
			meanwhile: func(d *desk, threadID string) {
				must(d.Contents.Post(d.t.Context(), engage.Post{ThreadID: threadID, Message: interaction.Message{Body: "news"}}))(d.t)
			},
		},
		{
			name: "when somebody closes it", within: day,
			meanwhile: func(d *desk, threadID string) { must(d.Threads.Close(d.t.Context(), threadID))(d.t) },
		},
		{
			name: "in time, after it was reopened", within: silence, closed: 1,
			meanwhile: func(d *desk, threadID string) {
				must(d.Threads.Close(d.t.Context(), threadID))(d.t)
				must(d.Threads.Reopen(d.t.Context(), threadID))(d.t)
			},
		},
		{
			name: "when its source changes", closed: 1,
			meanwhile: func(d *desk, _ string) {
				source := must(d.Sources.Get(d.t.Context(), "chat"))(d.t)
				source.TimeForThreadClosing = interaction.Seconds(3600)
				must(d.Sources.Update(d.t.Context(), source))(d.t)
			},
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			st := &refusing{Store: newMemory(t)}
			d := newDeskOn(t, st)
			source := must(d.Sources.Get(t.Context(), "chat"))(t)
			source.TimeForThreadClosing = interaction.Seconds(silence / time.Second)
			must(d.Sources.Update(t.Context(), source))(t)
			threadID := d.writes("eve", "hello").ThreadID
			d.clock.pass(silence)
			d.fails(st, "content_thread", typ)
			expect(t, "status", must(d.Threads.Get(t.Context(), threadID))(t).Status, interaction.ThreadOpen)
			if row.meanwhile != nil {
				row.meanwhile(d, threadID)
				d.runs()
			}
			if row.within == silence {
				d.clock.pass(row.within - 1)
				d.runs()
				expect(t, "closed too early", d.count(engage.EventThreadAutoClosed), 0)
				d.clock.pass(1)
			} else {
				d.clock.pass(row.within)
			}
			d.runs()
			expect(t, "status", must(d.Threads.Get(t.Context(), threadID))(t).Status, interaction.ThreadClosed)
			expect(t, "closed by itself", d.count(engage.EventThreadAutoClosed), row.closed)
			expect(t, "told of failures", d.count(engage.EventJobFailed), 1)
			d.clock.pass(day) // a failed one that nobody wants finds out by then
			d.runs()
			expect(t, "jobs left", len(d.jobsOf(typ, "")), 0)
		})
	}
}

func TestThreadsWhoseRetimingFailedClose(t *testing.T) {
	t.Parallel()
	const typ = "source.retime"
	for _, row := range []struct {
		name      string
		meanwhile func(d *desk, source interaction.Source)
		within    time.Duration
	}{
		{name: "by themselves", within: day},
		{name: "when it is retried", meanwhile: func(d *desk, _ interaction.Source) { d.retries(typ) }},
		{
			name: "when the source changes again",
			meanwhile: func(d *desk, source interaction.Source) {
				source.TimeForThreadClosing--
				must(d.Sources.Update(d.t.Context(), source))(d.t)
			},
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			st := &refusing{Store: newMemory(t)}
			d := newDeskOn(t, st)
			source := must(d.Sources.Get(t.Context(), "chat"))(t)
			source.TimeForThreadClosing = -1
			source = must(d.Sources.Update(t.Context(), source))(t)
			const n = 120 // more than one step takes on
			for range n {
				d.writes("customer "+time.Duration(d.written).String(), "hello")
			}
			source.TimeForThreadClosing = 3600
			source = must(d.Sources.Update(t.Context(), source))(t)
			d.fails(st, "content_thread", typ)
			expect(t, "closed", d.count(engage.EventThreadAutoClosed), 0)
			if row.meanwhile != nil {
				row.meanwhile(d, source)
			}
			d.clock.pass(row.within)
			d.runs()
			expect(t, "closed", d.count(engage.EventThreadAutoClosed), n)
			d.clock.pass(day)
			d.runs()
			expect(t, "jobs left", len(d.listed("")), 0)
		})
	}
}
