package sqlite

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/engage-interactions/engage/store"
)

// The bounds of one group. They bound for how long a commit waits for others
// that came with it, and for how long another process waits for the lock. A
// batch that is larger by itself is a group by itself.
const (
	groupOperations = 4_096
	groupBytes      = 16 << 20
)

// writer owns the one connection that writes, and the goroutine that writes with it.
// Its statements run on a context of their own: a caller that goes away must
// not interrupt what its neighbours wait for.
type writer struct {
	queue    queue
	patience time.Duration
	connect  func(context.Context) (*conn, error)
	busy     sync.Mutex // held by who uses the connection
	conn     *conn      // nil after a failure, until it is needed again
	columns  columns
	round    round
	shrinker shrinker
	ended    chan struct{}
}

func newWriter(settings Options, f file, first *conn, r *readers) *writer {
	w := &writer{
		patience: settings.BusyTimeout,
		connect: func(ctx context.Context) (*conn, error) {
			return f.openWriter(ctx, "mode=rw", settings)
		},
		conn:     first,
		round:    round{byKey: make(map[store.Key]*place)},
		shrinker: shrinker{log: f.path + "-wal", limit: journalLimit, readers: r},
		ended:    make(chan struct{}),
	}
	w.queue.init()
	return w
}

// run works off the queue until it is ended.
func (w *writer) run(ctx context.Context) {
	defer close(w.ended)
	for {
		last, ok := w.queue.wait()
		if !ok {
			return
		}
		w.busy.Lock()
		w.turn(ctx, last)
		if w.conn != nil && !w.shrinker.after(ctx, w.conn) {
			w.drop()
		}
		w.busy.Unlock()
	}
}

// lend has a read of a few records done on the connection that writes, if there is nothing
// to write: it still knows the pages that it wrote last, which any other connection has
// to get from the file again. It reports false if the read has to be done on another one.
func (w *writer) lend(read func(context.Context, *conn) error) bool {
	if !w.queue.empty() || !w.busy.TryLock() {
		return false
	}
	defer w.busy.Unlock()
	if w.conn == nil {
		return false
	}
	// It is over soon, and nobody's context may spoil the connection.
	if err := read(context.Background(), w.conn); err != nil {
		w.drop()
		return false
	}
	return true
}

// close waits for the goroutine and gives up the connection.
func (w *writer) close() error {
	w.queue.end()
	<-w.ended
	if w.conn == nil {
		return nil
	}
	return w.conn.close()
}

// turn is one transaction: it takes the lock, then whoever is waiting by then,
// and answers them when it is over. Until the lock is there they can withdraw.
func (w *writer) turn(ctx context.Context, last uint64) {
	if err := w.begin(ctx); err != nil {
		for _, j := range w.queue.upTo(last) {
			j.finish(classify(err))
		}
		return
	}
	jobs := w.queue.take()
	if len(jobs) == 0 { // all have withdrawn
		w.rollback(ctx)
		return
	}
	answers, err := w.together(ctx, jobs)
	switch {
	case err == nil:
		for i, j := range jobs {
			j.finish(answers[i])
		}
	case len(jobs) == 1 && !leavesDoubt(err):
		jobs[0].finish(classify(err))
	default:
		// Nobody has been answered yet. Each for itself, a job that fails
		// does no harm to the others.
		w.apart(ctx, jobs, err)
	}
}

// together does jobs in the transaction that has begun, and commits it. It
// returns the answer to each, or an error: then there is no transaction any
// more, and no answer is good.
func (w *writer) together(ctx context.Context, jobs []*job) ([]error, error) {
	answers, err := w.perform(ctx, jobs)
	if err != nil {
		w.drop()
		return nil, err
	}
	if _, err := w.conn.exec(ctx, "COMMIT"); err != nil {
		w.drop()
		return nil, &commitError{err}
	}
	return answers, nil
}

// apart does jobs one by one, each in a transaction of its own, after one with
// all of them has failed.
//
// If that failure left doubt about its outcome, only success settles it: the
// new commit writes over whatever the earlier one left behind. A conflict does
// not settle it, as it may be one of the batch with itself.
func (w *writer) apart(ctx context.Context, jobs []*job, failure error) {
	var locked error // why there is no transaction to be had
	for _, j := range jobs {
		err := locked
		if err == nil {
			if err = w.begin(ctx); err != nil {
				locked = err // the others have waited long enough, too
			}
		}
		if err == nil {
			var answers []error
			if answers, err = w.together(ctx, []*job{j}); err == nil {
				err = answers[0]
			}
		}
		switch {
		case err == nil:
			j.finish(nil)
		case leavesDoubt(err):
			j.finish(unknown(err))
		case leavesDoubt(failure):
			j.finish(unknown(failure))
		default:
			j.finish(classify(err))
		}
	}
}

// perform does what jobs ask for: a single task, or batches.
func (w *writer) perform(ctx context.Context, jobs []*job) ([]error, error) {
	if task := jobs[0].task; task != nil {
		return make([]error, 1), task(ctx, w.conn)
	}
	return w.round.do(ctx, w.conn, &w.columns, jobs)
}

// finish answers the caller, once.
func (j *job) finish(err error) {
	if err == nil && j.done != nil {
		err = j.done()
	}
	j.answer <- err
}

// begin takes the lock, waiting for others that hold it. A connection that
// fails in another way is replaced, once.
func (w *writer) begin(ctx context.Context) error {
	fresh := w.conn == nil
	err := w.lock(ctx)
	if err != nil && !fresh && !isBusy(err) {
		err = w.lock(ctx)
	}
	return err
}

func (w *writer) lock(ctx context.Context) error {
	if w.conn == nil {
		c, err := w.connect(ctx)
		if err != nil {
			return fmt.Errorf("%w: %w", store.ErrUnavailable, err) // another try may have more luck
		}
		w.conn = c
	}
	err := patiently(ctx, w.patience, func() error {
		_, err := w.conn.exec(ctx, "BEGIN IMMEDIATE")
		return err
	})
	if err != nil && !isBusy(err) {
		w.drop()
	}
	w.columns.looked = false // from now on nobody else changes the schema
	return err
}

// rollback ends a transaction that has changed nothing.
func (w *writer) rollback(ctx context.Context) {
	if _, err := w.conn.exec(ctx, "ROLLBACK"); err != nil {
		w.drop()
	}
}

// drop gives up the connection, and with it any transaction that is open on
// it: nothing else proves as simply that there is none. What closing says adds
// nothing to the error that led here.
func (w *writer) drop() {
	_ = w.conn.close()
	w.conn = nil
	w.columns = columns{}
}
