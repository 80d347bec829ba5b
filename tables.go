package engage

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/internal/work"
	"github.com/engage-interactions/engage/schema"
	"github.com/engage-interactions/engage/store"
)

// storedSchema is a schema as it stands: its current version, or its last one if
// it is deleted. Recording an interaction checks this one record, so that it never
// crosses a change of the schema.
type storedSchema struct {
	Definition  schema.Definition     `json:"definition"`
	Version     int                   `json:"version"`
	CreatedDate time.Time             `json:"createdDate"` // of the version
	DeletedDate time.Time             `json:"deletedDate,omitzero"`
	Triggers    []interaction.Trigger `json:"triggers,omitempty"`
}

// storedVersion is one version of a schema. It never changes.
type storedVersion struct {
	Definition  schema.Definition `json:"definition"`
	Version     int               `json:"version"`
	CreatedDate time.Time         `json:"createdDate"`
	// Segmentable are the properties whose values are counted for segments, so
	// that those of an interaction can be taken back whatever has become of the
	// limits of schemas.
	Segmentable []string `json:"segmentable,omitempty"`
}

// census counts the schemas that are not deleted. It is the guard of their limit.
type census struct {
	Live int `json:"live"`
}

// binding says which interaction an idempotency key stands for. It stays when the
// interaction goes, and as it is when contacts are merged.
type binding struct {
	KeyHash       string `json:"keyHash"`
	InteractionID string `json:"interactionId"`
	ContactID     string `json:"contactId"` // that the submission named
	SchemaID      string `json:"schemaId"`
	Minted        bool   `json:"minted,omitempty"` // the contact's ID, for the submission had none
}

// storedContact is a Contact with how it came about, and what a merge under way needs to
// go on.
type storedContact struct {
	interaction.Contact

	// Minted says that it was made for an identity that nobody had named a contact for.
	Minted bool `json:"minted,omitempty"`
	// Turned counts how often whom it stands for has changed: it became a name for
	// another contact, or one for a third, or a contact again.
	Turned int64 `json:"turned,omitempty"`
	// Moving is the merge or unmerge under way that the contact takes part in.
	Moving *moving `json:"moving,omitempty"`
	// Watched says that control of a conversation has depended on what is engaged with any
	// of its identities (handover.Settings.WholeContact). Who gives it another, or takes one
	// away, looks whether that is so still.
	Watched bool `json:"watched,omitempty"`
}

// moving is two contacts that are being merged, or unmerged.
type moving struct {
	Task   Task   `json:"task"`
	FromID string `json:"from_id"` // the one that is, or was, a name for the other
	IntoID string `json:"into_id"`
}

// storedTally is a Tally with whose interactions it has ever counted: Ever is the sum of
// what was recorded for the contact itself and for those that were merged into it.
type storedTally struct {
	interaction.Tally

	// Joined is how much of Ever was recorded for contacts merged into this one.
	Joined int64 `json:"joined,omitempty"`
	// Lent is how much of Ever is counted, as joined, in the contact that this one
	// was merged into.
	Lent int64 `json:"lent,omitempty"`
}

// segmentValue counts the interactions of a contact that have one value in one
// property marked addToSegmentation.
type segmentValue struct {
	SchemaID  string   `json:"schemaId"`
	Property  string   `json:"property"`
	Value     string   `json:"value"`            // in canonical form; of a long one, the hash
	Number    *float64 `json:"number,omitempty"` // the value, if it is one
	ContactID string   `json:"contactId"`
	Count     int64    `json:"count"`
}

// firing says that a trigger has fired for a contact. It is kept even if the
// interaction or the trigger goes: there is no second first time.
type firing struct {
	ID            string    `json:"id"`
	TriggerID     string    `json:"triggerId"`
	SchemaID      string    `json:"schemaId"`
	Property      string    `json:"property"`
	Canonical     string    `json:"canonical"` // the value
	ContactID     string    `json:"contactId"`
	InteractionID string    `json:"interactionId"`
	Time          time.Time `json:"time"`
}

