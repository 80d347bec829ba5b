package engage

// ConversationSID returns the SID by which the Flex Interactions API names a thread: CH and the
// digits of its ID, as properties.media_channel_sid of a request has it (seed 003). Threads
// are found by it whose IDs are ULIDs, as they are unless Options.NewID mints others.
func ConversationSID(threadID string) string { return conversationSID(threadID) }
