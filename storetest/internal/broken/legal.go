package broken

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"sync"

	"github.com/engage-interactions/engage/store"
)

// slow lets everything else run between the calls of a store and in them.
func slow() *methods {
	return &methods{
		prepare: func(ctx context.Context, s *inner, kinds ...store.Kind) error {
			linger(5)
			return s.Prepare(ctx, kinds...)
		},
		get: func(ctx context.Context, s *inner, keys ...store.Key) ([]store.Record, error) {
			records, err := s.Get(ctx, keys...)
			linger(5)
			return records, err
		},
		find: func(ctx context.Context, s *inner, q store.Query) (store.Page, error) {
			linger(2)
			page, err := s.Find(ctx, q)
			linger(2)
			return page, err
		},
		commit: func(ctx context.Context, s *inner, b store.Batch) error {
			linger(5)
			err := s.Commit(ctx, b)
			linger(5)
			return err
		},
		events: func(ctx context.Context, s *inner, tenant string, after int64, limit int) ([]store.Event, error) {
			events, err := s.Events(ctx, tenant, after, limit)
			linger(5)
			return events, err
		},
		trim: func(ctx context.Context, s *inner, tenant string, upTo int64) error {
			linger(5)
			return s.Trim(ctx, tenant, upTo)
		},
		close: func(s *inner) error {
			linger(5)
			return s.Close()
		},
	}
}

// legal do oddly what the contract leaves open.
func legal() []Store {
	return []Store{
		sound("takes its time", slow),
		sound("leaves large gaps between positions", func() *methods {
			const gap = 1<<33 + 1
			return &methods{
				events: func(ctx context.Context, s *inner, tenant string, after int64, limit int) ([]store.Event, error) {
					if after > 0 {
						after /= gap
					}
					events, err := s.Events(ctx, tenant, after, limit)
					for i := range events {
						events[i].Position *= gap
					}
					if trimmed, ok := errors.AsType[*store.TrimmedError](err); ok {
						trimmed.Mark *= gap
					}
					return events, err
				},
				trim: func(ctx context.Context, s *inner, tenant string, upTo int64) error {
					if upTo > 0 {
						upTo /= gap
					}
					return s.Trim(ctx, tenant, upTo)
				},
			}
		}),
		sound("gives short pages", func() *methods {
			return &methods{
				find: func(ctx context.Context, s *inner, q store.Query) (store.Page, error) {
					page, err := s.Find(ctx, q)
					if n := len(page.Records); err == nil && n > 2 {
						page.Records = page.Records[:n/2]
						page.Next = store.EncodeCursor(q, at(q, page.Records[n/2-1]))
					}
					return page, err
				},
				events: func(ctx context.Context, s *inner, tenant string, after int64, limit int) ([]store.Event, error) {
					events, err := s.Events(ctx, tenant, after, limit)
					return events[:(len(events)+1)/2], err
				},
			}
		}),
		sound("gives another cursor each time", func() *methods {
			signed := func(text string) string { return text + fmt.Sprintf("%08x", crc32.ChecksumIEEE([]byte(text))) }
			return &methods{find: func(ctx context.Context, s *inner, q store.Query) (store.Page, error) {
				const head, sum = 16, 8
				if q.Cursor != "" {
					n := len(q.Cursor) - sum
					if n <= head || signed(q.Cursor[:n]) != q.Cursor {
						q.Cursor = " "
					} else {
						q.Cursor = q.Cursor[head:n]
					}
				}
				page, err := s.Find(ctx, q)
				if page.Next != "" {
					page.Next = signed(fmt.Sprintf("%0*x", head, rand.Uint64()) + page.Next)
				}
				return page, err
			}}
		}),
		sound("commits on one goroutine", func() *methods {
			type order struct {
				do     func() error
				answer chan error
			}
			type writer struct {
				mu     sync.RWMutex // held for writing by Close
				closed bool
				orders chan order
				done   chan struct{}
			}
			var writers sync.Map
			of := func(s *inner) *writer {
				w, running := writers.LoadOrStore(s, &writer{orders: make(chan order), done: make(chan struct{})})
				own := w.(*writer)
				if !running {
					go func() {
						defer close(own.done)
						for o := range own.orders {
							o.answer <- o.do()
						}
					}()
				}
				return own
			}
			return &methods{
				commit: func(ctx context.Context, s *inner, b store.Batch) error {
					w := of(s)
					w.mu.RLock()
					defer w.mu.RUnlock()
					if w.closed {
						return store.ErrClosed
					}
					o := order{func() error { return s.Commit(ctx, b) }, make(chan error, 1)}
					w.orders <- o
					return <-o.answer
				},
				close: func(s *inner) error {
					w := of(s)
					w.mu.Lock()
					defer w.mu.Unlock()
					if !w.closed {
						w.closed = true
						close(w.orders)
						<-w.done
					}
					return s.Close()
				},
			}
		}),
	}
}
