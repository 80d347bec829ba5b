package feed_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/engage-interactions/engage/internal/feed"
	"github.com/engage-interactions/engage/store"
)

func TestSecondHolderTakesOverAtOnceAfterRelease(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st, peer := open(t)
		p, q := newProcess(t, st), newProcess(t, peer)
		p.append(3)
		a := p.consume(nil)
		synctest.Wait()
		b := p.consume(nil) // in the same process
		pass(10 * lease)
		if got := b.seen(); len(got) != 0 {
			t.Fatalf("two at work: the second saw %v", got)
		}
		begin := now()
		_ = a.end()
		p.append(1)
		synctest.Wait()
		if got := b.seen(); !slices.Equal(got, []int64{4}) || !now().Equal(begin) {
			t.Errorf("it saw %v, after %v", got, now().Sub(begin))
		}
		c := q.consume(nil) // in another process
		pass(10 * lease)
		_ = b.end()
		p.append(1)
		pass(poll + time.Nanosecond)
		synctest.Wait()
		if got := c.seen(); !slices.Equal(got, []int64{5}) {
			t.Errorf("the other process saw %v", got)
		}
		_ = c.end()
	})
}

func TestLeaseIsKeptThroughALongHandler(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st, peer := open(t)
		p := newProcess(t, st)
		p.append(2)
		a := p.consume(func(ctx context.Context, _ store.Event) error {
			select {
			case <-ctx.Done():
				t.Error("the handler's context ended:", context.Cause(ctx))
			case <-time.After(10 * lease):
			}
			return nil
		})
		synctest.Wait()
		b := newProcess(t, peer, off(skew)).consume(nil)
		pass(20*lease + time.Second)
		if got := a.seen(); !slices.Equal(got, []int64{1, 2}) {
			t.Errorf("the holder saw %v", got)
		}
		if got := b.seen(); len(got) != 0 {
			t.Errorf("the other saw %v", got)
		}
		_ = a.end()
		_ = b.end()
	})
}

// TestLeaseIsKeptThroughAShortOutage of half a lease.
func TestLeaseIsKeptThroughAShortOutage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st, peer := open(t)
		shaky := &tap{Store: st}
		newProcess(t, peer).append(1)
		a := newProcess(t, shaky).consume(func(ctx context.Context, _ store.Event) error {
			select {
			case <-ctx.Done():
				if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) { // by the end of the test
					t.Error("the handler's context ended:", cause)
				}
			case <-time.After(10 * lease):
			}
			return nil
		})
		synctest.Wait()
		for range 5 {
			shaky.set(func(call) error { return store.ErrUnavailable }, nil)
			pass(lease / 2) // at least one renewal fails
			shaky.set(nil, nil)
			pass(lease / 2)
		}
		_ = a.end()
	})
}

// outages are the ways in which a store stops answering a holder.
var outages = []struct {
	name   string
	before func(call) error
}{
	{"all calls fail", func(call) error { return store.ErrUnavailable }},
	{"all commits fail", func(c call) error {
		if c.op == "commit" {
			return store.ErrUnavailable
		}
		return nil
	}},
	{"all outcomes are unknown", func(call) error { return store.ErrUnknownOutcome }},
	{"all calls hang", func(c call) error {
		<-c.ctx.Done()
		return c.ctx.Err()
	}},
	{"all commits hang", func(c call) error {
		if c.op != "commit" {
			return nil
		}
		<-c.ctx.Done()
		return fmt.Errorf("%w: %w", store.ErrUnknownOutcome, c.ctx.Err())
	}},
}

// TestTwoHoldersAreNeverAtWorkTogether: the store stops answering one holder at
// some moment of its lease. Its handler's context ends before the other holder's
// handler begins, however their clocks differ; and the other does begin.
func TestTwoHoldersAreNeverAtWorkTogether(t *testing.T) {
	t.Parallel()
	for _, outage := range outages {
		for _, ahead := range []time.Duration{-skew, 0, skew} { // of the second holder's clock
			t.Run(fmt.Sprintf("%s, clocks differ by %v", outage.name, ahead), func(t *testing.T) {
				t.Parallel()
				for sixth := range 4 {
					synctest.Test(t, func(t *testing.T) {
						takeOver(t, outage.before, ahead, lease+time.Duration(sixth)*lease/6+time.Millisecond)
					})
				}
			})
		}
	}
}

// moment is when something happened for the first time.
type moment struct {
	mu sync.Mutex
	at time.Time
}

func (m *moment) set() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.at.IsZero() {
		m.at = now()
	}
}

func (m *moment) get() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.at
}

