package feed

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/engage-interactions/engage/internal/bell"
	"github.com/engage-interactions/engage/internal/lease"
	"github.com/engage-interactions/engage/internal/work"
	"github.com/engage-interactions/engage/store"
)

// errLost says that the lease has ended, or another holder took the consumer over.
var errLost = errors.New("the lease was lost")

// pageSize is how many events are read, and at most handled again after a crash.
const pageSize = 100

// Consume hands the events behind the cursor of name to handle, one after
// another, and goes on with new ones as they come, until ctx ends; it returns the
// error of ctx. A name that is new starts at the floor, with the oldest event that
// there is; see [Feed.Register] for others.
//
// If another holder works for name, it waits. If the lease is lost, say because
// this process stood still, the context of the handler ends, and Consume waits
// for its turn again. It gives up on ErrDropped, and on errors that no waiting
// mends, such as work.ErrOutdated or store.ErrClosed.
func (f *Feed) Consume(ctx context.Context, name string, handle func(context.Context, store.Event) error) error {
	holder := f.runner.NewID()
	log := f.opts.Logger.With(slog.String("consumer", name))
	for failures := 0; ; {
		h := held{Feed: f, name: name, holder: holder, handle: handle, log: log}
		further, err := h.turn(ctx)
		if further {
			failures = 0
		}
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, errLost):
			log.WarnContext(ctx, "consumer lost its lease")
			continue
		case !errors.Is(err, store.ErrUnavailable) && !errors.Is(err, store.ErrConflict) && !errors.Is(err, store.ErrUnknownOutcome):
			return err
		}
		log.WarnContext(ctx, "consumer pauses", slog.Any("error", err))
		if err := bell.Wait(ctx, nil, f.opts.Backoff(failures)); err != nil {
			return err
		}
		failures++
	}
}

// acquire waits until the holder has the lease, whose term begins, and returns the
// consumer.
func (f *Feed) acquire(ctx context.Context, name, holder string, t *term) (acquired Consumer, err error) {
	for {
		var left time.Duration // until the lease of somebody else may be taken over
		rung := f.bell.Rung()
		err := f.runner.Do(ctx, func(w *work.Work) error {
			left = 0
			c, err := get(ctx, w, name)
			if err != nil {
				return err
			}
			switch {
			case c == nil:
				if c, err = f.begin(ctx, w, name, Start{}); err != nil {
					return err
				}
			case !c.Dropped.IsZero():
				return dropped(c)
			case c.Holder != holder && f.Held(*c):
				// By the clock. If that is wrong, the bell rings when it is over.
				left = max(f.lease.Free(c.Lease).Sub(f.opts.Clock()), 1)
				return nil
			}
			c.Lease, c.Seen = t.ask(holder)
			acquired = *c
			return consumers.Put(w, c)
		})
		if err != nil {
			return Consumer{}, err
		}
		if left == 0 {
			t.got(acquired.Lease)
			return acquired, nil
		}
		t.stop() // it may have been asked for before somebody else was seen to be first
		if err := bell.Wait(ctx, rung, min(left, f.opts.Poll)); err != nil {
			return Consumer{}, err
		}
	}
}

// held is the work of one holder while it has the lease.
type held struct {
	*Feed

	name, holder string
	position     int64 // all up to here is handled
	term         term
	handle       func(context.Context, store.Event) error
	log          *slog.Logger
}

// turn waits for the lease and works until ctx ends or it is lost. It reports whether it
// got any further.
func (h *held) turn(ctx context.Context) (further bool, err error) {
	leased, stop := context.WithCancelCause(ctx)
	defer stop(context.Canceled)
	// Whatever the store does, the handler's context ends before the lease.
	h.term = term{lease: h.lease, clock: h.opts.Clock, end: func() { stop(errLost) }}
	defer h.term.stop()
	c, err := h.acquire(ctx, h.name, h.holder, &h.term)
	if err != nil {
		return false, err
	}
	h.position = c.Position
	err = h.work(ctx, leased, stop)
	return h.position > c.Position, err
}

