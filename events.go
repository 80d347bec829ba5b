package engage

import (
	"context"
	"errors"
	"iter"
	"time"
	"unicode/utf8"

	"github.com/engage-interactions/engage/internal/feed"
	"github.com/engage-interactions/engage/store"
)

// Events reads the log of what happened to the tenant's data.
type Events struct{ scope }

// After returns the events behind a position, 0 for all, in order, up to the end
// of the log; it does not wait for more. An error ends the sequence; one that
// wraps ErrTrimmed says that events behind the position are forgotten.
//
//	for event, err := range eng.Events.After(ctx, position) {
//		if err != nil {
//			return err
//		}
//		…
//		position = event.Position
//	}
func (s Events) After(ctx context.Context, position int64) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		if err := s.allow(ctx, ActionEventsRead, Resource{Type: ResourceEvents}); err != nil {
			yield(Event{}, err)
			return
		}
		at := position // each reading of the sequence begins there
		for {
			page, err := s.core.runner.Store().Events(ctx, s.core.opts.Tenant, at, store.MaxLimit)
			if err != nil {
				yield(Event{}, err)
				return
			}
			for _, stored := range page {
				event, err := readEvent(stored)
				if !yield(event, err) || err != nil {
					return
				}
				at = stored.Position
			}
			if len(page) == 0 {
				return
			}
		}
	}
}

// ConsumerStart says where a new consumer begins. Its zero value is with the oldest event
// that there is. At most one of its fields may be set.
type ConsumerStart struct {
	// Latest: with what happens from now on.
	Latest bool
	// After is a position: with the first event behind it. 0 is the oldest event that
	// there is.
	After int64
}

// Register makes a consumer known under a name that is new, and says where it begins: a
// host that has just imported a backlog, or adds a bot later, may not want to hand it all
// that has ever happened. It changes nothing if the name is known, whatever start says, so
// that a process can call it each time before it consumes:
//
//	if _, err := eng.Events.Register(ctx, "bot", engage.ConsumerStart{Latest: true}); err != nil {
//		return err
//	}
//	err := eng.Events.Consume(ctx, "bot", handle)
//
// With Latest, what was committed before Register was called is not handed over, and all
// that is committed after it has returned is; of what is committed meanwhile, all from some
// event on. To begin at some time, look with After where that was. Nothing behind the
// position is trimmed until the consumer has handled it, or was dropped because nobody
// has consumed under its name for longer than ConsumerOptions.Abandoned.
//
// It returns the consumer as it is. The error wraps ErrTrimmed if events behind the
// position are forgotten, ErrInvalid if it is behind the end of the log, and ErrDropped as
// that of Consume does.
func (s Events) Register(ctx context.Context, name string, start ConsumerStart) (Consumer, error) {
	if err := s.consumer(ctx, ActionEventsConsume, name); err != nil {
		return Consumer{}, err
	}
	if start.After < 0 || start.Latest && start.After != 0 {
		return Consumer{}, invalid("After", "is negative, or stands beside Latest")
	}
	c, err := s.core.feed.Register(ctx, name, feed.Start{Latest: start.Latest, After: start.After})
	if wrong, ok := errors.AsType[*store.InvalidError](err); ok && wrong.Field == "After" {
		return Consumer{}, invalid(wrong.Field, wrong.Reason)
	}
	if err != nil {
		return Consumer{}, err
	}
	return s.show(c), nil
}

// Consume hands events to handle, one after another in order, and goes on with
// new ones as they come, until ctx ends, whose error it returns.
//
// The log is read under a name, whose position is kept in the store: after a
// restart it goes on behind the last event that was handled. A new name starts
// with the oldest event that there is, unless it was registered elsewhere: see
// Register. Several processes may consume under one name; one at a time does, the
// others stand by. One that is killed keeps its turn until its lease is over, see
// ConsumerOptions: until then, 35 seconds if nothing else is set, whoever consumes next
// stands by, too. What MaxClockSkew there says of clocks that are moved holds for that.
//
// Each event is handed over at least once: after a crash, up to 100 come again.
// When handle returns an error, the same event comes again after a pause, and no
// other before it, and Options.Logger is told: so it should return only what may pass. What is
// refused once, such as to engage where a thread was closed meanwhile, may be refused for ever,
// and would hold up all that comes behind; or be done later, when nobody expects it any more:
//
//	if errors.Is(err, engage.ErrRefused) {
//		return nil // it is somebody else's by now
//	}
//	return err // the same event comes again
//
// The handler's context ends with ctx, and when the process has
// lost its turn to another because it stood still for too long.
//
// The error wraps ErrDropped if the name has stayed away past
// ConsumerOptions.Abandoned and the log went on without it; Forget it to begin
// anew.
func (s Events) Consume(ctx context.Context, name string, handle func(ctx context.Context, event Event) error) error {
	if handle == nil {
		return invalid("handle", "is nil")
	}
	if err := s.consumer(ctx, ActionEventsConsume, name); err != nil {
		return err
	}
	return s.core.feed.Consume(ctx, name, func(ctx context.Context, stored store.Event) error {
		event, err := readEvent(stored)
		if err != nil {
			return err
		}
		return handle(ctx, event)
	})
}

// Consumer is the state of a consumer of events.
type Consumer struct {
	Name     string    `json:"name"`
	Position int64     `json:"position"`         // of the last event that it has handled, or does not want
	Active   bool      `json:"active"`           // a process is consuming under the name, or died not long ago
	Seen     time.Time `json:"seen"`             // when it was last heard of
	Dropped  time.Time `json:"dropped,omitzero"` // when it was dropped
}

// Consumers returns all consumers, in the order of their names.
func (s Events) Consumers(ctx context.Context) ([]Consumer, error) {
	if err := s.allow(ctx, ActionEventsRead, Resource{Type: ResourceConsumer}); err != nil {
		return nil, err
	}
	all, err := s.core.feed.Consumers(ctx)
	consumers := make([]Consumer, 0, len(all))
	for _, c := range all {
		consumers = append(consumers, s.show(c))
	}
	return consumers, err
}

func (s Events) show(c feed.Consumer) Consumer {
	return Consumer{Name: c.Name, Position: c.Position, Active: s.core.feed.Held(c), Seen: c.Seen, Dropped: c.Dropped}
}

// Forget removes a consumer and its position; under the same name a new one can
// begin. It is a conflict while a process consumes under the name; that of one which
// died lasts until its lease is over: see ConsumerOptions.MaxClockSkew.
func (s Events) Forget(ctx context.Context, name string) error {
	if err := s.consumer(ctx, ActionEventsTrim, name); err != nil {
		return err
	}
	return s.core.feed.Forget(ctx, name)
}

// Trim forgets the events that all consumers have handled, so that the log does
// not grow for ever, and returns the position up to which it is forgotten. Without
// any consumer it forgets nothing. A consumer that nobody has heard of for longer
// than ConsumerOptions.Abandoned is dropped, with EventConsumerDropped.
func (s Events) Trim(ctx context.Context) (position int64, err error) {
	if err := s.allow(ctx, ActionEventsTrim, Resource{Type: ResourceEvents}); err != nil {
		return 0, err
	}
	return s.core.feed.Trim(ctx)
}

func (s Events) consumer(ctx context.Context, action Action, name string) error {
	if name == "" || len(name) > maxPlain || !utf8.ValidString(name) || plain(name) != name {
		return invalid("name", "is not 1 to 128 bytes of printable UTF-8")
	}
	return s.allow(ctx, action, Resource{Type: ResourceConsumer, ID: name})
}
