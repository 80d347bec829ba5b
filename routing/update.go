package routing

import "slices"

// ChannelUpdate is what a request to update a channel asks for.
type ChannelUpdate struct {
	By     ChannelVerb // ChannelCloses or ChannelInactivates
	Change ChannelChange
	// DispositionIDs are the categories that say what came of the conversation. No request of
	// the platform has them, and nothing here depends on them.
	DispositionIDs []string
}

// ParseChannelUpdate reads a request to update a channel (the Flex Interactions API,
// "Interaction Channels"): the status closed, or inactive, and in routing, which may be
// empty, {"status":"closed"} if the tasks are to be completed and {"status":"wrapup"} or
// nothing if they are to be wrapped up. Inactive needs them completed. The error is a
// [*ProblemsError].
func ParseChannelUpdate(status string, routing []byte) (u ChannelUpdate, warnings []Problem, err error) {
	var f findings
	switch ChannelStatus(status) {
	case "":
		f.problem("status", CodeMissingStatus, missing+"always")
	case ChannelClosed:
		u.By = ChannelCloses
	case ChannelInactive:
		u.By = ChannelInactivates
	case ChannelSetup, ChannelActive, ChannelFailed, ChannelPause, ChannelTransfer:
		f.problem("status", CodeInvalidStatus, "must be closed or inactive")
	default:
		f.problem("status", CodeInvalidStatus, "must be closed or inactive")
	}
	if o, _ := f.parse("routing", CodeInvalid, routing); o != nil {
		switch text := o.text("status"); text {
		case "", "wrapup", "wrapping":
		case "closed":
			u.Change.Complete = true
		default:
			f.problem("routing.status", CodeInvalid, "must be closed or wrapup")
		}
		o.rest()
	}
	if u.By == ChannelInactivates && !u.Change.Complete {
		f.problem("routing.status", CodeNotInactivated, `must be closed where the channel becomes inactive: {"status":"closed"}`)
	}
	return u, f.warnings, f.err()
}

// ParseParticipantUpdate reads a request to update a participant (the Flex Interactions
// API, "Interaction Channel Participants"): the status closed or wrapup. The error is a
// [*ProblemsError].
func ParseParticipantUpdate(status string) (ParticipantVerb, error) {
	var f findings
	switch ParticipantStatus(status) {
	case ParticipantClosed:
		return ParticipantCloses, nil
	case ParticipantWrapup:
		return ParticipantWrapsUp, nil
	case "":
		f.problem("status", CodeInvalid, missing+"always")
	case ParticipantActive:
		f.problem("status", CodeInvalid, "must be closed or wrapup")
	default:
		f.problem("status", CodeInvalid, "must be closed or wrapup")
	}
	return "", f.err()
}

// ParseInvite reads a request for one more agent on a channel: the routing of a task, as
// that of an interaction. The attributes of the first task are not those of this one, which
// has what it is given (the Flex Interactions API, "Interaction Channel Invites"). The error
// is a [*ProblemsError].
func ParseInvite(routing []byte, only OnlyWorkflow) (t TaskRequest, warnings []Problem, err error) {
	var f findings
	switch o, given := f.parse("routing", CodeInvalid, routing); {
	case !given:
		f.cannotRead("routing", CodeInvalid, "is missing: Missing required parameter Routing in the post body")
	case o != nil:
		t = o.routing()
	}
	f.invite(t, only)
	return t, f.warnings, f.err()
}

// CheckInvite holds a request for one more agent that was made in Go against the same rules.
func CheckInvite(t TaskRequest, only OnlyWorkflow) (warnings []Problem, err error) {
	var f findings
	f.invite(t, only)
	return f.warnings, f.err()
}

func (f *findings) invite(t TaskRequest, only OnlyWorkflow) {
	f.place("routing.properties", t, only)
	f.task("routing.properties", t)
}

// ParticipantForm is a request for a participant as it is sent: the fields of a form, of
// which one is JSON.
type ParticipantForm struct {
	Type            string
	MediaProperties []byte
}

// ParseParticipant reads a request for one more participant on a channel of a type (the
// Flex Interactions API, "Interaction Channel Participants"). An agent comes by an invite,
// and not in this way. The error is a [*ProblemsError].
func ParseParticipant(form ParticipantForm, on ChannelType) (t ParticipantType, media ParticipantRequest, warnings []Problem, err error) {
	var f findings
	t = ParticipantType(form.Type)
	f.participantType(t)
	switch o, given := f.parse("media_properties", CodeParticipantInvalid, form.MediaProperties); {
	case !given:
		f.cannotRead("media_properties", CodeParticipantInvalid, missing+"always")
	case o != nil:
		media = o.participant()
	}
	f.participant("media_properties", on, media)
	return t, media, f.warnings, f.err()
}

// CheckParticipant holds a request for one more participant that was made in Go against the
// same rules.
func CheckParticipant(t ParticipantType, media ParticipantRequest, on ChannelType) (warnings []Problem, err error) {
	var f findings
	f.participantType(t)
	f.participant("media_properties", on, media)
	return f.warnings, f.err()
}

func (f *findings) participantType(t ParticipantType) {
	switch {
	case t == "":
		f.problem("type", CodeParticipantInvalid, missing+"always")
	case !slices.Contains(ParticipantTypes(), t):
		f.problem("type", CodeParticipantInvalid, "must be one of "+names(ParticipantTypes()))
	case t == ParticipantAgent:
		f.problem("type", CodeParticipantInvalid, "must not be agent: invite the agent")
	}
}
