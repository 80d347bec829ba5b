package interaction

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"

	"github.com/engage-interactions/engage/schema"
)

// Trigger waits for the first interaction of each contact that has one value in
// one property (seed 002, "Automations": "New specific interaction").
type Trigger struct {
	ID       string          `json:"id"`
	SchemaID string          `json:"schemaId"`
	Property string          `json:"property"`
	Value    json.RawMessage `json:"value"`
	// Canonical is the value in the form that equal values share; of a long one,
	// its hash.
	Canonical string `json:"canonical"`
}

// NewTrigger returns a trigger for a value that the property can have.
func NewTrigger(id string, s *schema.Schema, property string, value json.RawMessage) (Trigger, error) {
	v, err := s.ParseValue(property, value)
	if err != nil {
		return Trigger{}, err
	}
	return Trigger{
		ID:        id,
		SchemaID:  s.Definition().ID,
		Property:  property,
		Value:     v.Raw,
		Canonical: canonical(v),
	}, nil
}

// canonical returns the canonical form of a value, or what stands for it. No form
// begins like a hash: a string's is quoted.
func canonical(v schema.Value) string {
	text := v.Canonical()
	if len(text) <= 256 {
		return text
	}
	sum := sha256.Sum256([]byte(text))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// Matches reports whether values hold what the trigger waits for.
func (t Trigger) Matches(values []schema.Value) bool {
	for _, v := range values {
		if v.Property == t.Property && canonical(v) == t.Canonical {
			return true
		}
	}
	return false
}

// Clone returns a copy that shares no memory with the trigger.
func (t Trigger) Clone() Trigger {
	t.Value = slices.Clone(t.Value)
	return t
}

// Same reports whether two triggers wait for the same.
func (t Trigger) Same(other Trigger) bool {
	return t.SchemaID == other.SchemaID && t.Property == other.Property && t.Canonical == other.Canonical
}
