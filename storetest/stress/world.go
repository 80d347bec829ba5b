package stress

import (
	"cmp"
	"maps"
	"reflect"
	"slices"

	"github.com/engage-interactions/engage/store"
)

// world is the reference model of the contract: all that is stored, and what
// each handle has prepared, in plain maps and slices.
//
// While the outcome of a call is unknown there is more than one world that may
// be the true one. Each method that judges an answer is therefore asked of one
// world, returns what is wrong with the answer there, and changes the world as
// the answer says. Worlds in which an answer is wrong are dropped.
type world struct {
	records  map[store.Key]record
	logs     map[string]*eventLog        // by tenant
	prepared map[int]map[string][]string // by handle: the indexes of each kind
	late     []late                      // what may still happen
}

// record is what is stored under a key. It never changes.
type record struct {
	version store.Version
	terms   map[string]string
	value   string
}

// late is a call of unknown outcome, which may take effect at any later moment,
// once, or never.
type late struct {
	number int
	batch  *store.Batch // nil for other calls than Commit
	land   func(w *world)
}

func newWorld() *world {
	return &world{
		records:  map[store.Key]record{},
		logs:     map[string]*eventLog{},
		prepared: map[int]map[string][]string{},
	}
}

// clone returns a world that changes by itself.
func (w *world) clone() *world {
	c := &world{
		records:  maps.Clone(w.records),
		logs:     make(map[string]*eventLog, len(w.logs)),
		prepared: make(map[int]map[string][]string, len(w.prepared)),
		late:     slices.Clone(w.late),
	}
	for tenant, log := range w.logs {
		c.logs[tenant] = log.clone()
	}
	for handle, kinds := range w.prepared {
		c.prepared[handle] = maps.Clone(kinds)
	}
	return c
}

// equal reports whether nothing tells two worlds apart.
func (w *world) equal(other *world) bool {
	return reflect.DeepEqual(w.records, other.records) &&
		reflect.DeepEqual(w.logs, other.logs) &&
		reflect.DeepEqual(w.prepared, other.prepared) &&
		slices.EqualFunc(w.late, other.late, func(a, b late) bool { return a.number == b.number })
}

// log returns the tenant's log, which is empty at first.
func (w *world) log(tenant string) *eventLog {
	l := w.logs[tenant]
	if l == nil {
		l = &eventLog{}
		w.logs[tenant] = l
	}
	return l
}

// prepare makes kinds known to a handle. New indexes join the known ones.
func (w *world) prepare(handle int, kinds []store.Kind) {
	known := w.prepared[handle]
	if known == nil {
		known = map[string][]string{}
		w.prepared[handle] = known
	}
	for _, kind := range kinds {
		all := slices.Concat(known[kind.Name], kind.Indexes)
		slices.Sort(all)
		known[kind.Name] = slices.Compact(all)
	}
}

// visible is a record as a handle reads it: with the terms of the indexes that
// the handle has prepared.
func (w *world) visible(handle int, key store.Key) store.Record {
	r, ok := w.records[key]
	if !ok {
		return store.Record{Key: key}
	}
	out := store.Record{Key: key, Version: r.version, Value: []byte(r.value), Terms: map[string]string{}}
	for _, index := range w.prepared[handle][key.Kind] {
		if term, ok := r.terms[index]; ok {
			out.Terms[index] = term
		}
	}
	return out
}

// unsettled adds a call of unknown outcome.
func (w *world) unsettled(l late) { w.late = append(w.late, l) }

// landed returns the worlds that w may have become by now: any of its late calls
// may have taken effect, in any order. W itself is the first.
func (w *world) landed() []*world {
	all := []*world{w}
	for i, l := range w.late {
		if l.batch != nil && len(w.unmet(*l.batch)) > 0 {
			continue // it would be in conflict, which is no effect
		}
		next := w.clone()
		next.late = slices.Delete(next.late, i, i+1)
		l.land(next)
		all = append(all, next.landed()...)
	}
	return all
}

// forget drops late batches that can never be applied, because the version of a
// record that they expect is gone for good.
func (w *world) forget() {
	w.late = slices.DeleteFunc(w.late, func(l late) bool {
		return l.batch != nil && slices.ContainsFunc(w.unmet(*l.batch), func(c store.Check) bool { return c.Version != "" })
	})
}

// distinct drops worlds that equal another.
func distinct(worlds []*world) []*world {
	var out []*world
	for _, w := range worlds {
		slices.SortFunc(w.late, func(a, b late) int { return cmp.Compare(a.number, b.number) })
		if !slices.ContainsFunc(out, w.equal) {
			out = append(out, w)
		}
	}
	return out
}
