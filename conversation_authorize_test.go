package engage_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
)

// preparedTalk is what prepareTalk made: a conversation of which ada is the agent.
type preparedTalk struct {
	thread, content, reply, intervention, comment string // open, answered
	fresh, freshIntervention                      string // open, not answered
	deferred, closed, free                        string // interventions; free is a thread without one
	closedThread                                  string
	identity                                      string
	pendingJob, failedJob                         string
	controlled                                    string // an identity on the source "page": of which robot has control, which is requested
}

// prepareAll prepares what customers did, what they said, and who is to answer.
func prepareAll(tb testing.TB, eng *engage.Engine) prepared {
	tb.Helper()
	at := prepareScenario(tb, eng)
	at.tasks = prepareTasks(tb, eng) // first, for it does all jobs that are due
	at.flex = prepareFlex(tb, eng)   // as well
	at.talk = prepareTalk(tb, eng)
	at.talk.controlled = prepareControl(tb, eng)
	at.route = prepareRoute(tb, eng)
	return at
}

func prepareTalk(tb testing.TB, eng *engage.Engine) (at preparedTalk) {
	tb.Helper()
	ctx, ada := tb.Context(), eng.As(engage.Agent("ada"))
	must(eng.Sources.Create(ctx, interaction.Source{ID: "chat", Type: "messenger", Active: true}))(tb)
	must(eng.Categories.Create(ctx, interaction.Category{ID: "sales", Name: "Sales"}))(tb)
	write := func(thread string) engage.Received {
		return must(eng.Threads.Receive(ctx, engage.Inbound{
			SourceID: "chat", ThreadForeignID: thread, Customer: engage.Account{ForeignID: "eve", ContactID: "ann"}, Message: interaction.Message{Body: "hi"},
		}))(tb)
	}
	take := func(thread string) string {
		return must(ada.Interventions.Engage(ctx, engage.Engagement{ThreadID: thread}))(tb).ID
	}
	answer := func(thread string) engage.Posted {
		return must(ada.Contents.Post(ctx, engage.Post{ThreadID: thread, Message: interaction.Message{Body: "yes"}}))(tb)
	}
	first := write("1")
	at.thread, at.content, at.identity = first.ThreadID, first.ContentID, first.IdentityID
	at.intervention = take(at.thread)
	posted := answer(at.thread)
	at.reply, at.pendingJob = posted.ID, posted.JobID
	at.comment = must(ada.Interventions.Comment(ctx, at.intervention, "vip"))(tb).ID
	at.fresh = write("2").ThreadID
	at.freshIntervention = take(at.fresh)
	resting := write("3").ThreadID
	at.deferred = take(resting)
	must(ada.Interventions.Defer(ctx, at.deferred, time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)))(tb)
	ended := write("4").ThreadID
	at.closed = take(ended)
	at.failedJob = answer(ended).JobID
	if err := eng.Jobs.Settle(ctx, at.failedJob, engage.Settlement{Reason: "lost"}); err != nil {
		tb.Fatal(err)
	}
	must(ada.Interventions.Close(ctx, at.closed, engage.Closing{}))(tb)
	at.free = write("5").ThreadID
	at.closedThread = write("6").ThreadID
	must(eng.Threads.Close(ctx, at.closedThread))(tb)
	return at
}

