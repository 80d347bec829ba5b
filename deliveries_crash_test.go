package engage_test

import (
	"context"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/platformtest"
	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/memory"
	"github.com/engage-interactions/engage/store/sqlite"
	"github.com/engage-interactions/engage/storetest/faults"
)

// Where a process can die is a table in the documentation of Engine.Run. Each of its rows
// is played here: the table is what the test expects.

// mortal is a process of a desk that can die. From then on its store answers nothing, and
// its platform neither; what it has committed and sent stays.
type mortal struct {
	*engage.Engine

	store    *faults.Store
	platform *platformtest.Platform
	dead     atomic.Bool
}

// process begins a process.
func (d *desk) process() *mortal {
	d.t.Helper()
	m := &mortal{store: faults.New(d.st), platform: d.platform.Process()}
	m.store.Inject(faults.Instead("the process is dead", func(ctx context.Context, _ faults.Call, next func(context.Context) error) error {
		if m.dead.Load() {
			return store.ErrClosed
		}
		return next(ctx)
	}))
	opts := d.opts
	opts.Platforms = map[string]engage.Platform{"messenger": m.platform}
	m.Engine = must(engage.New(d.t.Context(), m.store, &opts))(d.t)
	return m
}

func (m *mortal) die() {
	m.dead.Store(true)
	m.platform.Crash()
}

// when is when a process dies, as seen from a call of its store.
type when int

const (
	before     when = iota // the call has no effect
	unanswered             // it has, and the process does not hear of it
	after                  // the process hears of it, and dies
)

// dies is the death of the process at a call.
func (m *mortal) dies(at when) faults.Fault {
	return faults.Instead("the process dies", func(ctx context.Context, _ faults.Call, next func(context.Context) error) error {
		if at == before {
			m.die()
			return store.ErrClosed
		}
		err := next(ctx)
		m.die()
		if at == unanswered {
			return store.ErrClosed
		}
		return err
	})
}

// atCommit lets the process die at its n-th commit from now on.
func (m *mortal) atCommit(n int, at when) { m.store.Inject(m.dies(at).On(faults.Commit), n) }

// inSend lets the process die in its next send.
func (m *mortal) inSend(delivered bool) {
	m.platform.Will(platformtest.Do("die", func(_ context.Context, _ engage.Delivery, deliver func() string) (string, error) {
		if m.dead.Load() { // it is another one that sends
			return deliver(), nil
		}
		if delivered {
			deliver()
		}
		m.die()
		return "", nil
	}), platformtest.Next(1))
}

// fails lets the process try in vain.
func (m *mortal) fails(d *desk, times int) {
	d.t.Helper()
	for range times {
		if _, err := m.RunDue(d.t.Context()); err != nil {
			d.t.Fatal(err)
		}
		d.clock.pass(3 * time.Hour)
	}
}

// crash is a row of the table: how a process comes to die there.
type crash struct {
	posts func(m *mortal)          // before it posts
	runs  func(d *desk, m *mortal) // before it does what is due
	next  func(m *mortal)          // the second process that dies, if one does
	later func()                   // after the next process began
	tries bool                     // it can befall any of the tries
}

// The commits of a process that delivers one content.
const claims, answers = 1, 2

var errNoLine = errors.New("no line")

func crashes() map[string]*crash {
	commit := func(n int, at when) *crash {
		return &crash{tries: true, runs: func(_ *desk, m *mortal) { m.atCommit(n, at) }}
	}
	failing := func(times int, at when) *crash {
		return &crash{runs: func(d *desk, m *mortal) {
			m.platform.Will(platformtest.Fail(errNoLine), platformtest.Body("a"), platformtest.Next(times))
			m.fails(d, times-1)
			m.atCommit(answers, at)
		}}
	}
	lost := func(at when) *crash {
		c := commit(claims, unanswered)
		c.next = func(m *mortal) { m.atCommit(1, at) }
		return c
	}
	hold := platformtest.NewHold()
	return map[string]*crash{
		"before a post is committed":            {posts: func(m *mortal) { m.atCommit(1, before) }},
		"when a post is committed, unanswered":  {posts: func(m *mortal) { m.atCommit(1, unanswered) }},
		"after a post":                          {posts: func(m *mortal) { m.atCommit(1, after) }},
		"before a claim is committed":           commit(claims, before),
		"when a claim is committed, unanswered": commit(claims, unanswered),
		"after a claim":                         commit(claims, after),
		"during Send, before its effect":        {tries: true, runs: func(_ *desk, m *mortal) { m.inSend(false) }},
		"during Send, and its effect comes later": {
			tries: true,
			runs: func(_ *desk, m *mortal) {
				m.platform.Will(hold.Late(), platformtest.Next(1))
				m.platform.OnSend(func(engage.Delivery) { m.die() })
			},
			later: func() { hold.Answer(platformtest.Deliver()) },
		},
		"during Send, after its effect":                  {tries: true, runs: func(_ *desk, m *mortal) { m.inSend(true) }},
		"before an answer is committed":                  commit(answers, before),
		"when an answer is committed, unanswered":        commit(answers, unanswered),
		"after an answer is committed":                   commit(answers, after),
		"before a failure is committed":                  failing(1, before),
		"when a failure is committed, unanswered":        failing(1, unanswered),
		"before the last failure is committed":           failing(6, before),
		"when the last failure is committed, unanswered": failing(6, unanswered),
		"before a lost attempt is settled":               lost(before),
		"when a lost attempt is settled, unanswered":     lost(unanswered),
	}
}

