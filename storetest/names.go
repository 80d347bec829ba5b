package storetest

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"github.com/engage-interactions/engage/store"
)

// hardNames are names of the grammar that a store may trip over: words of query
// languages, columns and tables that it may have itself, and names that become
// the same when they are joined.
func hardNames() []string {
	words := strings.Fields(`
		select from where table index order group by values primary key unique null not and or in is as on set add all any case check
		column create default delete desc drop exists false true for foreign grant having insert into join left limit like offset
		references trigger union update user using view with begin commit rollback transaction with value
		rowid oid ctid xmin id tenant kind kinds term terms version versions record records event events batch batches position
		cursor meta schema store trim mark owner time type body json data sqlite sqlite_master sqlite_sequence json_each json_tree dbstat pragma_table_info pragma_schema_version pg_catalog information_schema
		a a_b a_b_c b b_c c a_ a__ a__b z9 index_ i0 k_a t_a idx_a`)
	slices.Sort(words)
	return append(slices.Compact(words), strings.Repeat("n", 40), strings.Repeat("n", 39)+"m", "a"+strings.Repeat("_", 39))
}

func checkPrepareNames(t *trial) {
	s := t.openBare()
	names := hardNames()
	var all []store.Kind
	for i, name := range names {
		// Each is a kind, and an index of its own kind and of another.
		all = append(all, store.Kind{Name: name, Indexes: []string{name, names[(i+1)%len(names)]}})
	}
	all = append(all, store.Kind{Name: "everything", Indexes: names})
	t.prepare(s, all...)

	var b store.Batch
	for i, kind := range all {
		r := store.Record{Key: store.Key{Tenant: acme, Kind: kind.Name, ID: "r"}, Value: []byte(strconv.Itoa(i)), Terms: terms{}}
		for _, index := range kind.Indexes {
			r.Terms[index] = kind.Name + " by " + index
		}
		b.Puts = append(b.Puts, r)
	}
	version := t.write(s, b.Puts...)
	for _, want := range b.Puts {
		if got := t.get(s, want.Key)[0]; got.Version != version || !bytes.Equal(got.Value, want.Value) || len(got.Terms) != len(want.Terms) {
			t.fatal(got, want, "Get of the kind called %q", want.Kind)
		}
		for index, term := range want.Terms {
			q := store.Query{Tenant: acme, Kind: want.Kind, Index: index}
			got := t.findAll(s, q)
			if len(got) != 1 || !bytes.Equal(got[0].Value, want.Value) || got[0].Terms[index] != term {
				t.fatal(got, []store.Record{want}, "Find of the kind called %q by the index called %q", want.Kind, index)
			}
			q.Prefix = term + "!"
			if got := t.findAll(s, q); len(got) != 0 {
				t.fatal(got, "no record", "Find of the kind called %q by the index called %q, with another prefix", want.Kind, index)
			}
		}
	}
}
