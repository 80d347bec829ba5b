package interaction_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/engage-interactions/engage/interaction"
)

// TestValuesAreMerged compares the detail of a thread, and the custom fields of an
// intervention, with a plain map after every change.
func TestValuesAreMerged(t *testing.T) {
	t.Parallel()
	names := rapid.SampledFrom([]string{"", "a", "b", "ü"})
	texts := rapid.SampledFrom([]string{`1`, `"x"`, `{"a": [1, 2]}`, ` null`, "null", `"null"`, ` [ ] `, ``, `nul`, `{"a":}`, `1 2`, "\"\xff\""})
	rapid.Check(t, func(t *rapid.T) {
		now := time.Date(2026, 5, 23, 11, 0, 0, 0, time.UTC)
		var (
			thread       interaction.Thread
			intervention interaction.Intervention
			want         = map[string]string{}
		)
		for range rapid.IntRange(1, 10).Draw(t, "changes") {
			now = now.Add(time.Minute)
			change, valid, next := map[string]json.RawMessage{}, true, maps.Clone(want)
			for name, text := range rapid.MapOf(names, texts).Draw(t, "values") {
				change[name] = json.RawMessage(text)
				var compact bytes.Buffer
				switch {
				case json.Compact(&compact, []byte(text)) != nil || strings.Contains(text, "\xff"):
					valid = false
				case strings.TrimSpace(text) == "null":
					delete(next, name)
				default:
					next[name] = compact.String()
				}
			}
			old := maps.Clone(thread.ExtraData)
			annotated, err := thread.Annotate(change, now)
			fields, err2 := intervention.SetCustomFields(change, now)
			if (err == nil) != valid || (err2 == nil) != valid {
				t.Fatalf("%q: %v, %v", change, err, err2)
			}
			for name := range change { // what was given is the giver's
				for n := range change[name] {
					change[name][n] = '#'
				}
			}
			if !maps.EqualFunc(old, thread.ExtraData, func(a, b json.RawMessage) bool { return bytes.Equal(a, b) }) {
				t.Fatal("the values were changed in place")
			}
			if valid {
				want = next
				if !annotated.UpdatedAt.Equal(now) || !fields.UpdatedAt.Equal(now) {
					t.Fatal("not updated")
				}
			}
			thread, intervention = annotated, fields
			for _, got := range []map[string]json.RawMessage{thread.ExtraData, intervention.CustomFieldValues} {
				if !maps.EqualFunc(want, got, func(a string, b json.RawMessage) bool { return a == string(b) }) {
					t.Fatalf("%q, want %q", got, want)
				}
			}
		}
	})
}

func TestValuesHaveLimits(t *testing.T) {
	t.Parallel()
	nested := func(depth int) string {
		return strings.Repeat(`[{"[":`, depth/2) + `"\"[[[["` + strings.Repeat(`}]`, depth/2)
	}
	text := func(bytes int) string { return `"` + strings.Repeat("x", bytes-2) + `"` }
	half := interaction.MaxValues / 2
	for what, test := range map[string]struct {
		values []string // of "a", "b", …
		fits   bool
	}{
		"as much as there may be":           {[]string{text(half - 1), text(half - 1)}, true},
		"one byte more":                     {[]string{text(half - 1), text(half)}, false},
		"one value that is too long":        {[]string{text(interaction.MaxValues + 1)}, false},
		"as deep as there may be":           {[]string{nested(interaction.MaxValueDepth)}, true},
		"deeper":                            {[]string{nested(interaction.MaxValueDepth + 2)}, false},
		"so deep that nobody reads it back": {[]string{nested(9_998)}, false},
	} {
		change := map[string]json.RawMessage{}
		for n, value := range test.values {
			change[string(rune('a'+n))] = json.RawMessage(value)
		}
		field := "extra_data"
		if test.fits {
			field = ""
		}
		_, err := interaction.Thread{}.Annotate(change, time.Time{})
		refuses(t, what, err, field)
	}
	_, err := interaction.Intervention{}.SetCustomFields(map[string]json.RawMessage{strings.Repeat("x", interaction.MaxText+1): []byte("1")}, time.Time{})
	refuses(t, "a long name", err, "custom_field_values")
}
