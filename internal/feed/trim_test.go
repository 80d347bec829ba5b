package feed_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/engage-interactions/engage/internal/feed"
	"github.com/engage-interactions/engage/internal/work"
	"github.com/engage-interactions/engage/store"
)

func TestTrimForgetsWhatAllHaveHandled(t *testing.T) {
	t.Parallel()
	st, _ := open(t)
	p := newProcess(t, st)
	p.append(20)
	expect := func(what string, mark int64) {
		t.Helper()
		got, err := p.feed.Trim(t.Context())
		if err != nil || got != mark {
			t.Errorf("%s: trimmed to %d, %v; want %d", what, got, err, mark)
		}
		if left := positions(t, st, mark); len(left) != 20-int(mark) {
			t.Errorf("%s: left is %v", what, left)
		}
		_, err = st.Events(t.Context(), tenant, max(mark-1, 0), 1)
		if gone := errors.Is(err, store.ErrTrimmed); gone != (mark > 0) {
			t.Errorf("%s: %v", what, err)
		}
	}
	expect("without consumers", 0)
	_, _ = p.consumeUntil("a", atPosition(10))
	expect("one consumer", 10)
	got, _ := p.consumeUntil("b", atPosition(15))
	if got[0] != 11 {
		t.Errorf("a new consumer begins with %d, want 11", got[0])
	}
	_, _ = p.consumeUntil("b", atPosition(20))
	expect("the slowest counts", 10)
	_, _ = p.consumeUntil("a", atPosition(17))
	expect("the slowest moved", 17)
	if err := p.feed.Forget(t.Context(), "a"); err != nil {
		t.Error(err)
	}
	expect("the slowest is forgotten", 20)
	if err := p.feed.Forget(t.Context(), "b"); err != nil {
		t.Error(err)
	}
	expect("all are forgotten", 20)
}

func TestAbandonedConsumerIsDropped(t *testing.T) {
	t.Parallel()
	st, _ := open(t)
	var clock atomic.Int64
	var dropped []feed.Consumer
	refuse := errors.New("not now")
	p := newProcess(t, st, at(&clock), func(o *feed.Options) {
		o.OnDrop = func(w *work.Work, c feed.Consumer) error {
			if refuse != nil {
				return refuse
			}
			dropped = append(dropped, c)
			return w.Append(store.Event{ID: w.ID(), Type: "dropped", Time: time.Unix(1, 0), Value: []byte(`{}`)})
		}
	})
	p.append(10)
	_, _ = p.consumeUntil("gone", atPosition(3))
	clock.Add(int64(abandoned / 2))
	_, _ = p.consumeUntil("here", atPosition(8))
	clock.Add(int64(abandoned / 2))
	if mark, err := p.feed.Trim(t.Context()); err != nil || mark != 3 {
		t.Errorf("just in time: %d, %v", mark, err)
	}
	clock.Add(1)
	before := *p.consumer("gone")
	if _, err := p.feed.Trim(t.Context()); !errors.Is(err, refuse) {
		t.Errorf("%v, want the error of OnDrop", err)
	}
	if after := *p.consumer("gone"); after != before || len(positions(t, st, 3)) != 7 {
		t.Errorf("%+v, before %+v", after, before)
	}
	refuse = nil
	if mark, err := p.feed.Trim(t.Context()); err != nil || mark != 8 {
		t.Errorf("%d, %v; want 8", mark, err)
	}
	if len(dropped) != 1 || dropped[0].Name != "gone" || dropped[0].Position != 3 || dropped[0].Dropped.UnixNano() != clock.Load() {
		t.Errorf("dropped %+v", dropped)
	}
	for range 2 {
		_, err := p.consumeUntil("gone", atPosition(1))
		if !errors.Is(err, feed.ErrDropped) {
			t.Errorf("%v, want ErrDropped", err)
		}
		if mark, err := p.feed.Trim(t.Context()); err != nil || mark != 8 || len(dropped) != 1 {
			t.Errorf("%d, %v, dropped %d times", mark, err, len(dropped))
		}
	}
	if err := p.feed.Forget(t.Context(), "gone"); err != nil {
		t.Error(err)
	}
	if got, _ := p.consumeUntil("gone", atPosition(11)); !slices.Equal(got, []int64{9, 10, 11}) {
		t.Errorf("anew: %v, want what is above the floor, and the event of the drop", got)
	}
}

