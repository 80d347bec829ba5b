package engage_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store"
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

// TestAContactThatTheHostNamedIsNobodysOwn: moving its only identity to a contact of its
// own leaves it without.
func TestAContactThatTheHostNamedIsNobodysOwn(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	in := d.says("account", "hello")
	in.Customer.ContactID = "ann"
	got := must(d.Threads.Receive(t.Context(), in))(t)
	own := must(d.Contacts.Move(t.Context(), got.IdentityID, ""))(t).ContactID
	if left := must(d.Contacts.Identities(t.Context(), "ann"))(t); own == "ann" || len(left) > 0 {
		t.Errorf("moved to %s, and ann has %+v", own, left)
	}
	if _, err := d.Contacts.Get(t.Context(), "ann"); err != nil {
		t.Error(err)
	}
	if again := must(d.Contacts.Move(t.Context(), got.IdentityID, ""))(t).ContactID; again != own {
		t.Errorf("once more: %s, then %s", own, again)
	}
}

// TestAContactThatWasMintedAndHasNothingIsGone, but for one that ever had more than the
// identity that it was made for.
func TestAContactThatWasMintedAndHasNothingIsGone(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		meanwhile func(d *desk, minted string)
		then      func(d *desk, minted string)
		stays     bool
	}{
		"nothing": {},
		"an interaction, that was deleted": {stays: true, meanwhile: func(d *desk, minted string) {
			got := accepted(d.t, d.Engine, submission(minted, plainID, `{"s":"a"}`))
			if err := d.Interactions.Delete(d.t.Context(), got.ID); err != nil {
				d.t.Fatal(err)
			}
		}},
		"something in quarantine": {stays: true, meanwhile: func(d *desk, minted string) {
			rejected(d.t, d.Engine, submission(minted, plainID, `{}`))
		}},
		"another identity": {stays: true, meanwhile: func(d *desk, minted string) {
			must(d.Contacts.Move(d.t.Context(), d.writes("other", "hello").IdentityID, minted))(d.t)
		}},
		"a name": {stays: true, meanwhile: func(d *desk, minted string) {
			must(d.Contacts.Move(d.t.Context(), d.writes("bob's", "hello").IdentityID, "cid"))(d.t)
			must(d.Contacts.Merge(d.t.Context(), minted, "bob"))(d.t)
		}},
		"a name that was parted from it": {meanwhile: func(d *desk, minted string) {
			must(d.Contacts.Merge(d.t.Context(), minted, "bob"))(d.t)
		}, then: func(d *desk, _ string) {
			must(d.Contacts.Unmerge(d.t.Context(), "bob"))(d.t)
		}},
		"a part in another one, that it left": {meanwhile: func(d *desk, minted string) {
			must(d.Contacts.Merge(d.t.Context(), "bob", minted))(d.t)
		}, then: func(d *desk, minted string) {
			must(d.Contacts.Unmerge(d.t.Context(), minted))(d.t)
		}},
		"a part in another one": {stays: true, meanwhile: func(d *desk, minted string) {
			must(d.Contacts.Merge(d.t.Context(), "bob", minted))(d.t)
		}},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			declare(t, d.Engine, plainSchema())
			in := d.says("bob's", "hello")
			in.Customer.ContactID = "bob"
			must(d.Threads.Receive(t.Context(), in))(t)
			got := d.writes("account", "hello")
			minted := got.ContactID
			if c.meanwhile != nil {
				c.meanwhile(d, minted)
			}
			must(d.Contacts.Move(t.Context(), got.IdentityID, "ann"))(t)
			if c.then != nil {
				c.then(d, minted)
			}
			_, err := d.Contacts.Get(t.Context(), minted)
			told := slices.DeleteFunc(events(t, d.Engine, engage.EventContactDeleted), func(e engage.Event) bool { return e.Resource.ID != minted })
			if c.stays && (err != nil || len(told) > 0) {
				t.Errorf("%v, %+v", err, told)
			}
			if !c.stays && (!errors.Is(err, engage.ErrNotFound) || len(told) != 1 || decode[engage.ContactEvent](t, told[0]).ContactID != minted) {
				t.Errorf("%v, %+v", err, told)
			}
		})
	}
}

// TestAMintedContactComesAndGoesInOneWork as if it had never been.
func TestAMintedContactComesAndGoesInOneWork(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	err := d.Atomically(t.Context(), func(w *engage.Work) error {
		got, err := w.Threads.Receive(t.Context(), d.says("account", "hello"))
		if err == nil {
			_, err = w.Contacts.Move(t.Context(), got.IdentityID, "ann")
		}
		return err
	})
	all := must(d.Contacts.List(t.Context(), engage.ContactFilter{}))(t)
	if err != nil || len(all.Items) != 1 || all.Items[0].ID != "ann" || len(all.Items[0].IdentityIDs) != 1 {
		t.Errorf("%+v, %v", all.Items, err)
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

// TestNobodyRecordsForAContactThatIsGone: whoever is faster, what was recorded for a
// minted contact is that of a contact which is known.
func TestNobodyRecordsForAContactThatIsGone(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, st store.Store) {
		d := newDeskOn(t, st)
		declare(t, d.Engine, plainSchema())
		other := newEngine(t, st, nil)
		for n := range 20 {
			got := d.writes(fmt.Sprint("account ", n), "hello")
			var both sync.WaitGroup
			both.Go(func() {
				if _, err := d.Contacts.Move(t.Context(), got.IdentityID, "ann"); err != nil {
					t.Error(err)
				}
			})
			both.Go(func() {
				if _, err := other.Interactions.Record(t.Context(), submission(got.ContactID, plainID, `{"s":"a"}`)); err != nil {
					t.Error(err)
				}
			})
			both.Wait()
			if _, err := d.Contacts.Get(t.Context(), got.ContactID); err != nil {
				t.Errorf("round %d: %v", n, err)
			}
		}
		checkRecorded(t, st)
	})
}

// checkRecorded reports interactions of contacts that are not known.
func checkRecorded(tb testing.TB, st store.Store) {
	tb.Helper()
	known := map[string]bool{}
	for _, r := range find(tb, st, "contact") {
		known[decodeRecord[interaction.Contact](tb, r).ID] = true
	}
	for _, r := range find(tb, st, kindInteraction) {
		if i := decodeRecord[interaction.Interaction](tb, r); !known[i.ContactID] {
			tb.Errorf("%+v", i)
		}
	}
}
