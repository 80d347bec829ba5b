package memory

import (
	"bytes"
	"slices"
	"strings"

	"github.com/tidwall/btree"

	"github.com/engage-interactions/engage/store"
)

// snapshot is everything that is stored at one moment. It never changes.
type snapshot struct {
	tables *btree.BTreeG[*table]
	logs   *btree.BTreeG[*eventLog]
}

// table holds the records of one tenant and kind: a tree for each index, and
// under "" the one in the order of ID, which all records are in.
type table struct {
	tenant, kind string
	trees        map[string]*tree
}

type tree = btree.BTreeG[entry]

// entry is a record's place in an index.
type entry struct {
	term string
	row  *row
}

// row is a stored record. It never changes, and shares nothing with a caller.
type row struct {
	id      string
	version store.Version
	terms   []term
	value   []byte
}

// term is a row's term in an index. Few of them are best kept in a list.
type term struct{ index, text string }

// degree is half the width of a tree's nodes. A commit copies one node on each
// level, so that narrow nodes make commits cheap; reads hardly notice.
const degree = 16

func newTree[T any](less func(a, b T) bool) *btree.BTreeG[T] {
	return btree.NewBTreeGOptions(less, btree.Options{Degree: degree, NoLocks: true})
}

func newSnapshot() *snapshot {
	return &snapshot{
		tables: newTree(func(a, b *table) bool {
			if a.tenant != b.tenant {
				return a.tenant < b.tenant
			}
			return a.kind < b.kind
		}),
		logs: newTree(func(a, b *eventLog) bool { return a.tenant < b.tenant }),
	}
}

func newTable(tenant, kind string) *table {
	return &table{tenant: tenant, kind: kind, trees: map[string]*tree{"": newTree(lessEntry)}}
}

func lessEntry(a, b entry) bool {
	if c := strings.Compare(a.term, b.term); c != 0 {
		return c < 0
	}
	return a.row.id < b.row.id
}

func (e entry) position() store.Position { return store.Position{Term: e.term, ID: e.row.id} }

func entryAt(p store.Position) entry { return entry{term: p.Term, row: &row{id: p.ID}} }

// record returns a copy for a caller, with the terms of the given indexes.
func (r *row) record(tenant, kind string, indexes []string) store.Record {
	record := store.Record{
		Key:     store.Key{Tenant: tenant, Kind: kind, ID: r.id},
		Version: r.version,
		Value:   bytes.Clone(r.value),
	}
	for _, term := range r.terms {
		if slices.Contains(indexes, term.index) {
			if record.Terms == nil {
				record.Terms = make(map[string]string, len(r.terms))
			}
			record.Terms[term.index] = term.text
		}
	}
	return record
}

func (s *snapshot) table(tenant, kind string) *table {
	t, _ := s.tables.Get(&table{tenant: tenant, kind: kind})
	return t
}

func (s *snapshot) get(key store.Key) *row {
	t := s.table(key.Tenant, key.Kind)
	if t == nil {
		return nil
	}
	found, _ := t.trees[""].Get(entry{term: key.ID, row: &row{id: key.ID}})
	return found.row
}

// scan calls yield for the entries that q selects behind after, in the order of
// q, until yield says no.
func (s *snapshot) scan(q store.Query, after *store.Position, yield func(entry) bool) {
	t := s.table(q.Tenant, q.Kind)
	if t == nil || t.trees[q.Index] == nil {
		return
	}
	tree := t.trees[q.Index]
	from, to, open := q.Range()
	visit := func(e entry) bool {
		switch {
		case after != nil && e.position() == *after:
			return true
		case q.Reverse && e.term < from, !q.Reverse && !open && e.term >= to:
			return false
		default:
			return yield(e)
		}
	}
	// No ID is empty, so a position with a term alone lies before all records
	// that have the term.
	switch {
	case after != nil && q.Reverse:
		tree.Descend(entryAt(*after), visit)
	case after != nil:
		tree.Ascend(entryAt(*after), visit)
	case q.Reverse && open:
		tree.Reverse(visit)
	case q.Reverse:
		tree.Descend(entryAt(store.Position{Term: to}), visit)
	default:
		tree.Ascend(entryAt(store.Position{Term: from}), visit)
	}
}

// check compares the versions that b names with those stored.
func (s *snapshot) check(b store.Batch) error {
	for _, c := range b.Expected() {
		var got store.Version
		if row := s.get(c.Key); row != nil {
			got = row.version
		}
		if got != c.Version {
			return &store.ConflictError{Key: c.Key, Expected: c.Version}
		}
	}
	return nil
}

// apply returns the snapshot after b, whose versions have been checked.
func (s *snapshot) apply(b store.Batch) *snapshot {
	next := &snapshot{tables: s.tables.Copy(), logs: s.logs}
	changed := make(map[string]*table) // by kind: the copies that next owns
	own := func(kind string) *table {
		t := changed[kind]
		if t == nil {
			t = next.table(b.Tenant, kind).copy(b.Tenant, kind)
			changed[kind] = t
			next.tables.Set(t)
		}
		return t
	}
	for _, del := range b.Deletes {
		own(del.Kind).delete(del.ID)
	}
	for _, put := range b.Puts {
		t := own(put.Kind)
		t.delete(put.ID)
		r := &row{id: put.ID, version: store.Version(b.ID), value: bytes.Clone(put.Value)}
		if len(put.Terms) > 0 {
			r.terms = make([]term, 0, len(put.Terms))
		}
		for index, text := range put.Terms {
			r.terms = append(r.terms, term{index, text})
		}
		t.insert(r)
	}
	if len(b.Events) > 0 {
		next.logs = s.logs.Copy()
		next.logs.Set(s.log(b.Tenant).append(b.Events))
	}
	return next
}

// copy returns a table that may be changed; of the table that is not there, an
// empty one.
func (t *table) copy(tenant, kind string) *table {
	if t == nil {
		return newTable(tenant, kind)
	}
	trees := make(map[string]*tree, len(t.trees))
	for index, tree := range t.trees {
		trees[index] = tree.Copy()
	}
	return &table{tenant: tenant, kind: kind, trees: trees}
}

func (t *table) delete(id string) {
	old, ok := t.trees[""].Delete(entry{term: id, row: &row{id: id}})
	if !ok {
		return
	}
	for _, term := range old.row.terms {
		t.trees[term.index].Delete(entry{term: term.text, row: old.row})
	}
}

func (t *table) insert(r *row) {
	t.trees[""].Set(entry{term: r.id, row: r})
	for _, term := range r.terms {
		if t.trees[term.index] == nil {
			t.trees[term.index] = newTree(lessEntry)
		}
		t.trees[term.index].Set(entry{term: term.text, row: r})
	}
}
