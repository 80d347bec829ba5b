package routing

import "time"

// Activity is what a worker is doing: whether tasks are offered to them. This is what is
// kept; [Activity.View] is what is shown.
type Activity struct {
	SID          string `json:"sid"`
	AccountSID   string `json:"account_sid"`
	WorkspaceSID string `json:"workspace_sid"`
	FriendlyName string `json:"friendly_name"`
	// Available never changes: workers would come and go that did nothing.
	Available bool      `json:"available"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// DefaultActivities are those that a workspace of Flex begins with.
func DefaultActivities() []Activity {
	return []Activity{
		{FriendlyName: "Offline"},
		{FriendlyName: "Available", Available: true},
		{FriendlyName: "Unavailable"},
		{FriendlyName: "Break"},
	}
}
