package stress

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/engage-interactions/engage/store"
)

// commitCall is a call of Commit.
type commitCall struct {
	through

	batch store.Batch
}

func (c commitCall) GoString() string {
	return fmt.Sprintf("%v: Commit(%s)%v", c.through, showBatch(c.batch), c.ends)
}

func (c commitCall) run(m *machine) (answer string, judge func(w *world) error) {
	given := copyBatch(c.batch)
	a := c.make(m, func(ctx context.Context, s store.Store) error { return s.Commit(ctx, given) })
	scribble(given) // it is the caller's again
	for _, check := range expectations(c.batch) {
		m.touched[check.Key] = true
	}
	if a.err == nil || errors.Is(a.err, store.ErrUnknownOutcome) {
		m.sent = append(m.sent, c.batch)
		m.versions = append(m.versions, store.Version(c.batch.ID))
	}
	number := m.steps
	return shown(a.err, "ok"), func(w *world) error { return w.commit(a, c.batch, number) }
}

func copyBatch(b store.Batch) store.Batch {
	b.Checks, b.Puts, b.Deletes, b.Events = slices.Clone(b.Checks), slices.Clone(b.Puts), slices.Clone(b.Deletes), slices.Clone(b.Events)
	for i := range b.Puts {
		b.Puts[i].Terms, b.Puts[i].Value = maps.Clone(b.Puts[i].Terms), bytes.Clone(b.Puts[i].Value)
	}
	for i := range b.Events {
		b.Events[i].Value = bytes.Clone(b.Events[i].Value)
	}
	return b
}

// scribble overwrites all that a batch points to.
func scribble(b store.Batch) {
	for i := range b.Puts {
		scratch(b.Puts[i].Value)
		for index := range b.Puts[i].Terms {
			b.Puts[i].Terms[index] = "scribbled"
		}
		b.Puts[i] = store.Record{}
	}
	for i := range b.Events {
		scratch(b.Events[i].Value)
		b.Events[i] = store.Event{}
	}
	clear(b.Checks)
	clear(b.Deletes)
}

func scratch(value []byte) {
	for i := range value {
		value[i] = '#'
	}
}

// drawCommit draws a batch: most of the time one that can be applied.
func (m *machine) drawCommit(t *rapid.T) call {
	c := commitCall{through: m.through(t), batch: m.drawBatch(t)}
	switch upTo(t, 23) {
	case 9, 10, 11, 12:
		m.misjudge(t, &c.batch)
	case 13, 14, 15:
		pick(t, faults())(t, &c.batch)
	}
	return c
}

// drawBatch draws a batch whose versions are right.
func (m *machine) drawBatch(t *rapid.T) store.Batch {
	b := store.Batch{ID: m.mint(), Tenant: pick(t, m.alphabet.tenants)}
	var named []store.Key
	for range 1 + upTo(t, 3) {
		key := m.key(t, b.Tenant)
		if slices.Contains(named, key) {
			continue
		}
		named = append(named, key)
		now := m.worlds[0].records[key].version
		switch role := upTo(t, 7); {
		case role == 3 && len(b.Puts)+len(b.Deletes) > 0:
			b.Checks = append(b.Checks, store.Check{Key: key, Version: now})
		case role > 4 && now != "":
			b.Deletes = append(b.Deletes, store.Check{Key: key, Version: now})
		default:
			b.Puts = append(b.Puts, store.Record{Key: key, Version: now, Terms: m.drawTerms(t, key), Value: []byte(pick(t, values()))})
		}
	}
	for i := range upTo(t, 2) {
		b.Events = append(b.Events, store.Event{
			Tenant: b.Tenant, ID: fmt.Sprintf("%s-%d", b.ID, i), Type: pick(t, terms()[:2]), Time: pick(t, times()), Value: []byte(pick(t, values())),
			Position: int64(upTo(t, 3)), // is ignored
		})
	}
	return b
}

func (m *machine) drawTerms(t *rapid.T, key store.Key) map[string]string {
	drawn := map[string]string{}
	for _, index := range indexes() {
		if key.Kind == "note" && index == "state" && !oneIn(t, 16) {
			continue // few handles have prepared it
		}
		if upTo(t, 3) < 3 {
			drawn[index] = pick(t, m.alphabet.terms)
		}
	}
	if len(drawn) == 0 {
		return nil
	}
	return drawn
}

// misjudge lets a batch expect a version that the record does not have, or had
// before, or that is spelled in another way.
func (m *machine) misjudge(t *rapid.T, b *store.Batch) {
	wrong := func(v store.Version) store.Version {
		switch upTo(t, 5) {
		case 0:
			if v == "" {
				return "never"
			}
			return ""
		case 1:
			return v + " "
		case 2:
			return store.Version(swapCase(string(v)))
		case 3:
			return store.Version(b.ID)
		default:
			if len(m.versions) == 0 {
				return "never"
			}
			return pick(t, m.versions)
		}
	}
	n := upTo(t, len(b.Checks)+len(b.Puts)+len(b.Deletes)-1)
	switch {
	case n < len(b.Puts):
		b.Puts[n].Version = wrong(b.Puts[n].Version)
	case n < len(b.Puts)+len(b.Deletes):
		// A delete that expects no record is invalid, and the world knows it.
		n -= len(b.Puts)
		b.Deletes[n].Version = wrong(b.Deletes[n].Version)
	default:
		n -= len(b.Puts) + len(b.Deletes)
		b.Checks[n].Version = wrong(b.Checks[n].Version)
	}
}

