package enginetest

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store"
)

// visit returns a submission of the schema visits. Both of its values are counted
// for segments.
func visit(contact, page, key string) interaction.Submission {
	return interaction.Submission{
		ContactID: contact, SchemaID: visits, IdempotencyKey: key,
		Payload: fmt.Appendf(nil, `{"page":%q,"seconds":%d}`, page, len(page)),
	}
}

func fleeting(parts ...string) []*regexp.Regexp {
	all := make([]*regexp.Regexp, len(parts))
	for i, part := range parts {
		all[i] = regexp.MustCompile(part)
	}
	return all
}

// interactionRoom is engage.Interactions, and the contacts that it makes known.
func interactionRoom() room {
	return room{
		name: "interactions",
		prepare: func(ctx context.Context, s engage.Services, at *place) error {
			for _, r := range []struct {
				submission interaction.Submission
				id         *string
			}{
				{visit("ann", "/home", ""), &at.interaction},
				{visit("ann", "/shop", "key of ann"), nil},
				{visit("bob", "/home", ""), &at.lastInteraction},
			} {
				recorded, err := s.Interactions.Record(ctx, r.submission)
				if err != nil {
					return err
				}
				if !recorded.Accepted {
					return errRejected
				}
				if r.id != nil {
					*r.id = recorded.ID
				}
			}
			return nil
		},
		invariants: []Invariant{
			{ID: "interaction-told", Text: "Every interaction must be told of once when it is recorded, and once when it goes.", check: checkInteractionTold},
			{ID: "interaction-listed", Text: "Every list of interactions must hold all that there are, each once.", check: checkInteractionListed},
			{ID: "interaction-key", Text: "An idempotency key must stand for one interaction, and be answered with it.", check: checkInteractionKey},
			{ID: "tally", Text: "The tallies of a contact must count the interactions that there are, and those that ever were.", check: checkTally},
			{ID: "contact-first", Text: "Every contact must be told of once, and of its interactions exactly the first one, of all and of a schema, as the first.", check: checkContactFirst},
		},
		scenarios: []scenario{
			{
				name: "an interaction is recorded for a known contact",
				call: func(ctx context.Context, eng *engage.Engine, at place) error {
					_, err := eng.Interactions.Record(ctx, visit("ann", "/old", at.name("new")))
					return err
				},
			},
			{
				name: "an interaction is recorded for a new contact",
				call: func(ctx context.Context, eng *engage.Engine, at place) error {
					_, err := eng.Interactions.Record(ctx, visit(at.name("dan"), "/old", at.name("of dan")))
					return err
				},
			},
			{
				name: "a key that is bound is sent again",
				call: func(ctx context.Context, eng *engage.Engine, _ place) error {
					recorded, err := eng.Interactions.Record(ctx, visit("ann", "/elsewhere", "key of ann"))
					if err == nil && !recorded.Repeated {
						return errors.New("enginetest: it was not said to be a repetition")
					}
					return err
				},
			},
			{
				name: "many are recorded",
				call: func(ctx context.Context, eng *engage.Engine, at place) error {
					var failed error
					for _, o := range eng.Interactions.RecordMany(ctx, []interaction.Submission{
						visit("ann", "/old", at.name("1")), visit(at.name("eve"), "/old", at.name("2")),
						visit("ann", "/new", "key of ann"), visit(at.name("eve"), "/x", at.name("2")), visit(at.name("fin"), "/x", at.name("3")),
					}) {
						failed = errors.Join(failed, o.Err)
					}
					return failed
				},
			},
			{
				name: "an interaction is deleted", repeated: engage.ErrNotFound, drastic: true,
				call: func(ctx context.Context, eng *engage.Engine, at place) error {
					return eng.Interactions.Delete(ctx, at.interaction)
				},
			},
			{
				name: "the last interaction of a contact is deleted", repeated: engage.ErrNotFound, drastic: true,
				call: func(ctx context.Context, eng *engage.Engine, at place) error {
					return eng.Interactions.Delete(ctx, at.lastInteraction)
				},
			},
			{
				name: "a submission of an unknown schema is refused", refused: engage.ErrNotFound,
				call: func(ctx context.Context, eng *engage.Engine, at place) error {
					s := visit(at.name("hal"), "/old", at.name("never"))
					s.SchemaID = "nobody-declared-it"
					_, err := eng.Interactions.Record(ctx, s)
					return err
				},
			},
			{
				name: "a key of another contact is refused", refused: engage.ErrConflict,
				call: func(ctx context.Context, eng *engage.Engine, at place) error {
					_, err := eng.Interactions.Record(ctx, visit(at.name("ian"), "/old", "key of ann"))
					return err
				},
			},
			{
				name: "what is no JSON object is refused", refused: engage.ErrInvalid,
				call: func(ctx context.Context, eng *engage.Engine, at place) error {
					s := visit(at.name("jon"), "/old", "")
					s.Payload = []byte(`[]`)
					_, err := eng.Interactions.Record(ctx, s)
					return err
				},
			},
		},
	}
}

