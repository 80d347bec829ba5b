package engage_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/routing"
)

// What earlier versions have begun goes on: the stories of testdata/earlier have the same
// end on a database of each of them.

// bodies returns what is written, in an order.
func bodies(page engage.Page[engage.Content]) (all []string) {
	for _, c := range page.Items {
		all = append(all, c.Body)
	}
	return all
}

// thread returns the latest thread of a customer.
func (p *past) thread(tb testing.TB, foreignID string) (interaction.Thread, interaction.Identity) {
	tb.Helper()
	who := must(p.Identities.Find(tb.Context(), "messenger", foreignID))(tb)
	who = append(who, must(p.Identities.Find(tb.Context(), "chat", foreignID))(tb)...)
	if len(who) != 1 {
		tb.Fatalf("%s is %d", foreignID, len(who))
	}
	threads := must(p.Threads.List(tb.Context(), engage.ThreadFilter{IdentityID: who[0].ID}))(tb).Items
	if len(threads) != 1 {
		tb.Fatalf("%s has %d threads", foreignID, len(threads))
	}
	return threads[0], who[0]
}

// of returns the interventions with a customer in one state.
func (p *past) of(tb testing.TB, who interaction.Identity, status interaction.InterventionStatus) []interaction.Intervention {
	tb.Helper()
	return must(p.Interventions.List(tb.Context(), engage.InterventionFilter{IdentityID: who.ID, Status: status}))(tb).Items
}

func TestEarlierRecordsGoOn(t *testing.T) {
	t.Parallel()
	eachPast(t, 1, func(t *testing.T, p *past) {
		ctx := t.Context()
		// A page ends among interactions of one moment, and the next begins there.
		var all []string
		filter := engage.InteractionFilter{ContactID: "ann", OldestFirst: true, Limit: 1}
		for {
			page := must(p.Interactions.List(ctx, filter))(t)
			for _, i := range page.Items {
				all = append(all, string(i.Payload))
			}
			if filter.Continuation = page.Continuation; filter.Continuation == "" {
				break
			}
		}
		if want := []string{`{"stars":1,"text":"0"}`, `{"stars":4,"text":"3"}`, `{"stars":2,"text":"6"}`}; !slices.Equal(all, want) {
			t.Errorf("ann did %v; want %v", all, want)
		}
		again := interaction.Submission{
			ContactID: "bea", SchemaID: "review", CreatedDate: "2026-11-01T10:00:00Z", Payload: json.RawMessage(`{"stars": 2}`), IdempotencyKey: "key 1",
		}
		if r := must(p.Interactions.Record(ctx, again))(t); !r.Repeated {
			t.Errorf("what was recorded under a key is recorded anew: %+v", r)
		}
		again.ContactID, again.IdempotencyKey, again.Payload = "ann", "", json.RawMessage(`{"stars": 1}`)
		must(p.Interactions.Record(ctx, again))(t)
		fired := 0
		for event, err := range p.Events.After(ctx, 0) {
			if err != nil {
				t.Fatal(err)
			}
			if event.Type == engage.EventTriggerFired {
				fired++
			}
		}
		if fired != 2 { // for ann's and cas's first
			t.Errorf("the trigger has fired %d times", fired)
		}
		var who []string
		for contact, err := range p.Segments.ByCount(ctx, engage.CountSegment{SchemaID: "review", AtLeast: 4}) {
			if err != nil {
				t.Fatal(err)
			}
			who = append(who, contact)
		}
		if !slices.Equal(who, []string{"ann"}) {
			t.Errorf("%v have done four things", who)
		}
		reading, stop := context.WithCancel(ctx)
		defer stop()
		var next engage.Event
		err := p.Events.Consume(reading, "reader", func(_ context.Context, event engage.Event) error {
			next = event
			stop()
			return nil
		})
		if !errors.Is(err, context.Canceled) || next.Position != 6 {
			t.Errorf("the reader goes on with event %d, %v; want 6", next.Position, err)
		}
		if err := p.Schemas.Delete(ctx, "review", &engage.DeleteOptions{Erase: true}); err != nil {
			t.Fatal(err)
		}
		for contact, err := range p.Segments.ByValue(ctx, engage.ValueSegment{SchemaID: "review", Property: "stars"}) {
			t.Errorf("%s is counted for what is erased, %v", contact, err)
		}
		if left := must(p.Interactions.List(ctx, engage.InteractionFilter{ContactID: "ann"}))(t).Items; len(left) > 0 {
			t.Errorf("%d interactions are left", len(left))
		}
	})
}

