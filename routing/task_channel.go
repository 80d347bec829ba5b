package routing

import "time"

// TaskChannel is a kind of work, by which workers' capacity is counted. It is not the type
// of the channel that a customer writes on. This is what is kept; [TaskChannel.View] is
// what is shown.
type TaskChannel struct {
	SID          string `json:"sid"`
	AccountSID   string `json:"account_sid"`
	WorkspaceSID string `json:"workspace_sid"`
	FriendlyName string `json:"friendly_name"`
	// UniqueName is of letters, digits, _ and $, and does not begin with a digit.
	UniqueName string `json:"unique_name"`
	// OptimizedRouting is kept and shown. (On the platform it prefers workers with the most
	// room on the channel; [Choose] does not look at it.)
	OptimizedRouting bool      `json:"channel_optimized_routing,omitempty"`
	CreatedAt        time.Time `json:"created_at"`
	UpdatedAt        time.Time `json:"updated_at"`
}

// DefaultTaskChannel is the unique name of the task channel of a task that names none.
const DefaultTaskChannel = "default"

// DefaultTaskChannels are the unique names of those that a workspace begins with.
func DefaultTaskChannels() []string {
	return []string{DefaultTaskChannel, "voice", "chat", "sms", "video"}
}

// ValidUniqueName reports whether a text can be the unique name of a task channel.
func ValidUniqueName(name string) bool {
	if name == "" || len(name) > MaxName || '0' <= name[0] && name[0] <= '9' {
		return false
	}
	for _, c := range []byte(name) {
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == '$') {
			return false
		}
	}
	return true
}
