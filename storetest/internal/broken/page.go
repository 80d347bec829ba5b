package broken

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/engage-interactions/engage/store"
)

// at returns where a record stands in the order of a query.
func at(q store.Query, r store.Record) store.Position {
	if q.Index == "" {
		return store.Position{Term: r.ID, ID: r.ID}
	}
	return store.Position{Term: r.Terms[q.Index], ID: r.ID}
}

// pointed remembers which records the cursors point behind that were given.
type pointed struct{ all sync.Map }

func (p *pointed) page(page store.Page) {
	if page.Next != "" {
		p.all.Store(page.Next, page.Records[len(page.Records)-1])
	}
}

// last returns the record that the cursor of q points behind.
func (p *pointed) last(q store.Query) (store.Record, bool) {
	if q.Cursor == "" {
		return store.Record{}, false
	}
	r, ok := p.all.Load(q.Cursor)
	if !ok {
		return store.Record{}, false
	}
	return r.(store.Record), true
}

// cursors refuse, or take, those that they should not.
func cursors() []Store {
	// other takes the cursors of another query, which change makes of its own.
	other := func(fault string, change func(q *store.Query)) Store {
		return inFind("find-cursor", fault, func(ctx context.Context, s *inner, q store.Query) (store.Page, error) {
			page, err := s.Find(ctx, q)
			if q.Cursor == "" || !errors.Is(err, store.ErrInvalid) {
				return page, err
			}
			changed := q
			change(&changed)
			if changed == q {
				return page, err
			}
			if again, err := s.Find(ctx, changed); err == nil {
				return again, nil
			}
			return page, err
		})
	}
	return []Store{
		inFind("find-cursor", "begins again with a cursor that is none", func(ctx context.Context, s *inner, q store.Query) (store.Page, error) {
			page, err := s.Find(ctx, q)
			if invalid, ok := errors.AsType[*store.InvalidError](err); ok && invalid.Field == "Cursor" {
				q.Cursor = ""
				return s.Find(ctx, q)
			}
			return page, err
		}).and("arguments-invalid"), // which a damaged cursor is
		other("turns round with a cursor", func(q *store.Query) { q.Reverse = !q.Reverse }),
		other("changes the prefix with a cursor", func(q *store.Query) { q.Prefix = strings.TrimSuffix(q.Prefix, "r") }),
		other("changes the end with a cursor", func(q *store.Query) { q.To = strings.TrimSuffix(q.To, "z") }),
		other("does not look at the white space around a cursor", func(q *store.Query) { q.Cursor = strings.TrimSpace(q.Cursor) }).and("arguments-invalid"),
		faulty("find-cursor", "keeps a limit with a cursor", func() *methods {
			var limits sync.Map
			return &methods{find: func(ctx context.Context, s *inner, q store.Query) (store.Page, error) {
				if limit, ok := limits.Load(q.Cursor); ok && q.Cursor != "" && limit != q.Limit {
					return store.Page{}, &store.InvalidError{Field: "Cursor", Reason: "belongs to another limit"}
				}
				page, err := s.Find(ctx, q)
				if page.Next != "" {
					limits.Store(page.Next, q.Limit)
				}
				return page, err
			}}
		}),
		faulty("find-cursor-deleted", "comes to an end behind a record that has no term any more", func() *methods {
			var given pointed
			return &methods{find: func(ctx context.Context, s *inner, q store.Query) (store.Page, error) {
				if r, ok := given.last(q); ok && q.Index != "" {
					now, err := s.Get(ctx, r.Key)
					if err != nil {
						return store.Page{}, err
					}
					if _, has := now[0].Terms[q.Index]; !has && now[0].Exists() {
						return store.Page{}, nil
					}
				}
				page, err := s.Find(ctx, q)
				given.page(page)
				return page, err
			}}
		}),
		faulty("find-cursor-deleted", "begins again behind a record that was put since, by itself and as it was", func() *methods {
			var given pointed
			var alone sync.Map
			return &methods{
				commit: func(ctx context.Context, s *inner, b store.Batch) error {
					err := s.Commit(ctx, b)
					if err == nil && len(named(b)) == 1 && len(b.Puts) == 1 {
						alone.Store(b.Puts[0].Key, store.Version(b.ID))
					}
					return err
				},
				find: func(ctx context.Context, s *inner, q store.Query) (store.Page, error) {
					page, err := s.Find(ctx, q)
					if r, ok := given.last(q); ok && err == nil {
						now, err := s.Get(ctx, r.Key)
						if version, put := alone.Load(r.Key); err == nil && put && version == now[0].Version && now[0].Version != r.Version && at(q, now[0]) == at(q, r) && bytes.Equal(now[0].Value, r.Value) {
							q.Cursor = ""
							page, _ = s.Find(ctx, q)
						}
					}
					given.page(page)
					return page, err
				},
			}
		}),
		faulty("find-cursor-elsewhere", "knows only the cursors that it gave itself", func() *methods {
			var given sync.Map
			return &methods{find: func(ctx context.Context, s *inner, q store.Query) (store.Page, error) {
				if by, ok := given.Load(q.Cursor); ok && by != s {
					return store.Page{}, &store.InvalidError{Field: "Cursor", Reason: "is not known"}
				}
				page, err := s.Find(ctx, q)
				if page.Next != "" {
					given.Store(page.Next, s)
				}
				return page, err
			}}
		}),
	}
}

