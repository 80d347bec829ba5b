package engage_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store"
)

// TestConversationsKeepTheirRules lets customers, agents, bots, the host and the clock do
// all that the rules of conversations speak of, at random, and compares what each call
// says, the events, the records and every list with a plain model.
func TestConversationsKeepTheirRules(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, st store.Store) {
		runs, most, each := 0, 60, true
		if strings.HasSuffix(t.Name(), "sqlite") { // to the rules one store is as the other, and this one takes its time
			most, each = 25, false
		}
		rapid.Check(t, func(rt *rapid.T) {
			runs++
			d := newDrill(t, rt, st, fmt.Sprintf("run-%d", runs))
			for range rapid.IntRange(1, most).Draw(rt, "steps") {
				if rapid.IntRange(0, 5).Draw(rt, "passes") == 0 {
					d.pass()
				} else {
					d.act()
				}
				if each {
					d.checkStates()
				}
				if each && rapid.IntRange(0, 9).Draw(rt, "looks") == 0 {
					d.checkLists()
				}
			}
			d.checkStates()
			d.checkLists()
			d.checkEngaged()
			d.checkTimelines()
		})
	})
}

// newDrill returns a desk with three sources: two share their customers, one never
// closes a thread by itself, one demands a disposition and a category.
func newDrill(t *testing.T, rt *rapid.T, st store.Store, tenant string) *drill {
	d := &drill{rt: rt, gone: map[engage.Actor]bool{}, books: &books{
		byForeign: map[[2]string]*contentBook{}, named: map[[2]string]*threadBook{}, current: map[[2]string]*lastBook{},
		keys: map[[2]string]*contentBook{}, identities: map[string]string{},
	}}
	d.desk = newDeskOn(t, st, func(o *engage.Options) {
		o.Tenant = tenant
		o.OwnerExists = func(_ context.Context, who engage.Actor) (bool, error) { return !d.gone[who], nil }
	})
	for _, c := range []interaction.Category{
		{ID: "sales"},
		{ID: "vip"},
		{ID: "how", Mandatory: true, PostQualification: true, Unselectable: true, SourceIDs: []string{"mail"}},
		{ID: "solved", ParentID: "how"},
		{ID: "line", Mandatory: true, SourceIDs: []string{"mail"}},
	} {
		c.Name = c.ID
		must(d.Categories.Create(t.Context(), c))(t)
	}
	for _, s := range []interaction.Source{
		{ID: "mail", CommunityID: "chat", TimeForThreadInclusion: 3600, TimeForThreadClosing: 7200, DefaultCategoryIDs: []string{"sales", "line"}},
		{ID: "forum", TimeForThreadClosing: -1},
	} {
		s.Type, s.Name, s.Active = "messenger", s.ID, true
		must(d.Sources.Create(t.Context(), s))(t)
	}
	return d
}

// position is that of the last event.
func (d *drill) position() (last int64) {
	for e, err := range d.Events.After(d.t.Context(), d.read) {
		if err != nil {
			d.rt.Fatal(err)
		}
		last = e.Position
	}
	d.read = max(d.read, last)
	return d.read
}

// checkEvents compares the events behind a position with those that are expected, in
// their order unless it does not matter. Those of identities and contacts are another
// test's.
func (d *drill) checkEvents(after int64, sorted bool) {
	d.rt.Helper()
	var got []told
	for e, err := range d.Events.After(d.t.Context(), after) {
		if err != nil {
			d.rt.Fatal(err)
		}
		if e.Resource.Type != "identity" && e.Resource.Type != "contact" {
			got = append(got, told{e.Type, e.Resource.ID, e.Actor})
		}
	}
	want := slices.Clone(d.told)
	if sorted {
		order := func(a, b told) int {
			return cmp.Or(cmp.Compare(a.typ, b.typ), cmp.Compare(a.resource, b.resource))
		}
		slices.SortFunc(got, order)
		slices.SortFunc(want, order)
	}
	if !slices.Equal(got, want) {
		d.rt.Fatalf("the events are\n%v, want\n%v", got, want)
	}
}

