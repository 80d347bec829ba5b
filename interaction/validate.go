package interaction

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/engage-interactions/engage/schema"
)

// MaxContactID bounds the ID of a contact, in bytes.
const MaxContactID = 1024

// FieldError says which field of a submission cannot be used at all. Such a
// submission is not kept: there is nothing that could be judged again.
type FieldError struct {
	Field string // its JSON name, such as "createdDate"
	Err   error  // why
}

// Error names the field and the reason, never the value.
func (e *FieldError) Error() string { return e.Field + ": " + e.Err.Error() }

// Unwrap returns the reason.
func (e *FieldError) Unwrap() error { return e.Err }

// Validation is what became of a submission: exactly one of the two.
type Validation struct {
	Interaction *Interaction
	Quarantined *Quarantined
	// Values are those of the accepted payload, in its order.
	Values []schema.Value
}

// SchemaVersion is what to validate against: a version of a definition, compiled.
type SchemaVersion struct {
	Schema  *schema.Schema
	Version int
}

// Validate decides what becomes of a submission that came in at a given time: it is
// recorded under the ID, without the properties that do not conform, or, if a
// required one is missing then, quarantined under the ID (seed 002, "Sending an
// interaction"). A schema that was compiled with schema.Options.Strict rejects on
// every violation.
//
// The error is a [*FieldError]: the contact's ID is empty, too long or not UTF-8, the
// date is not RFC 3339, or the payload is no JSON object or over a limit.
func Validate(s Submission, against SchemaVersion, id string, received time.Time) (Validation, error) {
	if err := CheckContactID(s.ContactID); err != nil {
		return Validation{}, err
	}
	created, err := createdDate(s.CreatedDate, received)
	if err != nil {
		return Validation{}, err
	}
	result, err := against.Schema.Check(s.Payload)
	if err != nil {
		return Validation{}, &FieldError{Field: "payload", Err: err}
	}
	if !result.Accepted {
		return Validation{Quarantined: &Quarantined{
			ID:             id,
			ContactID:      s.ContactID,
			SchemaID:       s.SchemaID,
			IdempotencyKey: s.IdempotencyKey,
			CreatedDate:    created,
			ReceivedDate:   received,
			Raw:            bytes.Clone(s.Payload),
			SchemaVersion:  against.Version,
			Violations:     result.Violations,
			Unlisted:       result.Unlisted,
			Attempts:       1,
		}}, nil
	}
	values, err := against.Schema.Values(result.Projection)
	if err != nil {
		return Validation{}, fmt.Errorf("reading the projection: %w", err)
	}
	payload, err := compact(result.Projection)
	if err != nil {
		return Validation{}, fmt.Errorf("encoding the projection: %w", err)
	}
	interaction := &Interaction{
		ID:             id,
		ContactID:      s.ContactID,
		SchemaID:       s.SchemaID,
		SchemaVersion:  against.Version,
		CreatedDate:    created,
		ReceivedDate:   received,
		Payload:        payload,
		Omitted:        result.Violations,
		OmittedMore:    result.Unlisted,
		IdempotencyKey: s.IdempotencyKey,
	}
	// Where json.Marshal would write the payload otherwise (it escapes what HTML
	// does), it is kept twice: a host may well marshal the interaction.
	if !bytes.Equal(payload, s.Payload) || bytes.ContainsAny(payload, "<>&\u2028\u2029") {
		interaction.Raw = bytes.Clone(s.Payload)
	}
	return Validation{Interaction: interaction, Values: values}, nil
}

// compact takes the space out of JSON, as encoding it within other JSON does.
func compact(raw json.RawMessage) (json.RawMessage, error) {
	var b bytes.Buffer
	err := json.Compact(&b, raw)
	return b.Bytes(), err
}

// CheckContactID refuses, with a [*FieldError], what cannot be the ID of a
// contact.
func CheckContactID(id string) error {
	switch {
	case id == "":
		return &FieldError{Field: "contactId", Err: errors.New("is empty")}
	case len(id) > MaxContactID:
		return &FieldError{Field: "contactId", Err: errors.New("is longer than " + strconv.Itoa(MaxContactID) + " bytes")}
	case !utf8.ValidString(id):
		return &FieldError{Field: "contactId", Err: errors.New("is not UTF-8")}
	}
	return nil
}

func createdDate(text string, received time.Time) (time.Time, error) {
	if text == "" {
		return received, nil
	}
	created, err := schema.ParseDateTime(text)
	if err != nil {
		return time.Time{}, &FieldError{Field: "createdDate", Err: err}
	}
	return created, nil
}
