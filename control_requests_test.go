package engage_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/messenger/messengertest"
)

// asks is a request of a bot for control of the conversation with eve; change makes it
// another.
func (c *controlled) asks(change func(*handover.Request)) (engage.Handed, error) {
	c.t.Helper()
	r := handover.Request{IdentityForeignID: "eve", From: handover.Agent, To: handover.Bot, Type: "messenger", AppID: robot.ID}
	change(&r)
	return c.As(robot).Control.Handover(c.t.Context(), r)
}

// configured adds a source of a type to a community.
func (c *controlled) configured(id, typ, community string) {
	c.t.Helper()
	must(c.Sources.Create(c.t.Context(), interaction.Source{ID: id, Type: typ, CommunityID: community, Active: true}))(c.t)
	if err := c.Control.Configure(c.t.Context(), id, handover.Settings{}); err != nil {
		c.t.Fatal(err)
	}
}

// is reports whether an error is, or wraps, one of that type.
func is[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

// A request that names no conversation, or several, or something that cannot be, is
// answered with a typed error, and changes nothing.
func TestRequestsThatCannotBe(t *testing.T) {
	t.Parallel()
	type unknown = *handover.UnknownIdentityError
	type wrong = *handover.UnknownValueError
	virtual := func(r *handover.Request) {
		r.Type, r.IdentityForeignID = handover.TypeVirtualAgent, ""
	}
	for _, row := range []struct {
		name   string
		before func(c *controlled) string // its answer is an ID that the request names
		change func(r *handover.Request, id string)
		is     func(error) bool
		class  error
	}{
		{"an identity that nobody has", nil, func(r *handover.Request, _ string) { r.IdentityForeignID = "nobody" }, is[unknown], engage.ErrNotFound},
		{"a type that no source has", nil, func(r *handover.Request, _ string) { r.Type = "mail" }, is[*handover.UnknownValueError], engage.ErrInvalid},
		{"an identity of another type", func(c *controlled) string {
			c.configured("mail", "mail", "")
			return ""
		}, func(r *handover.Request, _ string) { r.Type = "mail" }, is[unknown], engage.ErrNotFound},
		{"an identity that is not on that source", func(c *controlled) string {
			c.configured("other", "messenger", "")
			return ""
		}, func(r *handover.Request, _ string) { r.SourceID = "other" }, is[unknown], engage.ErrNotFound},
		{"a source that is not there", nil, func(r *handover.Request, _ string) { r.SourceID = "none" }, is[unknown], engage.ErrNotFound},
		{"a source of another type", func(c *controlled) string {
			c.configured("mail", "mail", "")
			return ""
		}, func(r *handover.Request, _ string) { r.SourceID = "mail" }, is[unknown], engage.ErrNotFound},
		{"a source without thread control", func(c *controlled) string {
			must(c.Sources.Create(c.t.Context(), interaction.Source{ID: "plain", Type: "messenger", CommunityID: "chat", Active: true}))(c.t)
			return ""
		}, func(r *handover.Request, _ string) { r.SourceID = "plain" }, is[unknown], engage.ErrNotFound},
		{"a virtual agent, and neither an intervention nor a source", nil, func(r *handover.Request, _ string) {
			r.Type = handover.TypeVirtualAgent
		}, is[*handover.MissingParameterError], engage.ErrInvalid},
		{"no identity", nil, func(r *handover.Request, _ string) { r.IdentityForeignID = "" }, is[*handover.MissingParameterError], engage.ErrInvalid},
		{"an intervention that is not there", nil, func(r *handover.Request, _ string) {
			virtual(r)
			r.InterventionID = "none"
		}, is[*engage.NotFoundError], engage.ErrNotFound},
		{"an intervention with somebody else", func(c *controlled) string {
			return c.engages(ann, c.writes("fay", "hi").ThreadID).ID
		}, func(r *handover.Request, id string) {
			r.Type, r.InterventionID = handover.TypeVirtualAgent, id
		}, is[wrong], engage.ErrInvalid},
		{"an intervention on another source", func(c *controlled) string {
			c.configured("other", "messenger", "")
			return c.engages(ann, c.eve.ThreadID).ID
		}, func(r *handover.Request, id string) {
			virtual(r)
			r.InterventionID, r.SourceID = id, "other"
		}, is[wrong], engage.ErrInvalid},
		{"an intervention that has ended", func(c *controlled) string {
			i := c.engages(ann, c.eve.ThreadID)
			return must(c.Interventions.Cancel(c.t.Context(), i.ID))(c.t).ID
		}, func(r *handover.Request, id string) {
			virtual(r)
			r.InterventionID = id
		}, is[*engage.RefusedError], engage.ErrRefused},
		{"a category that is not there", nil, func(r *handover.Request, _ string) {
			r.ThreadCategoryIDs = []string{"none"}
		}, is[*interaction.CategoryError], engage.ErrInvalid},
		{"a category of another source", func(c *controlled) string {
			c.configured("other", "messenger", "")
			return must(c.Categories.Create(c.t.Context(), interaction.Category{ID: "theirs", Name: "theirs", SourceIDs: []string{"other"}}))(c.t).ID
		}, func(r *handover.Request, id string) { r.ThreadCategoryIDs = []string{id} }, is[*interaction.CategoryError], engage.ErrInvalid},
		{"a disposition as category", func(c *controlled) string {
			return must(c.Categories.Create(c.t.Context(), interaction.Category{ID: "solved", Name: "solved", PostQualification: true}))(c.t).ID
		}, func(r *handover.Request, id string) { r.ThreadCategoryIDs = []string{id} }, is[*interaction.CategoryError], engage.ErrInvalid},
		{"a category, and an intervention is engaged", func(c *controlled) string {
			c.engages(ann, c.eve.ThreadID)
			return must(c.Categories.Create(c.t.Context(), interaction.Category{ID: "sales", Name: "sales"}))(c.t).ID
		}, func(r *handover.Request, id string) { r.ThreadCategoryIDs = []string{id} }, is[*handover.RefusedError], engage.ErrRefused},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			c := newControlled(t, handover.Settings{Primary: handover.Agent})
			id := ""
			if row.before != nil {
				id = row.before(c)
			}
			owner, before := c.control().Owner, types(t, c.Engine, 0)
			_, err := c.asks(func(r *handover.Request) { row.change(r, id) })
			if !row.is(err) || !errors.Is(err, row.class) {
				t.Errorf("the error is %T: %v", err, err)
			}
			c.has(owner)
			if after := types(t, c.Engine, 0); !slices.Equal(after, before) {
				t.Errorf("events: %v", after[len(before):])
			}
			if got := must(c.Threads.Get(t.Context(), c.eve.ThreadID))(t).ThreadCategoryIDs; len(got) > 0 {
				t.Errorf("the thread has the categories %v", got)
			}
		})
	}
}

