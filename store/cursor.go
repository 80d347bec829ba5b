package store

import (
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"hash/fnv"
	"unicode/utf8"
)

// Position is a place in the order of a query: that of a record, which need not
// exist any more.
type Position struct {
	Term string `json:"term"` // in the empty index, the ID
	ID   string `json:"id"`
}

// EncodeCursor returns the cursor that points behind the last record of a page
// of q, which is the caller's query or the one that [Catalog.Query] returned for
// it: both do, since limit and cursor make no difference. [Catalog.Query] reads it
// back, and refuses one that is damaged or belongs to another query.
func EncodeCursor(q Query, last Position) string {
	b := binary.BigEndian.AppendUint64(nil, fingerprint(q))
	b = binary.AppendUvarint(b, uint64(len(last.Term)))
	b = append(b, last.Term...)
	b = append(b, last.ID...)
	b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
	return base64.RawURLEncoding.EncodeToString(b)
}

func decodeCursor(q Query) (*Position, error) {
	damaged := invalid("is damaged", "Cursor")
	b, err := base64.RawURLEncoding.Strict().DecodeString(q.Cursor)
	if err != nil || len(b) < 8+1+4 || base64.RawURLEncoding.EncodeToString(b) != q.Cursor { // decoding skips line breaks
		return nil, damaged
	}
	body, sum := b[:len(b)-4], binary.BigEndian.Uint32(b[len(b)-4:])
	if crc32.ChecksumIEEE(body) != sum {
		return nil, damaged
	}
	if binary.BigEndian.Uint64(body) != fingerprint(q) {
		return nil, invalid("belongs to another query", "Cursor")
	}
	length, n := binary.Uvarint(body[8:])
	rest := body[8+max(n, 0):]
	if n <= 0 || length > uint64(len(rest)) || !utf8.Valid(rest) {
		return nil, damaged
	}
	return &Position{Term: string(rest[:length]), ID: string(rest[length:])}, nil
}

// fingerprint stands for everything of a query that its cursor belongs to: all
// but limit and cursor.
func fingerprint(q Query) uint64 {
	h := fnv.New64a()
	for _, part := range []string{q.Tenant, q.Kind, q.Index, q.Prefix, q.From, q.To} {
		_, _ = h.Write([]byte(part)) // a hash.Hash never fails
		_, _ = h.Write([]byte{0})    // and no part holds a NUL
	}
	if q.Reverse {
		_, _ = h.Write([]byte{1})
	}
	return h.Sum64()
}
