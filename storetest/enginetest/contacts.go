package enginetest

import (
	"context"
	"fmt"
	"slices"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
)

// contactRoom is engage.Contacts and engage.Identities.
func contactRoom() room {
	return room{
		name: "contacts",
		invariants: []Invariant{
			{ID: "contact-identity", Text: "Every identity must be told of once, and be listed by the one contact that it says it belongs to.", check: checkContactIdentity},
			{ID: "contact-name", Text: "A contact that was merged into another one must be among its names, and have nothing of its own.", check: checkContactName},
			{ID: "contact-timeline", Text: "The timeline of a contact must hold what was told of its conversations, and its interactions, each once and in the order of time.", check: checkTimeline},
		},
		scenarios: []scenario{
			{
				name: "an identity moves to another contact",
				call: func(ctx context.Context, eng *engage.Engine, at place) error {
					_, err := eng.Contacts.Move(ctx, at.talks.una.identity, at.name("contact of una, too"))
					return err
				},
			},
			{
				name: "two contacts are merged", several: true, drastic: true,
				call: func(ctx context.Context, eng *engage.Engine, _ place) error {
					_, err := eng.Contacts.Merge(ctx, "contact of vic", "bob")
					return err
				},
			},
			{
				name: "two contacts are merged and parted again", several: true, alone: "who comes late merges them again",
				call: func(ctx context.Context, eng *engage.Engine, _ place) error {
					_, begun, err := eng.Contacts.Unmerging(ctx, "contact of vic")
					if err != nil {
						return err
					}
					if !begun {
						if _, err := eng.Contacts.Merge(ctx, "bob", "contact of vic"); err != nil {
							return err
						}
					}
					_, err = eng.Contacts.Unmerge(ctx, "contact of vic")
					return err
				},
			},
			{
				name: "a contact is not merged with one that is not known", refused: engage.ErrNotFound,
				call: func(ctx context.Context, eng *engage.Engine, _ place) error {
					_, err := eng.Contacts.Merge(ctx, "ann", "nobody")
					return err
				},
			},
		},
	}
}

func checkContactIdentity(b *books) {
	told := map[string]int{}
	for _, e := range b.of(engage.EventIdentityCreated) {
		told[e.Resource.ID]++
	}
	holders := map[string][]string{}
	for _, c := range b.contacts {
		for _, id := range c.IdentityIDs {
			holders[id] = append(holders[id], c.ID)
		}
		found, err := b.eng.Contacts.Identities(b.Context(), c.ID)
		if c.MergedInto == "" {
			b.compare("of contact "+c.ID, identityIDs(found), c.IdentityIDs, err)
		}
	}
	for _, i := range b.identities {
		if told[i.ID] != 1 || !slices.Equal(holders[i.ID], []string{i.ContactID}) {
			b.broken(fmt.Sprintf("identity %s of contact %q told of %d times, and listed by %q", i.ID, i.ContactID, told[i.ID], holders[i.ID]), "once, and by its contact")
		}
		found, err := b.eng.Identities.Find(b.Context(), i.Type, i.ForeignID)
		if err != nil || !slices.Equal(identityIDs(found), []string{i.ID}) {
			b.broken(fmt.Sprintf("%v, %v, as %q", identityIDs(found), err, i.ForeignID), i.ID)
		}
		delete(told, i.ID)
		delete(holders, i.ID)
	}
	for id := range told {
		b.broken("told of identity "+id, "identities that there are told of")
	}
	for id, by := range holders {
		b.broken(fmt.Sprintf("identity %s of the contacts %q", id, by), "identities that were told of")
	}
}

func identityIDs(list []interaction.Identity) []string {
	return ids(list, func(i interaction.Identity) string { return i.ID })
}

func checkContactName(b *books) {
	byID := map[string]interaction.Contact{}
	for _, c := range b.contacts {
		byID[c.ID] = c
	}
	for _, c := range b.contacts {
		for _, name := range c.Merged {
			if byID[name].MergedInto != c.ID {
				b.broken(fmt.Sprintf("contact %s is merged into %q", name, byID[name].MergedInto), c.ID)
			}
		}
		if c.MergedInto == "" {
			continue
		}
		into := byID[c.MergedInto]
		if into.MergedInto != "" || !slices.Contains(into.Merged, c.ID) || len(c.IdentityIDs)+len(c.Merged) > 0 {
			b.broken(fmt.Sprintf("%+v is merged into %+v", c, into), "a contact that is none's name, and knows it")
		}
	}
}
