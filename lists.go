package engage

import (
	"context"
	"maps"
	"slices"

	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/internal/work"
	"github.com/engage-interactions/engage/store"
)

// The lists of threads and interventions. Each is read from the indexes that it needs,
// a page of each; none is gone through.

// look runs a call that shows what there is and decides nothing: as a part of the Work
// it belongs to, whose commit then rests on what it showed; else as it is read, without
// being confirmed. Threads.List says what that means to callers.
func (s scope) look(ctx context.Context, call func(*turn) error) error {
	if s.work != nil {
		return s.do(ctx, call)
	}
	return s.core.runner.Look(ctx, func(w *work.Work) error { return call(s.turn(w)) })
}

// List returns one page of threads.
//
// What it promises holds for all lists of conversations: of threads, of interventions
// and their comments, of contents, and for timelines.
//
//   - Each item is as it was at some moment of the call. Not all are of the same moment,
//     except within Atomically, whose commit holds only if all are still so; and holds
//     5,000 records at most, those that it rests on included.
//   - An item that was there throughout, and had the same place in the order, comes
//     exactly once, on whichever page. One whose place changed meanwhile may come again
//     on another page, or not at all.
//   - That others write, however much, does not make a list fail.
//   - A list of a contact is that of the person whom the contact's ID stands for (see
//     Contacts). While contacts are merged and unmerged, and identities move, an item
//     that is the person's throughout is listed, and one that never is, is not: nobody
//     gets another person's list. A page may then be short, even empty, before the end.
//   - An ID that no record can have is like one that no record has: to filter by it lists
//     nothing; where the list is that of one thread or intervention, the error wraps
//     ErrNotFound.
//   - A continuation belongs to its list, with the same filter in the same direction;
//     the limit may change. With another one the error wraps ErrInvalid.
//
// Of an identity or a contact, a page may rest on more records than it has items where
// several customers take part in threads: on their parts, or on those of the contact's
// identities, whoever are fewer, give or take ten. If that is too much for one commit, the
// list is refused within Atomically, by an [*InvalidError] of Limit that says how many
// would fit.
//
// The error wraps ErrInvalid, too, for filters that exclude each other, a status that
// there is not, and a limit that cannot be.
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
	part := span{
		of:          []string{threads.Kind, filter.SourceID, filter.IdentityID, filter.ContactID, string(filter.Status)},
		oldestFirst: filter.OldestFirst, limit: filter.Limit, continuation: filter.Continuation,
	}
	if filter.IdentityID == "" && filter.ContactID == "" {
		return pagePointers(ctx, s.scope, func(t *turn) (Page[*interaction.Thread], error) {
			return readMerged(ctx, t, []sortedList[*interaction.Thread]{filter.list()}, part)
		})
	}
	return pagePointers(ctx, s.scope, func(t *turn) (Page[*interaction.Thread], error) {
		of, err := t.accounts(ctx, filter.IdentityID, filter.ContactID)
		if err != nil {
			return Page[*interaction.Thread]{}, err
		}
		found, err := readMerged(ctx, t, filter.parts(of.ids), part)
		if err != nil {
			return Page[*interaction.Thread]{}, err
		}
		page := Page[*interaction.Thread]{Continuation: found.Continuation}
		var threadIDs []string
		once := map[string]bool{} // what is written meanwhile gets another place
		for _, with := range found.Items {
			threadIDs = append(threadIDs, with.ThreadID)
		}
		all, err := threads.All(ctx, t.Work, threadIDs...)
		if err != nil {
			return page, err
		}
		several, err := t.partsOf(ctx, all, of.ids)
		if err != nil {
			return page, err
		}
		of, err = t.remaining(ctx, of)
		for n, thread := range all {
			part := found.Items[n]
			if thread == nil || !slices.Contains(of.ids, part.IdentityID) {
				continue // the contact's no longer
			}
			if !once[thread.ID] && !listedBefore(part, several[thread.ID], of.ids, filter.OldestFirst) && (filter.Status == "" || thread.Status == filter.Status) {
				once[thread.ID] = true
				page.Items = append(page.Items, thread)
			}
		}
		return page, err
	})
}

// maxByStatus is of how many identities at most the threads with a status are read from
// lists of their own. Each of these is read as far as the whole page goes: of more, it costs
// less to read all threads and leave some out.
const maxByStatus = 4

// parts returns the lists of the parts that identities have in threads. Of those with a
// status, the parts in threads with one customer have their list, which they leave for
// that of the threads with several when another customer joins: what those are is seen
// when they are read.
func (f ThreadFilter) parts(ids []string) (lists []sortedList[*interaction.Correspondent]) {
	one := func(id, index string, within store.Tuple, emptied bool) {
		lists = append(lists, sortedList[*interaction.Correspondent]{
			name: id, index: index, within: within, find: correspondents.Find, emptied: emptied,
			key: func(c *interaction.Correspondent) store.Tuple {
				return store.Tuple{}.Time(c.LastContentAt).Text(c.ThreadID)
			},
		})
	}
	for _, id := range ids {
		if f.Status == "" || len(ids) > maxByStatus {
			one(id, byIdentityActive, idTerm(id), false)
			continue
		}
		one(id, byIdentityStatusActive, idTerm(id).Text(string(f.Status)), true)
		one(id, byIdentityStatusActive, idTerm(id).Text(""), false)
	}
	return lists
}