func swapCase(s string) string {
	if lower := strings.ToLower(s); lower != s {
		return lower
	}
	return strings.ToUpper(s)
}

// faults are the ways in which a batch is made invalid. Each finds at least one
// put or delete.
func faults() []func(t *rapid.T, b *store.Batch) {
	key := func(b *store.Batch) *store.Key {
		if len(b.Puts) > 0 {
			return &b.Puts[len(b.Puts)-1].Key
		}
		return &b.Deletes[len(b.Deletes)-1].Key
	}
	event := func(b *store.Batch) *store.Event {
		if len(b.Events) == 0 {
			b.Events = append(b.Events, store.Event{Tenant: b.Tenant, ID: b.ID + "-0", Type: "x", Time: times()[0], Value: []byte(`1`)})
		}
		return &b.Events[len(b.Events)-1]
	}
	put := func(b *store.Batch) *store.Record {
		if len(b.Puts) == 0 {
			b.Puts = append(b.Puts, store.Record{Key: store.Key{Tenant: b.Tenant, Kind: "doc", ID: "other"}, Value: []byte(`1`)})
		}
		return &b.Puts[len(b.Puts)-1]
	}
	return []func(t *rapid.T, b *store.Batch){
		func(_ *rapid.T, b *store.Batch) { b.Puts, b.Deletes = nil, nil },
		func(t *rapid.T, b *store.Batch) { b.ID = pick(t, badTexts()) },
		func(t *rapid.T, b *store.Batch) { b.Tenant = pick(t, append(badTexts(), "other")) },
		func(t *rapid.T, b *store.Batch) { key(b).Tenant = pick(t, []string{"acme", "Acme", "other", ""}) },
		func(t *rapid.T, b *store.Batch) { key(b).Kind = pick(t, []string{"other", "", "Doc"}) },
		func(t *rapid.T, b *store.Batch) { key(b).ID = pick(t, badTexts()) },
		func(_ *rapid.T, b *store.Batch) { b.Checks = append(b.Checks, store.Check{Key: *key(b)}) },
		func(_ *rapid.T, b *store.Batch) { b.Puts = append(b.Puts, *put(b)) },
		func(_ *rapid.T, b *store.Batch) {
			b.Deletes = append(b.Deletes, store.Check{Key: *key(b), Version: "b1"})
		},
		func(_ *rapid.T, b *store.Batch) {
			b.Deletes = append(b.Deletes, store.Check{Key: store.Key{Tenant: b.Tenant, Kind: "doc", ID: "other"}})
		},
		func(t *rapid.T, b *store.Batch) { put(b).Version = store.Version(pick(t, badTexts()[:3])) },
		func(t *rapid.T, b *store.Batch) { put(b).Value = []byte(pick(t, badValues())) },
		func(t *rapid.T, b *store.Batch) { put(b).Terms = map[string]string{"owner": pick(t, badTexts()[:3])} },
		func(t *rapid.T, b *store.Batch) {
			put(b).Terms = map[string]string{pick(t, []string{"other", "", "Owner"}): "x"}
		},
		func(t *rapid.T, b *store.Batch) { event(b).Tenant = pick(t, []string{"acme", "Acme", "other", ""}) },
		func(t *rapid.T, b *store.Batch) { event(b).ID = pick(t, badTexts()) },
		func(t *rapid.T, b *store.Batch) { event(b).Type = pick(t, badTexts()) },
		func(t *rapid.T, b *store.Batch) { event(b).Value = []byte(pick(t, badValues())) },
		func(t *rapid.T, b *store.Batch) {
			event(b).Time = pick(t, []time.Time{time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(-1, 12, 31, 23, 59, 59, 0, time.UTC)})
		},
		func(_ *rapid.T, b *store.Batch) {
			for i := range store.MaxOperations {
				e := *event(b)
				e.ID = fmt.Sprintf("%s-many-%d", b.ID, i)
				b.Events = append(b.Events, e)
			}
		},
	}
}

// resends returns the batches that were applied, and that a store must refuse if
// they are sent again: those with a version that holds no more.
func (m *machine) resends() []store.Batch {
	var all []store.Batch
	for _, b := range m.sent {
		if !slices.ContainsFunc(m.worlds, func(w *world) bool { return len(w.unmet(b)) == 0 }) {
			all = append(all, b)
		}
	}
	return all
}

func (m *machine) drawResend(t *rapid.T) call {
	return commitCall{through: m.through(t), batch: pick(t, m.resends())}
}
