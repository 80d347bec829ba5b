package engage_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store"
)

// TestAnIdentityIsKnownOnceInItsCommunity, however many write at once.
func TestAnIdentityIsKnownOnceInItsCommunity(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, st store.Store) {
		engines := []*engage.Engine{newEngine(t, st, nil), newEngine(t, st, nil)}
		for _, s := range []interaction.Source{
			{ID: "one", CommunityID: "shared"}, {ID: "two", CommunityID: "shared"}, {ID: "alone"},
		} {
			s.Type, s.Name, s.Active = "messenger", s.ID, true
			must(engines[0].Sources.Create(t.Context(), s))(t)
		}
		var all sync.WaitGroup
		for n, source := range []string{"one", "two", "alone", "one", "two", "alone"} {
			all.Go(func() {
				in := engage.Inbound{SourceID: source, Message: interaction.Message{Body: "hello"}}
				in.Customer.ForeignID = "account"
				if _, err := engines[n%2].Threads.Receive(t.Context(), in); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		eng := engines[0]
		found := must(eng.Identities.Find(t.Context(), "messenger", "account"))(t)
		communities := map[string]bool{}
		for _, i := range found {
			communities[i.CommunityID] = true
			if got := must(eng.Identities.Get(t.Context(), i.ID))(t); got.ForeignID != "account" || got.ContactID != i.ContactID {
				t.Errorf("%+v", got)
			}
			if c := must(eng.Contacts.Get(t.Context(), i.ContactID))(t); len(c.IdentityIDs) != 1 || c.IdentityIDs[0] != i.ID {
				t.Errorf("%+v", c)
			}
		}
		if len(found) != 2 || !communities["shared"] || !communities["alone"] {
			t.Errorf("%+v", found)
		}
		for _, kind := range []engage.EventType{engage.EventIdentityCreated, engage.EventContactCreated} {
			if told := events(t, eng, kind); len(told) != 2 {
				t.Errorf("%s: told %d times", kind, len(told))
			}
		}
		for _, other := range [][2]string{{"mail", "account"}, {"messenger", "accoun"}, {"messenger", strings.Repeat("a", 900)}} {
			if found := must(eng.Identities.Find(t.Context(), other[0], other[1]))(t); len(found) > 0 {
				t.Errorf("%v: %+v", other, found)
			}
		}
	})
}

func TestAProfileSaysWhatWasSaidLast(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	in := d.says("account", "hello")
	in.Customer.Profile = interaction.Profile{Firstname: "Ann", ExtraValues: map[string]string{"a": strings.Repeat("x", 60_000)}}
	id := must(d.Threads.Receive(t.Context(), in))(t).IdentityID
	updates := func() int { return len(events(t, d.Engine, engage.EventIdentityUpdated)) }
	in = d.says("account", "hello again")
	in.Customer.Profile = interaction.Profile{Firstname: "Ann"}
	must(d.Threads.Receive(t.Context(), in))(t)
	if updates() != 0 {
		t.Error("an update that says nothing new is told of")
	}
	// Together with what was known it is too much, and it comes in still.
	in = d.says("account", "and again")
	in.Customer.Profile = interaction.Profile{Lastname: "Lee", ExtraValues: map[string]string{"b": strings.Repeat("x", 60_000)}}
	must(d.Threads.Receive(t.Context(), in))(t)
	got := must(d.Identities.Get(t.Context(), id))(t)
	if got.Firstname != "Ann" || got.Lastname != "Lee" || len(got.ExtraValues) != 1 || got.ExtraValues["b"] == "" || updates() != 1 {
		t.Errorf("%+v, %d updates", got.Profile.Firstname, updates())
	}
	if _, err := d.Identities.Update(t.Context(), id, interaction.Profile{ExtraValues: map[string]string{"c": strings.Repeat("x", 60_000)}}); !errors.Is(err, engage.ErrInvalid) {
		t.Error(err)
	}
	for range 2 {
		got = must(d.Identities.Update(t.Context(), id, interaction.Profile{Email: "ann@example.com"}))(t)
		if got.Email != "ann@example.com" || got.Lastname != "Lee" || updates() != 2 {
			t.Errorf("%+v, %d updates", got.Profile.Email, updates())
		}
	}
	for _, unknown := range []string{"", "nobody", strings.Repeat("x", 2000), "a\x00b"} {
		if _, err := d.Identities.Get(t.Context(), unknown); !errors.Is(err, engage.ErrNotFound) {
			t.Errorf("%.10q: %v", unknown, err)
		}
		if _, err := d.Identities.Update(t.Context(), unknown, interaction.Profile{}); !errors.Is(err, engage.ErrNotFound) {
			t.Errorf("%.10q: %v", unknown, err)
		}
	}
}

// TestAFullContactRefusesNobodyWhoWrites: what comes in comes in, with a contact of its
// own; but moving an identity there is refused.
func TestAFullContactRefusesNobodyWhoWrites(t *testing.T) {
	t.Parallel()
	d := newDesk(t, func(o *engage.Options) {
		o.NewContact = func(_ context.Context, id string) error {
			if id == "refused" {
				return errors.New("no")
			}
			return nil
		}
	})
	write := func(account, contact string) engage.Received {
		in := d.says(account, "hello")
		in.Customer.ContactID = contact
		return must(d.Threads.Receive(t.Context(), in))(t)
	}
	for n := range interaction.MaxIdentities {
		if got := write(fmt.Sprint("account ", n), "ann"); got.ContactID != "ann" {
			t.Fatalf("%+v", got)
		}
	}
	late := write("one more", "ann")
	if late.ContactID == "ann" || late.ContactID == "" {
		t.Errorf("%+v", late)
	}
	_, err := d.Contacts.Move(t.Context(), late.IdentityID, "ann")
	if refused, ok := errors.AsType[*engage.RefusedError](err); !ok || refused.Resource.ID != "ann" {
		t.Errorf("%v", err)
	}
	if _, err := d.Contacts.Merge(t.Context(), "ann", late.ContactID); !errors.Is(err, engage.ErrRefused) {
		t.Error(err)
	}
	// The host is not asked about who writes, but about who is named otherwise.
	if got := write("a stranger", "refused"); got.ContactID != "refused" {
		t.Errorf("%+v", got)
	}
	d.opts.NewContact = func(_ context.Context, _ string) error { return errors.New("no") }
	d.restart()
	if _, err := d.Contacts.Move(t.Context(), late.IdentityID, "unheard of"); !errors.Is(err, engage.ErrRefused) {
		t.Error(err)
	}
	if got := must(d.Contacts.Identities(t.Context(), "ann"))(t); len(got) != interaction.MaxIdentities {
		t.Errorf("%d identities", len(got))
	}
}