// work handles events until ctx ends or the lease is lost. Whatever ends it, the
// cursor is saved and the lease given back if that is still possible.
func (h *held) work(ctx, leased context.Context, stop context.CancelCauseFunc) (err error) {
	var renewing sync.WaitGroup
	renewing.Go(func() { stop(h.renew(leased)) })
	defer func() {
		stop(context.Canceled)
		renewing.Wait()
		last, done := context.WithTimeout(context.WithoutCancel(ctx), h.opts.Lease/3)
		defer done()
		if serr := h.save(last, true); serr != nil && err == nil {
			err = serr
		}
	}()
	for {
		rung := h.bell.Rung()
		events, err := h.runner.Store().Events(leased, h.runner.Tenant(), h.position, pageSize)
		if err != nil {
			return h.cause(leased, err)
		}
		if len(events) == 0 {
			if err := bell.Wait(leased, rung, h.opts.Poll); err != nil {
				return h.cause(leased, err)
			}
			continue
		}
		for _, e := range events {
			if err := h.handleOne(leased, e); err != nil {
				return h.cause(leased, err)
			}
			h.position = e.Position
		}
		if err := h.save(leased, false); err != nil {
			return h.cause(leased, err)
		}
	}
}

// cause returns why the lease's context ended, if it did, else err.
func (h *held) cause(leased context.Context, err error) error {
	if leased.Err() != nil {
		return context.Cause(leased)
	}
	return err
}

// handleOne hands one event to the handler until it succeeds or the lease ends.
func (h *held) handleOne(leased context.Context, e store.Event) error {
	for failures := 0; ; failures++ {
		if err := leased.Err(); err != nil {
			return err
		}
		err := h.handle(leased, e)
		if err == nil {
			return nil
		}
		if leased.Err() != nil {
			return leased.Err()
		}
		h.log.WarnContext(leased, "event handler failed, and will be called again",
			slog.Int64("position", e.Position), slog.String("type", e.Type),
			slog.Int("failures", failures+1), slog.Any("error", err))
		if failures == 0 { // what is done is done, in case this one takes long
			if err := h.save(leased, false); err != nil {
				return err
			}
		}
		if err := bell.Wait(leased, nil, h.opts.Backoff(failures)); err != nil {
			return err
		}
	}
}

// renew extends the lease again and again, and with it the term, until ctx ends
// or the lease is lost.
func (h *held) renew(ctx context.Context) error {
	for pause := h.opts.Lease / 3; ; {
		if err := bell.Wait(ctx, nil, pause); err != nil {
			return err
		}
		var renewed lease.Lease
		err := h.change(ctx, func(c *Consumer) {
			renewed, c.Seen = h.term.ask(h.holder)
			c.Lease = renewed
		})
		switch {
		case err == nil:
			h.term.got(renewed)
			pause = h.opts.Lease / 3
		case errors.Is(err, errLost), ctx.Err() != nil:
			return err
		default:
			h.log.WarnContext(ctx, "lease could not be renewed", slog.Any("error", err))
			pause = h.opts.Lease / 10 // while there is time
		}
	}
}

// save writes the cursor, and gives the lease back if release is true.
func (h *held) save(ctx context.Context, release bool) error {
	err := h.change(ctx, func(c *Consumer) {
		c.Seen = h.opts.Clock()
		c.Position = max(c.Position, h.position)
		if release {
			c.Lease = lease.Lease{}
		}
	})
	if release {
		h.bell.Ring() // for those who wait for the lease
	}
	return err
}

// change changes the consumer's record, if it is still this holder's.
func (h *held) change(ctx context.Context, do func(c *Consumer)) error {
	return h.runner.Do(ctx, func(w *work.Work) error {
		c, err := consumers.Get(ctx, w, h.name)
		if err != nil {
			return err
		}
		if c == nil || c.Holder != h.holder {
			return errLost
		}
		do(c)
		return consumers.Put(w, c)
	})
}
