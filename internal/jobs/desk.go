package jobs

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/engage-interactions/engage/internal/bell"
	"github.com/engage-interactions/engage/store"
)

// desk does the jobs of one sort, so many at a time. However long they take,
// or however many there are, no other desk waits for them.
type desk struct {
	*pool

	of      sort
	handler handler
	slots   chan struct{}
	leapt   time.Time    // when it looked for leases that last too long
	failed  atomic.Int64 // how often the store has failed in a row
	empty   int          // how many jobs had ended, in the pool, before it last found nothing; the pool's mu guards it
}

// The sizes of the pages in which to look for jobs: small to see whether there are
// any, and when, and then larger.
const (
	firstPage = 4
	laterPage = 100
)

// leapsEvery is how often to look for leases that last too long.
const leapsEvery = time.Minute

// keep does jobs until the pool ends, or they cannot be done here any more.
func (d *desk) keep() {
	for failures := 0; d.looking.Err() == nil && !d.close(d); {
		rung := d.bell.Rung()
		began, next, err := d.round()
		wait := d.opts.Poll
		switch {
		case d.looking.Err() != nil:
			return
		case err == nil && began > 0:
			failures = 0
			continue
		case err == nil:
			failures = 0
		case passes(err):
			d.opts.Logger.WarnContext(d.looking, "jobs pause", slog.String("type", d.of.typ),
				slog.String("class", d.of.class), slog.Any("error", err))
			_ = bell.Wait(d.looking, nil, pause(failures))
			failures++
			continue
		default:
			d.stop(err)
			return
		}
		if !next.IsZero() {
			wait = min(wait, max(next.Sub(d.now()), 0))
		}
		d.rest(rung, wait)
	}
}

// rest waits until it is time to look again, or the bell rings for this desk.
func (d *desk) rest(rung <-chan struct{}, atMost time.Duration) {
	ctx, cancel := context.WithTimeout(d.looking, atMost)
	defer cancel()
	for bell.Wait(ctx, rung, ages) == nil {
		rung = d.bell.Rung() // before it looks who has rung
		if d.stirred.lately(d.of, d.now()) || !d.patient && d.idle() {
			return
		}
	}
}

// ages is longer than any time that there is to wait.
const ages = 2 * MaxSpan

// clear does jobs until none is due at any desk.
func (d *desk) clear() {
	for d.looking.Err() == nil {
		rung, ended := d.bell.Rung(), d.endings()
		began, _, err := d.round()
		switch {
		case d.looking.Err() != nil:
			return
		case err != nil:
			d.stop(err)
			return
		case began > 0:
			continue
		case d.finished(d, ended):
			return
		}
		d.rest(rung, d.opts.Poll)
	}
}

// round goes through the jobs that are due, and begins those that nobody is at. It
// returns how many it began, and when the first will be due that is not yet.
func (d *desk) round() (began int, next time.Time, err error) {
	now := d.now()
	if began, err = d.leaps(now); err != nil {
		return began, next, err
	}
	q := store.Query{Index: byDue, Prefix: d.of.term().String(), Limit: firstPage}
	for {
		page, cursor, err := d.find(d.looking, q)
		if err != nil {
			return began, next, err
		}
		for _, r := range page {
			if at, _ := r.look(); at.After(now) {
				return began, at, nil
			}
			if d.begin(r.ID) {
				began++
			}
		}
		if d.looking.Err() != nil || cursor == "" {
			return began, next, d.looking.Err()
		}
		q.Cursor, q.Limit = cursor, laterPage
	}
}

// leaps begins, once in a while, the jobs whose attempts were claimed by a clock that was
// put back since.
func (d *desk) leaps(now time.Time) (began int, err error) {
	since := now.Sub(d.leapt)
	if !d.of.lost || since >= 0 && since < leapsEvery {
		return 0, nil
	}
	of := store.Tuple{}.Text(d.of.typ)
	q := store.Query{Index: byTaken, Prefix: of.String(), From: of.Time(now.Add(d.opts.Skew + 1)).String(), Limit: laterPage}
	for {
		page, cursor, err := d.find(d.looking, q)
		if err != nil {
			return began, err
		}
		for _, r := range page {
			if d.begin(r.ID) {
				began++
			}
		}
		if q.Cursor = cursor; cursor == "" {
			d.leapt = now
			return began, nil
		}
	}
}

// begin does a job in a goroutine of its own, as soon as there is room, or here and now
// if the pool does one after another. It returns false if the job is being done already, or the pool stops.
func (d *desk) begin(id string) bool {
	if d.looking.Err() != nil || !d.enter(id) {
		return false
	}
	if d.alone {
		defer d.quit(id, d.of)
		d.one(id)
		return true
	}
	select {
	case d.slots <- struct{}{}:
	case <-d.looking.Done():
		d.quit(id, d.of)
		return false
	}
	d.doing.Go(func() {
		defer d.quit(id, d.of)
		defer func() { <-d.slots }()
		d.one(id)
	})
	return true
}

// one does one job, unless the pool has stopped while it waited for its turn.
func (d *desk) one(id string) {
	if d.looking.Err() != nil {
		return
	}
	var did bool
	var err error
	if d.handler.within != nil {
		did, err = d.doWithin(d.caller, id, d.handler)
	} else {
		did, err = d.doOutside(d.caller, id, d.handler, d.patient)
	}
	if did {
		d.did.Add(1)
	}
	switch {
	case err == nil:
		d.failed.Store(0)
	case d.caller.Err() != nil: // it stops anyway
	case !d.bears(err):
		d.stop(err)
	default:
		d.opts.Logger.WarnContext(d.looking, "a job pauses", slog.String("job", id), slog.Any("error", err))
		_ = bell.Wait(d.looking, nil, pause(int(d.failed.Add(1)-1)))
	}
}
