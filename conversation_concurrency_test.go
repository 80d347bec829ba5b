package engage_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store"
)

// twoDesks runs a test with a desk and a second Engine on another handle to its data.
func twoDesks(t *testing.T, test func(t *testing.T, d *desk, engines []*engage.Engine)) {
	t.Helper()
	eachPair(t, func(t *testing.T, a, b store.Store) {
		d := newDeskOn(t, a)
		other := must(engage.New(t.Context(), b, &d.opts))(t)
		test(t, d, []*engage.Engine{d.Engine, other})
	})
}

// atOnce calls from many goroutines at the same time, and waits for all.
func atOnce(n int, call func(n int)) {
	var wg sync.WaitGroup
	begin := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-begin
			call(i)
		})
	}
	close(begin)
	wg.Wait()
}

// tried is must for goroutines other than the test's.
func tried[T any](v T, err error) func(testing.TB) T {
	return func(tb testing.TB) T {
		tb.Helper()
		if err != nil {
			tb.Error(err)
		}
		return v
	}
}

func TestOfManyWhoEngageAtOnceOneWins(t *testing.T) {
	t.Parallel()
	twoDesks(t, func(t *testing.T, d *desk, engines []*engage.Engine) {
		for round := range 5 {
			in := d.writes(fmt.Sprint("eve", round), "hello")
			const agents = 12
			got, errs := make([]interaction.Intervention, agents), make([]error, agents)
			atOnce(agents, func(n int) {
				agent := engines[n%2].As(engage.Agent(fmt.Sprint("agent", n)))
				got[n], errs[n] = agent.Interventions.Engage(t.Context(), engage.Engagement{ThreadID: in.ThreadID})
			})
			all := must(d.Interventions.List(t.Context(), engage.InterventionFilter{ThreadID: in.ThreadID}))(t)
			if len(all.Items) != 1 {
				t.Fatalf("%d interventions", len(all.Items))
			}
			winner, won := all.Items[0], 0
			for n, err := range errs {
				if taken, ok := errors.AsType[*engage.EngagedError](err); err == nil {
					won++
					if got[n].ID != winner.ID || got[n].Owner != winner.Owner {
						t.Errorf("agent%d was told %+v, but it is %+v", n, got[n], winner)
					}
				} else if !ok || taken.Intervention.ID != winner.ID || taken.Intervention.Owner != winner.Owner {
					t.Errorf("agent%d: %v, want to learn of %v", n, err, winner.Owner)
				}
			}
			if won != 1 {
				t.Errorf("%d won", won)
			}
		}
	})
}

func TestAContentThatComesManyTimesAtOnceIsOne(t *testing.T) {
	t.Parallel()
	twoDesks(t, func(t *testing.T, d *desk, engines []*engage.Engine) {
		before := len(types(t, d.Engine, 0))
		for round := range 5 {
			in := d.says("eve", "hello")
			in.ThreadForeignID = fmt.Sprint("t", round) // a new thread, so that the customer and the thread are contended for, too
			const times = 16
			got := make([]engage.Received, times)
			atOnce(times, func(n int) { got[n] = tried(engines[n%2].Threads.Receive(t.Context(), in))(t) })
			first := 0
			for _, r := range got {
				if !r.Repeated {
					first++
				}
				r.Repeated = got[0].Repeated
				if r != got[0] {
					t.Errorf("%+v and %+v", r, got[0])
				}
			}
			if list := must(d.Contents.List(t.Context(), engage.ContentFilter{ThreadID: got[0].ThreadID}))(t); first != 1 || len(list.Items) != 1 {
				t.Errorf("%d were first, %d contents", first, len(list.Items))
			}
		}
		imported := slices.DeleteFunc(types(t, d.Engine, 0)[before:], func(typ engage.EventType) bool { return typ != engage.EventContentImported })
		if len(imported) != 5 {
			t.Errorf("%d imported, want 5", len(imported))
		}
	})
}

// TestManyCustomersBeginOneThreadAtOnce: they name the same thread of the platform.
func TestManyCustomersBeginOneThreadAtOnce(t *testing.T) {
	t.Parallel()
	twoDesks(t, func(t *testing.T, d *desk, engines []*engage.Engine) {
		const customers = 10
		var all []engage.Inbound
		for n := range customers {
			in := d.says(fmt.Sprint("c", n), "hello")
			in.ThreadForeignID, in.Customer.ContactID = "post 1", "the same person"
			all = append(all, in)
		}
		got := make([]engage.Received, customers)
		atOnce(customers, func(n int) { got[n] = tried(engines[n%2].Threads.Receive(t.Context(), all[n]))(t) })
		first := 0
		for _, r := range got {
			if r.FirstInThread {
				first++
			}
			if r.ThreadID != got[0].ThreadID || r.ContactID != "the same person" {
				t.Errorf("%+v, and another in thread %s", r, got[0].ThreadID)
			}
		}
		thread := must(d.Threads.Get(t.Context(), got[0].ThreadID))(t)
		if first != 1 || thread.CustomersCount != customers || thread.ContentsCount != customers {
			t.Errorf("%d were first: %+v", first, thread)
		}
		inOrder(t, d, thread.ID, customers)
	})
}

