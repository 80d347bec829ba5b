package engage_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/routing"
	"github.com/engage-interactions/engage/store"
)

func TestAnInteractionIsSetUpAndRouted(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, st store.Store) {
		l := newLobbyOn(t, st)
		ada := l.hires("Ada", 2)
		i := l.creates(l.request(1))
		if i.Channel.Status != routing.ChannelSetup || i.Routed.Task.Status != routing.TaskPending || i.Routed.Task.SID != i.TaskSID || i.Repeated {
			t.Errorf("it begins as %+v", i)
		}
		if i.Channel.MediaChannelSID == "" || i.Channel.ThreadID == "" {
			t.Errorf("it has no conversation: %+v", i.Channel)
		}
		l.runs()
		i = l.again(i)
		l.is(i, routing.ChannelActive, "reserved")
		thread := l.thread(i.Channel.ThreadID)
		if thread.ChannelSID != i.ChannelSID || thread.SourceID != l.sms.ID {
			t.Errorf("the thread is %+v", thread)
		}
		identity := must(l.Identities.Get(t.Context(), thread.IdentityID))(t)
		if c := customer(1); identity.ForeignID != c.Address || identity.DisplayName != c.Name || identity.MobilePhone != c.Address {
			t.Errorf("the customer is %+v", identity)
		}
		r := l.accepts(ada)
		if r.TaskSID != i.TaskSID {
			t.Errorf("%s was offered, want %s", r.TaskSID, i.TaskSID)
		}
		l.is(i, routing.ChannelActive, "assigned")
		if agents := l.agents(i); len(agents) != 1 || agents[0].WorkerSID != ada.SID {
			t.Errorf("agents are %+v", agents)
		}
	})
}

// form is a request as client libraries send it.
func (l *lobby) form(channel, routes string, w routing.Worker) routing.CreateForm {
	sids := strings.NewReplacer(
		"WSXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX", l.workspace.SID, "WWXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX", l.workflow.SID,
		"WQXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX", l.queue.SID, "WKXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX", w.SID,
	)
	return routing.CreateForm{Channel: []byte(channel), Routing: []byte(sids.Replace(routes))}
}

