package memory

import (
	"cmp"
	"encoding/binary"
	"slices"
	"strings"

	"github.com/engage-interactions/engage/store"
)

// row is a stored record. It never changes, and shares nothing with a caller.
//
// Its columns are numbered: column 0 is the ID, the others are its terms, by the number
// of their index in the table. All is packed into one text, so that a record is one piece
// of memory that the garbage collector need not look into, however many terms it has:
//
//	the number of columns, and where each of them and the version end | columns | version | value
//
// Each number takes four bytes.
type row struct{ packed string }

// column is a column of a row that is not packed yet.
type column struct {
	text string
	set  bool // a record may have no term in an index
}

// unset marks the end of a column that is not set; it is where the one before ends.
const unset = 1 << 31

func newRow(columns []column, version store.Version, value []byte) *row {
	head := 4 * (len(columns) + 2)
	size := head + len(version) + len(value)
	for _, c := range columns {
		size += len(c.text)
	}
	var b strings.Builder
	b.Grow(size)
	number := func(n int) {
		var four [4]byte
		binary.LittleEndian.PutUint32(four[:], uint32(n))
		b.Write(four[:])
	}
	number(len(columns))
	end := head
	for _, c := range columns {
		if end += len(c.text); c.set {
			number(end)
		} else {
			number(end | unset)
		}
	}
	number(end + len(version))
	for _, c := range columns {
		b.WriteString(c.text)
	}
	b.WriteString(string(version))
	b.Write(value)
	return &row{packed: b.String()}
}

// number returns the n-th number of the row.
func (r *row) number(n int) int {
	four := r.packed[4*n : 4*n+4]
	return int(four[0]) | int(four[1])<<8 | int(four[2])<<16 | int(four[3])<<24
}

func (r *row) columns() int { return r.number(0) }

// column returns a column, and whether it is set.
func (r *row) column(n int) (string, bool) {
	if n >= r.columns() { // the table has had fewer indexes
		return "", false
	}
	begin, end := r.end(n-1), r.number(n+1)
	return r.packed[begin : end&^unset], end&unset == 0
}

// end returns where the n-th column ends; for -1, where the first one begins.
func (r *row) end(n int) int {
	if n < 0 {
		return 4 * (r.columns() + 2)
	}
	return r.number(n+1) &^ unset
}

func (r *row) id() string { return r.packed[r.end(-1):r.end(0)] }

func (r *row) version() store.Version {
	n := r.columns()
	return store.Version(r.packed[r.end(n-1):r.end(n)])
}

// value returns a copy.
func (r *row) value() []byte { return []byte(r.packed[r.end(r.columns()):]) }

// compare orders rows by a column that both have, and then by their IDs.
func (r *row) compare(other *row, by int) int {
	mine, _ := r.column(by)
	its, _ := other.column(by)
	if c := strings.Compare(mine, its); c != 0 || by == 0 {
		return c
	}
	return cmp.Compare(r.id(), other.id())
}

// record returns a copy of a row of t for a caller of a tenant, with the terms in the given
// indexes.
func (r *row) record(tenant string, t *table, indexes []string) store.Record {
	record := store.Record{
		Key:     store.Key{Tenant: tenant, Kind: t.kind, ID: r.id()},
		Version: r.version(),
		Value:   r.value(),
	}
	for n := 1; n < r.columns(); n++ {
		term, ok := r.column(n)
		if !ok || !slices.Contains(indexes, t.indexes[n]) {
			continue
		}
		if record.Terms == nil {
			record.Terms = make(map[string]string, len(indexes))
		}
		record.Terms[t.indexes[n]] = term
	}
	return record
}
