package feed

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/engage-interactions/engage/internal/bell"
	"github.com/engage-interactions/engage/internal/lease"
	"github.com/engage-interactions/engage/internal/work"
	"github.com/engage-interactions/engage/store"
)

// ErrDropped says that a consumer stayed away for so long that the log went on
// without it: events it has not seen may be gone. Forget it, and it starts anew.
var ErrDropped = errors.New("the consumer was dropped")

// Options of a Feed. All durations have a default.
type Options struct {
	Clock func() time.Time // required
	// Lease is how long a holder owns a consumer without renewing. Default 30 s.
	Lease time.Duration
	// Skew is by how much the clocks of processes may differ: a lease is taken
	// over that long after its end. If they differ by more, one that is not renewed
	// is taken over when Lease and twice Skew have gone by, without a clock, since
	// this Feed has first seen it so. Default 5 s.
	Skew time.Duration
	// Poll is how often to look for events of other processes; those of this
	// process are seen at once. Default 500 ms.
	Poll time.Duration
	// Backoff is the pause before an event is handled for the n-th time again.
	// Default: 100 ms · 2ⁿ, at most 30 s.
	Backoff func(n int) time.Duration
	// Abandoned is how long a consumer may stay away before a trim drops it.
	// Default 30 days.
	Abandoned time.Duration
	// OnDrop, if not nil, may add to the work that drops a consumer.
	OnDrop func(*work.Work, Consumer) error
	Logger *slog.Logger // required
}

// Feed hands out the events of one tenant. It is safe for concurrent use.
type Feed struct {
	runner *work.Runner
	opts   Options
	lease  lease.Terms
	bell   bell.Bell
	others watch
}

// New returns a Feed over the log that the runner's works append to.
func New(r *work.Runner, opts Options) *Feed {
	orDefault(&opts.Lease, 30*time.Second)
	orDefault(&opts.Skew, 5*time.Second)
	orDefault(&opts.Poll, 500*time.Millisecond)
	orDefault(&opts.Abandoned, 30*24*time.Hour)
	if opts.Backoff == nil {
		opts.Backoff = func(n int) time.Duration {
			return min(100*time.Millisecond<<min(n, 10), 30*time.Second)
		}
	}
	f := &Feed{runner: r, opts: opts, lease: lease.Terms{Length: opts.Lease, Skew: opts.Skew}}
	f.others.patience, f.others.then = f.lease.Patience(), f.bell.Ring
	return f
}

func orDefault(d *time.Duration, value time.Duration) {
	if *d == 0 {
		*d = value
	}
}

// Wake tells consumers of this process that there are new events.
func (f *Feed) Wake() { f.bell.Ring() }

// Consumer is the state of a named consumer.
type Consumer struct {
	Name     string `json:"name"`
	Position int64  `json:"position"` // all up to here is handled
	lease.Lease
	Seen    time.Time `json:"seen"`             // when a holder was last heard of
	Dropped time.Time `json:"dropped,omitzero"` // when it was given up

	version store.Version // of the record that it was read from, if somebody holds it
}

// floor is the guard of all cursors.
type floor struct {
	Position int64 `json:"position"`
	Changes  int64 `json:"changes"` // counts those who rewrote it
}

const floorID = "floor"

var (
	consumers = work.Table[Consumer]{Kind: "consumer", Format: 1, ID: func(c *Consumer) string { return c.Name }}
	floors    = work.Table[floor]{Kind: "consumer_floor", Format: 1, ID: func(*floor) string { return floorID }}
)

// Tables are what a Feed keeps.
func Tables() []work.Kept { return []work.Kept{&consumers, &floors} }

// Kinds returns the kinds of record that a Feed keeps.
func Kinds() []store.Kind { return work.Kinds(Tables()) }

// get returns a consumer, nil if there is none.
func get(ctx context.Context, w *work.Work, name string) (*Consumer, error) {
	c, err := consumers.Get(ctx, w, name)
	if c != nil && err == nil {
		err = c.see(ctx, w)
	}
	return c, err
}

