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
	slots   chan struct{} // one is taken for each job at work; only who keeps the desk takes them
	failed  atomic.Int64  // how often the store has failed in a row
	empty   int           // how many jobs had ended, in the pool, before it last found nothing; the pool's mu guards it

	leapt time.Time // when it looked for leases that last too long
	over  int       // of how many it knew then that they were over

	awaited time.Time // the due time that it waits for
	early   int       // how often it has come too early for that
}

// leapsEvery is how often to look for leases that last too long.
const leapsEvery = time.Minute

// keep does jobs until the pool ends, or they cannot be done here any more.
func (d *desk) keep() {
	for failures := 0; d.room() && !d.close(d); {
		rung, stirs := d.bell.Rung(), d.stirred.count(d.of)
		began, next, err := d.round()
		switch {
		case d.looking.Err() != nil:
			return
		case err == nil && began > 0:
			failures = 0
			continue
		case err == nil:
			failures = 0
		case d.bears(err):
			d.opts.Logger.WarnContext(d.looking, "jobs pause", slog.String("type", d.of.typ),
				slog.String("class", d.of.class), slog.Any("error", err))
			_ = bell.Wait(d.looking, nil, pause(failures))
			failures++
			continue
		default:
			d.stop(err)
			return
		}
		if wait := d.until(next); d.rest(rung, stirs, wait) {
			d.early++
		}
	}
}

// until returns how long to rest before looking again, if the first job that is not due yet
// will be at next. A clock that stands, or is slower than the timers, is not asked again
// and again: each time that it was too early for a job, the desk rests longer.
func (d *desk) until(next time.Time) time.Duration {
	left := max(next.Sub(d.now()), 0)
	if next.IsZero() || left >= d.opts.Poll {
		d.awaited, d.early = time.Time{}, 0
		return d.opts.Poll
	}
	if !next.Equal(d.awaited) {
		d.awaited, d.early = next, 0
	}
	if d.early > 0 {
		left = max(left, time.Millisecond<<min(d.early-1, 20))
	}
	return min(left, d.opts.Poll)
}

// rest waits until it is time to look again, or there is reason to. It reports whether
// all of the time went by.
func (d *desk) rest(rung <-chan struct{}, stirs int, atMost time.Duration) (whole bool) {
	ctx, cancel := context.WithTimeout(d.looking, atMost)
	defer cancel()
	for bell.Wait(ctx, rung, ages) == nil {
		rung = d.bell.Rung() // before it looks who has rung
		if d.stirred.count(d.of) != stirs || !d.patient && d.idle() {
			return false
		}
	}
	return true
}

// ages is longer than any time that there is to wait.
const ages = 2 * MaxSpan

// clear does jobs until none is due at any desk.
func (d *desk) clear() {
	for d.room() {
		rung, stirs, ended := d.bell.Rung(), d.stirred.count(d.of), d.endings()
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
		d.rest(rung, stirs, d.opts.Poll)
	}
}

// room waits until the desk can begin a job. It returns false when the pool stops.
func (d *desk) room() bool {
	if d.looking.Err() != nil || d.alone {
		return d.looking.Err() == nil
	}
	select {
	case d.slots <- struct{}{}:
		<-d.slots // nobody else takes it
		return true
	case <-d.looking.Done():
		return false
	}
}

// full reports whether as many jobs are at work as may be.
func (d *desk) full() bool { return len(d.slots) == cap(d.slots) }

// round looks for jobs that are due, and begins the oldest of them, as many as there was
// room for when it began to look: for room that comes later, it looks again, for who is
// first may be another by then. It returns how many it began, and when the first will be
// due that is not yet, if it was seen.
func (d *desk) round() (began int, next time.Time, err error) {
	now := d.now()
	if began, err = d.leaps(now); err != nil {
		return began, next, err
	}
	q := queue{find: d.find, of: d.of, now: now}
	room := cap(d.slots) - len(d.slots)
	if d.alone {
		room = 1
	}
	for room > 0 {
		r, err := q.pop(d.looking, len(d.slots))
		if err != nil {
			return began, next, err
		}
		if r == nil || d.looking.Err() != nil {
			break
		}
		if d.begin(r.ID) {
			began++
			room--
		}
	}
	return began, q.next, d.looking.Err()
}

// leaps looks, once in a while, for attempts that were claimed by a clock that was put back
// since, or was wrong, and begins those jobs whose attempts must have ended.
func (d *desk) leaps(now time.Time) (began int, err error) {
	since, over := now.Sub(d.leapt), d.suspects.count()
	if !d.of.lost || since >= 0 && since < leapsEvery && over == d.over {
		return 0, nil
	}
	of := store.Tuple{}.Text(d.of.typ)
	q := store.Query{Index: byTaken, Prefix: of.String(), From: of.Time(now.Add(d.opts.Skew + 1)).String(), Limit: laterPage}
	there := make(map[string]bool)
	for {
		page, cursor, err := d.find(d.looking, q)
		if err != nil {
			return began, err
		}
		for _, r := range page {
			there[r.Lease.Holder] = true
			lost := d.suspects.see(r, func() { d.stirred.stir(d.of); d.Wake() })
			if lost && d.full() {
				return began, nil
			}
			if lost && d.begin(r.ID) {
				began++
			}
		}
		if q.Cursor = cursor; cursor == "" {
			d.suspects.keep(there, d.of.typ)
			d.leapt, d.over = now, over
			return began, nil
		}
	}
}

// begin does a job in a goroutine of its own, or here and now if the pool does one after
// another. There is room for it. It returns false if the job is being done already, or the
// pool stops.
func (d *desk) begin(id string) bool {
	if d.looking.Err() != nil || !d.enter(id) {
		return false
	}
	if d.alone {
		defer d.quit(id, d.of)
		d.one(id)
		return true
	}
	d.slots <- struct{}{}
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
		did, err = d.doWithin(d.looking, id, d.of, d.handler)
	} else {
		did, err = d.doOutside(d.looking, id, d.of, d.handler, d.patient)
	}
	if did {
		d.did.Add(1)
	}
	switch {
	case err == nil:
		d.failed.Store(0)
	case d.looking.Err() != nil: // it stops anyway
	case !d.bears(err):
		d.stop(err)
	default:
		d.opts.Logger.WarnContext(d.looking, "a job pauses", slog.String("job", id), slog.Any("error", err))
		_ = bell.Wait(d.looking, nil, pause(int(d.failed.Add(1)-1)))
	}
}