// TestTheSeedsSamplesThroughTheEngine sends what the seed sends, with real SIDs in place of
// its placeholders.
func TestTheSeedsSamplesThroughTheEngine(t *testing.T) {
	t.Parallel()
	outbound := `{"properties":{"workspace_sid":"WSXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX","workflow_sid":"WWXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX",
		"queue_sid":"WQXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX","worker_sid":"WKXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX","task_channel_unique_name":"sms",
		"attributes":{"customerName":"silly name","customerAddress":"+13115552368"}}}`
	inbound := `{"properties":{"workspace_sid":"WSXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX","workflow_sid":"WWXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX",
		"task_channel_unique_name":"sms","attributes":{"from":"testname","customerName":"testcustomer","customerAddress":"+13115552368"}}}`
	people := `"participants":[{"address":"+13115552368","proxy_address":"+192555512345"}]`
	for _, c := range []struct {
		name, channel, routes string
		want                  []string
	}{
		{"nothing", `{}`, "", []string{"channel.type", "channel.initiated_by", "routing"}},
		{"a customer", `{"type":"sms","initiated_by":"customer"}`, "", []string{"channel.properties.media_channel_sid", "routing"}},
		{"an agent", `{"type":"sms","initiated_by":"agent",` + people + `}`, outbound, nil},
		{"the API", `{"type":"sms","initiated_by":"api",` + people + `}`, inbound, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := newLobby(t)
			ada := l.hires("Ada", 1)
			i, err := l.Flex.CreateForm(t.Context(), l.form(c.channel, c.routes, ada), "")
			if len(c.want) > 0 {
				for _, path := range c.want {
					problems, _ := errors.AsType[*routing.ProblemsError](err)
					if problems == nil || !strings.Contains(problems.Error(), path+": is missing") {
						t.Errorf("%v, want %s", err, path)
					}
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			l.runs()
			i = l.again(i)
			view := i.View(routing.Base{Flex: "https://flex.example.com"})
			p := view.Routing.Properties
			if p.TaskChannelUniqueName != "sms" || p.WorkflowName != "Support" || p.QueueName == nil || *p.QueueName != "Everybody" || view.Routing.Reservation == nil {
				t.Errorf("it is shown as %+v", p)
			}
			var a map[string]any
			if err := json.Unmarshal([]byte(p.Attributes), &a); err != nil {
				t.Fatal(err)
			}
			for name, want := range map[string]any{
				"flexInteractionSid": i.SID, "flexInteractionChannelSid": i.ChannelSID, "conversationSid": i.Channel.MediaChannelSID,
				"customerAddress": "+13115552368", "channelType": "sms",
			} {
				if a[name] != want {
					t.Errorf("%s is %v, want %v", name, a[name], want)
				}
			}
			if c.name == "an agent" && (p.RoutingTarget == nil || *p.RoutingTarget != ada.SID || a["direction"] != "outbound") {
				t.Errorf("it is for %v, and %v", p.RoutingTarget, a["direction"])
			}
			if view.URL != "https://flex.example.com/v1/Interactions/"+i.SID {
				t.Error(view.URL)
			}
			l.accepts(ada)
		})
	}
}

// shapes are requests by what the conversation is and who begins, with what is missing of them.
func TestWhoBeginsAndWhatIsThere(t *testing.T) {
	t.Parallel()
	l := newLobby(t)
	ada := l.hires("Ada", 1000)
	n := 0
	for _, by := range routing.Initiators() {
		for _, there := range []string{"nobody", "participants", "conversation", "channel"} {
			for _, named := range []bool{false, true} {
				n++
				r := l.request(n)
				r.Channel.InitiatedBy = by
				switch there {
				case "nobody":
					r.Channel.Participants = nil
				case "conversation":
					thread := l.writes(n)
					r.Channel.Participants, r.Channel.Properties.MediaChannelSID = nil, engage.ConversationSID(thread.ID)
				case "channel":
					r.Channel.Participants, r.Channel.SID = nil, l.creates(l.request(1000+n)).ChannelSID
				}
				if named {
					r.Routing.Properties.QueueSID, r.Routing.Properties.WorkerSID = l.queue.SID, ada.SID
				}
				want := ""
				switch {
				case by == routing.ByCustomer && (there == "nobody" || there == "participants"):
					want = "channel.properties.media_channel_sid"
				case there == "nobody":
					want = "channel.participants"
				case by == routing.ByAgent && !named:
					want = "routing.properties.worker_sid"
				}
				i, err := l.Flex.Create(t.Context(), engage.NewInteraction{Request: r})
				name := fmt.Sprintf("%s with %s, named %v", by, there, named)
				if want != "" {
					if problems, ok := errors.AsType[*routing.ProblemsError](err); !ok || !strings.Contains(problems.Error(), want+": is missing") {
						t.Errorf("%s: %v, want %s missing", name, err, want)
					}
					continue
				}
				if err != nil {
					t.Errorf("%s: %v", name, err)
					continue
				}
				l.runs()
				if i = l.again(i); i.Channel.Status != routing.ChannelActive {
					t.Errorf("%s: it is %+v", name, i.Channel)
				}
				if there == "channel" && l.tasks(i) != "pending+reserved" && l.tasks(i) != "reserved+reserved" {
					t.Errorf("%s: %s", name, l.tasks(i))
				}
			}
		}
	}
}

func TestAConversationThatIsThereIsBound(t *testing.T) {
	t.Parallel()
	l := newLobby(t)
	thread := l.writes(1)
	r := l.request(1)
	r.Channel.InitiatedBy, r.Channel.Participants = routing.ByCustomer, nil
	r.Channel.Properties.MediaChannelSID = strings.ToUpper(engage.ConversationSID(thread.ID))
	i := l.creates(r)
	if i.Channel.ThreadID != thread.ID || l.thread(thread.ID).ChannelSID != i.ChannelSID {
		t.Errorf("it is %+v", i.Channel)
	}
	if a := i.Routed.Task.Attributes; a["customerAddress"] != customer(1).Address || a["customerName"] != customer(1).Name {
		t.Errorf("its attributes are %s", a)
	}
	people := must(l.Flex.Participants(t.Context(), i.ChannelSID, 0, ""))(t).Items
	if len(people) != 1 || people[0].Type != routing.ParticipantCustomer || people[0].Media.Address != customer(1).Address {
		t.Errorf("participants are %+v", people)
	}
	_, err := l.Flex.Create(t.Context(), engage.NewInteraction{Request: r})
	wantCode(t, err, routing.CodeDuplicate)
	l.runs()
	l.is(i, routing.ChannelActive, "pending")
	must(l.Flex.UpdateChannel(t.Context(), i.ChannelSID, routing.ChannelUpdate{By: routing.ChannelCloses}))(t)
	if l.thread(thread.ID).ChannelSID != "" {
		t.Error("the thread is bound still")
	}
	if l.thread(thread.ID).Status == interaction.ThreadOpen {
		must(l.Threads.Close(t.Context(), thread.ID))(t)
	}
	_, err = l.Flex.Create(t.Context(), engage.NewInteraction{Request: r})
	wantCode(t, err, routing.CodeConversationClosed)
	r.Channel.Properties.MediaChannelSID = routing.PrefixConversation.Alike(i.SID)
	_, err = l.Flex.Create(t.Context(), engage.NewInteraction{Request: r})
	wantProblem(t, err, "channel.properties.media_channel_sid", routing.CodeChannelInvalid)
}

func TestWhatIsNotKnownIsToldAtOnce(t *testing.T) {
	t.Parallel()
	l := newLobby(t)
	i := l.begins()
	r := l.request(2)
	r.Channel.InitiatedBy, r.Channel.Participants = routing.ByAgent, nil
	r.Channel.Properties.MediaChannelSID = routing.PrefixConversation.Alike(i.SID)
	r.Routing.Properties = routing.TaskRequest{
		WorkspaceSID: l.workspace.SID, WorkflowSID: routing.PrefixWorkflow.Alike(i.SID), QueueSID: routing.PrefixQueue.Alike(i.SID),
		WorkerSID: routing.PrefixWorker.Alike(i.SID), TaskChannel: "none",
	}
	_, err := l.Flex.Create(t.Context(), engage.NewInteraction{Request: r})
	wantProblem(t, err, "channel.properties.media_channel_sid", routing.CodeChannelInvalid)
	for _, path := range []string{"workflow_sid", "queue_sid", "worker_sid", "task_channel_unique_name"} {
		wantProblem(t, err, "routing.properties."+path, routing.CodeInvalid)
	}
	r.Routing.Properties.WorkspaceSID = routing.PrefixWorkspace.Alike(i.SID)
	_, err = l.Flex.Create(t.Context(), engage.NewInteraction{Request: r})
	wantProblem(t, err, "routing.properties.workspace_sid", routing.CodeInvalid)
	r = l.request(3)
	r.Channel.Participants = append(r.Channel.Participants, r.Channel.Participants[0])
	_, err = l.Flex.Create(t.Context(), engage.NewInteraction{Request: r})
	wantProblem(t, err, "channel.participants[1]", routing.CodeParticipantThere)
	r = l.request(4)
	r.Channel.SID = routing.PrefixChannel.Alike(l.workspace.SID)
	_, err = l.Flex.Create(t.Context(), engage.NewInteraction{Request: r})
	wantProblem(t, err, "channel.sid", routing.CodeChannelInvalid)
}

func TestAnAgentWhoBeginsIsAvailable(t *testing.T) {
	t.Parallel()
	l := newLobby(t)
	ada := l.hires("Ada", 1)
	l.puts(ada.SID, "Break")
	r := l.request(1)
	r.Channel.InitiatedBy, r.Routing.Properties.QueueSID, r.Routing.Properties.WorkerSID = routing.ByAgent, l.queue.SID, ada.SID
	_, err := l.Flex.Create(t.Context(), engage.NewInteraction{Request: r})
	wantRefusal(t, err)
	l.puts(ada.SID, "Available")
	i := l.creates(r)
	l.runs()
	l.is(i, routing.ChannelActive, "reserved")
}

func TestTheSameKeyIsTheSameInteraction(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, st store.Store) {
		l := newLobbyOn(t, st)
		other := must(engage.New(t.Context(), st, &l.opts))(t)
		create := func(eng *engage.Engine, n int, key string) (engage.FlexInteraction, error) {
			return eng.Flex.Create(t.Context(), engage.NewInteraction{Request: l.request(n), IdempotencyKey: key})
		}
		sids, first := map[string]bool{}, 0
		var mu sync.Mutex
		var wait sync.WaitGroup
		for n := range 8 {
			wait.Go(func() {
				eng := l.Engine
				if n%2 == 1 {
					eng = other
				}
				i, err := create(eng, 1, "a key\x00")
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				sids[i.SID] = true
				if !i.Repeated {
					first++
				}
			})
		}
		wait.Wait()
		if len(sids) != 1 || first != 1 {
			t.Errorf("%d interactions, %d of them created", len(sids), first)
		}
		if _, err := create(l.Engine, 2, "a key\x00"); !errors.Is(err, engage.ErrConflict) {
			t.Errorf("another request: %v", err)
		}
		must(create(l.Engine, 2, "another"))(t)
		if all := must(l.Flex.List(t.Context(), engage.FlexFilter{}))(t).Items; len(all) != 2 {
			t.Errorf("there are %d", len(all))
		}
	})
}

