package work

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"

	"github.com/engage-interactions/engage/store"
)

// ErrOutdated says that a record was written by a newer version of this program.
// It is left as it is: reading it half would be the first step to overwriting it.
var ErrOutdated = errors.New("a stored value has a newer format than this version knows")

// Table stores values of one type as the records of one kind. A value is stored
// as its JSON object with the number of its format before all other members:
//
//	{"_format":1,"contactId":"…",…}
type Table[T any] struct {
	Kind string
	// Format is that of the values written now, counted from 1. It is raised with every
	// change of what is stored: of the values, of their IDs, of the indexes and of their
	// terms. So a record of the newest format is in all indexes, and where it belongs.
	Format int
	// Upgrade, if not nil, returns a value of an older format as one of the newest, as far
	// as the value itself tells. It is called whenever an older one is read. Without it, an
	// older value is read as it is.
	Upgrade func(format int, value []byte) ([]byte, error)
	// Mend, if not nil, adds to a value that was of an older format what other records
	// tell. Only [Table.Renew] calls it. What it reads of the older format may be unmended.
	Mend    func(ctx context.Context, w *Work, v *T, format int) error
	ID      func(*T) string // the ID of the value's record
	Indexes []Index[T]
	// Copy, if set, makes a Runner keep the values that Get has decoded: they are few, and read
	// far more often than written. It returns a copy that shares nothing with the value
	// that either could be changed through.
	Copy func(*T) *T
}

// Index is one index of a Table: the term of a value, and whether it has one.
type Index[T any] struct {
	Name string
	Term func(*T) (string, bool)
}

const formatMember = `{"_format":`

// Declare returns the kind to prepare.
func (t *Table[T]) Declare() store.Kind {
	kind := store.Kind{Name: t.Kind}
	for _, index := range t.Indexes {
		kind.Indexes = append(kind.Indexes, index.Name)
	}
	return kind
}

// Get returns the value with this ID, nil if there is none.
func (t *Table[T]) Get(ctx context.Context, w *Work, id string) (*T, error) {
	key := w.Key(t.Kind, id)
	if err := w.Load(ctx, key); err != nil {
		return nil, err
	}
	r := w.look(key)
	if t.Copy == nil || !r.Exists() || r.Version == pending {
		return t.decode(r)
	}
	if v, ok := w.unit.kept.get(r).(*T); ok {
		return t.Copy(v), nil
	}
	v, err := t.decode(r)
	if err == nil {
		w.unit.kept.set(r, t.Copy(v))
	}
	return v, err
}

// Peek returns the version of a value without decoding it, "" if there is none.
// If stored, equal versions mean equal values; what the work itself has written is
// not stored yet.
func (t *Table[T]) Peek(ctx context.Context, w *Work, id string) (version store.Version, stored bool, err error) {
	key := w.Key(t.Kind, id)
	if err := w.Load(ctx, key); err != nil {
		return "", false, err
	}
	version = w.look(key).Version
	return version, version != "" && version != pending, nil
}

// Key returns the key of the value with this ID.
func (t *Table[T]) Key(w *Work, id string) store.Key { return w.Key(t.Kind, id) }

// All returns the values with these IDs, nil for each that does not exist, as
// they are at one moment.
func (t *Table[T]) All(ctx context.Context, w *Work, ids ...string) ([]*T, error) {
	keys := make([]store.Key, len(ids))
	for i, id := range ids {
		keys[i] = w.Key(t.Kind, id)
	}
	if err := w.Load(ctx, keys...); err != nil {
		return nil, err
	}
	values := make([]*T, len(ids))
	for i, key := range keys {
		v, err := t.decode(w.look(key))
		if err != nil {
			return nil, err
		}
		values[i] = v
	}
	return values, nil
}

// Find returns one page of the values that q selects, and the cursor of the
// next. Tenant and kind of q are set here.
func (t *Table[T]) Find(ctx context.Context, w *Work, q store.Query) (values []*T, next string, err error) {
	q.Tenant, q.Kind = w.Tenant(), t.Kind
	page, err := w.page(ctx, q)
	if err != nil {
		return nil, "", err
	}
	values = make([]*T, len(page.Records))
	for i, r := range page.Records {
		if values[i], err = t.decode(r); err != nil {
			return nil, "", err
		}
	}
	return values, page.Next, nil
}

