package interaction

import (
	"encoding/json"
	"errors"
	"slices"
	"time"
)

// InterventionStatus is the state of an intervention.
type InterventionStatus string

// The states of an intervention.
const (
	InterventionOpen     InterventionStatus = "open"
	InterventionDeferred InterventionStatus = "deferred"
	InterventionClosed   InterventionStatus = "closed"
	InterventionCanceled InterventionStatus = "canceled"
)

// Live reports whether the intervention is open or deferred: engaged with the
// customer.
func (s InterventionStatus) Live() bool {
	return s == InterventionOpen || s == InterventionDeferred
}

// Intervention is what somebody of the company undertakes to solve a matter of one
// customer in one thread: a ticket, or case (seed 000, "Core Concepts"). Each
// customer has at most one in a thread that is open or deferred.
type Intervention struct {
	ID         string             `json:"id"`
	SourceID   string             `json:"source_id"`
	ThreadID   string             `json:"thread_id"`
	IdentityID string             `json:"identity_id"`
	ContentID  string             `json:"content_id,omitempty"` // the one that it was opened on
	Status     InterventionStatus `json:"status"`
	// Owner is the agent or bot who is answering; nobody after a transfer to
	// whoever engages next. Participants may reply, too, until it ends.
	Owner        Actor   `json:"owner,omitzero"`
	Participants []Actor `json:"participants,omitempty"`
	// Contested says that an agent engaged while nobody could tell who had control of the
	// conversation: a bot may be writing, too. It is so until that is known, or no agent has
	// the intervention any more.
	Contested bool `json:"contested,omitempty"`
	// Reopened counts how often it was closed and opened again.
	Reopened    int      `json:"reopened_count"`
	CategoryIDs []string `json:"category_ids,omitempty"`
	// DispositionIDs are the categories that say how it ended.
	// DispositionMissing says that one was demanded, and it was closed without.
	DispositionIDs     []string                   `json:"disposition_ids,omitempty"`
	DispositionMissing bool                       `json:"disposition_missing,omitempty"`
	CustomFieldValues  map[string]json.RawMessage `json:"custom_field_values,omitempty"`
	CommentsCount      int64                      `json:"comments_count"`

	Replies

	// DeferredAt is until when it is deferred, if it is.
	DeferredAt time.Time `json:"deferred_at,omitzero"`
	// DeferralJobID is the job that reactivates it then.
	DeferralJobID string    `json:"deferral_job_id,omitempty"`
	ClosedAt      time.Time `json:"closed_at,omitzero"`
	// ClosedAutomatically is why it was closed, if nobody did it by hand.
	ClosedAutomatically CloseCause `json:"closed_automatically,omitempty"`
	CreatedAt           time.Time  `json:"created_at"`
	UpdatedAt           time.Time  `json:"updated_at"`
}

// Replies are what is counted of the replies within an intervention.
type Replies struct {
	UserRepliesCount int64     `json:"user_replies_count"`
	FirstUserReplyID string    `json:"first_user_reply_id,omitempty"`
	FirstUserReplyAt time.Time `json:"first_user_reply_at,omitzero"`
	LastUserReplyAt  time.Time `json:"last_user_reply_at,omitzero"`
	// FirstUserReplyIn and LastUserReplyIn are how long the customer had waited
	// for that reply: from the oldest content that it answers.
	FirstUserReplyIn Seconds `json:"first_user_reply_in"`
	LastUserReplyIn  Seconds `json:"last_user_reply_in"`
	// UserReplyInTotal is the sum over the replies that answered something, of which
	// there are UserReplyInAverageCount.
	UserReplyInTotal        Seconds `json:"user_reply_in_total"`
	UserReplyInAverageCount int64   `json:"user_reply_in_average_count"`
}

// UserReplyInAverage returns how long the customer waited for a reply on average.
func (r Replies) UserReplyInAverage() Seconds {
	if r.UserReplyInAverageCount == 0 {
		return 0
	}
	return r.UserReplyInTotal / Seconds(r.UserReplyInAverageCount)
}

// Add counts a reply to what has been unanswered since a time, zero if nothing was.
func (r Replies) Add(contentID string, unansweredSince, now time.Time) Replies {
	var in Seconds
	if !unansweredSince.IsZero() {
		in = Seconds(max(now.Sub(unansweredSince), 0) / time.Second)
		r.UserReplyInTotal += in
		r.UserReplyInAverageCount++
	}
	if r.UserRepliesCount == 0 {
		r.FirstUserReplyID, r.FirstUserReplyAt, r.FirstUserReplyIn = contentID, now, in
	}
	r.UserRepliesCount++
	r.LastUserReplyAt, r.LastUserReplyIn = now, in
	return r
}

// Change is what comes with a verb.
type Change struct {
	Owner          Actor     // engage, assign; transfer, where nobody means whoever engages next
	Until          time.Time // defer
	DispositionIDs []string  // close
	// DispositionMissing says that one is demanded and missing.
	DispositionMissing bool
	Cause              CloseCause // close, cancel: why it ends by itself; empty if somebody ends it
}

