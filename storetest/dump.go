package storetest

import (
	"fmt"
	"slices"

	"github.com/engage-interactions/engage/store"
)

// dump returns everything that can be read of tenants (if none is named, the
// usual one): the records in the order of every index, and the events. Two
// dumps are equal if nothing has changed in between.
func (t *trial) dump(s store.Store, tenants ...string) []string {
	t.Helper()
	if len(tenants) == 0 {
		tenants = []string{acme}
	}
	var lines []string
	for _, tenant := range tenants {
		for _, kind := range kinds() {
			for _, index := range append([]string{""}, kind.Indexes...) {
				for _, r := range t.findAll(s, store.Query{Tenant: tenant, Kind: kind.Name, Index: index}) {
					lines = append(lines, fmt.Sprintf("%s in index %q", showRecord(r), index))
				}
			}
		}
		mark := t.mark(s, tenant)
		lines = append(lines, fmt.Sprintf("%s: events trimmed up to %d", tenant, mark))
		for _, e := range t.events(s, tenant, mark) {
			lines = append(lines, showEvent(e))
		}
	}
	return lines
}

// same reports what has changed since a dump.
func (t *trial) same(before, after []string, did string, args ...any) bool {
	t.Helper()
	if slices.Equal(before, after) {
		return true
	}
	var changes lines
	for _, line := range before {
		if !slices.Contains(after, line) {
			changes = append(changes, "- "+line)
		}
	}
	for _, line := range after {
		if !slices.Contains(before, line) {
			changes = append(changes, "+ "+line)
		}
	}
	if len(changes) == 0 {
		changes = lines{"the same in another order"}
	}
	return t.broken(changes, "everything readable to be as before", did, args...)
}

// unchanged reports what has changed since a dump, as any of the handles sees
// it.
func (t *trial) unchanged(handles []store.Store, before []string, did string, args ...any) bool {
	t.Helper()
	for i, s := range handles {
		if !t.same(before, t.dump(s), did+", seen through handle %d of %d", append(slices.Clone(args), i+1, len(handles))...) {
			return false
		}
	}
	return true
}
