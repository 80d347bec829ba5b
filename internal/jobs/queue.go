package jobs

import (
	"context"
	"time"

	"github.com/engage-interactions/engage/store"
)

// queue hands out the jobs of a sort that wait, the oldest first: see "Who is first" in the
// package doc. It is for one look, and reads no more pages than are needed.
type queue struct {
	find func(context.Context, store.Query) ([]*record, string, error)
	of   sort
	now  time.Time

	opened        bool
	atOnce, timed file
	next          time.Time // when the first one will be due that is not yet, if it was seen
}

// file is one of the two lines that a queue is made of, each in the order of the index:
// jobs that are due at once, and those that have a time.
type file struct {
	page []*record
	rest *store.Query // of the pages behind; nil if there are none
}

// The sizes of the pages in which to look for jobs: small to see whether there are
// any, and when, and then larger.
const (
	firstPage = 4
	laterPage = 100
)

// pop returns the oldest of the jobs that wait, nil if there is none left. busy is how many
// of the first may be at work already.
func (q *queue) pop(ctx context.Context, busy int) (*record, error) {
	if !q.opened {
		if err := q.open(ctx, busy+firstPage); err != nil {
			return nil, err
		}
	}
	for _, f := range []*file{&q.atOnce, &q.timed} {
		if err := q.fill(ctx, f); err != nil {
			return nil, err
		}
	}
	from := &q.atOnce
	if len(q.timed.page) > 0 {
		first := q.timed.page[0]
		switch at, _ := first.look(); {
		case at.After(q.now):
			q.next, q.timed = at, file{}
		case len(q.atOnce.page) == 0 || first.age(q.now).Before(q.atOnce.page[0].age(q.now)):
			from = &q.timed
		}
	}
	if len(from.page) == 0 {
		return nil, nil //nolint:nilnil // no job is none
	}
	first := from.page[0]
	from.page = from.page[1:]
	return first, nil
}

// open reads the first page, which mostly is all that there is of both lines. Those that
// are due at once stand before those that have a time.
func (q *queue) open(ctx context.Context, limit int) error {
	of := q.of.term()
	query := store.Query{Index: byDue, Prefix: of.String(), Limit: min(limit, store.MaxLimit)}
	page, cursor, err := q.find(ctx, query)
	if err != nil {
		return err
	}
	q.opened = true
	n := q.split(page)
	q.atOnce.page, q.timed.page = page[:n], page[n:]
	if cursor == "" {
		return nil
	}
	behind := query
	behind.Cursor, behind.Limit = cursor, laterPage
	if n < len(page) {
		q.timed.rest = &behind
		return nil
	}
	q.atOnce.rest = &behind
	q.timed.rest = &store.Query{Index: byDue, Prefix: of.String(), From: of.Time(time.Time{}.Add(1)).String(), Limit: firstPage}
	return nil
}

// fill reads the next page of a line that has none left.
func (q *queue) fill(ctx context.Context, f *file) error {
	if len(f.page) > 0 || f.rest == nil {
		return nil
	}
	page, cursor, err := q.find(ctx, *f.rest)
	if err != nil {
		return err
	}
	f.page = page
	if f == &q.atOnce {
		f.page = page[:q.split(page)] // the others stand in their own
	}
	if cursor == "" || len(f.page) < len(page) {
		f.rest = nil
		return nil
	}
	f.rest.Cursor, f.rest.Limit = cursor, laterPage
	return nil
}

// split returns how many jobs of a page are due at once.
func (q *queue) split(page []*record) int {
	for n, r := range page {
		if at, _ := r.look(); !at.IsZero() {
			return n
		}
	}
	return len(page)
}

// age returns since when somebody should have looked at the job. Of one that is due at
// once, that is when it was added, or had its last turn; if the clock was put back since,
// the zero time: it is older than can be told.
func (r *record) age(now time.Time) time.Time {
	at, _ := r.look()
	switch {
	case !at.IsZero():
		return at
	case r.since().After(now):
		return time.Time{}
	}
	return r.since()
}
