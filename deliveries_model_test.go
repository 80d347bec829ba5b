package engage_test

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/platformtest"
	"github.com/engage-interactions/engage/store/memory"
)

// Whatever platform, processes and people do, what the record says of a delivery is true
// of what the customer has.

// deliveries is a desk whose contents are followed.
type deliveries struct {
	*desk

	keyed   bool
	threads []engage.Received
	posted  []engage.Posted
	retries map[string]int  // by hand, by content
	sworn   map[string]bool // what somebody has said to be delivered, or not
}

func newDeliveries(t *testing.T, rt *rapid.T) *deliveries {
	t.Helper()
	st := memory.New()
	t.Cleanup(func() { _ = st.Close() })
	m := &deliveries{desk: newDeskOn(t, st), keyed: rapid.Bool().Draw(rt, "keyed"), retries: map[string]int{}, sworn: map[string]bool{}}
	m.opts.Jobs.Tries = 3
	if m.keyed {
		m.honoursKeys()
	} else {
		m.restart()
	}
	for _, customer := range []string{"eve", "joe"} {
		m.threads = append(m.threads, m.talkWith(customer))
	}
	return m
}

// copies returns how often the customer has a content.
func (m *deliveries) copies(id string) (n int) {
	for _, is := range m.platform.Delivered() {
		if is.Content.ID == id {
			n++
		}
	}
	return n
}

// some draws a content whose job is in one of the states.
func (m *deliveries) some(rt *rapid.T, states ...engage.JobState) engage.Posted {
	var those []engage.Posted
	for _, c := range m.posted {
		if slices.Contains(states, m.jobState(c.ID)) {
			those = append(those, c)
		}
	}
	if len(those) == 0 {
		rt.Skip("there is none in such a state: another act is drawn")
	}
	return rapid.SampledFrom(those).Draw(rt, "content")
}

// settles says of a content whether it was delivered.
func (m *deliveries) settles(rt *rapid.T, c engage.Posted, delivered bool) {
	if err := m.Jobs.Settle(m.t.Context(), c.JobID, engage.Settlement{Delivered: delivered}); err != nil {
		rt.Fatal(err)
	}
}

func (m *deliveries) retry(rt *rapid.T, c engage.Posted) {
	m.retries[c.ID]++
	m.platform.TakenUp(c.ID)
	if err := m.Jobs.Retry(m.t.Context(), c.JobID); err != nil {
		rt.Fatal(err)
	}
}

// holds compares the record with what the customers have.
func (m *deliveries) holds(rt *rapid.T) {
	toldOf := m.toldOfAll()
	for _, p := range m.posted {
		c := must(m.Contents.Get(m.t.Context(), p.ID))(m.t)
		n, job, told := m.copies(c.ID), m.jobState(c.ID), toldOf[c.ID]
		wrong := func(what string) {
			rt.Fatalf("%q (%s) was delivered %d times, its job is %q, and %s; it was told %v", c.Body, m.state(c.ID), n, job, what, told)
		}
		last := ""
		if len(told) > 0 {
			last = told[len(told)-1]
		}
		most := 1
		if !m.keyed {
			most += m.retries[c.ID]
		}
		switch status := c.Synchronization.Status; {
		case n > most:
			wrong("that is too often")
		case status == interaction.SyncSuccess && (n == 0 && !m.sworn[c.ID] || job != "" && job != engage.JobRunning || last != "exported success" || c.Uncertain):
			wrong("is no success")
		case status == interaction.SyncFailure && (n > 0 && !c.Uncertain && !m.sworn[c.ID] || job != engage.JobFailed || last != "exported export_failure"):
			wrong("is no failure")
		case status == interaction.SyncAborted && (n > 0 && !m.sworn[c.ID] || job != engage.JobFailed || last != "exported export_aborted"):
			wrong("was not aborted")
		case status == interaction.SyncPending && (job == "" || job == engage.JobFailed):
			wrong("nobody delivers it")
		case status == interaction.SyncPending && n > 0 && !c.Uncertain && job != engage.JobRunning && !m.sworn[c.ID]:
			wrong("nobody knows")
		case job == engage.JobUncertain && (m.keyed || !c.Uncertain || last != "export_uncertain export_pending"):
			wrong("is not uncertain")
		}
	}
	if err := m.platform.Err(); err != nil {
		rt.Fatal(err)
	}
}

