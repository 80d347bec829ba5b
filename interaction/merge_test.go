package interaction_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/engage-interactions/engage/interaction"
)

// TestContactsAreMergedAndUnmerged merges and unmerges contacts at random. The model
// knows which contact each identity was linked to, and into which each is merged; the
// rest follows.
func TestContactsAreMergedAndUnmerged(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		contacts := map[string]interaction.Contact{}
		var names []string
		for n := range 4 {
			id := string(rune('A' + n))
			contacts[id] = interaction.Contact{ID: id}
			names = append(names, id)
		}
		into := map[string]string{}  // of a contact: the one that it is merged into
		homes := map[string]string{} // of an identity: the contact that it was linked to
		var outside []string         // identities that were linked once
		whole := func(id string) string {
			if into[id] != "" {
				return into[id]
			}
			return id
		}
		pick := rapid.SampledFrom(names)
		for step := range rapid.IntRange(10, 50).Draw(t, "steps") {
			a, b := pick.Draw(t, "a"), pick.Draw(t, "b")
			if rapid.IntRange(0, 3).Draw(t, "as they are now") > 0 {
				a = whole(a)
			}
			before := map[string]interaction.Contact{}
			for id, c := range contacts {
				c.IdentityIDs, c.Merged, c.Brought = slices.Clone(c.IdentityIDs), slices.Clone(c.Merged), slices.Clone(c.Brought)
				before[id] = c
			}
			was := contacts
			contacts = maps.Clone(contacts)
			switch rapid.IntRange(0, 3).Draw(t, "what") {
			case 0: // under any of the names of a contact
				identity := "i" + strconv.Itoa(step)
				if n := len(outside); n > 0 {
					identity, outside = outside[n-1], outside[:n-1]
				}
				linked, err := contacts[whole(a)].Link(identity)
				if err != nil {
					t.Fatal(err)
				}
				contacts[whole(a)], homes[identity] = linked, a
				if into[a] != "" {
					contacts[a] = contacts[a].Bring(identity)
					contacts[a] = contacts[a].Bring(identity) // once is enough
				}
			case 1: // it goes to a contact outside, from where it may come back
				for identity, home := range homes {
					if home == a {
						contacts[whole(a)] = contacts[whole(a)].Unlink(identity)
						contacts[a] = contacts[a].Unlink(identity)
						delete(homes, identity)
						outside = append(outside, identity)
					}
				}
			case 2:
				var merged []interaction.Contact
				for _, id := range contacts[b].Merged {
					merged = append(merged, contacts[id])
				}
				one, others, err := interaction.Merge(contacts[a], contacts[b], merged)
				if refused := a == b || into[a] != "" || into[b] != ""; refused != (err != nil) {
					t.Fatalf("%s and %s are merged: %v", a, b, err)
				}
				if err != nil {
					if _, ok := errors.AsType[*interaction.TransitionError](err); !ok {
						t.Fatal(err)
					}
					continue
				}
				contacts[a] = one
				for _, other := range others {
					contacts[other.ID] = other
				}
				for _, id := range names {
					if whole(id) == b {
						into[id] = a
					}
				}
			case 3:
				if into[b] == "" {
					continue
				}
				contacts[into[b]], contacts[b] = interaction.Unmerge(contacts[into[b]], contacts[b])
				delete(into, b)
			}
			for id, c := range before {
				if !slices.Equal(c.IdentityIDs, was[id].IdentityIDs) || !slices.Equal(c.Merged, was[id].Merged) || !slices.Equal(c.Brought, was[id].Brought) {
					t.Fatalf("%s was changed in place", id)
				}
			}
			for _, id := range names {
				c := contacts[id]
				var identities, brought, merged []string
				for identity, home := range homes {
					if home == id && into[id] != "" {
						brought = append(brought, identity)
					}
					if whole(home) == id {
						identities = append(identities, identity)
					}
				}
				for _, other := range names {
					if into[other] == id {
						merged = append(merged, other)
					}
				}
				if c.MergedInto != into[id] || !sameSet(c.IdentityIDs, identities) || !sameSet(c.Merged, merged) || !sameSet(c.Brought, brought) {
					t.Fatalf("%+v, want %v, merged %v, into %q with %v", c, identities, merged, into[id], brought)
				}
			}
		}
	})
}

// sameSet reports whether two lists hold the same, in whatever order, each once.
func sameSet(a, b []string) bool {
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	return slices.Equal(a, b) && len(slices.Compact(a)) == len(b)
}

func TestMergedContactsHaveLimits(t *testing.T) {
	t.Parallel()
	contact := func(id string, identities, merged int) interaction.Contact {
		c := interaction.Contact{ID: id}
		for n := range identities {
			c.IdentityIDs = append(c.IdentityIDs, fmt.Sprint(id, n))
		}
		for n := range merged {
			c.Merged = append(c.Merged, fmt.Sprint(id, "m", n))
		}
		return c
	}
	for _, test := range []struct {
		a, b interaction.Contact
		fits bool
	}{
		{contact("a", interaction.MaxIdentities-40, 0), contact("b", 40, 0), true},
		{contact("a", interaction.MaxIdentities-40, 0), contact("b", 41, 0), false},
		{contact("a", 0, interaction.MaxMerged-41), contact("b", 0, 40), true},
		{contact("a", 0, interaction.MaxMerged-40), contact("b", 0, 40), false},
	} {
		one, _, err := interaction.Merge(test.a, test.b, nil)
		if (err == nil) != test.fits {
			t.Errorf("%d and %d identities, %d and %d names: %v", len(test.a.IdentityIDs), len(test.b.IdentityIDs), len(test.a.Merged), len(test.b.Merged), err)
		}
		if err != nil && one.ID != "a" {
			t.Error("a refusal has changed the contact")
		}
	}
}
