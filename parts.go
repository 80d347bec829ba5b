package engage

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store"
)

// Threads in which several customers take part, some of whom may be one contact's: a list
// of the contact has each once.

const (
	// findCost is what a find of its own is worth, in records that are read with others.
	findCost = 10
	// roomToWrite is how much of a commit a list leaves for what is written beside it.
	roomToWrite = 500
)

// partsOf returns the parts that identities have in those of some threads that have
// several customers. They are read by the identities, or by the customers, whoever are
// fewer.
//
// Within Atomically, all that is read is checked by the commit. What that cannot hold is
// refused before it is read.
func (t *turn) partsOf(ctx context.Context, in []*interaction.Thread, ids []string) (map[string][]*interaction.Correspondent, error) {
	var customers, pairs []string // the threads to read whole; the parts to read by themselves
	seen := map[string]bool{}
	size := t.Size()
	if t.work != nil && size > store.MaxOperations-roomToWrite {
		return nil, tooManyParts(0)
	}
	for n, thread := range in {
		if thread == nil || thread.CustomersCount <= 1 || seen[thread.ID] {
			continue
		}
		seen[thread.ID] = true
		if thread.CustomersCount+findCost < int64(len(ids)) {
			customers = append(customers, thread.ID)
			size += int(thread.CustomersCount)
		} else {
			for _, id := range ids {
				pairs = append(pairs, correspondentID(thread.ID, id))
			}
			size += len(ids)
		}
		if t.work != nil && size > store.MaxOperations-roomToWrite {
			return nil, tooManyParts(n)
		}
	}
	parts := map[string][]*interaction.Correspondent{}
	found, err := correspondents.All(ctx, t.Work, pairs...)
	if err != nil {
		return nil, err
	}
	for _, part := range found {
		if part != nil {
			parts[part.ThreadID] = append(parts[part.ThreadID], part)
		}
	}
	for _, id := range customers {
		// A customer who joins meanwhile changes the thread, which a commit checks.
		parts[id], _, err = correspondents.Find(ctx, t.Work, store.Query{Prefix: idTerm(id).String(), Limit: store.MaxLimit})
		if err != nil {
			return nil, err
		}
	}
	return parts, nil
}

// tooManyParts refuses a page that no commit can hold, and says of how many threads it
// could be.
func tooManyParts(fits int) error {
	if fits == 0 {
		return invalid("Limit", "is too much for this Work, which has no room left for what must be read")
	}
	return invalid("Limit", fmt.Sprintf("is too much for one commit, as several customers take part in some threads: %d would fit", fits))
}

// listedBefore reports whether the list of some identities has the thread of a part
// already, because another one of them takes part in it, too, and comes first.
func listedBefore(part *interaction.Correspondent, others []*interaction.Correspondent, ids []string, oldestFirst bool) bool {
	return slices.ContainsFunc(others, func(other *interaction.Correspondent) bool {
		if other.IdentityID == part.IdentityID || !slices.Contains(ids, other.IdentityID) {
			return false
		}
		order := cmp.Or(other.LastContentAt.Compare(part.LastContentAt), cmp.Compare(other.IdentityID, part.IdentityID))
		return order < 0 == oldestFirst
	})
}