func TestWhatTheRecordSaysIsTrue(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		m := newDeliveries(t, rt)
		behaviours := map[string]platformtest.Behaviour{
			"fail": platformtest.Fail(errNoLine), "fail for good": platformtest.Fail(engage.Permanent(errNoLine)),
			"later": platformtest.Fail(engage.RetryAfter(errNoLine, time.Hour)), "panic": platformtest.Panic("ouch"),
			"no answer": platformtest.NoAnswer(), "lose the answer": platformtest.LoseAnswer(), "deliver": platformtest.Deliver(),
			"deliver and panic": platformtest.DeliverThen(platformtest.Panic("ouch")),
		}
		rt.Repeat(map[string]func(*rapid.T){
			"post": func(rt *rapid.T) {
				thread := rapid.SampledFrom(m.threads).Draw(rt, "thread")
				m.posted = append(m.posted, m.replies(ann, thread.ThreadID, strconv.Itoa(len(m.posted))))
			},
			"the platform": func(rt *rapid.T) {
				does := rapid.SampledFrom([]string{"fail", "fail for good", "later", "panic", "no answer", "lose the answer", "deliver", "deliver and panic"}).Draw(rt, "does")
				m.platform.Will(behaviours[does], platformtest.Next(rapid.IntRange(1, 3).Draw(rt, "times")))
			},
			"run":      func(*rapid.T) { m.runs() },
			"run more": func(*rapid.T) { m.runs() },
			"time passes": func(rt *rapid.T) {
				m.clock.pass(time.Duration(rapid.SampledFrom([]int{1, 32, 60, 240, 4000}).Draw(rt, "seconds")) * time.Second)
			},
			"a process dies": func(rt *rapid.T) {
				p := m.process()
				switch rapid.IntRange(0, 2).Draw(rt, "where") {
				case 0:
					p.inSend(false)
				case 1:
					p.inSend(true)
				default:
					p.atCommit(rapid.IntRange(1, 6).Draw(rt, "commit"), rapid.SampledFrom([]when{before, unanswered, after}).Draw(rt, "when"))
				}
				_, err := p.RunDue(t.Context())
				if err != nil && !p.dead.Load() {
					rt.Fatal(err)
				}
				p.die()
			},
			"somebody retries": func(rt *rapid.T) { m.retry(rt, m.some(rt, engage.JobFailed, engage.JobUncertain)) },
			"somebody says it was delivered": func(rt *rapid.T) {
				c := m.some(rt, engage.JobUncertain)
				m.sworn[c.ID] = true
				m.settles(rt, c, true)
			},
			"somebody gives up": func(rt *rapid.T) {
				c := m.some(rt, engage.JobUncertain, engage.JobPending)
				m.sworn[c.ID] = m.sworn[c.ID] || m.copies(c.ID) > 0
				m.settles(rt, c, false)
			},
			"the platform reports": func(rt *rapid.T) {
				for _, is := range m.platform.Delivered() {
					if rapid.Bool().Draw(rt, "this") {
						m.echo(is.Identity.ForeignID, is.ForeignID, is.Key, is.Content.Body)
					}
				}
			},
			"": m.holds,
		})

		// In the end all is settled: nothing waits for ever.
		m.platform.Heal()
		for range 3 * (len(m.posted) + 1) {
			m.clock.pass(3 * time.Hour)
			m.runs()
			for _, c := range m.posted {
				if m.jobState(c.ID) == engage.JobUncertain {
					m.settles(rt, c, m.copies(c.ID) > 0)
				}
			}
		}
		m.holds(rt)
		for _, c := range m.posted {
			if state := m.state(c.ID); state == "export_pending" || state == "export_pending?" {
				rt.Fatalf("%q is still %s", c.Body, state)
			}
		}
	})
}

func TestALostAttemptIsJudgedByThePlatformThatWasAsked(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.honoursKeys()
	talk := d.talkWith("eve")
	a := d.replies(ann, talk.ThreadID, "a")
	m := d.process()
	m.inSend(true)
	_, _ = m.RunDue(t.Context())

	// Another process, which does not know the platform, finds the attempt lost.
	without := d.opts
	without.Platforms = nil
	eng := must(engage.New(t.Context(), d.st, &without))(t)
	d.clock.pass(time.Minute)
	must(eng.RunDue(t.Context()))(t)
	expect(t, "a", d.state(a.ID), "export_pending?")
	expect(t, "job", d.jobState(a.ID), engage.JobPending)
	d.clock.pass(time.Minute)
	d.runs()
	expect(t, "a", d.state(a.ID), "success")
	expect(t, "seen", d.platform.Seen(talk.IdentityID), []string{"a"})
	d.platform.Check(t)
}
