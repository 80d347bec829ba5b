package interaction

import (
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"
)

// Direction says which way a content goes.
type Direction string

// The directions.
const (
	Inbound  Direction = "inbound"  // from a customer
	Outbound Direction = "outbound" // to a customer
)

// BodyFormat is how the body of a content is written.
type BodyFormat string

// The formats of bodies. The library keeps a body as it came; it does not render it.
const (
	FormatText BodyFormat = "text"
	FormatHTML BodyFormat = "html"
)

// Origin says how a content came to be here.
type Origin string

// The origins.
const (
	FromPlatform Origin = "synchronizer" // the platform told of it
	FromAPI      Origin = "api"          // it was posted through us
)

// Content is what somebody said or shared: a node of its thread's tree (seed 000,
// "Core Concepts").
type Content struct {
	ID         string `json:"id"`
	SourceID   string `json:"source_id"`
	SourceType string `json:"source_type"`
	ThreadID   string `json:"thread_id"`
	// Position counts the contents of the thread, from 1, in the order in which
	// they came in.
	Position int64 `json:"position"`
	// ForeignID is what the platform calls it. It should be unique in its source: if a
	// platform gives it twice, it stands for the first. That of a content that was
	// posted is known once it is delivered.
	ForeignID string    `json:"foreign_id,omitempty"`
	Direction Direction `json:"direction"`
	// IdentityID is the customer whose conversation it belongs to; AuthorID the
	// identity that wrote it, if that is known.
	IdentityID string `json:"identity_id"`
	AuthorID   string `json:"author_id,omitempty"`
	// Creator is who of the company wrote it; nobody for what customers wrote.
	Creator Actor  `json:"creator,omitzero"`
	Origin  Origin `json:"created_from"`
	// InterventionID is the intervention that it belongs to, if there was one.
	InterventionID    string `json:"intervention_id,omitempty"`
	InReplyToID       string `json:"in_reply_to_id,omitempty"`
	InReplyToAuthorID string `json:"in_reply_to_author_id,omitempty"`
	// Depth is how many contents are above it in the tree. Path has their
	// positions from the root down, and its own; of a content deeper than MaxDepth
	// those of the first MaxDepth, and its own.
	Depth int     `json:"depth"`
	Path  []int64 `json:"path"`

	// FirstInThread says that it began the thread. If what began it turns out to be a
	// duplicate, it is the first that is left.
	FirstInThread bool         `json:"first_in_thread,omitempty"`
	Title         string       `json:"title,omitempty"`
	Body          string       `json:"body"`
	BodyFormat    BodyFormat   `json:"body_input_format"`
	Attachments   []Attachment `json:"attachments,omitempty"`
	// Private says that it is between the customer and the company: on a public
	// platform others do not see it. It is a message to or of the customer
	// nevertheless, and not a note within the company, which is an
	// InterventionComment.
	Private  bool   `json:"private_message,omitempty"`
	Language string `json:"language,omitempty"`
	Ignored  bool   `json:"ignored,omitempty"`
	// DuplicateOf is the content that this one turned out to be: the platform told
	// of what we had posted before it was known to be the same. It is in no list, and
	// what replied to it replies to the other one: at once, or, what is too
	// much for that, by a job.
	DuplicateOf string `json:"duplicate_of,omitempty"`
	// ThreadForeignID is what the platform called the thread of an echo; NamedThread says
	// that the thread which it joined got that name from it. Both are for the case that it
	// turns out to be a duplicate: the name is that of the other's thread then.
	ThreadForeignID string `json:"thread_foreign_id,omitempty"`
	NamedThread     bool   `json:"named_thread,omitempty"`
	// AnswersUpTo is the position up to which an echo answered the customer when it came
	// in; 0 if it answered nothing. StandingBefore is how far they were answered before, and
	// what of the unanswered it answered: for the case that the echo turns out to be a
	// duplicate, which answers nothing.
	AnswersUpTo    int64    `json:"answers_up_to,omitempty"`
	StandingBefore Standing `json:"standing_before,omitzero"`

	Synchronization

	// ControlEpoch is the epoch of thread control in which a bot's content may be
	// delivered; ControlRound the one of those who waited for control in which an
	// agent's was written, from 1. Both are 0 on sources without thread control, and of what
	// was posted before there was: the first attempt to deliver that asks for control.
	ControlEpoch int64 `json:"control_epoch,omitempty"`
	ControlRound int64 `json:"control_round,omitempty"`

	// IdempotencyKey is the one that it was posted with.
	IdempotencyKey string `json:"idempotency_key,omitempty"`
	// CreatedAt is when it was written, as its platform says; ReceivedAt when it came
	// in. Where the order of times matters, it is that of WrittenAt.
	CreatedAt  time.Time `json:"created_at"`
	ReceivedAt time.Time `json:"received_at"`
	UpdatedAt  time.Time `json:"updated_at"`
}

// WrittenAt returns when the content was written, but never later than it came in: the
// clock of a platform may be ahead. It is what decides on the thread that a content
// joins, on when that closes by itself, and since when its author waits.
func (c Content) WrittenAt() time.Time {
	if c.CreatedAt.After(c.ReceivedAt) {
		return c.ReceivedAt
	}
	return c.CreatedAt
}

