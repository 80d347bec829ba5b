package engage_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/storetest/faults"
)

// crowd is some people who have written, visited, and been attended to, and two Engines
// on what is known of them: one reads lists, the other changes meanwhile who they are.
type crowd struct {
	*desk

	below  *counting
	reader *engage.Engine
	reads  *faults.Store // of the reader
}

// newCrowd returns eve, who has two accounts and was called fay before; zoe, who was
// called zac; max; and whom nobody has named yet, by the account "nn".
func newCrowd(tb testing.TB) *crowd {
	tb.Helper()
	below := &counting{Store: newMemory(tb)}
	c := &crowd{desk: newDeskOn(tb, below), below: below}
	declare(tb, c.Engine, plainSchema())
	for account, contact := range map[string]string{"e1": "eve", "e2": "eve", "f": "fay", "z": "zoe", "m": "max", "nn": ""} {
		c.writes(account, contact)
	}
	for _, contact := range []string{"eve", "eve", "fay", "zoe", "zac", "max"} {
		c.visits(contact)
	}
	must(c.Contacts.Merge(tb.Context(), "eve", "fay"))(tb)
	must(c.Contacts.Merge(tb.Context(), "zoe", "zac"))(tb)
	return c
}

// writes is what happens when somebody writes: a thread begins, and an agent attends to it.
func (c *crowd) writes(account, contact string) {
	c.t.Helper()
	in := c.says(account, "hello")
	in.Customer.ContactID, in.ThreadForeignID = contact, fmt.Sprint("thread ", c.written)
	got := must(c.Threads.Receive(c.t.Context(), in))(c.t)
	c.clock.pass(time.Second)
	c.engages(ann, got.ThreadID)
	c.clock.pass(time.Second)
}

// visits records something that is accepted and something that is not.
func (c *crowd) visits(contact string) {
	c.t.Helper()
	accepted(c.t, c.Engine, submission(contact, plainID, `{"s":"a"}`))
	rejected(c.t, c.Engine, submission(contact, plainID, `{}`))
	c.clock.pass(time.Second)
}

// again returns the same crowd once more, on a store of its own.
func (c *crowd) again(tb testing.TB) *crowd {
	tb.Helper()
	below := &counting{Store: newMemory(tb)}
	if err := below.Prepare(tb.Context(), c.below.kinds...); err != nil {
		tb.Fatal(err)
	}
	if err := below.Commit(tb.Context(), records(tb, c.below)); err != nil {
		tb.Fatal(err)
	}
	same := &crowd{below: below, reads: faults.New(below)}
	same.desk = &desk{t: tb, st: below, clock: &handClock{now: c.clock.read()}, opts: c.opts, written: 1000}
	same.opts.Clock = same.clock.read
	same.restart()
	same.reader = must(engage.New(tb.Context(), same.reads, &same.opts))(tb)
	return same
}

// before does acts before the given reads of the reader, counted from 1.
func (c *crowd) before(reads map[int]func()) (count *int) {
	count = new(int)
	c.reads.Inject(faults.Before("others act", func(context.Context, faults.Call) {
		*count++
		if act := reads[*count]; act != nil {
			act()
		}
	}).On(faults.Get, faults.Find))
	return count
}

// merges makes a contact a name for another one; with only so many commits, if it says so.
func (c *crowd) merges(from, into string, commits ...int64) {
	c.t.Helper()
	c.breaks(func() (engage.Progress, error) { return c.Contacts.Merge(c.t.Context(), into, from) }, commits...)
}

// unmergesEve parts eve from whom she was merged into.
func (c *crowd) unmergesEve(commits ...int64) {
	c.t.Helper()
	c.breaks(func() (engage.Progress, error) { return c.Contacts.Unmerge(c.t.Context(), "eve") }, commits...)
}

func (c *crowd) breaks(act func() (engage.Progress, error), commits ...int64) {
	c.t.Helper()
	if len(commits) == 0 {
		must(act())(c.t)
		return
	}
	c.below.on(func(n int64) error {
		if n > commits[0] {
			return engage.ErrUnavailable
		}
		return nil
	}, nil)
	if _, err := act(); err == nil {
		c.t.Error("it is whole after so many commits")
	}
	c.below.on(nil, nil)
}

// moves makes an account another contact's.
func (c *crowd) moves(account, contact string) {
	c.t.Helper()
	for _, r := range find(c.t, c.below, "identity") {
		if i := decodeRecord[interaction.Identity](c.t, r); i.ForeignID == account {
			must(c.Contacts.Move(c.t.Context(), i.ID, contact))(c.t)
		}
	}
}

// unnamed returns the contact that nobody has named.
func (c *crowd) unnamed() string {
	for _, r := range find(c.t, c.below, "identity") {
		if i := decodeRecord[interaction.Identity](c.t, r); i.ForeignID == "nn" {
			return i.ContactID
		}
	}
	return ""
}

// personList is a list of what a contact has.
type personList struct {
	name string
	kind string // of the records that are listed, or that say what is
	read func(ctx context.Context, eng *engage.Engine, contact string, limit int, continuation string) (ids []string, next string, err error)
}

