package engage_test

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/platformtest"
	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/memory"
)

// passage is what a timeline says of one entry.
type passage struct {
	at                       time.Time
	id, identity, source, on string
}

// passages returns all that a store knows to have happened with identities and, as
// recorded interactions, with a contact, oldest first. written is when contents were
// written, as far as that can be believed.
func passages(tb testing.TB, st store.Store, contact string, identities []interaction.Identity, written map[string]time.Time) (all []passage) {
	tb.Helper()
	for _, r := range find(tb, st, "timeline_entry") {
		e := decodeRecord[struct {
			ID         string
			IdentityID string `json:"identity_id"`
			SourceID   string `json:"source_id"`
			ThreadID   string `json:"thread_id"`
			Resource   engage.Resource
		}](tb, r)
		if slices.ContainsFunc(identities, func(i interaction.Identity) bool { return i.ID == e.IdentityID }) {
			all = append(all, passage{written[e.Resource.ID], e.ID, e.IdentityID, e.SourceID, e.ThreadID})
		}
	}
	for _, r := range find(tb, st, kindInteraction) {
		if i := decodeRecord[interaction.Interaction](tb, r); i.ContactID == contact {
			all = append(all, passage{at: i.CreatedDate, id: i.ID})
		}
	}
	slices.SortFunc(all, func(a, b passage) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.id, b.id)) })
	return all
}

// whole reads a timeline page by page, calling between before each but the first.
func whole(t *rapid.T, eng *engage.Engine, contact string, filter engage.TimelineFilter, between func()) (ids []string) {
	for {
		page := sure(eng.Contacts.Timeline(t.Context(), contact, filter))(t)
		for _, e := range page.Items {
			ids = append(ids, e.ID)
		}
		if filter.Continuation = page.Continuation; filter.Continuation == "" {
			return ids
		}
		between()
	}
}

// TestATimelineIsTheSortedListOfAll for any person, in any part, order and pages, also
// if the clock of a platform is ahead: what it says is of the future counts as now.
func TestATimelineIsTheSortedListOfAll(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		st := memory.New()
		defer func() { _ = st.Close() }()
		clock := newClock()
		eng := sure(engage.New(t.Context(), st, &engage.Options{Clock: clock.Now}))(rt)
		declare(t, eng, plainSchema())
		for _, id := range []string{"chat", "mail"} {
			sure(eng.Sources.Create(t.Context(), interaction.Source{ID: id, Type: "messenger", Name: id, Active: true}))(rt)
		}
		at := func() time.Time {
			return clock.Now().UTC().Add(time.Duration(rapid.IntRange(-3, 0).Draw(rt, "hours")) * time.Hour)
		}
		written := map[string]time.Time{}
		happen := func() {
			for range rapid.IntRange(0, 12).Draw(rt, "happenings") {
				contact := rapid.SampledFrom([]string{"ann", "ann", "bob"}).Draw(rt, "contact")
				if rapid.Bool().Draw(rt, "recorded") {
					sure(eng.Interactions.Record(t.Context(), dated(at().Format(time.RFC3339Nano), submission(contact, plainID, `{"s":"a"}`))))(rt)
					continue
				}
				now := clock.Now().UTC()
				in := engage.Inbound{
					SourceID:  rapid.SampledFrom([]string{"chat", "mail"}).Draw(rt, "source"),
					CreatedAt: now.Add(time.Duration(rapid.SampledFrom([]int{-3, -2, -1, 0, 1, 9000 * 24}).Draw(rt, "ahead")) * time.Hour),
					Message:   interaction.Message{Body: "hello"},
				}
				in.Customer.ContactID = contact
				in.Customer.ForeignID = fmt.Sprintf("%s %d", contact, rapid.IntRange(0, 3).Draw(rt, "account"))
				written[sure(eng.Threads.Receive(t.Context(), in))(rt).ContentID] = earlier(in.CreatedAt, now)
			}
		}
		happen()
		happen()
		all := passages(t, st, "ann", sure(eng.Contacts.Identities(t.Context(), "ann"))(rt), written)
		f := engage.TimelineFilter{
			OldestFirst: rapid.Bool().Draw(rt, "oldest first"),
			Limit:       rapid.SampledFrom([]int{0, 1, 2, 3, 7}).Draw(rt, "limit"),
		}
		if rapid.Bool().Draw(rt, "bounded") {
			f.From, f.To = at(), at()
		}
		switch rapid.IntRange(0, 3).Draw(rt, "filter") {
		case 0:
			f.SourceID = "mail"
		case 1:
			if len(all) > 0 {
				f.ThreadID = all[0].on
			}
		}
		var want []string
		for _, h := range all {
			switch {
			case !f.From.IsZero() && (h.at.Before(f.From) || !h.at.Before(f.To)):
			case f.SourceID != "" && h.source != f.SourceID, f.ThreadID != "" && h.on != f.ThreadID:
			default:
				want = append(want, h.id)
			}
		}
		if !f.OldestFirst {
			slices.Reverse(want)
		}
		if got := whole(rt, eng, "ann", f, func() {}); !slices.Equal(got, want) {
			rt.Fatalf("%+v: %v, want %v", f, got, want)
		}
		// While others write, what was there throughout still comes once, in order.
		pages := 0
		got := whole(rt, eng, "ann", f, func() {
			pages++
			if pages < 5 {
				happen()
			}
		})
		got = slices.DeleteFunc(got, func(id string) bool { return !slices.Contains(want, id) })
		if !slices.Equal(got, want) {
			rt.Fatalf("while others write, %+v: %v, want %v", f, got, want)
		}
	})
}

