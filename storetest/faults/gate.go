package faults

import (
	"context"
	"sync"
)

// Gate holds calls up until it is opened, or their contexts end. It serves once:
// what is open stays open.
type Gate struct {
	open chan struct{}

	mu      sync.Mutex
	held    []Call
	arrived chan struct{} // closed, and replaced, whenever a call arrives
	once    sync.Once
}

// NewGate returns a Gate that is closed.
func NewGate() *Gate {
	return &Gate{open: make(chan struct{}), arrived: make(chan struct{})}
}

// Before returns the fault that a call is held up before its effect. If its context
// ends meanwhile, it goes on to the store, which finds it done.
func (g *Gate) Before() Fault {
	return Before("the call is held up before its effect", g.hold)
}

// After returns the fault that a call is held up after its effect. If its context
// ends meanwhile, the caller is told how it ended.
func (g *Gate) After() Fault {
	return After("the call is held up after its effect", func(ctx context.Context, c Call, _ error) { g.hold(ctx, c) })
}

// Open lets all calls pass, those that are still to come too. It may be called
// again.
func (g *Gate) Open() { g.once.Do(func() { close(g.open) }) }

// Await waits until n calls have arrived at the gate, and returns them in the order
// in which they came. They may have passed since, if it was opened or their contexts
// have ended.
func (g *Gate) Await(ctx context.Context, n int) ([]Call, error) {
	for {
		g.mu.Lock()
		held, arrived := g.held, g.arrived
		g.mu.Unlock()
		if len(held) >= n {
			return held[:n:n], nil
		}
		select {
		case <-arrived:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (g *Gate) hold(ctx context.Context, c Call) {
	g.mu.Lock()
	g.held = append(g.held, c.bare())
	close(g.arrived)
	g.arrived = make(chan struct{})
	g.mu.Unlock()
	select {
	case <-g.open:
	case <-ctx.Done():
	}
}
