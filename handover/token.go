package handover

import (
	"crypto/subtle"
	"fmt"
	"io"
)

// AccessToken is what a request shows of who asks (seed 001, the parameter access_token).
// It is for who checks that, or passes the request on, and is never stored or logged: it
// tells nothing of itself but by Reveal, whether it is printed with any verb of package
// fmt, alone or in something else, encoded as JSON or as text, or logged with log/slog.
//
// The zero AccessToken is that of a request without one.
type AccessToken struct {
	// A pointer, because fmt follows none within a value, not even where it cannot ask the
	// value how it wants to be printed.
	secret *string
}

// redacted stands for a token.
const redacted = "[redacted]"

// NewAccessToken returns a token; the zero AccessToken for an empty one.
func NewAccessToken(secret string) AccessToken {
	if secret == "" {
		return AccessToken{}
	}
	return AccessToken{secret: &secret}
}

// Reveal returns the token itself; empty if there is none.
func (a AccessToken) Reveal() string {
	if a.secret == nil {
		return ""
	}
	return *a.secret
}

// IsZero reports whether there is none.
func (a AccessToken) IsZero() bool { return a.secret == nil }

// Is reports whether it is a certain one, in a time that says nothing of how much of it is
// right. No token is the empty one.
func (a AccessToken) Is(secret string) bool {
	return secret != "" && subtle.ConstantTimeCompare([]byte(a.Reveal()), []byte(secret)) == 1
}

// String returns "[redacted]", or nothing if there is no token.
func (a AccessToken) String() string {
	if a.IsZero() {
		return ""
	}
	return redacted
}

// Format writes the same, whatever the verb.
func (a AccessToken) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, a.String()) }

// MarshalText returns the same, which is what JSON and log/slog take.
func (a AccessToken) MarshalText() ([]byte, error) { return []byte(a.String()), nil }