// TestATimelineIsInOrderThoughAPlatformIsAhead: the answer comes after what it answers,
// and a window until now has both.
func TestATimelineIsInOrderThoughAPlatformIsAhead(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	in := d.says("account", "question")
	in.Customer.ContactID, in.CreatedAt = "eve", time.Date(9000, 1, 1, 0, 0, 0, 0, time.UTC)
	got := must(d.Threads.Receive(t.Context(), in))(t)
	d.clock.pass(time.Minute)
	d.engages(ann, got.ThreadID)
	d.clock.pass(time.Minute)
	d.replies(ann, got.ThreadID, "answer")
	d.clock.pass(time.Minute)
	page := must(d.Contacts.Timeline(t.Context(), "eve", engage.TimelineFilter{To: d.clock.read(), OldestFirst: true}))(t)
	var said []string
	for _, e := range page.Items {
		if e.Content != nil {
			said = append(said, e.Content.Body)
		}
	}
	if !slices.Equal(said, []string{"question", "answer"}) {
		t.Error(said)
	}
}

// earlier returns the earlier of two times.
func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// TestATimelineCanBeRead without asking for anything else.
func TestATimelineCanBeRead(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	declare(t, d.Engine, plainSchema())
	in := d.says("account", "Where is my order?")
	in.Customer.ContactID = "customer 1"
	received := must(d.Threads.Receive(t.Context(), in))(t)
	d.clock.pass(time.Minute)
	d.engages(ann, received.ThreadID)
	d.clock.pass(time.Minute)
	d.replies(ann, received.ThreadID, "On its way.")
	d.clock.pass(time.Minute)
	accepted(t, d.Engine, submission("customer 1", plainID, `{"s":"a visit"}`))
	page := must(d.Contacts.Timeline(t.Context(), "customer 1", engage.TimelineFilter{OldestFirst: true}))(t)
	var story []string
	for _, e := range page.Items {
		line := string(e.Type) + " by " + string(e.Actor.Type)
		switch {
		case e.Content != nil:
			line += ": " + e.Content.Body
		case e.Intervention != nil:
			line += ": " + string(e.Intervention.Status)
		case e.Interaction != nil:
			line += ": " + string(e.Interaction.Payload)
		}
		story = append(story, line)
	}
	for _, want := range []string{
		"content.imported by customer: Where is my order?", "intervention.opened by agent: open",
		"content.replied by agent: On its way.", `interaction.created by customer: {"s":"a visit"}`,
	} {
		if !slices.Contains(story, want) {
			t.Errorf("no %q in\n%s", want, strings.Join(story, "\n"))
		}
	}
	for _, unknown := range []string{"nobody", strings.Repeat("x", 2000)} {
		if page, err := d.Contacts.Timeline(t.Context(), unknown, engage.TimelineFilter{}); err != nil || len(page.Items) > 0 {
			t.Errorf("%+v, %v", page, err)
		}
	}
	for _, f := range []engage.TimelineFilter{{SourceID: "nowhere"}, {ThreadID: "nothing"}, {ThreadID: strings.Repeat("x", 2000)}} {
		for _, contact := range []string{"customer 1", "nobody"} {
			if _, err := d.Contacts.Timeline(t.Context(), contact, f); !errors.Is(err, engage.ErrNotFound) {
				t.Errorf("%s, %+v: %v", contact, f, err)
			}
		}
	}
	for _, f := range []engage.TimelineFilter{
		{Limit: -1},
		{Limit: 1001},
		{Continuation: "?"},
		{Continuation: "AAAA"},
		{Continuation: "QQ"},
		{Continuation: page.Continuation + "QQ"},
	} {
		if _, err := d.Contacts.Timeline(t.Context(), "customer 1", f); !errors.Is(err, engage.ErrInvalid) {
			t.Errorf("%+v: %v", f, err)
		}
	}
}

