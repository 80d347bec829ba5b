package engage

import (
	"context"
	"encoding/json"

	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/internal/work"
	"github.com/engage-interactions/engage/schema"
	"github.com/engage-interactions/engage/store"
)

// How values of older formats are read as what they mean now, and what of theirs other
// records tell. Format 1 is all that was written before there was a guard of formats: its
// values were changed several times, so that each of these functions takes all of their
// shapes. Of kinds that are not here, only the indexes or their terms changed.

// edited returns a value with its members changed.
func edited(value []byte, edit func(m map[string]json.RawMessage)) ([]byte, error) {
	var m map[string]json.RawMessage
	if err := json.Unmarshal(value, &m); err != nil {
		return nil, err
	}
	edit(m)
	return json.Marshal(m)
}

// rename gives a member another name, if it is there and no other has that.
func rename(m map[string]json.RawMessage, from, to string) {
	if value, ok := m[from]; ok && m[to] == nil {
		m[to] = value
		delete(m, from)
	}
}

// upgradeContact reads when a contact was created, which was called otherwise.
func upgradeContact(_ int, value []byte) ([]byte, error) {
	return edited(value, func(m map[string]json.RawMessage) { rename(m, "createdDate", "created_at") })
}

// mendContact finds out whether a conversation depends on all identities of a contact.
func mendContact(ctx context.Context, w *work.Work, c *storedContact, _ int) error {
	watches, err := controlWatches.All(ctx, w, c.IdentityIDs...)
	for _, watch := range watches {
		c.Watched = c.Watched || watch != nil
	}
	return err
}

// upgradeContent reads which contents are private, which was called otherwise.
func upgradeContent(_ int, value []byte) ([]byte, error) {
	return edited(value, func(m map[string]json.RawMessage) { rename(m, "private", "private_message") })
}

// mendContent says up to where an echo has answered the customer that kept only how they
// stood before: it answered up to its own place.
func mendContent(_ context.Context, _ *work.Work, c *interaction.Content, _ int) error {
	if c.AnswersUpTo == 0 && c.StandingBefore != (interaction.Standing{}) {
		c.AnswersUpTo = c.Position
	}
	return nil
}

// mendThread has the silence of a thread begin with its last content, where it was not kept
// when that came in.
func mendThread(_ context.Context, _ *work.Work, t *interaction.Thread, _ int) error {
	if t.LastReceivedAt.IsZero() {
		t.LastReceivedAt = t.CreatedAt
		if t.LastContentAt.After(t.CreatedAt) {
			t.LastReceivedAt = t.LastContentAt
		}
	}
	return nil
}

// mendCorrespondent finds out when the customer wrote last, and how the thread is.
func mendCorrespondent(ctx context.Context, w *work.Work, c *interaction.Correspondent, _ int) error {
	if c.LastWroteAt.IsZero() {
		wrote, _, err := contents.Find(ctx, w, store.Query{
			Index: byCorrespondentUnanswered, Prefix: idTerm(c.ThreadID).Text(c.IdentityID).String(), Reverse: true, Limit: 1,
		})
		if err != nil {
			return err
		}
		for _, last := range wrote {
			c.LastWroteAt = last.CreatedAt
		}
	}
	thread, err := threads.Get(ctx, w, c.ThreadID)
	if err != nil || thread == nil {
		return err
	}
	*c = c.In(*thread)
	return nil
}

// mendChannel finds out by which workflow a channel's tasks are routed.
func mendChannel(ctx context.Context, w *work.Work, c *storedChannel, _ int) error {
	if c.WorkflowSID != "" {
		return nil
	}
	first, _, err := tasks.Find(ctx, w, store.Query{Index: byChannel, Prefix: idTerm(c.SID).String(), Limit: 1})
	for _, task := range first {
		c.WorkflowSID = task.WorkflowSID
	}
	return err
}

// mendReservation finds out which agent the worker is.
func mendReservation(ctx context.Context, w *work.Work, r *storedReservation, _ int) error {
	if r.AgentID != "" {
		return nil
	}
	worker, err := workers.Get(ctx, w, r.WorkerSID)
	if worker != nil {
		r.AgentID = worker.AgentID
	}
	return err
}

// mendVersion finds out which properties of a schema are counted for segments.
func mendVersion(_ context.Context, _ *work.Work, v *storedVersion, _ int) error {
	if len(v.Segmentable) > 0 {
		return nil
	}
	compiled, err := schema.Compile(v.Definition, &schema.Options{})
	if err != nil { // it was accepted under other rules, and nothing was counted for it
		return nil //nolint:nilerr // see above
	}
	for _, p := range compiled.Properties() {
		if p.AddToSegmentation {
			v.Segmentable = append(v.Segmentable, p.Name)
		}
	}
	return nil
}

// mendBinding finds out which schema an idempotency key was used for.
func mendBinding(ctx context.Context, w *work.Work, b *binding, _ int) error {
	if b.SchemaID != "" {
		return nil
	}
	i, err := interactions.Get(ctx, w, b.InteractionID)
	if i != nil {
		b.SchemaID = i.SchemaID
	}
	return err
}

// upgradeSegmentValue reads the value that is counted, which was kept as JSON, too.
func upgradeSegmentValue(_ int, value []byte) ([]byte, error) {
	return edited(value, func(m map[string]json.RawMessage) {
		if canonical, ok := m["canonical"]; ok {
			m["value"] = canonical
			delete(m, "canonical")
		}
	})
}

// mendFiring finds out for which value a trigger has fired.
func mendFiring(ctx context.Context, w *work.Work, f *firing, _ int) error {
	if f.SchemaID != "" {
		return nil
	}
	i, err := interactions.Get(ctx, w, f.InteractionID)
	if err != nil || i == nil {
		return err
	}
	stored, err := schemas.Get(ctx, w, i.SchemaID)
	if err != nil || stored == nil {
		return err
	}
	for _, trigger := range stored.Triggers {
		if trigger.ID == f.TriggerID {
			f.SchemaID, f.Property, f.Canonical = trigger.SchemaID, trigger.Property, trigger.Canonical
		}
	}
	return nil
}

// upgradeProgress reads what a task is done to, which was always a schema.
func upgradeProgress(_ int, value []byte) ([]byte, error) {
	var old struct {
		SchemaID string `json:"schemaId"`
	}
	if err := json.Unmarshal(value, &old); err != nil || old.SchemaID == "" {
		return value, err
	}
	subject, err := json.Marshal(Resource{Type: ResourceSchema, ID: old.SchemaID})
	if err != nil {
		return nil, err
	}
	return edited(value, func(m map[string]json.RawMessage) {
		m["subject"] = subject
		delete(m, "schemaId")
	})
}
