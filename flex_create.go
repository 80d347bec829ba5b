package engage

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/oklog/ulid/v2"

	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/routing"
)

// NewInteraction is an interaction that is to be created.
type NewInteraction struct {
	Request routing.CreateRequest
	// IdempotencyKey makes a repeated call harmless: the interaction that was created with it
	// comes back, also if the request could not be carried out any more. It may be any bytes;
	// empty: there is none. (The platform has none.)
	IdempotencyKey string
}

// Create begins an interaction (seed 003, "POST /Interactions"): it writes the interaction, its
// channel in setup, the task and its invite, and returns them with the SID of the conversation.
// The channel is set up by a job, which Run does; the events flex.channel.status_updated and
// flex.channel.create_failed tell how that ended, and Get shows it.
//
// A conversation that is there is named by properties.media_channel_sid: CH and the digits of a
// thread's ID. Without it one is opened with the first participant, or, of an email, the first
// one with the level to: on the source that SetAddress has for the type and the company's
// address. The others are kept as participants, and not written to.
//
// What is said of a conversation that is there must fit it: channel.type is that of its source,
// if that is a type of channel and SetAddress says nothing else; and where a customer begins, the
// first participant is in it.
//
// A channel that is there can be named by channel.sid. It has its interaction, and an
// interaction has one channel: so that is the one that comes back; routing asks for one more
// agent then, as Invite does, and participants join, as AddParticipant says.
//
// Whom the task is for: agents who begin an interaction get it themselves, and must be
// available (the documentation of Flex); else, as for any task, the worker or queue that is
// named, or whoever the workflow finds. Its attributes are those of the request "as is", with
// the known ones where these are absent ([routing.Known]).
//
// Options.Authorize is asked about the workspace of the task, or about the channel that is named.
//
// The error wraps ErrInvalid, with a [*routing.ProblemsError] of all that is wrong with the
// request and what is not known; ErrRefused if the conversation is closed (45354), has a live
// channel (45353), or the agent is not available; ErrConflict if the idempotency key was used
// for another request.
func (s Flex) Create(ctx context.Context, is NewInteraction) (FlexInteraction, error) {
	return s.create(ctx, is.IdempotencyKey, func(only routing.OnlyWorkflow) (routing.CreateRequest, []routing.Problem, error) {
		warnings, err := is.Request.Check(only)
		return is.Request, warnings, err
	})
}

// CreateForm does what Create does with a request as client libraries of the platform send it;
// see [routing.ParseCreate]. What cannot be read is among what is wrong.
func (s Flex) CreateForm(ctx context.Context, form routing.CreateForm, idempotencyKey string) (FlexInteraction, error) {
	return s.create(ctx, idempotencyKey, func(only routing.OnlyWorkflow) (routing.CreateRequest, []routing.Problem, error) {
		return routing.ParseCreate(form, only)
	})
}

func (s Flex) create(
	ctx context.Context, key string, request func(routing.OnlyWorkflow) (routing.CreateRequest, []routing.Problem, error),
) (FlexInteraction, error) {
	asked, _, _ := request(anyWorkflow)
	if err := s.allow(ctx, ActionFlexCreate, whereCreated(asked)); err != nil {
		return FlexInteraction{}, err
	}
	return read(ctx, s.scope, func(t *turn) (*FlexInteraction, error) {
		// What is right by itself may have been created before: the workspace may have more
		// workflows by now.
		if r, warnings, wrong := request(anyWorkflow); wrong == nil {
			was, err := t.createdBefore(ctx, r, key)
			if err != nil {
				return nil, err
			}
			if was != nil {
				was.Warnings = warnings
				return was, nil
			}
		}
		only := onlyWorkflow{turn: t}
		r, warnings, unfit := request(only.find(ctx))
		if only.failed != nil {
			return nil, only.failed
		}
		if unfit != nil {
			return nil, t.alsoUnknown(ctx, r, unfit)
		}
		created, err := t.createNow(ctx, r, key)
		if err == nil {
			created.Warnings = warnings
		}
		return created, err
	})
}

// whereCreated is what Options.Authorize is asked about: the channel that a request goes on with,
// or the workspace of its task; of one that names neither an interaction without an ID.
func whereCreated(r routing.CreateRequest) Resource {
	switch {
	case r.Channel.SID != "":
		return channelResource(r.Channel.SID)
	case r.Routing != nil && r.Routing.Properties.WorkspaceSID != "":
		return workspaceResource(r.Routing.Properties.WorkspaceSID)
	}
	return flexResource("")
}

// anyWorkflow stands for the workflow of whatever workspace a request names.
func anyWorkflow(string) string { return string(routing.PrefixWorkflow) }

