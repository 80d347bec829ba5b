package stress

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/engage-interactions/engage/store"
)

// The rules about arguments, written a second time: this is the reference, and
// must not share a mistake with what it is compared to. Each function returns
// the rule that is broken, or "".

var nameRule = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)

func brokenKinds(kinds []store.Kind) string {
	for _, kind := range kinds {
		for i, name := range append([]string{kind.Name}, kind.Indexes...) {
			if !nameRule.MatchString(name) {
				return fmt.Sprintf("%q is not a name", name)
			}
			if i > 0 && slices.Contains(kind.Indexes[:i-1], name) {
				return fmt.Sprintf("the index %q is named twice", name)
			}
		}
	}
	return ""
}

func brokenText(what, text string) string {
	if text == "" {
		return what + " is empty"
	}
	return brokenTerm(what, text)
}

// brokenTerm is the rule of terms, which may be empty.
func brokenTerm(what, text string) string {
	switch {
	case len(text) > store.MaxText:
		return what + " is longer than MaxText"
	case strings.Contains(text, "\x00"):
		return what + " holds a NUL"
	case !utf8.ValidString(text):
		return what + " is not UTF-8"
	default:
		return ""
	}
}

func brokenValue(value []byte) string {
	if len(value) > store.MaxValue || !utf8.Valid(value) || !json.Valid(value) {
		return "a value is not JSON in UTF-8 of at most MaxValue bytes"
	}
	return ""
}

func brokenLimit(limit int) string {
	if limit < 0 || limit > store.MaxLimit {
		return "the limit is not from 0 to MaxLimit"
	}
	return ""
}

func brokenPosition(tenant string, position int64) string {
	if position < 0 {
		return "the position is negative"
	}
	return brokenText("the tenant", tenant)
}

// first returns the first rule that is broken.
func first(rules ...string) string {
	for _, rule := range rules {
		if rule != "" {
			return rule
		}
	}
	return ""
}

func (w *world) brokenKey(handle int, key store.Key) string {
	if _, ok := w.prepared[handle][key.Kind]; !ok {
		return fmt.Sprintf("the kind %q is not prepared", key.Kind)
	}
	return first(brokenText("a tenant", key.Tenant), brokenText("an ID", key.ID))
}

func (w *world) brokenKeys(handle int, keys []store.Key) string {
	for _, key := range keys {
		if rule := w.brokenKey(handle, key); rule != "" {
			return rule
		}
	}
	return ""
}

// brokenQuery looks at all but the cursor.
func (w *world) brokenQuery(handle int, q store.Query) string {
	indexes, ok := w.prepared[handle][q.Kind]
	if !ok {
		return fmt.Sprintf("the kind %q is not prepared", q.Kind)
	}
	if q.Index != "" && !slices.Contains(indexes, q.Index) {
		return fmt.Sprintf("the index %q is not prepared", q.Index)
	}
	return first(brokenText("the tenant", q.Tenant), brokenTerm("Prefix", q.Prefix), brokenTerm("From", q.From), brokenTerm("To", q.To), brokenLimit(q.Limit))
}

func (w *world) brokenBatch(handle int, b store.Batch) string {
	if rule := first(brokenText("the ID", b.ID), brokenText("the tenant", b.Tenant)); rule != "" {
		return rule
	}
	if len(b.Puts)+len(b.Deletes) == 0 {
		return "the batch has no put and no delete"
	}
	if len(b.Checks)+len(b.Puts)+len(b.Deletes)+len(b.Events) > store.MaxOperations {
		return "the batch has more than MaxOperations operations"
	}
	named := map[store.Key]bool{}
	for _, c := range expectations(b) {
		if rule := first(w.brokenKey(handle, c.Key), brokenTerm("a version", string(c.Version))); rule != "" {
			return rule
		}
		if c.Tenant != b.Tenant {
			return "a key is of another tenant than the batch"
		}
		if named[c.Key] {
			return "a key is named twice"
		}
		named[c.Key] = true
	}
	for _, del := range b.Deletes {
		if del.Version == "" {
			return "a delete expects no record"
		}
	}
	for _, put := range b.Puts {
		if rule := w.brokenPut(handle, put); rule != "" {
			return rule
		}
	}
	for _, e := range b.Events {
		if rule := brokenEvent(b, e); rule != "" {
			return rule
		}
	}
	return ""
}

func (w *world) brokenPut(handle int, put store.Record) string {
	for index, term := range put.Terms {
		if !slices.Contains(w.prepared[handle][put.Kind], index) {
			return fmt.Sprintf("the index %q is not prepared", index)
		}
		if rule := brokenTerm("a term", term); rule != "" {
			return rule
		}
	}
	return brokenValue(put.Value)
}

func brokenEvent(b store.Batch, e store.Event) string {
	if e.Tenant != b.Tenant {
		return "an event is of another tenant than the batch"
	}
	if year := e.Time.UTC().Year(); year < 0 || year > 9999 {
		return "the year of an event is not from 0 to 9999"
	}
	return first(brokenText("the ID of an event", e.ID), brokenText("the type of an event", e.Type), brokenValue(e.Value))
}

// expectations lists every version that a batch expects.
func expectations(b store.Batch) []store.Check {
	all := slices.Clone(b.Checks)
	for _, put := range b.Puts {
		all = append(all, store.Check{Key: put.Key, Version: put.Version})
	}
	return append(all, b.Deletes...)
}
