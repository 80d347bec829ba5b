package engage_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/platformtest"
)

// Contents are delivered in the order of their thread, whatever the platform does with
// them. The other files with this prefix are about those of which nobody knows whether
// they were delivered, about answers that come late, and about processes that die.

// honoursKeys gives a desk a platform that honours keys.
func (d *desk) honoursKeys(options ...platformtest.Option) {
	d.connect(platformtest.New(append(options, platformtest.HonourKeys())...))
}

// connect gives a desk another platform.
func (d *desk) connect(p *platformtest.Platform) {
	d.t.Helper()
	d.t.Cleanup(p.Close)
	d.platform = p
	d.opts.Platforms = map[string]engage.Platform{"messenger": p}
	d.restart()
}

// talkWith makes a customer write, and ann engage.
func (d *desk) talkWith(customer string) engage.Received {
	d.t.Helper()
	r := d.writes(customer, "hello")
	d.engages(ann, r.ThreadID)
	return r
}

// state says in short what the agent sees of a delivery: its status, with a question
// mark if nobody knows.
func (d *desk) state(contentID string) string {
	d.t.Helper()
	c := must(d.Contents.Get(d.t.Context(), contentID))(d.t)
	if c.Uncertain {
		return string(c.Synchronization.Status) + "?"
	}
	return string(c.Synchronization.Status)
}

// jobState says where the job of a content stands, "" if it is gone.
func (d *desk) jobState(contentID string) engage.JobState {
	d.t.Helper()
	j, err := d.Jobs.Get(d.t.Context(), must(d.Contents.Get(d.t.Context(), contentID))(d.t).JobID)
	if err != nil && !errors.Is(err, engage.ErrNotFound) {
		d.t.Fatal(err)
	}
	return j.State
}

// told returns what the events said of the delivery of a content, in order.
func (d *desk) told(contentID string) []string {
	d.t.Helper()
	return d.toldOfAll()[contentID]
}

// toldOfAll returns that of all contents.
func (d *desk) toldOfAll() map[string][]string {
	d.t.Helper()
	told := make(map[string][]string)
	for e, err := range d.Events.After(d.t.Context(), 0) {
		if err != nil {
			d.t.Fatal(err)
		}
		if e.Type != engage.EventContentExported && e.Type != engage.EventContentUncertain {
			continue
		}
		var data engage.ContentEvent
		if err := e.Decode(&data); err != nil {
			d.t.Fatal(err)
		}
		told[e.Resource.ID] = append(told[e.Resource.ID], strings.TrimPrefix(string(e.Type), "content.")+" "+string(data.SynchronizationStatus))
	}
	return told
}

// expect compares what there is with what there should be.
func expect[T any](tb testing.TB, what string, got, want T) {
	tb.Helper()
	if g, w := fmt.Sprintf("%v", got), fmt.Sprintf("%v", want); g != w {
		tb.Errorf("%s: %s, want %s", what, g, w)
	}
}

func TestEachThreadIsDeliveredInOrderAndSeveralAtATime(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	const customers, each = 4, 5
	var identities, contents []string
	for c := range customers {
		talk := d.talkWith(fmt.Sprintf("customer-%d", c))
		identities = append(identities, talk.IdentityID)
		for n := range each {
			contents = append(contents, d.replies(ann, talk.ThreadID, strconv.Itoa(n)).ID)
		}
	}
	// The first of each thread are all on their way at once: none waits for another.
	hold := platformtest.NewHold()
	d.platform.Will(hold.Gate(), platformtest.Next(customers))
	go func() {
		_, _ = hold.Await(t.Context(), customers)
		hold.Answer(platformtest.Deliver())
	}()
	n := must(d.RunDue(t.Context()))(t)
	expect(t, "jobs", n, customers*each)
	for _, id := range identities {
		expect(t, "seen", d.platform.Seen(id), []string{"0", "1", "2", "3", "4"})
	}
	for _, id := range contents {
		expect(t, "state", d.state(id), "success")
		expect(t, "job", d.jobState(id), "")
		expect(t, "told", d.told(id), []string{"exported success"})
	}
	d.platform.Check(t)
}

