package work

import (
	"strings"
	"sync"

	"github.com/engage-interactions/engage/store"
)

// kept are the values of the tables that have a Copy, decoded, as of a version of their
// records. No other content ever has that version, so that none of them is ever wrong.
type kept struct {
	mu     sync.Mutex
	values map[store.Key]keptValue
}

type keptValue struct {
	version store.Version
	value   any // nobody's but the Runner's, and never changed
}

// maxKept is how many values are kept.
const maxKept = 1024

// get returns the value of a record, nil if it is not kept.
func (k *kept) get(r store.Record) any {
	k.mu.Lock()
	defer k.mu.Unlock()
	if known := k.values[r.Key]; known.version == r.Version {
		return known.value
	}
	return nil
}

func (k *kept) set(r store.Record, value any) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.values == nil {
		k.values = make(map[store.Key]keptValue)
	}
	for other := range k.values { // make room by forgetting others, any
		if len(k.values) < maxKept {
			break
		}
		delete(k.values, other)
	}
	// The texts of a record may be parts of a longer one, such as the whole record in the store. A
	// map keeps the key that it has.
	key := r.Key
	if _, known := k.values[key]; !known {
		key = store.Key{Tenant: strings.Clone(r.Tenant), Kind: strings.Clone(r.Kind), ID: strings.Clone(r.ID)}
	}
	k.values[key] = keptValue{store.Version(strings.Clone(string(r.Version))), value}
}
