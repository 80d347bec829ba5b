package work

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"time"

	"github.com/engage-interactions/engage/store"
)

// Options of a Runner.
type Options struct {
	Tenant string        // the tenant of all records and events; required
	NewID  func() string // mints IDs that are never used again; required
	// Tries bounds how often a work is decided anew because another process
	// changed what it read, and how often a batch without an answer is sent.
	// Default 32.
	Tries int
	// Backoff is how long to wait before the n-th new try, n = 1, 2, ….
	// Default: random, up to 1 ms · 2ⁿ and never more than 100 ms.
	Backoff func(n int) time.Duration
	// Committed, if not nil, is called after each commit that appended events.
	Committed func()
	// Moved is called when a guard is no longer as it was; see [Runner.Guard]. It returns
	// the version that the guard may have as well, or why nothing can be committed any more.
	Moved func(ctx context.Context) (store.Version, error)
}

// Runner runs works of one tenant on one store. It is safe for concurrent use.
type Runner struct {
	store store.Store
	lean  store.Lean // the store, without the terms if it can
	opts  Options
	lines lines
	guard atomic.Pointer[store.Check]
	kept  kept
}

// NewRunner returns a Runner.
func NewRunner(st store.Store, opts Options) *Runner {
	if opts.Tries == 0 {
		opts.Tries = 32
	}
	if opts.Backoff == nil {
		opts.Backoff = func(n int) time.Duration {
			return rand.N(time.Millisecond << min(n, 7)).Truncate(time.Microsecond)
		}
	}
	lean, ok := st.(store.Lean)
	if !ok {
		lean = full{st}
	}
	return &Runner{store: st, lean: lean, opts: opts}
}

// Guard has every commit from now on check one record more, which no work writes: none
// comes to anything once the record is another. That is how those who write in an older
// way are kept from it, wherever they run, once somebody has begun to write in a newer one.
// Works that show what there is go on.
func (r *Runner) Guard(c store.Check) { r.guard.Store(&c) }

// full is a store that gives its records with their terms.
type full struct{ store.Store }

func (f full) GetLean(ctx context.Context, keys ...store.Key) ([]store.Record, error) {
	return f.Get(ctx, keys...)
}

func (f full) FindLean(ctx context.Context, q store.Query) (store.Page, error) { return f.Find(ctx, q) }

// Tenant returns the tenant of the Runner's works.
func (r *Runner) Tenant() string { return r.opts.Tenant }

// NewID mints an ID outside of any work.
func (r *Runner) NewID() string { return r.opts.NewID() }

// Store returns the store that the works are done on.
func (r *Runner) Store() store.Store { return r.store }

// Do runs decide, and commits what it wrote. It may run decide several times;
// only the last run counts, so decide sets its results anew each time and has no
// effects outside the Work. When Do returns, the Work is dead.
//
// An error of decide comes back as it is, and nothing was written. Otherwise
// the errors are those of the store: one that wraps ErrConflict when other
// processes kept changing what was read, ErrUnavailable, the context's, or
// ErrUnknownOutcome when it cannot be told whether the work was done.
func (r *Runner) Do(ctx context.Context, decide func(*Work) error) error {
	u := &unit{Runner: r, held: r.lines.none()}
	defer func() { u.held.release() }()
	for {
		again, err := u.attempt(ctx, decide)
		if !again {
			return err
		}
	}
}

// Look runs read once, for those who show what there is and decide nothing. What it
// reads is not confirmed: each of its reads is of one moment, but they may be of
// different ones, and that others write keeps it from nothing. A refusal may so tell of
// a state that never was, unless it rests on one read. What must be of one moment is
// read by one [Work.LoadTogether]. It cannot write. The errors are
// those of read and of the store, ErrConflict never.
func (r *Runner) Look(ctx context.Context, read func(*Work) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	w := newWork(&unit{Runner: r, held: r.lines.none()})
	w.looks = true
	defer w.kill()
	err := read(w)
	switch {
	case w.failed != nil && !errors.Is(err, w.failed):
		return w.failed
	case err == nil && (w.hasWrites() || len(w.events) > 0):
		return errors.New("work: what only looks has written")
	}
	return err
}

// Look runs read as [Runner.Look] does, beside this work, which does not rest on what is read
// so. If the store fails there, the work has failed.
func (w *Work) Look(ctx context.Context, read func(*Work) error) error {
	if err := w.usable(); err != nil {
		return err
	}
	var failed error
	err := w.unit.Look(ctx, func(beside *Work) error {
		defer func() { failed = beside.failed }()
		return read(beside)
	})
	if failed != nil {
		return w.fail(err)
	}
	return err
}

// unit is one call of Do, over all its attempts.
type unit struct {
	*Runner

	ids   []string    // minted so far; attempts share them
	held  *hold       // the lines it stands at the head of
	safe  []store.Key // those it stood at when the current attempt began to read
	tries int         // how many were used up
	runs  int         // of decide
}