// inOrder checks that the contents of a thread have the positions from 1 to n.
func inOrder(t *testing.T, d *desk, threadID string, n int) {
	t.Helper()
	list := must(d.Contents.List(t.Context(), engage.ContentFilter{ThreadID: threadID, Limit: 1000}))(t).Items
	for i, c := range list {
		if c.Position != int64(i+1) || c.FirstInThread != (i == 0) {
			t.Errorf("content %d is at position %d, first %v", i+1, c.Position, c.FirstInThread)
		}
	}
	if len(list) != n {
		t.Errorf("%d contents, want %d", len(list), n)
	}
}

// TestAgentsWhoPostAtOnceGetInLine: every reply has its place, counts once, and reaches
// the customer in the order of the thread.
func TestAgentsWhoPostAtOnceGetInLine(t *testing.T) {
	t.Parallel()
	twoDesks(t, func(t *testing.T, d *desk, engines []*engage.Engine) {
		in := d.writes("eve", "hello")
		i := d.engages(ann, in.ThreadID)
		const agents, each = 6, 4
		for n := range agents {
			must(d.As(ann).Interventions.Join(t.Context(), i.ID, engage.Agent(fmt.Sprint("agent", n))))(t)
		}
		atOnce(agents, func(n int) {
			for m := range each {
				tried(engines[n%2].As(engage.Agent(fmt.Sprint("agent", n))).Contents.Post(t.Context(), engage.Post{
					ThreadID: in.ThreadID, IdempotencyKey: fmt.Sprint(n, m), Message: interaction.Message{Body: fmt.Sprint(n, m)},
				}))(t)
			}
		})
		inOrder(t, d, in.ThreadID, 1+agents*each)
		if got := must(d.Interventions.Get(t.Context(), i.ID))(t); got.UserRepliesCount != agents*each || got.UserReplyInAverageCount != 1 {
			t.Errorf("%+v, want %d replies, one of which answered", got.Replies, agents*each)
		}
		d.runs()
		d.platform.Check(t)
		sent := d.platform.Seen(in.IdentityID)
		var want []string
		for _, c := range must(d.Contents.List(t.Context(), engage.ContentFilter{ThreadID: in.ThreadID}))(t).Items[1:] {
			want = append(want, c.Body)
		}
		if !slices.Equal(sent, want) {
			t.Errorf("sent %v, want %v", sent, want)
		}
	})
}

// TestTimeAndPeopleAtOnce: a deferred intervention falls due in two processes while the
// customer writes and the agent resumes it; it is reactivated once.
func TestTimeAndPeopleAtOnce(t *testing.T) {
	t.Parallel()
	twoDesks(t, func(t *testing.T, d *desk, engines []*engage.Engine) {
		for round := range 6 {
			in := d.writes(fmt.Sprint("eve", round), "hello")
			i := d.engages(ann, in.ThreadID)
			must(d.As(ann).Interventions.Defer(t.Context(), i.ID, d.clock.read().Add(time.Hour)))(t)
			d.clock.pass(time.Hour)
			before := len(types(t, d.Engine, 0))
			again := d.says(fmt.Sprint("eve", round), "again")
			atOnce(4, func(n int) {
				switch eng := engines[n%2]; n {
				case 0, 1:
					tried(eng.RunDue(t.Context()))(t)
				case 2:
					tried(eng.Threads.Receive(t.Context(), again))(t)
				default:
					if _, err := eng.As(ann).Interventions.Resume(t.Context(), i.ID); err != nil && !errors.Is(err, engage.ErrRefused) {
						t.Error(err)
					}
				}
			})
			woken := slices.DeleteFunc(types(t, d.Engine, 0)[before:], func(typ engage.EventType) bool { return typ != engage.EventInterventionReactivated })
			if got := must(d.Interventions.Get(t.Context(), i.ID))(t); got.Status != interaction.InterventionOpen || len(woken) != 1 {
				t.Errorf("it is %s, and was reactivated %d times", got.Status, len(woken))
			}
		}
	})
}
