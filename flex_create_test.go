package engage_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/engage-interactions/engage"
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

// TestWhoBeginsAndWhatIsThere sends requests by who begins, and by what is there already: each has
// what it needs, or is told what is missing.
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
	r := l.outbound(1, ada)
	_, err := l.Flex.Create(t.Context(), engage.NewInteraction{Request: r})
	wantRefusal(t, err)
	l.puts(ada.SID, "Available")
	i := l.creates(r)
	l.runs()
	l.is(i, routing.ChannelActive, "reserved")
}
