package engage_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/platformtest"
	"github.com/engage-interactions/engage/store"
)

// lose removes a record from a store behind the Engine's back.
func lose(tb testing.TB, st store.Store, kind, id string) {
	tb.Helper()
	key := store.Key{Tenant: engage.DefaultTenant, Kind: kind, ID: id}
	r := must(st.Get(tb.Context(), key))(tb)[0]
	err := st.Commit(tb.Context(), store.Batch{
		ID: "lost-" + id, Tenant: engage.DefaultTenant, Deletes: []store.Check{{Key: key, Version: r.Version}},
	})
	if err != nil {
		tb.Fatal(err)
	}
}

func TestJobsAreListedByStateAndPaged(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var failed []string
	for _, customer := range []string{"eve", "joe", "kim"} {
		talk := d.talkWith(customer)
		failed = append(failed, d.replies(ann, talk.ThreadID, "fails").JobID)
		d.replies(ann, talk.ThreadID, "waits")
	}
	d.platform.Will(platformtest.Fail(engage.Permanent(errNoLine)), platformtest.Body("fails"))
	d.platform.Will(platformtest.NoAnswer(), platformtest.Body("waits"))
	d.runs()
	expect(t, "failed", d.listed(engage.JobFailed), failed)
	expect(t, "uncertain", len(d.listed(engage.JobUncertain)), 3)
	expect(t, "pending", len(d.listed(engage.JobPending)), 3) // that look whether the threads are silent
	of := func(typ string, state engage.JobState) (ids []string) {
		for _, j := range must(d.Jobs.List(t.Context(), engage.JobFilter{Type: typ, State: state}))(t).Items {
			if j.Type != typ {
				t.Errorf("of %s, there is %+v", typ, j)
			}
			ids = append(ids, j.ID)
		}
		return ids
	}
	expect(t, "failed deliveries", of("content.deliver", engage.JobFailed), failed)
	expect(t, "deliveries", of("content.deliver", ""), slices.Concat(failed, d.listed(engage.JobUncertain)))
	expect(t, "timers", of("thread.time_out", engage.JobPending), d.listed(engage.JobPending))
	expect(t, "others", len(of("content", ""))+len(of("thread.time_out", engage.JobFailed)), 0)

	var paged []string
	for next := ""; ; {
		page := must(d.Jobs.List(t.Context(), engage.JobFilter{State: engage.JobFailed, Limit: 1, Continuation: next}))(t)
		if len(page.Items) > 1 {
			t.Fatalf("%d on a page of 1", len(page.Items))
		}
		for _, j := range page.Items {
			paged = append(paged, j.ID)
			if j.Type != "content.deliver" || j.State != engage.JobFailed || j.Attempts != 1 || j.Error != "no line" {
				t.Errorf("the job is %+v", j)
			}
		}
		if next = page.Continuation; next == "" {
			break
		}
	}
	expect(t, "paged", paged, failed)
	for field, filter := range map[string]engage.JobFilter{
		"Limit":        {Limit: -1},
		"Continuation": {Continuation: "nonsense"},
		"State":        {State: "lazy"},
		"Type":         {Type: "\xff"},
	} {
		_, err := d.Jobs.List(t.Context(), filter)
		if is, ok := errors.AsType[*engage.InvalidError](err); !ok || is.Field != field {
			t.Errorf("%+v: %v", filter, err)
		}
	}
}

func TestWhatCannotBeSettledIsRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		talk := d.talkWith("eve")
		a, b := d.replies(ann, talk.ThreadID, "a"), d.replies(ann, talk.ThreadID, "b")
		timer := d.listed(engage.JobPending)[0]
		if j := must(d.Jobs.Get(t.Context(), timer))(t); j.Type != "thread.time_out" {
			t.Fatalf("it is %+v", j)
		}
		hold := platformtest.NewHold()
		d.platform.Will(hold.Gate(), platformtest.Next(1))
		ended := make(chan error, 1)
		go func() {
			_, err := d.RunDue(t.Context())
			ended <- err
		}()
		<-hold.Arrived()

		settle := func(id string, is engage.Settlement) error { return d.Jobs.Settle(t.Context(), id, is) }
		retry := func(id string) error { return d.Jobs.Retry(t.Context(), id) }
		for _, row := range []struct {
			name string
			err  error
			is   error
		}{
			{"give up what is under way", settle(a.JobID, engage.Settlement{}), engage.ErrRefused},
			{"retry what is under way", retry(a.JobID), engage.ErrRefused},
			{"retry what is pending", retry(b.JobID), nil}, // it waits for a, still
			{"settle a timer", settle(timer, engage.Settlement{}), engage.ErrInvalid},
			{"settle a timer as delivered", settle(timer, engage.Settlement{Delivered: true}), engage.ErrInvalid},
			{"retry a timer whose time has not come", retry(timer), engage.ErrRefused},
			{"settle none", settle(a.ID, engage.Settlement{}), engage.ErrNotFound},
			{"settle nonsense", settle("\x00", engage.Settlement{}), engage.ErrNotFound},
			{"retry none", retry(a.ID), engage.ErrNotFound},
			{"an ID that is too long", settle(b.JobID, engage.Settlement{Delivered: true, ForeignID: strings.Repeat("x", 2000)}), engage.ErrInvalid},
			{"an ID of a content that was not delivered", settle(b.JobID, engage.Settlement{ForeignID: "x"}), engage.ErrInvalid},
		} {
			if !errors.Is(row.err, row.is) {
				t.Errorf("%s: %v, want %v", row.name, row.err, row.is)
			}
		}
		expect(t, "a", d.state(a.ID), "export_pending")
		expect(t, "b", d.state(b.ID), "export_pending")

		// What is under way can be told to be delivered: then that attempt is the last.
		if err := settle(a.JobID, engage.Settlement{Delivered: true, ForeignID: "m1"}); err != nil {
			t.Error(err)
		}
		expect(t, "a", d.state(a.ID), "success")
		hold.Answer(platformtest.Fail(errNoLine))
		if err := <-ended; err != nil {
			t.Error(err)
		}
		expect(t, "a", d.state(a.ID), "success")
		expect(t, "b", d.state(b.ID), "success")
		_, err := d.Jobs.Get(t.Context(), a.JobID)
		if !errors.Is(err, engage.ErrNotFound) {
			t.Errorf("a job that is done: %v", err)
		}
	})
}

func TestSettlingIsPartOfAWork(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	talk := d.talkWith("eve")
	d.platform.Will(platformtest.NoAnswer(), platformtest.Next(1))
	a := d.replies(ann, talk.ThreadID, "a")
	d.runs()
	never := errors.New("never mind")
	err := d.Atomically(t.Context(), func(w *engage.Work) error {
		if err := w.Jobs.Settle(t.Context(), a.JobID, engage.Settlement{Delivered: true}); err != nil {
			return err
		}
		return never
	})
	if !errors.Is(err, never) {
		t.Error(err)
	}
	expect(t, "a", d.state(a.ID), "export_pending?")
	expect(t, "told", d.told(a.ID), []string{"export_uncertain export_pending"})
}

func TestRunningIsGuarded(t *testing.T) {
	t.Parallel()
	var asked []string
	d := newDesk(t, func(o *engage.Options) {
		o.Authorize = func(_ context.Context, who engage.Actor, action engage.Action, on engage.Resource) error {
			if who == bob {
				asked = append(asked, string(action)+" "+on.Type+" "+on.ID)
				return errors.New("not bob")
			}
			return nil
		}
	})
	talk := d.talkWith("eve")
	a := d.replies(ann, talk.ThreadID, "a")
	ctx := t.Context()
	n, due := d.As(bob).RunDue(ctx)
	_, get := d.As(bob).Jobs.Get(ctx, a.JobID)
	_, list := d.As(bob).Jobs.List(ctx, engage.JobFilter{})
	for call, err := range map[string]error{
		"RunDue": due, "Run": d.As(bob).Run(ctx), "Get": get, "List": list,
		"Retry": d.As(bob).Jobs.Retry(ctx, a.JobID), "Settle": d.As(bob).Jobs.Settle(ctx, a.JobID, engage.Settlement{}),
	} {
		if !errors.Is(err, engage.ErrForbidden) {
			t.Errorf("%s: %v", call, err)
		}
	}
	slices.Sort(asked)
	expect(t, "asked", slices.Compact(asked), []string{
		"jobs.read job ", "jobs.read job " + a.JobID, "jobs.run job ", "jobs.settle job " + a.JobID,
	})
	expect(t, "done", n, 0)
	expect(t, "a", d.state(a.ID), "export_pending")

	// Who may run jobs needs no right to what they do, and it is done by the system.
	n = must(d.As(robot).RunDue(ctx))(t)
	expect(t, "done", n, 1)
	expect(t, "a", d.state(a.ID), "success")
	for e, err := range d.Events.After(ctx, 0) {
		if err == nil && e.Type == engage.EventContentExported && e.Actor != engage.System() {
			t.Errorf("delivered by %v", e.Actor)
		}
	}
}

func TestRunDueEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		talk := d.talkWith("eve")
		d.platform.Will(platformtest.Hang())
		a := d.replies(ann, talk.ThreadID, "a")
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		begun := bubbleTime()
		if _, err := d.RunDue(ctx); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		expect(t, "it took", bubbleTime().Sub(begun), 30*time.Second) // until its deadline
		expect(t, "a", d.state(a.ID), "export_pending?")              // what hangs may have it
		expect(t, "job", d.jobState(a.ID), engage.JobUncertain)
	})
}
