package platformtest_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/platformtest"
)

func TestDelivers(t *testing.T) {
	t.Parallel()

	p := platformtest.New()
	send(t, p, content("ada", 1))
	send(t, p, content("bob", 1))
	send(t, p, content("ada", 2))
	p.Will(platformtest.Fail(errBusy), platformtest.Next(1))
	if !failed(t, p, content("ada", 3)) {
		t.Error("the fourth did not fail")
	}

	if got, want := bodies(p.Delivered()), []string{"ada-1=m1", "bob-1=m2", "ada-2=m3"}; !slices.Equal(got, want) {
		t.Errorf("delivered %q, want %q", got, want)
	}
	if got, want := bodies(p.Thread("ada")), []string{"ada-1=m1", "ada-2=m3"}; !slices.Equal(got, want) {
		t.Errorf("delivered in the thread %q, want %q", got, want)
	}
	if got, want := p.Seen("ada"), []string{"body ada-1", "body ada-2"}; !slices.Equal(got, want) {
		t.Errorf("the customer sees %q, want %q", got, want)
	}
	for i, d := range p.Delivered() {
		if d.Number != i+1 || d.Send != i+1 || d.Repeated {
			t.Errorf("the %d. is %+v", i+1, d)
		}
	}
	attempts := p.Attempts()
	if len(attempts) != 4 || attempts[2].ForeignID != "m3" || !errors.Is(attempts[3].Err, errBusy) || attempts[3].ForeignID != "" {
		t.Errorf("attempts are %+v", attempts)
	}
	p.Check(t)
}

// TestHonoursKeys shows that a platform that honours keys delivers once per key and
// keeps its answer, whatever went wrong before, and that another one does not.
func TestHonoursKeys(t *testing.T) {
	t.Parallel()

	for _, honours := range []bool{false, true} {
		t.Run(fmt.Sprintf("honours %v", honours), func(t *testing.T) {
			t.Parallel()

			var options []platformtest.Option
			if honours {
				options = append(options, platformtest.HonourKeys())
			}
			p := platformtest.New(options...)
			if p.HonoursKeys() != honours || p.Process().HonoursKeys() != honours {
				t.Fatal("HonoursKeys does not say so")
			}
			p.Will(platformtest.LoseAnswer(), platformtest.Next(1))
			if _, err := p.Send(t.Context(), content("ada", 1)); !errors.Is(err, engage.ErrUnknownOutcome) {
				t.Fatalf("the answer is not lost: %v", err)
			}
			second := send(t, p.Process(), attempt(content("ada", 1), 2))
			third := send(t, p, attempt(content("ada", 1), 3))

			if honours && (len(p.Delivered()) != 1 || second != "m1" || third != "m1") {
				t.Errorf("delivered %q, answered %q and %q", bodies(p.Delivered()), second, third)
			}
			if !honours && (len(p.Delivered()) != 3 || second != "m2" || third != "m3") {
				t.Errorf("delivered %q, answered %q and %q", bodies(p.Delivered()), second, third)
			}
			if got := p.Err(); honours != (got == nil) || !honours && !errors.Is(got, platformtest.ErrRepeated) {
				t.Errorf("Check says %v", got)
			}
		})
	}
}

// TestEmptyKeyIsNone shows that contents without a key are not taken for the same, and
// that one of them is still one.
func TestEmptyKeyIsNone(t *testing.T) {
	t.Parallel()

	p := platformtest.New(platformtest.HonourKeys())
	p.Will(platformtest.DeliverThen(platformtest.Deliver()))
	for n := range int64(2) {
		d := content("ada", n+1)
		d.Key = ""
		send(t, p, d)
	}
	if len(p.Delivered()) != 2 {
		t.Errorf("delivered %q", bodies(p.Delivered()))
	}
}

func TestForeignIDs(t *testing.T) {
	t.Parallel()

	p := platformtest.New(platformtest.ForeignIDs(func(int) string { return "" }), platformtest.HonourKeys())
	for n := range 2 { // without a name it is the same one all the same
		if got := send(t, p, attempt(content("ada", 1), n+1)); got != "" {
			t.Errorf("its name is %q", got)
		}
	}
	if len(p.Delivered()) != 1 {
		t.Errorf("delivered %q", bodies(p.Delivered()))
	}
}

// TestTooLate shows that nothing becomes of a send whose context has ended before.
func TestTooLate(t *testing.T) {
	t.Parallel()

	p := platformtest.New()
	p.Will(platformtest.LoseAnswer(), platformtest.Next(1))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.Send(ctx, content("ada", 1)); !errors.Is(err, context.Canceled) {
		t.Errorf("Send: %v", err)
	}
	if len(p.Attempts()) != 0 || len(p.Delivered()) != 0 {
		t.Errorf("it has arrived: %+v", p.Attempts())
	}
	if _, err := p.Send(t.Context(), content("ada", 1)); !errors.Is(err, engage.ErrUnknownOutcome) {
		t.Errorf("what was set is used up: %v", err)
	}
}