func TestWhatAnAnswerMeans(t *testing.T) {
	t.Parallel()
	var typedNil *engage.InvalidError // what a platform returns by a mistake that is often made
	long := strings.Repeat("x", 5000)
	after := engage.RetryAfter(errors.New("busy"), 10*time.Minute)
	for _, row := range []struct {
		name      string
		does      platformtest.Behaviour // to the first attempt
		foreignID string                 // that the platform gives, "" for its own
		keyed     string                 // first state, job; state after 32 s, what the customer saw by then
		unkeyed   string
	}{
		{
			name: "it is delivered", does: platformtest.Deliver(),
			keyed: "success - success [a b]", unkeyed: "success - success [a b]",
		}, {
			name: "it was certainly not delivered", does: platformtest.Fail(errors.New("no line")),
			keyed: "export_pending pending success [a b]", unkeyed: "export_pending pending success [a b]",
		}, {
			name: "it can never be", does: platformtest.Fail(engage.Permanent(errors.New("blocked"))),
			keyed: "export_failure failed export_failure [b]", unkeyed: "export_failure failed export_failure [b]",
		}, {
			name: "not before ten minutes", does: platformtest.Fail(after),
			keyed: "export_pending pending export_pending []", unkeyed: "export_pending pending export_pending []",
		}, {
			name: "not before ten minutes, says one who gives a context's error", does: platformtest.Fail(engage.RetryAfter(context.Canceled, 10*time.Minute)),
			keyed: "export_pending pending export_pending []", unkeyed: "export_pending pending export_pending []",
		}, {
			name: "it was certainly not delivered, although the context ended", does: platformtest.Fail(engage.NotDelivered(context.DeadlineExceeded)),
			keyed: "export_pending pending success [a b]", unkeyed: "export_pending pending success [a b]",
		}, {
			name: "no answer, not delivered", does: platformtest.NoAnswer(),
			keyed: "export_pending? pending success [a b]", unkeyed: "export_pending? uncertain export_pending? []",
		}, {
			name: "no answer, delivered", does: platformtest.LoseAnswer(),
			keyed: "export_pending? pending success [a b]", unkeyed: "export_pending? uncertain export_pending? [a]",
		}, {
			name: "it hangs", does: platformtest.Hang(),
			keyed: "export_pending? pending success [a b]", unkeyed: "export_pending? uncertain export_pending? []",
		}, {
			name: "it is delivered, and hangs", does: platformtest.DeliverThen(platformtest.Hang()),
			keyed: "export_pending? pending success [a b]", unkeyed: "export_pending? uncertain export_pending? [a]",
		}, {
			name: "it panics", does: platformtest.Panic("ouch"),
			keyed: "export_pending? pending success [a b]", unkeyed: "export_pending? uncertain export_pending? []",
		}, {
			name: "it is delivered, and panics", does: platformtest.DeliverThen(platformtest.Panic("ouch")),
			keyed: "export_pending? pending success [a b]", unkeyed: "export_pending? uncertain export_pending? [a]",
		}, {
			name: "it is delivered twice", does: platformtest.DeliverTwice(),
			keyed: "success - success [a a b]", unkeyed: "success - success [a a b]",
		}, {
			name: "the error is a nil pointer", does: platformtest.Fail(typedNil),
			keyed: "export_pending? pending success [a b]", unkeyed: "export_pending? uncertain export_pending? []",
		}, {
			name: "the error is long and no text", does: platformtest.Fail(errors.New("\xff\x00" + long)),
			keyed: "export_pending pending success [a b]", unkeyed: "export_pending pending success [a b]",
		}, {
			name: "the ID is long", foreignID: long,
			keyed: "success - success [a b]", unkeyed: "success - success [a b]",
		}, {
			name: "the ID is no text", foreignID: "\xff\x00",
			keyed: "success - success [a b]", unkeyed: "success - success [a b]",
		},
	} {
		for _, keyed := range []bool{false, true} {
			want := row.unkeyed
			if keyed {
				want = row.keyed
			}
			t.Run(fmt.Sprintf("%s, keyed %v", row.name, keyed), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					d := newDesk(t)
					var options []platformtest.Option
					if row.foreignID != "" {
						options = append(options, platformtest.ForeignIDs(func(n int) string { return fmt.Sprint(row.foreignID, n) }))
					}
					if keyed {
						d.honoursKeys(options...)
					} else {
						d.connect(platformtest.New(options...))
					}
					talk := d.talkWith("eve")
					d.platform.Will(row.does, platformtest.Next(1))
					a, b := d.replies(ann, talk.ThreadID, "a"), d.replies(ann, talk.ThreadID, "b")
					d.runs()
					first, job := d.state(a.ID), d.jobState(a.ID)
					if job == "" {
						job = "-"
					}
					if strings.Contains(row.name, "although") { // platformtest takes it for doubtful
						d.platform.TakenUp(a.ID)
					}
					d.clock.pass(32 * time.Second)
					d.runs()
					got := fmt.Sprintf("%s %s %s %v", first, job, d.state(a.ID), d.platform.Seen(talk.IdentityID))
					expect(t, "a", got, want)
					if delivered := slices.Contains(d.platform.Seen(talk.IdentityID), "b"); delivered != (d.state(b.ID) == "success") {
						t.Errorf("b is %s, and delivered: %v", d.state(b.ID), delivered)
					}
					d.platform.Check(t)
				})
			})
		}
	}
}

