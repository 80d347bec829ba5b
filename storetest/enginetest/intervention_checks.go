package enginetest

import (
	"fmt"
	"slices"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store"
)

func interventionID(i interaction.Intervention) string { return i.ID }

func checkInterventionOne(b *books) {
	type with struct{ thread, identity string }
	holder := map[with]string{}
	for _, i := range b.interventions {
		if !i.Status.Live() {
			continue
		}
		w := with{i.ThreadID, i.IdentityID}
		if other, engaged := holder[w]; engaged {
			b.broken(fmt.Sprintf("%s and %s are open or deferred in thread %s", other, i.ID, i.ThreadID), "one of them")
		}
		holder[w] = i.ID
	}
}

// course is what was told of an intervention.
type course struct {
	status           []interaction.InterventionStatus // in one of which it is
	owner            interaction.Actor
	opened, reopened int
}

// toldOf returns the types of the events that tell of transitions.
func toldOf() (types []engage.EventType) {
	for _, row := range interaction.InterventionLifecycle.Rows {
		for _, e := range row.Events {
			types = append(types, engage.EventType(e))
		}
	}
	return types
}

// after returns the states that an event can lead to. What it says of times decides
// between them.
func (c course) after(e engage.EventType, d engage.InterventionLifeEvent) (next []interaction.InterventionStatus) {
	for _, row := range interaction.InterventionLifecycle.Rows {
		if !slices.Contains(row.Events, string(e)) {
			continue
		}
		for _, from := range c.status {
			to := row.To
			if to == "" {
				to = from
			}
			if slices.Contains(row.From, from) && !slices.Contains(next, to) &&
				(to == interaction.InterventionDeferred) == !d.DeferredAt.IsZero() && to.Live() == d.ClosedAt.IsZero() {
				next = append(next, to)
			}
		}
	}
	return next
}

func checkInterventionTold(b *books) {
	courses := map[string]course{}
	for _, e := range b.of(toldOf()...) {
		d := data[engage.InterventionLifeEvent](b, e)
		c, told := courses[e.Resource.ID]
		if !told {
			c.status = []interaction.InterventionStatus{""}
		}
		next := c.after(e.Type, d)
		if len(next) == 0 {
			b.broken(fmt.Sprintf("%s of intervention %s while it is %q", e.Type, e.Resource.ID, c.status), "what its lifecycle allows")
		}
		switch e.Type {
		case engage.EventInterventionOpened:
			c.opened++
		case engage.EventInterventionReopened:
			c.reopened++
		}
		c.status, c.owner = next, d.Owner
		courses[e.Resource.ID] = c
	}
	for _, i := range b.interventions {
		c := courses[i.ID]
		if c.opened != 1 || !slices.Contains(c.status, i.Status) || c.owner != i.Owner || c.reopened != i.Reopened {
			b.broken(fmt.Sprintf("told of intervention %s: %+v", i.ID, c),
				fmt.Sprintf("opened once, %s, owned by %v, reopened %d times", i.Status, i.Owner, i.Reopened))
		}
		delete(courses, i.ID)
	}
	for id := range courses {
		b.broken("told of intervention "+id, "interventions that there are told of")
	}
}

func checkInterventionCounts(b *books) {
	replies := map[string][]string{}
	b.each(func(c engage.Content) {
		if c.Origin == interaction.FromAPI && c.Creator.Type != engage.ActorSystem {
			replies[c.InterventionID] = append(replies[c.InterventionID], c.ID)
		}
	})
	for _, i := range b.interventions {
		of, first := replies[i.ID], ""
		if len(of) > 0 {
			first = of[0]
		}
		if i.UserRepliesCount != int64(len(of)) || i.FirstUserReplyID != first {
			b.broken(fmt.Sprintf("intervention %s counts %d replies, the first %s", i.ID, i.UserRepliesCount, i.FirstUserReplyID), short(of))
		}
		if i.Status == interaction.InterventionClosed && len(of) == 0 || i.Status == interaction.InterventionCanceled && len(of) > 0 {
			b.broken(fmt.Sprintf("intervention %s is %s, with %d replies", i.ID, i.Status, len(of)), "closed with replies, canceled without")
		}
		comments, err := all(func(next string) (engage.Page[interaction.InterventionComment], error) {
			return b.eng.Interventions.Comments(b.Context(), i.ID, store.MaxLimit, next)
		})
		if err != nil || i.CommentsCount != int64(len(comments)) {
			b.broken(fmt.Sprintf("intervention %s counts %d comments, %v", i.ID, i.CommentsCount, err), len(comments))
		}
		delete(replies, i.ID)
	}
	for id, of := range replies {
		b.broken(fmt.Sprintf("replies within intervention %q: %s", id, short(of)), "interventions that there are")
	}
}

func checkInterventionListed(b *books) {
	byThread, byIdentity := map[string][]string{}, map[string][]string{}
	byStatus, byOwner, bySource := map[interaction.InterventionStatus][]string{}, map[interaction.Actor][]string{}, map[string][]string{}
	for _, i := range b.interventions {
		byThread[i.ThreadID] = append(byThread[i.ThreadID], i.ID)
		byIdentity[i.IdentityID] = append(byIdentity[i.IdentityID], i.ID)
		byStatus[i.Status] = append(byStatus[i.Status], i.ID)
		bySource[i.SourceID] = append(bySource[i.SourceID], i.ID)
		if !i.Owner.IsZero() {
			byOwner[i.Owner] = append(byOwner[i.Owner], i.ID)
		}
	}
	for f, want := range interventionFilters(byThread, func(id string) engage.InterventionFilter { return engage.InterventionFilter{ThreadID: id} }) {
		b.compareInterventions(f, want)
	}
	for f, want := range interventionFilters(byIdentity, func(id string) engage.InterventionFilter { return engage.InterventionFilter{IdentityID: id} }) {
		b.compareInterventions(f, want)
	}
	for f, want := range interventionFilters(bySource, func(id string) engage.InterventionFilter { return engage.InterventionFilter{SourceID: id} }) {
		b.compareInterventions(f, want)
	}
	for f, want := range interventionFilters(byStatus, func(s interaction.InterventionStatus) engage.InterventionFilter {
		return engage.InterventionFilter{Status: s}
	}) {
		b.compareInterventions(f, want)
	}
	for f, want := range interventionFilters(byOwner, func(a interaction.Actor) engage.InterventionFilter { return engage.InterventionFilter{Owner: a} }) {
		b.compareInterventions(f, want)
	}
}

// interventionFilters returns what is to be listed for each filter.
func interventionFilters[K comparable](by map[K][]string, filter func(K) engage.InterventionFilter) map[engage.InterventionFilter][]string {
	want := map[engage.InterventionFilter][]string{}
	for key, list := range by {
		want[filter(key)] = list
	}
	return want
}

func (b *books) compareInterventions(f engage.InterventionFilter, want []string) {
	b.Helper()
	f.Limit = store.MaxLimit
	found, err := all(func(next string) (engage.Page[interaction.Intervention], error) {
		f.Continuation = next
		return b.eng.Interventions.List(b.Context(), f)
	})
	b.compare(fmt.Sprintf("for %+v", f), ids(found, interventionID), want, err)
}
