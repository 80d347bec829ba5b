package broken

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/engage-interactions/engage/store"
)

// legalAnswers say oddly what is right.
func legalAnswers() []Store {
	wrapped := func(err error) error {
		if err == nil {
			return nil
		}
		return fmt.Errorf("while it was asked: %w", errors.Join(errors.New("it did not go well"), fmt.Errorf("below: %w", err)))
	}
	return []Store{
		sound("wraps its errors twice", func() *methods {
			return &methods{
				prepare: func(ctx context.Context, s *inner, kinds ...store.Kind) error {
					return wrapped(s.Prepare(ctx, kinds...))
				},
				get: func(ctx context.Context, s *inner, keys ...store.Key) ([]store.Record, error) {
					records, err := s.Get(ctx, keys...)
					return records, wrapped(err)
				},
				find: func(ctx context.Context, s *inner, q store.Query) (store.Page, error) {
					page, err := s.Find(ctx, q)
					return page, wrapped(err)
				},
				commit: func(ctx context.Context, s *inner, b store.Batch) error { return wrapped(s.Commit(ctx, b)) },
				events: func(ctx context.Context, s *inner, tenant string, after int64, limit int) ([]store.Event, error) {
					events, err := s.Events(ctx, tenant, after, limit)
					return events, wrapped(err)
				},
				trim: func(ctx context.Context, s *inner, tenant string, upTo int64) error {
					return wrapped(s.Trim(ctx, tenant, upTo))
				},
			}
		}),
		sound("names the last of several conflicts", func() *methods {
			return &methods{commit: func(ctx context.Context, s *inner, b store.Batch) error {
				err := s.Commit(ctx, b)
				if !errors.Is(err, store.ErrConflict) {
					return err
				}
				for _, named := range slices.Backward(named(b)) {
					if now, err := s.Get(ctx, named.Key); err == nil && now[0].Version != named.Version {
						return &store.ConflictError{Key: named.Key, Expected: named.Version}
					}
				}
				return err
			}}
		}),
		sound("gives empty maps and lists for none", func() *methods {
			full := func(records []store.Record) []store.Record {
				for i, r := range records {
					if r.Terms == nil {
						records[i].Terms = map[string]string{}
					}
					if r.Value == nil {
						records[i].Value = []byte{}
					}
				}
				return append([]store.Record{}, records...)
			}
			return &methods{
				get: func(ctx context.Context, s *inner, keys ...store.Key) ([]store.Record, error) {
					records, err := s.Get(ctx, keys...)
					return full(records), err
				},
				find: func(ctx context.Context, s *inner, q store.Query) (store.Page, error) {
					page, err := s.Find(ctx, q)
					page.Records = full(page.Records)
					return page, err
				},
				events: func(ctx context.Context, s *inner, tenant string, after int64, limit int) ([]store.Event, error) {
					events, err := s.Events(ctx, tenant, after, limit)
					return append([]store.Event{}, events...), err
				},
			}
		}),
		sound("does not know how a commit ended whose context has ended", func() *methods {
			return &methods{commit: func(ctx context.Context, s *inner, b store.Batch) error {
				if ctx.Err() != nil {
					return s.Commit(ctx, b)
				}
				linger(2)
				err := s.Commit(context.WithoutCancel(ctx), b)
				linger(10)
				if ctx.Err() != nil {
					return errors.Join(store.ErrUnknownOutcome, ctx.Err())
				}
				return err
			}}
		}),
		sound("gives up late, when it has read already", func() *methods {
			return &methods{
				get: func(ctx context.Context, s *inner, keys ...store.Key) ([]store.Record, error) {
					records, err := s.Get(ctx, keys...)
					if err == nil && endsDuring(ctx) {
						return nil, ctx.Err()
					}
					return records, err
				},
				find: func(ctx context.Context, s *inner, q store.Query) (store.Page, error) {
					page, err := s.Find(ctx, q)
					if err == nil && endsDuring(ctx) {
						return store.Page{}, ctx.Err()
					}
					return page, err
				},
				events: func(ctx context.Context, s *inner, tenant string, after int64, limit int) ([]store.Event, error) {
					events, err := s.Events(ctx, tenant, after, limit)
					if err == nil && endsDuring(ctx) {
						return nil, ctx.Err()
					}
					return events, err
				},
				trim: func(ctx context.Context, s *inner, tenant string, upTo int64) error {
					err := s.Trim(ctx, tenant, upTo)
					if err == nil && endsDuring(ctx) {
						return ctx.Err() // it may have been done
					}
					return err
				},
				prepare: func(ctx context.Context, s *inner, kinds ...store.Kind) error {
					err := s.Prepare(ctx, kinds...)
					if err == nil && endsDuring(ctx) {
						return ctx.Err() // it may have been done
					}
					return err
				},
			}
		}),
		sound("looks at its arguments before all else", func() *methods {
			return &methods{
				prepare: func(ctx context.Context, s *inner, kinds ...store.Kind) error {
					if err := store.CheckKinds(kinds...); err != nil {
						return err
					}
					return s.Prepare(ctx, kinds...)
				},
				get: func(ctx context.Context, s *inner, keys ...store.Key) ([]store.Record, error) {
					if err := s.catalog.Keys(keys...); err != nil {
						return nil, err
					}
					return s.Get(ctx, keys...)
				},
				find: func(ctx context.Context, s *inner, q store.Query) (store.Page, error) {
					if _, _, err := s.catalog.Query(q); err != nil {
						return store.Page{}, err
					}
					return s.Find(ctx, q)
				},
				commit: func(ctx context.Context, s *inner, b store.Batch) error {
					if err := s.catalog.Batch(b); err != nil {
						return err
					}
					return s.Commit(ctx, b)
				},
			}
		}),
		sound("says of its conflicts more than it must", func() *methods {
			return &methods{commit: func(ctx context.Context, s *inner, b store.Batch) error {
				err := s.Commit(ctx, b)
				if c, ok := errors.AsType[*store.ConflictError](err); ok {
					return errors.Join(c, errors.New("batch "+strconv.Quote(b.ID)))
				}
				return err
			}}
		}),
	}
}
