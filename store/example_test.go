package store_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/memory"
)

// counter is what every change looks like: read, decide, and commit with the version that was
// read. If somebody else was faster, the commit changes nothing, and it is done again.
func counter(ctx context.Context, st store.Store, newID func() string) (int, error) {
	key := store.Key{Tenant: "acme", Kind: "counter", ID: "visitors"}
	for {
		records, err := st.Get(ctx, key)
		if err != nil {
			return 0, err
		}
		n := 0
		if records[0].Version != "" { // else there is no such record
			if n, err = strconv.Atoi(string(records[0].Value)); err != nil {
				return 0, err
			}
		}
		err = st.Commit(ctx, store.Batch{
			ID: newID(), Tenant: "acme",
			Puts:   []store.Record{{Key: key, Version: records[0].Version, Value: []byte(strconv.Itoa(n + 1))}},
			Events: []store.Event{{Tenant: "acme", ID: newID(), Type: "visitor.came", Value: []byte(`{}`)}},
		})
		if !errors.Is(err, store.ErrConflict) {
			return n + 1, err
		}
	}
}

// Records and the events that tell of them are committed together.
func Example() {
	ctx := context.Background()
	st := memory.New()
	defer func() { _ = st.Close() }()
	if err := st.Prepare(ctx, store.Kind{Name: "counter"}); err != nil {
		fmt.Println(err)
		return
	}
	ids := 0
	newID := func() string { ids++; return fmt.Sprintf("id-%03d", ids) }
	for range 2 {
		n, err := counter(ctx, st, newID)
		fmt.Println(n, err)
	}
	events, err := st.Events(ctx, "acme", 0, 10)
	for _, e := range events {
		fmt.Println(e.Type)
	}
	fmt.Println(err)
	// Output:
	// 1 <nil>
	// 2 <nil>
	// visitor.came
	// visitor.came
	// <nil>
}
