// Package sqlite is a [store.Store] in one SQLite file, for hosts that want
// their data on a disk without running a database server. It needs no cgo.
//
//	st, err := sqlite.Open(ctx, "engage.db", nil)
//
// # The file
//
// Any SQLite tool can open the file and read it. Each kind has an ordinary table
// of its name (kinds that begin with "sqlite_" or "pragma_", which have a meaning to
// SQLite, get an underscore in front) with the columns tenant, id, version and
// value, and one column by_x for each index x:
//
//	SELECT id, value ->> '$.schemaId' FROM interaction WHERE tenant = 'acme' AND value ->> '$.contactId' = 'c1'
//
// Values are JSON text, as they were given; the columns by_x hold terms, which are
// [store.Tuple]s as a rule. The table _events holds the events,
// with their time in RFC 3339, and _logs the last position and the trim mark of
// each tenant's log. Do not write to these tables by other means: versions and
// positions would no longer tell what they promise.
//
// The header carries the application ID 0x454E4741 ("ENGA"), so that no other
// file is taken for one of ours, and the version of the format as user_version.
// Open brings older files up to date and refuses newer ones.
//
// # Durability
//
// A commit that has been acknowledged survives the death of the process,
// whatever kills it. With [Full], the default, it survives a loss of power as
// well, provided that the disk keeps what it says it has written. With [Normal]
// the last commits before a loss of power may be missing, latest first and each
// as a whole, and the file is sound; a commit does not wait for the disk, which
// saves most where there is one caller and the disk is slow.
//
// The file works in WAL mode: while it is in use, SQLite keeps path-wal and
// path-shm beside it. The former holds what was committed last and belongs to
// the database; a commit by which it is longer than 16 MiB copies it into the
// file, after which it begins anew as soon as nobody reads from it. To make a backup of a database in use do not copy the file, but
// ask SQLite for a copy:
//
//	sqlite3 engage.db "VACUUM INTO 'backup.db'"
//
// Nor should the process that uses the file open it by other means than this driver,
// be it only for reading, or by another copy of SQLite: on POSIX systems the closing of any descriptor gives
// up the locks that the whole process holds on a file.
//
// # Several processes
//
// Any number of processes on one machine, and any number of handles in each of
// them, may use one file; network file systems do not keep the locks that this
// needs. There is one writer at a time: the others wait, up to
// [Options.BusyTimeout]. Readers see the latest commit of any process. They neither
// wait for writers nor are waited for, but for this: up to [Options.Readers] of a handle
// read at once; a few records are read by the connection that writes while it has nothing
// to write; and if the log is longer than 64 MiB, the handle lets its readers pause,
// for a second at most, so that it can begin anew.
//
// # Commits
//
// A handle has one goroutine that writes, on a connection of its own. It takes
// all batches that are waiting by the time it has got the lock, does them in one
// transaction and answers their callers when that is on the disk, while the
// next batches gather: the more callers, the more of them share one sync. Nobody
// waits for a group to fill. The versions of all records that a group names are
// read first. Each batch is judged by those and by what the batches before it
// come to, and is left out if one does not hold; what all of them have come to
// is written at once, each record as the last of them left it. If anything else
// fails, the whole group is rolled back and its batches are done again one by
// one, so that none suffers from its neighbours. The connection keeps up to
// 32 MiB of the file in memory.
//
// A caller whose context ends while its batch is waiting takes it back: the
// error is the context's alone, and nothing changes. Once the batch is being
// written the call returns with an error that wraps [store.ErrUnknownOutcome],
// too.
//
// # Errors
//
// What the disk or another process refuses, such as space, is
// [store.ErrUnavailable]: nothing has changed, and the handle goes on working;
// the same call may succeed later. [ErrReadOnly] comes along if the file can no
// longer be written. [ErrCorrupt] can come from any method. If the disk fails
// just when a group is being committed, no-one can say whether the commit will
// be found there after a crash: every batch concerned is tried once more by
// itself, and gives [store.ErrUnknownOutcome] if that fails as well. The doubt
// is over with the next commit that succeeds.
package sqlite