func checkInteractionTold(b *books) {
	type life struct{ created, deleted, there int }
	lives := map[string]*life{}
	of := func(id string) *life {
		if lives[id] == nil {
			lives[id] = &life{}
		}
		return lives[id]
	}
	for _, e := range b.of(engage.EventInteractionCreated) {
		of(e.Resource.ID).created++
	}
	for _, e := range b.of(engage.EventInteractionDeleted) {
		l := of(e.Resource.ID)
		l.deleted++
		if l.created == 0 {
			b.broken(fmt.Sprintf("%s of %s, which was never recorded", e.Type, e.Resource.ID), "it of what there was")
		}
	}
	for _, i := range b.interactions {
		of(i.ID).there++
	}
	for id, l := range lives {
		if l.created != 1 || l.there+l.deleted != 1 {
			b.broken(fmt.Sprintf("interaction %s: recorded %d times, deleted %d times, there %d times", id, l.created, l.deleted, l.there),
				"recorded once, and either there or deleted once")
		}
	}
}

func checkInteractionListed(b *books) {
	byContact, bySchema, everything := map[string][]string{}, map[string][]string{}, []string{}
	for _, i := range b.interactions {
		byContact[i.ContactID] = append(byContact[i.ContactID], i.ID)
		bySchema[i.SchemaID] = append(bySchema[i.SchemaID], i.ID)
		everything = append(everything, i.ID)
		if got, err := b.eng.Interactions.Get(b.Context(), i.ID); err != nil || got.ContactID != i.ContactID || string(got.Payload) != string(i.Payload) {
			b.broken(fmt.Sprintf("%+v, %v", got, err), fmt.Sprintf("%+v, as it is listed", i))
		}
	}
	if once := sorted(everything); !slices.Equal(once, everything) {
		b.broken(short(everything), "each once, in the order in which they came")
	}
	check := func(f engage.InteractionFilter, want []string) {
		f.Limit, f.OldestFirst = store.MaxLimit, true
		for _, f.ByReceived = range []bool{false, true} {
			list, err := all(func(next string) (engage.Page[interaction.Interaction], error) {
				f.Continuation = next
				return b.eng.Interactions.List(b.Context(), f)
			})
			var got []string
			for _, i := range list {
				got = append(got, i.ID)
			}
			slices.Sort(got)
			if err != nil || !slices.Equal(got, want) {
				b.broken(fmt.Sprintf("%s, %v, for %+v", short(got), err, f), short(want))
			}
		}
	}
	for contact, want := range byContact {
		if b.moving[contact] {
			continue // it lists what has gone over
		}
		check(engage.InteractionFilter{ContactID: contact}, want)
	}
	for id, want := range bySchema {
		check(engage.InteractionFilter{SchemaID: id}, want)
	}
}

