package faults_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/memory"
	"github.com/engage-interactions/engage/storetest/faults"
)

var visits = store.Key{Tenant: "acme", Kind: "counter", ID: "visits"}

func read(ctx context.Context, st store.Store) (n int, r store.Record, err error) {
	records, err := st.Get(ctx, visits)
	if err != nil || !records[0].Exists() {
		return 0, store.Record{Key: visits}, err
	}
	n, err = strconv.Atoi(string(records[0].Value))
	return n, records[0], err
}

// count is what is tested here: code of a host that works on a store.
func count(ctx context.Context, st store.Store, batchID string) error {
	for {
		n, r, err := read(ctx, st)
		if err != nil {
			return err
		}
		r.Value = []byte(strconv.Itoa(n + 1))
		err = st.Commit(ctx, store.Batch{ID: batchID, Tenant: "acme", Puts: []store.Record{r}})
		if errors.Is(err, store.ErrConflict) {
			continue // others were faster: read again
		}
		return err
	}
}

// A sweep tries every fault at every call. Here it shows that the code repeats what
// it should, and leaves open what nobody can know.
func Example() {
	ctx := context.Background()
	told := map[string]int{}
	for trial := range faults.Sweep(faults.Unavailable(), faults.OvertakenBefore(), faults.LostAfter(), faults.LostLate()) {
		st := trial.Wrap(memory.New())
		if err := st.Prepare(ctx, store.Kind{Name: "counter"}); err != nil {
			fmt.Println(err)
		}
		if err := count(ctx, st, "first"); err != nil {
			fmt.Println(err)
		}

		trial.Start()
		err := count(trial.Context(ctx), st, "second")
		trial.End()

		n, _, _ := read(ctx, st)
		switch {
		case err == nil && n == 2:
			told["it is done"]++
		case errors.Is(err, store.ErrUnknownOutcome):
			told["nobody knows"]++
		case err != nil && n == 1:
			told["it failed"]++
		default:
			fmt.Printf("%v: %v, and the count is %d\n", trial, err, n)
		}
		if err := st.Close(); err != nil {
			fmt.Println(err)
		}
	}
	fmt.Println(told)
	// Output:
	// map[it failed:2 it is done:5 nobody knows:2]
}

// One fault at one call, and what the store was asked.
func ExampleStore_Inject() {
	ctx := context.Background()
	st := faults.New(memory.New())
	_ = st.Prepare(ctx, store.Kind{Name: "counter"})

	st.Restart()
	st.Inject(faults.Unavailable().On(faults.Commit), 2)
	for _, id := range []string{"first", "second", "third"} {
		if err := count(ctx, st, id); err != nil {
			fmt.Println(err)
		}
	}
	for _, call := range st.Calls() {
		fmt.Println(call, call.Faults)
	}
	// Output:
	// store: unavailable: unplugged
	// call 1, a Get []
	// call 2, a Commit []
	// call 3, a Get []
	// call 4, a Commit [the store is unavailable]
	// call 5, a Get []
	// call 6, a Commit []
}

// A gate shows what others see while a commit is under way, without a clock.
func ExampleGate() {
	ctx := context.Background()
	st := faults.New(memory.New())
	_ = st.Prepare(ctx, store.Kind{Name: "counter"})

	gate := faults.NewGate()
	st.Inject(gate.After().On(faults.Commit), 1)
	done := make(chan error)
	go func() { done <- count(ctx, st, "slow") }()

	_, _ = gate.Await(ctx, 1)
	n, _, _ := read(ctx, st)
	fmt.Println("before the answer:", n)
	gate.Open()
	fmt.Println("the answer:", <-done)
	// Output:
	// before the answer: 1
	// the answer: <nil>
}