func TestRetriesAreSpacedAndEndInAFailure(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	talk := d.talkWith("eve")
	d.platform.Will(platformtest.Fail(errors.New("no line")), platformtest.Body("a"))
	a, b := d.replies(ann, talk.ThreadID, "a"), d.replies(ann, talk.ThreadID, "b")
	attempts := 1
	d.runs()
	for _, wait := range []time.Duration{32 * time.Second, 4 * time.Minute, 17 * time.Minute, 52 * time.Minute, 2 * time.Hour} {
		expect(t, "attempts", len(d.platform.Attempts()), attempts)
		expect(t, "a", d.state(a.ID), "export_pending")
		expect(t, "due", must(d.Jobs.Get(t.Context(), a.JobID))(t).Due, d.clock.read().Add(wait))
		d.clock.pass(wait - 1)
		d.runs()
		expect(t, "attempts before "+wait.String(), len(d.platform.Attempts()), attempts)
		d.clock.pass(1)
		d.runs()
		attempts++
	}
	expect(t, "a", d.state(a.ID), "export_failure")
	expect(t, "error", must(d.Contents.Get(t.Context(), a.ID))(t).Error, "no line")
	expect(t, "told of a", d.told(a.ID), []string{"exported export_failure"})
	expect(t, "failed", len(must(d.Jobs.List(t.Context(), engage.JobFilter{State: engage.JobFailed}))(t).Items), 1)
	expect(t, "b", d.state(b.ID), "success")
	expect(t, "seen", d.platform.Seen(talk.IdentityID), []string{"b"})

	d.clock.pass(24 * time.Hour)
	d.runs()
	expect(t, "a", d.state(a.ID), "export_failure")

	// By hand it begins anew, with all its tries.
	d.platform.TakenUp(a.ID)
	if err := d.Jobs.Retry(t.Context(), a.JobID); err != nil {
		t.Fatal(err)
	}
	expect(t, "a", d.state(a.ID), "export_pending")
	d.runs()
	expect(t, "a", d.state(a.ID), "export_pending")
	d.platform.Heal()
	d.clock.pass(32 * time.Second)
	d.runs()
	expect(t, "a", d.state(a.ID), "success")
	expect(t, "told of a", d.told(a.ID), []string{"exported export_failure", "exported success"})
	d.platform.Check(t)
}

func TestAnErrorAfterALostAnswerLeavesTheDoubt(t *testing.T) {
	t.Parallel()
	d := newDesk(t, func(o *engage.Options) { o.Jobs.Tries = 2 })
	d.honoursKeys()
	talk := d.talkWith("eve")
	d.platform.Will(platformtest.LoseAnswer(), platformtest.Next(1))
	d.platform.Will(platformtest.Fail(errors.New("no line")), platformtest.Next(1))
	a := d.replies(ann, talk.ThreadID, "a")
	d.runs()
	d.clock.pass(time.Hour)
	d.runs()
	expect(t, "a", d.state(a.ID), "export_failure?") // the customer has it
	if err := d.Jobs.Retry(t.Context(), a.JobID); err != nil {
		t.Fatal(err)
	}
	expect(t, "a", d.state(a.ID), "export_pending?")
	d.platform.TakenUp(a.ID)
	d.runs()
	expect(t, "a", d.state(a.ID), "success")
	expect(t, "seen", d.platform.Seen(talk.IdentityID), []string{"a"})

	// Nor does it end the doubt that no other try can deliver it.
	d.platform.Will(platformtest.NoAnswer(), platformtest.Next(1))
	d.platform.Will(platformtest.Fail(engage.Permanent(errors.New("blocked"))), platformtest.Next(1))
	b := d.replies(ann, talk.ThreadID, "b")
	d.runs()
	d.clock.pass(time.Hour)
	d.runs()
	expect(t, "b", d.state(b.ID), "export_failure?")
}

