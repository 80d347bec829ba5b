package store_test

import (
	"fmt"

	"github.com/engage-interactions/engage/store"
)

// All that has to hold for a batch to be committed, whichever way it says so.
func ExampleBatch_Expected() {
	key := func(id string) store.Key { return store.Key{Tenant: "acme", Kind: "task", ID: id} }
	b := store.Batch{
		ID: "b2", Tenant: "acme",
		Checks:  []store.Check{{Key: key("guard"), Version: "b1"}},
		Puts:    []store.Record{{Key: key("new"), Value: []byte(`{}`)}},
		Deletes: []store.Check{{Key: key("old"), Version: "b0"}},
	}
	for _, c := range b.Expected() {
		fmt.Printf("%v at %q\n", c.Key, c.Version)
	}
	// Output:
	// acme/task/guard at "b1"
	// acme/task/new at ""
	// acme/task/old at "b0"
}