// The tables, and so the kinds of record, that the services keep.
var (
	schemas = work.Table[storedSchema]{
		Kind: "interaction_schema", Format: 2,
		ID: func(s *storedSchema) string { return s.Definition.ID },
	}
	schemaVersions = work.Table[storedVersion]{
		Kind: "interaction_schema_version", Format: 2, Mend: mendVersion,
		ID: func(v *storedVersion) string { return versionID(v.Definition.ID, v.Version) },
	}
	schemaCensus = work.Table[census]{
		Kind: "interaction_schema_census", Format: 1,
		ID: func(*census) string { return censusID },
	}
	interactions = work.Table[interaction.Interaction]{
		Kind: "interaction", Format: 2,
		ID: func(i *interaction.Interaction) string { return i.ID },
		Indexes: []work.Index[interaction.Interaction]{
			{Name: byContactCreated, Term: func(i *interaction.Interaction) (string, bool) {
				return contactTerm(i.ContactID).Time(i.CreatedDate).Text(i.ID).String(), true
			}},
			{Name: byRecordedFor, Term: func(i *interaction.Interaction) (string, bool) {
				return contactTerm(i.RecordedFor).Time(i.CreatedDate).String(), i.RecordedFor != ""
			}},
			{Name: byContactReceived, Term: func(i *interaction.Interaction) (string, bool) {
				return contactTerm(i.ContactID).Time(i.ReceivedDate).Text(i.ID).String(), true
			}},
			{Name: byContactSchemaCreated, Term: func(i *interaction.Interaction) (string, bool) {
				return contactTerm(i.ContactID).Text(i.SchemaID).Time(i.CreatedDate).Text(i.ID).String(), true
			}},
			{Name: bySchemaCreated, Term: func(i *interaction.Interaction) (string, bool) {
				return schemaTerm(i.SchemaID).Time(i.CreatedDate).String(), true
			}},
			{Name: bySchemaReceived, Term: func(i *interaction.Interaction) (string, bool) {
				return schemaTerm(i.SchemaID).Time(i.ReceivedDate).String(), true
			}},
		},
	}
	quarantine = work.Table[interaction.Quarantined]{
		Kind: "quarantined_interaction", Format: 2,
		ID: func(q *interaction.Quarantined) string { return q.ID },
		Indexes: []work.Index[interaction.Quarantined]{
			{Name: byContactReceived, Term: func(q *interaction.Quarantined) (string, bool) {
				return contactTerm(q.ContactID).Time(q.ReceivedDate).Text(q.ID).String(), true
			}},
			{Name: byRecordedFor, Term: func(q *interaction.Quarantined) (string, bool) {
				return contactTerm(q.RecordedFor).Time(q.ReceivedDate).String(), q.RecordedFor != ""
			}},
			{Name: bySchemaReceived, Term: func(q *interaction.Quarantined) (string, bool) {
				return schemaTerm(q.SchemaID).Time(q.ReceivedDate).String(), true
			}},
		},
	}
	bindings = work.Table[binding]{
		Kind: "idempotency_key", Format: 2, Mend: mendBinding,
		ID: func(b *binding) string { return b.KeyHash },
	}
	contacts = work.Table[storedContact]{
		Kind: "contact", Format: 2, Upgrade: upgradeContact, Mend: mendContact,
		ID: func(c *storedContact) string { return plain(c.ID) },
	}
	tallies = work.Table[storedTally]{
		Kind: "tally", Format: 1,
		ID: func(t *storedTally) string { return tallyID(t.ContactID, t.SchemaID) },
		Indexes: []work.Index[storedTally]{
			{Name: byCount, Term: func(t *storedTally) (string, bool) {
				return schemaTerm(t.SchemaID).Int(t.Count).Text(plain(t.ContactID)).String(), true
			}},
		},
	}
	segmentValues = work.Table[segmentValue]{
		Kind: "segment_value", Format: 2, Upgrade: upgradeSegmentValue,
		ID: func(v *segmentValue) string { return hashOf(v.SchemaID, v.Property, v.Value, v.ContactID) },
		Indexes: []work.Index[segmentValue]{
			{Name: byValue, Term: func(v *segmentValue) (string, bool) {
				return v.term().Text(plain(v.ContactID)).String(), true
			}},
		},
	}
	firings = work.Table[firing]{
		Kind: "trigger_firing", Format: 2, Mend: mendFiring,
		ID: func(f *firing) string { return f.ID },
		Indexes: []work.Index[firing]{
			{Name: byContact, Term: func(f *firing) (string, bool) { return contactTerm(f.ContactID).String(), true }},
		},
	}
	progresses = work.Table[storedProgress]{
		Kind: "progress", Format: 2, Upgrade: upgradeProgress,
		ID: func(p *storedProgress) string { return progressID(p.Task, p.Subject) },
	}
)

