package sqlite

import (
	"context"
	"slices"
	"sync"
)

// job is what a caller wants of the writer: a batch, or a task that has a
// transaction to itself.
type job struct {
	batch  *batch
	task   func(ctx context.Context, c *conn) error
	done   func() error // after the task has been committed; may be nil
	ticket uint64       // its number in the queue
	answer chan error   // gets one
}

func newJob(b *batch) *job {
	return &job{batch: b, answer: make(chan error, 1)}
}

func newTask(task func(context.Context, *conn) error, done func() error) *job {
	return &job{task: task, done: done, answer: make(chan error, 1)}
}

// queue holds the jobs that wait for the writer, first come first served. Each
// of them has a caller waiting, which bounds it.
type queue struct {
	mu     sync.Mutex
	filled sync.Cond // signals jobs, and the end
	jobs   []*job
	last   uint64 // the youngest ticket
	ended  bool
}

func (q *queue) init() { q.filled.L = &q.mu }

func (q *queue) add(j *job) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.last++
	j.ticket = q.last
	q.jobs = append(q.jobs, j)
	q.filled.Signal()
}

// withdraw takes a job out, and reports whether it was still there.
func (q *queue) withdraw(j *job) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	i := slices.Index(q.jobs, j)
	if i < 0 {
		return false
	}
	q.jobs = slices.Delete(q.jobs, i, i+1)
	return true
}

func (q *queue) empty() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.jobs) == 0
}

// wait blocks until there are jobs, and returns the youngest ticket. It reports
// false at the end.
func (q *queue) wait() (uint64, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.jobs) == 0 {
		if q.ended {
			return 0, false
		}
		q.filled.Wait()
	}
	return q.last, true
}

// take removes and returns what one transaction is to do: batches up to the
// limits, or a single task.
func (q *queue) take() []*job {
	q.mu.Lock()
	defer q.mu.Unlock()
	n, operations, bytes := 0, 0, 0
	for ; n < len(q.jobs); n++ {
		b := q.jobs[n].batch
		if b == nil {
			n = max(n, 1) // a task is alone
			break
		}
		operations += b.operations
		bytes += b.bytes
		if n > 0 && (operations > groupOperations || bytes > groupBytes) {
			break
		}
	}
	return q.remove(n)
}

// upTo removes and returns the jobs with tickets up to last.
func (q *queue) upTo(last uint64) []*job {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := 0
	for n < len(q.jobs) && q.jobs[n].ticket <= last {
		n++
	}
	return q.remove(n)
}

func (q *queue) remove(n int) []*job {
	taken := slices.Clone(q.jobs[:n])
	q.jobs = slices.Delete(q.jobs, 0, n)
	return taken
}

// end makes wait report the end once the queue is empty.
func (q *queue) end() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.ended = true
	q.filled.Broadcast()
}