// Apply returns the intervention after something has happened to it, and the types of
// the events that tell of it. The rules are those of InterventionLifecycle; a refusal
// is a [*TransitionError].
func (i Intervention) Apply(by InterventionVerb, c Change, facts InterventionFacts, now time.Time) (Intervention, []string, error) {
	facts.Owner, facts.Replies = i.Owner, i.UserRepliesCount
	facts.NewOwner = c.Owner
	facts.Future = c.Until.After(now)
	facts.Due = !now.Before(i.DeferredAt)
	facts.ByItself = c.Cause != ""
	row, err := InterventionLifecycle.Next(i.Status, by, facts)
	if err != nil {
		return i, nil, err
	}
	from := i.Status
	i.Status, i.UpdatedAt, i.DeferredAt = row.To, now, keptIf(row.To == InterventionDeferred, i.DeferredAt)
	switch by {
	case InterventionEngages, InterventionAssigns, InterventionTransfers:
		i.Owner = c.Owner
	case InterventionDefers:
		i.DeferredAt = c.Until
	case InterventionCloses:
		i.DispositionIDs, i.DispositionMissing = slices.Clone(c.DispositionIDs), c.DispositionMissing || !facts.Disposition
		i.ClosedAutomatically, i.ClosedAt, i.Participants = c.Cause, now, nil
	case InterventionCancels:
		i.ClosedAutomatically, i.ClosedAt, i.Participants = c.Cause, now, nil
	case InterventionWritten, InterventionReopens, InterventionReplies, InterventionResumes, InterventionFallsDue, InterventionJoins, InterventionLeaves:
		// The status says it all.
	}
	if by.NeedsOwner() && facts.ownerGone() { // it waits for whoever engages
		i.Owner = Actor{}
	}
	if from == InterventionClosed && row.To == InterventionOpen {
		i.Reopened++
		i.DispositionIDs, i.DispositionMissing = nil, false
		i.ClosedAutomatically, i.ClosedAt = "", time.Time{}
	}
	i.Contested = i.Contested && i.Status.Live() && i.Owner.Type == ActorAgent
	if !i.Owner.IsZero() { // who owns it need not be named among those who take part
		i.Participants = slices.DeleteFunc(slices.Clone(i.Participants), func(a Actor) bool { return a == i.Owner })
	}
	return i, row.Events, nil
}

func keptIf(keep bool, t time.Time) time.Time {
	if keep {
		return t
	}
	return time.Time{}
}

// MaxParticipants is how many can take part in an intervention beside its owner.
const MaxParticipants = 100

// Join returns the intervention with one more agent or bot who takes part, and the types
// of the events that tell of it: none if they do already. The error is a [*FieldError] if
// it is neither, else a [*TransitionError].
func (i Intervention) Join(a Actor, facts InterventionFacts, now time.Time) (Intervention, []string, error) {
	row, err := i.takePart(InterventionJoins, a, facts)
	if err != nil || a == i.Owner || slices.Contains(i.Participants, a) {
		return i, nil, err
	}
	i.Participants, i.UpdatedAt = append(slices.Clone(i.Participants), a), now
	return i, row.Events, nil
}

// Leave returns the intervention without one who takes part, and the types of the events
// that tell of it: none if they did not. The owner cannot leave so: the intervention is
// assigned or transferred. Errors are those of Join.
func (i Intervention) Leave(a Actor, facts InterventionFacts, now time.Time) (Intervention, []string, error) {
	row, err := i.takePart(InterventionLeaves, a, facts)
	if err != nil || !slices.Contains(i.Participants, a) {
		return i, nil, err
	}
	i.Participants = slices.DeleteFunc(slices.Clone(i.Participants), func(other Actor) bool { return other == a })
	i.UpdatedAt = now
	return i, row.Events, nil
}

func (i Intervention) takePart(by InterventionVerb, a Actor, facts InterventionFacts) (interventionRow, error) {
	if err := CheckParticipant(a); err != nil {
		return interventionRow{}, err
	}
	facts.Owner, facts.NewOwner, facts.Others = i.Owner, a, len(i.Participants)
	if a == i.Owner || slices.Contains(i.Participants, a) {
		facts.Others = 0 // who is there already needs no room
	}
	return InterventionLifecycle.Next(i.Status, by, facts)
}

// Reply refuses a reply by somebody who may not give one: the intervention is not
// open, or they do not take part in it.
func (i Intervention) Reply(by Actor) error {
	_, err := InterventionLifecycle.Next(i.Status, InterventionReplies, InterventionFacts{
		TakesPart: !by.IsZero() && (by == i.Owner || slices.Contains(i.Participants, by)),
	})
	return err
}

// SetCustomFields returns the intervention with other values: a value replaces the
// one of the same name, null removes it.
func (i Intervention) SetCustomFields(values map[string]json.RawMessage, now time.Time) (Intervention, error) {
	merged, err := mergeValues("custom_field_values", i.CustomFieldValues, values)
	if err != nil {
		return i, err
	}
	i.CustomFieldValues, i.UpdatedAt = merged, now
	return i, nil
}

// InterventionComment is a note within the company on an intervention. Customers
// never see it.
type InterventionComment struct {
	ID             string    `json:"id"`
	InterventionID string    `json:"intervention_id"`
	ThreadID       string    `json:"thread_id"`
	IdentityID     string    `json:"identity_id"` // the customer's
	Author         Actor     `json:"author"`
	Body           string    `json:"body"`
	CreatedAt      time.Time `json:"created_at"`
}

// CheckComment reports, as a [*FieldError], a body that a comment cannot have.
func CheckComment(body string) error {
	if body == "" {
		return &FieldError{Field: "body", Err: errEmpty}
	}
	return checkUTF8("body", body, MaxBody)
}

// CheckOwner reports, as a [*FieldError], somebody who cannot own an intervention:
// it is an agent or a bot, with an ID.
func CheckOwner(a Actor) error { return checkAnswerer("owner", a) }

// CheckParticipant reports the same of somebody who is to take part beside the owner.
func CheckParticipant(a Actor) error { return checkAnswerer("participant", a) }

func checkAnswerer(field string, a Actor) error {
	switch {
	case a.Type != ActorAgent && a.Type != ActorBot:
		return &FieldError{Field: field, Err: errors.New("is neither an agent nor a bot")}
	case a.ID == "":
		return &FieldError{Field: field, Err: errors.New("has no ID")}
	}
	return checkText(field, a.ID)
}
