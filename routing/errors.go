package routing

import (
	"errors"
	"strings"

	"github.com/engage-interactions/engage/interaction"
)

// Codes of the platform's error dictionary.
//
// Others that it documents for interactions and tasks say what cannot happen here, or is no
// error: that one of its services fails another (45356, 45360, 45361, 45363, 45372, 45381, 45770),
// where here all is one commit; that a participant who leaves is not found (45362), which is a
// 404; that an instruction about a telephone call comes when the reservation is not pending
// (40114, 40123, 40135, 40136, 40144), where to accept or reject it is refused by [CodeInvalid]
// with the platform's text; that a known worker is not in the queue or the workspace (40152,
// 40155), where the task waits in the target, or goes on; that too many workers are there at a
// time (14240), of whom there is no limit; that there is a conversation between two addresses
// already (50416), where there may be several.
const (
	// CodeInvalid is that of whatever is wrong with a request and has no code of its own.
	CodeInvalid = 20001
	// CodeParticipant says that a participant has not exactly one of identity and the pair
	// of address and proxy_address, or not in the form that the channel needs.
	CodeParticipant = 45351
	// CodeDuplicate says that the conversation has a live channel already.
	CodeDuplicate = 45353
	// CodeConversationClosed says that a channel cannot be created for a closed conversation.
	CodeConversationClosed = 45354
	// CodeNoParticipants says that there is nobody to talk to.
	CodeNoParticipants = 45355
	// CodeMissingStatus says that an update of a channel does not say to which status.
	CodeMissingStatus = 45358
	// CodeInvalidStatus says that a channel cannot be updated to the status.
	CodeInvalidStatus = 45359
	// CodeChannelInvalid says that the Channel parameter of a request is wrong.
	CodeChannelInvalid = 45366
	// CodeParticipantInvalid says that a request to add a participant is wrong.
	CodeParticipantInvalid = 45367
	// CodeNotAdded says that nobody joins a channel that is over: its conversation is closed.
	CodeNotAdded = 45376
	// CodeNotInactivated says that a channel did not become inactive.
	CodeNotInactivated = 45379
	// CodeParticipantThere says that somebody who is to join a channel is on it already.
	CodeParticipantThere = 80102
	// CodeOutbound says that a conversation with a customer could not be begun.
	CodeOutbound = 45352
	// CodeNotConfigured says that a channel could not be set up, for a reason that has no
	// code of its own.
	CodeNotConfigured = 45357
	// CodeInteractionEnded says that what was to happen to a channel comes too late.
	CodeInteractionEnded = 80906
)

// interactionEnded is what the platform says with CodeInteractionEnded.
const interactionEnded = "Interaction Not Open"

// participantThere is what the platform says with CodeParticipantThere.
const participantThere = "Participant Already In Interaction"

// notAdded is what the platform says with CodeNotAdded.
const notAdded = "Failed to add a participant. Conversation was closed or not found."

// RefusedError says that something is not possible in the state that things are in.
type RefusedError struct {
	// Code is the platform's, 0 if none is documented.
	Code int
	// Text is what the platform says, for clients that show it or look into it. Empty: the
	// platform has no words for it.
	Text string
	// Err is the rule: an [*interaction.TransitionError].
	Err error
}

// Error gives the rule, and the platform's text.
func (e *RefusedError) Error() string {
	if e.Text == "" {
		return e.Err.Error()
	}
	return e.Err.Error() + ": " + e.Text
}

// Unwrap returns the rule.
func (e *RefusedError) Unwrap() error { return e.Err }

// refusal is err with the platform's code and text, which are sought by what was to
// happen.
func refusal(err error, texts func(rule *interaction.TransitionError) (code int, text string)) error {
	rule, ok := errors.AsType[*interaction.TransitionError](err)
	if !ok {
		return err
	}
	code, text := texts(rule)
	return &RefusedError{Code: code, Text: text, Err: rule}
}

// names lists the values of an enum, as texts.
func names[T ~string](values []T) string {
	texts := make([]string, len(values))
	for n, value := range values {
		texts[n] = string(value)
	}
	return strings.Join(texts, ", ")
}
