package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	lib "modernc.org/sqlite/lib"

	"github.com/engage-interactions/engage/store"
)

// journalLimit is how long the write-ahead log may grow, in bytes, before it is made
// to begin again, and what is left of it then.
const journalLimit = 64 << 20

// writerCache is how much of the file the connection that writes keeps in memory, in
// KiB. What one transaction changes should have room there: the rest is written to the
// log before its time, and once more after it.
const writerCache = 32 << 10

// file is the database's file. Nothing in this package opens it but SQLite: to
// close any other descriptor of it would drop the locks that SQLite holds on it
// for the whole process.
type file struct {
	path string // absolute, so that a change of directory does not matter
	dial dialer
}

// newFile checks that path can be that of a database.
func newFile(path string, dial dialer) (file, error) {
	switch {
	case path == "":
		return file{}, &store.InvalidError{Field: "path", Reason: "is empty (package store/memory keeps data in memory)"}
	case path == ":memory:":
		return file{}, &store.InvalidError{Field: "path", Reason: "is :memory: (package store/memory keeps data in memory)"}
	case strings.IndexByte(path, 0) >= 0:
		return file{}, &store.InvalidError{Field: "path", Reason: "holds a NUL"}
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return file{}, fmt.Errorf("sqlite: %w", err)
	}
	return file{path: path, dial: dial}, nil
}

// inspect looks at what is there, without changing anything: not even the
// files that SQLite keeps beside a database come into being.
func (f file) inspect(ctx context.Context) error {
	info, err := os.Stat(f.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if _, err := os.Stat(filepath.Dir(f.path)); err != nil {
			return fmt.Errorf("sqlite: directory of the database, which Open does not make: %w", err)
		}
		return nil
	case err != nil:
		return fmt.Errorf("sqlite: %w", err)
	case info.IsDir():
		return fmt.Errorf("%w: %s is a directory", ErrNotEngage, f.path)
	case !info.Mode().IsRegular():
		return fmt.Errorf("%w: %s is not a regular file", ErrNotEngage, f.path)
	case info.Size() == 0:
		return nil
	}
	// "Immutable" makes SQLite read the file as it is, without locks and
	// without the log. Another process may be at work meanwhile: application
	// and page size always stand there, but the length in the header may be
	// ahead of the file, which only writable_schema forgives.
	look, err := f.open(ctx, "mode=ro", "immutable=1", "_pragma=writable_schema(1)")
	if err != nil {
		return err
	}
	id, err := look.number(ctx, "PRAGMA application_id")
	if err != nil {
		err = fmt.Errorf("looking at %s: %w", f.path, err)
		if code(err) == lib.SQLITE_NOTADB {
			err = fmt.Errorf("%w: %w", ErrNotEngage, err)
		} else {
			err = classify(err)
		}
		return errors.Join(err, look.close())
	}
	pageSize, err := look.number(ctx, "PRAGMA page_size")
	if err := errors.Join(err, look.close()); err != nil {
		return fmt.Errorf("looking at %s: %w", f.path, classify(err))
	}
	if id != applicationID {
		return fmt.Errorf("%w: %s", ErrNotEngage, f.path)
	}
	// SQLite takes the missing rest of a page for zeros. Pages are written
	// whole, and if not, by a machine that died, there is a log or journal to
	// mend it.
	if info.Size()%pageSize != 0 && f.isEmpty("-wal") && f.isEmpty("-journal") {
		return fmt.Errorf("%w: %s ends within a page", ErrCorrupt, f.path)
	}
	return nil
}

// isEmpty reports whether there is nothing in the file beside this one.
func (f file) isEmpty(suffix string) bool {
	info, err := os.Stat(f.path + suffix)
	return err != nil || info.Size() == 0
}

// openWriter opens the connection that writes. The mode says whether the file
// may be created.
func (f file) openWriter(ctx context.Context, mode string, settings Options) (c *conn, err error) {
	params := []string{
		mode,
		"_pragma=synchronous(" + settings.Synchronous.String() + ")",
		"_pragma=journal_size_limit(" + strconv.Itoa(journalLimit) + ")",
		"_pragma=cache_size(-" + strconv.Itoa(writerCache) + ")",
		"_pragma=wal_autocheckpoint(" + strconv.Itoa(copyAt) + ")",
	}
	if settings.Synchronous == Full {
		// Only macOS makes a difference between a sync and a full one.
		params = append(params, "_pragma=fullfsync(1)", "_pragma=checkpoint_fullfsync(1)")
	}
	// Some of these settings read the file.
	err = patiently(ctx, settings.BusyTimeout, func() error {
		c, err = f.open(ctx, params...)
		return err
	})
	return c, err
}

// openReader opens a connection that only reads.
func (f file) openReader(ctx context.Context) (*conn, error) {
	return f.open(ctx, "mode=rw", "_pragma=query_only(1)")
}

// open opens a connection. It does not wait for locks: patiently does.
func (f file) open(ctx context.Context, params ...string) (*conn, error) {
	c, err := newConn(ctx, f.dial, f.dsn(params...))
	if err != nil {
		return nil, f.explain(err)
	}
	return c, nil
}

// dsn returns the address under which the driver opens the file. In a URI no
// character of the path can be taken for something else, and double-quoted
// names that do not exist are errors (dqs), not texts.
func (f file) dsn(params ...string) string {
	path := filepath.ToSlash(f.path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // C:/…
	}
	address := url.URL{Scheme: "file", Path: path}
	return address.String() + "?" + strings.Join(append(params, "_dqs=0"), "&")
}

// checkWritable reports ErrReadOnly for a file that SQLite could open for
// reading only, which it does without a word.
func (f file) checkWritable(c *conn) error {
	raw, ok := c.raw.(interface {
		IsReadOnly(schema string) (bool, error)
	})
	if !ok {
		return nil // the first write will tell
	}
	readOnly, err := raw.IsReadOnly("main")
	if err != nil {
		return fmt.Errorf("sqlite: %w", err)
	}
	if readOnly {
		return ErrReadOnly
	}
	return nil
}

// explain finds out what lies behind an error of opening: SQLite says of a file
// that it cannot create, or cannot create another one beside, only that.
func (f file) explain(err error) error {
	if code(err) == lib.SQLITE_CANTOPEN {
		probe, probeErr := os.CreateTemp(filepath.Dir(f.path), ".engage-*")
		switch {
		case isReadOnly(probeErr):
			return fmt.Errorf("%w: %s: %w: %w", ErrReadOnly, f.path, probeErr, err)
		case probeErr == nil:
			_ = probe.Close()
			_ = os.Remove(probe.Name())
		}
		if info, statErr := os.Stat(f.path); statErr == nil && info.Mode().IsRegular() {
			return fmt.Errorf("%w: %s: %w", store.ErrUnavailable, f.path, err)
		}
	}
	return fmt.Errorf("opening %s: %w", f.path, classify(err))
}

// isReadOnly reports whether err says that the directory cannot be written.
func isReadOnly(err error) bool {
	return errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS)
}