// TestHooks shows who is told of what, and when: of a send before it is delivered, of
// a delivery before the answer, and of an echo when the test wants it.
func TestHooks(t *testing.T) {
	t.Parallel()

	p := platformtest.New()
	var log []string
	p.OnSend(func(d engage.Delivery) {
		log = append(log, fmt.Sprintf("send %s, %d seen", d.Content.ID, len(p.Delivered())))
	})
	p.OnDeliver(func(d platformtest.Delivered) {
		log = append(log, fmt.Sprintf("deliver %s as %s, answered %v", d.Content.ID, d.ForeignID, p.Attempts()[d.Send-1].Answered))
	})
	echo := func(d platformtest.Delivered) {
		log = append(log, fmt.Sprintf("echo %s, answered %v, repeated %v", d.ForeignID, p.Attempts()[d.Send-1].Answered, d.Repeated))
	}
	p.Will(platformtest.Fail(errBusy), platformtest.Next(1))
	p.Will(platformtest.DeliverTwice(), platformtest.Next(1))
	failed(t, p, content("ada", 1))
	send(t, p, attempt(content("ada", 1), 2))
	p.Echo(echo)
	send(t, p, content("ada", 2))
	p.Echo(echo)
	p.Echo(echo)

	want := []string{
		"send ada-1, 0 seen",
		"send ada-1, 0 seen",
		"deliver ada-1 as m1, answered false",
		"deliver ada-1 as m2, answered false",
		"echo m1, answered true, repeated false",
		"echo m2, answered true, repeated true",
		"send ada-2, 2 seen",
		"deliver ada-2 as m3, answered false",
		"echo m3, answered true, repeated false",
	}
	if !slices.Equal(log, want) {
		t.Errorf("got %q, want %q", log, want)
	}
}

// TestAwait shows that the waits end when what they wait for is there, and not before.
func TestAwait(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		p := platformtest.New()
		var wg sync.WaitGroup
		var delivered, answered bool
		wg.Go(func() {
			got, err := p.AwaitDelivered(t.Context(), 2)
			delivered = err == nil && len(got) == 2
		})
		wg.Go(func() {
			got, err := p.AwaitAnswered(t.Context(), 3)
			answered = err == nil && len(got) == 3
		})
		send(t, p, content("ada", 1))
		p.Will(platformtest.Fail(errBusy), platformtest.Next(1))
		failed(t, p, content("ada", 2))
		synctest.Wait()
		if delivered || answered {
			t.Error("a wait was over before its time")
		}
		send(t, p, attempt(content("ada", 2), 2))
		wg.Wait()
		if !delivered || !answered {
			t.Error("a wait has not seen what it waited for")
		}

		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := p.AwaitDelivered(ctx, 3); !errors.Is(err, context.Canceled) {
			t.Errorf("AwaitDelivered: %v", err)
		}
		if _, err := p.AwaitAnswered(ctx, 4); !errors.Is(err, context.Canceled) {
			t.Errorf("AwaitAnswered: %v", err)
		}
	})
}

// TestManyAtOnce sends in many threads and two processes at the same time: all is
// delivered once, each thread in its order, each under its own name.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()

	const threads, contents = 8, 25
	p := platformtest.New(platformtest.HonourKeys())
	p.Will(platformtest.Fail(errBusy), platformtest.OnAttempt(1), platformtest.Where(func(d engage.Delivery) bool { return d.Content.Position%3 == 0 }))
	p.Will(platformtest.LoseAnswer(), platformtest.OnAttempt(1), platformtest.Where(func(d engage.Delivery) bool { return d.Content.Position%3 == 1 }))
	var wg sync.WaitGroup
	for i := range threads {
		from := p
		if i%2 == 1 {
			from = p.Process()
		}
		wg.Go(func() {
			for n := range int64(contents) {
				for tries := 1; ; tries++ {
					if _, err := from.Send(t.Context(), attempt(content(fmt.Sprint("t", i), n+1), tries)); err == nil {
						break
					}
				}
			}
		})
	}
	wg.Wait()

	names := make(map[string]bool)
	for i, d := range p.Delivered() {
		names[d.ForeignID] = true
		if d.Number != i+1 {
			t.Fatalf("the %d. has number %d", i+1, d.Number)
		}
	}
	if len(names) != threads*contents || len(p.Delivered()) != threads*contents {
		t.Errorf("%d names for %d deliveries", len(names), len(p.Delivered()))
	}
	for i := range threads {
		for n, d := range p.Thread(fmt.Sprint("t", i)) {
			if d.Content.Position != int64(n)+1 {
				t.Fatalf("thread %d has %d at %d", i, d.Content.Position, n+1)
			}
		}
	}
	p.Check(t)
}
