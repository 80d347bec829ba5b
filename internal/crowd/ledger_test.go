package crowd_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store"
)

// ledger is a store that keeps account of what is committed on control, and holds each
// batch against the rule by itself. It looks at nothing but the batch, and at what was
// written under the versions that the batch names: if those hold when it is committed,
// then what it decides is right at that moment, however much happens at the same time. So
// it judges what would be committed, whether that is in conflict or not.
type ledger struct {
	store.Store

	books *books
}

// books are what several handles on one data enter.
type books struct {
	clock atomic.Int64 // counts calls and returns
	now   func() time.Time

	mu      sync.Mutex
	values  map[store.Key]map[store.Version][]byte
	claims  map[string]int            // by content: attempts to deliver it that were claimed
	taken   map[store.Key][]takenOver // by control
	entries []entry                   // of what was committed, and concerns a control or intervention
	passes  int                       // that were decided
	wrong   []string
}

// entry is a batch that was committed, or may have been.
type entry struct {
	call             *called // in which it was; nil: a job's
	begun, over      int64
	now              time.Time
	control, dealing []byte // the control and the intervention that it wrote; nil: none
	identity         string
}

// takenOver is that the agents got control from a bot.
type takenOver struct{ epoch, known int64 }

// storedControl is what is stored of a control.
type storedControl struct {
	handover.Control

	Waiting []string `json:"waiting"`
	Watched []string `json:"watched"`
	Ended   bool     `json:"ended"`
}

type storedList struct {
	Interventions []struct {
		ID       string                         `json:"id"`
		SourceID string                         `json:"source_id"`
		Status   interaction.InterventionStatus `json:"status"`
		Owner    interaction.Actor              `json:"owner"`
	} `json:"interventions"`
}

type storedSettings struct {
	handover.Settings

	Platform bool `json:"platform"`
}

func newBooks(now func() time.Time) *books {
	return &books{now: now, values: map[store.Key]map[store.Version][]byte{}, claims: map[string]int{}, taken: map[store.Key][]takenOver{}}
}

func (b *books) tick() int64 { return b.clock.Add(1) }

// on lets a handle enter what is committed.
func (b *books) on(st store.Store) store.Store { return &ledger{st, b} }

func (b *books) faults() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.wrong)
}

// noted are the kinds whose values are kept.
var noted = []string{"thread_control", "thread_control_settings", "engaged_list", "identity", "contact", "content", "job"}

// Commit implements [store.Store].
func (l *ledger) Commit(ctx context.Context, b store.Batch) error {
	call, _ := ctx.Value(callKey{}).(*called)
	e := entry{call: call, now: l.books.now(), begun: l.books.tick()}
	j := l.books.enters(&e, b)
	err := l.Store.Commit(ctx, b)
	e.over = l.books.tick()
	l.books.committed(e, j, err)
	return err
}

// enters notes what a batch writes, before it can be read, and judges it.
func (b *books) enters(e *entry, batch store.Batch) *judged {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, put := range batch.Puts {
		if !slices.Contains(noted, put.Kind) {
			if put.Kind == "intervention" {
				e.dealing = slices.Clone(put.Value)
			}
			continue
		}
		if put.Kind == "thread_control" {
			e.control = slices.Clone(put.Value)
		}
		if b.values[put.Key] == nil {
			b.values[put.Key] = map[store.Version][]byte{}
		}
		b.values[put.Key][store.Version(batch.ID)] = slices.Clone(put.Value)
	}
	j := &judged{books: b, batch: batch, expected: map[store.Key]store.Version{}, after: map[store.Key][]byte{}}
	for _, c := range batch.Expected() {
		j.expected[c.Key] = c.Version
	}
	for _, put := range batch.Puts {
		j.after[put.Key] = put.Value
	}
	j.judge()
	return j
}

// committed notes what came of a batch.
func (b *books) committed(e entry, j *judged, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if e.call != nil && e.dealing != nil {
		var i interaction.Intervention
		if json.Unmarshal(e.dealing, &i) == nil {
			e.call.minted = i.ID
		}
	}
	if err != nil {
		return
	}
	for control, epoch := range j.takes {
		b.taken[control] = append(b.taken[control], takenOver{epoch, e.over})
	}
	for _, c := range j.claims {
		b.claims[c.content]++
		for _, t := range b.taken[c.control] {
			if c.bot && t.known < e.begun && t.epoch > c.epoch {
				b.blame("the delivery of content %s, of a bot and of epoch %d, was claimed after the agents had taken over in epoch %d", c.content, c.epoch, t.epoch)
			}
		}
	}
	b.passes += j.passes
	if e.control == nil && e.dealing == nil {
		return
	}
	for _, value := range [][]byte{e.dealing, e.control} {
		var about struct {
			IdentityID string `json:"identity_id"`
		}
		if json.Unmarshal(value, &about) == nil {
			e.identity = about.IdentityID
		}
	}
	b.entries = append(b.entries, e)
}

func (b *books) blame(format string, args ...any) {
	b.wrong = append(b.wrong, fmt.Sprintf(format, args...))
}

// sent is what the platform is asked to deliver: it must have been claimed.
func (b *books) sent(contentID string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.claims[contentID] == 0 {
		b.blame("the platform is asked to deliver %s, which nobody has claimed", contentID)
	}
}

// holds reports what was wrong.
func (b *books) holds(t *testing.T) {
	t.Helper()
	for n, wrong := range b.faults() {
		if n == 10 {
			t.Errorf("and more")
			break
		}
		t.Error(wrong)
	}
}
