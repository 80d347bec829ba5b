package engage

import (
	"encoding/hex"
	"slices"

	"github.com/oklog/ulid/v2"

	"github.com/engage-interactions/engage/routing"
)

// sid mints a SID.
func (t *turn) sid(p routing.Prefix) string { return p.Of(digits(t.ID())) }

// digits are those of an ID in a SID: of a ULID, its own; of what else a host mints
// (Options.NewID), some of its hash.
func digits(id string) [16]byte {
	if u, err := ulid.ParseStrict(id); err == nil {
		return u
	}
	sum, _ := hex.DecodeString(hashOf(id)[:32])
	return [16]byte(sum)
}

// ConversationSID returns the SID by which the Flex Interactions API names a thread: CH and the
// digits of its ID, as properties.media_channel_sid of a request has it (seed 003). Threads
// are found by it whose IDs are ULIDs, as they are unless Options.NewID mints others.
func ConversationSID(threadID string) string { return routing.PrefixConversation.Of(digits(threadID)) }

// threadIDOf returns the ID of the thread with a SID, in whose digits the case does not
// matter. Only threads whose IDs are ULIDs are found so.
func threadIDOf(conversationSID string) string {
	bytes, err := hex.DecodeString(conversationSID[len(routing.PrefixConversation):])
	if err != nil || len(bytes) != 16 {
		return ""
	}
	return ulid.ULID(bytes).String()
}

// with returns a sorted list with one more in it.
func with(list []string, sid string) []string {
	n, there := slices.BinarySearch(list, sid)
	if there {
		return list
	}
	return slices.Insert(slices.Clone(list), n, sid)
}

// without returns a sorted list with one less in it.
func without(list []string, sid string) []string {
	n, there := slices.BinarySearch(list, sid)
	if !there {
		return list
	}
	return slices.Delete(slices.Clone(list), n, n+1)
}
