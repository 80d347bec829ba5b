package engage_test

import (
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/schema"
	"github.com/engage-interactions/engage/store"
)

func TestWhatAMergeIsRefusedFor(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, st store.Store) {
		eng := newEngine(t, st, nil)
		declare(t, eng, plainSchema())
		for _, contact := range []string{"ann", "bob", "cid", "dan"} {
			accepted(t, eng, submission(contact, plainID, `{"s":"a"}`))
		}
		must(eng.Contacts.Merge(t.Context(), "ann", "bob"))(t)
		before := content(t, st)
		for _, c := range []struct {
			what       string
			into, from string
			want       error
		}{
			{"itself", "ann", "ann", engage.ErrInvalid},
			{"the other way around", "bob", "ann", engage.ErrRefused},
			{"into another one", "cid", "bob", engage.ErrRefused},
			{"unknown", "ann", "nobody", engage.ErrNotFound},
			{"into an unknown one", "nobody", "ann", engage.ErrNotFound},
			{"done already", "ann", "bob", nil},
			{"done already, by its other name", "bob", "bob", engage.ErrInvalid},
		} {
			if _, err := eng.Contacts.Merge(t.Context(), c.into, c.from); !errors.Is(err, c.want) {
				t.Errorf("%s: %v, want %v", c.what, err, c.want)
			}
		}
		for contact, want := range map[string]error{"cid": engage.ErrRefused, "nobody": engage.ErrNotFound, "ann": engage.ErrRefused} {
			if _, err := eng.Contacts.Unmerge(t.Context(), contact); !errors.Is(err, want) {
				t.Errorf("unmerging %s: %v, want %v", contact, err, want)
			}
		}
		err := eng.Atomically(t.Context(), func(w *engage.Work) error {
			_, err := w.Contacts.Merge(t.Context(), "ann", "cid")
			_, err2 := w.Contacts.Unmerge(t.Context(), "bob")
			if !errors.Is(err, engage.ErrRefused) || !errors.Is(err2, engage.ErrRefused) {
				t.Errorf("%v, %v", err, err2)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		if after := content(t, st); after != before {
			t.Errorf("something has changed: %s", difference(after, before))
		}
	})
}

func TestAContactHasOnlySoManyNames(t *testing.T) {
	t.Parallel()
	st := newMemory(t)
	eng := newEngine(t, st, nil)
	declare(t, eng, plainSchema())
	for n := range interaction.MaxMerged + 2 {
		accepted(t, eng, submission(strconv.Itoa(n), plainID, `{"s":"a"}`))
	}
	for n := 1; n <= interaction.MaxMerged; n++ {
		must(eng.Contacts.Merge(t.Context(), "0", strconv.Itoa(n)))(t)
	}
	before := content(t, st)
	last := strconv.Itoa(interaction.MaxMerged + 1)
	for _, pair := range [][2]string{{"0", last}, {last, "0"}} {
		_, err := eng.Contacts.Merge(t.Context(), pair[0], pair[1])
		if _, typed := errors.AsType[*engage.RefusedError](err); !typed {
			t.Errorf("%v: %v", pair, err)
		}
	}
	if after := content(t, st); after != before {
		t.Errorf("something has changed: %s", difference(after, before))
	}
	if tally := must(eng.Interactions.Tally(t.Context(), "7", ""))(t); tally.Count != interaction.MaxMerged+1 || tally.ContactID != "0" {
		t.Errorf("%+v", tally)
	}
}

// TestAnIdempotencyKeyIsBoundToThePerson whatever their name is.
func TestAnIdempotencyKeyIsBoundToThePerson(t *testing.T) {
	t.Parallel()
	eng := newEngine(t, newMemory(t), nil)
	declare(t, eng, plainSchema())
	first := accepted(t, eng, keyed("key", submission("old", plainID, `{"s":"a"}`)))
	accepted(t, eng, submission("new", plainID, `{"s":"a"}`))
	repeat := func(contact string) (engage.Recorded, error) {
		return eng.Interactions.Record(t.Context(), keyed("key", submission(contact, plainID, `{"s":"a"}`)))
	}
	if _, err := repeat("new"); !errors.Is(err, engage.ErrConflict) {
		t.Error(err)
	}
	must(eng.Contacts.Merge(t.Context(), "new", "old"))(t)
	for _, contact := range []string{"old", "new"} {
		if got, err := repeat(contact); err != nil || !got.Repeated || got.ID != first.ID || got.ContactID != "new" {
			t.Errorf("merged, by %s: %+v, %v", contact, got, err)
		}
	}
	must(eng.Contacts.Unmerge(t.Context(), "old"))(t)
	if _, err := repeat("new"); !errors.Is(err, engage.ErrConflict) {
		t.Error(err)
	}
	if got, err := repeat("old"); err != nil || !got.Repeated || got.ContactID != "old" {
		t.Errorf("unmerged: %+v, %v", got, err)
	}
}

// TestWhatWasRejectedIsReplayedForThePerson that its contact turned out to be.
func TestWhatWasRejectedIsReplayedForThePerson(t *testing.T) {
	t.Parallel()
	eng := newEngine(t, newMemory(t), nil)
	declare(t, eng, plainSchema())
	accepted(t, eng, submission("old", plainID, `{"s":"a"}`))
	accepted(t, eng, submission("new", plainID, `{"s":"a"}`))
	early := rejected(t, eng, keyed("key", submission("old", plainID, `{}`)))
	must(eng.Contacts.Merge(t.Context(), "new", "old"))(t)
	late := rejected(t, eng, submission("old", plainID, `{}`))
	if early.ContactID != "old" || late.ContactID != "new" {
		t.Errorf("%+v, %+v", early, late)
	}
	supersede(t, eng)
	for _, id := range []string{early.QuarantineID, late.QuarantineID} {
		got := must(eng.Quarantine.Replay(t.Context(), id))(t)
		i := must(eng.Interactions.Get(t.Context(), got.ID))(t)
		if !got.Accepted || got.ContactID != "new" || i.ContactID != "new" || i.RecordedFor != "old" {
			t.Errorf("%+v: %+v", got, i)
		}
	}
	must(eng.Contacts.Unmerge(t.Context(), "old"))(t)
	if tally := must(eng.Interactions.Tally(t.Context(), "old", ""))(t); tally.Count != 3 {
		t.Errorf("%+v", tally)
	}
}

// TestRecordingForOneContactCostsWhatItDid: names for contacts cost those who have none
// nothing, and those who have some two calls of the store.
func TestRecordingForOneContactCostsWhatItDid(t *testing.T) {
	t.Parallel()
	st := &counting{Store: newMemory(t)}
	eng := newEngine(t, st, nil)
	declare(t, eng, plainSchema())
	cost := func(contact string) string {
		accepted(t, eng, submission(contact, plainID, `{"s":"a"}`))
		st.gets.Store(0)
		st.finds.Store(0)
		st.on(nil, nil)
		accepted(t, eng, submission(contact, plainID, `{"s":"a"}`))
		return fmt.Sprintf("%d gets, %d finds, %d commits", st.gets.Load(), st.finds.Load(), st.commits.Load())
	}
	if got := cost("old") + ", " + cost("new"); got != "1 gets, 0 finds, 1 commits, 1 gets, 0 finds, 1 commits" {
		t.Error(got)
	}
	must(eng.Contacts.Merge(t.Context(), "new", "old"))(t)
	if got := cost("new"); got != "1 gets, 0 finds, 1 commits" {
		t.Error(got)
	}
	if got := cost("old"); got != "3 gets, 0 finds, 1 commits" {
		t.Error(got)
	}
}

// TestManyMergeAndRecordAtOnce: whoever merges whom into whom, crosswise too, nothing is
// lost, counted twice or fired twice.
func TestManyMergeAndRecordAtOnce(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, st store.Store) {
		engines := []*engage.Engine{newEngine(t, st, nil), newEngine(t, st, nil)}
		eng := engines[0]
		declare(t, eng, declaring("one", `"p":{"type":"string","addToSegmentation":true},"q":{"type":"integer"}`, "q"))
		names := []string{"ann", "bob", "cid"}
		for _, name := range names {
			accepted(t, eng, submission(name, "one", `{"p":"v0","q":1}`))
		}
		const each = 25
		var all sync.WaitGroup
		for n, name := range names {
			all.Go(func() {
				for m := range each {
					s := submission(name, "one", fmt.Sprintf(`{"p":"v%d","q":1}`, m%3))
					if _, err := engines[m%2].Interactions.Record(t.Context(), s); err != nil {
						t.Errorf("recording for %s: %v", name, err)
					}
				}
			})
			for m, other := range names {
				if m == n {
					continue
				}
				all.Go(func() {
					for round := range 6 {
						eng := engines[(n+m+round)%2]
						_, err := eng.Contacts.Merge(t.Context(), name, other)
						if _, refused := errors.AsType[*engage.RefusedError](err); err != nil && !refused {
							t.Errorf("merging %s into %s: %v", other, name, err)
						}
						if _, err := eng.Contacts.Unmerge(t.Context(), other); err != nil && !errors.Is(err, engage.ErrRefused) {
							t.Errorf("unmerging %s: %v", other, err)
						}
					}
				})
			}
		}
		all.Wait()
		checkTallies(t, st, eng, names...)
		for _, name := range names {
			if c := must(eng.Contacts.Get(t.Context(), name))(t); c.MergedInto != "" {
				must(eng.Contacts.Unmerge(t.Context(), name))(t)
			}
		}
		for _, name := range names {
			c := must(eng.Contacts.Get(t.Context(), name))(t)
			tally := must(eng.Interactions.Tally(t.Context(), name, ""))(t)
			if tally.Count != each+1 || tally.Ever != each+1 || len(c.Merged) > 0 || c.MergedInto != "" {
				t.Errorf("%s, parted again: %+v, %+v", name, tally, c)
			}
		}
	})
}

