package stress

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/anishathalye/porcupine"

	"github.com/engage-interactions/engage/store"
)

// maxKeys is over how many keys a history goes.
const maxKeys = 4

func keyID(i int) string { return fmt.Sprintf("k%d", i) }

// keyNumber returns the number of a key, -1 for one that no history has.
func keyNumber(id string) int {
	for i := range maxKeys {
		if keyID(i) == id {
			return i
		}
	}
	return -1
}

// state is what is stored, as far as histories go: they are about who sees which
// batch, and each record says in its value and its terms which batch wrote it.
type state struct {
	versions [maxKeys]store.Version
	log      string // the IDs of the events, each followed by a space
}

// serial is the contract for calls that are made one after another. A history is
// right if its operations could have been made so, each at one moment between
// its call and its return.
func serial() porcupine.Model {
	return porcupine.Model{
		Init: func() any { return state{} },
		Step: func(s, input, output any) (bool, any) {
			ok, next := s.(state).step(input.(operation), output.(result))
			return ok, next
		},
		DescribeOperation: describe,
		DescribeState:     func(s any) string { return s.(state).String() },
	}
}

func (s state) String() string {
	var b strings.Builder
	for i, v := range s.versions {
		if v != "" {
			fmt.Fprintf(&b, "%s%s ", keyID(i), showVersion(v))
		}
	}
	return fmt.Sprintf("%s| %s", b.String(), s.log)
}

// step says whether an operation may have this result now, and what is stored
// then.
func (s state) step(op operation, r result) (bool, state) {
	switch op.method {
	case "Commit":
		return s.commit(op.batch, r)
	case "Get":
		return slices.Equal(r.found, s.get(op.keys)), s
	case "Find":
		return s.find(op, r), s
	default:
		return s.events(op.after, r), s
	}
}

func (s state) commit(b store.Batch, r result) (bool, state) {
	holds := func(c store.Check) bool { return s.versions[keyNumber(c.ID)] == c.Version }
	all := !slices.ContainsFunc(expectations(b), func(c store.Check) bool { return !holds(c) })
	switch {
	case r.outcome == conflict:
		return !holds(r.refused), s
	case r.outcome == open && !all:
		return true, s // it is in conflict, or will be
	case !all:
		return false, s
	}
	for _, put := range b.Puts {
		s.versions[keyNumber(put.ID)] = store.Version(b.ID)
	}
	for _, del := range b.Deletes {
		s.versions[keyNumber(del.ID)] = ""
	}
	for _, e := range b.Events {
		s.log += e.ID + " "
	}
	return true, s
}

func (s state) get(keys []int) []sighting {
	all := make([]sighting, len(keys))
	for i, key := range keys {
		all[i] = sighting{keyID(key), s.versions[key]}
	}
	return all
}

// find compares a page with all that there is, of which it may be a part if it
// says so.
func (s state) find(op operation, r result) bool {
	var all []sighting
	for i, v := range s.versions {
		if v != "" && (op.only < 0 || op.only == i) {
			all = append(all, sighting{keyID(i), v})
		}
	}
	if op.index == byBatch {
		slices.SortFunc(all, func(a, b sighting) int { return cmp.Or(cmp.Compare(a.version, b.version), cmp.Compare(a.id, b.id)) })
	}
	return len(r.found) <= len(all) && slices.Equal(r.found, all[:len(r.found)]) && r.more == (len(r.found) < len(all)) && (len(r.found) > 0 || len(all) == 0)
}

// events compares a page of the log with what follows an event.
func (s state) events(after string, r result) bool {
	log := strings.Fields(s.log)
	if after != "" {
		log = log[slices.Index(log, after)+1:]
		if !slices.Contains(strings.Fields(s.log), after) {
			return false
		}
	}
	return len(r.events) <= len(log) && slices.Equal(r.events, log[:len(r.events)]) && (len(r.events) > 0 || len(log) == 0)
}
