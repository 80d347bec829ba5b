package engage

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store"
)

// The lists of threads and interventions. Each is read from the indexes that it needs,
// a page of each; none is gone through.

// List returns one page of threads.
func (s Threads) List(ctx context.Context, filter ThreadFilter) (Page[interaction.Thread], error) {
	if filter.Status != "" && filter.Status != interaction.ThreadOpen && filter.Status != interaction.ThreadClosed {
		return Page[interaction.Thread]{}, invalid("Status", "is neither open nor closed")
	}
	named, err := oneOf(map[string]Resource{
		"SourceID": sourceResource(filter.SourceID), "IdentityID": identityResource(filter.IdentityID), "ContactID": contactResource(filter.ContactID),
	}, threadResource(""))
	if err != nil {
		return Page[interaction.Thread]{}, err
	}
	if err := s.allow(ctx, ActionThreadsRead, named); err != nil {
		return Page[interaction.Thread]{}, err
	}
	part := span{oldestFirst: filter.OldestFirst, limit: filter.Limit, continuation: filter.Continuation}
	if filter.IdentityID == "" && filter.ContactID == "" {
		return pagePointers(ctx, s.scope, func(t *turn) (Page[*interaction.Thread], error) {
			return readMerged(ctx, t, filter.lists(), part)
		})
	}
	return pagePointers(ctx, s.scope, func(t *turn) (Page[*interaction.Thread], error) {
		ids, err := t.accounts(ctx, filter.IdentityID, filter.ContactID)
		if err != nil {
			return Page[*interaction.Thread]{}, err
		}
		var lists []sortedList[*interaction.Correspondent]
		for _, id := range ids {
			lists = append(lists, sortedList[*interaction.Correspondent]{
				name: id, index: byIdentityActive, within: idTerm(id), find: correspondents.Find,
				key: func(c *interaction.Correspondent) store.Tuple {
					return store.Tuple{}.Time(c.LastContentAt).Text(c.ThreadID)
				},
			})
		}
		found, err := readMerged(ctx, t, lists, part)
		if err != nil {
			return Page[*interaction.Thread]{}, err
		}
		page := Page[*interaction.Thread]{Continuation: found.Continuation}
		var threadIDs []string
		for _, with := range found.Items {
			threadIDs = append(threadIDs, with.ThreadID)
		}
		all, err := threads.All(ctx, t.Work, threadIDs...)
		if err != nil {
			return page, err
		}
		later, err := t.listedBefore(ctx, found.Items, all, ids, filter.OldestFirst)
		for n, thread := range all {
			if thread != nil && !later[n] && (filter.Status == "" || thread.Status == filter.Status) {
				page.Items = append(page.Items, thread)
			}
		}
		return page, err
	})
}

// listedBefore says of each of the parts that identities have in threads whether the
// list has the thread already, because another one of the identities takes part in it,
// too, and comes first. Only where a thread has several customers is that looked up.
func (t *turn) listedBefore(ctx context.Context, parts []*interaction.Correspondent, in []*interaction.Thread, ids []string, oldestFirst bool) (map[int]bool, error) {
	var pairs []string
	var of []int
	for n, thread := range in {
		if thread == nil || thread.CustomersCount <= 1 {
			continue
		}
		for _, id := range ids {
			if id != parts[n].IdentityID {
				pairs, of = append(pairs, correspondentID(thread.ID, id)), append(of, n)
			}
		}
	}
	others, err := correspondents.All(ctx, t.Work, pairs...)
	if err != nil {
		return nil, err
	}
	listed := map[int]bool{}
	for i, other := range others {
		if other == nil {
			continue
		}
		order := cmp.Or(other.LastContentAt.Compare(parts[of[i]].LastContentAt), cmp.Compare(other.IdentityID, parts[of[i]].IdentityID))
		if order < 0 == oldestFirst {
			listed[of[i]] = true
		}
	}
	return listed, nil
}