// TestANameTakesItsIdentitiesAlong when it is unmerged: those that it brought or got
// since, and none that was moved elsewhere by hand.
func TestANameTakesItsIdentitiesAlong(t *testing.T) {
	t.Parallel()
	type at = map[string]string // the contacts of accounts
	for what, c := range map[string]struct {
		act  func(d *desk, ids map[string]string)
		want at
	}{
		"nothing":                        {func(*desk, map[string]string) {}, at{"old": "old", "new": "new", "zed": "zed"}},
		"moved to another one":           {moving("old", "zed"), at{"old": "zed", "new": "new", "zed": "zed"}},
		"moved to one that is merged":    {moving("old", "zed", "merge", ""), at{"old": "zed", "new": "new", "zed": "zed"}},
		"moved away and back by hand":    {moving("old", "zed", "old", "new"), at{"old": "new", "new": "new", "zed": "zed"}},
		"moved away and back to it":      {moving("old", "zed", "old", "old"), at{"old": "old", "new": "new", "zed": "zed"}},
		"moved to the name":              {moving("zed", "old"), at{"old": "old", "new": "new", "zed": "old"}},
		"moved from one name to another": {moving("merge", "", "zed", "old"), at{"old": "old", "new": "new", "zed": "old"}},
		"moved from the contact to it":   {moving("new", "old"), at{"old": "old", "new": "old", "zed": "zed"}},
		"moved from it to the contact":   {moving("old", "new"), at{"old": "new", "new": "new", "zed": "zed"}},
		"linked under the name": {func(d *desk, ids map[string]string) {
			in := d.says("late", "hello")
			in.Customer.ContactID = "old"
			ids["late"] = must(d.Threads.Receive(d.t.Context(), in))(d.t).IdentityID
		}, at{"old": "old", "new": "new", "zed": "zed", "late": "old"}},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			ids := map[string]string{}
			for _, name := range []string{"old", "new", "zed"} {
				in := d.says(name, "hello")
				in.Customer.ContactID = name
				ids[name] = must(d.Threads.Receive(t.Context(), in))(t).IdentityID
			}
			must(d.Contacts.Merge(t.Context(), "new", "old"))(t)
			c.act(d, ids)
			must(d.Contacts.Unmerge(t.Context(), "old"))(t)
			if must(d.Contacts.Get(t.Context(), "zed"))(t).MergedInto != "" {
				must(d.Contacts.Unmerge(t.Context(), "zed"))(t)
			}
			got := at{}
			for account, id := range ids {
				got[account] = must(d.Identities.Get(t.Context(), id))(t).ContactID
			}
			if !maps.Equal(got, c.want) {
				t.Errorf("%v, want %v", got, c.want)
			}
		})
	}
}