func TestAConversationHasOneLiveChannel(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, st store.Store) {
		l := newLobbyOn(t, st)
		other := must(engage.New(t.Context(), st, &l.opts))(t)
		thread := l.writes(1)
		r := l.request(1)
		r.Channel.InitiatedBy, r.Channel.Participants, r.Channel.Properties.MediaChannelSID = routing.ByCustomer, nil, engage.ConversationSID(thread.ID)
		created := make([]error, 6)
		var wait sync.WaitGroup
		for n := range created {
			wait.Go(func() {
				eng := l.Engine
				if n%2 == 1 {
					eng = other
				}
				_, created[n] = eng.Flex.Create(t.Context(), engage.NewInteraction{Request: r})
			})
		}
		wait.Wait()
		n := 0
		for _, err := range created {
			if err == nil {
				n++
			} else {
				wantCode(t, err, routing.CodeDuplicate)
			}
		}
		if n != 1 {
			t.Errorf("%d were created", n)
		}
	})
}

func TestInteractionsAreFoundAndListed(t *testing.T) {
	t.Parallel()
	l := newLobby(t)
	hq := routing.PrefixContext.Alike(l.workspace.SID)
	var all []string
	for n := range 3 {
		r := l.request(n)
		if n > 0 {
			r.ContextSID = hq
		}
		all = append(all, l.creates(r).SID)
	}
	l.runs()
	i := must(l.Flex.Get(t.Context(), all[0]))(t)
	must(l.Flex.UpdateChannel(t.Context(), i.ChannelSID, routing.ChannelUpdate{By: routing.ChannelCloses}))(t)
	sids := func(filter engage.FlexFilter) (sids []string) {
		filter.Limit = 2
		for {
			page := must(l.Flex.List(t.Context(), filter))(t)
			for _, i := range page.Items {
				sids = append(sids, i.SID)
			}
			if filter.Continuation = page.Continuation; page.Continuation == "" {
				return sids
			}
		}
	}
	for _, c := range []struct {
		filter engage.FlexFilter
		want   []string
	}{
		{engage.FlexFilter{}, all},
		{engage.FlexFilter{ContextSID: hq}, all[1:]},
		{engage.FlexFilter{WorkspaceSID: l.workspace.SID, ChannelStatus: routing.ChannelClosed}, all[:1]},
		{engage.FlexFilter{WorkspaceSID: l.workspace.SID, ChannelStatus: routing.ChannelActive}, all[1:]},
		{engage.FlexFilter{WorkspaceSID: l.workspace.SID}, []string{all[1], all[2], all[0]}},
		{engage.FlexFilter{WorkspaceSID: "WS"}, nil},
	} {
		if got := sids(c.filter); fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%+v: %v, want %v", c.filter, got, c.want)
		}
	}
	if page := must(l.Flex.FindByContext(t.Context(), hq, 0, ""))(t); len(page.Items) != 2 || page.Items[0].ContextSID != hq {
		t.Errorf("by its context: %+v", page)
	}
	if page := must(l.Flex.FindByContext(t.Context(), "", 0, ""))(t); len(page.Items) != 0 {
		t.Errorf("by no context: %+v", page)
	}
	for _, filter := range []engage.FlexFilter{
		{ChannelStatus: routing.ChannelActive}, {WorkspaceSID: l.workspace.SID, ChannelStatus: "x"}, {ContextSID: hq, WorkspaceSID: l.workspace.SID}, {Limit: -1},
	} {
		if _, err := l.Flex.List(t.Context(), filter); !errors.Is(err, engage.ErrInvalid) {
			t.Errorf("%+v: %v", filter, err)
		}
	}
	ttid := "flex_interactionwebhook_01"
	updated := must(l.Flex.Update(t.Context(), all[0], engage.FlexUpdate{WebhookTTID: &ttid}))(t)
	if updated.WebhookTTID != ttid || l.again(updated).WebhookTTID != ttid {
		t.Errorf("updated: %+v", updated)
	}
}

