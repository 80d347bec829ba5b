package memory

import (
	"slices"
	"strings"

	"github.com/tidwall/btree"

	"github.com/engage-interactions/engage/store"
)

// snapshot is everything that is stored at one moment. It never changes.
type snapshot struct {
	tenants *btree.BTreeG[*tenant]
}

// tenant is what is stored for one tenant.
type tenant struct {
	name   string
	tables []*table // by kind
	log    eventLog
}

// table holds the records of a tenant of one kind, in a tree for each column of its rows:
// column 0 is the ID, the others are its indexes. An index has a number from when a term
// in it was first written.
type table struct {
	kind    string
	indexes []string // the names of the columns, by number; "" for the ID
	trees   []*tree
}

type tree = btree.BTreeG[*row]

// degree is half the width of a tree's nodes. A commit copies one node on each
// level, so that narrow nodes make commits cheap; reads hardly notice.
const degree = 16

func newTree[T any](less func(a, b T) bool) *btree.BTreeG[T] {
	return btree.NewBTreeGOptions(less, btree.Options{Degree: degree, NoLocks: true})
}

func newSnapshot() *snapshot {
	return &snapshot{tenants: newTree(func(a, b *tenant) bool { return a.name < b.name })}
}

// tenant returns what is stored for a tenant: nothing, if there is none.
func (s *snapshot) tenant(name string) *tenant {
	t := &tenant{name: name}
	if known, ok := s.tenants.Get(t); ok {
		return known
	}
	return t
}

// with returns the snapshot after another tenant has taken the place of that of its name.
func (s *snapshot) with(t *tenant) *snapshot {
	next := &snapshot{tenants: s.tenants.Copy()}
	next.tenants.Set(t)
	return next
}

// place returns where the table of a kind is, or would be.
func (t *tenant) place(kind string) (place int, found bool) {
	return slices.BinarySearchFunc(t.tables, kind, func(t *table, kind string) int { return strings.Compare(t.kind, kind) })
}

// table returns the table of a kind, nil if there is none.
func (t *tenant) table(kind string) *table {
	if place, found := t.place(kind); found {
		return t.tables[place]
	}
	return nil
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
	columns[0] = column{p.ID, true}
	columns[by] = column{p.Term, true}
	return newRow(columns, "", nil)
}

// get returns the record with an ID; nil, also of a table that is not there, if there is
// none.
func (t *table) get(id string) *row {
	if t == nil {
		return nil
	}
	found, _ := t.trees[0].Get(withID(id))
	return found
}

// scan calls yield for the rows that q selects behind after, with their positions in the
// order of q, until yield says no.
func (t *table) scan(q store.Query, after *store.Position, yield func(*row, store.Position) bool) {
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
			return yield(r, position)
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
func (t *tenant) check(b store.Batch) error {
	for _, c := range b.Expected() {
		var got store.Version
		if row := t.table(c.Kind).get(c.ID); row != nil {
			got = row.version()
		}
		if got != c.Version {
			return &store.ConflictError{Key: c.Key, Expected: c.Version}
		}
	}
	return nil
}

// apply returns the tenant after b, whose versions have been checked.
func (t *tenant) apply(b store.Batch) *tenant {
	next := &tenant{name: b.Tenant, tables: slices.Clone(t.tables), log: t.log}
	own := func(kind string) *table { // a table that is not t's any more
		place, found := next.place(kind)
		switch {
		case !found:
			next.tables = slices.Insert(next.tables, place, newTable(kind))
		case next.tables[place] == t.table(kind):
			next.tables[place] = next.tables[place].copy()
		}
		return next.tables[place]
	}
	for _, del := range b.Deletes {
		own(del.Kind).delete(del.ID)
	}
	for _, put := range b.Puts {
		own(put.Kind).put(put, store.Version(b.ID))
	}
	next.log.append(b.Events)
	return next
}

func newTable(kind string) *table {
	t := &table{kind: kind}
	t.addColumn("")
	return t
}

// copy returns a table that may be changed.
func (t *table) copy() *table {
	next := &table{kind: t.kind, indexes: slices.Clip(t.indexes), trees: make([]*tree, len(t.trees))}
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
