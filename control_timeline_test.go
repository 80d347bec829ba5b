package engage_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
)

// moved is a conversation whose control has gone to and fro, a minute apart each time.
func newMoved(t *testing.T, times int) *controlled {
	t.Helper()
	c := newControlled(t, handover.Settings{Primary: handover.Agent})
	for n := range times {
		c.clock.pass(time.Minute)
		if n%2 == 0 {
			if err := c.toBot(false); err != nil {
				t.Fatal(err)
			}
			continue
		}
		must(c.As(robot).Control.Handover(t.Context(), handover.Request{
			IdentityForeignID: "eve", From: handover.Bot, To: handover.Agent, Type: "messenger",
		}))(t)
	}
	return c
}

// spans reads all spans, in pages.
func (c *controlled) spans(f engage.ControlFilter) (all []engage.ControlSpan, pages int) {
	c.t.Helper()
	f.SourceID, f.IdentityID = "chat", c.eve.IdentityID
	for {
		page := must(c.Control.Timeline(c.t.Context(), f))(c.t)
		pages++
		all = append(all, page.Items...)
		if f.Continuation = page.Continuation; f.Continuation == "" {
			return all, pages
		}
	}
}

// The spans come in pages, in either order, the same whatever the size of the pages; each
// ends when the next begins, and none is of another conversation.
func TestTheTimelineOfControlInPages(t *testing.T) {
	t.Parallel()
	const moves = 11
	c := newMoved(t, moves)
	c.writes("fay", "hello") // who has control of that is not told here
	whole, _ := c.spans(engage.ControlFilter{OldestFirst: true})
	if len(whole) != moves+1 {
		t.Fatalf("%d spans, want %d", len(whole), moves+1)
	}
	for n, span := range whole {
		want := handover.Agent
		if n%2 == 1 {
			want = handover.Bot
		}
		if span.Owner != want || span.IdentityID != c.eve.IdentityID || n > 0 && (span.Epoch <= whole[n-1].Epoch || !span.Since.Equal(whole[n-1].Until)) {
			t.Errorf("span %d: %+v", n, span)
		}
	}
	for _, limit := range []int{1, 5, 12, 1000} {
		oldest, pages := c.spans(engage.ControlFilter{OldestFirst: true, Limit: limit})
		if !slices.Equal(oldest, whole) || pages > len(whole)/limit+1 {
			t.Errorf("pages of %d, the oldest first: %d spans in %d pages", limit, len(oldest), pages)
		}
		newest, _ := c.spans(engage.ControlFilter{Limit: limit})
		slices.Reverse(newest)
		if !slices.Equal(newest, whole) {
			t.Errorf("pages of %d, the newest first: %+v", limit, newest)
		}
	}
}

// What others write between two pages of the newest first is not in the second, and nothing
// is twice.
func TestTheTimelineOfControlWhileItGoesOn(t *testing.T) {
	t.Parallel()
	c := newMoved(t, 4)
	before, _ := c.spans(engage.ControlFilter{})
	f := engage.ControlFilter{SourceID: "chat", IdentityID: c.eve.IdentityID, Limit: 2}
	page := must(c.Control.Timeline(t.Context(), f))(t)
	c.clock.pass(time.Minute)
	if err := c.toBot(false); err != nil {
		t.Fatal(err)
	}
	rest, _ := c.spans(engage.ControlFilter{Continuation: page.Continuation})
	if all := slices.Concat(page.Items, rest); !slices.Equal(all, before) {
		t.Errorf("%+v\nwant %+v", all, before)
	}
}

func TestTimelinesOfControlThatCannotBe(t *testing.T) {
	t.Parallel()
	c := newMoved(t, 3)
	first := must(c.Control.Timeline(t.Context(), engage.ControlFilter{SourceID: "chat", IdentityID: c.eve.IdentityID, Limit: 1}))(t)
	fay := c.writes("fay", "hello")
	for name, row := range map[string]struct {
		filter engage.ControlFilter
		want   error
	}{
		"no source":                    {engage.ControlFilter{IdentityID: c.eve.IdentityID}, engage.ErrNotFound},
		"an unknown source":            {engage.ControlFilter{SourceID: "x", IdentityID: c.eve.IdentityID}, engage.ErrNotFound},
		"no identity":                  {engage.ControlFilter{SourceID: "chat"}, engage.ErrNotFound},
		"a limit below":                {engage.ControlFilter{SourceID: "chat", IdentityID: c.eve.IdentityID, Limit: -1}, engage.ErrInvalid},
		"a limit above":                {engage.ControlFilter{SourceID: "chat", IdentityID: c.eve.IdentityID, Limit: 1001}, engage.ErrInvalid},
		"a continuation of nothing":    {engage.ControlFilter{SourceID: "chat", IdentityID: c.eve.IdentityID, Continuation: "x"}, engage.ErrInvalid},
		"one of another conversation":  {engage.ControlFilter{SourceID: "chat", IdentityID: fay.IdentityID, Continuation: first.Continuation}, engage.ErrInvalid},
		"one of the other order":       {engage.ControlFilter{SourceID: "chat", IdentityID: c.eve.IdentityID, OldestFirst: true, Continuation: first.Continuation}, engage.ErrInvalid},
		"an identity that never was":   {engage.ControlFilter{SourceID: "chat", IdentityID: "01ARZ3NDEKTSV4RRFFQ69G5FAV"}, engage.ErrNotFound},
		"a text that is no identity's": {engage.ControlFilter{SourceID: "chat", IdentityID: strings.Repeat("x", 1000)}, engage.ErrNotFound},
	} {
		if page, err := c.Control.Timeline(t.Context(), row.filter); !errors.Is(err, row.want) || len(page.Items) > 0 {
			t.Errorf("%s: %v, want %v", name, err, row.want)
		}
	}
}

