package work

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"github.com/engage-interactions/engage/store"
)

// lines are the queues of works before records, one for each record that a work
// is about to write. Whoever stands at the head of a line is alone, within this
// Runner, in writing its record. A line exists while somebody stands in it.
type lines struct {
	mu   sync.Mutex
	line map[store.Key]*line
}

// line is one queue: its head, and those behind it, each with the channel that is
// closed when it becomes the head.
type line struct {
	behind []chan struct{}
}

// hold is the set of lines that one work stands at the head of.
type hold struct {
	lines *lines
	keys  []store.Key // sorted, unique
}

func (l *lines) none() *hold { return &hold{lines: l} }

func (h *hold) has(key store.Key) bool {
	_, ok := slices.BinarySearchFunc(h.keys, key, compareKeys)
	return ok
}

// extend waits until the work stands at the head of the lines of keys too. It
// reports whether anybody came before it since it began to wait. All lines are
// taken in the order of keys, so that works never wait for each other in a
// circle; for that, what is held is given up first if a new key needs it.
func (h *hold) extend(ctx context.Context, keys []store.Key) (waited bool, err error) {
	var missing []store.Key
	for _, key := range keys {
		if !h.has(key) {
			missing = append(missing, key)
		}
	}
	if len(missing) == 0 {
		return false, nil
	}
	slices.SortFunc(missing, compareKeys)
	missing = slices.Compact(missing)
	if len(h.keys) > 0 && compareKeys(missing[0], h.keys[len(h.keys)-1]) < 0 {
		missing = append(missing, h.keys...)
		slices.SortFunc(missing, compareKeys)
		h.release()
		waited = true // while it was given up, others may have come
	}
	for _, key := range missing {
		w, err := h.lines.enter(ctx, key)
		if err != nil {
			return waited, err
		}
		waited = waited || w
		h.keys = append(h.keys, key) // in order: it is the greatest so far
	}
	return waited, nil
}

func (h *hold) release() {
	for _, key := range h.keys {
		h.lines.leave(key)
	}
	h.keys = nil
}

// enter returns when the caller is at the head of the line, and whether it had
// to wait for that.
func (l *lines) enter(ctx context.Context, key store.Key) (waited bool, err error) {
	l.mu.Lock()
	if l.line == nil {
		l.line = make(map[store.Key]*line)
	}
	queue := l.line[key]
	if queue == nil {
		l.line[key] = &line{}
		l.mu.Unlock()
		return false, nil
	}
	turn := make(chan struct{})
	queue.behind = append(queue.behind, turn)
	l.mu.Unlock()
	select {
	case <-turn:
		return true, nil
	case <-ctx.Done():
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if i := slices.Index(queue.behind, turn); i >= 0 {
		queue.behind = slices.Delete(queue.behind, i, i+1)
	} else { // the turn came at the same moment: pass it on
		l.next(key)
	}
	return true, ctx.Err()
}

func (l *lines) leave(key store.Key) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.next(key)
}

// next lets the one behind the head take its place. The caller holds mu.
func (l *lines) next(key store.Key) {
	queue := l.line[key]
	if len(queue.behind) == 0 {
		delete(l.line, key)
		return
	}
	close(queue.behind[0])
	queue.behind = queue.behind[1:]
}

func compareKeys(a, b store.Key) int {
	return cmp.Or(
		cmp.Compare(a.Tenant, b.Tenant),
		cmp.Compare(a.Kind, b.Kind),
		cmp.Compare(a.ID, b.ID),
	)
}
