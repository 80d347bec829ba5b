package engage_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
)

// newGroups returns a desk where eve has so many accounts, with the first of which she
// writes in so many threads with a stranger.
func newGroups(t *testing.T, accounts, groups int) (*desk, *ledger) {
	t.Helper()
	d, l := newLedgerDesk(t)
	account := func(n int) string { return fmt.Sprint("account ", n) }
	for n := range accounts {
		in := d.says(account(n), "hello")
		in.Customer.ContactID, in.ThreadForeignID = "eve", fmt.Sprint("own ", n)
		must(d.Threads.Receive(t.Context(), in))(t)
	}
	for n := range groups {
		for _, who := range []string{account(0), "a stranger"} {
			in := d.says(who, "hello")
			in.ThreadForeignID = fmt.Sprint("group ", n)
			must(d.Threads.Receive(t.Context(), in))(t)
		}
		d.clock.pass(time.Second)
	}
	return d, l
}

// listsAtomically lists threads of eve within a Work that writes something.
func (d *desk) listsAtomically(limit int) (found int, err error) {
	err = d.Atomically(d.t.Context(), func(w *engage.Work) error {
		page, err := w.Threads.List(d.t.Context(), engage.ThreadFilter{ContactID: "eve", Limit: limit})
		if err != nil {
			return err
		}
		found = len(page.Items)
		d.written++
		_, err = w.Sources.Create(d.t.Context(), interaction.Source{ID: fmt.Sprint("source ", d.written), Type: "messenger", Name: "Chat", Active: true})
		return err
	})
	return found, err
}

// TestManyAccountsCostLittleInThreadsOfFew: a page does not read the part that each of a
// person's accounts might have in each thread.
func TestManyAccountsCostLittleInThreadsOfFew(t *testing.T) {
	t.Parallel()
	const limit = 50
	d, l := newGroups(t, interaction.MaxIdentities, limit+10)
	c := l.cost(func() {
		page := must(d.Threads.List(t.Context(), engage.ThreadFilter{ContactID: "eve", Limit: limit}))(t)
		if len(page.Items) != limit {
			t.Errorf("%d threads", len(page.Items))
		}
	})
	// The heads of as many lists, then a thread and two parts of each item.
	if most := int64(6*limit + 3*interaction.MaxIdentities); c.read > most {
		t.Errorf("%+v, want at most %d records", c, most)
	}
	if found, err := d.listsAtomically(limit); found != limit || err != nil {
		t.Errorf("within Atomically: %d, %v", found, err)
	}
}

// TestAPageThatNoCommitHoldsIsRefused by what would fit, which does.
func TestAPageThatNoCommitHoldsIsRefused(t *testing.T) {
	t.Parallel()
	d, _ := newGroups(t, 12, 420)
	_, err := d.listsAtomically(420)
	wrong, ok := errors.AsType[*engage.InvalidError](err)
	if !ok || wrong.Field != "Limit" {
		t.Fatal(err)
	}
	_, says, _ := strings.Cut(err.Error(), "threads: ")
	var fits int
	if _, err := fmt.Sscanf(says, "%d would fit", &fits); err != nil || fits < 100 {
		t.Fatalf("%d: %v", fits, wrong)
	}
	if found, err := d.listsAtomically(fits); found != fits || err != nil {
		t.Errorf("of %d that fit: %d, %v", fits, found, err)
	}
	if page := must(d.Threads.List(t.Context(), engage.ThreadFilter{ContactID: "eve", Limit: 420}))(t); len(page.Items) != 420 {
		t.Errorf("outside of Atomically there are %d", len(page.Items))
	}
}