// personLists are all of them, in one order.
func personLists(oldest bool) []personList {
	return []personList{
		{"identities", "identity", func(ctx context.Context, eng *engage.Engine, contact string, _ int, _ string) ([]string, string, error) {
			found, err := eng.Contacts.Identities(ctx, contact)
			return named(found, func(i interaction.Identity) string { return i.ID }), "", err
		}},
		{"threads", "correspondent", func(ctx context.Context, eng *engage.Engine, contact string, limit int, from string) ([]string, string, error) {
			page, err := eng.Threads.List(ctx, engage.ThreadFilter{ContactID: contact, OldestFirst: oldest, Limit: limit, Continuation: from})
			return named(page.Items, func(t interaction.Thread) string { return t.ID }), page.Continuation, err
		}},
		{"interventions", "intervention", func(ctx context.Context, eng *engage.Engine, contact string, limit int, from string) ([]string, string, error) {
			page, err := eng.Interventions.List(ctx, engage.InterventionFilter{ContactID: contact, OldestFirst: oldest, Limit: limit, Continuation: from})
			return named(page.Items, func(i interaction.Intervention) string { return i.ID }), page.Continuation, err
		}},
		{"timeline", "timeline_entry", func(ctx context.Context, eng *engage.Engine, contact string, limit int, from string) ([]string, string, error) {
			page, err := eng.Contacts.Timeline(ctx, contact, engage.TimelineFilter{OldestFirst: oldest, Limit: limit, Continuation: from})
			return named(page.Items, func(e engage.TimelineEntry) string { return e.ID }), page.Continuation, err
		}},
		{"interactions", kindInteraction, func(ctx context.Context, eng *engage.Engine, contact string, limit int, from string) ([]string, string, error) {
			page, err := eng.Interactions.List(ctx, engage.InteractionFilter{ContactID: contact, ByReceived: oldest, OldestFirst: oldest, Limit: limit, Continuation: from})
			return named(page.Items, func(i interaction.Interaction) string { return i.ID }), page.Continuation, err
		}},
		{"quarantine", kindQuarantine, func(ctx context.Context, eng *engage.Engine, contact string, limit int, from string) ([]string, string, error) {
			page, err := eng.Quarantine.List(ctx, engage.QuarantineFilter{ContactID: contact, OldestFirst: oldest, Limit: limit, Continuation: from})
			return named(page.Items, func(q interaction.Quarantined) string { return q.ID }), page.Continuation, err
		}},
	}
}

// pages reads a list to its end.
func (l personList) pages(tb testing.TB, eng *engage.Engine, contact string, limit int) (ids []string) {
	tb.Helper()
	next := ""
	for range 60 {
		part, after, err := l.read(tb.Context(), eng, contact, limit, next)
		if err != nil {
			tb.Fatalf("%s of %s, by %d: %v", l.name, contact, limit, err)
		}
		ids = append(ids, part...)
		if next = after; next == "" {
			return ids
		}
	}
	tb.Fatalf("%s of %s, by %d, has no end", l.name, contact, limit)
	return nil
}

// has returns what is the contact's now, by what is stored.
func (c *crowd) has(tb testing.TB, l personList, contact string) map[string]bool {
	tb.Helper()
	type known struct {
		interaction.Contact

		Moving *struct{ Task, FromID, IntoID string }
	}
	people := map[string]known{}
	for _, r := range find(tb, c.below, "contact") {
		who := decodeRecord[known](tb, r)
		people[who.ID] = who
	}
	who := people[contact]
	holders := []string{contact}
	if into := who.MergedInto; into != "" {
		who, holders = people[into], []string{into}
		holders = append(holders, who.Merged...) // one of them may be on its way
	}
	own := map[string]bool{}
	kinds := []string{l.kind}
	if l.name == "timeline" {
		kinds = append(kinds, kindInteraction)
	}
	for _, kind := range kinds {
		for _, r := range find(tb, c.below, kind) {
			e := decodeRecord[struct {
				ID         string
				ContactID  string `json:"contactId"`
				IdentityID string `json:"identity_id"`
				ThreadID   string `json:"thread_id"`
			}](tb, r)
			switch {
			case kind == "identity":
				own[e.ID] = slices.Contains(who.IdentityIDs, e.ID)
			case kind == "correspondent":
				own[e.ThreadID] = own[e.ThreadID] || slices.Contains(who.IdentityIDs, e.IdentityID)
			case e.IdentityID != "":
				own[e.ID] = slices.Contains(who.IdentityIDs, e.IdentityID)
			default:
				own[e.ID] = slices.Contains(holders, e.ContactID)
			}
		}
	}
	maps.DeleteFunc(own, func(_ string, is bool) bool { return !is })
	return own
}

// judge compares what was listed with what was the contact's at some moments.
func (l personList) judge(got []string, moments []map[string]bool) (wrong []string) {
	times := map[string]int{}
	for _, id := range got {
		times[id]++
	}
	for id, n := range times {
		if n > 1 {
			wrong = append(wrong, fmt.Sprintf("%s is listed %d times", id, n))
		}
		if !slices.ContainsFunc(moments, func(own map[string]bool) bool { return own[id] }) {
			wrong = append(wrong, id+" is a stranger's")
		}
	}
	for id := range moments[0] {
		if times[id] == 0 && !slices.ContainsFunc(moments, func(own map[string]bool) bool { return !own[id] }) {
			wrong = append(wrong, id+" is missing")
		}
	}
	return wrong
}
