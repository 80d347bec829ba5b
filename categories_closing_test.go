package engage_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
)

// withTopics declares a tree of which a category is demanded on the source "mail", and
// that source, whose threads begin with some categories.
func withTopics(t *testing.T, defaults ...string) *desk {
	t.Helper()
	d := newDesk(t)
	for _, c := range []interaction.Category{
		{ID: "topic", Mandatory: true, Unselectable: true, SourceIDs: []string{"mail"}},
		{ID: "parcel", ParentID: "topic"},
		{ID: "other"},
	} {
		c.Name = c.ID
		must(d.Categories.Create(t.Context(), c))(t)
	}
	must(d.Sources.Create(t.Context(), interaction.Source{
		ID: "mail", Type: "messenger", CommunityID: "chat", Name: "mail", Active: true, DefaultCategoryIDs: defaults,
	}))(t)
	return d
}

// TestWhatIsDemandedAtTheEnd is a category of the intervention, or of its thread.
func TestWhatIsDemandedAtTheEnd(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		defaults, thread, own []string
		closes                bool
	}{
		"nothing is chosen":              {},
		"something else is chosen":       {thread: []string{"other"}, own: []string{"other"}},
		"the intervention's":             {own: []string{"parcel"}, closes: true},
		"the thread's":                   {thread: []string{"parcel"}, closes: true},
		"the thread's, beside its own":   {thread: []string{"parcel"}, own: []string{"other"}, closes: true},
		"that which the source gives it": {defaults: []string{"parcel"}, closes: true},
		"the source's, taken away again": {defaults: []string{"parcel"}, thread: []string{"other"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := withTopics(t, c.defaults...)
			in := d.says("eve", "hello")
			in.SourceID = "mail"
			got := must(d.Threads.Receive(t.Context(), in))(t)
			i := d.engages(ann, got.ThreadID)
			d.replies(ann, got.ThreadID, "hello")
			if c.thread != nil {
				must(d.As(ann).Threads.Categorize(t.Context(), got.ThreadID, c.thread))(t)
			}
			must(d.As(ann).Interventions.Categorize(t.Context(), i.ID, c.own))(t)
			closed, err := d.As(ann).Interventions.Close(t.Context(), i.ID, engage.Closing{})
			lacking, lacks := errors.AsType[*interaction.CategoryError](err)
			if c.closes && (err != nil || closed.DispositionMissing) || !c.closes && (!lacks || lacking.ID != "topic" || !errors.Is(err, engage.ErrRefused)) {
				t.Errorf("%+v, %v", closed, err)
			}
		})
	}
}

// TestContentsAreToldOfWithTheCategoriesOfTheirIntervention, as far as it has some, else
// with those of their thread.
func TestContentsAreToldOfWithTheCategoriesOfTheirIntervention(t *testing.T) {
	t.Parallel()
	d := withTopics(t, "other")
	told := map[engage.EventType][]string{}
	position := int64(0)
	tell := func(want map[engage.EventType][]string) {
		t.Helper()
		clear(told)
		for e, err := range d.Events.After(t.Context(), position) {
			if err != nil {
				t.Fatal(err)
			}
			position = e.Position
			if e.Resource.Type == engage.ResourceContent {
				told[e.Type] = decode[engage.ContentEvent](t, e).CategoryIDs
			}
		}
		if len(told) != len(want) {
			t.Errorf("told of %v, want %v", told, want)
		}
		for typ, ids := range want {
			if !slices.Equal(told[typ], ids) {
				t.Errorf("%s: %v, want %v", typ, told[typ], ids)
			}
		}
	}
	in := d.says("eve", "hello")
	in.SourceID = "mail"
	got := must(d.Threads.Receive(t.Context(), in))(t)
	tell(map[engage.EventType][]string{engage.EventContentImported: {"other"}})
	i := d.engages(ann, got.ThreadID)
	d.replies(ann, got.ThreadID, "hello")
	d.runs()
	tell(map[engage.EventType][]string{engage.EventContentReplied: {"other"}, engage.EventContentExported: {"other"}})
	must(d.As(ann).Interventions.Categorize(t.Context(), i.ID, []string{"parcel"}))(t)
	in = d.says("eve", "thanks")
	in.SourceID = "mail"
	got = must(d.Threads.Receive(t.Context(), in))(t)
	must(d.As(ann).Contents.Ignore(t.Context(), got.ContentID))(t)
	d.replies(ann, got.ThreadID, "you are welcome")
	d.runs()
	tell(map[engage.EventType][]string{
		engage.EventContentImported: {"parcel"}, engage.EventContentIgnored: {"parcel"},
		engage.EventContentReplied: {"parcel"}, engage.EventContentExported: {"parcel"},
	})
}