// same fails unless two values are equal.
func (d *drill) same(what string, got, want any) {
	d.rt.Helper()
	if !reflect.DeepEqual(got, want) {
		d.rt.Fatalf("%s:\ngot  %+v\nwant %+v", what, got, want)
	}
}

// checkStates compares every thread and intervention with the books.
func (d *drill) checkStates() {
	ctx := d.t.Context()
	for _, t := range d.threads {
		got := must(d.Threads.Get(ctx, t.id))(d.t)
		want := got
		want.SourceID, want.IdentityID, want.Status, want.CloseCause = t.source, t.began, interaction.ThreadOpen, t.cause
		want.ContentsCount, want.CustomersCount, want.Live = int64(len(t.contents)), int64(len(t.pairs)), t.live()
		want.LastContentAt, want.ReopenedAt, want.InterventionsCount, want.WaitingSince = t.active, t.reopened, 0, time.Time{}
		want.LastReceivedAt, want.ThreadCategoryIDs = t.arrived, t.categories
		for _, p := range t.pairs {
			want.InterventionsCount += int64(len(p.cases))
		}
		if !t.open {
			want.Status, want.WaitingSince = interaction.ThreadClosed, got.WaitingSince // it has no meaning now
		} else if first := t.first(); first != nil {
			want.WaitingSince = first.waiting()
		}
		if n := len(t.contents); n > 0 {
			want.FirstContentID, want.LastContentID = t.contents[0].id, t.contents[n-1].id
		}
		d.same("thread", got, want)
		if got.ClosedAt.IsZero() != t.open || len(got.ExtraData) != len(t.detail) || string(got.ExtraData["tier"]) != t.detail["tier"] {
			d.rt.Fatalf("thread %+v, want open %v and %v", got, t.open, t.detail)
		}
	}
	for _, i := range d.interventions {
		d.checkCase(must(d.Interventions.Get(ctx, i.id))(d.t), i)
	}
}

func (d *drill) checkCase(got interaction.Intervention, i *caseBook) {
	d.rt.Helper()
	want := got
	want.ID, want.ThreadID, want.IdentityID, want.ContentID, want.Status, want.Owner = i.id, i.pair.thread.id, i.pair.identity, i.on, i.status, i.owner
	want.Participants, want.Reopened, want.CategoryIDs, want.DispositionIDs = got.Participants[:0:0], i.reopened, i.categories, i.dispositions
	want.Participants = append(want.Participants, i.participants...)
	want.CommentsCount, want.DeferredAt, want.UserRepliesCount, want.UserReplyInAverageCount = i.comments, i.until, i.replies, int64(len(i.waited))
	want.UserReplyInTotal = 0
	for _, w := range i.waited {
		want.UserReplyInTotal += interaction.Seconds(w / time.Second)
	}
	d.same("intervention", got, want)
	if ended := !i.live(); got.ClosedAt.IsZero() == ended || got.LastUserReplyAt.IsZero() != (i.replies == 0) || got.DispositionMissing {
		d.rt.Fatalf("intervention %+v, want ended %v", got, ended)
	}
	if canClose, canCancel := got.UserRepliesCount > 0, got.UserRepliesCount == 0; canClose == canCancel {
		d.rt.Fatalf("%+v can be closed and canceled, or neither", got)
	}
}

