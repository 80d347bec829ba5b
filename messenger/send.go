package messenger

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
)

// recipient is the customer, by the ID that the page knows.
type recipient struct {
	ID string `json:"id"`
}

// message is what a customer is sent.
type message struct {
	Text       string      `json:"text,omitempty"`
	Attachment *attachment `json:"attachment,omitempty"`
	// Metadata comes back with the echo.
	Metadata string `json:"metadata,omitempty"`
}

type attachment struct {
	Type    string  `json:"type"`
	Payload payload `json:"payload"`
}

type payload struct {
	URL string `json:"url"`
}

// Send sends a text, or one file. Messenger has neither titles nor HTML, nor a text with a
// file; what it cannot say is refused by an [engage.Permanent] error that says what, before
// it is called. The content's key goes with it as metadata, which comes back in the echo,
// so that a delivery of which nobody knows is settled by it.
//
// Messenger does not know a key again: what was sent twice is there twice.
func (p *Platform) Send(ctx context.Context, d engage.Delivery) (foreignID string, err error) {
	m, err := messageOf(d.Content)
	if err != nil {
		return "", engage.Permanent(fmt.Errorf("messenger: %w", err))
	}
	if len(d.Key) <= maxMetadata {
		m.Metadata = d.Key
	}
	if err := checkCustomer(d.Identity); err != nil {
		return "", err
	}
	a, err := p.call(ctx, d.Source, "messages", nil, struct {
		Recipient recipient `json:"recipient"`
		Type      string    `json:"messaging_type"`
		Message   message   `json:"message"`
	}{recipient{d.Identity.ForeignID}, "RESPONSE", m})
	if err != nil {
		return "", err
	}
	if a.MessageID == "" {
		return "", fmt.Errorf("messenger: %w: an answer without a message_id", engage.ErrUnknownOutcome)
	}
	return a.MessageID, nil
}

func checkCustomer(i interaction.Identity) error {
	if i.ForeignID == "" {
		return engage.Permanent(fmt.Errorf("messenger: the identity %s has no ID on Messenger", i.ID))
	}
	return nil
}

// messageOf returns what Messenger is to say for a content, or why it cannot.
func messageOf(c interaction.Content) (message, error) {
	switch {
	case c.Title != "":
		return message{}, errors.New("a message has no title")
	case c.BodyFormat == interaction.FormatHTML:
		return message{}, errors.New("a message is a text, and not HTML")
	case len(c.Attachments) > 1:
		return message{}, fmt.Errorf("a message has one file, and not %d", len(c.Attachments))
	case len(c.Attachments) == 1 && c.Body != "":
		return message{}, errors.New("a message is a text or a file, and not both")
	case len(c.Attachments) == 1:
		return fileOf(c.Attachments[0])
	case strings.TrimSpace(c.Body) == "":
		return message{}, errors.New("a message without a text")
	case utf8.RuneCountInString(c.Body) > MaxBody:
		return message{}, fmt.Errorf("a text has at most %d characters, and not %d", MaxBody, utf8.RuneCountInString(c.Body))
	}
	return message{Text: c.Body}, nil
}

func fileOf(a interaction.Attachment) (message, error) {
	at, err := url.Parse(a.URL)
	if err != nil || at.Scheme != "https" && at.Scheme != "http" || at.Host == "" {
		return message{}, errors.New("a file has a URL of http or https, from which Messenger gets it")
	}
	kind := "file"
	for _, k := range []string{"image", "audio", "video"} {
		if strings.HasPrefix(strings.ToLower(a.ContentType), k+"/") {
			kind = k
		}
	}
	return message{Attachment: &attachment{Type: kind, Payload: payload{URL: a.URL}}}, nil
}
