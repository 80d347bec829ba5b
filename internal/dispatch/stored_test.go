package dispatch_test

import (
	"encoding/json"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/routing"
)

// What is stored, as these tests read it.

type storedTask struct {
	routing.Task

	LineID               string    `json:"line_id"`
	ForKey               string    `json:"for_key"`
	Place                string    `json:"place"`
	Tried                bool      `json:"tried"`
	Behind               bool      `json:"behind"`
	ConfigurationVersion int64     `json:"configuration_version"`
	Held                 bool      `json:"held"`
	Accept               bool      `json:"accept"`
	RouteJob             string    `json:"route_job"`
	RouteAt              time.Time `json:"route_at"`
}

func (k storedTask) waits() bool {
	return k.Status == routing.TaskPending || k.Status == routing.TaskReserved
}

type storedReservation struct {
	routing.Reservation

	TimeOutJob string `json:"time_out_job"`
}

type storedWorker struct {
	routing.Worker

	CrewIDs    []string `json:"crew_ids"`
	SingleTask bool     `json:"single_task"`
	Gone       bool     `json:"gone"`
}

type readyWorker struct {
	CrewID         string `json:"crew_id"`
	TaskChannelSID string `json:"task_channel_sid"`
	WorkerSID      string `json:"worker_sid"`
	IdleKey        string `json:"idle_key"`
}

// busy is how many reservations the worker has.
func (w storedWorker) busy() (n int) {
	for _, c := range w.Channels {
		n += c.Reservations()
	}
	return n
}

// stands says where a worker should stand ready.
func (w storedWorker) stands() map[readyWorker]bool {
	all := map[readyWorker]bool{}
	if w.SID == "" || w.Gone || !w.Available || w.SingleTask && w.busy() > 0 {
		return all
	}
	for _, c := range w.Channels {
		if !c.Available || c.Reservations() >= c.Capacity {
			continue
		}
		for _, crew := range w.CrewIDs {
			all[readyWorker{CrewID: crew, TaskChannelSID: c.TaskChannelSID, WorkerSID: w.SID, IdleKey: w.IdleKey()}] = true
		}
	}
	return all
}

type storedChannel struct {
	routing.Channel

	WorkspaceSID    string       `json:"workspace_sid"`
	ThreadID        string       `json:"thread_id"`
	TaskSIDs        []string     `json:"task_sids"`
	InviteSIDs      []string     `json:"invite_sids"`
	ParticipantSIDs []string     `json:"participant_sids"`
	TransferSIDs    []string     `json:"transfer_sids"`
	Job             string       `json:"job"`
	Owner           engage.Actor `json:"owner"`
}

type storedQueue struct {
	routing.Queue

	CrewID       string   `json:"crew_id"`
	WorkflowSIDs []string `json:"workflow_sids"`
	Job          string   `json:"job"`
}

type storedWorkflow struct {
	routing.Workflow

	Version int64  `json:"version"`
	Oldest  int64  `json:"oldest"`
	Job     string `json:"job"`
}

type storedConfiguration struct {
	WorkflowSID   string                `json:"workflow_sid"`
	Version       int64                 `json:"version"`
	Configuration routing.Configuration `json:"configuration"`
}

type storedCrews struct {
	WorkspaceSID string `json:"workspace_sid"`
	Crews        []struct {
		ID         string   `json:"id"`
		Expression string   `json:"expression"`
		QueueSIDs  []string `json:"queue_sids"`
	} `json:"crews"`
	Job string `json:"job"`
}

type taskCount struct {
	Of    string                       `json:"queue_sid"`
	Tasks map[routing.TaskStatus]int64 `json:"tasks"`
}

type workerCount struct {
	Of         string           `json:"crew_id"`
	Available  int64            `json:"available"`
	Activities map[string]int64 `json:"activities"`
}

type storedJob struct {
	ID    string    `json:"id"`
	Type  string    `json:"type"`
	Due   time.Time `json:"due"`
	State string    `json:"state"`
	Error string    `json:"error"`
	Data  struct {
		TaskSID        string `json:"task_sid"`
		WorkerSID      string `json:"worker_sid"`
		ReservationSID string `json:"reservation_sid"`
		ChannelSID     string `json:"channel_sid"`
	} `json:"data"`
}

type storedEvent struct {
	Resource engage.Resource `json:"resource"`
	Data     struct {
		TaskSID        string `json:"task_sid"`
		TransferSID    string `json:"transfer_sid"`
		ReservationSID string `json:"reservation_sid"`
	} `json:"data"`
}

func read[T any](value []byte) (v T, err error) {
	if len(value) > 0 {
		err = json.Unmarshal(value, &v)
	}
	return v, err
}
