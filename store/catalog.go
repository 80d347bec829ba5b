package store

import (
	"maps"
	"slices"
	"sync"
)

// Catalog holds the kinds that one handle has prepared, and checks every
// argument of a Store's methods against them and against the limits. Each handle
// has one of its own, since what one has prepared is not prepared on another. Its
// zero value is empty and ready; it is safe for concurrent use. The errors of its
// methods are [*InvalidError].
type Catalog struct {
	mu    sync.RWMutex
	kinds map[string][]string // indexes, sorted; a slice is replaced, never changed
}

// CheckKinds checks the arguments of Prepare.
func CheckKinds(kinds ...Kind) error {
	for i, kind := range kinds {
		if !isName(kind.Name) {
			return invalid(nameRule, "kinds[%d].Name", i)
		}
		for j, index := range kind.Indexes {
			if !isName(index) {
				return invalid(nameRule, "kinds[%d].Indexes[%d]", i, j)
			}
			if slices.Contains(kind.Indexes[:j], index) {
				return invalid("is named twice", "kinds[%d].Indexes[%d]", i, j)
			}
		}
	}
	return nil
}

// Add makes kinds known. Call it when the store is ready for them: from then on
// the other methods accept them. Kinds that CheckKinds refuses change nothing.
func (c *Catalog) Add(kinds ...Kind) error {
	if err := CheckKinds(kinds...); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kinds == nil {
		c.kinds = make(map[string][]string)
	}
	for _, kind := range kinds {
		all := append(slices.Clone(c.kinds[kind.Name]), kind.Indexes...)
		slices.Sort(all)
		c.kinds[kind.Name] = slices.Compact(all)
	}
	return nil
}

// Indexes returns the indexes of a prepared kind, sorted, and whether it is
// prepared. Callers leave the slice as it is.
func (c *Catalog) Indexes(kind string) ([]string, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	indexes, ok := c.kinds[kind]
	return indexes, ok
}

// Kinds returns the names of the prepared kinds, sorted.
func (c *Catalog) Kinds() []string {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return slices.Sorted(maps.Keys(c.kinds))
}

// Keys checks the arguments of Get.
func (c *Catalog) Keys(keys ...Key) error {
	for i, key := range keys {
		if rule := c.keyRule(key); rule != "" {
			return invalid(rule, "keys[%d]", i)
		}
	}
	return nil
}

// Query checks the argument of Find. It returns the query with its limit
// resolved, and where its cursor points: the page begins behind that position,
// or at the beginning if there is none.
func (c *Catalog) Query(q Query) (Query, *Position, error) {
	if !isText(q.Tenant) || q.Tenant == "" {
		return q, nil, invalid(textRule, "Tenant")
	}
	indexes, ok := c.Indexes(q.Kind)
	if !ok {
		return q, nil, invalid(unprepared, "Kind")
	}
	if q.Index != "" && !slices.Contains(indexes, q.Index) {
		return q, nil, invalid(unprepared, "Index")
	}
	for _, bound := range []struct{ field, text string }{{"Prefix", q.Prefix}, {"From", q.From}, {"To", q.To}} {
		if !isText(bound.text) {
			return q, nil, invalid(textRule, "%s", bound.field)
		}
	}
	limit, err := CheckLimit(q.Limit)
	if err != nil {
		return q, nil, err
	}
	q.Limit = limit
	if q.Cursor == "" {
		return q, nil, nil
	}
	at, err := decodeCursor(q)
	return q, at, err
}

// Batch checks the argument of Commit, but for the versions it names.
func (c *Catalog) Batch(b Batch) error {
	if !isText(b.ID) || b.ID == "" {
		return invalid(textRule, "ID")
	}
	if !isText(b.Tenant) || b.Tenant == "" {
		return invalid(textRule, "Tenant")
	}
	if len(b.Puts)+len(b.Deletes) == 0 {
		return invalid("changes no record", "batch")
	}
	if n := len(b.Checks) + len(b.Puts) + len(b.Deletes) + len(b.Events); n > MaxOperations {
		return invalid("has more than MaxOperations checks, puts, deletes and events", "batch")
	}
	w := batchCheck{catalog: c, tenant: b.Tenant, seen: make(map[Key]struct{}, len(b.Checks)+len(b.Puts)+len(b.Deletes))}
	for i, check := range b.Checks {
		if err := w.key(check.Key, check.Version, "Checks", i); err != nil {
			return err
		}
	}
	for i := range b.Puts {
		if err := w.put(&b.Puts[i], i); err != nil {
			return err
		}
	}
	for i, del := range b.Deletes {
		if err := w.key(del.Key, del.Version, "Deletes", i); err != nil {
			return err
		}
		if del.Version == "" {
			return invalid("expects no record", "Deletes[%d].Version", i)
		}
	}
	for i := range b.Events {
		if err := w.event(&b.Events[i], i); err != nil {
			return err
		}
	}
	if w.size > MaxBatch {
		return invalid("is larger than MaxBatch bytes", "batch")
	}
	return nil
}

// EventsFrom checks the arguments of Events and resolves the limit.
func EventsFrom(tenant string, after int64, limit int) (int, error) {
	if !isText(tenant) || tenant == "" {
		return 0, invalid(textRule, "tenant")
	}
	if after < 0 {
		return 0, invalid("is negative", "after")
	}
	return CheckLimit(limit)
}

// TrimTo checks the arguments of Trim.
func TrimTo(tenant string, upTo int64) error {
	if !isText(tenant) || tenant == "" {
		return invalid(textRule, "tenant")
	}
	if upTo < 0 {
		return invalid("is negative", "upTo")
	}
	return nil
}

// CheckLimit resolves the length of a page: 0 means DefaultLimit.
func CheckLimit(limit int) (int, error) {
	switch {
	case limit < 0:
		return 0, invalid("is negative", "Limit")
	case limit > MaxLimit:
		return 0, invalid("is more than MaxLimit", "Limit")
	case limit == 0:
		return DefaultLimit, nil
	default:
		return limit, nil
	}
}

// keyRule returns the rule that key breaks, or "".
func (c *Catalog) keyRule(key Key) string {
	if _, ok := c.Indexes(key.Kind); !ok {
		return "is of a kind that " + unprepared
	}
	if !isText(key.Tenant) || key.Tenant == "" || !isText(key.ID) || key.ID == "" {
		return "has a tenant or ID that " + textRule
	}
	return ""
}