// conversationMethods returns the methods of the services of conversations.
func conversationMethods(at preparedTalk) map[string]method {
	chat, ann, eve := about("content_source", "chat"), about("contact", "ann"), about("identity", at.identity)
	sales, thread, free := about("category", "sales"), about("content_thread", at.thread), about("content_thread", at.free)
	answered, fresh := about("intervention", at.intervention), about("intervention", at.freshIntervention)
	resting, ended := about("intervention", at.deferred), about("intervention", at.closed)
	later := time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC)
	// on adapts a call about one of the interventions.
	on := func(action engage.Action, r engage.Resource, call func(context.Context, engage.Interventions) (any, error)) method {
		return method{action: action, resource: r, call: func(ctx context.Context, s services, _ prepared) (any, error) { return call(ctx, s.Interventions) }}
	}
	of := func(action engage.Action, r engage.Resource, call func(context.Context, services) (any, error)) method {
		return method{action: action, resource: r, call: func(ctx context.Context, s services, _ prepared) (any, error) { return call(ctx, s) }}
	}
	merging := func(m method, also engage.Resource) method {
		m.also, m.standalone = also, true
		return m
	}
	list := map[string]method{
		"Sources.Create": of(engage.ActionSourcesCreate, about("content_source", "fax"), func(ctx context.Context, s services) (any, error) {
			return s.Sources.Create(ctx, interaction.Source{ID: "fax", Type: "fax"})
		}),
		"Sources.Get":  of(engage.ActionSourcesRead, chat, func(ctx context.Context, s services) (any, error) { return s.Sources.Get(ctx, "chat") }),
		"Sources.List": of(engage.ActionSourcesRead, about("content_source", ""), func(ctx context.Context, s services) (any, error) { return s.Sources.List(ctx, 0, "") }),
		"Sources.Update": of(engage.ActionSourcesUpdate, chat, func(ctx context.Context, s services) (any, error) {
			return s.Sources.Update(ctx, interaction.Source{ID: "chat", Type: "messenger"})
		}),
		"Identities.Get":  of(engage.ActionIdentitiesRead, eve, func(ctx context.Context, s services) (any, error) { return s.Identities.Get(ctx, at.identity) }),
		"Identities.Find": of(engage.ActionIdentitiesRead, about("identity", ""), func(ctx context.Context, s services) (any, error) { return s.Identities.Find(ctx, "messenger", "eve") }),
		"Identities.Update": of(engage.ActionIdentitiesUpdate, eve, func(ctx context.Context, s services) (any, error) {
			return s.Identities.Update(ctx, at.identity, interaction.Profile{DisplayName: "Eve"})
		}),
		"Contacts.Get": of(engage.ActionContactsRead, ann, func(ctx context.Context, s services) (any, error) { return s.Contacts.Get(ctx, "ann") }),
		"Contacts.List": of(engage.ActionContactsRead, about("contact", ""), func(ctx context.Context, s services) (any, error) {
			return s.Contacts.List(ctx, engage.ContactFilter{})
		}),
		"Contacts.Identities": of(engage.ActionContactsRead, ann, func(ctx context.Context, s services) (any, error) { return s.Contacts.Identities(ctx, "ann") }),
		"Contacts.Timeline": of(engage.ActionContactsRead, ann, func(ctx context.Context, s services) (any, error) {
			return s.Contacts.Timeline(ctx, "ann", engage.TimelineFilter{})
		}),
		"Contacts.Move": {action: engage.ActionContactsMerge, resource: eve, also: about("contact", "bob"), call: func(ctx context.Context, s services, _ prepared) (any, error) {
			return s.Contacts.Move(ctx, at.identity, "bob")
		}},
		"Contacts.Merge": merging(of(engage.ActionContactsMerge, ann, func(ctx context.Context, s services) (any, error) {
			return s.Contacts.Merge(ctx, "ann", "bob")
		}), about("contact", "bob")),
		"Contacts.Merging": of(engage.ActionContactsRead, ann, func(ctx context.Context, s services) (any, error) {
			p, found, err := s.Contacts.Merging(ctx, "ann")
			return either(found, p), err
		}),
		"Contacts.Unmerging": of(engage.ActionContactsRead, ann, func(ctx context.Context, s services) (any, error) {
			p, found, err := s.Contacts.Unmerging(ctx, "ann")
			return either(found, p), err
		}),
		"Contacts.Unmerge": merging(of(engage.ActionContactsMerge, about("contact", "bob"), func(ctx context.Context, s services) (any, error) {
			p, err := s.Contacts.Unmerge(ctx, "bob")
			if refused, ok := errors.AsType[*engage.RefusedError](err); ok && refused.Rule == "it is not merged into another contact" {
				err = nil // it never was
			}
			return p, err
		}), engage.Resource{}),
		"Categories.Create": of(engage.ActionCategoriesManage, about("category", "vip"), func(ctx context.Context, s services) (any, error) {
			return s.Categories.Create(ctx, interaction.Category{ID: "vip", Name: "VIP"})
		}),
		"Categories.Update": of(engage.ActionCategoriesManage, sales, func(ctx context.Context, s services) (any, error) {
			return s.Categories.Update(ctx, interaction.Category{ID: "sales", Name: "Trade"})
		}),
		"Categories.Delete": of(engage.ActionCategoriesManage, sales, func(ctx context.Context, s services) (any, error) {
			return nil, s.Categories.Delete(ctx, "sales", "")
		}),
		"Categories.Tree": of(engage.ActionCategoriesRead, about("category", ""), func(ctx context.Context, s services) (any, error) {
			tree, err := s.Categories.Tree(ctx)
			return len(tree.Categories), err
		}),
		"Threads.Receive": of(engage.ActionThreadsReceive, chat, func(ctx context.Context, s services) (any, error) {
			return s.Threads.Receive(ctx, engage.Inbound{SourceID: "chat", Customer: engage.Account{ForeignID: "fay"}, Message: interaction.Message{Body: "ho"}})
		}),
		"Threads.Open": of(engage.ActionThreadsOpen, chat, func(ctx context.Context, s services) (any, error) {
			return s.Threads.Open(ctx, engage.NewThread{SourceID: "chat", Customer: engage.Account{ForeignID: "fay"}})
		}),
		"Threads.Get": of(engage.ActionThreadsRead, thread, func(ctx context.Context, s services) (any, error) { return s.Threads.Get(ctx, at.thread) }),
		"Threads.List": of(engage.ActionThreadsRead, eve, func(ctx context.Context, s services) (any, error) {
			return s.Threads.List(ctx, engage.ThreadFilter{IdentityID: at.identity})
		}),
		"Threads.ListEngageable": of(engage.ActionThreadsRead, chat, func(ctx context.Context, s services) (any, error) {
			return s.Threads.ListEngageable(ctx, engage.EngageableFilter{SourceID: "chat"})
		}),
		"Threads.Annotate": of(engage.ActionThreadsAnnotate, thread, func(ctx context.Context, s services) (any, error) {
			return s.Threads.Annotate(ctx, at.thread, map[string]json.RawMessage{"n": []byte("1")})
		}),
		"Threads.Categorize": of(engage.ActionThreadsCategorize, thread, func(ctx context.Context, s services) (any, error) {
			return s.Threads.Categorize(ctx, at.thread, []string{"sales"})
		}),
		"Threads.Close":  of(engage.ActionThreadsClose, thread, func(ctx context.Context, s services) (any, error) { return s.Threads.Close(ctx, at.thread) }),
		"Threads.Reopen": of(engage.ActionThreadsReopen, about("content_thread", at.closedThread), func(ctx context.Context, s services) (any, error) { return s.Threads.Reopen(ctx, at.closedThread) }),
		"Contents.Post": of(engage.ActionContentsPost, thread, func(ctx context.Context, s services) (any, error) {
			return s.Contents.Post(ctx, engage.Post{ThreadID: at.thread, Message: interaction.Message{Body: "more"}})
		}),
		"Contents.Get": of(engage.ActionContentsRead, about("content", at.content), func(ctx context.Context, s services) (any, error) { return s.Contents.Get(ctx, at.content) }),
		"Contents.List": of(engage.ActionContentsRead, thread, func(ctx context.Context, s services) (any, error) {
			return s.Contents.List(ctx, engage.ContentFilter{ThreadID: at.thread})
		}),
		"Contents.Tree": of(engage.ActionContentsRead, thread, func(ctx context.Context, s services) (any, error) {
			return s.Contents.Tree(ctx, engage.TreeFilter{ThreadID: at.thread})
		}),
		"Contents.Ignore": of(engage.ActionContentsIgnore, about("content", at.content), func(ctx context.Context, s services) (any, error) { return s.Contents.Ignore(ctx, at.content) }),
		"Interventions.Engage": {action: engage.ActionInterventionsEngage, resource: free, also: free, alsoFor: engage.ActionInterventionsAssign, call: func(ctx context.Context, s services, _ prepared) (any, error) {
			return s.Interventions.Engage(ctx, engage.Engagement{ThreadID: at.free, Owner: bob})
		}},
		"Interventions.Get": on(engage.ActionInterventionsRead, answered, func(ctx context.Context, s engage.Interventions) (any, error) { return s.Get(ctx, at.intervention) }),
		"Interventions.List": on(engage.ActionInterventionsRead, thread, func(ctx context.Context, s engage.Interventions) (any, error) {
			return s.List(ctx, engage.InterventionFilter{ThreadID: at.thread})
		}),
		"Interventions.ListWaiting": on(engage.ActionInterventionsRead, about("agent", "ada"), func(ctx context.Context, s engage.Interventions) (any, error) {
			return s.ListWaiting(ctx, engage.WaitingFilter{Owner: engage.Agent("ada")})
		}),
		"Interventions.Assign": on(engage.ActionInterventionsAssign, fresh, func(ctx context.Context, s engage.Interventions) (any, error) {
			return s.Assign(ctx, at.freshIntervention, bob)
		}),
		"Interventions.Transfer": on(engage.ActionInterventionsAssign, fresh, func(ctx context.Context, s engage.Interventions) (any, error) {
			return s.Transfer(ctx, at.freshIntervention, bob)
		}),
		"Interventions.Join": on(engage.ActionInterventionsAssign, fresh, func(ctx context.Context, s engage.Interventions) (any, error) {
			return s.Join(ctx, at.freshIntervention, bob)
		}),
		"Interventions.Leave": on(engage.ActionInterventionsAssign, fresh, func(ctx context.Context, s engage.Interventions) (any, error) {
			return s.Leave(ctx, at.freshIntervention, bob)
		}),
		"Interventions.Categorize": on(engage.ActionInterventionsCategorize, fresh, func(ctx context.Context, s engage.Interventions) (any, error) {
			return s.Categorize(ctx, at.freshIntervention, []string{"sales"})
		}),
		"Interventions.SetCustomFields": on(engage.ActionInterventionsUpdate, fresh, func(ctx context.Context, s engage.Interventions) (any, error) {
			return s.SetCustomFields(ctx, at.freshIntervention, map[string]json.RawMessage{"n": []byte("1")})
		}),
		"Interventions.Comment": on(engage.ActionInterventionsComment, fresh, func(ctx context.Context, s engage.Interventions) (any, error) {
			return s.Comment(ctx, at.freshIntervention, "vip")
		}),
		"Interventions.Comments": on(engage.ActionInterventionsRead, answered, func(ctx context.Context, s engage.Interventions) (any, error) {
			return s.Comments(ctx, at.intervention, 0, "")
		}),
		"Interventions.DeleteComment": on(engage.ActionInterventionsComment, about("intervention_comment", at.comment), func(ctx context.Context, s engage.Interventions) (any, error) {
			return nil, s.DeleteComment(ctx, at.comment)
		}),
		"Interventions.Defer": on(engage.ActionInterventionsDefer, fresh, func(ctx context.Context, s engage.Interventions) (any, error) {
			return s.Defer(ctx, at.freshIntervention, later)
		}),
		"Interventions.Resume": on(engage.ActionInterventionsDefer, resting, func(ctx context.Context, s engage.Interventions) (any, error) { return s.Resume(ctx, at.deferred) }),
		"Interventions.Close": on(engage.ActionInterventionsClose, answered, func(ctx context.Context, s engage.Interventions) (any, error) {
			return s.Close(ctx, at.intervention, engage.Closing{})
		}),
		"Interventions.Cancel": on(engage.ActionInterventionsCancel, fresh, func(ctx context.Context, s engage.Interventions) (any, error) {
			return s.Cancel(ctx, at.freshIntervention)
		}),
		"Interventions.Reopen": on(engage.ActionInterventionsReopen, ended, func(ctx context.Context, s engage.Interventions) (any, error) { return s.Reopen(ctx, at.closed) }),
		"Jobs.Get":             of(engage.ActionJobsRead, about("job", at.pendingJob), func(ctx context.Context, s services) (any, error) { return s.Jobs.Get(ctx, at.pendingJob) }),
		"Jobs.List":            of(engage.ActionJobsRead, about("job", ""), func(ctx context.Context, s services) (any, error) { return s.Jobs.List(ctx, engage.JobFilter{}) }),
		"Jobs.Retry":           of(engage.ActionJobsSettle, about("job", at.failedJob), func(ctx context.Context, s services) (any, error) { return nil, s.Jobs.Retry(ctx, at.failedJob) }),
		"Jobs.Settle": of(engage.ActionJobsSettle, about("job", at.pendingJob), func(ctx context.Context, s services) (any, error) {
			return nil, s.Jobs.Settle(ctx, at.pendingJob, engage.Settlement{Delivered: true})
		}),
	}
	return list
}

