package routing

import "time"

// WorkerView is what TaskRouter's API shows of a worker.
type WorkerView struct {
	SID               string      `json:"sid"`
	AccountSID        string      `json:"account_sid"`
	WorkspaceSID      string      `json:"workspace_sid"`
	FriendlyName      string      `json:"friendly_name"`
	Attributes        string      `json:"attributes"`
	ActivitySID       string      `json:"activity_sid"`
	ActivityName      string      `json:"activity_name"`
	Available         bool        `json:"available"`
	DateCreated       *time.Time  `json:"date_created"`
	DateStatusChanged *time.Time  `json:"date_status_changed"`
	DateUpdated       *time.Time  `json:"date_updated"`
	URL               string      `json:"url"`
	Links             WorkerLinks `json:"links"`
}

// WorkerLinks are the URLs of what a worker belongs to, and of what belongs to it.
type WorkerLinks struct {
	Workspace    string `json:"workspace"`
	Activity     string `json:"activity"`
	Channels     string `json:"channels"`
	Reservations string `json:"reservations"`
}

// View returns what the API shows of the worker.
func (w Worker) View(b Base) WorkerView {
	return WorkerView{
		SID: w.SID, AccountSID: w.AccountSID, WorkspaceSID: w.WorkspaceSID, FriendlyName: w.FriendlyName,
		Attributes: w.Attributes.String(), ActivitySID: w.ActivitySID, ActivityName: w.ActivityName, Available: w.Available,
		DateCreated: shownTime(w.CreatedAt), DateStatusChanged: shownTime(w.StatusChangedAt), DateUpdated: shownTime(w.UpdatedAt),
		URL: b.workspace(w.WorkspaceSID, "Workers", w.SID),
		Links: WorkerLinks{
			Workspace:    b.workspace(w.WorkspaceSID),
			Activity:     b.workspace(w.WorkspaceSID, "Activities", w.ActivitySID),
			Channels:     b.workspace(w.WorkspaceSID, "Workers", w.SID, "Channels"),
			Reservations: b.workspace(w.WorkspaceSID, "Workers", w.SID, "Reservations"),
		},
	}
}

// WorkerChannelView is what TaskRouter's API shows of a worker's channel.
type WorkerChannelView struct {
	SID                         string     `json:"sid"`
	AccountSID                  string     `json:"account_sid"`
	WorkspaceSID                string     `json:"workspace_sid"`
	WorkerSID                   string     `json:"worker_sid"`
	TaskChannelSID              string     `json:"task_channel_sid"`
	TaskChannelUniqueName       string     `json:"task_channel_unique_name"`
	ConfiguredCapacity          int        `json:"configured_capacity"`
	AssignedTasks               int        `json:"assigned_tasks"`
	AvailableCapacityPercentage int        `json:"available_capacity_percentage"`
	Available                   bool       `json:"available"`
	DateCreated                 *time.Time `json:"date_created"`
	DateUpdated                 *time.Time `json:"date_updated"`
	URL                         string     `json:"url"`
}

// View returns what the API shows of a channel of the worker.
func (c WorkerChannel) View(b Base, w Worker) WorkerChannelView {
	return WorkerChannelView{
		SID: c.SID, AccountSID: w.AccountSID, WorkspaceSID: w.WorkspaceSID, WorkerSID: w.SID,
		TaskChannelSID: c.TaskChannelSID, TaskChannelUniqueName: c.TaskChannel,
		ConfiguredCapacity: c.Capacity, AssignedTasks: c.AssignedTasks(), AvailableCapacityPercentage: c.AvailablePercentage(), Available: c.Available,
		DateCreated: shownTime(c.CreatedAt), DateUpdated: shownTime(c.UpdatedAt),
		URL: b.workspace(w.WorkspaceSID, "Workers", w.SID, "Channels", c.SID),
	}
}
