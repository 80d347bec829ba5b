package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/engage-interactions/engage/store"
)

// looked is a context that is cancelled when it has been looked at so many
// times. A store that looks at its context here and there is cancelled at each
// of these places in turn, and not only where luck will have it.
type looked struct {
	context.Context //nolint:containedctx // it is one

	cancel context.CancelFunc
	left   atomic.Int64
}

// afterLooks returns a context that is cancelled with the n-th look at it.
func afterLooks(ctx context.Context, n int) *looked {
	l := &looked{}
	l.Context, l.cancel = context.WithCancel(ctx)
	l.left.Store(int64(n))
	return l
}

func (l *looked) look() {
	if l.left.Add(-1) == 0 {
		l.cancel()
	}
}

// Err returns the error of the context after another look.
func (l *looked) Err() error { l.look(); return l.Context.Err() }

// Done returns the channel of the context after another look.
func (l *looked) Done() <-chan struct{} { l.look(); return l.Context.Done() }

// answer is a call of a method that reads or trims, and what is wrong with its
// answer, if it gives one.
type answer struct {
	method string
	do     func(ctx context.Context, s store.Store) (wrong string, err error)
}

// partOf says what is wrong with a page, which may be shorter than its limit but
// must be the beginning of what there is.
func partOf[T any](page, all []T, more bool, same func(a, b T) bool) string {
	switch {
	case len(page) > len(all) || !slices.EqualFunc(page, all[:len(page)], same):
		return fmt.Sprintf("%d entries that are not the first of the %d that there are", len(page), len(all))
	case len(page) < len(all) && !more:
		return fmt.Sprintf("%d of the %d entries that there are, and no error", len(page), len(all))
	default:
		return ""
	}
}

// answers returns calls whose answers nobody changes: those of them that read
// return them all, so that one that is cut short shows.
func (t *trial) answers(s store.Store) []answer {
	t.Helper()
	const n = 100
	b := t.batch()
	for i, id := range numbered("r", n) {
		b.Puts = append(b.Puts, doc(id, none, strconv.Itoa(i), terms{owner: "o", state: "s" + id}))
		b.Events = append(b.Events, event(id))
	}
	t.commit(s, b)
	var asked []store.Key
	for _, put := range b.Puts {
		asked = append(asked, put.Key, note(put.ID)) // of which every other is absent
	}
	records := t.get(s, asked...)
	events := t.logged(s, n)
	mark := events[n/2].Position
	t.trim(s, acme, mark)

	all := []answer{
		{"Get", func(ctx context.Context, s store.Store) (string, error) {
			got, err := s.Get(ctx, asked...)
			return partOf(got, records, false, sameRecord), err
		}},
		{"Events", func(ctx context.Context, s store.Store) (string, error) {
			got, err := s.Events(ctx, acme, mark, store.MaxLimit)
			return partOf(got, events[n/2+1:], len(got) > 0, func(a, b store.Event) bool { return a.Position == b.Position && a.ID == b.ID }), err
		}},
		{"Events", func(ctx context.Context, s store.Store) (string, error) {
			got, err := s.Events(ctx, acme, mark-1, 1)
			if _, trimmed := errors.AsType[*store.TrimmedError](err); trimmed {
				return "", nil // the true answer
			}
			if err == nil {
				return fmt.Sprintf("%d events from below the trim mark", len(got)), nil
			}
			return "", err
		}},
		{"Trim", func(ctx context.Context, s store.Store) (string, error) { return "", s.Trim(ctx, acme, mark) }},
	}
	for _, q := range []store.Query{{}, {Index: owner}, {Index: state, Reverse: true}} {
		q.Tenant, q.Kind, q.Limit = acme, "doc", store.MaxLimit
		found := t.findAll(s, q)
		if len(found) != n {
			t.unfit("Find", len(found), n, "counting the records by Find of %#v", q)
			t.FailNow()
		}
		all = append(all, answer{"Find", func(ctx context.Context, s store.Store) (string, error) {
			page, err := s.Find(ctx, q)
			return partOf(page.Records, found, page.Next != "", sameRecord), err
		}})
	}
	return all
}

// gaveUp reports an answer that is neither true nor the error of the context.
func (t *trial) gaveUp(err, ended error, wrong, method, when string) bool {
	t.Helper()
	const want = "the whole answer, or the error of the context"
	if err == nil {
		if wrong != "" {
			return t.broken(wrong, want, "%s with a context that ends %s", method, when)
		}
		return true
	}
	if !errors.Is(err, ended) {
		return t.broken(err, want, "%s with a context that ends %s", method, when)
	}
	for _, class := range classes() {
		changes := method == "Trim" || method == "Prepare" // of these it may say so, since it is so
		if errors.Is(err, class) && (!changes || !errors.Is(class, store.ErrUnknownOutcome)) {
			return t.broken(err, want+fmt.Sprintf(", and not %q", class), "%s with a context that ends %s", method, when)
		}
	}
	return true
}

