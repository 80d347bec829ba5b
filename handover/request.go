package handover

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/engage-interactions/engage/interaction"
)

// Request asks for control to be handed over (seed 001, "Using the endpoint"; the
// parameters InterventionID, ThreadCategoryIDs and Trigger are of the later versions of
// the Engage Digital API).
type Request struct {
	// IdentityForeignID is the platform's ID of the customer: of the identity that an event
	// names, Identities.Get has it.
	IdentityForeignID string `json:"identity_foreign_id"`
	// From and To are the sides that have and get control: [Agent] and [Bot].
	From Owner `json:"from"`
	To   Owner `json:"to"`
	// Type is the type of the source, such as "messenger", or TypeVirtualAgent.
	Type string `json:"type"`
	// AppID is the bot's app; to a bot on Messenger it is needed. Elsewhere, if it is empty, it is
	// Settings.BotApp. Whether there is such a bot is asked of the host, by Options.OwnerExists of
	// the Engine, if that is set; else control goes to whoever is named.
	AppID string `json:"app_id,omitempty"`
	// InterventionID is the intervention that goes to the virtual agent, or comes from
	// it.
	InterventionID string `json:"intervention_id,omitempty"`
	// ThreadCategoryIDs replace the categories of the thread, if there are any.
	ThreadCategoryIDs []string `json:"thread_category_ids,omitempty"`
	// Trigger is the name of the bot's rule that caused it, for the events.
	Trigger string `json:"trigger,omitempty"`
	// SourceID says which source, where the customer has the same ID on several of a
	// type. It is this library's own.
	SourceID string `json:"source_id,omitempty"`
	// WhenFree lets the bot have control as soon as no intervention is engaged, if one
	// is. It is this library's own, as "when_free".
	WhenFree bool `json:"when_free,omitempty"`
	// AccessToken shows who asks. It is for who checks that, such as the host, and neither
	// in the JSON of a request nor among its Values. The Engine does not look at it.
	AccessToken AccessToken `json:"-"`
}

// TypeVirtualAgent is the type of a request that concerns a bot which posts through this
// library. TypeMessenger is that of the channel which seed 001 describes.
const (
	TypeVirtualAgent = "engage_virtual_agent"
	TypeMessenger    = "messenger"
)

// Limits of requests.
const (
	// MaxParameter is how long a parameter may be, in bytes: as long as any ID.
	MaxParameter = interaction.MaxText
	// MaxThreadCategories is how many categories a request may name.
	MaxThreadCategories = 100
)

// MissingParameterError says that a request lacks a parameter.
type MissingParameterError struct{ Parameter string }

// Error names the parameter.
func (e *MissingParameterError) Error() string { return e.Parameter + " is missing" }

// UnknownValueError says that a parameter has a value that it cannot have.
type UnknownValueError struct {
	Parameter string
	Value     string
	Known     []string // what it can be, if that can be listed
}

// Error names the parameter and what it can be, not the value.
func (e *UnknownValueError) Error() string {
	if len(e.Known) == 0 {
		return e.Parameter + " has a value that it cannot have"
	}
	return fmt.Sprintf("%s is none of %s", e.Parameter, strings.Join(e.Known, ", "))
}

// SameSideError says that control is to go from a side to the same one.
type SameSideError struct{ Side Owner }

// Error names the side.
func (e *SameSideError) Error() string {
	return fmt.Sprintf("from and to are the same: %s", e.Side)
}

// AmbiguousIdentityError says that several identities have the foreign ID.
type AmbiguousIdentityError struct {
	Type      string
	SourceIDs []string // where they are; source_id says which
}

// Error says on how many sources.
func (e *AmbiguousIdentityError) Error() string {
	return fmt.Sprintf("identity_foreign_id is known on %d sources of the type %s: name one with source_id", len(e.SourceIDs), e.Type)
}

// UnknownIdentityError says that no identity has the foreign ID.
type UnknownIdentityError struct {
	Type     string
	SourceID string // empty: none was named
	// NoControl says that there is no thread control where the customer is, or on the
	// source that is named: the host has not configured it there.
	NoControl bool
}

// Error names the type.
func (e *UnknownIdentityError) Error() string {
	switch {
	case e.NoControl && e.SourceID != "":
		return fmt.Sprintf("the source %s has no thread control: Control.Configure sets it", e.SourceID)
	case e.NoControl:
		return fmt.Sprintf("identity_foreign_id is known on sources of the type %s that have no thread control only: Control.Configure sets it", e.Type)
	case e.SourceID != "":
		return fmt.Sprintf("identity_foreign_id is not known on a source %s of the type %s", e.SourceID, e.Type)
	}
	return fmt.Sprintf("identity_foreign_id is not known on any source of the type %s with thread control: "+
		"it is the ID of the customer on the platform, Identity.ForeignID", e.Type)
}

