package routing

import (
	"slices"
	"strings"
)

// requirement is a line of the table of what a request must have.
type requirement struct {
	path string
	code int
	// needed says for which requests, given says whether they have it.
	needed func(r CreateRequest) bool
	given  func(r CreateRequest) bool
	why    string // when it is needed
}

// missing is what is said of what is not there.
const missing = "is missing: it is needed "

// required is the table of what a request must have, for whoever begins it and whatever
// the channel is (seed 003). Where the channel or the conversation is there already, an
// agent need not name participants, although the seed says so: whom they write to is in it.
var required = []requirement{
	{
		"channel.type", CodeChannelInvalid, always,
		func(r CreateRequest) bool { return r.Channel.Type != "" },
		"always",
	},
	{
		"channel.initiated_by", CodeChannelInvalid, always,
		func(r CreateRequest) bool { return r.Channel.InitiatedBy != "" },
		"always",
	},
	{
		"channel.properties.media_channel_sid", CodeChannelInvalid,
		func(r CreateRequest) bool {
			return r.Channel.InitiatedBy == ByCustomer && r.Channel.SID == ""
		},
		func(r CreateRequest) bool { return r.Channel.Properties.MediaChannelSID != "" },
		"where a customer begins the interaction: the conversation that they are in",
	},
	{
		"channel.participants", CodeNoParticipants,
		func(r CreateRequest) bool {
			return r.Channel.InitiatedBy == ByAgent && r.Channel.SID == "" && r.Channel.Properties.MediaChannelSID == ""
		},
		func(r CreateRequest) bool { return len(r.Channel.Participants) > 0 },
		"where an agent begins the interaction",
	},
	{
		"channel.participants", CodeNoParticipants,
		func(r CreateRequest) bool {
			return r.Channel.InitiatedBy == ByAPI && r.Channel.SID == "" && r.Channel.Properties.MediaChannelSID == ""
		},
		func(r CreateRequest) bool { return len(r.Channel.Participants) > 0 },
		"where the API begins the interaction without properties.media_channel_sid: there is nobody to talk to",
	},
	{
		"channel.properties.from", CodeChannelInvalid, writesEmail,
		func(r CreateRequest) bool { return r.Channel.Properties.From != "" },
		"for email that an agent or the API begins: the address of the company",
	},
	{
		"channel.properties.from_name", CodeChannelInvalid, writesEmail,
		func(r CreateRequest) bool { return r.Channel.Properties.FromName != "" },
		"for email that an agent or the API begins: the name of the company",
	},
	{
		"routing", CodeInvalid,
		func(r CreateRequest) bool { return r.Channel.SID == "" },
		func(r CreateRequest) bool { return r.Routing != nil },
		"unless channel.sid names a channel that is there already",
	},
	{
		"routing.properties.queue_sid", CodeInvalid, isRoutedToAgent,
		func(r CreateRequest) bool { return r.Routing.Properties.QueueSID != "" },
		"where an agent begins the interaction",
	},
	{
		"routing.properties.worker_sid", CodeInvalid, isRoutedToAgent,
		func(r CreateRequest) bool { return r.Routing.Properties.WorkerSID != "" },
		"where an agent begins the interaction: it is who gets the task",
	},
}

func always(CreateRequest) bool { return true }

func writesEmail(r CreateRequest) bool {
	return r.Channel.Type == ChannelEmail && (r.Channel.InitiatedBy == ByAgent || r.Channel.InitiatedBy == ByAPI) && r.Channel.SID == ""
}

func isRoutedToAgent(r CreateRequest) bool {
	return r.Routing != nil && r.Channel.InitiatedBy == ByAgent
}

