package feed_test

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/engage-interactions/engage/internal/feed"
	"github.com/engage-interactions/engage/store"
)

// moved returns an option for processes of one machine, whose clock is put back or
// forward by hand.
func moved(by *atomic.Int64) func(*feed.Options) {
	return func(o *feed.Options) {
		o.Clock = func() time.Time { return now().Add(time.Duration(by.Load())) }
	}
}

// slack is how much later than at its time something may be seen.
const slack = poll + time.Second

// TestWhoDiedIsTakenOverWhateverTheClockShows: a holder dies, and all clocks are put back,
// or forward; or its own was ahead. The next process, which begins then or was waiting,
// handles what comes after lease and twice the skew at the latest.
func TestWhoDiedIsTakenOverWhateverTheClockShows(t *testing.T) {
	t.Parallel()
	for _, back := range []time.Duration{0, skew, 2 * skew, lease, time.Hour, 24 * time.Hour, 20 * 365 * 24 * time.Hour, -skew, -time.Hour} {
		for _, waiting := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				var clock atomic.Int64
				st, peer := open(t)
				dying := &tap{Store: st}
				newProcess(t, peer).append(2)
				a := newProcess(t, dying, moved(&clock)).consume(nil)
				pass(5 * time.Second)
				q := newProcess(t, peer, moved(&clock))
				var b *consumption
				if waiting {
					b = q.consume(nil)
					synctest.Wait()
				}
				dying.set(func(call) error { return store.ErrUnavailable }, nil)
				_ = a.end()
				q.append(2)
				clock.Store(-int64(back))
				if !waiting {
					b = q.consume(nil)
				}
				pass(lease - 6*time.Second)
				if got := b.seen(); len(got) != 0 && back >= 0 { // the other might live still
					t.Errorf("back by %v, waiting %v: saw %v before the lease was over", back, waiting, got)
				}
				pass(2*skew + 6*time.Second + slack)
				if got := b.seen(); !slices.Equal(got, []int64{3, 4}) {
					t.Errorf("back by %v, waiting %v: saw %v", back, waiting, got)
				}
				if c := q.consumer("reader"); c.Until.After(now().Add(-back).Add(lease)) {
					t.Errorf("back by %v: it was not renewed by the new clock: %+v", back, c)
				}
				_ = b.end()
			})
		}
	}
}

// TestAWaitOfTimersIsNotBoundToThePoll which may be long.
func TestAWaitOfTimersIsNotBoundToThePoll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var clock atomic.Int64
		st, peer := open(t)
		dying := &tap{Store: st}
		a := newProcess(t, dying, moved(&clock)).consume(nil)
		synctest.Wait()
		dying.set(func(call) error { return store.ErrUnavailable }, nil)
		_ = a.end()
		clock.Store(-int64(24 * time.Hour))
		q := newProcess(t, peer, moved(&clock), func(o *feed.Options) { o.Poll = 12 * time.Hour })
		q.append(1)
		b := q.consume(nil)
		pass(lease + 2*skew + time.Nanosecond)
		if got := b.seen(); !slices.Equal(got, []int64{1}) {
			t.Errorf("it saw %v", got)
		}
		_ = b.end()
	})
}

// TestWhoLivesIsNotDisturbed while the clock is put back, or stands still, or is ahead of
// all others: it renews its lease, and nobody takes it for dead.
func TestWhoLivesIsNotDisturbed(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(clock *atomic.Int64){
		"back by 20 s":        func(clock *atomic.Int64) { clock.Add(-int64(20 * time.Second)) },
		"back by an hour":     func(clock *atomic.Int64) { clock.Add(-int64(time.Hour)) },
		"back by 7 s":         func(clock *atomic.Int64) { clock.Add(-int64(7 * time.Second)) },
		"forward by a second": func(clock *atomic.Int64) { clock.Add(int64(time.Second)) },
		"nothing":             func(*atomic.Int64) {},
	} {
		for _, stopped := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					var clock atomic.Int64
					shown := moved(&clock)
					if stopped {
						clock.Store(now().UnixNano())
						shown = at(&clock)
					}
					st, peer := open(t)
					p, q := newProcess(t, st, shown), newProcess(t, peer, shown)
					p.append(1)
					a := p.consume(func(ctx context.Context, _ store.Event) error {
						<-ctx.Done()
						if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) {
							t.Error("its context ended:", cause)
						}
						return nil
					})
					synctest.Wait()
					b := q.consume(nil)
					for range 40 {
						pass(3 * time.Second)
						change(&clock)
						if c := q.consumer("reader"); !q.feed.Held(*c) {
							t.Error("it is not held")
						}
						if err := q.feed.Forget(t.Context(), "reader"); !errors.Is(err, store.ErrConflict) {
							t.Errorf("it was forgotten: %v", err)
						}
					}
					if got := b.seen(); len(got) != 0 {
						t.Errorf("the other saw %v", got)
					}
					_ = a.end()
					_ = b.end()
				})
			})
		}
	}
}