// Put writes a value that was read in this work.
func (t *Table[T]) Put(w *Work, v *T) error {
	r, err := t.encode(w, v)
	if err != nil {
		return err
	}
	return w.change(r, false)
}

// Insert writes a new value without having read it; see [Work.Insert].
func (t *Table[T]) Insert(w *Work, v *T) error {
	r, err := t.encode(w, v)
	if err != nil {
		return err
	}
	return w.insert(r)
}

// Delete removes a value that was read in this work.
func (t *Table[T]) Delete(w *Work, v *T) error {
	return w.Delete(w.Key(t.Kind, t.ID(v)))
}

func (t *Table[T]) encode(w *Work, v *T) (store.Record, error) {
	value, err := encodeJSON(t.Format, v)
	if err != nil {
		return store.Record{}, fmt.Errorf("encoding a %s: %w", t.Kind, err)
	}
	r := store.Record{Key: w.Key(t.Kind, t.ID(v)), Value: value}
	r.Terms = t.terms(v)
	return r, nil
}

// terms returns the terms of a value, nil if it has none.
func (t *Table[T]) terms(v *T) (terms map[string]string) {
	for _, index := range t.Indexes {
		if term, ok := index.Term(v); ok {
			if terms == nil {
				terms = make(map[string]string, len(t.Indexes))
			}
			terms[index.Name] = term
		}
	}
	return terms
}

// encoder is a json.Encoder with what it writes to.
type encoder struct {
	bytes.Buffer

	json *json.Encoder
}

// encoders are those at rest: they have grown to the size of what they are used for.
var encoders = sync.Pool{New: func() any {
	e := new(encoder)
	e.json = json.NewEncoder(&e.Buffer)
	e.json.SetEscapeHTML(false)
	return e
}}

// encodeJSON returns the object that v is in JSON, with its format. It is json.Marshal
// without making "<", ">" and "&" six times as long, also within what is JSON already.
func encodeJSON(format int, v any) ([]byte, error) {
	e := encoders.Get().(*encoder) //nolint:forcetypeassert // nothing else is put there
	defer func() {
		if e.Cap() <= 64<<10 { // what was large once is not kept for the small
			encoders.Put(e)
		}
	}()
	e.Reset()
	e.WriteString(formatMember)
	e.WriteString(strconv.Itoa(format))
	brace := e.Len()
	if err := e.json.Encode(v); err != nil {
		return nil, err
	}
	value := bytes.Clone(bytes.TrimSuffix(e.Bytes(), []byte("\n")))
	if value[brace+1] == '}' {
		return append(value[:brace], '}'), nil
	}
	value[brace] = ','
	return value, nil
}

func (t *Table[T]) decode(r store.Record) (*T, error) {
	if !r.Exists() {
		return nil, nil
	}
	format, value := readFormat(r.Value), r.Value
	switch {
	case format > t.Format:
		return nil, &OutdatedError{Kind: t.Kind, Format: format, Known: t.Format}
	case format < 1:
		return nil, fmt.Errorf("%s %s: its value has no known format", t.Kind, r.ID)
	case format < t.Format && t.Upgrade != nil:
		upgraded, err := t.Upgrade(format, value)
		if err != nil {
			return nil, fmt.Errorf("%s %s: upgrading it from format %d: %w", t.Kind, r.ID, format, err)
		}
		value = upgraded
	}
	v := new(T)
	if err := json.Unmarshal(value, v); err != nil {
		return nil, fmt.Errorf("%s %s: decoding it: %w", t.Kind, r.ID, err)
	}
	return v, nil
}

// readFormat returns the format number of a stored value, 0 if it has none. It is the
// first member, unless somebody has edited the value by hand.
func readFormat(value []byte) int {
	if rest, ok := bytes.CutPrefix(value, []byte(formatMember)); ok {
		if end := bytes.IndexAny(rest, ",}"); end > 0 {
			if n, err := strconv.Atoi(string(rest[:end])); err == nil {
				return n
			}
		}
	}
	var head struct {
		Format int `json:"_format"`
	}
	if json.Unmarshal(value, &head) != nil {
		return 0
	}
	return head.Format
}