// onlyWorkflow looks up the workflow of a workspace that has one only.
type onlyWorkflow struct {
	*turn

	failed error // what the store says of it
}

func (o *onlyWorkflow) find(ctx context.Context) routing.OnlyWorkflow {
	return func(workspaceSID string) string {
		w, err := o.workspace(ctx, workspaceSID)
		if gone(err) != nil {
			o.failed = err
		}
		switch {
		case errors.Is(err, ErrNotFound):
			return anyWorkflow("") // that is what is wrong
		case err != nil || len(w.WorkflowSIDs) != 1:
			return ""
		}
		return w.WorkflowSIDs[0]
	}
}

// createdBefore returns the interaction that was created with a key; nil: there is none.
func (t *turn) createdBefore(ctx context.Context, r routing.CreateRequest, key string) (*FlexInteraction, error) {
	bound, err := t.flexKey(ctx, r, key)
	if err != nil || bound.InteractionSID == "" {
		return nil, err
	}
	i, err := t.flexInteraction(ctx, bound.InteractionSID)
	if err != nil {
		return nil, err
	}
	shown, err := t.showInteraction(ctx, i)
	if err == nil {
		shown.Repeated = true
	}
	return shown, err
}

// createNow creates an interaction, and binds its key to it, which is new.
func (t *turn) createNow(ctx context.Context, r routing.CreateRequest, key string) (*FlexInteraction, error) {
	bound, err := t.flexKey(ctx, r, key)
	if err != nil {
		return nil, err
	}
	create := t.createInteraction
	if r.Channel.SID != "" {
		create = t.goOnWith
	}
	i, err := create(ctx, r)
	if err != nil {
		return nil, err
	}
	if key != "" {
		bound.InteractionSID = i.SID
		if err := flexKeys.Put(t.Work, &bound); err != nil {
			return nil, err
		}
	}
	return t.showInteraction(ctx, i)
}

// flexKey returns what an idempotency key stands for; nothing, if it is new, or there is none.
func (t *turn) flexKey(ctx context.Context, r routing.CreateRequest, key string) (flexKey, error) {
	if key == "" {
		return flexKey{}, nil
	}
	text, err := json.Marshal(r)
	if err != nil {
		return flexKey{}, invalid("request", "is not JSON")
	}
	is := flexKey{Hash: hashOf(keyText(key)), RequestHash: hashOf(string(text))}
	was, err := flexKeys.Get(ctx, t.Work, is.Hash)
	switch {
	case err != nil || was == nil:
		return is, err
	case was.RequestHash != is.RequestHash:
		return is, &ConflictError{Resource: Resource{Type: ResourceIdempotencyKey}, Reason: "was used for another interaction"}
	}
	return *was, nil
}

// createInteraction writes a new interaction with all that belongs to it.
func (t *turn) createInteraction(ctx context.Context, request routing.CreateRequest) (*routing.Interaction, error) {
	const path = "routing.properties"
	var wrong problems
	place := request.Routing.Properties
	r, err := t.routedIn(ctx, place.WorkspaceSID)
	if errors.Is(err, ErrNotFound) {
		return nil, t.alsoUnknown(ctx, request, nil)
	}
	if err != nil {
		return nil, err
	}
	thread, refused, err := t.conversationFor(ctx, request, &wrong)
	if err != nil {
		return nil, err
	}
	i := &routing.Interaction{
		SID: t.sid(routing.PrefixInteraction), AccountSID: r.workspace.AccountSID, ChannelSID: t.sid(routing.PrefixChannel),
		ChannelType: request.Channel.Type, InitiatedBy: request.Channel.InitiatedBy, TaskSID: t.sid(routing.PrefixTask),
		ContextSID: request.ContextSID, WebhookTTID: request.WebhookTTID, CreatedAt: t.now, UpdatedAt: t.now,
	}
	if r.channel, err = t.newChannel(i, r.workspace, request, thread); err != nil {
		return nil, err
	}
	r.fresh = true
	r.work.Channel = r.channel.Channel
	if r.work, err = r.work.Happen(routing.ChannelStarts, routing.ChannelChange{}, t.now); err != nil {
		return nil, err
	}
	if err := t.joinCustomers(ctx, r, request, thread, &wrong); err != nil {
		return nil, err
	}
	err = t.ask(ctx, r, newTask{TaskRequest: place, Path: path, SID: i.TaskSID})
	if err := wrong.join(err); err != nil {
		return nil, err
	}
	r.channel.WorkflowSID = r.assignment(i.TaskSID).Task.WorkflowSID
	if refused == nil {
		refused, err = t.beginsNow(ctx, request)
	}
	if err := cmp.Or(err, refused); err != nil {
		return nil, err
	}
	if err := errors.Join(flexInteractions.Insert(t.Work, i), t.tellInteraction(EventFlexInteractionCreated, i, r.channel)); err != nil {
		return nil, err
	}
	return i, t.keepRouted(ctx, r)
}

