package engage

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/oklog/ulid/v2"
)

// ulids mints ULIDs that grow, even if the clock goes backwards.
type ulids struct {
	clock func() time.Time

	mu      sync.Mutex
	last    uint64 // milliseconds
	entropy *ulid.MonotonicEntropy
}

func newULIDs(clock func() time.Time) *ulids {
	return &ulids{clock: clock, entropy: ulid.Monotonic(rand.Reader, 0)}
}

func (u *ulids) next() string {
	now := max(u.clock().UnixMilli(), 0)
	u.mu.Lock()
	defer u.mu.Unlock()
	u.last = min(max(u.last, uint64(now)), ulid.MaxTime())
	for {
		id, err := ulid.New(u.last, u.entropy)
		if err == nil {
			return id.String()
		}
		u.last++ // this millisecond has no more room; crypto/rand itself never fails
	}
}

// maxPlain is how long a text of the host may be to stand in an ID or a term as it
// is. Two of them, a time and their marks fit into a term.
const maxPlain = 128

// hashMark begins what stands for a text that cannot stand as it is.
const hashMark = "sha256:"

// keyText returns what stands for an idempotency key, which may be any bytes: the key
// itself where it can be kept as it is, else its hash.
func keyText(key string) string {
	if len(key) <= 8*maxPlain && utf8.ValidString(key) && !strings.HasPrefix(key, hashMark) {
		return key
	}
	sum := sha256.Sum256([]byte(key))
	return hashMark + hex.EncodeToString(sum[:])
}

// plain returns a text that stands for s in IDs and terms: s itself where it is
// short and harmless, so that a person can read the store, else its hash. Different
// texts never share one.
func plain(s string) string {
	clean := strings.IndexFunc(s, func(r rune) bool { return r < ' ' || r == '\uFFFD' || r == 0x7F }) < 0
	if s != "" && len(s) <= maxPlain && clean && !strings.HasPrefix(s, hashMark) {
		return s
	}
	sum := sha256.Sum256([]byte(s))
	return hashMark + hex.EncodeToString(sum[:])
}
