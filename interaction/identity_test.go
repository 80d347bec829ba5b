package interaction_test

import (
	"errors"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/engage-interactions/engage/interaction"
)

// profiles draws profiles with few different values, so that they agree now and then.
func profiles() *rapid.Generator[interaction.Profile] {
	return rapid.Custom(func(t *rapid.T) interaction.Profile {
		var p interaction.Profile
		v := reflect.ValueOf(&p).Elem()
		for n := range v.NumField() {
			if v.Field(n).Kind() == reflect.String {
				v.Field(n).SetString(rapid.SampledFrom([]string{"", "x", "y"}).Draw(t, v.Type().Field(n).Name))
			}
		}
		p.ExtraValues = rapid.MapOf(rapid.SampledFrom([]string{"a", "b", "c"}), rapid.SampledFrom([]string{"", "x", "y"})).Draw(t, "extra")
		return p
	})
}

// TestProfileUpdate looks at every field there is, so that a new one is not forgotten.
func TestProfileUpdate(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		old, with := profiles().Draw(t, "old"), profiles().Draw(t, "with")
		extra := maps.Clone(old.ExtraValues)
		got := old.Update(with)
		if !maps.Equal(extra, old.ExtraValues) {
			t.Fatal("the extra values were changed in place")
		}
		was, says, is := reflect.ValueOf(old), reflect.ValueOf(with), reflect.ValueOf(got)
		for n := range is.NumField() {
			name := is.Type().Field(n).Name
			switch is.Field(n).Kind() {
			case reflect.String:
				want := was.Field(n).String()
				if s := says.Field(n).String(); s != "" {
					want = s
				}
				if is.Field(n).String() != want {
					t.Fatalf("%s is %q, want %q", name, is.Field(n), want)
				}
			case reflect.Map:
				want := map[string]string{}
				maps.Copy(want, old.ExtraValues)
				maps.Copy(want, with.ExtraValues)
				if !maps.Equal(got.ExtraValues, want) {
					t.Fatalf("%s is %v, want %v", name, got.ExtraValues, want)
				}
			default:
				t.Fatalf("what becomes of %s?", name)
			}
		}
		if again := got.Update(with); !again.Equal(got) {
			t.Fatalf("said twice: %+v, then %+v", got, again)
		}
	})
}

// TestProfileEqual changes one field at a time.
func TestProfileEqual(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := profiles().Draw(t, "a"), profiles().Draw(t, "b")
		if rapid.Bool().Draw(t, "same but for one") {
			b = a
			b.ExtraValues = maps.Clone(a.ExtraValues)
			v := reflect.ValueOf(&b).Elem()
			n := rapid.IntRange(0, v.NumField()-1).Draw(t, "field")
			if v.Field(n).Kind() == reflect.String {
				v.Field(n).SetString(rapid.SampledFrom([]string{"", "x", "y"}).Draw(t, "value"))
			}
		}
		// A profile without extra values says the same as one with an empty map.
		normal := func(p interaction.Profile) interaction.Profile {
			if len(p.ExtraValues) == 0 {
				p.ExtraValues = nil
			}
			return p
		}
		want := reflect.DeepEqual(normal(a), normal(b))
		if a.Equal(b) != want || b.Equal(a) != want {
			t.Fatalf("%+v and %+v are equal: %t", a, b, want)
		}
	})
}

func TestProfileCheck(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", interaction.MaxText+1)
	for field, p := range map[string]interaction.Profile{
		"":             {DisplayName: "Ann", AvatarURL: "https://example.com/" + long, ExtraValues: map[string]string{"": ""}},
		"display_name": {DisplayName: long},
		"screenname":   {Screenname: "\xff"},
		"firstname":    {Firstname: long},
		"lastname":     {Lastname: long},
		"email":        {Email: long},
		"mobile_phone": {MobilePhone: long},
		"avatar_url":   {AvatarURL: strings.Repeat("x", 65<<10)},
	} {
		refuses(t, "a profile", p.Check(), field)
	}
	many := map[string]string{}
	for n := range 70 {
		many[strconv.Itoa(n)] = long
	}
	for what, extra := range map[string]map[string]string{
		"no UTF-8": {"a": "\xff"}, "no UTF-8 in a name": {"\xff": ""}, "a long value": {"a": strings.Repeat("x", 65<<10)}, "many": many,
	} {
		refuses(t, what, interaction.Profile{ExtraValues: extra}.Check(), "extra_values")
	}
}

// TestContactLinks compares a contact's identities with a list that is kept by hand.
func TestContactLinks(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var c interaction.Contact
		var want []string
		for range rapid.IntRange(1, 2*interaction.MaxIdentities).Draw(t, "steps") {
			id := strconv.Itoa(rapid.IntRange(0, interaction.MaxIdentities+5).Draw(t, "identity"))
			before, copied := c, slices.Clone(c.IdentityIDs)
			at := slices.Index(want, id)
			if rapid.IntRange(0, 9).Draw(t, "unlinks") == 0 {
				c = c.Unlink(id)
				if at >= 0 {
					want = slices.Delete(slices.Clone(want), at, at+1)
				}
			} else {
				next, err := c.Link(id)
				full := at < 0 && len(want) == interaction.MaxIdentities
				if refusal, refused := errors.AsType[*interaction.TransitionError](err); refused != full || refused && (refusal.Rule == "" || refusal.Remedy == "") {
					t.Fatalf("with %d identities: %v", len(want), err)
				}
				if at < 0 && !full {
					want = append(want, id)
				}
				c = next
				_, _ = before.Link("another") // must not get into c
			}
			if !slices.Equal(c.IdentityIDs, want) || !slices.Equal(before.IdentityIDs, copied) {
				t.Fatalf("%v, want %v", c.IdentityIDs, want)
			}
		}
	})
}

func TestHowManyAContactAndAnInterventionHave(t *testing.T) {
	t.Parallel()
	var c interaction.Contact
	i := interaction.Intervention{Status: interaction.InterventionOpen, Owner: ann}
	for n := range max(interaction.MaxIdentities, interaction.MaxParticipants) + 2 {
		id := strconv.Itoa(n)
		linked, err := c.Link(id)
		if (err == nil) != (n < interaction.MaxIdentities) {
			t.Fatalf("identity %d: %v", n+1, err)
		}
		joined, _, err := i.Join(interaction.Actor{Type: interaction.ActorAgent, ID: id}, interaction.InterventionFacts{MayManage: true}, time.Time{})
		if (err == nil) != (n < interaction.MaxParticipants) {
			t.Fatalf("participant %d: %v", n+1, err)
		}
		c, i = linked, joined
	}
	if _, err := c.Link("0"); err != nil { // who is there already is welcome
		t.Error(err)
	}
	for _, who := range []interaction.Actor{ann, {Type: interaction.ActorAgent, ID: "0"}} {
		if _, events, err := i.Join(who, interaction.InterventionFacts{MayManage: true}, time.Time{}); err != nil || events != nil {
			t.Errorf("%v joins again: %v, %v", who, events, err)
		}
	}
}
