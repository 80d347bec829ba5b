package enginetest

import (
	"fmt"
	"slices"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store"
)

func checkTimeline(b *books) {
	want := map[string][]string{} // by contact
	for _, e := range b.events {
		if identity := b.with(e); identity != "" && !b.isDuplicate(e.Resource) {
			contact := b.contactOf(identity)
			want[contact] = append(want[contact], entry(e.Type, e.Resource))
		}
	}
	for _, i := range b.interactions {
		if b.person(i.ContactID) == i.ContactID {
			want[i.ContactID] = append(want[i.ContactID], entry(engage.EventInteractionCreated, engage.Resource{Type: "interaction", ID: i.ID}))
		}
	}
	for _, c := range b.contacts {
		if c.MergedInto != "" || b.moving[c.ID] {
			continue
		}
		found, err := all(func(next string) (engage.Page[engage.TimelineEntry], error) {
			return b.eng.Contacts.Timeline(b.Context(), c.ID, engage.TimelineFilter{OldestFirst: true, Limit: store.MaxLimit, Continuation: next})
		})
		got := ids(found, func(e engage.TimelineEntry) string { return entry(e.Type, e.Resource) })
		slices.Sort(got)
		slices.Sort(want[c.ID])
		if err != nil || !slices.Equal(got, want[c.ID]) {
			b.broken(fmt.Sprintf("%s, %v, of contact %q", short(got), err, c.ID), short(want[c.ID]))
		}
		if !slices.IsSortedFunc(found, func(a, b engage.TimelineEntry) int { return a.Time.Compare(b.Time) }) {
			b.broken(short(ids(found, func(e engage.TimelineEntry) string { return e.Time.String() })), "in the order of time")
		}
	}
}

// isDuplicate reports whether an event is about a content that turned out to be another
// one, and so is in no timeline.
func (c conversations) isDuplicate(about engage.Resource) bool {
	for _, of := range c.duplicates {
		if slices.ContainsFunc(of, func(d engage.Content) bool { return about.Type == engage.ResourceContent && about.ID == d.ID }) {
			return true
		}
	}
	return false
}

// entry returns what an entry of a timeline says.
func entry(typ engage.EventType, resource engage.Resource) string {
	return string(typ) + " of " + resource.Type + " " + resource.ID
}

// with returns the identity that an event is told of in the timeline of, "" if none.
func (b *books) with(e engage.Event) string {
	b.Helper()
	switch e.Resource.Type {
	case "content":
		return data[engage.ContentEvent](b, e).IdentityID
	case "content_thread":
		return b.begunWith(data[engage.ThreadEvent](b, e).ThreadID)
	case "intervention":
		return data[engage.InterventionLifeEvent](b, e).IdentityID
	case engage.ResourceControl:
		return data[engage.ControlEvent](b, e).IdentityID
	case "intervention_comment":
		id := data[engage.CommentEvent](b, e).InterventionID
		if i := slices.IndexFunc(b.interventions, func(i interaction.Intervention) bool { return i.ID == id }); i >= 0 {
			return b.interventions[i].IdentityID
		}
	}
	return ""
}

// begunWith returns the identity that a thread began with.
func (b *books) begunWith(threadID string) string {
	if i := slices.IndexFunc(b.threads, func(t interaction.Thread) bool { return t.ID == threadID }); i >= 0 {
		return b.threads[i].IdentityID
	}
	return ""
}

// contactOf returns the contact that an identity says it belongs to.
func (c conversations) contactOf(identityID string) string {
	if i := slices.IndexFunc(c.identities, func(i interaction.Identity) bool { return i.ID == identityID }); i >= 0 {
		return c.identities[i].ContactID
	}
	return ""
}
