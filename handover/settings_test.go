package handover_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
)

// TestSettingsCheck goes through all that a side, a fallback and a bot's app can be, alone
// and together.
func TestSettingsCheck(t *testing.T) {
	t.Parallel()
	sides := append(handover.Owners(), "", "Agent", "nobody")
	known := []handover.Owner{"", handover.Agent, handover.Bot}
	for _, primary := range sides {
		for _, returning := range sides {
			for _, fallback := range []handover.Fallback{handover.GiveUp, handover.TakeOver, "request", "Take"} {
				for _, app := range []string{"", "1", strings.Repeat("é", handover.MaxApp/2), strings.Repeat("x", handover.MaxApp+1), "\xff", "a\x00b"} {
					s := handover.Settings{Primary: primary, Returning: returning, Fallback: fallback, BotApp: app}
					var wrong []string // all that is
					if !slices.Contains(known, primary) {
						wrong = append(wrong, "primary")
					}
					if !slices.Contains(known, returning) {
						wrong = append(wrong, "returning")
					}
					if fallback != handover.GiveUp && fallback != handover.TakeOver {
						wrong = append(wrong, "fallback")
					}
					if (primary == handover.Bot || returning == handover.Bot) && app == "" || len(app) > handover.MaxApp || app == "\xff" || app == "a\x00b" {
						wrong = append(wrong, "bot_app_id")
					}
					blames(t, s, wrong)
				}
			}
		}
	}
}

// blames checks that the error names one of the fields that are wrong, and no value.
func blames(t *testing.T, s handover.Settings, wrong []string) {
	t.Helper()
	err := s.Check()
	if err == nil {
		if len(wrong) > 0 {
			t.Errorf("%+v: no error, want one about %v", s, wrong)
		}
		return
	}
	field, ok := err.(*interaction.FieldError) //nolint:errorlint // it is not wrapped
	if !ok || !slices.Contains(wrong, field.Field) || !strings.HasPrefix(err.Error(), field.Field+": ") {
		t.Errorf("%+v: %v, want an error about one of %v", s, err, wrong)
	}
}

// TestSettingsLimits: each number is checked at both ends, and says in words what it can
// be.
func TestSettingsLimits(t *testing.T) {
	t.Parallel()
	const day = 24 * 60 * 60
	for _, tt := range []struct {
		field    string
		min, max int64
		set      func(*handover.Settings, int64)
		says     string
	}{
		{"request_timeout", 0, day, func(s *handover.Settings, n int64) { s.RequestTimeout = interaction.Seconds(n) }, "is not of 0 to 86,400 seconds"},
		{"verb_timeout", 0, day, func(s *handover.Settings, n int64) { s.VerbTimeout = interaction.Seconds(n) }, "is not of 0 to 86,400 seconds"},
		{"inactivity", 0, 7 * day, func(s *handover.Settings, n int64) { s.Inactivity = interaction.Seconds(n) }, "is not of 0 to 604,800 seconds"},
		{"max_moves", 0, 100, func(s *handover.Settings, n int64) { s.MaxMoves, s.MovesWithin = int(n), 60 }, "is not of 0 to 100"},
		{"moves_within", 1, 1 << 40, func(s *handover.Settings, n int64) { s.MaxMoves, s.MovesWithin = 3, interaction.Seconds(n) }, "is missing: max_moves counts within it"},
		{"moves_within", 0, 1 << 40, func(s *handover.Settings, n int64) { s.MovesWithin = interaction.Seconds(n) }, "is negative"},
	} {
		for n, right := range map[int64]bool{tt.min - 1: false, tt.min: true, tt.max: true, tt.max + 1: tt.field == "moves_within"} {
			var s handover.Settings
			tt.set(&s, n)
			switch err := s.Check(); {
			case right != (err == nil):
				t.Errorf("%s %d: %v", tt.field, n, err)
			case err != nil && err.Error() != tt.field+": "+tt.says:
				t.Errorf("%s %d: %v, want %s", tt.field, n, err, tt.says)
			}
		}
	}
}

// TestSettingsWords says what is wrong, for all to read.
func TestSettingsWords(t *testing.T) {
	t.Parallel()
	for want, s := range map[string]handover.Settings{
		"primary: is neither agent nor bot":                                 {Primary: handover.Idle},
		"returning: is neither agent nor bot":                               {Returning: handover.Other},
		"fallback: is neither empty nor take":                               {Fallback: "give_up"},
		"bot_app_id: is missing: a bot that gets control by itself has one": {Primary: handover.Bot},
		"bot_app_id: is longer than 200 bytes":                              {BotApp: strings.Repeat("x", 201)},
		"bot_app_id: is not UTF-8":                                          {BotApp: "\xff"},
		"bot_app_id: has a NUL":                                             {BotApp: "\x00"},
	} {
		if err := s.Check(); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// TestSettingsFields: a fault names the field as JSON has it, and all that is set goes
// through JSON.
func TestSettingsFields(t *testing.T) {
	t.Parallel()
	s := handover.Settings{
		Primary: handover.Bot, BotApp: "b", VirtualBot: true, MayTake: true, NoRequest: true, NoOwner: true, Returning: handover.Agent,
		RequestTimeout: 1, Fallback: handover.TakeOver, VerbTimeout: 2, Inactivity: 3,
		IgnoreDeferred: true, IgnoreBots: true, WholeContact: true, MaxMoves: 4, MovesWithin: 5,
	}
	for n := range reflect.ValueOf(s).NumField() {
		if reflect.ValueOf(s).Field(n).IsZero() {
			t.Errorf("%s is not set here", reflect.TypeFor[handover.Settings]().Field(n).Name)
		}
	}
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var again handover.Settings
	if err := json.Unmarshal(text, &again); err != nil || again != s || s.Check() != nil {
		t.Errorf("%s: %+v, %v, %v", text, again, err, s.Check())
	}
	if text, _ := json.Marshal(handover.Settings{}); string(text) != "{}" {
		t.Errorf("the zero settings are %s", text)
	}
}
