package interaction

import (
	"fmt"
	"slices"
)

// Merge returns two contacts that turned out to be one, and those that had been merged
// into the second before: into has the identities of both and knows all their names;
// the others, from first, are names for it. No contact is merged into one that is
// merged itself. Nothing is changed in place.
//
// merged are the contacts in from.Merged. The error is a [*TransitionError]: they are
// one contact, or one of them is merged into another; into would have more than
// MaxIdentities, or more than MaxMerged other names.
func Merge(into, from Contact, merged []Contact) (whole Contact, names []Contact, err error) {
	refuse := func(state, rule, remedy string) (Contact, []Contact, error) {
		return into, nil, &TransitionError{Of: "contact", From: state, By: "merge", Rule: rule, Remedy: remedy}
	}
	switch {
	case into.ID == from.ID:
		return refuse("the same", "there are two of them", "name another contact")
	case into.MergedInto != "" || from.MergedInto != "":
		return refuse("merged", "neither is merged into another", "name the one that it is merged into")
	case len(into.IdentityIDs)+len(from.IdentityIDs) > MaxIdentities:
		return refuse("full", fmt.Sprintf("both together have at most %d identities", MaxIdentities), "move some to another contact")
	case len(into.Merged)+len(from.Merged) >= MaxMerged:
		return refuse("full", fmt.Sprintf("at most %d contacts are merged into one", MaxMerged), "")
	}
	into.IdentityIDs = slices.Concat(into.IdentityIDs, from.IdentityIDs)
	into.Merged = slices.Concat(into.Merged, []string{from.ID}, from.Merged)
	own := slices.Clone(from.IdentityIDs) // without those that its names brought
	for _, name := range merged {
		own = slices.DeleteFunc(own, func(id string) bool { return slices.Contains(name.Brought, id) })
		name.MergedInto = into.ID
		names = append(names, name)
	}
	from.MergedInto, from.Brought, from.IdentityIDs, from.Merged = into.ID, own, nil, nil
	return into, slices.Insert(names, 0, from), nil
}

// Unmerge returns two contacts that were merged as two again. The identities in
// from.Brought go with it if they are still there. What had been merged into from
// before stays with into.
func Unmerge(into, from Contact) (rest, out Contact) {
	from.IdentityIDs = slices.DeleteFunc(slices.Clone(from.Brought), func(id string) bool {
		return !slices.Contains(into.IdentityIDs, id)
	})
	into.IdentityIDs = slices.DeleteFunc(slices.Clone(into.IdentityIDs), func(id string) bool {
		return slices.Contains(from.IdentityIDs, id)
	})
	into.Merged = slices.DeleteFunc(slices.Clone(into.Merged), func(id string) bool { return id == from.ID })
	from.MergedInto, from.Brought = "", nil
	return into, from
}
