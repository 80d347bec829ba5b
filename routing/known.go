package routing

import (
	"cmp"
	"fmt"
	"maps"
	"unicode/utf8"
)

// Known is what a task has among its attributes beside what its creator gives it: what the
// desktops of agents and reports look for (the Flex documentation, "Known Task Attributes";
// seed 003, the response).
type Known struct {
	Type            ChannelType
	InitiatedBy     Initiator
	InteractionSID  string
	ChannelSID      string
	InviteSID       string
	ConversationSID string
	// Address and Name are the customer's, if they are known.
	Address string
	Name    string
}

// CreatedSIDs are those that a new interaction is given.
type CreatedSIDs struct {
	Interaction  string
	Channel      string
	Invite       string
	Conversation string
}

// Known returns what is known of the task of a request.
func (r CreateRequest) Known(s CreatedSIDs) Known {
	k := Known{
		Type: r.Channel.Type, InitiatedBy: r.Channel.InitiatedBy,
		InteractionSID: s.Interaction, ChannelSID: s.Channel, InviteSID: s.Invite, ConversationSID: s.Conversation,
	}
	if n := r.Channel.Customer(); n >= 0 {
		p := r.Channel.Participants[n]
		k.Address, k.Name = cmp.Or(p.Address, p.Identity), p.Name
	}
	return k
}

// Merge returns attributes with the known ones among them. What the creator gave wins, also
// inside of objects such as conversations, and also if it is null; the known ones fill in
// what is absent. Once there are customerName and customerAddress, there are customers, too.
//
// A task's attributes are at most [MaxAttributes] characters of JSON, with the known ones:
// whoever reads them can write them back. The error is an [*AttributesError]. Neither the
// attributes nor what is in them is changed in place.
func (k Known) Merge(a Attributes) (Attributes, error) {
	known := map[string]any{
		"flexInteractionSid":        k.InteractionSID,
		"flexInteractionChannelSid": k.ChannelSID,
		"flexChannelInviteSid":      k.InviteSID,
		"conversationSid":           k.ConversationSID,
		"channelType":               string(k.Type),
		"initiatedBy":               string(k.InitiatedBy),
		"direction":                 k.InitiatedBy.Direction(),
		"customerAddress":           k.Address,
		"customerName":              k.Name,
		"conversations": map[string]any{
			"initiated_by":          string(k.InitiatedBy),
			"conversation_id":       k.InteractionSID,
			"communication_channel": k.Type.communication(),
		},
	}
	if k.ConversationSID != "" {
		known["conversations"].(map[string]any)["media"] = []any{
			map[string]any{"type": "ChatTranscript", "sid": k.ConversationSID},
		}
	}
	maps.DeleteFunc(known, func(_ string, value any) bool { return value == "" })
	merged := fill(a, known)

	address, _ := merged["customerAddress"].(string)
	name, _ := merged["customerName"].(string)
	if address != "" && name != "" {
		customer := map[string]any{"name": name}
		if where := k.Type.reachedBy(); where != "" {
			customer[where] = address
		}
		merged = fill(merged, map[string]any{"customers": customer})
	}
	if n := utf8.RuneCountInString(Attributes(merged).String()); n > MaxAttributes {
		return nil, &AttributesError{Reason: fmt.Sprintf("come to %d characters with those that each task has, the most are %d", n, MaxAttributes)}
	}
	return merged, nil
}

// fill returns a copy of values with what is absent taken from others, also inside of
// objects that both have.
func fill(values, others map[string]any) map[string]any {
	filled := make(map[string]any, len(values)+len(others))
	maps.Copy(filled, values)
	for name, other := range others {
		value, has := filled[name]
		if !has {
			filled[name] = other
			continue
		}
		inner, isObject := value.(map[string]any)
		if more, is := other.(map[string]any); is && isObject {
			filled[name] = fill(inner, more)
		}
	}
	return filled
}

// communication is what reports call a type of channel.
func (t ChannelType) communication() string {
	switch t {
	case ChannelSMS:
		return "SMS"
	case ChannelWhatsApp:
		return "Whatsapp"
	case ChannelWeb:
		return "Web"
	case ChannelChat:
		return "Chat"
	case ChannelEmail:
		return "Email"
	case ChannelMessenger:
		return "Messenger"
	case ChannelGBM:
		return "GBM"
	}
	return ""
}

// reachedBy is under which name customers have what they are reached by on a channel.
func (t ChannelType) reachedBy() string {
	switch t {
	case ChannelSMS, ChannelWhatsApp:
		return "phone"
	case ChannelEmail:
		return "email"
	case ChannelWeb, ChannelChat, ChannelMessenger, ChannelGBM:
	}
	return ""
}