// TestClosingAsksAboutAllThatItDoes: who closes somebody else's intervention needs to
// manage it, and to close the thread along with it is asked about beside.
func TestClosingAsksAboutAllThatItDoes(t *testing.T) {
	t.Parallel()
	for _, deny := range []engage.Action{"", engage.ActionInterventionsManage, engage.ActionThreadsClose} {
		var g guard
		denied := engage.Action("none yet")
		eng := newEngine(t, newMemory(t), &engage.Options{Authorize: func(ctx context.Context, a engage.Actor, action engage.Action, r engage.Resource) error {
			if err := g.authorize(ctx, a, action, r); action != denied {
				return err
			}
			return errors.New("not this")
		}})
		at := prepareTalk(t, eng)
		g.set(nil)
		denied = deny
		_, err := eng.As(bob).Interventions.Close(t.Context(), at.intervention, engage.Closing{CloseThread: true})
		i, thread := about("intervention", at.intervention), about("content_thread", at.thread)
		want := []question{{bob, engage.ActionInterventionsClose, i}, {bob, engage.ActionInterventionsManage, i}, {bob, engage.ActionThreadsClose, thread}}
		class := error(nil)
		if deny == engage.ActionInterventionsManage {
			want, class = want[:2], engage.ErrRefused
		}
		if deny == engage.ActionThreadsClose {
			class = engage.ErrForbidden
		}
		if !slices.Equal(g.asked, want) || !errors.Is(err, class) {
			t.Errorf("denied %q: %v, asked %+v", deny, err, g.asked)
		}
		if got := must(eng.Interventions.Get(t.Context(), at.intervention))(t); (got.Status == interaction.InterventionClosed) != (class == nil) {
			t.Errorf("%v, but it is %s", err, got.Status)
		}
	}
}

