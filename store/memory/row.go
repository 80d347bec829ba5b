package memory

import (
	"bytes"
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
//	the number of columns, and where the value ends: four bytes each
//	where each column and the version begin, in four bytes, and how long they are, in two
//	the value
//	the texts of the columns and of the version
//
// Terms are made of the same few parts, and so often stand within each other, as the ID does
// in the value. What is there already is not packed again: of an interaction, up to a
// quarter.
type row struct{ packed string }

// column is a column of a row that is not packed yet.
type column struct {
	text string
	set  bool // a record may have no term in an index
}

// unset is the length of a column that is not set.
const unset = 1<<16 - 1

const (
	headSize  = 8 // of a row, without the places of the texts
	placeSize = 6
	// An ID is looked for at the beginning of the value, a term in the longest of the others.
	lookAhead = 256
	lookInto  = 16
)

func newRow(columns []column, version store.Version, value []byte) *row {
	head := headSize + placeSize*(len(columns)+1)
	end := head + len(value)
	var some [2 * lookInto]int
	begins, order := some[:0:lookInto], some[lookInto:lookInto]
	for n := range columns {
		begins, order = append(begins, -1), append(order, n)
	}
	slices.SortFunc(order, func(a, b int) int { return len(columns[b].text) - len(columns[a].text) }) // the long ones may hold the short ones
	if at := bytes.Index(value[:min(len(value), lookAhead)], []byte(columns[0].text)); at >= 0 {
		begins[0] = head + at
	}
	for i, n := range order {
		text := columns[n].text
		for _, longer := range order[:min(i, lookInto)] {
			if begins[n] >= 0 {
				break
			}
			if at := strings.Index(columns[longer].text, text); at >= 0 {
				begins[n] = begins[longer] + at
			}
		}
		if begins[n] < 0 {
			begins[n] = end
			end += len(text)
		}
	}

	var room [headSize + placeSize*(lookInto+1)]byte
	places := binary.LittleEndian.AppendUint32(room[:0], uint32(len(columns)))
	places = binary.LittleEndian.AppendUint32(places, uint32(head+len(value)))
	place := func(begin, length int) {
		places = binary.LittleEndian.AppendUint32(places, uint32(begin))
		places = binary.LittleEndian.AppendUint16(places, uint16(length))
	}
	for n, c := range columns {
		if !c.set {
			place(begins[n], unset)
			continue
		}
		place(begins[n], len(c.text))
	}
	place(end, len(version))

	var b strings.Builder
	b.Grow(end + len(version))
	b.Write(places)
	b.Write(value)
	for _, n := range order {
		if begins[n] == b.Len() { // it is its own, and its turn
			b.WriteString(columns[n].text)
		}
	}
	b.WriteString(string(version))
	return &row{packed: b.String()}
}

// number returns the number of four bytes that stands at a place.
func (r *row) number(at int) int {
	four := r.packed[at : at+4]
	return int(four[0]) | int(four[1])<<8 | int(four[2])<<16 | int(four[3])<<24
}

func (r *row) columns() int { return r.number(0) }

// text returns the n-th text, and whether it is set.
func (r *row) text(n int) (string, bool) {
	at := headSize + placeSize*n
	begin, length := r.number(at), int(r.packed[at+4])|int(r.packed[at+5])<<8
	if length == unset {
		return "", false
	}
	return r.packed[begin : begin+length], true
}

// column returns a column, and whether it is set.
func (r *row) column(n int) (string, bool) {
	if n >= r.columns() { // the table has had fewer indexes
		return "", false
	}
	return r.text(n)
}

func (r *row) id() string {
	id, _ := r.text(0)
	return id
}

func (r *row) version() store.Version {
	version, _ := r.text(r.columns())
	return store.Version(version)
}

// value returns a copy.
func (r *row) value() []byte {
	return []byte(r.packed[headSize+placeSize*(r.columns()+1) : r.number(4)])
}

// compare orders rows by a column that both have, and then by their IDs.
func (r *row) compare(other *row, by int) int {
	mine, _ := r.column(by)
	its, _ := other.column(by)
	if c := strings.Compare(mine, its); c != 0 || by == 0 {
		return c
	}
	return strings.Compare(r.id(), other.id())
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
