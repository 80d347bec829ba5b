package engage_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/engage-interactions/engage"
)

func TestMovingAnIdentity(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	declare(t, d.Engine, plainSchema())
	got := d.writes("account", "hello")
	minted := got.ContactID
	type told struct {
		kind     engage.EventType
		old, new string
	}
	last := int64(0)
	news := func() (list []told) {
		for _, e := range events(t, d.Engine, engage.EventIdentityMerged, engage.EventIdentityUnmerged) {
			if e.Position > last {
				data := decode[engage.IdentityMergeEvent](t, e)
				list = append(list, told{e.Type, data.OldIdentityGroupID, data.NewIdentityGroupID})
				last = e.Position
			}
		}
		return list
	}
	move := func(to string) string {
		return must(d.Contacts.Move(t.Context(), got.IdentityID, to))(t).ContactID
	}
	if at := move(""); at != minted || len(news()) > 0 {
		t.Errorf("to one of its own, which it has: %s", at)
	}
	for range 2 { // the second time nothing happens
		if at := move("ann"); at != "ann" {
			t.Errorf("to ann: %s", at)
		}
	}
	if list := news(); len(list) != 1 || list[0] != (told{engage.EventIdentityMerged, minted, "ann"}) {
		t.Errorf("%+v", list)
	}
	accepted(t, d.Engine, submission("ann", plainID, `{"s":"a"}`))
	own := move("")
	if list := news(); own == "ann" || own == minted || len(list) != 1 || list[0] != (told{engage.EventIdentityUnmerged, "ann", own}) {
		t.Errorf("to one of its own: %s, %+v", own, list)
	}
	if again := move(""); again != own || len(news()) > 0 {
		t.Errorf("once more: %s, then %s", own, again)
	}
	// What the contact did stays with it.
	if tally := must(d.Interactions.Tally(t.Context(), "ann", ""))(t); tally.Count != 1 {
		t.Errorf("%+v", tally)
	}
	// A name that has become another's stands for that one.
	accepted(t, d.Engine, submission("bob", plainID, `{"s":"a"}`))
	must(d.Contacts.Merge(t.Context(), "bob", "ann"))(t)
	if at := move("ann"); at != "bob" {
		t.Errorf("to ann, who is bob: %s", at)
	}
	for id, want := range map[string]error{"": engage.ErrNotFound, "nobody": engage.ErrNotFound} {
		if _, err := d.Contacts.Move(t.Context(), id, "ann"); !errors.Is(err, want) {
			t.Errorf("%q: %v", id, err)
		}
	}
	for _, to := range []string{strings.Repeat("x", 2000), "\xff"} {
		if _, err := d.Contacts.Move(t.Context(), got.IdentityID, to); !errors.Is(err, engage.ErrInvalid) {
			t.Errorf("%.10q: %v", to, err)
		}
	}
}

func TestContactsAreListedOnceOrWithTheirNames(t *testing.T) {
	t.Parallel()
	eng := newEngine(t, newMemory(t), nil)
	declare(t, eng, plainSchema())
	const many = 30
	for n := range many {
		accepted(t, eng, submission(fmt.Sprintf("c%02d", n), plainID, `{"s":"a"}`))
	}
	for n := 1; n < many; n += 3 {
		must(eng.Contacts.Merge(t.Context(), "c00", fmt.Sprintf("c%02d", n)))(t)
	}
	for _, names := range []bool{false, true} {
		seen := map[string]bool{}
		f := engage.ContactFilter{Merged: names, Limit: 4}
		for {
			page := must(eng.Contacts.List(t.Context(), f))(t)
			for _, c := range page.Items {
				if seen[c.ID] || !names && c.MergedInto != "" {
					t.Errorf("%+v", c)
				}
				seen[c.ID] = true
			}
			if f.Continuation = page.Continuation; f.Continuation == "" {
				break
			}
		}
		if want := map[bool]int{false: many - 10, true: many}[names]; len(seen) != want {
			t.Errorf("names %t: %d contacts, want %d", names, len(seen), want)
		}
	}
	name := must(eng.Contacts.Get(t.Context(), "c01"))(t)
	if name.MergedInto != "c00" || len(name.IdentityIDs) > 0 {
		t.Errorf("%+v", name)
	}
	if _, err := eng.Contacts.Get(t.Context(), "nobody"); !errors.Is(err, engage.ErrNotFound) {
		t.Error(err)
	}
}