// recordedTables are those of recorded interactions.
func recordedTables() []work.Kept {
	return []work.Kept{
		&schemas, &schemaVersions, &schemaCensus, &interactions, &quarantine, &bindings,
		&contacts, &tallies, &segmentValues, &firings, &progresses,
	}
}

// The indexes. Each orders by the parts of its name; where a list can go on behind any
// entry, whoever it belongs to by then, the ID of the record is the last part.
const (
	byContactCreated       = "contact_created"
	byContact              = "contact"
	byRecordedFor          = "recorded_for"
	byContactReceived      = "contact_received"
	byContactSchemaCreated = "contact_schema_created"
	bySchemaCreated        = "schema_created"
	bySchemaReceived       = "schema_received"
	byCount                = "schema_count"
	byValue                = "schema_property_value"
)

const censusID = "census"

// versionID orders the versions of a schema. No schema's ID holds an "@".
func versionID(schemaID string, version int) string {
	return fmt.Sprintf("%s@%09d", schemaID, version)
}

// tallyID is the contact alone for the tally of all schemas.
func tallyID(contactID, schemaID string) string {
	return contactTerm(contactID).Text(schemaID).String()
}

func contactTerm(contactID string) store.Tuple { return store.Tuple{}.Text(plain(contactID)) }

func schemaTerm(schemaID string) store.Tuple { return store.Tuple{}.Text(schemaID) }

// term orders the values of a property: numbers by size, others by text.
func (v *segmentValue) term() store.Tuple {
	t := schemaTerm(v.SchemaID).Text(brief(v.Property))
	if v.Number != nil {
		return t.Float(*v.Number)
	}
	return t.Text(brief(v.Value))
}

// valueText returns what stands for a value in a segmentValue.
func valueText(v schema.Value) string {
	canonical := v.Canonical()
	if len(canonical) > 8*maxPlain {
		return hashMark + hashOf(canonical)
	}
	return canonical
}

// brief is plain for the parts of a term that has four of them.
func brief(s string) string {
	if len(s) > maxPlain*3/4 {
		return hashMark + hashOf(s)
	}
	return plain(s)
}

// hashOf is an ID for a combination of texts that may be long.
func hashOf(parts ...string) string {
	var t store.Tuple
	for _, part := range parts {
		t = t.Text(part)
	}
	sum := sha256.Sum256(t)
	return hex.EncodeToString(sum[:])
}

// isSchemaID reports whether a schema may have that ID. One that may not does not
// exist.
func isSchemaID(id string) bool {
	for _, c := range []byte(id) {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' && c != '-' {
			return false
		}
	}
	return id != "" && len(id) <= maxPlain
}

// isID reports whether a record may have that ID, one that was minted here.
func isID(id string) bool { return id != "" && plain(id) == id }
