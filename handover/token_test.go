package handover_test

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/engage-interactions/engage/handover"
)

// TestAccessTokensTellNothing: whatever prints, encodes or logs a token, or a request that has
// one, or what has that in a field that cannot be seen, the token is not in it.
func TestAccessTokensTellNothing(t *testing.T) {
	t.Parallel()
	const secret = "s3cret"
	token := handover.NewAccessToken(secret)
	request := handover.Request{IdentityForeignID: "c", AccessToken: token}
	type hidden struct{ request handover.Request }
	type within struct{ Request *handover.Request }
	values := map[string]any{
		"the token": token, "a pointer to it": &token, "a list": []handover.AccessToken{token},
		"a map": map[string]handover.AccessToken{"token": token}, "the request": request, "a pointer to the request": &request,
		"a hidden request": hidden{request}, "a pointer to a hidden one": &hidden{request}, "a request within": within{&request},
	}
	for what, value := range values {
		said := map[string]string{}
		for verb := rune('A'); verb <= 'z'; verb++ {
			for _, flags := range []string{"", "+", "#", "-20", "020", " ", "+#x"} {
				said["%"+flags+string(verb)] = fmt.Sprintf("%"+flags+string(verb), value)
			}
		}
		said["Sprint"], said["Errorf"] = fmt.Sprint(value), fmt.Errorf("asked with %v", value).Error()
		encoded, err := json.Marshal(value)
		said["JSON"] = fmt.Sprint(string(encoded), err)
		encoded, err = xml.Marshal(value)
		said["XML"] = fmt.Sprint(string(encoded), err)
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("text", "value", value)
		slog.New(slog.NewJSONHandler(&log, nil)).Info("JSON", "value", value)
		said["slog"] = log.String()
		var stream bytes.Buffer
		err = gob.NewEncoder(&stream).Encode(value)
		said["gob"] = fmt.Sprint(stream.String(), err)
		for how, text := range said {
			if strings.Contains(text, secret) || strings.Contains(text, fmt.Sprintf("%x", secret)) || strings.Contains(text, fmt.Sprintf("%X", secret)) ||
				strings.Contains(text, "115 51 99 114 101 116") {
				t.Errorf("%s, by %s: %s", what, how, text)
			}
		}
	}
	if got := fmt.Sprintf("%v %d %q", token, token, handover.AccessToken{}); got != "[redacted] [redacted] " {
		t.Errorf("it says %q", got)
	}
}

// TestAccessTokens: a token is itself, and no token is none, not even the empty one.
func TestAccessTokens(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		token, other string
		same         bool
	}{{"a", "a", true}, {"a", "b", false}, {"a", "aa", false}, {"a", "", false}, {"", "", false}, {"", "a", false}} {
		token := handover.NewAccessToken(row.token)
		if token.Is(row.other) != row.same || token.Reveal() != row.token || token.IsZero() != (row.token == "") {
			t.Errorf("%+v: %v, %q, none: %v", row, token.Is(row.other), token.Reveal(), token.IsZero())
		}
	}
}

// TestParseRequestReadsTheToken, and it is in nothing that is made of the request.
func TestParseRequestReadsTheToken(t *testing.T) {
	t.Parallel()
	r, err := handover.ParseRequest(query(t, sample))
	if err != nil || !r.AccessToken.Is("s3cret") {
		t.Errorf("%q, %v", r.AccessToken.Reveal(), err)
	}
	text, err := json.Marshal(r)
	if kept := fmt.Sprintf("%s %s", text, r.Values().Encode()); err != nil || strings.Contains(kept, "oken") {
		t.Errorf("%s, %v", kept, err)
	}
}
