package engage_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/platformtest"
)

// failer is what stops a test, or a run of a property.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// checkThen fails unless the entries of the timelines of some contacts say what the events
// said that told of the same: whatever has happened since.
func checkThen(tb testing.TB, rt failer, eng *engage.Engine, contacts ...string) (entries int) {
	tb.Helper()
	rt.Helper()
	type about struct {
		typ      engage.EventType
		resource engage.Resource
	}
	told := map[about][]engage.Event{}
	for e, err := range eng.Events.After(tb.Context(), 0) {
		if err != nil {
			rt.Fatalf("%v", err)
		}
		told[about{e.Type, e.Resource}] = append(told[about{e.Type, e.Resource}], e)
	}
	for _, contact := range contacts {
		f := engage.TimelineFilter{OldestFirst: true, Limit: 1000}
		page, err := eng.Contacts.Timeline(tb.Context(), contact, f)
		if err != nil || page.Continuation != "" {
			rt.Fatalf("%v, %q", err, page.Continuation)
		}
		for _, entry := range page.Items {
			of := about{entry.Type, entry.Resource}
			if len(told[of]) == 0 {
				rt.Fatalf("nothing told of %+v", entry)
			}
			want, got := thenOf(tb, told[of][0]), entry.Then
			told[of] = told[of][1:]
			// These the events do not have.
			got.ThreadStatus, got.InterventionStatus, got.Set = "", "", engage.SetValues{}
			if entry.Resource.Type == engage.ResourceComment {
				got.Owner = engage.Actor{}
			}
			if !reflect.DeepEqual(got, want) {
				rt.Fatalf("%s:\ngot  %+v\nwant %+v", entry.Type, got, want)
			}
			entries++
		}
	}
	return entries
}

// thenOf returns what an event says that its record may lose.
func thenOf(tb testing.TB, e engage.Event) engage.Then {
	tb.Helper()
	switch e.Resource.Type {
	case engage.ResourceContent:
		v := decode[engage.ContentEvent](tb, e)
		return engage.Then{
			ContentStatus: v.Status, SynchronizationStatus: v.SynchronizationStatus, SynchronizationError: v.SynchronizationError,
			ThreadTitle: v.ThreadTitle, CategoryIDs: v.CategoryIDs,
		}
	case engage.ResourceThread:
		v := decode[engage.ThreadEvent](tb, e)
		return engage.Then{ThreadTitle: v.ThreadTitle, CategoryIDs: v.ThreadCategoryIDs, CloseCause: v.CloseCause}
	case engage.ResourceIntervention:
		v := decode[engage.InterventionLifeEvent](tb, e)
		return engage.Then{
			Owner: v.Owner, PreviousOwner: v.PreviousOwner, Participant: v.Participant, CategoryIDs: v.CategoryIDs,
			DispositionIDs: v.DispositionIDs, DeferredAt: v.DeferredAt, CloseCause: v.Cause, Contested: v.Contested,
		}
	case engage.ResourceControl:
		v := decode[engage.ControlEvent](tb, e)
		then := engage.Then{
			Control: handover.Party{Owner: v.Owner, App: v.AppID}, ControlUncertain: v.Uncertain, ControlCause: v.Cause, ControlReason: v.Reason,
		}
		if v.Previous != nil {
			then.PreviousControl = *v.Previous
		}
		if v.Verb != nil {
			then.ControlVerb = v.Verb.Kind
		}
		return then
	}
	return engage.Then{}
}

// checkTimelines compares the timelines of all contacts with the events.
func (d *drill) checkTimelines() {
	d.rt.Helper()
	ids := map[string]bool{}
	for _, id := range d.identities {
		ids[must(d.Identities.Get(d.t.Context(), id))(d.t).ContactID] = true
	}
	checkThen(d.t, d.rt, d.Engine, slices.Sorted(maps.Keys(ids))...)
}

