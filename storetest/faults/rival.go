package faults

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/engage-interactions/engage/store"
)

// A rival is another process that works on the same records. The one here writes
// them again as they are: nothing changes but their versions, so that whoever has
// read them must decide again. It writes through the store below, with the terms
// that this one knows.

// OvertakenBefore returns a fault of Commit: before it, a rival writes the records
// that the batch names, as far as they exist. If there is one, the store then gives a
// conflict.
func OvertakenBefore() Fault {
	return Instead("others write the same records before the call",
		func(ctx context.Context, c Call, next func(context.Context) error) error {
			if err := rewrite(ctx, c, c.touched()); err != nil {
				return err
			}
			return next(ctx)
		}).On(Commit)
}

// OvertakenAfter returns a fault of Get, Find and Commit: after it, a rival writes the
// records that it names or has found.
func OvertakenAfter() Fault {
	return Instead("others write the same records after the call",
		func(ctx context.Context, c Call, next func(context.Context) error) error {
			keys := c.touched()
			if c.Method == Find {
				page, err := c.Below().Find(ctx, c.Query)
				if err != nil {
					return err
				}
				for _, r := range page.Records {
					keys = append(keys, r.Key)
				}
			}
			if err := next(ctx); err != nil {
				return err
			}
			return rewrite(ctx, c, keys)
		}).On(Get, Find, Commit)
}

// LostAndOvertaken returns a fault of Commit: the batch lands, its answer is lost, and
// a rival writes what it wrote. Of a batch that creates nothing, nobody can tell
// whether it has landed then.
func LostAndOvertaken() Fault {
	return overtakenLost("the answer is lost after the effect, and others write the same records",
		func(ctx context.Context, next func(context.Context) error) error { return next(ctx) })
}

// GoneAndOvertaken returns a fault of Commit: the batch never lands, the outcome is
// unknown, and a rival writes what it would have written.
func GoneAndOvertaken() Fault {
	return overtakenLost("the commit is lost before its effect, and others write the same records",
		func(context.Context, func(context.Context) error) error { return nil })
}

// overtakenLost is a Commit whose answer is lost, for whatever do made of it, and a
// rival after it.
func overtakenLost(name string, do func(ctx context.Context, next func(context.Context) error) error) Fault {
	return Instead(name, func(ctx context.Context, c Call, next func(context.Context) error) error {
		if err := do(ctx, next); err != nil {
			return lose(err)
		}
		if err := rewrite(ctx, c, c.touched()); err != nil {
			return fmt.Errorf("%w: and %v", errLost, err) //nolint:errorlint // of one class only
		}
		return errLost
	}).On(Commit)
}

// rewrite writes those of the records that exist again, as they are.
func rewrite(ctx context.Context, c Call, keys []store.Key) error {
	ctx = context.WithoutCancel(ctx) // a rival is another process
	perTenant := map[string][]store.Key{}
	for _, key := range keys {
		perTenant[key.Tenant] = append(perTenant[key.Tenant], key)
	}
	for tenant, keys := range perTenant {
		records, err := c.Below().Get(ctx, keys...)
		b := store.Batch{ID: "rival-" + rand.Text(), Tenant: tenant}
		for _, r := range records {
			if r.Exists() {
				b.Puts = append(b.Puts, r)
			}
		}
		if len(b.Puts) > 0 && err == nil {
			err = c.Below().Commit(ctx, b)
		}
		if err != nil && !errors.Is(err, store.ErrConflict) { // if so, others were a rival
			return fmt.Errorf("faults: a rival could not write: %w", err)
		}
	}
	return nil
}