// crashRow is a row of the table in the documentation.
type crashRow struct{ dies, customer, record, keyed, unkeyed string }

// crashTable reads the table.
func crashTable(t *testing.T) (rows []crashRow) {
	t.Helper()
	file := must(parser.ParseFile(token.NewFileSet(), "jobs.go", nil, parser.ParseComments))(t)
	for _, group := range file.Comments {
		for line := range strings.Lines(group.Text()) {
			cells := regexp.MustCompile(`\s{2,}`).Split(strings.TrimSpace(line), -1)
			if strings.HasPrefix(line, "\t") && len(cells) == 5 && cells[0] != "the process dies" {
				rows = append(rows, crashRow{cells[0], cells[1], cells[2], cells[3], cells[4]})
			}
		}
	}
	return rows
}

func TestACrashLeavesWhatTheTableSays(t *testing.T) {
	t.Parallel()
	rows := crashTable(t)
	var named []string
	for _, row := range rows {
		named = append(named, row.dies)
		if strings.Contains(row.dies, "timer") {
			continue // see below
		}
		for _, on := range []string{"memory", "sqlite"} {
			for _, keyed := range []bool{true, false} {
				t.Run(fmt.Sprintf("%s, keys %v, %s", row.dies, keyed, on), func(t *testing.T) {
					t.Parallel()
					path := filepath.Join(t.TempDir(), "engage.db")
					synctest.Test(t, func(t *testing.T) {
						c := crashes()[row.dies]
						if c == nil {
							t.Fatal("nobody knows how to die there")
						}
						c.play(t, row, keyed, on == "sqlite", path)
					})
				})
				if c := crashes()[row.dies]; c == nil || !c.tries || on != "memory" {
					continue
				}
				t.Run(fmt.Sprintf("%s, keys %v, at the last try", row.dies, keyed), func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(t *testing.T) {
						c := crashes()[row.dies]
						first := c.runs
						c.runs = func(d *desk, m *mortal) {
							m.platform.Will(platformtest.Fail(errNoLine), platformtest.Body("a"), platformtest.Next(5))
							m.fails(d, 5)
							first(d, m)
						}
						c.play(t, row, keyed, false, "")
					})
				})
			}
		}
	}
	for name := range crashes() {
		if !slices.Contains(named, name) {
			t.Errorf("%q is not in the table", name)
		}
	}
}

