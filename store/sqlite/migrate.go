package sqlite

import (
	"context"
	"database/sql/driver"
	"fmt"
	"strconv"
	"time"

	lib "modernc.org/sqlite/lib"
)

// applicationID marks the file as one of this package: "ENGA".
const applicationID = 0x454E4741

// migrations lead from one version of the file to the next; the version, which
// stands in user_version, is how many have been done. A migration that has been
// released is never changed. The tables of kinds are not their affair: Prepare
// makes those.
var migrations = [][]string{
	{
		// The log of each tenant: the position of its last event, which
		// outlives the event, and the trim mark.
		`CREATE TABLE _logs (
			tenant TEXT NOT NULL PRIMARY KEY,
			last   INTEGER NOT NULL,
			mark   INTEGER NOT NULL
		) WITHOUT ROWID`,
		`CREATE TABLE _events (
			tenant   TEXT NOT NULL,
			position INTEGER NOT NULL,
			id       TEXT NOT NULL,
			type     TEXT NOT NULL,
			time     TEXT NOT NULL,
			value    TEXT NOT NULL,
			PRIMARY KEY (tenant, position)
		) WITHOUT ROWID`,
	},
}

// migrate makes the file behind c one of the current version.
//
// A new file is made within one transaction of the rollback journal, the mode
// of new files, so that it is either empty or has its mark in the first page;
// only then it is switched over to the write-ahead log. Whoever comes second
// waits, and finds it done.
func migrate(ctx context.Context, c *conn, patience time.Duration) error {
	var current bool
	err := patiently(ctx, patience, func() (err error) {
		current, err = isCurrent(ctx, c)
		return err
	})
	if err != nil {
		return err
	}
	if !current {
		err := patiently(ctx, patience, func() error {
			_, err := c.exec(ctx, "BEGIN EXCLUSIVE")
			return err
		})
		if err != nil {
			return err
		}
		if err := raise(ctx, c); err != nil {
			return err // to close the connection rolls back
		}
	}
	return patiently(ctx, patience, func() error {
		mode := ""
		err := c.query(ctx, func(row []driver.Value) error {
			mode = text(row[0])
			return nil
		}, "PRAGMA journal_mode = WAL")
		if err == nil && mode != "wal" {
			err = fmt.Errorf("sqlite: journal mode is %q: the file system has no shared memory", mode)
		}
		return err
	})
}

// isCurrent checks that the file is one of this package, or empty, and reports
// whether it has the current version.
func isCurrent(ctx context.Context, c *conn) (bool, error) {
	id, err := c.number(ctx, "PRAGMA application_id")
	if err != nil {
		return false, err
	}
	version, err := c.number(ctx, "PRAGMA user_version")
	if err != nil {
		return false, err
	}
	if id == 0 && version == 0 {
		// Nothing has ever been created in it. (Within the transaction that is
		// about to do so, a new file has a page already.)
		changes, err := c.number(ctx, "PRAGMA schema_version")
		if err != nil {
			return false, err
		}
		if changes == 0 {
			return false, nil
		}
	}
	if id != applicationID {
		return false, ErrNotEngage
	}
	if version > int64(len(migrations)) {
		return false, fmt.Errorf("%w: it is %d, the newest known is %d", ErrNewer, version, len(migrations))
	}
	if version < int64(len(migrations)) {
		return false, nil
	}
	for _, table := range []string{"_logs", "_events"} {
		_, err := c.number(ctx, "SELECT count(*) FROM (SELECT 1 FROM "+table+" LIMIT 1)")
		if code(err) == lib.SQLITE_ERROR { // which is to say that there is no such table
			return false, fmt.Errorf("%w: %w", ErrCorrupt, err)
		}
		if err != nil {
			return false, err
		}
	}
	return true, nil
}

// raise does the migrations that are missing and commits. Somebody else may
// have done them while this one waited for the lock.
func raise(ctx context.Context, c *conn) error {
	current, err := isCurrent(ctx, c)
	if err != nil {
		return err
	}
	if current {
		_, err := c.exec(ctx, "ROLLBACK")
		return err
	}
	version, err := c.number(ctx, "PRAGMA user_version")
	if err != nil {
		return err
	}
	statements := []string{"PRAGMA application_id = " + strconv.Itoa(applicationID)}
	for _, migration := range migrations[version:] {
		statements = append(statements, migration...)
	}
	statements = append(statements, "PRAGMA user_version = "+strconv.Itoa(len(migrations)), "COMMIT")
	for _, statement := range statements {
		if _, err := c.exec(ctx, statement); err != nil {
			return fmt.Errorf("migrating from version %d: %w", version, err)
		}
	}
	return nil
}
