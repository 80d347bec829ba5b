// Package store is the contract between engage and whatever keeps its data.
//
// A [Store] keeps versioned records, finds them by index terms, and keeps an
// ordered log of events. It offers no transaction handle and calls nothing
// back: every change is one [Store.Commit] of one [Batch], so that nothing is
// held open across a caller's code, a store is small to write, and commits of
// many callers can share one disk sync. The package knows nothing of
// interactions, threads or tasks.
//
// # Words
//
// A [Record] is a value (JSON text) under a [Key]: tenant, kind and ID. Its
// [Version] is the ID of the batch that last wrote it; a record that does not
// exist has the version "". A [Kind] declares the indexes that its records can
// be found by, and a record carries at most one term for each. The order of
// everything is the order of bytes.
//
// A text is 1 to [MaxText] (512) bytes of UTF-8 without NUL. Tenants, IDs, types
// and terms are texts, and so are versions, which are batch IDs; a term may be
// empty, too.
//
// # Writing a store
//
// Implement the seven methods of [Store], and run package storetest on it in a
// few lines. Each rule that an implementation must keep has an ID in brackets,
// such as [commit-atomic], beside the method or type that it binds; the suite
// has one test of that name for each, whose failure prints the rule. CONTRACT.md,
// beside this file, lists them all with their checks; docs/writing-a-store.md
// leads from an empty file to a store that passes.
//
// What every store needs stands here once, and checks arguments the same way
// for all of them:
//
//   - [Catalog] holds the kinds that a handle has prepared and checks keys,
//     queries and batches against them and against the limits: one for each
//     handle;
//   - [Batch.Expected] lists the versions that a batch names;
//   - [Query.Range] turns prefix and bounds into one range of terms;
//   - [EncodeCursor] makes the cursors that [Catalog.Query] reads back;
//   - [Tuple] builds terms of several parts whose order is that of the parts.
//
// A store that keeps its records in an ordered tree or in a table with one
// column for each index has everything that it takes. If each of those columns costs
// it something to read, it may be [Lean], too.
//
// # Using a store
//
// The engine does all of what follows for its callers; whoever uses a store
// directly keeps to it too.
//
//   - A unique value is a record whose ID is that value, checked as absent.
//   - A rule over several records hangs on one guard record, which every change
//     concerned reads and rewrites.
//   - A decision rests on records that were read and are checked in the batch.
//     What Find returned may feed it only if the guard that all writers of that
//     range rewrite was read before, and is in the batch.
//   - Batch IDs are never used twice, except to send the identical batch again
//     after [ErrUnknownOutcome].
package store

import (
	"context"
	"time"
)

// Limits of the contract. Sizes are in bytes.
const (
	// MaxText bounds a tenant, an ID, a term, a version and an event's ID and type.
	MaxText = 512
	// MaxValue bounds the value of one record or event.
	MaxValue = 16 << 20
	// MaxOperations bounds the checks, puts, deletes and events of one batch together.
	MaxOperations = 5_000
	// MaxBatch bounds all texts and values of one batch together, as
	// [Catalog.Batch] counts them.
	MaxBatch = 64 << 20
	// DefaultLimit is the length of a page whose query names none.
	DefaultLimit = 100
	// MaxLimit bounds the length of a page.
	MaxLimit = 1_000
)

