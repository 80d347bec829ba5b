package enginetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
)

// rejectedVisit returns a submission without the page that the first version of the
// schema visits requires, and later ones do not.
func rejectedVisit(contact string) interaction.Submission {
	return interaction.Submission{ContactID: contact, SchemaID: visits, Payload: []byte(`{"seconds":3}`)}
}

// quarantineRoom is engage.Quarantine.
func quarantineRoom() room {
	return room{
		name: "quarantine",
		prepare: func(ctx context.Context, s engage.Services, at *place) error {
			for _, contact := range []string{"ann", "cid"} {
				recorded, err := s.Interactions.Record(ctx, rejectedVisit(contact))
				if err != nil {
					return err
				}
				if recorded.Accepted {
					return errors.New("enginetest: a submission was accepted that was to be rejected")
				}
				at.quarantined = recorded.QuarantineID
			}
			// What is in quarantine passes from now on.
			_, err := s.Schemas.Supersede(ctx, declaring(visits, visitProperties), &engage.SupersedeOptions{Force: true})
			return err
		},
		invariants: []Invariant{
			{ID: "quarantine-told", Text: "Every submission in quarantine must have been told of once, as rejected, and never as recorded.", check: checkQuarantineTold},
			{ID: "quarantine-readable", Text: "Every submission in quarantine must be there under its ID, with the reasons.", check: checkQuarantineReadable},
		},
		scenarios: []scenario{
			{
				name: "a submission is rejected", several: true, repeated: errTwice,
				alone: "it has no key that would make it the same each time",
				call: func(ctx context.Context, eng *engage.Engine, at place) error {
					return once(ctx, eng, at.name("kim"))
				},
			},
			{
				name: "a rejected one is replayed", repeated: engage.ErrNotFound,
				call: func(ctx context.Context, eng *engage.Engine, at place) error {
					_, err := eng.Quarantine.Replay(ctx, at.quarantined)
					return err
				},
			},
			{
				name: "all rejected ones are replayed",
				call: func(ctx context.Context, eng *engage.Engine, _ place) error {
					_, err := eng.Quarantine.ReplayAll(ctx, visits)
					return err
				},
			},
			{
				name: "a rejected one is discarded", repeated: engage.ErrNotFound,
				call: func(ctx context.Context, eng *engage.Engine, at place) error {
					return eng.Quarantine.Discard(ctx, at.quarantined)
				},
			},
		},
	}
}

var errTwice = errors.New("enginetest: it is in quarantine already")

// strict is a schema that rejects what once submits.
var strict = declaring("strict", `"page":{"type":"string"}`, "page")

// once submits what is rejected, unless the contact has something in quarantine.
func once(ctx context.Context, eng *engage.Engine, contact string) error {
	if _, err := eng.Schemas.Create(ctx, strict); err != nil && !errors.Is(err, engage.ErrConflict) {
		return err
	}
	found, err := eng.Quarantine.List(ctx, engage.QuarantineFilter{ContactID: contact})
	if err != nil {
		return err
	}
	if len(found.Items) > 0 {
		return errTwice
	}
	s := rejectedVisit(contact)
	s.SchemaID = strict.ID
	recorded, err := eng.Interactions.Record(ctx, s)
	if err == nil && recorded.Accepted {
		return errors.New("enginetest: a submission was accepted that was to be rejected")
	}
	return err
}

func checkQuarantineTold(b *books) {
	rejected, recorded := map[string]int{}, map[string]bool{}
	for _, e := range b.of(engage.EventInteractionRejected) {
		rejected[e.Resource.ID]++
		if rejected[e.Resource.ID] > 1 {
			b.broken(e.Resource.ID+" told of again", "each rejection once")
		}
	}
	for _, e := range b.of(engage.EventInteractionCreated) {
		recorded[e.Resource.ID] = true
	}
	for _, q := range b.quarantined {
		if rejected[q.ID] != 1 || recorded[q.ID] {
			b.broken(fmt.Sprintf("%s told of %d times, as recorded: %v", q.ID, rejected[q.ID], recorded[q.ID]), "once, as rejected")
		}
	}
}

func checkQuarantineReadable(b *books) {
	for _, q := range b.quarantined {
		got, err := b.eng.Quarantine.Get(b.Context(), q.ID)
		if err != nil || got.ContactID != q.ContactID || !bytes.Equal(got.Raw, q.Raw) || len(got.Violations) == 0 {
			b.broken(fmt.Sprintf("%+v, %v", got, err), fmt.Sprintf("%+v, as it is listed", q))
		}
	}
}