func TestIDsThatAreNoULIDsMakeNoConversations(t *testing.T) {
	t.Parallel()
	l := newLobby(t, func(o *engage.Options) { o.NewID = counted("minted") })
	_, err := l.Flex.Create(t.Context(), engage.NewInteraction{Request: l.request(1)})
	if !errors.Is(err, engage.ErrInvalid) || !strings.Contains(err.Error(), "NewID") {
		t.Error(err)
	}
}

func TestAChannelThatIsThereGoesOn(t *testing.T) {
	t.Parallel()
	l := newLobby(t)
	ada := l.hires("Ada", 5)
	i := l.begins()
	l.accepts(ada)
	hq := routing.PrefixContext.Alike(l.workspace.SID)
	r := routing.CreateRequest{
		Channel:    routing.ChannelRequest{SID: strings.ToUpper(i.ChannelSID), Type: routing.ChannelSMS, InitiatedBy: routing.ByAPI},
		ContextSID: hq,
	}
	again := l.creates(r) // without routing
	if again.SID != i.SID || again.ContextSID != hq {
		t.Errorf("%+v, want that of %s", again, i.SID)
	}
	l.is(i, routing.ChannelActive, "assigned")
	if found := must(l.Flex.FindByContext(t.Context(), hq, 0, ""))(t).Items; len(found) != 1 {
		t.Errorf("by its context: %+v", found)
	}
	bob := l.hires("Bob", 1)
	r.Routing = &routing.CreateRouting{Properties: l.place()}
	r.Channel.InitiatedBy, r.Routing.Properties.WorkerSID, r.Routing.Properties.QueueSID = routing.ByAgent, bob.SID, l.queue.SID
	r.Channel.Participants = []routing.ParticipantRequest{customer(55)}
	l.creates(r)
	l.runs()
	l.accepts(bob)
	l.is(i, routing.ChannelActive, "assigned+assigned")
	if all := must(l.Flex.Participants(t.Context(), i.ChannelSID, 0, ""))(t).Items; len(all) != 4 {
		t.Errorf("participants are %+v", all)
	}

	r.Channel.Type, r.Channel.Participants = routing.ChannelWhatsApp, nil
	r.Channel.Properties.MediaChannelSID = routing.PrefixConversation.Alike(i.SID)
	r.ContextSID = routing.PrefixContext.Alike(i.SID)
	_, err := l.Flex.Create(t.Context(), engage.NewInteraction{Request: r})
	wantProblem(t, err, "channel.type", routing.CodeChannelInvalid)
	wantProblem(t, err, "channel.properties.media_channel_sid", routing.CodeChannelInvalid)
	wantProblem(t, err, "interaction_context_sid", routing.CodeInvalid)

	must(l.Flex.UpdateChannel(t.Context(), i.ChannelSID, routing.ChannelUpdate{By: routing.ChannelCloses}))(t)
	r = routing.CreateRequest{Channel: routing.ChannelRequest{
		SID: i.ChannelSID, Type: routing.ChannelSMS, InitiatedBy: routing.ByAPI, Participants: []routing.ParticipantRequest{customer(56)},
	}}
	_, err = l.Flex.Create(t.Context(), engage.NewInteraction{Request: r})
	wantCode(t, err, routing.CodeInteractionEnded)
}

