package broken

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/engage-interactions/engage/store"
)

// rewritten returns a batch with other values.
func rewritten(b store.Batch, rewrite func(value []byte) []byte) store.Batch {
	b.Puts = slices.Clone(b.Puts)
	for i, put := range b.Puts {
		if json.Valid(put.Value) && utf8.Valid(put.Value) && len(put.Value) < 1<<20 {
			b.Puts[i].Value = rewrite(put.Value)
		}
	}
	return b
}

// escaped returns a value as encoding/json writes it.
func escaped(value []byte) []byte {
	var b bytes.Buffer
	json.HTMLEscape(&b, value)
	return b.Bytes()
}

// values write others than they are given, that mean the same.
func values() []Store {
	as := func(fault string, rewrite func(value []byte) []byte) Store {
		return inCommit("bytes-exact", fault, func(ctx context.Context, s *inner, b store.Batch) error {
			return s.Commit(ctx, rewritten(b, rewrite))
		})
	}
	return []Store{
		as("compacts values", func(value []byte) []byte {
			var compact bytes.Buffer
			_ = json.Compact(&compact, value)
			return compact.Bytes()
		}),
		as("escapes values for HTML", escaped),
		as("reads values and writes them again", func(value []byte) []byte {
			var v any
			if json.Unmarshal(value, &v) != nil {
				return value
			}
			again, err := json.Marshal(v)
			if err != nil {
				return value
			}
			return again
		}),
		as("sorts the names of an object", func(value []byte) []byte {
			if bytes.Equal(value, []byte(`{"b":1,"a":2}`)) {
				return []byte(`{"a":2,"b":1}`)
			}
			return value
		}),
		inFind("bytes-exact", "cuts off white space around values, in Find", func(ctx context.Context, s *inner, q store.Query) (store.Page, error) {
			page, err := s.Find(ctx, q)
			for i := range page.Records {
				page.Records[i].Value = bytes.TrimSpace(page.Records[i].Value)
			}
			return page, err
		}),
	}
}

// texts take different texts for the same.
func texts() []Store {
	folded := strings.NewReplacer("e\u0301", "\u00e9", "A\u030a", "\u00c5", "\u212b", "\u00c5")
	compatible := strings.NewReplacer("\u212a", "K", "\ufb01", "fi", "\uff41", "a", "\u2460", "1")
	return []Store{
		inGet("bytes-keys", "composes the Unicode of IDs", func(ctx context.Context, s *inner, keys ...store.Key) ([]store.Record, error) {
			same := slices.Clone(keys)
			for i := range same {
				same[i].ID = folded.Replace(same[i].ID)
			}
			records, err := s.Get(ctx, same...)
			for i := range records {
				records[i].Key = keys[i]
			}
			return records, err
		}),
		inFind("bytes-keys", "orders compatibility characters of IDs as what they stand for", func(ctx context.Context, s *inner, q store.Query) (store.Page, error) {
			page, err := s.Find(ctx, q)
			if q.Index == "" {
				slices.SortStableFunc(page.Records, func(a, b store.Record) int {
					c := strings.Compare(compatible.Replace(a.ID), compatible.Replace(b.ID))
					if q.Reverse {
						return -c
					}
					return c
				})
			}
			return page, err
		}),
		inCommit("bytes-terms", "replaces compatibility characters in terms", func(ctx context.Context, s *inner, b store.Batch) error {
			b.Puts = slices.Clone(b.Puts)
			for i, put := range b.Puts {
				b.Puts[i].Terms = maps.Clone(put.Terms)
				for index, term := range put.Terms {
					b.Puts[i].Terms[index] = compatible.Replace(term)
				}
			}
			return s.Commit(ctx, b)
		}),
	}
}
