package sqlite

import (
	"context"
	"database/sql/driver"
)

// What the tests see of the inside.

// ApplicationID is the mark in the file.
const ApplicationID = applicationID

// Dialer opens connections.
type Dialer = dialer

// Dial is the dialer in use outside of tests.
func Dial(ctx context.Context, dsn string) (driver.Conn, error) { return dial(ctx, dsn) }

// OpenWith is Open with another dialer.
func OpenWith(ctx context.Context, path string, opts *Options, dial Dialer) (*Store, error) {
	return open(ctx, path, opts, dial)
}

// Waiting returns how many jobs wait for the writer.
func (s *Store) Waiting() int {
	s.writer.queue.mu.Lock()
	defer s.writer.queue.mu.Unlock()
	return len(s.writer.queue.jobs)
}

// Path returns the path of the file.
func (s *Store) Path() string { return s.file.path }