func (f *findings) create(r CreateRequest, only OnlyWorkflow) {
	for _, rule := range required {
		if rule.needed(r) && !rule.given(r) {
			f.problem(rule.path, rule.code, missing+rule.why)
		}
	}
	f.channelType("channel.type", r.Channel.Type)
	if by := r.Channel.InitiatedBy; by != "" && !slices.Contains(Initiators(), by) {
		f.problem("channel.initiated_by", CodeChannelInvalid, "must be one of "+names(Initiators()))
	}
	f.sid("channel.sid", CodeChannelInvalid, PrefixChannel, r.Channel.SID)
	media := r.Channel.Properties
	f.sid("channel.properties.media_channel_sid", CodeChannelInvalid, PrefixConversation, media.MediaChannelSID)
	f.text("channel.properties.from", CodeChannelInvalid, media.From)
	f.text("channel.properties.from_name", CodeChannelInvalid, media.FromName)
	f.text("channel.properties.subject", CodeChannelInvalid, media.Subject)
	f.participants("channel.participants", r.Channel)
	if r.Routing != nil {
		f.place("routing.properties", r.Routing.Properties, only)
		f.task("routing.properties", r.Routing.Properties)
		f.known("routing.properties.attributes", r)
	}
	f.sid("interaction_context_sid", CodeInvalid, PrefixContext, r.ContextSID)
	f.text("webhook_ttid", CodeInvalid, r.WebhookTTID)
}

// channelType finds a type that there is not. Voice has an answer of its own: it is what
// the platform has beside the others.
func (f *findings) channelType(path string, t ChannelType) {
	switch {
	case t == "" || slices.Contains(ChannelTypes(), t):
	case t == "voice":
		f.problem(path, CodeChannelInvalid, "voice is not a channel of interactions here: it must be one of "+names(ChannelTypes()))
	default:
		f.problem(path, CodeChannelInvalid, "must be one of "+names(ChannelTypes()))
	}
}

// place finds what is missing of where a task, of an interaction or of an invite, goes.
func (f *findings) place(path string, t TaskRequest, only OnlyWorkflow) {
	if t.WorkspaceSID == "" {
		f.problem(path+".workspace_sid", CodeInvalid, missing+"always")
	}
	if t.WorkflowSID == "" && !only.in(t.WorkspaceSID) {
		f.problem(path+".workflow_sid", CodeInvalid, missing+"unless the workspace has one workflow only")
	}
}

// task finds what is wrong with the task of a request, other than what is missing.
func (f *findings) task(path string, t TaskRequest) {
	for _, sid := range []struct {
		name   string
		prefix Prefix
		sid    string
	}{
		{".workspace_sid", PrefixWorkspace, t.WorkspaceSID},
		{".workflow_sid", PrefixWorkflow, t.WorkflowSID},
		{".queue_sid", PrefixQueue, t.QueueSID},
		{".worker_sid", PrefixWorker, t.WorkerSID},
		{".task_channel_sid", PrefixTaskChannel, t.TaskChannelSID},
	} {
		f.sid(path+sid.name, CodeInvalid, sid.prefix, sid.sid)
	}
	if t.TaskChannel != "" {
		f.uniqueName(path+".task_channel_unique_name", t.TaskChannel)
	}
	f.between(path+".priority", t.Priority, 0, MaxPriority)
	f.between(path+".timeout", t.Timeout, 0, MaxTaskTimeout)
	f.attributes(path+".attributes", t.Attributes)
}

func (f *findings) attributes(path string, a Attributes) {
	text, err := a.MarshalJSON()
	if err == nil {
		_, err = ParseAttributes(text)
	}
	if err != nil {
		f.cannotRead(path, CodeInvalid, strings.TrimPrefix(err.Error(), "attributes: "))
	}
}

// known finds attributes that are too long once the known ones are among them. Their SIDs
// are not known yet, but how long they will be.
func (f *findings) known(path string, r CreateRequest) {
	if f.wasUnread(path) {
		return
	}
	sid := strings.Repeat("0", SIDLength)
	if _, err := r.Known(CreatedSIDs{Interaction: sid, Channel: sid, Invite: sid, Conversation: sid}).Merge(r.Routing.Properties.Attributes); err != nil {
		f.problem(path, CodeInvalid, strings.TrimPrefix(err.Error(), "attributes: "))
	}
}
