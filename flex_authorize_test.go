package engage_test

import (
	"context"
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/routing"
)

// preparedFlex is what prepareFlex made: SIDs.
type preparedFlex struct {
	workspace, workflow, queue string
	active, channel            string // an interaction, and its channel, that ada has
	participant                string // ada on it
	paused                     string // the channel of another interaction
	transfer                   string // of a third
}

// prepareFlex prepares three interactions of ada: one that she talks on, one that she has put
// aside, and one that she hands over.
func prepareFlex(tb testing.TB, eng *engage.Engine) (at preparedFlex) {
	tb.Helper()
	ctx := tb.Context()
	at.workspace = must(eng.Workspaces.Create(ctx, engage.NewWorkspace{FriendlyName: "Flex"}))(tb).SID
	available := ""
	for _, a := range must(eng.Activities.List(ctx, at.workspace, 0, ""))(tb).Items {
		if a.Available {
			available = a.SID
		}
	}
	at.queue = must(eng.Queues.Create(ctx, at.workspace, engage.NewQueue{FriendlyName: "All"}))(tb).SID
	nobody := must(eng.Queues.Create(ctx, at.workspace, engage.NewQueue{FriendlyName: "Nobody", TargetWorkers: "1==2"}))(tb).SID
	at.workflow = must(eng.Workflows.Create(ctx, at.workspace, engage.NewWorkflow{FriendlyName: "All", Configuration: leadingTo(at.queue)}))(tb).SID
	worker := must(eng.Workers.Create(ctx, at.workspace, engage.NewWorker{
		FriendlyName: "ada", ActivitySID: available, Capacities: map[string]int{"default": 5},
	}))(tb).SID
	must(eng.Sources.Create(ctx, interaction.Source{ID: "flex sms", Type: "flex sms", Active: true}))(tb)
	if err := eng.Flex.SetAddress(ctx, engage.Address{Type: routing.ChannelSMS, SourceID: "flex sms"}); err != nil {
		tb.Fatal(err)
	}
	begins := func(n int) engage.FlexInteraction {
		i := must(eng.Flex.Create(ctx, engage.NewInteraction{Request: at.request(n)}))(tb)
		must(eng.RunDue(ctx))(tb)
		for _, r := range must(eng.Reservations.List(ctx, engage.ReservationFilter{WorkerSID: worker, Live: true}))(tb).Items {
			if r.Status == routing.ReservationPending {
				must(eng.Reservations.Accept(ctx, r.SID, engage.Answer{}))(tb)
			}
		}
		return i
	}
	first, second, third := begins(1), begins(2), begins(3)
	at.active, at.channel, at.paused = first.SID, first.ChannelSID, second.ChannelSID
	for _, p := range must(eng.Flex.Participants(ctx, at.channel, 0, ""))(tb).Items {
		if p.Type == routing.ParticipantAgent {
			at.participant = p.SID
		}
	}
	must(eng.Flex.Pause(ctx, at.paused))(tb)
	at.transfer = must(eng.Flex.Transfer(ctx, third.ChannelSID, routing.TransferRequest{Type: routing.TransferCold, To: nobody}))(tb).SID
	return at
}

// request asks for an interaction.
func (at preparedFlex) request(n int) routing.CreateRequest {
	return routing.CreateRequest{
		Channel: routing.ChannelRequest{Type: routing.ChannelSMS, InitiatedBy: routing.ByAPI, Participants: []routing.ParticipantRequest{customer(n)}},
		Routing: &routing.CreateRouting{Properties: routing.TaskRequest{WorkspaceSID: at.workspace, WorkflowSID: at.workflow}},
	}
}