// TestClockThatIsPutBackStretchesNoLease: the clock is put back while the holder, or its
// renewal, waits for the answer of its store, which commits nothing from then on. Its
// context ends before another begins.
func TestClockThatIsPutBackStretchesNoLease(t *testing.T) {
	t.Parallel()
	for n := 1; n <= 4; n++ { // the commit: the lease, the cursor, the renewals
		for _, slow := range []time.Duration{time.Second, lease / 2} {
			synctest.Test(t, func(t *testing.T) {
				var clock atomic.Int64
				st, peer := open(t)
				shaky := &tap{Store: st}
				commits := 0
				var dead atomic.Bool
				shaky.set(func(c call) error {
					if c.op == "commit" && dead.Load() {
						return store.ErrUnavailable
					}
					return nil
				}, func(c call, err error) error {
					if c.op != "commit" {
						return err
					}
					commits++
					if commits == n {
						clock.Store(-int64(time.Hour))
						pass(slow)
						dead.Store(true)
					}
					return err
				})
				q := newProcess(t, peer, moved(&clock))
				q.append(2)
				var lost, begun moment
				a := newProcess(t, shaky, moved(&clock)).consume(func(ctx context.Context, e store.Event) error {
					if e.Position == 1 && n > 1 {
						return nil
					}
					<-ctx.Done()
					lost.set()
					return ctx.Err()
				})
				synctest.Wait()
				b := q.consume(func(context.Context, store.Event) error {
					begun.set()
					return nil
				})
				pass(4 * lease)
				ended, began := lost.get(), begun.get()
				if ended.IsZero() || began.IsZero() || !ended.Before(began) {
					t.Errorf("commit %d, answered after %v: the context ended at %v, the other began at %v", n, slow, ended, began)
				}
				_ = a.end()
				_ = b.end()
			})
		}
	}
}

// TestForgetAfterTheClockWasPutBack: who has died is not at work for ever. The time goes by
// from when the process first looks, and from the last renewal at the earliest.
func TestForgetAfterTheClockWasPutBack(t *testing.T) {
	t.Parallel()
	for _, by := range []string{"Forget", "Consumers", "Register"} {
		synctest.Test(t, func(t *testing.T) {
			var clock atomic.Int64
			st, peer := open(t)
			dying := &tap{Store: st}
			a := newProcess(t, dying, moved(&clock)).consume(nil)
			pass(5 * time.Second)
			dying.set(func(call) error { return store.ErrUnavailable }, nil)
			_ = a.end()
			clock.Store(-int64(24 * time.Hour))
			q := newProcess(t, peer, moved(&clock))
			look := func() (held bool) {
				switch by {
				case "Forget":
					err := q.feed.Forget(t.Context(), "reader")
					if err != nil && !errors.Is(err, store.ErrConflict) {
						t.Error(err)
					}
					return err != nil
				case "Register":
					c, err := q.feed.Register(t.Context(), "reader", feed.Start{})
					if err != nil {
						t.Error(err)
					}
					return q.feed.Held(c)
				default:
					return q.feed.Held(*q.consumer("reader"))
				}
			}
			pass(10 * time.Minute) // nobody looks
			if !look() {
				t.Errorf("%s: it is taken for dead at first sight", by)
			}
			pass(lease + 2*skew - time.Nanosecond)
			if !look() {
				t.Errorf("%s: it is taken for dead too early", by)
			}
			pass(time.Nanosecond)
			synctest.Wait()
			if look() {
				t.Errorf("%s: it is still taken to be at work", by)
			}
			if err := q.feed.Forget(t.Context(), "reader"); err != nil {
				t.Errorf("%s: %v", by, err)
			}
			if c := q.consumer("reader"); c != nil {
				t.Errorf("%s: %+v", by, c)
			}
		})
	}
}

// TestClockPutForwardEndsTheOtherAtItsRenewal: two are at work until then, and no longer,
// as the documentation of the options says.
func TestClockPutForwardEndsTheOtherAtItsRenewal(t *testing.T) {
	t.Parallel()
	for _, away := range []bool{false, true} { // the store, for the first
		synctest.Test(t, func(t *testing.T) {
			var clock atomic.Int64
			st, peer := open(t)
			shaky := &tap{Store: st}
			newProcess(t, peer).append(1)
			var lost moment
			a := newProcess(t, shaky, moved(&clock)).consume(func(ctx context.Context, _ store.Event) error {
				<-ctx.Done()
				lost.set()
				return ctx.Err()
			})
			synctest.Wait()
			limit := lease / 3
			if away {
				shaky.set(func(call) error { return store.ErrUnavailable }, nil)
				limit = lease - lease/10
			}
			begin := now()
			clock.Store(int64(time.Hour))
			b := newProcess(t, peer, moved(&clock)).consume(nil)
			pass(lease)
			if got := b.seen(); !slices.Equal(got, []int64{1}) {
				t.Errorf("the other saw %v", got)
			}
			if ended := lost.get(); ended.IsZero() || ended.Sub(begin) > limit {
				t.Errorf("the store is away %v: the context ended after %v", away, ended.Sub(begin))
			}
			_ = a.end()
			_ = b.end()
		})
	}
}

// TestTimersThatStoodStillStretchNoLease: the process stands still while it waits for the
// answer of its store, as in a machine that is suspended: only the clock goes on.
func TestTimersThatStoodStillStretchNoLease(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var clock atomic.Int64
		st, peer := open(t)
		newProcess(t, peer).append(1)
		still := &tap{Store: st}
		var dead atomic.Bool
		still.set(func(c call) error {
			if c.op == "commit" && dead.Load() {
				return store.ErrUnavailable
			}
			return nil
		}, func(c call, err error) error {
			if c.op == "commit" && dead.CompareAndSwap(false, true) {
				clock.Store(int64(20 * time.Second))
			}
			return err
		})
		var lost moment
		begin := now()
		a := newProcess(t, still, moved(&clock)).consume(func(ctx context.Context, _ store.Event) error {
			<-ctx.Done()
			lost.set()
			return ctx.Err()
		})
		pass(lease)
		if ended, left := lost.get(), lease-lease/10-20*time.Second; !ended.Equal(begin.Add(left)) {
			t.Errorf("the context ended after %v, want %v", ended.Sub(begin), left)
		}
		_ = a.end()
	})
}