// list returns the list that threads in the order of their last content are in. Where no
// status is asked for, it is one of all: of two lists, a thread that is closed between
// them is in neither.
func (f ThreadFilter) list() sortedList[*interaction.Thread] {
	list := sortedList[*interaction.Thread]{index: byActive, find: threads.Find, key: activeKey}
	switch {
	case f.SourceID != "" && f.Status != "":
		list.index, list.within = bySourceStatusActive, sourceTerm(f.SourceID).Text(string(f.Status))
	case f.SourceID != "":
		list.index, list.within = bySourceActive, sourceTerm(f.SourceID)
	case f.Status != "":
		list.index, list.within = byStatusActive, idTerm(string(f.Status))
	}
	return list
}

// List returns one page of interventions. Threads.List says what it promises.
//
// The error wraps ErrInvalid for filters that exclude each other, an owner who is neither
// an agent nor a bot or has no ID, a status that there is not, and a limit or
// continuation that cannot be.
func (s Interventions) List(ctx context.Context, filter InterventionFilter) (Page[interaction.Intervention], error) {
	if filter.Status != "" && !slices.Contains(interventionStatuses, filter.Status) {
		return Page[interaction.Intervention]{}, invalid("Status", "is not one that interventions have")
	}
	if !filter.Owner.IsZero() {
		if err := checkListedOwner(filter.Owner); err != nil {
			return Page[interaction.Intervention]{}, err
		}
	}
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
	part := span{
		of: []string{
			interventions.Kind, filter.ThreadID, filter.IdentityID, filter.ContactID, filter.SourceID,
			string(filter.Owner.Type), filter.Owner.ID, string(filter.Status),
		},
		oldestFirst: filter.OldestFirst, limit: filter.Limit, continuation: filter.Continuation,
	}
	return pagePointers(ctx, s.scope, func(t *turn) (Page[*interaction.Intervention], error) {
		of, err := t.accounts(ctx, filter.IdentityID, filter.ContactID)
		if err != nil {
			return Page[*interaction.Intervention]{}, err
		}
		page, err := readMerged(ctx, t, filter.lists(of.ids), part)
		if err != nil {
			return page, err
		}
		of, err = t.remaining(ctx, of)
		page.Items = slices.DeleteFunc(page.Items, func(i *interaction.Intervention) bool {
			return filter.Status != "" && i.Status != filter.Status || filter.ContactID != "" && !slices.Contains(of.ids, i.IdentityID)
		})
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
// Threads.List says what it promises; With is how it was a moment before the rest, and
// what has ended or has another owner since is left out, so that a page may be short.
//
// The error wraps ErrInvalid for an owner who is neither an agent nor a bot.
func (s Interventions) ListWaiting(ctx context.Context, filter WaitingFilter) (Page[Waiting], error) {
	owner := filter.Owner
	if owner.IsZero() {
		owner = s.actor
	}
	if err := checkListedOwner(owner); err != nil {
		return Page[Waiting]{}, err
	}
	if err := s.allow(ctx, ActionInterventionsRead, Resource{Type: string(owner.Type), ID: owner.ID}); err != nil {
		return Page[Waiting]{}, err
	}
	q := store.Query{Index: byOwnerUnanswered, Prefix: ownerTerm(owner).String(), Limit: filter.Limit, Cursor: filter.Continuation}
	var page Page[Waiting]
	err := s.look(ctx, func(t *turn) error {
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
			if i != nil && i.Status.Live() && i.Owner == owner {
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

// interventionStatuses are those that interventions have.
var interventionStatuses = []interaction.InterventionStatus{
	interaction.InterventionOpen, interaction.InterventionDeferred, interaction.InterventionClosed, interaction.InterventionCanceled,
}

// lists returns the lists that the interventions are in: those of identities, if it is
// an identity's or a contact's that are asked for. Where no status is asked for, none of
// them is of one status, so that they stay where they are whatever becomes of them.
func (f InterventionFilter) lists(ids []string) []sortedList[*interaction.Intervention] {
	one := func(name, index string, within store.Tuple) sortedList[*interaction.Intervention] {
		return sortedList[*interaction.Intervention]{name: name, index: index, within: within, find: interventions.Find, key: createdKey}
	}
	// Of all in some order, or of those with a status.
	within := func(index, withStatus string, within store.Tuple) []sortedList[*interaction.Intervention] {
		if f.Status != "" {
			index, within = withStatus, within.Text(string(f.Status))
		}
		return []sortedList[*interaction.Intervention]{one("", index, within)}
	}
	switch {
	case f.ThreadID != "":
		if !isID(f.ThreadID) {
			return nil
		}
		return []sortedList[*interaction.Intervention]{one("", byThreadCreated, idTerm(f.ThreadID))}
	case f.SourceID != "":
		return within(bySourceCreated, bySourceStatusCreated, sourceTerm(f.SourceID))
	case !f.Owner.IsZero():
		return within(byOwnerCreated, byOwnerStatusCreated, ownerTerm(f.Owner))
	case f.IdentityID == "" && f.ContactID == "":
		return within(byCreated, byStatusCreated, store.Tuple{})
	}
	var lists []sortedList[*interaction.Intervention]
	for _, id := range ids {
		index, within := byIdentityCreated, idTerm(id)
		if f.Status != "" {
			index, within = byIdentityStatusCreated, within.Text(string(f.Status))
		}
		lists = append(lists, one(id, index, within))
	}
	return lists
}

// checkListedOwner refuses who is no owner by kind. Any ID will do: of one that nobody can
// have, nothing is listed.
func checkListedOwner(owner Actor) error {
	if owner.ID != "" {
		owner.ID = plain(owner.ID)
	}
	if err := interaction.CheckOwner(owner); err != nil {
		return invalidField(err)
	}
	return nil
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
	err := s.look(ctx, func(t *turn) error {
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
