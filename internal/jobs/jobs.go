package jobs

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/engage-interactions/engage/internal/bell"
	"github.com/engage-interactions/engage/internal/lease"
	"github.com/engage-interactions/engage/internal/work"
)

// Options of Jobs. All but Clock and Logger have a default.
type Options struct {
	Clock func() time.Time // required
	// Timeout is how long one attempt may take. Default 30 s.
	Timeout time.Duration
	// Lease is how long an attempt owns its job. Nine tenths of it bound the
	// attempt, too. Default Timeout + 10 s.
	Lease time.Duration
	// Skew is by how much the clocks of processes may differ: an attempt is taken
	// for lost that long after the end of its lease. Default 5 s.
	Skew time.Duration
	// Poll is how often to look for jobs of other processes; those of this process
	// are seen when Wake is called. Default 500 ms.
	Poll time.Duration
	// Tries is how many attempts a job gets before it fails. Default 6: one, and
	// one after each default Backoff.
	Tries int
	// Backoff is the time between the n-th attempt and the next, n = 1, 2, ….
	// Default: 32 s, 4 min, 17 min, 52 min, 2 h, as Engage Digital spaces its
	// retries; then always 2 h.
	Backoff func(n int) time.Duration
	// Concurrency is how many jobs are done at a time. Default 8.
	Concurrency int
	Logger      *slog.Logger // required
}

// Jobs keeps and does the jobs of one tenant. It is safe for concurrent use.
type Jobs struct {
	runner    *work.Runner
	opts      Options
	lease     lease.Terms
	policy    policy
	handlers  map[string]handler
	bell      bell.Bell
	elsewhere elsewhere
}

// New returns Jobs that are written by the runner's works.
func New(r *work.Runner, opts Options) *Jobs {
	orDefault(&opts.Timeout, 30*time.Second)
	orDefault(&opts.Lease, opts.Timeout+10*time.Second)
	orDefault(&opts.Skew, 5*time.Second)
	orDefault(&opts.Poll, 500*time.Millisecond)
	orDefault(&opts.Tries, 6)
	orDefault(&opts.Concurrency, 8)
	if opts.Backoff == nil {
		opts.Backoff = spacing
	}
	return &Jobs{
		runner: r, opts: opts,
		lease:     lease.Terms{Length: opts.Lease, Skew: opts.Skew},
		policy:    policy{tries: opts.Tries, backoff: opts.Backoff},
		handlers:  make(map[string]handler),
		elsewhere: elsewhere{first: make(map[string]time.Time), grace: max(4*opts.Poll, 2*time.Second)},
	}
}

func orDefault[T ~int | ~int64](v *T, value T) {
	if *v == 0 {
		*v = value
	}
}

// Wake tells Run that there may be something to do now.
func (q *Jobs) Wake() { q.bell.Ring() }

// Add adds a job to the work w. Of j, it takes ID, Lane, Type, Due and Data. Without
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
	}
	if j.ID == "" {
		j.ID = w.ID()
	}
	now := q.now()
	r := &record{Job: Job{
		ID: j.ID, Type: j.Type, Lane: j.Lane, Due: moment(j.Due), Data: j.Data,
		State: Pending, Created: now, Updated: now,
	}}
	if err := enter(ctx, w, r); err != nil {
		return "", err
	}
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