func TestEarlierConversationsGoOn(t *testing.T) {
	t.Parallel()
	eachPast(t, 2, func(t *testing.T, p *past) {
		ctx, agnes := t.Context(), p.As(engage.Agent("agnes"))
		pats, pat := p.thread(t, "pat")
		said := must(p.Contents.List(ctx, engage.ContentFilter{ThreadID: pats.ID}))(t)
		if want := []string{"hello", "hello?", "hello pat", "be nice to pat", "thanks"}; !slices.Equal(bodies(said), want) {
			t.Errorf("pat's thread says %q; want %q", bodies(said), want)
		}
		if !said.Items[3].Private || said.Items[2].Private {
			t.Error("what was private is no longer, or something else is")
		}
		// What was on its way arrives, once.
		must(p.RunDue(ctx))(t)
		must(p.RunDue(ctx))(t)
		if sent := p.platform.Thread(pats.ID); len(sent) != 2 || sent[0].Content.Private || !sent[1].Content.Private {
			t.Errorf("pat is told %+v", sent)
		}
		// Who waits is found, and who waits for an answer.
		waiting := map[string]bool{}
		for _, e := range must(p.Threads.ListEngageable(ctx, engage.EngageableFilter{SourceID: "page"}))(t).Items {
			waiting[e.IdentityID] = true
		}
		for _, name := range []string{"lee", "sid", "tom", "tim"} {
			thread, who := p.thread(t, name)
			if !waiting[who.ID] {
				t.Errorf("%s, who waits, is not found", name)
			}
			delete(waiting, who.ID)
			open := must(p.Threads.List(ctx, engage.ThreadFilter{IdentityID: who.ID, Status: interaction.ThreadOpen}))(t).Items
			if len(open) != 1 || open[0].ID != thread.ID {
				t.Errorf("%s has the open threads %v", name, open)
			}
		}
		if len(waiting) > 0 {
			t.Errorf("%v do not wait", waiting)
		}
		if answers := must(agnes.Interventions.ListWaiting(ctx, engage.WaitingFilter{}))(t).Items; !slices.ContainsFunc(answers, func(w engage.Waiting) bool { return w.IdentityID == pat.ID }) {
			t.Errorf("pat waits for agnes, and is not in %v", answers)
		}
		// What pat and max write comes into the threads that they have, told by the index of
		// open ones alone, and not twice.
		for _, name := range []string{"pat", "max", "lee"} {
			thread, _ := p.thread(t, name)
			in := engage.Inbound{SourceID: "page", ForeignID: name + " again", Customer: engage.Account{ForeignID: name}, Message: interaction.Message{Body: "again"}}
			for range 2 {
				if got := must(p.Threads.Receive(ctx, in))(t); got.ThreadID != thread.ID {
					t.Errorf("%s comes into another thread", name)
				}
			}
		}
		in := engage.Inbound{SourceID: "wall", ThreadForeignID: "news", Customer: engage.Account{ForeignID: "ula"}, Message: interaction.Message{Body: "again"}}
		if got := must(p.Threads.Receive(ctx, in))(t); got.ThreadID != must(p.Threads.Receive(ctx, engage.Inbound{
			SourceID: "wall", ThreadForeignID: "news", Customer: engage.Account{ForeignID: "uwe"}, Message: interaction.Message{Body: "again"},
		}))(t).ThreadID {
			t.Error("the thread of a name is not found")
		}
		// The agent ends what she has begun; what was put off comes back.
		hers := p.of(t, pat, interaction.InterventionOpen)
		if len(hers) != 1 {
			t.Fatalf("pat has %d open interventions", len(hers))
		}
		must(agnes.Contents.Post(ctx, engage.Post{ThreadID: pats.ID, Message: interaction.Message{Body: "bye"}}))(t)
		must(agnes.Interventions.Close(ctx, hers[0].ID, engage.Closing{}))(t)
		_, kim := p.thread(t, "kim")
		if closed := p.of(t, kim, interaction.InterventionClosed); len(closed) != 1 {
			t.Errorf("kim has %d closed interventions", len(closed))
		} else if comments := must(p.Interventions.Comments(ctx, closed[0].ID, 0, ""))(t).Items; len(comments) != 1 {
			t.Errorf("there are %d comments", len(comments))
		}
		entries := must(p.Contacts.Timeline(ctx, "contact pat", engage.TimelineFilter{OldestFirst: true}))(t).Items
		if len(entries) < 8 || entries[0].Type != engage.EventThreadOpened && entries[0].Content == nil {
			t.Errorf("pat's timeline has %d entries", len(entries))
		}
		if one := must(p.Contacts.Get(ctx, "contact tim"))(t); one.MergedInto != "contact tom" {
			t.Errorf("tim is %+v", one)
		}
		must(p.Contacts.Unmerge(ctx, "contact tim"))(t)
		if one := must(p.Contacts.Get(ctx, "contact tim"))(t); one.ID != "contact tim" || len(one.IdentityIDs) != 1 || one.CreatedAt.IsZero() {
			t.Errorf("tim is %+v", one)
		}
	})
}

