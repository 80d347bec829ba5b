package engage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/schema"
	"github.com/engage-interactions/engage/store"
)

// Recorded is what became of a submission.
type Recorded struct {
	// ID is that of the interaction; empty if it was rejected.
	ID string `json:"id,omitempty"`
	// ContactID is that of the submission, or the one that was minted. If the contact
	// was merged into another one, it is that of the other.
	ContactID string `json:"contactId"`
	// Accepted says that the submission became an interaction.
	Accepted bool `json:"accepted"`
	// Repeated says that the idempotency key was known: nothing was recorded now,
	// and ID is that of the first.
	Repeated bool `json:"repeated,omitempty"`
	// QuarantineID is where the submission is kept if it was rejected.
	QuarantineID string `json:"quarantineId,omitempty"`
	// SchemaVersion is the version that it was checked against.
	SchemaVersion int `json:"schemaVersion,omitempty"`
	// Violations say why it was rejected or, if it was accepted, what was left out
	// and why. Unlisted counts those beyond.
	Violations []schema.Violation `json:"violations,omitempty"`
	Unlisted   int                `json:"unlisted,omitempty"`
}

// Record records an interaction (seed 002, "Sending an interaction").
//
// A property that its schema does not declare, or whose value does not conform, is
// left out; the raw payload is kept byte for byte. If a required property is
// missing then, the interaction is rejected: that is a result, not an error, and
// the submission is kept in quarantine. With schema.Options.Strict every violation
// rejects.
//
// A repeated idempotency key returns the first interaction and records nothing. It
// binds on acceptance: what was rejected may be corrected and sent again with it. It
// stays bound when the interaction is deleted.
//
// Nothing is kept, and the error is, ErrNotFound if there is no such schema or it
// was deleted; ErrInvalid if the contact's ID or createdDate is wrong, or the
// payload is no JSON object or over a limit, with the field in [*InvalidError] and
// a [*schema.PayloadError] behind it; ErrConflict if the idempotency key is bound to
// an interaction of another contact or schema; ErrRefused if Options.NewContact
// refused.
func (s Interactions) Record(ctx context.Context, submission interaction.Submission) (Recorded, error) {
	if err := s.mayRecord(ctx, submission); err != nil {
		return Recorded{}, err
	}
	var recorded Recorded
	err := s.do(ctx, func(t *turn) (err error) {
		recorded, err = t.record(ctx, submission)
		return err
	})
	if err != nil {
		return Recorded{}, err
	}
	return recorded, nil
}

// Outcome is what became of one of many submissions: it was recorded, or Err says
// why nothing of it was kept. In JSON, its text is the member "error".
type Outcome struct {
	Recorded

	Err error `json:"-"`
}

// MarshalJSON returns the members of Recorded, and the text of Err.
func (o Outcome) MarshalJSON() ([]byte, error) {
	var text string
	if o.Err != nil {
		text = o.Err.Error()
	}
	return json.Marshal(struct {
		Recorded

		Error string `json:"error,omitempty"`
	}{o.Recorded, text})
}

// RecordMany records interactions in their order, in as few commits as there is
// room for, and returns the outcome of each. One that cannot be recorded does not
// affect the others. If the context ends or the store fails midway, what was
// committed stays, and the rest has that error; but only those of the commit that was
// under way have ErrUnknownOutcome.
//
// Within Atomically all is part of the one commit, and so within its limits.
func (s Interactions) RecordMany(ctx context.Context, submissions []interaction.Submission) []Outcome {
	outcomes := make([]Outcome, len(submissions))
	for begin := 0; begin < len(submissions); {
		end := begin
		err := s.do(ctx, func(t *turn) error {
			run := maxRun
			if s.work == nil {
				run = t.Share(maxRun)
			}
			end = min(begin+run, len(submissions))
			ahead := slices.Clone(submissions[begin:end])
			for i := range ahead {
				ahead[i].IdempotencyKey = keyText(ahead[i].IdempotencyKey)
			}
			if err := t.prefetch(ctx, ahead); err != nil {
				return err
			}
			size := 0
			for i := begin; i < end; i++ {
				if size += len(submissions[i].Payload); i > begin && (t.Size() > maxRunOperations || size > maxRunBytes) && s.work == nil {
					end = i
					break
				}
				outcomes[i] = s.recordOne(ctx, t, submissions[i])
			}
			return nil
		})
		if err != nil {
			for i := begin; i < end; i++ {
				outcomes[i] = Outcome{Err: err}
			}
		}
		if err != nil || ctx.Err() != nil {
			for i := end; i < len(outcomes); i++ {
				outcomes[i] = Outcome{Err: notTried(ctx, err)}
			}
			break
		}
		begin = end
	}
	return outcomes
}

