package storetest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/memory"
)

func brokenPrepares() []brokenStore {
	return []brokenStore{
		brokenGet("prepare-required", "finds nothing in an unprepared kind", func(ctx context.Context, s *memory.Store, keys ...store.Key) ([]store.Record, error) {
			records, err := s.Get(ctx, keys...)
			if errors.Is(err, store.ErrInvalid) {
				return make([]store.Record, len(keys)), nil
			}
			return records, err
		}),
		{"prepare-idempotent", "prepares a kind once", func() *hooks {
			known := map[string]bool{}
			return &hooks{prepare: func(ctx context.Context, s *memory.Store, kinds ...store.Kind) error {
				for _, kind := range kinds {
					if known[kind.Name] {
						return fmt.Errorf("table %s exists", kind.Name)
					}
					known[kind.Name] = true
				}
				return s.Prepare(ctx, kinds...)
			}}
		}},
		{"prepare-additive", "knows the last indexes only", func() *hooks {
			var last []string
			return &hooks{
				prepare: func(ctx context.Context, s *memory.Store, kinds ...store.Kind) error {
					last = kinds[len(kinds)-1].Indexes
					return s.Prepare(ctx, kinds...)
				},
				find: func(ctx context.Context, s *memory.Store, q store.Query) (store.Page, error) {
					if q.Index != "" && !slices.Contains(last, q.Index) {
						return store.Page{}, &store.InvalidError{Field: "Index", Reason: "is not prepared"}
					}
					return s.Find(ctx, q)
				},
			}
		}},
		{"prepare-concurrent", "lets one prepare at a time", func() *hooks {
			var busy atomic.Bool
			return &hooks{prepare: func(ctx context.Context, s *memory.Store, kinds ...store.Kind) error {
				if !busy.CompareAndSwap(false, true) {
					return errors.New("locked")
				}
				defer busy.Store(false)
				runtime.Gosched()
				return s.Prepare(ctx, kinds...)
			}}
		}},
		{"prepare-invalid", "prepares what comes before a malformed kind", func() *hooks {
			return &hooks{prepare: func(ctx context.Context, s *memory.Store, kinds ...store.Kind) error {
				for _, kind := range kinds {
					if err := s.Prepare(ctx, kind); err != nil {
						return err
					}
				}
				return nil
			}}
		}},
		{"prepare-names", "does not quote names", func() *hooks {
			return &hooks{prepare: func(ctx context.Context, s *memory.Store, kinds ...store.Kind) error {
				for _, kind := range kinds {
					if slices.Contains(kind.Indexes, "order") {
						return errors.New("syntax error")
					}
				}
				return s.Prepare(ctx, kinds...)
			}}
		}},
	}
}

func brokenGets() []brokenStore {
	return []brokenStore{
		brokenGet("get-order", "returns records in the order of ID", func(ctx context.Context, s *memory.Store, keys ...store.Key) ([]store.Record, error) {
			records, err := s.Get(ctx, keys...)
			slices.SortStableFunc(records, func(a, b store.Record) int { return strings.Compare(a.ID, b.ID) })
			return records, err
		}),
		brokenGet("get-snapshot", "reads one record after the other", func(ctx context.Context, s *memory.Store, keys ...store.Key) ([]store.Record, error) {
			var records []store.Record
			for _, key := range keys {
				one, err := s.Get(ctx, key)
				if err != nil {
					return nil, err
				}
				records = append(records, one...)
			}
			return records, nil
		}),
		brokenGet("get-absent", "returns null for what is not there", func(ctx context.Context, s *memory.Store, keys ...store.Key) ([]store.Record, error) {
			records, err := s.Get(ctx, keys...)
			for i := range records {
				if !records[i].Exists() {
					records[i].Value = []byte("null")
				}
			}
			return records, err
		}),
	}
}
