package broken

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/engage-interactions/engage/store"
)

// checkedByTwo is a store that gives an answer to a batch that checks a record
// while another does, as when locks for reading shut each other out.
func checkedByTwo(fault string, answer func(store.Check) error) Store {
	return faulty("commit-contention", fault, func() *methods {
		var mu sync.Mutex
		checked := map[store.Key]bool{}
		return &methods{commit: func(ctx context.Context, s *inner, b store.Batch) error {
			if len(b.Checks) != 2 || len(b.Puts) != 2 || !s.ready(ctx, b) {
				return s.Commit(ctx, b)
			}
			c := b.Checks[0]
			mu.Lock()
			if checked[c.Key] {
				mu.Unlock()
				return answer(c)
			}
			checked[c.Key] = true
			mu.Unlock()
			defer func() {
				mu.Lock()
				defer mu.Unlock()
				delete(checked, c.Key)
			}()
			linger(3)
			return s.Commit(ctx, b)
		}}
	})
}

// contentions give a conflict that is none.
func contentions() []Store {
	return []Store{
		checkedByTwo("takes a record that two check at the same time for a conflict", func(c store.Check) error {
			return &store.ConflictError{Key: c.Key, Expected: c.Version}
		}),
		checkedByTwo("says that it is unavailable at once when two check the same record", func(store.Check) error {
			return store.ErrUnavailable
		}),
		// As in a group that is checked against its own members.
		faulty("commit-contention", "gives a conflict with a batch that was rolled back", func() *methods {
			var mu sync.Mutex
			failing := map[store.Key]int{} // what batches name that will not be applied
			count := func(b store.Batch, by int) {
				mu.Lock()
				defer mu.Unlock()
				for _, put := range b.Puts {
					failing[put.Key] += by
				}
			}
			return &methods{commit: func(ctx context.Context, s *inner, b store.Batch) error {
				if !s.ready(ctx, b) {
					if len(b.Puts) == 2 && len(b.Events)+len(b.Checks)+len(b.Deletes) == 0 {
						count(b, 1)
						defer count(b, -1)
						linger(3)
					}
					return s.Commit(ctx, b)
				}
				mu.Lock()
				for _, put := range b.Puts {
					if failing[put.Key] > 0 && put.Version != "" {
						mu.Unlock()
						return &store.ConflictError{Key: put.Key, Expected: put.Version}
					}
				}
				mu.Unlock()
				return s.Commit(ctx, b)
			}}
		}),
	}
}

// unchecked commits a batch with the versions that there are in place of those
// that it expects, all of which held a while before.
func unchecked(ctx context.Context, s *inner, b store.Batch) error {
	b.Checks = nil
	b.Puts, b.Deletes = slices.Clone(b.Puts), slices.Clone(b.Deletes)
	for { // until nobody comes between
		var gone []store.Key
		for i, put := range b.Puts {
			if now, err := s.Get(ctx, put.Key); err == nil {
				b.Puts[i].Version = now[0].Version
			}
		}
		for i, del := range b.Deletes {
			if now, err := s.Get(ctx, del.Key); err == nil {
				b.Deletes[i].Version = now[0].Version
				if !now[0].Exists() {
					gone = append(gone, del.Key)
				}
			}
		}
		b.Deletes = slices.DeleteFunc(b.Deletes, func(del store.Check) bool { return slices.Contains(gone, del.Key) })
		if len(b.Puts)+len(b.Deletes) == 0 {
			return nil
		}
		if err := s.Commit(ctx, b); !errors.Is(err, store.ErrConflict) {
			return err
		}
	}
}

// races check and write in two steps, with the lock given back in between.
func races() []Store {
	// racing is a store in which batches of some sort do so.
	racing := func(fault string, sort func(b store.Batch) bool) Store {
		return inCommit("commit-exclusive", fault, func(ctx context.Context, s *inner, b store.Batch) error {
			if !sort(b) || !s.ready(ctx, b) {
				return s.Commit(ctx, b)
			}
			linger(40)
			return unchecked(ctx, s, b)
		})
	}
	puts := func(b store.Batch, created bool) bool {
		return len(b.Puts) == 1 && len(b.Checks)+len(b.Deletes) == 0 && (b.Puts[0].Version == "") == created
	}
	return []Store{
		racing("checks the version before it takes the lock, when it replaces a record", func(b store.Batch) bool {
			return puts(b, false) && len(b.Events) == 0
		}),
		racing("checks the versions before it takes the lock, when it replaces two records", func(b store.Batch) bool {
			return len(b.Puts) == 2 && len(b.Checks)+len(b.Deletes)+len(b.Events) == 0 && b.Puts[0].Version != "" && b.Puts[1].Version != ""
		}),
		racing("checks the version before it takes the lock, when it deletes a record", func(b store.Batch) bool {
			return len(b.Deletes) == 1 && len(b.Checks)+len(b.Puts)+len(b.Events) == 0
		}),
		racing("checks that a record is absent before it takes the lock, when it creates one", func(b store.Batch) bool {
			return puts(b, true) && len(b.Events) == 0
		}),

		// What it writes is exclusive. What it only checks is not held.
		inCommit("commit-serial", "checks what it does not write before it takes the lock", func(ctx context.Context, s *inner, b store.Batch) error {
			if len(b.Checks) == 0 || !s.ready(ctx, b) {
				return s.Commit(ctx, b)
			}
			linger(5)
			b.Checks = nil
			return s.Commit(ctx, b)
		}),
		inCommit("commit-serial", "checks that what it does not write is absent before it takes the lock", func(ctx context.Context, s *inner, b store.Batch) error {
			if len(b.Checks) == 0 || !s.ready(ctx, b) {
				return s.Commit(ctx, b)
			}
			linger(5)
			b.Checks = slices.DeleteFunc(slices.Clone(b.Checks), func(c store.Check) bool { return c.Version == "" })
			return s.Commit(ctx, b)
		}),

		faulty("commit-recreated", "takes in a check the first version of a record that was created again, and again, for the one it has", func() *methods {
			var mu sync.Mutex
			first, again := map[store.Key]store.Version{}, map[store.Key]int{}
			return &methods{commit: func(ctx context.Context, s *inner, b store.Batch) error {
				err := s.Commit(ctx, b)
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					for _, put := range b.Puts {
						if put.Version != "" {
							continue
						}
						if _, ok := first[put.Key]; ok {
							again[put.Key]++
						} else {
							first[put.Key] = store.Version(b.ID)
						}
					}
					return nil
				}
				c, ok := errors.AsType[*store.ConflictError](err)
				if !ok || !slices.Contains(b.Checks, store.Check{Key: c.Key, Version: c.Expected}) || again[c.Key] < 2 || c.Expected == "" || first[c.Key] != c.Expected {
					return err
				}
				now, err2 := s.Get(ctx, c.Key)
				if err2 != nil || !now[0].Exists() {
					return err
				}
				return unchecked(ctx, s, b)
			}}
		}),
	}
}
