package sqlite

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/engage-interactions/engage/store"
)

// Store is a [store.Store] in one SQLite file. Make one with [Open].
type Store struct {
	file    file
	catalog store.Catalog
	tables  tables
	readers readers
	writer  *writer

	mu      sync.Mutex
	closing bool
	calls   sync.WaitGroup // the calls under way
	closed  chan struct{}  // closed when nothing is left
}

var _ store.Store = (*Store)(nil)

// Open opens the database in the file at path, and makes it if there is no
// file or an empty one. Nil options stand for the defaults.
//
// The path is that of a file, whatever characters it holds; ":memory:" and URIs
// mean nothing special, and the former is refused. Beside the file SQLite
// keeps two more, path-wal and path-shm, while it is in use.
//
// A file that is not a database of this package is left alone: the error wraps
// [ErrNotEngage], and for one of a newer version [ErrNewer]. The other errors
// are [ErrCorrupt] for a file that is cut off or visibly damaged (Open does not
// read all of it; PRAGMA integrity_check does), [ErrReadOnly] if file or
// directory cannot be written, [io/fs.ErrNotExist] for a missing directory,
// [store.ErrUnavailable] if another process kept it locked, [store.ErrInvalid]
// for a path or an option that cannot be, and the context's.
func Open(ctx context.Context, path string, opts *Options) (*Store, error) {
	return open(ctx, path, opts, dial)
}

func open(ctx context.Context, path string, opts *Options, dial dialer) (*Store, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	settings, err := opts.resolve()
	if err != nil {
		return nil, err
	}
	file, err := newFile(path, dial)
	if err != nil {
		return nil, err
	}
	if err := file.inspect(ctx); err != nil {
		return nil, err
	}
	first, err := file.openWriter(ctx, "mode=rwc", settings)
	if err != nil {
		return nil, err
	}
	err = file.checkWritable(first)
	if err == nil {
		err = migrate(ctx, first, settings.BusyTimeout)
	}
	if err != nil {
		return nil, errors.Join(file.explain(err), first.close())
	}
	s := &Store{
		file:    file,
		readers: newReaders(settings, file),
		closed:  make(chan struct{}),
	}
	s.writer = newWriter(settings, file, first, &s.readers)
	go s.writer.run(context.WithoutCancel(ctx)) // it outlives Open
	return s, nil
}

// Close waits for the calls under way and closes the file. What SQLite keeps
// beside it goes away with the last handle. A call on a closed store gives
// [store.ErrClosed], also if its context is done.
func (s *Store) Close() error {
	s.mu.Lock()
	first := !s.closing
	s.closing = true
	s.mu.Unlock()
	if !first {
		<-s.closed
		return nil
	}
	s.calls.Wait()
	err := errors.Join(s.readers.close(), s.writer.close())
	close(s.closed)
	if err != nil {
		return fmt.Errorf("sqlite: closing: %w", err)
	}
	return nil
}

// enter begins a call, which ends with s.calls.Done.
func (s *Store) enter(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		return store.ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	s.calls.Add(1)
	return nil
}