func TestWhatWasPutOffEarlierComesBack(t *testing.T) {
	t.Parallel()
	eachPast(t, 2, func(t *testing.T, p *past) {
		_, who := p.thread(t, "max")
		if put := p.of(t, who, interaction.InterventionDeferred); len(put) != 1 {
			t.Fatalf("%d are put off", len(put))
		}
		p.clock.pass(25 * time.Hour)
		must(p.RunDue(t.Context()))(t)
		if open := p.of(t, who, interaction.InterventionOpen); len(open) != 1 {
			t.Errorf("%d have come back", len(open))
		}
	})
}

// A bot gets control only while nothing is engaged, also where that was before there was control.
func TestControlHeedsWhatWasEngagedEarlier(t *testing.T) {
	t.Parallel()
	eachPast(t, 2, func(t *testing.T, p *past) {
		ctx := t.Context()
		if err := p.Control.Configure(ctx, "page", handover.Settings{Primary: handover.Agent, BotApp: "helper"}); err != nil {
			t.Fatal(err)
		}
		bot := p.As(engage.Bot("helper"))
		for _, name := range []string{"pat", "max"} { // open, and deferred
			_, who := p.thread(t, name)
			ask := handover.Request{IdentityForeignID: name, From: handover.Agent, To: handover.Bot, Type: "messenger", AppID: "helper"}
			_, err := bot.Control.Handover(ctx, ask)
			if refused, ok := errors.AsType[*handover.RefusedError](err); !ok || refused.Code != handover.CodeEngaged {
				t.Errorf("of %s a bot asks for control: %v", name, err)
			}
			live := append(p.of(t, who, interaction.InterventionOpen), p.of(t, who, interaction.InterventionDeferred)...)
			for _, i := range live {
				if _, err := p.As(i.Owner).Interventions.Cancel(ctx, i.ID); err != nil { // there was a reply
					must(p.As(i.Owner).Interventions.Close(ctx, i.ID, engage.Closing{}))(t)
				}
			}
			if handed, err := bot.Control.Handover(ctx, ask); err != nil || handed.Control.Owner != handover.Bot {
				t.Errorf("of %s, with whom nothing is engaged, a bot asks for control: %+v, %v", name, handed, err)
			}
		}
	})
}

