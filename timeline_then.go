package engage

import (
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
)

// Then is what was so when an entry of a timeline was written, as the event said that told
// of it. The record that the entry is about goes on to change; the timeline tells what
// happened. Each field is set for the entries that its comment names, if there was
// something to say.
type Then struct {
	// Owner is who owned the intervention after that, PreviousOwner who did before, if
	// it passed from somebody to somebody else or nobody. Participant is who joined or left.
	Owner         Actor `json:"owner,omitzero"`
	PreviousOwner Actor `json:"previous_owner,omitzero"`
	Participant   Actor `json:"participant,omitzero"`
	// ContentStatus, ThreadStatus and InterventionStatus are the state of what the entry
	// is about; of a comment, that of its intervention.
	ContentStatus      interaction.ContentStatus      `json:"content_status,omitempty"`
	ThreadStatus       interaction.ThreadStatus       `json:"thread_status,omitempty"`
	InterventionStatus interaction.InterventionStatus `json:"intervention_status,omitempty"`
	// SynchronizationStatus is how far the delivery of a content was, and
	// SynchronizationError what the platform had said if it had failed.
	SynchronizationStatus interaction.SyncStatus `json:"synchronization_status,omitempty"`
	SynchronizationError  string                 `json:"synchronization_error,omitempty"`
	// ThreadTitle is the title of the thread, of entries about contents and threads.
	ThreadTitle string `json:"thread_title,omitempty"`
	// CategoryIDs are those of the content (see ContentEvent), of the thread itself or of
	// the intervention. DispositionIDs are how the intervention ended.
	CategoryIDs    []string `json:"category_ids,omitempty"`
	DispositionIDs []string `json:"disposition_ids,omitempty"`
	// Contested says that nobody could tell who had control when an agent engaged.
	Contested bool `json:"contested,omitempty"`
	// DeferredAt is until when the intervention was deferred.
	DeferredAt time.Time `json:"deferred_at,omitzero"`
	// CloseCause is why the thread or the intervention was closed, if nobody did it by
	// hand.
	CloseCause interaction.CloseCause `json:"close_cause,omitempty"`
	// Control is who had control of the conversation with the identity on the source after
	// that, of entries about control; ControlUncertain says that this is assumed. Of
	// EventControlChanged, PreviousControl is who had it before, and ControlCause why it went
	// over. ControlVerb is what was under way, or has come to nothing, and ControlReason why
	// it has failed or was refused.
	Control          handover.Party    `json:"control,omitzero"`
	ControlUncertain bool              `json:"control_uncertain,omitempty"`
	PreviousControl  handover.Party    `json:"previous_control,omitzero"`
	ControlCause     string            `json:"control_cause,omitempty"`
	ControlVerb      handover.VerbKind `json:"control_verb,omitempty"`
	ControlReason    string            `json:"control_reason,omitempty"`
	// Set is what was set by Threads.Annotate or Interventions.SetCustomFields.
	Set SetValues `json:"set,omitzero"`
}

// SetValues are values that were set together, as far as a timeline keeps them.
type SetValues struct {
	// Names are the names, in the order of their bytes. Of names that come to more than
	// MaxSetValues bytes the first are kept, and More counts the others.
	Names []string `json:"names,omitempty"`
	More  int      `json:"more,omitempty"`
	// Values are what those of the names were set to, null if the value was removed. A
	// value is left out that with those before it comes to more than MaxSetValues bytes.
	Values map[string]json.RawMessage `json:"values,omitempty"`
}

// MaxSetValues is how much a timeline keeps of what was set at once: of names so many
// bytes, and of values as many.
const MaxSetValues = 4 << 10

// setValues returns what was set by a change, after which these are all the values.
func setValues(change, after map[string]json.RawMessage) (set SetValues) {
	names, values := 0, 0
	for _, name := range slices.Sorted(maps.Keys(change)) {
		if names += len(name); names > MaxSetValues || set.More > 0 {
			set.More++
			continue
		}
		set.Names = append(set.Names, name)
		value, ok := after[name]
		if !ok {
			value = json.RawMessage("null")
		}
		if values+len(value) > MaxSetValues {
			continue
		}
		values += len(value)
		if set.Values == nil {
			set.Values = map[string]json.RawMessage{}
		}
		set.Values[name] = value
	}
	return set
}
