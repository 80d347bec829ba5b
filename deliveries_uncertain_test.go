package engage_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/platformtest"
)

// A platform that was asked and has not answered may have the content. What is known is
// shown, those behind it wait, and whatever comes to be known later counts.

// echo is what a platform tells of a content that the company wrote.
func (d *desk) echo(customer, foreignID, key, body string) engage.Received {
	d.t.Helper()
	return must(d.Threads.Receive(d.t.Context(), engage.Inbound{
		SourceID: "chat", ForeignID: foreignID, Customer: engage.Account{ForeignID: customer},
		Message: interaction.Message{Body: body}, Echo: &engage.Echo{Key: key},
	}))(d.t)
}

// said returns what the company said in a thread, as its list has it.
func (d *desk) said(threadID string) (bodies []string) {
	d.t.Helper()
	for _, c := range must(d.Contents.List(d.t.Context(), engage.ContentFilter{ThreadID: threadID}))(d.t).Items {
		if c.Direction == interaction.Outbound {
			bodies = append(bodies, c.Body)
		}
	}
	return bodies
}

// listed returns which jobs are in a state.
func (d *desk) listed(state engage.JobState) (ids []string) {
	d.t.Helper()
	for _, j := range must(d.Jobs.List(d.t.Context(), engage.JobFilter{State: state}))(d.t).Items {
		ids = append(ids, j.ID)
	}
	return ids
}

func TestAnUncertainDeliveryIsShownAndSettled(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name    string
		settle  func(d *desk, a engage.Posted) error
		state   string
		foreign string // ID of a afterwards
		copies  int    // of a that the customer has when it was delivered the first time
		told    []string
	}{
		{
			name: "by hand: delivered, under an ID",
			settle: func(d *desk, a engage.Posted) error {
				return d.Jobs.Settle(d.t.Context(), a.JobID, engage.Settlement{Delivered: true, ForeignID: "m1"})
			},
			state: "success", foreign: "m1", copies: 1, told: []string{"exported success"},
		}, {
			name: "by hand: delivered",
			settle: func(d *desk, a engage.Posted) error {
				return d.Jobs.Settle(d.t.Context(), a.JobID, engage.Settlement{Delivered: true})
			},
			state: "success", copies: 1, told: []string{"exported success"},
		}, {
			name: "by hand: not delivered",
			settle: func(d *desk, a engage.Posted) error {
				return d.Jobs.Settle(d.t.Context(), a.JobID, engage.Settlement{Reason: "the customer says so"})
			},
			state: "export_failure", copies: 1, told: []string{"exported export_failure"},
		}, {
			name: "by another try",
			settle: func(d *desk, a engage.Posted) error {
				d.platform.TakenUp(a.ID)
				return d.Jobs.Retry(d.t.Context(), a.JobID)
			},
			state: "success", foreign: "m2", copies: 2, told: []string{"exported success"},
		}, {
			name: "by an echo with the key",
			settle: func(d *desk, a engage.Posted) error {
				if r := d.echo("eve", "m1", a.ID, "a"); !r.Repeated || r.ContentID != a.ID {
					return fmt.Errorf("the echo is %+v", r)
				}
				return nil
			},
			state: "success", foreign: "m1", copies: 1, told: []string{"exported success"},
		}, {
			name: "by an echo with the key, and no ID",
			settle: func(d *desk, a engage.Posted) error {
				d.echo("eve", "", a.ID, "a")
				return nil
			},
			state: "success", copies: 1, told: []string{"exported success"},
		}, {
			name: "by an echo without the key, and somebody who sees what it is",
			settle: func(d *desk, a engage.Posted) error {
				r := d.echo("eve", "m1", "", "a")
				if r.Repeated || r.ContentID == a.ID {
					return fmt.Errorf("the echo is %+v", r)
				}
				if state := d.state(a.ID); state != "export_pending?" {
					return errors.New(state)
				}
				return d.Jobs.Settle(d.t.Context(), a.JobID, engage.Settlement{Delivered: true, ForeignID: "m1"})
			},
			state: "success", foreign: "m1", copies: 1, told: []string{"exported success"},
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			talk := d.talkWith("eve")
			d.platform.Will(platformtest.LoseAnswer(), platformtest.Next(1))
			a, b := d.replies(ann, talk.ThreadID, "a"), d.replies(ann, talk.ThreadID, "b")
			d.runs()
			d.clock.pass(24 * time.Hour)
			d.runs()
			expect(t, "a", d.state(a.ID), "export_pending?")
			expect(t, "b", d.state(b.ID), "export_pending")
			expect(t, "uncertain", d.listed(engage.JobUncertain), []string{a.JobID})
			expect(t, "told of a", d.told(a.ID), []string{"export_uncertain export_pending"})
			expect(t, "seen", d.platform.Seen(talk.IdentityID), []string{"a"})

			if err := row.settle(d, a); err != nil {
				t.Fatal(err)
			}
			d.runs()
			expect(t, "a", d.state(a.ID), row.state)
			expect(t, "b", d.state(b.ID), "success")
			expect(t, "ID", must(d.Contents.Get(t.Context(), a.ID))(t).ForeignID, row.foreign)
			expect(t, "told of a", d.told(a.ID), slices.Concat([]string{"export_uncertain export_pending"}, row.told))
			expect(t, "uncertain", len(d.listed(engage.JobUncertain)), 0)
			expect(t, "seen", d.platform.Seen(talk.IdentityID), append(slices.Repeat([]string{"a"}, row.copies), "b"))
			expect(t, "said", d.said(talk.ThreadID), []string{"a", "b"})
			if row.foreign != "" {
				r := d.echo("eve", row.foreign, "", "a")
				expect(t, "what has the ID", r.ContentID, a.ID)
			}
			d.platform.Check(t)
		})
	}
}

