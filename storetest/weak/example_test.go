package weak_test

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/storetest/weak"
)

// A page is shorter than was asked for, although there is more: who takes the first for all has
// read the contract too quickly.
func Example() {
	ctx := context.Background()
	st := weak.New(rand.New(rand.NewPCG(1, 2)))
	defer func() { _ = st.Close() }()
	batch := store.Batch{ID: "batch-1", Tenant: "acme"}
	for i := range 20 {
		batch.Puts = append(batch.Puts, store.Record{Key: store.Key{Tenant: "acme", Kind: "ticket", ID: fmt.Sprintf("t%02d", i)}, Value: []byte(`{}`)})
	}
	fmt.Println(st.Prepare(ctx, store.Kind{Name: "ticket"}), st.Commit(ctx, batch))

	pages, records := 0, 0
	for query := (store.Query{Tenant: "acme", Kind: "ticket", Limit: 20}); ; pages++ {
		page, err := st.Find(ctx, query)
		if err != nil {
			fmt.Println(err)
			return
		}
		records += len(page.Records)
		if query.Cursor = page.Next; page.Next == "" {
			break
		}
	}
	fmt.Println("more than one page:", pages > 0, "and all records:", records)
	// Output:
	// <nil> <nil>
	// more than one page: true and all records: 20
}