// TestATimelineHasWhatWasSaidOnce, by who said it, even if the platform tells of an answer
// before it says that it took it.
func TestATimelineHasWhatWasSaidOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	in := d.says("account", "Where is my order?")
	in.Customer.ContactID = "old"
	got := must(d.Threads.Receive(t.Context(), in))(t)
	in = d.says("other account", "Hello?")
	in.Customer.ContactID = "new"
	must(d.Threads.Receive(t.Context(), in))(t)
	d.engages(ann, got.ThreadID)
	for n, by := range []engage.Actor{{}, robot} {
		echo := d.says("account", fmt.Sprint("From another app ", n))
		echo.Echo = &engage.Echo{Creator: by}
		must(d.Threads.Receive(t.Context(), echo))(t)
	}
	d.platform.OnDeliver(func(delivered platformtest.Delivered) {
		echo := d.says("account", delivered.Content.Body)
		echo.ForeignID, echo.Echo = delivered.ForeignID, &engage.Echo{}
		if _, err := d.Threads.Receive(t.Context(), echo); err != nil {
			t.Error(err)
		}
	})
	d.replies(ann, got.ThreadID, "On its way.")
	d.runs()
	check := func(contact, who string, limit int) {
		t.Helper()
		var said []string
		f := engage.TimelineFilter{ThreadID: got.ThreadID, OldestFirst: true, Limit: limit}
		for {
			page := must(d.Contacts.Timeline(t.Context(), contact, f))(t)
			for _, e := range page.Items {
				if e.Content != nil && e.Type != engage.EventContentExported {
					said = append(said, fmt.Sprintf("%s %s: %s", e.Actor.Type, e.Actor.ID, e.Content.Body))
				}
			}
			if f.Continuation = page.Continuation; f.Continuation == "" {
				break
			}
		}
		want := []string{
			"customer " + who + ": Where is my order?", "system : From another app 0", "bot " + robot.ID + ": From another app 1",
			"agent " + ann.ID + ": On its way.",
		}
		if !slices.Equal(said, want) {
			t.Errorf("%s, by pages of %d:\n%s\nwant\n%s", contact, limit, strings.Join(said, "\n"), strings.Join(want, "\n"))
		}
	}
	duplicates := 0
	for _, r := range find(t, d.st, "content") {
		if decodeRecord[interaction.Content](t, r).DuplicateOf != "" {
			duplicates++
		}
	}
	if duplicates != 1 {
		t.Fatalf("%d duplicates", duplicates)
	}
	check("old", "old", 1)
	check("old", "old", 50)
	must(d.Contacts.Merge(t.Context(), "new", "old"))(t)
	check("old", "new", 2)
	check("new", "new", 50)
}