func TestWhatIsToldOfAnInteraction(t *testing.T) {
	t.Parallel()
	l := newLobby(t)
	ada := l.hires("Ada", 1)
	l.runs()
	before := int64(0)
	for e, err := range l.Events.After(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		before = e.Position
	}
	i := l.begins()
	l.accepts(ada)
	must(l.Flex.UpdateChannel(t.Context(), i.ChannelSID, routing.ChannelUpdate{By: routing.ChannelCloses, Change: routing.ChannelChange{Complete: true}}))(t)
	var told []string
	for e, err := range l.Events.After(t.Context(), before) {
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(string(e.Type), "flex.") {
			continue
		}
		told = append(told, string(e.Type))
		var data engage.FlexEvent
		if err := e.Decode(&data); err != nil {
			t.Fatal(err)
		}
		if data.InteractionSID != i.SID || data.ChannelSID != i.ChannelSID || data.ThreadID != i.Channel.ThreadID || data.ChannelType != routing.ChannelSMS {
			t.Errorf("%s says %+v", e.Type, data)
		}
	}
	want := "[flex.interaction.created flex.channel.created flex.participant.joined flex.invite.created flex.channel.status_updated" +
		" flex.invite.accepted flex.participant.joined flex.channel.status_updated flex.participant.left flex.participant.left]"
	if got := fmt.Sprint(told); got != want {
		t.Errorf("told of %s, want %s", got, want)
	}
}

