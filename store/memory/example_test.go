package memory_test

import (
	"context"
	"fmt"

	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/memory"
)

// Two handles on the same data, as two processes have them on a database: of two who have read the
// same version, one writes.
func Example() {
	ctx := context.Background()
	st := memory.New()
	defer func() { _ = st.Close() }()
	other := st.Peer()
	defer func() { _ = other.Close() }()

	key := store.Key{Tenant: "acme", Kind: "ticket", ID: "t1"}
	for i, handle := range []store.Store{st, other} {
		if err := handle.Prepare(ctx, store.Kind{Name: "ticket"}); err != nil {
			fmt.Println(err)
			return
		}
		err := handle.Commit(ctx, store.Batch{
			ID: fmt.Sprint("batch-", i), Tenant: "acme", // both say that there is no such record
			Puts: []store.Record{{Key: key, Value: fmt.Appendf(nil, `{"by": %d}`, i)}},
		})
		fmt.Println(i, err)
	}
	records, err := other.Get(ctx, key)
	fmt.Println(string(records[0].Value), records[0].Version, err)
	// Output:
	// 0 <nil>
	// 1 store: conflict: acme/ticket/t1 exists
	// {"by": 0} batch-0 <nil>
}
