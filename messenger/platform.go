package messenger

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
)

// DefaultBaseURL is where the Graph API is, with its version.
const DefaultBaseURL = "https://graph.facebook.com/v25.0"

// The inboxes in which people answer for a page. As an app, they have these IDs.
const (
	PageInbox      = "263902037430900"
	InstagramInbox = "1217981644879628"
)

// Limits of Messenger.
const (
	// MaxBody is the most characters of a text; a source of Messenger should have it as
	// its MaxBody, so that nobody writes more.
	MaxBody = 2000
	// MaxExtension is the longest time for which control can be kept, in seconds; it is
	// seven days.
	MaxExtension = 7 * 24 * 60 * 60
)

// maxMetadata is what Messenger is said to hand back with an echo at most, in bytes.
const maxMetadata = 1000

// Options say which app a [Platform] is, and where the Graph API is.
type Options struct {
	// AppID is the ID of our app. Required: it is how our own control is told from that of
	// others.
	AppID string
	// AppSecret is the secret of our app. With it each call carries a proof that it comes
	// from the app (appsecret_proof), which Messenger demands if the app is set so.
	AppSecret string
	// AccessToken returns the token of the page that a source is connected with. It is
	// asked before every call. Required.
	AccessToken func(ctx context.Context, source interaction.Source) (string, error)
	// PageID returns the ID of that page. Nil, or "": the page that the token is for.
	PageID func(source interaction.Source) string
	// BaseURL is where the Graph API is, and its version. Empty: DefaultBaseURL.
	BaseURL string
	// HTTPClient makes the calls; nil means one with the defaults of net/http. Its
	// redirects are not followed: they would take the token elsewhere.
	HTTPClient *http.Client
}

// Platform is Messenger, as our app sees it: the [engage.ControlPlatform] of sources whose
// customers write to a page. It is safe for concurrent use.
type Platform struct {
	opts   Options
	base   *url.URL
	client *http.Client
}

var _ engage.ControlPlatform = (*Platform)(nil)

// New returns the platform of an app. The error says which option is missing or wrong.
func New(opts Options) (*Platform, error) {
	switch {
	case opts.AppID == "":
		return nil, errors.New("messenger: Options.AppID is empty")
	case opts.AccessToken == nil:
		return nil, errors.New("messenger: Options.AccessToken is nil")
	}
	if opts.BaseURL == "" {
		opts.BaseURL = DefaultBaseURL
	}
	base, err := url.Parse(strings.TrimSuffix(opts.BaseURL, "/"))
	switch {
	case err != nil:
		return nil, errors.New("messenger: Options.BaseURL is no URL")
	case base.Scheme != "https" && base.Scheme != "http" || base.Host == "":
		return nil, errors.New("messenger: Options.BaseURL is not of http or https")
	case base.RawQuery != "" || base.User != nil:
		return nil, errors.New("messenger: Options.BaseURL has more than a host and a path")
	}
	client := http.Client{}
	if opts.HTTPClient != nil {
		client = *opts.HTTPClient
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Platform{opts: opts, base: base, client: &client}, nil
}

// Proof returns the proof that a call with a token comes from the app that knows the
// secret: the hex HMAC-SHA256 of the token (appsecret_proof).
func Proof(secret, token string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(token))
	return hex.EncodeToString(mac.Sum(nil))
}

// token returns the token for the page of a source. Without one nothing is sent.
func (p *Platform) token(ctx context.Context, source interaction.Source) (string, error) {
	token, err := p.opts.AccessToken(ctx, source)
	if err != nil {
		return "", engage.NotDelivered(fmt.Errorf("messenger: no access token for the source %s: %w", source.ID, err))
	}
	if token == "" || strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", engage.Permanent(fmt.Errorf("messenger: the access token for the source %s is empty or no token", source.ID))
	}
	return token, nil
}

// page returns the page of a source as a path has it.
func (p *Platform) page(source interaction.Source) string {
	if p.opts.PageID != nil {
		if id := p.opts.PageID(source); id != "" {
			return id
		}
	}
	return "me"
}