func TestWhoIsThereIsNotAskedByARequestForTheirChannel(t *testing.T) {
	t.Parallel()
	l := newLobby(t)
	ada := l.hires("Ada", 5)
	i := l.begins()
	l.accepts(ada)
	r := l.request(2)
	r.Channel.SID, r.Channel.Participants = i.ChannelSID, nil
	r.Routing.Properties.WorkerSID = ada.SID
	_, err := l.Flex.Create(t.Context(), engage.NewInteraction{Request: r})
	wantCode(t, err, routing.CodeParticipantThere)
	l.is(i, routing.ChannelActive, "assigned")
}

// TestAKeyHoldsWhateverBecomesOfTheWorkspace: what was right when it was created comes back.
func TestAKeyHoldsWhateverBecomesOfTheWorkspace(t *testing.T) {
	t.Parallel()
	l := newLobby(t)
	r := l.request(1)
	r.Routing.Properties.WorkflowSID = ""
	first := must(l.Flex.Create(t.Context(), engage.NewInteraction{Request: r, IdempotencyKey: "k"}))(t)
	l.newWorkflow("Second", leadingTo(l.queue.SID))
	again := must(l.Flex.Create(t.Context(), engage.NewInteraction{Request: r, IdempotencyKey: "k"}))(t)
	if again.SID != first.SID || !again.Repeated {
		t.Errorf("it is %s, want %s", again.SID, first.SID)
	}
	_, err := l.Flex.Create(t.Context(), engage.NewInteraction{Request: r, IdempotencyKey: "another"})
	wantProblem(t, err, "routing.properties.workflow_sid", routing.CodeInvalid)
	r.Channel.Participants = nil
	_, err = l.Flex.Create(t.Context(), engage.NewInteraction{Request: r, IdempotencyKey: "k"})
	if !errors.Is(err, engage.ErrInvalid) {
		t.Errorf("what is wrong by itself: %v", err)
	}
}

