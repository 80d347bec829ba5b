package messenger_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/messenger"
	"github.com/engage-interactions/engage/messenger/messengertest"
)

// TestTokens shows what a token that is not there comes to.
func TestTokens(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		token string
		err   error
	}{{"", nil}, {"two\nlines", nil}, {"", errors.New("the vault is closed")}, {"", context.DeadlineExceeded}} {
		p, err := messenger.New(messenger.Options{
			AppID:       "desk",
			AccessToken: func(context.Context, interaction.Source) (string, error) { return tt.token, tt.err },
			HTTPClient: &http.Client{Transport: wire(func(*http.Request) (*http.Response, error) {
				t.Error("it is called")
				return nil, io.EOF
			})},
		})
		if err != nil {
			t.Fatal(err)
		}
		_, err = p.Send(t.Context(), delivery("Hello"))
		var word interface{ NotDelivered() bool }
		if !errors.As(err, &word) || tt.err != nil && !errors.Is(err, tt.err) {
			t.Errorf("%q, %v: %v", tt.token, tt.err, err)
		}
	}
}

// TestOptions shows what is refused.
func TestOptions(t *testing.T) {
	t.Parallel()
	tokens := func(context.Context, interaction.Source) (string, error) { return token, nil }
	for name, o := range map[string]messenger.Options{
		"AppID":                   {AccessToken: tokens},
		"AccessToken":             {AppID: "desk"},
		"BaseURL is no URL":       {AppID: "desk", AccessToken: tokens, BaseURL: "https://a b"},
		"BaseURL is not of http":  {AppID: "desk", AccessToken: tokens, BaseURL: "ftp://graph.example"},
		"BaseURL has more than a": {AppID: "desk", AccessToken: tokens, BaseURL: "https://user:password@graph.example"},
	} {
		if _, err := messenger.New(o); err == nil || !strings.Contains(err.Error(), name) || strings.Contains(err.Error(), "password") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestCustomerWithoutID is nobody whom Messenger could be told of.
func TestCustomerWithoutID(t *testing.T) {
	t.Parallel()
	p := answers(t, func(*http.Request) (*http.Response, error) {
		t.Error("it is called")
		return nil, io.EOF
	})
	d, h := delivery("Hello"), handling("bot")
	d.Identity.ForeignID, h.Identity.ForeignID = "", ""
	if _, err := p.Send(t.Context(), d); err == nil || !strings.Contains(err.Error(), "identity i") {
		t.Error(err)
	}
	if _, err := p.Owner(t.Context(), h); err == nil || !strings.Contains(err.Error(), "identity i") {
		t.Error(err)
	}
}

// TestContents shows what is sent of a content, and what cannot be.
func TestContents(t *testing.T) {
	t.Parallel()
	file := func(kind string) []interaction.Attachment {
		return []interaction.Attachment{{URL: "https://files.example/1", ContentType: kind}}
	}
	for _, tt := range []struct {
		content interaction.Content
		kind    string // of the file
		refused string
	}{
		{content: interaction.Content{Body: "Hello"}},
		{content: interaction.Content{Body: strings.Repeat("é", messenger.MaxBody)}},
		{content: interaction.Content{Attachments: file("image/png")}, kind: "image"},
		{content: interaction.Content{Attachments: file("Audio/mpeg")}, kind: "audio"},
		{content: interaction.Content{Attachments: file("video/mp4")}, kind: "video"},
		{content: interaction.Content{Attachments: file("application/pdf")}, kind: "file"},
		{content: interaction.Content{Attachments: file("")}, kind: "file"},
		{content: interaction.Content{Body: strings.Repeat("é", messenger.MaxBody+1)}, refused: "2000 characters"},
		{content: interaction.Content{Body: " "}, refused: "without a text"},
		{content: interaction.Content{Title: "Yours", Body: "Hello"}, refused: "title"},
		{content: interaction.Content{Body: "<p>Hello", BodyFormat: interaction.FormatHTML}, refused: "HTML"},
		{content: interaction.Content{Body: "Hello", Attachments: file("")}, refused: "not both"},
		{content: interaction.Content{Attachments: append(file(""), file("")...)}, refused: "one file"},
		{content: interaction.Content{Attachments: []interaction.Attachment{{URL: "file:///etc/passwd"}}}, refused: "URL"},
	} {
		m := messengertest.New(nil)
		page := m.Page("page", messengertest.Handover)
		desk := page.App("desk")
		page.SetOwner("ada", "desk")
		d := delivery("")
		d.Content = tt.content
		mid, err := platform(t, m, desk).Send(t.Context(), d)
		reads := page.Customer("ada").Reads()
		if tt.refused != "" {
			var word interface{ NotDelivered() bool }
			if err == nil || !strings.Contains(err.Error(), tt.refused) || !errors.As(err, &word) || len(reads) != 0 {
				t.Errorf("%+v: %v", tt.content, err)
			}
			continue
		}
		if err != nil || len(reads) != 1 || reads[0].MID != mid || reads[0].Text != tt.content.Body || reads[0].Kind != tt.kind {
			t.Errorf("%+v: %+v, %v", tt.content, reads, err)
		}
	}
}
