package engage

import "context"

// Joins switch off what routing does to conversations, of all interactions of a workspace.
type Joins struct{}

// joinConversation does to the conversation what follows from what has happened to
// reservations, tasks and the channel.
func (t *turn) joinConversation(ctx context.Context, r *routed, changed []happening) error {
	return nil
}