// TestContextsComeBackAsTheyWereWritten, and are found however they are.
func TestContextsComeBackAsTheyWereWritten(t *testing.T) {
	t.Parallel()
	l := newLobby(t)
	r := l.request(1)
	r.ContextSID = "HQABCDEFabcdefABCDEFabcdefABCDEFab"
	i := l.creates(r)
	if i.ContextSID != r.ContextSID {
		t.Errorf("it is %s, was %s", i.ContextSID, r.ContextSID)
	}
	for _, sid := range []string{r.ContextSID, "HQ" + strings.ToUpper(r.ContextSID[2:]), "HQ" + strings.ToLower(r.ContextSID[2:])} {
		if found := must(l.Flex.FindByContext(t.Context(), sid, 0, ""))(t).Items; len(found) != 1 || found[0].ContextSID != r.ContextSID {
			t.Errorf("%s finds %+v", sid, found)
		}
		more := l.request(2)
		more.Channel.SID, more.ContextSID = i.ChannelSID, sid
		more.Channel.Participants[0].Address += sid[30:] + "1"
		more.Routing = nil
		if again, err := l.Flex.Create(t.Context(), engage.NewInteraction{Request: more}); errors.Is(err, engage.ErrInvalid) && strings.Contains(err.Error(), "context") {
			t.Errorf("%s: %v %+v", sid, err, again)
		}
	}
}

// TestWhatIsSaidOfAConversationFitsIt: its type, and the customer who begins.
func TestWhatIsSaidOfAConversationFitsIt(t *testing.T) {
	t.Parallel()
	l := newLobby(t)
	thread := l.writes(1)
	request := func(n int) routing.CreateRequest {
		r := l.request(n)
		r.Channel.InitiatedBy, r.Channel.Properties.MediaChannelSID = routing.ByCustomer, engage.ConversationSID(thread.ID)
		return r
	}
	_, err := l.Flex.Create(t.Context(), engage.NewInteraction{Request: request(2)}) // somebody else
	wantProblem(t, err, "channel.participants[0]", routing.CodeChannelInvalid)
	r := request(1)
	r.Channel.Type, r.Channel.Participants = routing.ChannelWhatsApp, nil
	_, err = l.Flex.Create(t.Context(), engage.NewInteraction{Request: r})
	wantProblem(t, err, "channel.type", routing.CodeChannelInvalid)

	// One source may be for both.
	if err := l.Flex.SetAddress(t.Context(), engage.Address{Type: routing.ChannelWhatsApp, SourceID: l.sms.ID}); err != nil {
		t.Fatal(err)
	}
	i := l.creates(r)
	must(l.Flex.UpdateChannel(t.Context(), i.ChannelSID, routing.ChannelUpdate{By: routing.ChannelCloses}))(t)

	thread = l.writes(3)
	r = request(3)
	r.Channel.Participants = append(r.Channel.Participants, customer(4)) // who joins the channel
	i = l.creates(r)
	if a := i.Routed.Task.Attributes; a["customerAddress"] != customer(3).Address {
		t.Errorf("its attributes are %s", a)
	}
}

// TestANewInteractionShowsItsQueue, though its task goes there when the channel is set up.
func TestANewInteractionShowsItsQueue(t *testing.T) {
	t.Parallel()
	l := newLobby(t)
	i := l.creates(l.request(1))
	p := i.View(routing.Base{}).Routing.Properties
	if p.QueueSID == nil || *p.QueueSID != l.queue.SID || p.QueueName == nil || *p.QueueName != l.queue.FriendlyName || p.TaskQueueEnteredDate == nil {
		t.Errorf("it is shown as %+v", p)
	}
	if k := must(l.Tasks.Get(t.Context(), i.TaskSID))(t); k.QueueSID != "" {
		t.Error("it is there already: ", k.QueueSID)
	}
}
