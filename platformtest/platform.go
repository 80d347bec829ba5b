package platformtest

import (
	"context"
	"fmt"
	"sync"

	"github.com/engage-interactions/engage"
)

// What a send is told that gets no answer from the platform. Both wrap
// [engage.ErrUnknownOutcome].
var (
	// ErrCrashed says that the process which sends is dead: see [Platform.Crash].
	ErrCrashed = fmt.Errorf("platformtest: the process crashed: %w", engage.ErrUnknownOutcome)
	// ErrClosed says that the test is over: see [Platform.Close].
	ErrClosed = fmt.Errorf("platformtest: the platform is closed: %w", engage.ErrUnknownOutcome)
)

// Platform is an [engage.KeyedPlatform] in memory. It is safe for concurrent use.
type Platform struct {
	world *world
	crash *signal // of the process that this is the platform for
}

var _ engage.KeyedPlatform = (*Platform)(nil)

// world is what all processes see.
type world struct {
	honoursKeys bool
	foreignID   func(n int) string
	closed      *signal

	mu        sync.Mutex
	changed   chan struct{} // closed, and replaced, whenever something was delivered or answered
	rules     []*rule
	onSend    []func(engage.Delivery)
	onDeliver []func(Delivered)
	sends     []*send // in the order in which they came
	delivered []Delivered
	echoed    int               // how many of them Echo has given
	byKey     map[string]string // the foreign ID of what was delivered, by key
	watch     watch
}

// Option is something that is different from the platform that [New] makes by
// itself.
type Option func(*world)

// HonourKeys makes the platform honour keys: of all sends with the same key one is
// delivered, and all that are answered get its foreign ID. Without, it delivers
// whatever it is sent.
func HonourKeys() Option {
	return func(w *world) { w.honoursKeys = true }
}

// ForeignIDs says what the platform calls what it delivers; n counts what was
// delivered, from 1. Without, it is "m1", "m2" and so on. An f that always returns ""
// makes a platform that has no names. It must not call the platform.
func ForeignIDs(f func(n int) string) Option {
	return func(w *world) { w.foreignID = f }
}

// New returns a platform that delivers all it is sent, at once.
func New(options ...Option) *Platform {
	w := &world{
		foreignID: func(n int) string { return fmt.Sprintf("m%d", n) },
		closed:    newSignal(),
		changed:   make(chan struct{}),
		byKey:     make(map[string]string),
		watch:     newWatch(),
	}
	for _, option := range options {
		option(w)
	}
	return &Platform{world: w, crash: newSignal()}
}

// HonoursKeys reports whether the platform was made with [HonourKeys].
func (p *Platform) HonoursKeys() bool { return p.world.honoursKeys }

// Send does what the test has set for this send, and delivers it if nothing was set.
// A send whose context has ended already is refused, and not counted.
func (p *Platform) Send(ctx context.Context, d engage.Delivery) (foreignID string, err error) {
	s, hooks, err := p.arrive(ctx, d)
	if err != nil {
		return "", err
	}
	answered := false
	defer func() {
		if !answered { // on the way out with a panic
			foreignID, err = "", errPanicked
		}
		s.answer(foreignID, err)
	}()
	for _, hook := range hooks {
		hook(d)
	}
	foreignID, err = s.behaviour.act(ctx, s)
	if p.crash.given() { // the dead hear nothing
		foreignID, err = "", ErrCrashed
	}
	answered = true
	return foreignID, err
}

// arrive takes a send in, and says what is to become of it and who wants to know.
func (p *Platform) arrive(ctx context.Context, d engage.Delivery) (*send, []func(engage.Delivery), error) {
	w := p.world
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.closed.given():
		return nil, nil, ErrClosed
	case p.crash.given():
		return nil, nil, ErrCrashed
	case ctx.Err() != nil:
		return nil, nil, fmt.Errorf("platformtest: too late to send: %w", ctx.Err())
	}
	s := &send{from: p, number: len(w.sends) + 1, delivery: d, behaviour: w.choose(d), abandoned: ctx.Done()}
	w.watch.arrived(s, w.honoursKeys)
	w.sends = append(w.sends, s)
	return s, w.onSend, nil
}

// OnSend has f called on each send that reaches the platform, before anything else
// becomes of it, by the goroutine that sends.
func (p *Platform) OnSend(f func(engage.Delivery)) {
	w := p.world
	w.mu.Lock()
	defer w.mu.Unlock()
	w.onSend = append(w.onSend[:len(w.onSend):len(w.onSend)], f)
}

// OnDeliver has f called with what is delivered, before the sender has its answer and
// by the goroutine that sends: as a platform does whose echo is faster than its
// answer. For one that comes later see [Platform.Echo].
func (p *Platform) OnDeliver(f func(Delivered)) {
	w := p.world
	w.mu.Lock()
	defer w.mu.Unlock()
	w.onDeliver = append(w.onDeliver[:len(w.onDeliver):len(w.onDeliver)], f)
}

// Process returns the platform as another process sees it. All is shared: what was
// delivered, what was set, what is watched. Only Crash is its own.
func (p *Platform) Process() *Platform {
	return &Platform{world: p.world, crash: newSignal()}
}

// Crash is the death of the process that this is the platform for. Its sends get
// ErrCrashed, those under way too; nothing that it sends from now on is delivered.
// What it has sent already still can be, if a [Hold.Late] has it. Let its store fail
// at the same time: the dead write nothing, either.
func (p *Platform) Crash() { p.crash.give() }

// Crashed is closed when Crash is called.
func (p *Platform) Crashed() <-chan struct{} { return p.crash.c }

// Close ends the platform, for all processes: what hangs or is held gets ErrClosed,
// and it waits until all sends have returned. So it must not be called within one. It
// may be called again. What was delivered can still be looked at.
func (p *Platform) Close() {
	w := p.world
	w.mu.Lock()
	w.closed.give()
	w.mu.Unlock()
	_ = w.until(context.Background(), func() bool {
		for _, s := range w.sends {
			if !s.answered {
				return false
			}
		}
		return true
	}) // no error: nobody gives up, as all that waits was told to return
}

// until waits until holds is true, which is called with the lock held.
func (w *world) until(ctx context.Context, holds func() bool) error {
	for {
		w.mu.Lock()
		ok, changed := holds(), w.changed
		w.mu.Unlock()
		if ok {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// tell wakes who waits. The lock is held.
func (w *world) tell() {
	close(w.changed)
	w.changed = make(chan struct{})
}

// signal is given once.
type signal struct {
	c    chan struct{}
	once sync.Once
}

func newSignal() *signal { return &signal{c: make(chan struct{})} }

func (s *signal) give() { s.once.Do(func() { close(s.c) }) }

func (s *signal) given() bool { return over(s.c) }

// over reports whether a channel is closed.
func over(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