// TestEngagingOnAContentAsksAboutItsThread: what is forbidden of a thread is not had by
// way of its contents, alone or for somebody else.
func TestEngagingOnAContentAsksAboutItsThread(t *testing.T) {
	t.Parallel()
	for _, owner := range []engage.Actor{{}, ann, bob} {
		var g guard
		forbidden := question{}
		d := newDesk(t, func(o *engage.Options) {
			o.Authorize = func(ctx context.Context, a engage.Actor, action engage.Action, r engage.Resource) error {
				if err := g.authorize(ctx, a, action, r); forbidden.action != action || forbidden.resource != r {
					return err
				}
				return errors.New("not this")
			}
		})
		in := d.writes("eve", "hello")
		content, thread := about("content", in.ContentID), about("content_thread", in.ThreadID)
		want := []question{{ann, engage.ActionInterventionsEngage, content}, {ann, engage.ActionInterventionsEngage, thread}}
		if owner == bob {
			want = []question{
				want[0], {ann, engage.ActionInterventionsAssign, content}, want[1], {ann, engage.ActionInterventionsAssign, thread},
			}
		}
		engages := func() error {
			g.set(nil)
			return second(d.As(ann).Interventions.Engage(t.Context(), engage.Engagement{ContentID: in.ContentID, Owner: owner}))
		}
		for n, q := range want {
			forbidden = q
			unchanged(t, d.st, func() {
				if err := engages(); !errors.Is(err, engage.ErrForbidden) || !slices.Equal(g.asked, want[:n+1]) {
					t.Errorf("for %v, %v denied: %v, asked %+v", owner, q, err, g.asked)
				}
			})
		}
		forbidden = question{}
		if err := engages(); err != nil || !slices.Equal(g.asked, want) {
			t.Errorf("for %v: %v, asked %+v", owner, err, g.asked)
		}
	}
}
