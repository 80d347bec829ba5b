package flexapi

import (
	"maps"
	"slices"

	"github.com/engage-interactions/engage/routing"
)

// queueStatistics is what is shown of what happens in a queue now (TaskRouter's documentation,
// "TaskQueue RealTime Statistics"), as far as the Engine counts it.
type queueStatistics struct {
	AccountSID         string                       `json:"account_sid"`
	WorkspaceSID       string                       `json:"workspace_sid"`
	TaskQueueSID       string                       `json:"task_queue_sid"`
	ActivityStatistics []activityStatistics         `json:"activity_statistics"`
	LongestWaitingAge  int64                        `json:"longest_task_waiting_age"`
	LongestWaitingSID  *string                      `json:"longest_task_waiting_sid"`
	TasksByStatus      map[routing.TaskStatus]int64 `json:"tasks_by_status"`
	AvailableWorkers   int                          `json:"total_available_workers"`
	EligibleWorkers    int                          `json:"total_eligible_workers"`
	Tasks              int64                        `json:"total_tasks"`
	URL                string                       `json:"url"`
}

// activityStatistics is how many workers of a queue are in an activity.
type activityStatistics struct {
	SID          string `json:"sid"`
	FriendlyName string `json:"friendly_name"`
	Workers      int    `json:"workers"`
}

// getQueueStatistics shows what happens in a queue now. The platform can do so for one task
// channel, which is not counted here.
func getQueueStatistics(c *call) (answer, error) {
	c.query.cannot("TaskChannel")
	q, err := c.queue()
	if err := firstOf(err, c.query.err()); err != nil {
		return answer{}, err
	}
	n, err := c.eng.Queues.Counts(c.Context(), q.SID)
	if err != nil {
		return answer{}, err
	}
	s := queueStatistics{
		AccountSID: q.AccountSID, WorkspaceSID: q.WorkspaceSID, TaskQueueSID: q.SID, ActivityStatistics: []activityStatistics{},
		LongestWaitingSID: given(n.LongestWaiting), TasksByStatus: map[routing.TaskStatus]int64{},
		AvailableWorkers: n.AvailableWorkers, EligibleWorkers: n.EligibleWorkers, URL: q.View(c.base).URL + "/RealTimeStatistics",
	}
	if n.LongestWaiting != "" {
		s.LongestWaitingAge = max(0, int64(c.now.Sub(n.WaitingSince).Seconds()))
	}
	for _, status := range routing.TaskStatuses() {
		if status.Live() {
			s.TasksByStatus[status] = n.Tasks[status]
			s.Tasks += n.Tasks[status]
		}
	}
	for _, sid := range slices.Sorted(maps.Keys(n.Activities)) {
		name, err := c.names.name(sid, func(sid string) (string, error) {
			a, err := c.own.Activities.Get(c.Context(), sid)
			return a.FriendlyName, err
		})
		if err != nil {
			return answer{}, err
		}
		s.ActivityStatistics = append(s.ActivityStatistics, activityStatistics{SID: sid, FriendlyName: name, Workers: n.Activities[sid]})
	}
	return ok(s)
}
