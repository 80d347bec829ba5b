package sqlite_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/sqlite"
)

func Example() {
	ctx := context.Background()
	directory, err := os.MkdirTemp("", "engage")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(directory) }()

	st, err := sqlite.Open(ctx, filepath.Join(directory, "engage.db"), &sqlite.Options{Synchronous: sqlite.Full})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = st.Close() }()

	if err := st.Prepare(ctx, store.Kind{Name: "ticket", Indexes: []string{"owner"}}); err != nil {
		fmt.Println(err)
		return
	}
	err = st.Commit(ctx, store.Batch{
		ID:     "01HZY0000000000000000000A1",
		Tenant: "acme",
		Puts: []store.Record{{
			Key:   store.Key{Tenant: "acme", Kind: "ticket", ID: "t1"},
			Terms: map[string]string{"owner": "ann"},
			Value: []byte(`{"subject":"Late delivery"}`),
		}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	page, err := st.Find(ctx, store.Query{Tenant: "acme", Kind: "ticket", Index: "owner", Prefix: "ann"})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range page.Records {
		fmt.Println(r.ID, string(r.Value))
	}
	// Output: t1 {"subject":"Late delivery"}
}
