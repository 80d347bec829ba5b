package feed_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/engage-interactions/engage/internal/feed"
	"github.com/engage-interactions/engage/store"
)

func TestEventsComeInOrderWhileOthersAppend(t *testing.T) {
	t.Parallel()
	const writers, each = 4, 100
	st, peer := open(t)
	p := newProcess(t, st)
	all := make(chan struct{})
	c := p.consume(upTo(writers*each, all))
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() { []*process{p, newProcess(t, peer)}[i%2].append(each) })
	}
	wg.Wait()
	<-all
	if err := c.end(); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if got, want := c.seen(), positions(t, st, 0); !slices.Equal(got, want) || len(want) != writers*each {
		t.Errorf("handed over %v, the log is %v", got, want)
	}
}

// upTo returns a handler that closes all at its n-th event.
func upTo(n int, all chan struct{}) func(context.Context, store.Event) error {
	seen := 0
	return func(context.Context, store.Event) error {
		seen++
		if seen == n {
			close(all)
		}
		return nil
	}
}

func TestEventIsHandledAtOnceWithinAProcess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st, _ := open(t)
		p := newProcess(t, st)
		c := p.consume(nil)
		synctest.Wait() // it waits for events
		begin := now()
		for n := 1; n <= 10; n++ {
			p.append(1)
			synctest.Wait()
			if got := len(c.seen()); got != n {
				t.Errorf("%d of %d events handled", got, n)
			}
		}
		if took := now().Sub(begin); took != 0 {
			t.Errorf("it took %v", took)
		}
		_ = c.end()
	})
}

func TestEventOfAnotherProcessIsSeenAtThePoll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st, peer := open(t)
		c := newProcess(t, st).consume(nil)
		pass(poll / 2)
		for n := 1; n <= 10; n++ {
			newProcess(t, peer).append(1)
			pass(poll)
			synctest.Wait()
			if got := len(c.seen()); got != n {
				t.Errorf("%d of %d events handled", got, n)
			}
		}
		_ = c.end()
	})
}

func TestFailedEventComesAgainBeforeAnyOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st, _ := open(t)
		var asked []int
		p := newProcess(t, st, func(o *feed.Options) {
			o.Backoff = func(n int) time.Duration {
				asked = append(asked, n)
				return time.Duration(n+1) * time.Minute // longer than the lease: it is renewed
			}
		})
		p.append(5)
		failures := 0
		var pauses []time.Duration
		last := now()
		c := p.consume(func(_ context.Context, e store.Event) error {
			pauses = append(pauses, now().Sub(last))
			last = now()
			if e.Position == 3 && failures < 4 {
				failures++
				return errors.New("not yet")
			}
			return nil
		})
		pass(time.Hour)
		_ = c.end()
		if got, want := c.seen(), []int64{1, 2, 3, 3, 3, 3, 3, 4, 5}; !slices.Equal(got, want) {
			t.Errorf("handed over %v, want %v", got, want)
		}
		want := []time.Duration{0, 0, 0, time.Minute, 2 * time.Minute, 3 * time.Minute, 4 * time.Minute, 0, 0}
		if !slices.Equal(pauses, want) || !slices.Equal(asked, []int{0, 1, 2, 3}) {
			t.Errorf("pauses %v, want %v; asked for %v", pauses, want, asked)
		}
	})
}

// TestWhatWasHandledIsSavedBeforeAnEventBlocks: the events before one that keeps
// failing do not come again.
func TestWhatWasHandledIsSavedBeforeAnEventBlocks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st, peer := open(t)
		p := newProcess(t, st)
		p.append(5)
		c := p.consume(func(_ context.Context, e store.Event) error {
			if e.Position == 4 {
				return errors.New("never")
			}
			return nil
		})
		pass(time.Minute)
		if at := newProcess(t, peer).consumer("reader").Position; at != 3 {
			t.Errorf("the cursor is at %d, want 3", at)
		}
		_ = c.end()
	})
}

func TestPausesGrowAndAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st, _ := open(t)
		p := newProcess(t, st)
		p.append(1)
		var pauses []time.Duration
		last := now()
		c := p.consume(func(context.Context, store.Event) error {
			pauses = append(pauses, now().Sub(last))
			last = now()
			return errors.New("never")
		})
		pass(10 * time.Minute)
		_ = c.end()
		if len(pauses) < 10 || pauses[1] != 100*time.Millisecond || pauses[2] != 200*time.Millisecond {
			t.Fatalf("pauses %v", pauses)
		}
		if !slices.IsSorted(pauses) || pauses[len(pauses)-1] != 30*time.Second {
			t.Errorf("pauses %v", pauses)
		}
	})
}

func TestConsumerGoesOnBehindItsCursor(t *testing.T) {
	t.Parallel()
	for _, upTo := range []int64{1, 2, 99, 100, 101, 150, 249, 250} {
		t.Run(fmt.Sprintf("ended at event %d", upTo), func(t *testing.T) {
			t.Parallel()
			st, peer := open(t)
			p := newProcess(t, st)
			p.append(250)
			first, err := p.consumeUntil("reader", atPosition(upTo))
			if !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
			p.append(1)
			second, err := newProcess(t, peer).consumeUntil("reader", atPosition(251))
			if !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
			if got := slices.Concat(first, second); !slices.Equal(got, positions(t, st, 0)) {
				t.Errorf("first %v, then %v", first, second)
			}
		})
	}
}

// TestCrashRepeatsAtMostAPage: from some moment on, the store takes no commit of
// the process, as if it had died then.
func TestCrashRepeatsAtMostAPage(t *testing.T) {
	t.Parallel()
	for _, at := range []int64{1, 2, 50, 100, 101, 200, 201, 233} {
		t.Run(fmt.Sprintf("at event %d", at), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				st, peer := open(t)
				dying := &tap{Store: st}
				newProcess(t, st).append(250)
				first, _ := newProcess(t, dying).consumeUntil("reader", func(e store.Event) bool {
					if e.Position < at {
						return false
					}
					dying.set(func(call) error { return store.ErrUnavailable }, nil)
					return true
				})
				second, _ := newProcess(t, peer).consumeUntil("reader", atPosition(250))
				if len(first) != int(at) || len(second) == 0 {
					t.Fatalf("first %v, then %v", first, second)
				}
				if again := at - second[0] + 1; again < 0 || again > pageSize {
					t.Errorf("died at %d, went on with %d", at, second[0])
				}
				if !slices.Equal(second, positions(t, st, second[0]-1)) {
					t.Errorf("then %v", second)
				}
			})
		})
	}
}

func TestConsumersDoNotTouchEachOther(t *testing.T) {
	t.Parallel()
	st, peer := open(t)
	p := newProcess(t, st)
	p.append(20)
	for i, name := range []string{"a", "b", "Ünïcode name/with:all", "c"} {
		last := int64(5 * (i + 1))
		got, _ := []*process{p, newProcess(t, peer)}[i%2].consumeUntil(name, atPosition(last))
		if !slices.Equal(got, positions(t, st, 0)[:last]) {
			t.Errorf("%s: %v", name, got)
		}
	}
	all, err := p.feed.Consumers(t.Context())
	if err != nil || len(all) != 4 {
		t.Fatal(all, err)
	}
	for i, want := range []int64{5, 10, 20, 15} { // in the order of names
		if c := all[i]; c.Position != want || c.Holder != "" || !c.Until.IsZero() || c.Seen.IsZero() {
			t.Errorf("%+v, want position %d, and released", c, want)
		}
	}
}

func TestPanicOfAHandlerGivesTheLeaseBack(t *testing.T) {
	t.Parallel()
	st, _ := open(t)
	p := newProcess(t, st)
	p.append(3)
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		_ = p.feed.Consume(t.Context(), "reader", func(_ context.Context, e store.Event) error {
			if e.Position == 2 {
				panic("handler")
			}
			return nil
		})
	}()
	if c := p.consumer("reader"); c.Holder != "" || c.Position != 1 {
		t.Errorf("%+v", c)
	}
}

func TestConsumeEndsWhenNoWaitingMends(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st, _ := open(t)
		p := newProcess(t, st)
		p.append(1)
		c := p.consume(nil)
		synctest.Wait()
		if err := st.Close(); err != nil {
			t.Fatal(err)
		}
		p.feed.Wake()
		if err := <-c.done; !errors.Is(err, store.ErrClosed) {
			t.Errorf("%v, want ErrClosed", err)
		}
	})
}