func takeOver(t *testing.T, outage func(call) error, ahead, after time.Duration) {
	t.Helper()
	st, peer := open(t)
	newProcess(t, st).append(3)
	dying := &tap{Store: st}
	p := newProcess(t, dying, off(-ahead/2))
	q := newProcess(t, peer, off(ahead/2))

	var lost, begun moment
	a := p.consume(func(ctx context.Context, e store.Event) error {
		if e.Position == 2 {
			<-ctx.Done()
			lost.set()
			return ctx.Err()
		}
		return nil
	})
	synctest.Wait()
	b := q.consume(func(context.Context, store.Event) error {
		begun.set()
		return nil
	})
	pass(after)
	if !lost.get().IsZero() || !begun.get().IsZero() {
		t.Fatalf("the lease was lost without reason, %v before the outage", now().Sub(lost.get()))
	}
	until := q.consumer("reader").Until // by the first holder's clock
	dying.set(outage, nil)
	pass(10 * lease)

	ended, began := lost.get(), begun.get()
	if ended.IsZero() || began.IsZero() {
		t.Fatalf("outage at %v: ended %v, began %v", after, ended, began)
	}
	if !ended.Before(began) {
		t.Errorf("outage at %v: the other began %v before the context ended", after, ended.Sub(began))
	}
	if end := until.Add(ahead / 2); !ended.Before(end) { // the same moment by the right clock
		t.Errorf("outage at %v: the context ended %v after the lease", after, ended.Sub(end))
	}
	if limit := until.Add(-ahead / 2).Add(skew); began.Before(limit) || began.Sub(limit) > poll {
		t.Errorf("outage at %v: the other began %v after lease and skew", after, began.Sub(limit))
	}
	// The first holder comes back to life, and waits in line.
	dying.set(nil, nil)
	pass(10 * lease)
	newProcess(t, peer).append(2)
	pass(poll)
	synctest.Wait()
	if got := a.seen(); len(got) != 2 && !slices.Equal(got, []int64{1, 2, 2}) {
		t.Errorf("the first holder saw %v", got)
	}
	if got := b.seen(); !slices.Equal(got, []int64{2, 3, 4, 5}) && !slices.Equal(got, []int64{1, 2, 3, 4, 5}) {
		t.Errorf("the second holder saw %v", got)
	}
	_ = a.end()
	_ = b.end()
}

// TestSlowCommitDoesNotStretchTheLease: what counts is when the lease was asked
// for, not when the store answered.
func TestSlowCommitDoesNotStretchTheLease(t *testing.T) {
	t.Parallel()
	for _, slow := range []time.Duration{lease / 6, lease / 2, lease - time.Nanosecond, 2 * lease} {
		t.Run(slow.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				st, peer := open(t)
				newProcess(t, peer).append(1)
				inert := &tap{Store: st}
				var dead atomic.Bool
				// The first commit takes long to answer, and then all fail.
				inert.set(func(call) error {
					if dead.Load() {
						return store.ErrUnavailable
					}
					return nil
				}, func(c call, err error) error {
					if c.op == "commit" && dead.CompareAndSwap(false, true) {
						pass(slow)
					}
					return err
				})
				var lost moment
				a := newProcess(t, inert).consume(func(ctx context.Context, _ store.Event) error {
					<-ctx.Done()
					lost.set()
					return nil
				})
				synctest.Wait()
				until := newProcess(t, peer).consumer("reader").Until
				pass(10 * lease)
				if at := lost.get(); !at.Before(until) && slow < lease {
					t.Errorf("the context ended %v after the lease", at.Sub(until))
				}
				_ = a.end()
			})
		})
	}
}

// TestHolderThatStoodStillComesTooLate: its clock and its timers stop, as those
// of a process that is suspended; when it goes on, its context ends before it
// can write anything.
func TestHolderThatStoodStillComesTooLate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st, peer := open(t)
		newProcess(t, peer).append(2)
		stopped := &tap{Store: st}
		wake := make(chan struct{})
		p := newProcess(t, stopped)
		a := p.consume(func(ctx context.Context, e store.Event) error {
			if e.Position == 1 {
				<-wake
			}
			return nil
		})
		synctest.Wait()
		stopped.set(func(call) error { <-wake; return nil }, nil)
		b := newProcess(t, peer).consume(nil)
		pass(10 * lease)
		if got := b.seen(); !slices.Equal(got, []int64{1, 2}) {
			t.Errorf("the second holder saw %v", got)
		}
		close(wake)
		pass(lease)
		if got := a.seen(); !slices.Equal(got, []int64{1}) {
			t.Errorf("the first holder saw %v", got)
		}
		if c := newProcess(t, peer).consumer("reader"); c.Position != 2 || c.Holder == "" {
			t.Errorf("%+v", c)
		}
		_ = a.end()
		_ = b.end()
	})
}