// Where the customer is known on several sources of a type, the error names them, and
// source_id says which. So it is with several sources that share their customers, and with
// a source that is not active: who has control there is true all the same.
func TestRequestsForOneOfSeveralSources(t *testing.T) {
	t.Parallel()
	for _, community := range []string{"", "chat"} {
		t.Run("of the community "+community, func(t *testing.T) {
			t.Parallel()
			c := newControlled(t, handover.Settings{Primary: handover.Agent})
			c.configured("other", "messenger", community)
			in := c.says("eve", "and here")
			in.SourceID = "other"
			there := must(c.Threads.Receive(t.Context(), in))(t)
			source := must(c.Sources.Get(t.Context(), "other"))(t)
			source.Active = false
			must(c.Sources.Update(t.Context(), source))(t)
			_, err := c.asks(func(*handover.Request) {})
			ambiguous, ok := errors.AsType[*handover.AmbiguousIdentityError](err)
			if !ok || !errors.Is(err, engage.ErrConflict) {
				t.Fatalf("the error is %v", err)
			}
			slices.Sort(ambiguous.SourceIDs)
			if !slices.Equal(ambiguous.SourceIDs, []string{"chat", "other"}) {
				t.Errorf("it names %v", ambiguous.SourceIDs)
			}
			for _, id := range ambiguous.SourceIDs {
				identity := map[string]string{"chat": c.eve.IdentityID, "other": there.IdentityID}[id]
				handed := must(c.asks(func(r *handover.Request) { r.SourceID = id }))(t)
				if handed.SourceID != id || handed.IdentityID != identity || handed.Act != handover.DoPass || handed.Control.Owner != handover.Bot {
					t.Errorf("on %s: %+v", id, handed)
				}
				expect(t, "who has control there", must(c.Control.Get(t.Context(), id, identity))(t).Owner, handover.Bot)
			}
			if same := c.eve.IdentityID == there.IdentityID; same != (community != "") {
				t.Errorf("the identities are the same: %v", same)
			}
		})
	}
}

// A source that has no thread control does not count: the customer is known on one only.
func TestRequestsLookWhereThereIsControl(t *testing.T) {
	t.Parallel()
	c := newControlled(t, handover.Settings{Primary: handover.Agent})
	must(c.Sources.Create(t.Context(), interaction.Source{ID: "plain", Type: "messenger", Active: true}))(t)
	in := c.says("eve", "and here")
	in.SourceID = "plain"
	must(c.Threads.Receive(t.Context(), in))(t)
	handed := must(c.asks(func(*handover.Request) {}))(t)
	expect(t, "the source", handed.SourceID, "chat")
}