func TestEachAttemptWithoutAnswerIsToldOf(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	talk := d.talkWith("eve")
	d.platform.Will(platformtest.NoAnswer(), platformtest.Next(2))
	a := d.replies(ann, talk.ThreadID, "a")
	d.runs()
	d.platform.TakenUp(a.ID)
	if err := d.Jobs.Retry(t.Context(), a.JobID); err != nil {
		t.Fatal(err)
	}
	d.runs()
	expect(t, "a", d.state(a.ID), "export_pending?")
	expect(t, "told", d.told(a.ID), []string{"export_uncertain export_pending", "export_uncertain export_pending"})
}

func TestALateAnswerCounts(t *testing.T) {
	t.Parallel()
	notDelivered := engage.Settlement{Reason: "the customer says so"}
	for _, row := range []struct {
		name       string
		keyed      bool
		meanwhile  func(d *desk, a engage.Posted) error
		before     string                 // state before the answer
		answer     platformtest.Behaviour // that comes late
		state      string                 // afterwards
		duplicates []string
		seen       []string
	}{
		{
			name: "nobody knew", before: "export_pending?", answer: platformtest.Deliver(),
			state: "success", seen: []string{"a", "b"},
		}, {
			name: "nobody knew, and it was not delivered", before: "export_pending?", answer: platformtest.Fail(errors.New("no line")),
			state: "export_pending", seen: nil,
		}, {
			name: "nobody knew, and it never can be", before: "export_pending?", answer: platformtest.Fail(engage.Permanent(errors.New("blocked"))),
			state: "export_failure", seen: []string{"b"},
		}, {
			name: "it was settled as not delivered", before: "export_failure", answer: platformtest.Deliver(),
			meanwhile: func(d *desk, a engage.Posted) error {
				return d.Jobs.Settle(d.t.Context(), a.JobID, notDelivered)
			},
			state: "success", seen: []string{"b", "a"},
		}, {
			name: "it was settled as delivered", before: "success", answer: platformtest.Deliver(),
			meanwhile: func(d *desk, a engage.Posted) error {
				return d.Jobs.Settle(d.t.Context(), a.JobID, engage.Settlement{Delivered: true})
			},
			state: "success", seen: []string{"b", "a"},
		}, {
			name: "it was settled as delivered, and was not", before: "success", answer: platformtest.Fail(errors.New("no line")),
			meanwhile: func(d *desk, a engage.Posted) error {
				return d.Jobs.Settle(d.t.Context(), a.JobID, engage.Settlement{Delivered: true})
			},
			state: "success", seen: []string{"b"},
		}, {
			name: "it was tried again by hand, and delivered", before: "success", answer: platformtest.Deliver(),
			meanwhile: func(d *desk, a engage.Posted) error {
				d.platform.TakenUp(a.ID)
				return d.Jobs.Retry(d.t.Context(), a.JobID)
			},
			state: "success", duplicates: []string{"m3"}, seen: []string{"a", "b", "a"},
		}, {
			name: "it waits for another try", keyed: true, before: "export_pending?", answer: platformtest.Deliver(),
			state: "success", seen: []string{"a", "b"},
		}, {
			name: "it was tried again, and delivered under the same key", keyed: true, before: "success", answer: platformtest.Deliver(),
			meanwhile: func(d *desk, _ engage.Posted) error {
				d.clock.pass(32 * time.Second)
				return nil
			},
			state: "success", seen: []string{"a", "b"},
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := newDesk(t)
				if row.keyed {
					d.honoursKeys()
				}
				talk := d.talkWith("eve")
				hold := platformtest.NewHold()
				d.platform.Will(hold.Late(), platformtest.Next(1))
				a, b := d.replies(ann, talk.ThreadID, "a"), d.replies(ann, talk.ThreadID, "b")
				d.runs() // until the attempt's deadline
				if row.meanwhile != nil {
					if err := row.meanwhile(d, a); err != nil {
						t.Fatal(err)
					}
					d.runs()
				}
				expect(t, "a before the answer", d.state(a.ID), row.before)
				hold.Answer(row.answer)
				synctest.Wait()
				d.runs()
				expect(t, "a", d.state(a.ID), row.state)
				expect(t, "duplicates", must(d.Contents.Get(t.Context(), a.ID))(t).Duplicates, row.duplicates)
				expect(t, "seen", d.platform.Seen(talk.IdentityID), row.seen)
				expect(t, "b delivered", d.state(b.ID) == "success", slices.Contains(row.seen, "b"))
				if row.state == "success" {
					expect(t, "job", d.jobState(a.ID), "")
				}
			})
		})
	}
}

func TestALateSuccessIsToldOfOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		talk := d.talkWith("eve")
		hold := platformtest.NewHold()
		d.platform.Will(hold.Late(), platformtest.Next(1))
		a := d.replies(ann, talk.ThreadID, "a")
		d.runs()
		if err := d.Jobs.Settle(t.Context(), a.JobID, engage.Settlement{}); err != nil {
			t.Fatal(err)
		}
		c := must(d.Contents.Get(t.Context(), a.ID))(t)
		expect(t, "reason", c.Error, "given up by system")
		hold.Answer(platformtest.Deliver())
		synctest.Wait()
		d.echo("eve", "m1", a.ID, "a")
		expect(t, "told", d.told(a.ID), []string{"export_uncertain export_pending", "exported export_failure", "exported success"})
		expect(t, "error", must(d.Contents.Get(t.Context(), a.ID))(t).Error, "")
	})
}

func TestAnEchoBeforeTheAnswerIsOneContent(t *testing.T) {
	t.Parallel()
	for _, withKey := range []bool{true, false} {
		for _, answer := range []platformtest.Behaviour{platformtest.Deliver(), platformtest.LoseAnswer(), platformtest.DeliverTwice()} {
			t.Run(fmt.Sprintf("key %v, %v", withKey, answer), func(t *testing.T) {
				t.Parallel()
				d := newDesk(t)
				talk := d.talkWith("eve")
				var echoes []engage.Received
				d.platform.OnDeliver(func(is platformtest.Delivered) {
					key := ""
					if withKey {
						key = is.Key
					}
					echoes = append(echoes, d.echo("eve", is.ForeignID, key, is.Content.Body))
				})
				d.platform.Will(answer, platformtest.Body("a"))
				a := d.replies(ann, talk.ThreadID, "a")
				d.replies(ann, talk.ThreadID, "b")
				d.runs()
				lost := answer.String() == platformtest.LoseAnswer().String()
				if lost && !withKey { // nobody can know that they are the same
					expect(t, "a", d.state(a.ID), "export_pending?")
					if err := d.Jobs.Settle(t.Context(), a.JobID, engage.Settlement{Delivered: true, ForeignID: "m1"}); err != nil {
						t.Fatal(err)
					}
					d.runs()
				}
				expect(t, "a", d.state(a.ID), "success")
				c := must(d.Contents.Get(t.Context(), a.ID))(t)
				expect(t, "ID", c.ForeignID, "m1")
				said := []string{"a", "b"}
				if answer.String() == platformtest.DeliverTwice().String() {
					if withKey {
						expect(t, "duplicates", c.Duplicates, []string{"m2"})
					} else { // the second copy is not known to be one
						said = []string{"a", "a", "b"}
					}
				}
				expect(t, "said", len(d.said(talk.ThreadID)), len(said))
				// What was told of first as another one is found under the ID of the one.
				expect(t, "echo again", d.echo("eve", "m1", "", "a").ContentID, a.ID)
				for _, e := range echoes {
					thread := must(d.Threads.Get(t.Context(), e.ThreadID))(t)
					expect(t, "thread", thread.ID, talk.ThreadID)
					expect(t, "count", int(thread.ContentsCount), 1+len(d.said(talk.ThreadID)))
					last := must(d.Contents.Get(t.Context(), thread.LastContentID))(t)
					if last.DuplicateOf != "" {
						t.Errorf("the last content of the thread is %s, which is %s", last.ID, last.DuplicateOf)
					}
				}
				d.platform.Check(t)
			})
		}
	}
}