// TestManyHoldersTakeTurns: several processes come and go at random; one at a
// time is in a handler with a living context, and no event is skipped.
func TestManyHoldersTakeTurns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const events = 300
		st, _ := open(t)
		writer := newProcess(t, st)
		var mu sync.Mutex
		var inside context.Context
		var all []int64
		handle := func(ctx context.Context, e store.Event) error {
			mu.Lock()
			if inside != nil && inside.Err() == nil {
				t.Errorf("two at work on event %d", e.Position)
			}
			inside = ctx //nolint:fatcontext // it is not handed on, but looked at
			if last := int64(len(slices.Compact(slices.Sorted(slices.Values(all))))); e.Position > last+1 {
				t.Errorf("event %d after %d", e.Position, last)
			}
			all = append(all, e.Position)
			mu.Unlock()
			pass(time.Duration(e.Position%7) * time.Second)
			mu.Lock()
			defer mu.Unlock()
			if inside == ctx {
				inside = nil
			}
			return ctx.Err()
		}
		var wg sync.WaitGroup
		for i := range 4 {
			wg.Go(func() {
				shaky := &tap{Store: st}
				p := newProcess(t, shaky, off(time.Duration(i)*skew/3-skew/2))
				for round := 0; ; round++ {
					c := p.consume(handle)
					pass(time.Duration(17+5*i) * time.Second)
					if (round+i)%3 == 0 { // it crashes
						shaky.set(func(call) error { return store.ErrUnavailable }, nil)
						pass(2 * lease)
					}
					_ = c.end()
					shaky.set(nil, nil)
					if at := writer.consumer("reader"); at != nil && at.Position == events {
						return
					}
				}
			})
		}
		writer.append(events)
		wg.Wait()
		if got := slices.Compact(slices.Sorted(slices.Values(all))); !slices.Equal(got, positions(t, st, 0)) {
			t.Errorf("handled: %v", got)
		}
	})
}

func TestForgetOfAHeldConsumerIsAConflict(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st, peer := open(t)
		dying := &tap{Store: st}
		p, q := newProcess(t, dying), newProcess(t, peer)
		q.append(3)
		a := p.consume(nil)
		synctest.Wait()
		if err := q.feed.Forget(t.Context(), "reader"); !errors.Is(err, store.ErrConflict) {
			t.Errorf("%v, want ErrConflict", err)
		}
		until := q.consumer("reader").Until
		dying.set(func(call) error { return store.ErrUnavailable }, nil)
		pass(until.Add(skew).Sub(now()) - time.Nanosecond) // not before lease and skew are over
		if err := q.feed.Forget(t.Context(), "reader"); !errors.Is(err, store.ErrConflict) {
			t.Errorf("%v, want ErrConflict", err)
		}
		pass(time.Nanosecond)
		if err := q.feed.Forget(t.Context(), "reader"); err != nil {
			t.Error(err)
		}
		_ = a.end()
		if c := q.consumer("reader"); c != nil {
			t.Errorf("%+v", c)
		}
		if err := q.feed.Forget(t.Context(), "reader"); err != nil {
			t.Errorf("forgetting what is forgotten: %v", err)
		}
		if got, _ := q.consumeUntil("reader", atPosition(3)); !slices.Equal(got, []int64{1, 2, 3}) {
			t.Errorf("anew: %v", got)
		}
	})
}

// TestWaitingHolderHonoursItsContext and leaves nothing behind.
func TestWaitingHolderHonoursItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st, peer := open(t)
		a := newProcess(t, st).consume(nil)
		synctest.Wait()
		q := newProcess(t, peer)
		b := q.consume(nil)
		synctest.Wait()
		before := *q.consumer("reader")
		begin := now()
		if err := b.end(); !errors.Is(err, context.Canceled) || !now().Equal(begin) {
			t.Errorf("%v after %v", err, now().Sub(begin))
		}
		if after := *q.consumer("reader"); after != before {
			t.Errorf("%+v, before %+v", after, before)
		}
		_ = a.end()
	})
}

// TestNothingIsLeftAfterConsume: a bubble panics if a goroutine of it is left.
func TestNothingIsLeftAfterConsume(t *testing.T) {
	t.Parallel()
	for n := range 40 {
		synctest.Test(t, func(t *testing.T) {
			st, _ := open(t)
			newProcess(t, st).append(3)
			ctx, cancel := context.WithCancel(t.Context())
			ending := &tap{Store: st}
			ending.set(func(c call) error {
				if c.n == n {
					cancel() // the context ends at the n-th call
				}
				return nil
			}, nil)
			p := newProcess(t, ending, func(o *feed.Options) { o.Poll = time.Second })
			done := make(chan error)
			go func() { done <- p.feed.Consume(ctx, "reader", func(context.Context, store.Event) error { return nil }) }()
			pass(time.Minute)
			cancel()
			begin := now()
			if err := <-done; !errors.Is(err, context.Canceled) || !now().Equal(begin) {
				t.Errorf("ended at call %d: %v, after %v", n, err, now().Sub(begin))
			}
			if c := newProcess(t, st).consumer("reader"); c != nil && c.Holder != "" {
				t.Errorf("ended at call %d: %+v", n, c)
			}
		})
	}
}