// ParseRequest reads a request from query parameters as seed 001 writes them. A parameter
// that it does not know is ignored. Who may ask is for the host to decide. Each fault has a type of its own: [*MissingParameterError],
// [*UnknownValueError], also for a parameter that is there more than once, and
// [*SameSideError].
func ParseRequest(q url.Values) (Request, error) {
	r := Request{
		IdentityForeignID: q.Get("identity_foreign_id"),
		From:              Owner(q.Get("from")),
		To:                Owner(q.Get("to")),
		Type:              q.Get("type"),
		AppID:             q.Get("app_id"),
		InterventionID:    q.Get("intervention_id"),
		ThreadCategoryIDs: slices.Clone(q["thread_category_ids[]"]),
		Trigger:           q.Get("trigger"),
		SourceID:          q.Get("source_id"),
		AccessToken:       NewAccessToken(q.Get("access_token")),
	}
	if len(q["access_token"]) > 1 {
		return Request{}, &UnknownValueError{Parameter: "access_token"} // without its value
	}
	for _, name := range []string{"identity_foreign_id", "from", "to", "type", "app_id", "intervention_id", "trigger", "source_id", "when_free"} {
		if len(q[name]) > 1 {
			return Request{}, &UnknownValueError{Parameter: name, Value: strings.Join(q[name], " ")}
		}
	}
	switch free := q.Get("when_free"); free {
	case "", "false":
	case "true":
		r.WhenFree = true
	default:
		return Request{}, &UnknownValueError{Parameter: "when_free", Value: free, Known: []string{"true", "false"}}
	}
	if err := r.Check(); err != nil {
		return Request{}, err
	}
	return r, nil
}

// Check reports what is wrong with a request by itself. Whether its type is one of the
// host's sources is for the Engine to say.
func (r Request) Check() error {
	sides := []string{string(Bot), string(Agent)}
	for _, p := range []struct {
		name, value string
		needed      bool
		known       []string
	}{
		{"identity_foreign_id", r.IdentityForeignID, r.Type != TypeVirtualAgent || r.InterventionID == "", nil},
		{"from", string(r.From), true, sides},
		{"to", string(r.To), true, sides},
		{"type", r.Type, true, nil},
		{"app_id", r.AppID, r.To == Bot && (r.Type == TypeMessenger || r.Type == TypeVirtualAgent), nil},
		{"intervention_id", r.InterventionID, false, nil},
		{"trigger", r.Trigger, false, nil},
		{"source_id", r.SourceID, false, nil},
	} {
		switch {
		case p.value == "" && p.needed:
			return &MissingParameterError{Parameter: p.name}
		case p.known != nil && !slices.Contains(p.known, p.value), !fits(p.value):
			return &UnknownValueError{Parameter: p.name, Value: p.value, Known: p.known}
		}
	}
	switch {
	case r.From == r.To:
		return &SameSideError{Side: r.From}
	case r.WhenFree && r.To != Bot:
		return &UnknownValueError{Parameter: "when_free", Value: "true", Known: []string{"false"}}
	case r.InterventionID != "" && r.Type != TypeVirtualAgent:
		return &UnknownValueError{Parameter: "intervention_id", Value: r.InterventionID}
	case len(r.ThreadCategoryIDs) > MaxThreadCategories:
		return &UnknownValueError{Parameter: "thread_category_ids[]"}
	}
	for _, id := range r.ThreadCategoryIDs {
		if id == "" || !fits(id) {
			return &UnknownValueError{Parameter: "thread_category_ids[]", Value: id}
		}
	}
	return nil
}

func fits(value string) bool {
	return len(value) <= MaxParameter && utf8.ValidString(value) && !strings.ContainsRune(value, 0)
}

// HandoverTrigger returns the trigger that the request is.
func (r Request) HandoverTrigger() Trigger {
	if r.To == Bot {
		return HandoverToBot
	}
	return HandoverToAgent
}

// Values returns the query parameters of a request, as ParseRequest reads them, but for the
// access token.
func (r Request) Values() url.Values {
	q := url.Values{}
	for name, value := range map[string]string{
		"identity_foreign_id": r.IdentityForeignID, "from": string(r.From), "to": string(r.To), "type": r.Type,
		"app_id": r.AppID, "intervention_id": r.InterventionID, "trigger": r.Trigger, "source_id": r.SourceID,
	} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if r.WhenFree {
		q.Set("when_free", "true")
	}
	if len(r.ThreadCategoryIDs) > 0 {
		q["thread_category_ids[]"] = slices.Clone(r.ThreadCategoryIDs)
	}
	return q
}
