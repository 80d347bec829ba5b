package engage

import (
	"errors"
	"time"

	"github.com/engage-interactions/engage/interaction"
)

// Inbound is a content that a platform tells of: what a customer said or shared, or
// what the company said on the platform itself.
type Inbound struct {
	SourceID string
	// ForeignID is what the platform calls the content: the same one is kept once.
	// Without it, whatever comes is a new content.
	ForeignID string
	// Customer is who wrote it, or, if the company did, to whom.
	Customer Account
	// ThreadForeignID and ThreadTitle are those of the thread, if the platform has
	// threads.
	ThreadForeignID string
	ThreadTitle     string
	// InReplyTo is what the platform calls the content that it replies to. If that is
	// known, and ThreadForeignID is empty, the content joins the thread of that one if
	// it can (see Threads.Receive): an older one of the customer's, which they take up
	// again, or that of others, in a public discussion. In any other thread it stands
	// by itself.
	InReplyTo string

	interaction.Message

	// CreatedAt is when it was written, as the platform says. Zero: now. One in the
	// future counts as now, for the platform's clock may be ahead.
	//
	// It decides what a content belongs to and what becomes of that, whenever it is
	// received: on the thread that it joins, on when that closes by itself, since
	// when the customer waits, and how long a reply took. So what was written long
	// ago comes to the threads that it would have made, if it is received in the
	// order in which it was written. Its events come now: a consumer that answers,
	// such as a bot, looks at ContentEvent.Date, lest it answer an import.
	CreatedAt time.Time
	// Echo says that the company wrote it: an app that answers on the platform by
	// itself, or a person there. It may be one that was posted here, too.
	Echo *Echo
}

// Account is an account of a customer on a platform, as the platform describes it.
type Account struct {
	ForeignID string // required

	interaction.Profile

	// ContactID is the host's name for the person, if it knows who that is. It
	// counts when the account is new. Another one for an account that is known is
	// ignored: Contacts.Move changes to whom it belongs. A contact that has
	// interaction.MaxIdentities already takes no more: the account gets a contact of
	// its own then, as Received.ContactID says.
	ContactID string
}

// Echo is what is known of a content that the company wrote on a platform.
//
// It answers what the customer had written by then (Inbound.CreatedAt): platforms tell of
// things in any order, and a question that came after the answer stays unanswered. One that
// comes in late, after something that the customer wrote later, answers what came in before
// that, and of it a hundred contents at most. One that is taken for what was posted here
// (see Threads.Receive) answers nothing.
type Echo struct {
	// Creator is who wrote it, such as the app's bot; nobody if that is not known.
	Creator Actor
	// Key is the Delivery.Key of what was posted here, if the platform hands it
	// back. It tells that the delivery succeeded, whatever Send said.
	Key string
}

// Received is what became of an Inbound.
type Received struct {
	ContentID  string `json:"content_id"`
	ThreadID   string `json:"thread_id"`
	IdentityID string `json:"identity_id"`
	// ContactID is the contact that the identity belongs to; it need not be the one
	// that Account names.
	ContactID string `json:"contact_id"`
	// Repeated says that the content was known, and nothing has changed.
	Repeated bool `json:"repeated,omitempty"`
	// FirstInThread says that it began a thread.
	FirstInThread bool `json:"first_in_thread,omitempty"`
	// InterventionID is the open intervention that it belongs to, if there is one.
	InterventionID string `json:"intervention_id,omitempty"`
}

func (in Inbound) check() error {
	for _, f := range []struct{ field, text string }{
		{"foreign_id", in.ForeignID},
		{"thread_foreign_id", in.ThreadForeignID},
		{"thread_title", in.ThreadTitle},
		{"in_reply_to", in.InReplyTo},
		{"customer.foreign_id", in.Customer.ForeignID},
		{"echo.creator", in.creator().ID},
		{"echo.creator", string(in.creator().Type)},
	} {
		if err := checkHostText(f.field, f.text); err != nil {
			return err
		}
	}
	if err := checkMoment("created_at", in.CreatedAt); err != nil {
		return err
	}
	if in.Customer.ForeignID == "" {
		return invalid("customer.foreign_id", "is empty")
	}
	if in.Customer.ContactID != "" {
		if err := interaction.CheckContactID(in.Customer.ContactID); err != nil {
			return &InvalidError{Field: "customer.contact_id", Err: errors.Unwrap(err)}
		}
	}
	return invalidField(errors.Join(in.Message.Check(), in.Customer.Profile.Check()))
}

// creator is who of the company wrote it, if that is known.
func (in Inbound) creator() Actor {
	if in.Echo == nil {
		return Actor{}
	}
	return in.Echo.Creator
}

// content is the content that comes of it, before it has its place in a thread.
func (in Inbound) content(id string, source *interaction.Source, identity *interaction.Identity, now time.Time) interaction.Content {
	c := interaction.Content{
		ID: id, SourceID: source.ID, SourceType: source.Type, ForeignID: in.ForeignID,
		Direction: interaction.Inbound, IdentityID: identity.ID, AuthorID: identity.ID, Origin: interaction.FromPlatform,
		CreatedAt: in.CreatedAt.UTC().Round(0), ReceivedAt: now, UpdatedAt: now,
	}
	if in.CreatedAt.IsZero() {
		c.CreatedAt = now
	}
	if in.Echo != nil {
		c.Direction, c.AuthorID, c.Creator = interaction.Outbound, "", in.creator()
		c.ThreadForeignID = in.ThreadForeignID
	}
	c.Synchronization, _, _ = c.Synchronization.Apply(interaction.SyncReceives, "")
	return c.Say(in.Message)
}
