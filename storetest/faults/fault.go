package faults

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/engage-interactions/engage/store"
)

// Fault is something that can go wrong with a call. It is a value: it can be kept,
// narrowed, combined, and injected any number of times.
type Fault struct {
	name    string
	methods []Method          // that it can befall
	filters []func(Call) bool // all of which must agree
	around  func(ctx context.Context, c Call, next func(context.Context) error) error
}

// String says what goes wrong.
func (f Fault) String() string { return f.name }

// Methods returns the methods whose calls the fault can befall.
func (f Fault) Methods() []Method { return slices.Clone(f.methods) }

// On returns the fault narrowed to calls of some methods. Only so can one befall
// Close, if it is one that can befall any other.
func (f Fault) On(methods ...Method) Fault {
	can := f.methods
	if len(can) == len(all()) {
		can = Methods()
	}
	f.methods = slices.DeleteFunc(slices.Clone(methods), func(m Method) bool { return !slices.Contains(can, m) })
	return f
}

// If returns the fault narrowed to calls of which can is true. It is asked once for
// each call, one after another, and must not call the store.
func (f Fault) If(can func(Call) bool) Fault {
	f.filters = append(slices.Clone(f.filters), can)
	return f
}

// Named returns the fault under another name.
func (f Fault) Named(name string) Fault {
	f.name = name
	return f
}

// Around returns both faults in one, which can befall what both can: inner befalls
// the call, and f what comes of that.
func (f Fault) Around(inner Fault) Fault {
	outer := f.around
	f.name = f.name + ", and " + inner.name
	f.methods = slices.DeleteFunc(slices.Clone(f.methods), func(m Method) bool { return !slices.Contains(inner.methods, m) })
	f.filters = slices.Concat(f.filters, inner.filters)
	f.around = func(ctx context.Context, c Call, next func(context.Context) error) error {
		return outer(ctx, c, func(ctx context.Context) error { return inner.around(ctx, c, next) })
	}
	return f
}

func (f Fault) befalls(c Call) bool {
	if !slices.Contains(f.methods, c.Method) {
		return false
	}
	for _, agrees := range f.filters {
		if !agrees(c) {
			return false
		}
	}
	return true
}

// all are the methods that a fault can befall unless it says otherwise.
func all() []Method { return []Method{Prepare, Get, Find, Commit, Events, Trim} }

// Instead returns a fault that decides on the call: do makes it with next, or not,
// and returns its error. It is the most general one, and it may break the contract.
func Instead(name string, do func(ctx context.Context, c Call, next func(context.Context) error) error) Fault {
	return Fault{name: name, methods: all(), around: do}
}

// Before returns a fault that does something before the call, which then goes well.
func Before(name string, do func(ctx context.Context, c Call)) Fault {
	return Instead(name, func(ctx context.Context, c Call, next func(context.Context) error) error {
		do(ctx, c)
		return next(ctx)
	})
}

// After returns a fault that does something after the call has ended with err, and
// before the caller is told.
func After(name string, do func(ctx context.Context, c Call, err error)) Fault {
	return Instead(name, func(ctx context.Context, c Call, next func(context.Context) error) error {
		err := next(ctx)
		do(ctx, c, err)
		return err
	})
}

// Fail returns a fault that gives an error instead of the call, which has no effect.
func Fail(err error) Fault {
	return Instead(fmt.Sprintf("the call fails with %q", err), func(context.Context, Call, func(context.Context) error) error {
		return err
	})
}

// FailAfter returns a fault that gives an error although the call has had its
// effect. No store may do that to a Commit, unless the error wraps
// store.ErrUnknownOutcome.
func FailAfter(err error) Fault {
	return Instead(fmt.Sprintf("the call fails with %q after its effect", err),
		func(ctx context.Context, _ Call, next func(context.Context) error) error {
			if failed := next(ctx); failed != nil {
				return failed
			}
			return err
		})
}

// Unavailable returns a fault that gives store.ErrUnavailable instead of the call.
func Unavailable() Fault {
	return Fail(fmt.Errorf("%w: unplugged", store.ErrUnavailable)).Named("the store is unavailable")
}

// injection is a fault, and the calls that it is to befall.
type injection struct {
	fault Fault
	at    []int // counted from 1 over those that it can befall; none: all

	mu      sync.Mutex
	on      bool
	reached int    // calls that it could befall
	struck  []Call // calls that it befell
}

// strikes counts a call, and reports whether the fault befalls it.
func (i *injection) strikes(c Call) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	if !i.on || !i.fault.befalls(c) {
		return false
	}
	i.reached++
	if len(i.at) > 0 && !slices.Contains(i.at, i.reached) {
		return false
	}
	i.struck = append(i.struck, c.bare())
	return true
}

func (i *injection) turn(on bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.on = on
}

// befell returns the calls that the fault has befallen.
func (i *injection) befell() []Call {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.Clone(i.struck)
}
