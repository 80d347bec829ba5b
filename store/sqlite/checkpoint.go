package sqlite

import (
	"context"
	"database/sql/driver"
	"os"
	"time"
)

// A commit with which the write-ahead log comes to copyAt copies it into the database, as
// far as no reader still looks at an older moment. The log begins again at its start only if all of it was
// copied and nobody reads from it. Readers that overlap without a break would let it
// grow for ever: past journalLimit the writer lets the readers of this handle pause
// for a moment, in which it begins the log again.

// The bounds of that.
const (
	// copyAt is how long the log gets before it is copied, in pages, which are of 4 KiB. Most
	// of what an interaction changes are pages in the middle of an index: in a longer log
	// more of them meet, and are copied once. With SQLite's own 1,000 many callers take an
	// eighth longer; with more than 4,000 little is gained. Who commits at that moment waits
	// for it, and the others with them: with 4,000, for 10 to 30 ms.
	copyAt = 4_000
	// restBetween is how many groups go by before the log is looked at again.
	restBetween = 7
	// readersPause is how long to wait for the reads under way.
	readersPause = time.Second
	// A log that cannot begin again, because another process reads from it or a
	// read takes long, is tried again after so many groups; twice as many after
	// each failure.
	firstRest = 16
	mostRest  = 4096
)

// shrinker begins the log again when it has grown too long.
type shrinker struct {
	log     string // the path of the log
	limit   int64  // in bytes
	readers *readers
	rest    int // groups until the next try
	next    int // how many to rest after the next failure
}

// after is called after each group of the writer, with its connection, and returns
// false if the connection is spoilt.
func (s *shrinker) after(ctx context.Context, c *conn) (sound bool) {
	if s.rest > 0 {
		s.rest--
		return true
	}
	if info, err := os.Stat(s.log); err != nil || info.Size() <= s.limit {
		s.rest, s.next = restBetween, firstRest
		return true
	}
	s.rest = max(s.next, firstRest)
	s.next = min(2*s.rest, mostRest)
	resume, all := s.readers.pause(readersPause)
	defer resume()
	if !all {
		return true
	}
	var busy int64
	err := c.query(ctx, func(row []driver.Value) error {
		busy, _ = row[0].(int64)
		return nil
	}, "PRAGMA wal_checkpoint(TRUNCATE)")
	if err == nil && busy == 0 {
		s.rest, s.next = 0, firstRest
	}
	return err == nil
}

// pause waits until no read is under way, and lets none begin until resume is called.
// It gives up after a time, and reports that.
func (r *readers) pause(patience time.Duration) (resume func(), all bool) {
	held := 0
	resume = func() {
		for range held {
			<-r.turns
		}
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for held < cap(r.turns) {
		select {
		case r.turns <- struct{}{}:
			held++
		case <-timer.C:
			return resume, false
		}
	}
	return resume, true
}
