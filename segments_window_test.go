package engage_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
)

// TestAMergeMakesNobodyAMemberOfAWindow: who was counted before a merge, and had too few, does
// not bring in the contact that they have become.
func TestAMergeMakesNobodyAMemberOfAWindow(t *testing.T) {
	t.Parallel()
	c := newCrowd(t)
	declare(t, c.Engine, declaring("s", segmentProperties))
	begun := c.clock.read().Add(-24 * time.Hour)
	var all []interaction.Submission
	for range 5 {
		all = append(all, submission("a0000", "s", `{"n":-1}`))
	}
	for n := range 1100 { // so that those behind them are on a page of their own
		all = append(all, submission(fmt.Sprintf("b%04d", n), "s", `{"n":-1}`))
	}
	all = append(all, submission("zoe", "s", `{"n":1}`), submission("mia", "s", `{"n":1}`))
	for _, o := range c.Interactions.RecordMany(t.Context(), all) {
		if o.Err != nil {
			t.Fatal(o.Err)
		}
	}
	var got []string
	for id, err := range c.Segments.ByCount(t.Context(), engage.CountSegment{SchemaID: "s", AtLeast: 5, From: begun}) {
		if err != nil {
			t.Fatal(err)
		}
		if got = append(got, id); len(got) == 1 {
			must(c.Contacts.Merge(t.Context(), "zoe", "mia"))(t)
		}
	}
	if !slices.Equal(got, []string{"a0000"}) {
		t.Errorf("the members: %v", got)
	}
}

// TestManyAccountsCostLittleByStatus: a page of a contact's open threads costs about what it
// has, however many accounts the contact has, and a commit can hold it.
func TestManyAccountsCostLittleByStatus(t *testing.T) {
	t.Parallel()
	const accounts, each = 30, 20
	d, l := newLedgerDesk(t)
	for n := range accounts {
		for m := range each {
			in := d.says(fmt.Sprint("account ", n), "hello")
			in.Customer.ContactID, in.ThreadForeignID = "eve", fmt.Sprint("own ", n, " ", m)
			must(d.Threads.Receive(t.Context(), in))(t)
		}
	}
	f := engage.ThreadFilter{ContactID: "eve", Limit: 20}
	all := l.cost(func() { must(d.Threads.List(t.Context(), f))(t) })
	f.Status = interaction.ThreadOpen
	open := l.cost(func() {
		if n := len(must(d.Threads.List(t.Context(), f))(t).Items); n != f.Limit {
			t.Errorf("%d open threads on a page of %d", n, f.Limit)
		}
	})
	if open != all {
		t.Errorf("open ones cost %+v, all %+v", open, all)
	}
}
