package dispatch_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/engage-interactions/engage/store"
)

// ledger is a store that keeps account of what is committed, and holds each batch against
// what routing promises. It looks at nothing but the batch, and at what was written under the
// versions that the batch names: if those hold when it is committed, then what it decides is
// right at that moment, however much happens at the same time.
type ledger struct {
	store.Store

	books *books
}

// books are what several handles on one data enter.
type books struct {
	mu      sync.Mutex
	values  map[store.Key]map[store.Version][]byte
	wrong   []string
	commits int
	seen    map[string]int // how often something happened that is worth to be looked at
}

func newBooks() *books {
	return &books{values: map[store.Key]map[store.Version][]byte{}, seen: map[string]int{}}
}

// on lets a handle enter what is committed.
func (b *books) on(st store.Store) store.Store { return &ledger{st, b} }

// routed are the kinds whose values are kept.
var routed = []string{
	"workspace", "crews", "task_queue", "worker", "ready_worker", "task", "reservation", "interaction_channel", "interaction_invite",
	"interaction_participant", "interaction_transfer", "task_count", "worker_count", "job", "content_thread",
}

// Commit implements [store.Store].
func (l *ledger) Commit(ctx context.Context, b store.Batch) error {
	j := l.books.enters(b)
	err := l.Store.Commit(ctx, b)
	l.books.committed(j, err)
	return err
}

// enters notes what a batch writes, before it can be read, and judges it.
func (b *books) enters(batch store.Batch) *judged {
	b.mu.Lock()
	defer b.mu.Unlock()
	j := &judged{books: b, batch: batch, expected: map[store.Key]store.Version{}, after: map[store.Key][]byte{}}
	for _, put := range batch.Puts {
		if !slices.Contains(routed, put.Kind) {
			continue
		}
		if b.values[put.Key] == nil {
			b.values[put.Key] = map[store.Version][]byte{}
		}
		b.values[put.Key][store.Version(batch.ID)] = slices.Clone(put.Value)
		j.after[put.Key] = slices.Clone(put.Value)
	}
	for _, gone := range batch.Deletes {
		j.after[gone.Key] = nil
	}
	for _, c := range batch.Expected() {
		j.expected[c.Key] = c.Version
	}
	if !strings.HasPrefix(batch.ID, "rival-") { // package faults writes the same once more
		j.judge()
	}
	return j
}

// committed notes what came of a batch: what would have been wrong with one that was not
// committed does not matter.
func (b *books) committed(j *judged, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err != nil && !errors.Is(err, store.ErrUnknownOutcome) {
		return
	}
	b.commits++
	b.wrong = append(b.wrong, j.blames...)
	for what, n := range j.saw {
		b.seen[what] += n
	}
}

func (b *books) faults() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.wrong)
}

// holds reports what was wrong.
func (b *books) holds(tb testing.TB) {
	tb.Helper()
	for n, wrong := range b.faults() {
		if n == 10 {
			tb.Errorf("and more")
			break
		}
		tb.Error(wrong)
	}
}

// judged is a batch that is held against what routing promises.
type judged struct {
	*books

	batch    store.Batch
	expected map[store.Key]store.Version
	after    map[store.Key][]byte // of what it writes; nil: it removes it
	blames   []string
	saw      map[string]int
}

func (j *judged) blame(format string, args ...any) {
	j.blames = append(j.blames, fmt.Sprintf("batch %s: ", j.batch.ID)+fmt.Sprintf(format, args...))
}

func (j *judged) note(what string) {
	if j.saw == nil {
		j.saw = map[string]int{}
	}
	j.saw[what]++
}

func (j *judged) key(kind, id string) store.Key {
	return store.Key{Tenant: j.batch.Tenant, Kind: kind, ID: id}
}

// before returns what a record was that the batch rests on. There says whether there was one,
// named whether the batch names it at all.
func before[T any](j *judged, key store.Key) (v T, there, named bool) {
	version, named := j.expected[key]
	if !named || version == "" {
		return v, false, named
	}
	value, known := j.values[key][version]
	if !known {
		j.blame("%v: nobody has written it as version %s", key, version)
		return v, false, true
	}
	v, err := read[T](value)
	if err != nil {
		j.blame("%v: %v", key, err)
	}
	return v, true, true
}

// then returns what a record is once the batch is committed.
func then[T any](j *judged, key store.Key) (v T, there, named bool) {
	value, written := j.after[key]
	if !written {
		return before[T](j, key)
	}
	v, err := read[T](value)
	if err != nil {
		j.blame("%v: %v", key, err)
	}
	return v, value != nil, true
}

// written goes through the records of a kind that the batch writes or removes, as they were
// and as they are.
func written[T any](j *judged, kind string, look func(key store.Key, was, is T, existed, exists bool)) {
	for _, put := range j.batch.Puts {
		if put.Kind == kind {
			was, existed, _ := before[T](j, put.Key)
			is, _, _ := then[T](j, put.Key)
			look(put.Key, was, is, existed, true)
		}
	}
	for _, gone := range j.batch.Deletes {
		if gone.Key.Kind == kind {
			was, existed, _ := before[T](j, gone.Key)
			var is T
			look(gone.Key, was, is, existed, false)
		}
	}
}

func (j *judged) judge() {
	j.judgeEvents()
	j.judgeTasks()
	j.judgeReservations()
	j.judgeWorkers()
	j.judgeCounts()
	j.judgeChannels()
	j.judgeJobs()
}