// A person's timeline tells who had control when, and of what came to nothing, as it was
// then; also in pages, and when the person turns out to be another.
func TestAPersonsTimelineTellsWhoHadControl(t *testing.T) {
	t.Parallel()
	c := newControlled(t, handover.Settings{Primary: handover.Agent, NoRequest: true})
	c.clock.pass(time.Minute)
	if err := c.toBot(false); err != nil {
		t.Fatal(err)
	}
	c.clock.pass(time.Minute)
	if err := c.Control.Configure(t.Context(), "chat", byBot); err != nil {
		t.Fatal(err)
	}
	i := c.engages(ann, c.eve.ThreadID)
	c.clock.pass(time.Minute / 2)
	must(c.As(robot).Control.Decline(t.Context(), "chat", c.eve.IdentityID))(t)
	c.clock.pass(time.Minute)
	must(c.Control.Settle(t.Context(), "chat", c.eve.IdentityID, handover.Party{Owner: handover.Agent}))(t)
	must(c.Interventions.Cancel(t.Context(), i.ID))(t)
	want := []string{
		"control.changed: agent, before idle, by customer_writes",
		"control.changed: bot robot, before agent, by handover_to_bot",
		"control.requested: bot robot, request",
		"control.declined: bot robot, request",
		"control.failed: bot robot, request, for the bot declined to give control",
		"control.changed: agent, before bot robot, by settled",
		"control.changed: idle, before agent, by engaged_ends",
	}
	check := func(contactID string, f engage.TimelineFilter) {
		t.Helper()
		f.OldestFirst = true
		var told []string
		for {
			page := must(c.Contacts.Timeline(t.Context(), contactID, f))(t)
			for _, e := range page.Items {
				if e.Resource.Type != engage.ResourceControl {
					continue
				}
				text := string(e.Type) + ": " + e.Control.String()
				if e.PreviousControl.Owner != "" {
					text += ", before " + e.PreviousControl.String() + ", by " + e.ControlCause
				}
				if e.ControlVerb != "" && e.Type != engage.EventControlChanged {
					text += ", " + string(e.ControlVerb)
				}
				if e.ControlReason != "" {
					text += ", for " + e.ControlReason
				}
				told = append(told, text)
				if e.IdentityID != c.eve.IdentityID || e.SourceID != "chat" || e.ThreadID != "" {
					t.Errorf("where it happened: %+v", e)
				}
			}
			if f.Continuation = page.Continuation; f.Continuation == "" {
				break
			}
		}
		if !slices.Equal(told, want) {
			t.Errorf("%+v:\n%s\nwant\n%s", f, strings.Join(told, "\n"), strings.Join(want, "\n"))
		}
	}
	check(c.eve.ContactID, engage.TimelineFilter{})
	check(c.eve.ContactID, engage.TimelineFilter{Limit: 1})
	check(c.eve.ContactID, engage.TimelineFilter{SourceID: "chat", Limit: 3})
	checkThen(t, t, c.Engine, c.eve.ContactID)
	before, _ := c.spans(engage.ControlFilter{})
	other := c.writes("eve at work", "hello")
	must(c.Contacts.Merge(t.Context(), c.eve.ContactID, other.ContactID))(t)
	after, _ := c.spans(engage.ControlFilter{})
	if !slices.Equal(after, before) {
		t.Errorf("the spans when the contact is merged: %+v, want %+v", after, before)
	}
	page := must(c.Contacts.Timeline(t.Context(), other.ContactID, engage.TimelineFilter{Limit: 1000}))(t)
	changes := map[string]int{}
	for _, e := range page.Items {
		if e.Type == engage.EventControlChanged {
			changes[e.IdentityID]++
		}
	}
	if changes[c.eve.IdentityID] != 4 || changes[other.IdentityID] != 1 {
		t.Errorf("the changes in the timeline of both: %v", changes)
	}
}
