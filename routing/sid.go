package routing

import (
	"encoding/hex"
	"strings"
)

// Prefix is the two letters with which a SID begins: they say what it names (seed 003;
// TaskRouter's documentation).
type Prefix string

// The prefixes of SIDs.
const (
	PrefixInteraction   Prefix = "KD"
	PrefixChannel       Prefix = "UO" // a channel of an interaction
	PrefixInvite        Prefix = "KG"
	PrefixParticipant   Prefix = "UT"
	PrefixTransfer      Prefix = "UX"
	PrefixContext       Prefix = "HQ" // what the caller finds an interaction by
	PrefixTask          Prefix = "WT"
	PrefixReservation   Prefix = "WR"
	PrefixWorker        Prefix = "WK"
	PrefixActivity      Prefix = "WA"
	PrefixTaskChannel   Prefix = "TC"
	PrefixWorkerChannel Prefix = "WC"
	PrefixQueue         Prefix = "WQ"
	PrefixWorkflow      Prefix = "WW"
	PrefixWorkspace     Prefix = "WS"
	PrefixEvent         Prefix = "EV"
	PrefixConversation  Prefix = "CH"
	PrefixConference    Prefix = "CF"
	PrefixAccount       Prefix = "AC"
	PrefixInstance      Prefix = "GO" // of Flex
	PrefixExecution     Prefix = "QW" // of a transfer
	PrefixNote          Prefix = "KQ" // the note or the summary of a transfer
)

// Prefixes returns all prefixes.
func Prefixes() []Prefix {
	return []Prefix{
		PrefixInteraction, PrefixChannel, PrefixInvite, PrefixParticipant, PrefixTransfer, PrefixContext,
		PrefixTask, PrefixReservation, PrefixWorker, PrefixActivity, PrefixTaskChannel, PrefixWorkerChannel,
		PrefixQueue, PrefixWorkflow, PrefixWorkspace, PrefixEvent, PrefixConversation, PrefixConference,
		PrefixAccount, PrefixInstance, PrefixExecution, PrefixNote,
	}
}

// SIDLength is how long every SID is, in characters: its prefix and 32 digits.
const SIDLength = 34

// Valid reports whether a text is a SID of the kind: the prefix, in upper case, and 32
// hexadecimal digits in either case, such as ^KD[0-9a-fA-F]{32}$ (seed 003).
func (p Prefix) Valid(sid string) bool {
	if len(sid) != SIDLength || !strings.HasPrefix(sid, string(p)) {
		return false
	}
	for _, c := range []byte(sid[len(p):]) {
		if !('0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F') {
			return false
		}
	}
	return true
}

// Of returns the SID whose digits are those of a ULID, in lower case. SIDs of a kind sort
// by the time of their ULIDs.
func (p Prefix) Of(ulid [16]byte) string { return string(p) + hex.EncodeToString(ulid[:]) }

// Alike returns the SID of the kind that has the same digits as another SID: the
// conversation of a channel is named so. The other one is any valid SID.
func (p Prefix) Alike(sid string) string {
	return string(p) + strings.ToLower(sid[min(len(sid), len(p)):])
}

// wants is what a problem says of a text that is no SID of the kind.
func (p Prefix) wants() string {
	text := "must be a SID: " + string(p) + " and 32 hexadecimal digits"
	if p == PrefixConversation {
		text += ", made of a thread's ID (engage.ConversationSID)"
	}
	return text
}