// lists returns the lists that threads in the order of their last content are in: one
// for each status.
func (f ThreadFilter) lists() []sortedList[*interaction.Thread] {
	statuses := []interaction.ThreadStatus{interaction.ThreadOpen, interaction.ThreadClosed}
	if f.Status != "" {
		statuses = []interaction.ThreadStatus{f.Status}
	}
	index, within := byStatusActive, store.Tuple{}
	if f.SourceID != "" {
		index, within = bySourceStatusActive, sourceTerm(f.SourceID)
	}
	var lists []sortedList[*interaction.Thread]
	for _, status := range statuses {
		lists = append(lists, sortedList[*interaction.Thread]{
			name: string(status), index: index, within: append(store.Tuple{}, within...).Text(string(status)), find: threads.Find,
			key: func(t *interaction.Thread) store.Tuple { return store.Tuple{}.Time(t.LastContentAt).Text(t.ID) },
		})
	}
	return lists
}

// List returns one page of interventions.
func (s Interventions) List(ctx context.Context, filter InterventionFilter) (Page[interaction.Intervention], error) {
	named, err := oneOf(map[string]Resource{
		"ThreadID": threadResource(filter.ThreadID), "IdentityID": identityResource(filter.IdentityID), "ContactID": contactResource(filter.ContactID),
		"SourceID": sourceResource(filter.SourceID), "Owner": {Type: string(filter.Owner.Type), ID: filter.Owner.ID},
	}, interventionResource(""))
	if err != nil {
		return Page[interaction.Intervention]{}, err
	}
	if err := s.allow(ctx, ActionInterventionsRead, named); err != nil {
		return Page[interaction.Intervention]{}, err
	}
	part := span{oldestFirst: filter.OldestFirst, limit: filter.Limit, continuation: filter.Continuation}
	return pagePointers(ctx, s.scope, func(t *turn) (Page[*interaction.Intervention], error) {
		lists, err := filter.lists(ctx, t)
		if err != nil {
			return Page[*interaction.Intervention]{}, err
		}
		page, err := readMerged(ctx, t, lists, part)
		if filter.Status != "" {
			kept := page.Items[:0]
			for _, i := range page.Items {
				if i.Status == filter.Status {
					kept = append(kept, i)
				}
			}
			page.Items = kept
		}
		return page, err
	})
}

// WaitingFilter says which interventions to list.
type WaitingFilter struct {
	// Owner is whose interventions they are: an agent or a bot. Nobody: who acts.
	Owner        Actor
	Limit        int // 0: DefaultPage
	Continuation string
}

// Waiting is an intervention whose customer waits for an answer.
type Waiting struct {
	interaction.Intervention

	// With is the customer, and since when what is unanswered.
	With interaction.Correspondent `json:"with"`
}

// ListWaiting returns one page of the interventions of an owner whose customers wait for
// an answer, who has waited for longest first: they are open or deferred, and a content
// of the customer is unanswered, such as the one with which a customer came back and
// reopened it. What waits for somebody to engage is in Threads.ListEngageable instead,
// or as well, if a bot owns it. A thread may be closed meanwhile: reopen it to answer.
//
// The error wraps ErrInvalid for an owner who is neither an agent nor a bot.
func (s Interventions) ListWaiting(ctx context.Context, filter WaitingFilter) (Page[Waiting], error) {
	owner := filter.Owner
	if owner.IsZero() {
		owner = s.actor
	}
	if err := interaction.CheckOwner(owner); err != nil {
		return Page[Waiting]{}, invalidField(err)
	}
	if err := s.allow(ctx, ActionInterventionsRead, Resource{Type: string(owner.Type), ID: owner.ID}); err != nil {
		return Page[Waiting]{}, err
	}
	q := store.Query{Index: byOwnerUnanswered, Prefix: ownerTerm(owner).String(), Limit: filter.Limit, Cursor: filter.Continuation}
	var page Page[Waiting]
	err := s.do(ctx, func(t *turn) error {
		found, err := pageOf(ctx, t, &correspondents, q, everything)
		if err != nil {
			return err
		}
		var ids []string
		for _, with := range found.Items {
			ids = append(ids, with.InterventionID)
		}
		all, err := interventions.All(ctx, t.Work, ids...)
		page = Page[Waiting]{Items: make([]Waiting, 0, len(all)), Continuation: found.Continuation}
		for n, i := range all {
			if i != nil {
				page.Items = append(page.Items, Waiting{Intervention: *i, With: found.Items[n]})
			}
		}
		return err
	})
	if err != nil {
		return Page[Waiting]{}, err
	}
	return page, nil
}

