package interaction

import (
	"errors"
	"maps"
	"slices"
	"time"
)

// Identity is one account of a customer in one community: who they are on a
// platform. It belongs to a Contact, the person.
type Identity struct {
	ID          string `json:"id"`
	CommunityID string `json:"community_id"`
	Type        string `json:"type"` // that of the sources of its community
	// ForeignID is what the platform calls it, unique in its community.
	ForeignID string `json:"foreign_id"`
	ContactID string `json:"contact_id"`
	Profile
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// Profile is what a platform says of an identity. All of it is optional.
type Profile struct {
	DisplayName string            `json:"display_name,omitempty"`
	Screenname  string            `json:"screenname,omitempty"`
	Firstname   string            `json:"firstname,omitempty"`
	Lastname    string            `json:"lastname,omitempty"`
	Email       string            `json:"email,omitempty"`
	MobilePhone string            `json:"mobile_phone,omitempty"`
	AvatarURL   string            `json:"avatar_url,omitempty"`
	ExtraValues map[string]string `json:"extra_values,omitempty"`
}

// Update returns the profile with what another one says in place of what it says
// itself. What the other leaves empty stays.
func (p Profile) Update(with Profile) Profile {
	for _, f := range []struct {
		to   *string
		from string
	}{
		{&p.DisplayName, with.DisplayName},
		{&p.Screenname, with.Screenname},
		{&p.Firstname, with.Firstname},
		{&p.Lastname, with.Lastname},
		{&p.Email, with.Email},
		{&p.MobilePhone, with.MobilePhone},
		{&p.AvatarURL, with.AvatarURL},
	} {
		if f.from != "" {
			*f.to = f.from
		}
	}
	if len(with.ExtraValues) > 0 {
		merged := make(map[string]string, len(p.ExtraValues)+len(with.ExtraValues))
		for _, values := range []map[string]string{p.ExtraValues, with.ExtraValues} {
			maps.Copy(merged, values)
		}
		p.ExtraValues = merged
	}
	return p
}

// Equal reports whether two profiles say the same.
func (p Profile) Equal(other Profile) bool {
	if len(p.ExtraValues) != len(other.ExtraValues) {
		return false
	}
	for name, value := range p.ExtraValues {
		if theirs, ok := other.ExtraValues[name]; !ok || theirs != value {
			return false
		}
	}
	return p.DisplayName == other.DisplayName && p.Screenname == other.Screenname &&
		p.Firstname == other.Firstname && p.Lastname == other.Lastname &&
		p.Email == other.Email && p.MobilePhone == other.MobilePhone && p.AvatarURL == other.AvatarURL
}

// Limits of what is known of a person.
const (
	// MaxIdentities is how many identities a contact has at most. An account that
	// becomes known under the name of a contact that is full gets a contact of its own.
	MaxIdentities = 100
	// MaxMerged is how many contacts can be merged into one.
	MaxMerged = 100
	// maxExtra bounds extra values, and the fields of a profile together, in bytes.
	maxExtra = 64 << 10
)

// Check reports, as a [*FieldError], what a profile cannot have.
func (p Profile) Check() error {
	size := 0
	for _, f := range []struct{ name, text string }{
		{"display_name", p.DisplayName},
		{"screenname", p.Screenname},
		{"firstname", p.Firstname},
		{"lastname", p.Lastname},
		{"email", p.Email},
		{"mobile_phone", p.MobilePhone},
	} {
		if err := checkText(f.name, f.text); err != nil {
			return err
		}
	}
	if err := checkUTF8("avatar_url", p.AvatarURL, maxExtra); err != nil {
		return err
	}
	for name, value := range p.ExtraValues {
		if err := errors.Join(checkUTF8("extra_values", name, maxExtra), checkUTF8("extra_values", value, maxExtra)); err != nil {
			return &FieldError{Field: "extra_values", Err: errors.New("is too long or not UTF-8")}
		}
		size += len(name) + len(value)
	}
	if size > maxExtra {
		return &FieldError{Field: "extra_values", Err: errors.New("is longer than 64 KiB")}
	}
	return nil
}

// Contact is the person behind identities and interactions, known by the ID that
// the host gave it, or by one that was minted.
type Contact struct {
	ID string `json:"id"`
	// IdentityIDs are the accounts of the person, oldest link first.
	IdentityIDs []string `json:"identity_ids,omitempty"`
	// MergedInto is the contact that this one turned out to be. It has no
	// identities then, and what is recorded for it is recorded for that one.
	MergedInto string `json:"merged_into,omitempty"`
	// Merged are the contacts that turned out to be this one.
	Merged []string `json:"merged,omitempty"`
	// Brought are the identities of MergedInto that are this one's: it brought them
	// along, or they were linked under its name since. If it is unmerged, they come
	// back. One that is moved away is no longer among them.
	Brought []string `json:"brought,omitempty"`
	// CreatedAt is when the contact became known.
	CreatedAt time.Time `json:"created_at"`
}

// Link returns the contact with one more identity.
func (c Contact) Link(identityID string) (Contact, error) {
	if slices.Contains(c.IdentityIDs, identityID) {
		return c, nil
	}
	if len(c.IdentityIDs) >= MaxIdentities {
		return c, &TransitionError{Of: "contact", From: "full", By: "link", Rule: "it has less than 100 identities", Remedy: "link it to another contact"}
	}
	c.IdentityIDs = append(slices.Clone(c.IdentityIDs), identityID)
	return c, nil
}

// Bring returns a contact that is merged into another one with one more identity of
// that one, which goes with it if they are parted.
func (c Contact) Bring(identityID string) Contact {
	if !slices.Contains(c.Brought, identityID) {
		c.Brought = append(slices.Clone(c.Brought), identityID)
	}
	return c
}

// Unlink returns the contact without an identity, be it one that it has or one that it
// brought along.
func (c Contact) Unlink(identityID string) Contact {
	c.IdentityIDs = without(c.IdentityIDs, identityID)
	c.Brought = without(c.Brought, identityID)
	return c
}

func without(ids []string, gone string) []string {
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return id == gone })
}
