package platformtest

import (
	"context"
	"fmt"

	"github.com/engage-interactions/engage"
)

// Behaviour is what the platform does with a send: see [Platform.Will]. It is a value,
// and can be set any number of times. The zero Behaviour is Deliver.
type Behaviour struct {
	name string
	do   func(ctx context.Context, s *send) (foreignID string, err error)
}

// String says in words what happens.
func (b Behaviour) String() string {
	if b.do == nil {
		return "deliver"
	}
	return b.name
}

func (b Behaviour) act(ctx context.Context, s *send) (string, error) {
	if b.do == nil {
		return s.deliver(), nil
	}
	return b.do(ctx, s)
}

// Deliver is what the platform does by itself.
func Deliver() Behaviour { return Behaviour{} }

// Fail answers with an error instead of delivering. What that means to the sender is
// said by the error: nothing more, and it will try again; [engage.Permanent];
// [engage.RetryAfter]; or that nobody knows, if it wraps [engage.ErrUnknownOutcome].
// It panics if err is nil.
func Fail(err error) Behaviour {
	if err == nil {
		panic("platformtest: Fail without an error")
	}
	return Behaviour{fmt.Sprintf("fail with %q", err), func(context.Context, *send) (string, error) { return "", err }}
}

// NoAnswer does not deliver, and says that nobody knows: the error wraps
// [engage.ErrUnknownOutcome].
func NoAnswer() Behaviour {
	return Fail(fmt.Errorf("platformtest: there was no answer: %w", engage.ErrUnknownOutcome)).named("give no answer")
}

// LoseAnswer delivers, and says that nobody knows: it is
// DeliverThen(NoAnswer()).
func LoseAnswer() Behaviour { return DeliverThen(NoAnswer()).named("deliver, and lose the answer") }

// Hang does nothing until the context ends. The error wraps the context's.
func Hang() Behaviour {
	return Behaviour{"hang", func(ctx context.Context, s *send) (string, error) { return s.hang(ctx, nil) }}
}

// DeliverThen delivers, and then does something else, which sees to the answer: Hang,
// Crash, Panic, or what a Hold says. Fail here is a platform that lies, and breaks
// what [engage.Platform] asks of it.
func DeliverThen(then Behaviour) Behaviour {
	return Behaviour{"deliver, then " + then.String(), func(ctx context.Context, s *send) (string, error) {
		s.deliver()
		return then.act(ctx, s)
	}}
}

// DeliverTwice delivers two copies, under two foreign IDs, and answers with the
// first. If the platform honours keys and has delivered the content before, it
// delivers one more.
func DeliverTwice() Behaviour {
	return Behaviour{"deliver twice", func(_ context.Context, s *send) (string, error) {
		foreignID := s.deliver()
		s.again()
		return foreignID, nil
	}}
}

// Panic panics instead of delivering.
func Panic(value any) Behaviour {
	return Behaviour{fmt.Sprintf("panic with %v", value), func(context.Context, *send) (string, error) { panic(value) }}
}

// Crash calls [Platform.Crash] instead of delivering: the process dies just before
// the content leaves it. DeliverThen(Crash()) dies before the answer comes.
func Crash() Behaviour {
	return Behaviour{"crash", func(_ context.Context, s *send) (string, error) {
		s.from.Crash()
		return "", ErrCrashed
	}}
}

// Do does whatever f does, and answers with what it returns. Within f, deliver shows
// the content to the customer, as Deliver does, and returns its foreign ID; it does so
// once, however often it is called. name says in words what happens.
func Do(name string, f func(ctx context.Context, d engage.Delivery, deliver func() (foreignID string)) (string, error)) Behaviour {
	return Behaviour{name, func(ctx context.Context, s *send) (string, error) { return f(ctx, s.delivery, s.deliver) }}
}

func (b Behaviour) named(name string) Behaviour {
	b.name = name
	return b
}

// hang waits until the context ends, the process dies, or the test is over; or, with
// no error, until go is closed.
func (s *send) hang(ctx context.Context, resume <-chan struct{}) (string, error) {
	select {
	case <-resume:
		return "", nil
	case <-ctx.Done():
		return "", fmt.Errorf("platformtest: no answer in time: %w", ctx.Err())
	case <-s.from.crash.c:
		return "", ErrCrashed
	case <-s.from.world.closed.c:
		return "", ErrClosed
	}
}