func TestAPendingDeliveryIsWithdrawn(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	talk := d.talkWith("eve")
	d.platform.Will(platformtest.Fail(errors.New("no line")), platformtest.Next(1))
	a, b, c := d.replies(ann, talk.ThreadID, "a"), d.replies(ann, talk.ThreadID, "b"), d.replies(ann, talk.ThreadID, "c")
	d.runs()
	for _, is := range []engage.Posted{a, b} { // one was tried in vain, one stands behind it
		if err := d.Jobs.Settle(t.Context(), is.JobID, engage.Settlement{Reason: "outdated"}); err != nil {
			t.Fatal(err)
		}
		expect(t, "state", d.state(is.ID), "export_aborted")
		expect(t, "error", must(d.Contents.Get(t.Context(), is.ID))(t).Error, "outdated")
		expect(t, "told", d.told(is.ID), []string{"exported export_aborted"})
	}
	d.runs()
	expect(t, "c", d.state(c.ID), "success")
	expect(t, "seen", d.platform.Seen(talk.IdentityID), []string{"c"})

	// Whoever changes their mind tries it again; it comes after what was said since.
	d.platform.TakenUp(a.ID)
	if err := d.Jobs.Retry(t.Context(), a.JobID); err != nil {
		t.Fatal(err)
	}
	d.runs()
	expect(t, "a", d.state(a.ID), "success")
	expect(t, "seen", d.platform.Seen(talk.IdentityID), []string{"c", "a"})
	d.platform.Check(t)
}

func TestWhatTheCustomerMayHaveIsNotAborted(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.honoursKeys()
	talk := d.talkWith("eve")
	d.platform.Will(platformtest.LoseAnswer(), platformtest.Next(1))
	a := d.replies(ann, talk.ThreadID, "a")
	d.runs() // it is to be tried again
	expect(t, "job", d.jobState(a.ID), engage.JobPending)
	if err := d.Jobs.Settle(t.Context(), a.JobID, engage.Settlement{}); err != nil {
		t.Fatal(err)
	}
	expect(t, "a", d.state(a.ID), "export_failure")
}