// checkLists compares every list with the books, read in pages of any length.
func (d *drill) checkLists() {
	ctx := d.t.Context()
	limit := rapid.SampledFrom([]int{1, 2, 3, 100}).Draw(d.rt, "limit")
	for _, source := range []string{"", "chat", "mail", "forum"} {
		var got, want []string
		for _, e := range pages(d.rt, func(c string) (engage.Page[engage.Engageable], error) {
			return d.Threads.ListEngageable(ctx, engage.EngageableFilter{SourceID: source, Limit: limit, Continuation: c})
		}) {
			got = append(got, e.ID+e.Waiting.IdentityID)
		}
		for _, t := range d.engageable(source) {
			want = append(want, t.id+t.first().identity)
		}
		d.same("engageable of "+source, got, want)
	}
	for _, owner := range []engage.Actor{ann, bob, robot, engage.Bot("other")} {
		var got, want []string
		for _, w := range pages(d.rt, func(c string) (engage.Page[engage.Waiting], error) {
			return d.As(owner).Interventions.ListWaiting(ctx, engage.WaitingFilter{Limit: limit, Continuation: c})
		}) {
			got = append(got, fmt.Sprint(w.ID, w.With.ThreadID, w.With.IdentityID, w.With.UnansweredSince, w.With.Unanswered))
		}
		for _, p := range d.waitFor(owner) {
			want = append(want, fmt.Sprint(p.latest().id, p.thread.id, p.identity, p.unanswered()[0].at, len(p.unanswered())))
		}
		d.same("waiting for "+owner.String(), got, want)
	}
	for _, t := range d.threads {
		d.checkContents(t, limit)
	}
	d.checkThreadLists(limit)
	d.checkCaseLists(limit)
}

func (d *drill) checkContents(t *threadBook, limit int) {
	ctx := d.t.Context()
	line := func(id string, position int64, status interaction.ContentStatus, sync interaction.SyncStatus, intervention, above string, creator engage.Actor) string {
		return fmt.Sprint(id, " ", position, " ", status, " ", sync, " ", intervention, " ", above, " ", creator)
	}
	got := func(newest, tree bool) (lines []string) {
		for _, c := range pages(d.rt, func(c string) (engage.Page[engage.Content], error) {
			if tree {
				return d.Contents.Tree(ctx, engage.TreeFilter{ThreadID: t.id, Limit: limit, Continuation: c})
			}
			return d.Contents.List(ctx, engage.ContentFilter{ThreadID: t.id, NewestFirst: newest, Limit: limit, Continuation: c})
		}) {
			lines = append(lines, line(c.ID, c.Position, c.Status, c.Synchronization.Status, c.InterventionID, c.InReplyToID, c.Creator))
		}
		return lines
	}
	want := func(list []*contentBook) (lines []string) {
		for _, c := range list {
			above := ""
			if c.above != nil {
				above = c.above.id
			}
			lines = append(lines, line(c.id, int64(c.position), c.status(), c.synchronizedAs, c.intervention, above, c.creator))
		}
		return lines
	}
	d.same("contents", got(false, false), want(t.contents))
	d.same("tree", got(false, true), want(t.tree()))
	newest := slices.Clone(t.contents)
	slices.Reverse(newest)
	d.same("contents, newest first", got(true, false), want(newest))
}

func (d *drill) checkThreadLists(limit int) {
	ctx := d.t.Context()
	compare := func(f engage.ThreadFilter, at func(*threadBook) (time.Time, bool)) {
		d.rt.Helper()
		var want []*threadBook
		for _, t := range d.threads {
			if _, ok := at(t); ok && (f.Status == "" || (f.Status == interaction.ThreadOpen) == t.open) {
				want = append(want, t)
			}
		}
		slices.SortFunc(want, func(x, y *threadBook) int {
			first, _ := at(x)
			second, _ := at(y)
			return cmp.Or(second.Compare(first), cmp.Compare(y.id, x.id))
		})
		f.Limit = limit
		for _, f.OldestFirst = range []bool{false, true} {
			var got, ids []string
			for _, t := range pages(d.rt, func(c string) (engage.Page[interaction.Thread], error) {
				f.Continuation = c
				return d.Threads.List(ctx, f)
			}) {
				got = append(got, t.ID)
			}
			for _, t := range want {
				ids = append(ids, t.id)
			}
			d.same(fmt.Sprintf("threads of %+v", f), got, ids)
			slices.Reverse(want)
		}
	}
	for _, status := range []interaction.ThreadStatus{"", interaction.ThreadOpen, interaction.ThreadClosed} {
		for _, source := range []string{"", "chat", "mail"} {
			compare(engage.ThreadFilter{SourceID: source, Status: status}, func(t *threadBook) (time.Time, bool) {
				return t.active, source == "" || t.source == source
			})
		}
		for _, id := range d.identities {
			compare(engage.ThreadFilter{IdentityID: id, Status: status}, func(t *threadBook) (time.Time, bool) {
				if p := t.pairs[id]; p != nil {
					return p.active, true
				}
				return time.Time{}, false
			})
		}
	}
}

