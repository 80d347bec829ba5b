package broken

import (
	"context"
	"errors"

	"github.com/engage-interactions/engage/store"
)

// Every is the name of all methods together.
const Every = "every method"

// Methods returns the names of a store's methods, and [Every].
func Methods() []string {
	return []string{"Prepare", "Get", "Find", "Commit", "Events", "Trim", "Close", Every}
}

// Answering returns a store in which a method does nothing and gives an answer,
// as when it is not written yet. The answer may panic.
func Answering(method string, answer func() error) Store {
	return sound("answers in "+method, func() *methods {
		m := &methods{}
		every := method == Every
		if every || method == "Prepare" {
			m.prepare = func(context.Context, *inner, ...store.Kind) error { return answer() }
		}
		if every || method == "Get" {
			m.get = func(context.Context, *inner, ...store.Key) ([]store.Record, error) { return nil, answer() }
		}
		if every || method == "Find" {
			m.find = func(context.Context, *inner, store.Query) (store.Page, error) { return store.Page{}, answer() }
		}
		if every || method == "Commit" {
			m.commit = func(context.Context, *inner, store.Batch) error { return answer() }
		}
		if every || method == "Events" {
			m.events = func(context.Context, *inner, string, int64, int) ([]store.Event, error) { return nil, answer() }
		}
		if every || method == "Trim" {
			m.trim = func(context.Context, *inner, string, int64) error { return answer() }
		}
		if every || method == "Close" {
			m.close = func(*inner) error { return answer() }
		}
		return m
	})
}

// Incomplete returns stores as they look while they are being written: each
// method in turn is not there yet, or half. Which clauses they break is of no
// interest; those that panic say so in the text "not written yet".
func Incomplete() []Store {
	var all []Store
	for _, method := range Methods() {
		for how, answer := range map[string]func() error{
			"gives an error": func() error { return errors.New("not written yet") },
			"does nothing":   func() error { return nil },
			"panics":         func() error { panic("not written yet") },
		} {
			s := Answering(method, answer)
			s.Fault = how + " in " + method
			all = append(all, s)
		}
	}
	return append(all, half()...)
}

// half are stores with a method that does something, but not much.
func half() []Store {
	bare := func(records []store.Record) []store.Record {
		for i := range records {
			records[i].Terms = nil
		}
		return records
	}
	bareGet := func(ctx context.Context, s *inner, keys ...store.Key) ([]store.Record, error) {
		records, err := s.Get(ctx, keys...)
		return bare(records), err
	}
	bareFind := func(ctx context.Context, s *inner, q store.Query) (store.Page, error) {
		page, err := s.Find(ctx, q)
		page.Records = bare(page.Records)
		return page, err
	}
	finding := func(fault string, find func(ctx context.Context, s *inner, q store.Query) (store.Page, error)) Store {
		return sound(fault, func() *methods { return &methods{find: find} })
	}
	logging := func(fault string, events func(ctx context.Context, s *inner, tenant string, after int64, limit int) ([]store.Event, error)) Store {
		return sound(fault, func() *methods { return &methods{events: events} })
	}
	conflicting := Answering("Commit", func() error {
		return &store.ConflictError{Key: store.Key{Tenant: "acme", Kind: "doc", ID: "a"}}
	})
	conflicting.Fault = "conflicts always"
	return []Store{
		conflicting,
		sound("returns no terms", func() *methods { return &methods{get: bareGet, find: bareFind} }),
		finding("finds without terms", bareFind),
		finding("ignores cursors", func(ctx context.Context, s *inner, q store.Query) (store.Page, error) {
			q.Cursor = ""
			return s.Find(ctx, q)
		}),
		finding("has always a Next", func(ctx context.Context, s *inner, q store.Query) (store.Page, error) {
			page, err := s.Find(ctx, q)
			page.Next = "next"
			return page, err
		}),
		finding("has empty pages and always a Next", func(context.Context, *inner, store.Query) (store.Page, error) {
			return store.Page{Next: "next"}, nil
		}),
		logging("ignores after", func(ctx context.Context, s *inner, tenant string, _ int64, limit int) ([]store.Event, error) {
			return s.Events(ctx, tenant, 0, limit)
		}),
		logging("logs without end", func(_ context.Context, _ *inner, tenant string, after int64, _ int) ([]store.Event, error) {
			return []store.Event{{Tenant: tenant, Position: after + 1, ID: "more", Type: "more", Value: []byte(`1`)}}, nil
		}),
	}
}
