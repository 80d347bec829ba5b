package enginetest

import (
	"fmt"
	"slices"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/platformtest"
	"github.com/engage-interactions/engage/store"
)

// conversations are what the books say of them.
type conversations struct {
	threads       []interaction.Thread
	contents      map[string][]engage.Content // those that are listed, by thread
	duplicates    map[string][]engage.Content // those that turned out to be others, by thread
	interventions []interaction.Intervention
	jobs          []engage.Job
	contacts      []interaction.Contact // merged ones too
	identities    []interaction.Identity
	platforms     []*platformtest.Platform

	underWay []engage.Progress // tasks that were interrupted
	names    map[string]string // which contact each is now
	moving   map[string]bool   // contacts between which something is on its way
}

// converse reads all conversations.
func (b *books) converse(p *party) conversations {
	b.Helper()
	ctx := b.Context()
	c := conversations{
		contents: map[string][]engage.Content{}, duplicates: map[string][]engage.Content{},
		platforms: []*platformtest.Platform{p.at.chat, p.at.mail},
	}
	c.threads = list(b, "threads", func(next string) (engage.Page[interaction.Thread], error) {
		return b.eng.Threads.List(ctx, engage.ThreadFilter{OldestFirst: true, Limit: store.MaxLimit, Continuation: next})
	})
	c.interventions = list(b, "interventions", func(next string) (engage.Page[interaction.Intervention], error) {
		return b.eng.Interventions.List(ctx, engage.InterventionFilter{OldestFirst: true, Limit: store.MaxLimit, Continuation: next})
	})
	c.jobs = list(b, "jobs", func(next string) (engage.Page[engage.Job], error) {
		return b.eng.Jobs.List(ctx, engage.JobFilter{Limit: store.MaxLimit, Continuation: next})
	})
	c.contacts = list(b, "contacts", func(next string) (engage.Page[interaction.Contact], error) {
		return b.eng.Contacts.List(ctx, engage.ContactFilter{Merged: true, Limit: store.MaxLimit, Continuation: next})
	})
	for _, t := range c.threads {
		c.contents[t.ID] = list(b, "contents", func(next string) (engage.Page[engage.Content], error) {
			return b.eng.Contents.List(ctx, engage.ContentFilter{ThreadID: t.ID, Limit: store.MaxLimit, Continuation: next})
		})
	}
	b.readUnlisted(&c)
	b.readTasks(&c)
	return c
}

// readTasks reads which contacts are merged, and what was interrupted.
func (b *books) readTasks(c *conversations) {
	b.Helper()
	c.names, c.moving = map[string]string{}, map[string]bool{}
	look := func(p engage.Progress, found bool, err error) bool {
		if err != nil {
			b.Fatalf("enginetest: reading how far a task is: %v", err)
		}
		if !found || p.State == engage.StateDone {
			return false
		}
		c.underWay = append(c.underWay, p)
		return true
	}
	into := map[string]string{}
	for _, e := range b.of(engage.EventContactMerged) {
		into[e.Resource.ID] = data[engage.ContactMergeEvent](b, e).IntoID
	}
	for _, contact := range c.contacts {
		c.names[contact.ID] = contact.ID
		switch {
		case contact.MergedInto != "":
			c.names[contact.ID] = contact.MergedInto
			if look(b.eng.Contacts.Merging(b.Context(), contact.ID)) {
				c.moving[contact.ID], c.moving[contact.MergedInto] = true, true
			}
		case into[contact.ID] != "":
			if look(b.eng.Contacts.Unmerging(b.Context(), contact.ID)) {
				c.moving[contact.ID], c.moving[into[contact.ID]] = true, true
			}
		}
	}
	for _, s := range b.schemas {
		look(b.eng.Schemas.Erasing(b.Context(), s.ID))
		look(b.eng.Quarantine.Replaying(b.Context(), s.ID))
	}
}

// person returns the contact that a name stands for.
func (c conversations) person(name string) string {
	if is, known := c.names[name]; known {
		return is
	}
	return name
}

// readUnlisted reads what is in no list, but was told of.
func (b *books) readUnlisted(c *conversations) {
	b.Helper()
	listed := map[string]bool{}
	for _, of := range c.contents {
		for _, content := range of {
			listed[content.ID] = true
		}
	}
	for _, e := range b.of(contentIsNew...) {
		if listed[e.Resource.ID] {
			continue
		}
		listed[e.Resource.ID] = true
		if content, err := b.eng.Contents.Get(b.Context(), e.Resource.ID); err == nil && content.DuplicateOf != "" {
			c.duplicates[content.ThreadID] = append(c.duplicates[content.ThreadID], content)
		}
	}
	seen := map[string]bool{}
	for _, e := range b.of(engage.EventIdentityCreated) {
		if seen[e.Resource.ID] {
			continue
		}
		seen[e.Resource.ID] = true
		if identity, err := b.eng.Identities.Get(b.Context(), e.Resource.ID); err == nil {
			c.identities = append(c.identities, identity)
		}
	}
}

// contentIsNew are the events that tell of a new content.
var contentIsNew = []engage.EventType{
	engage.EventContentImported, engage.EventContentReplied, engage.EventContentDiscussionInitiated,
}

// list reads a list to its end.
func list[T any](b *books, of string, page func(continuation string) (engage.Page[T], error)) []T {
	b.Helper()
	found, err := all(page)
	if err != nil {
		b.Fatalf("enginetest: listing %s: %v", of, err)
	}
	return found
}

// said returns all contents of a thread in the order of their positions, duplicates
// too.
func (c conversations) said(threadID string) []engage.Content {
	whole := slices.Concat(c.contents[threadID], c.duplicates[threadID])
	slices.SortStableFunc(whole, func(a, b engage.Content) int { return int(a.Position - b.Position) })
	return whole
}

// each goes through all contents that are listed.
func (c conversations) each(do func(engage.Content)) {
	for _, t := range c.threads {
		for _, content := range c.contents[t.ID] {
			do(content)
		}
	}
}

// ids returns the IDs of a list, in its order.
func ids[T any](list []T, id func(T) string) []string {
	all := make([]string, len(list))
	for i, v := range list {
		all[i] = id(v)
	}
	return all
}

// same reports whether two lists hold the same, each once, in any order.
func same(got, want []string) bool {
	once := sorted(got)
	return len(once) == len(got) && slices.Equal(once, sorted(want))
}

// compare reports a list that does not hold what it should, each once.
func (b *books) compare(what string, got, want []string, err error) {
	b.Helper()
	if err != nil || !same(got, want) {
		b.broken(fmt.Sprintf("%s, %v, %s", short(got), err, what), short(sorted(want)))
	}
}
