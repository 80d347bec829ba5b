package sqlite

import (
	"context"
	"errors"
	"sync"
	"time"
)

// readers is a pool of connections that only read. Each runs one call at a
// time and is opened when it is first needed.
type readers struct {
	file     file
	patience time.Duration
	turns    chan struct{} // one for each reader at work

	mu   sync.Mutex
	idle []*conn // the last one used on top: its cache is the warmest
}

func newReaders(settings Options, f file) readers {
	return readers{file: f, patience: settings.BusyTimeout, turns: make(chan struct{}, settings.Readers)}
}

// use calls read with a connection of its own, and again if the file was
// locked: read begins anew each time.
func (r *readers) use(ctx context.Context, read func(*conn) error) error {
	select {
	case r.turns <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-r.turns }()
	err := patiently(ctx, r.patience, func() error {
		c, err := r.take(ctx)
		if err != nil {
			return err
		}
		if err := read(c); err != nil {
			// Whatever state it is in, it goes: an open transaction would
			// show every later call the same old moment.
			return errors.Join(err, c.close())
		}
		r.give(c)
		return nil
	})
	return classify(err)
}

// snapshot is use for a read of several statements that must see one moment.
func (r *readers) snapshot(ctx context.Context, read func(*conn) error) error {
	return r.use(ctx, func(c *conn) error {
		if _, err := c.exec(ctx, "BEGIN"); err != nil {
			return err
		}
		if err := read(c); err != nil {
			return err
		}
		_, err := c.exec(ctx, "COMMIT")
		return err
	})
}

func (r *readers) take(ctx context.Context) (*conn, error) {
	r.mu.Lock()
	if last := len(r.idle) - 1; last >= 0 {
		c := r.idle[last]
		r.idle = r.idle[:last]
		r.mu.Unlock()
		return c, nil
	}
	r.mu.Unlock()
	return r.file.openReader(ctx)
}

func (r *readers) give(c *conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.idle = append(r.idle, c)
}

// close closes all connections. No call is under way any more.
func (r *readers) close() error {
	var errs []error
	for _, c := range r.idle {
		errs = append(errs, c.close())
	}
	r.idle = nil
	return errors.Join(errs...)
}