// What a request names beside is done with it: the categories of the thread, and the name
// of the bot's rule in the events.
func TestRequestsCategorizeAndTellTheirTrigger(t *testing.T) {
	t.Parallel()
	c := newControlled(t, handover.Settings{Primary: handover.Agent})
	for _, id := range []string{"sales", "old"} {
		must(c.Categories.Create(t.Context(), interaction.Category{ID: id, Name: id}))(t)
	}
	must(c.Threads.Categorize(t.Context(), c.eve.ThreadID, []string{"old"}))(t)
	before := int64(len(types(t, c.Engine, 0)))
	change := func(r *handover.Request) { r.ThreadCategoryIDs, r.Trigger = []string{"sales"}, "says hello" }
	must(c.asks(change))(t)
	if got := must(c.Threads.Get(t.Context(), c.eve.ThreadID))(t).ThreadCategoryIDs; !slices.Equal(got, []string{"sales"}) {
		t.Errorf("the thread has the categories %v", got)
	}
	must(c.asks(change))(t) // once more changes nothing
	var happened []engage.EventType
	for e, err := range c.Events.After(t.Context(), before) {
		if err != nil {
			t.Fatal(err)
		}
		happened = append(happened, e.Type)
		if e.Type != engage.EventControlChanged {
			continue
		}
		var told engage.ControlEvent
		if err := e.Decode(&told); err != nil || told.Trigger != "says hello" || e.Actor != robot {
			t.Errorf("%v: %+v, %v", e.Actor, told, err)
		}
	}
	if want := []engage.EventType{engage.EventThreadRecategorized, engage.EventControlChanged}; !slices.Equal(happened, want) {
		t.Errorf("events: %v, want %v", happened, want)
	}
}

// With engage_virtual_agent the intervention that is named goes to the bot, and does not
// stand in the way; any other does. The bot gives control back, and leaves the
// intervention to whoever engages next.
func TestAnInterventionGoesToTheVirtualAgent(t *testing.T) {
	t.Parallel()
	c := newControlled(t, handover.Settings{Primary: handover.Agent})
	his := c.engages(bob, c.eve.ThreadID)
	second := must(c.Threads.Open(t.Context(), engage.NewThread{SourceID: "chat", Customer: engage.Account{ForeignID: "eve"}}))(t)
	hers := c.engages(ann, second.ID)
	must(c.Categories.Create(t.Context(), interaction.Category{ID: "faq", Name: "faq"}))(t)
	named := func(r *handover.Request) {
		r.Type, r.InterventionID, r.IdentityForeignID = handover.TypeVirtualAgent, hers.ID, ""
		r.ThreadCategoryIDs = []string{"faq"}
	}
	_, err := c.asks(named)
	refused, ok := errors.AsType[*handover.RefusedError](err)
	if !ok || refused.Code != handover.CodeEngaged || len(refused.InTheWay) != 1 || refused.InTheWay[0].InterventionID != his.ID {
		t.Fatalf("bob is engaged: %v", err)
	}
	must(c.Interventions.Cancel(t.Context(), his.ID))(t)
	must(c.asks(named))(t)
	c.has(handover.Bot)
	i := must(c.Interventions.Get(t.Context(), hers.ID))(t)
	if i.Owner != robot || i.Status != interaction.InterventionOpen {
		t.Errorf("the intervention is %s with %v", i.Status, i.Owner)
	}
	for id, want := range map[string]int{c.eve.ThreadID: 0, second.ID: 1} {
		expect(t, "categories of the thread", len(must(c.Threads.Get(t.Context(), id))(t).ThreadCategoryIDs), want)
	}
	posted := c.replies(robot, second.ID, "Beep.")
	c.runs()
	expect(t, "status", c.sync(posted.ID), interaction.SyncSuccess)

	must(c.asks(func(r *handover.Request) {
		r.Type, r.InterventionID, r.IdentityForeignID = handover.TypeVirtualAgent, hers.ID, ""
		r.From, r.To, r.AppID = handover.Bot, handover.Agent, ""
	}))(t)
	c.has(handover.Agent)
	if i = must(c.Interventions.Get(t.Context(), hers.ID))(t); !i.Owner.IsZero() {
		t.Errorf("it is with %v", i.Owner)
	}
	c.engages(ann, second.ID)
	c.has(handover.Agent)
}

// On Messenger a virtual agent and the agents are one app: control goes between them, and
// Messenger is not told.
func TestAVirtualAgentOnMessenger(t *testing.T) {
	t.Parallel()
	p := newPage(t, messengertest.HandoverPrimary, true, handover.Settings{Primary: handover.Agent})
	p.greets()
	i := p.engages(ann, p.last.ThreadID)
	p.settles()
	before := len(p.world.Calls())
	must(p.As(robot).Control.Handover(t.Context(), handover.Request{
		From: handover.Agent, To: handover.Bot, Type: handover.TypeVirtualAgent, AppID: robot.ID, InterventionID: i.ID,
	}))(t)
	p.replies(robot, p.last.ThreadID, "Beep.")
	p.settles()
	expect(t, "who has control", must(p.Control.Get(t.Context(), "page", p.last.IdentityID))(t).Party, handover.Party{Owner: handover.Bot, App: robot.ID, Virtual: true})
	expect(t, "who has it on Messenger", p.page.Owner("ada"), "desk")
	p.reads("desk", "Beep.")
	if calls := p.asked(before); !slices.Equal(calls, []string{"desk messages"}) {
		t.Errorf("Messenger gets %q", calls)
	}
}
