package storetest

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/memory"
)

func brokenFinds() []brokenStore {
	return []brokenStore{
		brokenFind("find-range", "includes the end of the range", func(ctx context.Context, s *memory.Store, q store.Query) (store.Page, error) {
			if q.To != "" {
				q.To += "\x01"
			}
			return s.Find(ctx, q)
		}),
		brokenFind("find-prefix", "takes a percent sign for any text", func(ctx context.Context, s *memory.Store, q store.Query) (store.Page, error) {
			q.Prefix, _, _ = strings.Cut(q.Prefix, "%")
			return s.Find(ctx, q)
		}),
		brokenFind("find-prefix", "forgets the bounds for a prefix", func(ctx context.Context, s *memory.Store, q store.Query) (store.Page, error) {
			if q.Prefix != "" {
				q.From, q.To = "", ""
			}
			return s.Find(ctx, q)
		}),
		brokenFind("find-sparse", "takes the empty term for none", func(ctx context.Context, s *memory.Store, q store.Query) (store.Page, error) {
			page, err := s.Find(ctx, q)
			page.Records = slices.DeleteFunc(page.Records, func(r store.Record) bool { return q.Index != "" && r.Terms[q.Index] == "" })
			return page, err
		}),
		brokenFind("find-order", "joins term and ID", func(ctx context.Context, s *memory.Store, q store.Query) (store.Page, error) {
			page, err := s.Find(ctx, q)
			slices.SortFunc(page.Records, func(a, b store.Record) int { return strings.Compare(a.Terms[q.Index]+a.ID, b.Terms[q.Index]+b.ID) })
			return page, err
		}),
		brokenFind("find-reverse", "reverses the terms but not the IDs", func(ctx context.Context, s *memory.Store, q store.Query) (store.Page, error) {
			page, err := s.Find(ctx, q)
			if q.Reverse {
				slices.SortStableFunc(page.Records, func(a, b store.Record) int {
					return cmp.Or(strings.Compare(b.Terms[q.Index], a.Terms[q.Index]), strings.Compare(a.ID, b.ID))
				})
			}
			return page, err
		}),
		brokenFind("find-by-id", "wants a term in every index", func(ctx context.Context, s *memory.Store, q store.Query) (store.Page, error) {
			page, err := s.Find(ctx, q)
			page.Records = slices.DeleteFunc(page.Records, func(r store.Record) bool { return len(r.Terms) == 0 })
			return page, err
		}),
		brokenFind("find-moment", "reads the values after the index", func(ctx context.Context, s *memory.Store, q store.Query) (store.Page, error) {
			page, err := s.Find(ctx, q)
			for i, r := range page.Records {
				now, err := s.Get(ctx, r.Key)
				if err != nil {
					return page, err
				}
				page.Records[i] = now[0]
			}
			return page, err
		}),
		brokenFind("find-limit", "gives a Next with every full page", func(ctx context.Context, s *memory.Store, q store.Query) (store.Page, error) {
			page, err := s.Find(ctx, q)
			if n := len(page.Records); err == nil && n > 0 && n == q.Limit && page.Next == "" {
				last := page.Records[n-1]
				at, _ := term(q, last)
				page.Next = store.EncodeCursor(q, store.Position{Term: at, ID: last.ID})
			}
			return page, err
		}),
		brokenFind("find-cursor", "begins again with a cursor that is none", func(ctx context.Context, s *memory.Store, q store.Query) (store.Page, error) {
			page, err := s.Find(ctx, q)
			if errors.Is(err, store.ErrInvalid) && q.Cursor != "" {
				q.Cursor = ""
				return s.Find(ctx, q)
			}
			return page, err
		}),
		{"find-cursor-deleted", "looks for the record that a cursor points behind", func() *hooks {
			var mu sync.Mutex
			last := map[string]store.Record{}
			return &hooks{find: func(ctx context.Context, s *memory.Store, q store.Query) (store.Page, error) {
				mu.Lock()
				defer mu.Unlock()
				if r, ok := last[q.Cursor]; ok && q.Cursor != "" {
					if now, err := s.Get(ctx, r.Key); err != nil || !now[0].Exists() {
						return store.Page{}, err
					}
				}
				page, err := s.Find(ctx, q)
				if page.Next != "" {
					last[page.Next] = page.Records[len(page.Records)-1]
				}
				return page, err
			}}
		}},
		{"find-cursor-elsewhere", "knows only the cursors that it gave itself", func() *hooks {
			var mu sync.Mutex
			given := map[string]*memory.Store{}
			return &hooks{find: func(ctx context.Context, s *memory.Store, q store.Query) (store.Page, error) {
				mu.Lock()
				defer mu.Unlock()
				if by, ok := given[q.Cursor]; ok && by != s {
					return store.Page{}, &store.InvalidError{Field: "Cursor", Reason: "is not known"}
				}
				page, err := s.Find(ctx, q)
				if page.Next != "" {
					given[page.Next] = s
				}
				return page, err
			}}
		}},
		brokenFind("find-paging", "counts how far it has come", func(ctx context.Context, s *memory.Store, q store.Query) (store.Page, error) {
			offset, _ := strconv.Atoi(q.Cursor)
			limit := cmp.Or(q.Limit, store.DefaultLimit)
			q.Cursor, q.Limit = "", store.MaxLimit
			page, err := s.Find(ctx, q)
			rest := page.Records[min(offset, len(page.Records)):]
			page = store.Page{Records: rest[:min(limit, len(rest))]}
			if len(rest) > limit {
				page.Next = strconv.Itoa(offset + limit)
			}
			return page, err
		}),
	}
}