func checkInteractionKey(b *books) {
	holder := map[string]string{}
	for _, i := range b.interactions {
		if i.IdempotencyKey == "" {
			continue
		}
		if other, known := holder[i.IdempotencyKey]; known {
			b.broken(fmt.Sprintf("%s and %s under the key %q", other, i.ID, i.IdempotencyKey), "one of them")
		}
		holder[i.IdempotencyKey] = i.ID
		again, err := b.eng.Interactions.Record(b.Context(), interaction.Submission{
			ContactID: i.ContactID, SchemaID: i.SchemaID, Payload: i.Original(), IdempotencyKey: i.IdempotencyKey,
		})
		if err != nil || !again.Repeated || again.ID != i.ID {
			b.broken(fmt.Sprintf("%+v, %v, for the key %q", again, err, i.IdempotencyKey), "it repeated: "+i.ID)
		}
	}
}

// pair is a contact and a schema, "" for all schemas.
type pair struct{ contact, schema string }

func checkTally(b *books) {
	want := map[pair]*interaction.Tally{}
	of := func(contact, schemaID string) *interaction.Tally {
		p := pair{b.person(contact), schemaID}
		if want[p] == nil {
			want[p] = &interaction.Tally{ContactID: p.contact, SchemaID: schemaID}
		}
		return want[p]
	}
	for _, e := range b.of(engage.EventInteractionCreated) {
		d := data[engage.InteractionEvent](b, e)
		of(d.ContactID, "").Ever++
		of(d.ContactID, d.SchemaID).Ever++
	}
	for _, i := range b.interactions {
		for _, t := range []*interaction.Tally{of(i.ContactID, ""), of(i.ContactID, i.SchemaID)} {
			t.Count++
			if t.First.IsZero() || i.CreatedDate.Before(t.First) {
				t.First = i.CreatedDate
			}
			if i.CreatedDate.After(t.Last) {
				t.Last = i.CreatedDate
			}
		}
	}
	for _, q := range b.quarantined { // a contact that has nothing but what was rejected
		of(q.ContactID, "")
	}
	for p, tally := range want {
		if b.moving[p.contact] {
			continue // it counts what has gone over
		}
		if got, err := b.eng.Interactions.Tally(b.Context(), p.contact, p.schema); err != nil || got != *tally {
			b.broken(fmt.Sprintf("%+v, %v", got, err), fmt.Sprintf("%+v", *tally))
		}
	}
}

func checkContactFirst(b *books) {
	met, seen := map[string]int{}, map[pair]bool{}
	for _, e := range b.of(engage.EventContactCreated, engage.EventInteractionCreated) {
		if e.Type == engage.EventContactCreated {
			met[e.Resource.ID]++
			continue
		}
		d := data[engage.InteractionEvent](b, e)
		ever, ofSchema := pair{d.ContactID, ""}, pair{d.ContactID, d.SchemaID}
		if d.First == seen[ever] || d.FirstOfSchema == seen[ofSchema] {
			b.broken(fmt.Sprintf("%s of %s says first: %v, first of schema: %v", e.Type, d.ContactID, d.First, d.FirstOfSchema),
				fmt.Sprintf("%v and %v", !seen[ever], !seen[ofSchema]))
		}
		seen[ever], seen[ofSchema] = true, true
		if met[d.ContactID] != 1 {
			b.broken(fmt.Sprintf("contact %s was told of %d times by then", d.ContactID, met[d.ContactID]), "once")
		}
	}
	linked := map[string]bool{}
	for _, e := range b.of(engage.EventIdentityCreated) {
		linked[data[engage.IdentityEvent](b, e).ContactID] = true
	}
	for _, e := range b.of(engage.EventIdentityMerged, engage.EventIdentityUnmerged) {
		linked[data[engage.IdentityMergeEvent](b, e).NewIdentityGroupID] = true
	}
	for contact, n := range met {
		if n != 1 || !seen[pair{contact, ""}] && !linked[contact] {
			b.broken(fmt.Sprintf("contact %s told of %d times, with an interaction: %v, with an identity: %v", contact, n, seen[pair{contact, ""}], linked[contact]), "once, with one of them")
		}
	}
}
