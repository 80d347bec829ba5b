package broken

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/engage-interactions/engage/store"
)

// finds select other records than they should.
func finds() []Store {
	return []Store{
		inFind("find-range", "finds one term where the range is empty", func(ctx context.Context, s *inner, q store.Query) (store.Page, error) {
			if q.Index != "" && q.From != "" && q.From == q.To {
				q.To += "\x01"
			}
			return s.Find(ctx, q)
		}),
		inFind("find-range", "leaves out the first term of a range of two bounds, in reverse", func(ctx context.Context, s *inner, q store.Query) (store.Page, error) {
			page, err := s.Find(ctx, q)
			if q.Reverse && q.From == "0" && q.To != "" && q.Prefix == "" && page.Next == "" {
				page.Records = slices.DeleteFunc(page.Records, func(r store.Record) bool { return r.Terms[q.Index] == q.From })
			}
			return page, err
		}),
		inFind("find-prefix", "takes a percent sign for any text", func(ctx context.Context, s *inner, q store.Query) (store.Page, error) {
			if q.Cursor == "" {
				q.Prefix, _, _ = strings.Cut(q.Prefix, "%")
			}
			return s.Find(ctx, q)
		}),
		inFind("find-prefix", "takes an underscore for any character", func(ctx context.Context, s *inner, q store.Query) (store.Page, error) {
			if q.Prefix == "a_" {
				q.Prefix = "a"
			}
			return s.Find(ctx, q)
		}),
		inFind("find-prefix", "finds nothing behind the last of all prefixes", func(ctx context.Context, s *inner, q store.Query) (store.Page, error) {
			if q.Prefix == "\U0010ffff" && q.Index != "" {
				return store.Page{}, nil
			}
			return s.Find(ctx, q)
		}),
		inFind("find-sparse", "takes an empty term for none, if it is a record's only one and something else is asked for, too", func(ctx context.Context, s *inner, q store.Query) (store.Page, error) {
			page, err := s.Find(ctx, q)
			if q.To == "x" {
				page.Records = slices.DeleteFunc(page.Records, func(r store.Record) bool { return r.Terms[q.Index] == "" })
			}
			return page, err
		}),
		inGet("find-sparse", "gets no term for an empty one, if it is the only one", func(ctx context.Context, s *inner, keys ...store.Key) ([]store.Record, error) {
			records, err := s.Get(ctx, keys...)
			for i, r := range records {
				if term, ok := r.Terms["owner"]; ok && term == "" && len(r.Terms) == 1 {
					records[i].Terms = nil
				}
			}
			return records, err
		}),
	}
}

// orders return the right records in the wrong order.
func orders() []Store {
	return []Store{
		// The reverse of the order is right, and so is what was read before.
		faulty("find-order", "joins term and ID to sort what was just written", func() *methods {
			var fresh sync.Map
			return &methods{
				commit: func(ctx context.Context, s *inner, b store.Batch) error {
					fresh.Store(s, true)
					return s.Commit(ctx, b)
				},
				find: func(ctx context.Context, s *inner, q store.Query) (store.Page, error) {
					page, err := s.Find(ctx, q)
					_, ok := fresh.Load(s)
					if q.Reverse || page.Next == "" {
						fresh.Delete(s)
					}
					if ok && !q.Reverse && q.Index != "" {
						joined := func(r store.Record) string { return r.Terms[q.Index] + r.ID }
						for i, a := range page.Records {
							for j, b := range page.Records[i+1:] {
								if joined(a) == joined(b) && a.ID < b.ID {
									page.Records[i], page.Records[i+1+j] = b, a
								}
							}
						}
					}
					return page, err
				},
			}
		}),
		inFind("find-reverse", "reverses the terms of a prefix but not the IDs", func(ctx context.Context, s *inner, q store.Query) (store.Page, error) {
			page, err := s.Find(ctx, q)
			if q.Reverse && q.Prefix != "" && q.Index != "" {
				slices.SortStableFunc(page.Records, func(a, b store.Record) int {
					return cmp.Or(strings.Compare(b.Terms[q.Index], a.Terms[q.Index]), strings.Compare(a.ID, b.ID))
				})
			}
			return page, err
		}),
		inFind("find-reverse", "finds what is at the end of the range, too, in reverse", func(ctx context.Context, s *inner, q store.Query) (store.Page, error) {
			if q.Reverse && q.From == "a" && q.To == "b" && q.Index != "" && q.Prefix == "" && q.Limit == 1000 {
				q.To += "\x01"
			}
			return s.Find(ctx, q)
		}),
		inFind("find-by-id", "wants a term in some index of records that are asked for by more than a letter", func(ctx context.Context, s *inner, q store.Query) (store.Page, error) {
			page, err := s.Find(ctx, q)
			if q.Index == "" && len(q.Prefix) > 1 {
				page.Records = slices.DeleteFunc(page.Records, func(r store.Record) bool { return len(r.Terms) == 0 })
			}
			return page, err
		}),
		inFind("find-by-id", "finds by ID without the values, for records that begin so", func(ctx context.Context, s *inner, q store.Query) (store.Page, error) {
			page, err := s.Find(ctx, q)
			for i := range page.Records {
				if q.Index == "" && q.Prefix == "a" && q.From+q.To == "" {
					page.Records[i].Value = []byte(`null`)
				}
			}
			return page, err
		}),
	}
}
