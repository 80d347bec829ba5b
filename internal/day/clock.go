package day

import (
	"encoding/binary"
	"sync/atomic"
	"time"

	"github.com/oklog/ulid/v2"
)

// clock is the time of the day, which only its agenda moves.
type clock struct{ millis atomic.Int64 }

func (c *clock) read() time.Time { return time.UnixMilli(c.millis.Load()).UTC() }

func (c *clock) set(at time.Time) { c.millis.Store(at.UnixMilli()) }

// minting mints IDs that depend on nothing but the order in which they are asked for. It
// outlives the processes of the day.
type minting struct {
	clock *clock
	n     atomic.Uint64
}

func (m *minting) next() string {
	var id ulid.ULID
	_ = id.SetTime(uint64(m.clock.read().UnixMilli()))
	var entropy [10]byte
	binary.BigEndian.PutUint64(entropy[2:], m.n.Add(1))
	_ = id.SetEntropy(entropy[:])
	return id.String()
}
