package work_test

import (
	"context"
	"errors"
	"testing"

	"github.com/engage-interactions/engage/internal/work"
	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/storetest/faults"
)

// TestThenComesOnceWhenTheWorkIsThere, or may be, and never of a run that was not the last.
func TestThenComesOnceWhenTheWorkIsThere(t *testing.T) {
	t.Parallel()
	no := errors.New("no")
	for _, test := range []struct {
		name  string
		fault *faults.Fault
		ends  error // of the function
		then  bool
	}{
		{"it is committed", nil, nil, true},
		{"it decides anew", new(faults.Before("a rival", rival)), nil, true},
		{"the answer is lost, and found", new(faults.LostAfter()), nil, true},
		{"the answer is lost for good", new(faults.CancelLostAfter()), nil, true},
		{"the store does not take it", new(faults.Unavailable()), nil, false},
		{"the function fails", nil, no, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			st := faults.New(open(t))
			if test.fault != nil {
				st.Inject(test.fault.On(faults.Commit), 1)
			}
			var last, seen, runs int
			ctx := st.Context(t.Context())
			_ = runner(st).Do(ctx, func(w *work.Work) error {
				runs++
				run := runs
				r, err := w.Get(ctx, key("a"))
				if err != nil {
					return err
				}
				w.Then(func() {
					seen++
					last = run
					there, err := st.Below().Get(context.WithoutCancel(ctx), key("a"))
					if err != nil || number(there[0]) < 1 {
						t.Errorf("it comes before the commit: %v, %v", there, err)
					}
				})
				r[0].Value = []byte("1")
				return errors.Join(w.Put(r[0]), test.ends)
			})
			if then := seen == 1 && last == runs; then != test.then || seen > 1 {
				t.Errorf("it came %d times, last of run %d of %d", seen, last, runs)
			}
		})
	}
}

// TestThenComesNotOfALook, which writes nothing.
func TestThenComesNotOfALook(t *testing.T) {
	t.Parallel()
	st := open(t)
	for _, do := range []func(context.Context, func(*work.Work) error) error{runner(st).Do, runner(st).Look} {
		if err := do(t.Context(), func(w *work.Work) error {
			w.Then(func() { t.Error("it comes") })
			_, err := w.Find(t.Context(), store.Query{Tenant: tenant, Kind: kind})
			return err
		}); err != nil {
			t.Error(err)
		}
	}
}