// alsoUnknown adds to what is wrong with a request by itself what it names that is not there, so
// that all is said at once.
func (t *turn) alsoUnknown(ctx context.Context, request routing.CreateRequest, unfit error) error {
	var wrong problems
	if err := wrong.check(unfit); err != nil {
		return err
	}
	if request.Channel.SID != "" || request.Routing == nil || !routing.PrefixWorkspace.Valid(request.Routing.Properties.WorkspaceSID) {
		return wrong.err()
	}
	spec := newTask{TaskRequest: request.Routing.Properties, Path: "routing.properties"}
	r, err := t.routedIn(ctx, spec.WorkspaceSID)
	switch {
	case errors.Is(err, ErrNotFound):
		wrong.add(spec.at("workspace_sid"), "is not known")
	case err != nil:
		return err
	default:
		task := routing.Task{WorkspaceSID: r.workspace.SID}
		err := t.aim(ctx, r, &task, spec, &wrong)
		_, noWorkflow := t.workflowFor(ctx, r, &task, spec, &wrong)
		if err := cmp.Or(err, noWorkflow, t.taskChannelFor(ctx, &task, spec, &wrong)); err != nil {
			return err
		}
	}
	if _, _, err := t.conversationFor(ctx, request, &wrong); err != nil {
		return err
	}
	return wrong.err()
}

// newChannel returns the channel of a new interaction, which is bound to a thread, or to one
// that is yet to be opened.
func (t *turn) newChannel(i *routing.Interaction, in *storedWorkspace, request routing.CreateRequest, thread *interaction.Thread) (*storedChannel, error) {
	c := &storedChannel{
		Channel:      routing.Channel{SID: i.ChannelSID, AccountSID: i.AccountSID, InteractionSID: i.SID, Type: i.ChannelType},
		WorkspaceSID: in.SID, Request: request,
	}
	if thread != nil {
		c.ThreadID = thread.ID
	} else {
		c.ThreadID = t.ID()
	}
	if minted, err := ulid.ParseStrict(c.ThreadID); err != nil || minted.String() != c.ThreadID {
		return nil, invalid("Options.NewID", "mints no ULIDs: the SID of a conversation has the digits of one")
	}
	c.MediaChannelSID = ConversationSID(c.ThreadID)
	return c, nil
}

// joinCustomers lets the participants of a request join its channel. If there are none, it is
// the customer with whom the conversation began.
func (t *turn) joinCustomers(ctx context.Context, r *routed, request routing.CreateRequest, thread *interaction.Thread, wrong *problems) error {
	people := request.Channel.Participants
	if len(people) == 0 && thread != nil {
		identity, err := t.identity(ctx, thread.IdentityID)
		if err != nil {
			return err
		}
		people = []routing.ParticipantRequest{customerOf(request.Channel.Type, identity)}
	}
	return t.join(r, people, "is one of those before", wrong)
}

// join lets customers join a channel whom a request names. Of who is there already it notes so.
func (t *turn) join(r *routed, people []routing.ParticipantRequest, there string, wrong *problems) error {
	for n, media := range people {
		next, err := r.work.Join(routing.Participant{SID: t.sid(routing.PrefixParticipant), Type: routing.ParticipantCustomer, Media: &media}, t.now)
		if refused, ok := errors.AsType[*routing.RefusedError](err); ok && refused.Code == routing.CodeParticipantThere {
			wrong.addCoded(fmt.Sprintf("channel.participants[%d]", n), there, refused.Code)
			continue
		}
		if err != nil {
			return refusal(err, channelResource(r.channel.SID))
		}
		r.work = next
	}
	return nil
}

// beginsNow refuses an interaction of an agent who is not available.
func (t *turn) beginsNow(ctx context.Context, request routing.CreateRequest) (refused, err error) {
	target := request.RoutingTarget()
	if target == "" {
		return nil, nil
	}
	w, err := t.workerIn(ctx, routing.PrefixWorkspace.Alike(request.Routing.Properties.WorkspaceSID), target)
	if err != nil || w.Available {
		return nil, err
	}
	return &RefusedError{
		Rule: "an agent who begins an interaction is available", Resource: workerResource(w.SID),
		Remedy: "change the worker's activity: Workers.Update",
	}, nil
}
