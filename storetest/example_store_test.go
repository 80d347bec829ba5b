package storetest_test

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/engage-interactions/engage/store"
)

// mapStore is a whole store.Store over a map and a mutex: a handle on data that
// other handles may share. Nothing of it outlives the process.
type mapStore struct {
	data    *mapData
	catalog store.Catalog // what this handle has prepared

	calls  sync.RWMutex // held for reading by every call under way, for writing by Close
	closed bool
}

// mapData is what all handles on the same data share.
type mapData struct {
	mu      sync.RWMutex
	records map[store.Key]store.Record
	logs    map[string]mapLog // by tenant
}

// mapLog holds the events of a tenant above its trim mark.
type mapLog struct {
	last, mark int64 // the last position given away, and up to where events are gone
	events     []store.Event
}

func newMapStore() *mapStore {
	return &mapStore{data: &mapData{records: map[store.Key]store.Record{}, logs: map[string]mapLog{}}}
}

// peer returns another handle on the same data, which prepares its own kinds.
func (s *mapStore) peer() *mapStore { return &mapStore{data: s.data} }

// enter begins a call. Close waits until the call leaves.
func (s *mapStore) enter(ctx context.Context) (leave func(), err error) {
	s.calls.RLock()
	if s.closed {
		err = store.ErrClosed
	} else {
		err = ctx.Err()
	}
	if err != nil {
		s.calls.RUnlock()
		return nil, err
	}
	return s.calls.RUnlock, nil
}

func (s *mapStore) Close() error {
	s.calls.Lock()
	defer s.calls.Unlock()
	s.closed = true
	return nil
}

func (s *mapStore) Prepare(ctx context.Context, kinds ...store.Kind) error {
	leave, err := s.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	return s.catalog.Add(kinds...) // a map needs nothing for a kind
}

func (s *mapStore) Get(ctx context.Context, keys ...store.Key) ([]store.Record, error) {
	leave, err := s.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	if err := s.catalog.Keys(keys...); err != nil {
		return nil, err
	}
	s.data.mu.RLock() // once for all keys: one moment
	defer s.data.mu.RUnlock()
	records := make([]store.Record, len(keys))
	for i, key := range keys {
		if r, ok := s.data.records[key]; ok {
			records[i] = s.read(r)
		} else {
			records[i].Key = key
		}
	}
	return records, nil
}

// read returns the caller's own copy of a stored record, with the terms of the
// indexes that this handle has prepared.
func (s *mapStore) read(r store.Record) store.Record {
	indexes, _ := s.catalog.Indexes(r.Kind)
	r.Value = bytes.Clone(r.Value)
	r.Terms = maps.Clone(r.Terms)
	maps.DeleteFunc(r.Terms, func(index, _ string) bool { return !slices.Contains(indexes, index) })
	return r
}

func (s *mapStore) Commit(ctx context.Context, b store.Batch) error {
	leave, err := s.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	if err := s.catalog.Batch(b); err != nil {
		return err
	}
	s.data.mu.Lock() // from the first check to the last write
	defer s.data.mu.Unlock()
	for _, c := range b.Expected() {
		if s.data.records[c.Key].Version != c.Version { // of no record: ""
			return &store.ConflictError{Key: c.Key, Expected: c.Version}
		}
	}
	for _, d := range b.Deletes {
		delete(s.data.records, d.Key)
	}
	for _, r := range b.Puts {
		r.Version = store.Version(b.ID)
		r.Value = bytes.Clone(r.Value)
		r.Terms = maps.Clone(r.Terms)
		s.data.records[r.Key] = r
	}
	log := s.data.logs[b.Tenant]
	for _, e := range b.Events {
		log.last++
		e.Position = log.last
		e.Time = e.Time.UTC()
		e.Value = bytes.Clone(e.Value)
		log.events = append(log.events, e)
	}
	s.data.logs[b.Tenant] = log
	return nil
}

