package feed_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"pgregory.net/rapid"

	"github.com/engage-interactions/engage/internal/feed"
	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/storetest/faults"
)

// register makes "reader" known, as a consumer that begins somewhere.
func (p *process) register(start feed.Start) (feed.Consumer, error) {
	return p.feed.Register(p.t.Context(), "reader", start)
}

// reads returns what "reader" is handed up to a position.
func (p *process) reads(upTo int64) []int64 {
	p.t.Helper()
	got, err := p.consumeUntil("reader", atPosition(upTo))
	if !errors.Is(err, context.Canceled) {
		p.t.Fatal(err)
	}
	return got
}

func TestAConsumerBeginsWhereItWasRegistered(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name    string
		trimmed int64 // of ten events
		start   feed.Start
		at      int64
		err     error
	}{
		{name: "the oldest", at: 0},
		{name: "the oldest that is left", trimmed: 3, at: 3},
		{name: "the latest", start: feed.Start{Latest: true}, at: 10},
		{name: "the latest of those that are left", trimmed: 3, start: feed.Start{Latest: true}, at: 10},
		{name: "the latest, and none is left", trimmed: 10, start: feed.Start{Latest: true}, at: 10},
		{name: "a position", start: feed.Start{After: 1}, at: 1},
		{name: "one of those that are left", trimmed: 3, start: feed.Start{After: 4}, at: 4},
		{name: "the first of those that are left", trimmed: 3, start: feed.Start{After: 3}, at: 3},
		{name: "one that is gone", trimmed: 3, start: feed.Start{After: 2}, err: store.ErrTrimmed},
		{name: "the last", start: feed.Start{After: 10}, at: 10},
		{name: "the last, which is gone", trimmed: 10, start: feed.Start{After: 10}, at: 10},
		{name: "one that is yet to come", start: feed.Start{After: 11}, err: store.ErrInvalid},
		{name: "one that is yet to come, and none is left", trimmed: 10, start: feed.Start{After: 11}, err: store.ErrInvalid},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			st, peer := open(t)
			p := newProcess(t, st)
			p.append(10)
			if row.trimmed > 0 {
				_, _ = p.consumeUntil("other", atPosition(row.trimmed))
				if _, err := p.feed.Trim(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			c, err := p.register(row.start)
			if !errors.Is(err, row.err) {
				t.Fatalf("%+v, %v; want %v", c, err, row.err)
			}
			if row.err != nil {
				if p.consumer("reader") != nil {
					t.Error("it is known nevertheless")
				}
				return
			}
			if c.Name != "reader" || c.Position != row.at || p.feed.Held(c) || c.Seen.IsZero() || c != *p.consumer("reader") {
				t.Errorf("%+v", c)
			}
			q := newProcess(t, peer)
			q.append(2)
			// It is there: where others would have it begin, does not matter.
			for _, start := range []feed.Start{{}, {Latest: true}, {After: 5}, {After: 1000}} {
				if again, err := q.register(start); err != nil || again != c {
					t.Errorf("%+v: %+v, %v", start, again, err)
				}
			}
			if got := q.reads(12); !slices.Equal(got, tail(row.at+1, 12)) {
				t.Errorf("it got %v", got)
			}
			if after, err := p.register(feed.Start{}); err != nil || after.Position != 12 {
				t.Errorf("it went back: %+v, %v", after, err)
			}
		})
	}
}

func TestTheLatestOfNothing(t *testing.T) {
	t.Parallel()
	st, _ := open(t)
	p := newProcess(t, st)
	if c, err := p.register(feed.Start{Latest: true}); err != nil || c.Position != 0 {
		t.Fatalf("%+v, %v", c, err)
	}
	p.append(1)
	if got := p.reads(1); !slices.Equal(got, []int64{1}) {
		t.Errorf("it got %v", got)
	}
}

