package interaction

import "time"

// Tally counts the interactions of a contact: of one schema, or of all where
// SchemaID is empty.
type Tally struct {
	ContactID string `json:"contactId"`
	SchemaID  string `json:"schemaId,omitempty"`
	// Count is how many there are.
	Count int64 `json:"count"`
	// Ever is how many were recorded at any time, deleted ones included.
	Ever int64 `json:"ever"`
	// First and Last are the earliest and latest CreatedDate of those that there
	// are.
	First time.Time `json:"first,omitzero"`
	Last  time.Time `json:"last,omitzero"`
}

// Add counts one more. It is the first if there never was one: a deletion does
// not make another one first.
func (t Tally) Add(created time.Time) (sum Tally, isFirst bool) {
	isFirst = t.Ever == 0
	t.Ever++
	return t.with(1, created, created), isFirst
}

// Remove counts one less. First and Last stay as they are, unless none is left:
// if Bounds says so, the caller looks them up among the rest.
func (t Tally) Remove() Tally {
	t.Count--
	if t.Count <= 0 {
		t.Count, t.First, t.Last = 0, time.Time{}, time.Time{}
	}
	return t
}

// Bounds reports whether one created at that time may be the earliest or the
// latest of several, so that its removal moves First or Last.
func (t Tally) Bounds(created time.Time) (first, last bool) {
	return !created.After(t.First), !created.Before(t.Last)
}

// Merge returns the tally of two contacts that turned out to be one: counts are
// added and times united. It fires nothing.
func (t Tally) Merge(other Tally) Tally {
	t.Ever += other.Ever
	if other.Count == 0 {
		return t
	}
	return t.with(other.Count, other.First, other.Last)
}

func (t Tally) with(count int64, first, last time.Time) Tally {
	if t.Count == 0 || first.Before(t.First) {
		t.First = first
	}
	if t.Count == 0 || last.After(t.Last) {
		t.Last = last
	}
	t.Count += count
	return t
}