func (d *drill) checkCaseLists(limit int) {
	ctx := d.t.Context()
	compare := func(f engage.InterventionFilter, belongs func(*caseBook) bool) {
		d.rt.Helper()
		var want []string
		for _, i := range d.interventions {
			if belongs(i) && (f.Status == "" || i.status == f.Status) {
				want = append(want, i.id)
			}
		}
		f.Limit = limit
		for _, f.OldestFirst = range []bool{true, false} {
			var got []string
			for _, i := range pages(d.rt, func(c string) (engage.Page[interaction.Intervention], error) {
				f.Continuation = c
				return d.Interventions.List(ctx, f)
			}) {
				got = append(got, i.ID)
			}
			d.same(fmt.Sprintf("interventions of %+v", f), got, want)
			slices.Reverse(want)
		}
	}
	for _, status := range []interaction.InterventionStatus{"", interaction.InterventionOpen, interaction.InterventionClosed} {
		compare(engage.InterventionFilter{Status: status}, func(*caseBook) bool { return true })
		compare(engage.InterventionFilter{Status: status, SourceID: "mail"}, func(i *caseBook) bool { return i.pair.thread.source == "mail" })
		compare(engage.InterventionFilter{Status: status, Owner: ann}, func(i *caseBook) bool { return i.owner == ann })
		for _, t := range d.threads {
			compare(engage.InterventionFilter{Status: status, ThreadID: t.id}, func(i *caseBook) bool { return i.pair.thread == t })
		}
		for _, id := range d.identities {
			compare(engage.InterventionFilter{Status: status, IdentityID: id}, func(i *caseBook) bool { return i.pair.identity == id })
		}
	}
}

// checkEngaged reads the records that say who is engaged with an identity: they are the
// open and deferred interventions, and at most one for each thread.
func (d *drill) checkEngaged() {
	page, err := d.st.Find(d.t.Context(), store.Query{Tenant: d.Tenant(), Kind: "engaged_list", Limit: store.MaxLimit})
	if err != nil {
		d.rt.Fatal(err)
	}
	var got, want []string
	for _, r := range page.Records {
		var list struct {
			IdentityID    string `json:"identity_id"`
			Interventions []struct {
				ID       string                         `json:"id"`
				SourceID string                         `json:"source_id"`
				ThreadID string                         `json:"thread_id"`
				Status   interaction.InterventionStatus `json:"status"`
				Owner    engage.Actor                   `json:"owner"`
			} `json:"interventions"`
		}
		if err := json.Unmarshal(r.Value, &list); err != nil {
			d.rt.Fatal(err)
		}
		seen := map[string]bool{}
		for _, i := range list.Interventions {
			if seen[i.ThreadID] {
				d.rt.Fatalf("two interventions are engaged with one customer in one thread: %+v", list)
			}
			seen[i.ThreadID] = true
			got = append(got, strings.Join([]string{i.ID, i.SourceID, i.ThreadID, list.IdentityID, string(i.Status), i.Owner.String()}, " "))
		}
	}
	for _, i := range d.interventions {
		if i.live() {
			want = append(want, strings.Join([]string{i.id, i.pair.thread.source, i.pair.thread.id, i.pair.identity, string(i.status), i.owner.String()}, " "))
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	d.same("engaged", got, want)
}

// pages reads a list to its end, a page at a time.
func pages[T any](t rapid.TB, read func(continuation string) (engage.Page[T], error)) (all []T) {
	t.Helper()
	continuation := ""
	for {
		page, err := read(continuation)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, page.Items...)
		if continuation = page.Continuation; continuation == "" {
			return all
		}
	}
}
