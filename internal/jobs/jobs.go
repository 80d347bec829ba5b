package jobs

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/engage-interactions/engage/internal/bell"
	"github.com/engage-interactions/engage/internal/lease"
	"github.com/engage-interactions/engage/internal/work"
)

// Jobs keeps and does the jobs of one tenant. It is safe for concurrent use.
type Jobs struct {
	runner   *work.Runner
	opts     Options
	lease    lease.Terms
	policy   policy
	handlers map[string]handler
	bell     bell.Bell
	hints    hints
	stirred  stirred
	suspects suspects
	owed     owed

	unattended unattended
}

// New returns Jobs that are written by the runner's works. It panics if Options.Check
// refuses the options.
func New(r *work.Runner, opts Options) *Jobs {
	if err := opts.Check(); err != nil {
		panic(err)
	}
	opts = opts.complete()
	return &Jobs{
		runner: r, opts: opts,
		lease:    lease.Terms{Length: opts.Lease, Skew: opts.Skew},
		policy:   policy{tries: opts.Tries, backoff: opts.Backoff, logger: opts.Logger},
		handlers: make(map[string]handler),
		hints:    hints{last: make(map[sort]time.Time)},
		stirred:  stirred{times: make(map[sort]int)},
		suspects: suspects{seen: make(map[string]*suspect)},
	}
}

// Wake tells Run that there may be something to do now. Of the jobs that works of this
// Runner make due, it knows.
func (q *Jobs) Wake() { q.bell.Ring() }

// Add adds a job to the work w. Of j, it takes ID, Lane, Type, Class, Due and Data. Without
// an ID, one is minted; one that is given must be of w's minting, or used for no other
// job, ever: it is not read before. Adding to a lane rewrites the lane's guard, so that
// works which add to the same one come one after another; a job without a lane costs
// no read at all.
//
// What is wrong with j wraps ErrInvalid.
func (q *Jobs) Add(ctx context.Context, w *work.Work, j Job) (id string, err error) {
	switch {
	case j.Type == "":
		return "", fmt.Errorf("%w: it has no type", ErrInvalid)
	case len(j.Lane) > MaxLane || !utf8.ValidString(j.Lane) || strings.Contains(j.Lane, "\x00"):
		return "", fmt.Errorf("%w: its lane is not UTF-8 without NUL of at most %d bytes", ErrInvalid, MaxLane)
	case !utf8.ValidString(j.Class):
		return "", fmt.Errorf("%w: its class is not UTF-8", ErrInvalid)
	}
	if j.ID == "" {
		j.ID = w.ID()
	}
	now := q.now()
	r := &record{Job: Job{
		ID: j.ID, Type: j.Type, Class: j.Class, Lane: j.Lane, Due: moment(j.Due), Data: j.Data,
		State: Pending, Created: now, Updated: now,
	}}
	if err := enter(ctx, w, r); err != nil {
		return "", err
	}
	q.tell(w, r)
	q.attend(ctx, w)
	return r.ID, jobTable.Insert(w, r)
}

// now returns the time as it is stored.
func (q *Jobs) now() time.Time { return moment(q.opts.Clock()) }

// moment returns a time without the machine's zone and monotonic clock.
func moment(t time.Time) time.Time { return t.UTC().Round(0) }

// get returns the record of a job, nil if there is none.
func get(ctx context.Context, w *work.Work, id string) (*record, error) {
	return jobTable.Get(ctx, w, id)
}