func TestADroppedConsumerIsNotRegisteredAgain(t *testing.T) {
	t.Parallel()
	var clock atomic.Int64
	st, _ := open(t)
	p := newProcess(t, st, at(&clock))
	p.append(3)
	if _, err := p.register(feed.Start{After: 1}); err != nil {
		t.Fatal(err)
	}
	clock.Add(int64(abandoned) + 1)
	if _, err := p.feed.Trim(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := p.register(feed.Start{Latest: true}); !errors.Is(err, feed.ErrDropped) {
		t.Errorf("%v, want ErrDropped", err)
	}
	if err := p.feed.Forget(t.Context(), "reader"); err != nil {
		t.Fatal(err)
	}
	if c, err := p.register(feed.Start{Latest: true}); err != nil || c.Position != 3 {
		t.Errorf("%+v, %v", c, err)
	}
}

// TestARegisteredConsumerKeepsWhatItNeeds, though nobody consumes yet.
func TestARegisteredConsumerKeepsWhatItNeeds(t *testing.T) {
	t.Parallel()
	st, _ := open(t)
	p := newProcess(t, st)
	p.append(5)
	if _, err := p.register(feed.Start{After: 2}); err != nil {
		t.Fatal(err)
	}
	_, _ = p.consumeUntil("other", atPosition(5))
	if mark, err := p.feed.Trim(t.Context()); err != nil || mark != 2 {
		t.Errorf("trimmed to %d, %v", mark, err)
	}
}

// TestTheLatestWhileOthersWrite: before any call of the store, and between any two, others
// append. What was there before is not handed over, what comes afterwards is, and of what
// comes meanwhile all from some event on.
func TestTheLatestWhileOthersWrite(t *testing.T) {
	t.Parallel()
	const before = 5
	calls := 1
	for n := 0; n <= calls; n++ { // 0: before each call
		for _, many := range []int{1, 4} {
			st, peer := open(t)
			writer := newProcess(t, peer)
			writer.append(before)
			hooked := &tap{Store: st}
			hooked.set(func(c call) error {
				if calls = max(calls, c.n); c.n == n || n == 0 {
					writer.append(many)
				}
				return nil
			}, nil)
			p := newProcess(t, hooked)
			c, err := p.register(feed.Start{Latest: true})
			if err != nil {
				t.Fatal(err)
			}
			hooked.set(nil, nil)
			there := positions(t, peer, 0)
			last := there[len(there)-1]
			if c.Position < before || c.Position > last {
				t.Errorf("at call %d: it begins at %d; there were %d, then %d", n, c.Position, before, last)
			}
			writer.append(3)
			if got := p.reads(last + 3); !slices.Equal(got, tail(c.Position+1, last+3)) {
				t.Errorf("at call %d: it began at %d, and got %v", n, c.Position, got)
			}
		}
	}
	if calls < 60 { // it looks for the end by halves
		t.Errorf("%d calls", calls)
	}
}

// TestTheLatestIsFoundInAnyLog, whatever the positions are.
func TestTheLatestIsFoundInAnyLog(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		st, _ := open(t)
		gaps := rapid.SampledFrom([]int64{1, 2, 1000, 1 << 40, 1 << 55}).Draw(rt, "gaps")
		p := newProcess(t, sparse{st, gaps})
		n := rapid.Int64Range(0, 20).Draw(rt, "events")
		p.append(int(n))
		if c, err := p.register(feed.Start{Latest: true}); err != nil || c.Position != n*gaps {
			rt.Fatalf("%+v, %v; want %d", c, err, n*gaps)
		}
		p.append(1)
		if got := p.reads((n + 1) * gaps); !slices.Equal(got, []int64{(n + 1) * gaps}) {
			rt.Fatalf("it got %v", got)
		}
	})
}

// sparse is a store whose positions have gaps.
type sparse struct {
	store.Store

	gaps int64
}

func (s sparse) Events(ctx context.Context, tenant string, after int64, limit int) ([]store.Event, error) {
	events, err := s.Store.Events(ctx, tenant, after/s.gaps, limit)
	for n := range events {
		events[n].Position *= s.gaps
	}
	return events, err
}

