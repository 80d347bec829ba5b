package handover

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/engage-interactions/engage/interaction"
)

// Settings say how control is passed on a source.
type Settings struct {
	// Primary is the side that gets control when a customer writes and nobody has it:
	// [Agent], [Bot], or empty if there is none (seed 001, "HOP features").
	Primary Owner `json:"primary,omitempty"`
	// BotApp is the bot's app: who gets control where [Bot] is primary, and who a
	// report of the platform means by it.
	BotApp string `json:"bot_app_id,omitempty"`
	// VirtualBot says that this bot posts through the library. It counts where the
	// platform passes control between apps, to which such a bot is one with the agents.
	VirtualBot bool `json:"virtual_bot,omitempty"`
	// MayTake says that our app may take control although it is not the primary one.
	MayTake bool `json:"may_take,omitempty"`
	// NoRequest says that the platform has no request: control is taken where that is
	// permitted, or the bot is asked by an event.
	NoRequest bool `json:"no_request,omitempty"`
	// NoOwner says that the platform cannot be asked who has control: only what it
	// reports by itself is known.
	NoOwner bool `json:"no_owner,omitempty"`
	// Returning is who deals with a customer who comes back: who writes when nobody has
	// control any more. [Agent] or [Bot]; empty is the side of Primary, and [Agent] if
	// there is none. While a bot has control, it deals with what the customer writes.
	Returning Owner `json:"returning,omitempty"`

	// RequestTimeout is how long the app in control may take to answer a request; 0
	// means DefaultRequestTimeout.
	RequestTimeout interaction.Seconds `json:"request_timeout,omitempty"`
	// Fallback is what follows if it does not, or declines.
	Fallback Fallback `json:"fallback,omitempty"`
	// VerbTimeout is how long the platform may take to answer a verb; 0 means
	// DefaultVerbTimeout.
	VerbTimeout interaction.Seconds `json:"verb_timeout,omitempty"`
	// Inactivity is after how long without anything written control ends; 0 means
	// DefaultInactivity, and more than MaxInactivity is invalid.
	Inactivity interaction.Seconds `json:"inactivity,omitempty"`

	// IgnoreDeferred and IgnoreBots leave interventions out of the rule: those that are
	// deferred, and those that bots own. WholeContact widens it to all identities of
	// the contact.
	IgnoreDeferred bool `json:"ignore_deferred,omitempty"`
	IgnoreBots     bool `json:"ignore_bots,omitempty"`
	WholeContact   bool `json:"whole_contact,omitempty"`

	// MaxMoves is how often control may be handed over within MovesWithin; 0 means
	// without limit.
	MaxMoves    int                 `json:"max_moves,omitempty"`
	MovesWithin interaction.Seconds `json:"moves_within,omitempty"`
}

// Fallback is what follows a request that is not answered.
type Fallback string

// The fallbacks.
const (
	GiveUp Fallback = "" // what waits for control fails
	// TakeOver lets our app take control, if it is permitted to: if agents are primary, or
	// with Settings.MayTake. Else it is as GiveUp.
	TakeOver Fallback = "take"
)

// Limits and defaults of [Settings].
const (
	DefaultRequestTimeout interaction.Seconds = 60
	DefaultVerbTimeout    interaction.Seconds = 30
	DefaultInactivity     interaction.Seconds = 24 * 60 * 60
	MaxInactivity         interaction.Seconds = 7 * 24 * 60 * 60
	MaxTimeout            interaction.Seconds = 24 * 60 * 60
	MaxMovesLimit                             = 100
)

// Check reports, as an [*interaction.FieldError], settings that cannot be.
func (s Settings) Check() error {
	wrong := func(field, what string) error { return &interaction.FieldError{Field: field, Err: errors.New(what)} }
	switch {
	case s.Primary != "" && s.Primary != Agent && s.Primary != Bot:
		return wrong("primary", "is neither agent nor bot")
	case s.Returning != "" && s.Returning != Agent && s.Returning != Bot:
		return wrong("returning", "is neither agent nor bot")
	case (s.Primary == Bot || s.Returning == Bot) && s.BotApp == "":
		return wrong("bot_app_id", "is missing: a bot that gets control by itself has one")
	case s.Fallback != GiveUp && s.Fallback != TakeOver:
		return wrong("fallback", "is neither empty nor take")
	case s.RequestTimeout < 0 || s.RequestTimeout > MaxTimeout:
		return wrong("request_timeout", "is not of 0 to 86,400 seconds")
	case s.VerbTimeout < 0 || s.VerbTimeout > MaxTimeout:
		return wrong("verb_timeout", "is not of 0 to 86,400 seconds")
	case s.Inactivity < 0 || s.Inactivity > MaxInactivity:
		return wrong("inactivity", "is not of 0 to 604,800 seconds")
	case s.MaxMoves < 0 || s.MaxMoves > MaxMovesLimit:
		return wrong("max_moves", "is not of 0 to 100")
	case s.MaxMoves > 0 && s.MovesWithin <= 0:
		return wrong("moves_within", "is missing: max_moves counts within it")
	case s.MovesWithin < 0:
		return wrong("moves_within", "is negative")
	}
	return checkApp("bot_app_id", s.BotApp)
}

// MaxApp is how long the ID of an app may be, in bytes.
const MaxApp = 200

func checkApp(field, app string) error {
	switch {
	case len(app) > MaxApp:
		return &interaction.FieldError{Field: field, Err: fmt.Errorf("is longer than %d bytes", MaxApp)}
	case !utf8.ValidString(app):
		return &interaction.FieldError{Field: field, Err: errors.New("is not UTF-8")}
	case strings.ContainsRune(app, 0):
		return &interaction.FieldError{Field: field, Err: errors.New("has a NUL")}
	}
	return nil
}

func orDefault(s, otherwise interaction.Seconds) time.Duration {
	if s == 0 {
		s = otherwise
	}
	return time.Duration(s) * time.Second
}

func (s Settings) requestTimeout() time.Duration {
	return orDefault(s.RequestTimeout, DefaultRequestTimeout)
}

func (s Settings) verbTimeout() time.Duration { return orDefault(s.VerbTimeout, DefaultVerbTimeout) }

// ExpiresAt returns when control ends that nobody uses.
func (s Settings) ExpiresAt(c Control) time.Time {
	return c.ActiveAt.Add(orDefault(s.Inactivity, DefaultInactivity))
}

// mayTake reports whether our app may take control from another.
func (s Settings) mayTake() bool { return s.Primary == Agent || s.MayTake }

// returning returns who deals with a customer who comes back.
func (s Settings) returning() Owner {
	switch {
	case s.Returning != "":
		return s.Returning
	case s.Primary != "":
		return s.Primary
	default:
		return Agent
	}
}