// see notes the version of the record, which the work has read, if somebody holds it.
func (c *Consumer) see(ctx context.Context, w *work.Work) (err error) {
	if c.Holder != "" {
		c.version, _, err = consumers.Peek(ctx, w, c.Name)
	}
	return err
}

// guard reads the floor for a work that rewrites it.
func guard(ctx context.Context, w *work.Work) (*floor, error) {
	fl, err := floors.Get(ctx, w, floorID)
	if fl == nil {
		fl = &floor{}
	}
	fl.Changes++
	return fl, err
}

// Consumers returns all consumers, in the order of their names.
func (f *Feed) Consumers(ctx context.Context) (all []Consumer, err error) {
	err = f.runner.Do(ctx, func(w *work.Work) error {
		found, err := list(ctx, w)
		all = nil
		for _, c := range found {
			all = append(all, *c)
		}
		return err
	})
	if err == nil {
		f.others.keep(func(name string) bool {
			return slices.ContainsFunc(all, func(c Consumer) bool { return c.Name == name })
		})
	}
	return all, err
}

func list(ctx context.Context, w *work.Work) (all []*Consumer, err error) {
	q := store.Query{Limit: store.MaxLimit}
	for {
		page, next, err := consumers.Find(ctx, w, q)
		if err != nil {
			return nil, err
		}
		for _, c := range page {
			if err := c.see(ctx, w); err != nil {
				return nil, err
			}
		}
		all = append(all, page...)
		if q.Cursor = next; next == "" {
			return all, nil
		}
	}
}

// Forget removes a consumer, unless it is held. One that is not there is as good
// as forgotten.
func (f *Feed) Forget(ctx context.Context, name string) error {
	return f.runner.Do(ctx, func(w *work.Work) error {
		c, err := get(ctx, w, name)
		if err != nil || c == nil {
			return err
		}
		if f.Held(*c) {
			return fmt.Errorf("%w: consumer %q is at work", store.ErrConflict, name)
		}
		fl, err := guard(ctx, w)
		if err != nil {
			return err
		}
		return errors.Join(consumers.Delete(w, c), floors.Put(w, fl))
	})
}

// Held reports whether somebody works for the consumer, as far as one can know.
func (f *Feed) Held(c Consumer) bool {
	return f.lease.Held(c.Lease, f.opts.Clock()) && !f.others.over(&c)
}

// Trim forgets the events that all consumers have handled, and returns the
// position up to which the log is forgotten now. Consumers that stayed away for
// too long are dropped first, so that they do not hold up the rest. Without
// consumers, nothing is forgotten.
func (f *Feed) Trim(ctx context.Context) (mark int64, err error) {
	err = f.runner.Do(ctx, func(w *work.Work) error {
		fl, err := guard(ctx, w)
		if err != nil {
			return err
		}
		all, err := list(ctx, w) // after the guard, which all who register rewrite
		if err != nil {
			return err
		}
		live, low, now := 0, int64(0), f.opts.Clock()
		for _, c := range all {
			switch {
			case !c.Dropped.IsZero():
				continue
			case !f.Held(*c) && now.Sub(c.Seen) > f.opts.Abandoned:
				if err := f.drop(w, c); err != nil {
					return err
				}
				continue
			case live == 0 || c.Position < low:
				low = c.Position
			}
			live++
		}
		if live > 0 {
			fl.Position = max(fl.Position, low)
		}
		mark = fl.Position
		return floors.Put(w, fl)
	})
	if err != nil {
		return 0, err
	}
	// If the process ends here, the next trim does what this one left.
	return mark, f.runner.Store().Trim(ctx, f.runner.Tenant(), mark)
}

func (f *Feed) drop(w *work.Work, c *Consumer) error {
	c.Dropped, c.Lease = f.opts.Clock(), lease.Lease{}
	if f.opts.OnDrop != nil {
		if err := f.opts.OnDrop(w, *c); err != nil {
			return err
		}
	}
	return consumers.Put(w, c)
}
