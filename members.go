package engage

import (
	"cmp"
	"context"
	"errors"

	"github.com/engage-interactions/engage/store"
)

// joining returns the contacts that are being merged into others, and into which.
// Interactions and values of theirs may not have gone over yet.
func (s Segments) joining(ctx context.Context) (map[string]string, error) {
	all := map[string]string{}
	q := store.Query{Index: byRunning, Prefix: store.Tuple{}.Text(string(TaskMerge)).String()}
	err := eachPage(ctx, s.scope, &progresses, q, asIs, func(page []*storedProgress) error {
		for _, p := range page {
			all[p.Subject.ID] = p.IntoID
		}
		return nil
	})
	return all, err
}

// errEnough says that the consumer of a sequence has had enough.
var errEnough = errors.New("enough")

// members yields contact IDs, each once.
type members struct {
	yield   func(string, error) bool
	joining map[string]string // contacts that are being merged, and into which
	seen    map[string]bool
}

// name returns the contact that stands for one: itself, or what it is merged into.
func (m *members) name(id string) string { return cmp.Or(m.joining[id], id) }

func (m *members) add(id string) error {
	id = m.name(id)
	if m.seen[id] {
		return nil
	}
	if m.seen == nil {
		m.seen = make(map[string]bool)
	}
	m.seen[id] = true
	if !m.yield(id, nil) {
		return errEnough
	}
	return nil
}