// Attachment is a file that belongs to a content. Files are kept elsewhere.
type Attachment struct {
	URL         string `json:"url"`
	ForeignID   string `json:"foreign_id,omitempty"`
	ContentType string `json:"content_type,omitempty"`
	Filename    string `json:"filename,omitempty"`
	Size        int64  `json:"size,omitempty"` // in bytes; 0: not known
}

// Limits of contents.
const (
	// MaxAttachments is how many files a content has at most.
	MaxAttachments = 100
	// MaxDepth is how deep the tree of a thread is ordered. What is deeper follows
	// its ancestor at that depth in the order in which it came in.
	MaxDepth = 32
	// maxURL bounds the URL of a file, in bytes.
	maxURL = 8 << 10
)

// Message is what a content says: the part of it that somebody has written.
type Message struct {
	Title       string       `json:"title,omitempty"`
	Body        string       `json:"body"`
	BodyFormat  BodyFormat   `json:"body_input_format,omitempty"` // default: FormatText
	Attachments []Attachment `json:"attachments,omitempty"`
	// Private makes it a message between the customer and the company that others do
	// not see, where a platform is public. The customer gets it all the same: notes
	// within the company are not messages, but comments on the intervention
	// (Interventions.Comment).
	Private  bool   `json:"private,omitempty"`
	Language string `json:"language,omitempty"` // such as "en"
}

// Check reports, as a [*FieldError], what cannot be kept: a title, body or file that
// is too long or not UTF-8, a format that is not known, or nothing said at all.
func (m Message) Check() error {
	if err := errors.Join(checkText("title", m.Title), checkUTF8("body", m.Body, MaxBody), checkText("language", m.Language)); err != nil {
		return firstField(err)
	}
	switch {
	case m.BodyFormat != "" && m.BodyFormat != FormatText && m.BodyFormat != FormatHTML:
		return &FieldError{Field: "body_input_format", Err: errors.New("is neither text nor html")}
	case len(m.Attachments) > MaxAttachments:
		return &FieldError{Field: "attachments", Err: fmt.Errorf("are more than %d", MaxAttachments)}
	}
	for _, a := range m.Attachments {
		if a.URL == "" && a.ForeignID == "" {
			return &FieldError{Field: "attachments", Err: errors.New("have neither url nor foreign_id")}
		}
		if err := errors.Join(checkUTF8("attachments", a.URL, maxURL), checkText("attachments", a.ForeignID),
			checkText("attachments", a.ContentType), checkText("attachments", a.Filename)); err != nil {
			return firstField(err)
		}
		if a.Size < 0 {
			return &FieldError{Field: "attachments", Err: errors.New("have a negative size")}
		}
	}
	return nil
}

// CheckPost is Check for what is posted to a source: it has a body or a file, and
// the body is within the bound of the source.
func (m Message) CheckPost(s Source) error {
	if err := m.Check(); err != nil {
		return err
	}
	if m.Body == "" && len(m.Attachments) == 0 {
		return &FieldError{Field: "body", Err: errEmpty}
	}
	if n := utf8.RuneCountInString(m.Body); n > s.maxBody() {
		return &FieldError{Field: "body", Err: fmt.Errorf("has %d characters, and the source takes %d", n, s.maxBody())}
	}
	return nil
}

// Say returns the content with the message in it.
func (c Content) Say(m Message) Content {
	c.Title, c.Body, c.BodyFormat, c.Private, c.Language = m.Title, m.Body, m.BodyFormat, m.Private, m.Language
	if c.BodyFormat == "" {
		c.BodyFormat = FormatText
	}
	c.Attachments = slices.Clone(m.Attachments)
	return c
}

// ContentStatus is how far a content is dealt with, as Engage Digital's searches and
// reports have it.
type ContentStatus string

// The statuses of contents.
const (
	StatusNew           ContentStatus = "new"            // of a customer; nobody is on it
	StatusAssigned      ContentStatus = "assigned"       // of a customer; an intervention is open
	StatusReplied       ContentStatus = "replied"        // of a customer; it is answered
	StatusIgnored       ContentStatus = "ignored"        // of a customer; it needs no answer
	StatusUserReply     ContentStatus = "user_reply"     // of the company, as an answer
	StatusUserInitiated ContentStatus = "user_initiated" // of the company, the first word of a thread
)

// Status returns how far the content is dealt with, from what is known of its
// customer in its thread.
func (c Content) Status(with Correspondent) ContentStatus {
	switch {
	case c.Direction == Outbound && c.FirstInThread:
		return StatusUserInitiated
	case c.Direction == Outbound:
		return StatusUserReply
	case c.Ignored:
		return StatusIgnored
	case c.Position <= with.AnsweredUpTo:
		return StatusReplied
	case with.Status.Live():
		return StatusAssigned
	default:
		return StatusNew
	}
}

// firstField returns the first of joined errors.
func firstField(err error) error {
	field := new(FieldError)
	if errors.As(err, &field) {
		return field
	}
	return err
}
