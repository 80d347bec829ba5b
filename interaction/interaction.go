package interaction

import (
	"cmp"
	"encoding/json"
	"time"

	"github.com/engage-interactions/engage/schema"
)

// Submission is an interaction as a host sends it (seed 002, "Sending an
// interaction").
type Submission struct {
	// ContactID is the host's name for the contact: any text of at most
	// MaxContactID bytes. The engine mints one if it is empty.
	ContactID string `json:"contactId"`
	// SchemaID names the schema that the payload follows.
	SchemaID string `json:"schemaId"`
	// CreatedDate is when it happened, as RFC 3339. Empty means now.
	CreatedDate string `json:"createdDate,omitempty"`
	// Payload is a JSON object. Its bytes are kept as they are.
	Payload json.RawMessage `json:"payload"`
	// IdempotencyKey makes a repeated submission harmless: any bytes. It binds
	// once the submission is accepted. One that is long or not UTF-8 is kept as
	// its hash.
	IdempotencyKey string `json:"idempotencyKey,omitempty"`
}

// Interaction is something that a contact did, recorded under a schema.
type Interaction struct {
	ID        string `json:"id"`
	ContactID string `json:"contactId"`
	// RecordedFor is the contact that the submission named, if that has turned out
	// to be ContactID.
	RecordedFor string `json:"recordedFor,omitempty"`
	SchemaID    string `json:"schemaId"`
	// SchemaVersion is the version that the payload was checked against.
	SchemaVersion int `json:"schemaVersion"`
	// CreatedDate is when it happened, ReceivedDate when it came in.
	CreatedDate  time.Time `json:"createdDate"`
	ReceivedDate time.Time `json:"receivedDate"`
	// Payload holds the declared properties that conformed.
	Payload json.RawMessage `json:"payload"`
	// Omitted says what was left out of the payload, and why; OmittedMore how
	// much was left out beyond that.
	Omitted     []schema.Violation `json:"omitted,omitempty"`
	OmittedMore int                `json:"omittedMore,omitempty"`
	// Raw is the payload as it was received, unless that is Payload to the
	// byte, also after it was marshalled and read again. Use Original.
	Raw []byte `json:"raw,omitempty"`
	// IdempotencyKey is the one that the submission carried.
	IdempotencyKey string `json:"idempotencyKey,omitempty"`
}

// Original returns the payload byte for byte as it was received (seed 002: what
// does not match the schema "will still be saved in blob storage").
func (i *Interaction) Original() []byte {
	if i.Raw != nil {
		return i.Raw
	}
	return i.Payload
}

// Quarantined is a submission that its schema rejected. Nothing of it is lost:
// it can be judged again.
type Quarantined struct {
	ID        string `json:"id"`
	ContactID string `json:"contactId"`
	// RecordedFor is the contact that the submission named, if that has turned out
	// to be ContactID.
	RecordedFor    string `json:"recordedFor,omitempty"`
	SchemaID       string `json:"schemaId"`
	IdempotencyKey string `json:"idempotencyKey,omitempty"`
	// Minted says that the submission named no contact, and ContactID was made up
	// for it.
	Minted bool `json:"minted,omitempty"`
	// CreatedDate is when it happened: as submitted, else when it came in.
	CreatedDate  time.Time `json:"createdDate"`
	ReceivedDate time.Time `json:"receivedDate"`
	// Raw is the payload as it was received.
	Raw []byte `json:"raw"`
	// SchemaVersion and Violations are those of the last judgement, Unlisted
	// counts the violations beyond those listed.
	SchemaVersion int                `json:"schemaVersion"`
	Violations    []schema.Violation `json:"violations"`
	Unlisted      int                `json:"unlisted,omitempty"`
	// Attempts counts the judgements, 1 for the first.
	Attempts int `json:"attempts"`
}

// Submission returns what is to be judged again. It happened when it happened,
// so the date is never empty.
func (q *Quarantined) Submission() Submission {
	return Submission{
		ContactID:      cmp.Or(q.RecordedFor, q.ContactID),
		SchemaID:       q.SchemaID,
		CreatedDate:    q.CreatedDate.Format(time.RFC3339Nano),
		Payload:        q.Raw,
		IdempotencyKey: q.IdempotencyKey,
	}
}