func TestHeldConsumerIsNotDropped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st, peer := open(t)
		short := func(o *feed.Options) { o.Abandoned = time.Nanosecond }
		c := newProcess(t, st).consume(nil)
		q := newProcess(t, peer, short)
		for range 100 {
			pass(lease / 7)
			if _, err := q.feed.Trim(t.Context()); err != nil {
				t.Error(err)
			}
		}
		if c := q.consumer("reader"); !c.Dropped.IsZero() {
			t.Errorf("%+v", c)
		}
		_ = c.end()
	})
}

// TestHolderOfADroppedConsumerGivesUp: it was cut off for so long that a trim
// dropped its consumer.
func TestHolderOfADroppedConsumerGivesUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st, peer := open(t)
		cut := &tap{Store: st}
		c := newProcess(t, cut).consume(nil)
		synctest.Wait()
		cut.set(func(call) error { return store.ErrUnavailable }, nil)
		pass(time.Hour)
		impatient := newProcess(t, peer, func(o *feed.Options) { o.Abandoned = time.Hour / 2 })
		if _, err := impatient.feed.Trim(t.Context()); err != nil {
			t.Error(err)
		}
		cut.set(nil, nil)
		if err := <-c.done; !errors.Is(err, feed.ErrDropped) {
			t.Errorf("%v, want ErrDropped", err)
		}
	})
}

// TestRegistrationAndTrimRace runs one of them whole before each store call of
// the other, and before each pair of calls: a new consumer never meets ErrTrimmed,
// and sees all events above the floor that it began at.
func TestRegistrationAndTrimRace(t *testing.T) {
	t.Parallel()
	const events = 10
	trim := func(t *testing.T, p *process) {
		t.Helper()
		if _, err := p.feed.Trim(t.Context()); err != nil {
			t.Errorf("trim: %v", err)
		}
	}
	register := func(t *testing.T, p *process, name string) {
		t.Helper()
		got, err := p.consumeUntil(name, atPosition(events))
		if !errors.Is(err, context.Canceled) {
			t.Errorf("registering %s: %v", name, err)
		}
		if len(got) == 0 || !slices.Equal(got, tail(got[0], events)) {
			t.Errorf("%s saw %v", name, got)
		}
	}
	for first := 1; first <= 11; first++ {
		for second := first; second <= 11; second++ {
			for _, outer := range []string{"trim", "registration"} {
				synctest.Test(t, func(t *testing.T) {
					st, peer := open(t)
					p := newProcess(t, peer)
					p.append(events)
					_, _ = p.consumeUntil("old", atPosition(4))
					_, _ = p.consumeUntil("older", atPosition(2))
					hooked := &tap{Store: st}
					hooked.set(func(c call) error {
						if c.n != first && c.n != second {
							return nil
						}
						if outer == "trim" {
							register(t, p, fmt.Sprintf("new %d", c.n))
							return nil
						}
						// What is forgotten grows from trim to trim.
						_, _ = p.consumeUntil("older", atPosition(int64(c.n)%8+1))
						_ = p.feed.Forget(t.Context(), "old")
						trim(t, p)
						return nil
					}, nil)
					q := newProcess(t, hooked)
					if outer == "trim" {
						trim(t, q)
					} else {
						register(t, q, "new")
					}
				})
			}
		}
	}
}

func tail(from, to int64) (all []int64) {
	for ; from <= to; from++ {
		all = append(all, from)
	}
	return all
}

