package engage_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/platformtest"
	"github.com/engage-interactions/engage/storetest/faults"
)

// Whichever call of the store a process dies at, or goes wrong, nothing is lost, and
// nothing is there twice.

// story is what a company does in these tests: two talks, in each two replies, one of
// which fails at first, and a deferral. A call that fails is repeated by whoever called.
type story struct {
	threads, identities []string
	bodies              []string
	until               time.Time // of the deferral
}

// begin makes the customers write, all going well.
func (s *story) begin(d *desk) {
	for _, customer := range []string{"eve", "joe"} {
		r := d.talkWith(customer)
		s.threads, s.identities = append(s.threads, r.ThreadID), append(s.identities, r.IdentityID)
	}
	s.bodies, s.until = []string{"a", "b"}, d.clock.read().Add(5*time.Minute)
	d.platform.Will(platformtest.Fail(errNoLine), platformtest.Body("a"), platformtest.InThread(s.threads[0]), platformtest.Next(1))
}

// goOn does the rest, up to the first error.
func (s *story) goOn(ctx context.Context, eng *engage.Engine, clock *handClock) error {
	for _, thread := range s.threads {
		for _, body := range s.bodies {
			_, err := eng.As(ann).Contents.Post(ctx, engage.Post{
				ThreadID: thread, Message: interaction.Message{Body: body}, IdempotencyKey: body,
			})
			if err != nil {
				return err
			}
		}
	}
	page, err := eng.Interventions.List(ctx, engage.InterventionFilter{ThreadID: s.threads[1]})
	if err != nil {
		return err
	}
	_, err = eng.As(ann).Interventions.Defer(ctx, page.Items[0].ID, s.until)
	if !errors.Is(err, engage.ErrRefused) && err != nil { // refused if it is deferred already
		return err
	}
	for _, wait := range []time.Duration{32 * time.Second, s.until.Sub(clock.read()), 0} {
		if _, err := eng.RunDue(ctx); err != nil {
			return err
		}
		clock.pass(max(wait, 0))
	}
	return nil
}

// check looks at what came of it, after somebody has settled what was uncertain.
func (s *story) check(t *testing.T, what fmt.Stringer, d *desk, keyed bool) {
	t.Helper()
	fail := func(format string, args ...any) {
		t.Helper()
		t.Errorf("%v: %s", what, fmt.Sprintf(format, args...))
	}
	for range 4 {
		d.clock.pass(3 * time.Hour)
		d.runs()
		for _, j := range must(d.Jobs.List(t.Context(), engage.JobFilter{State: engage.JobUncertain}))(t).Items {
			if keyed {
				fail("uncertain, although there are keys: %+v", j)
			}
			has := slices.ContainsFunc(d.platform.Delivered(), func(is platformtest.Delivered) bool { return strings.Contains(string(j.Data), is.Content.ID) })
			if has {
				_ = d.Jobs.Settle(t.Context(), j.ID, engage.Settlement{Delivered: true})
				continue
			}
			_ = d.Jobs.Retry(t.Context(), j.ID)
			for _, at := range d.platform.Attempts() {
				if strings.Contains(string(j.Data), at.Content.ID) {
					d.platform.TakenUp(at.Content.ID)
				}
			}
		}
	}
	for n, thread := range s.threads {
		if got := d.said(thread); !slices.Equal(got, s.bodies) {
			fail("the thread has %v", got)
		}
		if got := d.platform.Seen(s.identities[n]); !slices.Equal(got, s.bodies) {
			fail("the customer has %v", got)
		}
		for _, c := range must(d.Contents.List(t.Context(), engage.ContentFilter{ThreadID: thread}))(t).Items {
			if c.Synchronization.Status != interaction.SyncSuccess || c.Uncertain {
				fail("%q is %s", c.Body, d.state(c.ID))
			}
			if exported := slices.DeleteFunc(d.told(c.ID), func(told string) bool { return told != "exported success" }); c.Direction == interaction.Outbound && len(exported) != 1 {
				fail("of %q was told %v", c.Body, d.told(c.ID))
			}
		}
	}
	if n := d.count(engage.EventInterventionReactivated); n != 1 {
		fail("%d reactivations", n)
	}
	for _, j := range must(d.Jobs.List(t.Context(), engage.JobFilter{}))(t).Items {
		if j.Type != "thread.time_out" {
			fail("a job is left: %+v", j)
		}
	}
	if err := d.platform.Err(); err != nil {
		fail("%v", err)
	}
}

// words is a text that says what went wrong.
type words string

func (w words) String() string { return string(w) }

func TestAProcessMayDieAtAnyCall(t *testing.T) {
	t.Parallel()
	for _, keyed := range []bool{true, false} {
		for _, at := range []when{before, unanswered, after} {
			t.Run(fmt.Sprintf("keys %v, %d", keyed, at), func(t *testing.T) {
				t.Parallel()
				first, step := stride(t)
				for n := first; ; n += step {
					d := newDesk(t)
					if keyed {
						d.honoursKeys()
					}
					var s story
					s.begin(d)
					m := d.process()
					fault := m.dies(at)
					if at != before {
						fault = fault.On(faults.Commit)
					}
					m.store.Inject(fault, n)
					err := s.goOn(t.Context(), m.Engine, d.clock)
					if !m.dead.Load() {
						if err != nil || n < 10 {
							t.Fatalf("it lived on at %d: %v", n, err)
						}
						break
					}
					d.restart()
					d.clock.pass(time.Minute)
					if err := s.goOn(t.Context(), d.Engine, d.clock); err != nil {
						t.Fatalf("died at call %d: %v", n, err)
					}
					s.check(t, words(fmt.Sprintf("died at call %d", n)), d, keyed)
					if t.Failed() {
						return
					}
				}
			})
		}
	}
}

func TestAnyCallOfTheStoreMayGoWrong(t *testing.T) {
	t.Parallel()
	for _, keyed := range []bool{true, false} {
		for _, fault := range faults.Legal() {
			t.Run(fmt.Sprintf("keys %v, %v", keyed, fault), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) { // the pauses cost no time
					for trial := range sweep(t, fault) {
						d := newDesk(t)
						if keyed {
							d.honoursKeys()
						}
						var s story
						s.begin(d)
						d.st = trial.Wrap(d.st)
						d.restart()
						trial.Start()
						err := s.goOn(trial.Context(t.Context()), d.Engine, d.clock)
						for tries := 0; err != nil && tries < 3 && passes(err); tries++ {
							err = s.goOn(trial.Context(t.Context()), d.Engine, d.clock)
						}
						trial.End()
						if err != nil {
							t.Fatalf("%v: %v", trial, err)
						}
						s.check(t, trial, d, keyed)
						if t.Failed() {
							return
						}
					}
				})
			})
		}
	}
}

// passes reports whether an error is one after which a host tries again.
func passes(err error) bool {
	return errors.Is(err, engage.ErrUnavailable) || errors.Is(err, engage.ErrUnknownOutcome) ||
		errors.Is(err, engage.ErrConflict) || errors.Is(err, context.Canceled)
}