// opens returns the store of a process: the same data each time.
func opens(t *testing.T, onDisk bool, path string, last store.Store) store.Store {
	t.Helper()
	switch {
	case !onDisk && last == nil:
		return memory.New()
	case !onDisk:
		return last
	case last != nil:
		if err := last.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return must(sqlite.Open(t.Context(), path, nil))(t)
}

func (c *crash) play(t *testing.T, row crashRow, keyed, onDisk bool, path string) {
	t.Helper()
	d := newDeskOn(t, opens(t, onDisk, path, nil))
	defer func() { _ = d.st.Close() }()
	if keyed {
		d.honoursKeys()
	}
	talk := d.talkWith("eve")
	post := func(eng *engage.Engine, body string) (engage.Posted, error) {
		return eng.As(ann).Contents.Post(t.Context(), engage.Post{
			ThreadID: talk.ThreadID, Message: interaction.Message{Body: body}, IdempotencyKey: body,
		})
	}
	m := d.process()
	if c.posts != nil {
		c.posts(m)
	}
	_, posted := post(m.Engine, "a")
	if c.runs != nil {
		_ = must(post(m.Engine, "b"))(t)
		c.runs(d, m)
	}
	_, _ = m.RunDue(t.Context()) // the dead tell nothing
	if !m.dead.Load() {
		t.Fatal("it did not die")
	}
	if c.next != nil {
		d.clock.pass(time.Minute)
		m = d.process()
		c.next(m)
		_, _ = m.RunDue(t.Context())
		if !m.dead.Load() {
			t.Fatal("the next one did not die")
		}
	}

	// What then shows.
	d.st = opens(t, onDisk, path, d.st)
	d.restart()
	customer := "nothing"
	if slices.Contains(d.platform.Seen(talk.IdentityID), "a") {
		customer = "content"
	}
	expect(t, "the customer has", customer, row.customer)
	a, record := d.record(talk.ThreadID)
	want := row.record
	if either, or, two := strings.Cut(want, " or "); two && keyed {
		want = either
	} else if two {
		want = "export_pending, " + or
	}
	expect(t, "the record says", record, want)

	// What the next process makes of it.
	if c.later != nil {
		c.later()
		synctest.Wait()
	}
	if posted != nil {
		a = must(post(d.Engine, "a"))(t).ID
	}
	b := must(post(d.Engine, "b"))(t).ID
	for range 3 {
		d.clock.pass(3 * time.Hour)
		d.runs()
	}
	copies := 0
	for _, body := range d.platform.Seen(talk.IdentityID) {
		if body == "a" {
			copies++
		}
	}
	end := row.unkeyed
	if keyed {
		end = row.keyed
	}
	said := map[string]string{
		"success 1": "delivered once", "export_pending? 0": "uncertain, not delivered",
		"export_pending? 1": "uncertain, delivered once", "export_failure 0": "not delivered",
	}[fmt.Sprint(d.state(a), " ", copies)]
	if want := strings.Replace(end, "posted anew", "delivered once", 1); said != want {
		t.Errorf("in the end it is %q (%s, %d times delivered), and should be %q", said, d.state(a), copies, want)
	}
	uncertain := strings.HasPrefix(said, "uncertain")
	told := []string{"exported success"}
	switch {
	case uncertain:
		told = []string{"export_uncertain export_pending"}
	case strings.HasPrefix(said, "not delivered"):
		told = []string{"exported export_failure"}
	}
	expect(t, "told", d.told(a), told)
	expect(t, "b waits", d.state(b) != "success", uncertain)
	if uncertain { // somebody looks what the customer has
		j := must(d.Contents.Get(t.Context(), a))(t).JobID
		expect(t, "uncertain", d.listed(engage.JobUncertain), []string{j})
		if err := d.Jobs.Settle(t.Context(), j, engage.Settlement{Delivered: copies == 1}); err != nil {
			t.Fatal(err)
		}
		d.runs()
		expect(t, "b", d.state(b), "success")
	}
	d.platform.Check(t)
	d.platform.Close() // what hangs may end now
}

// record says what is stored of the first content of the company in a thread.
func (d *desk) record(threadID string) (contentID, record string) {
	d.t.Helper()
	for _, c := range must(d.Contents.List(d.t.Context(), engage.ContentFilter{ThreadID: threadID}))(d.t).Items {
		if c.Direction != interaction.Outbound {
			continue
		}
		job := d.jobState(c.ID)
		if job == "" {
			job = "none"
		}
		return c.ID, fmt.Sprintf("%s, %s", c.Synchronization.Status, job)
	}
	return "", "none"
}

func TestACrashInATimer(t *testing.T) {
	t.Parallel()
	for _, row := range crashTable(t) {
		at, timer := map[string]when{"before a timer's commit": before, "when a timer's commit is done, unanswered": unanswered}[row.dies]
		if !timer {
			continue
		}
		for _, onDisk := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, on disk %v", row.dies, onDisk), func(t *testing.T) {
				t.Parallel()
				path := filepath.Join(t.TempDir(), "engage.db")
				d := newDeskOn(t, opens(t, onDisk, path, nil))
				defer func() { _ = d.st.Close() }()
				r := d.writes("eve", "hello")
				i := d.engages(ann, r.ThreadID)
				must(d.As(ann).Interventions.Defer(t.Context(), i.ID, d.clock.read().Add(time.Hour)))(t)
				d.clock.pass(time.Hour)
				m := d.process()
				m.atCommit(1, at)
				_, _ = m.RunDue(t.Context())
				d.st = opens(t, onDisk, path, d.st)
				d.restart()
				says := "due, pending"
				if d.count(engage.EventInterventionReactivated) == 1 {
					says = "done, none"
				}
				if gone := d.next("intervention.fall_due").IsZero(); gone != (says == "done, none") {
					t.Errorf("it is %s, and the job is gone: %v", says, gone)
				}
				expect(t, "the record says", says, row.record)
				d.runs()
				expect(t, "reactivated", d.count(engage.EventInterventionReactivated), 1)
				expect(t, "job", d.next("intervention.fall_due"), time.Time{})
			})
		}
	}
}
