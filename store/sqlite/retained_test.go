package sqlite_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/engage-interactions/engage/store"
)

// What was committed is not held on to: neither by the round nor by the connection.
func TestNothingIsHeldOfWhatWasCommitted(t *testing.T) { //nolint:paralleltest // it looks at the heap
	s := open(t, newPath(t), nil)
	heap := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	commit(t, s, write("warm", "a", "b"))
	before := heap()
	func() {
		b := store.Batch{ID: "large", Tenant: "acme"}
		for n := range 16 {
			b.Puts = append(b.Puts, store.Record{Key: key(fmt.Sprint("large", n)), Value: []byte(`"` + strings.Repeat("x", 2<<20) + `"`)})
		}
		commit(t, s, b)
	}()
	for n := range 20 {
		commit(t, s, write(fmt.Sprint("small", n), "a"))
	}
	if held := heap() - before; held > 8<<20 {
		t.Errorf("%d MiB are held", held>>20)
	}
	runtime.KeepAlive(s)
}