func checkContextDuring(t *trial) {
	s := t.open()
	handles := t.handles(s)
	all := t.answers(s)
	checkLooks(t, handles, all)
	if t.Failed() {
		return
	}
	t.patiently(func() { checkCancelled(t, handles, all) })

	// Nothing is left behind by those that were given up.
	for i, h := range handles {
		for _, a := range all {
			if wrong, err := a.do(t.Context(), h); err != nil || wrong != "" {
				t.broken(fmt.Sprintf("%s, error %v", wrong, err), "the whole answer", "%s through handle %d, when many calls had been given up", a.method, i+1)
			}
		}
		if err := h.Commit(t.Context(), t.batch(store.Record{Key: note("after" + strconv.Itoa(i)), Value: []byte(`1`)})); err != nil {
			t.broken(err, "no error", "Commit through handle %d, when many calls had been given up", i+1)
		}
		if err := h.Prepare(t.Context(), kinds()...); err != nil {
			t.broken(err, "no error", "Prepare through handle %d, when many calls had been given up", i+1)
		}
	}
}

// checkLooks ends the context of each call with the first look at it, the second,
// and so on, until the call looks no more.
func checkLooks(t *trial, handles []store.Store, all []answer) {
	t.Helper()
	const most = 300 // a store may look once for each record
	for i, h := range handles {
		for j, a := range all {
			if j%len(handles) != i {
				continue
			}
			for n := 1; n < most; n += 1 + n/8 {
				ctx := afterLooks(t.Context(), n)
				wrong, err := a.do(ctx, h)
				unseen := ctx.left.Load() > 0
				ctx.cancel()
				if !t.gaveUp(err, context.Canceled, wrong, a.method, fmt.Sprintf("with look %d at it", n)) {
					return
				}
				if unseen {
					break
				}
			}
		}
		for n := 1; n < 20; n++ {
			kind := store.Kind{Name: "during" + strconv.Itoa(n%5), Indexes: []string{"i" + strconv.Itoa(n/5)}}
			ctx := afterLooks(t.Context(), n)
			err := h.Prepare(ctx, kind)
			unseen := ctx.left.Load() > 0
			ctx.cancel()
			if !t.gaveUp(err, context.Canceled, "", "Prepare", fmt.Sprintf("with look %d at it", n)) {
				return
			}
			if err != nil {
				if err := h.Prepare(t.Context(), kind); err != nil {
					t.fatal(err, "no error", "Prepare again, when it had been given up")
				}
			}
			if _, err := h.Find(t.Context(), store.Query{Tenant: acme, Kind: kind.Name, Index: kind.Indexes[0]}); err != nil {
				t.fatal(err, "no error", "Find in a kind whose Prepare succeeded, at first or when it had been given up")
			}
			if unseen {
				break
			}
		}
	}
}

// checkCancelled ends the contexts of calls at any moment, by a deadline or by
// somebody who cancels, while others do the same and some are in no hurry.
func checkCancelled(t *trial, handles []store.Store, all []answer) {
	t.Helper()
	actors := t.crowd(handles) // who would report an error of a context that is not theirs
	for i, a := range all {
		h := handles[i%len(handles)]
		var err error
		whole := timed(func() { _, err = a.do(t.Context(), h) })
		if err != nil {
			t.fatal(err, "no error", "%s with a context that goes on", a.method)
		}
		actors = append(actors, actor{least: 16, round: func(i int) bool {
			soon := whole * time.Duration(i%16) / 12 // a part of the time that the call takes, or a little more
			if i%2 == 0 {
				ctx, cancel := context.WithTimeout(t.Context(), soon)
				defer cancel()
				wrong, err := a.do(ctx, h)
				return t.gaveUp(err, context.DeadlineExceeded, wrong, a.method, "during the call, by its deadline")
			}
			ctx, cancel := context.WithCancel(t.Context())
			g := t.group()
			g.Go(func() {
				linger(soon)
				cancel()
			})
			wrong, err := a.do(ctx, h)
			cancelled := ctx.Err() != nil
			g.Wait()
			if err != nil && !cancelled {
				return t.broken(err, "no error, for the context had not ended", "%s, before its context is cancelled", a.method)
			}
			return t.gaveUp(err, context.Canceled, wrong, a.method, "during the call")
		}})
	}
	t.together(actors...)
}