// notTried is the error of what comes after a commit that failed: the same, but that
// the outcome of this is known.
func notTried(ctx context.Context, cause error) error {
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("not tried: %w", ctx.Err())
	case errors.Is(cause, ErrUnknownOutcome):
		return fmt.Errorf("%w: not tried, because those before it failed: %v", ErrUnavailable, cause) //nolint:errorlint // wrapped, it would say that this is unknown
	default:
		return fmt.Errorf("not tried, because those before it failed: %w", cause)
	}
}

// What one commit of RecordMany takes: one more interaction must always fit into a
// batch, with all its tallies, segment values, triggers and events.
const (
	maxRun           = 500 // what is read ahead counts too
	maxRunOperations = store.MaxOperations - 1_700
	maxRunBytes      = store.MaxBatch / 8 // of payloads, each of which is kept twice at most, once in base64
)

func (s Interactions) recordOne(ctx context.Context, t *turn, submission interaction.Submission) Outcome {
	if err := s.mayRecord(ctx, submission); err != nil {
		return Outcome{Err: err}
	}
	var recorded Recorded
	err := t.Part(func() (err error) {
		recorded, err = t.record(ctx, submission)
		return err
	})
	if err != nil {
		return Outcome{Err: err}
	}
	return Outcome{Recorded: recorded}
}

// Check says what Record would make of a submission, and keeps nothing. It looks at
// the submission and its schema only: not at the idempotency key, and it does not ask
// Options.NewContact.
func (s Interactions) Check(ctx context.Context, submission interaction.Submission) (Recorded, error) {
	if err := s.allowBoth(ctx, ActionInteractionsCheck, ResourceInteraction, submission.ContactID, submission.SchemaID); err != nil {
		return Recorded{}, err
	}
	var checked Recorded
	err := s.do(ctx, func(t *turn) error {
		_, against, err := t.live(ctx, submission.SchemaID)
		if err != nil {
			return err
		}
		if submission.ContactID == "" {
			submission.ContactID = t.ID()
		}
		validation, err := interaction.Validate(submission, against, "unrecorded", t.now)
		if err != nil {
			return invalidSubmission(err)
		}
		checked = describe(validation)
		checked.ID, checked.QuarantineID = "", ""
		return nil
	})
	return checked, err
}

func (s Interactions) mayRecord(ctx context.Context, submission interaction.Submission) error {
	return s.allowBoth(ctx, ActionInteractionsRecord, ResourceInteraction, submission.ContactID, submission.SchemaID)
}

// prefetch reads at one moment what recording the submissions will read.
func (t *turn) prefetch(ctx context.Context, submissions []interaction.Submission) error {
	var keys []store.Key
	for _, s := range submissions {
		if isSchemaID(s.SchemaID) {
			keys = append(keys, schemas.Key(t.Work, s.SchemaID))
		}
		if s.IdempotencyKey != "" {
			keys = append(keys, bindings.Key(t.Work, hashOf(s.IdempotencyKey)))
		}
		if s.ContactID != "" {
			keys = append(keys,
				contacts.Key(t.Work, plain(s.ContactID)),
				tallies.Key(t.Work, tallyID(s.ContactID, "")))
			if isSchemaID(s.SchemaID) {
				keys = append(keys, tallies.Key(t.Work, tallyID(s.ContactID, s.SchemaID)))
			}
		}
	}
	return t.Load(ctx, keys...)
}