// TestAThreadOfSeveralCustomers is in the timeline of each as far as it is theirs.
func TestAThreadOfSeveralCustomers(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var thread string
	for _, customer := range []string{"adam", "bea", "adam"} {
		in := d.says(customer, "I, "+customer)
		in.ThreadForeignID, in.Customer.ContactID = "post", customer
		thread = must(d.Threads.Receive(t.Context(), in))(t).ThreadID
		d.clock.pass(time.Minute)
	}
	must(d.Threads.Close(t.Context(), thread))(t)
	for customer, want := range map[string][]engage.EventType{
		"adam": {engage.EventContentImported, engage.EventContentImported, engage.EventThreadClosed},
		"bea":  {engage.EventContentImported},
	} {
		for _, f := range []engage.TimelineFilter{{OldestFirst: true}, {OldestFirst: true, ThreadID: thread}, {OldestFirst: true, SourceID: "chat"}} {
			page := must(d.Contacts.Timeline(t.Context(), customer, f))(t)
			var got []engage.EventType
			for _, e := range page.Items {
				got = append(got, e.Type)
				if e.Content != nil && e.Actor != engage.Customer(customer) {
					t.Errorf("%s: %+v", customer, e)
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s, %+v: %v, want %v", customer, f, got, want)
			}
		}
	}
}

// TestATimelineOfAThreadReadsWhoTakesPart, not all identities of the contact.
func TestATimelineOfAThreadReadsWhoTakesPart(t *testing.T) {
	t.Parallel()
	st := &counting{Store: newMemory(t)}
	d := newDeskOn(t, st)
	var thread string
	for n := range 40 {
		in := d.says(fmt.Sprint("account ", n), "hello")
		in.Customer.ContactID = "ann"
		thread = must(d.Threads.Receive(t.Context(), in))(t).ThreadID
	}
	st.finds.Store(0)
	page := must(d.Contacts.Timeline(t.Context(), "ann", engage.TimelineFilter{ThreadID: thread}))(t)
	if finds := st.finds.Load(); len(page.Items) != 1 || finds > 1 {
		t.Errorf("%d items, %d finds", len(page.Items), finds)
	}
}

// TestWhatATimelineCostsDoesNotGrowWithWhatHappened, not even if all of it happened at
// the same instant.
func TestWhatATimelineCostsDoesNotGrowWithWhatHappened(t *testing.T) {
	t.Parallel()
	large(t)
	st := &counting{Store: newMemory(t)}
	eng := newEngine(t, st, nil)
	declare(t, eng, plainSchema())
	must(eng.Sources.Create(t.Context(), interaction.Source{ID: "chat", Type: "messenger", Name: "chat", Active: true}))(t)
	happen := func(contents, visits int) {
		for n := range contents {
			in := engage.Inbound{SourceID: "chat", Message: interaction.Message{Body: "hello"}}
			in.Customer.ContactID, in.Customer.ForeignID = "ann", fmt.Sprint("account ", n%3)
			must(eng.Threads.Receive(t.Context(), in))(t)
		}
		fill(t, eng, visits)
	}
	costs := func(oldest bool) (finds, records int64) {
		f := engage.TimelineFilter{OldestFirst: oldest}
		for range 3 {
			st.gets.Store(0)
			st.finds.Store(0)
			st.records.Store(0)
			page := must(eng.Contacts.Timeline(t.Context(), "ann", f))(t)
			if len(page.Items) != 50 || page.Continuation == "" {
				t.Fatalf("%d items, %q", len(page.Items), page.Continuation)
			}
			f.Continuation = page.Continuation
			finds, records = max(finds, st.finds.Load()), max(records, st.records.Load())
		}
		return finds, records
	}
	happen(90, 110)
	happen(600, 10_000)
	for _, oldest := range []bool{false, true} {
		// A page of 50 of four lists: each read twice or three times, all that was read
		// confirmed once, and what the entries are about.
		if finds, records := costs(oldest); finds > 12 || records > 500 {
			t.Errorf("oldest first %t: %d finds, %d records", oldest, finds, records)
		}
	}
}