// flexMethods returns the methods of interactions.
func flexMethods(at preparedFlex) map[string]method {
	all, place, one, channel := about("flex_interaction", ""), about("workspace", at.workspace), about("flex_interaction", at.active), about("interaction_channel", at.channel)
	of := func(action engage.Action, r engage.Resource, call func(context.Context, engage.Flex) (any, error)) method {
		return method{action: action, resource: r, call: func(ctx context.Context, s services, _ prepared) (any, error) { return call(ctx, s.Flex) }}
	}
	look := func(r engage.Resource, call func(context.Context, engage.Flex) (any, error)) method {
		return of(engage.ActionFlexRead, r, call)
	}
	ttid := "ttid"
	address := engage.Address{Type: routing.ChannelSMS, SourceID: "flex sms"}
	hq := routing.PrefixContext.Alike(string(routing.PrefixContext) + "00000000000000000000000000000001")
	return map[string]method{
		"Flex.Create": of(engage.ActionFlexCreate, place, func(ctx context.Context, s engage.Flex) (any, error) {
			return s.Create(ctx, engage.NewInteraction{Request: at.request(9)})
		}),
		"Flex.CreateForm": of(engage.ActionFlexCreate, place, func(ctx context.Context, s engage.Flex) (any, error) {
			return s.CreateForm(ctx, routing.CreateForm{
				Channel: []byte(`{"type":"sms","initiated_by":"api","participants":[{"address":"+1","proxy_address":"+2"}]}`),
				Routing: []byte(`{"properties":{"workspace_sid":"` + at.workspace + `","workflow_sid":"` + at.workflow + `"}}`),
			}, "")
		}),
		"Flex.Get":  look(one, func(ctx context.Context, s engage.Flex) (any, error) { return s.Get(ctx, at.active) }),
		"Flex.List": look(all, func(ctx context.Context, s engage.Flex) (any, error) { return s.List(ctx, engage.FlexFilter{}) }),
		"Flex.List of a workspace": look(place, func(ctx context.Context, s engage.Flex) (any, error) {
			return s.List(ctx, engage.FlexFilter{WorkspaceSID: at.workspace})
		}),
		"Flex.FindByContext": look(all, func(ctx context.Context, s engage.Flex) (any, error) {
			return s.FindByContext(ctx, hq, 0, "")
		}),
		"Flex.Update": of(engage.ActionFlexUpdate, one, func(ctx context.Context, s engage.Flex) (any, error) {
			return s.Update(ctx, at.active, engage.FlexUpdate{WebhookTTID: &ttid})
		}),
		"Flex.Channel":  look(channel, func(ctx context.Context, s engage.Flex) (any, error) { return s.Channel(ctx, at.channel) }),
		"Flex.Channels": look(one, func(ctx context.Context, s engage.Flex) (any, error) { return s.Channels(ctx, at.active) }),
		"Flex.UpdateChannel": of(engage.ActionFlexUpdate, channel, func(ctx context.Context, s engage.Flex) (any, error) {
			return s.UpdateChannel(ctx, at.channel, routing.ChannelUpdate{By: routing.ChannelCloses})
		}),
		"Flex.Pause": of(engage.ActionFlexUpdate, channel, func(ctx context.Context, s engage.Flex) (any, error) { return s.Pause(ctx, at.channel) }),
		"Flex.Resume": of(engage.ActionFlexUpdate, about("interaction_channel", at.paused), func(ctx context.Context, s engage.Flex) (any, error) {
			return s.Resume(ctx, at.paused)
		}),
		"Flex.Invite": of(engage.ActionFlexInvite, channel, func(ctx context.Context, s engage.Flex) (any, error) {
			return s.Invite(ctx, at.channel, routing.TaskRequest{WorkflowSID: at.workflow})
		}),
		"Flex.Invites": look(channel, func(ctx context.Context, s engage.Flex) (any, error) { return s.Invites(ctx, at.channel, 0, "") }),
		"Flex.AddParticipant": of(engage.ActionFlexUpdate, channel, func(ctx context.Context, s engage.Flex) (any, error) {
			return s.AddParticipant(ctx, at.channel, routing.ParticipantSupervisor, customer(77))
		}),
		"Flex.Participants": look(channel, func(ctx context.Context, s engage.Flex) (any, error) {
			return s.Participants(ctx, at.channel, 0, "")
		}),
		"Flex.UpdateParticipant": of(engage.ActionFlexUpdate, about("interaction_participant", at.participant), func(ctx context.Context, s engage.Flex) (any, error) {
			return s.UpdateParticipant(ctx, at.participant, routing.ParticipantWrapsUp, engage.Completion{})
		}),
		"Flex.Transfer": of(engage.ActionFlexTransfer, channel, func(ctx context.Context, s engage.Flex) (any, error) {
			return s.Transfer(ctx, at.channel, routing.TransferRequest{Type: routing.TransferWarm, To: at.queue})
		}),
		"Flex.GetTransfer": look(about("interaction_transfer", at.transfer), func(ctx context.Context, s engage.Flex) (any, error) {
			return s.GetTransfer(ctx, at.transfer)
		}),
		"Flex.Transfers": look(channel, func(ctx context.Context, s engage.Flex) (any, error) { return s.Transfers(ctx, at.channel, 0, "") }),
		"Flex.CancelTransfer": of(engage.ActionFlexTransfer, about("interaction_transfer", at.transfer), func(ctx context.Context, s engage.Flex) (any, error) {
			return s.CancelTransfer(ctx, at.transfer)
		}),
		"Flex.SetAddress": of(engage.ActionFlexConfigure, about("interaction_address", "sms/"), func(ctx context.Context, s engage.Flex) (any, error) {
			return nil, s.SetAddress(ctx, address)
		}),
		"Flex.Address": look(about("interaction_address", "sms/"), func(ctx context.Context, s engage.Flex) (any, error) {
			return s.Address(ctx, routing.ChannelSMS, "")
		}),
		"Flex.Addresses": look(about("interaction_address", ""), func(ctx context.Context, s engage.Flex) (any, error) { return s.Addresses(ctx, 0, "") }),
		"Flex.RemoveAddress": of(engage.ActionFlexConfigure, about("interaction_address", "sms/"), func(ctx context.Context, s engage.Flex) (any, error) {
			return nil, s.RemoveAddress(ctx, routing.ChannelSMS, "")
		}),
	}
}
