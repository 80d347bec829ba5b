package interaction

// SyncStatus says how far a content is delivered to its platform.
type SyncStatus string

// The statuses of synchronization.
const (
	SyncSuccess SyncStatus = "success"        // the platform has it
	SyncPending SyncStatus = "export_pending" // it is to be delivered
	SyncFailure SyncStatus = "export_failure" // it was not delivered, and will not be unless somebody retries
	SyncAborted SyncStatus = "export_aborted" // it was not delivered, because somebody or some rule withdrew it
)

// SyncVerb is something that happens to the delivery of a content.
type SyncVerb string

// What happens to deliveries.
const (
	SyncPosts     SyncVerb = "post"     // somebody of the company writes
	SyncReceives  SyncVerb = "receive"  // the platform tells of it
	SyncSucceeds  SyncVerb = "succeed"  // the platform says that it has it, or a report does
	SyncFails     SyncVerb = "fail"     // the platform refuses it, or no try is left
	SyncDoubts    SyncVerb = "doubt"    // the platform has not answered: nobody knows whether it has it
	SyncWithdraws SyncVerb = "withdraw" // it is not to be delivered after all
	SyncRetries   SyncVerb = "retry"    // somebody wants it tried again
)

// SyncFacts are what decides on what happens to a delivery.
type SyncFacts struct {
	Uncertain bool // nobody knows whether the platform has it
}

var certain = Guard[SyncFacts]{
	Rule: "it is certain that the platform does not have it", Remedy: "settle the delivery by what the platform shows",
	Holds: func(f SyncFacts) bool { return !f.Uncertain },
}

// SyncLifecycle is the table of what happens to deliveries. A success that comes
// late is recorded whatever was thought before.
var SyncLifecycle = Lifecycle[SyncStatus, SyncVerb, SyncFacts]{
	Of: "synchronization",
	Rows: []Transition[SyncStatus, SyncVerb, SyncFacts]{
		{From: []SyncStatus{""}, By: SyncPosts, To: SyncPending},
		{From: []SyncStatus{""}, By: SyncReceives, To: SyncSuccess},
		{From: []SyncStatus{SyncPending, SyncFailure, SyncAborted}, By: SyncSucceeds, To: SyncSuccess, Events: []string{"content.exported"}},
		{From: []SyncStatus{SyncPending}, By: SyncFails, To: SyncFailure, Events: []string{"content.exported"}},
		{From: []SyncStatus{SyncPending}, By: SyncDoubts, To: SyncPending},
		{From: []SyncStatus{SyncPending}, By: SyncWithdraws, To: SyncAborted, Guards: []Guard[SyncFacts]{certain}, Events: []string{"content.exported"}},
		{From: []SyncStatus{SyncPending, SyncFailure, SyncAborted}, By: SyncRetries, To: SyncPending},
	},
}

// Synchronization is what is known of the delivery of a content.
type Synchronization struct {
	Status SyncStatus `json:"synchronization_status"`
	// Error is what the platform said when it failed last.
	Error string `json:"synchronization_error,omitempty"`
	// Uncertain says that the platform was asked to deliver it and has not
	// answered: it may have it.
	Uncertain bool `json:"synchronization_uncertain,omitempty"`
	// JobID is the job that delivers it, if one is to.
	JobID string `json:"job_id,omitempty"`
	// Duplicates are further IDs under which the platform has delivered it, if it
	// did so more than once.
	Duplicates []string `json:"duplicate_foreign_ids,omitempty"`
}

// Apply returns what is known after something has happened to the delivery, and the
// events that tell of it. reason is what the platform or somebody said of it.
func (s Synchronization) Apply(by SyncVerb, reason string) (Synchronization, []string, error) {
	row, err := SyncLifecycle.Next(s.Status, by, SyncFacts{Uncertain: s.Uncertain})
	if err != nil {
		return s, nil, err
	}
	// To try again does not tell what became of the last try.
	s.Status, s.Error, s.Uncertain = row.To, reason, by == SyncDoubts || by == SyncRetries && s.Uncertain
	return s, row.Events, nil
}