func TestEarlierControlGoesOn(t *testing.T) {
	t.Parallel()
	eachPast(t, 3, func(t *testing.T, p *past) {
		ctx, agnes, bot := t.Context(), p.As(engage.Agent("agnes")), p.As(engage.Bot("helper"))
		has := func(name string) handover.Control {
			t.Helper()
			_, who := p.thread(t, name)
			return must(p.Control.Get(ctx, "web", who.ID))(t)
		}
		// The bot that waits gets control when the agent is done, and not before.
		vics, vic := p.thread(t, "vic")
		if c := has("vic"); c.Owner != handover.Agent || c.WhenFree == nil || c.WhenFree.App != "helper" {
			t.Errorf("vic has %+v", c)
		}
		for _, i := range p.of(t, vic, interaction.InterventionOpen) {
			must(agnes.Interventions.Close(ctx, i.ID, engage.Closing{}))(t)
		}
		must(p.RunDue(ctx))(t)
		must(p.RunDue(ctx))(t)
		// The first commit that kept control counted what is on its way otherwise: there the pass
		// waits for its deadline.
		if c := has("vic"); c.Owner != handover.Bot && p.commit != "508eddc" {
			t.Errorf("vic has %+v; want the bot", c)
		}
		if sent := p.platform.Thread(vics.ID); len(sent) != 1 {
			t.Errorf("vic is told %d things", len(sent))
		}
		// The agent who has asked for control gets it from the bot, and what she wrote goes out.
		xias, xia := p.thread(t, "xia")
		if sent := p.platform.Thread(xias.ID); len(sent) > 0 {
			t.Errorf("xia is told %d things while the bot has control", len(sent))
		}
		must(bot.Control.Accept(ctx, "web", xia.ID))(t)
		must(p.RunDue(ctx))(t)
		if sent := p.platform.Thread(xias.ID); len(sent) != 1 || has("xia").Owner != handover.Agent {
			t.Errorf("xia is told %d things, and has %+v", len(sent), has("xia"))
		}
		// What was put off counts as engaged.
		ask := handover.Request{IdentityForeignID: "yan", From: handover.Agent, To: handover.Bot, Type: "chat", AppID: "helper"}
		if _, err := bot.Control.Handover(ctx, ask); !errors.Is(err, engage.ErrRefused) {
			t.Errorf("of yan a bot asks for control: %v", err)
		}
		// The bot writes on where it has control, which the source counts when it goes.
		wims, _ := p.thread(t, "wim")
		must(bot.Contents.Post(ctx, engage.Post{ThreadID: wims.ID, Message: interaction.Message{Body: "and on again?"}}))(t)
		must(p.RunDue(ctx))(t)
		if sent := p.platform.Thread(wims.ID); len(sent) != 2 {
			t.Errorf("wim is told %d things", len(sent))
		}
		if err := p.Control.Remove(ctx, "web"); err != nil {
			t.Fatal(err)
		}
		must(p.RunDue(ctx))(t)
		if c, err := p.Control.Get(ctx, "web", xia.ID); !errors.Is(err, engage.ErrNotFound) {
			t.Errorf("without control on the source, xia has %+v, %v", c, err)
		}
	})
}

func TestEarlierTasksGoOn(t *testing.T) {
	t.Parallel()
	eachPast(t, 4, func(t *testing.T, p *past) {
		ctx := t.Context()
		workspace := must(p.Workspaces.List(ctx, 0, ""))(t).Items[0]
		waits := func() int {
			return len(must(p.Tasks.List(ctx, engage.TaskFilter{WorkspaceSID: workspace.SID, Status: routing.TaskPending}))(t).Items)
		}
		if n := waits(); n != 2 {
			t.Fatalf("%d tasks wait", n)
		}
		for _, name := range []string{"abe", "zoe"} {
			worker := must(p.Workers.FindByName(ctx, workspace.SID, name))(t)
			as := p.As(engage.Agent(name))
			for {
				live := must(p.Reservations.List(ctx, engage.ReservationFilter{WorkerSID: worker.SID, Live: true}))(t).Items
				if len(live) == 0 {
					break
				}
				for _, r := range live {
					if r.Status == routing.ReservationPending {
						must(as.Reservations.Accept(ctx, r.SID, engage.Answer{}))(t)
					}
					must(as.Reservations.Complete(ctx, r.SID, engage.Completion{Reason: "done"}))(t)
				}
				p.clock.pass(time.Second)
				must(p.RunDue(ctx))(t)
			}
		}
		if n := waits(); n != 0 {
			t.Errorf("%d tasks wait still", n)
		}
		done := must(p.Tasks.List(ctx, engage.TaskFilter{WorkspaceSID: workspace.SID, Status: routing.TaskCompleted}))(t).Items
		if len(done) != 6 {
			t.Errorf("%d tasks are done", len(done))
		}
	})
}
