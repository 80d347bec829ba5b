package memory

import (
	"slices"

	"github.com/tidwall/btree"

	"github.com/engage-interactions/engage/store"
)

// snapshot is everything that is stored at one moment. It never changes.
type snapshot struct {
	tables *btree.BTreeG[*table]
	logs   *btree.BTreeG[*eventLog]
}

// table holds the records of one tenant and kind, in a tree for each column of its rows:
// column 0 is the ID, the others are its indexes. An index has a number from when a term
// in it was first written.
type table struct {
	tenant, kind string
	indexes      []string // the names of the columns, by number; "" for the ID
	trees        []*tree
}

type tree = btree.BTreeG[*row]

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

// column returns the number of an index that t may not have yet.
func (t *table) column(index string) (number int, ok bool) {
	number = slices.Index(t.indexes, index)
	return number, number >= 0
}

// addColumn numbers a new index. The caller owns t.
func (t *table) addColumn(index string) {
	by := len(t.trees)
	t.indexes = append(t.indexes, index)
	t.trees = append(t.trees, newTree(func(a, b *row) bool { return a.compare(b, by) < 0 }))
}

// at is a row that stands for a position in a column.
func at(p store.Position, by int) *row {
	columns := make([]column, by+1)
	columns[0].text, columns[by].text = p.ID, p.Term
	return newRow(columns, "", nil)
}

func (s *snapshot) table(tenant, kind string) *table {
	t, _ := s.tables.Get(&table{tenant: tenant, kind: kind})
	return t
}

func (s *snapshot) get(key store.Key) (*table, *row) {
	t := s.table(key.Tenant, key.Kind)
	if t == nil {
		return nil, nil
	}
	found, _ := t.trees[0].Get(withID(key.ID))
	return t, found
}

// scan calls yield for the rows that q selects behind after, with their positions in the
// order of q, until yield says no.
func (s *snapshot) scan(q store.Query, after *store.Position, yield func(*table, *row, store.Position) bool) {
	t := s.table(q.Tenant, q.Kind)
	if t == nil {
		return
	}
	by, ok := t.column(q.Index)
	if !ok {
		return
	}
	from, to, open := q.Range()
	visit := func(r *row) bool {
		term, _ := r.column(by)
		position := store.Position{Term: term, ID: r.id()}
		switch {
		case after != nil && position == *after:
			return true
		case !open && term >= to:
			return q.Reverse // which may begin there
		case q.Reverse && term < from:
			return false
		default:
			return yield(t, r, position)
		}
	}
	// No ID is empty, so a position with a term alone lies before all records
	// that have the term.
	switch tree := t.trees[by]; {
	case after != nil && q.Reverse:
		tree.Descend(at(*after, by), visit)
	case after != nil:
		tree.Ascend(at(*after, by), visit)
	case q.Reverse && open:
		tree.Reverse(visit)
	case q.Reverse:
		tree.Descend(at(store.Position{Term: to}, by), visit)
	default:
		tree.Ascend(at(store.Position{Term: from}, by), visit)
	}
}

// check compares the versions that b names with those stored.
func (s *snapshot) check(b store.Batch) error {
	for _, c := range b.Expected() {
		var got store.Version
		if _, row := s.get(c.Key); row != nil {
			got = row.version()
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
		own(put.Kind).put(put, store.Version(b.ID))
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
	next := &table{tenant: tenant, kind: kind}
	if t == nil {
		next.addColumn("")
		return next
	}
	next.indexes = slices.Clip(t.indexes)
	next.trees = make([]*tree, len(t.trees))
	for n, tree := range t.trees {
		next.trees[n] = tree.Copy()
	}
	return next
}

func (t *table) delete(id string) {
	old, ok := t.trees[0].Delete(withID(id))
	if !ok {
		return
	}
	for n := 1; n < old.columns(); n++ {
		if _, set := old.column(n); set {
			t.trees[n].Delete(old)
		}
	}
}

// put adds a record, or puts it in the place of the one with its ID.
func (t *table) put(record store.Record, version store.Version) {
	for index := range record.Terms {
		if _, known := t.column(index); !known {
			t.addColumn(index)
		}
	}
	columns := make([]column, len(t.indexes))
	columns[0] = column{record.ID, true}
	for n := 1; n < len(columns); n++ {
		columns[n].text, columns[n].set = record.Terms[t.indexes[n]]
	}
	next := newRow(columns, version, record.Value)
	old, replaced := t.trees[0].Set(next)
	for n := 1; n < len(columns); n++ {
		if replaced {
			if was, set := old.column(n); set && (columns[n] != column{was, true}) {
				t.trees[n].Delete(old)
			}
		}
		if columns[n].set {
			t.trees[n].Set(next)
		}
	}
}

// withID is a row that stands for the one with an ID.
func withID(id string) *row { return newRow([]column{{id, true}}, "", nil) }