// TestRegisteringSomewhereAndTrimRace runs a trim whole before any call of a registration,
// and the other way around: what is behind the position is never forgotten.
func TestRegisteringSomewhereAndTrimRace(t *testing.T) {
	t.Parallel()
	const events = 10
	for _, start := range []feed.Start{{Latest: true}, {After: 2}, {After: 4}, {After: events}} {
		for n := 1; n <= 80; n++ {
			for _, outer := range []string{"trim", "registration"} {
				st, peer := open(t)
				p := newProcess(t, peer)
				p.append(events)
				_, _ = p.consumeUntil("other", atPosition(4))
				trim := func(by *process) {
					if _, err := by.feed.Trim(t.Context()); err != nil {
						t.Errorf("trim: %v", err)
					}
				}
				register := func(by *process) {
					c, err := by.register(start)
					trimmed := start.After > 0 && start.After < 4 && errors.Is(err, store.ErrTrimmed)
					if err != nil && !trimmed || err == nil && (start.Latest && c.Position != events || !start.Latest && c.Position != start.After) {
						t.Errorf("%+v, %s, call %d: %+v, %v", start, outer, n, c, err)
					}
				}
				hooked := &tap{Store: st}
				q := newProcess(t, hooked)
				inner, whole := register, trim
				if outer == "registration" {
					inner, whole = trim, register
				}
				hooked.set(func(c call) error {
					if c.n == n {
						inner(p)
					}
					return nil
				}, nil)
				whole(q)
				hooked.set(nil, nil)
				c := p.consumer("reader")
				if c == nil {
					continue
				}
				trim(p)
				p.append(1)
				if got := p.reads(events + 1); !slices.Equal(got, tail(c.Position+1, events+1)) {
					t.Errorf("%+v, %s, call %d: it began at %d, and got %v", start, outer, n, c.Position, got)
				}
			}
		}
	}
}

// TestWhoRegistersFirstDecides where the consumer begins, and all who register at the same
// time learn that.
func TestWhoRegistersFirstDecides(t *testing.T) {
	t.Parallel()
	st, peer := open(t)
	processes := []*process{newProcess(t, st), newProcess(t, peer)}
	processes[0].append(20)
	starts := []feed.Start{{}, {Latest: true}, {After: 3}, {After: 7}}
	got := make([]int64, 20)
	var all sync.WaitGroup
	for n := range got {
		all.Go(func() {
			c, err := processes[n%2].register(starts[n%len(starts)])
			if err != nil {
				t.Error(err)
			}
			got[n] = c.Position
		})
	}
	all.Wait()
	if len(slices.Compact(got)) != 1 || got[0] != processes[0].consumer("reader").Position {
		t.Errorf("it begins at %v", got)
	}
}

// TestRegistrationIsWholeWhateverFails: it is done, or not, and what it says is so.
func TestRegistrationIsWholeWhateverFails(t *testing.T) {
	t.Parallel()
	for _, fault := range faults.Legal() {
		t.Run(fault.String(), func(t *testing.T) {
			t.Parallel()
			for trial := range faults.Sweep(fault) {
				synctest.Test(t, func(t *testing.T) {
					below, _ := open(t)
					st := trial.Wrap(below)
					healthy, shaky := newProcess(t, below), newProcess(t, st)
					healthy.append(4)
					trial.Start()
					c, err := shaky.feed.Register(trial.Context(t.Context()), "reader", feed.Start{Latest: true})
					trial.End()
					switch is := healthy.consumer("reader"); {
					case err == nil && (is == nil || c.Position != 4 || is.Position != 4):
						t.Errorf("%v: %+v, and is %+v", trial, c, is)
					case is != nil && is.Position != 4:
						t.Errorf("%v: %v, and is %+v", trial, err, is)
					}
					if c, err := healthy.register(feed.Start{Latest: true}); err != nil || c.Position != 4 {
						t.Errorf("%v: afterwards %+v, %v", trial, c, err)
					}
				})
			}
		})
	}
}