// TestATimelineTellsWhatWasSo then, and not what became of it: of a delivery that failed
// and was retried, of an intervention that was closed twice, deferred twice and passed on,
// of a thread that was annotated twice and got its title late.
func TestATimelineTellsWhatWasSo(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	for _, c := range []interaction.Category{{ID: "how", Unselectable: true, PostQualification: true}, {ID: "solved", ParentID: "how"}, {ID: "lost", ParentID: "how"}, {ID: "topic"}} {
		c.Name = c.ID
		must(d.Categories.Create(ctx, c))(t)
	}
	in := d.says("account", "hi")
	in.Customer.ContactID = "eve"
	got := must(d.Threads.Receive(ctx, in))(t)
	i := d.engages(ann, got.ThreadID)
	d.platform.Will(platformtest.Fail(engage.Permanent(errors.New("no such number"))), platformtest.Next(1))
	posted := d.replies(ann, got.ThreadID, "hello")
	d.runs()
	desk := d.As(ann)
	annotate := func(detail map[string]json.RawMessage) {
		t.Helper()
		d.clock.pass(time.Minute)
		must(desk.Threads.Annotate(ctx, got.ThreadID, detail))(t)
	}
	annotate(map[string]json.RawMessage{"tier": json.RawMessage(` "gold"`), "since": json.RawMessage(`1999`)})
	first := d.clock.read().Add(time.Hour)
	must(desk.Interventions.Defer(ctx, i.ID, first))(t)
	must(desk.Interventions.Resume(ctx, i.ID))(t)
	must(desk.Interventions.SetCustomFields(ctx, i.ID, map[string]json.RawMessage{"price": json.RawMessage(`9`)}))(t)
	must(desk.Interventions.Close(ctx, i.ID, engage.Closing{DispositionIDs: []string{"solved"}}))(t)
	must(desk.Interventions.Reopen(ctx, i.ID))(t)
	in = d.says("account", "again")
	in.Title = "At last"
	must(d.Threads.Receive(ctx, in))(t)
	annotate(map[string]json.RawMessage{"tier": json.RawMessage(`"tin"`), "since": json.RawMessage(`null`)})
	must(desk.Interventions.Categorize(ctx, i.ID, []string{"topic"}))(t)
	must(desk.Interventions.Defer(ctx, i.ID, first.Add(time.Hour)))(t)
	must(desk.Interventions.SetCustomFields(ctx, i.ID, map[string]json.RawMessage{"price": json.RawMessage(`null`)}))(t)
	must(desk.Interventions.Close(ctx, i.ID, engage.Closing{DispositionIDs: []string{"lost"}}))(t)
	if err := d.Jobs.Retry(ctx, must(d.Contents.Get(ctx, posted.Content.ID))(t).JobID); err != nil {
		t.Fatal(err)
	}
	d.clock.pass(time.Hour)
	d.runs()
	if n := checkThen(t, t, d.Engine, "eve"); n < 14 {
		t.Errorf("%d entries", n)
	}
	var story []string
	for _, e := range must(d.Contacts.Timeline(ctx, "eve", engage.TimelineFilter{OldestFirst: true}))(t).Items {
		switch e.Type {
		case engage.EventContentImported:
			story = append(story, fmt.Sprintf("%s in %q", e.ContentStatus, e.ThreadTitle))
		case engage.EventContentExported:
			story = append(story, fmt.Sprintf("%s %s", e.SynchronizationStatus, e.SynchronizationError))
		case engage.EventThreadAnnotated, engage.EventInterventionCustomFieldsUpdated:
			for _, name := range e.Set.Names {
				story = append(story, fmt.Sprintf("%s = %s", name, e.Set.Values[name]))
			}
		case engage.EventInterventionDeferred:
			story = append(story, "deferred by "+e.DeferredAt.Sub(first).String())
		case engage.EventInterventionClosed, engage.EventInterventionReopened:
			story = append(story, fmt.Sprintf("%s %v", e.InterventionStatus, e.DispositionIDs))
		}
	}
	want := []string{
		`new in ""`, "export_failure no such number", "since = 1999", `tier = "gold"`, "deferred by 0s", "price = 9",
		"closed [solved]", "open []", `assigned in "At last"`, "since = null", `tier = "tin"`, "deferred by 1h0m0s", "price = null",
		"closed [lost]", "success ",
	}
	if !slices.Equal(story, want) {
		t.Errorf("\n%s\nwant\n%s", strings.Join(story, "\n"), strings.Join(want, "\n"))
	}
}

// TestATimelineKeepsSoMuchOfWhatWasSet: all names and values that come to the bound, of
// more only the first names, and the values that have room.
func TestATimelineKeepsSoMuchOfWhatWasSet(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	got := d.writes("eve", "hi")
	half := strings.Repeat("x", engage.MaxSetValues/2)
	quoted := json.RawMessage(`"` + half[2:] + `"`)
	for name, c := range map[string]struct {
		set          map[string]json.RawMessage
		names        []string
		values, more int
	}{
		"nothing":                {set: map[string]json.RawMessage{}},
		"the bound of values":    {set: map[string]json.RawMessage{"a": quoted, "b": quoted}, names: []string{"a", "b"}, values: 2},
		"beyond, and a small":    {set: map[string]json.RawMessage{"a": quoted, "b": json.RawMessage(`"` + half + `"`), "c": quoted[:0]}, names: []string{"a", "b", "c"}, values: 2},
		"one that has been gone": {set: map[string]json.RawMessage{"z": json.RawMessage(`null`)}, names: []string{"z"}, values: 1},
		"many names": {set: map[string]json.RawMessage{
			half[:1000] + "a": quoted[:0], half[:1000] + "b": quoted[:0], half[:1000] + "c": quoted[:0], half[:1000] + "d": quoted[:0],
			half[:1000] + "e": quoted[:0], "y": quoted[:0],
		}, names: []string{half[:1000] + "a", half[:1000] + "b", half[:1000] + "c", half[:1000] + "d"}, values: 4, more: 2},
	} {
		for n, value := range c.set {
			if len(value) == 0 {
				c.set[n] = json.RawMessage(`1`)
			}
		}
		must(d.Threads.Annotate(t.Context(), got.ThreadID, c.set))(t)
		d.clock.pass(time.Second)
		e := must(d.Contacts.Timeline(t.Context(), got.ContactID, engage.TimelineFilter{Limit: 1}))(t).Items[0]
		if !slices.Equal(e.Set.Names, c.names) || len(e.Set.Values) != c.values || e.Set.More != c.more {
			t.Errorf("%s: %d names, %d values, %d more", name, len(e.Set.Names), len(e.Set.Values), e.Set.More)
		}
	}
}
