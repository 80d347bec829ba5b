package work

import (
	"context"
	"fmt"

	"github.com/engage-interactions/engage/store"
)

// Kept is a [Table], whatever the type of its values.
type Kept interface {
	// Declare returns the kind to prepare.
	Declare() store.Kind
	// Newest returns the format of the values that are written now.
	Newest() int
	// Renew writes a record that w has found anew if it is of an older format, and
	// reports whether it was. One of a newer format is an [*OutdatedError].
	Renew(ctx context.Context, w *Work, r store.Record) (renewed bool, err error)
	// Terms returns those that a record of the newest format has.
	Terms(r store.Record) (map[string]string, error)
}

// Kinds returns the kinds of tables.
func Kinds(tables []Kept) []store.Kind {
	kinds := make([]store.Kind, len(tables))
	for i, table := range tables {
		kinds[i] = table.Declare()
	}
	return kinds
}

// Newest implements [Kept].
func (t *Table[T]) Newest() int { return t.Format }

// Renew implements [Kept]. The record gets the terms and the ID that a new one would have.
func (t *Table[T]) Renew(ctx context.Context, w *Work, r store.Record) (renewed bool, err error) {
	format := readFormat(r.Value)
	if format == t.Format {
		return false, nil
	}
	v, err := t.decode(r)
	if err != nil {
		return false, err
	}
	if t.Mend != nil {
		if err := t.Mend(ctx, w, v, format); err != nil {
			return false, fmt.Errorf("%s %s: bringing it up to date from format %d: %w", t.Kind, r.ID, format, err)
		}
	}
	if key := t.Key(w, t.ID(v)); key != r.Key {
		if err := w.Load(ctx, key); err != nil {
			return false, err
		}
		if err := w.Delete(r.Key); err != nil {
			return false, err
		}
		if w.look(key).Exists() { // it has been written anew since
			return true, nil
		}
	}
	return true, t.Put(w, v)
}

// Terms implements [Kept].
func (t *Table[T]) Terms(r store.Record) (map[string]string, error) {
	v, err := t.decode(r)
	if err != nil {
		return nil, err
	}
	return t.terms(v), nil
}

// OutdatedError says that something was written by a newer version of this program. It wraps
// [ErrOutdated].
type OutdatedError struct {
	Kind          string // of the record
	Format, Known int    // the record's, and the newest that this version knows: 0 if it knows none
}

// Error says what is newer, and what to do.
func (e *OutdatedError) Error() string {
	return fmt.Sprintf("%s: %v (%d, known is %d): run the version that wrote it, or a later one, "+
		"or put back the data as it was before that", e.Kind, ErrOutdated, e.Format, e.Known)
}

// Unwrap returns ErrOutdated.
func (e *OutdatedError) Unwrap() error { return ErrOutdated }