// moving moves accounts, each to the name that follows it; "merge" makes zed new.
func moving(steps ...string) func(*desk, map[string]string) {
	return func(d *desk, ids map[string]string) {
		for n := 0; n < len(steps); n += 2 {
			if steps[n] == "merge" {
				must(d.Contacts.Merge(d.t.Context(), "new", "zed"))(d.t)
				continue
			}
			must(d.Contacts.Move(d.t.Context(), ids[steps[n]], steps[n+1]))(d.t)
		}
	}
}

// TestTheEventsOfAMerge name the contacts of each identity before and after.
func TestTheEventsOfAMerge(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	in := d.says("account", "hello")
	in.Customer.ContactID = "old"
	id := must(d.Threads.Receive(t.Context(), in))(t).IdentityID
	in = d.says("other account", "hello")
	in.Customer.ContactID = "new"
	must(d.Threads.Receive(t.Context(), in))(t)
	if err := d.Atomically(t.Context(), func(w *engage.Work) error {
		_, err := w.Schemas.Create(t.Context(), schema.Definition{ID: plainID, DisplayName: plainID, JSONSchema: definition(t, plainSchema()).JSONSchema})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	accepted(t, d.Engine, submission("old", plainID, `{"s":"a"}`))
	must(d.Contacts.Merge(t.Context(), "new", "old"))(t)
	must(d.Contacts.Unmerge(t.Context(), "old"))(t)
	for n, kind := range []engage.EventType{engage.EventIdentityMerged, engage.EventIdentityUnmerged} {
		told := events(t, d.Engine, kind)
		if len(told) != 1 || told[0].Resource.ID != id {
			t.Fatalf("%s: %+v", kind, told)
		}
		want := [...]engage.IdentityMergeEvent{
			{OldIdentityGroupID: "old", NewIdentityGroupID: "new"}, {OldIdentityGroupID: "new", NewIdentityGroupID: "old"},
		}[n]
		if got := decode[engage.IdentityMergeEvent](t, told[0]); got != want {
			t.Errorf("%s: %+v", kind, got)
		}
	}
	for _, kind := range []engage.EventType{engage.EventContactMerged, engage.EventContactUnmerged} {
		told := events(t, d.Engine, kind)
		if len(told) != 1 || told[0].Resource.ID != "old" || decode[engage.ContactMergeEvent](t, told[0]) != (engage.ContactMergeEvent{ContactID: "old", IntoID: "new", Moved: 1}) {
			t.Errorf("%s: %+v", kind, told)
		}
	}
}

// TestMergingWhatBarelyFitsIntoACommit: interactions with as many values to count for
// segments as there may be, each different.
func TestMergingWhatBarelyFitsIntoACommit(t *testing.T) {
	t.Parallel()
	large(t)
	st := newMemory(t)
	eng := newEngine(t, st, &engage.Options{Schema: schema.Options{Limits: schema.Limits{Properties: 1000}}})
	const most, several = 1000, 4
	var properties, values []string
	for n := range most {
		properties = append(properties, fmt.Sprintf(`"p%d":{"type":"integer","addToSegmentation":true}`, n))
	}
	declare(t, eng, declaring("wide", strings.Join(properties, ",")))
	for m := range several {
		values = values[:0]
		for n := range most {
			values = append(values, fmt.Sprintf(`"p%d":%d`, n, m))
		}
		accepted(t, eng, submission("old", "wide", "{"+strings.Join(values, ",")+"}"))
	}
	accepted(t, eng, submission("new", "wide", "{"+strings.Join(values, ",")+"}"))
	must(eng.Contacts.Merge(t.Context(), "new", "old"))(t)
	counted := func() map[string]int64 {
		sums := map[string]int64{}
		for _, r := range find(t, st, kindSegmentValue) {
			v := decodeRecord[struct {
				ContactID string
				Count     int64
			}](t, r)
			sums[v.ContactID] += v.Count
		}
		return sums
	}
	if sums := counted(); len(sums) != 1 || sums["new"] != most*(several+1) {
		t.Errorf("merged: %v", sums)
	}
	must(eng.Contacts.Unmerge(t.Context(), "old"))(t)
	if sums := counted(); sums["new"] != most || sums["old"] != most*several {
		t.Errorf("unmerged: %v", sums)
	}
}
