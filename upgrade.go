package engage

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/engage-interactions/engage/internal/feed"
	"github.com/engage-interactions/engage/internal/jobs"
	"github.com/engage-interactions/engage/internal/work"
	"github.com/engage-interactions/engage/store"
)

// What a tenant has in a store is of certain formats, one for each kind of record. Those of
// an earlier version of engage are brought up to date by New, before anything else is done
// with them: each record of an older format is read as what it means now, and written anew,
// with the terms by which it is found now. A record says how far that is. It is the guard
// of all commits, so that processes of the earlier version, which may be running still,
// write nothing beside it.

// storedFormats says of which formats the records of a tenant are.
type storedFormats struct {
	// Formats are the newest, by kind. All records are of them but for those of the kinds
	// that are Behind, which are looked through in that order.
	Formats map[string]int `json:"formats"`
	Behind  []string       `json:"behind,omitempty"`
	Cursor  string         `json:"cursor,omitempty"` // behind what has been looked at of the first of these
	// Renewed counts the records that were written anew since StartedAt.
	Renewed   int64     `json:"renewed,omitempty"`
	StartedAt time.Time `json:"started_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

const formatsID = "formats"

var dataFormats = work.Table[storedFormats]{
	Kind: "data_format", Format: 1,
	ID: func(*storedFormats) string { return formatsID },
}

// keptTables are all that the Engine keeps. What others hang on comes first, so that
// versions that know of no guard soon find what they cannot read.
func keptTables() []work.Kept {
	return slices.Concat(
		recordedTables(), conversationTables(), flexTables(), routingTables(), feed.Tables(), jobs.Tables(),
		[]work.Kept{&dataFormats},
	)
}

// knownFormats returns the formats that this version writes. A kind that is there no longer
// would stay in it, as one that older versions must not write either.
func knownFormats() map[string]int {
	formats := make(map[string]int)
	for _, table := range keptTables() {
		formats[table.Declare().Name] = table.Newest()
	}
	return formats
}

// bringUpToDate sees to it that all records of the tenant are of the formats that this version
// writes, and that nothing is committed here once they are of newer ones.
//
// It takes one look if they are. Else it is done in steps, each a commit of its own, so that
// it goes on behind the last one if it is interrupted. Several processes may be at it at the
// same time: they take turns.
func (c *core) bringUpToDate(ctx context.Context) error {
	told, lost := time.Time{}, 0
	for {
		is, version, err := c.formats(ctx)
		if err != nil {
			return err
		}
		if is != nil && len(is.Behind) == 0 && maps.Equal(is.Formats, knownFormats()) {
			c.runner.Guard(store.Check{Key: c.formatsKey(), Version: version})
			if !told.IsZero() {
				c.opts.Logger.InfoContext(ctx, "engage: the data is up to date", slog.String("tenant", c.opts.Tenant), slog.Int64("records", is.Renewed))
			}
			return nil
		}
		if now := c.opts.Clock(); is != nil && now.Sub(told) >= tellEvery {
			told = now
			c.opts.Logger.InfoContext(ctx, "engage: data of an earlier version is brought up to date", slog.String("tenant", c.opts.Tenant),
				slog.Any("kinds", is.Behind), slog.Int64("records", is.Renewed))
		}
		err = c.runner.Do(ctx, func(w *work.Work) error { return c.renewSome(ctx, w) })
		switch {
		case err == nil:
			lost = 0
		case errors.Is(err, ErrUnknownOutcome) && ctx.Err() == nil && lost < maxLost:
			lost++ // whether or not the step was done, the next one begins where the data is
		case !errors.Is(err, ErrConflict): // by which somebody else has done it
			return err
		}
	}
}

// maxLost is after how many steps in a row of unknown outcome one more is an error.
const maxLost = 8

// tellEvery is how often the log is told how far it is.
const tellEvery = 5 * time.Second

func (c *core) formatsKey() store.Key {
	return store.Key{Tenant: c.opts.Tenant, Kind: dataFormats.Kind, ID: formatsID}
}

// formats reads of which formats the tenant's records are. Newer ones are an error.
func (c *core) formats(ctx context.Context) (is *storedFormats, version store.Version, err error) {
	err = c.runner.Look(ctx, func(w *work.Work) error {
		if is, err = dataFormats.Get(ctx, w, formatsID); err != nil {
			return err
		}
		version, _, err = dataFormats.Peek(ctx, w, formatsID)
		return err
	})
	if err != nil || is == nil {
		return nil, "", err
	}
	err = is.knownHere()
	return is, version, err
}

// knownHere returns an error if this version cannot work with the formats.
func (f *storedFormats) knownHere() error {
	known := knownFormats()
	for _, kind := range slices.Sorted(maps.Keys(f.Formats)) {
		if f.Formats[kind] > known[kind] {
			return &work.OutdatedError{Kind: kind, Format: f.Formats[kind], Known: known[kind]}
		}
	}
	return nil
}

// formatsMoved is asked when the guard of the formats is not as it was any more.
func (c *core) formatsMoved(ctx context.Context) (store.Version, error) {
	is, version, err := c.formats(ctx)
	switch {
	case err != nil:
		return "", err
	case is == nil || len(is.Behind) > 0 || !maps.Equal(is.Formats, knownFormats()):
		return "", fmt.Errorf("%w: somebody has put other data in the store: make a new Engine", ErrUnavailable)
	}
	return version, nil
}

// renewSome brings some records up to date, and says so in the guard.
func (c *core) renewSome(ctx context.Context, w *work.Work) error {
	f, err := dataFormats.Get(ctx, w, formatsID)
	if err != nil {
		return err
	}
	now, known := c.opts.Clock(), knownFormats()
	switch {
	case f == nil: // there is nothing yet, or what knew of no guard
		f = &storedFormats{Formats: known, Behind: behind(nil), StartedAt: now}
	case f.knownHere() != nil:
		return f.knownHere()
	case !maps.Equal(f.Formats, known):
		// From now on nobody writes who knows of the guard. Only then what they have written
		// is looked for.
		return dataFormats.Put(w, &storedFormats{Formats: known, Behind: behind(f), StartedAt: now, UpdatedAt: now})
	case len(f.Behind) == 0: // somebody else has done the rest
		return nil // running Engines check the guard: it is left as it is
	}
	f.UpdatedAt = now
	// Pages of records that are all up to date are passed. A step that does no more than that
	// writes the cursor, so that the next one goes on behind them.
	for len(f.Behind) > 0 && w.Size() <= maxRenewOperations {
		before := f.Renewed
		if err := f.renewPage(ctx, w); err != nil {
			return err
		}
		if f.Renewed > before {
			break
		}
	}
	return dataFormats.Put(w, f)
}

// behind returns the kinds of which there may be records of older formats, in the order of
// the tables. A kind that has only ever had one format is never behind.
func behind(f *storedFormats) (kinds []string) {
	for _, table := range keptTables() {
		kind := table.Declare().Name
		switch {
		case f == nil && table.Newest() > 1, f != nil && f.Formats[kind] != table.Newest(), f != nil && slices.Contains(f.Behind, kind):
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

// renewPage brings a page of records up to date of the first kind that is behind. If that
// takes too much, it leaves the cursor before the page: the next step finds there what this one
// has renewed, which takes nothing more, and goes on behind it.
func (f *storedFormats) renewPage(ctx context.Context, w *work.Work) error {
	tables := keptTables()
	table := tables[slices.IndexFunc(tables, func(table work.Kept) bool { return table.Declare().Name == f.Behind[0] })]
	q := store.Query{Tenant: w.Tenant(), Kind: f.Behind[0], Limit: w.Share(renewSize), Cursor: f.Cursor}
	page, err := w.Find(ctx, q)
	if errors.Is(err, store.ErrInvalid) && q.Cursor != "" { // the store reads it no longer: begin anew
		q.Cursor, f.Cursor = "", ""
		page, err = w.Find(ctx, q)
	}
	for err == nil && len(page.Records) > 1 && sizeOf(page.Records) > maxRenewBytes {
		q.Limit = len(page.Records) / 2
		page, err = w.Find(ctx, q)
	}
	if err != nil {
		return err
	}
	before := f.Renewed
	for _, r := range page.Records {
		if f.Renewed > before && w.Size() > maxRenewOperations {
			return nil
		}
		renewed, err := table.Renew(ctx, w, r)
		if err != nil {
			return err
		}
		if renewed {
			f.Renewed++
		}
	}
	if f.Cursor = page.Next; f.Cursor == "" {
		f.Behind = f.Behind[1:]
	}
	return nil
}

// What bounds a step, which is one commit.
const (
	// renewSize is how many records a page has, all of which may be written.
	renewSize = 200
	// maxRenewBytes is how long the values of a page may be together.
	maxRenewBytes = store.MaxBatch / 4
	// maxRenewOperations is how many operations a step comes to before it leaves the rest to
	// the next one. One more page, and what one more record is mended by, fit beside it.
	maxRenewOperations = store.MaxOperations / 4
)

func sizeOf(records []store.Record) (bytes int) {
	for _, r := range records {
		bytes += len(r.Value)
	}
	return bytes
}