// Store keeps records and events for any number of tenants.
//
// Every method is safe for concurrent use [concurrent-use]. It checks its
// arguments, and answers [ErrInvalid] without effect if they break a rule of
// this package [arguments-invalid]. If several things are wrong at once, it is up
// to the store which of them it tells.
//
// Every method but Close honours its context. One that is done before the call
// gives its error and no effect [context-done]. One that ends during the call
// gives the true answer or the context's error, and leaves the store as fit for
// use as before [context-during]. One that ends after the call changes nothing
// [context-after].
//
// Get, Find and Events see every commit acknowledged before the call, through
// any handle on the same data [read-latest]. Tenants never see each other's
// records, terms or events [tenant-isolation].
//
// All bytes that go in and come out are the caller's own: a store keeps no
// reference to what it was given, nor gives one to what it keeps [bytes-copy].
// Values come back byte for byte [bytes-exact].
type Store interface {
	// Prepare makes kinds known to this handle, and creates what the store
	// needs for them. It must come before the first use of a kind: an
	// unprepared kind or index is ErrInvalid wherever it is named
	// [prepare-required]. Preparing again is harmless [prepare-idempotent] and
	// additive: new indexes join the known ones, none goes away, and records
	// stay as they are, so that a record written before an index existed is
	// in that index once it is put again with a term [prepare-additive].
	// Several handles and processes may prepare at the same time
	// [prepare-concurrent]. A malformed kind is ErrInvalid and prepares
	// nothing [prepare-invalid]; every name of the grammar works, the words
	// of a query language included [prepare-names]. If the context ends during
	// the call, kinds may have been prepared, or not, or be prepared yet
	// [context-during].
	Prepare(ctx context.Context, kinds ...Kind) error

	// Get returns one record for each key, in the order of keys, for a key
	// that is named twice in both places [get-order]. All are read at one
	// moment in time: a batch shows in all of them or in none [get-snapshot].
	// A record that does not exist comes back with its key and nothing else
	// [get-absent].
	Get(ctx context.Context, keys ...Key) ([]Record, error)

	// Find returns one page of the records that q selects, in its order. See
	// [Query] and [Page].
	Find(ctx context.Context, q Query) (Page, error)

	// Commit applies a batch whole or not at all [commit-atomic]. See [Batch].
	//
	// An error that wraps ErrUnknownOutcome leaves open whether the batch has
	// been or will be applied; every other error means that nothing changed,
	// now or later [commit-atomic]. A store that cannot tell how a commit ended
	// says ErrUnknownOutcome: when its context ends during the call, Commit
	// gives the true outcome or an error that wraps both ErrUnknownOutcome and
	// the context's error, and for a batch that was given up before anything
	// was written the context's error alone [commit-context].
	//
	// If a version does not hold in committed state, the error wraps
	// ErrConflict and is a [*ConflictError] that names the key
	// [commit-conflict]. ErrConflict is given for nothing else: other
	// contention is waited out inside the store, and ends in ErrUnavailable
	// if it does not pass [commit-contention]. Batches are applied as if one
	// after another: of several that put or delete the same version of the same
	// record at most one succeeds [commit-exclusive], and of several that check
	// what the others write no more than could in turn [commit-serial]. A batch
	// that was applied and is sent again gives ErrConflict like any other batch:
	// a store need not remember batch IDs, and must not answer nil
	// [commit-resend].
	//
	// When Commit returns nil, a store that declares itself durable keeps the
	// batch through a restart [commit-durable], and through the kill of the
	// process that called it [crash-durable]. Whatever that process was
	// committing is then applied whole or not at all [crash-atomic].
	Commit(ctx context.Context, b Batch) error

	// Events returns the events of a tenant with a position greater than
	// after, in the order of positions, at most limit of them (0 means
	// DefaultLimit, more than MaxLimit is ErrInvalid); they may be fewer although
	// more follow, but none only if there is none [events-page]. They come
	// back as they were committed, with their position set and their time in
	// UTC to the nanosecond [events-exact].
	//
	// Positions are per tenant, greater than 0, and grow in commit order and,
	// within a batch, in the order of its events [events-order]. They may have
	// gaps. A position is never used again, not after Trim and not after a
	// restart [events-positions], and one that was seen is that of the same
	// event after the kill of a process, too [crash-positions]. Whoever has seen
	// position p never later sees a new event at or below p [events-monotonic],
	// and who can read an event can read the records of its batch
	// [events-records].
	//
	// Reading from below the trim mark is a [*TrimmedError], which wraps
	// ErrTrimmed, and never a silent gap [events-trimmed].
	Events(ctx context.Context, tenant string, after int64, limit int) ([]Event, error)

	// Trim forgets the tenant's events up to and with position upTo, and moves
	// its trim mark there; a position beyond the last event means the last
	// event, and one at or below the mark changes nothing [trim-mark]. A durable
	// store keeps the mark as it keeps a batch [trim-mark] [crash-positions]. If
	// the context ends during the call, it may have been done, or not, or be done
	// yet, and can be repeated [context-during].
	Trim(ctx context.Context, tenant string, upTo int64) error

	// Close waits for the calls under way [close-waits], releases what the
	// handle holds and leaves no goroutine behind [close-goroutines].
	// Afterwards every other call gives ErrClosed, while other handles on the
	// same data go on working [close-closed], and Close itself gives nil
	// [close-idempotent].
	Close() error
}

// Lean is what a Store has besides if the terms of records cost it something to read. The
// Engine, which never looks at the terms of what it has read, prefers it.
//
// Who wraps a store to see or change what is read wraps these methods, too, or hides
// them: a struct that embeds Store hides them, one that embeds the type of a store which
// is Lean, such as *sqlite.Store, has them as they are.
type Lean interface {
	// GetLean is Get, but for the terms: the records come without.
	GetLean(ctx context.Context, keys ...Key) ([]Record, error)
	// FindLean is Find, but for the terms: the records come without.
	FindLean(ctx context.Context, q Query) (Page, error)
}

// Kind declares a kind of record and the indexes it can be found by. Names
// match [a-z][a-z0-9_]{0,39}; each index is named once [prepare-invalid].
type Kind struct {
	Name    string
	Indexes []string
}