func TestAContentWithoutAPlatformWaitsForAProcessThatHasIt(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	talk := d.talkWith("eve")
	a := d.replies(ann, talk.ThreadID, "a")
	without := d.opts
	without.Platforms = nil
	eng := must(engage.New(t.Context(), d.st, &without))(t)
	for range 300 { // longer than all its tries
		must(eng.RunDue(t.Context()))(t)
		d.clock.pass(time.Minute)
	}
	expect(t, "a", d.state(a.ID), "export_pending")
	j := must(d.Jobs.Get(t.Context(), a.JobID))(t)
	if j.State != engage.JobPending || j.Attempts != 0 || !strings.Contains(j.Error, `Options.Platforms has none for sources of type "messenger"`) {
		t.Errorf("the job says %+v", j)
	}
	d.clock.pass(time.Hour)
	d.runs()
	expect(t, "a", d.state(a.ID), "success")
	expect(t, "seen", d.platform.Seen(talk.IdentityID), []string{"a"})
	d.platform.Check(t)
}

func TestInAppDelivers(t *testing.T) {
	t.Parallel()
	d := newDesk(t, func(o *engage.Options) { o.Platforms = map[string]engage.Platform{"messenger": engage.InApp{}} })
	talk := d.talkWith("eve")
	a := d.replies(ann, talk.ThreadID, "a")
	d.runs()
	expect(t, "a", d.state(a.ID), "success")
}

func TestAPlatformLearnsWhatAContentRepliesTo(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	talk := d.talkWith("eve")
	reply := func(to, body string) engage.Posted {
		return must(d.As(ann).Contents.Post(t.Context(), engage.Post{
			ThreadID: talk.ThreadID, InReplyToID: to, Message: interaction.Message{Body: body},
		}))(t)
	}
	a := reply(talk.ContentID, "a")
	b := reply(a.ID, "b")
	d.runs()
	sent := d.platform.Attempts()
	expect(t, "a replies to", sent[0].InReplyTo, "mid.1")
	expect(t, "b replies to", sent[1].InReplyTo, must(d.Contents.Get(t.Context(), a.ID))(t).ForeignID)
	expect(t, "key", sent[1].Key, b.ID)
	expect(t, "thread", sent[1].Thread.ID, talk.ThreadID)
	expect(t, "for", sent[1].Identity.ForeignID, "eve")
	expect(t, "source", sent[1].Source.ID, "chat")
}

func TestTheSameIDForTwoContents(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.connect(platformtest.New(platformtest.ForeignIDs(func(int) string { return "the-same" })))
	talk := d.talkWith("eve")
	a, b := d.replies(ann, talk.ThreadID, "a"), d.replies(ann, talk.ThreadID, "b")
	d.runs()
	expect(t, "a", d.state(a.ID), "success")
	expect(t, "b", d.state(b.ID), "success")
	echo := d.says("eve", "a")
	echo.ForeignID, echo.Echo = "the-same", &engage.Echo{}
	r := must(d.Threads.Receive(t.Context(), echo))(t)
	if !r.Repeated || r.ContentID != a.ID {
		t.Errorf("the ID stands for %+v, and %s was the first that had it", r, a.ID)
	}
	// An ID that a customer's content has stays with that.
	d.connect(platformtest.New(platformtest.ForeignIDs(func(int) string { return "mid.1" })))
	c := d.replies(ann, talk.ThreadID, "c")
	d.runs()
	expect(t, "c", d.state(c.ID), "success")
	r = must(d.Threads.Receive(t.Context(), engage.Inbound{SourceID: "chat", ForeignID: "mid.1", Customer: engage.Account{ForeignID: "eve"}, Message: interaction.Message{Body: "x"}}))(t)
	if !r.Repeated || r.ContentID != talk.ContentID {
		t.Errorf("mid.1 is %+v, and was %s", r, talk.ContentID)
	}
}