func (s *mapStore) Find(ctx context.Context, q store.Query) (store.Page, error) {
	leave, err := s.enter(ctx)
	if err != nil {
		return store.Page{}, err
	}
	defer leave()
	q, after, err := s.catalog.Query(q)
	if err != nil {
		return store.Page{}, err
	}
	s.data.mu.RLock()
	defer s.data.mu.RUnlock()
	order := func(a, b store.Position) int {
		if q.Reverse {
			a, b = b, a
		}
		return a.Compare(b)
	}
	var places []store.Position // of the records that follow
	for key, r := range s.data.records {
		term, ok := q.Term(r)
		at := store.Position{Term: term, ID: key.ID}
		if key.Tenant == q.Tenant && key.Kind == q.Kind && ok && q.Selects(term) && (after == nil || order(at, *after) > 0) {
			places = append(places, at)
		}
	}
	slices.SortFunc(places, order)
	var page store.Page
	if len(places) > q.Limit {
		places = places[:q.Limit]
		page.Next = store.EncodeCursor(q, places[q.Limit-1])
	}
	for _, at := range places {
		page.Records = append(page.Records, s.read(s.data.records[store.Key{Tenant: q.Tenant, Kind: q.Kind, ID: at.ID}]))
	}
	return page, nil
}

func (s *mapStore) Events(ctx context.Context, tenant string, after int64, limit int) ([]store.Event, error) {
	leave, err := s.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	limit, err = store.EventsFrom(tenant, after, limit)
	if err != nil {
		return nil, err
	}
	s.data.mu.RLock() // the mark and the events of the same moment
	defer s.data.mu.RUnlock()
	log := s.data.logs[tenant]
	if after < log.mark {
		return nil, &store.TrimmedError{Tenant: tenant, Mark: log.mark}
	}
	events := slices.Clone(log.events[log.behind(after):])
	events = events[:min(limit, len(events))]
	for i := range events {
		events[i].Value = bytes.Clone(events[i].Value)
	}
	return events, nil
}

func (s *mapStore) Trim(ctx context.Context, tenant string, upTo int64) error {
	leave, err := s.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	if err := store.TrimTo(tenant, upTo); err != nil {
		return err
	}
	s.data.mu.Lock()
	defer s.data.mu.Unlock()
	log := s.data.logs[tenant]
	if upTo = min(upTo, log.last); upTo > log.mark {
		log.events = slices.Clone(log.events[log.behind(upTo):])
		log.mark = upTo // and last stays, so that no position comes again
		s.data.logs[tenant] = log
	}
	return nil
}

// behind returns the index of the first event behind a position.
func (l mapLog) behind(position int64) int {
	i := slices.IndexFunc(l.events, func(e store.Event) bool { return e.Position > position })
	if i < 0 {
		return len(l.events)
	}
	return i
}

// A complete store over a map and a mutex. It keeps every rule of the contract:
// read it beside "Writing a Store" (docs/writing-a-store.md), which builds it step
// by step.
func Example_store() {
	ctx := context.Background()
	var st store.Store = newMapStore()
	defer func() { _ = st.Close() }()
	if err := st.Prepare(ctx, store.Kind{Name: "task", Indexes: []string{"owner"}}); err != nil {
		fmt.Println(err)
	}

	key := store.Key{Tenant: "acme", Kind: "task", ID: "t1"}
	batch := store.Batch{
		ID: "batch-1", Tenant: "acme",
		Puts:   []store.Record{{Key: key, Terms: map[string]string{"owner": "ann"}, Value: []byte(`{"title":"call back"}`)}},
		Events: []store.Event{{Tenant: "acme", ID: "e1", Type: "task.created", Time: time.Unix(0, 0), Value: []byte(`{}`)}},
	}
	fmt.Println(st.Commit(ctx, batch))
	fmt.Println(st.Commit(ctx, batch)) // the task exists by now

	page, err := st.Find(ctx, store.Query{Tenant: "acme", Kind: "task", Index: "owner", Prefix: "a"})
	for _, r := range page.Records {
		fmt.Println(r.ID, r.Version, r.Terms["owner"], string(r.Value), err)
	}
	events, err := st.Events(ctx, "acme", 0, 0)
	for _, e := range events {
		fmt.Println(e.Position, e.Type, err)
	}
	// Output:
	// <nil>
	// store: conflict: acme/task/t1 exists
	// t1 batch-1 ann {"title":"call back"} <nil>
	// 1 task.created <nil>
}
