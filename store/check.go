package store

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// The reasons that an InvalidError gives more than once.
const (
	nameRule   = "does not match [a-z][a-z0-9_]{0,39}"
	textRule   = "is not 1 to 512 bytes of UTF-8 without NUL"
	valueRule  = "is not JSON in UTF-8 of at most 16 MiB"
	unprepared = "is not prepared"
)

func invalid(reason, field string, args ...any) error {
	return &InvalidError{Field: fmt.Sprintf(field, args...), Reason: reason}
}

// isName reports whether s can name a kind or an index.
func isName(s string) bool {
	if s == "" || len(s) > 40 || s[0] < 'a' || s[0] > 'z' {
		return false
	}
	for i := 1; i < len(s); i++ {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' {
			return false
		}
	}
	return true
}

// isText reports whether s can be an ID or a term; where those must not be
// empty, the caller sees to it.
func isText(s string) bool {
	return len(s) <= MaxText && strings.IndexByte(s, 0) < 0 && utf8.ValidString(s)
}

func isValue(v []byte) bool {
	return len(v) <= MaxValue && isJSON(v) && utf8.Valid(v)
}

// batchCheck goes through a batch, once.
type batchCheck struct {
	catalog *Catalog
	tenant  string
	seen    map[Key]struct{}
	size    int
}

func (w *batchCheck) key(key Key, version Version, list string, i int) error {
	if key.Tenant != w.tenant {
		return invalid("is of another tenant than the batch", "%s[%d].Tenant", list, i)
	}
	if rule := w.catalog.keyRule(key); rule != "" {
		return invalid(rule, "%s[%d]", list, i)
	}
	if !isText(string(version)) {
		return invalid(textRule, "%s[%d].Version", list, i)
	}
	if _, twice := w.seen[key]; twice {
		return invalid("is in the batch twice", "%s[%d].Key", list, i)
	}
	w.seen[key] = struct{}{}
	w.size += len(key.Tenant) + len(key.Kind) + len(key.ID) + len(version)
	return nil
}

func (w *batchCheck) put(r *Record, i int) error {
	if err := w.key(r.Key, r.Version, "Puts", i); err != nil {
		return err
	}
	indexes, _ := w.catalog.Indexes(r.Kind)
	for index, term := range r.Terms {
		if !slices.Contains(indexes, index) {
			return invalid(unprepared, "Puts[%d].Terms[%q]", i, index)
		}
		if !isText(term) {
			return invalid(textRule, "Puts[%d].Terms[%s]", i, index)
		}
		w.size += len(index) + len(term)
	}
	if !isValue(r.Value) {
		return invalid(valueRule, "Puts[%d].Value", i)
	}
	w.size += len(r.Value)
	return nil
}

func (w *batchCheck) event(e *Event, i int) error {
	if e.Tenant != w.tenant {
		return invalid("is of another tenant than the batch", "Events[%d].Tenant", i)
	}
	if !isText(e.ID) || e.ID == "" || !isText(e.Type) || e.Type == "" {
		return invalid("has an ID or type that "+textRule, "Events[%d]", i)
	}
	if year := e.Time.UTC().Year(); year < 0 || year > 9999 {
		return invalid("is not in the years 0 to 9999", "Events[%d].Time", i)
	}
	if !isValue(e.Value) {
		return invalid(valueRule, "Events[%d].Value", i)
	}
	w.size += len(e.Tenant) + len(e.ID) + len(e.Type) + len(e.Value)
	return nil
}
