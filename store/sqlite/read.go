package sqlite

import (
	"context"
	"database/sql/driver"

	"github.com/engage-interactions/engage/store"
)

// Get implements [store.Store].
func (s *Store) Get(ctx context.Context, keys ...store.Key) ([]store.Record, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.calls.Done()
	if err := s.catalog.Keys(keys...); err != nil {
		return nil, err
	}
	records := make([]store.Record, len(keys))
	read := s.readers.snapshot
	if len(keys) <= 1 {
		read = s.readers.use // a single statement sees a single moment
	}
	err := read(ctx, func(c *conn) error {
		for i, key := range keys {
			records[i] = store.Record{Key: key}
			t := s.tables.of(key.Kind)
			err := c.query(ctx, func(row []driver.Value) error {
				t.fill(&records[i], row)
				return nil
			}, t.get, key.Tenant, key.ID)
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return records, nil
}
