package storetest

import (
	"slices"
	"strings"

	"github.com/engage-interactions/engage/store"
)

func checkCommitConflict(t *trial) {
	s := t.open()
	first := t.write(s, doc("a", none, `1`, terms{owner: "x"}), doc("gone", none, `1`, nil))
	second := t.write(s, doc("a", first, `2`, terms{owner: "x"}))
	remove := t.batch()
	remove.Deletes = []store.Check{{Key: key("gone"), Version: first}}
	remove.Events = []store.Event{event("before")}
	t.commit(s, remove)
	t.write(s, doc("again", none, `1`, nil))
	remove = t.batch()
	again := t.get(s, key("again"))[0].Version
	remove.Deletes = []store.Check{{Key: key("again"), Version: again}}
	t.commit(s, remove)
	t.write(s, doc("again", none, `1`, nil), doc("b", none, `1`, nil)) // the same bytes once more

	handles := t.handles(s)
	before := t.dump(s)
	for _, c := range []struct {
		what     string
		id       string
		expected store.Version
	}{
		{"expected absent, but exists", "a", none},
		{"expected at an older version", "a", first},
		{"expected at the version of another record", "b", second},
		{"expected at a version that never was", "a", "never"},
		{"expected at its version, but for the case", "a", store.Version(strings.ToUpper(string(second)))},
		{"expected at its version with a space behind", "a", second + " "},
		{"expected at the beginning of its version", "a", second[:len(second)-1]},
		{"expected, but deleted", "gone", first},
		{"expected, but never was", "never", first},
		{"expected at its version before it was deleted and created again", "again", again},
		{"expected absent, as it was before it was created again", "again", none},
	} {
		for _, how := range []string{"Check", "Put", "Delete"} {
			if how == "Delete" && c.expected == none {
				continue
			}
			// Good operations of every sort around the one that fails.
			b := t.batch(doc("new0", none, `1`, nil), doc("new1", none, `1`, terms{owner: "x"}))
			b.Checks = []store.Check{{Key: key("absent0")}, {Key: key("absent1")}}
			b.Events = []store.Event{event("never-" + b.ID)}
			named := store.Check{Key: key(c.id), Version: c.expected}
			switch how {
			case "Check":
				b.Checks = slices.Insert(b.Checks, 1, named)
			case "Put":
				b.Puts = slices.Insert(b.Puts, 1, store.Record{Key: named.Key, Version: named.Version, Value: []byte(`9`)})
			default:
				b.Deletes = append(b.Deletes, named)
			}
			for i, h := range handles {
				t.conflict(h.Commit(t.Context(), b), named.Key, named.Version, "Commit through handle %d with a %s of a record %s", i+1, how, c.what)
			}
			if !t.unchanged(handles, before, "a conflict: a %s of a record %s", how, c.what) {
				return
			}
		}
	}
	checkConflictOfEachShape(t)
	checkLastOfMany(t)
}

// checkConflictOfEachShape is about batches that have few of the lists, or one
// only, and about each version that they name.
func checkConflictOfEachShape(t *trial) {
	t.Helper()
	s := t.open()
	version := t.write(s, doc("check", none, `1`, nil), doc("put", none, `1`, nil), doc("delete0", none, `1`, nil), doc("delete1", none, `1`, nil))
	handles := t.handles(s)
	before := t.dump(s)
	deletes := append(at("delete0", version), at("delete1", version)...)
	for what, shape := range map[string]struct{ checks, puts, deletes []store.Check }{
		"a put":                 {nil, at("put", version), nil},
		"a put that creates":    {at("check", version), at("new", none), nil},
		"a delete":              {nil, nil, deletes[:1]},
		"deletes":               {nil, nil, deletes},
		"a check and a put":     {at("check", version), at("put", version), nil},
		"a check and a delete":  {at("check", version), nil, deletes[:1]},
		"an absence, deletes":   {at("absent", none), nil, deletes},
		"a put and deletes":     {nil, at("put", version), deletes},
		"one operation of each": {at("check", version), at("put", version), deletes[:1]},
	} {
		for i := range len(shape.checks) + len(shape.puts) + len(shape.deletes) {
			b := t.change(slices.Clone(shape.checks), shape.puts, slices.Clone(shape.deletes))
			spoilt := spoil(&b, i)
			h := handles[i%len(handles)]
			t.conflict(h.Commit(t.Context(), b), spoilt, wrong, "Commit of a batch of %s, whose version number %d does not hold", what, i+1)
		}
		if !t.unchanged(handles, before, "conflicts of batches of %s", what) {
			return
		}
	}
}

// checkLastOfMany commits batches of which one version does not hold, behind more
// others than a store may look at in one portion.
func checkLastOfMany(t *trial) {
	t.Helper()
	const many = 1_200
	s := t.open()
	seed := t.batch()
	for _, id := range numbered("many", many) {
		seed.Puts = append(seed.Puts, store.Record{Key: note(id), Value: []byte(`1`)})
	}
	version := t.commit(s, seed)
	for how, build := range map[string]func(b *store.Batch){
		"checks": func(b *store.Batch) {
			b.Puts = []store.Record{doc("new", none, `1`, nil)}
			for _, r := range seed.Puts {
				b.Checks = append(b.Checks, store.Check{Key: r.Key, Version: version})
			}
		},
		"puts": func(b *store.Batch) {
			for _, r := range seed.Puts {
				b.Puts = append(b.Puts, store.Record{Key: r.Key, Version: version, Value: []byte(`2`)})
			}
		},
		"deletes": func(b *store.Batch) {
			b.Puts = []store.Record{doc("new", none, `1`, nil)}
			for _, r := range seed.Puts {
				b.Deletes = append(b.Deletes, store.Check{Key: r.Key, Version: version})
			}
		},
	} {
		b := t.batch()
		build(&b)
		i := len(b.Checks) - 1
		if i < 0 { // the last put, or the last delete
			i = len(b.Puts) + len(b.Deletes) - 1
		}
		spoilt := spoil(&b, i)
		t.conflict(s.Commit(t.Context(), b), spoilt, wrong, "Commit of a batch of %d %s, the last of which does not hold", many, how)
		records := t.get(s, key("new"), note("many00000"), seed.Puts[many-1].Key)
		if records[0].Exists() || records[1].Version != version || records[2].Version != version {
			t.broken(records, "no new record, and the others as they were", "Get after a batch of %d %s, the last of which does not hold", many, how)
		}
	}
}