// Key names a record. Tenant and ID are texts: 1 to MaxText bytes of UTF-8
// without NUL, compared byte by byte, so that case, Unicode form and spaces
// count [bytes-keys].
type Key struct {
	Tenant string `json:"tenant"`
	Kind   string `json:"kind"`
	ID     string `json:"id"`
}

// String returns the key as tenant/kind/ID, for messages.
func (k Key) String() string { return k.Tenant + "/" + k.Kind + "/" + k.ID }

// Version is the ID of the batch that last wrote a record, "" for a record that
// does not exist. Versions are compared for equality only. Since batch IDs are
// never used twice, a record that was deleted and created again never has a
// version that it had before [commit-recreated].
type Version string

// Record is a value with its key, version and index terms.
//
// Value is JSON text in UTF-8 of at most MaxValue bytes [commit-invalid]. Terms
// holds at most one term for each index of the kind, a text that may be empty,
// compared byte by byte as IDs are [bytes-terms]; a record without a term for an
// index is not in that index [find-sparse]. A record that was read carries the
// terms of the indexes that its handle has prepared, and nil or an empty map if
// it has none [read-terms]; one that is put loses those of all others
// [put-terms].
type Record struct {
	Key

	Version Version
	Terms   map[string]string
	Value   []byte
}

// Exists reports whether the record was found.
func (r Record) Exists() bool { return r.Version != "" }

// Check names a record and the version it must have, "" for one that must not
// exist [commit-conflict].
type Check struct {
	Key

	Version Version
}

// Batch is one change, applied whole or not at all.
//
// Every Check, Put and Delete names the version that the writer saw, and all of
// them must hold in committed state [commit-conflict]. If they do, each Put
// replaces value and terms of its record, or creates it [commit-put], each Delete
// removes its record [commit-delete], and the events are appended to the tenant's
// log [events-exact]. The Version of a Put is the one it expects; the batch's ID
// becomes the new one [commit-version].
//
// A batch is ErrInvalid, and changes nothing, if it has no ID, no Put and no
// Delete, a key or event of another tenant, the same key twice, an unprepared
// kind or index, a Delete that expects no record, a value that is not JSON, or
// if it is over a limit [commit-invalid] [commit-limits].
type Batch struct {
	ID      string
	Tenant  string
	Checks  []Check
	Puts    []Record
	Deletes []Check
	Events  []Event
}

// Expected returns every version that the batch names, as a new slice: those of
// its checks, puts and deletes.
func (b Batch) Expected() []Check {
	all := make([]Check, 0, len(b.Checks)+len(b.Puts)+len(b.Deletes))
	all = append(all, b.Checks...)
	for _, r := range b.Puts {
		all = append(all, Check{Key: r.Key, Version: r.Version})
	}
	return append(all, b.Deletes...)
}

// Event is one entry of a tenant's log. ID and Type are texts of at least one
// byte, Time lies in the years 0 to 9999, Value is JSON text of at most MaxValue
// bytes [commit-invalid]. The store sets Position and ignores what stands there
// in a batch [events-exact].
type Event struct {
	Tenant   string
	Position int64
	ID, Type string
	Time     time.Time
	Value    []byte
}

// Query selects records of one tenant and kind by the terms of one index.
//
// It selects those whose term begins with Prefix and lies in From <= term < To,
// where an empty From or To is open [find-range] [find-prefix]; records without
// a term in the index are left out [find-sparse]. The order is (term, ID), byte
// by byte, or its exact opposite with Reverse [find-order] [find-reverse]. The
// empty Index is the order of ID: each record's ID is its term there
// [find-by-id].
type Query struct {
	Tenant, Kind, Index string // Index "": the order of ID
	Prefix              string // only terms (IDs) that begin so
	From, To            string // From <= term < To; empty: open
	Reverse             bool
	Limit               int    // 0: DefaultLimit (100); more than MaxLimit (1,000) is ErrInvalid
	Cursor              string // Page.Next of the same query
}

// Page is what one Find returns: at most Limit records, read at one moment
// [find-moment], and the cursor for the page that follows, "" when there is none.
// A page may be shorter than Limit although more follow, but not empty
// [find-limit].
//
// A cursor is opaque. It belongs to its query: with another tenant, kind, index,
// prefix, range or direction, or damaged, it is ErrInvalid [find-cursor]; the
// limit may change from page to page. It goes on working when the records around
// it are changed or deleted [find-cursor-deleted], through any handle on the same
// data, and after a restart [find-cursor-elsewhere]. Over the pages of a query, a
// record that was there throughout with the same term appears exactly once, and
// any other at most once for each term that it held [find-paging].
type Page struct {
	Records []Record
	Next    string
}