// lists returns the lists that the interventions are in.
func (f InterventionFilter) lists(ctx context.Context, t *turn) ([]sortedList[*interaction.Intervention], error) {
	one := func(name, index string, within store.Tuple) sortedList[*interaction.Intervention] {
		return sortedList[*interaction.Intervention]{
			name: name, index: index, within: within, find: interventions.Find,
			key: func(i *interaction.Intervention) store.Tuple { return store.Tuple{}.Time(i.CreatedAt).Text(i.ID) },
		}
	}
	byStatus := func(index string, within store.Tuple) []sortedList[*interaction.Intervention] {
		statuses := []interaction.InterventionStatus{
			interaction.InterventionOpen, interaction.InterventionDeferred, interaction.InterventionClosed, interaction.InterventionCanceled,
		}
		if f.Status != "" {
			statuses = []interaction.InterventionStatus{f.Status}
		}
		var lists []sortedList[*interaction.Intervention]
		for _, status := range statuses {
			lists = append(lists, one(string(status), index, append(store.Tuple{}, within...).Text(string(status))))
		}
		return lists
	}
	switch {
	case f.ThreadID != "":
		return []sortedList[*interaction.Intervention]{one("", byThreadCreated, idTerm(f.ThreadID))}, nil
	case f.SourceID != "":
		return byStatus(bySourceStatusCreated, sourceTerm(f.SourceID)), nil
	case !f.Owner.IsZero():
		return byStatus(byOwnerStatusCreated, ownerTerm(f.Owner)), nil
	case f.IdentityID == "" && f.ContactID == "":
		return byStatus(byStatusCreated, store.Tuple{}), nil
	}
	ids, err := t.accounts(ctx, f.IdentityID, f.ContactID)
	var lists []sortedList[*interaction.Intervention]
	for _, id := range ids {
		lists = append(lists, one(id, byIdentityCreated, idTerm(id)))
	}
	return lists, err
}

// accounts returns the identities that a list is about: one, or those of a contact.
func (t *turn) accounts(ctx context.Context, identityID, contactID string) ([]string, error) {
	if identityID != "" {
		return []string{identityID}, nil
	}
	person, err := t.person(ctx, contactID)
	if err != nil || person == nil {
		return nil, err
	}
	return person.IdentityIDs, nil
}

// oneOf returns the resource of the one filter that is set, and refuses several: no
// index has them together. Without any, all are listed.
func oneOf(filters map[string]Resource, all Resource) (Resource, error) {
	named := all
	for _, field := range slices.Sorted(maps.Keys(filters)) {
		resource := filters[field]
		if resource.ID == "" {
			continue
		}
		if named != all {
			return all, invalid(field, "is set beside another one of the filters that exclude each other")
		}
		named = resource
	}
	return named, nil
}

// pagePointers runs a call that reads a page of a table.
func pagePointers[T any](ctx context.Context, s scope, get func(*turn) (Page[*T], error)) (Page[T], error) {
	var page Page[T]
	err := s.do(ctx, func(t *turn) error {
		found, err := get(t)
		page = Page[T]{Items: make([]T, 0, len(found.Items)), Continuation: found.Continuation}
		for _, v := range found.Items {
			page.Items = append(page.Items, *v)
		}
		return err
	})
	if err != nil {
		return Page[T]{}, err
	}
	return page, nil
}
