package storetest

// Clause is one rule of the contract of package store.
type Clause struct {
	ID   string // as in brackets in the documentation of package store, and the name of the subtest
	Text string // the rule, in one sentence
	Read string // where the rule stands

	basic  bool   // one that all others rest on
	about  string // the method whose failing breaks the rule; if another fails that the check needs, that says nothing
	needs  parts  // of the harness, without which there is no check
	better parts  // of the harness, without which the check sees less
	hasty  bool   // try only once where luck is needed, as the test of the suite does with clauses that a store keeps
	check  func(t *trial)
}

// Clauses returns the register of all clauses. Its order is that of the
// documentation of package store, and the table of contents of this package.
func Clauses() []Clause {
	return []Clause{
		// store.Store. What binds every method: concurrent.go, arguments.go, context.go, during.go, after.go, latest.go, tenants.go, bytes.go, callers.go.
		{
			ID: "concurrent-use", Read: "store.Store", check: checkConcurrentUse,
			Text: "Every method must be safe for concurrent use.",
		},
		{
			ID: "arguments-invalid", Read: "store.Store", better: peer, check: checkArgumentsInvalid,
			Text: "A method whose arguments break a rule of the contract must give ErrInvalid and have no effect.",
		},
		{
			ID: "context-done", Read: "store.Store", better: peer | reopen, check: checkContextDone,
			Text: "A method whose context is done before the call must give the context's error and have no effect.",
		},
		{
			ID: "context-during", Read: "store.Store", better: peer, check: checkContextDuring,
			Text: "A method whose context ends during the call must give its true answer or the context's error, and leave the store as fit for use as before.",
		},
		{
			ID: "context-after", Read: "store.Store", better: peer | reopen, check: checkContextAfter,
			Text: "A context that ends after the call must change nothing of what the call did or gave.",
		},
		{
			ID: "read-latest", Read: "store.Store", better: peer, check: checkReadLatest,
			Text: "Get, Find and Events must see every commit acknowledged before the call, through any handle on the same data.",
		},
		{
			ID: "tenant-isolation", Read: "store.Store", better: peer, check: checkTenantIsolation,
			Text: "Tenants must never see each other's records, terms or events.",
		},
		{
			ID: "bytes-copy", Read: "store.Store", better: peer, check: checkBytesCopy,
			Text: "A Store must keep no reference to what it was given, nor give one to what it keeps.",
		},
		{
			ID: "bytes-exact", Read: "store.Store", better: peer | reopen, check: checkBytesExact,
			Text: "Values must come back byte for byte.",
		},

		// store.Store.Prepare: prepare.go, names.go.
		{
			ID: "prepare-required", Read: "store.Store.Prepare", better: peer, check: checkPrepareRequired,
			Text: "An unprepared kind or index must be ErrInvalid wherever it is named, on every handle that has not prepared it itself.",
		},
		{
			ID: "prepare-idempotent", Read: "store.Store.Prepare", basic: true, about: "Prepare", better: peer | reopen, check: checkPrepareIdempotent,
			Text: "Preparing a kind again must be harmless.",
		},
		{
			ID: "prepare-additive", Read: "store.Store.Prepare", about: "Prepare", better: peer | reopen, check: checkPrepareAdditive,
			Text: "Preparing a kind with other indexes must add them to the known ones and leave all records as they are.",
		},
		{
			ID: "prepare-concurrent", Read: "store.Store.Prepare", about: "Prepare", better: peer, check: checkPrepareConcurrent,
			Text: "Several handles must be able to prepare at the same time.",
		},
		{
			ID: "prepare-invalid", Read: "store.Store.Prepare", check: checkPrepareInvalid,
			Text: "A malformed kind must be ErrInvalid and prepare nothing.",
		},
		{
			ID: "prepare-names", Read: "store.Store.Prepare", about: "Prepare", check: checkPrepareNames,
			Text: "Every name of the grammar must work for kinds and indexes, the words of a query language included.",
		},

		// store.Store.Get: get.go.
		{
			ID: "get-order", Read: "store.Store.Get", about: "Get", check: checkGetOrder,
			Text: "Get must return one record for each key, in the order of the keys, and for a key that is named twice in both places.",
		},
		{
			ID: "get-snapshot", Read: "store.Store.Get", about: "Get", better: peer, check: checkGetSnapshot,
			Text: "Get must read all records at one moment in time, so that a batch shows in all of them or in none.",
		},
		{
			ID: "get-absent", Read: "store.Store.Get", basic: true, about: "Get", better: peer, check: checkGetAbsent,
			Text: "Get must return a record that does not exist with its key and nothing else.",
		},

		// store.Store.Commit: atomic.go, context.go, conflict.go, contention.go, serial.go, resend.go, durable.go, crash.go.
		{
			ID: "commit-atomic", Read: "store.Store.Commit", better: peer | reopen, check: checkCommitAtomic,
			Text: "Commit must apply a batch whole or not at all, and an error that does not wrap ErrUnknownOutcome must mean that nothing changed, now or later.",
		},
		{
			ID: "commit-context", Read: "store.Store.Commit", better: reopen, check: checkCommitContext,
			Text: "Commit whose context ends during the call must yield the true outcome, or an error that wraps both ErrUnknownOutcome and the context's error.",
		},
		{
			ID: "commit-conflict", Read: "store.Store.Commit", better: peer, check: checkCommitConflict,
			Text: "Commit of a batch with a version that does not hold in committed state must change nothing and give a ConflictError that names the key.",
		},
		{
			ID: "commit-contention", Read: "store.Store.Commit", about: "Commit", better: peer, check: checkCommitContention,
			Text: "Commit must give ErrConflict for nothing but a version that does not hold, and wait out all other contention.",
		},
		{
			ID: "commit-resend", Read: "store.Store.Commit", better: peer | reopen, check: checkCommitResend,
			Text: "A batch that was applied and is sent again must give ErrConflict like any other, and change nothing.",
		},
		{
			ID: "commit-exclusive", Read: "store.Store.Commit", better: peer, check: checkCommitExclusive,
			Text: "Of several batches that put or delete the same version of the same record, at most one must succeed.",
		},
		{
			ID: "commit-serial", Read: "store.Store.Commit", better: peer, check: checkCommitSerial,
			Text: "Batches must be applied as if one after another, so that of several that check what the others write no more succeed than could in turn.",
		},
		{
			ID: "commit-durable", Read: "store.Store.Commit", needs: reopen, check: checkCommitDurable,
			Text: "A store that declares itself durable must keep through a restart every batch for which Commit returned nil.",
		},
		{
			ID: "crash-durable", Read: "store.Store.Commit", needs: crash, check: checkCrashDurable,
			Text: "A store that declares itself durable must keep through the kill of its process every batch for which Commit returned nil.",
		},
		{
			ID: "crash-atomic", Read: "store.Store.Commit", needs: crash, check: checkCrashAtomic,
			Text: "The kill of a process must leave every batch that it was committing applied whole or not at all.",
		},

		// store.Store.Events: events.go, readers.go, trim.go, crash.go.
		{
			ID: "events-page", Read: "store.Store.Events", basic: true, about: "Events", check: checkEventsPage,
			Text: "Events must return a tenant's events with a position greater than after, in the order of positions, at most limit of them, and none only if there is none.",
		},
		{
			ID: "events-exact", Read: "store.Store.Events", about: "Events", better: peer | reopen, check: checkEventsExact,
			Text: "Events must come back as they were committed, with their position set and their time in UTC to the nanosecond.",
		},
		{
			ID: "events-order", Read: "store.Store.Events", about: "Events", better: peer, check: checkEventsOrder,
			Text: "Positions must be greater than 0 and grow in commit order and, within a batch, in the order of its events.",
		},
		{
			ID: "events-positions", Read: "store.Store.Events", about: "Events", better: peer | reopen, check: checkEventsPositions,
			Text: "A position must never be used again, not after Trim and not after a restart.",
		},
		{
			ID: "crash-positions", Read: "store.Store.Events", needs: crash, check: checkCrashPositions,
			Text: "After the kill of a process, a position that was seen must still be that of the same event, or trimmed, and none be used for another event; nor must the trim mark go back.",
		},
		{
			ID: "events-monotonic", Read: "store.Store.Events", about: "Events", better: peer, check: checkEventsMonotonic,
			Text: "Whoever has seen a position must never later see a new event at or below it.",
		},
		{
			ID: "events-records", Read: "store.Store.Events", better: peer, check: checkEventsRecords,
			Text: "Whoever can read an event must be able to read the records of its batch.",
		},
		{
			ID: "events-trimmed", Read: "store.Store.Events", about: "Events", better: peer, check: checkEventsTrimmed,
			Text: "Reading events from below the trim mark must give a TrimmedError, and never a silent gap.",
		},

		// store.Store.Trim: trim.go.
		{
			ID: "trim-mark", Read: "store.Store.Trim", about: "Trim", better: peer | reopen, check: checkTrimMark,
			Text: "Trim must forget the tenant's events up to a position, but not beyond the last event, and change nothing at or below its mark.",
		},

		// store.Store.Close: close.go, goroutines.go.
		{
			ID: "close-waits", Read: "store.Store.Close", about: "Close", better: peer | reopen, check: checkCloseWaits,
			Text: "Close must wait for the calls under way, each of which must have its whole effect before Close returns, or none.",
		},
		{
			ID: "close-goroutines", Read: "store.Store.Close", about: "Close", check: checkCloseGoroutines,
			Text: "Close must leave no goroutine behind.",
		},
		{
			ID: "close-closed", Read: "store.Store.Close", about: "Close", better: peer | reopen, check: checkCloseClosed,
			Text: "Every call after Close must give ErrClosed and have no effect, while other handles on the same data must go on working.",
		},
		{
			ID: "close-idempotent", Read: "store.Store.Close", about: "Close", check: checkCloseIdempotent,
			Text: "Close must return nil however often it is called.",
		},

		// store.Key: keys.go.
		{
			ID: "bytes-keys", Read: "store.Key", better: peer | reopen, check: checkBytesKeys,
			Text: "Texts must be 1 to MaxText bytes of UTF-8 without NUL, and be compared byte by byte, so that case, Unicode form and spaces count.",
		},

		// store.Version: recreated.go.
		{
			ID: "commit-recreated", Read: "store.Version", better: peer | reopen, check: checkCommitRecreated,
			Text: "A record that was deleted and created again must not have a version that it had before.",
		},

		// store.Record: terms.go, keys.go.
		{
			ID: "bytes-terms", Read: "store.Record", better: peer | reopen, check: checkBytesTerms,
			Text: "Terms must be texts, or empty, and be compared byte by byte, so that case, Unicode form and spaces count.",
		},
		{
			ID: "put-terms", Read: "store.Record", needs: peer, better: reopen, check: checkPutTerms,
			Text: "A record that is put must lose the terms of all indexes that its handle has not prepared.",
		},
		{
			ID: "read-terms", Read: "store.Record", better: peer | reopen, check: checkReadTerms,
			Text: "A record that is read must carry the terms that it was put with for the indexes that the handle has prepared, and no others.",
		},

		// store.Batch: commit.go, limits.go.
		{
			ID: "commit-put", Read: "store.Batch", basic: true, about: "Commit", better: peer, check: checkCommitPut,
			Text: "A Put must create its record, or replace the record's value and terms.",
		},
		{
			ID: "commit-delete", Read: "store.Batch", basic: true, about: "Commit", better: peer, check: checkCommitDelete,
			Text: "A Delete must remove its record, and its record only.",
		},
		{
			ID: "commit-version", Read: "store.Batch", basic: true, about: "Commit", better: peer, check: checkCommitVersion,
			Text: "The ID of a batch must become the version of the records that it puts, and of no others.",
		},
		{
			ID: "commit-invalid", Read: "store.Batch", better: peer, check: checkCommitInvalid,
			Text: "A batch that breaks a rule of the contract must be ErrInvalid and change nothing.",
		},
		{
			ID: "commit-limits", Read: "store.Batch", about: "Commit", check: checkCommitLimits,
			Text: "A batch at the limits of the contract must be accepted, and one over a limit must be ErrInvalid and change nothing.",
		},

		// store.Query: find.go.
		{
			ID: "find-range", Read: "store.Query", about: "Find", check: checkFindRange,
			Text: "Find must select the records whose term lies in From <= term < To, where an empty bound is open.",
		},
		{
			ID: "find-prefix", Read: "store.Query", about: "Find", check: checkFindPrefix,
			Text: "Find must select the records whose term begins with Prefix, and lies within the bounds too.",
		},
		{
			ID: "find-sparse", Read: "store.Query", about: "Find", check: checkFindSparse,
			Text: "Find must leave out the records without a term in the index, while the empty text is a term.",
		},
		{
			ID: "find-order", Read: "store.Query", about: "Find", check: checkFindOrder,
			Text: "Find must return records in the order of term and then ID, byte by byte.",
		},
		{
			ID: "find-reverse", Read: "store.Query", about: "Find", check: checkFindReverse,
			Text: "Find with Reverse must return records in the exact opposite order.",
		},
		{
			ID: "find-by-id", Read: "store.Query", basic: true, about: "Find", check: checkFindByID,
			Text: "Find by the empty index must take each record's ID for its term.",
		},

		// store.Page: find.go, page.go, cursor.go, paging.go.
		{
			ID: "find-moment", Read: "store.Page", about: "Find", better: peer, check: checkFindMoment,
			Text: "Find must read all records of a page at one moment in time.",
		},
		{
			ID: "find-limit", Read: "store.Page", about: "Find", check: checkFindLimit,
			Text: "A page must have at most Limit records, and a Next if and only if more follow; with a Next, it must not be empty.",
		},
		{
			ID: "find-cursor", Read: "store.Page", about: "Find", check: checkFindCursor,
			Text: "A cursor that is damaged or belongs to another query must be ErrInvalid, while the limit may change from page to page.",
		},
		{
			ID: "find-cursor-deleted", Read: "store.Page", about: "Find", check: checkFindCursorDeleted,
			Text: "A cursor must go on working when the records around it are changed or deleted.",
		},
		{
			ID: "find-cursor-elsewhere", Read: "store.Page", about: "Find", needs: peer, better: reopen, check: checkFindCursorElsewhere,
			Text: "A cursor must work through any handle on the same data, and after a restart.",
		},
		{
			ID: "find-paging", Read: "store.Page", about: "Find", better: peer, check: checkFindPaging,
			Text: "Over the pages of a query, a record that was there throughout with the same term must appear exactly once, and any other at most once for each term that it held.",
		},
	}
}