// attempt runs decide once and tries to make its outcome final. It returns true
// if decide must run again.
func (u *unit) attempt(ctx context.Context, decide func(*Work) error) (again bool, err error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	u.safe = slices.Clone(u.held.keys)
	w := newWork(u)
	u.runs++
	defer w.kill()
	err = decide(w)
	switch {
	case w.failed != nil && errors.Is(err, w.failed):
		return false, err
	case w.failed != nil: // whatever decide made of it
		return false, w.failed
	case err == nil && len(w.events) > 0 && !w.hasWrites():
		return false, errors.New("work: events without a record")
	case err != nil || !w.hasWrites():
		if w.snapshots <= 1 {
			return false, err // all of it was so at one moment
		}
		moved, failure := w.confirm(ctx)
		if failure != nil {
			return false, failure
		}
		if moved != nil {
			return u.retry(ctx, *moved, &store.ConflictError{Key: *moved})
		}
		return false, err
	}
	batch := w.batch(u.opts.NewID())
	guard := u.guard.Load()
	if guard != nil {
		batch.Checks = append(batch.Checks, *guard)
	}
	waited, err := u.held.extend(ctx, w.contended())
	if err != nil {
		return false, err
	}
	if waited {
		return true, nil // somebody wrote there meanwhile: read it before trying
	}
	err = u.commit(ctx, batch, w)
	if conflict, ok := errors.AsType[*store.ConflictError](err); ok {
		if guard != nil && conflict.Key == guard.Key {
			return u.moved(ctx, *guard)
		}
		return u.retry(ctx, conflict.Key, err)
	}
	if err == nil || errors.Is(err, store.ErrUnknownOutcome) {
		for _, do := range w.then {
			do()
		}
	}
	if err == nil && len(batch.Events) > 0 && u.opts.Committed != nil {
		u.opts.Committed()
	}
	return false, err
}

// retry prepares for another attempt after key was changed under this one. If it
// read the record before it stood at the head of that line, a work of this Runner
// may have done it, and it reads again from there. If not, it was another process.
func (u *unit) retry(ctx context.Context, key store.Key, cause error) (again bool, err error) {
	if !slices.Contains(u.safe, key) {
		_, err := u.held.extend(ctx, []store.Key{key})
		return err == nil, err
	}
	if err := u.pause(ctx); err != nil {
		return false, err
	}
	if u.tries > u.opts.Tries {
		return false, fmt.Errorf("other processes kept changing the same record: %w", cause)
	}
	return true, nil
}

// moved prepares for another attempt after the guard was changed, if there may be one.
func (u *unit) moved(ctx context.Context, guard store.Check) (again bool, err error) {
	version, err := u.opts.Moved(ctx)
	if err != nil {
		return false, err
	}
	u.Guard(store.Check{Key: guard.Key, Version: version})
	if err := u.pause(ctx); err != nil {
		return false, err
	}
	if u.tries > u.opts.Tries {
		return false, fmt.Errorf("other processes kept changing the guard: %w", &store.ConflictError{Key: guard.Key})
	}
	return true, nil
}

func (u *unit) pause(ctx context.Context) error {
	u.tries++
	timer := time.NewTimer(u.opts.Backoff(u.tries))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// commit sends the batch until its outcome is known. It stands at the head of
// the lines of all records in it, so no other work of this Runner writes them
// meanwhile.
func (u *unit) commit(ctx context.Context, b store.Batch, w *Work) error {
	err := u.store.Commit(ctx, b)
	unknown := error(nil)
	for {
		lost := errors.Is(err, store.ErrUnknownOutcome)
		if err == nil || !lost && unknown == nil {
			return err // the outcome, certain from the first
		}
		if lost {
			unknown = err
		}
		if ctx.Err() != nil {
			return errors.Join(unknown, ctx.Err())
		}
		// Either the answer was lost, or the batch was sent again after that
		// and refused, perhaps because it had landed before.
		fate, ferr := u.fate(ctx, b, w)
		switch {
		case ferr != nil:
			return errors.Join(unknown, ferr)
		case fate == landed:
			return nil
		case fate == unknowable:
			return unknown
		case !lost && errors.Is(err, store.ErrConflict):
			return err // a record it expects has moved: it can never land any more
		}
		if perr := u.pause(ctx); perr != nil {
			return errors.Join(unknown, perr)
		}
		if u.tries > u.opts.Tries {
			return unknown
		}
		err = u.store.Commit(ctx, b)
	}
}

// fate is what became of a batch whose answer was lost.
type fate int

const (
	absent     fate = iota // not applied, so far
	landed                 // applied
	unknowable             // other processes have since written all that it would have written
)

// fate looks for traces of the batch in the records that it writes.
//
// A record that the batch wrote has its ID for a version; one with an ID minted for
// it exists for no other reason. A record that still has the version which the batch
// expects to replace proves the opposite, for no version comes back. If nothing is
// found and nothing has moved, the batch has not been applied so far; only if it
// replaces no record at all, it may also have been applied and all of it deleted
// again, and then it is applied anew.
func (u *unit) fate(ctx context.Context, b store.Batch, w *Work) (fate, error) {
	records, err := u.lean.GetLean(ctx, w.order...)
	if err != nil {
		return absent, err
	}
	if len(b.Puts)+len(b.Events) == 0 && !slices.ContainsFunc(records, store.Record.Exists) {
		return landed, nil // all it would do is done, whoever did it
	}
	moved, standing := false, false
	for _, r := range records {
		change := w.writes[r.Key]
		switch {
		case string(r.Version) == b.ID, change.fresh && r.Exists():
			return landed, nil
		case r.Version != change.expected:
			moved = true
		case r.Exists():
			standing = true
		}
	}
	if moved && !standing {
		return unknowable, nil
	}
	return absent, nil
}