// TestTrimNeverTakesWhatALiveConsumerNeeds compares the feed with a plain model
// over random operations.
func TestTrimNeverTakesWhatALiveConsumerNeeds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		type consumer struct {
			position int64
			seen     int64
			dropped  bool
		}
		var clock atomic.Int64
		st, peer := open(t)
		processes := []*process{newProcess(t, st, at(&clock)), newProcess(t, peer, at(&clock))}
		model := map[string]*consumer{}
		var last, floor int64
		names := rapid.SampledFrom([]string{"a", "b", "c"})
		for range rapid.IntRange(1, 25).Draw(rt, "steps") {
			p := processes[rapid.IntRange(0, 1).Draw(rt, "process")]
			switch rapid.SampledFrom([]string{"append", "register", "consume", "consume", "trim", "trim", "forget", "wait"}).Draw(rt, "action") {
			case "append":
				n := rapid.IntRange(1, 5).Draw(rt, "events")
				p.append(n)
				last += int64(n)
			case "register":
				name := names.Draw(rt, "name")
				start := feed.Start{Latest: rapid.Bool().Draw(rt, "latest")}
				if !start.Latest {
					start.After = rapid.Int64Range(0, last+1).Draw(rt, "after")
				}
				c, want := model[name], error(nil)
				switch {
				case c != nil && c.dropped:
					want = feed.ErrDropped
				case c != nil:
				case start.After > 0 && start.After < floor:
					want = store.ErrTrimmed
				case start.After > last:
					want = store.ErrInvalid
				default:
					c = &consumer{position: max(start.After, floor), seen: clock.Load()}
					if start.Latest {
						c.position = last
					}
					model[name] = c
				}
				is, err := p.feed.Register(t.Context(), name, start)
				if !errors.Is(err, want) || err == nil && is.Position != c.position {
					rt.Fatalf("%s, %+v: %+v, %v; want %+v, %v", name, start, is, err, c, want)
				}
			case "consume":
				name := names.Draw(rt, "name")
				c := model[name]
				if c == nil {
					c = &consumer{position: floor}
				}
				if c.position == last { // there is nothing that could end it
					continue
				}
				upTo := rapid.Int64Range(c.position+1, last).Draw(rt, "up to")
				got, err := p.consumeUntil(name, atPosition(upTo))
				if c.dropped {
					if !errors.Is(err, feed.ErrDropped) {
						rt.Fatalf("%s: %v, want ErrDropped", name, err)
					}
					continue
				}
				if want := tail(c.position+1, upTo); !errors.Is(err, context.Canceled) || !slices.Equal(got, want) {
					rt.Fatalf("%s: %v, %v; want %v", name, got, err, want)
				}
				c.position, c.seen = upTo, clock.Load()
				model[name] = c
			case "trim":
				low, live := int64(0), 0
				for _, c := range model {
					if clock.Load()-c.seen > int64(abandoned) {
						c.dropped = true
					}
					if c.dropped {
						continue
					}
					if live == 0 || c.position < low {
						low = c.position
					}
					live++
				}
				if live > 0 {
					floor = max(floor, low)
				}
				if mark, err := p.feed.Trim(t.Context()); err != nil || mark != floor {
					rt.Fatalf("trimmed to %d, %v; want %d", mark, err, floor)
				}
			case "forget":
				name := names.Draw(rt, "name")
				if err := p.feed.Forget(t.Context(), name); err != nil {
					rt.Fatal(err)
				}
				delete(model, name)
			case "wait":
				clock.Add(rapid.Int64Range(0, int64(abandoned)).Draw(rt, "time"))
			}
			if left := positions(t, st, floor); !slices.Equal(left, tail(floor+1, last)) {
				rt.Fatalf("the log holds %v, want %d to %d", left, floor+1, last)
			}
		}
	})
}

// TestInterruptedTrimIsDoneByTheNext: the floor was raised, but the process ended
// before the store forgot anything.
func TestInterruptedTrimIsDoneByTheNext(t *testing.T) {
	t.Parallel()
	st, peer := open(t)
	p := newProcess(t, peer)
	p.append(5)
	_, _ = p.consumeUntil("a", atPosition(3))
	dying := &tap{Store: st}
	dying.set(func(c call) error {
		if c.op == "trim" {
			return store.ErrUnavailable
		}
		return nil
	}, nil)
	if _, err := newProcess(t, dying).feed.Trim(t.Context()); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("%v, want ErrUnavailable", err)
	}
	if got, _ := p.consumeUntil("new", atPosition(5)); !slices.Equal(got, []int64{4, 5}) {
		t.Errorf("new: %v", got)
	}
	if mark, err := p.feed.Trim(t.Context()); err != nil || mark != 3 || len(positions(t, st, 3)) != 2 {
		t.Errorf("%d, %v", mark, err)
	}
	if _, err := st.Events(t.Context(), tenant, 2, 1); !errors.Is(err, store.ErrTrimmed) {
		t.Errorf("%v, want ErrTrimmed", err)
	}
}