// pages are wrong as a whole, or as the next of another.
func pages() []Store {
	return []Store{
		// Only where all is one page, so that no cursor has a part in it.
		inFind("find-moment", "reads the values after the index", func(ctx context.Context, s *inner, q store.Query) (store.Page, error) {
			page, err := s.Find(ctx, q)
			if q.Cursor != "" || page.Next != "" || q.Prefix+q.From+q.To != "" {
				return page, err
			}
			linger(2)
			for i, r := range page.Records {
				if now, err := s.Get(ctx, r.Key); err == nil && now[0].Exists() {
					page.Records[i].Version, page.Records[i].Value = now[0].Version, now[0].Value
				}
			}
			return page, err
		}),
		inFind("find-moment", "reads a page in two halves", func(ctx context.Context, s *inner, q store.Query) (store.Page, error) {
			page, err := s.Find(ctx, q)
			if n := len(page.Records); err == nil && n == 10 && q.Cursor == "" && page.Next == "" && q.Index != "" {
				linger(2)
				later, err := s.Find(ctx, q)
				if len(later.Records) == n {
					copy(page.Records[n/2:], later.Records[n/2:])
				}
				return page, err
			}
			return page, err
		}),
		inFind("find-limit", "gives a Next with a full page of the usual length", func(ctx context.Context, s *inner, q store.Query) (store.Page, error) {
			page, err := s.Find(ctx, q)
			if n := len(page.Records); err == nil && n == store.DefaultLimit && page.Next == "" {
				page.Next = store.EncodeCursor(q, at(q, page.Records[n-1]))
			}
			return page, err
		}),
		inFind("find-limit", "takes DefaultLimit for the longest page", func(ctx context.Context, s *inner, q store.Query) (store.Page, error) {
			page, err := s.Find(ctx, q)
			if q.Limit == store.MaxLimit && len(page.Records) == store.MaxLimit {
				return store.Page{}, &store.InvalidError{Field: "Limit", Reason: "is too much"}
			}
			return page, err
		}),
		inFind("find-limit", "gives one record more than 999", func(ctx context.Context, s *inner, q store.Query) (store.Page, error) {
			if q.Limit == 999 {
				q.Limit++
			}
			return s.Find(ctx, q)
		}),
		inFind("find-limit", "has no Next behind the tenth page", func(ctx context.Context, s *inner, q store.Query) (store.Page, error) {
			page, err := s.Find(ctx, q)
			if q.Limit == 0 && len(page.Records) == store.DefaultLimit && strings.HasSuffix(page.Records[store.DefaultLimit-1].ID, "00999") {
				page.Next = ""
			}
			return page, err
		}),
		// The cursor is the record, not its place.
		faulty("find-paging", "goes on where the last record of the page has moved to", func() *methods {
			var given pointed
			return &methods{find: func(ctx context.Context, s *inner, q store.Query) (store.Page, error) {
				asked := q
				if _, err := s.Find(ctx, q); err != nil {
					return store.Page{}, err
				}
				if r, ok := given.last(q); ok && q.Index != "" {
					now, err := s.Get(ctx, r.Key)
					if err != nil {
						return store.Page{}, err
					}
					if _, has := now[0].Terms[q.Index]; has {
						asked.Cursor = store.EncodeCursor(q, at(q, now[0]))
					}
				}
				page, err := s.Find(ctx, asked)
				given.page(page)
				return page, err
			}}
		}).and("find-cursor-deleted"),
		faulty("find-paging", "skips a record behind one that was put again in its place", func() *methods {
			var given pointed
			return &methods{find: func(ctx context.Context, s *inner, q store.Query) (store.Page, error) {
				r, ok := given.last(q)
				page, err := s.Find(ctx, q)
				given.page(page)
				if ok && err == nil && len(page.Records) > 1 && q.Index != "" {
					now, err := s.Get(ctx, r.Key)
					_, has := now[0].Terms[q.Index]
					if err == nil && has && at(q, now[0]) == at(q, r) && !bytes.Equal(now[0].Value, r.Value) {
						page.Records = slices.Delete(page.Records, 0, 1)
					}
				}
				return page, err
			}}
		}),
	}
}
