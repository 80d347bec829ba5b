package routing

import "time"

// MaxName is how long the friendly name of a worker may be, in characters (TaskRouter's
// documentation, "Worker Resource").
const MaxName = 64

// Worker is somebody who does tasks. This is what is kept; [Worker.View] is what is shown.
type Worker struct {
	SID          string `json:"sid"`
	AccountSID   string `json:"account_sid"`
	WorkspaceSID string `json:"workspace_sid"`
	// FriendlyName is unique in its workspace, whatever the case.
	FriendlyName string `json:"friendly_name"`
	// AgentID is the agent as whom they talk to customers; empty: as nobody.
	AgentID    string     `json:"agent_id,omitempty"`
	Attributes Attributes `json:"attributes"`
	// Version counts the updates that somebody has made: not what their tasks do to them.
	Version      int64  `json:"version"`
	ActivitySID  string `json:"activity_sid"`
	ActivityName string `json:"activity_name"`
	// Available is what the activity says.
	Available       bool      `json:"available"`
	StatusChangedAt time.Time `json:"status_changed_at"`
	// IdleSince is since when they have had no task: the last time that one was assigned,
	// or ended. Zero: they never had one, and have been idle for longest.
	IdleSince time.Time       `json:"idle_since,omitzero"`
	Channels  []WorkerChannel `json:"channels,omitempty"` // by the SIDs of their task channels
	CreatedAt time.Time       `json:"created_at"`
	UpdatedAt time.Time       `json:"updated_at"`
}

// Facts returns what expressions see of the worker.
func (w Worker) Facts() WorkerFacts {
	channels := make(map[string]ChannelFacts, len(w.Channels))
	for _, c := range w.Channels {
		channels[c.TaskChannel] = ChannelFacts{
			ConfiguredCapacity: c.Capacity, AssignedTasks: c.AssignedTasks(), AvailableCapacityPercentage: c.AvailablePercentage(),
		}
	}
	return WorkerFacts{
		SID: w.SID, FriendlyName: w.FriendlyName, ActivitySID: w.ActivitySID, ActivityName: w.ActivityName,
		Attributes: w.Attributes, Channels: channels,
	}
}