// record decides on a submission and writes what became of it.
func (t *turn) record(ctx context.Context, s interaction.Submission) (Recorded, error) {
	s.IdempotencyKey = keyText(s.IdempotencyKey)
	if err := t.prefetch(ctx, []interaction.Submission{s}); err != nil {
		return Recorded{}, err
	}
	bound, err := t.bound(ctx, s, false)
	if err != nil {
		return Recorded{}, err
	}
	if bound != nil {
		return *bound, nil
	}
	stored, against, err := t.live(ctx, s.SchemaID)
	if err != nil {
		return Recorded{}, err
	}
	id, minted := t.ID(), s.ContactID == ""
	if minted {
		s.ContactID = t.ID()
	}
	validation, who, err := t.judge(ctx, s, against, id, t.now)
	if err != nil {
		return Recorded{}, err
	}
	if validation.Interaction != nil {
		err = t.insert(ctx, validation, who, stored, against, minted)
	} else {
		validation.Quarantined.Minted = minted
		err = t.quarantine(validation.Quarantined)
	}
	return describe(validation), err
}

// judge validates a submission, and finds out whom it is for: if it names a contact that
// was merged into another one, for the other; nil if nobody knows the contact.
func (t *turn) judge(ctx context.Context, s interaction.Submission, against interaction.SchemaVersion, id string, received time.Time) (interaction.Validation, *storedContact, error) {
	v, err := interaction.Validate(s, against, id, received)
	if err != nil {
		return v, nil, invalidSubmission(err)
	}
	who, err := t.person(ctx, s.ContactID)
	if err != nil || who == nil || who.ID == s.ContactID {
		return v, who, err
	}
	if v.Interaction == nil {
		v.Quarantined.ContactID, v.Quarantined.RecordedFor = who.ID, s.ContactID
		return v, who, nil
	}
	v.Interaction.ContactID, v.Interaction.RecordedFor = who.ID, s.ContactID
	return v, who, t.Load(ctx, tallies.Key(t.Work, tallyID(who.ID, "")), tallies.Key(t.Work, tallyID(who.ID, s.SchemaID)))
}

// bound returns what a submission's idempotency key is bound to, nil if it has none
// or it is free. That must be an interaction of the same contact and schema; of any
// contact, if anybody is true.
func (t *turn) bound(ctx context.Context, s interaction.Submission, anybody bool) (*Recorded, error) {
	if s.IdempotencyKey == "" {
		return nil, nil
	}
	b, err := bindings.Get(ctx, t.Work, hashOf(s.IdempotencyKey))
	if err != nil || b == nil {
		return nil, err
	}
	owner, err := t.named(ctx, b.ContactID)
	if err != nil {
		return nil, err
	}
	same := s.ContactID == b.ContactID || s.ContactID == "" && b.Minted || anybody
	if !same && s.ContactID != "" { // they may have turned out to be one
		asked, err := t.named(ctx, s.ContactID)
		if err != nil {
			return nil, err
		}
		same = asked == owner
	}
	if !same || s.SchemaID != b.SchemaID { // whose it is, is not for everybody to know
		return nil, &ConflictError{
			Resource: Resource{Type: ResourceIdempotencyKey}, Reason: "was used for another contact or schema",
		}
	}
	return &Recorded{ID: b.InteractionID, ContactID: owner, Accepted: true, Repeated: true}, nil
}

func describe(v interaction.Validation) Recorded {
	if i := v.Interaction; i != nil {
		return Recorded{
			ID: i.ID, ContactID: i.ContactID, Accepted: true,
			SchemaVersion: i.SchemaVersion, Violations: i.Omitted, Unlisted: i.OmittedMore,
		}
	}
	q := v.Quarantined
	return Recorded{
		QuarantineID: q.ID, ContactID: q.ContactID,
		SchemaVersion: q.SchemaVersion, Violations: q.Violations, Unlisted: q.Unlisted,
	}
}

// invalidSubmission gives an error of Validate its class.
func invalidSubmission(err error) error {
	if field, ok := errors.AsType[*interaction.FieldError](err); ok {
		return &InvalidError{Field: field.Field, Err: field.Err}
	}
	return err
}
